/**
 * Findings as lines of text that the database makes itself, in the words of `Finding.explain`.
 *
 * Most findings are explained alike. So the database lists what differs between explanations, JavaScript explains each case once, and the
 * database puts the words into the rows: the words stand in one place, and rows never leave the database.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Column from "../Column.ts"
import type * as CsvFile from "../CsvFile.ts"
import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as Finding from "../Finding.ts"
import * as Cell from "./csvCell.ts"
import * as Evidence from "./evidence.ts"
import { ofRecordings } from "./findingModel.ts"
import * as Found from "./found.ts"
import * as Sql from "./sql.ts"
import * as Trusted from "./trusted.ts"

/** Which findings are written. */
export type Reading = Pick<Found.Reading, "asking">

/** How findings are put into words. */
export interface Options {
  /** Whether telephone numbers are hidden except their last two digits, as `Finding.mask` does. */
  readonly masked: boolean
  /** Which findings. */
  readonly sources: Found.Sources
}

// ---------------------------------------------------------------------------
// Words
// ---------------------------------------------------------------------------

/** The codes whose words tell how much of a call is recorded. */
const measured = `f.code IN ('prohibited-recording', 'partly-recorded', 'missing', 'expired', 'excused', 'recording-longer')`

/** Whether they name accounts. */
const named = `(f.code = 'other-account' OR f.reason = 'duplicate')`

/** What of a recording words depend on. */
const recordingShape = (key: string, type: string, isGuess: string, source: string, account: string) =>
  `{'key': ${key}, 'type': ${type}, 'isGuess': ${isGuess}, 'source': ${source}, 'account': CASE WHEN f.code = 'other-account' THEN ${account} END}`

/** All that the words of a finding, of the rows of `Found.from`, depend on. */
const shape = `{'code': f.code, 'inDoubt': f.in_doubt, 'reason': f.reason, 'verdict': f.verdict, 'rule': f.rule, 'detail': f.detail,
  'measures': CASE WHEN ${measured} THEN {'talk': f.talk_ms, 'base': f.base_ms, 'recorded': f.recorded_ms, 'surely': f.least_ms} END,
  'gaps': f.gaps, 'allowed': f.allowed, 'excuse': f.excuse,
  'money': CASE WHEN f.code IN ('duplicate-cdr', 'charge-differs') THEN {'amount': f.amount::VARCHAR, 'currency': f.currency} END,
  'cdr': CASE WHEN c.arrival IS NOT NULL THEN {'account': CASE WHEN ${named} THEN c.account_id END,
    'trunkId': CASE WHEN f.rule = 'trunk-unknown' THEN c.trunk_id END} END,
  'why': CASE WHEN w.arrival IS NOT NULL THEN {'account': CASE WHEN ${named} THEN w.account_id END, 'trunkId': NULL} END,
  'recording': CASE WHEN f.audio_arrival IS NOT NULL
    THEN ${recordingShape("f.key", "a.recording_type", "a.is_guess", "a.source", "a.account_id")} END,
  'several': CASE WHEN f.audio_arrival IS NULL AND f.recordings > 0
    THEN list_transform(e.recordings, lambda l: ${recordingShape("l.key", "l.type", "l.isGuess", "l.source", "l.account")}) END}`

type CdrShape = Pick<Finding.CdrEvidence, "account" | "trunkId">
type RecordingShape = Pick<Finding.RecordingEvidence, "key" | "type" | "isGuess" | "source" | "account">

interface Shape extends Omit<Found.FindingFields, "amount" | "currency" | "excuse" | keyof typeof unmeasured> {
  readonly measures: Pick<Found.FindingFields, keyof typeof unmeasured> | null
  readonly money: Pick<Found.FindingFields, "amount" | "currency"> | null
  readonly cdr: CdrShape | null
  readonly why: CdrShape | null
  readonly recording: RecordingShape | null
  readonly several: ReadonlyArray<RecordingShape> | null
}

const unmeasured = { talk: null, base: null, recorded: null, surely: null }
const unpriced = { amount: null, currency: null }

const begin = DateTime.makeUnsafe(0)

