/**
 * Telephone numbers as the provider prints them, and as they compare.
 *
 * @since 0.1.0
 */
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

import { toE164 } from "./internal/e164.ts"

const TypeId = "~@vobiz-effect/core/PhoneNumber"

class Hidden {
  readonly [TypeId] = TypeId
  readonly #raw: string
  readonly #callingCode: string | null
  /** Worked out when it is first asked for: most numbers that are read are never looked at. */
  #e164: string | null | undefined

  constructor(raw: string, callingCode: string | null, e164?: string | null) {
    this.#raw = raw
    this.#callingCode = callingCode
    this.#e164 = e164
  }

  static raw = (number: Hidden): string => number.#raw

  static e164 = (number: Hidden): string | null =>
    number.#e164 === undefined ? (number.#e164 = toE164(number.#raw, number.#callingCode)) : number.#e164

  toString(): string {
    return mask(this)
  }

  toJSON(): string {
    return mask(this)
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `PhoneNumber(${mask(this)})`
  }

  [Equal.symbol](that: unknown): boolean {
    return isPhoneNumber(that) && revealRaw(this) === revealRaw(that) && revealE164(this) === revealE164(that)
  }

  [Hash.symbol](): number {
    return Hash.string(this.#raw)
  }
}

/**
 * A telephone number. Printed in any way it hides all digits but the last two; {@link reveal} alone shows it.
 *
 * The provider prints one number in several ways (`+9180…`, `9180…`, `009180…`; docs/vobiz-api.md, "Numbers"), so compare
 * {@link revealE164}, never {@link revealRaw}.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhoneNumber extends Hidden {}

/**
 * Whether a value is a telephone number.
 *
 * @category guards
 * @since 0.1.0
 */
export const isPhoneNumber = (value: unknown): value is PhoneNumber => value instanceof Hidden

/**
 * The schema of a telephone number. Its JSON form, of `Schema.toCodecJson`, has the number in full: it is for files that only their
 * owner reads.
 *
 * @category models
 * @since 0.1.0
 */
export const PhoneNumber: Schema.declare<PhoneNumber> = Schema.declare(isPhoneNumber, {
  expected: "a telephone number",
  toCodecJson: () =>
    Schema.link<PhoneNumber>()(
      Schema.Struct({ raw: Schema.String, e164: Schema.NullOr(Schema.String) }),
      SchemaTransformation.transform({
        decode: ({ e164, raw }) => of(raw, e164),
        encode: (number) => ({ raw: Hidden.raw(number), e164: Hidden.e164(number) })
      })
    )
})

/**
 * Reads a telephone number in any form that is in use: international (`+91 80…`, `0091…`, `+91 (0) 80…`, `tel:`, `sip:`, `%2B91…`), or
 * national with the calling code of the account's country (`080…`, `091…`, `80…`, toll-free `1800…`).
 *
 * The international form is unknown where the text does not say which country it belongs to, or is no telephone number at all: a
 * SIP user, "anonymous", an IP address, or what a spreadsheet made of one (`9.18E+11`, `918045670012.0`).
 *
 * @example
 * ```ts
 * import { PhoneNumber } from "@vobiz-effect/core"
 *
 * const number = PhoneNumber.fromRaw("080-4567-0012", "91")
 * PhoneNumber.reveal(number) // "+918045670012"
 * String(number) // "+**********12"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromRaw = (raw: string, callingCode: string | null = null): PhoneNumber => new Hidden(raw, callingCode)

/**
 * A number whose international form is known, or known to be unknown: `raw` as the provider printed it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (raw: string, e164: string | null): PhoneNumber => new Hidden(raw, null, e164)

/**
 * The number in the international form (E.164) where that is known, else as the provider printed it. Show it only to those who may
 * see telephone numbers.
 *
 * @category getters
 * @since 0.1.0
 */
export const reveal = (number: PhoneNumber): string => Hidden.e164(number) ?? Hidden.raw(number)

/**
 * The international form, such as `+918045670012`; `null` where it is unknown.
 *
 * @category getters
 * @since 0.1.0
 */
export const revealE164 = (number: PhoneNumber): string | null => Hidden.e164(number)

/**
 * The number as the provider printed it.
 *
 * @category getters
 * @since 0.1.0
 */
export const revealRaw = (number: PhoneNumber): string => Hidden.raw(number)

/**
 * A telephone number fit for a log, a report or a screen: all digits but the last two hidden. Short numbers, of up to six digits,
 * are those of services and extensions, and are shown.
 *
 * @category rendering
 * @since 0.1.0
 */
export const mask = (number: PhoneNumber): string => hide(reveal(number))

const longestShort = 6

const hide = (text: string): string => {
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0
  let hidden = digits <= longestShort ? 0 : digits - 2
  return hidden === 0 ? text : text.replace(/\p{Nd}/gu, (digit) => (hidden-- > 0 ? "*" : digit))
}

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
