import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Layer, Schema } from "effect"

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
