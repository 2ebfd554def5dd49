import { DatabaseSync } from "node:sqlite"
import { NodeServices } from "@effect/platform-node"
import { assert, it, Wait } from "@vobiz-effect/test-support"
import { DuckDb } from "@vobiz-effect/reconcile"
import { Effect, FileSystem, Layer } from "effect"

import { Accounts, Capacity, JobRunner, Lake, Spec } from "../src/index.ts"
import * as Lists from "./accounts.ts"
import * as Runs from "./runs.ts"
import * as Whole from "./whole.ts"

const worker = (folder: string, lists: Lists.Lists) =>
  Layer.mergeAll(
    Lake.Lake.layer(`${folder}/lake`),
    Lists.layer(lists),
    Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 4 })
  )

it.live(
  "a run in this process gives the result of one run over all rows, and is there when it is asked for again",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const { lists, spec: wanted } = Runs.random(3)
      const expected = yield* Whole.run(lists, wanted)
      const runner = JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db` }).pipe(
        Layer.provide(worker(folder, lists))
      )
      const first = yield* Effect.gen(function* () {
        const jobs = yield* JobRunner.JobRunner
        const run = yield* jobs.submit(wanted)
        const result = yield* jobs.result(run)
        const [status] = yield* jobs.status
        assert.strictEqual(status?.state, "done")
        assert.isTrue(status?.units.every(({ starts, state }) => state === "done" && starts === 1))
        return { run, result }
      }).pipe(Effect.provide(runner))
      const read = (path: string) => fs.readFileString(`${folder}/lake/${path}`)
      assert.strictEqual(yield* read(first.result.findings.path), expected.findings)
      assert.strictEqual(yield* read(first.result.summary.path), expected.summary)

      const second = yield* Effect.gen(function* () {
        const jobs = yield* JobRunner.JobRunner
        return { run: yield* jobs.submit(wanted), result: yield* jobs.result(first.run) }
      }).pipe(Effect.provide(runner))
      assert.deepStrictEqual(second, first)
    }).pipe(Effect.provide(Layer.mergeAll(NodeServices.layer, DuckDb.DuckDb.layer({ threads: 1 }))), Effect.scoped)
)

it.live("a unit whose runner was lost too often fails, is reported, and can be retried", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const file = `${folder}/jobs.db`
    const { lists, spec: wanted } = Runs.random(3)
    const lost = Layer.mergeAll(
      Lake.Lake.layer(`${folder}/lake`),
      Layer.succeed(Accounts.Accounts, { open: () => Effect.never }),
      Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 4 })
    )
    // Its process stops in the midst of it; that it did so ten times is what the queue is made to say.
    yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      yield* jobs.submit(wanted)
      const units = Effect.map(jobs.status, ([status]) => status?.units.length ?? 0)
      yield* Wait.until("two of the three lists are being read", units, (count) => count === 2)
    }).pipe(Effect.provide(JobRunner.JobRunner.layerInProcess({ file }).pipe(Layer.provide(lost))))
    const queue = new DatabaseSync(file)
    queue.exec("UPDATE recon_queue SET attempts = 10")
    queue.close()

    yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      const run = yield* jobs.submit(wanted)
      const failure = yield* Effect.flip(jobs.result(run))
      assert.strictEqual(failure._tag, "RunnersLost")
      const [failed] = yield* jobs.status
      assert.strictEqual(failed?.state, "failed")
      assert.deepStrictEqual(
        failed?.units.map(({ errorTag, state }) => [state, errorTag]),
        [
          ["failed", "RunnersLost"],
          ["failed", "RunnersLost"],
          ["failed", "RunnersLost"]
        ]
      )
      yield* jobs.retry(run)
      yield* jobs.result(run)
      assert.strictEqual((yield* jobs.status)[0]?.state, "done")
    }).pipe(Effect.provide(JobRunner.JobRunner.layerInProcess({ file }).pipe(Layer.provide(worker(folder, lists)))))
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
)

it.live("messages that a runner read and lost are read again when its lease is over", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const file = `${folder}/jobs.db`
    const { lists, spec: wanted } = Runs.random(3)
    const runner = JobRunner.JobRunner.layerInProcess({ file, lease: "300 millis" })
    yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      // Each message is claimed as soon as it is there, and for longer than this test may take.
      const messages = new DatabaseSync(file)
      messages.exec(
        `CREATE TRIGGER lost AFTER INSERT ON cluster_messages BEGIN
           UPDATE cluster_messages SET last_read = DATETIME('now', '+1 day') WHERE id = NEW.id;
         END`
      )
      messages.close()
      yield* Effect.flatMap(jobs.submit(wanted), jobs.result)
    }).pipe(Effect.provide(runner.pipe(Layer.provide(worker(folder, lists)))))
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
)

it.live("a row of the log that another version wrote is named in one line, and left as it is", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const file = `${folder}/jobs.db`
    const { lists, spec: wanted } = Runs.random(3)
    const run = yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      const run = yield* jobs.submit(wanted)
      yield* jobs.result(run)
      return run
    }).pipe(Effect.provide(JobRunner.JobRunner.layerInProcess({ file }).pipe(Layer.provide(worker(folder, lists)))))

    const changed = Effect.fnUntraced(function* (
      statement: string,
      ask: (jobs: JobRunner.JobRunner["Service"]) => Effect.Effect<unknown, { readonly message: string }>
    ) {
      const noted = new DatabaseSync(file)
      noted.exec(statement)
      noted.close()
      const error = yield* Effect.flip(Effect.flatMap(JobRunner.JobRunner, ask)).pipe(
        Effect.provide(JobRunner.JobRunner.layerNoted({ file }))
      )
      return error.message
    })
    const said = (what: string) =>
      `the log of runs: ${what} cannot be read: another version of recon wrote it, or it is damaged. Use that version, or remove the row`
    assert.strictEqual(
      yield* changed("UPDATE recon_unit SET state = 'resting'", (jobs) => jobs.status),
      said(`a unit of run ${run}`)
    )
    assert.strictEqual(
      yield* changed(`UPDATE recon_run SET result = replace(result, '"version":3', '"version":99')`, (jobs) =>
        jobs.done(run)
      ),
      said(`the result of run ${run}`)
    )
    assert.strictEqual(
      yield* changed(
        `UPDATE recon_run SET result = replace(result, '"version":99', '"version":3'), spec = '{"version":99}'`,
        (jobs) => jobs.done(run)
      ),
      said(`the spec of run ${run}`)
    )
    assert.strictEqual(
      yield* changed("UPDATE recon_run SET state = 'resting'", (jobs) => jobs.status),
      said(`run ${run}`)
    )
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
)

it.live("two processes do not work on one file of runs: the second is told who does, and may look at them", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const file = `${folder}/jobs.db`
    const { lists } = Runs.random(3)
    const runner = JobRunner.JobRunner.layerInProcess({ file }).pipe(Layer.provide(worker(folder, lists)))
    yield* Layer.build(runner)
    const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(runner))))
    if (error._tag !== "StateError") return assert.fail(error.message)
    assert.match(error.message, /jobs\.db: process \d+ on \S+ is using it\. Wait until that process ends$/)
    const status = Effect.flatMap(JobRunner.JobRunner, (jobs) => jobs.status)
    assert.deepStrictEqual(yield* Effect.provide(status, JobRunner.JobRunner.layerNoted({ file })), [])

    const none = yield* Effect.flip(
      Effect.provide(JobRunner.JobRunner, JobRunner.JobRunner.layerNoted({ file: `${folder}/none/jobs.db` }))
    )
    assert.include(none.message, "none/jobs.db: cannot open the file (unable to open database file)")
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
)

it.effect("a run is known by its account, window and settings, whenever it is submitted", () =>
  Effect.sync(() => {
    const { spec } = Runs.random(3)
    const { asOf: _, ...undated } = spec
    assert.strictEqual(Spec.runOf(undated), Spec.runOf({ ...undated }))
    assert.notStrictEqual(Spec.runOf(spec), Spec.runOf(undated))
    assert.notStrictEqual(Spec.runOf({ ...undated, account: "MA_OTHER" }), Spec.runOf(undated))
  })
)
