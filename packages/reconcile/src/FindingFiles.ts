/**
 * Findings as Parquet, CSV and NDJSON files, each with its explanation and next step.
 *
 * Parquet and CSV have one row a finding, of `columns`. NDJSON has one object a line, that is a whole `Finding`.
 *
 * @since 0.1.0
 */
import * as Money from "@vobiz-effect/core/Money"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Column from "./Column.ts"
import * as CsvFile from "./CsvFile.ts"
import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import type { FileError } from "./FileError.ts"
import type { Format } from "./Files.ts"
import { Finding, gapWords } from "./Finding.ts"
import * as FindingText from "./internal/findingText.ts"
import * as Found from "./internal/found.ts"
import * as OutputFile from "./internal/outputFile.ts"
import * as Sql from "./internal/sql.ts"

const number = (number: PhoneNumber.PhoneNumber | null | undefined) =>
  number === null || number === undefined ? null : PhoneNumber.reveal(number)

const seconds = (duration: Duration.Duration | null) => (duration === null ? null : Duration.toSeconds(duration))

/**
 * A column of a finding's row; `type` is that of its Parquet column.
 *
 * @category models
 * @since 0.1.0
 */
export interface FindingColumn extends CsvFile.Column<Finding> {
  readonly type: "VARCHAR" | "BOOLEAN" | "BIGINT" | "DECIMAL(18, 3)" | "DECIMAL(38, 18)" | "TIMESTAMP WITH TIME ZONE"
}

/**
 * The columns of a finding's row. `cdr_uuid` and `cdr_id` name the CDR that the finding is about, `why_uuid` and `why_id`
 * the one that explains it; `allowed_gaps` are gaps that the rule allows; `counted_seconds`, `recorded_seconds` and `surely_seconds` are a finding's `base`, `recorded` and `surely`; `in_doubt` says that the finding rests on absence from a list that is not proved complete; `deadline` is when the provider deletes what could still be saved. Numbers are as the findings have
 * them: give those of `Finding.mask` to hide them.
 *
 * @category columns
 * @since 0.1.0
 */
