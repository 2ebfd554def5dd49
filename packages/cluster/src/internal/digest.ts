/** SHA-256, by which files and units of work are known. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"

/** Of a text, in hexadecimal. */
export const ofText = (text: string): string => createHash("sha256").update(text).digest("hex")

/** Of a file's bytes. */
export const ofFile = (path: string): Effect.Effect<string, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const hash = createHash("sha256")
    yield* Stream.runForEach(fs.stream(path), (bytes) => Effect.sync(() => hash.update(bytes)))
    return hash.digest("hex")
  })
