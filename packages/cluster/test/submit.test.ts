/** Which runs are begun when they are submitted, by an engine that knows of none. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Context, Effect, Exit, Layer, Queue } from "effect"
import { WorkflowEngine } from "effect/workflow"

import { JobLog, JobRunner, Spec } from "../src/index.ts"
import * as Sqlite from "../src/internal/sqliteClient.ts"
import * as Units from "../src/internal/units.ts"
import * as Jobs from "../src/internal/workflow.ts"
import * as Runs from "./runs.ts"

const spec = Runs.of("MA_TEST", 2)
const run = Spec.runOf(spec)

interface Engine {
  readonly jobs: JobRunner.JobRunner["Service"]
  readonly log: JobLog.JobLog["Service"]
  /** The attempts that it was given to begin since this was asked. */
  readonly attempts: Effect.Effect<ReadonlyArray<number>>
}

/** A new engine over the log that there is. */
const engine = Effect.gen(function* () {
  const begun = yield* Queue.unbounded<number>()
  const program = Jobs.reconcile.toLayer(({ attempt }) =>
    Effect.andThen(Queue.offer(begun, attempt), Effect.fail(new Units.Cancelled({ run })))
  )
  const services = yield* Layer.build(
    Layer.merge(JobRunner.JobRunner.layer, program).pipe(
      Layer.provide(WorkflowEngine.layerMemory),
      Layer.provideMerge(JobLog.JobLog.layer({ runner: "here" })),
      Layer.fresh
    )
  )
  return {
    jobs: Context.get(services, JobRunner.JobRunner),
    log: Context.get(services, JobLog.JobLog),
    attempts: Effect.andThen(Effect.yieldNow, Queue.clear(begun))
  } satisfies Engine
})

/** With a run that another engine has begun. */
const begun = <E>(use: (engine: Engine) => Effect.Effect<void, E>) =>
  Effect.gen(function* () {
    const { attempts, jobs } = yield* engine
    yield* jobs.submit(spec)
    assert.deepStrictEqual(yield* attempts, [1])
    yield* use(yield* engine)
  }).pipe(Effect.scoped, Effect.provide(Sqlite.layer(":memory:", (error) => error)))

const ends: Readonly<Record<string, (log: JobLog.JobLog["Service"]) => Effect.Effect<void, unknown>>> = {
  failed: (log) => log.close(run, 1, Exit.fail("lost")),
  cancelled: (log) => log.cancel(run)
}

describe("a run that is submitted", () => {
  it.effect("is begun, and again as the same attempt as long as it runs", () =>
    begun(
      Effect.fnUntraced(function* ({ attempts, jobs, log }) {
        assert.strictEqual(yield* jobs.submit(spec), run)
        assert.deepStrictEqual(yield* attempts, [1])
        assert.deepStrictEqual(
          (yield* log.runs).map(({ account, attempt, state }) => [account, attempt, state]),
          [["MA_TEST", 1, "running"]]
        )
      })
    )
  )

  it.effect("is left as it is where it has ended well, also where that is asked for again", () =>
    begun(
      Effect.fnUntraced(function* ({ attempts, jobs, log }) {
        yield* log.close(run, 1, Exit.succeed("{}"))
        for (const retry of [undefined, false, true]) assert.strictEqual(yield* jobs.submit(spec, { retry }), run)
        yield* jobs.retry(run)
        assert.deepStrictEqual(yield* attempts, [])
        assert.deepStrictEqual(
          (yield* log.runs).map(({ attempt, state }) => [attempt, state]),
          [[1, "done"]]
        )
      })
    )
  )

  for (const [state, end] of Object.entries(ends)) {
    it.effect(`is left as it is where it was ${state}, unless a retry is asked for`, () =>
      begun(
        Effect.fnUntraced(function* ({ attempts, jobs, log }) {
          yield* Effect.orDie(end(log))
          for (const retry of [undefined, false]) yield* jobs.submit(spec, { retry })
          assert.deepStrictEqual(yield* attempts, [])
          yield* jobs.submit(spec, { retry: true })
          assert.deepStrictEqual(yield* attempts, [2])
          assert.deepStrictEqual(
            (yield* log.runs).map(({ attempt, endedAt, state }) => [attempt, endedAt, state]),
            [[2, null, "running"]]
          )
          yield* Effect.orDie(log.cancel(run))
          yield* jobs.retry(run)
          assert.deepStrictEqual(yield* attempts, [3])
        })
      )
    )
  }
})
