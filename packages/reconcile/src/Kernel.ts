/**
 * The rules of matching, written once, as SQL over the relations of `Relations`. What they are is told in `Finding`
 * and `Policy`; here is how.
 *
 * Each step makes a table from tables by hash joins, aggregates and window functions, all of which DuckDB runs on all
 * threads and spills to disk. No join can multiply rows: what is joined to is first brought down to one row a key. What most rows
 * have nothing of, such as CDRs that share an id or have several recordings, is a table of the few that do; what a step takes from
 * all rows is a view, so that it is kept nowhere twice.
 *
 * @since 0.1.0
 */
import type { Money } from "@vobiz-effect/core/Money"
import * as BigDecimal from "effect/BigDecimal"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import * as Column from "./Column.ts"
import * as Coverage from "./Coverage.ts"
import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import * as Finding from "./Finding.ts"
import * as Allowance from "./internal/allowance.ts"
import * as Conference from "./internal/conference.ts"
import * as Conversation from "./internal/conversation.ts"
import * as Evidence from "./internal/evidence.ts"
import * as Found from "./internal/found.ts"
import * as Judgement from "./internal/judgement.ts"
import * as Owner from "./internal/owner.ts"
import * as Repeated from "./internal/repeated.ts"
import * as SameId from "./internal/sameId.ts"
import * as Sql from "./internal/sql.ts"
import * as Policy from "./Policy.ts"
import * as Tied from "./internal/tied.ts"
import * as Timeline from "./internal/timeline.ts"
import * as Vanished from "./internal/vanished.ts"

export type { Order, Reading } from "./internal/found.ts"

/**
 * The span that is judged: calls that start at `from` or later and before `to`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Window {
  readonly from: DateTime.Utc
  readonly to: DateTime.Utc
}

/**
 * What the rules leave to choose.
 *
 * - `settle`: how long after a call's end its recording and its CDR may still come.
 * - `retention`: how long after a call's end the provider keeps its recording.
 * - `longestCall`: no call lasts longer; a recording within so much of the edge of the CDRs may belong to a call outside.
 * - `lookBack`: how long before the window the CDRs given begin. CDRs outside the window are matched, not judged.
 * - `skew`: by how much the clocks of calls and of recordings may differ. It forgives a first and a last gap of at most so much.
 * - `account`: the account that the lists were read of, such as `MA_…`; `null` where that is not known. Rows of another one
 *   are not reported as missing: their other half may stand in that one's lists.
 * - `policy`: which calls had to be recorded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  readonly settle: Duration.Duration
  readonly retention: Duration.Duration
  readonly longestCall: Duration.Duration
  readonly lookBack: Duration.Duration
  readonly skew: Duration.Duration
  readonly account: string | null
  readonly policy: Policy.Policy
}

/**
 * The settings when nothing else is said. The provider keeps recordings for 30 days (docs/vobiz-api.md, "Retention");
 * the other figures are choices.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: Settings = {
  settle: Duration.hours(1),
  retention: Duration.days(30),
  longestCall: Duration.hours(4),
  lookBack: Duration.zero,
  skew: Duration.seconds(5),
  account: null,
  policy: Policy.byTrunks
}

/**
 * What one run judges: the window, as known at `asOf`, by the settings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Parameters {
  readonly window: Window
  readonly asOf: DateTime.Utc
  readonly settings: Settings
  /** Which of the lists are whole. Absence found in another one is in doubt. */
  readonly proved: { readonly cdrs: boolean; readonly recordings: boolean }
}

/** The parameters as a table of one row, so that they are values to every statement and never text of it. */
const parameter: ReadonlyArray<Column.Column<Parameters>> = [
  Column.instant("from_ms", ({ window }) => window.from),
  Column.instant("to_ms", ({ window }) => window.to),
  Column.instant("as_of_ms", ({ asOf }) => asOf),
  Column.millis("settle_ms", ({ settings }) => settings.settle),
  Column.millis("retention_ms", ({ settings }) => settings.retention),
  Column.millis("longest_call_ms", ({ settings }) => settings.longestCall),
  Column.millis("look_back_ms", ({ settings }) => settings.lookBack),
  Column.millis("skew_ms", ({ settings }) => settings.skew),
  Column.float(
    "minimum_share",
    ({ settings: { policy } }) => (policy.minimumShare ?? Policy.defaultMinimumShare) / 100
  ),
  Column.millis("maximum_gap_ms", ({ settings: { policy } }) => policy.maximumGap ?? Policy.defaultMaximumGap),
  Column.text("own_account", ({ settings }) => (settings.account === null ? null : SameId.of(settings.account)))
]

/**
 * The two numbers of a row, by their last nine digits, so that a national number agrees with its international form; NULL
 * where one of them is no number that could tell a caller from another.
 */
const line = (row: string) => `${Conference.digitsOf(row, "from")} || ' ' || ${Conference.digitsOf(row, "to")}`

/** Of a row of table `recording`: where it begins, if that is known, when it ended, and how long it is. */
const ofRow = {
  placed: "coalesce(start_ms, end_ms - duration_ms)",
  ended: "coalesce(end_ms, start_ms + duration_ms, add_ms)",
  length: "coalesce(duration_ms, CASE WHEN end_ms >= start_ms THEN end_ms - start_ms END)"
}

/** Some rows of view `compared_recording` as those of view `audio`: with its ids as they came, and the same, as they are compared. */
const audioOf = (
  rows: string
) => `SELECT arrival, shown_id AS recording_id, recording_id AS recording_key, shown_call AS call_uuid, call_uuid AS call_key,
  recording_type, shown_account AS account_id, account_id AS account_key,
  recording_type = 'conference' OR conference_name IS NOT NULL AS is_conference,
  coalesce(duration_ms, CASE WHEN end_ms = start_ms THEN 0 END) AS duration_ms, add_ms,
  coalesce(start_ms, coalesce(end_ms, add_ms) - coalesce(duration_ms, 0)) AS began_ms,
  ${ofRow.ended} AS ended_ms, ${ofRow.placed} AS placed_ms, ${ofRow.length} AS length_ms, start_ms IS NULL AND end_ms IS NULL AS is_guess, 'provider' AS source
FROM ${rows}`

