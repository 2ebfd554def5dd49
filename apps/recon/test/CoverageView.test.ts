import { assert, describe, it } from "@vobiz-effect/test-support"
import { PhoneNumber } from "@vobiz-effect/core"
import { Coverage, DuckDb, Policy } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as CoverageView from "../src/CoverageView.ts"
import * as Reconcile from "../src/Reconcile.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 60, days: 2, until })

const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layerVobiz({ account }), DuckDb.DuckDb.layer({ threads: 1 }))

const text = (result: Reconcile.Result, reveal: boolean) =>
  CoverageView.csv(result, { reveal }).pipe(
    Stream.decodeText,
    Stream.mkString,
    Effect.map((csv) => csv.split("\r\n"))
  )

describe("CoverageView.csv", () => {
  it.effect("has a row of all, and one of each day, trunk and number, with its classes, bounds and times", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(DateTime.add(until, { days: 2 }).epochMilliseconds)
      const zone = Option.getOrThrow(Zone.parse("Asia/Kolkata"))
      const result = yield* Reconcile.run({
        window: { from: account.from, to: account.until },
        settings: { policy: Policy.short({ voiceApi: "must" }) }
      })
      const shown: Reconcile.Result = {
        ...result,
        zone,
        classes: {
          recorded: 10,
          partly: 2,
          unusable: 3,
          missing: 4,
          undetermined: 1,
          unjudged: 6,
          excused: 5,
          excluded: 7
        },
        coverage: { lower: { numerator: 1, denominator: 3 }, upper: { numerator: 2, denominator: 3 } },
        talk: { ...result.talk, base: 4000, least: 1500, most: 2500, excused: 500 }
      }
      const [header, all, ...groups] = yield* text(shown, false)
      assert.strictEqual(
        header,
        "by,key,required,recorded,partly,unusable,missing,undetermined,unjudged,excused,excluded,lower_percent,upper_percent,unexcused_lower_percent,talk_seconds,recorded_seconds_least,recorded_seconds_most,excused_seconds"
      )
      // Ten of 20 that had to be recorded, and of 25 with those that are excused.
      assert.strictEqual(all, "all,,20,10,2,3,4,1,6,5,7,33.333333,66.666666,40,4,1.5,2.5,0.5")
      const rows = (by: string, key: (key: string) => string, of: ReadonlyArray<Coverage.Group>) =>
        of.map(({ classes, key: name, talk }) => {
          const { lower, upper } = Coverage.within(result.margin)(classes)
          const unexcused = Coverage.within(result.margin)(Coverage.unexcused(classes)).lower
          return [
            by,
            name === null ? "" : key(name),
            Coverage.required(classes),
            classes.recorded,
            classes.partly,
            classes.unusable,
            classes.missing,
            classes.undetermined,
            classes.unjudged,
            classes.excused,
            classes.excluded,
            ...[lower, upper, unexcused].map((ratio) => (ratio === null ? "" : Number(Coverage.percent(ratio, 6)))),
            ...[talk.base, talk.least, talk.most, talk.excused].map((millis) => millis / 1000)
          ].join()
        })
      const days = yield* Coverage.byDay(result.schema, zone.zone)
      const trunks = yield* Coverage.byTrunk(result.schema)
      const numbers = yield* Coverage.byNumber(result.schema)
      assert.deepStrictEqual(
        [days, trunks, numbers].map(({ length }) => length),
        [3, 5, 6]
      )
      const same = [...rows("day", (key) => key, days), ...rows("trunk", (key) => key, trunks)]
      assert.deepStrictEqual(groups, [
        ...same,
        ...rows("number", (key) => `'${PhoneNumber.maskDigits(key)}`, numbers),
        ""
      ])
      assert.deepStrictEqual((yield* text(shown, true)).slice(2), [
        ...same,
        ...rows("number", (key) => key, numbers),
        ""
      ])
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})

describe("CoverageView.lateness", () => {
  const none = { calls: 0, median: null, p90: null, p99: null, longest: null }
  const some = {
    calls: 7,
    median: Duration.millis(1499),
    p90: Duration.millis(61_500),
    p99: Duration.hours(2),
    longest: null
  }

  it("says how long recordings took, to the second", () => {
    assert.deepStrictEqual(CoverageView.lateness(none), [])
    assert.deepStrictEqual(CoverageView.lateness(some), [
      "Recordings came within 1s of the call's end for half of the calls, 1m 2s for 90%, 2h for 99%, and unknown at most."
    ])
  })

  it("is plain data in seconds", () => {
    assert.deepStrictEqual<object>(CoverageView.latenessReport(some), {
      calls: 7,
      median: 1.499,
      p90: 61.5,
      p99: 7200,
      longest: null
    })
  })
})
