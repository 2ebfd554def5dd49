/**
 * How many of the calls that had to be recorded were: as counts, and as a ratio with what bounds it.
 *
 * **What is counted.** CDRs of the window, each once; rows that bill a leg again are left out.
 *
 * | Count         | CDRs                                                                                      |
 * | ------------- | ----------------------------------------------------------------------------------------- |
 * | `required`    | whose verdict is `must`                                                                   |
 * | `recorded`    | those of them that have a recording, or whose other leg has                               |
 * | `inDoubt`     | those of them of which nobody can tell (`Finding.inDoubt`)                                |
 * | `missing`     | the rest of them                                                                          |
 * | `withoutRule` | whose verdict is `unknown`: no part of `required`, and so of no ratio                     |
 *
 * **Bounds by the calls alone.** `recorded / required` at least, `(recorded + inDoubt) / required` at most.
 *
 * **Bounds by the proofs.** What a list did not show may change both sides. Let `u` rows be in doubt in the list of CDRs
 * and `k` in that of recordings: 0 where the list is proved whole, not known where its proof gives no number. Then
 *
 * ```
 * lower = (recorded - lost) / (required + u)
 * upper = (recorded + inDoubt + found + u) / (required + u)
 * ```
 *
 * - Each of the `u` calls may have had to be recorded: not recorded for the lower bound, recorded for the upper.
 * - `found`: how many of the missing may be recorded after all. A recording not shown speaks for all legs of one
 *   conversation; a CDR not shown may join three, one by each of its ids, to one that has a recording. So the missing are
 *   counted of the `k + 3 u` conversations that have most. And each CDR not shown may be the row that one of the missing
 *   only repeats: `u` more. Where `k` is not known, all of the missing may be found.
 * - `lost`: how many of the recorded may not be. Those that have a recording by their uuid cannot be lost. The others have it
 *   by another id, or are of a conversation that has one; a CDR not shown may break three such ties, one by each of its ids,
 *   when with it the legs are too far apart to be of one conversation. So they are counted of the `3 u`
 *   conversations that have most, and `u` more for those that only repeat a row not shown.
 *
 * Where `u` is not known, neither bound is. Where no call had to be recorded, there is no ratio.
 *
 * What the bounds take for granted: CDRs and recordings that were shown are as the provider has them, rows that repeat one
 * another are under one rule, no id turns out with the rest of the list to join legs, or not to, as that many share it, and the
 * settings are right: the policy, the settle window and the retention.
 *
 * @since 0.1.0
 */
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import * as Finding from "./Finding.ts"
import * as Sql from "./internal/sql.ts"

/**
 * The counts of some calls.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counts {
  readonly required: number
  readonly recorded: number
  readonly inDoubt: number
  readonly missing: number
  readonly withoutRule: number
}

/**
 * A share, exactly.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ratio {
  readonly numerator: number
  readonly denominator: number
}

/**
 * Counts, and the least and the greatest that the ratio may be; `null` where that is not known, or where there is no ratio
 * because no call had to be recorded. `unseen` are the CDRs that the list may lack, `null` where that is not known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Coverage extends Counts {
  readonly unseen: number | null
  readonly lower: Ratio | null
  readonly upper: Ratio | null
}

/**
 * How far what the lists did not show may move the counts: `unseen` CDRs, and how many of the missing may be `found` and of
 * the recorded `lost`; `null` where that is not known. Made by `margin`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Margin {
  readonly unseen: number | null
  readonly found: number | null
  readonly lost: number | null
}

/**
 * The margin of lists that are whole.
 *
 * @category constants
 * @since 0.1.0
 */
export const none: Margin = { unseen: 0, found: 0, lost: 0 }

/**
 * What the readings of the two lists prove.
 *
 * @category models
 * @since 0.1.0
 */
export interface Proofs {
  readonly cdrs: ExtractProof
  readonly recordings: ExtractProof
}

// ---------------------------------------------------------------------------
// Counts
// ---------------------------------------------------------------------------

const oneOf = (codes: ReadonlyArray<Finding.Code>) => `code IN (${codes.map(Sql.text).join(", ")})`

const isJudged = `verdict IS NOT NULL AND NOT ${oneOf(Finding.attached)} AND reason IS DISTINCT FROM 'duplicate'`
const isMissing = `verdict = 'must' AND NOT ${oneOf([...Finding.recorded, ...Finding.inDoubt])}`

