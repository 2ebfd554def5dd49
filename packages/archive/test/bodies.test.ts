/** Bodies that no well-behaved server sends, and the pauses between attempts, over a stand-in for the provider. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Archive } from "@vobiz-effect/archive"
import { Recording, Recordings, VobizError } from "@vobiz-effect/core"
import { DateTime, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"

import { wav } from "./audio.ts"
import { folder, sha256, temporary } from "./utils.ts"

const recording = (recordingId: string, age = 0, recordingUrl: string | null = "https://media.vobiz.ai/a.wav") =>
  Recording.make({
    recordingId,
    callUuid: "c",
    recordingType: "call",
    recordingFormat: "wav",
    recordingUrl,
    addTime: DateTime.subtract(DateTime.makeUnsafe("2026-08-15T06:00:00Z"), { minutes: age }),
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

const lost = new VobizError.VobizError({
  operation: "Recordings.audio",
  requestId: null,
  reason: new VobizError.Transport({ host: "media.vobiz.ai", detail: "ECONNRESET" })
})

const audio = wav({ channels: 1, rate: 8000, seconds: 187.5, loud: [0.5] })
const short = wav({ channels: 1, rate: 8000, seconds: 0.1, loud: [0.5] })

interface Answer {
  readonly from?: number | null
  readonly total?: number | null
  readonly body: Uint8Array
  readonly breaks?: boolean
  readonly validator?: string | null
}

/** A provider that answers by `answer`, given the byte asked for and the how manieth request it is. */
const provider = (answer: (from: number, nth: number) => Answer | VobizError.VobizError) => {
  const asked: Array<number> = []
  const layer = Layer.mock(Recordings.Recordings, {
    openAudio: (_, part) =>
      Effect.suspend(() => {
        const from = part?.from ?? 0
        asked.push(from)
        const given = answer(from, asked.length)
        if (given instanceof VobizError.VobizError) return Effect.fail(given)
        const { body, breaks = false, total = null, validator = '"v1"' } = given
        const bytes = Stream.concat(Stream.make(body), breaks ? Stream.fail(lost) : Stream.empty)
        return Effect.succeed({
          from: given.from === undefined ? 0 : given.from,
          total,
          validator,
          contentType: null,
          bytes
        })
      })
  })
  return { asked, layer }
}

/** Archives one recording, while the clock is put forward. */
const archived = (
  answer: Parameters<typeof provider>[0],
  options: Partial<Archive.Options> = {},
  recordings = [recording("a")]
) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const { asked, layer } = provider(answer)
    const run = Stream.runCollect(
      Archive.run({ recordings: Stream.fromIterable(recordings), directory, settle: 0, ...options })
    ).pipe(Effect.provide([layer, folder({ directory })]))
    const fiber = yield* Effect.forkChild(run)
    // Files are read and written in real time: the clock is moved on until all is done.
    yield* Effect.whileLoop({
      while: () => fiber.pollUnsafe() === undefined,
      body: () =>
        TestClock.adjust("1 second").pipe(
          Effect.andThen(Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))))
        ),
      step: () => undefined
    })
    return { outcomes: yield* Fiber.join(fiber), asked }
  }).pipe(Effect.scoped)

