import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Schema } from "effect"

import { PhoneNumber } from "../src/index.ts"

describe("PhoneNumber.fromRaw", () => {
  const forms: ReadonlyArray<readonly [string, string | null]> = [
    ["+918045670012", "+918045670012"],
    ["918045670012", "+918045670012"],
    ["00918045670012", "+918045670012"],
    ["+91 80-4567 0012", "+918045670012"],
    ["sip:+918045670012@198.51.100.7", "+918045670012"],
    ["08045670012", null],
    ["8045670012", null],
    ["1001", null],
    ["anonymous", null],
    ["agent7", null],
    ["", null],
    ["+", null],
    ["+0123456789", null],
    ["1234567890123456", null]
  ]
  for (const [raw, e164] of forms) {
    it(`reads ${JSON.stringify(raw)} as ${e164}`, () => {
      assert.deepStrictEqual({ ...PhoneNumber.fromRaw(raw) }, { raw, e164 })
    })
  }

  it("reads a national number by the calling code it is given", () => {
    assert.strictEqual(PhoneNumber.fromRaw("8045670012", "91").e164, "+918045670012")
    assert.isNull(PhoneNumber.fromRaw("45670012", "91").e164)
  })

  const International = Schema.String.check(Schema.isPattern(/^[1-9][0-9]{10,14}$/))
  it.effect.prop("is the same for every printed form of one number", [International], ([digits]) =>
    Effect.sync(() => {
      for (const raw of [digits, `+${digits}`, `00${digits}`]) {
        assert.strictEqual(PhoneNumber.fromRaw(raw).e164, `+${digits}`)
      }
    })
  )
})

describe("PhoneNumber.mask", () => {
  it("leaves two digits", () => {
    assert.strictEqual(PhoneNumber.mask(PhoneNumber.fromRaw("918045670012")), "+**********12")
    assert.strictEqual(PhoneNumber.maskDigits("call 918045670012 at 12:30"), "call **********12 at 12:30")
  })

  it("hides every printed form in a text", () => {
    const forms = [
      "+918045670012",
      "+91 80456 70012",
      "+91-80-4567-0012",
      "(080) 4567-0012",
      "080.4567.0012",
      "91/8045670012",
      "+91 (80) 4567 0012",
      "９１８０４５６７００１２",
      "٩١٨٠٤٥٦٧٠٠١٢",
      "+91–8045–670012",
      "91.80.45.67.00.12",
      "91 80 45 67 00 12"
    ]
    for (const form of forms) {
      const masked = PhoneNumber.maskDigits(`call ${form}, please`)
      assert.strictEqual(masked.match(/\p{Nd}/gu)?.length, 2, masked)
      assert.strictEqual(masked.length, `call ${form}, please`.length)
    }
  })

  it("leaves instants, ids and addresses alone", () => {
    for (const text of [
      "2026-05-07 09:45:35.79276+05:30",
      "2026-05-11T06:59:26Z",
      "from 2026-05-07 to 2026-05-11",
      "0c6f2d1e-1234-4678-9012-123456789012",
      "connect ECONNREFUSED 192.168.100.200:45231",
      "row 123456"
    ]) {
      assert.strictEqual(PhoneNumber.maskDigits(text), text)
    }
  })
})
