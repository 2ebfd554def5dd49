import { CallDetailRecord, CallDetailRecords, Money, PhoneNumber, Recordings, Trunks, Vobiz } from "@vobiz-effect/core"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, Stream } from "effect"

import { Fixtures } from "../src/index.ts"

describe("Fixtures", () => {
  it("make a CDR and a recording that agree", () => {
    const { cdr, recording } = Fixtures.call()
    assert.strictEqual(recording.callUuid, cdr.uuid)
    assert.deepStrictEqual([recording.startTime, recording.endTime], [cdr.answerTime, cdr.endTime])
    assert.deepStrictEqual(recording.duration, cdr.billsec)
    assert.deepStrictEqual(
      [recording.recordingId, recording.recordingType, recording.recordingFormat, recording.recordingUrl],
      ["recording-call-1", "call", "mp3", "https://media.vobiz.ai/v1/Account/MA_TEST/Recording/recording-call-1.mp3"]
    )
    assert.strictEqual(cdr.duration && Duration.toSeconds(cdr.duration), 65)
    assert.strictEqual(cdr.endTime && DateTime.formatIso(cdr.endTime), "2026-05-10T06:01:05.000Z")
    assert.strictEqual(DateTime.formatIso(recording.addTime), "2026-05-10T06:01:06.000Z")
    assert.strictEqual(CallDetailRecord.isAnswered(cdr), true)
    assert.strictEqual(cdr.from && PhoneNumber.revealE164(cdr.from), "+918045670012")
    assert.strictEqual(cdr.totalCost && Money.format(cdr.totalCost), "0.45 INR")
  })

  it("make a trunk's recording name its call by the SIP call id, without a place in time", () => {
    const { cdr, recording } = Fixtures.call({ uuid: "c7", trunkId: "trunk-1", talk: "61 seconds" })
    assert.strictEqual(recording.recordingType, "trunk")
    assert.strictEqual(recording.callUuid, cdr.sipCallId)
    assert.notStrictEqual(recording.callUuid, cdr.uuid)
    assert.deepStrictEqual([recording.startTime, recording.endTime, cdr.trunkId], [null, null, "trunk-1"])
    assert.strictEqual(recording.roundedDuration && Duration.toSeconds(recording.roundedDuration), 120)
    assert.strictEqual(cdr.totalCost && Money.format(cdr.totalCost), "0.9 INR")
  })

  it("make a call that nobody answered", () => {
    const { cdr } = Fixtures.call({ talk: 0 })
    assert.isNull(cdr.answerTime)
    assert.strictEqual(cdr.totalCost && Money.format(cdr.totalCost), "0 INR")
    assert.strictEqual(CallDetailRecord.isAnswered(cdr), false)
  })

  it.effect("fill the lists of an account in memory", () =>
    Effect.gen(function* () {
      const { stream } = yield* Recordings.Recordings
      const recordings = yield* Stream.runCollect(stream())
      const cdrs = yield* Stream.runCollect(
        (yield* CallDetailRecords.CallDetailRecords).stream({
          from: DateTime.makeUnsafe("2026-05-10"),
          to: DateTime.makeUnsafe("2026-05-11")
        })
      )
      const trunks = yield* Stream.runCollect((yield* Trunks.Trunks).stream)
      assert.deepStrictEqual(
        [recordings, cdrs, trunks].map((rows) => rows.length),
        [1, 1, 1]
      )
      const audio = yield* Stream.runCollect(
        (yield* Recordings.Recordings).audio(recordings[0] ?? Fixtures.call().recording)
      )
      assert.strictEqual(Buffer.concat(audio).toString(), "recording-call-1")
    }).pipe(
      Effect.provide(
        Vobiz.layerTest({
          recordings: [Fixtures.call().recording],
          cdrs: [Fixtures.call().cdr],
          trunks: [Fixtures.trunk()],
          audio: ({ recordingId }) => Buffer.from(recordingId)
        })
      )
    )
  )
})
