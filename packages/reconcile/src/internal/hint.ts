/** Recordings that may be of calls that are missing theirs: hints, and no matches. */
import * as Conference from "./conference.ts"
import { type Step, whereAny } from "./steps.ts"

/**
 * The two numbers of a row, by their last nine digits, so that a national number agrees with its international form; NULL
 * where one of them is no number that could tell a caller from another.
 */
const line = (row: string) => `${Conference.digitsOf(row, "from")} || ' ' || ${Conference.digitsOf(row, "to")}`

/**
 * The spans of `some` that overlap just one of `others` on their line, and which. There is no join of spans, which would
 * multiply rows: of `others`, those that began by a span's stop, less those that had stopped before it began, overlap it; if
 * that is one, it is the one that stopped last of those that began.
 */
const overlappedOnce = (some: string, others: string) => `
  SELECT arrival, other FROM (
    SELECT arrival, is_asked, count(*) FILTER (NOT is_asked) OVER upto AS begun,
      arg_max(CASE WHEN NOT is_asked THEN arrival END, CASE WHEN NOT is_asked THEN stop END) OVER upto AS other
    FROM (
      SELECT arrival, line, stop AS t, stop, true AS is_asked FROM ${some} WHERE line IS NOT NULL
      UNION ALL
      SELECT arrival, line, begin, stop, false FROM ${others} WHERE line IS NOT NULL)
    WINDOW upto AS (PARTITION BY line ORDER BY t, is_asked ROWS UNBOUNDED PRECEDING))
  JOIN (
    SELECT arrival, is_asked, count(*) FILTER (NOT is_asked) OVER upto AS stopped
    FROM (
      SELECT arrival, line, begin AS t, true AS is_asked FROM ${some} WHERE line IS NOT NULL
      UNION ALL
      SELECT arrival, line, stop, false FROM ${others} WHERE line IS NOT NULL)
    WINDOW upto AS (PARTITION BY line ORDER BY t, is_asked DESC ROWS UNBOUNDED PRECEDING)) USING (arrival, is_asked)
  WHERE is_asked AND begun - stopped = 1`

/** Adds findings `candidate` to the missing calls. */
export const step = (s: string): Step =>
  whereAny(`FROM ${s}.finding WHERE code = 'missing'`, [
    whereAny(`FROM ${s}.finding WHERE code = 'orphan'`, [
      // Of missing calls and orphans with the same two numbers, those that overlap no other.
      `CREATE TABLE ${s}.lost_recording AS
SELECT a.*, r.from_e164, r.to_e164, ${line("r")} AS line, a.began_ms - p.skew_ms AS begin,
  a.began_ms + coalesce(a.duration_ms, 0) + p.skew_ms AS stop
FROM (SELECT audio_arrival AS arrival FROM ${s}.finding WHERE code = 'orphan') f
JOIN ${s}.audio a USING (arrival) JOIN ${s}.recording r ON r.arrival = a.arrival, ${s}.parameter p
WHERE a.length_ms IS DISTINCT FROM 0`,

      `CREATE TABLE ${s}.lost_call AS
FROM (
  SELECT f.arrival, f.verdict, f.rule, f.at_ms, f.talk_ms, c.from_e164, c.to_e164, ${line("c")} AS line,
    c.start_ms AS begin, greatest(coalesce(c.end_ms, c.start_ms + c.duration_ms), c.start_ms) AS stop
  FROM (FROM ${s}.finding WHERE code = 'missing') f JOIN ${s}.cdr c USING (arrival)
  WHERE c.zone_stated)
SEMI JOIN ${s}.lost_recording USING (line)`,

      `INSERT INTO ${s}.further_finding
WITH call_of AS (${overlappedOnce(`${s}.lost_recording`, `${s}.lost_call`)}),
recording_of AS (${overlappedOnce(`${s}.lost_call`, `${s}.lost_recording`)})
SELECT 'candidate', NULL, c.verdict, c.rule, c.at_ms, a.ended_ms + p.retention_ms, c.arrival, NULL, 1, a.arrival,
  NULL, false, c.talk_ms, NULL, a.duration_ms, NULL, NULL, NULL, NULL, NULL, 5, NULL, NULL, NULL
FROM call_of x JOIN recording_of y ON y.arrival = x.other AND y.other = x.arrival
JOIN ${s}.lost_call c ON c.arrival = x.other JOIN ${s}.lost_recording a ON a.arrival = x.arrival, ${s}.parameter p
WHERE coalesce(c.from_e164 = a.from_e164, true) AND coalesce(c.to_e164 = a.to_e164, true)`
    ]),
    whereAny(`FROM ${s}.finding WHERE code = 'recording-longer'`, [
      // A recording that runs on past its call may be of a missing call that began then, such as one that was transferred.
      `CREATE TABLE ${s}.overrun AS
SELECT o.audio_arrival AS arrival, o.key, o.ended_ms AS deleted_ms, o.length_ms, o.arrival AS owner,
  coalesce(c.end_ms, c.start_ms + c.duration_ms) - p.skew_ms AS begin, o.placed_ms + o.length_ms + p.skew_ms AS stop, c.from_e164, c.to_e164,
  ${Conference.digitsOf("c", "from")} AS from_line, ${Conference.digitsOf("c", "to")} AS to_line
FROM ${s}.owned o SEMI JOIN (FROM ${s}.further_finding WHERE code = 'recording-longer' AND audio_arrival IS NOT NULL) f USING (audio_arrival)
ANTI JOIN ${s}.bad_audio b USING (audio_arrival) JOIN ${s}.cdr c USING (arrival), ${s}.parameter p
WHERE o.placed_ms IS NOT NULL AND c.zone_stated`,

      `CREATE TABLE ${s}.unheard AS
SELECT f.*, c.from_e164, c.to_e164, coalesce(c.end_ms, c.start_ms + c.duration_ms) AS stop, stop - c.talk_ms AS begin,
  ${Conference.digitsOf("c", "from")} AS from_line, ${Conference.digitsOf("c", "to")} AS to_line
FROM (FROM ${s}.primary_finding WHERE code = 'missing') f
ANTI JOIN (FROM ${s}.further_finding WHERE code = 'candidate') hinted USING (arrival) JOIN ${s}.cdr c USING (arrival)
WHERE c.zone_stated`,

      `INSERT INTO ${s}.further_finding
WITH found AS (
  ${(["from", "to"] as const)
    .map(
      (side) => `SELECT x.arrival, x.other FROM (${overlappedOnce(
        `(SELECT arrival, ${side}_line AS line, begin, stop FROM ${s}.unheard)`,
        `(SELECT arrival, ${side}_line AS line, begin, stop FROM ${s}.overrun)`
      )}) x
  JOIN ${s}.unheard u USING (arrival) JOIN ${s}.overrun o ON o.arrival = x.other WHERE coalesce(u.${side}_e164 = o.${side}_e164, true)`
    )
    .join("\n  UNION ALL\n  ")}),
single AS (SELECT arrival, any_value(other) AS other FROM found GROUP BY arrival HAVING count(DISTINCT other) = 1)
SELECT 'candidate', NULL, u.verdict, u.rule, u.at_ms, o.deleted_ms + p.retention_ms, u.arrival, o.owner, 1, o.arrival,
  o.key, false, u.talk_ms, NULL, o.length_ms, NULL, NULL, NULL, NULL, NULL, 5, NULL, NULL, NULL
FROM single JOIN ${s}.unheard u USING (arrival) JOIN ${s}.overrun o ON o.arrival = single.other, ${s}.parameter p
WHERE o.begin <= u.begin AND o.stop >= u.stop`
    ])
  ])
