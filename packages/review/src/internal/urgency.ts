/**
 * Sorts findings by the time left until the provider deletes what can still be saved.
 *
 * @since 0.1.0
 */
import type { Finding } from "@vobiz-effect/reconcile/Finding"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Stream from "effect/Stream"

/**
 * A sort key: the milliseconds left until `deadline`.
 *
 * Findings without a deadline come after those with one. Findings whose deadline has passed come last, because nothing can be saved any
 * more. It also runs in the browser, so it must not refer to anything outside itself.
 *
 * @category ordering
 * @since 0.1.0
 */
export function timeLeft(deadline: number | null, now: number): number {
  if (deadline === null) return Number.MAX_SAFE_INTEGER - 1
  return deadline > now ? deadline - now : Number.MAX_SAFE_INTEGER
}

/**
 * Orders findings by the time left at `now`, then by their start. All in epoch milliseconds.
 *
 * @category ordering
 * @since 0.1.0
 */
export const order = (now: number): Order.Order<{ readonly at: number; readonly deadline: number | null }> =>
  Order.combine(
    Order.mapInput(Order.Number, ({ deadline }) => timeLeft(deadline, now)),
    Order.mapInput(Order.Number, ({ at }) => at)
  )

/**
 * The `most` most urgent findings. Holds at most 21 times as many at once.
 *
 * @category running
 * @since 0.1.0
 */
export const first = <E, R>(
  findings: Stream.Stream<Finding, E, R>,
  { most, now }: { readonly most: number; readonly now: DateTime.Utc }
): Effect.Effect<ReadonlyArray<Finding>, E, R> => {
  const byTimeLeft = Order.mapInput(order(now.epochMilliseconds), ({ at, deadline }: Finding) => ({
    at: at.epochMilliseconds,
    deadline: deadline?.epochMilliseconds ?? null
  }))
  return findings.pipe(
    Stream.grouped(20 * most),
    Stream.runFold(
      (): ReadonlyArray<Finding> => [],
      (kept, more) => [...kept, ...more].toSorted(byTimeLeft).slice(0, most)
    )
  )
}
