import { assert, it } from "@vobiz-effect/test-support"
import { Effect, Stream } from "effect"

import { Coverage, DuckDb, Finding, Policy, Reconciliation } from "../src/index.ts"
import * as Make from "./utils.ts"

const found = (proofs: Coverage.Proofs) =>
  Effect.gen(function* () {
    const { findings } = yield* Reconciliation.run({
      cdrs: Stream.make(
        Make.cdr({ uuid: "call", id: 1, sip: "s" }),
        Make.cdr({ uuid: "recorded", start: 40_000, talk: 60 }),
        Make.cdr({ uuid: "silent", start: 41_000 }),
        Make.cdr({ uuid: "leg", bridge: "silent", start: 41_000, to: "919812345671" })
      ),
      recordings: Stream.make(
        Make.recording({ id: "r1", call: "recorded", length: 10.5 }),
        Make.recording({ id: "r2", call: "silent", length: 0 }),
        Make.recording({ id: "orphan", call: "nobody" })
      ),
      trunks: Stream.empty,
      window: Make.window,
      asOf: Make.asOf,
      proofs: Effect.succeed(proofs),
      options: { policy: Policy.short({ voiceApi: "must" }) }
    })
    return yield* Stream.runCollect(findings)
  }).pipe(Effect.scoped)

it("each code is called something else", () => {
  const labels = Object.values(Finding.labels)
  assert.strictEqual(new Set(labels).size, Finding.Code.literals.length)
  for (const label of labels) assert.match(label, /^[A-Z][a-z-]+( [A-Za-z-]+)*$/)
})

it.effect(
  "absence in a list that is not proved complete is in doubt and never critical, and nothing else is in doubt",
  () =>
    Effect.gen(function* () {
      const doubted = (proofs: Coverage.Proofs) =>
        Effect.map(found(proofs), (all) => {
          assert.includeMembers(
            all.map(({ code }) => code),
            ["missing", "unusable", "orphan", "partly-recorded"]
          )
          return all.flatMap(({ cdrs, code, explanation, inDoubt, nextStep, severity }) => {
            const list = /the list of (\S+) is not proved complete/.exec(explanation)?.[1]
            assert.strictEqual(inDoubt, list !== undefined)
            assert.strictEqual(inDoubt, nextStep.startsWith("Run again until the list is proved complete."))
            assert.strictEqual(severity, inDoubt ? "warning" : Finding.severities[code])
            return inDoubt ? [`${code} ${cdrs[0]?.uuid ?? "-"}: ${list}`] : []
          })
        })
      assert.deepStrictEqual(yield* doubted(Coverage.declared), [])
      assert.deepStrictEqual(yield* doubted({ ...Coverage.declared, recordings: null }), [
        "missing call: recordings",
        "partly-recorded recorded: recordings",
        // The other leg's own recording is there, and is no use.
        "unusable leg: recordings"
      ])
      assert.deepStrictEqual(yield* doubted({ ...Coverage.declared, cdrs: null }), ["orphan -: CDRs"])
    }).pipe(Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))
)
