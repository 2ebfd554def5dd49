/** By which name rules know a trunk. */
import { assert, layer } from "@vobiz-effect/test-support"
import { Effect } from "effect"

import { Policy } from "../src/index.ts"
import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const named = (id: string, name: string) => Object.assign({}, Make.trunk(id, true), { name })

/** A trunk as it was seen under a name, until so many seconds from the window's start. */
const seen = (id: string, name: string, last: number) =>
  Object.assign({}, Make.trunkSeen(id, true, { first: -86_400, last }), { name })

layer(Judged.database)("a trunk", (it) => {
  it.effect("has the name that it is listed with, and else the last that it was seen with", () =>
    Effect.gen(function* () {
      const policy: Policy.Policy = {
        ...Policy.short({}),
        rules: [{ name: "sales", verdict: "must", when: { trunks: ["sales"] } }],
        default: "may"
      }
      const ids = ["listed", "renamed", "was", "gone", "was gone"]
      const { findings } = yield* Judged.run(
        {
          cdrs: ids.map((trunk, nth) => Make.cdr({ uuid: trunk, trunk, start: 36_000 + 1000 * nth })),
          trunks: [named("listed", "sales"), named("renamed", "sales"), named("was", "support")],
          trunkHistory: [
            seen("renamed", "support", 86_400),
            seen("was", "sales", 86_400),
            seen("gone", "support", 0),
            seen("gone", "sales", 86_400),
            seen("was gone", "sales", 0),
            seen("was gone", "support", 86_400)
          ]
        },
        { policy }
      )
      assert.deepStrictEqual(findings.map(Judged.brief).toSorted(), [
        "gone missing",
        "listed missing",
        "renamed missing",
        "was gone not-expected by-rule may",
        "was not-expected by-rule may"
      ])
    })
  )
})
