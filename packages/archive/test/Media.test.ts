import { readFileSync } from "node:fs"
import { runInNewContext } from "node:vm"
import { setFlagsFromString } from "node:v8"
import { NodeServices } from "@effect/platform-node"
import { assert, Child, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import { Archive, ArchiveIndex, AudioStore, Media } from "@vobiz-effect/archive"
import { Recordings } from "@vobiz-effect/core"
import { Media as Simulated } from "@vobiz-effect/testing"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"

import { layerFake } from "./accounts.ts"
import * as Audio from "./audio.ts"
import { folder, temporary, tree } from "./utils.ts"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** How many objects are left when what nobody holds is collected. */
const collected = (some: ReadonlyArray<WeakRef<object>>) =>
  // What a turn of the event loop has dereferenced lives until its end.
  Effect.map(Child.turns(1), () => {
    collectGarbage()
    return some.filter((one) => one.deref() !== undefined).length
  })

/**
 * The bytes in pieces of this length. Between the start and the end, where the headers are, a piece has at least 509 bytes: this is no
 * multiple of the length of any sample or frame.
 */
const piecesOf = (bytes: Uint8Array, piece: number) => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const isEdge = at < 2000 || at >= bytes.length - 2000
    const end = at + (isEdge ? piece : Math.max(piece, 509))
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

const inspect = (bytes: Uint8Array, piece = 4096) =>
  Media.inspect(Stream.fromIterable(piecesOf(bytes, piece)).pipe(Stream.rechunk(1)))

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

const sound: Audio.Sound = { channels: 2, rate: 8000, seconds: 3, loud: [0.3, 0.2] }
const claim = { format: "wav", duration: 3000 }
const codes = (media: Media.Media, more: Partial<Media.Claim> = {}) =>
  Media.judge(media, { ...claim, ...more }).map(({ code }) => code)

describe("WAV", () => {
  it.effect.prop(
    "is as long as its samples at their rate, of any width, however the bytes come",
    [
      Schema.Literals([8, 16, 24, 32]),
      Schema.Literals([1, 2]),
      Schema.Literals([8000, 11_025, 16_000, 44_100]),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 700 }))
    ],
    ([bits, channels, rate, millis, piece]) =>
      Effect.gen(function* () {
        const seconds = Math.round((rate * millis) / 1000) / rate
        const bytes = Audio.wav({ channels, rate, seconds, loud: [0.5, 0.25] }, bits)
        const media = yield* inspect(bytes, piece)
        assert.deepInclude(media, {
          bytes: bytes.length,
          container: "wav",
          codec: `pcm ${bits}`,
          sampleRate: rate,
          channels,
          duration: Math.round(seconds * 1000),
          claimed: Math.round(seconds * 1000),
          truncated: false,
          unreadable: null
        })
        assert.strictEqual(media.levels?.length, channels)
        if (seconds > 0.1) {
          const [left, right] = media.levels ?? []
          assert.closeTo(left?.rms ?? 0, 0.5 / Math.SQRT2, 0.02)
          if (channels === 2) assert.closeTo(right?.peak ?? 0, 0.25, 0.02)
          assert.isBelow(left?.silent ?? 1, 0.2)
        }
        assert.deepStrictEqual(yield* inspect(bytes, bytes.length), media)
      }),
    { arbitrary: { runs: Effort.sized({ quick: 8, full: 60 }) } }
  )

  it.effect("that is cut anywhere after its header is truncated, and as long as what is left", () =>
    Effect.gen(function* () {
      const bytes = Audio.wav(sound)
      for (const length of [45, 47, 48, 1000, 20_001, bytes.length - 4, bytes.length - 1]) {
        const media = yield* inspect(bytes.subarray(0, length))
        assert.isTrue(media.truncated)
        assert.strictEqual(media.claimed, 3000)
        assert.strictEqual(media.duration, Math.round((Math.floor((length - 44) / 4) / 8000) * 1000))
        assert.include(codes(media), "audio-truncated")
      }
      for (const length of [0, 3, 11, 12, 19, 30, 40]) {
        assert.deepStrictEqual(codes(yield* inspect(bytes.subarray(0, length))), ["audio-unreadable"])
      }
    })
  )

  it.effect("whose writer did not know its size is as long as it is, and nobody knows whether that is all", () =>
    Effect.gen(function* () {
      for (const size of [0, 0x7fff_0000, 0x7fff_f000, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
        const media = yield* inspect(Audio.wav(sound, 16, { size }))
        assert.deepInclude(media, { duration: 3000, claimed: null, truncated: null })
        assert.deepStrictEqual(codes(media), [])
      }
      assert.isTrue((yield* inspect(Audio.wav(sound, 16, { size: 0x7ffe_ffff }))).truncated)
      const piped = yield* inspect(fixture("sox-pipe.wav"))
      assert.deepInclude(piped, { duration: 3000, claimed: null, truncated: null })
    })
  )

  it.effect("whose size counts its headers is whole", () =>
    Effect.gen(function* () {
      const { length } = Audio.wav(sound)
      for (const size of [length, length - 8, length - 36]) {
        const media = yield* inspect(Audio.wav(sound, 16, { size }))
        assert.deepInclude(media, { duration: 3000, claimed: 3000, truncated: false })
      }
      assert.isTrue((yield* inspect(Audio.wav(sound, 16, { size: length + 2 }))).truncated)
    })
  )

  it.effect("is read past chunks of odd size, with a zero behind them or without one", () =>
    Effect.gen(function* () {
      const list = Buffer.from("LIST\x0b\0\0\0INFO and so", "latin1")
      for (const extra of [list, Buffer.concat([list, Buffer.alloc(1)])]) {
        for (const piece of [1, 4096]) {
          const media = yield* inspect(Audio.wav(sound, 16, { extra: [extra, extra] }), piece)
          assert.deepInclude(media, { duration: 3000, claimed: 3000, truncated: false, unreadable: null })
        }
      }
    })
  )

  it.effect("of the 64-bit form has the size that stands before its format", () =>
    Effect.gen(function* () {
      const whole = fixture("rf64.wav")
      for (const name of ["RF64", "BW64"]) {
        whole.write(name, "latin1")
        assert.deepInclude(yield* inspect(whole), {
          container: "wav",
          codec: "pcm 16",
          duration: 3000,
          claimed: 3000,
          truncated: false,
          unreadable: null
        })
        assert.isTrue((yield* inspect(whole.subarray(0, 30_000))).truncated)
      }
    })
  )

  it.effect("may begin with zeros", () =>
    Effect.gen(function* () {
      const whole = Audio.wav(sound)
      const { bytes, ...media } = yield* inspect(whole)
      for (const zeros of [1, 4096, 100_000]) {
        const padded = yield* inspect(Buffer.concat([Buffer.alloc(zeros), whole]))
        assert.deepStrictEqual(padded, { ...media, bytes: bytes + zeros })
      }
      assert.deepStrictEqual(codes(yield* inspect(Buffer.alloc(20_000))), ["audio-unreadable"])
    })
  )

  it.effect("is as loud as it swings, whatever its offset", () =>
    Effect.gen(function* () {
      const of = (loud: number, offset: number) =>
        inspect(
          Audio.wavOf({
            tag: 3,
            bits: 32,
            channels: 1,
            rate: 8000,
            data: new Uint8Array(
              Float32Array.from({ length: 16_000 }, (_, n) => offset + loud * Math.sin((2 * Math.PI * 400 * n) / 8000))
                .buffer
            )
          })
        )
      const [plain] = (yield* of(0.2, 0)).levels ?? []
      const [raised] = (yield* of(0.2, 0.4)).levels ?? []
      assert.closeTo(plain?.peak ?? 0, 0.2, 0.001)
      assert.closeTo(plain?.rms ?? 0, 0.2 / Math.SQRT2, 0.001)
      assert.closeTo(raised?.peak ?? 0, 0.2, 0.001)
      assert.closeTo(raised?.rms ?? 0, 0.2 / Math.SQRT2, 0.001)
      assert.strictEqual(raised?.silent, 0)
      const [still] = (yield* of(0, 0.4)).levels ?? []
      assert.deepInclude(still, { peak: 0, rms: 0, silent: 1 })
    })
  )

  it.effect("has a waveform of at most 400 peaks, however long it is", () =>
    Effect.gen(function* () {
      const waveform = (seconds: number) =>
        Effect.map(
          inspect(
            Buffer.concat([
              Audio.wav({ channels: 1, rate: 8000, seconds: seconds / 2, loud: [0.5] }, 16, { size: 0 }),
              Audio.wav({ channels: 1, rate: 8000, seconds: seconds / 2, loud: [0.1] }).subarray(44)
            ]),
            8192
          ),
          ({ levels }) => [...Buffer.from(levels?.[0]?.waveform ?? "", "base64")]
        )
      for (const [seconds, parts] of [
        [2, 100],
        [8, 400],
        [10, 400],
        [Effort.sized({ quick: 60, full: 600 }), 400]
      ] as const) {
        const heights = yield* waveform(seconds)
        assert.strictEqual(heights.length, parts)
        // The part in which the loud half ends may be of either.
        for (const height of heights.slice(0, parts / 2 - 1)) assert.closeTo(height, 127, 2)
        for (const height of heights.slice(parts / 2 + 1)) assert.closeTo(height, 25, 2)
      }
    })
  )

  it.effect("is read over chunks that are not known, in the codecs of telephony", () =>
    Effect.gen(function* () {
      const list = Buffer.concat([Buffer.from("LIST\x05\0\0\0", "latin1"), Buffer.from("abcde\0", "latin1")])
      assert.strictEqual((yield* inspect(Audio.wav(sound, 16, { extra: [list] }))).duration, 3000)
      // Of both laws the loudest byte of either sign, and the silent one.
      for (const [tag, codec, high, low, silent] of [
        [6, "a-law", 0xaa, 0x2a, 0xd5],
        [7, "mu-law", 0x80, 0x00, 0xff]
      ] as const) {
        const data = Uint8Array.from({ length: 8000 }, (_, n) => [high, silent, low, silent][n % 4] ?? 0)
        const media = yield* inspect(Audio.wavOf({ tag, bits: 8, channels: 2, rate: 8000, data }))
        assert.deepInclude(media, { codec, duration: 500, channels: 2 })
        assert.isAbove(media.levels?.[0]?.peak ?? 0, 0.95)
        assert.strictEqual(media.levels?.[1]?.silent, 1)
      }
      // GSM 6.10, which is not decoded: its length is by its rate of bytes, its loudness unknown.
      const gsm = yield* inspect(
        Audio.wavOf({ tag: 0x31, bits: 8, channels: 1, rate: 8000, data: new Uint8Array(16_000) })
      )
      assert.deepInclude(gsm, { codec: "0x0031", duration: 2000, levels: null, unreadable: null })
      assert.deepStrictEqual(codes(gsm, { duration: 2000 }), ["audio-not-checked"])
    })
  )
})