/** A finding of a shape. What its words do not depend on is left empty. */
const findingOf = (
  { cdr, measures, money, recording, several, why, ...shape }: Shape,
  excuse: Found.FindingFields["excuse"],
  masked: boolean
): Finding.Finding => {
  const finding = Finding.explain({
    ...Found.fieldsOf({ ...shape, ...(measures ?? unmeasured), ...(money ?? unpriced), excuse }),
    at: begin,
    deadline: null,
    cdrs: [cdr, why]
      .filter((some) => some !== null)
      .map((some) => Trusted.instance(Finding.CdrEvidence, { ...noCdr, ...some })),
    recordings: (recording === null ? (several ?? []) : [recording]).map((some) =>
      Trusted.instance(Finding.RecordingEvidence, { ...noRecording, ...some })
    ),
    retentionClass: null
  })
  return masked ? Finding.mask(finding) : finding
}

const noCdr = {
  uuid: "",
  id: null,
  start: begin,
  end: null,
  direction: null,
  from: null,
  to: null,
  talk: null,
  cost: null
}

const noRecording = { recordingId: "", callUuid: null, began: begin, duration: null }

interface Words {
  readonly nth: number
  readonly finding: Finding.Finding
}

/** The words of each shape, and what of it may have been masked. */
const words: ReadonlyArray<Column.Column<Words>> = [
  Column.float("nth", ({ nth }) => nth),
  Column.text("severity", ({ finding }) => finding.severity),
  Column.text("rule", ({ finding }) => finding.rule),
  Column.text("excuse", ({ finding }) => finding.excuse?.name ?? null),
  Column.text("excuse_reason", ({ finding }) => finding.excuse?.reason ?? null),
  Column.text("gaps", ({ finding }) => Finding.gapWords(finding.gaps)),
  Column.text("allowed", ({ finding }) => Finding.gapWords(finding.allowed)),
  Column.text("explanation", ({ finding }) => finding.explanation),
  Column.text("next_step", ({ finding }) => finding.nextStep)
]

/** A reconciliation whose findings have their words. */
export interface Worded {
  /** The schema of the reconciliation. */
  readonly schema: string
  /** The schema of tables `shape` and `words`, and of the macros that print cells. */
  readonly words: string
}

/**
 * Puts findings of a reconciliation into words. Shapes are compared as they are: as text each row would be printed twice more.
 */
export const make = Effect.fn("FindingText.make")(function* (
  schema: string,
  { masked, sources }: Options
): Effect.fn.Return<Worded, DuckDbError, DuckDb | Scope.Scope> {
  const db = yield* DuckDb
  const t = yield* db.scratch
  yield* db.run(
    [
      Column.createTable(`${t}.words`, words),
      ...macros(t, masked),
      `CREATE TABLE ${t}.shape AS SELECT row_number() OVER ()::DOUBLE AS nth, shape FROM (SELECT DISTINCT ${shape} AS shape ${Found.from(schema, sources)})`
    ].join("; ")
  )
  const shapes = db.stream(
    `SELECT nth, to_json(shape)::VARCHAR AS shape, to_json(${Found.excuse})::VARCHAR AS excuse
FROM ${t}.shape LEFT JOIN ${schema}.excuse x ON x.name = shape.excuse`,
    Trusted.rows<{ readonly nth: number; readonly shape: string; readonly excuse: string | null }>()
  )
  yield* db.append(
    `${t}.words`,
    words,
    Stream.map(shapes, ({ excuse, nth, shape }) => ({
      nth,
      finding: findingOf(
        JSON.parse(shape) as Shape,
        JSON.parse(excuse ?? "null") as Found.FindingFields["excuse"],
        masked
      )
    }))
  )
  return { schema, words: t }
})

/** The rows of `Found.from`, each with its words. */
const worded = ({ schema, words: t }: Worded, sources: Found.Sources) =>
  `${Found.from(schema, sources)} JOIN ${t}.shape k ON k.shape = ${shape} JOIN ${t}.words t ON t.nth = k.nth`

// ---------------------------------------------------------------------------
// Cells
// ---------------------------------------------------------------------------

/** The years that ISO 8601 writes with four digits. */
const [firstYear, lastYear] = [Date.parse("0000-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59.999Z")]

