/** The slots that requests take under the rate limit. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { RateLimiter } from "effect/persistence"

import type { Settings } from "../VobizConfig.ts"
import { Transport, type VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { fail } from "./failure.ts"
import { tally } from "./tally.ts"

const mostMissed = 10

/** A slot: it begins after `delay`, counted from `asked`, in epoch milliseconds. */
export interface Slot {
  readonly asked: number
  readonly delay: Duration.Duration
}

export interface Turn {
  /** Takes a slot. */
  slot(operation: string): Effect.Effect<Slot, VobizError>
  /**
   * Waits for a slot. One that is more than a second old when it is known is discarded, and another is taken: the process was suspended
   * meanwhile. `first` is one that was taken already.
   */
  wait(operation: string, first?: Slot): Effect.Effect<void, VobizError>
}

/** Whether a slot can be used now, without waiting. */
export const isNow = ({ asked, delay }: Slot, now: number): boolean =>
  !Duration.isPositive(delay) && now - asked <= 1000

const waited = tally(VobizMetrics.limiterWait, "operation")

export const make = (
  limiter: RateLimiter.RateLimiter,
  { authId, rateLimit }: Pick<Settings, "authId" | "rateLimit">
): Turn => {
  const options = {
    key: `vobiz:${authId}`,
    algorithm: "token-bucket",
    onExceeded: "delay",
    limit: rateLimit,
    window: Duration.seconds(1)
  } as const
  const byStore = (operation: string, detail: string) =>
    fail(operation, new Transport({ host: "the rate limiter's store", detail }))

  const slot = Effect.fnUntraced(function* (operation: string) {
    const asked = yield* Clock.currentTimeMillis
    const { delay } = yield* Effect.catch(limiter.consume(options), (error) => byStore(operation, error.message))
    yield* Metric.update(waited(operation), delay)
    return { asked, delay }
  })

  const wait = Effect.fnUntraced(function* (operation: string, first?: Slot) {
    for (let missed = 0; missed < mostMissed; missed++) {
      const { asked, delay } = missed === 0 && first !== undefined ? first : yield* slot(operation)
      if (Duration.isPositive(delay)) yield* Effect.sleep(delay)
      const late = (yield* Clock.currentTimeMillis) - asked - Duration.toMillis(delay)
      if (late <= 1000) return
    }
    return yield* byStore(operation, `${mostMissed} rate-limit slots in a row came more than a second late`)
  })

  return { slot, wait }
}
