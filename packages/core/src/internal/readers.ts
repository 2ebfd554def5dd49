/** How the provider's wire forms are read. */
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

import type { Money } from "../Money.ts"
import * as PhoneNumber from "../PhoneNumber.ts"
import { isId, type Reader } from "./rowTable.ts"
import * as Timestamp from "./timestamp.ts"

const reader = <A>(expected: string, read: Reader<A>["read"]): Reader<A> => ({ expected, read })

const isFinite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

/** A JSON number, or the same as text: milliseconds come as `"7880.00000"`, and CSV has nothing but text. */
export const toNumber = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return isFinite(number) ? number : undefined
}

/** Whole numbers may come as text, as all that are above 2^53 do. */
export const toInt = (value: unknown): number | undefined => {
  const number = toNumber(value)
  return Number.isSafeInteger(number) ? number : undefined
}

const ofNumber = <A>(
  expected: string,
  of: (value: number) => A | undefined,
  write: (value: A) => number
): Reader<A> => ({
  expected,
  read: (value) => {
    const number = toNumber(value)
    return number === undefined ? undefined : of(number)
  },
  write
})

export const text = reader("text", (value) => (typeof value === "string" ? value : undefined))

const writeWords = (value: string, reveal: boolean) => (reveal ? value : PhoneNumber.maskDigits(value))

/** Text that is no id and no address: there can be telephone numbers in it. */
export const words: Reader<string> = { ...text, write: writeWords }

/** An id, which is opaque and never blank. */
export const id = reader("an id", (value) => (isId(value) ? String(value) : undefined))

/** What is of no documented type, as text. */
export const printed = reader("text, a number, true or false", (value) =>
  typeof value === "string" ? value : typeof value === "boolean" || isFinite(value) ? String(value) : undefined
)

/** The same, of no documented type. */
export const printedWords: Reader<string> = { ...printed, write: writeWords }

export const flag = reader("true or false", (value) =>
  typeof value === "boolean" ? value : value === "true" ? true : value === "false" ? false : undefined
)

export const number = reader("a number", toNumber)

/** As far from 1970 as a `Date` reaches. */
const maxEpochMillis = 8.64e15

export const epochMillis = ofNumber(
  "an instant in milliseconds since 1970",
  (value) => (Math.abs(value) <= maxEpochMillis ? DateTime.makeUnsafe(value) : undefined),
  DateTime.toEpochMillis
)

export const millis = ofNumber(
  "a duration in milliseconds, not negative",
  (value) => (value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Duration.millis(value) : undefined),
  Duration.toMillis
)

/** Seconds, or `h:mm:ss`, as programs print them in CSV. */
export const seconds: Reader<Duration.Duration> = {
  expected: "a duration in seconds, or as h:mm:ss, not negative",
  read: (value) => {
    const [, hours, minutes, rest] =
      (typeof value === "string" ? /^(\d{1,6}):([0-5]\d):([0-5]\d)$/.exec(value) : null) ?? []
    const number = hours === undefined ? toNumber(value) : Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
    return number !== undefined && number >= 0 && number * 1000 <= Number.MAX_SAFE_INTEGER
      ? Duration.seconds(number)
      : undefined
  },
  write: Duration.toSeconds
}

/** More than any bill: a database holds 20 digits before the point. */
const maxAmount = 1e15

/** Decimal text of a JSON number is its shortest form, so no binary fraction leaks into the amount. */
export const toAmount = (value: unknown): BigDecimal.BigDecimal | undefined => {
  const number = toNumber(value)
  if (number === undefined || Math.abs(number) > maxAmount || String(value).length > 60) return undefined
  return Option.getOrUndefined(BigDecimal.fromString(String(value).trim()))
}

/** An amount whose currency no field names. */
export const bareAmount = ofNumber(
  "an amount of money",
  (value) => (Math.abs(value) <= maxAmount ? value : undefined),
  (value) => value
)

/** An amount in the currency that the row names beside it; none where it names no currency. Codes are in capitals. */
export const money: Reader<Money> = {
  expected: "an amount of money",
  reads: ["currency"],
  read: (value, { currency }) => {
    const amount = toAmount(value)
    if (amount === undefined) return undefined
    if (currency === undefined || currency === null || currency === "") return null
    return typeof currency === "string" ? { amount, currency: currency.trim().toUpperCase() } : undefined
  },
  write: ({ amount }) => BigDecimal.format(amount),
  beside: ({ currency }) => ({ currency })
}

/** An instant. What names no zone is of `zone`, or of UTC where that is not known either. */
export const instant = (zone: DateTime.TimeZone | null): Reader<DateTime.Utc> => {
  let zoneless = false
  return {
    expected: "a timestamp such as 2026-05-07 09:45:35.79276+05:30",
    read: (value) => {
      const stamp = typeof value === "string" ? Timestamp.parseTimestamp(value) : undefined
      if (stamp === undefined) return undefined
      zoneless = !stamp.zoneStated
      return zoneless && zone !== null ? Timestamp.inZone(stamp.instant, zone) : stamp.instant
    },
    wasZoneless: () => zoneless,
    write: DateTime.formatIso
  }
}

export const phone = (callingCode: string | null): Reader<PhoneNumber.PhoneNumber> => ({
  expected: "a telephone number",
  read: (value) => (typeof value === "string" ? PhoneNumber.fromRaw(value, callingCode) : undefined),
  write: (number, reveal) => (reveal ? PhoneNumber.reveal(number) : PhoneNumber.mask(number))
})