/**
 * The spans of `some` that overlap just one of `others` on their line, and which. There is no join of spans, which would
 * multiply rows: of `others`, those that began by a span's stop, less those that had stopped before it began, overlap it; if
 * that is one, it is the one that stopped last of those that began.
 */
const overlappedOnce = (some: string, others: string) => `
  SELECT arrival, other FROM (
    SELECT arrival, is_asked, count(*) FILTER (NOT is_asked) OVER upto AS begun,
      arg_max(CASE WHEN NOT is_asked THEN arrival END, CASE WHEN NOT is_asked THEN stop END) OVER upto AS other
    FROM (
      SELECT arrival, line, stop AS t, stop, true AS is_asked FROM ${some} WHERE line IS NOT NULL
      UNION ALL
      SELECT arrival, line, begin, stop, false FROM ${others} WHERE line IS NOT NULL)
    WINDOW upto AS (PARTITION BY line ORDER BY t, is_asked ROWS UNBOUNDED PRECEDING))
  JOIN (
    SELECT arrival, is_asked, count(*) FILTER (NOT is_asked) OVER upto AS stopped
    FROM (
      SELECT arrival, line, begin AS t, true AS is_asked FROM ${some} WHERE line IS NOT NULL
      UNION ALL
      SELECT arrival, line, stop, false FROM ${others} WHERE line IS NOT NULL)
    WINDOW upto AS (PARTITION BY line ORDER BY t, is_asked DESC ROWS UNBOUNDED PRECEDING)) USING (arrival, is_asked)
  WHERE is_asked AND begun - stopped = 1`

/** What CDRs that bill one leg have in common. */
const twinKeys = [
  "sip_call_id",
  "bridge_uuid",
  "CASE WHEN sip_call_id IS NULL AND bridge_uuid IS NULL THEN uuid END",
  "leg_ms",
  "talk_ms"
]

/** All of it. */
const twins = [...twinKeys, "from_number", "to_number"].join(", ")

/** The CDRs that may bill a leg twice. */
const twinned = (s: string) => `(FROM ${s}.tied WHERE is_last AND talk_ms > 0)`

/** The columns of view `leg`, of `cdr c` and `parameter p`. */
const leg = `arrival, uuid, shown_uuid, id, account_id, sip_call_id, bridge_uuid, start_ms, coalesce(end_ms, start_ms + duration_ms) AS ended_ms,
  ${Tied.doubt} AS doubt_ms, talk_ms, coalesce(talk_unread, false) AS is_unread, cost, currency,
  start_ms >= p.from_ms AND start_ms < p.to_ms AS in_window`

/**
 * Makes view `finding`, of tables `primary_finding`, one row for each CDR of the window, and `further_finding`. `arrival` and `uuid` are
 * of the CDR, `audio_arrival` and `recording_id` of the recording if it is one.
 */
const tables = (s: string, { proved, settings: { policy } }: Parameters): ReadonlyArray<string> => {
  // A word of few takes a byte, and is written to files as such.
  const words: Readonly<Record<string, ReadonlyArray<string>>> = {
    code: Finding.Code.literals,
    reason: Finding.Reason.literals,
    verdict: Policy.Verdict.literals,
    rule: Array.from(new Set([...Policy.builtIn, ...policy.rules.map(({ name }) => name)])),
    key: Finding.Key.literals
  }
  const columns = `code ${s}.code_word, reason ${s}.reason_word, verdict ${s}.verdict_word, rule ${s}.rule_word, at_ms BIGINT,
  deadline_ms BIGINT, arrival BIGINT, uuid VARCHAR, why_arrival BIGINT, recordings INTEGER, audio_arrival BIGINT,
  recording_id VARCHAR, key ${s}.key_word, by_uuid BOOLEAN, talk_ms BIGINT, base_ms BIGINT, recorded_ms BIGINT, least_ms BIGINT,
  gaps STRUCT("begin" BIGINT, stop BIGINT)[], allowed STRUCT("begin" BIGINT, stop BIGINT)[], excuse VARCHAR, longer_ms BIGINT`
  const { excuses = [], rules } = policy
  const classes = rules.flatMap(({ name, retentionClass }) =>
    retentionClass === undefined ? [] : [`(${Sql.text(name)}, ${Sql.text(retentionClass)})`]
  )
  const approved = excuses.map(
    ({ approver, expires, name, reason, reference }) =>
      `(${[name, reason, reference, approver].map(Sql.text).join(", ")}, ${expires.epochMilliseconds})`
  )
  const filled = (table: string, rows: ReadonlyArray<string>) =>
    rows.length === 0 ? [] : [`INSERT INTO ${s}.${table} VALUES ${rows.join(", ")}`]
  return [
    `CREATE TABLE ${s}.retention_class (rule VARCHAR, name VARCHAR)`,
    ...filled("retention_class", classes),
    `CREATE TABLE ${s}.excuse (name VARCHAR, reason VARCHAR, reference VARCHAR, approver VARCHAR, expires_ms BIGINT)`,
    ...filled("excuse", approved),
    ...Object.entries(words).map(
      ([name, some]) => `CREATE TYPE ${s}.${name}_word AS ENUM (${some.map(Sql.text).join(", ")})`
    ),
    `CREATE TABLE ${s}.primary_finding (${columns})`,
    `CREATE TABLE ${s}.further_finding (${columns}, rank TINYINT, amount DECIMAL(38, 18), currency VARCHAR, detail VARCHAR)`,
    `CREATE VIEW ${s}.finding AS SELECT *, ${inDoubt(proved)} AS in_doubt
FROM (SELECT *, 1 AS rank, NULL AS amount, NULL AS currency, NULL AS detail FROM ${s}.primary_finding UNION ALL FROM ${s}.further_finding)`
  ]
}

/** Whether a finding rests on absence from a list that is not proved whole. */
const inDoubt = ({ cdrs, recordings }: Parameters["proved"]): string => {
  const parts = [
    ...(recordings
      ? []
      : [
          "code IN ('missing', 'partly-recorded', 'excused', 'deleted-since')",
          "(code = 'unusable' AND recordings = 0)"
        ]),
    ...(cdrs ? [] : ["code = 'orphan'"])
  ]
  return parts.length === 0 ? "false" : parts.join(" OR ")
}

