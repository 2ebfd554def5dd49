/** WAV, header by header. */
import { assert, describe, it } from "@vobiz-effect/test-support"

import type { Reading } from "../src/internal/reading.ts"
import * as Wav from "../src/internal/wav.ts"

const read = (bytes: Buffer, piece = bytes.length): Reading => {
  const reader = Wav.reader()
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece))
  return reader.end()
}

const chunk = (name: string, body: Uint8Array, size = body.length) => {
  const head = Buffer.alloc(8)
  head.write(name, "latin1")
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, body])
}

interface Format {
  readonly tag?: number
  readonly channels?: number
  readonly rate?: number
  readonly byteRate?: number
  readonly bits?: number
  /** The extension, from the 17th byte on. */
  readonly more?: Uint8Array
}

const format = ({ bits = 16, byteRate = 1, channels = 1, more = Buffer.of(), rate = 8000, tag = 1 }: Format) => {
  const body = Buffer.alloc(16)
  body.writeUInt16LE(tag, 0)
  body.writeUInt16LE(channels, 2)
  body.writeUInt32LE(rate, 4)
  body.writeUInt32LE(byteRate, 8)
  body.writeUInt16LE(bits, 14)
  return chunk("fmt ", Buffer.concat([body, more]))
}

const riff = (...chunks: ReadonlyArray<Uint8Array>) =>
  Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVE", "latin1"), ...chunks])

const data = (length: number, size = length) => chunk("data", Buffer.alloc(length), size)

describe("the bytes of G.711", () => {
  const all = Array.from({ length: 256 }, (_, byte) => byte)

  it("of the mu-law are the values that it gives them", () => {
    const of = (bytes: ReadonlyArray<number>) => bytes.map((byte) => Wav.muLaw(byte) * 32_768)
    assert.deepStrictEqual(
      of([0x80, 0x8f, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0, 0xef, 0xf0, 0xf1, 0xfe, 0xff]),
      [32_124, 16_764, 15_996, 7932, 3900, 1884, 876, 372, 132, 120, 112, 8, 0]
    )
    for (const byte of all) assert.strictEqual(Wav.muLaw(byte) + Wav.muLaw(byte ^ 0x80), 0)
    assert.isTrue(all.slice(129).every((byte) => Wav.muLaw(byte) < Wav.muLaw(byte - 1)))
  })

  it("of the A-law are the values that it gives them", () => {
    const of = (bytes: ReadonlyArray<number>) => bytes.map((byte) => Wav.aLaw(byte) * 32_768)
    assert.deepStrictEqual(
      of([0, 1, 2, 3, 4, 5, 6, 7, 8]),
      [-5504, -5248, -6016, -5760, -4480, -4224, -4992, -4736, -7552]
    )
    assert.deepStrictEqual(
      of([0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x55, 0x54, 0xd5, 0xd4, 0x80, 0xaa, 0x2a]),
      [-2752, -22_016, -11_008, -344, -88, -1376, -688, -8, -24, 8, 24, 5504, 32_256, -32_256]
    )
    for (const byte of all) assert.strictEqual(Wav.aLaw(byte) + Wav.aLaw(byte ^ 0x80), 0)
  })
})

