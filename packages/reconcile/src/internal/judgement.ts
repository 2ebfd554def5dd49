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

/** How far the zone's clocks were from UTC, for each quarter of an hour that has calls. */
const loadOffsets = Effect.fnUntraced(function* (s: string, zone: DateTime.TimeZone) {
  const db = yield* DuckDb
  const table = `${s}.zone_offset`
  yield* db.run(Column.createTable(table, offset))
  const slots = db.stream(
    `SELECT DISTINCT (start_ms // ${quarter})::DOUBLE AS slot FROM ${s}.cdr`,
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
    coalesce(t.trunk.switch, 'unknown') AS switch${isTimed ? ", (c.start_ms + z.offset_ms)::BIGINT AS local_ms" : ""}
  FROM ${Tied.distinct(s)} c
  LEFT JOIN ${s}.last_trunk t ON t.trunk_id = c.trunk_id${isTimed ? `\n  LEFT JOIN ${s}.zone_offset z ON z.slot = (c.start_ms // ${quarter})::DOUBLE` : ""}),
ruled AS (SELECT *, CASE ${first.join(" ")} WHEN true THEN 0 END AS n FROM known),
judged AS (
  SELECT *, ${decided(({ verdict }) => verdict)} AS base_verdict, ${decided(({ name }) => name)} AS base,
    CASE WHEN talk_ms = 0 THEN 'unanswered' WHEN talk_ms < ${talk} THEN 'minimum-talk' END AS excuse
  FROM ruled)
SELECT ${columns},
  CASE WHEN base_verdict = 'must-not' OR excuse IS NULL THEN base_verdict ELSE 'may' END AS verdict,
  CASE WHEN base_verdict = 'must-not' OR excuse IS NULL THEN base ELSE excuse END AS rule,
  ${perLeg(policy)} AS per_leg
FROM judged c, ${s}.parameter p`
}

/** Whether a call is judged leg by leg. */
const perLeg = ({ rules }: Policy): string => {
  const some = rules.flatMap(({ per }, n) => (per === "leg" ? [n + 1] : []))
  return some.length === 0 ? "false" : `excuse IS NULL AND n IN (${some.join(", ")})`
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

const dayMillis = 86_400_000

/** The conditions of a rule. What a CDR does not tell is NULL, and meets none. */
const meets = (when: Conditions): string => {
  const among = (column: string, values: ReadonlyArray<string>) => `${column} IN (${values.map(Sql.text).join(", ")})`
  const number = (column: string, patterns: ReadonlyArray<string>) =>
    patterns
      .map((pattern) =>
        pattern.endsWith("*")
          ? `coalesce(starts_with(${column}, ${Sql.text(pattern.slice(0, -1))}), false)`
          : `coalesce(${column} = ${Sql.text(pattern)}, false)`
      )
      .join(" OR ")
  const minute = `(local_ms // 60000) % 1440`
  const parts: ReadonlyArray<string | undefined> = [
    when.trunk && (when.trunk === "any" ? "on_trunk" : "NOT on_trunk"),
    when.trunks &&
      `(coalesce(${among("trunk_id", when.trunks)}, false) OR coalesce(${among("trunk_name", when.trunks)}, false))`,
    when.trunkRecording && `on_trunk AND ${among("switch", when.trunkRecording)}`,
    when.contexts && among("context", when.contexts),
    when.directions && among("direction", when.directions),
    when.from && `(${number("from_e164", when.from)})`,
    when.to && `(${number("to_e164", when.to)})`,
    when.numbers && `(${number("from_e164", when.numbers)} OR ${number("to_e164", when.numbers)})`,
    when.minimumTalk && `talk_ms >= ${Duration.toMillis(when.minimumTalk)}`,
    when.maximumTalk && `talk_ms < ${Duration.toMillis(when.maximumTalk)}`,
    when.hangupCauses && among("hangup_cause", when.hangupCauses),
    // The first of January 1970 was a Thursday.
    when.days && `(local_ms // ${dayMillis} + 4) % 7 IN (${when.days.map((day) => weekdays.indexOf(day)).join(", ")})`,
    when.hours && within(minute, Check.minutesOf(when.hours.from), Check.minutesOf(when.hours.to)),
    when.since && `start_ms >= ${when.since.epochMilliseconds}`,
    when.until && `start_ms < ${when.until.epochMilliseconds}`
  ]
  const conditions = parts.filter((part) => part !== undefined)
  return conditions.length === 0 ? "true" : `(${conditions.join(" AND ")})`
}

const within = (minute: string, from: number, to: number) =>
  from < to ? `(${minute} >= ${from} AND ${minute} < ${to})` : `(${minute} >= ${from} OR ${minute} < ${to})`
