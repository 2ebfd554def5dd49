/** Runs requests by the retry policy in force. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"

import { type Budget, interactive, RetryPolicy } from "../RetryPolicy.ts"
import { Timeout, VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"

/** `undefined` where nobody has set a policy: `yield* RetryPolicy` would give the default, and hide the layer's. */
const given = Effect.map(Effect.context<never>(), (context) => Context.getOrUndefined(context, RetryPolicy))

/** The retries of one client: its buckets, and the policy that its layer was built with. */
export const make = Effect.map(given, (ofLayer) => {
  // Plain state: each reading and writing of it is a single synchronous step.
  const buckets = new WeakMap<Budget, { tokens: number }>()
  const bucketOf = (budget: Budget) => {
    const bucket = buckets.get(budget) ?? { tokens: budget.capacity }
    buckets.set(budget, bucket)
    return bucket
  }

  /**
   * Runs `attempt` until it succeeds, fails for good, or the deadline of the whole call has passed. Only requests are
   * retried, never a stream: it would emit again what it had emitted. `operation` names the call in errors and metrics.
   */
  return Effect.fnUntraced(function* <A, R>(operation: string, attempt: Effect.Effect<A, VobizError, R>) {
    const { budget, deadline, schedule } = (yield* given) ?? ofLayer ?? interactive
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(deadline)
    let taken = 0
    let last: VobizError | undefined

    const pays = (error: VobizError) => {
      if (budget === null) return true
      const bucket = bucketOf(budget)
      const cost = error.reason._tag === "Timeout" ? budget.timeoutCost : budget.retryCost
      if (bucket.tokens < cost) return false
      bucket.tokens -= cost
      taken = cost
      return true
    }

    const mayRetry = Effect.fnUntraced(function* (error: VobizError) {
      if (!error.isRetryable) return false
      last = error
      // Waiting past the deadline could only turn a telling error into a timeout.
      const now = yield* Clock.currentTimeMillis
      if (now + Duration.toMillis(retryAfterOf(error)) >= end || !pays(error)) return false
      yield* Metric.update(VobizMetrics.retries.pipe(Metric.withAttributes({ operation })), 1)
      yield* Effect.logDebug(`retrying after: ${error.message}`)
      return true
    })

    return yield* attempt.pipe(
      Effect.retry({
        schedule: schedule.pipe(
          Schedule.modifyDelay(({ duration, input }) => Effect.succeed(Duration.max(duration, retryAfterOf(input))))
        ),
        while: mayRetry
      }),
      Effect.tap(() =>
        Effect.sync(() => {
          if (budget === null) return
          const bucket = bucketOf(budget)
          bucket.tokens = Math.min(budget.capacity, bucket.tokens + (taken === 0 ? 1 : taken))
        })
      ),
      Effect.timeoutOrElse({
        duration: deadline,
        orElse: () =>
          // What went wrong before tells more than that the time for trying again ran out.
          Effect.fail(
            last !== undefined && last.reason._tag !== "Timeout"
              ? last
              : new VobizError({
                  operation,
                  requestId: null,
                  reason: new Timeout({ limit: "call", duration: deadline })
                })
          )
      })
    )
  })
})

const retryAfterOf = ({ reason }: VobizError): Duration.Duration =>
  "retryAfter" in reason && reason.retryAfter !== null ? reason.retryAfter : Duration.zero