/** Makes table `by_…`: for each of some recordings, the CDR that it names by this key, or none, and then the id that it names. */
const addressed = (s: string, key: Finding.Key, rows: string) =>
  Owner.addressed(s, key, {
    table: `by_${key}`,
    rows,
    span: { begin: "coalesce(a.placed_ms, a.ended_ms - coalesce(a.length_ms, 0))", stop: "a.ended_ms" }
  })

/** So many CDRs have their findings made at once: more need not fit into memory beside their recordings. */
const cdrsAtOnce = 5_000_000

const Last = Schema.Struct({ last: Schema.FiniteFromString })

/** Makes each CDR's primary finding, some CDRs after others. */
const primaryFindings = Effect.fnUntraced(function* (s: string, policy: Policy.Policy) {
  const db = yield* DuckDb
  const [{ last } = { last: 0 }] = yield* db.query(`SELECT coalesce(max(arrival), 0) AS last FROM ${s}.cdr`, Last)
  for (let first = 0; first <= last; first += cdrsAtOnce) {
    yield* db.run(primaryOf(s, policy, first, first + cdrsAtOnce - 1))
  }
})

/** A call is recorded if enough of what counts is, and no gap is too long. */
const isFull = `recorded_ms > 0 AND recorded_ms + ${Timeline.resolution} >= minimum_share * base_ms AND gap_ms <= maximum_gap_ms`