export const columns: ReadonlyArray<FindingColumn> = [
  { header: "code", kind: "text", type: "VARCHAR", value: ({ code }) => code },
  { header: "severity", kind: "text", type: "VARCHAR", value: ({ severity }) => severity },
  { header: "in_doubt", kind: "text", type: "BOOLEAN", value: ({ inDoubt }) => String(inDoubt) },
  { header: "at", kind: "instant", type: "TIMESTAMP WITH TIME ZONE", value: ({ at }) => DateTime.formatIso(at) },
  {
    header: "deadline",
    kind: "instant",
    type: "TIMESTAMP WITH TIME ZONE",
    value: ({ deadline }) => (deadline === null ? null : DateTime.formatIso(deadline))
  },
  { header: "cdr_uuid", kind: "text", type: "VARCHAR", value: ({ cdrs }) => cdrs[0]?.uuid ?? null },
  { header: "cdr_id", kind: "text", type: "VARCHAR", value: ({ cdrs }) => cdrs[0]?.id ?? null },
  { header: "direction", kind: "text", type: "VARCHAR", value: ({ cdrs }) => cdrs[0]?.direction ?? null },
  { header: "trunk_id", kind: "text", type: "VARCHAR", value: ({ cdrs }) => cdrs[0]?.trunkId ?? null },
  { header: "from", kind: "phone", type: "VARCHAR", value: ({ cdrs }) => number(cdrs[0]?.from) },
  { header: "to", kind: "phone", type: "VARCHAR", value: ({ cdrs }) => number(cdrs[0]?.to) },
  {
    header: "recording_ids",
    kind: "text",
    type: "VARCHAR",
    value: ({ recordings }) => recordings.map(({ recordingId }) => recordingId).join(" ")
  },
  { header: "key", kind: "text", type: "VARCHAR", value: ({ recordings }) => recordings[0]?.key ?? null },
  { header: "verdict", kind: "text", type: "VARCHAR", value: ({ verdict }) => verdict },
  { header: "rule", kind: "text", type: "VARCHAR", value: ({ rule }) => rule },
  { header: "reason", kind: "text", type: "VARCHAR", value: ({ reason }) => reason },
  { header: "why_uuid", kind: "text", type: "VARCHAR", value: ({ cdrs }) => cdrs[1]?.uuid ?? null },
  { header: "why_id", kind: "text", type: "VARCHAR", value: ({ cdrs }) => cdrs[1]?.id ?? null },
  { header: "talk_seconds", kind: "number", type: "DECIMAL(18, 3)", value: ({ talk }) => seconds(talk) },
  { header: "counted_seconds", kind: "number", type: "DECIMAL(18, 3)", value: ({ base }) => seconds(base) },
  { header: "recorded_seconds", kind: "number", type: "DECIMAL(18, 3)", value: ({ recorded }) => seconds(recorded) },
  { header: "surely_seconds", kind: "number", type: "DECIMAL(18, 3)", value: ({ surely }) => seconds(surely) },
  { header: "gaps", kind: "text", type: "VARCHAR", value: ({ gaps }) => (gaps.length === 0 ? null : gapWords(gaps)) },
  {
    header: "allowed_gaps",
    kind: "text",
    type: "VARCHAR",
    value: ({ allowed }) => (allowed.length === 0 ? null : gapWords(allowed))
  },
  { header: "excuse", kind: "text", type: "VARCHAR", value: ({ excuse }) => excuse?.name ?? null },
  { header: "excuse_reference", kind: "text", type: "VARCHAR", value: ({ excuse }) => excuse?.reference ?? null },
  { header: "retention_class", kind: "text", type: "VARCHAR", value: ({ retentionClass }) => retentionClass },
  {
    header: "amount",
    kind: "number",
    type: "DECIMAL(38, 18)",
    value: ({ amount }) => (amount === null ? null : Money.digits(amount.amount))
  },
  { header: "currency", kind: "text", type: "VARCHAR", value: ({ amount }) => amount?.currency ?? null },
  { header: "explanation", kind: "text", type: "VARCHAR", value: ({ explanation }) => explanation },
  { header: "next_step", kind: "text", type: "VARCHAR", value: ({ nextStep }) => nextStep }
]

/** The same columns, whose instants have the offset of a zone. */
const columnsIn = (zone: DateTime.TimeZone) => {
  const instant = (at: DateTime.Utc | null) =>
    at === null ? null : DateTime.formatIsoOffset(DateTime.setZone(at, zone)).replace(/[+-]00:00$/, "Z")
  const values = { at: ({ at }: Finding) => instant(at), deadline: ({ deadline }: Finding) => instant(deadline) }
  return columns.map((column) =>
    column.header === "at" || column.header === "deadline" ? { ...column, value: values[column.header] } : column
  )
}

/**
 * The bytes of a CSV file, that a spreadsheet opens without harm (`CsvFile`). Instants are in ISO 8601 with the offset of
 * `zone`, such as `2026-05-10T18:30:00.000+05:30`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const csv = <E, R>(
  findings: Stream.Stream<Finding, E, R>,
  options: {
    /** @default UTC, with `Z` for its offset */
    readonly zone?: DateTime.TimeZone | undefined
  } = {}
): Stream.Stream<Uint8Array, E, R> =>
  CsvFile.encode<Finding>(options.zone === undefined ? columns : columnsIn(options.zone))(findings)

/**
 * A finding as plain data, as the lines of NDJSON hold it.
 *
 * @category rendering
 * @since 0.1.0
 */
export const encode = Schema.encodeSync(Schema.toCodecJson(Finding))

/**
 * The bytes of an NDJSON file; `Schema.toCodecJson(Finding)` reads a line back.
 *
 * @category rendering
 * @since 0.1.0
 */
export const ndjson = <E, R>(findings: Stream.Stream<Finding, E, R>): Stream.Stream<Uint8Array, E, R> =>
  findings.pipe(
    Stream.mapArray((some) => [some.map((finding) => `${JSON.stringify(encode(finding))}\n`).join("")]),
    Stream.encodeText
  )

