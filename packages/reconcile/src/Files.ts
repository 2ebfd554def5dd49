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
 * - The provider's own rows, as in its CDR export (CSV) and its list bodies, one object a line (NDJSON). They are read as
 *   the services read them; keys that are not known are passed over.
 *
 * The format is told by the file's ending: `.parquet`; `.csv`; `.ndjson` or `.jsonl`; the latter three also with `.gz`.
 * CSV has a header, in any case, and is UTF-8 or UTF-16; its delimiter is a comma, semicolon, tab or `|`, or what a first line such as
 * `sep=;` names. Cells may be quoted by `"`. An empty cell is `null`, and so is `NULL` or `\N`. Rows count in the order of the files'
 * names, and within a file in its own: of a row that comes twice, the last stands.
 *
 * @since 0.1.0
 */
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as ProviderRow from "@vobiz-effect/core/ProviderRow"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as DateTime from "effect/DateTime"

import type * as Column from "./Column.ts"
import { DuckDb } from "./DuckDb.ts"
import { DuckDbError } from "./DuckDbError.ts"
import { FileError } from "./FileError.ts"
import * as Dialect from "./internal/dialect.ts"
import * as Formula from "./internal/formula.ts"
import * as OutputFile from "./internal/outputFile.ts"
import * as Sql from "./internal/sql.ts"
import * as Relations from "./Relations.ts"

/**
 * The formats of files.
 *
 * @category models
 * @since 0.1.0
 */
export type Format = "parquet" | "csv" | "ndjson"

/**
 * How rows are read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Calling code of the account's country, such as `"91"`, for numbers in national form. @default these are unknown */
  readonly callingCode?: string | undefined
  /** What other names of columns in CSV mean, such as `{ "Call ID": "uuid" }`. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** The zone of instants that name none. @default UTC is assumed */
  readonly rowsZone?: DateTime.TimeZone | undefined
}

// ---------------------------------------------------------------------------
// Relations
// ---------------------------------------------------------------------------

/**
 * What the rows of a relation's files must be like. `required` are the columns that a file must have, `filled` those of
 * them that every row must have.
 */
interface Relation<A> {
  readonly name: string
  readonly columns: ReadonlyArray<Column.Column<A>>
  readonly required: ReadonlyArray<string>
  readonly filled: ReadonlyArray<string>
  readonly provider: ProviderRow.Kind<A>
}

const cdr: Relation<CallDetailRecord> = {
  name: "cdr",
  columns: Relations.cdr,
  required: ["uuid", "start_ms", "duration_ms", "talk_ms"],
  filled: ["uuid", "start_ms", "duration_ms", "talk_ms"],
  provider: ProviderRow.cdr
}

const recording: Relation<Recording> = {
  name: "recording",
  columns: Relations.recording,
  required: ["recording_id", "call_uuid", "add_ms"],
  filled: ["recording_id", "add_ms"],
  provider: ProviderRow.recording
}

const trunk: Relation<Trunk> = {
  name: "trunk",
  columns: Relations.trunk,
  required: ["trunk_id"],
  filled: ["trunk_id"],
  provider: ProviderRow.trunk
}

/** The columns that files have: the rows' order is that of the file. */
const stored = ({ columns }: Pick<Relation<never>, "columns">) => columns.filter(({ name }) => name !== "arrival")

/** The names that a list's columns have in files: its own, and the provider's. */
const namesOf = <A>({ columns, provider }: Relation<A>): ReadonlyArray<string> => [
  ...columns.map(({ name }) => name).filter((name) => name !== "arrival"),
  ...provider.known
]

const everyName = new Set([...namesOf(cdr), ...namesOf(recording), ...namesOf(trunk)])

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
    const inPlace: Array<string> = []
    let rows = 0
    for (const one of files) {
      const file = yield* fileOf(relation, one, options.names ?? {})
      const found = yield* columnsOf(file)
      const own = (yield* formOf(relation, file, found)) === "own" ? ownRows(relation, file, found, rows) : null
      if (own === null) rows += yield* loadProvider(relation, table, file, found, rows, read)
      else if (yield* isLarge(file)) {
        rows += yield* counted(relation, file, own, own.count)
        inPlace.push(own.rows)
      } else if (found.size > 0) rows += yield* counted(relation, file, own, `INSERT INTO ${table} ${own.checked}`)
    }
    if (inPlace.length > 0) yield* readInPlace(table, inPlace)
    return rows
  })
})

