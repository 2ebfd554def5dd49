import { assert, describe, it } from "@vobiz-effect/test-support"

import * as Foreign from "../src/internal/foreign.ts"

const secret = "s3cret-Token/9+value"
const cut = Foreign.cutter([secret])

describe("text of the provider as it is shown", () => {
  const texts: ReadonlyArray<readonly [string, string, string]> = [
    ["words", "plain words", "plain words"],
    ["the secret", `by ${secret}.`, "by <redacted>."],
    ["the secret in a URL", `?t=${encodeURIComponent(secret)}&x`, "?t=<redacted>&x"],
    ["the secret in lower case", `https://${secret.toLowerCase()}.example`, "https://<redacted>.example"],
    ["the secret, twice", `${secret} ${secret}`, "<redacted> <redacted>"],
    ["a telephone number", "call +918045670012 now", "call +**********12 now"],
    ["lines", "  one\r\ntwo\t\tthree\u2028four  ", "one two three four"],
    ["colours", "\u001b[31mred\u001b[0m and \u009b1mbold", "red and bold"],
    ["a title", "a\u001b]0;title\u0007b\u001bPdata\u001b\\c\u0090more\u009cd", "abcd"],
    ["a sequence of two", "a\u001bMb\u001b(Bc\u001b", "abc"],
    ["a sequence that is cut", "a\u001b[31", "a"],
    ["what changes the direction", "a\u202eb\u2066c\u200fd", "abcd"],
    ["what is not seen", "a\u0000b\u00adc\u200bd\ue000e", "abcde"],
    ["what is not seen between spaces", "a \u200b b", "a b"],
    ["half a character", "a\ud800b", "ab"],
    ["nothing", "", ""]
  ]
  for (const [name, text, expected] of texts) it(name, () => assert.strictEqual(cut(text), expected))

  it("has 300 characters at most, none of them halved", () => {
    assert.strictEqual(cut("x".repeat(300)), "x".repeat(300))
    assert.strictEqual(cut("x".repeat(301)), `${"x".repeat(299)}…`)
    assert.strictEqual(cut(`${"x".repeat(298)}😀😀`), `${"x".repeat(298)}…`)
    assert.strictEqual(cut(`${"x".repeat(297)}😀😀`), `${"x".repeat(297)}😀…`)
  })

  it("is of the first 20,000 characters, without what may be the beginning of a secret", () => {
    const hidden = "\u0000".repeat(19_990)
    assert.strictEqual(cut(`${hidden}0123abcdef`), "0123abcdef")
    // 10 characters are left of what is looked at: a secret could have begun in them.
    assert.strictEqual(cut(`${hidden}0123abcdefg`), "")
    // The longest form that the secret may have is of 80 characters.
    assert.strictEqual(cut(`${"\u0000".repeat(19_900)}${"x".repeat(101)}`), "x".repeat(20))
    assert.strictEqual(Foreign.cutter([])(`${hidden}0123abcdefg`), "0123abcdef")
    assert.strictEqual(Foreign.cutter([])(`${"\u0000".repeat(20_000)}x`), "")
  })

  it("has no coded secret of eight characters or more", () => {
    const coded = (text: string) => [
      Buffer.from(text).toString("base64"),
      Buffer.from(text).toString("base64url"),
      Buffer.from(text).toString("hex"),
      Buffer.from(text).toString("hex").toUpperCase(),
      encodeURIComponent(Buffer.from(`\u00fb${text}`).toString("base64")),
      (Buffer.from(text).toString("hex").match(/../g) ?? []).join(" "),
      (Buffer.from(text).toString("hex").match(/../g) ?? []).map((pair) => `0x${pair}`).join(", ")
    ]
    for (const long of [secret, "12345678", "\u00fb\u00ff\u00fe??>>~~\u00fb\u00ff"]) {
      const hide = Foreign.cutter([long])
      for (const code of coded(long)) assert.include(hide(`${code} end`), "<redacted>", code)
    }
    for (const code of coded("1234567").slice(0, 4)) {
      assert.notInclude(Foreign.cutter(["1234567"])(`${code} end`), "<redacted>", code)
    }
    assert.strictEqual(Foreign.cutter(["1234567"])("by 1234567"), "by <redacted>")
  })

  it("is as it is where there is no secret", () => {
    assert.strictEqual(Foreign.cutter([""])("plain"), "plain")
    assert.strictEqual(Foreign.cutter([])("plain"), "plain")
  })
})

describe("a body without its secrets", () => {
  const erase = Foreign.eraser([secret])

  it("is the same where it has none", () => {
    const body = '{"a":"\\u0041\\u00e9 \\n","b":918045670012}'
    assert.strictEqual(erase(body), body)
    assert.strictEqual(erase("words"), "words")
  })

  it("has each replaced: plain, in a URL, in JSON, as base64 and as hex", () => {
    const inJson = Foreign.eraser(['quo"te\\d-secret'])
    assert.strictEqual(erase(`a ${secret} b ${secret}`), "a <redacted> b <redacted>")
    assert.strictEqual(erase(encodeURIComponent(secret)), "<redacted>")
    assert.strictEqual(inJson(JSON.stringify('x quo"te\\d-secret')), '"x <redacted>"')
    assert.strictEqual(erase(Buffer.from(secret).toString("hex")), "<redacted>")
    for (const before of ["", "a", "ab"]) {
      const code = Buffer.from(`${before}${secret}===`).toString("base64")
      // What is left are the bits of others, and the few of its first and last character that share a digit with them.
      const first = Math.ceil((before.length * 8) / 6)
      const last = Math.floor(((before.length + secret.length) * 8) / 6)
      assert.strictEqual(erase(code), `${code.slice(0, first)}<redacted>${code.slice(last)}`)
    }
  })

  it("has those replaced that are spelt by escapes, and its other escapes then read", () => {
    const spelt = Array.from(secret, (character) => `\\u00${character.charCodeAt(0).toString(16)}`).join("")
    assert.strictEqual(erase(`{"a":"${spelt}"}`), '{"a":"<redacted>"}')
    assert.strictEqual(erase(`{"a":"${spelt.toUpperCase().replaceAll("U00", "u00")}"}`), '{"a":"<redacted>"}')
    // Those that a text of JSON needs stay.
    assert.strictEqual(
      erase(`${spelt} \\u0022 \\u005c \\u007f \\u001f \\u00e9 \\n \\\\u0041 \\u0041`),
      "<redacted> \\u0022 \\u005c \\u007f \\u001f \\u00e9 \\n \\\\u0041 A"
    )
  })

  it("keeps a secret that is too short to be told from other text", () => {
    assert.strictEqual(Foreign.eraser(["1234567"])("1234567"), "1234567")
    assert.strictEqual(Foreign.eraser(["12345678"])("12345678"), "<redacted>")
  })
})

describe("the start of a JSON value", () => {
  it("is the value where that is small", () => {
    const value = { a: [1, "two", null, true], b: { c: "d" } }
    assert.strictEqual(Foreign.excerpt(value), JSON.stringify(value))
    assert.strictEqual(Foreign.excerpt(undefined), "")
  })

  it("has ten entries of a list, 40,000 characters of a text, and a thousand values", () => {
    assert.strictEqual(Foreign.excerpt(Array.from({ length: 12 }, (_, n) => n)), "[0,1,2,3,4,5,6,7,8,9]")
    assert.strictEqual(Foreign.excerpt("x".repeat(40_001)), JSON.stringify("x".repeat(40_000)))
    const wide = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`k${n}`, 0]))
    assert.strictEqual(Object.keys(JSON.parse(Foreign.excerpt(wide)) as object).length, 1000)
  })
})
