/** The turns that requests take under the rate limit. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { RateLimiter } from "effect/persistence"

import type { Settings } from "../VobizConfig.ts"
import { Transport, type VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { fail } from "./failure.ts"

const mostMissedTurns = 10

/**
 * Waits for a rate-limit slot. A slot that is more than a second old when it is known is discarded, and another is taken: the process
 * was suspended meanwhile.
 */
export const make = (
  limiter: RateLimiter.RateLimiter,
  { authId, rateLimit }: Pick<Settings, "authId" | "rateLimit">
): ((operation: string) => Effect.Effect<void, VobizError>) =>
  Effect.fnUntraced(function* (operation) {
    const byStore = (detail: string) => fail(operation, new Transport({ host: "the rate limiter's store", detail }))
    for (let missed = 0; missed < mostMissedTurns; missed++) {
      const asked = yield* Clock.currentTimeMillis
      const { delay } = yield* limiter
        .consume({
          key: `vobiz:${authId}`,
          algorithm: "token-bucket",
          onExceeded: "delay",
          limit: rateLimit,
          window: Duration.seconds(1)
        })
        .pipe(Effect.catch((error) => byStore(error.message)))
      yield* Metric.update(VobizMetrics.limiterWait.pipe(Metric.withAttributes({ operation })), delay)
      if (Duration.isPositive(delay)) yield* Effect.sleep(delay)
      const late = (yield* Clock.currentTimeMillis) - asked - Duration.toMillis(delay)
      if (late <= 1000) return
    }
    return yield* byStore(`${mostMissedTurns} rate-limit slots in a row came more than a second late`)
  })
