/**
 * Writes files that survive a power cut, whole or not at all.
 *
 * `write` creates a temporary file with a random name that only its owner can read (0600), syncs it, renames it, and syncs the folder.
 * When it ends, the file is on the disk. A process that is killed before leaves the old file, and perhaps a file `.<uuid>.part`.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { PlatformError } from "effect/PlatformError"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

/**
 * The mode of files (0600): only their owner may read and write them.
 *
 * @category constants
 * @since 0.1.0
 */
export const fileMode = 0o600

/**
 * The mode of folders (0700): only their owner may read and change them.
 *
 * @category constants
 * @since 0.1.0
 */
export const folderMode = 0o700

/**
 * How a file is written.
 *
 * @category models
 * @since 0.1.0
 */
export interface WriteOptions {
  /**
   * The mode of the file, set regardless of the process's umask.
   *
   * @default 0o600
   */
  readonly mode?: number | undefined
  /**
   * The folder of the temporary file. It must be on the same file system.
   *
   * A later run can remove what a killed process left there (`sweep`).
   *
   * @default the file's own folder
   */
  readonly temporaryIn?: string | undefined
}

/**
 * The durable operations of a file system. They fail with the system's errors.
 *
 * @category models
 * @since 0.1.0
 */
export interface DurableFiles {
  /** Creates a folder and its parents, with mode 0700. Existing folders keep their mode. */
  folder(path: string): Effect.Effect<void, PlatformError>
  /**
   * Runs an effect in a folder, and creates the folder first if it is missing.
   *
   * Assumes that a folder still exists if this process saw it before. If the effect fails with `ENOENT`, it creates the folder and runs
   * the effect again.
   */
  within<A, E, R>(folder: string, self: Effect.Effect<A, E | PlatformError, R>): Effect.Effect<A, E | PlatformError, R>
  /** Syncs a folder's entries to the disk. Callers that arrive during a sync share the next one. */
  syncFolder(path: string): Effect.Effect<void, PlatformError>
  /** Renames a synced file, replaces any file of that name, and syncs the target's folder. */
  rename(from: string, to: string): Effect.Effect<void, PlatformError>
  /**
   * Removes a file if it exists.
   *
   * Syncs its folder, so that the file does not come back after a power cut.
   */
  remove(path: string): Effect.Effect<void, PlatformError>
  /**
   * Removes the temporary files that killed processes left in a folder.
   *
   * No other process may be writing there.
   */
  sweep(folder: string): Effect.Effect<void, PlatformError>
  /** Writes a file from a stream, or from a text as UTF-8. Replaces any file at `path`. */
  write<E = never, R = never>(
    path: string,
    content: string | Stream.Stream<Uint8Array, E, R>,
    options?: WriteOptions
  ): Effect.Effect<void, E | PlatformError, R>
  /**
   * Lets `fill` write a temporary file in `folder`, and renames it to the path that `place` returns.
   *
   * The file exists and is empty when `fill` starts. `fill` must write into this very file, not replace it. If anything fails, the
   * temporary file is removed.
   */
  fill<A, E, R>(
    folder: string,
    fill: (temporary: string) => Effect.Effect<A, E, R>,
    place: (filled: A) => string
  ): Effect.Effect<A, E | PlatformError, R>
}

/**
 * The system's error code, such as `ENOSPC`, or the tag of the error's reason if there is none.
 *
 * @category errors
 * @since 0.1.0
 */
export const codeOf = ({ reason }: PlatformError): string => {
  const cause = "cause" in reason ? reason.cause : undefined
  return cause instanceof Error && "code" in cause ? String(cause.code) : reason._tag
}

/**
 * Maps the system's errors. Leaves all others unchanged, such as those of a stream being written.
 *
 * @category errors
 * @since 0.1.0
 */
export const mapError =
  <E2>(onSystem: (error: PlatformError) => E2) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E2 | Exclude<E, PlatformError>, R> =>
    Effect.mapError(self, (error) =>
      error instanceof PlatformError ? onSystem(error) : (error as Exclude<E, PlatformError>)
    )

/**
 * A random name for a temporary file, which `sweep` recognizes.
 *
 * Nobody can guess it, and so nobody can plant a link there.
 *
 * @category constructors
 * @since 0.1.0
 */
export const temporaryName = (): string => `.${globalThis.crypto.randomUUID()}.part`

