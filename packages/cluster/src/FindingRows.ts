/**
 * Findings as rows of a Parquet file: the columns of `FindingFiles`, for queries, the whole finding as a line of NDJSON, and the
 * keys by which findings of several files come in the order of `Kernel.findings`.
 *
 * @since 0.1.0
 */
import { Column, DuckDb, type DuckDbError, Finding, FindingFiles } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Sql from "./internal/sql.ts"

interface Row {
  readonly finding: Finding.Finding
  readonly line: string
}

const encode = Schema.encodeSync(Schema.toCodecJson(Finding.Finding))

/** The columns as they are appended: those for queries as text, to be cast. */
const appended: ReadonlyArray<Column.Column<Row>> = [
  Column.instant("at_ms", ({ finding }) => finding.at),
  Column.flag("of_recording", ({ finding }) => finding.cdrs.length === 0),
  Column.text("key_uuid", ({ finding }) => finding.cdrs[0]?.uuid ?? null),
  Column.text("key_id", ({ finding }) => finding.cdrs[0]?.id ?? null),
  Column.flag("is_candidate", ({ finding }) => finding.code === "candidate"),
  Column.text("key_recording", ({ finding }) => finding.recordings[0]?.recordingId ?? null),
  Column.arrival("nth"),
  Column.text("line", ({ line }) => line),
  ...FindingFiles.columns.map(({ header, value }) =>
    Column.text(`c_${header}`, ({ finding }: Row) => {
      const cell = value(finding)
      return cell === null ? null : String(cell)
    })
  )
]

const cells = [
  "at_ms, of_recording, key_uuid, key_id, is_candidate, key_recording, nth, line",
  ...FindingFiles.columns.map(({ header, type }) => `"c_${header}"::${type} AS "${header}"`)
].join(", ")

/** Findings of one CDR stand in one file, but for candidates, which come after the others. */
const order =
  "at_ms, of_recording, key_uuid, try_cast(key_id AS HUGEINT) NULLS LAST, key_id NULLS LAST, is_candidate, CASE WHEN of_recording THEN key_recording END, nth"

/**
 * Writes findings, in their order, to a Parquet file.
 *
 * @category writing
 * @since 0.1.0
 */
export const write = Effect.fn("FindingRows.write")(function* <E>(
  path: string,
  findings: Stream.Stream<Finding.Finding, E>
): Effect.fn.Return<void, E | DuckDbError.DuckDbError, DuckDb.DuckDb | Scope.Scope> {
  const db = yield* DuckDb.DuckDb
  const table = `${yield* db.scratch}.row`
  yield* db.run(Column.createTable(table, appended))
  const rows = Stream.map(findings, (finding) => ({ finding, line: JSON.stringify(encode(finding)) }))
  yield* db.append(table, appended, rows)
  yield* db.run(
    `COPY (SELECT ${cells} FROM ${table} ORDER BY nth) TO ${Sql.text(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`
  )
}, Effect.scoped)

/**
 * The findings of several files, which `read_parquet` is given, in their order, as lines of NDJSON.
 *
 * @category reading
 * @since 0.1.0
 */
export const lines = (
  files: ReadonlyArray<string>
): Stream.Stream<Uint8Array, DuckDbError.DuckDbError, DuckDb.DuckDb> =>
  Stream.unwrap(
    Effect.map(DuckDb.DuckDb, (db) =>
      db.stream(`SELECT line FROM ${read(files)} ORDER BY ${order}`, Line).pipe(
        Stream.mapArray((some) => [some.map(({ line }) => `${line}\n`).join("")]),
        Stream.encodeText
      )
    )
  )

const Line = Schema.Struct({ line: Schema.String })

/**
 * Writes the findings of several files to one, in their order, for queries.
 *
 * @category writing
 * @since 0.1.0
 */
export const merge = Effect.fn("FindingRows.merge")(function* (
  files: ReadonlyArray<string>,
  path: string
): Effect.fn.Return<void, DuckDbError.DuckDbError, DuckDb.DuckDb> {
  const db = yield* DuckDb.DuckDb
  const columns = FindingFiles.columns.map(({ header }) => `"${header}"`).join(", ")
  yield* db.run(
    `COPY (SELECT ${columns} FROM ${read(files)} ORDER BY ${order}) TO ${Sql.text(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`
  )
})

/**
 * What to select findings of several files from.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = (files: ReadonlyArray<string>): string =>
  `read_parquet(${Sql.texts(files)}, hive_partitioning = false)`
