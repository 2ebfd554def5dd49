/** The findings that a ledger reads: those that ask for something, and what is found of its open ones. */
import { PhoneNumber } from "@vobiz-effect/core"
import { assert, layer } from "@vobiz-effect/test-support"
import { Effect, Stream } from "effect"

import { Account, type Finding, FindingKey, Policy, Reconciliation } from "../src/index.ts"
import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr, recording } = Make

/** Rows of all kinds: ids that repeat, end in a space, differ in case, or are shared by legs; recordings of no call, and of one outside. */
const account = {
  cdrs: [
    cdr({ uuid: "a", id: 1 }),
    cdr({ uuid: "a", id: 2, start: 37_000 }),
    cdr({ uuid: "b ", id: 3, start: 38_000 }),
    cdr({ uuid: "c ", start: 39_000 }),
    cdr({ uuid: "D", id: 5, start: 40_000 }),
    cdr({ uuid: "e'", id: 6, start: 41_000 }),
    cdr({ uuid: "f", start: 42_000, talk: 0 }),
    cdr({ uuid: "g", id: 8, start: 43_000 }),
    cdr({ uuid: "g2", id: 9, start: 43_000 })
  ],
  recordings: [
    recording({ id: "r1", call: "a", length: 60 }),
    recording({ id: "r2", call: "b", start: 38_000, length: 60 }),
    recording({ id: "r9", call: "c", start: 39_000, length: 60 }),
    recording({ id: "r3", call: "d", start: 40_000, length: 60 }),
    recording({ id: "r4", call: "e'", start: 41_000, length: 30 }),
    recording({ id: "r5 ", call: "nobody", start: 44_000, length: 20 }),

    recording({ id: "r8 ", call: "nobody", conference: "room", length: 20 }),
    recording({ id: "r7", call: "g", start: 43_000, length: 60 })
  ]
}

layer(Judged.database)("what asks for something, or is about some subjects", (it) => {
  it.effect("is what all findings have of that, in their order, and masked where they are", () =>
    Effect.gen(function* () {
      const result = yield* Account.reconcile({
        ...Judged.sources(account),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: Policy.short({ voiceApi: "must" }) }
      })
      const all = yield* Stream.runCollect(result.findings)
      const asks = ({ severity }: Finding.Finding) => severity !== "info"
      const quiet = all.filter((finding) => !asks(finding))
      const subjects = [...new Set(quiet.map(FindingKey.subjectOf))]
      assert.includeMembers(subjects, ["cdr b  3", "cdr D 5", "cdr f", "cdr c", "recording r8 "])
      assert.isAbove(all.filter(asks).length, 2)

      const given = Effect.fnUntraced(function* (about: ReadonlyArray<string>) {
        const some = new Set(about)
        const expected = all.filter((finding) => asks(finding) || some.has(FindingKey.subjectOf(finding)))
        assert.deepStrictEqual(yield* Stream.runCollect(result.askingOrAbout(some)), expected)
        return expected.length
      })
      for (const one of subjects) yield* given([one])
      assert.strictEqual(yield* given(subjects), all.length)
      // Those of no row, of another case, and of a finding that asks for something, add nothing.
      const asking = all.filter(asks)
      assert.strictEqual(yield* given([]), asking.length)
      assert.strictEqual(
        yield* given(["cdr z 9", "cdr d 5", "cdr b 3", "recording ", ...asking.map(FindingKey.subjectOf)]),
        asking.length
      )
      assert.deepStrictEqual(yield* Stream.runCollect(result.asking), asking)

      const hidden = Account.masked(result)
      const shown = yield* Stream.runCollect(hidden.askingOrAbout(new Set(subjects)))
      assert.deepStrictEqual(shown, yield* Stream.runCollect(hidden.findings))
      const callers = (findings: ReadonlyArray<Finding.Finding>) =>
        new Set(findings.flatMap(({ cdrs }) => cdrs.map(({ from }) => from && PhoneNumber.revealRaw(from))))
      assert.deepStrictEqual([callers(all), callers(shown)], [new Set(["+918045670011"]), new Set(["+**********11"])])
    }).pipe(Effect.scoped)
  )

  it.effect("is nothing where nothing asks, unless it is asked for", () =>
    Effect.gen(function* () {
      const result = yield* Reconciliation.run({
        ...Judged.sources({ cdrs: [cdr({ uuid: "f", talk: 0 })] }),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: Policy.short({ voiceApi: "must" }) }
      })
      const codes = (about: ReadonlyArray<string>) =>
        Effect.map(Stream.runCollect(result.askingOrAbout(new Set(about))), (found) => found.map(({ code }) => code))
      assert.deepStrictEqual(yield* codes([]), [])
      assert.deepStrictEqual(yield* codes(["cdr f"]), ["not-expected"])
    }).pipe(Effect.scoped)
  )
})