/**
 * Writes findings to a file, whole or not at all; only its owner may read it. In Parquet, instants are timestamps and
 * numbers are decimals.
 *
 * @category writing
 * @since 0.1.0
 */
export const write = Effect.fn("FindingFiles.write")(function* <E>(
  format: Format,
  path: string,
  findings: Stream.Stream<Finding, E>
): Effect.fn.Return<void, E | FileError | DuckDbError, DuckDb | FileSystem.FileSystem | Path.Path> {
  if (format !== "parquet") return yield* OutputFile.bytes(path, format === "csv" ? csv(findings) : ndjson(findings))
  yield* OutputFile.whole(path, (temporary) => parquet(temporary, findings))
})

/**
 * Writes findings of a reconciliation to files that are there. The findings never leave the database, so there may be tens of millions of them. The
 * bytes are those of `csv` or `ndjson` of `Kernel.findings`, except that amounts of 10^16 and more are written in full.
 *
 * @category models
 * @since 0.1.0
 */
export interface Prepared {
  /** Instants have the offset of `zone`, by default UTC. */
  csv(
    path: string,
    options?: Reading & { readonly zone?: DateTime.TimeZone | undefined }
  ): Effect.Effect<void, DuckDbError>
  /** One object a line, in UTC. */
  ndjson(path: string, options?: Reading): Effect.Effect<void, DuckDbError>
}

/**
 * Which findings are written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading {
  /**
   * Only findings that ask for something to be done.
   *
   * @default false
   */
  readonly asking?: boolean | undefined
}

/**
 * Puts the findings of a reconciliation, by its schema, into words. Files can be written of them while the scope is open, and are to be
 * there before.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FindingFiles, type Reconciliation } from "@vobiz-effect/reconcile"
 *
 * const written = ({ schema }: Reconciliation.Result) =>
 *   Effect.gen(function* () {
 *     const files = yield* FindingFiles.prepare(schema, { masked: true })
 *     yield* files.csv("findings.csv", { asking: true })
 *     yield* files.ndjson("findings.ndjson")
 *   }).pipe(Effect.scoped)
 * ```
 *
 * @category writing
 * @since 0.1.0
 */
export const prepare = Effect.fn("FindingFiles.prepare")(function* (
  schema: string,
  options: {
    /**
     * Hides telephone numbers as `Finding.mask` does.
     *
     * @default false
     */
    readonly masked?: boolean | undefined
  } = {}
): Effect.fn.Return<Prepared, DuckDbError, DuckDb | Scope.Scope> {
  const db = yield* DuckDb
  const worded = yield* FindingText.make(schema, {
    masked: options.masked ?? false,
    sources: Found.sources(schema, {})
  })
  return {
    csv: (path, { asking, zone = DateTime.zoneMakeOffset(0) } = {}) =>
      Effect.provideService(FindingText.csv(worded, { asking, zone, columns }, path), DuckDb, db),
    ndjson: (path, { asking } = {}) => Effect.provideService(FindingText.ndjson(worded, { asking }, path), DuckDb, db)
  }
})

/** The rows are appended to a table as text, and cast as it is copied. */
const parquet = Effect.fnUntraced(function* <E>(path: string, findings: Stream.Stream<Finding, E>) {
  const db = yield* DuckDb
  const table = `${yield* db.scratch}.explained`
  const appended = [
    Column.arrival("nth"),
    ...columns.map(({ value }, index) =>
      Column.text(`c${index}`, (finding: Finding) => {
        const cell = value(finding)
        return cell === null ? null : String(cell)
      })
    )
  ]
  yield* db.run(Column.createTable(table, appended))
  yield* db.append(table, appended, findings)
  const cast = columns.map(({ header, type }, index) => `c${index}::${type} AS ${Sql.name(header)}`)
  yield* db.run(Sql.copy(`SELECT ${cast.join(", ")} FROM ${table} ORDER BY nth`, path, "parquet"))
}, Effect.scoped)
