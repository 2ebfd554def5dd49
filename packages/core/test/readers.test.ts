import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, DateTime, Duration } from "effect"

import * as Read from "../src/internal/readers.ts"
import type { Reader } from "../src/internal/rowTable.ts"
import { PhoneNumber } from "../src/index.ts"

const noRow = {}

describe("the readers of wire values", () => {
  const cases: ReadonlyArray<readonly [string, Reader<unknown>, ReadonlyArray<readonly [unknown, unknown]>]> = [
    [
      "text",
      Read.text,
      [
        ["a", "a"],
        [7, undefined],
        [true, undefined],
        [{}, undefined]
      ]
    ],
    [
      "an id",
      Read.id,
      [
        ["a", "a"],
        [7, "7"],
        [7.5, undefined],
        [2 ** 53, undefined],
        [" ", undefined],
        [{}, undefined]
      ]
    ],
    [
      "text, a number, true or false",
      Read.printed,
      [
        ["a", "a"],
        [7.5, "7.5"],
        [false, "false"],
        [Number.NaN, undefined],
        [Infinity, undefined],
        [[], undefined]
      ]
    ],
    [
      "true or false",
      Read.flag,
      [
        [true, true],
        [false, false],
        ["true", true],
        ["false", false],
        ["yes", undefined],
        [1, undefined],
        [null, undefined]
      ]
    ],
    [
      "a number",
      Read.number,
      [
        [7.5, 7.5],
        [" 7.5 ", 7.5],
        ["7880.00000", 7880],
        ["", undefined],
        [" ", undefined],
        ["x", undefined],
        ["Infinity", undefined],
        [true, undefined]
      ]
    ],
    [
      "an instant in milliseconds since 1970",
      Read.epochMillis,
      [
        [8.64e15, DateTime.makeUnsafe(8.64e15)],
        [-8.64e15, DateTime.makeUnsafe(-8.64e15)],
        [8.64e15 + 2, undefined],
        ["1000", DateTime.makeUnsafe(1000)],
        ["x", undefined]
      ]
    ],
    [
      "a duration in milliseconds, not negative",
      Read.millis,
      [
        [0, Duration.zero],
        ["7880.00000", Duration.millis(7880)],
        [Number.MAX_SAFE_INTEGER, Duration.millis(Number.MAX_SAFE_INTEGER)],
        [Number.MAX_SAFE_INTEGER + 1, undefined],
        [-1, undefined]
      ]
    ],
    [
      "a duration in seconds, or as h:mm:ss, not negative",
      Read.seconds,
      [
        [0, Duration.zero],
        ["7.5", Duration.millis(7500)],
        ["1:02:03", Duration.seconds(3723)],
        ["12:34", undefined],
        [9_007_199_254_740, Duration.seconds(9_007_199_254_740)],
        [9_007_199_254_741, undefined],
        [-0.5, undefined]
      ]
    ],
    [
      "an amount of money",
      Read.bareAmount,
      [
        [1e15, 1e15],
        [-1e15, -1e15],
        [1e15 + 1, undefined],
        ["0.45", 0.45]
      ]
    ]
  ]
  for (const [expected, { expected: told, read }, values] of cases) {
    it(expected, () => {
      assert.strictEqual(told, expected)
      for (const [value, result] of values) {
        const found = read(value, noRow)
        const plain = (one: unknown) =>
          DateTime.isDateTime(one) ? one.epochMilliseconds : Duration.isDuration(one) ? Duration.toMillis(one) : one
        assert.deepStrictEqual(plain(found), plain(result), `${JSON.stringify(value)}`)
      }
    })
  }

  it("whole numbers", () => {
    assert.deepStrictEqual([7, "7", "7.0", 7.5, "9007199254740991", "9007199254740992", null].map(Read.toInt), [
      7,
      7,
      7,
      undefined,
      9_007_199_254_740_991,
      undefined,
      undefined
    ])
  })

  it("an amount of money in the row's currency", () => {
    const of = (value: unknown, currency?: unknown) => {
      const money = Read.money.read(value, { currency })
      return money === undefined || money === null ? money : `${BigDecimal.format(money.amount)} ${money.currency}`
    }
    assert.strictEqual(Read.money.expected, "an amount of money")
    assert.deepStrictEqual(Read.money.reads, ["currency"])
    assert.strictEqual(of("0.10", "INR"), "0.1 INR")
    assert.strictEqual(of(0.1, " inr "), "0.1 INR")
    assert.strictEqual(of(" -1.25 ", "usd"), "-1.25 USD")
    for (const none of [undefined, null, ""]) assert.isNull(of(1, none))
    for (const wrong of [7, {}, true]) assert.isUndefined(of(1, wrong))
    assert.isUndefined(of("free", "INR"))
    assert.isUndefined(of(1e15 + 1, "INR"))
    assert.strictEqual(of(1e15, "INR"), "1000000000000000 INR")
    assert.strictEqual(of(-1e15, "INR"), "-1000000000000000 INR")
    assert.isString(of(`0.${"1".repeat(58)}`, "INR"))
    assert.isUndefined(of(`0.${"1".repeat(59)}`, "INR"))
    const money = { amount: BigDecimal.fromStringUnsafe("0.30"), currency: "INR" }
    assert.strictEqual(Read.money.write?.(money, false), "0.3")
    assert.deepStrictEqual(Read.money.beside?.(money), { currency: "INR" })
  })

  it("an instant, of the zone that is set where it names none", () => {
    const at = "2026-05-07 09:45:35"
    const kolkata = Read.instant(DateTime.zoneMakeOffset(5.5 * 3_600_000))
    const utc = Read.instant(null)
    assert.strictEqual(utc.expected, "a timestamp such as 2026-05-07 09:45:35.79276+05:30")
    const read = ({ read, wasZoneless }: Reader<DateTime.Utc>, value: unknown) => {
      const found = read(value, noRow)
      return [found?.epochMilliseconds, wasZoneless?.()]
    }
    assert.deepStrictEqual(read(utc, `${at}Z`), [Date.parse("2026-05-07T09:45:35Z"), false])
    assert.deepStrictEqual(read(utc, at), [Date.parse("2026-05-07T09:45:35Z"), true])
    assert.deepStrictEqual(read(kolkata, `${at}Z`), [Date.parse("2026-05-07T09:45:35Z"), false])
    assert.deepStrictEqual(read(kolkata, at), [Date.parse("2026-05-07T04:15:35Z"), true])
    assert.isUndefined(utc.read(1000, noRow))
    assert.isUndefined(utc.read("yesterday", noRow))
    assert.strictEqual(utc.write?.(DateTime.makeUnsafe("2026-05-07T09:45:35Z"), false), "2026-05-07T09:45:35.000Z")
  })

  it("a telephone number, and words with one in them, are shown when they are to be", () => {
    const phone = Read.phone("91")
    assert.strictEqual(phone.expected, "a telephone number")
    const number = phone.read("08045670012", noRow)
    assert.isTrue(PhoneNumber.isPhoneNumber(number))
    assert.isUndefined(phone.read(918045670012, noRow))
    if (!PhoneNumber.isPhoneNumber(number)) return
    assert.deepStrictEqual(
      [phone.write?.(number, true), phone.write?.(number, false)],
      ["+918045670012", "+**********12"]
    )
    for (const { write } of [Read.words, Read.printedWords]) {
      assert.strictEqual(write?.("call 08045670012", true), "call 08045670012")
      assert.strictEqual(write?.("call 08045670012", false), "call *********12")
    }
  })

  it("write a value as they read it", () => {
    assert.strictEqual(Read.millis.write?.(Duration.seconds(2), false), 2000)
    assert.strictEqual(Read.seconds.write?.(Duration.millis(2500), false), 2.5)
    assert.strictEqual(Read.epochMillis.write?.(DateTime.makeUnsafe(1234), false), 1234)
    assert.strictEqual(Read.bareAmount.write?.(0.5, false), 0.5)
  })
})
