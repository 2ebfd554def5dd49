import { assert, it } from "@effect/vitest"
import { Recordings } from "@vobiz-effect/core"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Stream } from "effect"

const account = Simulator.make({
  seed: 42,
  calls: 200,
  days: 3,
  until: DateTime.makeUnsafe("2026-08-15T06:00:00Z")
})

it.live("counts the trunk recordings, though the server stumbles", () =>
  Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const count = yield* Stream.runCount(recordings.stream({ recordingType: "trunk" }))

    const listed = Simulator.recordingsAt(account, account.until)
    assert.strictEqual(count, listed.filter((row) => row.recording_type === "trunk").length)

    const fake = yield* FakeVobiz.FakeVobiz
    const statuses = (yield* fake.requests).map(({ status }) => status)
    assert.deepStrictEqual(statuses.slice(0, 2), [503, 200])
  }).pipe(
    Effect.provide(
      FakeVobiz.FakeVobiz.layerVobiz({
        account,
        pageCap: 20,
        faults: FaultPlan.one({ _tag: "ServerError", status: 503 }, { on: ["recordings.list"] })
      })
    )
  )
)
