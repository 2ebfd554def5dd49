/** The files that paths, folders and patterns mean. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../../DuckDb.ts"
import type { DuckDbError } from "../../DuckDbError.ts"
import type { FileError } from "../../FileError.ts"
import { refuse } from "./damage.ts"
import type { Form } from "./file.ts"

const formats: ReadonlyArray<readonly [ending: RegExp, format: Form]> = [
  [/\.parquet$/i, "parquet"],
  [/\.csv(\.gz)?$/i, "csv"],
  [/\.(ndjson|jsonl)(\.gz)?$/i, "ndjson"],
  [/\.json(\.gz)?$/i, "json"]
]

const Glob = Schema.Struct({ file: Schema.String })

/** The files that the paths mean, each once, in the order of the paths and then of their names. */
export const expand = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<{ readonly path: string; readonly format: Form }>, FileError | DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const glob = (pattern: string) =>
    Effect.map(db.query("SELECT file FROM glob($pattern) ORDER BY file", Glob, { pattern }), (rows) =>
      rows.map(({ file }) => file)
    )
  const names = new Set<string>()
  for (const path of paths) {
    const [, scheme] = /^([a-z][a-z\d+.-]+):\/\//i.exec(path) ?? []
    if (scheme !== undefined) {
      // The rest may hold a password or a signature.
      return yield* refuse(
        `${scheme}://…`,
        "files are read from this machine alone, and this is an address",
        addressAdvice[scheme.toLowerCase()] ?? "Download the file, and name it by its path"
      )
    }
    const named = yield* glob(path)
    const found = (named.length > 0 ? named : yield* glob(`${path}/*`)).filter(
      (file) => file === path || !/(^|[\\/])\.[^\\/]*$/.test(file)
    )
    if (found.length === 0) {
      return yield* refuse(
        path,
        "no file is there",
        "Name a file, a directory that has files, or a pattern such as cdrs/*.parquet"
      )
    }
    for (const file of found) names.add(file.replace(/\/(\.?\/)+/g, "/").replace(/^(\.\/)+/, ""))
  }
  if (names.size === 0) return yield* refuse("files", "none are named", "Name at least one")
  return yield* Effect.forEach(names, (path) => {
    const format = formats.find(([ending]) => ending.test(path))?.[1]
    return format === undefined
      ? refuse(
          path,
          "the ending does not tell the format",
          "Give it one of .parquet, .csv, .ndjson, .jsonl and .json, or leave the file out"
        )
      : Effect.succeed({ path, format })
  })
})

const addressAdvice: Readonly<Record<string, string>> = {
  file: "Name the file by its path, without file://",
  s3: "Download it, such as by aws s3 cp, and name the file by its path"
}
