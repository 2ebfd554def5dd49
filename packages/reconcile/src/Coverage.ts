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
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import * as Finding from "./Finding.ts"
import * as Sql from "./internal/sql.ts"

/**
 * How many calls are of each class.
 *
 * @category models
 * @since 0.1.0
 */
export interface Classes {
  /** Had to be recorded, and are: nothing known against the audio. */
  readonly recorded: number
  /** Had to be recorded, and are in part: too little of their talk, or with too long a gap. */
  readonly partly: number
  /** Had to be recorded, and have only recordings that are unreadable, silent, truncated or of no length. */
  readonly unusable: number
  /** Had to be recorded, and are not. */
  readonly missing: number
  /** Had to be recorded, and nobody can tell: settling, expired and not archived, of another account, or maybe in a conference. */
  readonly undetermined: number
  /** No rule says whether they had to be recorded. */
  readonly unjudged: number
  /** Had to be recorded, are not, or in part, and are excused. */
  readonly excused: number
  /** Need no recording, or must have none. */
  readonly excluded: number
}

/**
 * The classes of no calls.
 *
 * @category constants
 * @since 0.1.0
 */
export const empty: Classes = {
  recorded: 0,
  partly: 0,
  unusable: 0,
  missing: 0,
  undetermined: 0,
  unjudged: 0,
  excused: 0,
  excluded: 0
}

/**
 * How many calls had to be recorded.
 *
 * @category getters
 * @since 0.1.0
 */
export const required = ({ missing, partly, recorded, undetermined, unusable }: Classes): number =>
  recorded + partly + unusable + missing + undetermined

/**
 * The classes of some calls and of others.
 *
 * @category combining
 * @since 0.1.0
 */
export const add = (a: Classes, b: Classes): Classes => ({
  recorded: a.recorded + b.recorded,
  partly: a.partly + b.partly,
  unusable: a.unusable + b.unusable,
  missing: a.missing + b.missing,
  undetermined: a.undetermined + b.undetermined,
  unjudged: a.unjudged + b.unjudged,
  excused: a.excused + b.excused,
  excluded: a.excluded + b.excluded
})

/**
 * The classes as they would be without excuses: the excused calls are missing.
 *
 * @category combining
 * @since 0.1.0
 */
export const unexcused = (classes: Classes): Classes => ({
  ...classes,
  missing: classes.missing + classes.excused,
  excused: 0
})

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
 * The recorded share of the calls that had to be recorded, between bounds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Coverage {
  /** The least that it may be; `null` where that is not known, or where no call had to be recorded. */
  readonly lower: Ratio | null
  /** The most that it may be; `null` as for `lower`. */
  readonly upper: Ratio | null
}

/**
 * How far what the lists did not show may move the classes. Made by `margin`; `null` where a number is not known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Margin {
  /** CDRs that the list may lack. */
  readonly unseen: number | null
  /** Missing, partly recorded and unusable calls that may be recorded after all. */
  readonly found: number | null
  /** Recorded calls that may not be. */
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
 * How far a list is proved whole: by its reading, because the caller declares it (`"declared"`), or not at all (`null`).
 *
 * @category models
 * @since 0.1.0
 */
export type Proof = ExtractProof | "declared" | null

/**
 * How far the lists are proved whole.
 *
 * @category models
 * @since 0.1.0
 */
export interface Proofs {
  readonly cdrs: Proof
  readonly recordings: Proof
  /**
   * A trunk that is not listed may record every call, which nobody expects then.
   *
   * @default the caller knows that all trunks are given
   */
  readonly trunks?: Proof
}

/**
 * Proofs of lists that the caller declares whole.
 *
 * @category constants
 * @since 0.1.0
 */
export const declared: Proofs = { cdrs: "declared", recordings: "declared" }

/**
 * Proofs of lists of which nothing is known.
 *
 * @category constants
 * @since 0.1.0
 */
export const unproved: Proofs = { cdrs: null, recordings: null }

/**
 * Whether a list is whole: proved, or declared to be.
 *
 * @category getters
 * @since 0.1.0
 */
export const isWhole = (proof: Proof): boolean => proof === "declared" || proof?.verdict === "complete"

// ---------------------------------------------------------------------------
// Classes
// ---------------------------------------------------------------------------

const oneOf = (codes: ReadonlyArray<Finding.Code>) => `code IN (${codes.map(Sql.text).join(", ")})`

const isJudged = `verdict IS NOT NULL AND NOT ${oneOf(Finding.attached)} AND coalesce(reason NOT IN ('duplicate', 'credit'), true)`
/** Of these nothing counts: nobody was there, or only who must not be recorded. */
const counts = `verdict = 'must' AND (reason IS NULL OR reason = 'other-leg')`
const isRequired = `${counts} AND code <> 'excused'`
const isRecorded = `${isRequired} AND ${oneOf(Finding.recorded)}`
const isLacking = `${isRequired} AND NOT ${oneOf([...Finding.recorded, ...Finding.undetermined])}`

