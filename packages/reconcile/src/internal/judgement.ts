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
import { type Conditions, defaultMinimumTalk, type Policy, type Rule } from "../Policy.ts"
import * as Check from "./policyCheck.ts"
import * as Sql from "./sql.ts"
import * as Tied from "./tied.ts"

/** Clocks are put forward and back at quarters of an hour. */
const quarter = 900_000

const offset: ReadonlyArray<Column.Column<readonly [slot: number, offset: number]>> = [
  Column.float("slot", ([slot]) => slot),
  Column.float("offset_ms", ([, offset]) => offset)
]

/** When talk began, or the call where there is none. */
const begin =
  "CASE WHEN talk_ms = 0 THEN start_ms ELSE greatest(start_ms, coalesce(end_ms, start_ms + duration_ms) - talk_ms) END"

/** How far the zone's clocks were from UTC, for each quarter of an hour that has calls. */
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
    Stream.map(slots, ({ slot }) => {
      const zoned = DateTime.makeZonedUnsafe(slot * quarter, { timeZone: zone })
      return [slot, DateTime.zonedOffset(zoned)] as const
    })
  )
})

/**
 * Makes view `leg`: each distinct CDR once, by its last reading, with these columns of `cdr c` and `parameter p`, its verdict
 * and the rule that decided it.
 */
export const run = Effect.fn("Judgement.run")(function* (
  s: string,
  policy: Policy,
  columns: string
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const isTimed = policy.rules.some(({ when }) => when?.days !== undefined || when?.hours !== undefined)
  if (isTimed) yield* loadOffsets(s, Option.getOrThrow(DateTime.zoneFromString(policy.zone ?? "UTC")))
  yield* Tied.make(s)
  yield* db.run(`CREATE TABLE ${s}.last_trunk AS
SELECT trunk_id, arg_max({'name': name, 'switch': CASE recording WHEN true THEN 'on' WHEN false THEN 'off' ELSE 'unknown' END}, arrival) AS trunk
FROM ${s}.trunk GROUP BY trunk_id`)
  yield* db.run(statement(s, policy, isTimed, columns))
})

