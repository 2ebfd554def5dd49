import { assert, it } from "@vobiz-effect/test-support"

import * as Fingerprint from "../src/internal/fingerprint.ts"

const of = (...texts: ReadonlyArray<string>) => Fingerprint.toHex(texts.reduce(Fingerprint.add, Fingerprint.empty))

it("a fingerprint is that of the texts, whatever their order", () => {
  assert.strictEqual(of("a", "b", "c"), of("c", "a", "b"))
  assert.strictEqual(of(), "0".repeat(32))
  assert.match(of("a"), /^[0-9a-f]{32}$/)
})

it("a fingerprint stays what it was: proofs that are kept have it", () => {
  assert.deepStrictEqual(
    ["", "a", "r0", "0c6f2d1e-1234"].map((text) => of(text)),
    [
      "ab3e7c0b92ca2f0ecb72770f0c66c024",
      "1a80b1b369d6c81319d549e25f61146c",
      "83915509633895537d735bc58ec8745f",
      "9e859e9b163ac39c616d317af45dfd44"
    ]
  )
  assert.strictEqual(of(...Array.from({ length: 100 }, (_, n) => `row ${n}`)), "e979823d38f3eaaa5657278d4edcfb68")
})

it("texts that differ in any place, or come once more, have another fingerprint", () => {
  const sets = [
    [],
    ["abc"],
    ["xbc"],
    ["axc"],
    ["abx"],
    ["ab"],
    ["bc"],
    ["abc", "abc"],
    ["ab", "c"],
    [""],
    ["é"],
    ["\u00e9\u0000"]
  ]
  assert.strictEqual(new Set(sets.map((texts) => of(...texts))).size, sets.length)
  // Each of the four lanes tells them apart by itself.
  for (const lane of [0, 8, 16, 24]) {
    assert.strictEqual(new Set(sets.map((texts) => of(...texts).slice(lane, lane + 8))).size, sets.length)
  }
})

it("the hash of a text depends on each of its characters", () => {
  const texts = ["", "abc", "xbc", "axc", "abx", "ab", "bc", "cba"]
  assert.strictEqual(new Set(texts.map(Fingerprint.hashOf)).size, texts.length)
})
