/** Which calls had to be recorded, decided in the database as `Policy.decide` does. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import * as Column from "../Column.ts"
import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import { type Blank, type Conditions, defaultMinimumTalk, type Policy, type Rule } from "../Policy.ts"
import * as Check from "./policyCheck.ts"
import * as SameId from "./sameId.ts"
import * as Sql from "./sql.ts"
import * as Tied from "./tied.ts"
import * as TrunkSwitch from "./trunkSwitch.ts"

/** Clocks are put forward and back at quarters of an hour. */
const quarter = 900_000

const dayMillis = 86_400_000

/** A clock: how far from UTC it is in a quarter of an hour, when it is changed next, if that is within a day, and how far it is then. */
const offset: ReadonlyArray<Column.Column<Check.Clock & { readonly slot: number }>> = [
  Column.float("slot", ({ slot }) => slot),
  Column.float("offset_ms", ({ offset }) => offset),
  Column.float("change_ms", ({ change }) => change?.at ?? null),
  Column.float("later_offset_ms", ({ change }) => change?.offset ?? null)
]

/** When talk began, or the call where there is none. */
const begin =
  "CASE WHEN talk_ms = 0 THEN start_ms ELSE greatest(start_ms, coalesce(end_ms, start_ms + duration_ms) - talk_ms) END"

/** How the zone's clocks stood, for each quarter of an hour in which a call began. */
const loadOffsets = Effect.fnUntraced(function* (s: string, zone: DateTime.TimeZone) {
  const db = yield* DuckDb
  const table = `${s}.zone_offset`
  yield* db.run(Column.createTable(table, offset))
  const slots = db.stream(
    `SELECT DISTINCT (${begin} // ${quarter})::DOUBLE AS slot FROM ${s}.cdr`,
    Schema.Struct({ slot: Schema.Finite })
  )
  yield* db.append(
    table,
    offset,
    Stream.map(slots, ({ slot }) => ({
      slot,
      ...Check.clockOf(zone, slot * quarter, (slot + 1) * quarter + dayMillis)
    }))
  )
})

/**
 * Makes view `billed`: each distinct CDR once, by its last reading, with these columns of `cdr c` and `parameter p`; and view `leg`: the same with
 * its verdict and the rule that decided it.
 */
export const run = Effect.fn("Judgement.run")(function* (
  s: string,
  policy: Policy,
  columns: string
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const isTimed = [...policy.rules, ...(policy.excuses ?? [])].some(
    ({ when = {} }) => isByClock(when) || isByClock(when.not ?? {})
  )
  if (isTimed) yield* loadOffsets(s, Option.getOrThrow(DateTime.zoneFromString(policy.zone ?? "UTC")))
  yield* Tied.make(s)
  yield* db.run(`CREATE VIEW ${s}.billed AS SELECT ${columns} FROM ${Tied.distinct(s)} c, ${s}.parameter p`)
  const isChanged = yield* TrunkSwitch.make(s)
  const asked = { policy, strangers: yield* TrunkSwitch.strangers(s, trunksOf(policy)) }
  yield* db.run(statement(s, asked, isTimed, columns, isChanged ? "on" : null))
  if (!isChanged) return
  yield* db.run(statement(s, asked, isTimed, columns, "off"))
  yield* db.run(
    `CREATE TABLE ${s}.leg_otherwise AS SELECT arrival, verdict, rule, per_leg, excused_by FROM ${s}.leg_off WHERE trunk_switch = 'changed'`
  )
  yield* db.run(eitherWay(s))
})

/**
 * View `leg` where trunks were changed: what is decided the same whether the switch stood on or off is decided. A call that had to be
 * recorded by the one, and may be by the other, is taken to have had to, and `is_changed`; of any other nobody knows.
 */
const eitherWay = (s: string) => {
  const isTold = "o.arrival IS NULL OR o.verdict = l.verdict"
  const isMust = "least(l.verdict, o.verdict) = 'may' AND greatest(l.verdict, o.verdict) = 'must'"
  const isOther = `${isMust} AND o.verdict = 'must'`
  return `CREATE VIEW ${s}.leg AS
SELECT l.* EXCLUDE (trunk_switch) REPLACE (
  CASE WHEN ${isTold} THEN l.verdict WHEN ${isMust} THEN 'must' ELSE 'unknown' END AS verdict,
  CASE WHEN ${isOther} THEN o.rule ELSE l.rule END AS rule, CASE WHEN ${isOther} THEN o.per_leg ELSE l.per_leg END AS per_leg,
  NOT (${isTold}) AND ${isMust} AS is_changed,
  CASE WHEN o.arrival IS NULL OR o.excused_by IS NOT DISTINCT FROM l.excused_by THEN l.excused_by END AS excused_by)
FROM ${s}.leg_on l LEFT JOIN ${s}.leg_otherwise o USING (arrival)`
}

