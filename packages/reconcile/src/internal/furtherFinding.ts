/** What a CDR may have besides its primary finding, and what recordings have that belong to none. */
import * as Found from "./found.ts"
import * as Owner from "./owner.ts"
import { type Step, whereAny } from "./steps.ts"

/** Rows that bill again or were corrected, recordings that are longer than their call, or of no call. */
export const steps = (s: string): ReadonlyArray<Step> => [
  // What it may have besides.
  whereAny(`FROM ${s}.twin WHERE is_billed_again`, [
    `INSERT INTO ${s}.further_finding
SELECT f.* REPLACE ('duplicate-cdr' AS code, NULL AS reason, NULL AS deadline_ms, t.first_arrival AS why_arrival, 0 AS recordings,
  NULL AS audio_arrival, NULL AS key, false AS by_uuid, NULL AS recorded_ms, NULL AS base_ms, NULL AS least_ms, NULL AS gaps, NULL AS allowed, NULL AS excuse), 2, CASE WHEN t.apart_ms = 0 THEN t.cost END, CASE WHEN t.apart_ms = 0 THEN t.currency END,
  CASE WHEN t.apart_ms > 0 THEN round(t.apart_ms / 1000, 1) || ' s apart' END
FROM ${s}.primary_finding f JOIN (FROM ${s}.twin WHERE is_billed_again) t USING (arrival)`
  ]),

  // Rows that were corrected are of no call of their own.
  whereAny(`FROM ${s}.superseded`, [
    `INSERT INTO ${s}.further_finding BY NAME
SELECT 'not-expected' AS code, 'superseded' AS reason, c.start_ms AS at_ms, c.arrival, v.standing AS why_arrival, 0 AS recordings,
  false AS by_uuid, CASE WHEN c.talk_unread THEN NULL ELSE c.talk_ms END AS talk_ms, 1 AS rank
FROM ${s}.superseded v JOIN ${s}.cdr c USING (arrival), ${s}.parameter p WHERE c.start_ms >= p.from_ms AND c.start_ms < p.to_ms`
  ]),

  `INSERT INTO ${s}.further_finding
SELECT * REPLACE ('recording-longer' AS code, NULL AS reason, NULL AS why_arrival, longer_ms AS recorded_ms, NULL AS base_ms, NULL AS least_ms,
  NULL AS gaps, NULL AS allowed, NULL AS excuse), 3, NULL, NULL, NULL
FROM ${s}.primary_finding WHERE longer_ms IS NOT NULL`,

  // Recordings that belong to no CDR, and began in the window.
  `INSERT INTO ${s}.further_finding
SELECT CASE
    WHEN is_conference THEN 'conference'
    WHEN a.account_key <> p.own_account THEN 'other-account'
    WHEN began_ms - p.longest_call_ms < p.from_ms - p.look_back_ms OR add_ms >= p.to_ms THEN 'outside-window'
    WHEN p.as_of_ms < began_ms + p.longest_call_ms + p.settle_ms THEN 'settling'
    ELSE 'orphan' END,
  NULL, NULL, NULL, began_ms, ended_ms + p.retention_ms, NULL, NULL, 1, a.arrival, NULL, false, NULL,
  NULL, duration_ms, NULL, NULL, NULL, NULL, NULL, ${Found.ofRecording}, NULL, NULL, NULL
FROM ${s}.audio a SEMI JOIN ${Owner.unaddressed(s, "by_bridge_uuid")} homeless ON homeless.audio_arrival = a.arrival, ${s}.parameter p
WHERE began_ms >= p.from_ms AND began_ms < p.to_ms`
]

/** What is wrong with recordings' audio. */
export const ofAudio = (s: string): Step =>
  whereAny(`FROM ${s}.archived WHERE code IS NOT NULL`, [
    `INSERT INTO ${s}.further_finding
SELECT f.code, NULL, l.verdict, l.rule, coalesce(l.start_ms, a.began_ms), a.ended_ms + p.retention_ms, l.arrival, NULL, 1,
  a.arrival, o.key, coalesce(o.key = 'uuid', false), CASE WHEN NOT l.is_unread THEN l.talk_ms END, NULL, a.duration_ms, NULL, NULL, NULL, NULL, NULL, 6, NULL, NULL, f.detail
FROM (SELECT DISTINCT recording_id, code, detail FROM ${s}.compared_archived WHERE code IS NOT NULL) f JOIN ${s}.audio a ON a.recording_key = f.recording_id
LEFT JOIN ${s}.owned o ON o.audio_arrival = a.arrival LEFT JOIN ${s}.leg l ON l.arrival = o.arrival, ${s}.parameter p
WHERE coalesce(l.in_window, a.began_ms >= p.from_ms AND a.began_ms < p.to_ms)`
  ])
