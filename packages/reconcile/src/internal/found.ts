/** Findings as the kernel left them, read from the database one after the other. */
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as Finding from "../Finding.ts"
import type * as Policy from "../Policy.ts"
import * as Evidence from "./evidence.ts"
import * as Phone from "./phone.ts"
import * as SameId from "./sameId.ts"
import * as Sql from "./sql.ts"
import * as Trusted from "./trusted.ts"

/**
 * In which order findings come: of `at`, or of how urgent they are at an instant. Those whose time is over, or that have no `deadline`, come
 * last then; of both groups the critical ones come first, and of these the ones with the earliest deadline.
 *
 * @category models
 * @since 0.1.0
 */
export type Order = "at" | { readonly urgentAt: DateTime.Utc }

/**
 * Which findings are read, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading {
  /** @default "at" */
  readonly order?: Order | undefined
  /**
   * Only findings that ask for something to be done: none of severity `info`.
   *
   * @default false
   */
  readonly asking?: boolean | undefined
  /**
   * At most so many, the first of them.
   *
   * @default all
   */
  readonly most?: number | undefined
}

/** The rank of findings that are about a recording alone, after those of CDRs. */
export const ofRecording = 9

/** The codes of findings that ask for nothing to be done. */
export const unasked: ReadonlyArray<Finding.Code> = Finding.Code.literals.filter(
  (code) => Finding.severities[code] === "info"
)

const isAsking = `f.code NOT IN (${unasked.map(Sql.text).join(", ")})`

/** The relations that findings are read from, as SQL. */
export interface Sources {
  /** Findings. */
  readonly f: string
  /** The CDRs that they are about. */
  readonly c: string
  /** The CDRs that explain them. */
  readonly w: string
  /** Their recordings. */
  readonly a: string
}

/** The rows that findings name by a column. */
const named = (rows: string, findings: string, column: "arrival" | "why_arrival" | "audio_arrival"): string =>
  `(FROM ${rows} SEMI JOIN (SELECT ${column} AS arrival FROM ${findings} WHERE ${column} IS NOT NULL) named USING (arrival))`

/** The sources of a few findings: a join holds all of its right side in memory, so it gets the rows that these name. */
const few = (s: string, f: string): Sources => ({
  f,
  c: named(`${s}.cdr`, f, "arrival"),
  w: named(`${s}.cdr`, f, "why_arrival"),
  a: named(`${s}.shown`, f, "audio_arrival")
})

/** The sources of all findings, or of those that ask for something to be done. */
export const sources = (s: string, { asking = false }: Pick<Reading, "asking">): Sources => {
  const every = few(s, asking ? `(FROM ${s}.finding f WHERE ${isAsking})` : `${s}.finding`)
  return asking ? every : { ...every, c: `${s}.cdr`, a: `${s}.shown` }
}

/**
 * What findings are read from: `finding f`, its `cdr c` and the one that explains it, `cdr w`, the recordings of `Evidence.joined`, and of
 * the policy `retention_class r` and `excuse x`. The sources may have more columns.
 */
export const from = (s: string, { a, c, f, w }: Sources): string => `FROM ${f} f
LEFT JOIN ${s}.retention_class r ON r.rule = f.rule::VARCHAR
LEFT JOIN ${s}.excuse x ON x.name = f.excuse
LEFT JOIN ${c} c ON c.arrival = f.arrival
LEFT JOIN ${w} w ON w.arrival = f.why_arrival
${Evidence.joined(s, a)}`

/** What the rows of `from` are sorted by in the order of `at`. */
export const keys: ReadonlyArray<string> = [
  "f.at_ms",
  `f.rank = ${ofRecording}`,
  "c.uuid",
  ...Sql.idKeys("c.id"),
  "f.rank",
  "a.recording_id",
  "f.code::VARCHAR",
  "f.detail"
]

/** The order of `at` of the rows of `from`. */
export const inOrder: string = Sql.ascending(keys)

/**
 * Makes table `line` in schema `t` and returns the clause that reads its column `line` in order.
 *
 * One statement that joins and sorts needs more memory than these two: more than 400 MB instead of 250 for 200,000 lines (bench/RESULTS.md).
 */
export const sorted = Effect.fnUntraced(function* (
  t: string,
  /** The sort keys: expressions over the rows of `from`. */
  by: ReadonlyArray<string>,
  /** Returns the query that selects `line` and the given columns. */
  rows: (columns: string) => string
): Effect.fn.Return<string, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const named = by.map((key, nth) => ({ key, name: `key_${nth}` }))
  yield* db.run(
    `CREATE OR REPLACE TABLE ${t}.line AS ${rows(named.map(({ key, name }) => `${key} AS ${name}`).join(", "))}`
  )
  return `FROM ${t}.line ORDER BY ${Sql.ascending(named.map(({ name }) => name))}`
})

