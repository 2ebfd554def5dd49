/** The body of a list of the provider, however it is wrapped. */
import { toInt } from "./readers.ts"
import { isObject, type Raw } from "./rowTable.ts"

/** By which keys a list says what it holds. */
export interface Keys {
  readonly rows: string
  readonly meta: string
  readonly limit: string
  readonly total: string
  readonly next: string | null
}

export interface ListBody {
  readonly rows: ReadonlyArray<unknown>
  /** The most rows that the server says a page has. */
  readonly limit: number
  /** Its count of the whole list; `null` where it gives none that can be read. */
  readonly total: number | null
  /** Its word that more follows. */
  readonly hasNext: boolean
}

/** Where a body is not of the known form. */
export interface Fault {
  readonly path: string
  readonly expected: string
}

const count = (value: unknown, least: number): number | null => {
  const number = toInt(value)
  return number === undefined || number < least ? null : number
}

/** How many rows a list is said to have; `null` where its body does not say. */
export const totalOf = (json: unknown, { meta, total }: Pick<Keys, "meta" | "total">): number | null => {
  const about = isObject(json) ? json[meta] : undefined
  return isObject(about) ? count(about[total], 0) : null
}

/** A list whose rows are `null` is empty; one without any envelope does not say how many rows there are. */
export const read = (json: unknown, keys: Keys, offset: number, asked: number): ListBody | Fault => {
  const body: Raw = Array.isArray(json) ? { [keys.rows]: json } : isObject(json) ? json : {}
  const rows = body[keys.rows] === null ? [] : body[keys.rows]
  if (!Array.isArray(rows) || (Array.isArray(json) && json.length > 0 && !json.some(isObject))) {
    return isObject(json)
      ? { path: keys.rows, expected: "a list of rows" }
      : { path: "", expected: `a list of rows, or an object with them at ${keys.rows}` }
  }
  const about = body[keys.meta]
  const meta: Raw = isObject(about) ? about : {}
  const total = totalOf(json, keys)
  return {
    rows,
    limit: count(meta[keys.limit], 1) ?? asked,
    total,
    // What does not say whether more follows has more as long as its count says so, and else until a page is empty.
    hasNext:
      nextOf(keys.next === null ? undefined : meta[keys.next]) ??
      (total === null ? rows.length > 0 : offset + rows.length < total)
  }
}

/** A link, `null` for none, or true or false. */
const nextOf = (value: unknown): boolean | null =>
  value === undefined
    ? null
    : value === null || value === false
      ? false
      : value === true || typeof value === "string"
        ? true
        : null
