import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, Effect, Schema } from "effect"

import { Money } from "../src/index.ts"

const money = (amount: string, currency: string) =>
  Money.make({ amount: BigDecimal.fromStringUnsafe(amount), currency })

describe("Money.format", () => {
  it("prints amounts in plain digits, however long or short", () => {
    assert.deepStrictEqual(
      ["0", "-0.45", "2139.540000000000056384", "0.0000000000000012", "-1e-18", "1e20", "1200"].map((amount) =>
        Money.format(money(amount, "INR"))
      ),
      [
        "0 INR",
        "-0.45 INR",
        "2139.540000000000056384 INR",
        "0.0000000000000012 INR",
        "-0.000000000000000001 INR",
        "100000000000000000000 INR",
        "1200 INR"
      ]
    )
  })

  const Digits = Schema.Int.check(Schema.isBetween({ minimum: -1_000_000_000, maximum: 1_000_000_000 }))
  const Scale = Schema.Int.check(Schema.isBetween({ minimum: -20, maximum: 30 }))
  it.effect.prop("prints what reads back as the same amount", [Digits, Scale], ([digits, scale]) =>
    Effect.sync(() => {
      const amount = BigDecimal.make(BigInt(digits), scale)
      const text = Money.digits(amount)
      assert.match(text, /^-?\d+(\.\d+)?$/)
      assert.isTrue(BigDecimal.equals(BigDecimal.fromStringUnsafe(text), amount))
    })
  )
})

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
