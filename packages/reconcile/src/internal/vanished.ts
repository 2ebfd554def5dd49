/**
 * Recordings that the provider listed at a run before: those that are gone, and those that are shorter now.
 *
 * Nothing is looked at where no ledger remembers any.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as Finding from "../Finding.ts"
import * as Owner from "./owner.ts"
import * as Sql from "./sql.ts"

/** A recording that is shorter by less is as long as it was: lengths are printed to the second by some lists. */
const least = 1000

/** The faults of audio that is not held whole: nothing is deleted at the provider of which the archive has only this. */
const partial: ReadonlyArray<Finding.Code> = ["audio-unreadable", "audio-truncated", "audio-duration"]

/** The rank of such findings, after those of a recording's audio. */
const rank = 7

const columns = `arrival BIGINT, recording_id VARCHAR, call_uuid VARCHAR, recording_type VARCHAR, began_ms BIGINT, ended_ms BIGINT,
  length_ms BIGINT, first_seen_ms BIGINT, last_seen_ms BIGINT, listed_arrival BIGINT, listed_ms BIGINT, key VARCHAR, cdr_arrival BIGINT,
  verdict VARCHAR, rule VARCHAR, start_ms BIGINT, talk_ms BIGINT`

/** A second of UTC, as people write it. */
const printed = (millis: string) => `strftime(make_timestamp(${millis} // 1000 * 1000000), '%Y-%m-%dT%H:%M:%SZ')`

const seconds = (millis: string) => `printf('%g s', round(${millis} / 1000.0, 1))`

/** What is remembered, is of the window, had to be in this list, and that the provider keeps still. */
const due = (s: string) => `
  SELECT recording_id, min(shown_id) AS shown_id, any_value(call_uuid) AS call_uuid, any_value(shown_call) AS shown_call, any_value(recording_type) AS recording_type, min(began_ms) AS began_ms,
    max(ended_ms) AS ended_ms, max(length_ms) AS length_ms, min(first_seen_ms) AS first_seen_ms, max(last_seen_ms) AS last_seen_ms
  FROM ${s}.compared_remembered, ${s}.parameter p
  WHERE began_ms >= p.from_ms AND began_ms < p.to_ms AND add_ms >= p.from_ms
    AND add_ms < p.to_ms + p.longest_call_ms + p.settle_ms AND p.as_of_ms < ended_ms + p.retention_ms
    AND length_ms IS DISTINCT FROM 0
  GROUP BY recording_id HAVING max(last_seen_ms) <= any_value(p.as_of_ms)`

const looking = (s: string): ReadonlyArray<string> => [
  `CREATE TABLE ${s}.due AS ${due(s)}`,

  // A recording that is gone has a number below zero, that no listed one has.
  `CREATE TABLE ${s}.changed AS
SELECT -row_number() OVER (ORDER BY d.recording_id) AS arrival,
  d.* EXCLUDE (recording_id, call_uuid, shown_id, shown_call), d.shown_id AS recording_id,
  CASE WHEN a.arrival IS NULL THEN d.shown_call ELSE a.call_uuid END AS call_uuid, CASE WHEN a.arrival IS NULL THEN d.call_uuid ELSE a.call_key END AS id,
  a.arrival AS listed_arrival, a.length_ms AS listed_ms, coalesce(a.began_ms, d.began_ms) AS begin, coalesce(a.ended_ms, d.ended_ms) AS stop
FROM ${s}.due d
LEFT JOIN (FROM ${s}.audio WHERE source = 'provider') a ON a.recording_key = d.recording_id
LEFT JOIN (
  SELECT recording_id FROM ${s}.compared_archived GROUP BY recording_id
  HAVING NOT bool_or(coalesce(code IN (${partial.map(Sql.text).join(", ")}), false))) held ON held.recording_id = d.recording_id
WHERE CASE WHEN a.arrival IS NULL THEN held.recording_id IS NULL ELSE a.length_ms + ${least} <= d.length_ms END`
]

