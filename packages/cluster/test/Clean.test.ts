import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Layer } from "effect"

import { Capacity, Clean, JobRunner, Lake, LakeS3, type Result, Spec } from "../src/index.ts"
import * as Lists from "./accounts.ts"
import * as Runs from "./runs.ts"
import * as S3 from "./s3.ts"

const { lists, spec } = Runs.random(4)

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const lakes = {
  folder: Effect.map(temporary, Lake.Lake.layer),
  bucket: Effect.map(S3.make(), LakeS3.layer)
}

/** A run in a process that has no state of it, and its log. */
const job = Effect.gen(function* () {
  const runner = JobRunner.JobRunner.layerInProcess({ file: `${yield* temporary}/jobs.db` }).pipe(
    Layer.provide([Lists.layer(lists), Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 4 })])
  )
  return yield* Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    const run = yield* jobs.submit(spec)
    const result = yield* jobs.result(run)
    const [status] = yield* jobs.status
    assert.deepStrictEqual(yield* jobs.done(run), { spec, result })
    return { result, log: { account: spec.account, run, state: status?.state ?? "running" } }
  }).pipe(Effect.provide(runner))
})

const contents = Effect.fnUntraced(function* ({ findings, proof, summary, table }: Result.Result) {
  const lake = yield* Lake.Lake
  yield* Effect.scoped(lake.local(table.path))
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => lake.read(path))
})

/** How many files are below each of a run's directories. */
const counts = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
  const lake = yield* Lake.Lake
  return yield* Effect.forEach(names, (name) =>
    Effect.scoped(Effect.map(lake.below(`${Spec.placeOf(spec)}${name}`), ({ length }) => length))
  )
})

describe("a lake is cleaned", () => {
  for (const [name, make] of Object.entries(lakes)) {
    it.live(`in a ${name}, of the rows that were read, and these are read again where they are needed`, () =>
      Effect.gen(function* () {
        yield* Effect.gen(function* () {
          const { log, result } = yield* job
          const expected = yield* contents(result)
          const before = yield* counts("")

          const running = yield* Effect.flip(Clean.run({ ...log, state: "running" }))
          assert.strictEqual(running._tag, "StillRunning")
          assert.deepStrictEqual(yield* counts(""), before)

          const read = yield* counts("/cdr", "/recording", "/trunk", "/receipts/extract", "/reading")
          assert.deepStrictEqual(read.slice(3), [3, 2])
          for (const count of read.slice(0, 2)) assert.isAbove(count, 1)
          assert.strictEqual(
            yield* Clean.run(log),
            read.reduce((sum, count) => sum + count, 0)
          )
          // The result has four files and one receipt.
          assert.deepStrictEqual(yield* counts("", "/result", "/receipts"), [5, 4, 1])
          assert.deepStrictEqual(yield* contents(result), expected)

          // A new process reads again what is not there, and comes to the same.
          assert.deepStrictEqual((yield* job).result, result)
          assert.deepStrictEqual(yield* counts(""), before)
        }).pipe(Effect.provide(yield* make))
      }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
    )
  }
})
