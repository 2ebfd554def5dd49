/** Formats numbers, durations and money for people. */
import * as Money from "@vobiz-effect/core/Money"
import type * as BigDecimal from "effect/BigDecimal"
import * as Duration from "effect/Duration"

export const count = (value: number): string => value.toLocaleString("en")

/** A count with its noun, which must have a regular plural: `1 CDR`, `2 CDRs`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`

/** Seconds as `h:mm:ss`. */
export const clock = (seconds: number): string => {
  const whole = Math.round(seconds)
  const part = (value: number) => String(value).padStart(2, "0")
  return `${count(Math.floor(whole / 3600))}:${part(Math.floor(whole / 60) % 60)}:${part(whole % 60)}`
}

/** A percentage, rounded down, so that 999,999 of a million is not 100%. A dash if `whole` is 0. */
export const percent = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${(Math.floor((10_000 * part) / whole) / 100).toFixed(2)}%`

/** An amount with all its decimals, and at least two. */
const amountOf = (amount: BigDecimal.BigDecimal): string => {
  const [whole = "0", fraction = ""] = Money.digits(amount).split(".")
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction.padEnd(2, "0")}`
}

/** Amounts with their currencies, separated by commas. A dash if there are none. */
export const money = (amounts: ReadonlyArray<Money.Money>): string =>
  amounts.length === 0 ? "–" : amounts.map(({ amount, currency }) => `${amountOf(amount)} ${currency}`).join(", ")

/** A duration in hours, or in days from 48 hours on. Rounded down. */
export const days = (duration: Duration.Duration): string => {
  const hours = Duration.toHours(duration)
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} d`
}