describe("MP3", () => {
  it.effect("is as long as its frames, at one rate of bits or several, behind tags", () =>
    Effect.gen(function* () {
      for (const [channels, rate, kbps] of [
        [1, 8000, 16],
        [2, 8000, 32],
        [1, 16_000, 24],
        [2, 44_100, 128]
      ] as const) {
        const bytes = Audio.mp3({ ...sound, channels, rate }, kbps)
        const media = yield* inspect(bytes)
        assert.deepInclude(media, { container: "mp3", codec: "mp3", sampleRate: rate, channels, truncated: false })
        // The encoder adds its delay, and fills the last frame.
        assert.closeTo(media.duration ?? 0, 3000, 250)
        assert.strictEqual(media.levels?.length, channels)
        assert.closeTo(media.levels?.[0]?.rms ?? 0, 0.3 / Math.SQRT2, 0.03)
        assert.deepStrictEqual(yield* inspect(bytes, 33), media)
        assert.deepStrictEqual(codes(media, { format: "mp3" }), [])
        const tagged = yield* inspect(Buffer.concat([Audio.id3(3000), bytes]))
        assert.deepInclude(tagged, { duration: media.duration, channels, truncated: false })
      }
      // Frames of two rates of bits, as an encoder with a variable one makes.
      const [low, high] = [16, 64].map((kbps) => Audio.mp3({ ...sound, channels: 1, seconds: 2 }, kbps))
      const mixed = yield* inspect(Buffer.concat([low ?? Buffer.of(), high ?? Buffer.of()]))
      assert.closeTo(mixed.duration ?? 0, 4000, 500)
      assert.isFalse(mixed.truncated)
    })
  )

  it.effect("is whole with any tag before and behind it", () =>
    Effect.gen(function* () {
      const plain = fixture("plain.mp3")
      const { bytes: _, ...media } = yield* inspect(plain)
      assert.deepInclude(media, { truncated: false, unreadable: null, container: "mp3" })
      // What is in a tag looks like frames, and is none.
      const filled = (length: number) => Buffer.alloc(length, Audio.mp3(sound).subarray(0, 4))
      const tag = filled(128)
      tag.write("TAG", "latin1")
      const enhanced = filled(227)
      enhanced.write("TAG+", "latin1")
      const ape = filled(32 + 300 + 32)
      for (const at of [0, 332]) {
        ape.write("APETAGEX", at, "latin1")
        ape.writeUInt32LE(332, at + 12)
      }
      const footed = Buffer.concat([Audio.id3(200), filled(10)])
      footed.writeUInt8(0x10, 5)
      // ID3v2 whose size counts its own header.
      const long = Audio.id3(200)
      long.writeUInt8(72 + 10, 9)
      const forms: Readonly<Record<string, Buffer>> = {
        id3v1: fixture("id3v1.mp3"),
        "ID3v1 of frames": Buffer.concat([plain, tag]),
        "two ID3v1": Buffer.concat([plain, tag, tag]),
        "enhanced ID3v1": Buffer.concat([plain, enhanced, tag]),
        "ID3v2 with a footer": Buffer.concat([footed, plain]),
        APE: Buffer.concat([plain, ape]),
        "APE and ID3v1": Buffer.concat([plain, ape, tag]),
        "all of them before": Buffer.concat([footed, ape, enhanced, tag, plain]),
        "half of an ID3v1": Buffer.concat([plain, tag.subarray(0, 60)]),
        padding: Buffer.concat([plain, Buffer.alloc(3000)]),
        "a few ones": Buffer.concat([plain, Buffer.alloc(5, 0xff)]),
        "padding and ID3v1": Buffer.concat([plain, Buffer.alloc(77), tag]),
        "two ID3v2": Buffer.concat([Audio.id3(200), Audio.id3(5000), plain]),
        "zeros before": Buffer.concat([Buffer.alloc(5000), plain])
      }
      for (const [name, bytes] of Object.entries(forms)) {
        for (const piece of [7, 4096]) {
          const { bytes: length, ...tagged } = yield* inspect(bytes, piece)
          assert.deepStrictEqual([name, length, tagged], [name, bytes.length, media])
        }
      }
      // A size has seven bits in each of its bytes.
      for (const length of [127, 128, (1 << 14) - 1, 1 << 14, 5 + (3 << 14), (1 << 21) - 1, (1 << 21) + (1 << 14)]) {
        const { bytes: _, ...tagged } = yield* inspect(Buffer.concat([Audio.id3(length), plain]), 65_536)
        assert.deepStrictEqual([length, tagged], [length, media])
      }
      assert.deepStrictEqual(codes(yield* inspect(Buffer.concat([long, plain])), { format: "mp3" }), [])
    })
  )

  it.effect("that is damaged says nothing on the console", () =>
    Effect.gen(function* () {
      // oxlint-disable no-console
      const said: Array<unknown> = []
      const { error } = console
      console.error = (...words: Array<unknown>) => void said.push(words)
      const spoiled = Buffer.from(Audio.mp3(sound))
      for (let at = 1000; at < spoiled.length; at += 97) spoiled[at] = 0xff
      const media = yield* inspect(spoiled).pipe(Effect.ensuring(Effect.sync(() => (console.error = error))))
      // oxlint-enable no-console
      assert.strictEqual(media.container, "mp3")
      assert.deepStrictEqual(said, [])
    })
  )

  it.effect("that is cut within a frame is truncated", () =>
    Effect.gen(function* () {
      const bytes = Audio.mp3(sound)
      for (const less of [1, 5, 50]) {
        const media = yield* inspect(bytes.subarray(0, bytes.length - less))
        assert.isTrue(media.truncated)
        assert.include(codes(media, { format: "mp3" }), "audio-truncated")
      }
    })
  )

  it.effect("that has fewer frames than its first one announces is truncated", () =>
    Effect.gen(function* () {
      for (const [channels, rate, kbps, length, data] of [
        [1, 8000, 16, 144, 13],
        [2, 8000, 32, 288, 21],
        [1, 32_000, 64, 288, 21],
        [2, 32_000, 128, 576, 36]
      ] as const) {
        const frames = Audio.mp3({ ...sound, channels, rate }, kbps)
        const count = frames.length / length
        assert.isTrue(Number.isInteger(count))
        const announcing = (announced: number, name = "Info") => {
          const first = Buffer.alloc(length)
          frames.copy(first, 0, 0, 4)
          first.write(name, data, "latin1")
          first.writeUInt32BE(1, data + 4)
          first.writeUInt32BE(announced, data + 8)
          return Buffer.concat([first, frames])
        }
        // It may count itself, or not know.
        for (const announced of [count, count + 1, 1, 0, 0xffff_ffff]) {
          const media = yield* inspect(announcing(announced, "Xing"))
          assert.deepStrictEqual([announced, media.truncated], [announced, false])
        }
        const whole = announcing(count)
        for (const piece of [7, 4096]) {
          const cut = yield* inspect(whole.subarray(0, whole.length - 2 * length), piece)
          assert.isTrue(cut.truncated)
          assert.strictEqual(cut.claimed, Math.round((count * (rate === 8000 ? 576 : 1152) * 1000) / rate))
          assert.include(codes(cut, { format: "mp3" }), "audio-truncated")
        }
      }
    })
  )
})

