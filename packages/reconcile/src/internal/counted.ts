/** Proofs of lists by their number of rows, as the provider's summary states it. */
import { Doubt, type ExtractProof } from "@vobiz-effect/core/ExtractProof"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import type * as Coverage from "../Coverage.ts"
import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import type * as Relations from "../Relations.ts"
import { ofFiles } from "./fileProof.ts"

/**
 * How many rows the provider counts of each list. A list without a count is not proved by one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Totals {
  readonly cdrs?: number | undefined
  readonly recordings?: number | undefined
}

const Rows = Schema.Struct({ rows: Schema.FiniteFromString })

const lists = {
  cdrs: { list: "CallDetailRecords.files", table: "cdr", id: "uuid, id" },
  recordings: { list: "Recordings.files", table: "recording", id: "recording_id" }
} as const

/** What a list proves of so many different rows, beside those that were set aside, of which `whoever` counts `total`. */
const proofOf = (
  {
    asOf,
    list,
    rows,
    setAside,
    total
  }: Readonly<Record<"rows" | "setAside" | "total", number>> & {
    readonly list: string
    readonly asOf: DateTime.Utc
  },
  whoever: string
): ExtractProof => {
  const held = rows + setAside
  const isWhole = held === total
  // Rows beyond the count are of another window or another account, and say nothing of those that may lack.
  const lacking = held < total ? total - held : null
  const detail = `${whoever} ${total}, and the files hold ${held}`
  return ofFiles({
    list,
    verdict: isWhole ? "complete" : "in-doubt",
    startedAt: asOf,
    asOf,
    doubts: isWhole ? [] : [new Doubt({ kind: "count", detail, after: null })],
    rowsInDoubt: isWhole ? 0 : lacking,
    rows,
    total
  })
}

/**
 * The proofs of lists that are loaded: by their count, where it is known, and else as given, unless the files say themselves that rows
 * lack. What was set aside is in doubt besides.
 */
export const proofs = Effect.fn("Counted.proofs")(function* (
  s: string,
  {
    asOf,
    given,
    loaded,
    totals
  }: {
    readonly totals: Totals
    readonly given: Coverage.Proofs
    readonly loaded: Relations.Loaded
    readonly asOf: DateTime.Utc
  }
): Effect.fn.Return<Coverage.Proofs, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const of = Effect.fnUntraced(function* (which: "cdrs" | "recordings") {
    const told = totals[which]
    const total = told ?? loaded.stated[which]
    if (total === null) return given[which]
    const { id, list, table } = lists[which]
    const [row] = yield* db.query(`SELECT count(*) AS rows FROM (SELECT DISTINCT ${id} FROM ${s}.${table})`, Rows)
    const rows = row?.rows ?? 0
    const setAside = loaded.setAside[which]?.rows ?? 0
    // What the pages of a list say of its length can show that pages lack, and never that none does: the list may be of a shorter window.
    if (told === undefined && rows + setAside >= total) return given[which]
    return proofOf({ asOf, list, rows, setAside, total }, told === undefined ? "the list has" : "the provider counts")
  })
  return { ...given, cdrs: yield* of("cdrs"), recordings: yield* of("recordings") }
})
