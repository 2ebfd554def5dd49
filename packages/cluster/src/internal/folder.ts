/** Lists the files of a folder. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"

/** The relative paths of all files below a folder, sorted. */
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
