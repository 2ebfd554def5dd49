/**
 * Rows that have something in common with others. Rows of one key have one hash, so only those whose hash is there twice are
 * looked at by the keys themselves: whole numbers are counted several times faster than texts, in a fraction of their memory.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"

/**
 * So many rows are counted in one pass over the hashes, each pass taking those of one range. Fewer groups at a time are counted faster, and
 * what would have to be spilled is not; each pass looks at all hashes again, so there are not too many.
 */
const rowsOfPass = 10_000_000
const mostPasses = 16

const Rows = Schema.Struct({ rows: Schema.FiniteFromString })

/**
 * Makes table `<name>_repeating` of those of the rows, by `arrival`, that may have one of these hashes in common with another: all that do,
 * and hardly any more. NULL is in common with none.
 */
export const make = Effect.fn("Repeated.make")(function* (
  s: string,
  name: string,
  rows: string,
  hashes: ReadonlyArray<string>
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [hashed, repeated] = [`${s}.${name}_hash`, `${s}.${name}_repeated`]
  const columns = hashes.map((_, n) => `hash_${n}`)
  yield* db.run(
    `CREATE TABLE ${hashed} AS SELECT arrival, ${hashes.map((hash, n) => `${hash} AS hash_${n}`).join(", ")} FROM ${rows}`
  )
  yield* db.run(`CREATE TABLE ${repeated} (hash UBIGINT)`)
  const [counted] = yield* db.query(`SELECT count(*) AS rows FROM ${hashed}`, Rows)
  const passes = Math.min(mostPasses, Math.ceil((counted?.rows ?? 0) / rowsOfPass))
  const limit = (pass: number) => (2n ** 64n * BigInt(pass)) / BigInt(passes)
  for (let pass = 0; pass < passes; pass++) {
    const some = columns.map(
      (column) =>
        `SELECT ${column} AS hash FROM ${hashed} WHERE ${column} BETWEEN ${limit(pass)} AND ${limit(pass + 1) - 1n}`
    )
    yield* db.run(
      `INSERT INTO ${repeated} SELECT hash FROM (${some.join(" UNION ALL ")}) GROUP BY hash HAVING count(*) > 1`
    )
  }
  yield* db.run(
    `CREATE TABLE ${s}.${name}_repeating AS SELECT arrival FROM ${hashed}
WHERE ${columns.map((column) => `${column} IN (FROM ${repeated})`).join(" OR ")}`
  )
  yield* db.run(`DROP TABLE ${hashed}; DROP TABLE ${repeated}`)
})
