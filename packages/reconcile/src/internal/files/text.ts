/** The records of files of text. */
import * as Stream from "effect/Stream"

import type { FileError } from "../../FileError.ts"
import * as Lines from "../lines.ts"
import * as Records from "../records.ts"
import { refuse } from "./damage.ts"
import type { TextFile } from "./file.ts"

/** What stands in the provider's rows for nothing, as programs print it. */
export const nullWords: ReadonlySet<string> = new Set(["", "NULL", "null", "\\N"])

/** What the tables' own columns have for nothing. */
export const noWords: ReadonlySet<string> = new Set([""])

/** A record with its number, from 1. */
export interface Numbered extends Records.Record {
  readonly nth: number
}

export const readerOf = (file: TextFile, skip: number, nulls: ReadonlySet<string>): Records.Reader => {
  switch (file.format) {
    case "csv":
      return Records.csv({ ...file.dialect, skip, nulls })
    case "json":
      return Records.json(file.renamed)
    case "ndjson":
      return Records.ndjson(file.renamed)
  }
}

/** How many lines of a file stand before its first record. */
export const skipOf = (file: TextFile) => (file.format === "csv" ? file.dialect.skip + 1 : 0)

/** The records of a file of text, in their order. */
export const records = (
  file: TextFile,
  nulls: ReadonlySet<string>,
  reader: Records.Reader = readerOf(file, skipOf(file), nulls)
): Stream.Stream<Numbered, FileError> =>
  Stream.suspend(() => {
    const skip = skipOf(file)
    const encoding = file.format === "csv" ? file.dialect.encoding : "utf-8"
    let nth = 0
    const numbered = (found: ReadonlyArray<Records.Record>) => found.map((record) => ({ ...record, nth: ++nth }))
    const all = Lines.of(file.path, encoding).pipe(
      Stream.drop(skip),
      Stream.chunks,
      Stream.map((lines) => {
        const found: Array<Records.Record> = []
        for (const line of lines) reader.take(line, found)
        return numbered(found)
      })
    )
    const rest = Stream.suspend(() => {
      const found: Array<Records.Record> = []
      const problem = reader.end(found)
      return typeof problem === "string"
        ? Stream.fromEffect(refuse(file.path, problem, "Give one object per line, or a list of objects"))
        : Stream.make(numbered(found))
    })
    return Stream.flattenIterable(Stream.concat(all, rest))
  })
