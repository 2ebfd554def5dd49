/**
 * The one time zone of a run: its window, its days and hours, its schedule and every instant that it shows.
 *
 * JSON, NDJSON, Parquet, the ledger and evidence are in UTC, whatever the zone.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/**
 * A time zone.
 *
 * @category models
 * @since 0.1.0
 */
export interface Zone {
  /** As the user spelt it, such as `Asia/Kolkata` or `+05:30`. */
  readonly name: string
  readonly zone: DateTime.TimeZone
}

/**
 * The zone of a run that names none.
 *
 * @category constants
 * @since 0.1.0
 */
export const utc: Zone = { name: "UTC", zone: DateTime.zoneMakeNamedUnsafe("UTC") }

/**
 * Reads an IANA name such as `Asia/Kolkata`, or an offset such as `+05:30`, of at most 14 hours. None for what is neither.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (name: string): Option.Option<Zone> =>
  DateTime.zoneFromString(name).pipe(
    // Nowhere is the clock further from UTC; `DateTime` takes +99:99.
    Option.filter((zone) => zone._tag === "Named" || (isOffset.test(name) && Math.abs(zone.offset) <= widest)),
    Option.map((zone) => ({ name, zone }))
  )

const isOffset = /^[+-]\d\d:[0-5]\d$/

const widest = 14 * 3_600_000

/**
 * The zone that a policy names, else UTC.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofPolicy = ({ zone }: { readonly zone?: string | undefined }): Zone =>
  zone === undefined ? utc : Option.getOrElse(parse(zone), () => utc)

const local = (instant: DateTime.DateTime, { zone }: Zone) =>
  DateTime.formatIsoOffset(DateTime.setZone(instant, zone)).replace(/\.\d+/, "")

/**
 * An instant to the second, such as `2026-05-10 18:30:00`. Say the zone once, beside it or in the header.
 *
 * @category rendering
 * @since 0.1.0
 */
export const moment = (instant: DateTime.DateTime, zone: Zone): string =>
  local(instant, zone).slice(0, 19).replace("T", " ")

/**
 * An instant to the second with its offset, such as `2026-05-10T18:30:00+05:30`, or `Z` in UTC: it needs no zone beside it.
 *
 * @category rendering
 * @since 0.1.0
 */
export const iso = (instant: DateTime.DateTime, zone: Zone): string => local(instant, zone).replace(/[+-]00:00$/, "Z")

/**
 * A span of time, such as `2026-05-10 00:00:00 to 2026-05-11 00:00:00`. Say the zone once.
 *
 * @category rendering
 * @since 0.1.0
 */
export const span = (window: { readonly from: DateTime.Utc; readonly to: DateTime.Utc }, zone: Zone): string =>
  `${moment(window.from, zone)} to ${moment(window.to, zone)}`
