import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"
import { spawnSync } from "node:child_process"
import { hostname } from "node:os"

import { Lock } from "../src/index.ts"

const inFolder = <A, E>(
  body: (file: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, NodeServices.NodeServices>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* body(`${yield* fs.makeTempDirectoryScoped()}/new/lock`, fs)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

it.effect("is held by one at a time, and free after the scope", () =>
  inFolder((file, fs) =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Lock.hold(file)
          const error = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
          assert.include(error.message, `process ${process.pid} on ${hostname()} holds it`)
          // Who was refused did not free it.
          assert.isTrue(yield* fs.exists(file))
        })
      )
      assert.isFalse(yield* fs.exists(file))
      yield* Effect.scoped(Lock.hold(file))
    })
  )
)

it.effect("is taken over from a process of this machine that has ended, and from nobody else", () =>
  inFolder((file, fs) =>
    Effect.gen(function* () {
      yield* Effect.scoped(Lock.hold(file))
      const { pid } = spawnSync(process.execPath, ["--version"])
      for (const owner of [`${hostname()} ${pid}`, "", `${hostname()} ${process.pid}`]) {
        yield* fs.writeFileString(file, owner)
        yield* Effect.scoped(Lock.hold(file))
      }
      for (const owner of [`another-machine ${pid}`, `${hostname()} ${process.ppid}`]) {
        yield* fs.writeFileString(file, owner)
        const error = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
        assert.strictEqual(error._tag, "LockHeld")
        assert.strictEqual(yield* fs.readFileString(file), owner)
      }
      for (const owner of ["\x1b[31mhost\x1b[0m 1", `${hostname()} one`, `${hostname()}`, "a b c"]) {
        yield* fs.writeFileString(file, owner)
        const error = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
        assert.include(error.message, "process unknown on unknown holds it")
      }
    })
  )
)
