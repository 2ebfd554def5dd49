/** The recording as the provider sends it (docs/vobiz-api.md, "The recording object"). */
import * as DateTime from "effect/DateTime"

import type { Recording } from "../Recording.ts"
import type { Reading } from "./reading.ts"
import * as Read from "./readers.ts"
import * as RowTable from "./rowTable.ts"

const fields = ({ callingCode, rowsZone }: Reading) => {
  const phone = Read.phone(callingCode)
  return {
    recordingId: RowTable.needed("recording_id", Read.id),
    callUuid: RowTable.optional("call_uuid", Read.text),
    recordingType: RowTable.optional("recording_type", Read.words),
    recordingFormat: RowTable.optional("recording_format", Read.words),
    recordingUrl: RowTable.optional("recording_url", Read.text),
    addTime: RowTable.needed("add_time", Read.instant(rowsZone)),
    startTime: RowTable.optional("recording_start_ms", Read.epochMillis),
    endTime: RowTable.optional("recording_end_ms", Read.epochMillis),
    duration: RowTable.optional("recording_duration_ms", Read.millis),
    roundedDuration: RowTable.optional("rounded_recording_duration", Read.seconds),
    conferenceName: RowTable.optional("conference_name", Read.words),
    from: RowTable.optional("from_number", phone),
    to: RowTable.optional("to_number", phone),
    storageDays: RowTable.optional("recording_storage_duration", Read.number),
    storageRate: RowTable.optional("recording_storage_rate", Read.number),
    monthlyStorageAmount: RowTable.optional("monthly_recording_storage_amount", Read.bareAmount),
    resourceUri: RowTable.optional("resource_uri", Read.text)
  }
}

/** How a row is read. A recording needs its identity, and the instant that the list is sorted by. */
export const table = (reading: Reading): RowTable.RowTable<Recording> => {
  const of = fields(reading)
  return RowTable.make<Recording>(of, {
    identity: ["recording_id"],
    extra: ["api_id"],
    at: RowTable.orderField("add_time", of.addTime.reader, ({ addTime }) => addTime)
  })
}

/** The row of get-one: flat today, in a list of one on older pages of the provider. */
export const rowOf = (json: unknown): unknown =>
  RowTable.isObject(json) && Array.isArray(json.objects) && json.objects.length === 1 ? json.objects[0] : json

/** How the list names what it holds. */
export const list = { rows: "objects", meta: "meta", limit: "limit", total: "total_count", next: "next" }

/** The recording of a row that lacks its instant alone, and has an address. */
export const salvage = (
  raw: unknown,
  near: number | null,
  otherwise: DateTime.Utc,
  reading: Reading
): Recording | null => {
  if (!RowTable.isObject(raw)) return null
  const addTime = near === null ? otherwise : DateTime.makeUnsafe(near)
  const row = table(reading).one({ ...raw, add_time: DateTime.formatIso(addTime) })
  if (RowTable.isFault(row) || row.recordingUrl === null) return null
  return { ...row, unreadable: [...row.unreadable, "add_time"] }
}
