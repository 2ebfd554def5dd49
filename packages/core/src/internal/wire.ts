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
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

import * as Timestamp from "./timestamp.ts"

/** How a field is read: `undefined` says that the value is not of the form that is `expected`. */
export interface Field<T> {
  readonly expected: string
  readonly read: (value: unknown) => T | undefined
}

type Fields = Readonly<Record<string, Field<unknown>>>

type Read<F extends Fields> = { readonly [K in keyof F]: Exclude<ReturnType<F[K]["read"]>, undefined> }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The schema of an object with these fields; what else it has is left alone. */
export const row = <const F extends Fields>(fields: F) => {
  const entries = Object.entries(fields)
  return Object.assign(
    Schema.declareConstructor<Read<F>, unknown>()([], () => (value, ast, options) => {
      if (!isObject(value)) return Effect.fail(new SchemaIssue.InvalidType(ast, value, options))
      const row: Record<string, unknown> = {}
      for (const [key, { expected, read }] of entries) {
        const found = read(value[key])
        if (found === undefined) {
          const issue =
            value[key] === undefined
              ? new SchemaIssue.MissingKey(undefined)
              : new SchemaIssue.InvalidValue({ expected }, value[key], options)
          return Effect.fail(new SchemaIssue.Pointer([key], issue))
        }
        row[key] = found
      }
      return Effect.succeed(row as Read<F>)
    }),
    { keys: Object.keys(fields) }
  )
}

/** A field that may be missing, `null` or empty, which is all one: the provider says "absent" in all three ways. */
export const absentable = <T>({ expected, read }: Field<T>): Field<T | null> => ({
  expected,
  read: (value) => (value === undefined || value === null || value === "" ? null : read(value))
})

/** Text, which may be empty. */
export const Text: Field<string> = {
  expected: "text",
  read: (value) => (typeof value === "string" ? value : undefined)
}

/** An id, which is opaque and never empty. */
export const Id: Field<string> = {
  expected: "an id",
  read: (value) => (typeof value === "string" && value !== "" ? value : undefined)
}

export const Flag: Field<boolean> = {
  expected: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined)
}

/** What is of no documented type, as text. */
export const Printed: Field<string> = {
  expected: "text, a number, true or false",
  read: (value) =>
    typeof value === "string" ? value : typeof value === "boolean" || isFinite(value) ? String(value) : undefined
}

export const Instant: Field<Timestamp.Timestamp> = {
  expected: "a timestamp such as 2026-05-07 09:45:35.79276+05:30",
  read: (value) => (typeof value === "string" ? Timestamp.parseTimestamp(value) : undefined)
}

const isFinite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

const readNumber = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return isFinite(number) ? number : undefined
}

const ofNumber = <T>(expected: string, of: (value: number) => T | undefined): Field<T> => ({
  expected,
  read: (value) => {
    const number = readNumber(value)
    return number === undefined ? undefined : of(number)
  }
})

/** A JSON number, or the same as text: milliseconds come as `"7880.00000"`, and CSV has nothing but text. */
export const Numeric: Field<number> = { expected: "a number", read: readNumber }

/** Decimal text of a JSON number is its shortest form, so no binary fraction leaks into the amount. */
export const Amount: Field<BigDecimal.BigDecimal> = {
  expected: "an amount of money",
  read: (value) =>
    typeof value === "string" || isFinite(value)
      ? Option.getOrUndefined(BigDecimal.fromString(String(value)))
      : undefined
}

/** An instant in milliseconds since 1970, as a number or as text (`"1777696927178.00000"`). */
export const EpochMillis = ofNumber("an instant in milliseconds since 1970", (value) =>
  Option.getOrUndefined(DateTime.make(value))
)

export const Millis = ofNumber("a duration in milliseconds, not negative", (value) =>
  value < 0 ? undefined : Duration.millis(value)
)

export const Seconds = ofNumber("a duration in seconds, not negative", (value) =>
  value < 0 ? undefined : Duration.seconds(value)
)
