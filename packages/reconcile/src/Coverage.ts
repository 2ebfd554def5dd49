/**
 * How many of the calls that had to be recorded were: as classes, and as a share between bounds.
 *
 * **Classes.** CDRs of the window, each once; rows that bill a leg again are left out.
 *
 * | Class          | CDRs                                                                                      |
 * | -------------- | ----------------------------------------------------------------------------------------- |
 * | `recorded`     | that had to be recorded, and are, by time (`Finding`), on any leg of their conversation   |
 * | `partly`       | that had to be recorded, and are in part                                                  |
 * | `unusable`     | that had to be recorded, and have only recordings without usable audio                    |
 * | `missing`      | that had to be recorded, and are not                                                      |
 * | `undetermined` | that had to be recorded, and nobody can tell whether they are (`Finding.undetermined`)    |
 * | `unjudged`     | of which no rule says whether they had to be recorded                                     |
 * | `excused`      | that had to be recorded, are not or in part, and that an excuse of the policy is for     |
 * | `excluded`     | that need no recording, or must have none                                                 |
 *
 * The first five are the calls that had to be recorded (`required`). Only these are in the coverage.
 *
 * Excused calls are in no coverage; `unexcused` has the classes as they would be without excuses.
 *
 * **Bounds of whole lists.** `recorded / required` at least, `(recorded + undetermined) / required` at most.
 *
 * **Bounds of lists in doubt.** What a list did not show may change both sides. Let `u` rows be in doubt in the list of CDRs
 * and `k` in that of recordings. Then
 *
 * ```
 * lower = (recorded - lost) / (required + u)
 * upper = (recorded + undetermined + found + e + u) / (required + e + u)
 * ```
 *
 * - Each of the `u` calls may have had to be recorded: not recorded for the lower bound, recorded for the upper.
 * - `found`: how many of the missing, partly recorded and unusable may be recorded after all. A recording not shown speaks for all legs of one
 *   conversation; a CDR not shown may join three, one by each of its ids, to one that has a recording. So they are counted
 *   of the `k + 3 u` conversations that have most. And each CDR not shown may be the row that one of them only repeats:
 *   `u` more. Where `k` is not known, all of them may be found.
 * - `e`: the excused calls, each of which may be recorded after all, and is in the coverage then.
 * - `lost`: how many of the recorded may not be. Those whose whole talk is in one usable recording by their uuid cannot be lost. The others
 *   have it by another id, or are of a conversation that has one; a CDR not shown may break three such ties, one by each of
 *   its ids, when with it the legs are too far apart to be of one conversation. So they are counted of the `3 u`
 *   conversations that have most, and `u` more for those that only repeat a row not shown.
 *
 * Where `u` is not known, neither bound is. Where no call had to be recorded, there is no share.
 *
 * The bounds assume that the CDRs and recordings shown are as the provider has them, that rows that repeat one another are
 * under one rule, that no id turns out with the rest of the list to join legs, or not to, and that the settings are right: the
 * policy, the settle window and the retention.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import { Count, classes, counted, isJudged, talkOf, timed, times } from "./internal/coverageCounts.ts"
import {
  addTalk,
  type Coverage,
  empty,
  add,
  type Classes,
  type Proofs,
  silence,
  type Talk,
  within
} from "./internal/coverageModel.ts"
import * as Margin from "./internal/margin.ts"

export {
  add,
  declared,
  empty,
  isWhole,
  none,
  ofTalk,
  percent,
  required,
  unexcused,
  unproved,
  within,
  type Classes,
  type Coverage,
  type Margin,
  type Proof,
  type Proofs,
  type Ratio,
  type Talk
} from "./internal/coverageModel.ts"
export { margin } from "./internal/margin.ts"

/**
 * The classes of all calls of a reconciliation, by its schema.
 *
 * @category counting
 * @since 0.1.0
 */
export const total = Effect.fn("Coverage.total")(function* (
  schema: string
): Effect.fn.Return<Classes, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [all] = yield* db.query(`SELECT ${counted} FROM ${schema}.finding WHERE ${isJudged}`, Schema.Struct(classes))
  return all ?? empty
})

/**
 * The talk time of all calls of a reconciliation that had to be recorded, by its schema.
 *
 * @category counting
 * @since 0.1.0
 */
export const talk = Effect.fn("Coverage.talk")(function* (schema: string): Effect.fn.Return<Talk, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [all] = yield* db.query(`SELECT ${timed} FROM ${schema}.finding WHERE ${isJudged}`, Schema.Struct(times))
  return all === undefined ? silence : talkOf(all)
})

/**
 * The classes of the calls that have something in common.
 *
 * @category models
 * @since 0.1.0
 */
export interface Group {
  readonly key: string | null
  readonly classes: Classes
  readonly talk: Talk
}

