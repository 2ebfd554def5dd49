/**
 * The reconciliation of an account as a durable workflow.
 *
 * The workflow offers units of work, stage by stage, and sleeps until they are done. If its runner is lost, another resumes it.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import { type PersistedQueue } from "effect/persistence"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { DurableDeferred, Workflow, type WorkflowEngine } from "effect/workflow"

import * as Audio from "../Audio.ts"
import * as JobLog from "../JobLog.ts"
import * as RunResult from "../Result.ts"
import * as Spec from "../Spec.ts"
import * as Extract from "./extract.ts"
import * as Units from "./units.ts"

/**
 * The whole reconciliation of an account.
 *
 * `attempt` counts a run's retries. Each attempt is an execution of its own, and repeats what failed in the one before.
 *
 * @category workflows
 * @since 0.1.0
 */
export const reconcile = Workflow.make("recon/Reconcile", {
  payload: { spec: Spec.Spec, attempt: Schema.Int },
  success: RunResult.Result,
  error: Units.UnitError,
  idempotencyKey: ({ attempt, spec }) => `${Spec.runOf(spec)}/${attempt}`
})

interface Job {
  readonly spec: Spec.Spec
  readonly attempt: number
}

/** Offers units to the queue, and waits until all of them end. */
const ends = Effect.fnUntraced(function* (job: Job, works: ReadonlyArray<Units.Work>) {
  const queue = yield* Units.queue
  const items = yield* Effect.forEach(works, (work) =>
    Effect.map(DurableDeferred.token(Units.outcomeOf(work)), (token) => ({ ...job, work, token }))
  )
  // The queue ignores an id that it has already. Retry until the database answers.
  yield* Effect.forEach(items, (item) => queue.offer(item, { id: item.token }), { discard: true }).pipe(
    Effect.retry(Schedule.spaced("1 second")),
    Effect.orDie
  )
  return yield* Effect.forEach(works, (work) => Effect.result(DurableDeferred.await(Units.outcomeOf(work))))
})

/** Waits until all units of a stage end before it fails, so that a retry repeats only what failed. */
const stage = (job: Job, works: ReadonlyArray<Units.Work>) =>
  Effect.flatMap(ends(job, works), (outcomes) => Effect.fromResult(Result.all(outcomes)))

/** The only receipt. Dies if there is none. */
const only = <A>([receipt]: ReadonlyArray<A>): Effect.Effect<A> =>
  receipt === undefined ? Effect.die("a unit returned the outcome of another kind of unit") : Effect.succeed(receipt)

/**
 * How many days of an account's audio are fetched at once.
 *
 * Two use up the account's rate limit. More would only wait for it, and keep runners from other accounts.
 */
const abreast = 2

const encode = Schema.encodeSync(RunResult.Json)

const program = Effect.fnUntraced(function* (job: Job) {
  const lists = Extract.List.literals.map((list) => ({ _tag: "Extract" as const, list }))
  const extracted = yield* stage(job, lists)
  const of = (list: Extract.List) =>
    only(
      extracted.flatMap((outcome) =>
        outcome._tag === "Extract" && outcome.receipt.list === list ? [outcome.receipt] : []
      )
    )
  const recordings = yield* of("recording")
  const judged = yield* stage(job, [
    { _tag: "Reconcile", cdr: yield* of("cdr"), recording: recordings, trunk: yield* of("trunk") }
  ])
  const result = yield* only(judged.flatMap((outcome) => (outcome._tag === "Reconcile" ? [outcome.receipt] : [])))
  if (job.spec.archive === true) {
    // Store the result now: findings do not wait for audio.
    yield* (yield* JobLog.JobLog).keep(Spec.runOf(job.spec), job.attempt, encode(result))
    const days = Audio.daysOf(job.spec).map((day) => ({ _tag: "Archive" as const, recordings, day }))
    // `ends`, not `stage`: a day that fails must not hold up the others, whose audio the provider deletes meanwhile.
    const fetched = yield* Effect.forEach(Arr.chunksOf(days, abreast), (some) => ends(job, some))
    yield* Effect.fromResult(Result.all(fetched.flat()))
  }
  return result
})

/**
 * The program of the workflow, for a runner.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  JobLog.JobLog | PersistedQueue.PersistedQueueFactory | WorkflowEngine.WorkflowEngine
> = reconcile.toLayer(
  Effect.fnUntraced(function* (job) {
    const log = yield* JobLog.JobLog
    const close = (exit: Exit.Exit<string, unknown>) => log.close(Spec.runOf(job.spec), job.attempt, exit)
    return yield* program(job).pipe(
      Effect.tap((result) => close(Exit.succeed(encode(result)))),
      // A workflow that suspends is interrupted, but has not ended.
      Effect.tapCause((cause) => (Cause.hasInterrupts(cause) ? Effect.void : close(Exit.failCause(cause))))
    )
  })
)