type File =
  | { readonly path: string; readonly format: "parquet" | "ndjson" }
  | { readonly path: string; readonly format: "csv"; readonly dialect: Dialect.Dialect }

/** A file; of CSV how it is written, with the names that files of the relation have. */
const fileOf = Effect.fnUntraced(function* <A>(
  relation: Relation<A>,
  { format, path }: { readonly path: string; readonly format: Format },
  names: Readonly<Record<string, string>>
): Effect.fn.Return<File, FileError | DuckDbError, DuckDb> {
  if (format !== "csv") return { path, format }
  const known = new Set(namesOf(relation))
  const stranger = Object.values(names).find((name) => !everyName.has(name))
  if (stranger !== undefined) {
    return yield* new FileError({
      path,
      row: null,
      field: null,
      problem: `the map of columns leads to ${stranger}, which no list has`,
      advice:
        "Write a line for each column: their name, a colon, and the name in the provider's rows, such as start_time"
    })
  }
  const dialect = yield* Dialect.of(path, known, names).pipe(
    Effect.mapError((error) => (error instanceof DuckDbError ? unreadable(path)(error) : error))
  )
  return { path, format, dialect }
})

const formats: ReadonlyArray<readonly [ending: RegExp, format: Format]> = [
  [/\.parquet$/i, "parquet"],
  [/\.csv(\.gz)?$/i, "csv"],
  [/\.(ndjson|jsonl)(\.gz)?$/i, "ndjson"]
]

const Glob = Schema.Struct({ file: Schema.String })

/** The files that the paths mean, each once, in the order of the paths and then of their names. */
const expand = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>
): Effect.fn.Return<
  ReadonlyArray<{ readonly path: string; readonly format: Format }>,
  FileError | DuckDbError,
  DuckDb
> {
  const db = yield* DuckDb
  const glob = (pattern: string) =>
    Effect.map(db.query("SELECT file FROM glob($pattern) ORDER BY file", Glob, { pattern }), (rows) =>
      rows.map(({ file }) => file)
    )
  const names = new Set<string>()
  for (const path of paths) {
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
          "Give it one of .parquet, .csv, .ndjson and .jsonl, or leave the file out"
        )
      : Effect.succeed({ path, format })
  })
})

const refuse = (path: string, problem: string, advice: string) =>
  Effect.fail(new FileError({ path, row: null, field: null, problem, advice }))

const notObject = "not a JSON object"

/** The names and types of a file's columns; of NDJSON, of every row's keys. */
type Found = ReadonlyMap<string, string>

const columnsOf = Effect.fnUntraced(function* (file: File): Effect.fn.Return<Found, FileError | DuckDbError, DuckDb> {
  if (file.format === "csv") return new Map(file.dialect.names.map((name) => [name, "VARCHAR"]))
  const { format, path } = file
  const db = yield* DuckDb
  const name = Sql.text(path)
  const query = {
    parquet: `SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(${name}))`,
    ndjson: `SELECT DISTINCT unnest(
  CASE WHEN json_type(json) = 'OBJECT' THEN json_keys(json) ELSE error(${Sql.text(notObject)}) END
) AS column_name, 'VARCHAR' AS column_type FROM read_ndjson_objects(${name})`
  }[format]
  const rows = yield* db
    .query(query, Schema.Struct({ column_name: Schema.String, column_type: Schema.String }))
    .pipe(Effect.mapError(unreadable(path)))
  return new Map(rows.map(({ column_name, column_type }) => [column_name, column_type]))
})