const primaryOf = (s: string, policy: Policy.Policy, first: number, last: number) => {
  const allowance = Allowance.steps(policy, "told", "allowing")
  return `INSERT INTO ${s}.primary_finding
WITH known AS (
  SELECT leg.arrival, shown_uuid AS uuid, start_ms, ended_ms, talk_ms, is_unread, ended_ms - talk_ms AS s_ms, verdict, rule, excused_by, is_changed,
    coalesce(r.recordings, 0)::INTEGER AS recordings, coalesce(r.heard, 0) AS heard, r.audio_arrival, r.recording_id, r.key, r.by_uuid, r.longest_ms,
    t.first_arrival, r.first_ended_ms, doubt_ms,
    CASE WHEN coalesce(r.heard, 0) = 0 THEN coalesce(t.usable_arrival, t.recorded_arrival, nullif(t.first_arrival, leg.arrival)) END
      AS twin_arrival,
    u.arrival IS NOT NULL AS is_unusable, f.arrival IS NULL AS is_lone, f,
    -- Of one recording: where it begins in the talk, and how long it is.
    CASE WHEN r.audio_arrival IS NOT NULL AND u.arrival IS NULL THEN coalesce(CASE WHEN doubt_ms = 0 AND r.length_ms > 0 THEN r.placed_ms END, s_ms) END AS a_ms,
    CASE WHEN r.audio_arrival IS NOT NULL AND u.arrival IS NULL THEN coalesce(r.length_ms, talk_ms) END AS l_ms,
    coalesce(r.placed_ms IS NULL OR r.length_ms IS NULL OR doubt_ms > 0, false) AS is_guess, r.length_ms,
    coalesce(leg.account_id <> p.own_account, false) AS is_foreign, coalesce(leg.cost < 0, false) AS is_credit,
    p.as_of_ms, p.settle_ms, p.retention_ms, p.skew_ms, p.minimum_share, p.maximum_gap_ms
  FROM ${s}.leg
  LEFT JOIN ${s}.recorded r USING (arrival)
  LEFT JOIN ${s}.twin t USING (arrival)
  LEFT JOIN ${s}.timed f USING (arrival)
  LEFT JOIN ${s}.unusable u USING (arrival),
  ${s}.parameter p
  WHERE in_window AND leg.arrival BETWEEN ${first} AND ${last}),
edged AS (
  SELECT *, ${Timeline.lone.head} AS head_ms, ${Timeline.lone.tail} AS tail_ms,
    coalesce(${Timeline.lone.headNear}, false) AS head_near, coalesce(${Timeline.lone.tailNear}, false) AS tail_near,
    coalesce(talk_ms - CASE WHEN head_near THEN 0 ELSE head_ms END - CASE WHEN tail_near THEN 0 ELSE tail_ms END <= l_ms + ${Timeline.resolution}, false) AS is_forgiven,
    CASE WHEN is_forgiven AND head_near THEN 0 ELSE head_ms END AS head_lacks_ms,
    CASE WHEN is_forgiven AND tail_near THEN 0 ELSE tail_ms END AS tail_lacks_ms
  FROM known),
spanned AS (
  SELECT * EXCLUDE (is_guess), CASE WHEN is_lone THEN talk_ms ELSE f.base_ms END AS base_ms,
    CASE WHEN is_lone THEN talk_ms - head_lacks_ms - tail_lacks_ms ELSE f.recorded_ms END AS recorded_ms,
    CASE WHEN is_lone THEN greatest(head_lacks_ms, tail_lacks_ms) ELSE f.gap_ms END AS gap_ms,
    -- A recording without a place lies within its call, so that what the call has beside talk is all that it may have of it.
    CASE WHEN NOT is_lone THEN f.least_ms
      WHEN is_guess THEN least(recorded_ms, greatest(0, coalesce(length_ms, 0) - (ended_ms - start_ms - talk_ms) - skew_ms))
      ELSE recorded_ms END AS least_ms,
    CASE WHEN is_lone THEN is_guess ELSE f.is_guess END AS is_guess,
    coalesce(f.poor_ms, 0) AS poor_ms, coalesce(f.met_nobody, false) AS met_nobody, coalesce(f.is_over, false) AS is_over,
    coalesce(f.is_maybe_over, false) AS is_maybe_over,
    coalesce(by_uuid, false) AND NOT is_unusable AND coalesce(head_ms + tail_ms <= ${Timeline.resolution}, false) AS is_own,
    coalesce(f.span_ms, ended_ms - start_ms) AS span_ms,
    CASE WHEN longest_ms > span_ms + skew_ms AND 20 * longest_ms > 21 * span_ms THEN longest_ms END AS longer_ms,
    first_ended_ms + retention_ms AS recorded_until_ms, ended_ms - doubt_ms + retention_ms AS kept_until_ms,
    as_of_ms < ended_ms + doubt_ms + settle_ms AS is_recent, as_of_ms >= kept_until_ms AS is_expired
  FROM edged),
told AS (
  SELECT *, CASE
      WHEN NOT is_lone THEN f.gaps
      WHEN head_lacks_ms = talk_ms OR tail_lacks_ms = talk_ms THEN [{'begin': 0, 'stop': talk_ms}]
      ELSE list_filter([{'begin': 0, 'stop': head_lacks_ms}, {'begin': talk_ms - tail_lacks_ms, 'stop': talk_ms}],
        lambda x: x.stop > x.begin) END AS gaps,
    CASE WHEN is_lone THEN head_ms ELSE f.heard_from_ms END AS heard_from_ms,
    CASE WHEN is_lone THEN talk_ms - tail_ms ELSE f.heard_to_ms END AS heard_to_ms
  FROM spanned),
${
  allowance === null
    ? "measured AS (SELECT *, NULL AS allowed FROM told)"
    : `${allowance},
measured AS (
  SELECT * REPLACE (base_ms - ${Timeline.total("allowed")} AS base_ms, ${Timeline.longest("lacking")} AS gap_ms, lacking AS gaps) FROM allowing)`
},
weighed AS (
  SELECT *, ${isFull} AS is_full, recorded_ms > 0 OR recordings > 0 AND NOT is_unusable AS is_touched FROM measured),
settled AS (
  SELECT *, CASE
      WHEN heard > 0 THEN NULL
      WHEN twin_arrival IS NOT NULL THEN 'duplicate'
      WHEN is_credit THEN 'credit'
      WHEN rule = 'unanswered' THEN 'unanswered'
      WHEN rule = 'minimum-talk' THEN 'too-short'
      WHEN verdict = 'must-not' AND (is_over OR is_maybe_over) THEN NULL
      WHEN verdict = 'must' AND base_ms = 0 THEN 'by-rule'
      WHEN f.other_arrival IS NOT NULL AND CASE verdict WHEN 'must' THEN is_full WHEN 'must-not' THEN false ELSE recorded_ms > 0 END THEN 'other-leg'
      WHEN verdict = 'must' THEN CASE WHEN met_nobody THEN 'met-nobody' END
      ELSE 'by-rule' END AS reason
  FROM weighed),
coded AS (
  SELECT *, CASE
      WHEN reason IS NOT NULL THEN 'not-expected'
      WHEN verdict = 'must-not' THEN CASE WHEN heard > 0 OR is_over THEN 'prohibited-recording' ELSE 'may-be-prohibited' END
      WHEN verdict <> 'must' OR heard > 0 AND (is_full OR met_nobody OR base_ms = 0)
        THEN CASE WHEN heard > 1 THEN 'several-recordings' ELSE 'matched' END
      WHEN is_recent THEN 'settling'
      WHEN is_changed THEN 'trunk-changed'
      WHEN is_touched THEN CASE WHEN as_of_ms >= kept_until_ms - talk_ms THEN 'expired' ELSE 'partly-recorded' END
      WHEN is_unusable THEN 'unusable'
      WHEN is_expired THEN 'expired'
      WHEN is_foreign THEN 'other-account'
      WHEN poor_ms > 0 THEN 'unusable'
      ELSE 'missing' END AS lack,
    CASE WHEN excused_by IS NOT NULL AND lack IN ('missing', 'partly-recorded', 'unusable') THEN 'excused' ELSE lack END AS code,
    verdict = 'must-not' AND reason IS NULL AND heard = 0 AS is_across
  FROM settled)
SELECT code, reason, verdict, rule, start_ms,
  CASE
    WHEN heard > 0 THEN recorded_until_ms
    WHEN is_across THEN f.across_ended_ms + retention_ms
    WHEN lack = 'partly-recorded' THEN f.other_ended_ms + retention_ms
    WHEN code IN ('missing', 'unusable', 'settling', 'trunk-changed', 'other-account') THEN kept_until_ms END,
  arrival, uuid, CASE
    WHEN reason = 'duplicate' THEN twin_arrival
    WHEN heard > 0 THEN NULL
    WHEN is_across THEN f.across_arrival
    WHEN reason = 'other-leg' OR lack IN ('unusable', 'partly-recorded') THEN f.other_arrival END,
  recordings, CASE WHEN is_across THEN f.across_audio ELSE audio_arrival END,
  CASE WHEN is_across THEN f.across_id ELSE recording_id END,
  CASE WHEN is_across THEN NULL ELSE key END, is_own, CASE WHEN NOT is_unread THEN talk_ms END,
  CASE
    WHEN is_unread THEN NULL
    WHEN reason IS NULL OR reason = 'other-leg' THEN CASE WHEN verdict = 'must-not' THEN talk_ms ELSE base_ms END END,
  CASE
    WHEN is_unread THEN NULL
    WHEN reason IS NULL OR reason = 'other-leg' THEN CASE
      WHEN code IN ('trunk-changed', 'may-be-prohibited') THEN NULL
      WHEN verdict <> 'must-not' THEN recorded_ms
      WHEN is_lone THEN talk_ms - head_ms - tail_ms
      WHEN heard > 0 THEN f.every_ms
      ELSE f.across_ms END END,
  CASE WHEN (reason IS NULL OR reason = 'other-leg') AND NOT is_unread AND verdict <> 'must-not' AND code <> 'trunk-changed' THEN least_ms END,
  CASE WHEN lack = 'partly-recorded' THEN gaps END,
  CASE WHEN verdict = 'must' AND (reason IS NULL OR reason = 'other-leg') AND len(allowed) > 0 THEN allowed END,
  CASE WHEN code = 'excused' THEN excused_by END, longer_ms
FROM coded`
}

type Step = string | Effect.Effect<void, DuckDbError, DuckDb>

const inOrder = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>) {
  const db = yield* DuckDb
  yield* Effect.forEach(steps, (step) => (typeof step === "string" ? db.run(step) : step), { discard: true })
})

const Some = Schema.Struct({ some: Schema.Boolean })

/**
 * Steps that have nothing to do where there are no such rows, and what is done instead. Of a small run, most of the time is that of
 * planning statements.
 */
