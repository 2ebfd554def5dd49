/**
 * The relations of a reconciliation from and to Parquet, CSV and NDJSON files.
 *
 * Files hold rows in one of two forms, told apart by their columns:
 *
 * - The tables' own columns, as `write` writes them (`Relations` lists them): any of the three formats. DuckDB reads them
 *   itself, out of core. A column that may be empty may be left out (but where recordings name calls by SIP call id,
 *   leaving that out makes calls look unrecorded); any other name is refused, as it may be a column misspelt. Large Parquet
 *   files are looked at and then read where they lie, whenever a column is needed: leave them there as they are until the
 *   findings are read.
 * - The provider's own rows, as in its CDR export (CSV), its list bodies (JSON), and one object per line (NDJSON), such as
 *   `recon list --json` prints. They are read as the services read them; keys that are not known are passed over.
 *
 * The file's ending gives its format: `.parquet`; `.csv`; `.ndjson` or `.jsonl`; `.json`, a list of objects, a body of the provider's
 * lists, or one object per line; all but the first also with `.gz`. Keys of JSON may be written as in `startTime`.
 * CSV has a header, in any case, and is UTF-8 or UTF-16; its delimiter is a comma, semicolon, tab or `|`, or what a first line such as
 * `sep=;` names. Cells may be quoted by `"`. An empty cell is `null`, and so is `NULL` or `\N`. Rows count in the order of the files'
 * names, and within a file in its own: of a row that comes twice, the last stands.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as DateTime from "effect/DateTime"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import type { FileError } from "./FileError.ts"
import { fileOf, formOf } from "./internal/files/columns.ts"
import { expand } from "./internal/files/expand.ts"
import { loadOwn, readInPlace } from "./internal/files/own.ts"
import { loadProvider } from "./internal/files/provided.ts"
import { cdr, recording, type Relation, stored, trunk } from "./internal/files/relation.ts"
import * as Formula from "./internal/formula.ts"
import * as OutputFile from "./internal/outputFile.ts"
import * as Rejected from "./internal/rejected.ts"
import * as Sql from "./internal/sql.ts"
import type { Format } from "./internal/sql.ts"
import type * as Relations from "./Relations.ts"

export type { Format } from "./internal/sql.ts"

/**
 * How rows are read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Calling code of the account's country, such as `"91"`, for numbers in national form. @default these are unknown */
  readonly callingCode?: string | undefined
  /** What other names of columns in CSV and of keys in JSON mean, such as `{ "Call ID": "uuid" }`. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** The zone of instants that name none. @default UTC is assumed */
  readonly rowsZone?: DateTime.TimeZone | undefined
}

// ---------------------------------------------------------------------------
// In
// ---------------------------------------------------------------------------

/**
 * CDRs from files: each path names a file, a directory of files (not those of its directories), or a pattern such as
 * `cdrs/2026-*.parquet`; hidden files only by their whole name. Formats and forms may be mixed; a file named twice is read once.
 *
 * @example
 * ```ts
 * import { Files, Reconciliation } from "@vobiz-effect/reconcile"
 * import { DateTime, Effect } from "effect"
 *
 * const window = { from: DateTime.makeUnsafe("2026-08-01"), to: DateTime.makeUnsafe("2026-09-01") }
 *
 * const summary = Reconciliation.run({
 *   cdrs: Files.cdrs(["exports/cdr-2026-07.csv", "exports/cdr-2026-08.csv"]),
 *   recordings: Files.recordings("kept/recordings"),
 *   trunks: Files.trunks("kept/trunks.ndjson"),
 *   window,
 *   asOf: DateTime.makeUnsafe("2026-09-02")
 * }).pipe(Effect.map(({ summary }) => summary), Effect.scoped)
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const cdrs = (paths: string | ReadonlyArray<string>, options?: Options) => source(cdr, paths, options)

/**
 * Recordings from files, named as for `cdrs`.
 *
 * @category reading
 * @since 0.1.0
 */
export const recordings = (paths: string | ReadonlyArray<string>, options?: Options) =>
  source(recording, paths, options)

/**
 * Trunks from files, named as for `cdrs`.
 *
 * @category reading
 * @since 0.1.0
 */
export const trunks = (paths: string | ReadonlyArray<string>, options?: Pick<Options, "names">) =>
  source(trunk, paths, options)

const source = <A>(
  relation: Relation<A>,
  paths: string | ReadonlyArray<string>,
  options: Options = {}
): Relations.Filler<FileError> => ({
  fill: Effect.fn("Files.fill")(function* (table) {
    const files = yield* expand(typeof paths === "string" ? [paths] : paths)
    yield* Effect.annotateCurrentSpan({ table, files: files.length })
    const read = relation.provider.reader(options)
    const rejected = new Rejected.Rejected()
    const inPlace: Array<string> = []
    let rows = 0
    let stated: number | null = null
    for (const one of files) {
      const { file, found } = yield* fileOf(relation, one, options.names ?? {})
      const into = { relation, table, found, before: rows, rejected }
      // Rows without any column are none, of which each is set aside.
      const form = found.size === 0 && file.format !== "csv" ? "provider" : yield* formOf(relation, file, found)
      if (form === "provider" && file.format !== "parquet") {
        const loaded = yield* loadProvider({ ...into, file }, read)
        rows += loaded.all
        if (loaded.stated !== null) stated = Math.max(stated ?? 0, loaded.stated)
      } else {
        const own = yield* loadOwn({ ...into, file })
        rows += own.all
        if (own.inPlace !== undefined) inPlace.push(own.inPlace)
      }
      yield* rejected.check
    }
    if (inPlace.length > 0) yield* readInPlace(table, inPlace)
    return { rows: rows - rejected.count, setAside: yield* rejected.end(relation.list), stated }
  })
})

// ---------------------------------------------------------------------------
// Out
// ---------------------------------------------------------------------------

/**
 * Writes the relations that are in a schema to `cdr`, `recording` and `trunk` files of a directory, which is made if need be, so that a
 * run's inputs can be kept, and read again as they were. Each file is written whole or not at all, and only its owner may
 * read it. In CSV, text that a spreadsheet would run has an apostrophe in front, that reading takes away.
 *
 * @category writing
 * @since 0.1.0
 */
export const write = Effect.fn("Files.write")(function* (
  schema: string,
  { directory, format }: { readonly directory: string; readonly format: Format }
): Effect.fn.Return<void, FileError | DuckDbError, DuckDb | FileSystem.FileSystem | Path.Path> {
  const db = yield* DuckDb
  for (const relation of [cdr, recording, trunk]) {
    const columns = stored(relation).map(
      ({ name, type }) => `${printed(format, name, String(type))} AS ${Sql.name(name)}`
    )
    yield* OutputFile.whole(`${directory}/${relation.name}.${format}`, (temporary) =>
      db.run(
        Sql.copy(`SELECT ${columns.join(", ")} FROM ${schema}.${relation.name} ORDER BY arrival`, temporary, format)
      )
    )
  }
})

/** A cell as the format keeps it: JSON's numbers would be taken for floats by most that read them. */
const printed = (format: Format, name: string, type: string) =>
  format === "csv" && type === "VARCHAR" && !name.endsWith("_e164")
    ? Formula.guardedSql(Sql.name(name))
    : format === "ndjson" && type.startsWith("DECIMAL")
      ? `${Sql.name(name)}::VARCHAR`
      : Sql.name(name)
