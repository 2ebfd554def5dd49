import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect, Option } from "effect"

import { Zone } from "../src/index.ts"

describe("Zone", () => {
  const instant = DateTime.makeUnsafe("2026-05-10T20:15:30.250Z")

  for (const [name, moment, iso] of [
    ["UTC", "2026-05-10 20:15:30", "2026-05-10T20:15:30Z"],
    ["asia/kolkata", "2026-05-11 01:45:30", "2026-05-11T01:45:30+05:30"],
    ["+05:30", "2026-05-11 01:45:30", "2026-05-11T01:45:30+05:30"],
    ["America/New_York", "2026-05-10 16:15:30", "2026-05-10T16:15:30-04:00"]
  ] as const) {
    it.effect(`prints instants in ${name}, and keeps how it was spelt`, () =>
      Effect.gen(function* () {
        const zone = yield* Effect.fromOption(Zone.parse(name))
        assert.deepStrictEqual([zone.name, Zone.moment(instant, zone), Zone.iso(instant, zone)], [name, moment, iso])
      })
    )
  }

  it("is none where there is no such zone", () => {
    for (const name of ["Mars/Olympus", "+99:99", "+14:01", "-05:60", "GMT+05:30", ""]) {
      assert.isTrue(Option.isNone(Zone.parse(name)), name)
    }
    for (const name of ["+14:00", "-12:00", "+05:45"]) assert.isTrue(Option.isSome(Zone.parse(name)), name)
  })

  it("is that of the policy, or UTC", () => {
    assert.strictEqual(Zone.ofPolicy({ zone: "Asia/Kolkata" }).name, "Asia/Kolkata")
    assert.deepStrictEqual([Zone.ofPolicy({}), Zone.ofPolicy({ zone: "Mars/Olympus" })], [Zone.utc, Zone.utc])
  })
})