const whereAny = Effect.fnUntraced(function* (rows: string, steps: ReadonlyArray<Step>, otherwise?: string) {
  const db = yield* DuckDb
  const [found] = yield* db.query(`SELECT EXISTS (${rows}) AS some`, Some)
  if (found?.some === true) yield* inOrder(steps)
  else if (otherwise !== undefined) yield* db.run(otherwise)
})

const matching = (s: string, { policy }: Settings): ReadonlyArray<Step> => [
  // Each recording once.
  Repeated.make(s, "recording", `${s}.compared_recording`, ["hash(recording_id)"]),
  `CREATE TABLE ${s}.superseded_recording AS
SELECT arrival FROM ${s}.compared_recording SEMI JOIN ${s}.recording_repeating USING (arrival)
QUALIFY row_number() OVER (PARTITION BY recording_id ORDER BY arrival DESC) > 1`,

  // What only the archive has comes after what the provider lists.
  `CREATE TABLE ${s}.only_archived AS
SELECT (SELECT coalesce(max(arrival), -1) FROM ${s}.recording) + row_number() OVER (ORDER BY recording_id) AS arrival, *
FROM (
  SELECT recording_id, any_value(shown_id) AS shown_id, any_value(call_uuid) AS call_uuid, any_value(shown_call) AS shown_call,
    any_value(recording_type) AS recording_type, any_value(duration_ms) AS duration_ms, any_value(add_ms) AS add_ms
  FROM ${s}.compared_archived
  ANTI JOIN (SELECT recording_id FROM ${s}.compared_recording SEMI JOIN ${s}.compared_archived USING (recording_id)) listed USING (recording_id)
  GROUP BY recording_id)`,
  `CREATE VIEW ${s}.audio AS
${audioOf(`${s}.compared_recording ANTI JOIN ${s}.superseded_recording USING (arrival)`)}
UNION ALL
SELECT arrival, shown_id, recording_id, shown_call, call_uuid, recording_type, NULL, NULL, coalesce(recording_type = 'conference', false), duration_ms, add_ms,
  add_ms - coalesce(duration_ms, 0), add_ms, NULL, duration_ms, true, 'archive'
FROM ${s}.only_archived`,

  Conference.rooms(s),
  // The recordings that cover no call: of no length, or with a fault of their audio that leaves nothing to listen to.
  // Two steps: their ids are only read where an archive names a fault.
  `CREATE TABLE ${s}.bad_audio AS
SELECT arrival AS audio_arrival FROM ${s}.audio WHERE length_ms = 0
UNION
SELECT arrival FROM ${s}.audio
SEMI JOIN (SELECT recording_id AS recording_key FROM ${s}.compared_archived WHERE code IN (${Finding.unusableAudio.map(Sql.text).join(", ")})) bad
  USING (recording_key)`,

  // The CDR that each recording is of.
  addressed(
    s,
    "uuid",
    `(
  SELECT arrival AS audio_arrival, recording_id, placed_ms, length_ms, ended_ms, call_key AS id
  FROM ${s}.audio)`
  ),
  addressed(s, "sip_call_id", Owner.unaddressed(s, "by_uuid")),
  addressed(s, "bridge_uuid", Owner.unaddressed(s, "by_sip_call_id")),
  `CREATE VIEW ${s}.owned AS
SELECT * EXCLUDE (id) FROM (${Finding.Key.literals.map((key) => `SELECT '${key}' AS key, * FROM ${s}.by_${key}`).join(" UNION ALL ")})
WHERE arrival IS NOT NULL`,

  // The CDRs that have several recordings.
  `CREATE TABLE ${s}.several AS
SELECT arrival, count(*) AS recordings, count(*) FILTER (length_ms IS DISTINCT FROM 0) AS heard,
  max(length_ms) AS longest_ms, min(ended_ms) FILTER (length_ms IS DISTINCT FROM 0) AS first_ended_ms
FROM ${s}.owned SEMI JOIN (SELECT arrival FROM ${s}.owned GROUP BY arrival HAVING count(*) > 1) repeated USING (arrival)
GROUP BY arrival`,

  // The CDRs all of whose recordings cover nothing.
  `CREATE TABLE ${s}.unusable AS
SELECT arrival
FROM ${s}.owned o SEMI JOIN (SELECT arrival FROM ${s}.owned SEMI JOIN ${s}.bad_audio USING (audio_arrival)) touched USING (arrival)
LEFT JOIN ${s}.bad_audio b ON b.audio_arrival = o.audio_arrival
GROUP BY arrival HAVING count(*) = count(b.audio_arrival)`,

  // The CDRs that have recordings: how many, how many of them are of any length, and which if it is one.
  `CREATE VIEW ${s}.recorded AS
SELECT arrival, 1 AS recordings, (length_ms IS DISTINCT FROM 0)::INTEGER AS heard, audio_arrival, recording_id, key, key = 'uuid' AS by_uuid, length_ms AS longest_ms, placed_ms, length_ms,
  ended_ms AS first_ended_ms
FROM ${s}.owned ANTI JOIN ${s}.several USING (arrival)
UNION ALL
SELECT arrival, recordings, heard, NULL, NULL, NULL, false, longest_ms, NULL, NULL, first_ended_ms FROM ${s}.several`,

  // The recordings of those that have several. Of all a list would be made in memory: DuckDB cannot spill it in the making.
  `CREATE TABLE ${s}.evidence AS
SELECT o.arrival, list_sort(list(${Evidence.recording("o.key")})) AS recordings
FROM ${s}.owned o SEMI JOIN ${s}.several USING (arrival)
JOIN ${s}.audio a ON a.arrival = o.audio_arrival
GROUP BY o.arrival`,

  // CDRs that repeat one another: the first of them, the first that has a recording, and the first that has a usable one.
  Repeated.make(s, "twin", twinned(s), [`hash(${twinKeys.join(", ")})`]),
  whereAny(
    `FROM ${s}.twin_repeating`,
    [
      `CREATE TABLE ${s}.twin AS
SELECT arrival, cost, currency, row_number() OVER twins AS nth, NOT is_void AND row_number() OVER bills > 1 AS is_billed_again,
  coalesce(account_id <> first_value(account_id) OVER twins, false) AS is_passed_on, first_value(arrival) OVER twins AS first_arrival,
  abs(start_ms - first_value(start_ms) OVER twins) AS apart_ms, first_value(recorded_arrival IGNORE NULLS) OVER twins AS recorded_arrival,
  first_value(usable_arrival IGNORE NULLS) OVER twins AS usable_arrival
FROM (
  -- Void is what bills nothing: credits, what they take back, the last first, and what costs nothing.
  SELECT *, is_credit OR coalesce(cost = 0, false) OR row_number() OVER latest <= count(*) FILTER (is_credit) OVER alike AS is_void
  FROM (
    SELECT l.*, coalesce(account_id <> p.own_account, false) AS is_foreign, abs(cost) AS size, CASE WHEN r.heard > 0 THEN r.arrival END AS recorded_arrival,
      CASE WHEN r.heard > 0 AND u.arrival IS NULL THEN r.arrival END AS usable_arrival
    FROM (FROM ${twinned(s)} SEMI JOIN ${s}.twin_repeating USING (arrival)) l
    LEFT JOIN ${s}.recorded r USING (arrival) LEFT JOIN ${s}.unusable u USING (arrival), ${s}.parameter p)
  WINDOW alike AS (PARTITION BY ${twins}, account_id, size, currency),
    latest AS (PARTITION BY ${twins}, account_id, size, currency ORDER BY is_credit, ${Sql.idOrderDown("id")}, uuid DESC))
WINDOW twins AS (
  PARTITION BY ${twins} ORDER BY is_credit, is_foreign, ${Sql.idOrder("id")}, uuid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
  bills AS (PARTITION BY ${twins}, account_id, is_void ORDER BY ${Sql.idOrder("id")}, uuid)
QUALIFY count(*) OVER twins > 1`
    ],
    `CREATE TABLE ${s}.twin (arrival BIGINT, cost DECIMAL(38, 18), currency VARCHAR, nth BIGINT, is_billed_again BOOLEAN, is_passed_on BOOLEAN,
  first_arrival BIGINT, apart_ms BIGINT, recorded_arrival BIGINT, usable_arrival BIGINT)`
  ),

  Timeline.make(s),

  primaryFindings(s, policy),
  whereAny(`FROM ${s}.room`, Conference.statements(s, ofRow)),

  // Recordings that are gone, or shorter than they were.
  Vanished.make(s),

  // What it may have besides.
  whereAny(`FROM ${s}.twin WHERE is_billed_again`, [
    `INSERT INTO ${s}.further_finding
SELECT f.* REPLACE ('duplicate-cdr' AS code, NULL AS reason, NULL AS deadline_ms, t.first_arrival AS why_arrival, 0 AS recordings,
  NULL AS audio_arrival, NULL AS recording_id, NULL AS key, false AS by_uuid, NULL AS recorded_ms, NULL AS base_ms, NULL AS least_ms, NULL AS gaps, NULL AS allowed, NULL AS excuse), 2, CASE WHEN t.apart_ms = 0 THEN t.cost END, CASE WHEN t.apart_ms = 0 THEN t.currency END,
  CASE WHEN t.apart_ms > 0 THEN round(t.apart_ms / 1000, 1) || ' s apart' END
FROM ${s}.primary_finding f JOIN (FROM ${s}.twin WHERE is_billed_again) t USING (arrival)`
  ]),

  // Rows that were corrected are of no call of their own.
  whereAny(`FROM ${s}.superseded`, [
    `INSERT INTO ${s}.further_finding BY NAME
SELECT 'not-expected' AS code, 'superseded' AS reason, c.start_ms AS at_ms, c.arrival, c.uuid, v.standing AS why_arrival, 0 AS recordings,
  false AS by_uuid, CASE WHEN c.talk_unread THEN NULL ELSE c.talk_ms END AS talk_ms, 1 AS rank
FROM ${s}.superseded v JOIN ${s}.cdr c USING (arrival), ${s}.parameter p WHERE c.start_ms >= p.from_ms AND c.start_ms < p.to_ms`
  ]),

  `INSERT INTO ${s}.further_finding
SELECT * REPLACE ('recording-longer' AS code, NULL AS reason, NULL AS why_arrival, longer_ms AS recorded_ms, NULL AS base_ms, NULL AS least_ms,
  NULL AS gaps, NULL AS allowed, NULL AS excuse), 3, NULL, NULL, NULL
FROM ${s}.primary_finding WHERE longer_ms IS NOT NULL`,

  // Recordings that belong to no CDR, and began in the window.
  `INSERT INTO ${s}.further_finding
SELECT CASE
    WHEN is_conference THEN 'conference'
    WHEN a.account_key <> p.own_account THEN 'other-account'
    WHEN began_ms - p.longest_call_ms < p.from_ms - p.look_back_ms OR add_ms >= p.to_ms THEN 'outside-window'
    WHEN p.as_of_ms < began_ms + p.longest_call_ms + p.settle_ms THEN 'settling'
    ELSE 'orphan' END,
  NULL, NULL, NULL, began_ms, ended_ms + p.retention_ms, NULL, NULL, NULL, 1, a.arrival, a.recording_id, NULL, false, NULL,
  NULL, duration_ms, NULL, NULL, NULL, NULL, NULL, ${Found.ofRecording}, NULL, NULL, NULL
FROM ${s}.audio a SEMI JOIN ${Owner.unaddressed(s, "by_bridge_uuid")} homeless ON homeless.audio_arrival = a.arrival, ${s}.parameter p
WHERE began_ms >= p.from_ms AND began_ms < p.to_ms`,

  // Hints for missing calls, and no matches.
  whereAny(`FROM ${s}.finding WHERE code = 'missing'`, [
    whereAny(`FROM ${s}.finding WHERE code = 'orphan'`, [
      // Of missing calls and orphans with the same two numbers, those that overlap no other.
      `CREATE TABLE ${s}.lost_recording AS
SELECT a.*, r.from_e164, r.to_e164, ${line("r")} AS line, a.began_ms - p.skew_ms AS begin,
  a.began_ms + coalesce(a.duration_ms, 0) + p.skew_ms AS stop
FROM (SELECT audio_arrival AS arrival FROM ${s}.finding WHERE code = 'orphan') f
JOIN ${s}.audio a USING (arrival) JOIN ${s}.recording r ON r.arrival = a.arrival, ${s}.parameter p
WHERE a.length_ms IS DISTINCT FROM 0`,

      `CREATE TABLE ${s}.lost_call AS
FROM (
  SELECT f.arrival, f.uuid, f.verdict, f.rule, f.at_ms, f.talk_ms, c.from_e164, c.to_e164, ${line("c")} AS line,
    c.start_ms AS begin, greatest(coalesce(c.end_ms, c.start_ms + c.duration_ms), c.start_ms) AS stop
  FROM (FROM ${s}.finding WHERE code = 'missing') f JOIN ${s}.cdr c USING (arrival)
  WHERE c.zone_stated)
SEMI JOIN ${s}.lost_recording USING (line)`,

      `INSERT INTO ${s}.further_finding
WITH call_of AS (${overlappedOnce(`${s}.lost_recording`, `${s}.lost_call`)}),
recording_of AS (${overlappedOnce(`${s}.lost_call`, `${s}.lost_recording`)})
SELECT 'candidate', NULL, c.verdict, c.rule, c.at_ms, a.ended_ms + p.retention_ms, c.arrival, c.uuid, NULL, 1, a.arrival,
  a.recording_id, NULL, false, c.talk_ms, NULL, a.duration_ms, NULL, NULL, NULL, NULL, NULL, 5, NULL, NULL, NULL
FROM call_of x JOIN recording_of y ON y.arrival = x.other AND y.other = x.arrival
JOIN ${s}.lost_call c ON c.arrival = x.other JOIN ${s}.lost_recording a ON a.arrival = x.arrival, ${s}.parameter p
WHERE coalesce(c.from_e164 = a.from_e164, true) AND coalesce(c.to_e164 = a.to_e164, true)`
    ]),
    whereAny(`FROM ${s}.finding WHERE code = 'recording-longer'`, [
      // A recording that runs on past its call may be of a missing call that began then, such as one that was transferred.
      `CREATE TABLE ${s}.overrun AS
SELECT o.audio_arrival AS arrival, o.recording_id, o.key, o.ended_ms AS deleted_ms, o.length_ms, o.arrival AS owner,
  coalesce(c.end_ms, c.start_ms + c.duration_ms) - p.skew_ms AS begin, o.placed_ms + o.length_ms + p.skew_ms AS stop, c.from_e164, c.to_e164,
  ${Conference.digitsOf("c", "from")} AS from_line, ${Conference.digitsOf("c", "to")} AS to_line
FROM ${s}.owned o SEMI JOIN (FROM ${s}.further_finding WHERE code = 'recording-longer' AND audio_arrival IS NOT NULL) f USING (audio_arrival)
ANTI JOIN ${s}.bad_audio b USING (audio_arrival) JOIN ${s}.cdr c USING (arrival), ${s}.parameter p
WHERE o.placed_ms IS NOT NULL AND c.zone_stated`,

      `CREATE TABLE ${s}.unheard AS
SELECT f.*, c.from_e164, c.to_e164, coalesce(c.end_ms, c.start_ms + c.duration_ms) AS stop, stop - c.talk_ms AS begin,
  ${Conference.digitsOf("c", "from")} AS from_line, ${Conference.digitsOf("c", "to")} AS to_line
FROM (FROM ${s}.primary_finding WHERE code = 'missing') f
ANTI JOIN (FROM ${s}.further_finding WHERE code = 'candidate') hinted USING (arrival) JOIN ${s}.cdr c USING (arrival)
WHERE c.zone_stated`,

      `INSERT INTO ${s}.further_finding
WITH found AS (
  ${(["from", "to"] as const)
    .map(
      (side) => `SELECT x.arrival, x.other FROM (${overlappedOnce(
        `(SELECT arrival, ${side}_line AS line, begin, stop FROM ${s}.unheard)`,
        `(SELECT arrival, ${side}_line AS line, begin, stop FROM ${s}.overrun)`
      )}) x
  JOIN ${s}.unheard u USING (arrival) JOIN ${s}.overrun o ON o.arrival = x.other WHERE coalesce(u.${side}_e164 = o.${side}_e164, true)`
    )
    .join("\n  UNION ALL\n  ")}),
single AS (SELECT arrival, any_value(other) AS other FROM found GROUP BY arrival HAVING count(DISTINCT other) = 1)
SELECT 'candidate', NULL, u.verdict, u.rule, u.at_ms, o.deleted_ms + p.retention_ms, u.arrival, u.uuid, o.owner, 1, o.arrival,
  o.recording_id, o.key, false, u.talk_ms, NULL, o.length_ms, NULL, NULL, NULL, NULL, NULL, 5, NULL, NULL, NULL
FROM single JOIN ${s}.unheard u USING (arrival) JOIN ${s}.overrun o ON o.arrival = single.other, ${s}.parameter p
WHERE o.begin <= u.begin AND o.stop >= u.stop`
    ])
  ]),

  // What is wrong with recordings' audio.
  whereAny(`FROM ${s}.archived WHERE code IS NOT NULL`, [
    `INSERT INTO ${s}.further_finding
SELECT f.code, NULL, l.verdict, l.rule, coalesce(l.start_ms, a.began_ms), a.ended_ms + p.retention_ms, l.arrival, l.shown_uuid, NULL, 1,
  a.arrival, a.recording_id, o.key, coalesce(o.key = 'uuid', false), CASE WHEN NOT l.is_unread THEN l.talk_ms END, NULL, a.duration_ms, NULL, NULL, NULL, NULL, NULL, 6, NULL, NULL, f.detail
FROM (SELECT DISTINCT recording_id, code, detail FROM ${s}.compared_archived WHERE code IS NOT NULL) f JOIN ${s}.audio a ON a.recording_key = f.recording_id
LEFT JOIN ${s}.owned o ON o.audio_arrival = a.arrival LEFT JOIN ${s}.leg l ON l.arrival = o.arrival, ${s}.parameter p
WHERE coalesce(l.in_window, a.began_ms >= p.from_ms AND a.began_ms < p.to_ms)`
  ])
]

