/** Syncs of folders, over a stand-in for the file system. */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@vobiz-effect/test-support"
import { Deferred, Effect, Exit, Fiber, FileSystem, Layer, PlatformError } from "effect"

import { DurableFiles } from "../src/index.ts"

const failure = PlatformError.systemError({
  _tag: "Unknown",
  module: "FileSystem",
  method: "sync",
  pathOrDescriptor: "folder",
  cause: Object.assign(new Error("fsync"), { code: "EIO" })
})

/** Folders whose syncs wait for `go`; those of the numbers in `failing`, from 1, fail. */
const syncs = (go: Deferred.Deferred<void>, failing: ReadonlyArray<number> = []) => {
  let begun = 0
  const sync = Effect.suspend(() => {
    const outcome = failing.includes(++begun) ? Effect.fail(failure) : Effect.void
    return Effect.andThen(Deferred.await(go), outcome)
  })
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      open: (path: string) =>
        Effect.map(fs.open(path), (file) => Object.create(file, { sync: { value: sync } }) as FileSystem.File)
    }))
  ).pipe(Layer.provideMerge(NodeServices.layer))
  return { count: () => begun, layer }
}

/** Waits until the file system has answered so far. */
const until = (condition: () => boolean) =>
  Effect.whileLoop({
    while: () => !condition(),
    body: () => Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))),
    step: () => undefined
  })

it.live("those who ask for a folder's sync while one runs share the next, and its failure", () =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    const { count, layer } = syncs(go, [2])
    yield* Effect.gen(function* () {
      const { syncFolder } = yield* DurableFiles.make
      const first = yield* Effect.forkChild(Effect.exit(syncFolder(".")), { startImmediately: true })
      yield* until(() => count() === 1)
      const more = yield* Effect.forEach([1, 2, 3], () =>
        Effect.forkChild(Effect.exit(syncFolder(".")), { startImmediately: true })
      )
      yield* Deferred.succeed(go, undefined)
      // What was asked for after it had begun is not served by it.
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(first)))
      for (const fiber of more) assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      assert.strictEqual(count(), 2)
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(syncFolder("."))))
    }).pipe(Effect.provide(layer))
  })
)

it.live("a folder's sync goes on for the others when who asked first is interrupted", () =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    const { count, layer } = syncs(go)
    yield* Effect.gen(function* () {
      const { syncFolder } = yield* DurableFiles.make
      const running = yield* Effect.forkChild(syncFolder("."), { startImmediately: true })
      yield* until(() => count() === 1)
      const leader = yield* Effect.forkChild(syncFolder("."), { startImmediately: true })
      const other = yield* Effect.forkChild(syncFolder("."), { startImmediately: true })
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(leader), { startImmediately: true })
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(running)
      yield* Fiber.join(other)
      yield* Fiber.join(interrupting)
      assert.strictEqual(count(), 2)
    }).pipe(Effect.provide(layer))
  })
)