/** Decimals are text, as JSON has no others than floats. */
const cdrEvidence = (c: string) =>
  `CASE WHEN ${c}.arrival IS NOT NULL THEN {'uuid': ${c}.uuid, 'id': ${c}.id, 'account': ${c}.account_id, 'start': ${c}.start_ms,
    'end': ${c}.end_ms, 'direction': ${c}.direction, 'trunkId': ${c}.trunk_id, 'from': coalesce(${c}.from_e164, ${c}.from_raw),
    'to': coalesce(${c}.to_e164, ${c}.to_raw), 'talk': CASE WHEN ${c}.talk_unread THEN NULL ELSE ${c}.talk_ms END,
    'cost': ${c}.cost::VARCHAR, 'currency': ${c}.currency} END`

interface CdrRow {
  readonly uuid: string
  readonly id: string | null
  readonly account: string | null
  readonly start: number
  readonly end: number | null
  readonly direction: string | null
  readonly trunkId: string | null
  readonly from: string | null
  readonly to: string | null
  readonly talk: number | null
  readonly cost: string | null
  readonly currency: string | null
}

interface RecordingRow {
  readonly recordingId: string
  readonly key: Finding.Key | null
  readonly callUuid: string | null
  readonly type: string | null
  readonly account: string | null
  readonly began: number
  readonly duration: number | null
  readonly isGuess: boolean
  readonly source: Finding.RecordingEvidence["source"]
}

export interface SpanRow {
  readonly begin: number
  readonly stop: number
}

export interface ExcuseRow {
  readonly name: string
  readonly reason: string
  readonly reference: string
  readonly approver: string
  readonly expires: number
}

/** The fields of a finding that do not depend on its CDRs and recordings. */
export interface FindingFields {
  readonly code: Finding.Code
  readonly inDoubt: boolean
  readonly reason: Finding.Reason | null
  readonly verdict: Policy.Verdict | null
  readonly rule: string | null
  readonly talk: number | null
  readonly base: number | null
  readonly recorded: number | null
  readonly surely: number | null
  readonly gaps: ReadonlyArray<SpanRow> | null
  readonly allowed: ReadonlyArray<SpanRow> | null
  readonly excuse: ExcuseRow | null
  readonly amount: string | null
  readonly currency: string | null
  readonly detail: string | null
}

interface Row extends FindingFields {
  readonly at: number
  readonly deadline: number | null
  readonly cdr: CdrRow | null
  readonly why: CdrRow | null
  readonly recordings: ReadonlyArray<RecordingRow>
  readonly retentionClass: string | null
}

/** The excuse of the policy, as evidence. */
export const excuse = `CASE WHEN x.name IS NOT NULL THEN {'name': x.name, 'reason': x.reason, 'reference': x.reference, 'approver': x.approver, 'expires': x.expires_ms} END`

/** A row as one JSON: the client of the database makes a value of each field by itself, which takes three times as long. */
const row = `to_json({'code': f.code, 'inDoubt': f.in_doubt, 'reason': f.reason, 'verdict': f.verdict, 'rule': f.rule, 'at': f.at_ms,
  'deadline': f.deadline_ms, 'cdr': ${cdrEvidence("c")}, 'why': ${cdrEvidence("w")}, 'recordings': ${Evidence.all}, 'talk': f.talk_ms,
  'base': f.base_ms, 'recorded': f.recorded_ms, 'surely': f.least_ms, 'gaps': f.gaps, 'allowed': f.allowed,
  'excuse': ${excuse},
  'retentionClass': r.name, 'amount': f.amount::VARCHAR, 'currency': f.currency, 'detail': f.detail})::VARCHAR`

const critical = Finding.Code.literals.filter((code) => Finding.severities[code] === "critical")

/** Whether a finding is critical. */
const isCritical = `(f.code IN (${critical.map(Sql.text).join(", ")}) AND NOT f.in_doubt)`

const urgency = (now: number) => [`coalesce(f.deadline_ms <= ${now}, true)`, `NOT ${isCritical}`, "f.deadline_ms"]

/** What a finding is about, as `FindingKey.subjectOf` says it, of a CDR or of a recording. */
export const subjectOf = {
  cdr: (uuid: string, id: string): string => SameId.trimEnd(`'cdr ' || ${uuid} || ' ' || coalesce(${id}, '')`),
  recording: (id: string): string => `'recording ' || ${id}`
}

/**
 * The sources of findings that ask for something or are about the subjects in column `subject` of the Parquet file `open`. The rows of these
 * are looked up in schema `t`.
 */
