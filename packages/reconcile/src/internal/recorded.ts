/** Each recording once, and the CDRs that have recordings: which they are, and whether there is anything to listen to. */
import * as Finding from "../Finding.ts"
import * as Conference from "./conference.ts"
import * as Evidence from "./evidence.ts"
import * as Owner from "./owner.ts"
import * as Repeated from "./repeated.ts"
import * as Sql from "./sql.ts"
import { type Step, whereAny } from "./steps.ts"

/** Of a row of table `recording`: where it begins, if that is known, when it ended, and how long it is. */
export const ofRow = {
  placed: "coalesce(start_ms, end_ms - duration_ms)",
  ended: "coalesce(end_ms, start_ms + duration_ms, add_ms)",
  length: "coalesce(duration_ms, CASE WHEN end_ms >= start_ms THEN end_ms - start_ms END)"
}

/** Some rows of view `compared_recording` as those of view `audio`: with its ids as they came, and the same, as they are compared. */
const audioOf = (
  rows: string
) => `SELECT arrival, shown_id AS recording_id, recording_id AS recording_key, shown_call AS call_uuid, call_uuid AS call_key,
  recording_type, shown_account AS account_id, account_id AS account_key,
  recording_type = 'conference' OR conference_name IS NOT NULL AS is_conference,
  coalesce(duration_ms, CASE WHEN end_ms = start_ms THEN 0 END) AS duration_ms, add_ms,
  coalesce(start_ms, coalesce(end_ms, add_ms) - coalesce(duration_ms, 0)) AS began_ms,
  ${ofRow.ended} AS ended_ms, ${ofRow.placed} AS placed_ms, ${ofRow.length} AS length_ms, start_ms IS NULL AND end_ms IS NULL AS is_guess, 'provider' AS source
FROM ${rows}`

/** Makes table `by_…`: for each of some recordings, the CDR that it names by this key, or none, and then the id that it names. */
const addressed = (s: string, key: Finding.Key, rows: string) =>
  Owner.addressed(s, key, {
    table: `by_${key}`,
    rows,
    span: { begin: "coalesce(a.placed_ms, a.ended_ms - coalesce(a.length_ms, 0))", stop: "a.ended_ms" }
  })