/**
 * How a number is masked, by what is a digit and what is none. DuckDB compiles the patterns of every statement, whether it comes to a row
 * for them or not; with those of all the world's digits, a small file took half as long again.
 */
const maskedBy = (digit: string, other: string) => {
  const lastTwo = `regexp_extract(number, ${digit} || ${other} || '*' || ${digit} || ${other} || '*$')`
  return `CASE WHEN length(regexp_replace(number, ${other}, '', 'g')) <= 6 THEN number
    ELSE regexp_replace(left(number, length(number) - length(${lastTwo})), ${digit}, '*', 'g') || ${lastTwo} END`
}

/**
 * - `iso`: an instant as `Date.prototype.toISOString` prints it, without its `Z`.
 * - `phone`: a number, masked as `PhoneNumber.mask` does, or not.
 * - `plain`: a decimal as `Money.digits` prints it.
 * - `amount`: a decimal as `BigDecimal.format` prints it, which is in scientific notation with 16 places or more.
 */
const macros = (t: string, masked: boolean): ReadonlyArray<string> => [
  `CREATE MACRO ${t}.iso(millis) AS CASE
    WHEN millis BETWEEN ${firstYear} AND ${lastYear} THEN strftime(make_timestamp(millis * 1000), '%Y-%m-%dT%H:%M:%S.%g')
    ELSE format('{}{:06d}', CASE WHEN millis < 0 THEN '-' ELSE '+' END, abs(year(make_timestamp(millis * 1000)))) || strftime(make_timestamp(millis * 1000), '-%m-%dT%H:%M:%S.%g') END`,
  `CREATE MACRO ${t}.phone(number) AS ${
    masked
      ? `CASE
    WHEN regexp_full_match(number, '\\+[0-9]{7,15}') THEN '+' || repeat('*', length(number) - 3) || right(number, 2)
    WHEN strlen(number) = length(number) THEN ${maskedBy("'[0-9]'", "'[^0-9]'")}
    -- A pattern that is not constant is compiled for the rows that it is for.
    ELSE ${maskedBy("('\\p{Nd}' || left(number, 0))", "('\\P{Nd}' || left(number, 0))")} END`
      : "number"
  }`,
  `CREATE MACRO ${t}.scientific(sign, digits, places) AS concat(sign, left(digits, 1),
    CASE WHEN length(digits) > 1 THEN '.' END, substr(digits, 2), format('e{:+d}', length(digits) - 1 - places))`,
  `CREATE MACRO ${t}.plain(printed) AS rtrim(rtrim(printed, '0'), '.')`,
  `CREATE MACRO ${t}.amount(printed) AS CASE WHEN right(printed, 3) = '000' THEN ${t}.plain(printed)
    ELSE ${t}.scientific(CASE WHEN left(printed, 1) = '-' THEN '-' END, ltrim(replace(rtrim(printed, '0'), '.', ''), '-0'), length(split_part(rtrim(printed, '0'), '.', 2))) END`
]

// ---------------------------------------------------------------------------
// NDJSON
// ---------------------------------------------------------------------------

const duration = (millis: string) => `CASE WHEN ${millis} IS NOT NULL THEN {'_tag': 'Millis', 'value': ${millis}} END`

/**
 * Rows with their instants, as cells, in a list `instants`. Each place that prints one is planned and made ready by itself, which takes longer than
 * to print some hundred.
 */
const dated = (t: string, rows: string, instants: ReadonlyArray<string>, more = "") =>
  `(SELECT *, list_transform([${instants.join(", ")}], lambda millis: ${t}.iso(millis) || 'Z') AS instants${more} FROM ${rows})`

/** CDRs, with their two numbers in a list `numbers` and their cost as text in `printed`. */
const cdrs = (t: string, rows: string) =>
  dated(
    t,
    rows,
    ["start_ms", "end_ms"],
    `, list_transform([coalesce(from_e164, from_raw), coalesce(to_e164, to_raw)], lambda number: ${t}.phone(number)) AS numbers, cost::VARCHAR AS printed`
  )

