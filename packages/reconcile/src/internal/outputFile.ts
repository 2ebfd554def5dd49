/** Files that are written whole or not at all. */
import { DurableFiles } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import type * as Stream from "effect/Stream"

import { FileError } from "../FileError.ts"

const failure = (path: string) => (error: PlatformError.PlatformError) =>
  new FileError({
    path,
    row: null,
    field: null,
    problem: `cannot be written: ${error.reason._tag === "PermissionDenied" ? "permission denied" : error.reason.message}`,
    advice: "Free space on the disk of its folder, or choose another folder"
  })

/** Lets `write` fill a file that its owner alone may read, and gives it its name when all of it is on the disk. */
export const whole = <A, E, R>(path: string, write: (temporary: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { dirname } = yield* Path.Path
    return yield* (yield* DurableFiles.make).fill(dirname(path), write, () => path)
  }).pipe(DurableFiles.mapError(failure(path)))

/** Writes bytes to a file that its owner alone may read. */
export const bytes = <E, R>(path: string, content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.flatMap(DurableFiles.make, ({ write }) => write(path, content)).pipe(DurableFiles.mapError(failure(path)))
