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

const inspect = (bytes: Uint8Array, piece = 4096) =>
  Media.inspect(
    Stream.fromIterable(
      Array.from({ length: Math.ceil(bytes.length / piece) }, (_, n) => bytes.subarray(n * piece, (n + 1) * piece))
    ).pipe(Stream.rechunk(1))
  )

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
    { arbitrary: { runs: Effort.sized({ quick: 20, full: 60 }) } }
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
      for (const size of [0, 0xffff_ffff]) {
        const media = yield* inspect(Audio.wav(sound, 16, { size }))
        assert.deepInclude(media, { duration: 3000, claimed: null, truncated: null })
        assert.deepStrictEqual(codes(media), [])
      }
    })
  )

  it.effect("is read over chunks that are not known, in the codecs of telephony, and in their extensible form", () =>
    Effect.gen(function* () {
      const list = Buffer.concat([Buffer.from("LIST\x05\0\0\0", "latin1"), Buffer.from("abcde\0", "latin1")])
      assert.strictEqual((yield* inspect(Audio.wav(sound, 16, { extra: [list] }))).duration, 3000)
      // Of both laws the loudest byte and the silent one.
      for (const [tag, codec, loud, silent] of [
        [6, "a-law", 0xaa, 0xd5],
        [7, "mu-law", 0x80, 0xff]
      ] as const) {
        const data = Uint8Array.from({ length: 8000 }, (_, n) => (n % 2 === 0 ? loud : silent))
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
      assert.deepStrictEqual(codes(gsm, { duration: 2000 }), [])
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
      const ogg = yield* inspect(Buffer.from("OggS and what follows"))
      assert.deepInclude(ogg, { container: "ogg", duration: null, unreadable: null })
      assert.deepStrictEqual(codes(ogg, { format: "ogg" }), [])
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
      const files = Effort.sized({ quick: 300, full: 3000 })
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
      const whole = Audio.wav({ ...sound, seconds: 400 })
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
      assert.strictEqual(media.duration, 400_000)
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
        const entries = yield* Stream.runCollect(list)
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