const counted = `count(*) FILTER (${isRecorded}) AS recorded,
  count(*) FILTER (code = 'partly-recorded') AS partly,
  count(*) FILTER (${isLacking} AND code = 'unusable') AS unusable,
  count(*) FILTER (${isLacking} AND code NOT IN ('unusable', 'partly-recorded')) AS missing,
  count(*) FILTER (${isRequired} AND ${oneOf(Finding.undetermined)}) AS undetermined,
  count(*) FILTER (verdict = 'unknown') AS unjudged,
  count(*) FILTER (code = 'excused') AS excused,
  count(*) FILTER (verdict IN ('may', 'must-not') OR verdict = 'must' AND NOT (${counts})) AS excluded`

const timed = `coalesce(sum(base_ms) FILTER (${isRequired}), 0)::BIGINT AS base,
  coalesce(sum(least_ms) FILTER (${isRequired}), 0)::BIGINT AS least,
  coalesce(sum(CASE WHEN ${oneOf(Finding.undetermined)} THEN base_ms ELSE recorded_ms END) FILTER (${isRequired}), 0)::BIGINT AS most,
  coalesce(sum(base_ms) FILTER (code = 'excused'), 0)::BIGINT AS excused_talk`

const Count = Schema.FiniteFromString

const classes = {
  recorded: Count,
  partly: Count,
  unusable: Count,
  missing: Count,
  undetermined: Count,
  unjudged: Count,
  excused: Count,
  excluded: Count
}

const times = { base: Count, least: Count, most: Count, excused_talk: Count }

const talkOf = ({ base, excused_talk, least, most }: Readonly<Record<keyof typeof times, number>>): Talk => ({
  base,
  least,
  most,
  excused: excused_talk
})

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
 * The talk time of the calls that had to be recorded, in milliseconds: all that counts of it, how much of that is recorded at least,
 * and at most. They differ where recordings do not say when they began, and by the undetermined calls. `excused` is that of the excused
 * calls, which is in none of the others.
 *
 * @category models
 * @since 0.1.0
 */
export interface Talk {
  readonly base: number
  readonly least: number
  readonly most: number
  readonly excused: number
}

const silence: Talk = { base: 0, least: 0, most: 0, excused: 0 }

const addTalk = (a: Talk, b: Talk): Talk => ({
  base: a.base + b.base,
  least: a.least + b.least,
  most: a.most + b.most,
  excused: a.excused + b.excused
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
 * The recorded share of talk time, between bounds. CDRs that a list may lack have talk of any length, so that nothing is known then;
 * recordings that it may lack may be of all that is not recorded.
 *
 * @category measuring
 * @since 0.1.0
 */
export const ofTalk = ({ base, least, most }: Talk, { cdrs, recordings }: Proofs): Coverage =>
  !isWhole(cdrs) || base === 0
    ? { lower: null, upper: null }
    : {
        lower: { numerator: least, denominator: base },
        upper: { numerator: isWhole(recordings) ? most : base, denominator: base }
      }

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
  FROM ${schema}.audio a JOIN ${schema}.owned o ON o.audio_arrival = a.arrival JOIN ${schema}.leg l ON l.arrival = o.arrival
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

// ---------------------------------------------------------------------------
// Bounds
// ---------------------------------------------------------------------------

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
unzoned AS (SELECT arrival, ended_ms, talk_ms FROM ${schema}.leg WHERE doubt_ms > 0),
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

/**
 * The coverage of some calls, within the margin of their reconciliation. All that the lists did not show may be of one group,
 * so the margin is the same for each.
 *
 * @example
 * ```ts
 * import { Coverage } from "@vobiz-effect/reconcile"
 *
 * // 9,990 of 10,000 are recorded, and 5 more may be: from 99.90% to 99.95%.
 * const coverage = Coverage.within(Coverage.none)({ ...Coverage.empty, recorded: 9_990, undetermined: 5, missing: 5 })
 * ```
 *
 * @category measuring
 * @since 0.1.0
 */
export const within =
  ({ found, lost, unseen }: Margin) =>
  (classes: Classes): Coverage => {
    const all = required(classes)
    if (unseen === null || all + unseen === 0) return { lower: null, upper: null }
    const denominator = all + unseen
    const { excused, missing, partly, recorded, undetermined, unusable } = classes
    const lacking = missing + partly + unusable
    const cleared = unseen === 0 && found === 0 ? 0 : excused
    return {
      lower: lost === null ? null : { numerator: Math.max(0, recorded - lost), denominator },
      upper: {
        numerator: recorded + undetermined + Math.min(lacking, found ?? lacking) + cleared + unseen,
        denominator: denominator + cleared
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
  Effect.zipWith(margin(schema, proofs), total(schema), (margin, classes) => within(margin)(classes))

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
