import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Equal, Formatter, Hash, Schema } from "effect"
import { inspect } from "node:util"

import { PhoneNumber, Recording } from "../src/index.ts"

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
      const number = PhoneNumber.fromRaw(raw)
      assert.deepStrictEqual([PhoneNumber.revealRaw(number), PhoneNumber.revealE164(number)], [raw, e164])
    })
  }

  it("reads a national number by the calling code it is given", () => {
    assert.strictEqual(PhoneNumber.revealE164(PhoneNumber.fromRaw("8045670012", "91")), "+918045670012")
    assert.isNull(PhoneNumber.revealE164(PhoneNumber.fromRaw("45670012", "91")))
  })

  const International = Schema.String.check(Schema.isPattern(/^[1-9][1-9]{3}[0-9]{7,11}$/))
  it.effect.prop("is the same for every printed form of one number", [International], ([digits]) =>
    Effect.sync(() => {
      for (const raw of [`+${digits}`, `00${digits}`, `tel:+${digits};ext=1`, `<sip:%2B${digits}@host>;user=phone`]) {
        assert.strictEqual(PhoneNumber.revealE164(PhoneNumber.fromRaw(raw)), `+${digits}`)
      }
    })
  )
})

describe("numbers of an Indian account", () => {
  const forms: ReadonlyArray<readonly [string, string | null]> = [
    ["08045670012", "+918045670012"],
    ["0918045670012", "+918045670012"],
    ["918045670012", "+918045670012"],
    ["91 80 4567 0012", "+918045670012"],
    ["8045670012", "+918045670012"],
    ["080-4567-0012", "+918045670012"],
    ["(080) 4567 0012", "+918045670012"],
    ["00918045670012", "+918045670012"],
    ["+9108045670012", "+918045670012"],
    ["+91 (0) 80 4567 0012", "+918045670012"],
    ["(+91) 80 4567 0012", "+918045670012"],
    ["tel:+91-80-4567-0012", "+918045670012"],
    ["TEL:08045670012;ext=1", "+918045670012"],
    ["sip:08045670012@198.51.100.7:5060;transport=udp", "+918045670012"],
    ["<sip:+918045670012@198.51.100.7>;user=phone", "+918045670012"],
    ['"Agent 7" <sips:%2B918045670012@pbx.example>', "+918045670012"],
    ["%2B918045670012", "+918045670012"],
    ["+９１８０４５６７００１２", "+918045670012"],
    ["٠٨٠٤٥٦٧٠٠١٢", "+918045670012"],
    ["98123 45601", "+919812345601"],
    ["18001234567", "+9118001234567"],
    ["18602662666", "+9118602662666"],
    ["14155552671", "+14155552671"],
    ["442079460958", "+442079460958"],
    ["192.168.10.100", null],
    ["10.0.0.1", null],
    ["sip:192.168.10.100:5060", null],
    ["2001:db8::1", null],
    ["918045670012.0", null],
    ["9.18E+11", null],
    ["9.18045670012E11", null],
    ["2026-05-10 06:00:00", null],
    ["0c6f2d1e-1234-4678-9012-123456789012", null],
    ["agent 9812345601", null],
    ["+91+8045670012", null],
    ["100", null],
    ["1001", null],
    ["anonymous", null],
    ["9".repeat(300), null]
  ]
  for (const [raw, e164] of forms) {
    it(`are read: ${JSON.stringify(raw.slice(0, 60))} as ${e164}`, () => {
      assert.strictEqual(PhoneNumber.revealE164(PhoneNumber.fromRaw(raw, "91")), e164)
      // What was found out before is what is found out again.
      assert.strictEqual(PhoneNumber.revealE164(PhoneNumber.fromRaw(raw, "91")), e164)
    })
  }

  it("are no American ones where the country is not known", () => {
    assert.isNull(PhoneNumber.revealE164(PhoneNumber.fromRaw("18001234567")))
    assert.strictEqual(PhoneNumber.revealE164(PhoneNumber.fromRaw("14155552671")), "+14155552671")
  })
})

describe("a printed number", () => {
  const forms = [
    "+918045670012",
    "080-4567-0012",
    "98123 45601",
    "tel:+91-80-4567-0012",
    "not known 8045670012",
    "９１８０４５６７００１２"
  ]
  for (const raw of forms) {
    it(`is masked: ${raw}`, () => {
      const number = PhoneNumber.fromRaw(raw, "91")
      const row = Recording.make({ recordingId: "r", from: number })
      for (const printed of [
        String(number),
        `${number}`,
        JSON.stringify({ number }),
        inspect(number),
        inspect({ row }, { depth: 5, showHidden: true }),
        JSON.stringify(row),
        Formatter.format(row),
        String(new Error(`of ${number}`))
      ]) {
        assert.notMatch(printed, /4567|98123|45601|４５６７/u)
      }
      assert.include([raw, "+918045670012", "+919812345601"], PhoneNumber.reveal(number))
    })
  }

  it("equals the same number, read again", () => {
    const [one, same, other] = ["+918045670012", "+918045670012", "+918045670013"].map((raw) =>
      PhoneNumber.fromRaw(raw)
    )
    assert.isTrue(Equal.equals(one, same))
    assert.strictEqual(Hash.hash(one), Hash.hash(same))
    assert.isFalse(Equal.equals(one, other))
  })

  it("keeps its digits in its JSON form alone", () => {
    const codec = Schema.fromJsonString(Schema.toCodecJson(Recording.Recording))
    const row = Recording.make({ recordingId: "r", from: PhoneNumber.fromRaw("08045670012", "91") })
    const back = Schema.decodeSync(codec)(Schema.encodeSync(codec)(row))
    assert.strictEqual(back.from && PhoneNumber.reveal(back.from), "+918045670012")
    assert.strictEqual(back.from && PhoneNumber.revealRaw(back.from), "08045670012")
  })
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
