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

/** The names of all files below a directory, in their order. */
export const filesOf = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<ReadonlyArray<string>, PlatformError.PlatformError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(directory, { recursive: true })
  const files = yield* Effect.filter(names, (name) =>
    Effect.map(fs.stat(`${directory}/${name}`), ({ type }) => type === "File")
  )
  return files.toSorted()
})

/** Of all files of a directory: their names and their bytes. */
export const ofDirectory = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<string, PlatformError.PlatformError, FileSystem.FileSystem> {
  const lines = yield* Effect.forEach(yield* filesOf(directory), (name) =>
    Effect.map(ofFile(`${directory}/${name}`), (sha256) => `${sha256}  ${name}\n`)
  )
  return ofText(lines.join(""))
})
