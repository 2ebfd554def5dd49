/** What a folder has: its files, and the SHA-256 of all of them. */
import { Digest } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"

/** The names of all files below a folder, in their order. */
export const files = Effect.fnUntraced(function* (
  folder: string
): Effect.fn.Return<ReadonlyArray<string>, PlatformError.PlatformError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(folder, { recursive: true })
  const found = yield* Effect.filter(names, (name) =>
    Effect.map(fs.stat(`${folder}/${name}`), ({ type }) => type === "File")
  )
  return found.toSorted()
})

/** Of all files of a folder: their names and their bytes. */
export const digest = Effect.fnUntraced(function* (
  folder: string
): Effect.fn.Return<string, PlatformError.PlatformError, FileSystem.FileSystem> {
  const lines = yield* Effect.forEach(yield* files(folder), (name) =>
    Effect.map(Digest.ofFile(`${folder}/${name}`), ({ sha256 }) => `${sha256}  ${name}\n`)
  )
  return Digest.of(lines.join(""))
})