const owning = (s: string): ReadonlyArray<string> => [
  // The CDR that each names, as recordings name theirs.
  ...Finding.Key.literals.map((key) =>
    Owner.addressed(s, key, {
      table: `gone_${key}`,
      rows: `(SELECT arrival AS changed, id, begin, stop FROM ${s}.changed)`,
      span: { begin: "a.begin", stop: "a.stop" }
    })
  ),
  `INSERT INTO ${s}.vanished
SELECT c.arrival, c.recording_id, c.call_uuid, c.recording_type, c.began_ms, c.ended_ms, c.length_ms, c.first_seen_ms, c.last_seen_ms,
  c.listed_arrival, c.listed_ms,
  CASE WHEN u.arrival IS NOT NULL THEN 'uuid' WHEN i.arrival IS NOT NULL THEN 'sip_call_id' WHEN b.arrival IS NOT NULL THEN 'bridge_uuid' END,
  l.arrival, l.verdict, l.rule, l.start_ms, CASE WHEN NOT l.is_unread THEN l.talk_ms END
FROM ${s}.changed c
JOIN ${s}.gone_uuid u ON u.changed = c.arrival
JOIN ${s}.gone_sip_call_id i ON i.changed = c.arrival
JOIN ${s}.gone_bridge_uuid b ON b.changed = c.arrival
LEFT JOIN ${s}.leg l ON l.arrival = coalesce(u.arrival, i.arrival, b.arrival)`,

  // What must not be recorded may well be deleted. The verdict is looked for in this table: in the view, planning that took up to 3 seconds.
  `DELETE FROM ${s}.vanished WHERE verdict = 'must-not'`
]

const findings = (s: string) => `INSERT INTO ${s}.further_finding BY NAME
SELECT CASE WHEN listed_arrival IS NULL THEN 'deleted-since' ELSE 'shortened-since' END AS code, verdict, rule,
  coalesce(start_ms, began_ms) AS at_ms, ended_ms + p.retention_ms AS deadline_ms, cdr_arrival AS arrival, 1 AS recordings,
  coalesce(listed_arrival, v.arrival) AS audio_arrival, key, coalesce(key = 'uuid', false) AS by_uuid, talk_ms,
  coalesce(listed_ms, length_ms) AS recorded_ms, ${rank} AS rank, CASE WHEN listed_arrival IS NULL
    THEN concat(${seconds("length_ms")} || ', ', 'listed from ', ${printed("first_seen_ms")}, ' to ', ${printed("last_seen_ms")})
    ELSE concat(${seconds("length_ms")}, ' before, ', ${seconds("listed_ms")}, ' now') END AS detail
FROM ${s}.vanished v, ${s}.parameter p`

/** A missing call shows the recording that it had. */
const shown = (s: string) => `UPDATE ${s}.primary_finding f SET audio_arrival = v.audio_arrival, key = v.key
FROM (
  SELECT cdr_arrival, arg_min(arrival, recording_id) AS audio_arrival, arg_min(key, recording_id) AS key
  FROM ${s}.vanished WHERE listed_arrival IS NULL AND cdr_arrival IS NOT NULL GROUP BY cdr_arrival) v
WHERE f.arrival = v.cdr_arrival AND f.code = 'missing'`

const Some = Schema.Struct({ some: Schema.Boolean })

/**
 * Makes table `vanished`, with the findings of what is in it, and view `shown`: the audio that there is, and the recordings that
 * are gone. Each CDR has its primary finding by then.
 */
export const make = Effect.fn("Vanished.make")(function* (s: string): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const has = (table: string) =>
    Effect.map(db.query(`SELECT EXISTS (FROM ${s}.${table}) AS some`, Some), ([row]) => row?.some === true)
  yield* db.run(`CREATE TABLE ${s}.vanished (${columns})`)
  yield* db.run(`CREATE VIEW ${s}.shown AS
SELECT arrival, recording_id, call_uuid, recording_type, account_id, began_ms, duration_ms, is_guess, source FROM ${s}.audio
UNION ALL
SELECT arrival, recording_id, call_uuid, recording_type, NULL, began_ms, length_ms, false, 'ledger' FROM ${s}.vanished WHERE listed_arrival IS NULL`)
  if (!(yield* has("remembered"))) return
  yield* Effect.forEach(looking(s), (step) => db.run(step), { discard: true })
  if (!(yield* has("changed"))) return
  yield* Effect.forEach([...owning(s), findings(s), shown(s)], (step) => db.run(step), { discard: true })
})
