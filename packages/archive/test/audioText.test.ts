import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect } from "effect"

import * as Digits from "../src/internal/digits.ts"
import * as ExportName from "../src/internal/exportName.ts"
import { fileName } from "../src/internal/fileName.ts"
import { Meter } from "../src/internal/levels.ts"
import * as RulesText from "../src/internal/rulesText.ts"
import * as Sniff from "../src/internal/sniff.ts"
import * as Wav from "../src/internal/wav.ts"

// ---------------------------------------------------------------------------
// Loudness
// ---------------------------------------------------------------------------

/** The level of samples at a rate, and the heights of its waveform. */
const levelOf = (sampleRate: number, samples: ReadonlyArray<number>) => {
  const meter = new Meter(sampleRate)
  for (const sample of samples) meter.add(sample)
  const { waveform, ...level } = meter.level
  return { ...level, heights: [...Buffer.from(waveform, "base64")] }
}

const swing = (count: number, height: number) =>
  Array.from({ length: count }, (_, n) => (n % 2 === 0 ? height : -height))

describe("how loud a channel is", () => {
  it("of nothing: silent", () => {
    assert.deepStrictEqual(levelOf(1000, []), { peak: 0, rms: 0, silent: 1, heights: [] })
  })

  it("of a steady swing: its height, in stretches of 20 ms", () => {
    // 20 samples are a stretch; the last one may be shorter.
    assert.deepStrictEqual(levelOf(1000, swing(50, 0.5)), { peak: 0.5, rms: 0.5, silent: 0, heights: [128, 128, 128] })
    assert.deepStrictEqual(levelOf(1000, swing(20, 1)), { peak: 1, rms: 1, silent: 0, heights: [255] })
    // A stretch has one sample at least.
    assert.lengthOf(levelOf(10, [0, 0, 0]).heights, 3)
  })

  it("of what is below -50 dB: silent", () => {
    const least = 10 ** (-50 / 20)
    assert.strictEqual(levelOf(1000, swing(40, least * 1.001)).silent, 0)
    assert.strictEqual(levelOf(1000, swing(40, least * 0.999)).silent, 1)
    assert.strictEqual(levelOf(1000, [...swing(20, 0.5), ...swing(60, 0)]).silent, 0.75)
  })

  it("of a steady offset: no sound", () => {
    const { peak, rms, silent } = levelOf(
      1000,
      Array.from({ length: 2000 }, () => 0.4)
    )
    assert.deepStrictEqual([peak, rms, silent], [0, 0, 1])
    // What swings about it is one.
    const about = levelOf(
      1000,
      swing(2000, 0.1).map((sample) => sample + 0.4)
    )
    assert.deepStrictEqual([about.peak, about.rms, about.silent], [0.1, 0.1, 0])
  })

  it("of an offset that changes: sound until it is the mean of the last second", () => {
    const stretch = (value: number) => Array.from({ length: 20 }, () => value)
    const { heights } = levelOf(1000, [...stretch(0), ...stretch(0.5)])
    // The mean of both is 0.25.
    assert.deepStrictEqual(heights, [0, 64])
    const long = levelOf(1000, [...Array.from({ length: 2000 }, () => 0), ...stretch(0.5)])
    // A fiftieth of it is taken off.
    assert.strictEqual(long.peak, 0.49)
  })

  it("of a long file: 400 heights at most, each the highest of its part", () => {
    const stretches = (count: number, loud: number) =>
      Array.from({ length: count }, (_, n) => swing(20, n === loud ? 1 : 0)).flat()
    assert.lengthOf(levelOf(1000, stretches(400, 0)).heights, 400)
    for (const [count, loud, expected] of [
      [799, 0, [0]],
      [800, 799, [399]],
      [800, 400, [200]],
      [801, 800, [399]],
      [1600, 7, [1]],
      [1601, 1600, [399]]
    ] as const) {
      const { heights } = levelOf(1000, stretches(count, loud))
      assert.lengthOf(heights, 400, String(count))
      assert.deepStrictEqual(
        heights.flatMap((height, n) => (height === 255 ? [n] : [])),
        [...expected],
        `${loud} of ${count}`
      )
    }
  })
})

