import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Window from "../src/Window.ts"

const parse = (from: string | undefined, to: string | undefined, zone = "UTC") =>
  Effect.flatMap(Window.zone(zone), (zone) => Window.parse({ from, to, zone, days: 7 })).pipe(
    Effect.map(({ from, to }) => [DateTime.formatIso(from), DateTime.formatIso(to)])
  )

describe("Window.parse", () => {
  const read: ReadonlyArray<readonly [string, string, string, string, string]> = [
    ["2026-05-10", "2026-05-11", "UTC", "2026-05-10T00:00:00.000Z", "2026-05-11T00:00:00.000Z"],
    ["2026-05-10", "2026-05-11", "Asia/Kolkata", "2026-05-09T18:30:00.000Z", "2026-05-10T18:30:00.000Z"],
    ["2026-05-10", "2026-05-11", "+05:30", "2026-05-09T18:30:00.000Z", "2026-05-10T18:30:00.000Z"],
    ["2026-05-10T18:30:00Z", "2026-05-11 18:30", "UTC", "2026-05-10T18:30:00.000Z", "2026-05-11T18:30:00.000Z"],
    [
      "2026-05-10T00:00:00+05:30",
      "2026-05-10T12:00",
      "Asia/Kolkata",
      "2026-05-09T18:30:00.000Z",
      "2026-05-10T06:30:00.000Z"
    ],
    // The day that the clocks of Berlin go forward has 23 hours.
    ["2026-03-29", "2026-03-30", "Europe/Berlin", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]
  ]
  for (const [from, to, zone, start, end] of read) {
    it.effect(`reads ${from} to ${to} in ${zone}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* parse(from, to, zone), [start, end])
      })
    )
  }

  it.effect("is the last days when nothing is said", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-05-10T10:00:00Z"))
      assert.deepStrictEqual(yield* parse(undefined, undefined), [
        "2026-05-03T10:00:00.000Z",
        "2026-05-10T10:00:00.000Z"
      ])
    })
  )

  for (const wrong of ["yesterday", "2026-02-30", "2026-13-01", "2026-5-1", "20260510", "2026-05-10T25:00:00Z", ""]) {
    it.effect(`refuses ${JSON.stringify(wrong)} by its flag`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(parse(wrong, "2026-06-01"))
        assert.match(error.message, /^--from: /)
        assert.include(error.message, "2026-05-10")
      })
    )
  }
})
