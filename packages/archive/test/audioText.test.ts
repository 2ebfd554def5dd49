import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect } from "effect"

import * as Digits from "../src/internal/digits.ts"
import * as ExportName from "../src/internal/exportName.ts"
import { fileName } from "../src/internal/fileName.ts"
import * as RulesText from "../src/internal/rulesText.ts"
import * as Sniff from "../src/internal/sniff.ts"

// ---------------------------------------------------------------------------
// What a download is
// ---------------------------------------------------------------------------

describe("the first bytes of a download", () => {
  const pages: ReadonlyArray<readonly [string, ReturnType<typeof Sniff.errorPage>]> = [
    ["<!doctype html>", "HTML"],
    ["\u00ef\u00bb\u00bf <html>", "HTML"],
    ["<?xml", "HTML"],
    ["<P>", "HTML"],
    ["< p", "text"],
    ['{"error": 1}', "JSON"],
    ["{}", "JSON"],
    ["[ ]", "JSON"],
    ["[{", "JSON"],
    ["{1}", "text"],
    ["not found\r\n\t", "text"],
    ["", null],
    ["a\u0000b", null],
    ["RIFF\u0001", null],
    ["caf\u00e9", null]
  ]
  for (const [text, expected] of pages) {
    it(`${JSON.stringify(text)}: ${expected ?? "no page"}`, () => {
      assert.strictEqual(Sniff.errorPage(Buffer.from(text, "latin1")), expected)
    })
  }

  it("begin where they are not zero", () => {
    assert.deepStrictEqual([...Sniff.withoutZeros(Uint8Array.of(0, 0, 1, 0, 2))], [1, 0, 2])
    assert.deepStrictEqual([...Sniff.withoutZeros(Uint8Array.of(1, 2))], [1, 2])
    assert.deepStrictEqual([...Sniff.withoutZeros(new Uint8Array(4))], [])
    assert.strictEqual(Sniff.headLength, 4100)
  })

  const kinds: ReadonlyArray<readonly [string, Sniff.Kind | null]> = [
    ["RIFF....WAVEfmt ", { name: "wav", isAudio: true }],
    ["RF64....WAVEds64", { name: "wav", isAudio: true }],
    ["BW64\n\n\n\nWAVEds64", { name: "wav", isAudio: true }],
    [".snd....", { name: "au", isAudio: true }],
    ["RIFX....WAVE", { name: "rifx", isAudio: true }],
    ["riff\x2e\x91\xcf\x11....", { name: "w64", isAudio: true }],
    ["caff....", { name: "caf", isAudio: true }],
    ["\x30\x26\xb2\x75\x8e\x66\xcf\x11", { name: "wma", isAudio: true }],
    ["ID3\x04\0\0\x7f\x7f\x7f\x7f", { name: "mp3", isAudio: true }],
    ["%PDF-1.4\n", { name: "pdf", isAudio: false }],
    ["xRIFF....WAVE", null],
    ["nothing known", null]
  ]
  for (const [head, expected] of kinds) {
    it.effect(`${JSON.stringify(head.slice(0, 12))}: ${expected?.name ?? "nothing known"}`, () =>
      Effect.gen(function* () {
        const found = yield* Sniff.kindOf(Buffer.from(head, "latin1"))
        assert.deepStrictEqual(found && [found.name, found.isAudio], expected && [expected.name, expected.isAudio])
      })
    )
  }
})

// ---------------------------------------------------------------------------
// Numbers in bytes
// ---------------------------------------------------------------------------

