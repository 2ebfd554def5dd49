/** Files that are there whole or not at all, for their owner alone. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Semaphore from "effect/Semaphore"

import { type Kind, StoreError } from "../StoreError.ts"

export const fileMode = 0o600
export const folderMode = 0o700

const kinds: Readonly<Record<string, Kind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOENT: "missing"
}

/** The system's own code of a failure, as `ENOSPC`. */
const codeOf = ({ reason }: PlatformError): string => {
  const cause = "cause" in reason ? reason.cause : undefined
  return cause instanceof Error && "code" in cause ? String(cause.code) : reason._tag
}

export const failedAt = (place: string) => (error: PlatformError) => {
  const code = codeOf(error)
  return new StoreError({ kind: kinds[code] ?? "other", place, detail: code })
}

/**
 * Runs once for all who ask before it begins. It does not stop with the one who asked first, and what it comes to is told to all:
 * an fsync that failed must not be taken for done because a later one did not.
 */
const shared = <E>(self: Effect.Effect<void, E>): Effect.Effect<void, E> => {
  const one = Semaphore.makeUnsafe(1)
  let next: Deferred.Deferred<void, E> | undefined
  return Effect.suspend(() => {
    if (next !== undefined) return Deferred.await(next)
    const mine = (next = Deferred.makeUnsafe<void, E>())
    return Effect.suspend(() => {
      next = undefined
      return self
    }).pipe(one.withPermits(1), Deferred.into(mine), Effect.andThen(Deferred.await(mine)), Effect.uninterruptible)
  })
}

export type Disk = Effect.Success<typeof make>

export const make = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  const folderSyncs = new Map<string, Effect.Effect<void, StoreError>>()
  /** Brings a folder's entries to the disk; those who ask while it is being done share the next time. */
  const syncFolder = (at: string) => {
    const known = folderSyncs.get(at)
    if (known !== undefined) return known
    const sync = shared(
      fs.open(at).pipe(
        Effect.flatMap((handle) => handle.sync),
        Effect.scoped,
        // A system that has no fsync for folders keeps their entries by itself.
        Effect.catchIf(
          (error) => ["EISDIR", "EINVAL", "ENOTSUP"].includes(codeOf(error)),
          () => Effect.void
        ),
        Effect.mapError(failedAt(at))
      )
    )
    folderSyncs.set(at, sync)
    return sync
  }

  const made = new Set<string>()
  /** Makes a folder and those above it, so that they outlive a power cut. */
  const folder = (at: string): Effect.Effect<void, StoreError> =>
    Effect.suspend(() => {
      if (made.has(at)) return Effect.void
      return Effect.gen(function* () {
        const above = path.dirname(at)
        const isThere = yield* fs.exists(at).pipe(Effect.mapError(failedAt(at)))
        if (!isThere) {
          if (above !== at) yield* folder(above)
          yield* fs.makeDirectory(at, { recursive: true, mode: folderMode }).pipe(Effect.mapError(failedAt(at)))
          yield* syncFolder(above)
        }
        made.add(at)
      })
    })

  /** Gives a file that is whole and synced its name. */
  const settle = (from: string, to: string) =>
    fs.rename(from, to).pipe(
      Effect.mapError(failedAt(to)),
      Effect.andThen(() => syncFolder(path.dirname(to)))
    )

  /** Writes a small file so that a process killed at any moment leaves the old one or the new one. */
  const write = (file: string, text: string) =>
    Effect.gen(function* () {
      yield* folder(path.dirname(file))
      const temporary = `${file}.tmp`
      yield* fs.open(temporary, { flag: "w", mode: fileMode }).pipe(
        Effect.tap((handle) => handle.writeAll(new TextEncoder().encode(text))),
        Effect.tap((handle) => handle.sync),
        Effect.scoped,
        Effect.mapError(failedAt(file))
      )
      yield* settle(temporary, file)
    })

  /** A small file's text, or `null` where there is none. */
  const read = (file: string) =>
    fs.readFileString(file).pipe(
      Effect.catchIf(
        (error) => codeOf(error) === "ENOENT",
        () => Effect.succeed(null)
      ),
      Effect.mapError(failedAt(file))
    )

  const exists = (file: string) => fs.exists(file).pipe(Effect.mapError(failedAt(file)))

  const remove = (file: string) => fs.remove(file, { force: true }).pipe(Effect.mapError(failedAt(file)))

  /** The names in a folder in order; none where there is no folder. */
  const list = (at: string) =>
    fs.readDirectory(at).pipe(
      Effect.map((names) => names.toSorted()),
      Effect.catchIf(
        (error) => codeOf(error) === "ENOENT",
        () => Effect.succeed<ReadonlyArray<string>>([])
      ),
      Effect.mapError(failedAt(at))
    )

  return { fs, path, folder, syncFolder, settle, write, read, exists, remove, list }
})
