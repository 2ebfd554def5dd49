/**
 * The span of time a report or a reconciliation is about.
 *
 * @since 0.1.0
 */
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SettingError } from "./Failure.ts"

/**
 * A span of time: `from` is in it, `to` is not.
 *
 * @category models
 * @since 0.1.0
 */
export interface Window {
  readonly from: DateTime.Utc
  readonly to: DateTime.Utc
}

/**
 * Reads a zone: an IANA name such as `Asia/Kolkata`, or an offset such as `+05:30`. `setting` is blamed for what is neither.
 *
 * @category constructors
 * @since 0.1.0
 */
export const zone = (name: string, setting = "--zone"): Effect.Effect<Zone.Zone, SettingError> =>
  Effect.fromOption(Zone.parse(name)).pipe(
    Effect.mapError(
      () =>
        new SettingError({
          setting,
          detail: `"${name}" is no time zone. Write a name such as Asia/Kolkata, or an offset such as +05:30`
        })
    )
  )

const zoneStated = /(Z|[+-]\d{2}:?\d{2})$/
const shape = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * Reads one end of a window: a day, or an instant; without a zone of its own it is in `zone`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parseInstant = (
  setting: string,
  text: string,
  { zone }: Zone.Zone
): Effect.Effect<DateTime.Utc, SettingError> => {
  const wrong = new SettingError({
    setting,
    detail: `"${text}" is no date. Write a day such as 2026-05-10, or an instant such as 2026-05-10T18:30:00Z`
  })
  if (!shape.test(text) || !isDay(text.slice(0, 10))) return Effect.fail(wrong)
  const instant = text.length === 10 ? `${text}T00:00:00` : text.replace(" ", "T")
  const parsed: Option.Option<DateTime.DateTime> = zoneStated.test(text.slice(10))
    ? DateTime.make(instant)
    : DateTime.makeZoned(`${instant}Z`, { timeZone: zone, adjustForTimeZone: true })
  return Effect.fromOption(parsed).pipe(
    Effect.map(DateTime.toUtc),
    Effect.mapError(() => wrong)
  )
}

/** Whether the calendar has the day: a parser would move February 30 to March. */
const isDay = (day: string) =>
  Option.exists(DateTime.make(`${day}T00:00:00Z`), (instant) => DateTime.formatIsoDateUtc(instant) === day)

/**
 * Reads a window. Without `to` it ends now; without `from` it starts `days` days of the zone before its end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = Effect.fnUntraced(function* (options: {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: Zone.Zone
  readonly days: number
}): Effect.fn.Return<Window, SettingError> {
  const to = options.to === undefined ? yield* DateTime.now : yield* parseInstant("--to", options.to, options.zone)
  const from =
    options.from === undefined
      ? DateTime.toUtc(DateTime.subtract(DateTime.setZone(to, options.zone.zone), { days: options.days }))
      : yield* parseInstant("--from", options.from, options.zone)
  if (!DateTime.isLessThan(from, to)) {
    return yield* new SettingError({
      setting: "--from",
      detail: `${Zone.iso(from, options.zone)} is not before the window's end, ${Zone.iso(to, options.zone)}`
    })
  }
  return { from, to }
})
