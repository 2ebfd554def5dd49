import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Schema } from "effect"

import { CanonicalJson, Digest } from "../src/index.ts"

describe("CanonicalJson", () => {
  it("writes what RFC 8785 gives for its own examples", () => {
    assert.strictEqual(
      CanonicalJson.encode({
        // eslint-disable-next-line no-loss-of-precision
        numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
        literals: [null, true, false]
      }),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"]
    assert.deepStrictEqual(
      Object.keys(
        JSON.parse(CanonicalJson.encode(Object.fromEntries(keys.map((key) => [key, 0])))) as object
      ).toSorted(),
      keys.toSorted()
    )
    assert.strictEqual(
      CanonicalJson.encode(Object.fromEntries(keys.filter((key) => key !== "1").map((key) => [key, 0]))),
      '{"\\r":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}'
    )
  })

  it("prints numbers as RFC 8785's table of them does", () => {
    const table: ReadonlyArray<readonly [bits: bigint, text: string]> = [
      [0x0000000000000000n, "0"],
      [0x8000000000000000n, "0"],
      [0x0000000000000001n, "5e-324"],
      [0x8000000000000001n, "-5e-324"],
      [0x7fefffffffffffffn, "1.7976931348623157e+308"],
      [0xffefffffffffffffn, "-1.7976931348623157e+308"],
      [0x4340000000000000n, "9007199254740992"],
      [0xc340000000000000n, "-9007199254740992"],
      [0x4430000000000000n, "295147905179352830000"],
      [0x44b52d02c7e14af5n, "9.999999999999997e+22"],
      [0x44b52d02c7e14af6n, "1e+23"],
      [0x44b52d02c7e14af7n, "1.0000000000000001e+23"],
      [0x444b1ae4d6e2ef4en, "999999999999999700000"],
      [0x444b1ae4d6e2ef4fn, "999999999999999900000"],
      [0x444b1ae4d6e2ef50n, "1e+21"],
      [0x3eb0c6f7a0b5ed8cn, "9.999999999999997e-7"],
      [0x3eb0c6f7a0b5ed8dn, "0.000001"],
      [0x41b3de4355555553n, "333333333.3333332"],
      [0x41b3de4355555554n, "333333333.33333325"],
      [0x41b3de4355555555n, "333333333.3333333"],
      [0x41b3de4355555556n, "333333333.3333334"],
      [0x41b3de4355555557n, "333333333.33333343"],
      [0xbecbf647612f3696n, "-0.0000033333333333333333"],
      [0x43143ff3c1cb0959n, "1424953923781206.2"]
    ]
    for (const [bits, text] of table) {
      const number = Buffer.alloc(8)
      number.writeBigUInt64BE(bits)
      assert.strictEqual(CanonicalJson.encode(number.readDoubleBE()), text)
    }
  })

  it("refuses what has no canonical form", () => {
    for (const value of [Number.NaN, Infinity, undefined, () => 1, { a: undefined }]) {
      assert.throws(() => CanonicalJson.encode(value as CanonicalJson.Json), TypeError)
    }
  })

  it.prop("is read back as the same value", [Schema.Json], ([drawn]) => {
    const value = JSON.parse(JSON.stringify(drawn)) as CanonicalJson.Json
    const text = CanonicalJson.encode(value)
    assert.deepStrictEqual(JSON.parse(text), value)
    assert.strictEqual(CanonicalJson.encode(JSON.parse(text) as CanonicalJson.Json), text)
  })
})

it("takes any value as JSON.stringify does", () => {
  assert.strictEqual(
    CanonicalJson.stringify({ b: undefined, a: DateTime.makeUnsafe("2026-05-10T00:00:00Z"), "\u2028": [undefined] }),
    '{"a":"2026-05-10T00:00:00.000Z","\u2028":[null]}'
  )
})

it("hashes texts as UTF-8", () => {
  assert.strictEqual(Digest.of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  assert.strictEqual(Digest.of("é"), Digest.of(Buffer.from("é")))
})