/** Creates folders, and syncs their entries to the disk. */
const foldersOf = (
  fs: FileSystem.FileSystem,
  path: Path.Path
): Pick<DurableFiles, "folder" | "syncFolder" | "within"> => {
  const syncs = new Map<string, Effect.Effect<void, PlatformError>>()
  const syncFolder = (at: string) => {
    const known = syncs.get(at)
    if (known !== undefined) return known
    const sync = shared(
      fs.open(at).pipe(
        Effect.flatMap((handle) => handle.sync),
        Effect.scoped,
        // A system without fsync for folders syncs their entries by itself.
        Effect.catchIf(isOf("EISDIR", "EINVAL", "ENOTSUP"), () => Effect.void)
      )
    )
    syncs.set(at, sync)
    return sync
  }

  /** Folders whose own entry is on the disk. */
  const durable = new Set<string>()
  const folder = (at: string): Effect.Effect<void, PlatformError> =>
    Effect.gen(function* () {
      const above = path.dirname(at)
      const isThere = yield* fs.exists(at)
      if (isThere && (durable.has(at) || above === at)) return
      if (!isThere) {
        yield* folder(above)
        // One folder at a time: with `recursive`, Node.js tries forever where a file system accepts no folders (/proc).
        // EEXIST: another process has created it by now.
        yield* fs.makeDirectory(at, { mode: folderMode }).pipe(Effect.catchIf(isOf("EEXIST"), () => Effect.void))
      }
      // An existing folder may have been created a moment ago, and its entry may not be on the disk yet.
      const synced = syncFolder(above)
      yield* isThere ? Effect.catchIf(synced, isOf("EACCES", "EPERM"), () => Effect.void) : synced
      durable.add(at)
    })

  const within: DurableFiles["within"] = (at, self) =>
    durable.has(at)
      ? Effect.catchIf(
          self,
          (error) => error instanceof PlatformError && codeOf(error) === "ENOENT",
          () => Effect.andThen(folder(at), self)
        )
      : Effect.andThen(folder(at), self)

  return { folder, syncFolder, within }
}

/**
 * The durable operations over the `FileSystem` service.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<DurableFiles, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  const { folder, syncFolder, within } = foldersOf(fs, path)

  const rename = (from: string, to: string) => Effect.andThen(fs.rename(from, to), () => syncFolder(path.dirname(to)))

  const syncFile = (file: string) =>
    Effect.scoped(Effect.flatMap(fs.open(file, { flag: "r+" }), (handle) => handle.sync))

  /** Lets `make` write and sync a temporary file with an unguessable name, and renames it to its place. */
  const settle = <A, E, R>(
    at: string,
    make: (temporary: string) => Effect.Effect<A, E, R>,
    place: (made: A) => string
  ) =>
    Effect.gen(function* () {
      yield* folder(at)
      const temporary = path.join(at, temporaryName())
      return yield* Effect.gen(function* () {
        const made = yield* make(temporary)
        const to = place(made)
        yield* within(path.dirname(to), fs.rename(temporary, to))
        yield* syncFolder(path.dirname(to))
        return made
      }).pipe(Effect.onError(() => Effect.ignore(fs.remove(temporary, { recursive: true, force: true }))))
    })

  return {
    folder,
    within,
    syncFolder,
    rename,
    remove: (file) =>
      // Sync the folder also if the file is gone: it may have been removed a moment ago, and could come back.
      fs.remove(file, { force: true }).pipe(
        Effect.andThen(() => syncFolder(path.dirname(file))),
        Effect.catchIf(isOf("ENOENT"), () => Effect.void)
      ),
    sweep: Effect.fnUntraced(function* (at) {
      for (const name of yield* fs.readDirectory(at).pipe(Effect.catchIf(isOf("ENOENT"), () => Effect.succeed([])))) {
        if (isTemporary(name)) yield* fs.remove(path.join(at, name), { recursive: true, force: true })
      }
    }),
    write: (file, content, { mode = fileMode, temporaryIn = path.dirname(file) } = {}) =>
      settle(
        temporaryIn,
        Effect.fnUntraced(function* (temporary) {
          const handle = yield* fs.open(temporary, { flag: "wx", mode: fileMode })
          // `open` applies the process's umask; `chmod` does not.
          if (mode !== fileMode) yield* fs.chmod(temporary, mode)
          if (typeof content === "string") yield* handle.writeAll(new TextEncoder().encode(content))
          else yield* Stream.runForEach(content, (piece) => handle.writeAll(piece))
          yield* handle.sync
        }, Effect.scoped),
        () => file
      ),
    fill: (at, fill, place) =>
      settle(
        at,
        Effect.fnUntraced(function* (temporary) {
          yield* Effect.scoped(fs.open(temporary, { flag: "wx", mode: fileMode }))
          const filled = yield* fill(temporary)
          yield* syncFile(temporary)
          return filled
        }),
        place
      )
  }
})

const isTemporary = (name: string) => /^\.[0-9a-f-]{36}\.part$/.test(name)

const isOf =
  (...codes: ReadonlyArray<string>) =>
  (error: PlatformError): boolean =>
    codes.includes(codeOf(error))

/**
 * Runs once for all callers that arrive before it begins, and gives all of them its outcome.
 *
 * It cannot be interrupted by its first caller. All callers must see a failed fsync: a later one that succeeds does not prove that the
 * entries are on the disk.
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
