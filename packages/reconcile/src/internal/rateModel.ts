/** What a rate card is. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import * as Zone from "../Zone.ts"

const CalendarDate = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^\d{4}-\d\d-\d\d$/.test(text) &&
      Option.exists(DateTime.make(`${text}T00:00:00Z`), (date) => DateTime.formatIsoDateUtc(date) === text),
    { expected: "a date, such as 2026-08-15" }
  )
)

const Seconds = Schema.DurationFromString.check(
  Schema.makeFilter(
    (pulse: Duration.Duration) => {
      const seconds = Duration.toSeconds(pulse)
      return Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400
    },
    { expected: "whole seconds, from 1 to 86400, such as 60 seconds" }
  )
)

/**
 * What some calls cost. All that is named must be the call's.
 *
 * - `name`: a name of one's own.
 * - `direction`: as the CDR says, such as `outbound`. By default any.
 * - `prefix`: how the called number begins in E.164, such as `+91`. By default any number.
 * - `trunks`: by id. By default any, and none.
 * - `from`, `until`: calls that started on the one day or later, and before the other, in the card's zone. By default ever.
 * - `pulse`: talk is billed as its `first` seconds, and then by begun `next` ones.
 * - `price`: in decimals, of a `minute` of what is billed, or of a `pulse`, whose two lengths are then the same.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rate = Schema.Struct({
  name: Schema.NonEmptyString,
  direction: Schema.optionalKey(Schema.NonEmptyString),
  prefix: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^\+[1-9]\d{0,14}$/, { expected: "the beginning of a number, such as +91" }))
  ),
  trunks: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  from: Schema.optionalKey(CalendarDate),
  until: Schema.optionalKey(CalendarDate),
  pulse: Schema.Struct({ first: Seconds, next: Seconds }),
  price: Schema.String.check(
    Schema.isPattern(/^\d{1,6}(\.\d{1,9})?$/, { expected: "a decimal of at most 9 places, such as 0.45" })
  ),
  per: Schema.Literals(["minute", "pulse"])
})
/**
 * @category models
 * @since 0.1.0
 */
export type Rate = typeof Rate.Type

/**
 * A rate card, in one currency. `zone` is that of its dates, by default UTC. The cost of each call is rounded to so many
 * `decimals`: `up`, `down`, or `half-up`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RateCard = Schema.Struct({
  version: Schema.Literal(1),
  name: Schema.NonEmptyString,
  currency: Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/, { expected: "a currency, such as INR" })),
  zone: Schema.optionalKey(
    Schema.String.check(
      Schema.makeFilter((text: string) => Option.isSome(Zone.parse(text)), {
        expected: "a time zone, such as Asia/Kolkata or +05:30"
      })
    )
  ),
  rounding: Schema.Struct({
    decimals: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
    mode: Schema.Literals(["up", "down", "half-up"])
  }),
  rates: Schema.NonEmptyArray(Rate)
})
/**
 * @category models
 * @since 0.1.0
 */
export type RateCard = typeof RateCard.Type
