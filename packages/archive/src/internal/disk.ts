/** The durable files of an archive, whose failures are the store's. */
import { DurableFiles, Lock } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"

import { type Kind, StoreError } from "../StoreError.ts"

export const { fileMode } = DurableFiles

const kinds: Readonly<Record<string, Kind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOENT: "missing"
}

/** What a system says of names, in words. */
const words: Readonly<Record<string, string>> = {
  EISDIR: "a folder has this name",
  ENAMETOOLONG: "the name is too long",
  ENOTDIR: "a part of the path is a file"
}

export const failedAt = (place: string) => (error: PlatformError) => {
  const code = DurableFiles.codeOf(error)
  return new StoreError({ kind: kinds[code] ?? "other", place, detail: words[code] ?? code })
}

const at = (place: string) => DurableFiles.mapError(failedAt(place))

export type Disk = Effect.Success<typeof make>

// oxlint-disable-next-line max-lines-per-function -- the operations of one disk, which share its services
export const make = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const durable = yield* DurableFiles.make

  const folder = (place: string) => at(place)(durable.folder(place))

  const syncFolder = (place: string) => at(place)(durable.syncFolder(place))

  /** Gives a file that is whole and synced its name, in a folder that is made if need be. */
  const settle = (from: string, to: string) => {
    const folder = path.dirname(to)
    return at(to)(Effect.andThen(durable.within(folder, fs.rename(from, to)), durable.syncFolder(folder)))
  }

  /** Opens a new file, in place of what has its name, in a folder that is made if need be. */
  const fresh = (file: string) => {
    const opened = fs.open(file, { flag: "wx", mode: fileMode })
    return at(file)(
      Effect.catchIf(
        durable.within(path.dirname(file), opened),
        (error) => DurableFiles.codeOf(error) === "EEXIST",
        () => Effect.andThen(fs.remove(file, { force: true }), opened)
      )
    )
  }

  /**
   * Writes a small file that can be made again, in place of the one before: half of it is never there, but a power cut may take it away, or
   * its content.
   */
  const cache = (file: string, content: Uint8Array, temporaryIn: string) => {
    const temporary = path.join(temporaryIn, DurableFiles.temporaryName())
    return at(file)(
      fresh(temporary).pipe(
        Effect.flatMap((handle) => handle.writeAll(content)),
        Effect.scoped,
        Effect.andThen(durable.within(path.dirname(file), fs.rename(temporary, file)))
      )
    )
  }

  /** Writes a small file by way of a folder that `sweep` cleans. */
  const write = (file: string, content: string | Uint8Array, temporaryIn: string) =>
    at(file)(durable.write(file, typeof content === "string" ? content : Stream.make(content), { temporaryIn }))

  const sweep = (folder: string) => at(folder)(durable.sweep(folder))

  const fill = <A, E, R>(
    folder: string,
    fill: (temporary: string) => Effect.Effect<A, E, R>,
    place: (filled: A) => string
  ) => at(folder)(durable.fill(folder, fill, place))

  /** Holds the folder's lock until the scope ends. */
  const lock = (directory: string) => {
    const file = path.join(directory, "lock")
    return Lock.hold(file).pipe(
      Effect.catchTag("LockHeld", ({ host, process }) => {
        const detail = `process ${process} on ${host} is writing to this archive; if it is not, remove this file`
        return Effect.fail(new StoreError({ kind: "busy", place: file, detail }))
      }),
      at(file),
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.provideService(Path.Path, path)
    )
  }

  /** A small file's bytes, or `null` where there is none. A pipe is not opened: nobody may ever write to it, and no signal ends the wait. */
  const read = (file: string) =>
    Effect.gen(function* () {
      if ((yield* fs.stat(file)).type === "File") return yield* fs.readFile(file)
      return yield* new StoreError({ kind: "damaged", place: file, detail: "it is no plain file" })
    }).pipe(
      Effect.catchIf(
        (error) => error._tag === "PlatformError" && isMissing(error),
        () => Effect.succeed(null)
      ),
      Effect.catchTag("PlatformError", (error) => Effect.fail(failedAt(file)(error)))
    )

  const exists = (file: string) => at(file)(fs.exists(file))

  /** What has a name. A link is not followed, and a device or a pipe not opened: `other`. */
  const kindOf = (file: string) =>
    fs.readLink(file).pipe(
      Effect.as("other" as const),
      Effect.catch(() => Effect.map(fs.stat(file), ({ type }) => kindsOfFiles[type] ?? "other")),
      Effect.catchIf(isMissing, () => Effect.succeed("none" as const)),
      at(file)
    )

  /** The bytes of a small file; `null` if there is none, it is no plain file, or has more than `longest`. */
  const bytes = Effect.fnUntraced(function* (file: string, longest: number) {
    if ((yield* kindOf(file)) !== "file") return null
    const { size } = yield* at(file)(fs.stat(file))
    return size > longest ? null : yield* at(file)(fs.readFile(file))
  })

  /** Removes a file that may come back after a power cut. */
  const discard = (file: string) => at(file)(fs.remove(file, { force: true }))

  const remove = (file: string) => at(file)(durable.remove(file))

  /** The names in a folder in order; none where there is no folder. */
  const list = (folder: string) =>
    fs.readDirectory(folder).pipe(
      Effect.map((names) => names.toSorted()),
      Effect.catchIf(isMissing, () => Effect.succeed<ReadonlyArray<string>>([])),
      at(folder)
    )

  return {
    fs,
    path,
    folder,
    syncFolder,
    settle,
    fresh,
    cache,
    write,
    fill,
    sweep,
    lock,
    read,
    bytes,
    exists,
    kindOf,
    discard,
    remove,
    list
  }
})

const kindsOfFiles: Readonly<Record<string, "file" | "folder">> = { File: "file", Directory: "folder" }

const isMissing = (error: PlatformError) => DurableFiles.codeOf(error) === "ENOENT"
