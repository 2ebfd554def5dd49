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

/** What this process holds: after a restart another may have had the same number. */
const held = new Set<string>()

/**
 * Holds a lock file until the scope ends; its folder is made if need be. The file of a process of this machine that has ended is
 * taken over. It need not survive a power cut, which ends its process.
 *
 * @category locking
 * @since 0.1.0
 */
export const hold = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<void, LockHeld | PlatformError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const mine = `${hostname()} ${pid}`
  yield* (yield* DurableFiles.make).folder(path.dirname(file))
  const take = fs.writeFileString(file, mine, { flag: "wx", mode: DurableFiles.fileMode })
  const takeOver = Effect.gen(function* () {
    // It may be gone by now.
    const owner = yield* Effect.catchIf(fs.readFileString(file), isNotFound, () => Effect.succeed(""))
    const [, host = "unknown", process = "unknown"] = /^([\w.-]{1,255}) (\d{1,10})$/.exec(owner) ?? []
    const isOwn = owner === mine && !held.has(file)
    if (owner !== "" && !isOwn && (host !== hostname() || isAlive(Number(process)))) {
      return yield* new LockHeld({ file, host, process })
    }
    yield* fs.remove(file, { force: true })
    yield* take
  })
  yield* Effect.acquireRelease(
    take.pipe(
      Effect.catchIf(
        ({ reason }) => reason._tag === "AlreadyExists",
        () => takeOver
      ),
      Effect.tap(() => Effect.sync(() => held.add(file)))
    ),
    () => Effect.andThen(Effect.ignore(fs.remove(file, { force: true })), () => Effect.sync(() => held.delete(file)))
  )
})

const isNotFound = ({ reason }: PlatformError) => reason._tag === "NotFound"

const isAlive = (process: number): boolean => {
  try {
    // Signal 0 asks whether there is such a process, and does nothing to it.
    globalThis.process.kill(process, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