/**
 * Matches the relations that `Relations.load` put into the schema, and leaves `finding` there.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Kernel.run")(function* (
  schema: string,
  parameters: Parameters
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  yield* db.run(Column.createTable(`${schema}.parameter`, parameter))
  yield* db.append(`${schema}.parameter`, parameter, Stream.make(parameters))
  yield* SameId.make(schema)
  yield* Judgement.run(schema, parameters.settings.policy, leg)
  yield* Conversation.make(schema)
  yield* db.run(tables(schema, parameters).join("; "))
  yield* inOrder(matching(schema, parameters.settings))
})

const Count = Schema.FiniteFromString

/**
 * The findings, in order of `at`, then CDRs before recordings, then `uuid` and `id` or recording id; of one CDR the
 * primary one first. The order does not depend on that in which the rows came.
 *
 * @category running
 * @since 0.1.0
 */
export const findings = (
  schema: string,
  reading: Found.Reading = {}
): Stream.Stream<Finding.Finding, DuckDbError, DuckDb> => Found.read(schema, reading)

const money = (amount: string | null, currency: string | null) =>
  amount === null || currency === null
    ? null
    : { amount: BigDecimal.normalize(BigDecimal.fromStringUnsafe(amount)), currency }

/**
 * The findings in numbers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Summary {
  /** CDRs of the window that were judged: distinct rows. */
  readonly cdrs: number
  /** Recordings that belong to one of these, or that have a finding of their own. */
  readonly recordings: number
  /** Findings by code. */
  readonly counts: Readonly<Record<Finding.Code, number>>
  /** Those of them that are in doubt, by code. */
  readonly inDoubt: Readonly<Partial<Record<Finding.Code, number>>>
  /** Findings `not-expected`, by reason. */
  readonly notExpected: Readonly<Partial<Record<Finding.Reason, number>>>
  /** The calls by class. */
  readonly classes: Coverage.Classes
  /** The talk time of the calls that had to be recorded. */
  readonly talk: Coverage.Talk
  /** Calls that must not be recorded, whether they are or not. */
  readonly prohibitable: number
  /** The undetermined calls of `classes`, by code. */
  readonly undetermined: Readonly<Partial<Record<Finding.Code, number>>>
  /** Calls that no rule judged, by the name of the rule that says `unknown`. */
  readonly unjudged: Readonly<Record<string, number>>
  /** Calls by the name of the rule that decided them. */
  readonly rules: Readonly<Record<string, number>>
  /** Excused calls by the name of the excuse. */
  readonly excuses: Readonly<Record<string, number>>
  /** What duplicate rows were billed with, by currency. */
  readonly duplicateCost: ReadonlyArray<Money>
}

