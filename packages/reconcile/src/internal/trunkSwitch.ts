/**
 * How the recording switch of each trunk stood when calls were made: as it is listed, as it was seen by runs before, and as recordings
 * of the trunk show.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as SameId from "./sameId.ts"
import * as Sql from "./sql.ts"
import * as Tied from "./tied.ts"

const [before, after] = [-(2 ** 53), 2 ** 53]

/** Between recorded calls no further apart than this, the switch stood on. */
const day = 86_400_000

const word = (recording: string) => `CASE ${recording} WHEN true THEN 'on' WHEN false THEN 'off' ELSE 'unknown' END`

/**
 * Makes table `switch_span`: from when until when the switch of a trunk stood as it was seen. What was seen again, and not changed
 * meanwhile, stood so in between. A switch stood so since the trunk's last change, unless it was seen otherwise after that; and always,
 * where the trunk was never seen otherwise and does not say when it changed.
 */
const spans = (s: string) => `CREATE TABLE ${s}.switch_span AS
WITH sight AS (
  SELECT trunk_id, recording, updated_ms, first_seen_ms, last_seen_ms, false AS is_listed FROM ${s}.compared_trunk_seen
  UNION ALL
  SELECT trunk_id, trunk.recording, trunk.updated_ms, p.as_of_ms, p.as_of_ms, true
  FROM (SELECT trunk_id, arg_max({'recording': recording, 'updated_ms': updated_ms}, arrival) AS trunk FROM ${s}.compared_trunk GROUP BY trunk_id),
    ${s}.parameter p),
parted AS (
  SELECT *, CASE WHEN lag(recording) OVER upto IS NOT DISTINCT FROM recording AND lag(updated_ms) OVER upto IS NOT DISTINCT FROM updated_ms
    AND lag(trunk_id) OVER upto IS NOT NULL THEN 0 ELSE 1 END AS is_new
  FROM sight WINDOW upto AS (PARTITION BY trunk_id ORDER BY first_seen_ms, is_listed, last_seen_ms, updated_ms, recording)),
stood AS (
  SELECT trunk_id, recording, updated_ms, min(first_seen_ms) AS first_ms, max(last_seen_ms) AS last_ms, bool_or(is_listed) AS is_listed
  FROM (
    SELECT *, sum(is_new) OVER (PARTITION BY trunk_id ORDER BY first_seen_ms, is_listed, last_seen_ms, updated_ms, recording
      ROWS UNBOUNDED PRECEDING) AS nth FROM parted)
  GROUP BY trunk_id, recording, updated_ms, nth)
SELECT trunk_id, ${word("recording")} AS switch, is_listed, CASE
    WHEN updated_ms > coalesce(before_ms, ${before}) THEN least(updated_ms, first_ms)
    WHEN updated_ms IS NULL AND before_ms IS NULL AND is_listed THEN ${before}
    ELSE first_ms END AS from_ms,
  CASE WHEN is_listed AND is_last THEN ${after} ELSE last_ms END AS to_ms
FROM (
  SELECT *, lag(last_ms) OVER upto AS before_ms, lead(trunk_id) OVER upto IS NULL AS is_last
  FROM stood WINDOW upto AS (PARTITION BY trunk_id ORDER BY first_ms, is_listed))`

/**
 * Makes table `last_trunk`: each trunk, how its switch stands since when, and how it stood before. One that is not listed any more has
 * no \`since_ms\`.
 */
const trunks = (s: string) => `CREATE TABLE ${s}.last_trunk AS
SELECT trunk_id, ${SameId.sql("n.name")} AS name, coalesce(l.switch, 'unknown') AS switch, l.from_ms AS since_ms, l.trunk_id IS NOT NULL AS is_listed, coalesce(b.spans, []) AS spans
FROM (SELECT DISTINCT trunk_id FROM ${s}.switch_span) every
LEFT JOIN (FROM ${s}.switch_span WHERE is_listed) l USING (trunk_id)
LEFT JOIN (
  SELECT trunk_id, list({'begin': from_ms, 'stop': to_ms, 'switch': switch} ORDER BY from_ms, switch) AS spans
  FROM ${s}.switch_span GROUP BY trunk_id) b USING (trunk_id)
LEFT JOIN (
  SELECT trunk_id, coalesce(arg_max(name, arrival) FILTER (is_listed), arg_max(name, arrival)) AS name
  FROM (
    SELECT trunk_id, name, arrival, true AS is_listed FROM ${s}.compared_trunk
    UNION ALL
    SELECT trunk_id, name, last_seen_ms, false FROM ${s}.compared_trunk_seen)
  GROUP BY trunk_id) n USING (trunk_id)`

/** Whether the switch has stood so for less long than the first of the calls is ago. */
const isLate = `since_ms > p.from_ms - p.look_back_ms - ${Tied.widestZone}`

