/**
 * Writes the files of a run.
 *
 * @since 0.1.0
 */
import { DurableFiles } from "@vobiz-effect/files"
import type { DuckDbError } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import type * as Stream from "effect/Stream"
import { OutputError } from "./Failure.ts"
import * as FileTrouble from "./internal/fileTrouble.ts"

const outputError =
  (path: string, flag = "--out") =>
  (error: PlatformError.PlatformError) =>
    new OutputError({ path, detail: FileTrouble.toWrite(error), flag })

/**
 * Makes a folder if need be, for its owner alone, and sees that it can be written to: before any reading that would be in vain.
 * `flag` is what names the folder.
 *
 * @category writing
 * @since 0.1.0
 */
export const folder = (
  path: string,
  flag?: string
): Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* (yield* DurableFiles.make).folder(path)
    yield* Effect.scoped(fs.makeTempFileScoped({ directory: path, prefix: ".recon-" }))
  }).pipe(Effect.mapError(outputError(path, flag)))

/**
 * Writes a file, whole or not at all. When this has ended, a power cut does not take the file away.
 *
 * @category writing
 * @since 0.1.0
 */
export const file = <E = never, R = never>(
  directory: string,
  name: string,
  content: string | Stream.Stream<Uint8Array, E, R>,
  options?: DurableFiles.WriteOptions
) =>
  Effect.gen(function* () {
    const path = (yield* Path.Path).join(directory, name)
    const { write } = yield* DurableFiles.make
    yield* write(path, content, options).pipe(DurableFiles.mapError(outputError(path)))
  })

/**
 * Removes a file of a run before, if there is one.
 *
 * @category writing
 * @since 0.1.0
 */
export const remove = (
  directory: string,
  name: string
): Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = (yield* Path.Path).join(directory, name)
    const fs = yield* FileSystem.FileSystem
    yield* Effect.mapError(fs.remove(path, { force: true }), outputError(path))
  })

/**
 * Lets `fill` write to a temporary file, which is there and empty, and gives it its name when all of it is on the disk.
 *
 * @category writing
 * @since 0.1.0
 */
export const fill = <R>(
  directory: string,
  name: string,
  fill: (temporary: string) => Effect.Effect<void, DuckDbError.DuckDbError, R>
) =>
  Effect.gen(function* () {
    const path = (yield* Path.Path).join(directory, name)
    const files = yield* DurableFiles.make
    yield* files
      .fill(
        directory,
        (temporary) =>
          Effect.catchIf(
            fill(temporary),
            // Of the disk of this file, and not of the one that the database spills to.
            ({ exhausted, file }) => exhausted === "disk" && file === temporary,
            () => Effect.fail(new OutputError({ path, detail: "the disk is full", flag: "--out" }))
          ),
        () => path
      )
      .pipe(DurableFiles.mapError(outputError(path)))
  })
