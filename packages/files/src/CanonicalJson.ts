/**
 * JSON in the canonical form of RFC 8785 (JCS): equal values have equal texts and hashes.
 *
 * The text has no white space, sorts keys by their UTF-16 code units, and has numbers as ECMAScript prints them.
 *
 * @since 0.1.0
 */

/**
 * A JSON value.
 *
 * @category models
 * @since 0.1.0
 */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/**
 * The canonical text of a JSON value.
 *
 * Throws a `TypeError` for numbers that are not finite, and for values that JSON does not have. The RFC refuses half of a surrogate
 * pair; this function prints its escape, because a provider's ids may contain anything.
 *
 * @example
 * ```ts
 * import { CanonicalJson } from "@vobiz-effect/files"
 *
 * CanonicalJson.encode({ b: 1e21, a: ["€"] }) // {"a":["€"],"b":1e+21}
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const encode = (value: Json): string => {
  if (value === null || typeof value === "boolean") return String(value)
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`)
    return JSON.stringify(value)
  }
  if (typeof value !== "object") throw new TypeError(`JSON has no ${typeof value}`)
  if (isArray(value)) return `[${value.map(encode).join(",")}]`
  // JavaScript compares strings by UTF-16 code units, as the RFC requires.
  const keys = Object.keys(value).toSorted((a, b) => (a < b ? -1 : Number(a > b)))
  return `{${keys.map((key) => `${JSON.stringify(key)}:${encode(value[key] as Json)}`).join(",")}}`
}

const isArray = (value: object): value is ReadonlyArray<Json> => Array.isArray(value)

/**
 * The canonical text of any value, as `JSON.stringify` sees it.
 *
 * Omits `undefined` fields, and prints values with a `toJSON` method, such as instants, by that method.
 *
 * @category rendering
 * @since 0.1.0
 */
export const stringify = (value: unknown): string => encode(JSON.parse(JSON.stringify(value)) as Json)
