import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { DuckDb } from "@vobiz-effect/reconcile"
import { Effect, FileSystem, Layer } from "effect"

import { Capacity, JobRunner, Lake, type Spec } from "../src/index.ts"
import * as Random from "../../reconcile/test/accounts.ts"
import * as Lists from "./accounts.ts"
import * as Whole from "./whole.ts"

const spec = (seed: number): { readonly lists: Lists.Lists; readonly spec: Spec.Spec } => {
  const { account, parameters } = Random.make(seed)
  const { asOf, settings, window } = parameters
  return { lists: account, spec: { account: "MA_TEST", ...window, asOf, settings, rowsPerBucket: 4 } }
}

const worker = (folder: string, lists: Lists.Lists) =>
  Layer.mergeAll(
    Lake.Lake.layer(`${folder}/lake`),
    Lists.layer(lists),
    Capacity.Capacity.layer({ duckDb: { threads: 1 } })
  )

it.live(
  "a run in this process gives the result of one run over all rows, and is there when it is asked for again",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const { lists, spec: wanted } = spec(3)
      const expected = yield* Whole.run(Lists.inParts(lists, wanted), wanted)
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
