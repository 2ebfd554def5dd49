/**
 * Rows of the provider: how each wire form is read into one domain value.
 *
 * A list has 100 rows to a page and millions of pages to an aggregator, so a row is read by plain functions, in one
 * pass; a schema only where it meets the body that holds it.
 */
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"

import * as PhoneNumber from "../PhoneNumber.ts"
import * as Timestamp from "./timestamp.ts"

/** Says that a value is not of the form that is expected; whoever reads the row finds out which field it is. */
class Unreadable {
  readonly expected: string
  constructor(expected: string) {
    this.expected = expected
  }
}

/** How a field is read. Throws `Unreadable`. */
type Read<T> = (value: unknown) => T

type Raw = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value)

/** The field that reading a row came to last, found by reading it again. */
const lastRead = (row: Raw, read: (row: Raw) => unknown): string => {
  let last = ""
  const watched = new Proxy(row, {
    get: (target, key) => {
      last = String(key)
      return Reflect.get(target, key)
    }
  })
  try {
    read(watched)
  } catch {
    // It fails as it did before.
  }
  return last
}

/** A kind of row: the keys that it is known to have, and how one is read; what else it has is left alone. */
export const kind = <const Key extends string>(keys: ReadonlyArray<Key>) => ({
  known: new Set<string>(keys) as ReadonlySet<string>,
  /** The schemas of one row and of many. */
  reading: <A>(read: (row: Readonly<Record<Key, unknown>>) => A) => {
    const readOne = (
      row: unknown,
      ast: SchemaAST.AST,
      options: SchemaAST.ParseOptions
    ): Result.Result<A, SchemaIssue.Issue> => {
      if (!isObject(row)) return Result.fail(new SchemaIssue.InvalidType(ast, row, options))
      try {
        return Result.succeed(read(row as Readonly<Record<Key, unknown>>))
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
        const key = lastRead(row, read as (row: Raw) => unknown)
        const issue =
          row[key] === undefined
            ? new SchemaIssue.MissingKey(undefined)
            : new SchemaIssue.InvalidValue({ expected: error.expected }, row[key], options)
        return Result.fail(new SchemaIssue.Pointer([key], issue))
      }
    }
    return {
      one: Schema.declareConstructor<A, unknown>()(
        [],
        () => (row, ast, options) => Effect.fromResult(readOne(row, ast, options)),
        { expected: "a row" }
      ),
      many: Schema.declareConstructor<ReadonlyArray<A>, unknown>()(
        [],
        () => (rows, ast, options) => {
          if (!Array.isArray(rows)) return Effect.fail(new SchemaIssue.InvalidType(ast, rows, options))
          const found: Array<A> = []
          for (const row of rows) {
            const one = readOne(row, ast, options)
            if (Result.isFailure(one)) return Effect.fail(new SchemaIssue.Pointer([found.length], one.failure))
            found.push(one.success)
          }
          return Effect.succeed(found)
        },
        { expected: "a list of rows" }
      )
    }
  }
})

const field =
  <T>(expected: string, read: (value: unknown) => T | undefined): Read<T> =>
  (value) => {
    const found = read(value)
    if (found === undefined) throw new Unreadable(expected)
    return found
  }

/** A field that may be missing, `null` or empty, which is all one: the provider says "absent" in all three ways. */
export const maybe =
  <T>(read: Read<T>): Read<T | null> =>
  (value) =>
    value === undefined || value === null || value === "" ? null : read(value)

/** Text, which may be empty. */
export const text: Read<string> = (value) => {
  if (typeof value === "string") return value
  throw new Unreadable("text")
}

/** A telephone number. */
export const phone =
  (callingCode: string | null): Read<PhoneNumber.PhoneNumber> =>
  (value) =>
    PhoneNumber.fromRaw(text(value), callingCode)

/** An id, which is opaque and never empty. */
export const id = field("an id", (value) => (typeof value === "string" && value !== "" ? value : undefined))

export const flag = field("true or false", (value) => (typeof value === "boolean" ? value : undefined))

/** What is of no documented type, as text. */
export const printed = field("text, a number, true or false", (value) =>
  typeof value === "string" ? value : typeof value === "boolean" || isFinite(value) ? String(value) : undefined
)

/** An instant, and whether its zone was stated. */
export const stamp = field("a timestamp such as 2026-05-07 09:45:35.79276+05:30", (value) =>
  typeof value === "string" ? Timestamp.parseTimestamp(value) : undefined
)

export const instant: Read<DateTime.Utc> = (value) => stamp(value).instant

const isFinite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

const readNumber = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return isFinite(number) ? number : undefined
}

const ofNumber = <T>(expected: string, of: (value: number) => T | undefined): Read<T> =>
  field(expected, (value) => {
    const number = readNumber(value)
    return number === undefined ? undefined : of(number)
  })

/** A JSON number, or the same as text: milliseconds come as `"7880.00000"`, and CSV has nothing but text. */
export const numeric = field("a number", readNumber)

/** Decimal text of a JSON number is its shortest form, so no binary fraction leaks into the amount. */
export const amount = field("an amount of money", (value) =>
  typeof value === "string" || isFinite(value) ? Option.getOrUndefined(BigDecimal.fromString(String(value))) : undefined
)

/** An instant in milliseconds since 1970, as a number or as text (`"1777696927178.00000"`). */
export const epochMillis = ofNumber("an instant in milliseconds since 1970", (value) =>
  Math.abs(value) <= maxEpochMillis ? DateTime.makeUnsafe(value) : undefined
)

/** As far from 1970 as a `Date` reaches. */
const maxEpochMillis = 8.64e15

export const millis = ofNumber("a duration in milliseconds, not negative", (value) =>
  value < 0 ? undefined : Duration.millis(value)
)

export const seconds = ofNumber("a duration in seconds, not negative", (value) =>
  value < 0 ? undefined : Duration.seconds(value)
)

export const maybeAmount = maybe(amount)
export const maybeEpochMillis = maybe(epochMillis)
export const maybeFlag = maybe(flag)
export const maybeInstant = maybe(instant)
export const maybeMillis = maybe(millis)
export const maybeNumeric = maybe(numeric)
export const maybePrinted = maybe(printed)
export const maybeSeconds = maybe(seconds)
export const maybeText = maybe(text)
