import { assert, describe, it } from "@vobiz-effect/test-support"
import { Media } from "@vobiz-effect/testing"
import { Effect, Schema, Stream } from "effect"

const wav: Media.Media = { container: "wav", channels: 1, duration: 7_880, pitch: 440 }
const stereo: Media.Media = { ...wav, channels: 2 }
const mp3: Media.Media = { container: "mp3", channels: 1, duration: 61_420, pitch: 440 }

const bytesOf = (media: Media.Media, start?: number, end?: number) =>
  Buffer.concat([...Media.chunks(media, start, end)])

const Any = Schema.Struct({
  container: Schema.Literals(["wav", "mp3"]),
  channels: Schema.Literals([1, 2]),
  duration: Schema.Int.check(Schema.isBetween({ minimum: 20, maximum: 20_000 })),
  pitch: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3999 }))
})

describe("Media", () => {
  it("makes WAV with a header that says what is in it", () => {
    for (const media of [wav, stereo]) {
      const bytes = bytesOf(media)
      assert.strictEqual(bytes.toString("latin1", 0, 4), "RIFF")
      assert.strictEqual(bytes.readUInt32LE(4), bytes.length - 8)
      assert.strictEqual(bytes.toString("latin1", 8, 16), "WAVEfmt ")
      assert.strictEqual(bytes.readUInt16LE(20), 1)
      const channels = bytes.readUInt16LE(22)
      const rate = bytes.readUInt32LE(24)
      assert.strictEqual(channels, media.channels)
      assert.strictEqual(rate, 8000)
      assert.strictEqual(bytes.readUInt32LE(28), rate * channels * 2)
      assert.strictEqual(bytes.readUInt16LE(34), 16)
      assert.strictEqual(bytes.toString("latin1", 36, 40), "data")
      assert.strictEqual(bytes.readUInt32LE(40), bytes.length - 44)
      assert.strictEqual((bytes.readUInt32LE(40) / (rate * channels * 2)) * 1000, media.duration)
    }
  })

  it("makes a tone of the pitch asked for, and half of it on the right channel", () => {
    const bytes = bytesOf(stereo)
    /** Rises through zero within the first second. */
    const cycles = (channel: number) => {
      const level = (sample: number) => bytes.readInt16LE(44 + (sample * 2 + channel) * 2)
      return Array.from({ length: 8000 }, (_, sample) => sample).filter(
        (sample) => sample === 0 || (level(sample - 1) < 0 && level(sample) >= 0)
      ).length
    }
    assert.strictEqual(cycles(0), 440)
    assert.strictEqual(cycles(1), 220)
  })

  it("makes MP3 of whole frames that last as long as asked", () => {
    const bytes = bytesOf(mp3)
    let at = 0
    let samples = 0
    while (at < bytes.length) {
      const header = bytes.readUInt32BE(at)
      assert.strictEqual(header >>> 21, 0x7ff, "sync")
      assert.strictEqual((header >>> 19) & 3, 0, "MPEG-2.5")
      assert.strictEqual((header >>> 17) & 3, 1, "Layer III")
      const bitRate = [0, 8, 16, 24, 32, 40, 48, 56, 64][(header >>> 12) & 15] ?? 0
      const rate = [11_025, 12_000, 8_000][(header >>> 10) & 3] ?? 0
      assert.strictEqual(bitRate, 64)
      assert.strictEqual(rate, 8_000)
      at += Math.floor((72 * bitRate * 1000) / rate) + ((header >>> 9) & 1)
      samples += 576
    }
    assert.strictEqual(at, bytes.length)
    assert.closeTo((samples / 8_000) * 1000, mp3.duration, 72)
  })

  it.effect.prop(
    "knows the length, and any part is a part of the whole",
    [Any, Schema.Int, Schema.Int],
    ([media, a, b]) =>
      Effect.sync(() => {
        const whole = bytesOf(media)
        assert.strictEqual(whole.length, Media.byteLength(media))
        const start = Math.abs(a) % whole.length
        const end = start + (Math.abs(b) % (whole.length - start + 1))
        assert.isTrue(bytesOf(media, start, end).equals(whole.subarray(start, end)))
      })
  )

  it.effect("streams in small pieces, however long the file", () =>
    Effect.gen(function* () {
      const day: Media.Media = { ...stereo, duration: 86_400_000 }
      assert.strictEqual(Media.byteLength(day), 44 + 86_400 * 8000 * 4)
      const first = yield* Stream.runCollect(Stream.take(Media.stream(day), 3))
      assert.lengthOf(first, 3)
      assert.isTrue(first.every((piece) => piece.length <= 65_536))
      const same = yield* Stream.runCollect(Media.stream(wav))
      assert.isTrue(Buffer.concat(same).equals(bytesOf(wav)))
    })
  )
})