const counted = `count(*) FILTER (verdict = 'must') AS required,
  count(*) FILTER (verdict = 'must' AND ${oneOf(Finding.recorded)}) AS recorded,
  count(*) FILTER (verdict = 'must' AND ${oneOf(Finding.inDoubt)}) AS "inDoubt",
  count(*) FILTER (${isMissing}) AS missing,
  count(*) FILTER (verdict = 'unknown') AS "withoutRule"`

const Count = Schema.FiniteFromString

const counts = { required: Count, recorded: Count, inDoubt: Count, missing: Count, withoutRule: Count }

const zero: Counts = { required: 0, recorded: 0, inDoubt: 0, missing: 0, withoutRule: 0 }

/**
 * The counts of all calls of a reconciliation, by its schema.
 *
 * @category counting
 * @since 0.1.0
 */
export const total = Effect.fn("Coverage.total")(function* (
  schema: string
): Effect.fn.Return<Counts, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [all] = yield* db.query(`SELECT ${counted} FROM ${schema}.finding WHERE ${isJudged}`, Schema.Struct(counts))
  return all ?? zero
})

/**
 * The counts of the calls that have something in common.
 *
 * @category models
 * @since 0.1.0
 */
export interface Group {
  readonly key: string | null
  readonly counts: Counts
}

/** The findings that say what became of the judged CDRs, beside what was called. */
const calls = (s: string) => `(
  SELECT code, reason, verdict, start_ms, trunk_id, CASE direction
      WHEN 'outbound' THEN coalesce(from_e164, from_raw)
      WHEN 'inbound' THEN coalesce(to_e164, to_raw) END AS own_number
  FROM (SELECT arrival, code, reason, verdict FROM ${s}.finding WHERE ${isJudged}) JOIN ${s}.cdr USING (arrival))`

const byColumn = (column: "trunk_id" | "own_number") =>
  Effect.fnUntraced(function* (schema: string): Effect.fn.Return<ReadonlyArray<Group>, DuckDbError, DuckDb> {
    const db = yield* DuckDb
    const rows = yield* db.query(
      `SELECT ${column} AS key, ${counted} FROM ${calls(schema)} GROUP BY key ORDER BY missing DESC, key NULLS LAST`,
      Schema.Struct({ key: Schema.NullOr(Schema.String), ...counts })
    )
    return rows.map(({ key, ...counts }) => ({ key, counts }))
  })

/**
 * The counts by trunk, the one with most missing first; `null` are the calls on none.
 *
 * @category counting
 * @since 0.1.0
 */
export const byTrunk: (schema: string) => Effect.Effect<ReadonlyArray<Group>, DuckDbError, DuckDb> =
  byColumn("trunk_id")

/**
 * The counts by the account's own number, in E.164 where that is known: the one that called of outbound calls, the one that
 * was called of inbound ones; `null` where the direction, or the number, is not known. The one with most missing first.
 *
 * @category counting
 * @since 0.1.0
 */
export const byNumber: (schema: string) => Effect.Effect<ReadonlyArray<Group>, DuckDbError, DuckDb> =
  byColumn("own_number")

/** Zones differ from UTC by whole quarters of an hour, so calls of a quarter are of one day and hour in each of them. */
const quarter = 900_000

const Quarter = Schema.Struct({ slot: Count, trunk_id: Schema.NullOr(Schema.String), ...counts })

/** The counts by what `keyOf` makes of the local time of the call's start, and its trunk; in order of the first call. */
const byTime = Effect.fnUntraced(function* <K>(
  schema: string,
  zone: DateTime.TimeZone,
  keyOf: (local: DateTime.DateTime.PartsWithWeekday, trunkId: string | null) => K
): Effect.fn.Return<ReadonlyArray<{ readonly key: K; readonly counts: Counts }>, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const rows = yield* db.query(
    `SELECT start_ms // ${quarter} * ${quarter} AS slot, trunk_id, ${counted} FROM ${calls(schema)}
GROUP BY slot, trunk_id ORDER BY slot, trunk_id NULLS LAST`,
    Quarter
  )
  const groups = new Map<string, { readonly key: K; counts: Counts }>()
  for (const { slot, trunk_id, ...some } of rows) {
    const key = keyOf(DateTime.toParts(DateTime.makeZonedUnsafe(slot, { timeZone: zone })), trunk_id)
    const name = JSON.stringify(key)
    groups.set(name, { key, counts: add(groups.get(name)?.counts ?? zero, some) })
  }
  return Array.from(groups.values())
})

