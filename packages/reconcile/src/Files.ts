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
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as ProviderRow from "@vobiz-effect/core/ProviderRow"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import { BIGINT, VARCHAR } from "@duckdb/node-api"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as DateTime from "effect/DateTime"

import * as Column from "./Column.ts"
import { DuckDb } from "./DuckDb.ts"
import { DuckDbError } from "./DuckDbError.ts"
import { FileError } from "./FileError.ts"
import * as Dialect from "./internal/dialect.ts"
import * as Formula from "./internal/formula.ts"
import * as Lines from "./internal/lines.ts"
import * as OutputFile from "./internal/outputFile.ts"
import * as Records from "./internal/records.ts"
import * as Rejected from "./internal/rejected.ts"
import * as Sql from "./internal/sql.ts"
import type { Format } from "./internal/sql.ts"
import * as Relations from "./Relations.ts"

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
// Relations
// ---------------------------------------------------------------------------

/**
 * What the rows of a relation's files must be like. `required` are the columns that a file must have, `filled` those of
 * them that every row must have.
 */
interface Relation<A> {
  readonly name: string
  /** The name of the list, for whoever keeps the rows set aside. */
  readonly list: string
  readonly columns: ReadonlyArray<Column.Column<A>>
  readonly required: ReadonlyArray<string>
  readonly filled: ReadonlyArray<string>
  readonly provider: ProviderRow.Kind<A>
  /** Why a row of the provider's is none all the same. */
  readonly wrong?: (row: A, cells: Records.Row) => ProviderRow.Fault | undefined
}

/** A CDR that takes time back is of no call: files have those as corrections. */
const takesBack = ({ unreadable }: CallDetailRecord, cells: Records.Row): ProviderRow.Fault | undefined => {
  if (unreadable.length === 0) return undefined
  const field = ["duration", "billsec"].find(
    (field) => unreadable.includes(field) && /^\s*-\s*[\d.]/.test(String(cells[field]))
  )
  return field === undefined ? undefined : { field, expected: "a duration, not below zero" }
}

const dayMillis = 86_400_000

/** A start that the row's end and length contradict by days stands for none, such as the zero of a clock: it would hide the call. */
const startsElsewhere = ({ duration, endTime, startTime }: CallDetailRecord): ProviderRow.Fault | undefined => {
  if (endTime === null) return undefined
  const length = duration === null ? 0 : Duration.toMillis(duration)
  const apart = Math.abs(endTime.epochMilliseconds - startTime.epochMilliseconds - length)
  return apart > dayMillis
    ? { field: "start_time", expected: "an instant that end_time and duration agree with" }
    : undefined
}

const cdr: Relation<CallDetailRecord> = {
  name: "cdr",
  list: "CallDetailRecords.files",
  columns: Relations.cdr,
  required: ["uuid", "start_ms", "duration_ms", "talk_ms"],
  filled: ["uuid", "start_ms", "duration_ms", "talk_ms"],
  provider: ProviderRow.cdr,
  wrong: (row, cells) => takesBack(row, cells) ?? startsElsewhere(row)
}

const recording: Relation<Recording> = {
  name: "recording",
  list: "Recordings.files",
  columns: Relations.recording,
  required: ["recording_id", "call_uuid", "add_ms"],
  filled: ["recording_id", "add_ms"],
  provider: ProviderRow.recording
}

