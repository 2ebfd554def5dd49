/**
 * Telephone numbers as the provider prints them, and as they compare.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

import { decoded } from "./internal/decoded.ts"

/**
 * A telephone number: `raw` as the provider printed it, `e164` in the international form when that is known.
 *
 * The provider prints one number in several ways (`+9180…`, `9180…`, `009180…`; docs/vobiz-api.md, "Numbers"), so
 * compare `e164`, never `raw`. `e164` is `null` where the text does not say which country it belongs to, or is no
 * telephone number at all (a SIP user, "anonymous").
 *
 * @category models
 * @since 0.1.0
 */
export class PhoneNumber extends Schema.Class<PhoneNumber>("@vobiz-effect/core/PhoneNumber")({
  raw: Schema.String,
  e164: Schema.NullOr(Schema.String)
}) {}

const maxDigits = 15
const minInternationalDigits = 11

/**
 * Reads a telephone number.
 *
 * A leading `+` or `00` states the international form. A bare number of 11 to 15 digits that does not start with 0 is
 * read as international too, as observed on the provider's destination numbers. A shorter one is a national or short number: its `e164`
 * is unknown unless `callingCode` (such as `"91"`) is given and it has exactly ten digits.
 *
 * @example
 * ```ts
 * import { PhoneNumber } from "@vobiz-effect/core"
 *
 * PhoneNumber.fromRaw("00918045670012").e164 // "+918045670012"
 * PhoneNumber.fromRaw("1001").e164 // null
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromRaw = (raw: string, callingCode: string | null = null): PhoneNumber =>
  decoded(PhoneNumber, { raw, e164: toE164(raw, callingCode) })

const toE164 = (raw: string, callingCode: string | null): string | null => {
  // Nearly all are bare digits already.
  const text = /^\+?\d+$/.test(raw) ? raw : bare(raw)
  const digits = text.startsWith("+") ? text.slice(1) : text
  const international = text.startsWith("+") ? digits : digits.startsWith("00") ? digits.slice(2) : undefined
  if (international !== undefined) return isE164(international) ? `+${international}` : null
  if (digits.startsWith("0")) return null
  if (digits.length >= minInternationalDigits && digits.length <= maxDigits) return `+${digits}`
  return callingCode !== null && digits.length === 10 ? `+${callingCode}${digits}` : null
}

/** The digits of a SIP address or of a printed number, after the plus sign if there is one; nothing where it is no number. */
const bare = (raw: string): string => {
  const text = raw
    .trim()
    .replace(/^sips?:/i, "")
    .replace(/@.*$/, "")
  return /^\+?[\d\s().-]+$/.test(text) ? text.replace(/[^+\d]/g, "") : ""
}

const isE164 = (digits: string) => /^[1-9]\d{6,14}$/.test(digits)

/**
 * A telephone number fit for a log, a report or a screen: all digits but the last two hidden.
 *
 * @category rendering
 * @since 0.1.0
 */
export const mask = (number: PhoneNumber): string => maskDigits(number.e164 ?? number.raw)

/**
 * Hides all but the last two digits of every telephone number in a text, however it is printed: seven or more digits of any
 * script, with spaces, dashes, points, slashes or parentheses between them. Instants, UUIDs and IP addresses are left alone.
 *
 * @category rendering
 * @since 0.1.0
 */
export const maskDigits = (text: string): string =>
  text.replace(numbersIn, (found, number: string | undefined) => {
    if (number === undefined) return found
    let hidden = (number.match(/\p{Nd}/gu)?.length ?? 0) - 2
    return number.replace(/\p{Nd}/gu, (digit) => (hidden-- > 0 ? "*" : digit))
  })

const instant = String.raw`(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[+-]\d\d(?::?\d\d)?)?)?(?!\p{Nd}|-\p{Nd})`
const uuid = String.raw`(?<![\p{L}\p{N}])[\da-fA-F]{8}-(?:[\da-fA-F]{4}-){3}[\da-fA-F]{12}(?![\p{L}\p{N}])`
const octet = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`
const address = String.raw`(?<![\p{Nd}.+])${octet}(?:\.${octet}){3}(?![\p{Nd}]|\.\p{Nd})`
const digits = String.raw`\p{Nd}(?:[\s.()/·\p{Pd}]{0,3}\p{Nd}){6,}`

/** What looks like a telephone number and is none, or a telephone number, which is captured. */
const numbersIn = new RegExp(`${instant}|${uuid}|${address}|(${digits})`, "gu")