/** The amount is a column of text: printing a decimal takes longer than the rest of an amount. */
const money = (t: string, printed: string, currency: string) =>
  `CASE WHEN ${printed} IS NOT NULL AND ${currency} IS NOT NULL THEN {'amount': ${t}.amount(${printed}), 'currency': ${currency}} END`

/** A row `c` of `cdrs`. */
const cdrJson = (
  t: string
) => `{'uuid': c.uuid, 'id': c.id, 'account': c.account_id, 'start': c.instants[1], 'end': c.instants[2],
  'direction': c.direction, 'trunkId': c.trunk_id, 'from': c.numbers[1], 'to': c.numbers[2],
  'talk': CASE WHEN NOT coalesce(c.talk_unread, false) THEN {'_tag': 'Millis', 'value': c.talk_ms} END, 'cost': ${money(t, "c.printed", "c.currency")}}`

/** A finding of the rows of `Found.from` and `words t`, as the codec of `Finding` encodes it. */
const json = (t: string) => {
  const utc = (millis: string) => `${t}.iso(${millis}) || 'Z'`
  const gaps = (spans: string) =>
    `list_transform(coalesce(${spans}, []), lambda l: {'from': {'_tag': 'Millis', 'value': l.begin}, 'to': {'_tag': 'Millis', 'value': l.stop}})`
  const recordings = `list_transform(${Evidence.all}, lambda l: {'recordingId': l.recordingId, 'key': l.key, 'callUuid': l.callUuid, 'type': l.type,
    'account': l.account, 'began': ${utc("l.began")}, 'duration': ${duration("l.duration")}, 'isGuess': l.isGuess, 'source': l.source})`
  const begun = `to_json({'code': f.code, 'inDoubt': f.in_doubt, 'reason': f.reason, 'verdict': f.verdict, 'rule': t.rule, 'at': f.instants[1],
  'deadline': f.instants[2],
  'cdrs': CASE WHEN c.arrival IS NULL THEN [] ELSE [${cdrJson(t)}] END || CASE WHEN w.arrival IS NULL THEN [] ELSE [w.json] END,
  'recordings': ${recordings},
  'talk': ${duration("f.talk_ms")}, 'base': ${duration("f.base_ms")}, 'recorded': ${duration("f.recorded_ms")}, 'surely': ${duration("f.least_ms")},
  'gaps': ${gaps("f.gaps")}, 'allowed': ${gaps("f.allowed")},
  'excuse': CASE WHEN x.name IS NOT NULL THEN {'name': t.excuse, 'reason': t.excuse_reason, 'reference': x.reference, 'approver': x.approver,
    'expires': ${utc("x.expires_ms")}} END,
  'retentionClass': r.name, 'amount': ${money(t, "f.printed", "f.currency")}})::VARCHAR`
  return `left(${begun}, -1) || CASE WHEN f.detail IS NULL THEN '' ELSE ',"detail":' || to_json(f.detail) END
  || ',"severity":"' || t.severity || '","explanation":' || to_json(t.explanation) || ',"nextStep":' || to_json(t.next_step) || '}'`
}

/** The statement that writes lines of text to a file, as they are. */
const lines = (rows: string, path: string, header = false) =>
  `COPY (${rows}) TO ${Sql.text(path)} (FORMAT csv, HEADER ${header}, QUOTE '', ESCAPE '', DELIMITER '\x01', USE_TMP_FILE false)`

/** Makes table `why` and returns the rows of `worded` that `json` is made of. */
const printable = Effect.fnUntraced(function* (
  some: Worded,
  { a, c, f, w }: Found.Sources
): Effect.fn.Return<string, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const t = some.words
  yield* db.run(`CREATE OR REPLACE TABLE ${t}.why AS SELECT c.*, ${cdrJson(t)} AS json FROM ${cdrs(t, w)} c`)
  return worded(some, {
    f: dated(t, f, ["at_ms", "deadline_ms"], ", amount::VARCHAR AS printed"),
    c: cdrs(t, c),
    w: `${t}.why`,
    a
  })
})

