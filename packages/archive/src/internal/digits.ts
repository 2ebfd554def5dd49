/**
 * Finds a telephone number in bytes by the digits of its national part, in whatever way it is printed. All that is no digit
 * counts for nothing, so that more may be found than is meant, and never less.
 */

/** Calling codes of one and two digits; all others have three. */
const short = new Set(
  `1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92
  93 94 95 98`.split(/\s+/)
)

/** Whether a text is a number in E.164 and nothing else. A plus sign alone says nothing: of `+0 91…` nobody knows whose it is. */
export const isE164 = (text: string): boolean => /^\+[1-9]\d{6,14}$/.test(text)

/** The digits of a number in E.164 without its calling code. */
export const nationalOf = (e164: string): string => {
  const digits = e164.replace(/^\+/, "")
  const code = [1, 2].map((length) => digits.slice(0, length)).find((code) => short.has(code))
  return digits.slice(code?.length ?? 3)
}

/** The value of a decimal digit of any script: each has its ten in a row. */
const valueOf = (char: string): string => {
  let first = char.codePointAt(0) ?? 0
  let value = 0
  // Runs of digits begin at zero; some stand side by side.
  while (value < 60 && /\p{Nd}/u.test(String.fromCodePoint(first - 1))) {
    first--
    value++
  }
  return String(value % 10)
}

/** The digits of a text, as ASCII. */
const digitsOf = (text: string): string => {
  // Most texts have no others. NFKC makes digits of superscripts, circled and full-width ones.
  const plain = /[^\0-\x7f]/.test(text) ? text.normalize("NFKC").replace(/(?![0-9])\p{Nd}/gu, valueOf) : text
  return plain.replace(/[^0-9]+/g, "")
}

/** Escapes of JSON and JavaScript, of URLs, of quoted-printable mail, and of HTML. */
const unescape = (text: string): string =>
  text
    .replace(/\\+u\{?([0-9a-fA-F]{4,6})\}?/g, (all, hex: string) =>
      all.includes("{") ? fromCode(hex) : fromCode(hex.slice(0, 4)) + hex.slice(4)
    )
    .replace(/\\+x([0-9a-fA-F]{2})/g, (_, hex: string) => fromCode(hex))
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (all) => Buffer.from(all.replaceAll("%", ""), "hex").toString("utf8"))
    .replace(/(?:=[0-9a-fA-F]{2})+/g, (all) => Buffer.from(all.replaceAll("=", ""), "hex").toString("utf8"))
    .replace(/&#x([0-9a-fA-F]{1,6});?/g, (_, hex: string) => fromCode(hex))
    .replace(/&#(\d{1,7});?/g, (_, digits: string) => fromCode(Number(digits).toString(16)))

const fromCode = (hex: string): string => {
  const code = Number.parseInt(hex, 16)
  return code > 0x10_ffff ? "" : String.fromCodePoint(code)
}

/** An escape may itself be escaped. */
const stages = 4

/**
 * Reads texts one after the other, and tells for each number that is found from which text to which it stands. A number may begin in one and
 * end in another.
 */
export const finder = (national: string) => {
  const states = Array.from({ length: stages }, () => ({ digits: "", places: Array<number>() }))
  return (bytes: Uint8Array, place: number, found: (from: number, to: number) => void): void => {
    let text = Buffer.from(bytes).toString("utf8")
    for (const state of states) {
      const digits = digitsOf(text)
      const all = state.digits + digits
      const placeAt = (at: number) => state.places[at] ?? place
      for (let at = all.indexOf(national); at >= 0; at = all.indexOf(national, at + 1)) found(placeAt(at), place)
      const kept = Math.min(all.length, national.length - 1)
      const from = all.length - kept
      state.places = Array.from({ length: kept }, (_, n) => placeAt(from + n))
      state.digits = all.slice(from)
      text = unescape(text)
    }
  }
}

/** Whether a number stands in a text. */
export const isIn = (national: string, text: string): boolean => {
  let isFound = false
  finder(national)(Buffer.from(text), 0, () => (isFound = true))
  return isFound
}
