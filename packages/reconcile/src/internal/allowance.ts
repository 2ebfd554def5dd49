/** Gaps that a rule allows, taken out of what a leg lacks. */
import * as Duration from "effect/Duration"
import type { Policy } from "../Policy.ts"
import * as Sql from "./sql.ts"

/**
 * Adds to table `source`, which has `rule`, `recorded_ms`, `is_guess`, and of the start of talk on `gaps`, `heard_from_ms` and
 * `heard_to_ms`: `allowed`, the gaps that are, and `lacking`, those that are not. Where it is a guess where audio lies, so is where a gap
 * is, and none is allowed. As common table expressions, of which the last is named `target`; `null` where the policy allows none.
 */
export const steps = ({ rules }: Policy, source: string, target: string): string | null => {
  const some = rules.flatMap(({ allowedGaps, name }) => (allowedGaps === undefined ? [] : [{ name, allowedGaps }]))
  const most = Math.max(0, ...some.map(({ allowedGaps }) => allowedGaps.length))
  if (most === 0) return null
  const entries = some.map(({ allowedGaps, name }) => {
    const list = allowedGaps.map(
      ({ at = "within", longest, most = 1 }) =>
        `{'at': ${Sql.text(at)}, 'longest': ${Duration.toMillis(longest)}, 'most': ${most}}`
    )
    return `WHEN ${Sql.text(name)} THEN [${list.join(", ")}]`
  })
  const at = "CASE WHEN g.stop <= heard_from_ms THEN 'start' WHEN g.begin >= heard_to_ms THEN 'end' ELSE 'within' END"
  const step = (n: number) => [
    `${target}_${n}a AS (
  SELECT *, list_filter(lacking_${n - 1}, lambda g: g.stop - g.begin <= entries[${n}].longest AND ${at} = entries[${n}].at)[1:coalesce(entries[${n}].most, 0)]
    AS taken_${n} FROM ${target}_${n - 1})`,
    `${target}_${n} AS (
  SELECT *, list_filter(lacking_${n - 1}, lambda g: NOT list_contains(taken_${n}, g)) AS lacking_${n} FROM ${target}_${n}a)`
  ]
  const all = Array.from({ length: most }, (_, n) => n + 1)
  return [
    `${target}_0 AS (
  SELECT *, CASE WHEN recorded_ms > 0 AND NOT is_guess THEN CASE rule::VARCHAR ${entries.join(" ")} ELSE [] END ELSE [] END AS entries,
    gaps AS lacking_0 FROM ${source})`,
    ...all.flatMap(step),
    `${target} AS (
  SELECT * EXCLUDE (entries, ${all.map((n) => `taken_${n}, lacking_${n}`).join(", ")}, lacking_0),
    list_sort(flatten([${all.map((n) => `taken_${n}`).join(", ")}])) AS allowed, lacking_${most} AS lacking
  FROM ${target}_${most})`
  ].join(",\n")
}