// ---------------------------------------------------------------------------
// WAV
// ---------------------------------------------------------------------------

interface Header {
  readonly tag?: number
  readonly channels?: number
  readonly rate?: number
  readonly bits?: number
  readonly byteRate?: number
  readonly format?: Buffer
  readonly size?: number
}

const wav = (data: Buffer, { bits = 8, byteRate, channels = 1, format, rate = 1000, size, tag = 1 }: Header = {}) => {
  const chunk = Buffer.alloc(16)
  chunk.writeUInt16LE(tag, 0)
  chunk.writeUInt16LE(channels, 2)
  chunk.writeUInt32LE(rate, 4)
  chunk.writeUInt32LE(byteRate ?? (rate * channels * bits) / 8, 8)
  chunk.writeUInt16LE((channels * bits) / 8, 12)
  chunk.writeUInt16LE(bits, 14)
  const body = format ?? chunk
  const length = (value: number) => {
    const four = Buffer.alloc(4)
    four.writeUInt32LE(value)
    return four
  }
  return Buffer.concat([
    Buffer.from("RIFF\0\0\0\0WAVEfmt "),
    length(body.length),
    body,
    Buffer.from("data"),
    length(size ?? data.length),
    data
  ])
}

const reading = (bytes: Buffer) => {
  const reader = Wav.reader()
  reader.push(bytes)
  return reader.end()
}

describe("samples of WAV", () => {
  const peak = (header: Header, ...bytes: ReadonlyArray<number>) => {
    // A swing between the sample and silence, whose height is half of it.
    const silent =
      header.tag === 6 ? [0xd5] : header.tag === 7 ? [0xff] : header.bits === 8 ? [128] : bytes.map(() => 0)
    const data = Buffer.from(Array.from({ length: 1000 }, () => [...bytes, ...silent]).flat())
    const level = reading(wav(data, header)).levels?.[0]
    return Math.round((level?.rms ?? Number.NaN) * 2e4) / 1e4
  }
  const codecs: ReadonlyArray<readonly [string, Header, ReadonlyArray<readonly [ReadonlyArray<number>, number]>]> = [
    [
      "pcm 8",
      { tag: 1, bits: 8 },
      [
        [[192], 0.5],
        [[64], 0.5],
        [[255], 0.9922]
      ]
    ],
    [
      "pcm 16",
      { tag: 1, bits: 16 },
      [
        [[0, 0x40], 0.5],
        [[0, 0xc0], 0.5],
        [[0, 1], 0.0078]
      ]
    ],
    [
      "pcm 24",
      { tag: 1, bits: 24 },
      [
        [[0, 0, 0x40], 0.5],
        [[0, 0, 0xc0], 0.5],
        [[0, 0x80, 0], 0.0039]
      ]
    ],
    [
      "pcm 32",
      { tag: 1, bits: 32 },
      [
        [[0, 0, 0, 0x40], 0.5],
        [[0, 0, 0, 0xc0], 0.5]
      ]
    ],
    [
      "float 32",
      { tag: 3, bits: 32 },
      [
        [[0, 0, 0, 0x3f], 0.5],
        [[0, 0, 0, 0xbf], 0.5],
        [[0, 0, 0, 0x40], 1],
        [[0, 0, 0xc0, 0x7f], 0]
      ]
    ],
    // As G.711 has them.
    [
      "a-law",
      { tag: 6, bits: 8 },
      [
        [[0x2a], 0.9844],
        [[0xaa], 0.9844],
        [[0x85], 0.1289],
        [[0xd4], 0.0005]
      ]
    ],
    [
      "mu-law",
      { tag: 7, bits: 8 },
      [
        [[0x80], 0.9803],
        [[0x00], 0.9803],
        [[0xbf], 0.0604],
        [[0xfe], 0.0002]
      ]
    ]
  ]
  for (const [codec, header, samples] of codecs) {
    it(codec, () => {
      assert.strictEqual(reading(wav(Buffer.alloc(64), header)).codec, codec)
      for (const [bytes, expected] of samples) assert.closeTo(peak(header, ...bytes), expected, 0.003, String(bytes))
    })
  }

  it("of a codec that is not decoded have their length by its byte rate alone", () => {
    const found = reading(wav(Buffer.alloc(500), { tag: 0x31, bits: 0, byteRate: 250 }))
    assert.deepInclude(found, { codec: "0x0031", seconds: 2, claimed: 2, levels: null, truncated: false })
    assert.isNull(reading(wav(Buffer.alloc(500), { tag: 0x31, bits: 0, byteRate: 0 })).seconds)
  })
})

