import { assert, describe, it } from "@vobiz-effect/test-support"
import { FakeVobiz, type FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Stream } from "effect"

import { CallDetailRecords, Recordings, RetryPolicy, Vobiz } from "../src/index.ts"

const until = DateTime.makeUnsafe("2026-05-10T00:00:00Z")
const account = Simulator.make({ seed: 5, calls: 260, days: 6, until })
/** A window whose list stands still, and one that calls can still come into. */
const windows = {
  past: { from: account.from, to: DateTime.subtract(until, { days: 3 }) },
  growing: { from: account.from, to: until }
}

const fake = FakeVobiz.FakeVobiz.layer({ account, now: until })

const vobiz = Layer.unwrap(
  Effect.map(FakeVobiz.FakeVobiz, ({ settings }) => Vobiz.layer({ ...settings, concurrency: 4 }))
).pipe(Layer.provide(RetryPolicy.layer(RetryPolicy.none)))

/** Reads a list under a fault: its ids, its proof, and the number of requests. */
const reading = (fault: FaultPlan.Fault, first: number, list: "recordings" | keyof typeof windows) =>
  Effect.gen(function* () {
    const server = yield* FakeVobiz.FakeVobiz
    yield* server.setFaults({ rules: [{ fault, on: ["recordings.list", "cdrs.list"], first, times: "always" }] })
    yield* server.forgetRequests
    const recordings = yield* Recordings.Recordings
    const cdrs = yield* CallDetailRecords.CallDetailRecords
    const { proof, rows } =
      list === "recordings"
        ? yield* Effect.map(recordings.extract(), ({ proof, rows }) => ({
            proof,
            rows: Stream.map(rows, ({ recordingId }) => recordingId)
          }))
        : yield* Effect.map(cdrs.extract(windows[list]), ({ proof, rows }) => ({
            proof,
            rows: Stream.map(rows, ({ id }) => String(id))
          }))
    const exit = yield* Effect.exit(Stream.runCollect(rows))
    return { exit, proof: yield* proof, requests: (yield* server.requests).length }
  }).pipe(Effect.provide(Layer.provideMerge(vobiz, Layer.orDie(fake))))

describe("a page cap that falls while a still list is read", () => {
  for (const list of ["recordings", "past", "growing"] as const) {
    // As many requests as pages that the rows need, and a few for the head, the end and what was asked for in vain.
    for (const [cap, first, needed] of [
      [20, 2, { recordings: 9, past: 11, growing: 14 }],
      [20, 4, { recordings: 5, past: 6, growing: 6 }],
      [30, 3, { recordings: 5, past: 7, growing: 9 }],
      [7, 2, { recordings: 18, past: 25, growing: 31 }],
      [1, 3, { recordings: 6, past: 45, growing: 90 }],
      [99, 2, { recordings: 5, past: 6, growing: 6 }]
    ] as const) {
      it.live(`${list}: 100 → ${cap} at request ${first}`, () =>
        Effect.gen(function* () {
          const whole = yield* reading({ _tag: "LowerCap", cap: 100 }, 1, list)
          const { exit, proof, requests } = yield* reading({ _tag: "LowerCap", cap }, first, list)
          assert.strictEqual(exit._tag, "Success", String(exit))
          assert.strictEqual(whole.exit._tag, "Success")
          if (exit._tag !== "Success" || whole.exit._tag !== "Success") return
          assert.deepStrictEqual(new Set(exit.value), new Set(whole.exit.value))
          assert.strictEqual(exit.value.length, whole.exit.value.length)
          assert.strictEqual(proof.verdict, "complete", JSON.stringify(proof.doubts))
          assert.strictEqual(requests, needed[list])
        })
      )
    }
  }
})

describe("a list that gets nowhere", () => {
  for (const [name, fault, ended, verdict, needed] of [
    [
      "refuses deep offsets",
      { _tag: "RefusedOffset", rows: 60 },
      "Failure",
      "not-provable",
      { recordings: 2, past: 2, growing: 2 }
    ],
    [
      "never says that it ends",
      { _tag: "NeverNullNext" },
      "Success",
      "complete",
      { recordings: 5, past: 6, growing: 6 }
    ],
    [
      "counts far too many",
      { _tag: "LyingTotal", delta: 100_000 },
      "Success",
      "in-doubt",
      { recordings: 13, past: 17, growing: 17 }
    ]
  ] as const) {
    for (const list of ["recordings", "past", "growing"] as const) {
      it.live(`${list}: that ${name} is left after a few pages`, () =>
        Effect.gen(function* () {
          const { exit, proof, requests } = yield* reading(fault, 1, list)
          assert.deepStrictEqual([exit._tag, proof.verdict, requests], [ended, verdict, needed[list]])
        })
      )
    }
  }
})
