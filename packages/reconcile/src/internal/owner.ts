/**
 * Which CDR a recording is of: the one that it names by uuid, else by SIP call id, else by bridge uuid. Of several with that id the one
 * whose talk it overlaps most, give or take the skew; where it overlaps no talk, the one whose leg it overlaps most, from the first ring
 * to the end; where it overlaps none, the one that comes first (`Tied.bestFirst`).
 *
 * A uuid is a leg's own. An id of another kind that does not join its legs says nothing by itself: if the legs are not too many for an id
 * that means something, it ties a recording to the one that it overlaps, and to none otherwise.
 *
 * There is no join of rows that share an id, which would multiply them: the CDRs of one id are a list, and they are at most `mostLegs`.
 */
import type * as Finding from "../Finding.ts"
import * as Conversation from "./conversation.ts"
import * as Tied from "./tied.ts"

/** From when until when a row `a` of recordings was recording, as columns. */
export interface Span {
  readonly begin: string
  readonly stop: string
}

/** The ids of CDRs that leave it to time which of them is meant. */
const contested = (s: string, key: Finding.Key) => `(
  SELECT ${key} AS id FROM ${s}.tied WHERE is_last AND NOT is_meant_by_${key} AND ${key} IS NOT NULL${
    key === "uuid"
      ? ""
      : `\n  UNION ALL\n  SELECT name FROM ${s}.shared WHERE NOT joins AND legs <= ${Conversation.mostLegs}`
  })`

/** How much of a rival's time from `from` on, widened by the skew, is within a recording. A CDR whose zone is unknown has no place in time. */
const overlap = (from: "start" | "begin", { begin, stop }: Span) =>
  `CASE WHEN x.stop IS NULL OR ${stop} IS NULL THEN 0 ELSE greatest(0, least(x.stop, ${stop}) - greatest(x.${from}, ${begin}) + 1) END`

/**
 * The statement that makes a table of some rows, which have `id`: with the `arrival` of the CDR that each names by
 * this key, or NULL, and then with the `id` that it names.
 */
export const addressed = (
  s: string,
  key: Finding.Key,
  { rows, span, table }: { readonly table: string; readonly rows: string; readonly span: Span }
): string => {
  const isKnown = key === "uuid" ? "true" : "junk.name IS NULL"
  return `CREATE TABLE ${s}.${table} AS
WITH asked AS (FROM ${rows}),
named AS (
  SELECT t.${key} AS id, arrival, is_credit, row_number() OVER (PARTITION BY t.${key} ORDER BY ${Tied.bestFirst}) AS nth,
    talk_ms > 0 AS talks, start_ms - p.skew_ms AS start, end_ms - talk_ms - p.skew_ms AS begin, CASE WHEN doubt_ms = 0 THEN end_ms + p.skew_ms END AS stop
  FROM (FROM ${s}.tied WHERE is_last) t SEMI JOIN ${contested(s, key)} c ON c.id = t.${key} SEMI JOIN asked ON asked.id = t.${key}, ${s}.parameter p),
rival AS (
  SELECT id, list({'is_credit': is_credit, 'nth': nth, 'arrival': arrival, 'talks': talks, 'start': start, 'begin': begin, 'stop': stop}) AS some
  FROM named GROUP BY id HAVING count(*) <= ${Conversation.mostLegs}),
found AS (
  SELECT a.*, CASE WHEN ${isKnown} THEN l.arrival END AS first_arrival, CASE WHEN r.id IS NOT NULL THEN list_min(list_transform(r.some,
      lambda x: {'is_credit': x.is_credit, 'talk': -CASE WHEN x.talks THEN ${overlap("begin", span)} ELSE 0 END, 'leg': -${overlap("start", span)},
        'nth': x.nth, 'arrival': x.arrival})) END AS nearest
  FROM asked a LEFT JOIN ${Tied.meantBy(s, key)} l ON l.${key} = a.id LEFT JOIN rival r ON r.id = a.id${
    key === "uuid" ? "" : ` LEFT JOIN (FROM ${s}.shared WHERE NOT joins) junk ON junk.name = a.id`
  })
SELECT CASE WHEN least(nearest.talk, nearest.leg) < 0 THEN nearest.arrival ELSE first_arrival END AS arrival,
  * EXCLUDE (first_arrival, nearest) REPLACE (CASE WHEN arrival IS NULL THEN id END AS id)
FROM found`
}

/** Those rows of such a table that name none by its key. */
export const unaddressed = (s: string, table: string): string =>
  `(SELECT * EXCLUDE (arrival) FROM ${s}.${table} WHERE arrival IS NULL)`
