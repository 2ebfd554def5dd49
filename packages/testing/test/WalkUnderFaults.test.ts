import { assert, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import { CallDetailRecords, Recordings, RetryPolicy, Vobiz } from "@vobiz-effect/core"
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import { FakeVobiz, FaultPlan } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Schedule, Stream } from "effect"

import { small, withFake } from "./utils.ts"

// Lists are walked over HTTP while everything of the fault plan happens to them. Failing requests wait in real time, as
// the sockets do, so the waits are short.

const quick = Layer.unwrap(
  Effect.map(FakeVobiz.FakeVobiz, ({ settings }) =>
    Vobiz.layer({ ...settings, concurrency: 4, attemptTimeout: "400 millis" })
  )
).pipe(
  Layer.provide(
    RetryPolicy.layer({
      schedule: Schedule.min([Schedule.exponential("1 millis"), Schedule.spaced("5 millis")]).pipe(
        Schedule.jittered,
        Schedule.upTo({ times: 4 })
      )
    })
  )
)

/** A generator of whole numbers below n, by a seed. */
const randomOf = (seed: number) => {
  let state = seed * 2_654_435_761
  return (n: number) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return (state >>> 8) % n
  }
}

/** Some of the faults, each at some of the requests. */
const planOf = (seed: number): FaultPlan.FaultPlan => {
  const below = randomOf(seed)
  const faults: ReadonlyArray<FaultPlan.Fault> = [
    {
      _tag: "RateLimited",
      seconds: 0,
      retryAfter: (["header-seconds", "header-date", "body", "none"] as const)[below(4)] ?? "none"
    },
    { _tag: "ServerError", status: ([500, 502, 503, 504] as const)[below(4)] ?? 500 },
    { _tag: "Reset" },
    { _tag: "TruncatedBody" },
    { _tag: "SlowBody", chunkBytes: 4000, pauseMillis: 1 },
    { _tag: "StalledBody", afterBytes: 100 },
    { _tag: "WrongJson" },
    { _tag: "Ok200WithError" },
    { _tag: "MalformedRow" },
    { _tag: "InsertBetweenPages", count: below(30) + 1 },
    { _tag: "DeleteBetweenPages", count: below(30) + 1 },
    { _tag: "DuplicateRows", count: below(3) + 1 },
    { _tag: "NeverNullNext" },
    { _tag: "LyingTotal", delta: [-3, -1, 2, 7][below(4)] ?? 2 }
  ]
  const rules = faults.flatMap((fault): ReadonlyArray<FaultPlan.Rule> => {
    if (below(100) >= (fault._tag === "MalformedRow" ? 10 : 25)) return []
    const steady = fault._tag === "NeverNullNext" || fault._tag === "LyingTotal"
    return [
      steady
        ? { fault, on: lists, times: "always" }
        : { fault, on: lists, first: below(6) + 1, times: below(3) + 1, probability: 0.5 + below(6) / 10 }
    ]
  })
  return { seed, rules }
}

const lists = ["recordings.list", "cdrs.list"] as const

interface Walked {
  readonly ids: ReadonlyArray<string>
  readonly proof: ExtractProof
  /** The tag of the reason it ended for, or `null` at the list's end. */
  readonly failed: string | null
}

const walk = <Row, E extends { readonly reason: { readonly _tag: string } }>(
  extract: Effect.Effect<{ readonly rows: Stream.Stream<Row, E>; readonly proof: Effect.Effect<ExtractProof> }>,
  id: (row: Row) => string
) =>
  Effect.gen(function* () {
    const { proof, rows } = yield* extract
    const ids: Array<string> = []
    const failed = yield* Stream.runForEach(rows, (row) => Effect.sync(() => void ids.push(id(row)))).pipe(
      Effect.as(null),
      Effect.catch(({ reason }) => Effect.succeed(reason._tag))
    )
    return { ids, proof: yield* proof, failed } satisfies Walked
  })

const recordings = Effect.flatMap(Recordings.Recordings, (service) =>
  walk(service.extract(), ({ recordingId }) => recordingId)
)

const days = { from: DateTime.subtract(small.from, { days: 2 }), to: DateTime.add(small.until, { days: 2 }) }

const cdrs = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) =>
  walk(service.extract(days), ({ id, uuid }) => `${id}/${uuid}`)
)

const seeds = Seed.seeds(Effort.sized({ quick: 12, full: 40 }))

describe("A walk of a list under the whole fault plan", () => {
  for (const [name, list] of [
    ["recordings", recordings],
    ["CDRs", cdrs]
  ] as const) {
    it.live(`reads all ${name}, or says that it did not`, () =>
      Effect.gen(function* () {
        const verdicts: Record<string, number> = {}
        for (const seed of seeds) {
          yield* Effect.gen(function* () {
            const fake = yield* FakeVobiz.FakeVobiz
            const before = yield* list
            yield* fake.setFaults(planOf(seed))
            const { failed, ids, proof } = yield* list
            yield* fake.setFaults(FaultPlan.none)
            const after = yield* list
            const still = new Set(after.ids)
            const held = before.ids.filter((id) => still.has(id))
            const read = new Set(ids)
            const story = `seed ${seed}: ${JSON.stringify(planOf(seed).rules)}, ${failed ?? "read to its end"}, ${proof.verdict}`
            assert.strictEqual(before.proof.verdict, "complete", story)
            assert.strictEqual(read.size, ids.length, `a row twice; ${story}`)
            if (proof.verdict === "complete") {
              assert.deepStrictEqual(
                held.filter((id) => !read.has(id)),
                [],
                `silently lost; ${story}`
              )
              assert.isNull(failed, story)
            }
            if (failed !== null) assert.strictEqual(proof.verdict, "not-provable", story)
            verdicts[proof.verdict] = (verdicts[proof.verdict] ?? 0) + 1
          }).pipe(Effect.provide(quick), withFake({ pageCap: [20, 100][seed % 2] ?? 20 }))
        }
        if (!Effort.isFull) return
        // Each of the three verdicts is seen, or the seeds try nothing.
        assert.sameMembers(Object.keys(verdicts), ["complete", "in-doubt", "not-provable"])
      })
    )
  }
})