const add = (a: Counts, b: Counts): Counts => ({
  required: a.required + b.required,
  recorded: a.recorded + b.recorded,
  inDoubt: a.inDoubt + b.inDoubt,
  missing: a.missing + b.missing,
  withoutRule: a.withoutRule + b.withoutRule
})

const pad = (value: number, length: number) => String(value).padStart(length, "0")

/**
 * The counts by day of the call's start in a zone, such as `2026-08-01`, in order; days without calls are left out.
 *
 * @category counting
 * @since 0.1.0
 */
export const byDay = (
  schema: string,
  zone: DateTime.TimeZone
): Effect.Effect<ReadonlyArray<Group>, DuckDbError, DuckDb> =>
  byTime(schema, zone, ({ day, month, year }) => `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`)

/**
 * The calls that started in one hour of the week, on one trunk or on none (`null`). `weekday` is 0 for Sunday.
 *
 * @category models
 * @since 0.1.0
 */
export interface Cell {
  readonly weekday: number
  readonly hour: number
  readonly trunkId: string | null
  readonly counts: Counts
}

/**
 * The counts by hour of the week, in a zone, and trunk: what a heat map of the gaps is drawn from. Cells without calls are
 * left out.
 *
 * @category counting
 * @since 0.1.0
 */
export const gaps = (
  schema: string,
  zone: DateTime.TimeZone
): Effect.Effect<ReadonlyArray<Cell>, DuckDbError, DuckDb> =>
  Effect.map(
    byTime(schema, zone, ({ hour, weekDay }, trunkId) => ({ weekday: weekDay, hour, trunkId })),
    (cells) => cells.map(({ counts, key }): Cell => ({ ...key, counts }))
  )

// ---------------------------------------------------------------------------
// Lateness
// ---------------------------------------------------------------------------

/**
 * How long after their end the `calls` that have recordings got the first of them, by the provider's own stamps: what half,
 * nine tenths, and 99 of 100 of them waited at most, and the longest of all; `null` where there is none. A recording that was
 * added before the call's end is in no time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lateness {
  readonly calls: number
  readonly median: Duration.Duration | null
  readonly p90: Duration.Duration | null
  readonly p99: Duration.Duration | null
  readonly longest: Duration.Duration | null
}

const Millis = Schema.NullOr(Count)

/**
 * How late recordings come: what the settle window should outlast. Calls whose times came without a zone are left out. When
 * the provider's list showed a recording, its stamp does not tell.
 *
 * @category counting
 * @since 0.1.0
 */
export const lateness = Effect.fn("Coverage.lateness")(function* (
  schema: string
): Effect.fn.Return<Lateness, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [row] = yield* db.query(
    `SELECT count(*) AS calls, quantile_disc(waited, 0.5) AS median, quantile_disc(waited, 0.9) AS p90,
  quantile_disc(waited, 0.99) AS p99, max(waited) AS longest
FROM (
  SELECT greatest(0, min(a.add_ms) - any_value(l.ended_ms)) AS waited
  FROM ${schema}.audio a JOIN ${schema}.owned o ON o.audio_arrival = a.arrival JOIN ${schema}.leg l ON l.arrival = o.arrival
  WHERE l.in_window AND l.doubt_ms = 0 GROUP BY l.arrival)`,
    Schema.Struct({ calls: Count, median: Millis, p90: Millis, p99: Millis, longest: Millis })
  )
  const duration = (millis: number | null | undefined) => (typeof millis === "number" ? Duration.millis(millis) : null)
  return {
    calls: row?.calls ?? 0,
    median: duration(row?.median),
    p90: duration(row?.p90),
    p99: duration(row?.p99),
    longest: duration(row?.longest)
  }
})

// ---------------------------------------------------------------------------
// Bounds
// ---------------------------------------------------------------------------

/** How many rows a list may lack; `null` where that is not known. */
const rowsInDoubt = ({ rowsInDoubt, verdict }: ExtractProof): number | null =>
  verdict === "complete" ? 0 : verdict === "in-doubt" ? rowsInDoubt : null

