/** Statements that run one after the other. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"

export type Step = string | Effect.Effect<void, DuckDbError, DuckDb>

export const inOrder = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>) {
  const db = yield* DuckDb
  yield* Effect.forEach(steps, (step) => (typeof step === "string" ? db.run(step) : step), { discard: true })
})

const Some = Schema.Struct({ some: Schema.Boolean })

/**
 * Steps that have nothing to do where there are no such rows, and what is done instead. Of a small run, most of the time is that of
 * planning statements.
 */
export const whereAny = Effect.fnUntraced(function* (rows: string, steps: ReadonlyArray<Step>, otherwise?: string) {
  const db = yield* DuckDb
  const [found] = yield* db.query(`SELECT EXISTS (${rows}) AS some`, Some)
  if (found?.some === true) yield* inOrder(steps)
  else if (otherwise !== undefined) yield* db.run(otherwise)
})
