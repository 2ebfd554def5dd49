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
export class Money extends Schema.Class<Money>("@vobiz-effect/core/Money")({
  amount: Schema.BigDecimal,
  currency: Schema.String
}) {
  /** The amount in plain decimal digits and the currency, such as `0.9 INR`. */
  override toString(): string {
    return `${BigDecimal.format(this.amount)} ${this.currency}`
  }
}

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
  return Array.from(totals, ([currency, amount]) => new Money({ amount, currency }))
}
