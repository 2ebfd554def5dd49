import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, Effect, Schema } from "effect"

import { Money } from "../src/index.ts"

const money = (amount: string, currency: string) =>
  Money.make({ amount: BigDecimal.fromStringUnsafe(amount), currency })

describe("Money.sumByCurrency", () => {
  it("never adds across currencies, and adds exactly", () => {
    const totals = Money.sumByCurrency([money("0.1", "INR"), money("0.5", "USD"), money("0.2", "INR")])
    assert.deepStrictEqual(
      totals.map((total) => Money.format(total)),
      ["0.3 INR", "0.5 USD"]
    )
    assert.deepStrictEqual(Money.sumByCurrency([]), [])
  })

  const Cents = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 })))
  it.effect.prop("equals the sum in whole hundredths", [Cents], ([cents]) =>
    Effect.sync(() => {
      const [total] = Money.sumByCurrency(cents.map((n) => money(String(n / 100), "INR")))
      const expected = BigDecimal.make(BigInt(cents.reduce((sum, n) => sum + n, 0)), 2)
      assert.isTrue(BigDecimal.equals(total?.amount ?? BigDecimal.fromBigInt(0n), expected))
    })
  )
})