describe("Archive.run", () => {
  it.effect("goes on where a body ended early without saying so", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* archived((from, nth) => ({
        from,
        total: audio.length,
        body: nth === 1 ? audio.subarray(0, 1000) : audio.subarray(from)
      }))
      assert.deepStrictEqual(asked, [0, 1000])
      const [outcome] = outcomes
      assert.strictEqual(outcome?._tag === "Stored" && outcome.event.sha256, sha256(audio))
    })
  )

  it.effect("does not mix two files: without a word to tell them by it starts over", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* archived((_, nth) => ({
        validator: null,
        body: nth === 1 ? audio.subarray(0, 1000) : audio,
        breaks: nth === 1
      }))
      assert.deepStrictEqual(asked, [0, 0])
      assert.strictEqual(outcomes[0]?._tag === "Stored" && outcomes[0].event.sha256, sha256(audio))
    })
  )

  it.effect("starts over where the rest is of a file of another length", () =>
    Effect.gen(function* () {
      const other = short
      const { asked, outcomes } = yield* archived((from, nth) =>
        nth === 1
          ? { total: 3000, body: audio.subarray(0, 1000), breaks: true }
          : { from, total: other.length, body: other.subarray(from) }
      )
      assert.deepStrictEqual(asked, [0, 1000, 0])
      assert.strictEqual(outcomes[0]?._tag === "Stored" && outcomes[0].event.sha256, sha256(other))
    })
  )

  const elsewhere: ReadonlyArray<readonly [string, Partial<Answer>]> = [
    ["has another validator, and the same length", { validator: '"v2"' }],
    ["has no validator", { validator: null }],
    ["does not say where it begins", { from: null }],
    ["begins after the byte that was asked for", { from: 1001 }],
    ["tells another length", { total: audio.length - 1 }]
  ]
  for (const [what, answer] of elsewhere) {
    it.effect(`starts over where a part ${what}`, () =>
      Effect.gen(function* () {
        const other = wav({ channels: 1, rate: 8000, seconds: 187.5, loud: [0.25] })
        const { asked, outcomes } = yield* archived((from, nth) => {
          if (nth === 1) return { total: audio.length, body: audio.subarray(0, 1000), breaks: true }
          return from === 0
            ? { total: other.length, body: other, validator: '"v2"' }
            : { from, total: other.length, body: other.subarray(from), ...answer }
        })
        assert.deepStrictEqual(asked, [0, 1000, 0])
        assert.strictEqual(outcomes[0]?._tag === "Stored" && outcomes[0].event.sha256, sha256(other))
      })
    )
  }

  it.effect("takes no part for the whole, and says why it was set aside", () =>
    Effect.gen(function* () {
      for (const from of [null, 1000]) {
        const { outcomes } = yield* archived(() => ({ from, total: audio.length, body: audio.subarray(1000) }))
        const [outcome] = outcomes
        if (outcome?._tag !== "Quarantined") return assert.fail()
        assert.strictEqual(outcome.event.reason, "wrong-part")
        assert.include(outcome.event.detail, "the whole was asked for")
      }
    })
  )

  it.effect("asks five times for a body that stays where it is, and leaves it to the next run", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* archived((from) => ({
        from,
        total: audio.length,
        body: audio.subarray(from, from + 10),
        breaks: true
      }))
      assert.deepStrictEqual(asked, [0, 10, 20, 30, 40])
      assert.strictEqual(outcomes[0]?._tag === "Failed" && outcomes[0].error.message.includes("ECONNRESET"), true)
    })
  )

  it.effect("asks as long as a body comes forward", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* archived(
        (from) => ({ from, total: audio.length, body: audio.subarray(from, from + 1_100_000), breaks: true }),
        { attempts: 2 }
      )
      assert.deepStrictEqual(asked, [0, 1_100_000, 2_200_000])
      assert.strictEqual(outcomes[0]?._tag, "Stored")
    })
  )

  it.effect("keeps what had come of a recording that is then gone", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* archived((_, nth) =>
        nth === 1
          ? { total: audio.length, body: audio.subarray(0, 1000), breaks: true }
          : new VobizError.VobizError({
              operation: "Recordings.audio",
              requestId: null,
              reason: new VobizError.NotFound({ status: 404, code: null, detail: null })
            })
      )
      const file = outcomes[0]?._tag === "Gone" ? outcomes[0].event.file : null
      assert.match(file ?? "", /\/quarantine\/a-[0-9a-f]{32}$/)
    })
  )

  it.effect("sets aside what is longer than was announced, or only text", () =>
    Effect.gen(function* () {
      const text = new TextEncoder().encode("Service temporarily unavailable, try again later")
      for (const [body, total, reason] of [
        [audio.subarray(0, 20), 10, "too-long"],
        [text, text.length, "error-page"]
      ] as const) {
        const { asked, outcomes } = yield* archived(() => ({ total, body }))
        assert.strictEqual(outcomes[0]?._tag === "Quarantined" && outcomes[0].event.reason, reason)
        assert.strictEqual(asked.length, 5)
      }
    })
  )

  it.effect("fetches each recording once, though it is listed twice, and none that is still being made", () =>
    Effect.gen(function* () {
      const rows = [recording("b", 1), recording("a", 2), recording("b", 1), recording("c", 3, null)]
      const { asked, outcomes } = yield* archived(() => ({ total: short.length, body: short }), {}, rows)
      assert.deepStrictEqual(outcomes.map(({ _tag, recording }) => [recording.recordingId, _tag]).toSorted(), [
        ["a", "Stored"],
        ["b", "Stored"],
        ["c", "NotReady"]
      ])
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("fetches what the list had before it failed, and then fails as it did", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const { layer } = provider(() => ({ total: short.length, body: short }))
      const found: Array<string> = []
      const error = yield* Archive.run({
        recordings: Stream.concat(Stream.make(recording("a"), recording("b")), Stream.fail(lost)),
        directory,
        settle: 0
      }).pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => found.push(_tag))),
        Effect.flip,
        Effect.provide([layer, folder({ directory })])
      )
      assert.deepStrictEqual(found, ["Stored", "Stored"])
      assert.strictEqual(error, lost)
    }).pipe(Effect.scoped)
  )
})
