import { assert, describe, it } from "@vobiz-effect/test-support"
import { Money } from "@vobiz-effect/core"
import { BigDecimal } from "effect"
import { clock, money, percent } from "../src/Format.ts"

describe("Format", () => {
  it("never rounds a share up to all", () => {
    assert.deepStrictEqual(
      [percent(999_999, 1_000_000), percent(1, 1), percent(0, 7), percent(0, 0)],
      ["99.99%", "100.00%", "0.00%", "–"]
    )
  })

  it("prints every digit of an amount, and two decimals at least", () => {
    const amount = (text: string) => Money.Money.make({ amount: BigDecimal.fromStringUnsafe(text), currency: "INR" })
    assert.strictEqual(
      money(["1234567.5", "0.00125", "-1200", "2139.540000000000056384", "1e20"].map(amount)),
      "1,234,567.50 INR, 0.00125 INR, -1,200.00 INR, 2,139.540000000000056384 INR, 100,000,000,000,000,000,000.00 INR"
    )
    assert.strictEqual(money([]), "–")
  })

  it("prints hours beyond a day", () => {
    assert.deepStrictEqual([clock(0), clock(3599.6), clock(90_061)], ["0:00:00", "1:00:00", "25:01:01"])
  })
})
