/** Rows of the tables' own columns: the database reads them itself, and says which it may not hold. */
import { BIGINT, VARCHAR } from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import * as Column from "../../Column.ts"
import { DuckDb } from "../../DuckDb.ts"
import type { DuckDbError } from "../../DuckDbError.ts"
import type { FileError } from "../../FileError.ts"
import * as Formula from "../formula.ts"
import * as Rejected from "../rejected.ts"
import * as Sql from "../sql.ts"
import { damage, isDamage, reasonOf } from "./damage.ts"
import type { File, Found, TextFile } from "./file.ts"
import { type Relation, stored } from "./relation.ts"
import * as Text from "./text.ts"

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
      // Text.Numbered by the file itself, and by no statement of its own: of a range of rows, only these are read then.
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
export interface Into<A, F extends File = File> {
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
export const loadOwn = <A>(into: Into<A>): Effect.Effect<Own, FileError | DuckDbError, DuckDb> => {
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

/** Reads text record by record, so that each that is no row is known, and then the rows out of a table of texts. */
const loadStaged = <A>(into: Into<A, TextFile>): Effect.Effect<Own, FileError | DuckDbError, DuckDb> => {
  const { file, found, rejected, table } = into
  const staged = `${table}_staged`
  const names = Array.from(found.keys())
  const columns: ReadonlyArray<Column.Column<Text.Numbered>> = [
    { name: "_nth", type: BIGINT, of: ({ nth }) => BigInt(nth) },
    { name: "_line", type: BIGINT, of: ({ line }) => BigInt(line) },
    { name: "_raw", type: VARCHAR, of: ({ raw }) => raw },
    ...names.map((name) => ({ name, type: VARCHAR, of: ({ row }: Text.Numbered) => textOf(row[name]) }))
  ]
  return Effect.gen(function* () {
    const db = yield* DuckDb
    yield* db.run(Column.createTable(staged, columns))
    let all = 0
    yield* db.append(
      staged,
      columns,
      Text.records(file, Text.noWords).pipe(
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
export const readInPlace = Effect.fnUntraced(function* (table: string, rows: ReadonlyArray<string>) {
  const db = yield* DuckDb
  const loaded = `${table}_loaded`
  yield* db.run(
    `ALTER TABLE ${table} RENAME TO ${loaded.split(".").at(-1)}; CREATE VIEW ${table} AS ${[`FROM ${loaded}`, ...rows].join("\nUNION ALL\n")}`
  )
})
