import * as DateTime from "effect/DateTime"

const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\s?(Z|[+-]\d{2}:?\d{2})?$/

export interface Timestamp {
  readonly instant: DateTime.Utc
  /** False when the text named no zone and UTC was assumed. */
  readonly zoneStated: boolean
}

/**
 * Reads every instant form the provider is known to print: `2026-05-07 09:45:35.79276+05:30`, `2026-05-11T06:59:26Z`,
 * and the zone-less `2026-09-29 10:00:00`, which is read as UTC and marked.
 */
export const parseTimestamp = (text: string): Timestamp | undefined => {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, date, time, fraction, zone] = match
  // Instants carry milliseconds; the provider prints up to six fraction digits.
  const millis = (fraction ?? "").padEnd(3, "0").slice(0, 3)
  const offset = zone === undefined ? "Z" : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
  const epoch = Date.parse(`${date}T${time}.${millis}${offset}`)
  return Number.isNaN(epoch) ? undefined : { instant: DateTime.makeUnsafe(epoch), zoneStated: zone !== undefined }
}
