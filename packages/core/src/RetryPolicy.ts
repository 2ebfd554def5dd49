/**
 * When a failed request is sent again.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"

import { VobizConfig } from "./VobizConfig.ts"
import { Timeout, VobizError } from "./VobizError.ts"
import * as VobizMetrics from "./VobizMetrics.ts"

/**
 * How retries are paced and bounded.
 *
 * - `maxAttempts`: sends of one request, the first included.
 * - `baseDelay`, `maxDelay`: the wait before the first retry, doubled with each further one up to the cap; jittered by
 *   20 percent either way. A `Retry-After` of the provider is a lower bound on it.
 * - `budget`: a bucket of tokens shared by all requests of the layer. A retry takes `retryCost` (`timeoutCost` after a
 *   timeout), a success gives back what its last retry took, or 1. When the bucket is empty nothing is retried, so an
 *   outage is not multiplied by the number of requests under way. The figures are those of AWS's standard retry mode.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryOptions {
  readonly maxAttempts: number
  readonly baseDelay: Duration.Duration
  readonly maxDelay: Duration.Duration
  readonly budget: {
    readonly capacity: number
    readonly retryCost: number
    readonly timeoutCost: number
  }
}

/**
 * The pacing used when nothing else is said.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: RetryOptions = {
  maxAttempts: 5,
  baseDelay: Duration.millis(250),
  maxDelay: Duration.seconds(20),
  budget: { capacity: 500, retryCost: 5, timeoutCost: 10 }
}

/**
 * Runs one request, again if need be. Only requests are retried, never a stream: a retried stream would emit again what it
 * had emitted.
 *
 * @category services
 * @since 0.1.0
 */
export class RetryPolicy extends Context.Service<
  RetryPolicy,
  {
    /**
     * Runs `attempt` until it succeeds, fails for good, or the deadline of the whole call has passed. `operation` names
     * the call in errors and metrics.
     */
    retry<A, R>(operation: string, attempt: Effect.Effect<A, VobizError, R>): Effect.Effect<A, VobizError, R>
  }
>()("@vobiz-effect/core/RetryPolicy") {
  /** Retries by `defaults` with what differs, within the deadline of `VobizConfig`. */
  static readonly layerOptions = (options?: Partial<RetryOptions>): Layer.Layer<RetryPolicy, never, VobizConfig> =>
    Layer.effect(
      RetryPolicy,
      Effect.map(VobizConfig, ({ deadline }) => make({ ...defaults, ...options }, deadline))
    )

  /** Retries by `defaults`, within the deadline of `VobizConfig`. */
  static readonly layer: Layer.Layer<RetryPolicy, never, VobizConfig> = this.layerOptions()

  /** Never retries, and sets no deadline. */
  static readonly layerNone: Layer.Layer<RetryPolicy> = Layer.succeed(RetryPolicy, {
    retry: (_operation, attempt) => attempt
  })
}

const retryAfterOf = (error: VobizError): Duration.Duration =>
  error.reason._tag === "RateLimited" && error.reason.retryAfter !== null ? error.reason.retryAfter : Duration.zero

function make(options: RetryOptions, deadline: Duration.Duration): RetryPolicy["Service"] {
  const { budget, baseDelay, maxAttempts, maxDelay } = options
  // One bucket for the layer; plain state, as each reading and writing of it is a single synchronous step.
  let tokens = budget.capacity

  const takes = (error: VobizError) => (error.reason._tag === "Timeout" ? budget.timeoutCost : budget.retryCost)

  const retry = Effect.fnUntraced(function* <A, R>(operation: string, attempt: Effect.Effect<A, VobizError, R>) {
    const start = yield* Clock.currentTimeMillis
    const end = start + Duration.toMillis(deadline)
    let taken = 0
    let last: VobizError | undefined

    const schedule = Schedule.min([Schedule.exponential(baseDelay), Schedule.spaced(maxDelay)]).pipe(
      Schedule.jittered,
      Schedule.setInputType<VobizError>(),
      Schedule.modifyDelay(({ duration, input }) => Effect.succeed(Duration.max(duration, retryAfterOf(input)))),
      Schedule.upTo({ times: maxAttempts - 1 })
    )

    const mayRetry = Effect.fnUntraced(function* (error: VobizError) {
      if (!error.isRetryable) return false
      last = error
      // Waiting past the deadline could only turn a telling error into a timeout.
      const now = yield* Clock.currentTimeMillis
      if (now + Duration.toMillis(retryAfterOf(error)) >= end) return false
      const cost = takes(error)
      if (tokens < cost) return false
      tokens -= cost
      taken = cost
      yield* Metric.update(VobizMetrics.retries.pipe(Metric.withAttributes({ operation })), 1)
      yield* Effect.logDebug(`retrying after: ${error.message}`)
      return true
    })

    return yield* attempt.pipe(
      Effect.retry({ schedule, while: mayRetry }),
      Effect.tap(() =>
        Effect.sync(() => {
          tokens = Math.min(budget.capacity, tokens + (taken === 0 ? 1 : taken))
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

  return RetryPolicy.of({ retry })
}
