/** What to look at in a policy, by what it decided. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect } from "effect"

import { DuckDb, type Policy, PolicyUse } from "../src/index.ts"

const asOf = DateTime.makeUnsafe("2026-05-10T00:00:00Z")

/** The doubts of a policy, in an account of these trunks, whose calls are on these. */
const doubts = (
  policy: Pick<Policy.Policy, "rules" | "excuses">,
  trunks: ReadonlyArray<readonly [id: string, name: string | null]>,
  calls: ReadonlyArray<string>,
  counts: Partial<Parameters<typeof PolicyUse.check>[2]> = {}
) =>
  Effect.gen(function* () {
    const db = yield* DuckDb.DuckDb
    const schema = yield* db.scratch
    const literal = (text: string | null) => (text === null ? "NULL" : `'${text}'`)
    yield* db.run(`CREATE TABLE ${schema}.trunk (trunk_id VARCHAR, name VARCHAR)`)
    yield* db.run(`CREATE TABLE ${schema}.cdr (trunk_id VARCHAR)`)
    for (const [id, name] of trunks)
      yield* db.run(`INSERT INTO ${schema}.trunk VALUES (${literal(id)}, ${literal(name)})`)
    for (const trunk of calls) yield* db.run(`INSERT INTO ${schema}.cdr VALUES (${literal(trunk)}), (NULL)`)
    const whole = { version: 1, name: "p", zone: "UTC", default: "must", ...policy } as unknown as Policy.Policy
    return yield* PolicyUse.check(schema, whole, { asOf, decided: {}, excused: {}, ...counts })
  }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))

const rule = (name: string, first?: string, ...more: ReadonlyArray<string>): Policy.Policy["rules"][number] => ({
  name,
  verdict: "must",
  ...(first === undefined ? {} : { when: { trunks: [first, ...more] as const } })
})

describe("a policy", () => {
  it.effect("names no trunk that the account never had, by its list or by its calls", () =>
    Effect.gen(function* () {
      const decided = { r: 1 }
      const of = (trunks: ReadonlyArray<readonly [string, string | null]>, calls: ReadonlyArray<string>) =>
        Effect.map(doubts({ rules: [rule("r", "gone")] }, trunks, calls, { decided }), (found) =>
          found.map(PolicyUse.sentence)
        )
      const stranger = 'rule "r" names trunk "gone", which the account does not have'
      assert.deepStrictEqual(yield* of([["t1", null]], []), [stranger])
      assert.deepStrictEqual(yield* of([["t1", null]], ["t2"]), [stranger])
      assert.deepStrictEqual(yield* of([["t1", null]], ["gone"]), [])
      assert.deepStrictEqual(yield* of([["t1", "gone"]], []), [])
      assert.deepStrictEqual(yield* of([["gone", "t1"]], []), [])
      assert.deepStrictEqual(yield* of([["GONE ", null]], []), [])
      assert.deepStrictEqual(yield* of([["gine", null]], []), [`${stranger}; did you mean "gine"?`])
      // Where no trunk is listed, nobody knows.
      assert.deepStrictEqual(yield* of([], ["t2"]), [])
    })
  )

  it.effect("has no rule that decided nothing, and no excuse that has ended or excused nothing", () =>
    Effect.gen(function* () {
      const excuse = (name: string, expires: string) => ({
        name,
        reason: "r",
        reference: "x",
        approver: "a",
        expires: DateTime.makeUnsafe(expires)
      })
      const found = yield* doubts(
        {
          rules: [rule("used"), rule("unused +918045670012")],
          excuses: [
            excuse("over", "2026-05-10T00:00:00Z"),
            excuse("idle", "2026-05-10T00:00:00.001Z"),
            excuse("busy", "2026-05-11T00:00:00Z")
          ]
        } as unknown as Policy.Policy,
        [],
        [],
        { decided: { used: 1 }, excused: { busy: 1, over: 1 } }
      )
      assert.deepStrictEqual(found.map(PolicyUse.sentence), [
        'rule "unused +**********12" decided no call of the window',
        'excuse "over" expired at 2026-05-10T00:00:00.000Z and excuses nothing: renew it, or remove it',
        'excuse "idle" excused no call of the window'
      ])
    })
  )
})
