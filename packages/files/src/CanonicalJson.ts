/**
 * JSON in the canonical form of RFC 8785 (JCS): equal values have equal texts, and so equal hashes.
 *
 * There is no white space, keys are in the order of their UTF-16 code units, and numbers are as ECMAScript prints them.
 *
 * @since 0.1.0
 */

/**
 * A value that JSON can hold.
 *
 * @category models
 * @since 0.1.0
 */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/**
 * The canonical text of a JSON value.
 *
 * Throws a `TypeError` for a number that is not finite, and for anything that is no JSON. Half of a surrogate pair, which the
 * RFC refuses, is printed as its escape: ids of a provider may hold anything.
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
  // JavaScript compares texts by their UTF-16 code units, as the RFC does.
  const keys = Object.keys(value).toSorted((a, b) => (a < b ? -1 : Number(a > b)))
  return `{${keys.map((key) => `${JSON.stringify(key)}:${encode(value[key] as Json)}`).join(",")}}`
}

const isArray = (value: object): value is ReadonlyArray<Json> => Array.isArray(value)

/**
 * The canonical text of what `JSON.stringify` makes of a value: fields that are `undefined` are left out, instants are printed.
 *
 * @category rendering
 * @since 0.1.0
 */
export const stringify = (value: unknown): string => encode(JSON.parse(JSON.stringify(value)) as Json)