describe("the format", () => {
  it("names the codec, and says how long a sample is", () => {
    for (const [tag, bits, codec, seconds, hasLevels] of [
      [1, 8, "pcm 8", 3, true],
      [1, 16, "pcm 16", 1.5, true],
      [1, 24, "pcm 24", 1, true],
      [1, 32, "pcm 32", 0.75, true],
      [1, 12, "pcm 12", 2, false],
      [3, 32, "float 32", 0.75, true],
      [3, 64, "float 64", 2, false],
      [6, 8, "a-law", 3, true],
      [7, 8, "mu-law", 3, true],
      [2, 4, "0x0002", 2, false],
      [0xabcd, 4, "0xabcd", 2, false]
    ] as const) {
      // What is not decoded is as long as its rate of bytes says.
      const { levels, ...reading } = read(riff(format({ tag, bits, channels: 2, byteRate: 24_000 }), data(48_000)))
      assert.deepStrictEqual(reading, {
        codec,
        sampleRate: 8000,
        channels: 2,
        seconds,
        claimed: seconds,
        truncated: false,
        unreadable: null
      })
      assert.strictEqual(levels?.length, hasLevels ? 2 : undefined)
    }
    assert.isNull(read(riff(format({ tag: 2, bits: 4, byteRate: 0 }), data(48_000))).seconds)
  })

  it("of the extensible form names the codec in its extension, if it has one", () => {
    const extension = (tag: number, length = 10) => {
      const more = Buffer.alloc(10)
      more.writeUInt16LE(tag, 8)
      return more.subarray(0, length)
    }
    for (const [tag, more, codec] of [
      [0xfffe, extension(7), "mu-law"],
      [0xfffe, Buffer.concat([extension(6), Buffer.alloc(14, 9)]), "a-law"],
      [0xfffe, extension(7, 9), "0xfffe"],
      // Other forms have something else there.
      [6, extension(7), "a-law"],
      [6, Buffer.concat([extension(7), Buffer.alloc(14, 9)]), "a-law"]
    ] as const) {
      assert.strictEqual(read(riff(format({ tag, bits: 8, more }), data(8))).codec, codec)
    }
  })

  it("is refused where it cannot be", () => {
    const of = (given: Format) => read(riff(format(given), data(8))).unreadable
    assert.strictEqual(of({ channels: 0 }), "it says that it has 0 channels")
    assert.isNull(of({ channels: 1 }))
    assert.isNull(of({ channels: 64 }))
    assert.strictEqual(of({ channels: 65 }), "it says that it has 65 channels")
    assert.strictEqual(of({ rate: 0 }), "it says that it has 0 samples a second")
    assert.isNull(of({ rate: 1 }))
    assert.isNull(of({ rate: 768_000 }))
    assert.strictEqual(of({ rate: 768_001 }), "it says that it has 768001 samples a second")
    assert.isNull(of({ more: Buffer.alloc(240) }))
    assert.strictEqual(of({ more: Buffer.alloc(241) }), "its format chunk is too long")
    for (const [chunks, problem] of [
      [[chunk("fmt ", Buffer.alloc(15)), data(8)], "its format chunk is too short"],
      [[data(8), format({})], "its data come before their format"],
      [[format({}).subarray(0, 23)], "it ends before it says its format"],
      [[format({})], "it ends before its data begin"],
      [[format({}), data(8).subarray(0, 7)], "it ends before its data begin"]
    ] as const) {
      const none = { codec: null, sampleRate: null, channels: null, seconds: null, claimed: null }
      assert.deepStrictEqual(read(riff(...chunks)), { ...none, truncated: null, levels: null, unreadable: problem })
    }
    const whole = riff(format({}), data(800))
    for (let length = 0; length < 44; length++) {
      const { unreadable } = read(whole.subarray(0, length))
      assert.strictEqual(
        unreadable,
        length < 36 ? "it ends before it says its format" : "it ends before its data begin",
        `${length} bytes`
      )
    }
    const { claimed, unreadable } = read(whole.subarray(0, 44))
    assert.deepStrictEqual([claimed, unreadable], [0.05, null])
  })
})

describe("the samples", () => {
  it("are from -1 to 1, of any width", () => {
    const view = (length: number, write: (bytes: Buffer) => void) => {
      const bytes = Buffer.alloc(length)
      write(bytes)
      return bytes
    }
    for (const [tag, bits, low, high] of [
      [1, 8, Buffer.of(0), Buffer.of(64)],
      [1, 16, view(2, (b) => b.writeInt16LE(-32_768)), view(2, (b) => b.writeInt16LE(-16_384))],
      [1, 24, view(3, (b) => b.writeIntLE(-8_388_608, 0, 3)), view(3, (b) => b.writeIntLE(-4_194_304, 0, 3))],
      [1, 32, view(4, (b) => b.writeInt32LE(-2_147_483_648)), view(4, (b) => b.writeInt32LE(-1_073_741_824))],
      [3, 32, view(4, (b) => b.writeFloatLE(-1)), view(4, (b) => b.writeFloatLE(-0.5))],
      // Samples above full scale count as full scale, and those that are no number as silence.
      [3, 32, view(4, (b) => b.writeFloatLE(-7)), view(4, (b) => b.writeFloatLE(-0.5))],
      [3, 32, view(4, (b) => b.writeFloatLE(NaN)), view(4, (b) => b.writeFloatLE(0.5))],
      [3, 32, view(4, (b) => b.writeFloatLE(7)), view(4, (b) => b.writeFloatLE(0.5))],
      [3, 32, view(4, (b) => b.writeFloatLE(-Infinity)), view(4, (b) => b.writeFloatLE(-0.5))]
    ] as const) {
      // At 100 samples a second two are a stretch, which swings by a quarter about its mean.
      const samples = Buffer.concat([low, high, low, high])
      for (const piece of [1, 3, 1000]) {
        const { levels } = read(riff(format({ tag, bits, rate: 100 }), chunk("data", samples)), piece)
        assert.deepStrictEqual(
          levels?.map(({ peak, rms, silent }) => [peak, rms, silent]),
          [[0.25, 0.25, 0]],
          `${tag}/${bits}`
        )
      }
    }
  })

  it("of 24 bits have their two low bytes too", () => {
    const samples = Buffer.alloc(6)
    samples.writeIntLE(0x012345, 0, 3)
    samples.writeIntLE(-0x012345, 3, 3)
    const { levels } = read(riff(format({ bits: 24, rate: 100 }), chunk("data", samples)))
    assert.strictEqual(levels?.[0]?.peak, Math.round((0x012345 / 0x800000) * 1e6) / 1e6)
  })
})