export const askingOrAbout = Effect.fnUntraced(function* (
  s: string,
  t: string,
  open: string
): Effect.fn.Return<Sources, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const subjects = `(SELECT subject FROM read_parquet(${Sql.text(open)}))`
  yield* db.run(`CREATE TABLE ${t}.cdr AS SELECT arrival FROM ${s}.cdr WHERE ${subjectOf.cdr("uuid", "id")} IN ${subjects};
CREATE TABLE ${t}.recording AS SELECT arrival FROM ${s}.shown WHERE ${subjectOf.recording("recording_id")} IN ${subjects}`)
  const cdr = "coalesce(f.arrival, f.why_arrival)"
  return few(
    s,
    `(FROM ${s}.finding f WHERE ${isAsking}
  OR CASE WHEN ${cdr} IS NULL THEN f.audio_arrival IN (FROM ${t}.recording) ELSE ${cdr} IN (FROM ${t}.cdr) END)`
  )
})

/** The findings, as `Kernel.findings` gives them. */
export const read = (
  s: string,
  { asking, most, order = "at" }: Reading = {}
): Stream.Stream<Finding.Finding, DuckDbError, DuckDb> => {
  const found = sources(s, { asking })
  const by = order === "at" ? keys : [...urgency(order.urgentAt.epochMilliseconds), ...keys]
  return Stream.unwrap(
    Effect.gen(function* () {
      const db = yield* DuckDb
      const all = (more: string) => `SELECT ${row} AS line, ${more} ${from(s, found)}`
      const statement =
        most === undefined
          ? `SELECT line ${yield* sorted(yield* db.scratch, by, all)}`
          : first(s, found, Sql.ascending(by), most)
      return Stream.map(db.stream(statement, Trusted.rows<{ readonly line: string }>()), ({ line }) =>
        toFinding(JSON.parse(line) as Row)
      )
    })
  )
}

/** The first of some findings. The statement is run with the sources of these alone. */
const first = (s: string, { a, c, f }: Sources, ordered: string, most: number): string => `WITH first AS MATERIALIZED (
  SELECT f.* FROM ${f} f LEFT JOIN ${c} c ON c.arrival = f.arrival LEFT JOIN ${a} a ON a.arrival = f.audio_arrival
  ORDER BY ${ordered} LIMIT ${most})
SELECT ${row} AS line ${from(s, few(s, "first"))} ORDER BY ${ordered}`

const instant = (millis: number) => DateTime.makeUnsafe(millis)

const orNull = <A, B>(value: A | null, of: (value: A) => B) => (value === null ? null : of(value))

const money = (amount: string | null, currency: string | null) =>
  amount === null || currency === null
    ? null
    : { amount: BigDecimal.normalize(BigDecimal.fromStringUnsafe(amount)), currency }

const toCdr = ({ cost, currency, end, from, start, talk, to, ...row }: CdrRow) =>
  Trusted.instance(Finding.CdrEvidence, {
    ...row,
    from: orNull(from, Phone.of),
    to: orNull(to, Phone.of),
    start: instant(start),
    end: orNull(end, instant),
    talk: orNull(talk, Duration.millis),
    cost: money(cost, currency)
  })

const toRecording = (row: RecordingRow) =>
  Trusted.instance(Finding.RecordingEvidence, {
    ...row,
    began: instant(row.began),
    duration: orNull(row.duration, Duration.millis)
  })

const gap = ({ begin, stop }: SpanRow): Finding.Gap => ({
  from: Duration.millis(begin),
  to: Duration.millis(stop)
})

/** The same fields as a `Finding` has them. */
export const fieldsOf = (row: FindingFields) => ({
  code: row.code,
  inDoubt: row.inDoubt,
  reason: row.reason,
  verdict: row.verdict,
  rule: row.rule,
  talk: orNull(row.talk, Duration.millis),
  base: orNull(row.base, Duration.millis),
  recorded: orNull(row.recorded, Duration.millis),
  surely: orNull(row.surely, Duration.millis),
  gaps: (row.gaps ?? []).map(gap),
  allowed: (row.allowed ?? []).map(gap),
  excuse: orNull(row.excuse, (excuse) => ({ ...excuse, expires: instant(excuse.expires) })),
  amount: money(row.amount, row.currency),
  ...(row.detail === null ? {} : { detail: row.detail })
})

const toFinding = (row: Row): Finding.Finding =>
  Finding.explain({
    ...fieldsOf(row),
    at: instant(row.at),
    deadline: orNull(row.deadline, instant),
    cdrs: [row.cdr, row.why].filter((cdr) => cdr !== null).map(toCdr),
    recordings: row.recordings.map(toRecording),
    retentionClass: row.retentionClass
  })
