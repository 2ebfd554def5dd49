/** How a file is fetched until it is whole, over an intake in memory. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Recording, Recordings, VobizError } from "@vobiz-effect/core"
import { Clock, DateTime, Effect, Fiber, Layer, Random, Stream } from "effect"
import { TestClock } from "effect/testing"

import type { Intake } from "../src/AudioStore.ts"
import * as FetchWhole from "../src/internal/fetchWhole.ts"

const recording = Recording.make({
  recordingId: "r",
  callUuid: null,
  recordingType: "call",
  recordingFormat: "wav",
  recordingUrl: "https://media.vobiz.ai/r.wav",
  addTime: DateTime.makeUnsafe("2026-05-10T12:00:00Z"),
  startTime: null,
  endTime: null,
  duration: null,
  roundedDuration: null,
  conferenceName: null,
  from: null,
  to: null,
  storageDays: null,
  storageRate: null,
  monthlyStorageAmount: null,
  resourceUri: null
})

/** An intake in memory. */
const intakeOf = (bytes: Uint8Array, source: Intake["source"]): Intake => {
  let held = Buffer.from(bytes)
  let from = source
  return {
    get length() {
      return held.length
    },
    get head() {
      return held.subarray(0, 100)
    },
    get source() {
      return from
    },
    begin: (source) =>
      Effect.sync(() => {
        held = Buffer.alloc(0)
        from = source
      }),
    append: (bytes) => Effect.sync(() => void (held = Buffer.concat([held, bytes]))),
    finish: Effect.die("it is not finished here"),
    setAside: () => Effect.die("it is not set aside here"),
    discard: Effect.void
  }
}

const failed = (reason: VobizError.VobizError["reason"]) =>
  new VobizError.VobizError({ operation: "Recordings.audio", requestId: null, reason })

const lost = failed(new VobizError.Transport({ host: "media.vobiz.ai", detail: "ECONNRESET" }))

interface Answer {
  readonly from?: number | null
  readonly total?: number | null
  readonly body: Uint8Array | number
  readonly breaks?: boolean
}

/** Bytes that are no text, as audio has them. */
const sound = (length: number) => new Uint8Array(length).fill(1)

/** Fetches, and tells what it came to, what was asked for, and how long it waited between. */
const fetched = Effect.fnUntraced(function* (
  answers: (nth: number, from: number) => Answer | VobizError.VobizError,
  options: FetchWhole.Options = {},
  intake = intakeOf(new Uint8Array(), { total: null, validator: null }),
  random = 0.5
) {
  const asked: Array<number> = []
  const times: Array<number> = []
  const recordings = yield* Recordings.Recordings.pipe(
    Effect.provide(
      Layer.mock(Recordings.Recordings, {
        openAudio: (_, part) =>
          Effect.gen(function* () {
            const from = part?.from ?? 0
            asked.push(from)
            times.push(yield* Clock.currentTimeMillis)
            const answer = answers(asked.length, from)
            if (answer instanceof VobizError.VobizError) return yield* answer
            const { body, breaks = false, total = null } = answer
            const bytes = typeof body === "number" ? sound(body) : body
            return {
              from: answer.from === undefined ? from : answer.from,
              total,
              validator: '"v1"',
              contentType: "audio/wav",
              bytes: Stream.concat(Stream.make(bytes), breaks ? Stream.fail(lost) : Stream.empty)
            }
          })
      })
    )
  )
  const fiber = yield* FetchWhole.make(recordings, options)(recording, intake).pipe(
    Effect.result,
    Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => random }),
    Effect.forkChild
  )
  yield* TestClock.adjust("10 minutes")
  const result = yield* Fiber.join(fiber)
  return {
    asked,
    length: intake.length,
    waits: times.slice(1).map((time, nth) => time - (times[nth] ?? 0)),
    type: result._tag === "Success" ? result.success : undefined,
    error: result._tag === "Failure" ? result.failure : undefined
  }
})