describe("headers of WAV", () => {
  const headers: ReadonlyArray<readonly [Header, string | null]> = [
    [{ channels: 0 }, "it says that it has 0 channels"],
    [{ channels: 1 }, null],
    [{ channels: 64 }, null],
    [{ channels: 65 }, "it says that it has 65 channels"],
    [{ rate: 0 }, "it says that it has 0 samples a second"],
    [{ rate: 1 }, null],
    [{ rate: 768_000 }, null],
    [{ rate: 768_001 }, "it says that it has 768001 samples a second"],
    [{ format: Buffer.alloc(15) }, "its format chunk is too short"],
    [{ format: Buffer.alloc(257) }, "its format chunk is too long"]
  ]
  for (const [header, unreadable] of headers) {
    it(`of ${JSON.stringify(header).slice(0, 60)}: ${unreadable ?? "read"}`, () => {
      assert.strictEqual(reading(wav(Buffer.alloc(640), header)).unreadable, unreadable)
    })
  }

  it("that end too early, or have their data first", () => {
    const whole = wav(Buffer.alloc(10))
    for (let length = 0; length < 36; length++) {
      assert.strictEqual(reading(whole.subarray(0, length)).unreadable, "it ends before it says its format")
    }
    for (let length = 36; length < 44; length++) {
      assert.strictEqual(reading(whole.subarray(0, length)).unreadable, "it ends before its data begin")
    }
    assert.isNull(reading(whole.subarray(0, 44)).unreadable)
    assert.strictEqual(
      reading(Buffer.from("RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd")).unreadable,
      "its data come before their format"
    )
  })

  it("tell how much there should be", () => {
    const facts = (bytes: Buffer) => {
      const { claimed, seconds, truncated } = reading(bytes)
      return [seconds, claimed, truncated]
    }
    const data = Buffer.alloc(1000)
    assert.deepStrictEqual(facts(wav(data)), [1, 1, false])
    assert.deepStrictEqual(facts(wav(data, { size: 999 })), [0.999, 0.999, false])
    assert.deepStrictEqual(facts(wav(data, { size: 1500 })), [1, 1.5, true])
    // Some count the headers in: that of the data, all, or all that the file's size counts.
    for (const headers of [8, 44, 36]) assert.deepStrictEqual(facts(wav(data, { size: 1000 + headers })), [1, 1, false])
    for (const more of [7, 9, 35, 37, 43, 45]) assert.isTrue(reading(wav(data, { size: 1000 + more })).truncated)
    for (const size of [0, 0x7fff_0000, 0xffff_ffff])
      assert.deepStrictEqual(facts(wav(data, { size })), [1, null, null])
    assert.deepStrictEqual(facts(wav(data, { size: 0x7ffe_ffff })), [1, 0x7ffe_ffff / 1000, true])
  })
})

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
        "rules.2.name: another one has the same name; take another",
        "rules.4.name: another one has the same name; take another"
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
    assert.match(problems("rules: [\n")[0] ?? "", /^\d+ : it is not YAML \([A-Z_]+\)$/)
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
