/**
 * Writes the files of a run.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { OutputError } from "./Failure.ts"

const outputError = (path: string) => (error: PlatformError.PlatformError) =>
  new OutputError({
    path,
    detail: error.reason._tag === "PermissionDenied" ? "permission denied" : error.reason.message
  })

/**
 * Makes a folder if need be, and sees that it can be written to: before any reading that would be in vain.
 *
 * @category writing
 * @since 0.1.0
 */
export const folder = (path: string): Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(path, { recursive: true })
    yield* Effect.scoped(fs.makeTempFileScoped({ directory: path, prefix: ".recon-" }))
  }).pipe(Effect.mapError(outputError(path)))

/**
 * Who may read a file that is written.
 *
 * - `private`: its owner alone, as where it has telephone numbers. By default everybody who may read the folder.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly private?: boolean | undefined
}

/**
 * Writes a file, whole or not at all: it gets its name only when its last byte is written.
 *
 * @category writing
 * @since 0.1.0
 */
export const file = <E, R>(
  directory: string,
  name: string,
  content: Stream.Stream<Uint8Array, E, R>,
  options: Options = {}
): Effect.Effect<void, OutputError | E, FileSystem.FileSystem | Path.Path | R> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = (yield* Path.Path).join(directory, name)
    const wrong = outputError(path)
    const temporary = `${path}.part`
    const mode = options.private === true ? 0o600 : 0o644
    // One that a killed run left behind would keep its mode.
    yield* Effect.mapError(fs.remove(temporary, { force: true }), wrong)
    yield* Stream.run(content, fs.sink(temporary, { mode })).pipe(
      Effect.catchIf(isPlatformError, (error) => Effect.fail(wrong(error))),
      Effect.onError(() => Effect.ignore(fs.remove(temporary)))
    )
    yield* fs.rename(temporary, path).pipe(Effect.mapError(wrong))
  })

/**
 * Writes a text file, whole or not at all.
 *
 * @category writing
 * @since 0.1.0
 */
export const text = (directory: string, name: string, content: string, options?: Options) =>
  file(directory, name, Stream.encodeText(Stream.make(content)), options)

const isPlatformError = (error: unknown): error is PlatformError.PlatformError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "PlatformError"
