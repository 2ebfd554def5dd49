/** Where recordings of an archive were exported to: kept in its folder, so that an erasure finds the copies. */
import { StoreError } from "@vobiz-effect/archive"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Output from "../Output.ts"
import * as FileTrouble from "../internal/fileTrouble.ts"

const name = "exports.json"

const File = Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), folders: Schema.Array(Schema.String) }))

const read = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const place = (yield* Path.Path).join(directory, name)
  const failed = (kind: "damaged" | "other", detail: string) => new StoreError.StoreError({ kind, place, detail })
  const isThere = yield* Effect.mapError(fs.exists(place), (error) => failed("other", FileTrouble.toRead(error)))
  if (!isThere) return []
  const text = yield* Effect.mapError(fs.readFileString(place), (error) => failed("other", FileTrouble.toRead(error)))
  const { folders } = yield* Effect.mapError(Schema.decodeEffect(File)(text), () =>
    failed("damaged", "it is no list of folders that recordings were exported to")
  )
  return folders
})

/** The folders, by whether they are still there. */
export const known = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const folders = yield* read(directory)
  const there = yield* Effect.filter(folders, (folder) => Effect.orElseSucceed(fs.exists(folder), () => true))
  return { there, gone: folders.filter((folder) => !there.includes(folder)) }
})

/** Notes a folder, before anything is exported to it. */
export const note = Effect.fnUntraced(function* (directory: string, to: string) {
  const folder = (yield* Path.Path).resolve(to)
  const folders = yield* read(directory)
  if (folders.includes(folder)) return
  const text = yield* Effect.orDie(Schema.encodeEffect(File)({ version: 1, folders: [...folders, folder] }))
  yield* Output.file(directory, name, `${text}\n`)
})
