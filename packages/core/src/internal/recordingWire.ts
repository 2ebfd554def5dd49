/** The recording as the provider sends it (docs/vobiz-api.md, "The recording object"). */
import * as Schema from "effect/Schema"

import { Recording } from "../Recording.ts"
import { decoded } from "./decoded.ts"
import {
  id,
  instant,
  kind,
  maybe,
  maybeEpochMillis,
  maybeMillis,
  maybeNumeric,
  maybeSeconds,
  maybeText,
  phone,
  text
} from "./wire.ts"

const { known, reading } = kind([
  "recording_id",
  "call_uuid",
  "recording_type",
  "recording_format",
  "recording_url",
  "add_time",
  "recording_start_ms",
  "recording_end_ms",
  "recording_duration_ms",
  "rounded_recording_duration",
  "conference_name",
  "from_number",
  "to_number",
  "recording_storage_duration",
  "recording_storage_rate",
  "monthly_recording_storage_amount",
  "resource_uri"
])

/** The keys that a row is known to have; get-one adds `api_id`. */
export const knownKeys: ReadonlySet<string> = new Set([...known, "api_id"])

/** A row. Only what no recording can do without is required; the rest may be absent. */
const row = (callingCode: string | null) => {
  const maybeNumber = maybe(phone(callingCode))
  return reading((row) =>
    decoded(Recording, {
      recordingId: id(row.recording_id),
      callUuid: text(row.call_uuid),
      recordingType: text(row.recording_type),
      recordingFormat: maybeText(row.recording_format),
      recordingUrl: maybeText(row.recording_url),
      addTime: instant(row.add_time),
      startTime: maybeEpochMillis(row.recording_start_ms),
      endTime: maybeEpochMillis(row.recording_end_ms),
      duration: maybeMillis(row.recording_duration_ms),
      roundedDuration: maybeSeconds(row.rounded_recording_duration),
      conferenceName: maybeText(row.conference_name),
      from: maybeNumber(row.from_number),
      to: maybeNumber(row.to_number),
      storageDays: maybeNumeric(row.recording_storage_duration),
      storageRate: maybeNumeric(row.recording_storage_rate),
      monthlyStorageAmount: maybeNumeric(row.monthly_recording_storage_amount),
      resourceUri: maybeText(row.resource_uri)
    })
  )
}

/** The list's body. */
export const list = (callingCode: string | null) =>
  Schema.Struct({
    meta: Schema.Struct({
      limit: Schema.Int,
      offset: Schema.Int,
      total_count: Schema.Int,
      // A path without the API's prefix: it tells that there is more, and nothing else.
      next: Schema.optionalKey(Schema.NullOr(Schema.String))
    }),
    objects: row(callingCode).many
  })

/** The body of get-one: flat today, in a list of one on older pages of the provider. */
export const one = (callingCode: string | null) => {
  const { one } = row(callingCode)
  return Schema.Union([one, Schema.Struct({ objects: Schema.Tuple([one]) })])
}

/** The recording of such a body. */
export const recordingOf = (body: ReturnType<typeof one>["Type"]): Recording =>
  "objects" in body ? body.objects[0] : body