/** Whether the file's rows are the tables' own or the provider's, or why they are neither. */
const formOf = <A>(
  relation: Relation<A>,
  { format, path }: File,
  found: Found
): Effect.Effect<"own" | "provider", FileError> => {
  const { known, required } = relation.provider
  const own = new Set(stored(relation).map(({ name }) => name))
  const without = (names: ReadonlyArray<string>) => names.filter((name) => !found.has(name))
  const missing = without(relation.required)
  const stray = Array.from(found.keys()).filter((name) => !own.has(name))
  // Without rows NDJSON names no columns.
  if (format === "ndjson" && found.size === 0) return Effect.succeed("own")
  if (missing.length === 0 && stray.length === 0) return Effect.succeed("own")
  const lacking = required.filter((names) => !names.some((name) => found.has(name))).map((names) => names.join(" or "))
  if (format !== "parquet" && lacking.length === 0) return Effect.succeed("provider")
  const isProviders = Array.from(found.keys()).filter((name) => known.has(name)).length > found.size - stray.length
  if (isProviders && format === "parquet") {
    return refuse(
      path,
      "it has rows of the provider's",
      "Give those as CSV or NDJSON, or the tables' own columns as Parquet"
    )
  }
  if (isProviders) {
    return refuse(
      path,
      `it has no column ${lacking.join(", ")}`,
      `The provider's rows of ${relation.name} have ${required.map((names) => names.join(" or ")).join(", ")}: is it a file of another list?`
    )
  }
  const lacks = missing.length > 0 ? [`it has no column ${missing.join(", ")}`] : []
  // What is no name may be a cell, and so a number of a person.
  const shown = stray.filter((name) => /^[A-Za-z][A-Za-z_ -]{0,40}$/.test(name))
  const hidden = stray.length - shown.length
  const strays = [...shown, ...(hidden === 0 ? [] : [`${hidden} whose names are not shown`])]
  const adds = stray.length > 0 ? [`it has columns that table ${relation.name} has not: ${strays.join(", ")}`] : []
  return refuse(
    path,
    [...lacks, ...adds].join("; "),
    `Give the provider's rows as they came, or columns of these names: ${Array.from(own).join(", ")}`
  )
}

/** What stands in the provider's rows for nothing, as programs print it. */
const nullWords = ["", "NULL", "null", "\\N"]

/** A file's rows, and what tells the number of one, counted from 1. */
const rowsOf = (
  file: File,
  found: Found,
  nulls: ReadonlyArray<string> = [""]
): { readonly from: string; readonly nth: string } => {
  const name = Sql.text(file.path)
  const columns = `{${Array.from(found.keys(), (column) => `${Sql.text(column)}: 'VARCHAR'`).join(", ")}}`
  const numbered = (rows: string) => ({ from: `(SELECT row_number() OVER () AS nth, * FROM ${rows})`, nth: "nth" })
  switch (file.format) {
    case "parquet":
      // Numbered by the file itself, and by no statement of its own: of a range of rows, only these are read then.
      return { from: `read_parquet(${name}, file_row_number = true)`, nth: "file_row_number + 1" }
    case "csv": {
      const { delimiter, encoding, skip } = file.dialect
      // Lines may end in both ways, which is not strict.
      return numbered(
        `read_csv(${name}, auto_detect = false, header = true, skip = ${skip}, delim = ${Sql.text(delimiter)}, quote = '"', escape = '"',
  encoding = ${Sql.text(encoding)}, nullstr = [${nulls.map(Sql.text).join(", ")}], strict_mode = false, columns = ${columns})`
      )
    }
    case "ndjson":
      return numbered(`read_json(${name}, auto_detect = false, format = 'newline_delimited', columns = ${columns})`)
  }
}

/** The furthest instant that a date can hold, and the longest duration that is told to the millisecond. */
const mostInstant = 8_640_000_000_000_000n
const mostMillis = BigInt(Number.MAX_SAFE_INTEGER)

