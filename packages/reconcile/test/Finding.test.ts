import { assert, it } from "@vobiz-effect/test-support"
import { Effect, Stream } from "effect"

import { DuckDb, Finding, Policy, Reconciliation } from "../src/index.ts"
import * as Make from "./utils.ts"

it.effect("absence is doubted where its list is not proved whole, and nothing else is", () =>
  Effect.gen(function* () {
    const { findings } = yield* Reconciliation.run({
      cdrs: Stream.make(
        Make.cdr({ uuid: "call", id: 1, sip: "s" }),
        Make.cdr({ uuid: "recorded", start: 40_000, talk: 60 })
      ),
      recordings: Stream.make(
        Make.recording({ id: "r1", call: "recorded", length: 10.5 }),
        Make.recording({ id: "orphan", call: "nobody" })
      ),
      trunks: Stream.empty,
      window: Make.window,
      asOf: Make.asOf,
      options: { policy: Policy.short({ voiceApi: "must" }) }
    })
    const told = yield* Stream.runCollect(findings)
    const doubted = (proved: { readonly cdrs: boolean; readonly recordings: boolean }) =>
      told.flatMap((finding) => {
        const now = Finding.doubting(proved)(finding)
        const list = /the list of (\S+) is not proved whole/.exec(now.explanation)?.[1]
        return list === undefined ? [] : [[now.code, list, now.nextStep.startsWith("Run again")]]
      })
    assert.includeMembers(
      told.map(({ code }) => code),
      ["missing", "orphan", "duration-mismatch"]
    )
    assert.deepStrictEqual(doubted({ cdrs: true, recordings: true }), [])
    assert.deepStrictEqual(doubted({ cdrs: true, recordings: false }), [["missing", "recordings", true]])
    assert.deepStrictEqual(doubted({ cdrs: false, recordings: true }), [["orphan", "CDRs", true]])
  }).pipe(Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })), Effect.scoped)
)