/** Where recordings of trunks that were changed show that these recorded: from the first to the last of calls a day apart at most. */
const shown = (s: string) => `INSERT INTO ${s}.switch_span
WITH recorded AS (
  SELECT DISTINCT c.trunk_id, c.start_ms FROM ${Tied.distinct(s)} c
  SEMI JOIN (FROM ${s}.last_trunk, ${s}.parameter p WHERE ${isLate}) changed ON changed.trunk_id = c.trunk_id
  SEMI JOIN (
    SELECT call_uuid, add_ms, p.longest_call_ms FROM ${s}.compared_recording, ${s}.parameter p
    WHERE recording_type = 'trunk' AND duration_ms IS DISTINCT FROM 0) r
    ON (r.call_uuid = c.sip_call_id OR r.call_uuid = c.uuid) AND r.add_ms BETWEEN c.start_ms AND c.start_ms + r.longest_call_ms + ${day}
  WHERE c.zone_stated),
parted AS (
  SELECT *, CASE WHEN start_ms - lag(start_ms) OVER upto <= ${day} THEN 0 ELSE 1 END AS is_new
  FROM recorded WINDOW upto AS (PARTITION BY trunk_id ORDER BY start_ms)),
numbered AS (
  SELECT *, sum(is_new) OVER (PARTITION BY trunk_id ORDER BY start_ms ROWS UNBOUNDED PRECEDING) AS nth FROM parted)
SELECT trunk_id, 'on', false, min(start_ms), max(start_ms) FROM numbered GROUP BY trunk_id, nth`

/** How the switch of trunk `t` stood when call `c` began: `changed` where it was changed since, and nothing shows how. */
export const position = `CASE
      WHEN t.trunk_id IS NULL THEN 'unknown'
      WHEN c.start_ms - ${Tied.doubt} >= t.since_ms THEN t.switch
      ELSE coalesce(list_filter(t.spans, lambda x: x.begin <= c.start_ms - ${Tied.doubt} AND x.stop >= c.start_ms + ${Tied.doubt})[1].switch,
        CASE WHEN t.is_listed THEN 'changed' ELSE 'unknown' END) END`

const Some = Schema.Struct({ some: Schema.Boolean })

/** Makes table `last_trunk`, and tells whether it takes its `spans` to say how the switch of each stood: one was changed since the first of the calls. */
export const make = Effect.fn("TrunkSwitch.make")(function* (
  s: string
): Effect.fn.Return<boolean, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  yield* db.run(spans(s))
  yield* db.run(trunks(s))
  const [row] = yield* db.query(
    `SELECT EXISTS (FROM ${s}.last_trunk, ${s}.parameter p WHERE NOT is_listed OR ${isLate}) AS some`,
    Some
  )
  if (row?.some !== true) return false
  yield* db.run(shown(s))
  yield* db.run(`DROP TABLE ${s}.last_trunk`)
  yield* db.run(trunks(s))
  return true
})

/** Which of these are neither the id nor the name of a trunk that is listed, or was. */
export const strangers = Effect.fn("TrunkSwitch.strangers")(function* (
  s: string,
  named: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<string>, DuckDbError, DuckDb> {
  if (named.length === 0) return []
  const db = yield* DuckDb
  const rows = yield* db.query(
    `FROM (VALUES ${named.map((trunk) => `(${Sql.text(trunk)}, ${Sql.text(SameId.of(trunk))})`).join(", ")}) named(trunk, name)
ANTI JOIN (SELECT unnest([trunk_id, name]) AS name FROM ${s}.last_trunk) known USING (name)`,
    Schema.Struct({ trunk: Schema.String })
  )
  return rows.map(({ trunk }) => trunk)
})

/**
 * A trunk that calls name, and that the account does not list.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unlisted {
  readonly trunkId: string
  /** The calls on it that no rule judges. */
  readonly calls: number
}

/** Trunks of unjudged calls that are not listed. */
export const unlisted = Effect.fn("TrunkSwitch.unlisted")(function* (
  s: string
): Effect.fn.Return<ReadonlyArray<Unlisted>, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  return yield* db.query(
    `SELECT min(c.trunk_id) AS "trunkId", count(*) AS calls
FROM (FROM ${s}.primary_finding WHERE verdict = 'unknown') f JOIN ${s}.compared_cdr k USING (arrival) JOIN ${s}.cdr c USING (arrival)
WHERE k.trunk_id IS NOT NULL AND k.trunk_id NOT IN (SELECT trunk_id FROM ${s}.compared_trunk)
GROUP BY k.trunk_id ORDER BY calls DESC, "trunkId"`,
    Schema.Struct({ trunkId: Schema.String, calls: Schema.FiniteFromString })
  )
})
