/** The classes and their talk time, as SQL over view `finding`. */
import * as Schema from "effect/Schema"

import * as Finding from "../Finding.ts"
import type { Talk } from "./coverageModel.ts"
import * as Sql from "./sql.ts"

export const oneOf = (codes: ReadonlyArray<Finding.Code>) => `code IN (${codes.map(Sql.text).join(", ")})`

export const isJudged = `verdict IS NOT NULL AND NOT ${oneOf(Finding.attached)} AND coalesce(reason NOT IN ('duplicate', 'credit'), true)`
/** Of these nothing counts: nobody was there, or only who must not be recorded. */
export const counts = `verdict = 'must' AND (reason IS NULL OR reason = 'other-leg')`
export const isRequired = `${counts} AND code <> 'excused'`
export const isRecorded = `${isRequired} AND ${oneOf(Finding.recorded)}`
export const isLacking = `${isRequired} AND NOT ${oneOf([...Finding.recorded, ...Finding.undetermined])}`

export const counted = `count(*) FILTER (${isRecorded}) AS recorded,
  count(*) FILTER (code = 'partly-recorded') AS partly,
  count(*) FILTER (${isLacking} AND code = 'unusable') AS unusable,
  count(*) FILTER (${isLacking} AND code NOT IN ('unusable', 'partly-recorded')) AS missing,
  count(*) FILTER (${isRequired} AND ${oneOf(Finding.undetermined)}) AS undetermined,
  count(*) FILTER (verdict = 'unknown') AS unjudged,
  count(*) FILTER (code = 'excused') AS excused,
  count(*) FILTER (verdict IN ('may', 'must-not') OR verdict = 'must' AND NOT (${counts})) AS excluded`

export const timed = `coalesce(sum(base_ms) FILTER (${isRequired}), 0)::BIGINT AS base,
  coalesce(sum(least_ms) FILTER (${isRequired}), 0)::BIGINT AS least,
  coalesce(sum(CASE WHEN ${oneOf(Finding.undetermined)} THEN base_ms ELSE recorded_ms END) FILTER (${isRequired}), 0)::BIGINT AS most,
  coalesce(sum(base_ms) FILTER (code = 'excused'), 0)::BIGINT AS excused_talk`

export const Count = Schema.FiniteFromString

export const classes = {
  recorded: Count,
  partly: Count,
  unusable: Count,
  missing: Count,
  undetermined: Count,
  unjudged: Count,
  excused: Count,
  excluded: Count
}

export const times = { base: Count, least: Count, most: Count, excused_talk: Count }

export const talkOf = ({ base, excused_talk, least, most }: Readonly<Record<keyof typeof times, number>>): Talk => ({
  base,
  least,
  most,
  excused: excused_talk
})