describe("the simulator's MP3", () => {
  for (const [channels, pitch] of [
    [1, 440],
    [2, 440],
    [1, 1],
    [2, 3999]
  ] as const) {
    it.effect(`of ${channels} channels at ${pitch} Hz sounds from its beginning to its end`, () =>
      Effect.gen(function* () {
        const file = { container: "mp3", channels, pitch, duration: 7_200 } as const
        const media = yield* Media.inspect(Simulated.stream(file))
        const { codec, duration, levels, truncated, unreadable } = media
        assert.deepStrictEqual([codec, duration, truncated, unreadable], ["mp3", 7_200, false, null])
        assert.strictEqual(levels?.length, channels)
        for (const { peak, rms, silent } of levels ?? []) {
          assert.isAbove(peak, 0.2)
          assert.isBelow(peak, 0.3)
          // A sine of that height.
          assert.isAbove(rms, 0.15)
          assert.isBelow(silent, 0.01)
        }
        assert.deepStrictEqual(codes(media, { format: "mp3", duration: 7_200 }), [])
        const silent = yield* Media.inspect(Simulated.stream({ ...file, flaw: "silent" }))
        assert.deepStrictEqual(codes(silent, { format: "mp3", duration: 7_200 }), ["audio-silent"])
      })
    )
  }
})

