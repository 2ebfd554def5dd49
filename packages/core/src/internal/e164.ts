/**
 * Telephone numbers in the international form.
 *
 * `libphonenumber-js` decides what its metadata can decide. The forms that nearly all numbers have are read without it: else loading
 * 150,000 CDRs of NDJSON takes 1.3 times as long (1.28 to 1.63 in three rounds). What it said of the others is remembered.
 *
 * All of its metadata is needed: by the short form of it, `14155552671` is an Indian number.
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/max"

/** The international form of a printed number; `null` where it is unknown. `callingCode` is that of the account's country. */
export const toE164 = (raw: string, callingCode: string | null): string | null => {
  // Nearly all are bare digits already.
  const text = /^\+?\d+$/.test(raw) ? raw : digitsOf(raw)
  if (text === null) return null
  if (text.startsWith("+")) return stated(text.slice(1))
  if (text.startsWith("00")) return stated(text.slice(2))
  return callingCode === null ? foreign(text) : domestic(text, callingCode)
}

const isE164 = (digits: string) => /^[1-9]\d{6,14}$/.test(digits)

/** A number that says that it is international. What of it is wrong is the caller's; but the zero of `+91 (0) 80…` is not dialled. */
const stated = (digits: string): string | null =>
  isE164(digits) ? ((/^\d{1,3}0/.test(digits) ? parsed(`+${digits}`, null) : null) ?? `+${digits}`) : null

/** A bare number of an account of no known country. The provider prints destinations of India so. */
const foreign = (digits: string): string | null =>
  /^91[6-9]\d{9}$/.test(digits)
    ? `+${digits}`
    : isE164(digits) && digits.length > 10
      ? parsed(`+${digits}`, null)
      : null

/** A bare number, by the country whose numbers it is most likely of. */
const domestic = (digits: string, callingCode: string): string | null => {
  const within = digits.startsWith(callingCode) ? digits.slice(callingCode.length) : null
  if (within !== null && /^[2-9]\d{9}$/.test(within)) return `+${digits}`
  const national = parsed(digits, callingCode)
  if (national !== null) return national
  // With the zero of national numbers, and the calling code of international ones.
  if (digits.startsWith(`0${callingCode}`)) return parsed(digits.slice(1 + callingCode.length), callingCode)
  return digits.startsWith("0") ? null : foreign(digits)
}

const most = 20_000
const known = new Map<string, string | null>()

/** What the metadata says: `null` for what is no valid number, or one of another country than is meant. */
const parsed = (text: string, callingCode: string | null): string | null => {
  const key = callingCode === null ? text : `${callingCode} ${text}`
  const before = known.get(key)
  if (before !== undefined) return before
  const number = parsePhoneNumberFromString(text, {
    extract: false,
    ...(callingCode === null ? {} : { defaultCallingCode: callingCode })
  })
  const found =
    number?.isValid() === true && (callingCode === null || number.countryCallingCode === callingCode)
      ? number.number
      : null
  if (known.size >= most) known.clear()
  known.set(key, found)
  return found
}

/** A longer text is no number. */
const longest = 200

/**
 * The digits of a printed number, after the plus sign if there is one: of `tel:` and `sip:` addresses that of the user, in any
 * script. `null` where it is no number.
 */
const digitsOf = (raw: string): string | null => {
  if (raw.length > longest) return null
  const address = /<([^<>]*)>/.exec(raw)?.[1] ?? raw
  const text = address
    .replace(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .normalize("NFKC")
    .replace(/\p{Nd}/gu, digitOf)
    .trim()
    .replace(/^(?:sips?|tel):/i, "")
    .replace(/[@;?].*$/s, "")
    .trim()
  // An IP address, and a number that a spreadsheet has calculated with.
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text) || /^\+?\d+\.\d*$/.test(text)) return null
  const [, plus, rest] = /^[(\s]*(\+?)([\d\s().\p{Pd}/·]+)$/u.exec(text) ?? []
  return rest === undefined ? null : `${plus}${rest.replace(/\D/g, "")}`
}

/** The digit of any script as an ASCII one: scripts have theirs in a row, from zero on. */
const digitOf = (digit: string): string => {
  const code = digit.codePointAt(0) ?? 0
  let zero = code
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String(code - zero)
}
