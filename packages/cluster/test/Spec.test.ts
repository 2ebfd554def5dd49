import { Account } from "@vobiz-effect/reconcile"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, Schema } from "effect"

import { Audio, Capacity, Spec } from "../src/index.ts"
import * as Units from "../src/internal/units.ts"

const at = DateTime.makeUnsafe

const spec: Spec.Spec = {
  account: "MA_1",
  from: at("2026-05-08T06:00:00Z"),
  to: at("2026-05-10T00:00:00Z"),
  settings: Account.settings({ settle: Duration.minutes(30), longestCall: Duration.hours(2) })
}

describe("a spec", () => {
  it("names its run, and the places of it in the lake", () => {
    const run = Spec.runOf(spec)
    assert.match(run, /^[0-9a-f]{24}$/)
    assert.strictEqual(Spec.accountOf("MA_1"), "account=MA_1")
    assert.strictEqual(Spec.folderOf({ account: "MA_1", run: "r" }), "account=MA_1/run=r")
    assert.strictEqual(Spec.placeOf(spec), `account=MA_1/run=${run}`)
    assert.strictEqual(Audio.placeOf("MA_1"), "account=MA_1/archive")
  })

  it("names another run for another of any of its parts", () => {
    const { settings } = spec
    const others: ReadonlyArray<Spec.Spec> = [
      { ...spec, account: "MA_2" },
      { ...spec, from: at("2026-05-08T06:00:01Z") },
      { ...spec, to: at("2026-05-10T00:00:01Z") },
      { ...spec, asOf: at("2026-05-11T00:00:00Z") },
      { ...spec, archive: true },
      { ...spec, settings: Account.settings({ settle: Duration.minutes(31), longestCall: Duration.hours(2) }) },
      { ...spec, settings: Account.settings({ settle: Duration.minutes(30), longestCall: Duration.hours(3) }) },
      { ...spec, settings: { ...settings, account: "MA_3" } },
      { ...spec, settings: { ...settings, skew: Duration.seconds(7) } },
      { ...spec, settings: { ...settings, retention: Duration.seconds(7) } }
    ]
    assert.strictEqual(new Set([spec, ...others].map(Spec.runOf)).size, others.length + 1)
    assert.strictEqual(Spec.runOf({ ...spec }), Spec.runOf(spec))
  })

  it("has as days those on which recordings of its calls are added", () => {
    const days = (of: Spec.Spec) =>
      Audio.daysOf(of).map(({ from, to }) => `${DateTime.formatIso(from)} ${DateTime.formatIso(to)}`)
    assert.deepStrictEqual(days(spec), [
      "2026-05-08T06:00:00.000Z 2026-05-09T00:00:00.000Z",
      "2026-05-09T00:00:00.000Z 2026-05-10T00:00:00.000Z",
      "2026-05-10T00:00:00.000Z 2026-05-10T02:30:00.000Z"
    ])
    // One that ends with a day has none of the next.
    assert.deepStrictEqual(days({ ...spec, to: at("2026-05-08T21:30:00Z") }), [
      "2026-05-08T06:00:00.000Z 2026-05-09T00:00:00.000Z"
    ])
    assert.lengthOf(days({ ...spec, to: at("2026-05-08T21:30:01Z") }), 2)
  })

  it("has three lists and one reconciliation for units, and a unit for each day of audio", () => {
    assert.strictEqual(Units.countOf(spec), 4)
    assert.strictEqual(Units.countOf({ ...spec, archive: false }), 4)
    assert.strictEqual(Units.countOf({ ...spec, archive: true }), 7)
  })
})

describe("what became of recordings", () => {
  it.effect("is read as it was kept before some were counted, as none of those", () =>
    Effect.gen(function* () {
      const kept = { Stored: 1, Kept: 2, NotReady: 3, Gone: 4, Quarantined: 5, Failed: 6, bytes: 7 }
      assert.deepStrictEqual(yield* Schema.decodeEffect(Audio.Summary)(kept), { ...kept, Removed: 0, Flawed: 0 })
      const all = { ...kept, Removed: 8, Flawed: 9 }
      assert.deepStrictEqual(yield* Schema.decodeEffect(Audio.Summary)(all), all)
    })
  )
})

describe("the capacity of a runner", () => {
  const of = (options?: Capacity.Options) =>
    Effect.map(Capacity.Capacity, ({ rowsPerFile, units }) => ({ rowsPerFile, units })).pipe(
      Effect.provide(Capacity.Capacity.layer(options))
    )

  it.effect("is two units of 20,000 rows, or what is asked for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of(), { rowsPerFile: 20_000, units: 2 })
      assert.deepStrictEqual(yield* of({ rowsPerFile: 5 }), { rowsPerFile: 5, units: 2 })
      assert.deepStrictEqual(yield* of({ units: 3 }), { rowsPerFile: 20_000, units: 3 })
    })
  )
})