describe("judge", () => {
  it.effect("tells silence, one side that is silent, another format, and another length", () =>
    Effect.gen(function* () {
      const of = (loud: ReadonlyArray<number>, more: Partial<Media.Claim> = {}, channels: 1 | 2 = 2) =>
        Effect.map(inspect(Audio.wav({ ...sound, channels, loud })), (media) => codes(media, more))
      assert.deepStrictEqual(yield* of([0.3, 0.3]), [])
      assert.deepStrictEqual(yield* of([0, 0]), ["audio-silent"])
      assert.deepStrictEqual(yield* of([0.001, 0], {}, 1), ["audio-silent"])
      assert.deepStrictEqual(yield* of([0.3, 0]), ["audio-one-way"])
      assert.deepStrictEqual(yield* of([0, 0.3]), ["audio-one-way"])
      assert.deepStrictEqual(yield* of([0.3, 0.3], { format: "mp3" }), ["audio-wrong-format"])
      assert.deepStrictEqual(yield* of([0.3, 0.3], { format: null, duration: null }), [])
      assert.deepStrictEqual(yield* of([0.3, 0.3], { duration: 4900 }), [])
      assert.deepStrictEqual(yield* of([0.3, 0.3], { duration: 5100 }), ["audio-duration"])
      const page = yield* inspect(Buffer.from("<!doctype html><title>no</title>"))
      assert.deepStrictEqual(codes(page), ["audio-unreadable"])
    })
  )

  it.effect("names audio that cannot be decoded here, which nobody has checked, and files that are none", () =>
    Effect.gen(function* () {
      const of = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
        Buffer.concat([
          ...parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
          Buffer.alloc(600, 0x55)
        ])
      const page = (name: string) =>
        of(
          "OggS",
          [0, 2],
          Array.from({ length: 20 }, () => 0),
          [1, 19],
          name
        )
      const audio: Readonly<Record<string, Buffer>> = {
        amr: of("#!AMR\n"),
        opus: page("OpusHead"),
        ogx: of("OggS and what follows"),
        flac: of("fLaC"),
        aac: of([0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc]),
        au: of(".snd", [0, 0, 0, 24]),
        rifx: of("RIFX", [0, 0, 2, 0], "WAVE"),
        w64: of("riff", [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6]),
        caf: of("caff", [0, 1, 0, 0]),
        wma: of([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9]),
        m4a: of([0, 0, 0, 0x20], "ftypM4A ", [0, 0, 0, 0], "M4A mp42"),
        webm: of(
          [0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1, 0x42, 0xf7, 0x81, 1, 0x42, 0xf2, 0x81, 4],
          [0x42, 0xf3, 0x81, 8, 0x42, 0x82, 0x84],
          "webm"
        )
      }
      for (const [name, bytes] of Object.entries(audio)) {
        const media = yield* inspect(bytes)
        assert.deepInclude(media, { container: name, duration: null, unreadable: null, levels: null })
        assert.deepStrictEqual(Media.judge(media, { format: name, duration: 3000 }), [
          { code: "audio-not-checked", expected: "audio that can be decoded here", found: name }
        ])
      }
      for (const [name, bytes] of Object.entries({ pdf: of("%PDF-1.4\n"), zip: of("PK", [3, 4]) })) {
        const [finding] = Media.judge(yield* inspect(bytes), claim)
        assert.deepInclude(finding, { code: "audio-unreadable" })
        assert.include(finding?.found ?? "", name)
      }
      assert.deepStrictEqual(codes(yield* inspect(of([1, 2, 3]))), ["audio-unreadable"])
      assert.strictEqual((yield* inspect(Buffer.of())).unreadable, "it has no bytes")
      assert.strictEqual((yield* inspect(Buffer.alloc(9000))).unreadable, "it has only zeros")
    })
  )
})

