import * as DateTime from "effect/DateTime"

export interface Timestamp {
  readonly instant: DateTime.Utc
  /** False when the text named no zone and UTC was assumed. */
  readonly zoneStated: boolean
}

/** The number that so many digits make, or NaN. */
const digits = (text: string, from: number, count: number): number => {
  let number = 0
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

/** Minutes that a zone at the end of a text, such as `Z`, `+05:30` or `-0800`, is ahead of UTC, or NaN. */
const offsetOf = (text: string, from: number): number => {
  if (text[from] === "Z") return text.length === from + 1 ? 0 : Number.NaN
  const sign = text[from] === "+" ? 1 : text[from] === "-" ? -1 : Number.NaN
  const minutesAt = text[from + 3] === ":" ? from + 4 : from + 3
  if (text.length !== minutesAt + 2) return Number.NaN
  return sign * (atMost(23, digits(text, from + 1, 2)) * 60 + atMost(59, digits(text, minutesAt, 2)))
}

const atMost = (limit: number, number: number) => (number <= limit ? number : Number.NaN)

/**
 * Reads every instant form the provider is known to print: `2026-05-07 09:45:35.79276+05:30`, `2026-05-11T06:59:26Z`,
 * and the zone-less `2026-09-29 10:00:00`, which is read as UTC and marked. Instants carry milliseconds; the provider prints
 * up to six fraction digits. `undefined` for any other text.
 *
 * Every row has some: read digit by digit it takes a third of the time that a regular expression and `Date.parse` take.
 */
export const parseTimestamp = (text: string): Timestamp | undefined => {
  if (text[4] !== "-" || text[7] !== "-" || (text[10] !== " " && text[10] !== "T")) return undefined
  if (text[13] !== ":" || text[16] !== ":") return undefined
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return undefined
  const seconds =
    dayNumber(digits(text, 0, 4), month, day) * 86_400 +
    atMost(23, digits(text, 11, 2)) * 3600 +
    atMost(59, digits(text, 14, 2)) * 60 +
    atMost(59, digits(text, 17, 2))
  const fraction = fractionOf(text)
  const from = 19 + fraction.length
  const zoneAt = text[from] === " " ? from + 1 : from
  const zoneStated = zoneAt < text.length
  const epoch = (seconds - (zoneStated ? offsetOf(text, zoneAt) * 60 : 0)) * 1000 + fraction.millis
  return Number.isNaN(epoch) ? undefined : { instant: DateTime.makeUnsafe(epoch), zoneStated }
}

/** Days from 1970 to a date. A year is counted from March here, so that the day of leap years is its last. */
const dayNumber = (year: number, month: number, day: number): number => {
  const years = month > 2 ? year : year - 1
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400)
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return years * 365 + leapDays + dayOfYear - 719_468
}

/** The point and one to nine digits after the seconds, if there are any: how long they are, and the milliseconds they make. */
const fractionOf = (text: string): { readonly length: number; readonly millis: number } => {
  if (text[19] !== ".") return { length: 0, millis: 0 }
  let places = 0
  while (places <= 9 && digits(text, 20 + places, 1) >= 0) places++
  if (places === 0 || places > 9) return { length: 1 + places, millis: Number.NaN }
  const shown = Math.min(3, places)
  return { length: 1 + places, millis: digits(text, 20, shown) * 10 ** (3 - shown) }
}