/** Makes view `audio`, tables `by_…`, and of them views `owned` and `recorded`, and tables `several`, `unusable`, `bad_audio` and `evidence`. */
export const steps = (s: string): ReadonlyArray<Step> => [
  // Each recording once.
  Repeated.make(s, "recording", `${s}.compared_recording`, ["hash(recording_id)"]),
  `CREATE TABLE ${s}.superseded_recording AS
SELECT arrival FROM ${s}.compared_recording SEMI JOIN ${s}.recording_repeating USING (arrival)
QUALIFY row_number() OVER (PARTITION BY recording_id ORDER BY arrival DESC) > 1`,

  // What only the archive has comes after what the provider lists.
  `CREATE TABLE ${s}.only_archived AS
SELECT (SELECT coalesce(max(arrival), -1) FROM ${s}.recording) + row_number() OVER (ORDER BY recording_id) AS arrival, *
FROM (
  SELECT recording_id, any_value(shown_id) AS shown_id, any_value(call_uuid) AS call_uuid, any_value(shown_call) AS shown_call,
    any_value(recording_type) AS recording_type, any_value(duration_ms) AS duration_ms, any_value(add_ms) AS add_ms
  FROM ${s}.compared_archived
  ANTI JOIN (SELECT recording_id FROM ${s}.compared_recording SEMI JOIN ${s}.compared_archived USING (recording_id)) listed USING (recording_id)
  GROUP BY recording_id)`,
  `CREATE VIEW ${s}.audio AS
${audioOf(`${s}.compared_recording ANTI JOIN ${s}.superseded_recording USING (arrival)`)}
UNION ALL
SELECT arrival, shown_id, recording_id, shown_call, call_uuid, recording_type, NULL, NULL, recording_type = 'conference', duration_ms, add_ms,
  add_ms - coalesce(duration_ms, 0), add_ms, NULL, duration_ms, true, 'archive'
FROM ${s}.only_archived`,

  whereAny(
    `FROM ${Conference.held(s)}`,
    [Conference.rooms(s)],
    `CREATE TABLE ${s}.room AS FROM ${s}.recording LIMIT 0`
  ),
  // The recordings that cover no call: of no length, or with a fault of their audio that leaves nothing to listen to.
  // Two steps: their ids are only read where an archive names a fault.
  `CREATE TABLE ${s}.bad_audio AS
SELECT arrival AS audio_arrival FROM ${s}.audio WHERE length_ms = 0
UNION
SELECT arrival FROM ${s}.audio
SEMI JOIN (SELECT recording_id AS recording_key FROM ${s}.compared_archived WHERE code IN (${Finding.unusableAudio.map(Sql.text).join(", ")})) bad
  USING (recording_key)`,

  // The CDR that each recording is of.
  addressed(
    s,
    "uuid",
    `(
  SELECT arrival AS audio_arrival, placed_ms, length_ms, ended_ms, call_key AS id
  FROM ${s}.audio)`
  ),
  whereAny(
    `FROM ${Owner.unaddressed(s, "by_uuid")}`,
    [
      addressed(s, "sip_call_id", Owner.unaddressed(s, "by_uuid")),
      addressed(s, "bridge_uuid", Owner.unaddressed(s, "by_sip_call_id"))
    ],
    `CREATE TABLE ${s}.by_sip_call_id AS FROM ${s}.by_uuid LIMIT 0; CREATE TABLE ${s}.by_bridge_uuid AS FROM ${s}.by_uuid LIMIT 0`
  ),
  `CREATE VIEW ${s}.owned AS
SELECT * EXCLUDE (id) FROM (${Finding.Key.literals.map((key) => `SELECT '${key}' AS key, * FROM ${s}.by_${key}`).join(" UNION ALL ")})
WHERE arrival IS NOT NULL`,

  // The CDRs that have several recordings.
  `CREATE TABLE ${s}.several AS
SELECT arrival, count(*) AS recordings, count(*) FILTER (length_ms IS DISTINCT FROM 0) AS heard,
  max(length_ms) AS longest_ms, min(ended_ms) FILTER (length_ms IS DISTINCT FROM 0) AS first_ended_ms
FROM ${s}.owned SEMI JOIN (SELECT arrival FROM ${s}.owned GROUP BY arrival HAVING count(*) > 1) repeated USING (arrival)
GROUP BY arrival`,

  // The CDRs all of whose recordings cover nothing.
  `CREATE TABLE ${s}.unusable AS
SELECT arrival
FROM ${s}.owned o SEMI JOIN (SELECT arrival FROM ${s}.owned SEMI JOIN ${s}.bad_audio USING (audio_arrival)) touched USING (arrival)
LEFT JOIN ${s}.bad_audio b ON b.audio_arrival = o.audio_arrival
GROUP BY arrival HAVING count(*) = count(b.audio_arrival)`,

  // The CDRs that have recordings: how many, how many of them are of any length, and which if it is one.
  `CREATE VIEW ${s}.recorded AS
SELECT arrival, 1 AS recordings, (length_ms IS DISTINCT FROM 0)::INTEGER AS heard, audio_arrival, key, key = 'uuid' AS by_uuid, length_ms AS longest_ms, placed_ms, length_ms,
  ended_ms AS first_ended_ms
FROM ${s}.owned ANTI JOIN ${s}.several USING (arrival)
UNION ALL
SELECT arrival, recordings, heard, NULL, NULL, false, longest_ms, NULL, NULL, first_ended_ms FROM ${s}.several`,

  // The recordings of those that have several. Of all a list would be made in memory: DuckDB cannot spill it in the making.
  `CREATE TABLE ${s}.evidence AS
SELECT o.arrival, list_sort(list(${Evidence.recording("o.key")})) AS recordings
FROM ${s}.owned o SEMI JOIN ${s}.several USING (arrival)
JOIN ${s}.audio a ON a.arrival = o.audio_arrival
GROUP BY o.arrival`
]