/**
 * How far what the lists did not show may move the counts of a reconciliation.
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
  if (unseen === 0 && unheard === 0) return none
  if (unseen === null) return { unseen, found: null, lost: null }
  const db = yield* DuckDb
  const joined = 3 * unseen
  const [reach] = yield* db.query(
    `WITH weight AS (
  SELECT count(*) FILTER (${isMissing}) AS silent,
    count(*) FILTER (verdict = 'must' AND ${oneOf(Finding.recorded)}
      AND NOT by_uuid) AS leaning
  FROM ${schema}.finding LEFT JOIN ${schema}.conversation USING (arrival)
  WHERE ${isJudged} GROUP BY coalesce(label, arrival)),
most_silent AS (SELECT silent FROM weight ORDER BY silent DESC LIMIT ${(unheard ?? 0) + joined}),
most_leaning AS (SELECT leaning FROM weight ORDER BY leaning DESC LIMIT ${joined})
SELECT coalesce((SELECT sum(silent) FROM most_silent), 0)::BIGINT AS silent,
  coalesce((SELECT sum(leaning) FROM most_leaning), 0)::BIGINT AS leaning`,
    Schema.Struct({ silent: Count, leaning: Count })
  )
  const { leaning, silent } = reach ?? { leaning: 0, silent: 0 }
  return { unseen, found: unheard === null ? null : silent + unseen, lost: leaning + unseen }
})

/**
 * The ratio of some counts, within the margin of their reconciliation. All that the lists did not show may be of one group,
 * so the margin is the same for each.
 *
 * @category measuring
 * @since 0.1.0
 */
export const within =
  ({ found, lost, unseen }: Margin) =>
  (counts: Counts): Coverage => {
    const { inDoubt, missing, recorded, required } = counts
    if (unseen === null || required + unseen === 0) return { ...counts, unseen, lower: null, upper: null }
    const denominator = required + unseen
    return {
      ...counts,
      unseen,
      lower: lost === null ? null : { numerator: Math.max(0, recorded - lost), denominator },
      upper: {
        numerator: recorded + inDoubt + Math.min(missing, found ?? missing) + unseen,
        denominator
      }
    }
  }

/**
 * The coverage of all calls of a reconciliation, bounded by the proofs of its lists.
 *
 * @category measuring
 * @since 0.1.0
 */
export const measure = (schema: string, proofs: Proofs): Effect.Effect<Coverage, DuckDbError, DuckDb> =>
  Effect.zipWith(margin(schema, proofs), total(schema), (margin, counts) => within(margin)(counts))

/**
 * Whether the coverage is at least a target, in percent; `not-known` where the bounds leave that open. Where no call had to
 * be recorded any target is met, unless there are calls of which no rule tells, or CDRs that the list did not show.
 *
 * @example
 * ```ts
 * import { Coverage } from "@vobiz-effect/reconcile"
 * import { BigDecimal } from "effect"
 *
 * // 9,990 of 10,000 were recorded, and 5 are too recent to tell: it depends on those.
 * const coverage = Coverage.within(Coverage.none)({
 *   required: 10_000, recorded: 9_990, inDoubt: 5, missing: 5, withoutRule: 0
 * })
 * Coverage.meets(BigDecimal.fromStringUnsafe("99.92"), coverage) // "not-known"
 * ```
 *
 * @category measuring
 * @since 0.1.0
 */
export const meets = (
  target: BigDecimal.BigDecimal,
  { lower, required, unseen, upper, withoutRule }: Coverage
): "met" | "not-met" | "not-known" => {
  const isAtLeast = ({ denominator, numerator }: Ratio) =>
    BigDecimal.isGreaterThanOrEqualTo(whole(numerator * 100), BigDecimal.multiply(target, whole(denominator)))
  if (lower === null || upper === null) return required === 0 && unseen === 0 && withoutRule === 0 ? "met" : "not-known"
  return isAtLeast(lower) ? "met" : isAtLeast(upper) ? "not-known" : "not-met"
}

const whole = (value: number) => BigDecimal.make(BigInt(value), 0)

/**
 * A ratio in percent, such as `99.99`. Further places are cut off, not rounded, so that only all is `100.00`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const percent = ({ denominator, numerator }: Ratio, places = 2): string => {
  const digits = String((BigInt(numerator) * 10n ** BigInt(places + 2)) / BigInt(denominator)).padStart(places + 1, "0")
  const cut = digits.length - places
  return places === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
}