describe("a telephone number in bytes", () => {
  it("is found by its national part", () => {
    assert.deepStrictEqual(
      ["+14155552671", "+918045670012", "+35312345678", "+79161234567", "+212612345678"].map(Digits.nationalOf),
      ["4155552671", "8045670012", "12345678", "9161234567", "612345678"]
    )
    assert.deepStrictEqual(
      [
        "+1234567",
        "+123456",
        "+123456789012345",
        "+1234567890123456",
        "+0123456789",
        "918045670012",
        "+91 8045670012"
      ].map(Digits.isE164),
      [true, false, true, false, false, false, false]
    )
  })

  const national = "8045670012"
  const spelt = (of: (code: string) => string) =>
    Array.from(national, (digit) => of(digit.charCodeAt(0).toString(16))).join("")
  const texts: ReadonlyArray<readonly [string, boolean]> = [
    ["+918045670012", true],
    ["80-45.67 (00) 12", true],
    ["8045 line\nbreak 670012", true],
    ["８０４５６７００１２", true],
    ["٨٠٤٥٦٧٠٠١٢", true],
    ["८०४५६७००१२", true],
    ["⁸⁰⁴⁵⁶⁷⁰⁰¹²", true],
    [spelt((code) => `\\u00${code}`), true],
    [spelt((code) => `\\\\u00${code}`), true],
    [spelt((code) => `\\u{0000${code}}`), true],
    [spelt((code) => `\\x${code}`), true],
    [spelt((code) => `%${code}`), true],
    [spelt((code) => `=${code}`), true],
    [spelt((code) => `&#x${code};`), true],
    [spelt((code) => `&#${Number.parseInt(code, 16)};`), true],
    [spelt((code) => `%25${code}`), true],
    ["8045670013", false],
    ["804567001", false],
    ["\\u{ffffff}", false],
    ["", false]
  ]
  for (const [text, isThere] of texts) {
    it(`${JSON.stringify(text.slice(0, 40))}: ${isThere ? "found" : "not found"}`, () => {
      assert.strictEqual(Digits.isIn(national, text), isThere)
    })
  }

  it("is found from the text where it begins to the one where it ends", () => {
    const find = Digits.finder("12345")
    const found: Array<readonly [number, number]> = []
    for (const [place, text] of ["x12", "3", "45 12", "345", "12345 12345", "1234", "512345"].entries()) {
      find(Buffer.from(text), place, (from, to) => {
        if (!found.some(([a, b]) => a === from && b === to)) found.push([from, to])
      })
    }
    assert.deepStrictEqual(found, [
      [0, 2],
      [2, 3],
      [4, 4],
      [5, 6],
      [6, 6]
    ])
  })
})

// ---------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------

describe("names of files", () => {
  it("are of safe characters", () => {
    assert.deepStrictEqual([null, "", "a b/c:d", "Zoë+1@x=y,z.-", "..", "x".repeat(61)].map(ExportName.safe), [
      "unknown",
      "unknown",
      "a-b-c-d",
      "Zoë+1@x=y,z.-",
      "..",
      "x".repeat(60)
    ])
    assert.deepStrictEqual(
      ["a", ".a.", " a ", "...", "con", "CON.txt", "com1", "lpt9.x", "console", "com", "prn", "aux", "nul"].map(
        ExportName.portable
      ),
      ["a", "a", "a", "_", "_con", "_CON.txt", "_com1", "_lpt9.x", "console", "com", "_prn", "_aux", "_nul"]
    )
  })

  it("have a hash where the id cannot stand as it is", () => {
    assert.strictEqual(ExportName.idInName("0c6f2d1e-1234"), "0c6f2d1e-1234")
    assert.match(ExportName.idInName("a/b"), /^a-b-[\da-f]{12}$/)
    assert.notStrictEqual(ExportName.idInName("a/b"), ExportName.idInName("a:b"))
    assert.match(ExportName.idInName("nul"), /^_nul-[\da-f]{12}$/)
    assert.match(fileName("A/b C!"), /^a-b-c-[\da-f]{32}$/)
    assert.match(fileName("??"), /^id-[\da-f]{32}$/)
    assert.match(fileName("x".repeat(50)), /^x{40}-[\da-f]{32}$/)
    // They stay what they are: files of archives have them.
    assert.strictEqual(fileName("0c6f2d1e"), "0c6f2d1e-84df1dd100ea6a357b03f56f9ee29d68")
    assert.strictEqual(ExportName.idInName("a/b"), "a-b-6df7cee24c76")
  })
})

// ---------------------------------------------------------------------------
// Rules as text
// ---------------------------------------------------------------------------

