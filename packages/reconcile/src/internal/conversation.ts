/**
 * Which legs are of one conversation: those that share an id, and those that share one with these, and so on.
 *
 * An id is anything that a leg is named by: its uuid, its SIP call id, its bridge uuid.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import { whereAny } from "./steps.ts"

/**
 * The most legs that a conversation has. More share only an id that means nothing, such as `0` or `unknown`, and so do legs that
 * start further apart than the longest call lasts.
 */
export const mostLegs = 100

/** Whether the legs of a group are of one conversation. That of some the zone is not known may account for 14 hours. */
const isPlausible = `count(*) <= ${mostLegs}
  AND max(start_ms) - min(start_ms) <= any_value(p.longest_call_ms) + max(doubt_ms) - min(doubt_ms)`

/** Each leg that shares an id, by each of its ids. */
const named = (s: string) => `(
  SELECT uuid AS name, arrival, start_ms, doubt_ms FROM ${s}.tied WHERE is_last
  UNION ALL
  SELECT sip_call_id, arrival, start_ms, doubt_ms FROM ${s}.tied WHERE is_last AND sip_call_id <> uuid
  UNION ALL
  SELECT bridge_uuid, arrival, start_ms, doubt_ms FROM ${s}.tied
    WHERE is_last AND bridge_uuid <> uuid AND bridge_uuid IS DISTINCT FROM sip_call_id)`

/** Makes table `shared`: the ids that several legs have, how many have each, and whether it joins these. */
const shared = (s: string): string =>
  `CREATE TABLE ${s}.shared AS
SELECT name, count(*) AS legs, ${isPlausible} AS joins FROM ${named(s)}, ${s}.parameter p
GROUP BY name HAVING count(*) > 1`

const Changed = Schema.Struct({ changed: Schema.Boolean })

/**
 * Makes table `shared`, and table `conversation`: the legs that are of one with others, and the `arrival` of one of these, by which it is known.
 *
 * Each leg takes the least label among those it shares an id with, and then that label's own label, until none changes: the
 * second makes the way of a label twice as long each time, so that long chains need few rounds.
 */
export const make = Effect.fn("Conversation.make")(function* (s: string): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const none = `CREATE TABLE ${s}.conversation (arrival BIGINT, label BIGINT)`
  yield* whereAny(
    `FROM ${s}.tied`,
    [shared(s), whereAny(`FROM ${s}.shared WHERE joins`, [label(s)], none)],
    `CREATE TABLE ${s}.shared (name VARCHAR, legs BIGINT, joins BOOLEAN); ${none}`
  )
})

const label = Effect.fnUntraced(function* (s: string) {
  const db = yield* DuckDb
  yield* db.run(
    `CREATE TABLE ${s}.member AS SELECT name, arrival FROM ${named(s)} SEMI JOIN (FROM ${s}.shared WHERE joins) joining USING (name)`
  )
  yield* db.run(`CREATE TABLE ${s}.labelled AS SELECT DISTINCT arrival, arrival AS label FROM ${s}.member`)
  const round = Effect.gen(function* () {
    yield* db.run(
      `CREATE OR REPLACE TABLE ${s}.relabelled AS
WITH least AS (SELECT name, min(label) AS label FROM ${s}.member JOIN ${s}.labelled USING (arrival) GROUP BY name),
next AS (SELECT arrival, min(label) AS label FROM ${s}.member JOIN least USING (name) GROUP BY arrival)
SELECT next.arrival, further.label, further.label <> before.label AS changed
FROM next JOIN next further ON further.arrival = next.label JOIN ${s}.labelled before ON before.arrival = next.arrival`
    )
    const [last] = yield* db.query(`SELECT coalesce(bool_or(changed), false) AS changed FROM ${s}.relabelled`, Changed)
    yield* db.run(`CREATE OR REPLACE TABLE ${s}.labelled AS SELECT arrival, label FROM ${s}.relabelled`)
    return last?.changed ?? false
  })
  yield* Effect.repeat(round, { while: (changed) => changed })
  yield* db.run(
    `CREATE TABLE ${s}.conversation AS
FROM ${s}.labelled SEMI JOIN (
  SELECT label FROM ${s}.labelled JOIN ${s}.tied USING (arrival), ${s}.parameter p GROUP BY label HAVING ${isPlausible}) plausible
USING (label)`
  )
  yield* db.run(`DROP TABLE ${s}.member; DROP TABLE ${s}.labelled; DROP TABLE ${s}.relabelled`)
})
