/** The recordings of a finding. */

/** A recording of `audio a`, as evidence. */
export const recording = (key: string): string =>
  `{'recordingId': a.recording_id, 'key': ${key}, 'callUuid': a.call_uuid, 'type': a.recording_type,
    'account': a.account_id, 'began': a.began_ms, 'duration': a.duration_ms, 'isGuess': a.is_guess, 'source': a.source}`

/** What has the recordings of `finding f`: `shown a` where it is one, and else `evidence e`. */
export const joined = (s: string, shown: string): string =>
  `LEFT JOIN ${shown} a ON a.arrival = f.audio_arrival
LEFT JOIN ${s}.evidence e ON e.arrival = f.arrival`

/** Those of `evidence e` that are of `finding f`. */
const several = "CASE WHEN f.recordings = 0 THEN [] ELSE e.recordings END"

/** All of them. */
export const all = `CASE WHEN f.audio_arrival IS NOT NULL THEN [${recording("f.key")}] ELSE ${several} END`