describe("numbers of retention rules", () => {
  const form = "it is not a telephone number; write it as +918045670012 or +9180*"
  const long = "no telephone number has so many digits; write it as +918045670012"
  const unknown = "its country is not known; write it with + and its country's code"
  const anywhere = `${unknown}, or set VOBIZ_CALLING_CODE`
  const numbers: ReadonlyArray<readonly [string, string | null, string]> = [
    ["+918045670012", null, "+918045670012"],
    [" +91 (80) 4567-0012 ", null, "+918045670012"],
    ["+91 (0) 80 4567 0012", null, "+918045670012"],
    ["tel:+91-80-4567-0012;ext=1", null, "+918045670012"],
    ["TEL:+918045670012", null, "+918045670012"],
    ["+91\u20138045670012", null, "+918045670012"],
    ["00918045670012", null, "+918045670012"],
    ["918045670012", null, "+918045670012"],
    ["8045670012", null, anywhere],
    ["+9180*", null, "+9180*"],
    ["0091*", null, "+91*"],
    ["+9*", null, "+9*"],
    ["91*", null, anywhere],
    ["+*", null, form],
    ["*", null, form],
    ["+91a", null, form],
    ["", null, form],
    ["+91.80", null, form],
    ["+1234567", null, "+1234567"],
    ["+123456", null, long],
    ["+123456789012345", null, "+123456789012345"],
    ["+1234567890123456", null, long],
    ["+123456789012345*", null, "+123456789012345*"],
    ["+1234567890123456*", null, long],
    ["+0123456789", null, long],
    ["08045670012", "91", "+918045670012"],
    ["8045670012", "91", "+918045670012"],
    ["918045670012", "91", "+918045670012"],
    ["080*", "91", "+9180*"],
    ["91*", "91", unknown],
    ["80*", "91", unknown],
    ["804567001", "91", unknown],
    ["91804567001", "91", unknown],
    ["9180456700123", "91", unknown]
  ]
  for (const [text, callingCode, expected] of numbers) {
    it(`${JSON.stringify(text)}${callingCode === null ? "" : ` of ${callingCode}`}: ${expected}`, () => {
      const found = RulesText.numberOf(text, callingCode)
      assert.strictEqual(typeof found === "string" ? found : found.number, expected)
    })
  }
})

describe("retention rules that make no sense", () => {
  it("have a name twice, or a range that is empty", () => {
    const at = (day: number) => DateTime.makeUnsafe(Date.UTC(2026, 3, day))
    const found = RulesText.contradictions("rules", [
      { name: "a", addedFrom: at(1), addedBefore: at(2) },
      { name: "b", addedFrom: at(2), addedBefore: at(2) },
      { name: "a", addedFrom: at(3) },
      { name: "c", addedBefore: at(3) },
      { name: "a" }
    ])
    assert.deepStrictEqual(
      found.map(({ detail, path }) => `${path.join(".")}: ${detail}`),
      [
        "rules.1.addedBefore: it must be after addedFrom: the range is empty",
        "rules.2.name: another one has the same name; choose another",
        "rules.4.name: another one has the same name; choose another"
      ]
    )
    assert.strictEqual(RulesText.contradictions("holds", [{ name: "x" }, { name: "x" }])[0]?.path[0], "holds")
  })

  it("are no YAML, and where", () => {
    const problems = (text: string) => {
      const found = RulesText.read(text)
      return "problems" in found ? found.problems.map(({ detail, field, line }) => `${line} ${field}: ${detail}`) : []
    }
    assert.deepStrictEqual(problems("rules: []\n"), [])
    assert.deepStrictEqual(problems("rules: {\n  a: 1\n b"), ["3 : it is not YAML (BAD_INDENT)"])
    assert.deepStrictEqual(problems("rules: []\nholds: []\nrules: []\n"), ["3 : it is not YAML (DUPLICATE_KEY)"])
    assert.deepStrictEqual(problems("a: *b\n"), ["1 : an alias cannot be resolved; write the value out"])
    const source = RulesText.read("rules:\n  - name: a\n    afterDays: 1\n")
    if ("problems" in source) return assert.fail()
    const shown = (path: RulesText.Path) => {
      const { detail, field, line } = source.problem(path, "d")
      return `${line} ${field} ${detail}`
    }
    assert.strictEqual(shown(["rules", 0, "afterDays"]), "3 rules[0].afterDays d")
    assert.strictEqual(shown(["rules", 0, "gone"]), "2 rules[0].gone d")
    assert.strictEqual(shown(["rules"]), "1 rules d")
    assert.strictEqual(shown(["nothing"]), "1 nothing d")
    assert.strictEqual(shown([]), "1  d")
  })
})