describe("damaged files", () => {
  it.live("make no error, whatever is in them, and the same of the same bytes", () =>
    Effect.gen(function* () {
      const below = Seed.integers()
      const short = { ...sound, seconds: 0.3 }
      const whole = [
        Audio.wav(short),
        Audio.wav(short, 24),
        Audio.mp3(short),
        Audio.mp3({ ...short, channels: 1, rate: 16_000 }, 24),
        Buffer.concat([Audio.id3(200), Audio.mp3(short)])
      ]
      const pick = () => whole[below(whole.length)] ?? Buffer.of()
      const damages: ReadonlyArray<() => Uint8Array> = [
        () => pick().subarray(0, below(3000)),
        () => pick().subarray(below(3000)),
        () => {
          const bytes = Uint8Array.from(pick())
          for (let n = below(40) + 1; n > 0; n--) bytes[below(Math.min(bytes.length, 400))] = below(256)
          return bytes
        },
        () => {
          const bytes = Uint8Array.from(pick())
          for (let n = below(200) + 1; n > 0; n--) bytes[below(bytes.length)] = below(256)
          return bytes
        },
        () => Buffer.concat([pick().subarray(0, below(2000)), pick().subarray(below(2000))]),
        () => {
          const bytes = Uint8Array.from({ length: below(2000) }, () => below(256))
          bytes.set(pick().subarray(0, Math.min(bytes.length, below(60))))
          return bytes
        },
        // Sizes that are as large as can be.
        () => {
          const bytes = Uint8Array.from(Audio.wav(short))
          for (const at of [4, 16, 22, 24, 28, 34, 40]) if (below(2) === 0) bytes.fill(0xff, at, at + below(4) + 1)
          return bytes
        }
      ]
      let unreadable = 0
      const files = Effort.sized({ quick: 150, full: 3000 })
      for (let n = 0; n < files; n++) {
        const bytes = damages[n % damages.length]?.() ?? Buffer.of()
        const media = yield* inspect(bytes, below(900) + 1)
        assert.strictEqual(media.bytes, bytes.length)
        if (media.unreadable !== null) unreadable++
        const { duration, levels } = media
        if (duration !== null) assert.isTrue(Number.isFinite(duration) && duration >= 0)
        for (const { peak, rms, silent } of levels ?? []) {
          for (const value of [peak, rms, silent]) assert.isTrue(value >= 0 && Number.isFinite(value))
        }
        if (n % 5 === 0) assert.deepStrictEqual(yield* inspect(bytes, 77), media, `file ${n}`)
      }
      assert.isAbove(unreadable, files / 30)
      assert.isBelow(unreadable, files - files / 30)
    })
  )

  it.live("are read piece by piece, and no piece is held once it is read", () =>
    Effect.gen(function* () {
      const seconds = Effort.sized({ quick: 40, full: 400 })
      const whole = Audio.wav({ ...sound, seconds })
      const length = Math.ceil(whole.length / 32_000)
      const pieces: Array<WeakRef<Uint8Array>> = []
      let held = 0
      const media = yield* Media.inspect(
        Stream.range(0, length - 1).pipe(
          Stream.rechunk(1),
          Stream.map((n) => Uint8Array.from(whole.subarray(n * 32_000, (n + 1) * 32_000))),
          Stream.tap((piece) => {
            pieces.push(new WeakRef(piece))
            return pieces.length < length ? Effect.void : Effect.map(collected(pieces), (left) => (held = left))
          })
        )
      )
      assert.strictEqual(media.duration, seconds * 1000)
      assert.isAtMost(held, 3)
    })
  )
})

