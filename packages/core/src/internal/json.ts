/** Reads JSON of which nothing is known: neither how deep it is nor how large its numbers are. */

/** Deeper than any answer of the provider; shallow enough for every function that goes down by calling itself. */
export const maxDepth = 64

export type Parsed =
  | { readonly _tag: "json"; readonly value: unknown }
  /** No JSON, such as a body that was cut off, or a web page. */
  | { readonly _tag: "other" }
  /** Nested deeper than `maxDepth`. */
  | { readonly _tag: "deep" }

const other: Parsed = { _tag: "other" }

/**
 * Parses a text. Whole numbers that a JavaScript number cannot hold become text, so that two ids above 2^53 stay two. Never
 * throws.
 */
export const parse = (text: string): Parsed => {
  const exact = exactly(text)
  if (exact === undefined) return { _tag: "deep" }
  try {
    return { _tag: "json", value: JSON.parse(exact) }
  } catch {
    return other
  }
}

const quote = 0x22
const backslash = 0x5c

const isDigit = (code: number) => code >= 0x30 && code <= 0x39

/** What can follow a digit in a number that is not whole: `.`, `e` or `E`. */
const isFraction = (code: number) => code === 0x2e || (code | 0x20) === 0x65

/** The text with large whole numbers in quotes; `undefined` where it is nested too deep. */
const exactly = (text: string): string | undefined => {
  let exact = ""
  let copied = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      for (at++; at < text.length; at++) {
        const inside = text.charCodeAt(at)
        if (inside === quote) break
        if (inside === backslash) at++
      }
    } else if ((code | 0x20) === 0x7b) {
      if (++depth > maxDepth) return undefined
    } else if ((code | 0x20) === 0x7d) {
      depth--
    } else if (isDigit(code)) {
      const from = text.charCodeAt(at - 1) === 0x2d ? at - 1 : at
      let whole = true
      for (; at + 1 < text.length; at++) {
        const next = text.charCodeAt(at + 1)
        if (isFraction(next)) whole = false
        else if (!isDigit(next) && (whole || (next !== 0x2b && next !== 0x2d))) break
      }
      if (whole && at - from >= 15 && !Number.isSafeInteger(Number(text.slice(from, at + 1)))) {
        exact += `${text.slice(copied, from)}"${text.slice(from, at + 1)}"`
        copied = at + 1
      }
    }
  }
  return copied === 0 ? text : exact + text.slice(copied)
}