/** A column's value out of a file, and when it is one that the table may not hold, if that can be. */
const cell = <A>(relation: Relation<A>, { format }: File, found: Found, { name, type }: Column.Column<never>) => {
  const given = found.get(name)
  if (given === undefined) return { name, value: `NULL::${type}`, bad: [] }
  const column = Sql.name(name)
  const text = format === "csv" ? Formula.removedSql(column) : `${column}::VARCHAR`
  // Files of before ids were text have them as floats.
  const printed = `nullif(${name === "id" ? `regexp_replace(${text}, '\\.0$', '')` : text}, '')`
  const isText = String(type) === "VARCHAR"
  const isCast = !isText && given !== String(type)
  const value = isText ? printed : isCast ? `try_cast(${printed} AS ${type})` : column
  const range = {
    BIGINT:
      name === "duration_ms" || name === "talk_ms"
        ? `BETWEEN 0 AND ${mostMillis}`
        : `BETWEEN -${mostInstant} AND ${mostInstant}`,
    DOUBLE: "NOT IN ('nan', 'inf', '-inf')"
  }[String(type)]
  const bad = [
    ...(relation.filled.includes(name)
      ? isText && given === String(type) && format !== "csv"
        ? [`${column} IS NULL`, `${column} = ''`]
        : [`${value} IS NULL`]
      : isCast
        ? [`${printed} IS NOT NULL AND ${value} IS NULL`]
        : []),
    ...(range === undefined ? [] : [`NOT (${value} ${range})`])
  ]
  return { name, value, bad }
}

const refused = "a cell is not of its column's type"

/** Statements that give a file's rows of the tables' own columns. */
interface OwnRows {
  /** The rows. */
  readonly rows: string
  /** The rows; fails where one may not be held. */
  readonly checked: string
  /** How many they are; fails where one may not be held. Of columns whose statistics say so, none is read for that. */
  readonly count: string
  /** Which row that is first, and by which field. */
  readonly fault: string
}

const ownRows = <A>(relation: Relation<A>, file: File, found: Found, before: number): OwnRows => {
  const cells = stored(relation).map((column) => cell(relation, file, found, column))
  const faults = cells.flatMap(({ bad, name }) => bad.map((when) => ({ name, when })))
  const field = `CASE ${faults.map(({ name, when }) => `WHEN ${when} THEN ${Sql.text(name)}`).join(" ")} END`
  const { from, nth } = rowsOf(file, found)
  const values = cells.map(({ name, value }) => `${value} AS ${Sql.name(name)}`)
  const rows = `SELECT ${before} + ${nth} - 1 AS arrival, ${values.join(", ")} FROM ${from}`
  const or = `THEN true ELSE error(${Sql.text(refused)}) END`
  const none = faults.map(({ when }) => `NOT EXISTS (FROM ${from} WHERE ${when})`)
  return {
    rows,
    checked: `${rows} WHERE CASE WHEN ${field} IS NULL ${or}`,
    count: `FROM (SELECT count(*) AS "Count" FROM ${from}) WHERE CASE WHEN ${none.join(" AND ")} ${or}`,
    fault: `SELECT nth, field FROM (SELECT ${nth} AS nth, ${field} AS field FROM ${from}) WHERE field IS NOT NULL ORDER BY nth LIMIT 1`
  }
}

/** Runs a statement over the rows of a file that tells how many they are, if all may be held. */
const counted = Effect.fnUntraced(function* <A>(
  relation: Relation<A>,
  file: File,
  { fault }: OwnRows,
  statement: string
): Effect.fn.Return<number, FileError | DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [row] = yield* db.query(statement, Counted).pipe(
    Effect.catchIf(
      (error) => reasonOf(error).includes(refused),
      Effect.fnUntraced(function* () {
        const [first] = yield* db.query(fault, Schema.Struct({ nth: Schema.FiniteFromString, field: Schema.String }))
        const type = stored(relation).find(({ name }) => name === first?.field)?.type
        return yield* new FileError({
          path: file.path,
          row: first?.nth ?? null,
          field: first?.field ?? null,
          problem: `the cell is ${relation.filled.includes(first?.field ?? "") ? "empty or " : ""}not a ${type} in the column's range`,
          advice: `Correct the row, or leave it out`
        })
      })
    ),
    Effect.mapError((error) => (error instanceof DuckDbError ? unreadable(file.path)(error) : error))
  )
  return row?.Count ?? 0
})

/** So many rows are not loaded: to read their columns again takes less than that. To plan a statement takes longer with each file. */
const fewestInPlace = 100_000

const isLarge = Effect.fnUntraced(function* ({ format, path }: File) {
  if (format !== "parquet") return false
  const db = yield* DuckDb
  const [row] = yield* db
    .query(`SELECT count(*) AS "Count" FROM read_parquet(${Sql.text(path)})`, Counted)
    .pipe(Effect.mapError(unreadable(path)))
  return (row?.Count ?? 0) >= fewestInPlace
})

