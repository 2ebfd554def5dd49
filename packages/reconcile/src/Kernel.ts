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
import * as Conference from "./internal/conference.ts"
import * as Conversation from "./internal/conversation.ts"
import * as FindingTables from "./internal/findingTables.ts"
import * as Found from "./internal/found.ts"
import * as FurtherFinding from "./internal/furtherFinding.ts"
import * as Hint from "./internal/hint.ts"
import * as Judgement from "./internal/judgement.ts"
import * as PrimaryFinding from "./internal/primaryFinding.ts"
import * as Recorded from "./internal/recorded.ts"
import * as SameId from "./internal/sameId.ts"
import { inOrder, type Step, whereAny } from "./internal/steps.ts"
import * as Policy from "./Policy.ts"
import * as Tied from "./internal/tied.ts"
import * as Timeline from "./internal/timeline.ts"
import * as Twin from "./internal/twin.ts"
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

/** The columns of view `leg`, of `cdr c` and `parameter p`. */
const leg = `arrival, uuid, id, account_id, sip_call_id, bridge_uuid, start_ms, coalesce(end_ms, start_ms + duration_ms) AS ended_ms,
  ${Tied.doubt} AS doubt_ms, talk_ms, coalesce(talk_unread, false) AS is_unread, cost, currency,
  start_ms >= p.from_ms AND start_ms < p.to_ms AS in_window`

/** Each step is of the tables that those before it made. */
const matching = (s: string, policy: Policy.Policy): ReadonlyArray<Step> => [
  ...Recorded.steps(s),
  ...Twin.steps(s),
  Timeline.make(s),
  PrimaryFinding.make(s, policy),
  whereAny(`FROM ${s}.room`, Conference.statements(s, Recorded.ofRow)),

  // Recordings that are gone, or shorter than they were.
  Vanished.make(s),
  ...FurtherFinding.steps(s),
  Hint.step(s),
  FurtherFinding.ofAudio(s)
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
  const { policy } = parameters.settings
  yield* db.run(Column.createTable(`${schema}.parameter`, parameter))
  yield* db.append(`${schema}.parameter`, parameter, Stream.make(parameters))
  yield* SameId.make(schema)
  yield* Judgement.run(schema, policy, leg)
  yield* Conversation.make(schema)
  yield* db.run(FindingTables.statements(schema, policy, parameters.proved).join("; "))
  yield* inOrder(matching(schema, policy))
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
