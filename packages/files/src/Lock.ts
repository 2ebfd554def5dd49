/**
 * A lock file: one holder at a time among the processes of a machine.
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
 * Another process holds the lock, or a process on another machine left it behind.
 *
 * @category errors
 * @since 0.1.0
 */
export class LockHeld extends Schema.TaggedError<LockHeld>()("LockHeld", {
  /** The lock file. */
  file: Schema.String,
  /** The machine of the holder, or `unknown`. */
  host: Schema.String,
  /** The process id of the holder, or `unknown`. */
  process: Schema.String
}) {
  override get message(): string {
    return `${this.file}: process ${this.process} on ${this.host} holds it; if that process has ended, remove this file`
  }
}

/**
 * Holds a lock file until the scope closes. Creates its folder if it is missing.
 *
 * If the file belongs to a process of this machine that has ended, this process takes it over. The file need not survive a power
 * cut, because that ends its process, too.
 *
 * The file appears together with its owner's name. (On a file system without hard links it is empty for a moment; a process that is
 * killed then leaves a lock of an `unknown` owner, which a person must remove.) A takeover holds a second lock, `<file>.taking`: if
 * two processes find the same dead owner, only one replaces it.
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

  /** The file's content. Never opens a pipe: that waits for a writer, and no signal ends the wait. */
  const read = Effect.flatMap(fs.stat(place), ({ type }) =>
    type === "File" ? fs.readFileString(place) : Effect.succeed("")
  )

  /** The name of a dead owner; `null` if the lock is free by now. Fails if the owner may be alive. */
  const deadOwner = Effect.gen(function* () {
    const owner = yield* Effect.catchIf(read, isOf("ENOENT"), () => Effect.succeed(null))
    if (owner === null) return null
    const [, host = "unknown", process = "unknown"] = /^([\w.-]{1,255}) (\d{1,10})$/.exec(owner) ?? []
    // The file has this process's name, but this process does not hold it: an earlier process had the same id.
    if (owner !== me && (host !== hostname() || isAlive(Number(process)))) {
      return yield* new LockHeld({ file, host, process })
    }
    return owner
  })

  /** Links the file that has our name to the lock's path. */
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

  /** Replaces the file of a dead owner, while nobody else may. */
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

/** The locks that this process holds or is acquiring. */
const held = new Set<string>()

const isOf =
  (...codes: ReadonlyArray<string>) =>
  (error: PlatformError) =>
    codes.includes(DurableFiles.codeOf(error))

/** Some file systems have no hard links. */
const hasNoLinks = isOf("EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")

const isAlive = (process: number): boolean => {
  try {
    // Signal 0 only checks whether the process exists.
    globalThis.process.kill(process, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
