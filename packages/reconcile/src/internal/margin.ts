/** How far what the lists did not show may move the classes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import { Count, isJudged, isLacking, isRecorded } from "./coverageCounts.ts"
import { isWhole, type Margin, none, type Proof, type Proofs } from "./coverageModel.ts"

/** How many rows a list may lack; `null` where that is not known. */
const rowsInDoubt = (proof: Proof): number | null =>
  isWhole(proof) ? 0 : proof !== null && proof !== "declared" && proof.verdict === "in-doubt" ? proof.rowsInDoubt : null

/**
 * How many calls count as recorded, and may not be: nobody knows how long their recordings are; or the calls' times name no zone, and
 * read as they were, all of their recordings lie elsewhere.
 */
const openCalls = Effect.fnUntraced(function* (schema: string) {
  const db = yield* DuckDb
  const [row] = yield* db.query(
    `WITH unknown AS (SELECT arrival FROM ${schema}.owned WHERE length_ms IS NULL),
known AS (SELECT arrival FROM ${schema}.owned SEMI JOIN unknown USING (arrival) WHERE length_ms IS NOT NULL),
unzoned AS (SELECT arrival, ended_ms, talk_ms FROM ${schema}.billed WHERE doubt_ms > 0),
elsewhere AS (
  SELECT arrival FROM ${schema}.owned o JOIN unzoned z USING (arrival), ${schema}.parameter p GROUP BY arrival
  HAVING bool_and(coalesce(o.placed_ms + o.length_ms < z.ended_ms - z.talk_ms - p.skew_ms OR o.placed_ms > z.ended_ms + p.skew_ms, false)))
SELECT count(*) AS calls FROM ${schema}.finding
SEMI JOIN (FROM unknown ANTI JOIN known USING (arrival) UNION FROM elsewhere) open USING (arrival) WHERE ${isJudged} AND ${isRecorded}`,
    Schema.Struct({ calls: Count })
  )
  return row?.calls ?? 0
})

/**
 * How far what the lists did not show may move the classes of a reconciliation: rows that a list may lack, and calls of which
 * nobody can tell how long their recordings are, or whether they lie where the calls do.
 *
 * @category measuring
 * @since 0.1.0
 */
export const margin = Effect.fn("Coverage.margin")(function* (
  schema: string,
  proofs: Proofs
): Effect.fn.Return<Margin, DuckDbError, DuckDb> {
  const unseen = rowsInDoubt(proofs.cdrs)
  const unheard = rowsInDoubt(proofs.recordings)
  if (unseen === null) return { unseen, found: null, lost: null }
  const open = yield* openCalls(schema)
  if (unseen === 0 && unheard === 0) return { ...none, lost: open }
  const db = yield* DuckDb
  const joined = 3 * unseen
  const [reach] = yield* db.query(
    `WITH weight AS (
  SELECT count(*) FILTER (${isLacking}) AS silent,
    count(*) FILTER (${isRecorded} AND NOT by_uuid) AS leaning
  FROM ${schema}.finding LEFT JOIN ${schema}.conversation USING (arrival)
  WHERE ${isJudged} GROUP BY coalesce(label, arrival)),
most_silent AS (SELECT silent FROM weight ORDER BY silent DESC LIMIT ${(unheard ?? 0) + joined}),
most_leaning AS (SELECT leaning FROM weight ORDER BY leaning DESC LIMIT ${joined})
SELECT coalesce((SELECT sum(silent) FROM most_silent), 0)::BIGINT AS silent,
  coalesce((SELECT sum(leaning) FROM most_leaning), 0)::BIGINT AS leaning`,
    Schema.Struct({ silent: Count, leaning: Count })
  )
  const { leaning, silent } = reach ?? { leaning: 0, silent: 0 }
  return { unseen, found: unheard === null ? null : silent + unseen, lost: leaning + unseen + open }
})