describe("check", () => {
  it.live("inspects an archive's audio once, and damaged files end nothing", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* temporary}/archive`
      const opened: Array<string> = []
      const counting = Layer.effect(
        AudioStore.AudioStore,
        Effect.map(AudioStore.AudioStore, (store) =>
          AudioStore.AudioStore.of({
            ...store,
            open: (sha256) => {
              opened.push(sha256)
              return store.open(sha256)
            }
          })
        )
      )
      yield* Effect.gen(function* () {
        const recordings = yield* Recordings.Recordings
        yield* Archive.summarize(Archive.run({ recordings: recordings.stream(), directory, settle: 0 }))
        const { list } = yield* ArchiveIndex.ArchiveIndex
        const entries = yield* Stream.runCollect(Stream.filter(list, ArchiveIndex.isStored))
        const check = Stream.runCollect(Media.check({ directory })).pipe(Effect.provide(counting))
        // The archive measured all of it as it came.
        const first = yield* check
        assert.strictEqual(opened.length, 0)
        yield* fs.remove(`${directory}/media`, { recursive: true })
        assert.deepStrictEqual(yield* check, first)
        assert.strictEqual(first.length, entries.length)
        for (const { findings, media } of first) {
          assert.strictEqual(media?.container, "wav")
          assert.notInclude(
            findings.map(({ code }) => code),
            "audio-truncated"
          )
        }
        const shas = new Set(entries.map(({ sha256 }) => sha256))
        assert.strictEqual(opened.length, shas.size)
        assert.deepStrictEqual(yield* check, first)
        assert.strictEqual(opened.length, shas.size)
        const kept = (yield* tree(directory)).filter((name) => name.startsWith("media/"))
        assert.strictEqual(kept.length, shas.size)
        for (const name of kept) assert.strictEqual((yield* fs.stat(`${directory}/${name}`)).mode & 0o777, 0o600)
        // What was kept and cannot be read is found again; audio that is gone is for the verification.
        const [name = ""] = kept
        yield* fs.writeFileString(`${directory}/${name}`, "no JSON")
        assert.deepStrictEqual(yield* check, first)
        const [gone] = entries
        yield* fs.remove(`${directory}/${AudioStore.pathOf(gone?.sha256 ?? "")}`)
        const last = yield* check
        assert.strictEqual(last.length, entries.length)
        assert.isAbove(last.filter(({ media }) => media === null).length, 0)
      }).pipe(Effect.provide([folder({ directory }), layerFake()]))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
