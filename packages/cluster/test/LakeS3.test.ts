import { NodeServices } from "@effect/platform-node"
import { assert, Child, describe, Effort, it } from "@vobiz-effect/test-support"
import { DuckDb } from "@vobiz-effect/reconcile"
import { Effect, FileSystem, Layer, Schema } from "effect"

import { Capacity, JobRunner, Lake, LakeS3, type Result } from "../src/index.ts"
import * as Lists from "./accounts.ts"
import * as Program from "./programs/bucket.ts"
import * as Runs from "./runs.ts"
import * as S3 from "./s3.ts"
import * as Whole from "./whole.ts"

const seed = 3
const { lists, spec } = Runs.random(seed)

const runner = (folder: string) =>
  JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db`, lease: "1 second" }).pipe(
    Layer.provide([Lists.layer(lists), Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 4 })])
  )

/** The bytes of a result. */
const contents = Effect.fnUntraced(function* ({ findings, proof, summary }: Result.Result) {
  const { read } = yield* Lake.Lake
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => read(path))
})

const job = Effect.gen(function* () {
  const jobs = yield* JobRunner.JobRunner
  return yield* contents(yield* jobs.result(yield* jobs.submit(spec)))
})

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** The bytes of a result whose lake is a folder; those of findings and figures are those of one run over all rows, too. */
const undisturbed = Effect.gen(function* () {
  const bytes = yield* Effect.provide(
    job,
    runner(yield* temporary).pipe(Layer.provideMerge(Lake.Lake.layer(yield* temporary)))
  )
  // By default that is left to the tests of the runner.
  if (Effort.isFull) {
    const whole = yield* Whole.run(lists, spec)
    assert.deepStrictEqual(bytes.slice(0, 2), [whole.findings, whole.summary])
  }
  return bytes
}).pipe(Effect.scoped, Effect.cached, Effect.runSync)

const services = Layer.mergeAll(NodeServices.layer, DuckDb.DuckDb.layer({ threads: 1 }))

/** By default the server that can do less: that the other one's conditions are used, the test of a killed process shows. */
const servers = (
  [
    ["refused", "refuses conditions"],
    [true, "knows conditions"]
  ] as const
).slice(0, Effort.sized({ quick: 1, full: 2 }))

describe("a lake in a bucket", () => {
  it.live("puts a receipt on a server that overlooks conditions", () =>
    Effect.gen(function* () {
      const lake = yield* Lake.Lake
      assert.strictEqual(yield* lake.keep("receipts/one.json", "first"), "first")
      assert.strictEqual(yield* lake.read("receipts/one.json"), "first")
      // The last one stands: nothing tells that there is one.
      assert.strictEqual(yield* lake.keep("receipts/one.json", "second"), "second")
      assert.strictEqual(yield* lake.read("receipts/one.json"), "second")
    }).pipe(
      Effect.provide(
        Layer.unwrap(Effect.map(S3.make({ conditions: false }), LakeS3.layer)).pipe(Layer.provide(NodeServices.layer))
      ),
      Effect.scoped
    )
  )

  it.live(
    "does no harm when a process is killed between what a unit makes and its receipt, or in the midst of it",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        const scratch = yield* temporary
        const all = ["/cdr/", "/reading/cdr", "/receipts/extract/", "/result/", "/receipts/reconcile/"]
        const at = Effort.isFull ? all : ["/receipts/extract/"]
        let left = at
        let kill = () => {}
        const { client } = yield* S3.make({
          onPut: (path) => {
            const [next] = left
            if (next === undefined || !path.includes(next)) return undefined
            left = left.slice(1)
            kill()
            return null
          }
        })
        const setup = yield* Schema.encodeEffect(Program.Setup)({
          seed,
          file: `${folder}/jobs.db`,
          scratch,
          endpoint: client.endpoint
        })
        const run = Effect.gen(function* () {
          const child = yield* Child.start(new URL("programs/bucket.ts", import.meta.url), [], {
            env: { SETUP: setup }
          })
          kill = () => void child.process.kill("SIGKILL")
          return (yield* child.end).signal
        }).pipe(Effect.scoped)
        for (const place of at) assert.strictEqual(yield* run, "SIGKILL", place)
        assert.deepStrictEqual(left, [])

        const lake = Program.lake({ endpoint: client.endpoint, scratch })
        const bytes = yield* Effect.provide(job, runner(folder).pipe(Layer.provideMerge(lake)))
        assert.deepStrictEqual(bytes, yield* undisturbed)
      }).pipe(Effect.provide(services), Effect.scoped)
  )

  for (const [conditions, name] of servers) {
    it.live(`on a server that ${name}, fails with what the store said, and a retry gives the result of a folder`, () =>
      Effect.gen(function* () {
        let full = true
        const { client } = yield* S3.make({
          conditions,
          onPut: (path) => (full && path.includes("/result/") ? 507 : undefined)
        })
        const fs = yield* FileSystem.FileSystem
        const scratch = yield* temporary
        const lake = Program.lake({ endpoint: client.endpoint, scratch })
        const bytes = yield* Effect.gen(function* () {
          const jobs = yield* JobRunner.JobRunner
          const run = yield* jobs.submit(spec)
          const error = yield* Effect.flip(jobs.result(run))
          assert.strictEqual(error._tag, "LakeError")
          assert.include(error.message, "HTTP 507")
          full = false
          yield* jobs.retry(run)
          return yield* contents(yield* jobs.result(run))
        }).pipe(Effect.provide(runner(yield* temporary).pipe(Layer.provideMerge(lake))))
        assert.deepStrictEqual(bytes, yield* undisturbed)
        assert.deepStrictEqual(yield* fs.readDirectory(scratch), [])
      }).pipe(Effect.provide(services), Effect.scoped)
    )
  }

  it.live("keeps the first of two receipts, and a file by what it holds, once", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const puts: Array<string> = []
      const server = yield* S3.make({ onPut: (path) => void puts.push(path) })
      yield* Effect.gen(function* () {
        const lake = yield* Lake.Lake
        assert.isUndefined(yield* lake.read("receipts/one.json"))
        assert.strictEqual(yield* lake.keep("receipts/one.json", "first"), "first")
        assert.strictEqual(yield* lake.keep("receipts/one.json", "second"), "first")
        assert.strictEqual(yield* lake.read("receipts/one.json"), "first")

        const put = (text: string) => lake.file("cdr", "parquet", (temporary) => fs.writeFileString(temporary, text))
        const one = yield* put("one")
        assert.deepStrictEqual(yield* put("one"), one)
        const other = yield* put("other")
        assert.notStrictEqual(other.path, one.path)
        assert.strictEqual(puts.length, 3)
        const read = Effect.fnUntraced(function* (directory: string) {
          return yield* Effect.forEach(yield* lake.below(directory), (file) => fs.readFileString(file))
        }, Effect.scoped)
        assert.sameMembers(yield* read("cdr"), ["one", "other"])
        assert.deepStrictEqual(yield* read("cd"), [])
        // Below a folder of this machine they have the names that they have below the directory.
        const names = Effect.scoped(
          Effect.map(lake.below("cdr"), (files) => files.map((file) => file.split("/").slice(-2)))
        )
        for (const [folder, name] of yield* names) {
          assert.isTrue(folder?.startsWith("recon-lake-"), folder)
          assert.include([one.path, other.path], `cdr/${name}`)
        }

        assert.strictEqual(yield* lake.remove("cdr"), 2)
        assert.deepStrictEqual(yield* read("cdr"), [])
        const missing = yield* Effect.flip(Effect.scoped(lake.local(one.path)))
        assert.include(missing.message, `s3://lake/${one.path} is not there`)
      }).pipe(Effect.provide(LakeS3.layer(server)))

      const opened = (options: Partial<LakeS3.Options>) =>
        Effect.flip(Effect.scoped(Layer.build(LakeS3.layer({ ...server, ...options }))))
      const credentials = { accessKeyId: "nobody", secretAccessKey: "hunter2" }
      const denied = yield* opened({ client: { ...server.client, credentials } })
      assert.include(denied.message, "HTTP 403")
      assert.notInclude(denied.message, "hunter2")
      const missing = yield* opened({ bucket: "river" })
      assert.include(missing.message, "s3://river/")
      assert.include(missing.message, "is not there")
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
  )
})