const Counted = Schema.Struct({ Count: Schema.FiniteFromString })

/** Makes the table a view of the rows that it has and of those that stay in their files, of which each use reads what it needs. */
const readInPlace = Effect.fnUntraced(function* (table: string, rows: ReadonlyArray<string>) {
  const db = yield* DuckDb
  const loaded = `${table}_loaded`
  yield* db.run(
    `ALTER TABLE ${table} RENAME TO ${loaded.split(".").at(-1)}; CREATE VIEW ${table} AS ${[`FROM ${loaded}`, ...rows].join("\nUNION ALL\n")}`
  )
})

/** Rows as the database gives them, which are looked at when they are read. */
const Given = Schema.declare((row): row is Readonly<Record<string, string | null>> => typeof row === "object")

/** Fills the table with the provider's rows, and tells how many. */
const loadProvider = Effect.fnUntraced(function* <A>(
  relation: Relation<A>,
  table: string,
  file: File,
  found: Found,
  before: number,
  read: (row: unknown) => Result.Result<A, ProviderRow.Fault>
): Effect.fn.Return<number, FileError | DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const isCsv = file.format === "csv"
  const rows = isCsv
    ? `FROM ${rowsOf(file, found, nullWords).from}`
    : `SELECT row_number() OVER () AS nth, json FROM read_ndjson_objects(${Sql.text(file.path)})`
  const decode = (row: typeof Given.Type) =>
    Result.mapError(
      read(isCsv ? row : JSON.parse(row["json"] ?? "null")),
      ({ expected, field }) =>
        new FileError({
          path: file.path,
          row: Number(row["nth"]),
          field: field === "" ? null : field,
          problem: `expected ${expected}`,
          advice: "Correct the row, or leave it out"
        })
    )
  const decoded = db.stream(rows, Given).pipe(
    Stream.mapError(unreadable(file.path)),
    Stream.mapArrayEffect((some) => Effect.fromResult(Result.all(Arr.map(some, decode))))
  )
  const columns = relation.columns.map((column) => ({
    ...column,
    of: (row: A, index: number) => column.of(row, before + index)
  }))
  return yield* db.append(table, columns, decoded)
})

const reasonOf = ({ cause }: DuckDbError) => (cause instanceof Error ? cause.message : String(cause))

interface Damage {
  readonly row?: number
  readonly problem: string
}

const notCsv = "not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes"

/** What the database says of a file that it cannot read; its own words show the line, and so numbers of persons. */
const damages: ReadonlyArray<readonly [pattern: RegExp, damage: (found: ReadonlyArray<string>) => Damage]> = [
  [
    /CSV Error on Line: (\d+)[^]*?Expected Number of Columns: (\d+) Found: (\d+)/,
    ([, line, expected, found]) => ({ problem: `line ${line} has ${found} cells, and the header ${expected}` })
  ],
  [/CSV Error on Line: (\d+)/, ([, line]) => ({ problem: `line ${line} is ${notCsv}` })],
  [/Error when sniffing|File is not utf-16/, () => ({ problem: `it is ${notCsv}` })],
  // Counted when the row has been read, and so one too many.
  [/Malformed JSON .* in line (\d+)/, ([, line]) => ({ row: Number(line) - 1, problem: notObject })],
  [/JSON transform error .* in line (\d+)/, ([, line]) => ({ row: Number(line), problem: notObject })],
  [new RegExp(notObject), () => ({ problem: `a line is ${notObject}` })],
  [/GZIP|ZSTD/i, () => ({ problem: "it is not compressed as its ending says" })],
  [/parquet|magic bytes/i, () => ({ problem: "it is not a whole Parquet file" })],
  [/cannot open file|permission denied/i, () => ({ problem: "it cannot be opened" })]
]

const unreadable =
  (path: string) =>
  (error: DuckDbError): FileError | DuckDbError => {
    for (const [pattern, damage] of damages) {
      const match = pattern.exec(reasonOf(error))
      if (match === null) continue
      const { problem, row } = damage(match)
      return new FileError({
        path,
        row: row ?? null,
        field: null,
        problem,
        advice: "Correct the file, or leave it out"
      })
    }
    return error
  }

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