/** Writes findings as NDJSON to a file that is there. */
export const ndjson = Effect.fnUntraced(function* (
  some: Worded,
  reading: Reading,
  path: string
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const { schema, words: t } = some
  const rows = yield* printable(some, Found.sources(schema, reading))
  const sorted = yield* Found.sorted(t, Found.keys, (more) => `SELECT ${json(t)} AS line, ${more} ${rows}`)
  yield* db.run(lines(`SELECT line ${sorted}`, path))
  yield* db.run(`DROP TABLE ${t}.line`)
})

// ---------------------------------------------------------------------------
// Ledger
// ---------------------------------------------------------------------------

/** The query that selects the columns of `ledgerRows.staged` of findings, except their account. */
export const staged = Effect.fnUntraced(function* (
  some: Worded,
  sources: Found.Sources
): Effect.fn.Return<string, DuckDbError, DuckDb> {
  const rows = yield* printable(some, sources)
  const first = (column: string) => `CASE WHEN c.arrival IS NOT NULL THEN c.${column} ELSE w.${column} END`
  const changed = ofRecordings.map(Sql.text).join(", ")
  return `SELECT concat(code, ' ', subject, CASE WHEN is_call AND code IN (${changed}) THEN ' recording ' || recording END) AS key,
  subject, code, severity, at_ms, end_ms, deadline_ms, content
FROM (
  SELECT *, CASE WHEN is_call THEN ${Found.subjectOf.cdr("uuid", "id")} ELSE ${Found.subjectOf.recording("coalesce(recording, '')")} END AS subject
  FROM (
    SELECT f.code::VARCHAR AS code, t.severity AS severity, f.at_ms AS at_ms, f.deadline_ms AS deadline_ms,
      coalesce(c.arrival, w.arrival) IS NOT NULL AS is_call, ${first("uuid")} AS uuid, ${first("id")} AS id,
      coalesce(${first("end_ms")}, f.at_ms + coalesce(f.talk_ms, f.recorded_ms, 0)) AS end_ms,
      (${Evidence.all})[1].recordingId AS recording,
      CASE WHEN t.severity <> 'info' THEN ${json(some.words)} END AS content
    ${rows}))`
})

// ---------------------------------------------------------------------------
// CSV
// ---------------------------------------------------------------------------

/** Zones are apart from UTC by the same all through a quarter of an hour. */
const quarter = 900_000

interface Slot {
  readonly slot: number
  readonly zoned: DateTime.Zoned
}

/** How the clocks of a zone stand in each quarter of an hour that a cell is of. */
const offsets: ReadonlyArray<Column.Column<Slot>> = [
  Column.float("slot", ({ slot }) => slot),
  Column.float("offset_ms", ({ zoned }) => DateTime.zonedOffset(zoned)),
  Column.text("words", ({ zoned }) =>
    /[+-]00:00$/.test(DateTime.formatIsoOffset(zoned)) ? "Z" : DateTime.formatIsoOffset(zoned).slice(-6)
  )
]

const loadOffsets = Effect.fnUntraced(function* ({ schema, words }: Worded, { asking, zone }: CsvOptions) {
  const db = yield* DuckDb
  const table = `${words}.zone_offset`
  yield* db.run(`DROP TABLE IF EXISTS ${table}; ${Column.createTable(table, offsets)}`)
  const slots = db.stream(
    `SELECT DISTINCT (unnest([f.at_ms, coalesce(f.deadline_ms, f.at_ms)]) // ${quarter})::DOUBLE AS slot FROM ${Found.sources(schema, { asking }).f} f`,
    Trusted.rows<{ readonly slot: number }>()
  )
  yield* db.append(
    table,
    offsets,
    slots.pipe(
      Stream.map(({ slot }) => ({ slot, zoned: DateTime.makeZonedUnsafe(slot * quarter, { timeZone: zone }) }))
    )
  )
})