describe("a file", () => {
  it.effect("that is there already is not asked for, however short", () =>
    Effect.gen(function* () {
      for (const length of [1, 2, 100]) {
        const intake = intakeOf(sound(length), { total: length, validator: null })
        const { asked, error, type } = yield* fetched(() => ({ body: 1 }), {}, intake)
        assert.deepStrictEqual([asked, error, type], [[], undefined, null])
      }
      // Of none, that it has all its bytes says nothing.
      const none = yield* fetched(() => ({ body: 7 }), {}, intakeOf(sound(0), { total: 0, validator: null }))
      assert.deepStrictEqual([none.asked, none.length, none.type], [[0], 7, "audio/wav"])
    })
  )

  it.effect("is asked for five times, after waits twice as long each", () =>
    Effect.gen(function* () {
      const { asked, error, waits } = yield* fetched((_, from) => ({ total: 100, from, body: 10, breaks: true }))
      assert.deepStrictEqual(asked, [0, 10, 20, 30, 40])
      assert.deepStrictEqual(waits, [250, 500, 1000, 2000])
      if (error?._tag !== "BrokenOff") return assert.fail(String(error))
      assert.strictEqual(error.error, lost)
      const { waits: many } = yield* fetched(() => ({ body: 0, total: null }), { attempts: 10 })
      assert.deepStrictEqual(many, [250, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000])
      const { asked: once } = yield* fetched(() => ({ body: 0, total: null }), { attempts: 1 })
      assert.deepStrictEqual(once, [0])
    })
  )

  it.effect("waits a fifth more or less than that", () =>
    Effect.gen(function* () {
      const waits = Effect.fnUntraced(function* (random: number) {
        const empty = intakeOf(new Uint8Array(), { total: null, validator: null })
        return (yield* fetched(() => ({ body: 0 }), { attempts: 3 }, empty, random)).waits
      })
      assert.deepStrictEqual(yield* waits(0), [200, 400])
      assert.deepStrictEqual(yield* waits(1), [300, 600])
    })
  )

  it.effect("that came forward by a mebibyte is asked for as at first", () =>
    Effect.gen(function* () {
      const of = (step: number) =>
        fetched((_, from) => ({ total: 5 * 2 ** 20, from, body: Math.min(step, 5 * 2 ** 20 - from), breaks: true }), {
          attempts: 2
        })
      const whole = yield* of(2 ** 20)
      assert.deepStrictEqual([whole.length, whole.waits], [5 * 2 ** 20, [250, 250, 250, 250]])
      const less = yield* of(2 ** 20 - 1)
      assert.deepStrictEqual([less.asked, less.error?._tag], [[0, 2 ** 20 - 1, 2 ** 21 - 2], "BrokenOff"])
    })
  )

  it.effect("that ends early without saying so is broken off", () =>
    Effect.gen(function* () {
      const { error } = yield* fetched((_, from) => ({ total: 10, from, body: 1 }), { attempts: 2 })
      if (error?._tag !== "BrokenOff" || error.error.reason._tag !== "Transport") return assert.fail(String(error))
      assert.deepInclude(error.error.reason, {
        host: "media.vobiz.ai",
        detail: "the body ended after 2 of 10 bytes"
      })
      assert.strictEqual(error.error.operation, "Recordings.audio")
    })
  )

  it.effect("that breaks after its last byte is whole", () =>
    Effect.gen(function* () {
      const { asked, error, length } = yield* fetched(() => ({ total: 10, body: 10, breaks: true }))
      assert.deepStrictEqual([asked, error, length], [[0], undefined, 10])
    })
  )

  for (const [what, answer, reason, detail, times] of [
    ["is empty", { body: 0 }, "empty", "not one byte came", 5],
    ["is a page", { body: Buffer.from("<html>") }, "error-page", "a page of HTML came in place of the file", 5],
    ["is too long", { total: 10, body: 11 }, "too-long", "11 bytes came where 10 were announced", 5],
    ["is announced as too large", { total: 101, body: 1 }, "too-large", "101 bytes, and at most 100 are taken", 1],
    ["is too large", { body: 101 }, "too-large", "101 bytes, and at most 100 are taken", 1],
    [
      "is a part that does not say which",
      { from: null, body: 1 },
      "wrong-part",
      "the server sent a part and did not say which; the whole was asked for",
      5
    ],
    [
      "is a part from another byte",
      { from: 7, body: 1 },
      "wrong-part",
      "the server sent a part from byte 7 on; the whole was asked for",
      5
    ]
  ] as ReadonlyArray<readonly [string, Answer, string, string, number]>) {
    it.effect(`that ${what} is not taken`, () =>
      Effect.gen(function* () {
        const { asked, error } = yield* fetched(() => answer, { maxBytes: 100 })
        if (error?._tag !== "NotAudio") return assert.fail(String(error))
        assert.deepStrictEqual([error.reason, error.detail, asked.length], [reason, detail, times])
      })
    )
  }

  it.effect("of exactly the most that is taken is taken", () =>
    Effect.gen(function* () {
      for (const total of [100, null]) {
        const { error, length } = yield* fetched(() => ({ total, body: 100 }), { maxBytes: 100 })
        assert.deepStrictEqual([error, length], [undefined, 100])
      }
    })
  )

  it.effect("is an error page where the provider sent one, and else fails with the provider's own error", () =>
    Effect.gen(function* () {
      const of = Effect.fnUntraced(function* (reason: VobizError.VobizError["reason"]) {
        const { asked, error } = yield* fetched(() => failed(reason), { attempts: 2 })
        return [error?._tag, error?._tag === "NotAudio" ? error.reason : null, asked.length]
      })
      const fault = (status: number) => new VobizError.ServerFault({ status, code: null, detail: null })
      assert.deepStrictEqual(yield* of(fault(200)), ["NotAudio", "error-page", 2])
      assert.deepStrictEqual(yield* of(fault(299)), ["NotAudio", "error-page", 2])
      assert.deepStrictEqual(yield* of(fault(300)), ["VobizError", null, 1])
      assert.deepStrictEqual(yield* of(fault(503)), ["VobizError", null, 1])
    })
  )

  it.effect("is gone where it is not found, or was", () => {
    const notFound = (status: 404 | 410) => failed(new VobizError.NotFound({ status, code: null, detail: null }))
    assert.isTrue(FetchWhole.isGone(notFound(404)))
    assert.isTrue(FetchWhole.isGone(failed(new VobizError.ServerFault({ status: 410, code: null, detail: null }))))
    assert.isFalse(FetchWhole.isGone(failed(new VobizError.ServerFault({ status: 411, code: null, detail: null }))))
    assert.isFalse(FetchWhole.isGone(lost))
    return Effect.void
  })
})
