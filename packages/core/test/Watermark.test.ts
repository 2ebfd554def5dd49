import { assert, describe, it } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Checkpoint, Watermark } from "../src/index.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 9, calls: 900, days: 3, until })
const start = account.from

const layer = Layer.merge(FakeVobiz.FakeVobiz.layerVobiz({ account, pageCap: 20 }), Checkpoint.Checkpoint.layerMemory)

const shown = account.recordings.filter(({ availableAt }) => availableAt <= until.epochMilliseconds)

const read = (lookBack: "1 hour" | "0 millis" = "1 hour") =>
  Effect.gen(function* () {
    const server = yield* FakeVobiz.FakeVobiz
    yield* server.forgetRequests
    const { proof, rows, since } = yield* Watermark.recordings({ name: "recordings", lookBack, start })
    const ids = yield* rows.pipe(
      Stream.map(({ recordingId }) => recordingId),
      Stream.runCollect
    )
    return { ids, since, proof: yield* proof, requests: (yield* server.requests).length }
  })

describe("Watermark.recordings", () => {
  it.effect("reads all the first time, and then what is new and a look-back", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(until.epochMilliseconds)
      const first = yield* read()
      assert.strictEqual(first.ids.length, shown.length)

      yield* TestClock.setTime(until.epochMilliseconds + 86_400_000)
      const server = yield* FakeVobiz.FakeVobiz
      const news = [1, 2, 3].map(
        (index) =>
          Simulator.oneMore(account, index, DateTime.makeUnsafe(until.epochMilliseconds + index * 60_000)).recording
      )
      yield* server.setNow(DateTime.makeUnsafe(until.epochMilliseconds + 86_400_000))
      yield* server.insertRecordings(news)

      const second = yield* read()
      assert.strictEqual(second.since.epochMilliseconds, until.epochMilliseconds - 3_600_000)
      assert.includeMembers(
        second.ids,
        news.map(({ row }) => row.recording_id)
      )
      // All pages of 20, and the first again, which shows that nothing came meanwhile.
      assert.deepStrictEqual([first.requests, second.requests], [36, 1])
      assert.deepStrictEqual(
        [second.proof.verdict, second.proof.since?.epochMilliseconds],
        ["complete", second.since.epochMilliseconds]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("does not move on what is not proved, nor before the rows are read", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(until.epochMilliseconds)
      const server = yield* FakeVobiz.FakeVobiz
      const checkpoint = yield* Checkpoint.Checkpoint
      yield* server.setFaults(
        FaultPlan.one({ _tag: "LyingTotal", delta: 3 }, { on: ["recordings.list"], times: "always" })
      )
      assert.strictEqual((yield* read()).proof.verdict, "in-doubt")
      assert.isNull(yield* checkpoint.load("recordings"))

      yield* server.setFaults(FaultPlan.none)
      const { rows } = yield* Watermark.recordings({ name: "recordings", lookBack: "1 hour", start })
      yield* Stream.runDrain(Stream.take(rows, 5))
      assert.isNull(yield* checkpoint.load("recordings"))
      yield* Stream.runDrain(rows)
      assert.isNotNull(yield* checkpoint.load("recordings"))
    }).pipe(Effect.provide(layer))
  )

  it.effect("refuses a watermark that is damaged or of another list, and leaves it as it is", () =>
    Effect.gen(function* () {
      const checkpoint = yield* Checkpoint.Checkpoint
      yield* checkpoint.save("recordings", "{}")
      assert.include((yield* Effect.flip(read())).message, "checkpoint recordings: it is damaged")
      const other = JSON.stringify({ version: 1, identity: "CDRs of MA_OTHER", asOf: "2026-11-20T00:00:00.000Z" })
      yield* checkpoint.save("recordings", other)
      assert.include((yield* Effect.flip(read())).message, "MA_OTHER")
      assert.strictEqual(yield* checkpoint.load("recordings"), other)
    }).pipe(Effect.provide(layer))
  )
})

describe("Watermark.callDetailRecords", () => {
  it.effect("asks from the watermark less the look-back to now", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(until.epochMilliseconds)
      const { rows } = yield* Watermark.callDetailRecords({ name: "cdrs", lookBack: "4 hours", start })
      const first = (yield* Stream.runCollect(rows)).map(({ startTime }) => startTime.epochMilliseconds)
      yield* TestClock.setTime(until.epochMilliseconds + 60_000)
      const second = yield* Watermark.callDetailRecords({ name: "cdrs", lookBack: "4 hours", start })
      assert.strictEqual(second.since.epochMilliseconds, until.epochMilliseconds - 4 * 3_600_000)
      const again = yield* Stream.runCollect(second.rows)
      const recent = first.filter((startTime) => startTime >= second.since.epochMilliseconds)
      assert.deepStrictEqual([first.length, recent.length], [974, 9])
      assert.deepStrictEqual(
        again.map(({ startTime }) => startTime.epochMilliseconds),
        recent
      )
      assert.strictEqual((yield* second.proof).verdict, "complete")
    }).pipe(Effect.provide(layer))
  )
})
