/** How loud sound is, sample by sample. */
import { assert, describe, it, Seed } from "@vobiz-effect/test-support"

import { type Level, Meter } from "../src/internal/levels.ts"

const level = (rate: number, samples: Iterable<number>): Level => {
  const meter = new Meter(rate)
  meter.take(Float64Array.from(samples))
  return meter.level
}

const waveform = (heights: ReadonlyArray<number>) => Buffer.from(heights).toString("base64")

/** Stretches of two samples each, at 100 samples a second, that swing so high. */
const swings = (heights: ReadonlyArray<number>) =>
  level(
    100,
    heights.flatMap((height) => [height / 255, -height / 255])
  )

it("samples of 16 bits have the same level as their parts of full scale, however they come", () => {
  const below = Seed.integers(Seed.seed)
  for (const rate of [8000, 16_000, 44_100, 768_000]) {
    for (const loudest of [1, 300, 32_768]) {
      const samples = Array.from({ length: 3 * rate }, () => below(2 * loudest) - loudest)
      samples.fill(-loudest, 500, 500 + rate)
      const whole = level(
        rate,
        samples.map((sample) => sample / 32_768)
      )
      // The second of two channels, in pieces.
      const meter = new Meter(rate)
      for (let from = 0; from < samples.length;) {
        const some = samples.slice(from, from + 1 + below(rate))
        const view = new DataView(new ArrayBuffer(4 * some.length))
        for (const [n, sample] of some.entries()) view.setInt16(4 * n + 2, sample, true)
        meter.takeInt16(view, 2, 4, some.length)
        from += some.length
      }
      assert.deepStrictEqual(meter.level, whole, `${rate} a second, up to ${loudest}`)
    }
  }
})

describe("a level", () => {
  it("of nothing is silent", () => {
    assert.deepStrictEqual(level(8000, []), { peak: 0, rms: 0, silent: 1, waveform: "" })
  })

  it("is measured in stretches of 20 ms, the last of which may be shorter", () => {
    assert.deepStrictEqual(level(100, [0.5, -0.5]), { peak: 0.5, rms: 0.5, silent: 0, waveform: waveform([128]) })
    // Half of 160 samples is loud, and the 161st is a stretch of its own, about whose mean nothing swings.
    const samples = Array.from({ length: 321 }, (_, n) => (n < 160 ? (n % 2 === 0 ? 0.4 : -0.4) : 0))
    assert.deepStrictEqual(level(8000, samples), {
      peak: 0.4,
      rms: 0.282402,
      silent: 0.666667,
      waveform: waveform([102, 0, 0])
    })
    // A rate whose 20 ms are less than a sample has stretches of one.
    assert.deepStrictEqual(level(10, [0, 0]), { peak: 0, rms: 0, silent: 1, waveform: waveform([0, 0]) })
  })

  it("is silent below -50 dB of full scale", () => {
    assert.deepStrictEqual(
      [0.00316, 0.00317].map((loud) => level(100, [loud, -loud]).silent),
      [1, 0]
    )
  })

  it("is of what swings about the mean of the last second", () => {
    const still = (length: number, value: number) => Array.from({ length }, () => value)
    assert.deepStrictEqual(level(100, still(2, 0.4)), { peak: 0, rms: 0, silent: 1, waveform: waveform([0]) })
    assert.strictEqual(level(100, [0.9, 0.1]).peak, 0.4)
    assert.strictEqual(level(100, [0.5, -0.1]).peak, 0.3)
    // Two samples are a fiftieth of a second, and a half of four samples.
    assert.strictEqual(level(100, [...still(98, 0), ...still(2, 0.1)]).peak, 0.098)
    assert.strictEqual(level(100, [...still(998, 0), ...still(2, 0.1)]).peak, 0.098)
    assert.strictEqual(level(100, [...still(2, 0), ...still(2, 0.1)]).peak, 0.05)
    assert.strictEqual(level(100, [...still(2, 0), ...still(2, -0.1)]).peak, 0.05)
    // It can swing no higher than full scale.
    assert.strictEqual(level(100, [...still(100, 1), ...still(2, -1)]).peak, 1)
  })
})

describe("a waveform", () => {
  const heights = (length: number) => Array.from({ length }, (_, n) => (n * 7919) % 256)
  const highest = (all: ReadonlyArray<number>, width: number) =>
    Array.from({ length: all.length / width }, (_, n) => Math.max(...all.slice(n * width, (n + 1) * width)))

  it("has a height for each stretch, and never more than 400", () => {
    for (const [length, width] of [
      [1, 1],
      [399, 1],
      [400, 1],
      [800, 2],
      [1600, 4],
      [6400, 16]
    ] as const) {
      assert.strictEqual(swings(heights(length)).waveform, waveform(highest(heights(length), width)), `${length}`)
    }
  })

  it("lets neighbours share a stretch where they do not come out even", () => {
    const of = (length: number, width: number) => {
      const parts = Array.from({ length: Math.ceil(length / width) }, (_, n) =>
        Math.max(...heights(length).slice(n * width, (n + 1) * width))
      )
      return Array.from({ length: 400 }, (_, n) => {
        const [from, to] = [Math.floor((n * parts.length) / 400), Math.ceil(((n + 1) * parts.length) / 400)]
        return Math.max(...parts.slice(from, to))
      })
    }
    for (const [length, width] of [
      [500, 1],
      [600, 1],
      [799, 1],
      [1000, 2],
      [1599, 2]
    ] as const) {
      assert.deepStrictEqual(
        [...Buffer.from(swings(heights(length)).waveform, "base64")],
        of(length, width),
        `${length}`
      )
    }
  })
})
