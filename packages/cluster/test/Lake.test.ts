import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, it } from "@vobiz-effect/test-support"
import { Digest } from "@vobiz-effect/files"
import { Effect, FileSystem, Layer, Schema, type Scope } from "effect"

import { Lake } from "../src/index.ts"

it.effect("what a unit of work was told that is kept survives a power cut: files and receipts", () =>
  Effect.gen(function* () {
    const log = DiskLog.make()
    const fs = yield* FileSystem.FileSystem
    const root = `${yield* fs.makeTempDirectoryScoped()}/lake`
    yield* Effect.gen(function* () {
      const lake = yield* Lake.Lake
      const { path } = yield* lake.file("account=a/cdr", "parquet", (temporary) =>
        fs.writeFileString(temporary, "rows")
      )
      DiskLog.assertSettled(log, `${root}/${path}`)
      yield* Lake.once("account=a/receipts/unit.json", Schema.Finite, Effect.succeed(7))
      DiskLog.assertSettled(log, `${root}/account=a/receipts/unit.json`)
      yield* lake.replace("account=a/log.json", "text")
      DiskLog.assertSettled(log, `${root}/account=a/log.json`)

      // A run that was removed can be done again.
      assert.strictEqual(yield* lake.remove("account=a"), 3)
      yield* lake.keep("account=a/receipts/unit.json", "again")
      assert.strictEqual(yield* lake.read("account=a/receipts/unit.json"), "again")
    }).pipe(Effect.provide(Lake.Lake.layer(root).pipe(Layer.provide(log.layer))))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)

const inFolder = <A, E>(
  body: (root: string) => Effect.Effect<A, E, Lake.Lake | NodeServices.NodeServices | Scope.Scope>
) =>
  Effect.gen(function* () {
    const root = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    return yield* body(root).pipe(Effect.provide(Lake.Lake.layer(root)))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const advice = "Check that the shared folder is mounted, has space and is writable by this user; then retry the run"

it.effect("a lake in a folder gives what is there, and nothing of what is not", () =>
  inFolder((root) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const lake = yield* Lake.Lake
      assert.isUndefined(yield* lake.read("a/x.json"))
      assert.deepStrictEqual(yield* lake.below("a"), [])
      assert.strictEqual(yield* lake.remove("a"), 0)
      const missing = yield* Effect.flip(lake.local("a/x.json"))
      assert.deepInclude(missing, { path: "a/x.json", detail: "is not there", advice })
      assert.strictEqual(missing.message, `lake: a/x.json is not there. ${advice}`)

      const written = yield* lake.file("c", "txt", (temporary) => fs.writeFileString(temporary, "rows"))
      assert.strictEqual(written.sha256, Digest.of("rows"))
      assert.strictEqual(written.path, `c/${written.sha256}.txt`)
      assert.strictEqual(yield* fs.readFileString(yield* lake.local(written.path)), "rows")

      assert.strictEqual(yield* lake.keep("a/b/y.json", "y"), "y")
      assert.strictEqual(yield* lake.keep("a/x.json", "x"), "x")
      assert.strictEqual(yield* lake.keep("ab/z.json", "z"), "z")
      assert.deepStrictEqual(yield* lake.below("a"), [`${root}/a/b/y.json`, `${root}/a/x.json`])
      assert.strictEqual(yield* lake.local("a/x.json"), `${root}/a/x.json`)
      assert.strictEqual(yield* lake.read("a/x.json"), "x")
      yield* lake.replace("a/x.json", "other")
      assert.strictEqual(yield* lake.read("a/x.json"), "other")
      const folder = yield* Effect.flip(lake.read("a/b"))
      assert.strictEqual(folder.path, "a/b")
      assert.isTrue(folder.detail.startsWith("cannot be read or written: "), folder.detail)
      assert.strictEqual(yield* lake.remove("a"), 2)
      assert.deepStrictEqual((yield* fs.readDirectory(root)).toSorted(), ["ab", "c"])

      const scratch = yield* Effect.scoped(Effect.tap(lake.scratch, (folder) => fs.writeFileString(`${folder}/x`, "x")))
      assert.include(scratch, "recon-lake-")
      assert.isFalse(yield* fs.exists(scratch))
    })
  )
)

it.effect("work that is known is done once, and what is known of it has to be readable", () =>
  inFolder(() =>
    Effect.gen(function* () {
      const lake = yield* Lake.Lake
      let done = 0
      const work = Lake.once(
        "a/x.json",
        Schema.Finite,
        Effect.sync(() => ++done)
      )
      assert.deepStrictEqual([yield* work, yield* work, done], [1, 1, 1])
      assert.strictEqual(yield* lake.read("a/x.json"), "1\n")
      yield* lake.replace("a/x.json", '"x"')
      const error = yield* Effect.flip(work)
      assert.strictEqual(
        error.message,
        "lake: a/x.json is damaged, or was written by another version. Remove it, and retry the run"
      )
      assert.strictEqual(done, 1)
    })
  )
)

it.effect("a lake whose folder cannot be made says so", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Layer.build(Lake.Lake.layer("package.json/lake")))
    assert.strictEqual(error.path, "package.json/lake")
    assert.isTrue(error.detail.startsWith("cannot be read or written: "), error.detail)
    assert.strictEqual(error.advice, advice)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
