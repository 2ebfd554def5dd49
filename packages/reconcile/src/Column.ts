/**
 * Columns of a table: their type in the database, and how a value of the domain fills them.
 *
 * @since 0.1.0
 */
import {
  BIGINT,
  BOOLEAN,
  DECIMAL,
  DOUBLE,
  DuckDBDecimalValue,
  type DuckDBType,
  type DuckDBValue,
  VARCHAR
} from "@duckdb/node-api"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

/**
 * One column of a table of rows `A`. `of` gives the value of a row, told how many rows came before it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Column<in A> {
  readonly name: string
  readonly type: DuckDBType
  of(row: A, index: number): DuckDBValue
}

/**
 * The statement that creates a table of these columns.
 *
 * @category rendering
 * @since 0.1.0
 */
export const createTable = (table: string, columns: ReadonlyArray<Column<never>>): string =>
  `CREATE TABLE ${table} (${columns.map(({ name, type }) => `${name} ${type}`).join(", ")})`

const nullable = <A, B>(of: (row: A) => B | null, to: (value: B) => DuckDBValue) => {
  return (row: A) => {
    const value = of(row)
    return value === null ? null : to(value)
  }
}

/**
 * Text; an empty one is stored as NULL, as the provider means by it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const text = <A>(name: string, of: (row: A) => string | null): Column<A> => ({
  name,
  type: VARCHAR,
  of: (row) => of(row) || null
})

/**
 * Yes or no.
 *
 * @category constructors
 * @since 0.1.0
 */
export const flag = <A>(name: string, of: (row: A) => boolean | null): Column<A> => ({ name, type: BOOLEAN, of })

/**
 * A number that no arithmetic is done with, or that is a ratio.
 *
 * @category constructors
 * @since 0.1.0
 */
export const float = <A>(name: string, of: (row: A) => number | null): Column<A> => ({ name, type: DOUBLE, of })

/**
 * An instant, as milliseconds since 1970 UTC.
 *
 * @category constructors
 * @since 0.1.0
 */
export const instant = <A>(name: string, of: (row: A) => DateTime.DateTime | null): Column<A> => ({
  name,
  type: BIGINT,
  of: nullable(of, (value) => Math.floor(DateTime.toEpochMillis(value)))
})

/**
 * A duration, to the nearest millisecond.
 *
 * @category constructors
 * @since 0.1.0
 */
export const millis = <A>(name: string, of: (row: A) => Duration.Duration | null): Column<A> => ({
  name,
  type: BIGINT,
  of: nullable(of, (value) => Math.round(Duration.toMillis(value)))
})

const decimalWidth = 38
const decimalPlaces = 18

/**
 * A decimal of up to 20 digits before the point and 18 after it. Further places are rounded half to even; a larger one
 * is refused, as DuckDB itself does not look.
 *
 * @category constructors
 * @since 0.1.0
 */
export const decimal = <A>(name: string, of: (row: A) => BigDecimal.BigDecimal | null): Column<A> => ({
  name,
  type: DECIMAL(decimalWidth, decimalPlaces),
  of: nullable(of, (value) => {
    const digits = digitsOf(value)
    if (digits <= least || digits >= most) {
      throw new RangeError(
        `an amount in column ${name} has more than ${decimalWidth - decimalPlaces} digits before the point`
      )
    }
    return new DuckDBDecimalValue(digits, decimalWidth, decimalPlaces)
  })
})

/** Powers of ten by how many places are to be added; most amounts have few, and none is to be rounded. */
const powers = Array.from({ length: decimalPlaces + 1 }, (_, places) => 10n ** BigInt(places))

/** The amount in units of the last of its places. */
const digitsOf = (amount: BigDecimal.BigDecimal): bigint => {
  const power = powers[decimalPlaces - amount.scale]
  if (power !== undefined) return amount.value * power
  const rounded = BigDecimal.round(amount, { mode: "half-even", scale: decimalPlaces })
  return BigDecimal.scale(rounded, decimalPlaces).value
}

const most = 10n ** BigInt(decimalWidth)
const least = -most

/**
 * The number of the row, counted from 0 in the order of arrival.
 *
 * @category constructors
 * @since 0.1.0
 */
export const arrival = (name: string): Column<unknown> => ({ name, type: BIGINT, of: (_, index) => index })