/** How the cells of `FindingFiles.columns` are made, of the rows of `Found.from` and `words t`. */
const cells = (t: string): Readonly<Record<string, string>> => {
  // The CDR that a finding is about; where it is about none, the one that explains it stands first.
  const first = (of: (c: string) => string) => `CASE WHEN c.arrival IS NOT NULL THEN ${of("c")} ELSE ${of("w")} END`
  const second = (of: string) => `CASE WHEN c.arrival IS NOT NULL THEN ${of} END`
  const seconds = (millis: string) => `rtrim(rtrim((${millis}::DECIMAL(38, 0) * 0.001)::VARCHAR, '0'), '.')`
  const local = (z: string, millis: string) => `${t}.iso(${millis} + ${z}.offset_ms::BIGINT) || ${z}.words`
  return {
    code: "f.code::VARCHAR",
    severity: "t.severity",
    in_doubt: "f.in_doubt::VARCHAR",
    at: local("za", "f.at_ms"),
    deadline: local("zd", "f.deadline_ms"),
    cdr_uuid: first((c) => `${c}.uuid`),
    cdr_id: first((c) => `${c}.id`),
    direction: first((c) => `${c}.direction`),
    trunk_id: first((c) => `${c}.trunk_id`),
    from: `${t}.phone(${first((c) => `coalesce(${c}.from_e164, ${c}.from_raw)`)})`,
    to: `${t}.phone(${first((c) => `coalesce(${c}.to_e164, ${c}.to_raw)`)})`,
    recording_ids: `array_to_string(list_transform(${Evidence.all}, lambda l: l.recordingId), ' ')`,
    key: `(${Evidence.all})[1].key::VARCHAR`,
    verdict: "f.verdict::VARCHAR",
    rule: "t.rule",
    reason: "f.reason::VARCHAR",
    why_uuid: second("w.uuid"),
    why_id: second("w.id"),
    talk_seconds: seconds("f.talk_ms"),
    counted_seconds: seconds("f.base_ms"),
    recorded_seconds: seconds("f.recorded_ms"),
    surely_seconds: seconds("f.least_ms"),
    gaps: "t.gaps",
    allowed_gaps: "t.allowed",
    excuse: "t.excuse",
    excuse_reference: "x.reference",
    retention_class: "r.name",
    amount: `CASE WHEN f.currency IS NOT NULL THEN ${t}.plain(f.amount::VARCHAR) END`,
    currency: "CASE WHEN f.amount IS NOT NULL THEN f.currency END",
    explanation: "t.explanation",
    next_step: "t.next_step"
  }
}

export interface CsvOptions extends Reading {
  readonly zone: DateTime.TimeZone
  readonly columns: ReadonlyArray<{ readonly header: string; readonly kind: CsvFile.Column<never>["kind"] }>
}

/** Writes findings as CSV, of these columns, to a file that is there. */
export const csv = Effect.fnUntraced(function* (
  some: Worded,
  options: CsvOptions,
  path: string
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const t = some.words
  yield* loadOffsets(some, options)
  const values = cells(t)
  // The cells of one kind are a list, so that what makes them safe is planned once and not for each.
  const kinds = Array.from(new Set(options.columns.map(({ kind }) => kind)))
  const of = (kind: CsvFile.Column<never>["kind"]) => options.columns.filter((column) => column.kind === kind)
  const made = kinds.map(
    (kind) =>
      `list_transform([${of(kind)
        .map(({ header }) => values[header] ?? "NULL")
        .join(", ")}], lambda cell: ${Cell.sql(kind, "cell")}) AS ${kind}`
  )
  const ordered = options.columns.map((column) => `${column.kind}[${of(column.kind).indexOf(column) + 1}]`)
  // The whole line is one cell, and so is the header's.
  const header = `${options.columns.map((column) => column.header).join(",")}\r`
  const rows = `SELECT array_to_string(list_transform([${ordered.join(", ")}], lambda cell: ${Cell.quotedSql("cell")}), ',') || chr(13) AS ${Sql.name(header)}
FROM (
  SELECT ${made.join(", ")}, row_number() OVER (ORDER BY ${Found.inOrder}) AS nth
  ${worded(some, Found.sources(some.schema, options))} LEFT JOIN ${t}.zone_offset za ON za.slot = (f.at_ms // ${quarter})::DOUBLE
  LEFT JOIN ${t}.zone_offset zd ON zd.slot = (f.deadline_ms // ${quarter})::DOUBLE)
ORDER BY nth`
  yield* db.run(lines(rows, path, true))
})
