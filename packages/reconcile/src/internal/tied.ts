/**
 * CDRs that have an id in common with another. All that were read again, billed twice or are of one conversation is among these, and
 * they are few as a rule, so that the rest need not be looked at for any of that.
 */
import * as Effect from "effect/Effect"

import type { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as Finding from "../Finding.ts"
import * as Repeated from "./repeated.ts"
import * as Sql from "./sql.ts"
import { whereAny } from "./steps.ts"

const keys = Finding.Key.literals

/** Of several CDRs of one id, the one that is meant comes first. */
export const bestFirst = `is_credit, talk_ms DESC, start_ms, uuid, ${Sql.idOrder("id")}`

/** By how much the times of a CDR may be off, that came without their zone. */
export const widestZone = 14 * 3_600_000

/** The same of each CDR. */
export const doubt = `CASE WHEN zone_stated THEN 0 ELSE ${widestZone} END`

/** A CDR's ids, each once, as hashes. */
const hashes = [
  "hash(uuid)",
  "CASE WHEN sip_call_id IS DISTINCT FROM uuid AND sip_call_id IS NOT NULL THEN hash(sip_call_id) END",
  `CASE WHEN bridge_uuid IS DISTINCT FROM uuid AND bridge_uuid IS DISTINCT FROM sip_call_id AND bridge_uuid IS NOT NULL
    THEN hash(bridge_uuid) END`
]

/** What rows that are of one leg have in common, beside their uuid. */
const leg = "uuid, account_id, sip_call_id, bridge_uuid, from_number, to_number, start_ms"

/**
 * Makes table `superseded`: rows that were corrected under another number, and the row that stands for each. They are of one leg, and of
 * another talk time than the one that was updated last; of those updated at one time, the longest stands. Of one talk time, the leg was
 * billed twice. A credit corrects nothing.
 */
const superseded = (s: string) => `CREATE TABLE ${s}.superseded AS
WITH several AS (SELECT uuid FROM ${s}.read WHERE is_version AND NOT is_credit GROUP BY uuid HAVING count(*) > 1),
stood AS (
  SELECT arrival, talk_ms, first_value({'arrival': arrival, 'talk_ms': talk_ms}) OVER leg AS standing
  FROM ${s}.read SEMI JOIN several USING (uuid) WHERE is_version AND NOT is_credit
  WINDOW leg AS (PARTITION BY ${leg} ORDER BY updated_ms DESC NULLS LAST, talk_ms DESC, ${Sql.idOrder("id")}
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
SELECT arrival, standing.arrival AS standing FROM stood WHERE talk_ms <> standing.talk_ms`

/** So far apart may rows start that seem to be of one leg, in milliseconds. */
const nearest = 1000

/** What rows have in common that seem to be of one leg: all but when they start, and their account. */
const alike = "uuid, sip_call_id, bridge_uuid, from_number, to_number, talk_ms, doubt_ms"

/** Makes table `read`: all that share an id. `is_alone`: no other row has its uuid, so that there is no other version of it. */
const read = (s: string) => `CREATE TABLE ${s}.read AS
WITH tying AS MATERIALIZED (
  SELECT arrival, account_id, updated_ms, coalesce(cost < 0, false) AS is_credit, uuid, id, sip_call_id, bridge_uuid, start_ms,
    coalesce(end_ms, start_ms + duration_ms) AS end_ms, ${doubt} AS doubt_ms, talk_ms, cost, currency,
    coalesce(from_e164, from_raw) AS from_number, coalesce(to_e164, to_raw) AS to_number
  FROM ${s}.compared_cdr SEMI JOIN ${s}.cdr_repeating USING (arrival)),
many AS (SELECT uuid FROM tying GROUP BY uuid HAVING count(*) > 1)
SELECT *, true AS is_alone, true AS is_version FROM tying ANTI JOIN many USING (uuid)
UNION ALL
SELECT *, false, row_number() OVER (PARTITION BY uuid, id ORDER BY updated_ms DESC NULLS LAST, arrival DESC) = 1 FROM tying SEMI JOIN many USING (uuid)`

/** Those that have a key in common with another, and are not the one that is meant. */
const others = (key: Finding.Key) => `other_${key} AS (
  SELECT arrival FROM known SEMI JOIN (SELECT ${key} FROM known WHERE is_last GROUP BY ${key} HAVING count(*) > 1) USING (${key}) WHERE is_last
  QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${bestFirst}) > 1)`

/**
 * Makes table `tied`. `is_last`: it is the row's last version. `leg_ms`: when its leg starts, which rows that are alike and start close to one
 * another have in common. `is_meant_by_…`: of those that have this id, it is the one that is meant.
 *
 * Rows are only sorted beside others that have the same uuid, or the same id of a key: most legs of a conversation have none.
 */
export const make = Effect.fn("Tied.make")(function* (s: string): Effect.fn.Return<void, DuckDbError, DuckDb> {
  yield* Repeated.make(s, "cdr", `${s}.compared_cdr`, hashes)
  yield* whereAny(`FROM ${s}.cdr_repeating`, [read(s), superseded(s), tied(s), `DROP TABLE ${s}.read`], none(s))
})

/** The same tables where no CDR shares an id. */
const none = (s: string) => `CREATE TABLE ${s}.superseded (arrival BIGINT, standing BIGINT);
CREATE TABLE ${s}.tied (arrival BIGINT, account_id VARCHAR, updated_ms BIGINT, is_credit BOOLEAN, uuid VARCHAR, id VARCHAR, sip_call_id VARCHAR,
  bridge_uuid VARCHAR, start_ms BIGINT, end_ms BIGINT, doubt_ms INTEGER, talk_ms BIGINT, cost DECIMAL(38, 18), currency VARCHAR, from_number VARCHAR,
  to_number VARCHAR, is_last BOOLEAN, leg_ms BIGINT, ${keys.map((key) => `is_meant_by_${key} BOOLEAN`).join(", ")})`

const tied = (s: string) => `CREATE TABLE ${s}.tied AS
WITH known AS MATERIALIZED (
  SELECT * EXCLUDE (is_version), is_version AND arrival NOT IN (SELECT arrival FROM ${s}.superseded) AS is_last FROM ${s}.read),
parted AS (
  SELECT *, CASE WHEN start_ms - lag(start_ms) OVER upto <= ${nearest} THEN 0 ELSE 1 END AS is_new
  FROM known WHERE NOT is_alone WINDOW upto AS (PARTITION BY is_last, ${alike} ORDER BY start_ms)),
numbered AS (
  SELECT *, sum(is_new) OVER (PARTITION BY is_last, ${alike} ORDER BY start_ms ROWS UNBOUNDED PRECEDING) AS nth FROM parted),
leg AS (SELECT arrival, min(start_ms) OVER (PARTITION BY is_last, ${alike}, nth) AS leg_ms FROM numbered),
${keys.map(others).join(",\n")}
SELECT known.* EXCLUDE (is_alone), coalesce(leg.leg_ms, known.start_ms) AS leg_ms, ${keys
  .map((key) => `is_last AND other_${key}.arrival IS NULL AS is_meant_by_${key}`)
  .join(", ")}
FROM known LEFT JOIN leg ON leg.arrival = known.arrival
${keys.map((key) => `LEFT JOIN other_${key} ON other_${key}.arrival = known.arrival`).join("\n")}`

/** Each distinct CDR, by its last version. */
export const distinct = (s: string): string =>
  `(FROM ${s}.compared_cdr ANTI JOIN (FROM ${s}.tied WHERE NOT is_last) superseded USING (arrival))`

/** For each value of the key the CDR that is meant. */
export const meantBy = (s: string, key: Finding.Key): string =>
  `(FROM ${s}.compared_cdr ANTI JOIN (FROM ${s}.tied WHERE NOT is_meant_by_${key}) others USING (arrival))`
