/**
 * Amounts of money: decimal, with their currency, never added across currencies.
 *
 * @since 0.1.0
 */
import * as BigDecimal from "effect/BigDecimal"
import * as Schema from "effect/Schema"

/**
 * An amount in one currency. The provider was seen to name different currencies for the same call
 * (docs/vobiz-api.md, "Money"), so no amount is ever converted or assumed.
 *
 * @category models
 * @since 0.1.0
 */
export const Money = Schema.Struct({
  amount: Schema.BigDecimal,
  /** Such as `INR`, in capitals. */
  currency: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Money extends Schema.Schema.Type<typeof Money> {}

/**
 * An amount in a currency.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (fields: Parameters<typeof Money.make>[0]): Money => Money.make(fields)

/**
 * An amount in plain decimal digits, such as `0.9`. `BigDecimal.format` changes to scientific notation at 16 places, such as `9e-16`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const digits = (amount: BigDecimal.BigDecimal): string => {
  const { scale, value } = BigDecimal.normalize(amount)
  const text = value.toString()
  const sign = text.startsWith("-") ? "-" : ""
  const absolute = text.slice(sign.length)
  if (scale <= 0) return `${sign}${absolute}${"0".repeat(-scale)}`
  const padded = absolute.padStart(scale + 1, "0")
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}

/**
 * The amount in plain decimal digits and the currency, such as `0.9 INR`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const format = ({ amount, currency }: Money): string => `${digits(amount)} ${currency}`

/**
 * Totals by currency, in the order the currencies first appear.
 *
 * @category combining
 * @since 0.1.0
 */
export const sumByCurrency = (amounts: Iterable<Money>): ReadonlyArray<Money> => {
  const totals = new Map<string, BigDecimal.BigDecimal>()
  for (const { amount, currency } of amounts) {
    const total = totals.get(currency)
    totals.set(currency, total === undefined ? amount : BigDecimal.sum(total, amount))
  }
  return Array.from(totals, ([currency, amount]) => ({ amount, currency }))
}
