import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DuckDb } from "@vobiz-effect/reconcile"
import { Deferred, Effect, Fiber, FileSystem, Layer } from "effect"

import * as Random from "../../reconcile/test/accounts.ts"
import { Capacity, JobRunner, Lake, LakeS3, type Merge, type Spec } from "../src/index.ts"
import * as Lists from "./accounts.ts"
import * as S3 from "./s3.ts"
import * as Whole from "./whole.ts"

const { account: lists, parameters } = Random.make(3)
const { asOf, settings, window } = parameters
const spec: Spec.Spec = { account: "MA_TEST", ...window, asOf, settings, rowsPerBucket: 4 }

const runner = (folder: string) =>
  JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db` }).pipe(
    Layer.provide([Lists.layer(lists), Capacity.Capacity.layer({ duckDb: { threads: 1 } })])
  )

const job = Effect.gen(function* () {
  const jobs = yield* JobRunner.JobRunner
  return yield* jobs.result(yield* jobs.submit(spec))
})

/** The bytes of a result. */
const contents = Effect.fnUntraced(function* ({ findings, proof, summary }: Merge.Result) {
  const { read } = yield* Lake.Lake
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => read(path))
})

/** A scratch folder, and the lake of a server. */
const bucket = Effect.fnUntraced(function* (options: { readonly conditions: boolean }) {
  const fs = yield* FileSystem.FileSystem
  const scratch = yield* fs.makeTempDirectoryScoped()
  const server = yield* S3.make(options)
  return { scratch, server, layer: LakeS3.layer({ ...server, prefix: "cdrs/", scratch }) }
})

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const services = Layer.mergeAll(NodeServices.layer, DuckDb.DuckDb.layer({ threads: 1 }))

describe("a lake in a bucket", () => {
  for (const conditions of [true, false]) {
    it.live(
      `gives the result of a folder, byte for byte, on a server that knows ${conditions ? "" : "no "}conditions`,
      () =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const whole = yield* Whole.run(Lists.inParts(lists, spec), spec)
          const there = yield* Effect.flatMap(job, contents).pipe(
            Effect.provide(runner(yield* temporary).pipe(Layer.provideMerge(Lake.Lake.layer(yield* temporary))))
          )
          const { layer, scratch } = yield* bucket({ conditions })
          const here = yield* Effect.flatMap(job, contents).pipe(
            Effect.provide(runner(yield* temporary).pipe(Layer.provideMerge(layer)))
          )
          assert.deepStrictEqual(here, there)
          assert.deepStrictEqual(here.slice(0, 2), [whole.findings, whole.summary])
          assert.deepStrictEqual(yield* fs.readDirectory(scratch), [])
        }).pipe(Effect.provide(services), Effect.scoped)
    )
  }

  for (const stage of ["extract", "split", "match", "merge"]) {
    it.live(`does no harm when a runner ends after it wrote what ${stage} makes, and before the receipt`, () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        const { layer } = yield* bucket({ conditions: true })
        const reached = yield* Deferred.make<void>()
        const ending = Layer.effect(
          Lake.Lake,
          Effect.map(Lake.Lake, (lake) =>
            Lake.Lake.of({
              ...lake,
              keep: (path, text) =>
                path.includes(`/receipts/${stage}/`)
                  ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
                  : lake.keep(path, text)
            })
          )
        ).pipe(Layer.provide(layer))
        const ended = yield* Effect.forkChild(job.pipe(Effect.provide(runner(folder).pipe(Layer.provideMerge(ending)))))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(ended)

        const whole = yield* Whole.run(Lists.inParts(lists, spec), spec)
        const [findings, summary] = yield* Effect.flatMap(job, contents).pipe(
          Effect.provide(runner(folder).pipe(Layer.provideMerge(layer)))
        )
        assert.deepStrictEqual([findings, summary], [whole.findings, whole.summary])
      }).pipe(Effect.provide(services), Effect.scoped)
    )
  }

  it.live("keeps the first of two receipts, and a directory by what it holds", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { layer, server } = yield* bucket({ conditions: true })
      yield* Effect.gen(function* () {
        const lake = yield* Lake.Lake
        assert.isUndefined(yield* lake.read("receipts/one.json"))
        assert.strictEqual(yield* lake.keep("receipts/one.json", "first"), "first")
        assert.strictEqual(yield* lake.keep("receipts/one.json", "second"), "first")
        assert.strictEqual(yield* lake.read("receipts/one.json"), "first")

        const fill = (text: string) => (folder: string) =>
          Effect.andThen(
            fs.makeDirectory(`${folder}/bucket=1`),
            Effect.andThen(fs.writeFileString(`${folder}/bucket=1/a`, text), fs.writeFileString(`${folder}/b`, "b"))
          )
        const one = yield* lake.directory("split", fill("one"))
        assert.strictEqual(yield* lake.directory("split", fill("one")), one)
        const other = yield* lake.directory("split", fill("other"))
        assert.notStrictEqual(other, one)
        const read = Effect.fnUntraced(function* (directory: string) {
          return yield* Effect.forEach(yield* lake.below(directory), (file) => fs.readFileString(file))
        }, Effect.scoped)
        assert.deepStrictEqual(yield* read(one), ["b", "one"])
        assert.deepStrictEqual(yield* read(`${other}/bucket=1`), ["other"])
        assert.deepStrictEqual(yield* read(`${other}/bucket`), [])

        yield* lake.remove(one)
        assert.deepStrictEqual(yield* read(one), [])
        assert.deepStrictEqual(yield* read(`${other}/bucket=1`), ["other"])
        const missing = yield* Effect.flip(Effect.scoped(lake.local(`${one}/b`)))
        assert.include(missing.message, `s3://lake/cdrs/${one}/b is not there`)
      }).pipe(Effect.provide(layer))

      const denied = LakeS3.layer({
        ...server,
        client: { ...server.client, credentials: { accessKeyId: "nobody", secretAccessKey: "hunter2" } }
      })
      const error = yield* Effect.flip(Effect.flatMap(Lake.Lake, ({ read }) => read("a"))).pipe(Effect.provide(denied))
      assert.include(error.message, "HTTP 403")
      assert.notInclude(error.message, "hunter2")
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
  )
})
