/**
 * Writes files that survive a power cut, whole or not at all.
 *
 * A file is written beside its place under a random name, which must be new, for its owner alone (0600); it is synced, renamed,
 * and then its folder is synced. When `write` has ended, the file is on the disk. A process that is killed earlier leaves the old file,
 * and may leave a file `.<mark>.part`.
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
 * The mode of files: their owner alone may read and write them.
 *
 * @category constants
 * @since 0.1.0
 */
export const fileMode = 0o600

/**
 * The mode of folders: their owner alone may look into them.
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
  /** For files that others may read. @default 0o600 */
  readonly mode?: number | undefined
  /**
   * The folder of the temporary file, on the same file system, where a later run finds what a killed one left (`sweep`).
   * @default the file's own folder
   */
  readonly temporaryIn?: string | undefined
}

/**
 * The durable operations of a file system. They fail with the system's own error.
 *
 * @category models
 * @since 0.1.0
 */
export interface DurableFiles {
  /** Makes a folder and those above it, each for its owner alone. One that is there keeps its mode. */
  folder(path: string): Effect.Effect<void, PlatformError>
  /**
   * Does something in a folder, which is made first if need be. One that this process has seen before is not looked at again, unless the
   * system says that it is missing.
   */
  within<A, E, R>(folder: string, self: Effect.Effect<A, E | PlatformError, R>): Effect.Effect<A, E | PlatformError, R>
  /** Brings a folder's entries to the disk. Those who ask while it is being done share the next sync. */
  syncFolder(path: string): Effect.Effect<void, PlatformError>
  /** Gives a synced file another name, in place of what has that name. */
  rename(from: string, to: string): Effect.Effect<void, PlatformError>
  /** Removes a file, if it is there, so that it does not come back. */
  remove(path: string): Effect.Effect<void, PlatformError>
  /** Removes the temporary files that killed processes left in a folder. No other process may be writing there. */
  sweep(folder: string): Effect.Effect<void, PlatformError>
  /** Writes a text in UTF-8 or a stream. */
  write<E = never, R = never>(
    path: string,
    content: string | Stream.Stream<Uint8Array, E, R>,
    options?: WriteOptions
  ): Effect.Effect<void, E | PlatformError, R>
  /**
   * Lets `fill` write to a temporary file in `folder`, which is there and empty, and gives it the path that `place` says.
   * What is written has to go into this very file. If anything fails, the file is removed.
   */
  fill<A, E, R>(
    folder: string,
    fill: (temporary: string) => Effect.Effect<A, E, R>,
    place: (filled: A) => string
  ): Effect.Effect<A, E | PlatformError, R>
}

/**
 * The system's own code of a failure, such as `ENOSPC`, or else the tag of its reason.
 *
 * @category errors
 * @since 0.1.0
 */
export const codeOf = ({ reason }: PlatformError): string => {
  const cause = "cause" in reason ? reason.cause : undefined
  return cause instanceof Error && "code" in cause ? String(cause.code) : reason._tag
}

/**
 * Turns the system's errors into another, and leaves the others, such as those of a stream that was written, as they are.
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
 * A name for a temporary file that nobody can guess, and so plant a link at. `sweep` knows it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const temporaryName = (): string => `.${globalThis.crypto.randomUUID()}.part`

/** Makes folders, and brings their entries to the disk. */
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
        // A system that has no fsync for folders keeps their entries by itself.
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
        // One at a time: where a file system takes no folder (/proc), Node.js would try forever to make all of them. Another may
        // have made it by now.
        yield* fs.makeDirectory(at, { mode: folderMode }).pipe(Effect.catchIf(isOf("EEXIST"), () => Effect.void))
      }
      // One that is there may have been made a moment ago, and not be on the disk yet.
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
 * The durable operations of the file system at hand.
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

  /** Lets `make` put something whole and synced under a name that nobody can guess, and so plant a link at; then gives it its own. */
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
      // One that is gone may have been removed a moment ago, and come back: its folder is synced all the same.
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
          // Whatever the process's umask.
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
 * Runs once for all who ask before it begins. It goes on if the one who asked first is interrupted, and all get its outcome:
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