/** A policy, and the trunks that it names and nobody has listed. */
interface Asked {
  readonly policy: Policy
  readonly strangers: ReadonlyArray<string>
}

/** The trunks that the conditions of a policy name. */
const trunksOf = ({ excuses, rules }: Policy): ReadonlyArray<string> =>
  [...rules, ...(excuses ?? [])]
    .flatMap(({ when }) => [when, when?.not])
    .flatMap((conditions) => conditions?.trunks ?? [])

/** The statement that makes view `leg`; where trunks were changed, one of two, as if their switches had stood on or off. */
const statement = (s: string, asked: Asked, isTimed: boolean, columns: string, stood: "on" | "off" | null): string => {
  const { policy } = asked
  // Which of the rules is the first that applies; 0 for none.
  const first = policy.rules.map(({ when = {} }, n) => `WHEN ${meets(when, asked)} THEN ${n + 1}`)
  const decided = (of: (rule: Pick<Rule, "name" | "verdict">) => string) =>
    `CASE ${["WHEN n = 0", ...policy.rules.map((_, n) => `WHEN n = ${n + 1}`)]
      .map(
        (when, n) => `${when} THEN ${Sql.text(of(policy.rules[n - 1] ?? { name: "default", verdict: policy.default }))}`
      )
      .join(" ")} END`
  return `CREATE VIEW ${s}.leg${stood === null ? "" : `_${stood}`} AS
WITH known AS (
  SELECT c.*, t.name AS trunk_name, t.trunk_id IS NOT NULL AS is_listed,
    c.trunk_id IS NOT NULL OR c.context IS NOT DISTINCT FROM 'sip-trunking' AS on_trunk,
    ${stood === null ? "coalesce(t.switch, 'unknown')" : TrunkSwitch.position} AS trunk_switch,
    ${stood === null ? "trunk_switch" : `CASE trunk_switch WHEN 'changed' THEN '${stood}' ELSE trunk_switch END`} AS switch${
      isTimed
        ? `,
    ${clock}`
        : ""
    }
  FROM ${isTimed ? `(SELECT *, ${begin} AS begin_ms FROM ${Tied.distinct(s)})` : Tied.distinct(s)} c
  LEFT JOIN ${s}.last_trunk t ON t.trunk_id = c.trunk_id${isTimed ? `\n  LEFT JOIN ${s}.zone_offset z ON z.slot = (c.begin_ms // ${quarter})::DOUBLE` : ""}),
ruled AS (SELECT *, CASE ${first.join(" ")} WHEN true THEN 0 END AS n FROM known),
judged AS (
  SELECT *, ${decided(({ verdict }) => verdict)} AS base_verdict, ${decided(({ name }) => name)} AS base
  FROM ruled),
doubted AS (
  SELECT *, ${doubt(asked)} AS doubtful, base_verdict = 'must-not' OR coalesce(${prohibits(asked)}, false) AS is_banned
  FROM judged),
-- A name of the same SELECT would be replaced by all of what it stands for, at each mention.
exempt AS (
  SELECT *, CASE WHEN talk_ms = 0 THEN 'unanswered' WHEN talk_ms < ${leastTalk(policy)} THEN 'minimum-talk' END AS excuse
  FROM doubted)
SELECT ${columns},
  CASE WHEN coalesce(talk_unread, false) AND NOT is_banned THEN 'unknown' WHEN excuse IS NOT NULL AND NOT is_banned THEN 'may' WHEN doubtful IS NOT NULL THEN 'unknown' ELSE base_verdict END AS verdict,
  CASE WHEN coalesce(talk_unread, false) AND NOT is_banned THEN 'talk-unread' WHEN excuse IS NOT NULL AND NOT is_banned THEN excuse ELSE coalesce(doubtful, base) END AS rule,
  ${perLeg(policy)} AS per_leg, ${excused(asked)} AS excused_by, false AS is_changed${stood === null ? "" : ", trunk_switch"}
FROM exempt c, ${s}.parameter p`
}

/** The conditions that every CDR tells. */
const told: ReadonlySet<string> = new Set(["trunk", "minimumTalk", "maximumTalk"])

/** Whether it is always known whether a rule applies. */
const isDecidable = ({ when = {} }: Rule) =>
  [when, when.not ?? {}].every((conditions) =>
    Object.keys(conditions).every((name) => name === "not" || told.has(name))
  )

/** When it is unknown whether a rule applies that would decide otherwise; the others are left out. */
const doubts = (asked: Asked) =>
  asked.policy.rules.flatMap((rule, n) =>
    isDecidable(rule)
      ? []
      : [
          {
            rule,
            when: `(n = 0 OR n > ${n + 1}) AND base_verdict <> ${Sql.text(rule.verdict)} AND (${meets(rule.when ?? {}, asked)}) IS NULL`
          }
        ]
  )

/** The first rule of which it is unknown whether it applies, and that would decide otherwise. */
const doubt = (asked: Asked) => {
  const cases = doubts(asked).map(({ rule, when }) => `WHEN ${when} THEN ${Sql.text(rule.name)}`)
  return cases.length === 0 ? "NULL::VARCHAR" : `CASE ${cases.join(" ")} END`
}

const prohibits = (asked: Asked) => {
  const some = doubts(asked).flatMap(({ rule, when }) => (rule.verdict === "must-not" ? [`(${when})`] : []))
  return some.length === 0 ? "false" : some.join(" OR ")
}

/** The talk with less of which a call needs no recording: of the rules that may decide, the least. */
const leastTalk = (policy: Policy): string => {
  const otherwise = Duration.toMillis(policy.minimumTalk ?? defaultMinimumTalk)
  const cases = policy.rules.flatMap(({ minimumTalk, name }) =>
    minimumTalk === undefined ? [] : [`WHEN ${Sql.text(name)} THEN ${Duration.toMillis(minimumTalk)}`]
  )
  if (cases.length === 0) return String(otherwise)
  const of = (rule: string) => `CASE ${rule} ${cases.join(" ")} ELSE ${otherwise} END`
  return `least(${of("base")}, CASE WHEN doubtful IS NOT NULL THEN ${of("doubtful")} END)`
}

/** The excuse for a call, of those that have not expired. */
const excused = (asked: Asked): string => {
  const cases = (asked.policy.excuses ?? []).map(
    ({ expires, name, when }) =>
      `WHEN p.as_of_ms < ${expires.epochMilliseconds} AND ${meets(when, asked)} THEN ${Sql.text(name)}`
  )
  return cases.length === 0 ? "NULL::VARCHAR" : `CASE ${cases.join(" ")} END`
}

/** Whether a call is judged leg by leg. */
const perLeg = ({ rules }: Policy): string => {
  const some = rules.flatMap(({ name, per }) => (per === "leg" ? [Sql.text(name)] : []))
  return some.length === 0 ? "false" : `rule IN (${some.join(", ")})`
}

/** Whether the number of a column is of some patterns; NULL where nobody knows. */
const isOf = (column: "from" | "to", patterns: ReadonlyArray<string>): string => {
  const list = (some: ReadonlyArray<string>) => some.map(Sql.text).join(", ")
  const dialled = patterns.filter((pattern) => !pattern.startsWith("+"))
  const numbers = patterns.filter((pattern) => pattern.startsWith("+"))
  const whole = numbers.filter((pattern) => !pattern.endsWith("*"))
  const beginnings = numbers.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1))
  const digits = `ltrim(regexp_replace(${column}_raw, '[^0-9]', '', 'g'), '0')`
  const known = [
    ...(whole.length === 0 ? [] : [`${column}_e164 IN (${list(whole)})`]),
    ...beginnings.map((beginning) => `starts_with(${column}_e164, ${Sql.text(beginning)})`)
  ]
  const none = `length(${digits}) < ${Check.shortest}${
    beginnings.length > 0 ? "" : ` OR len(list_filter([${list(whole)}], lambda p: ends_with(p, ${digits}))) = 0`
  }`
  const parts = [
    ...(dialled.length === 0 ? [] : [`${column}_raw IN (${list(dialled)})`]),
    ...(numbers.length === 0
      ? []
      : [
          `CASE WHEN ${column}_e164 IS NOT NULL THEN ${known.join(" OR ")} WHEN ${column}_raw IS NOT NULL AND (${none}) THEN false END`
        ])
  ]
  return parts.map((part) => `(${part})`).join(" OR ")
}

/** Whether conditions are about the clock of a place. */
const isByClock = ({ dates, days, hours }: Conditions) => (dates ?? days ?? hours) !== undefined

/** When the talk is by the clock of the place: a span, and where the clock is changed meanwhile, another after that. */
const clock = `(c.begin_ms + z.offset_ms)::BIGINT AS local_ms, c.begin_ms + greatest(c.talk_ms, 1) AS until_ms,
    (least(until_ms, coalesce(z.change_ms, until_ms)) + z.offset_ms)::BIGINT AS local_until_ms,
    CASE WHEN until_ms > z.change_ms THEN (z.change_ms + z.later_offset_ms)::BIGINT END AS later_ms, (until_ms + z.later_offset_ms)::BIGINT AS later_until_ms`

/** Whether some of the talk falls into the dates, days and hours. */
const isWhen = (when: Conditions): string =>
  `${isWithin(when, "local_ms", "local_until_ms")} OR later_ms IS NOT NULL AND (${isWithin(when, "later_ms", "later_until_ms")})`

const isWithin = ({ dates, days, hours }: Conditions, begin: string, until: string): string =>
  [0, 1]
    .map((more) => {
      const day = `(${begin} // ${dayMillis} + ${more})`
      const spans = Check.spansOf(hours).map(
        ({ from, to }) =>
          `${begin} < ${day} * ${dayMillis} + ${to * 60_000} AND ${until} > ${day} * ${dayMillis} + ${from * 60_000}`
      )
      return [
        ...(dates === undefined ? [] : [`${day} IN (${dates.map(Check.dayOf).join(", ")})`]),
        ...(days === undefined
          ? []
          : [`(${day} + 4) % 7 IN (${days.map((name) => Check.weekdays.indexOf(name)).join(", ")})`]),
        `(${spans.join(" OR ")})`
      ].join(" AND ")
    })
    .join(" OR ")

/** Whether a call started at an instant or later; NULL where its zone leaves that open. */
const hasStarted = ({ epochMilliseconds }: DateTime.Utc) =>
  `CASE WHEN zone_stated OR abs(start_ms - ${epochMilliseconds}) > ${Check.widestZone} THEN start_ms >= ${epochMilliseconds} END`

/** Conditions: NULL where it is unknown whether they are met, as a CDR leaves a field empty. */
const meets = (when: Conditions, asked: Asked): string => {
  const { policy, strangers } = asked
  const list = (values: ReadonlyArray<string>) => values.map(Sql.text).join(", ")
  const ids = (values: ReadonlyArray<string>) => list(values.map(SameId.of))
  const among = (column: string, values: ReadonlyArray<string>) => `${column} IN (${list(values)})`
  const named = (column: string, field: typeof Blank.Type, values: ReadonlyArray<string> | undefined) =>
    values &&
    (policy.blankIsNone?.includes(field) ? `coalesce(${among(column, values)}, false)` : among(column, values))
  const parts: ReadonlyArray<string | undefined> = [
    when.trunk && (when.trunk === "any" ? "on_trunk" : "NOT on_trunk"),
    when.trunks &&
      `CASE WHEN NOT on_trunk THEN false WHEN trunk_id IN (${ids(when.trunks)}) OR trunk_name IN (${ids(when.trunks)}) THEN true
        WHEN trunk_id IS NOT NULL AND ${when.trunks.some((trunk) => strangers.includes(trunk)) ? "is_listed" : "true"} THEN false END`,
    when.trunkRecording &&
      `CASE WHEN NOT on_trunk THEN false WHEN ${among("switch", when.trunkRecording)} THEN true
        WHEN ${Check.asksForUnknown(policy.rules) ? "true" : "switch <> 'unknown'"} THEN false END`,
    named("context", "contexts", when.contexts),
    named("account_id", "accounts", when.accounts?.map(SameId.of)),
    named("campaign_id", "campaigns", when.campaigns),
    named("customer_endpoint", "endpoints", when.endpoints),
    named("hangup_disposition", "dispositions", when.dispositions),
    when.directions && among("direction", when.directions),
    when.from && isOf("from", when.from),
    when.to && isOf("to", when.to),
    when.numbers && `(${isOf("from", when.numbers)}) OR (${isOf("to", when.numbers)})`,
    when.minimumTalk && `talk_ms >= ${Duration.toMillis(when.minimumTalk)}`,
    when.maximumTalk && `talk_ms < ${Duration.toMillis(when.maximumTalk)}`,
    named("hangup_cause", "hangupCauses", when.hangupCauses),
    named("hangup_source", "hangupSources", when.hangupSources),
    isByClock(when) ? `CASE WHEN zone_stated THEN ${isWhen(when)} END` : undefined,
    when.since && hasStarted(when.since),
    when.until && `NOT (${hasStarted(when.until)})`,
    when.not && `NOT ${meets(when.not, asked)}`
  ]
  const conditions = parts.filter((part) => part !== undefined).map((part) => `(${part})`)
  return conditions.length === 0 ? "true" : `(${conditions.join(" AND ")})`
}
