/**
 * Missing calls that a conference's recording may have.
 *
 * A room is a recording of a conference that names no CDR. A call may be in it if the recording spans all of its talk and the two share a
 * number. There is no join of spans: of the rooms of a number that began by the start of the talk, the one that stopped last spans it,
 * or none does.
 */

/** The last nine digits of a row's number, so that a national number agrees with its international form; NULL of short ones. */
export const digitsOf = (row: string, side: "from" | "to"): string => {
  const digits = `regexp_replace(coalesce(${row}.${side}_e164, ${row}.${side}_raw), '[^0-9]', '', 'g')`
  return `CASE WHEN length(${digits}) >= 7 THEN right(${digits}, 9) END`
}

/** The recordings that say that they are of a conference. */
export const held = (s: string): string =>
  `(FROM ${s}.recording WHERE recording_type = 'conference' OR conference_name IS NOT NULL)`

/** Makes table `room`, of rows of `recording`. */
export const rooms = (s: string): string => `CREATE TABLE ${s}.room AS
WITH held AS (
  FROM ${held(s)} ANTI JOIN ${s}.superseded_recording USING (arrival)),
named AS (SELECT arrival, call_uuid AS id FROM ${s}.compared_recording SEMI JOIN held USING (arrival)),
known AS (
  SELECT id
  FROM (SELECT uuid AS id FROM ${s}.compared_cdr UNION ALL SELECT sip_call_id FROM ${s}.compared_cdr UNION ALL SELECT bridge_uuid FROM ${s}.compared_cdr)
  SEMI JOIN named USING (id))
FROM held ANTI JOIN (FROM named SEMI JOIN known USING (id)) of_cdr USING (arrival)`

/** Says of missing calls that may be in a conference that they are; `began` and `ended` are of a row of `recording`. */
export const statements = (
  s: string,
  by: { readonly placed: string; readonly length: string; readonly ended: string }
): ReadonlyArray<string> => [
  `CREATE TABLE ${s}.conferred AS
WITH span AS (
  SELECT ${by.placed} AS begin, begin + ${by.length} AS stop, recording_id, arrival, ${by.ended} AS ended_ms,
    unnest([${digitsOf("r", "from")}, ${digitsOf("r", "to")}]) AS number
  FROM (FROM ${s}.room ANTI JOIN ${s}.bad_audio ON audio_arrival = arrival) r),
upto AS (
  SELECT number, begin, max(last) OVER (PARTITION BY number ORDER BY begin ROWS UNBOUNDED PRECEDING) AS last
  FROM (
    SELECT number, begin, max({'stop': stop, 'id': recording_id, 'audio': arrival, 'ended': ended_ms}) AS last
    FROM span WHERE number IS NOT NULL AND stop > begin GROUP BY number, begin)),
leg AS (
  SELECT arrival, coalesce(end_ms, start_ms + duration_ms) AS ended_ms, ended_ms - c.talk_ms AS s_ms,
    unnest([${digitsOf("c", "from")}, ${digitsOf("c", "to")}]) AS number
  FROM ${s}.cdr c SEMI JOIN (FROM ${s}.primary_finding WHERE code = 'missing') f USING (arrival) WHERE zone_stated)
SELECT arrival, max(last) AS room
FROM (
  SELECT l.arrival, l.ended_ms, u.last, p.skew_ms
  FROM (SELECT l.*, s_ms + p.skew_ms AS t FROM (FROM leg SEMI JOIN upto USING (number)) l, ${s}.parameter p) l
  ASOF JOIN upto u ON l.number = u.number AND l.t >= u.begin, ${s}.parameter p)
WHERE last.stop >= ended_ms - skew_ms GROUP BY arrival`,
  `UPDATE ${s}.primary_finding f SET code = 'in-conference', recorded_ms = NULL, least_ms = NULL, audio_arrival = c.room.audio,
  deadline_ms = c.room.ended + p.retention_ms
FROM ${s}.conferred c, ${s}.parameter p WHERE f.arrival = c.arrival`
]
