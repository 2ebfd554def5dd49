import { NodeServices } from "@effect/platform-node"
import { assert, Effort, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { hostname } from "node:os"

import { Lock } from "../src/index.ts"

const contender = new URL("contender.ts", import.meta.url).pathname
const rounds = String(Effort.sized({ quick: 100, full: 1000 }))

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

it.effect("of a process that has ended is taken over by one of those who find it", () =>
  inFolder((file, fs) =>
    Effect.gen(function* () {
      yield* Effect.scoped(Lock.hold(file))
      const { pid } = spawnSync(process.execPath, ["--version"])
      const folder = file.slice(0, -"/lock".length)
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 4 }),
        () =>
          Effect.callback<string>((resume) => {
            const child = spawn(process.execPath, [contender, file, `${hostname()} ${pid}`, rounds], {
              stdio: ["pipe", "pipe", "inherit"]
            })
            let said = ""
            child.stdout.on("data", (data) => (said += String(data)))
            child.on("close", () => resume(Effect.succeed(said)))
          }),
        { concurrency: "unbounded" }
      )
      // Each counts what it held alone: an entry that was there already, or gone at the end, is another's.
      assert.deepStrictEqual(
        outcomes.map((said) => JSON.parse(said).shared),
        [0, 0, 0, 0]
      )
      assert.isAbove(
        outcomes.reduce((sum, said) => sum + JSON.parse(said).held, 0),
        0
      )
      assert.deepStrictEqual(yield* fs.readDirectory(folder), ["lock"])
    })
  )
)

it.effect("is taken over from a process of this machine that has ended, and from nobody else", () =>
  inFolder((file, fs) =>
    Effect.gen(function* () {
      yield* Effect.scoped(Lock.hold(file))
      const { pid } = spawnSync(process.execPath, ["--version"])
      for (const owner of [`${hostname()} ${pid}`, `${hostname()} ${process.pid}`]) {
        yield* fs.writeFileString(file, owner)
        yield* Effect.scoped(Lock.hold(file))
      }
      for (const owner of [`another-machine ${pid}`, `${hostname()} ${process.ppid}`]) {
        yield* fs.writeFileString(file, owner)
        const error = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
        assert.strictEqual(error._tag, "LockHeld")
        assert.strictEqual(yield* fs.readFileString(file), owner)
      }
      for (const owner of ["\x1b[31mhost\x1b[0m 1", `${hostname()} one`, `${hostname()}`, "a b c", ""]) {
        yield* fs.writeFileString(file, owner)
        const error = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
        assert.include(error.message, "process unknown on unknown holds it")
      }
    })
  )
)

it.effect("is not waited for where somebody put a pipe in its place", () =>
  inFolder((file) =>
    Effect.gen(function* () {
      yield* Effect.scoped(Lock.hold(file))
      assert.strictEqual(spawnSync("mkfifo", [file]).status, 0)
      const error = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
      assert.include(error.message, "process unknown on unknown holds it")
    })
  )
)
