/**
 * CDRs that have an id in common with another. All that were read again, billed twice or are of one conversation is among these, and
 * they are few as a rule, so that the rest need not be looked at for any of that.
 */
import * as Effect from "effect/Effect"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as Finding from "../Finding.ts"
import * as Repeated from "./repeated.ts"

const keys = Finding.Key.literals

/** Of several CDRs of one id, the one that is meant comes first. */
const bestFirst = "talk_ms DESC, start_ms, uuid, id NULLS LAST"

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
 * Makes table `superseded`: rows that were corrected under another number, and the row that stands for each. They are of one leg, and the
 * one that was updated last has another talk time; of one talk time, the leg was billed twice. A credit corrects nothing.
 */
const superseded = (s: string) => `CREATE TABLE ${s}.superseded AS
WITH several AS (
  SELECT uuid FROM ${s}.read WHERE is_version AND NOT is_credit AND updated_ms IS NOT NULL GROUP BY uuid HAVING count(*) > 1),
dated AS (
  SELECT *, max(updated_ms) OVER (PARTITION BY ${leg}) AS newest_ms
  FROM ${s}.read SEMI JOIN several USING (uuid) WHERE is_version AND NOT is_credit AND updated_ms IS NOT NULL),
stood AS (
  SELECT *, min(talk_ms) FILTER (updated_ms = newest_ms) OVER leg AS least_ms, max(talk_ms) FILTER (updated_ms = newest_ms) OVER leg AS most_ms,
    arg_min(arrival, coalesce(id, 'infinity'::DOUBLE)) FILTER (updated_ms = newest_ms) OVER leg AS standing
  FROM dated WINDOW leg AS (PARTITION BY ${leg}))
SELECT arrival, standing FROM stood WHERE updated_ms < newest_ms AND least_ms = most_ms AND talk_ms <> most_ms`

/**
 * Makes table `tied`. `is_last`: it is the row's last version. `is_meant_by_…`: of those that have this id, it is the one that is meant.
 */
export const make = Effect.fn("Tied.make")(function* (s: string): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  yield* Repeated.make(s, "cdr", `${s}.cdr`, hashes)
  yield* db.run(`CREATE TABLE ${s}.read AS
  SELECT arrival, account_id, updated_ms, coalesce(cost < 0, false) AS is_credit, uuid, id, sip_call_id, bridge_uuid, start_ms, ${doubt} AS doubt_ms, talk_ms, cost, currency,
    coalesce(from_e164, from_raw) AS from_number, coalesce(to_e164, to_raw) AS to_number,
    row_number() OVER (PARTITION BY uuid, id ORDER BY updated_ms DESC NULLS LAST, arrival DESC) = 1 AS is_version
  FROM ${s}.cdr SEMI JOIN ${s}.cdr_repeating USING (arrival)`)
  yield* db.run(superseded(s))
  yield* db.run(`CREATE TABLE ${s}.tied AS
WITH known AS (
  SELECT * EXCLUDE (is_version), is_version AND arrival NOT IN (SELECT arrival FROM ${s}.superseded) AS is_last FROM ${s}.read)
SELECT *, ${keys
    .map(
      (key) =>
        `is_last AND row_number() OVER (PARTITION BY ${key} ORDER BY is_last DESC, ${bestFirst}) = 1 AS is_meant_by_${key}`
    )
    .join(", ")}
FROM known`)
  yield* db.run(`DROP TABLE ${s}.read`)
})

/** Each distinct CDR, by its last version. */
export const distinct = (s: string): string =>
  `(FROM ${s}.cdr ANTI JOIN (FROM ${s}.tied WHERE NOT is_last) superseded USING (arrival))`

/** For each value of the key the CDR that is meant. */
export const meantBy = (s: string, key: Finding.Key): string =>
  `(FROM ${s}.cdr ANTI JOIN (FROM ${s}.tied WHERE NOT is_meant_by_${key}) others USING (arrival))`
