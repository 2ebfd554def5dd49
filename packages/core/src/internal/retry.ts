/** Runs requests by the retry policy in force. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"

import { type Budget, interactive, RetryPolicy } from "../RetryPolicy.ts"
import { Timeout, VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { tally } from "./tally.ts"
import * as Turn from "./turn.ts"

/** `undefined` where nobody has set a policy: `yield* RetryPolicy` would give the default, and hide the layer's. */
const given = Effect.map(Effect.context<never>(), (context) => Context.getOrUndefined(context, RetryPolicy))

const retried = tally(VobizMetrics.retries, "operation")

/** What one call does: an attempt, again if need be, each in a slot and within a limit of its own. */
export interface Call<A, R> {
  /** Names the call in errors and metrics. */
  readonly operation: string
  readonly turn: Turn.Turn
  readonly attempt: Effect.Effect<A, VobizError, R>
  readonly attemptTimeout: Duration.Duration
}

const timeout = (operation: string, limit: "attempt" | "call", duration: Duration.Duration) =>
  new VobizError({ operation, requestId: null, reason: new Timeout({ limit, duration }) })

/** The retries of one client: its buckets, and the policy that its layer was built with. */
// oxlint-disable-next-line max-lines-per-function -- the parts of one call, which share what it has paid and how long it may take
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
   * retried, never a stream: it would emit again what it had emitted.
   *
   * Most calls have a slot at once, and succeed: all of that has one timer, and the rest is entered where it is needed.
   */
  return Effect.fnUntraced(function* <A, R>({ attempt, attemptTimeout, operation, turn }: Call<A, R>) {
    const { budget, deadline, schedule } = (yield* given) ?? ofLayer ?? interactive
    const start = yield* Clock.currentTimeMillis
    const end = start + Duration.toMillis(deadline)
    const isShort = Duration.isLessThan(deadline, attemptTimeout)
    const within = Effect.timeoutOrElse({
      duration: attemptTimeout,
      orElse: () => Effect.fail(timeout(operation, "attempt", attemptTimeout))
    })
    /** A slot that was taken and has not come yet. */
    let slot: Turn.Slot | undefined
    let isSent = false
    const quick = Effect.gen(function* () {
      slot = yield* turn.slot(operation)
      if (!Turn.isNow(slot, yield* Clock.currentTimeMillis)) return later
      slot = undefined
      isSent = true
      return yield* attempt
    }).pipe(
      Effect.exit,
      Effect.timeoutOrElse({
        duration: isShort ? deadline : attemptTimeout,
        orElse: () =>
          isShort
            ? Effect.fail(timeout(operation, "call", deadline))
            : Effect.succeed(isSent ? Exit.fail(timeout(operation, "attempt", attemptTimeout)) : Exit.succeed(later))
      })
    )

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
      yield* Metric.update(retried(operation), 1)
      yield* Effect.logDebug(`retrying after: ${error.message}`)
      return true
    })

    const credit = () => {
      if (budget === null) return
      const bucket = bucketOf(budget)
      bucket.tokens = Math.min(budget.capacity, bucket.tokens + (taken === 0 ? 1 : taken))
    }

    const begun = yield* quick
    if (Exit.isSuccess(begun) && begun.value !== later) {
      credit()
      return begun.value
    }
    let first = Exit.isFailure(begun) ? Exit.failCause(begun.cause) : undefined
    return yield* Effect.suspend(() => {
      const [tried, taken] = [first, slot]
      first = slot = undefined
      return tried ?? Effect.andThen(turn.wait(operation, taken), within(attempt))
    }).pipe(
      Effect.retry({
        schedule: schedule.pipe(
          Schedule.modifyDelay(({ duration, input }) => Effect.succeed(Duration.max(duration, retryAfterOf(input))))
        ),
        while: mayRetry
      }),
      Effect.tap(() => Effect.sync(credit)),
      Effect.timeoutOrElse({
        duration: Duration.millis(Math.max(0, end - (yield* Clock.currentTimeMillis))),
        orElse: () =>
          // What went wrong before tells more than that the time for trying again ran out.
          Effect.fail(
            last !== undefined && last.reason._tag !== "Timeout" ? last : timeout(operation, "call", deadline)
          )
      })
    )
  })
})

/** The call has no slot yet. */
const later = Symbol("later")

const retryAfterOf = ({ reason }: VobizError): Duration.Duration =>
  "retryAfter" in reason && reason.retryAfter !== null ? reason.retryAfter : Duration.zero
