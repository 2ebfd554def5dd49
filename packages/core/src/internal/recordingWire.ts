/** The recording as the provider sends it (docs/vobiz-api.md, "The recording object"). */
import * as Schema from "effect/Schema"

import * as PhoneNumber from "../PhoneNumber.ts"
import { decoded } from "./decoded.ts"
import { Recording } from "../Recording.ts"
import { absentable, EpochMillis, Id, Instant, Millis, Numeric, row, Seconds, Text } from "./wire.ts"

/** Only what no recording can do without is required; the rest may be absent. */
const Row = row({
  recording_id: Id,
  call_uuid: Text,
  recording_type: Text,
  recording_format: absentable(Text),
  recording_url: absentable(Text),
  add_time: Instant,
  recording_start_ms: absentable(EpochMillis),
  recording_end_ms: absentable(EpochMillis),
  recording_duration_ms: absentable(Millis),
  rounded_recording_duration: absentable(Seconds),
  conference_name: absentable(Text),
  from_number: absentable(Text),
  to_number: absentable(Text),
  recording_storage_duration: absentable(Numeric),
  recording_storage_rate: absentable(Numeric),
  monthly_recording_storage_amount: absentable(Numeric),
  resource_uri: absentable(Text)
})

/** The keys that a row is known to have; get-one adds `api_id`. */
export const knownKeys: ReadonlySet<string> = new Set([...Row.keys, "api_id"])

/** The list's body. */
export const List = Schema.Struct({
  meta: Schema.Struct({
    limit: Schema.Int,
    offset: Schema.Int,
    total_count: Schema.Int,
    // A path without the API's prefix: it tells that there is more, and nothing else.
    next: Schema.optionalKey(Schema.NullOr(Schema.String))
  }),
  objects: Schema.Array(Row)
})

/** The body of get-one: flat today, in a list of one on older pages of the provider. */
export const One = Schema.Union([Row, Schema.Struct({ objects: Schema.Tuple([Row]) })])

export type Row = typeof Row.Type

export const rowOf = (one: typeof One.Type): Row => ("objects" in one ? one.objects[0] : one)

export const toRecording =
  (callingCode: string | null) =>
  (row: Row): Recording => {
    const number = (raw: string | null) => (raw === null ? null : PhoneNumber.fromRaw(raw, callingCode))
    return decoded(Recording, {
      recordingId: row.recording_id,
      callUuid: row.call_uuid,
      recordingType: row.recording_type,
      recordingFormat: row.recording_format,
      recordingUrl: row.recording_url,
      addTime: row.add_time.instant,
      startTime: row.recording_start_ms,
      endTime: row.recording_end_ms,
      duration: row.recording_duration_ms,
      roundedDuration: row.rounded_recording_duration,
      conferenceName: row.conference_name,
      from: number(row.from_number),
      to: number(row.to_number),
      storageDays: row.recording_storage_duration,
      storageRate: row.recording_storage_rate,
      monthlyStorageAmount: row.monthly_recording_storage_amount,
      resourceUri: row.resource_uri
    })
  }