describe("the chunks", () => {
  const rf64 = (size: bigint, length = 28) => {
    const body = Buffer.alloc(28)
    body.writeBigUInt64LE(size, 8)
    return chunk("ds64", body.subarray(0, length))
  }

  it("of the 64-bit form say how long the data are, if they can", () => {
    for (const [size, seconds] of [
      [16_000n, 1],
      [8000n, 0.5],
      [0n, null],
      [BigInt(Number.MAX_SAFE_INTEGER) + 1n, null]
    ] as const) {
      const { claimed, truncated } = read(riff(rf64(size), format({}), data(8000, 0xffff_ffff)))
      assert.deepStrictEqual([size, claimed, truncated], [size, seconds, seconds === null ? null : seconds > 0.5])
    }
    assert.isNull(read(riff(rf64(16_000n, 15), Buffer.of(0), format({}), data(8000, 0xffff_ffff))).claimed)
    assert.strictEqual(read(riff(rf64(16_000n, 16), format({}), data(8000, 0xffff_ffff))).claimed, 1)
    // The size that the data chunk states counts.
    assert.strictEqual(read(riff(rf64(16_000n), format({}), data(8000))).claimed, 0.5)
  })

  it("whose size is about the largest that can be written have none", () => {
    for (const [size, claimed] of [
      [0, null],
      [1, 1 / 16_000],
      [0x7ffe_ffff, 0x7ffe_ffff / 16_000],
      [0x7fff_0000, null],
      [0xffff_ffff, null]
    ] as const) {
      assert.strictEqual(read(riff(format({}), data(1, size))).claimed, claimed)
    }
  })

  it("whose size counts headers are whole: that of the data, all, or what the size of the file counts", () => {
    // The RIFF header has 12 bytes, the format 24, the list 13 and its zero, the header of the data 8.
    const list = chunk("LIST", Buffer.alloc(5, 65))
    for (const [chunks, before] of [
      [[format({})], 44],
      [[list, Buffer.of(0), format({})], 58],
      [[list, format({})], 57]
    ] as const) {
      for (const more of [8, before, before - 8]) {
        const { claimed, seconds, truncated } = read(riff(...chunks, data(800, 800 + more)))
        assert.deepStrictEqual([more, claimed, seconds, truncated], [more, 0.05, 0.05, false])
      }
      for (const more of [1, 7, 9, before - 9, before - 7, before - 1, before + 1]) {
        const { claimed, truncated } = read(riff(...chunks, data(800, 800 + more)))
        assert.deepStrictEqual([more, claimed, truncated], [more, (800 + more) / 16_000, true])
      }
    }
  })

  it("are passed over where they are not known, and nothing that follows the data counts", () => {
    const whole = riff(
      chunk("LIST", Buffer.alloc(300, 65)),
      format({}),
      data(800),
      chunk("LIST", Buffer.alloc(300, 65))
    )
    for (const piece of [1, 7, 100, whole.length]) {
      const { claimed, seconds, truncated } = read(whole, piece)
      assert.deepStrictEqual([claimed, seconds, truncated], [0.05, 0.05, false])
    }
  })

  it("of data that end within a sample have its part counted as there, but not as sound", () => {
    const of = (length: number, size: number) => {
      const { claimed, seconds, truncated } = read(riff(format({ channels: 2 }), data(length, size)))
      return [claimed, seconds, truncated]
    }
    assert.deepStrictEqual(of(803, 803), [803 / 32_000, 0.025, false])
    assert.deepStrictEqual(of(803, 804), [804 / 32_000, 0.025, true])
    assert.deepStrictEqual(of(803, 800), [0.025, 0.025, false])
  })
})
