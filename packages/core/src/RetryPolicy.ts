/**
 * When a failed request is sent again.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { VobizError } from "./VobizError.ts"

/**
 * A bucket of tokens that all requests of one `Vobiz` layer share, so that retries do not multiply an outage.
 *
 * A retry takes tokens; a success gives back what its last retry took, or 1. An empty bucket stops all retries. The client
 * keeps one bucket per budget object: reuse one value, or each call has a bucket of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Budget {
  /** Tokens in a full bucket; 500 in {@link interactive}. */
  readonly capacity: number
  /** Tokens that a retry takes; 5 in {@link interactive}. */
  readonly retryCost: number
  /** Tokens that a retry after a timeout takes; 10 in {@link interactive}. */
  readonly timeoutCost: number
}

/**
 * When a failed request is sent again: a plain value. The client keeps the state of the budget.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryPolicy {
  /** Waits between attempts, and when to stop. The provider's `Retry-After` is a lower bound for each wait. */
  readonly schedule: Schedule.Schedule<unknown, VobizError>
  /** The shared bucket; `null` to retry as long as the schedule says. */
  readonly budget: Budget | null
  /** How long a call may take, with its waits and retries. `Duration.infinity` sets no limit. */
  readonly deadline: Duration.Duration
}

/**
 * What {@link make} and {@link layer} accept. Parts left out are those of {@link interactive}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** @default 4 retries: 250 ms, doubled up to 20 s, jittered by 20 percent */
  readonly schedule?: Schedule.Schedule<unknown, VobizError> | undefined
  /** @default 500 tokens: 5 per retry, 10 after a timeout */
  readonly budget?: Budget | null | undefined
  /** @default "3 minutes" */
  readonly deadline?: Duration.Input | undefined
}

const paced = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("20 seconds")]).pipe(Schedule.jittered)

/**
 * For a person who waits: 4 retries within 3 minutes. The default.
 *
 * @category policies
 * @since 0.1.0
 */
export const interactive: RetryPolicy = {
  schedule: paced.pipe(Schedule.upTo({ times: 4 })),
  budget: { capacity: 500, retryCost: 5, timeoutCost: 10 },
  deadline: Duration.minutes(3)
}

/**
 * For jobs: retries for 90 minutes, at least every 24 seconds, so that an outage of an hour does not end them.
 *
 * @category policies
 * @since 0.1.0
 */
export const unattended: RetryPolicy = { schedule: paced, budget: null, deadline: Duration.minutes(90) }

/**
 * Never retries. The deadline still holds.
 *
 * @category policies
 * @since 0.1.0
 */
export const none: RetryPolicy = { ...interactive, schedule: Schedule.recurs(0) }

/**
 * A policy that differs from {@link interactive} in the parts given. Throws a `RangeError` that names a wrong part.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): RetryPolicy => {
  const { budget = interactive.budget, deadline = interactive.deadline, schedule = interactive.schedule } = options
  for (const [part, tokens] of Object.entries(budget ?? {})) {
    if (!(tokens >= 0)) throw new RangeError(`RetryPolicy: budget.${part} must be 0 or more (got ${tokens})`)
  }
  const limit = Duration.fromInputUnsafe(deadline)
  if (!Duration.isPositive(limit)) throw new RangeError(`RetryPolicy: deadline must be longer than 0`)
  return { schedule, budget, deadline: limit }
}

/**
 * The policy in force: the caller's if there is one, else the one that the `Vobiz` layer was built with, else
 * {@link interactive}.
 *
 * @category references
 * @since 0.1.0
 */
export const RetryPolicy = Context.Reference<RetryPolicy>("@vobiz-effect/core/RetryPolicy", {
  defaultValue: () => interactive
})

/**
 * Sets the policy of a `Vobiz` layer (`Layer.provide`) or of a program (`Effect.provide`).
 *
 * @example
 * ```ts
 * import { Effect, Layer, Schedule } from "effect"
 * import { Recordings, RetryPolicy, Vobiz } from "@vobiz-effect/core"
 *
 * const VobizLive = Vobiz.layerConfig().pipe(Layer.provide(RetryPolicy.layer(RetryPolicy.unattended)))
 *
 * const program = Effect.gen(function*() {
 *   const recordings = yield* Recordings.Recordings
 *   return yield* recordings.get("0c6f2d1e").pipe(
 *     Effect.provide(RetryPolicy.layer({ schedule: Schedule.recurs(1), deadline: "10 seconds" }))
 *   )
 * }).pipe(Effect.provide(VobizLive))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<never> => Layer.sync(RetryPolicy, () => make(options))

const with_ = (policy: RetryPolicy): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) =>
  Effect.provideService(RetryPolicy, policy)

export {
  /**
   * Sets the policy of one effect: `recordings.get(id).pipe(RetryPolicy.with(RetryPolicy.none))`.
   *
   * @category combinators
   * @since 0.1.0
   */
  with_ as with
}
