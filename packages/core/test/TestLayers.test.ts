import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect, Stream } from "effect"

import { CallDetailRecord, CallDetailRecords, Recording, Recordings, Trunk, Trunks } from "../src/index.ts"

const at = (second: number) => DateTime.makeUnsafe(Date.UTC(2026, 4, 1, 12, 0, second))
const ids = Array.from({ length: 145 }, (_, n) => `r${n}`)

const recordings = ids.map((recordingId, n) => Recording.make({ recordingId, callUuid: `c${n}`, addTime: at(145 - n) }))
const records = ids.map((uuid, n) => CallDetailRecord.make({ uuid, startTime: at(145 - n) }))
const trunks = ids.map((trunkId) => Trunk.make({ trunkId }))

const outcome = <A, E extends { readonly reason: { readonly _tag: string } }>(self: Effect.Effect<A, E>) =>
  Effect.match(self, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "found" })

describe("recordings in memory", () => {
  const using = <A, E>(use: (service: Recordings.Recordings["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(Recordings.Recordings, use).pipe(Effect.provide(Recordings.Recordings.layerTest({ recordings })))

  it.effect("come in pages of 100, the last of which says that it is", () =>
    using(({ page }) =>
      Effect.gen(function* () {
        const first = yield* page()
        assert.deepStrictEqual([first.offset, first.limit, first.totalCount, first.hasNext], [0, 100, 145, true])
        assert.deepStrictEqual(
          first.recordings.map(({ recordingId }) => recordingId),
          ids.slice(0, 100)
        )
        assert.isTrue((yield* page({ offset: 44 })).hasNext)
        const last = yield* page({ offset: 45 })
        assert.deepStrictEqual([last.recordings.length, last.hasNext], [100, false])
        assert.deepStrictEqual(
          (yield* page({ callUuid: "c7" })).recordings.map((one) => one.recordingId),
          ["r7"]
        )
      })
    )
  )

  it.effect("are of the span from `since` on and before `until`", () =>
    using(({ stream }) =>
      Effect.gen(function* () {
        const got = yield* Stream.runCollect(stream({ since: at(10), until: at(13) }))
        assert.deepStrictEqual(
          got.map(({ addTime }) => addTime.epochMilliseconds),
          [12, 11, 10].map((n) => at(n).epochMilliseconds)
        )
      })
    )
  )

  it.effect("are found by their id until they are removed", () =>
    using(({ get, remove }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* get("r3")).callUuid, "c3")
        assert.strictEqual(yield* outcome(get("r999")), "NotFound")
        yield* remove("r3")
        assert.strictEqual(yield* outcome(get("r3")), "NotFound")
        assert.strictEqual(yield* outcome(remove("r3")), "NotFound")
      })
    )
  )
})

describe("CDRs in memory", () => {
  const using = <A, E>(use: (service: CallDetailRecords.CallDetailRecords["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(CallDetailRecords.CallDetailRecords, use).pipe(
      Effect.provide(CallDetailRecords.CallDetailRecords.layerTest({ records }))
    )
  const window = { from: at(0), to: at(200) }

  it.effect("come in pages of 100, the last of which says that it is", () =>
    using(({ page }) =>
      Effect.gen(function* () {
        const first = yield* page(window)
        assert.deepStrictEqual([first.page, first.perPage, first.total, first.hasNext], [1, 100, 145, true])
        const full = yield* page({ ...window, page: 5, perPage: 29 })
        assert.deepStrictEqual(
          full.records.map(({ uuid }) => uuid),
          ids.slice(116)
        )
        assert.isFalse(full.hasNext)
        assert.isTrue((yield* page({ ...window, page: 2, perPage: 72 })).hasNext)
      })
    )
  )

  it.effect("that are recent are the first 20, or as many as are asked for", () =>
    using(({ recent }) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(
          (yield* recent()).map(({ uuid }) => uuid),
          ids.slice(0, 20)
        )
        assert.deepStrictEqual(
          (yield* recent(2)).map(({ uuid }) => uuid),
          ids.slice(0, 2)
        )
      })
    )
  )

  it.effect("are found by their id", () =>
    using(({ get }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* get("r3")).uuid, "r3")
        assert.strictEqual(yield* outcome(get("r999")), "NotFound")
      })
    )
  )
})

describe("trunks in memory", () => {
  const using = <A, E>(use: (service: Trunks.Trunks["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(Trunks.Trunks, use).pipe(Effect.provide(Trunks.Trunks.layerTest({ trunks })))

  it.effect("come in pages of 100, and are found by their id", () =>
    using(({ get, page }) =>
      Effect.gen(function* () {
        const first = yield* page()
        assert.deepStrictEqual([first.offset, first.limit, first.totalCount, first.hasNext], [0, 100, 145, true])
        assert.isTrue((yield* page({ offset: 44 })).hasNext)
        assert.isFalse((yield* page({ offset: 45 })).hasNext)
        assert.strictEqual((yield* get("r3")).trunkId, "r3")
        assert.strictEqual(yield* outcome(get("r999")), "NotFound")
      })
    )
  )
})