const Tally = Schema.Struct({
  code: Finding.Code,
  reason: Schema.NullOr(Finding.Reason),
  verdict: Schema.NullOr(Policy.Verdict),
  rule: Schema.NullOr(Schema.String),
  excuse: Schema.NullOr(Schema.String),
  in_doubt: Schema.Boolean,
  findings: Count,
  recordings: Count
})

/**
 * The findings in numbers.
 *
 * @category running
 * @since 0.1.0
 */
export const summary = Effect.fn("Kernel.summary")(function* (
  schema: string
): Effect.fn.Return<Summary, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const tallies = yield* db.query(
    `SELECT code, reason, verdict, rule, excuse, in_doubt, count(*) AS findings, sum(recordings) AS recordings
FROM ${schema}.finding GROUP BY ALL ORDER BY ALL`,
    Tally
  )
  const costs = yield* db.query(
    `SELECT sum(amount) AS amount, currency FROM ${schema}.finding
WHERE code = 'duplicate-cdr' AND amount IS NOT NULL AND currency IS NOT NULL GROUP BY currency ORDER BY currency`,
    Schema.Struct({ amount: Schema.String, currency: Schema.String })
  )

  const sum = (of: "findings" | "recordings", where: (tally: typeof Tally.Type) => boolean) =>
    tallies.filter(where).reduce((total, tally) => total + tally[of], 0)
  const isAttached = ({ code }: typeof Tally.Type) => Finding.attached.includes(code)
  const isOfCdr = (tally: typeof Tally.Type) => tally.verdict !== null && !isAttached(tally)
  const isJudged = (tally: typeof Tally.Type) =>
    isOfCdr(tally) && tally.reason !== "duplicate" && tally.reason !== "credit"
  const by = (field: "rule" | "excuse", where: (tally: typeof Tally.Type) => boolean) => {
    const some = tallies.filter((tally) => isJudged(tally) && where(tally))
    const names = new Set(some.flatMap((tally) => tally[field] ?? []))
    return countBy(Array.from(names).toSorted(), (name) =>
      some.reduce((total, tally) => (tally[field] === name ? total + tally.findings : total), 0)
    )
  }

  return {
    cdrs: sum("findings", isOfCdr),
    recordings: sum("recordings", (tally) => !isAttached(tally)),
    counts: countBy(Finding.Code.literals, (code) => sum("findings", (tally) => tally.code === code)),
    inDoubt: countBy(
      Finding.Code.literals.filter((code) => tallies.some((tally) => tally.code === code && tally.in_doubt)),
      (code) => sum("findings", (tally) => tally.code === code && tally.in_doubt)
    ),
    notExpected: Object.fromEntries(
      tallies.flatMap(({ code, reason }) =>
        code === "not-expected" && reason !== null
          ? [[reason, sum("findings", (tally) => tally.code === code && tally.reason === reason)]]
          : []
      )
    ),
    classes: yield* Coverage.total(schema),
    talk: yield* Coverage.talk(schema),
    prohibitable: sum("findings", (tally) => isJudged(tally) && tally.verdict === "must-not"),
    undetermined: countBy(Finding.undetermined, (code) =>
      sum("findings", (tally) => isJudged(tally) && tally.verdict === "must" && tally.code === code)
    ),
    unjudged: by("rule", ({ verdict }) => verdict === "unknown"),
    rules: by("rule", () => true),
    excuses: by("excuse", () => true),
    duplicateCost: costs.flatMap(({ amount, currency }) => money(amount, currency) ?? [])
  }
})

const countBy = <K extends string>(keys: ReadonlyArray<K>, count: (key: K) => number) =>
  Object.fromEntries(keys.map((key) => [key, count(key)])) as Record<K, number>
