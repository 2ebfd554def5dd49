/**
 * One writer at a time, among the processes of a machine.
 *
 * @since 0.1.0
 */
import { hostname } from "node:os"
import { pid } from "node:process"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

import * as DurableFiles from "./DurableFiles.ts"

/**
 * Another process holds the lock, or one of another machine did when it ended without removing it.
 *
 * @category errors
 * @since 0.1.0
 */
export class LockHeld extends Schema.TaggedError<LockHeld>()("LockHeld", {
  file: Schema.String,
  /** The machine of the process that holds it. */
  host: Schema.String,
  process: Schema.String
}) {
  override get message(): string {
    return `${this.file}: process ${this.process} on ${this.host} holds it; if that process has ended, remove this file`
  }
}

/**
 * Holds a lock file until the scope ends; its folder is made if need be. The file of a process of this machine that has ended is
 * taken over. It need not survive a power cut, which ends its process.
 *
 * The file is there with its owner's name or not at all. Whoever takes one over holds a second lock meanwhile, `<file>.taking`, so that of
 * two who find the same dead owner one alone takes its place.
 *
 * @category locking
 * @since 0.1.0
 */
export const hold = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<void, LockHeld | PlatformError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const place = path.resolve(file)
  yield* (yield* DurableFiles.make).folder(path.dirname(place))

  const write = Effect.fnUntraced(function* (at: string) {
    const handle = yield* fs.open(at, { flag: "wx", mode: DurableFiles.fileMode })
    yield* handle.writeAll(new TextEncoder().encode(me))
    yield* handle.sync
  }, Effect.scoped)

  /** What the file says. A pipe is not opened: nobody may ever write to it, and no signal ends the wait. */
  const read = Effect.flatMap(fs.stat(place), ({ type }) =>
    type === "File" ? fs.readFileString(place) : Effect.succeed("")
  )

  /** The name of a dead owner; `null` where the lock is free by now. */
  const deadOwner = Effect.gen(function* () {
    const owner = yield* Effect.catchIf(read, isOf("ENOENT"), () => Effect.succeed(null))
    if (owner === null) return null
    const [, host = "unknown", process = "unknown"] = /^([\w.-]{1,255}) (\d{1,10})$/.exec(owner) ?? []
    // What has this process's name, and is not held by it, is of one before a restart.
    if (owner !== me && (host !== hostname() || isAlive(Number(process)))) {
      return yield* new LockHeld({ file, host, process })
    }
    return owner
  })

  /** Gives a file with our name the lock's name. */
  const take = (named: string): Effect.Effect<void, LockHeld | PlatformError, FileSystem.FileSystem | Path.Path> =>
    fs.link(named, place).pipe(
      Effect.catchIf(hasNoLinks, () => write(place)),
      Effect.catchIf(isOf("EEXIST"), () =>
        Effect.gen(function* () {
          const dead = yield* deadOwner
          const isMine = dead !== null && (yield* takeOver(named, dead))
          if (!isMine) yield* take(named)
        })
      )
    )

  /** Nobody else replaces the file of a dead owner meanwhile. */
  const takeOver = Effect.fnUntraced(function* (named: string, dead: string) {
    yield* hold(`${place}.taking`)
    const isStill = (yield* deadOwner) === dead
    if (isStill) yield* fs.rename(named, place)
    return isStill
  }, Effect.scoped)

  const own = Effect.acquireUseRelease(
    Effect.sync(() => `${place}.${globalThis.crypto.randomUUID()}`),
    (named) => Effect.andThen(write(named), take(named)),
    (named) => Effect.ignore(fs.remove(named, { force: true }))
  )
  const free = Effect.sync(() => held.delete(place))
  yield* Effect.acquireRelease(
    Effect.suspend(() => {
      if (held.has(place)) return Effect.fail(new LockHeld({ file, host: hostname(), process: String(pid) }))
      held.add(place)
      return Effect.onError(own, () => free)
    }),
    () => Effect.andThen(Effect.ignore(fs.remove(place, { force: true })), free)
  )
})

const me = `${hostname()} ${pid}`

/** What this process holds, or is about to. */
const held = new Set<string>()

const isOf =
  (...codes: ReadonlyArray<string>) =>
  (error: PlatformError) =>
    codes.includes(DurableFiles.codeOf(error))

/** Some file systems have none. */
const hasNoLinks = isOf("EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")

const isAlive = (process: number): boolean => {
  try {
    // Signal 0 asks whether there is such a process, and does nothing to it.
    globalThis.process.kill(process, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
