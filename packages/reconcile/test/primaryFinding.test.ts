/** Primary findings are made of some CDRs after others. */
import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { Effect, Schema, Stream } from "effect"

import { Coverage, DuckDb, Kernel, Reconciliation } from "../src/index.ts"
import * as PrimaryFinding from "../src/internal/primaryFinding.ts"
import * as Accounts from "./accounts.ts"

describe("primary findings", () => {
  it.effect("are the same, each once, however many CDRs have theirs made at once", () =>
    Effect.gen(function* () {
      const { account, options, parameters } = Accounts.make(3)
      const { schema, summary } = yield* Reconciliation.run({
        cdrs: Stream.fromIterable(account.cdrs),
        recordings: Stream.fromIterable(account.recordings),
        trunks: Stream.fromIterable(account.trunks),
        proofs: Effect.succeed(Coverage.declared),
        window: parameters.window,
        asOf: parameters.asOf,
        options
      })
      const db = yield* DuckDb.DuckDb
      const table = `${schema}.primary_finding`
      const made = Effect.map(
        db.query(`SELECT f::VARCHAR AS row FROM ${table} f ORDER BY arrival`, Schema.Struct({ row: Schema.String })),
        (rows) => rows.map(({ row }) => row)
      )
      yield* db.run(`DELETE FROM ${table}`)
      const { policy } = { ...Kernel.defaults, ...options }
      yield* PrimaryFinding.make(schema, policy)
      const whole = yield* made
      assert.isAtLeast(summary.cdrs, 10)
      const many = account.cdrs.length
      for (const size of Effort.isFull ? [1, 7, many - 1, many] : [Math.ceil(many / 3), many - 1]) {
        yield* db.run(`DELETE FROM ${table}`)
        yield* PrimaryFinding.make(schema, policy, () => size)
        assert.deepStrictEqual(yield* made, whole, `${size} at once`)
      }
    }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))
  )

  it("are of half a million CDRs at once, else of a quarter, and of five millions at most", () => {
    assert.deepStrictEqual(
      [1, 500_000, 2_000_000, 2_000_001, 10_000_000, 20_000_000, 100_000_000].map(PrimaryFinding.atOnce),
      [500_000, 500_000, 500_000, 500_001, 2_500_000, 5_000_000, 5_000_000]
    )
  })
})