const statement = (s: string, policy: Policy, isTimed: boolean, columns: string): string => {
  const talk = Duration.toMillis(policy.minimumTalk ?? defaultMinimumTalk)
  // Which of the rules is the first that applies; 0 for none.
  const first = policy.rules.map(({ when = {} }, n) => `WHEN ${meets(when)} THEN ${n + 1}`)
  const decided = (of: (rule: Pick<Rule, "name" | "verdict">) => string) =>
    `CASE ${["WHEN n = 0", ...policy.rules.map((_, n) => `WHEN n = ${n + 1}`)]
      .map(
        (when, n) => `${when} THEN ${Sql.text(of(policy.rules[n - 1] ?? { name: "default", verdict: policy.default }))}`
      )
      .join(" ")} END`
  return `CREATE VIEW ${s}.leg AS
WITH known AS (
  SELECT c.*, t.trunk.name AS trunk_name,
    c.trunk_id IS NOT NULL OR c.context IS NOT DISTINCT FROM 'sip-trunking' AS on_trunk,
    coalesce(t.trunk.switch, 'unknown') AS switch${isTimed ? ", (c.begin_ms + z.offset_ms)::BIGINT AS local_ms" : ""}
  FROM ${isTimed ? `(SELECT *, ${begin} AS begin_ms FROM ${Tied.distinct(s)})` : Tied.distinct(s)} c
  LEFT JOIN ${s}.last_trunk t ON t.trunk_id = c.trunk_id${isTimed ? `\n  LEFT JOIN ${s}.zone_offset z ON z.slot = (c.begin_ms // ${quarter})::DOUBLE` : ""}),
ruled AS (SELECT *, CASE ${first.join(" ")} WHEN true THEN 0 END AS n FROM known),
judged AS (
  SELECT *, ${decided(({ verdict }) => verdict)} AS base_verdict, ${decided(({ name }) => name)} AS base,
    CASE WHEN talk_ms = 0 THEN 'unanswered' WHEN talk_ms < ${talk} THEN 'minimum-talk' END AS excuse
  FROM ruled),
doubted AS (SELECT *, ${doubt(policy)} AS doubtful, base_verdict = 'must-not' OR coalesce(${prohibits(policy)}, false) AS is_banned FROM judged)
SELECT ${columns},
  CASE WHEN excuse IS NOT NULL AND NOT is_banned THEN 'may' WHEN doubtful IS NOT NULL THEN 'unknown' ELSE base_verdict END AS verdict,
  CASE WHEN excuse IS NOT NULL AND NOT is_banned THEN excuse ELSE coalesce(doubtful, base) END AS rule,
  ${perLeg(policy)} AS per_leg
FROM doubted c, ${s}.parameter p`
}

const dayMillis = 86_400_000

/** What a CDR may not tell. */
const isDecidable = ({ when: { directions, from, numbers, to } = {} }: Rule) =>
  (directions ?? from ?? numbers ?? to) === undefined

/** The first rule of which nobody knows whether it applies, and that would decide otherwise. */
const doubtfulWhen = ({ rules }: Policy, of: (rule: Rule) => string): string => {
  const cases = rules.flatMap((rule, n) =>
    isDecidable(rule)
      ? []
      : [
          `WHEN (n = 0 OR n > ${n + 1}) AND base_verdict <> ${Sql.text(rule.verdict)} AND (${meets(rule.when ?? {})}) IS NULL THEN ${of(rule)}`
        ]
  )
  return cases.length === 0 ? "NULL" : `CASE ${cases.join(" ")} END`
}

const doubt = (policy: Policy) => `(${doubtfulWhen(policy, ({ name }) => Sql.text(name))})::VARCHAR`

const prohibits = (policy: Policy) =>
  `(${doubtfulWhen(policy, ({ verdict }) => String(verdict === "must-not"))})::BOOLEAN`

/** Whether a call is judged leg by leg. */
const perLeg = ({ rules }: Policy): string => {
  const some = rules.flatMap(({ name, per }) => (per === "leg" ? [Sql.text(name)] : []))
  return some.length === 0 ? "false" : `rule IN (${some.join(", ")})`
}

/** Whether the number of a column is of a pattern; NULL where nobody knows. */
const isOf = (column: "from" | "to", pattern: string): string => {
  if (!pattern.startsWith("+")) return `${column}_raw = ${Sql.text(pattern)}`
  const digits = `ltrim(regexp_replace(${column}_raw, '[^0-9]', '', 'g'), '0')`
  const some = pattern.endsWith("*")
  const known = some
    ? `starts_with(${column}_e164, ${Sql.text(pattern.slice(0, -1))})`
    : `${column}_e164 = ${Sql.text(pattern)}`
  const no = `length(${digits}) < ${Check.shortest}${some ? "" : ` OR NOT ends_with(${Sql.text(pattern)}, ${digits})`}`
  return `CASE WHEN ${column}_e164 IS NOT NULL THEN ${known} WHEN ${no} THEN false END`
}

/** Whether some of the talk falls into the days and hours. */
const isWhen = ({ days, hours }: Conditions): string =>
  [0, 1]
    .map((more) => {
      const day = `(local_ms // ${dayMillis} + ${more})`
      const isDay = days && `(${day} + 4) % 7 IN (${days.map((name) => Check.weekdays.indexOf(name)).join(", ")})`
      const spans = Check.spansOf(hours).map(
        ({ from, to }) =>
          `local_ms < ${day} * ${dayMillis} + ${to * 60_000} AND local_ms + greatest(talk_ms, 1) > ${day} * ${dayMillis} + ${from * 60_000}`
      )
      return [...(isDay === undefined ? [] : [isDay]), `(${spans.join(" OR ")})`].join(" AND ")
    })
    .join(" OR ")

/** The conditions of a rule: NULL where nobody knows, as a CDR does not tell its direction or a number. */
const meets = (when: Conditions): string => {
  const among = (column: string, values: ReadonlyArray<string>) => `${column} IN (${values.map(Sql.text).join(", ")})`
  const surely = (column: string, values: ReadonlyArray<string>) => `coalesce(${among(column, values)}, false)`
  const number = (patterns: ReadonlyArray<string>, ...columns: ReadonlyArray<"from" | "to">) =>
    `(${columns.flatMap((column) => patterns.map((pattern) => `(${isOf(column, pattern)})`)).join(" OR ")})`
  const parts: ReadonlyArray<string | undefined> = [
    when.trunk && (when.trunk === "any" ? "on_trunk" : "NOT on_trunk"),
    when.trunks && `(${surely("trunk_id", when.trunks)} OR ${surely("trunk_name", when.trunks)})`,
    when.trunkRecording && `on_trunk AND ${among("switch", when.trunkRecording)}`,
    when.contexts && surely("context", when.contexts),
    when.accounts && surely("account_id", when.accounts),
    when.campaigns && surely("campaign_id", when.campaigns),
    when.endpoints && surely("customer_endpoint", when.endpoints),
    when.dispositions && surely("hangup_disposition", when.dispositions),
    when.directions && among("direction", when.directions),
    when.from && number(when.from, "from"),
    when.to && number(when.to, "to"),
    when.numbers && number(when.numbers, "from", "to"),
    when.minimumTalk && `talk_ms >= ${Duration.toMillis(when.minimumTalk)}`,
    when.maximumTalk && `talk_ms < ${Duration.toMillis(when.maximumTalk)}`,
    when.hangupCauses && surely("hangup_cause", when.hangupCauses),
    when.days || when.hours ? `(${isWhen(when)})` : undefined,
    when.since && `start_ms >= ${when.since.epochMilliseconds}`,
    when.until && `start_ms < ${when.until.epochMilliseconds}`
  ]
  const conditions = parts.filter((part) => part !== undefined)
  return conditions.length === 0 ? "true" : `(${conditions.join(" AND ")})`
}
