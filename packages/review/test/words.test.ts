import { Money } from "@vobiz-effect/core"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, Duration } from "effect"

import * as Format from "../src/Format.ts"
import * as Urgency from "../src/internal/urgency.ts"

describe("numbers in words", () => {
  it("counts have commas, and their nouns a plural", () => {
    assert.deepStrictEqual([0, 999, 1000, 1_234_567].map(Format.count), ["0", "999", "1,000", "1,234,567"])
    assert.deepStrictEqual(
      [0, 1, 2, 1000].map((value) => Format.counted(value, "CDR")),
      ["0 CDRs", "1 CDR", "2 CDRs", "1,000 CDRs"]
    )
  })

  it("times, shares, amounts and days", () => {
    assert.deepStrictEqual([0, 59.4, 59.5, 60, 3599, 3600, 3661, 3_600_000].map(Format.clock), [
      "0:00:00",
      "0:00:59",
      "0:01:00",
      "0:01:00",
      "0:59:59",
      "1:00:00",
      "1:01:01",
      "1,000:00:00"
    ])
    assert.deepStrictEqual(
      [
        [1, 3],
        [2, 3],
        [1, 1],
        [0, 1],
        [0, 0]
      ].map(([part = 0, whole = 0]) => Format.percent(part, whole)),
      ["33.33%", "66.66%", "100.00%", "0.00%", "–"]
    )
    const amount = (text: string) => Money.Money.make({ amount: BigDecimal.fromStringUnsafe(text), currency: "INR" })
    assert.deepStrictEqual(
      ["0", "7", "0.5", "100", "1000", "1234567.891", "-0.1"].map((text) => Format.money([amount(text)])),
      ["0.00 INR", "7.00 INR", "0.50 INR", "100.00 INR", "1,000.00 INR", "1,234,567.891 INR", "-0.10 INR"]
    )
    const hours = (count: number) => Format.days(Duration.hours(count))
    assert.deepStrictEqual([0, 0.9, 1, 47.9, 48, 71.9, 72].map(hours), [
      "0 h",
      "0 h",
      "1 h",
      "47 h",
      "2 d",
      "2 d",
      "3 d"
    ])
  })
})

describe("urgency", () => {
  it("is the time left until the deadline; none is less urgent, and one that has passed least", () => {
    assert.strictEqual(Urgency.timeLeft(15, 10), 5)
    assert.strictEqual(Urgency.timeLeft(null, 10), Number.MAX_SAFE_INTEGER - 1)
    assert.strictEqual(Urgency.timeLeft(10, 10), Number.MAX_SAFE_INTEGER)
    assert.strictEqual(Urgency.timeLeft(9, 10), Number.MAX_SAFE_INTEGER)
    const some = [
      { at: 3, deadline: null },
      { at: 2, deadline: 9 },
      { at: 1, deadline: 20 },
      { at: 0, deadline: 15 },
      { at: 1, deadline: 15 }
    ]
    assert.deepStrictEqual(
      some.toSorted(Urgency.order(10)).map(({ at, deadline }) => [at, deadline]),
      [
        [0, 15],
        [1, 15],
        [1, 20],
        [3, null],
        [2, 9]
      ]
    )
  })
})