const trunk: Relation<Trunk> = {
  name: "trunk",
  list: "Trunks.files",
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

/** The formats that are read: files of JSON are a document each, or NDJSON. */
type Form = Format | "json"

type File =
  | { readonly path: string; readonly format: "parquet" }
  | { readonly path: string; readonly format: "ndjson" | "json"; readonly renamed: Records.Renamed }
  | { readonly path: string; readonly format: "csv"; readonly dialect: Dialect.Dialect }

/** The names and types of a file's columns; of JSON, of every row's keys. */
type Found = ReadonlyMap<string, string>

const noNames: Records.Renamed = new Map()

type TextFile = Exclude<File, { readonly format: "parquet" }>

/** A file and its columns, by the names that files of the relation have. */
const fileOf = Effect.fnUntraced(function* <A>(
  relation: Relation<A>,
  { format, path }: { readonly path: string; readonly format: Form },
  names: Readonly<Record<string, string>>
): Effect.fn.Return<{ readonly file: File; readonly found: Found }, FileError | DuckDbError, DuckDb> {
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
  switch (format) {
    case "csv": {
      const dialect = yield* Dialect.of(path, known, names)
      return { file: { path, format, dialect }, found: new Map(dialect.names.map((name) => [name, "VARCHAR"])) }
    }
    case "parquet": {
      const query = `SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(${Sql.text(path)}))`
      return { file: { path, format }, found: yield* Effect.mapError(columns(query), damage(path)) }
    }
    case "json":
    case "ndjson": {
      const keys = yield* keysOf({ path, format, renamed: noNames })
      const meant = Dialect.meaning(known, names)
      const renamed = new Map(
        Array.from(keys.keys(), (key) => [key, meant(key)] as const).filter(
          ([key, name]) => key !== name && !keys.has(name)
        )
      )
      return {
        file: { path, format, renamed },
        found: new Map(Array.from(keys, ([key, type]) => [renamed.get(key) ?? key, type]))
      }
    }
  }
})

const Columns = Schema.Struct({ column_name: Schema.String, column_type: Schema.String })

const columns = (query: string): Effect.Effect<Found, DuckDbError, DuckDb> =>
  Effect.flatMap(DuckDb, (db) => db.query(query, Columns)).pipe(
    Effect.map((rows) => new Map(rows.map(({ column_name, column_type }) => [column_name, column_type])))
  )

/** The keys of all objects of a file. */
const keysOf = (file: Extract<File, { readonly format: "json" | "ndjson" }>) => {
  const inRecords: Effect.Effect<Found, FileError> = Stream.runFold(
    records(file, noWords),
    () => new Map<string, string>(),
    (found, { row }) => {
      for (const name of Object.keys(row)) found.set(name, "VARCHAR")
      return found
    }
  )
  if (file.format === "json") return inRecords
  const query = `SELECT DISTINCT unnest(CASE WHEN json_type(json) = 'OBJECT' THEN json_keys(json) ELSE error(${Sql.text(notObject)}) END) AS column_name,
  'VARCHAR' AS column_type FROM read_ndjson_objects(${Sql.text(file.path)})`
  // A line that is no object has no keys.
  return columns(query).pipe(
    Effect.catchIf(isDamage, () => inRecords),
    Effect.mapError(damage(file.path))
  )
}

const formats: ReadonlyArray<readonly [ending: RegExp, format: Form]> = [
  [/\.parquet$/i, "parquet"],
  [/\.csv(\.gz)?$/i, "csv"],
  [/\.(ndjson|jsonl)(\.gz)?$/i, "ndjson"],
  [/\.json(\.gz)?$/i, "json"]
]

const Glob = Schema.Struct({ file: Schema.String })

/** The files that the paths mean, each once, in the order of the paths and then of their names. */
const expand = Effect.fnUntraced(function* (
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

const refuse = (path: string, problem: string, advice: string) =>
  Effect.fail(new FileError({ path, row: null, field: null, problem, advice }))

const notObject = "not a JSON object"

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
const nullWords: ReadonlySet<string> = new Set(["", "NULL", "null", "\\N"])

/** Rows of files, and what tells the number of one, counted from 1. */
interface Rows {
  readonly from: string
  readonly nth: string
}

const numbered = (rows: string): Rows => ({ from: `(SELECT row_number() OVER () AS nth, * FROM ${rows})`, nth: "nth" })

/** The rows of a file of the tables' own columns, as the database reads them. */
const rowsOf = (file: File, found: Found): Rows => {
  const name = Sql.text(file.path)
  const columns = `{${Array.from(found.keys(), (column) => `${Sql.text(column)}: 'VARCHAR'`).join(", ")}}`
  switch (file.format) {
    case "parquet":
      // Numbered by the file itself, and by no statement of its own: of a range of rows, only these are read then.
      return { from: `read_parquet(${name}, file_row_number = true)`, nth: "file_row_number + 1" }
    case "csv": {
      const { delimiter, encoding, skip } = file.dialect
      // Strictly: else it passes over cells for which the header has no name.
      return numbered(
        `read_csv(${name}, auto_detect = false, header = true, skip = ${skip}, delim = ${Sql.text(delimiter)}, quote = '"', escape = '"',
  encoding = ${Sql.text(encoding === "utf-8" ? encoding : "utf-16")}, nullstr = [''], strict_mode = true, columns = ${columns})`
      )
    }
    case "json":
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
  // Milliseconds of the epoch leave no zone open.
  if (given === undefined) return { name, value: name === "zone_stated" ? "true" : `NULL::${type}`, bad: [] }
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
  /** The rows that may be held. */
  readonly good: string
  /** The others in their order, as `Bad`. */
  readonly bad: string
}

/** A row that the table may not hold: its line, its text, and the field that is why. */
const Bad = Schema.Struct({ line: Schema.FiniteFromString, raw: Schema.String, field: Schema.String })

const ownRows = <A>(
  { before, file, found, relation }: Pick<Into<A>, "relation" | "file" | "found" | "before">,
  { from, nth }: Rows,
  { line, raw }: { readonly line: string; readonly raw: string }
): OwnRows => {
  const cells = stored(relation).map((column) => cell(relation, file, found, column))
  const faults = cells.flatMap(({ bad, name }) => bad.map((when) => ({ name, when })))
  const field = `CASE ${faults.map(({ name, when }) => `WHEN ${when} THEN ${Sql.text(name)}`).join(" ")} END`
  const values = cells.map(({ name, value }) => `${value} AS ${Sql.name(name)}`)
  const rows = `SELECT ${before} + ${nth} - 1 AS arrival, ${values.join(", ")} FROM ${from}`
  const or = `THEN true ELSE error(${Sql.text(refused)}) END`
  const none = faults.map(({ when }) => `NOT EXISTS (FROM ${from} WHERE ${when})`)
  return {
    rows,
    checked: `${rows} WHERE CASE WHEN ${field} IS NULL ${or}`,
    count: `FROM (SELECT count(*) AS "Count" FROM ${from}) WHERE CASE WHEN ${none.join(" AND ")} ${or}`,
    good: `${rows} WHERE ${field} IS NULL`,
    bad: `SELECT line, raw, field FROM (SELECT ${line} AS line, ${raw} AS raw, ${field} AS field FROM ${from})
WHERE field IS NOT NULL ORDER BY line LIMIT ${Rejected.most + 1}`
  }
}

/** So many rows are not loaded: to read their columns again takes less than that. To plan a statement takes longer with each file. */
const fewestInPlace = 100_000

const Counted = Schema.Struct({ Count: Schema.FiniteFromString })

const count = Effect.fnUntraced(function* (statement: string) {
  const [row] = yield* (yield* DuckDb).query(statement, Counted)
  return row?.Count ?? 0
})

/** What is read, and into what. */
interface Into<A, F extends File = File> {
  readonly relation: Relation<A>
  readonly table: string
  readonly file: F
  readonly found: Found
  /** How many rows the files before it had. */
  readonly before: number
  readonly rejected: Rejected.Rejected
}

/** How many rows a file has, those set aside included, and the statement of those that stay in it. */
interface Own {
  readonly all: number
  readonly inPlace?: string | undefined
}

/** Fills the table with rows of its own columns. */
const loadOwn = <A>(into: Into<A>): Effect.Effect<Own, FileError | DuckDbError, DuckDb> => {
  const { file, found, table } = into
  const { path } = file
  if (file.format === "parquet") return Effect.mapError(loadParquet(into), damage(path))
  if (file.format === "json" || (file.format === "ndjson" && file.renamed.size > 0)) {
    return Effect.mapError(loadStaged({ ...into, file }), damage(path))
  }
  const { checked } = ownRows(into, rowsOf(file, found), { line: "0", raw: "''" })
  return count(`INSERT INTO ${table} ${checked}`).pipe(
    Effect.map((all) => ({ all })),
    // Which rows these are, the database does not say of all.
    Effect.catchIf(
      (error) => reasonOf(error).includes(refused) || isDamage(error),
      () => loadStaged({ ...into, file })
    ),
    Effect.mapError(damage(path))
  )
}

const loadParquet = Effect.fnUntraced(function* <A>(
  into: Into<A>
): Effect.fn.Return<Own, FileError | DuckDbError, DuckDb> {
  const { file, found, table } = into
  const total = `SELECT count(*) AS "Count" FROM read_parquet(${Sql.text(file.path)})`
  const isLarge = (yield* count(total)) >= fewestInPlace
  const names = Array.from(found.keys(), (name) => `${Sql.name(name)} := ${Sql.name(name)}`)
  const rows = rowsOf(file, found)
  const own = ownRows(into, rows, { line: rows.nth, raw: `to_json(struct_pack(${names.join(", ")}))::VARCHAR` })
  return yield* count(isLarge ? own.count : `INSERT INTO ${table} ${own.checked}`).pipe(
    Effect.map((all): Own => ({ all, inPlace: isLarge ? own.rows : undefined })),
    Effect.catchIf(
      (error) => reasonOf(error).includes(refused),
      Effect.fnUntraced(function* () {
        yield* rejectOwn(into, own.bad)
        if (!isLarge) yield* count(`INSERT INTO ${table} ${own.good}`)
        return { all: yield* count(total), inPlace: isLarge ? own.good : undefined }
      })
    )
  )
})

/** What the tables' own columns have for nothing. */
const noWords: ReadonlySet<string> = new Set([""])

/** Reads text record by record, so that each that is no row is known, and then the rows out of a table of texts. */
const loadStaged = <A>(into: Into<A, TextFile>): Effect.Effect<Own, FileError | DuckDbError, DuckDb> => {
  const { file, found, rejected, table } = into
  const staged = `${table}_staged`
  const names = Array.from(found.keys())
  const columns: ReadonlyArray<Column.Column<Numbered>> = [
    { name: "_nth", type: BIGINT, of: ({ nth }) => BigInt(nth) },
    { name: "_line", type: BIGINT, of: ({ line }) => BigInt(line) },
    { name: "_raw", type: VARCHAR, of: ({ raw }) => raw },
    ...names.map((name) => ({ name, type: VARCHAR, of: ({ row }: Numbered) => textOf(row[name]) }))
  ]
  return Effect.gen(function* () {
    const db = yield* DuckDb
    yield* db.run(Column.createTable(staged, columns))
    let all = 0
    yield* db.append(
      staged,
      columns,
      records(file, noWords).pipe(
        Stream.filterEffect(({ fault, line, nth, raw }) => {
          all = nth
          if (fault === null) return Effect.succeed(true)
          rejected.add(file.path, { line, raw, field: "", expected: fault })
          return Effect.as(rejected.check, false)
        })
      )
    )
    const own = ownRows(into, { from: staged, nth: "_nth" }, { line: "_line", raw: "_raw" })
    yield* rejectOwn(into, own.bad)
    yield* count(`INSERT INTO ${table} ${own.good}`)
    return { all }
  }).pipe(Effect.ensuring(Effect.ignore(Effect.flatMap(DuckDb, (db) => db.run(`DROP TABLE IF EXISTS ${staged}`)))))
}

const textOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : typeof value === "string" ? value : JSON.stringify(value)

/** Sets the rows of a statement aside. */
const rejectOwn = Effect.fnUntraced(function* <A>({ file, rejected, relation }: Into<A>, bad: string) {
  const rows = yield* (yield* DuckDb).query(bad, Bad)
  for (const row of rows) {
    const type = stored(relation).find(({ name }) => name === row.field)?.type
    const expected = relation.filled.includes(row.field)
      ? `a ${type} in the column's range, not empty`
      : `a ${type} in the column's range`
    rejected.add(file.path, { ...row, expected })
  }
  yield* rejected.check
})

/** Makes the table a view of the rows that it has and of those that stay in their files, of which each use reads what it needs. */
const readInPlace = Effect.fnUntraced(function* (table: string, rows: ReadonlyArray<string>) {
  const db = yield* DuckDb
  const loaded = `${table}_loaded`
  yield* db.run(
    `ALTER TABLE ${table} RENAME TO ${loaded.split(".").at(-1)}; CREATE VIEW ${table} AS ${[`FROM ${loaded}`, ...rows].join("\nUNION ALL\n")}`
  )
})

// ---------------------------------------------------------------------------
// Text
// ---------------------------------------------------------------------------

/** A record with its number, from 1. */
interface Numbered extends Records.Record {
  readonly nth: number
}

const readerOf = (file: TextFile, skip: number, nulls: ReadonlySet<string>): Records.Reader => {
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
const skipOf = (file: TextFile) => (file.format === "csv" ? file.dialect.skip + 1 : 0)

/** The records of a file of text, in their order. */
const records = (
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

/** Fills the table with the provider's rows, and tells how many the file has, and how many it says that the list has. */
const loadProvider = Effect.fnUntraced(function* <A>(
  { before, file, rejected, relation, table }: Into<A, TextFile>,
  read: (row: unknown) => Result.Result<A, ProviderRow.Fault>
): Effect.fn.Return<{ readonly all: number; readonly stated: number | null }, FileError | DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const reader = readerOf(file, skipOf(file), nullWords)
  let all = 0
  const taken = ({ fault, line, nth, raw, row }: Numbered): { readonly row: A; readonly nth: number } | undefined => {
    all = nth
    const found = fault === null ? read(row) : Result.fail({ field: "", expected: fault })
    const wrong = Result.isFailure(found) ? found.failure : relation.wrong?.(found.success, row)
    if (Result.isSuccess(found) && wrong === undefined) return { row: found.success, nth }
    if (wrong !== undefined) rejected.add(file.path, { line, raw, ...wrong })
    return undefined
  }
  const rows = records(file, nullWords, reader).pipe(
    Stream.mapError(damage(file.path)),
    Stream.chunks,
    Stream.mapEffect((some) => {
      const found = some.flatMap((one) => taken(one) ?? [])
      return rejected.isFull ? Effect.as(rejected.check, found) : Effect.succeed(found)
    }),
    Stream.flattenIterable
  )
  const columns = relation.columns.map((column) => ({
    ...column,
    of: ({ nth, row }: { readonly row: A; readonly nth: number }) => column.of(row, before + nth - 1)
  }))
  yield* db.append(table, columns, rows)
  return { all, stated: reader.stated?.() ?? null }
})

const reasonOf = ({ cause }: DuckDbError) => (cause instanceof Error ? cause.message : String(cause))

const notCsv = "not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes"

/** What the database says of a file that it cannot read; its own words show the line, and so numbers of persons. */
const damages: ReadonlyArray<readonly [pattern: RegExp, problem: (found: ReadonlyArray<string>) => string]> = [
  [/Maximum line size/, () => "a line is longer than 4 MiB"],
  [/CSV Error on Line: (\d+)/, ([, line]) => `line ${line} is ${notCsv}`],
  [/Error when sniffing|File is not utf-16|CSV Parser/, () => `it is ${notCsv}`],
  [/Malformed JSON|JSON transform error/, () => `a line is ${notObject}`],
  [new RegExp(notObject), () => `a line is ${notObject}`],
  [/GZIP|ZSTD/i, () => "it is not compressed as its ending says"],
  [/parquet|magic bytes/i, () => "it is not a whole Parquet file"],
  [/cannot open file|permission denied/i, () => "it cannot be opened"]
]

/** What is wrong with a file, if it is the file that is wrong. */
const damaged = (error: DuckDbError): string | undefined => {
  for (const [pattern, problem] of damages) {
    const match = pattern.exec(reasonOf(error))
    if (match !== null) return problem(match)
  }
  return undefined
}

const isDamage = (error: DuckDbError) => damaged(error) !== undefined

const damage =
  (path: string) =>
  <E>(error: E | DuckDbError): E | FileError | DuckDbError => {
    if (!(error instanceof DuckDbError)) return error
    const problem = damaged(error)
    if (problem === undefined) return error
    return new FileError({ path, row: null, field: null, problem, advice: "Correct the file, or leave it out" })
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