/** The findings that say what became of the judged CDRs, beside what was called. */
const calls = (s: string) => `(
  SELECT code, reason, verdict, base_ms, recorded_ms, least_ms, start_ms, trunk_id, CASE direction
      WHEN 'outbound' THEN coalesce(from_e164, from_raw)
      WHEN 'inbound' THEN coalesce(to_e164, to_raw) END AS own_number
  FROM (SELECT arrival, code, reason, verdict, base_ms, recorded_ms, least_ms FROM ${s}.finding WHERE ${isJudged}) JOIN ${s}.cdr USING (arrival))`

const byColumn = (column: "trunk_id" | "own_number") =>
  Effect.fnUntraced(function* (schema: string): Effect.fn.Return<ReadonlyArray<Group>, DuckDbError, DuckDb> {
    const db = yield* DuckDb
    const rows = yield* db.query(
      `SELECT ${column} AS key, ${counted}, ${timed} FROM ${calls(schema)} GROUP BY key ORDER BY missing DESC, key NULLS LAST`,
      Schema.Struct({ key: Schema.NullOr(Schema.String), ...classes, ...times })
    )
    return rows.map(({ base, excused_talk, key, least, most, ...classes }) => ({
      key,
      classes,
      talk: talkOf({ base, excused_talk, least, most })
    }))
  })

/**
 * The classes by trunk, the one with most missing first; `null` are the calls on none.
 *
 * @category counting
 * @since 0.1.0
 */
export const byTrunk: (schema: string) => Effect.Effect<ReadonlyArray<Group>, DuckDbError, DuckDb> =
  byColumn("trunk_id")

/**
 * The classes by the account's own number, in E.164 where that is known: the one that called of outbound calls, the one that
 * was called of inbound ones; `null` where the direction, or the number, is not known. The one with most missing first.
 *
 * @category counting
 * @since 0.1.0
 */
export const byNumber: (schema: string) => Effect.Effect<ReadonlyArray<Group>, DuckDbError, DuckDb> =
  byColumn("own_number")

/** Zones differ from UTC by whole quarters of an hour, so calls of a quarter are of one day and hour in each of them. */
const quarter = 900_000

const Quarter = Schema.Struct({ slot: Count, trunk_id: Schema.NullOr(Schema.String), ...classes, ...times })

/** The classes by what `keyOf` makes of the local time of the call's start, and its trunk; in order of the first call. */
const byTime = Effect.fnUntraced(function* <K>(
  schema: string,
  zone: DateTime.TimeZone,
  keyOf: (local: DateTime.DateTime.PartsWithWeekday, trunkId: string | null) => K
): Effect.fn.Return<
  ReadonlyArray<{ readonly key: K; readonly classes: Classes; readonly talk: Talk }>,
  DuckDbError,
  DuckDb
> {
  const db = yield* DuckDb
  const rows = yield* db.query(
    `SELECT start_ms // ${quarter} * ${quarter} AS slot, trunk_id, ${counted}, ${timed} FROM ${calls(schema)}
GROUP BY slot, trunk_id ORDER BY slot, trunk_id NULLS LAST`,
    Quarter
  )
  const groups = new Map<string, { readonly key: K; classes: Classes; talk: Talk }>()
  for (const { base, excused_talk, least, most, slot, trunk_id, ...some } of rows) {
    const key = keyOf(DateTime.toParts(DateTime.makeZonedUnsafe(slot, { timeZone: zone })), trunk_id)
    const name = JSON.stringify(key)
    const group = groups.get(name)
    groups.set(name, {
      key,
      classes: add(group?.classes ?? empty, some),
      talk: addTalk(group?.talk ?? silence, talkOf({ base, excused_talk, least, most }))
    })
  }
  return Array.from(groups.values())
})

const pad = (value: number, length: number) => String(value).padStart(length, "0")

/**
 * The classes by day of the call's start in a zone, such as `2026-08-01`, in order; days without calls are left out.
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
  readonly classes: Classes
}

/**
 * The classes by hour of the week, in a zone, and trunk: what a heat map of the gaps is drawn from. Cells without calls are
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
    (cells) => cells.map(({ classes, key }): Cell => ({ ...key, classes }))
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
  FROM ${schema}.audio a JOIN ${schema}.owned o ON o.audio_arrival = a.arrival JOIN ${schema}.billed l ON l.arrival = o.arrival
  WHERE l.in_window AND l.doubt_ms = 0 AND a.length_ms IS DISTINCT FROM 0 GROUP BY l.arrival)`,
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

/**
 * The coverage of all calls of a reconciliation, bounded by the proofs of its lists.
 *
 * @category measuring
 * @since 0.1.0
 */
export const measure = (schema: string, proofs: Proofs): Effect.Effect<Coverage, DuckDbError, DuckDb> =>
  Effect.zipWith(Margin.margin(schema, proofs), total(schema), (margin, classes) => within(margin)(classes))
