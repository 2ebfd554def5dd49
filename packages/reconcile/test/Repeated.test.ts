import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { DuckDb } from "@vobiz-effect/reconcile"
import { Effect, Schema } from "effect"

import * as Repeated from "../src/internal/repeated.ts"

const Arrivals = Schema.Struct({ arrival: Schema.FiniteFromString })

/** The arrivals that are found to repeat a hash, of a table with columns `arrival` and those that are hashed. */
const repeating = (table: string, hashes: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const db = yield* DuckDb.DuckDb
    const s = yield* db.scratch
    yield* Repeated.make(s, "row", table, hashes)
    const rows = yield* db.query(`SELECT arrival::BIGINT AS arrival FROM ${s}.row_repeating ORDER BY arrival`, Arrivals)
    return rows.map(({ arrival }) => arrival)
  }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({})))

describe("Repeated", () => {
  it.effect("finds rows that share a hash in any of the columns, and none by what is NULL", () =>
    Effect.gen(function* () {
      const rows =
        "(SELECT * FROM (VALUES (0, 'a', 'x'), (1, 'b', 'a'), (2, 'c', NULL), (3, 'd', NULL), (4, 'c', 'y')) v(arrival, k, l))"
      const hashes = ["hash(k)", "CASE WHEN l IS NOT NULL THEN hash(l) END"]
      assert.deepStrictEqual(yield* repeating(rows, hashes), [0, 1, 2, 4])
      assert.deepStrictEqual(yield* repeating(`(FROM ${rows} LIMIT 0)`, hashes), [])
    })
  )

  it.effect("finds them all where they are so many that they are counted in several passes", () =>
    Effect.gen(function* () {
      const rows = 13_000_000
      // Passes go by the number of rows: by default few of them have a hash, and are grouped.
      const firstHashed = Effort.sized({ quick: 990_000, full: 0 })
      // Every millionth has the value of the one before it.
      const table = `(SELECT range AS arrival, CASE WHEN range % 1000000 = 999999 THEN range - 1 ELSE range END AS k FROM range(${rows}))`
      const hash = `CASE WHEN arrival % 1000000 >= ${firstHashed} THEN hash(k) END`
      const expected = Array.from({ length: 13 }, (_, n) => [n * 1_000_000 + 999_998, n * 1_000_000 + 999_999]).flat()
      assert.deepStrictEqual(yield* repeating(table, [hash]), expected)
    })
  )
})
