/**
 * What a reconciliation says in money: what was billed, what of it twice, what the gaps cost, and whether the charges are those
 * of a rate card. Amounts are decimal, and by currency: none is converted, and none added to another's.
 *
 * The provider tells no tariff (docs/vobiz-api.md, "Billing"). Without the user's own rate card no charge is judged.
 *
 * @since 0.1.0
 */
import { Money } from "@vobiz-effect/core/Money"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import * as Finding from "./Finding.ts"
import * as Sql from "./internal/sql.ts"
import * as RateCard from "./RateCard.ts"

/**
 * What some CDRs of one currency were billed with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Billed {
  readonly cdrs: number
  readonly amount: Money
}

/**
 * What the CDRs with a finding of some code were billed with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gap extends Billed {
  readonly code: Finding.Code
}

/**
 * What was billed in a window, each CDR once and by its total cost.
 *
 * - `billed`: all of it, by currency, and `unpriced`: CDRs whose row tells no cost or no currency.
 * - `unanswered`: billed although nobody talked. `free`: CDRs with talk that were billed nothing.
 * - `passedOn`: rows of another account than the one whose row of the same leg is judged: a bill that is passed on. They are not in `billed`.
 * - `duplicates`: rows that bill a leg again (`duplicate-cdr`), except those that only seem to. Credits are in `billed`, as amounts less than 0;
 *   rows that a correction of the same leg superseded are in none.
 * - `credits`: what was taken back so.
 * - `gaps`: calls without the recording that they had to have (`missing`, `unusable`), or of which nobody can tell (`Finding.undetermined`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Totals {
  readonly billed: ReadonlyArray<Billed>
  readonly passedOn: ReadonlyArray<Billed>
  readonly unpriced: number
  readonly unanswered: ReadonlyArray<Billed>
  readonly free: number
  readonly duplicates: ReadonlyArray<Billed>
  readonly credits: ReadonlyArray<Billed>
  readonly gaps: ReadonlyArray<Gap>
}

const Count = Schema.FiniteFromString

const decimal = (text: string) => BigDecimal.normalize(BigDecimal.fromStringUnsafe(text))

const Part = Schema.Struct({ cdrs: Count, amount: Schema.NullOr(Schema.String) })
type Part = typeof Part.Type

/** CDRs of one currency, and of one code of a gap or of none. */
const Row = Schema.Struct({
  currency: Schema.NullOr(Schema.String),
  gap: Schema.NullOr(Finding.Code),
  unpriced: Count,
  free: Count,
  all: Part,
  billed: Part,
  passed_on: Part,
  unanswered: Part,
  duplicates: Part,
  credits: Part
})
type Row = typeof Row.Type

/** Some parts by currency; those without CDRs are none. */
const byCurrency = (rows: ReadonlyArray<Row>, of: (row: Row) => Part): ReadonlyArray<Billed> => {
  const sums = new Map<string, Billed>()
  for (const row of rows) {
    const { amount, cdrs } = of(row)
    const { currency } = row
    if (currency === null || amount === null) continue
    const before = sums.get(currency)
    const money = Money.make({ amount: decimal(amount), currency })
    sums.set(currency, {
      cdrs: cdrs + (before?.cdrs ?? 0),
      amount:
        before === undefined
          ? money
          : Money.make({ amount: BigDecimal.sum(before.amount.amount, money.amount), currency })
    })
  }
  return Array.from(sums.values()).toSorted((a, b) => (a.amount.currency < b.amount.currency ? -1 : 1))
}

/**
 * What was billed, of a reconciliation by its schema.
 *
 * @category measuring
 * @since 0.1.0
 */
export const totals = Effect.fn("Billing.totals")(function* (
  schema: string
): Effect.fn.Return<Totals, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const part = (where: string) =>
    `{'cdrs': count(*) FILTER (is_priced AND ${where}), 'amount': (sum(cost) FILTER (is_priced AND ${where}))::VARCHAR}`
  const codes = ["missing", "unusable", ...Finding.undetermined].map(Sql.text).join(", ")
  const rows = yield* db.query(
    `SELECT currency, gap, count(*) FILTER (NOT is_priced) AS unpriced, count(*) FILTER (talk_ms > 0 AND cost = 0) AS free,
  ${part("true")} AS "all", ${part("NOT is_passed_on")} AS billed, ${part("is_passed_on")} AS passed_on,
  ${part("talk_ms = 0 AND NOT is_unread AND cost <> 0")} AS unanswered, ${part("is_duplicate")} AS duplicates, ${part("cost < 0")} AS credits
FROM (
  SELECT l.cost, l.currency, l.talk_ms, l.is_unread, g.code AS gap, l.cost IS NOT NULL AND l.currency IS NOT NULL AS is_priced,
    p.arrival IS NOT NULL AS is_passed_on, d.arrival IS NOT NULL AS is_duplicate
  FROM (FROM ${schema}.billed WHERE in_window) l
  LEFT JOIN (SELECT arrival FROM ${schema}.twin WHERE is_passed_on) p USING (arrival)
  LEFT JOIN (SELECT arrival FROM ${schema}.further_finding WHERE code = 'duplicate-cdr' AND detail IS NULL) d USING (arrival)
  LEFT JOIN (SELECT arrival, code FROM ${schema}.primary_finding WHERE code IN (${codes}) AND verdict = 'must') g USING (arrival))
GROUP BY currency, gap ORDER BY gap, currency`,
    Row
  )
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  return {
    billed: byCurrency(rows, ({ billed }) => billed),
    passedOn: byCurrency(rows, ({ passed_on }) => passed_on),
    unpriced: sum(({ unpriced }) => unpriced),
    unanswered: byCurrency(rows, ({ unanswered }) => unanswered),
    free: sum(({ free }) => free),
    duplicates: byCurrency(rows, ({ duplicates }) => duplicates),
    credits: byCurrency(rows, ({ credits }) => credits),
    gaps: rows.flatMap((row) => {
      const code = row.gap
      return code === null ? [] : byCurrency([row], ({ all }) => all).map((billed) => Object.assign({ code }, billed))
    })
  }
})

// ---------------------------------------------------------------------------
// Rates
// ---------------------------------------------------------------------------

/**
 * Why a card does not judge a CDR: one of `RateCard.Charge`, or the CDR tells no cost of its talk (`no-cost`), or one in another
 * currency than the card's (`other-currency`), which is never converted.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Lack = Schema.Literals(["no-rate", "unclear", "other-currency", "no-cost", "talk-unknown"])
/**
 * @category models
 * @since 0.1.0
 */
export type Lack = typeof Lack.Type

/**
 * The CDRs of one rate: what they were billed with for their talk, what they should have been, and how many of them differ.
 *
 * @category models
 * @since 0.1.0
 */
export interface ByRate {
  readonly rate: string
  readonly cdrs: number
  readonly differing: number
  readonly billed: Money
  readonly expected: Money
}

/**
 * What a rate card says of the charges of a window. Costs are those of talk, without streaming. CDRs that bill a leg again, bills that are
 * passed on, and credits are in `Totals` alone.
 *
 * - `card`: its name, and what tells it from others (`RateCard.fingerprint`).
 * - `agreeing`, `differing`: CDRs whose cost is to the digit what the card says, and those whose is not. Each of these is a finding.
 * - `over`, `under`: how much too much, and too little, those were billed with.
 * - `unjudged`: CDRs of which the card does not tell, by why.
 * - `rates`: those that any CDR has, the one with most that differ first.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rated {
  readonly card: { readonly name: string; readonly currency: string; readonly fingerprint: string }
  readonly agreeing: number
  readonly differing: number
  readonly over: Billed
  readonly under: Billed
  readonly unjudged: Readonly<Partial<Record<Lack, number>>>
  readonly rates: ReadonlyArray<ByRate>
}

/**
 * Whether the card judged any charge: else it says of none that it is right.
 *
 * @category getters
 * @since 0.1.0
 */
export const hasJudged = (rates: Rated | null): rates is Rated => rates !== null && rates.agreeing + rates.differing > 0

const RateRow = Schema.Struct({
  rate: Schema.String,
  cdrs: Count,
  differing: Count,
  over_cdrs: Count,
  billed: Schema.String,
  expected: Schema.String,
  over: Schema.String
})

/**
 * What a rate card says of the charges, of a reconciliation by its schema that was given the card.
 *
 * @category measuring
 * @since 0.1.0
 */
export const rated = Effect.fn("Billing.rated")(function* (
  schema: string,
  card: RateCard.RateCard
): Effect.fn.Return<Rated, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const rows = yield* db.query(
    `SELECT name AS rate, count(*) AS cdrs, count(*) FILTER (expected <> call_cost) AS differing, sum(call_cost)::VARCHAR AS billed,
  sum(expected)::VARCHAR AS expected, count(*) FILTER (call_cost > expected) AS over_cdrs,
  coalesce(sum(call_cost - expected) FILTER (call_cost > expected), 0)::VARCHAR AS over
FROM ${schema}.rated WHERE lack IS NULL GROUP BY nth, name ORDER BY differing DESC, name, nth`,
    RateRow
  )
  const lacks = yield* db.query(
    `SELECT lack, count(*) AS cdrs FROM ${schema}.rated WHERE lack IS NOT NULL GROUP BY lack ORDER BY lack`,
    Schema.Struct({ lack: Lack, cdrs: Count })
  )
  const { currency } = card
  const money = (amount: BigDecimal.BigDecimal) => Money.make({ amount: BigDecimal.normalize(amount), currency })
  const sum = (of: (row: typeof RateRow.Type) => string) =>
    rows.reduce((total, row) => BigDecimal.sum(total, decimal(of(row))), BigDecimal.fromBigInt(0n))
  const count = (of: (row: typeof RateRow.Type) => number) => rows.reduce((total, row) => total + of(row), 0)
  const [differing, overCdrs, over] = [
    count((row) => row.differing),
    count((row) => row.over_cdrs),
    sum((row) => row.over)
  ]
  // What was billed too much, less what was billed too little, is what was billed beyond the card.
  const beyond = BigDecimal.subtract(
    sum((row) => row.billed),
    sum((row) => row.expected)
  )
  return {
    card: { name: card.name, currency, fingerprint: RateCard.fingerprint(card) },
    agreeing: count((row) => row.cdrs) - differing,
    differing,
    over: { cdrs: overCdrs, amount: money(over) },
    under: { cdrs: differing - overCdrs, amount: money(BigDecimal.subtract(over, beyond)) },
    unjudged: Object.fromEntries(lacks.map(({ cdrs, lack }) => [lack, cdrs])),
    rates: rows.map(({ billed, cdrs, differing, expected, rate }) => ({
      rate,
      cdrs,
      differing,
      billed: money(decimal(billed)),
      expected: money(decimal(expected))
    }))
  }
})

/**
 * A CDR that was billed with another cost of its talk than the rate card says.
 *
 * @category models
 * @since 0.1.0
 */
export interface Charge {
  readonly uuid: string
  readonly id: string | null
  readonly start: DateTime.Utc
  readonly talk: Duration.Duration
  readonly billed: Money
  readonly expected: Money
  /** The name of the rate. */
  readonly rate: string
}

const ChargeRow = Schema.Struct({
  uuid: Schema.String,
  id: Schema.NullOr(Schema.String),
  start_ms: Count,
  talk_ms: Count,
  billed: Schema.String,
  expected: Schema.String,
  currency: Schema.String,
  rate: Schema.String
})

/**
 * The CDRs whose cost is not what the rate card says, in order of start; of a reconciliation by its schema that was given a card.
 *
 * @category measuring
 * @since 0.1.0
 */
export const differing = (schema: string): Stream.Stream<Charge, DuckDbError, DuckDb> =>
  Stream.unwrap(
    Effect.map(DuckDb, (db) =>
      Stream.map(
        db.stream(
          `SELECT c.uuid, c.id, c.start_ms, c.talk_ms, r.call_cost::VARCHAR AS billed, r.expected::VARCHAR AS expected, c.currency, r.name AS rate
FROM ${schema}.rated r JOIN ${schema}.cdr c USING (arrival) WHERE r.expected <> r.call_cost
ORDER BY c.start_ms, c.uuid, ${Sql.idOrder("c.id")}`,
          ChargeRow
        ),
        ({ billed, currency, expected, id, rate, start_ms, talk_ms, uuid }): Charge => ({
          uuid,
          id,
          start: DateTime.makeUnsafe(start_ms),
          talk: Duration.millis(talk_ms),
          billed: Money.make({ amount: decimal(billed), currency }),
          expected: Money.make({ amount: decimal(expected), currency }),
          rate
        })
      )
    )
  )

// ---------------------------------------------------------------------------
// Currencies
// ---------------------------------------------------------------------------

/**
 * How many CDRs were read more than once, as from the list and by themselves, with a currency each time; and of how many of
 * those the readings name different ones.
 *
 * @category models
 * @since 0.1.0
 */
export interface Currencies {
  readonly compared: number
  readonly disagreeing: number
}

/**
 * Whether the readings of a CDR agree on its currency: the provider's list was observed to name another than the CDR read by
 * itself (docs/vobiz-api.md, "Money").
 *
 * @category measuring
 * @since 0.1.0
 */
export const currencies = Effect.fn("Billing.currencies")(function* (
  schema: string
): Effect.fn.Return<Currencies, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [row] = yield* db.query(
    `SELECT count(*) AS compared, count(*) FILTER (named > 1) AS disagreeing
FROM (SELECT count(DISTINCT currency) AS named FROM ${schema}.tied, ${schema}.parameter p
  WHERE currency IS NOT NULL AND start_ms >= p.from_ms AND start_ms < p.to_ms
  GROUP BY uuid, id HAVING count(*) > 1)`,
    Schema.Struct({ compared: Count, disagreeing: Count })
  )
  return row ?? { compared: 0, disagreeing: 0 }
})

// ---------------------------------------------------------------------------
// Recordings
// ---------------------------------------------------------------------------

/**
 * How a recording's billed length may be made of the measured one: to whole minutes, at least one.
 *
 * - `fits`: of how many recordings it is what was billed.
 * - `deviation`: how much more was billed than by it, in milliseconds; less than 0 where less was.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rounding {
  readonly fits: number
  readonly deviation: number
}

/**
 * The recordings of a window whose measured and billed length are both known, and `unknown` where they are not. The
 * documentation rounds `up` on one page and to the `nearest` minute on another (docs/vobiz-api.md, "Billing").
 *
 * `monthlyAmount` is the sum of what the provider says they cost a month, which names no currency; `null` where it says it
 * of none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recordings {
  readonly compared: number
  readonly unknown: number
  readonly measured: Duration.Duration
  readonly billed: Duration.Duration
  readonly up: Rounding
  readonly nearest: Rounding
  readonly monthlyAmount: BigDecimal.BigDecimal | null
}

/**
 * Whether recordings' billed lengths agree with the measured ones, of a reconciliation by its schema.
 *
 * @category measuring
 * @since 0.1.0
 */
export const recordings = Effect.fn("Billing.recordings")(function* (
  schema: string
): Effect.fn.Return<Recordings, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [row] = yield* db.query(
    `WITH rounded AS (
  SELECT r.duration_ms AS measured, r.rounded_ms AS billed, r.monthly_amount,
    r.duration_ms IS NOT NULL AND r.rounded_ms IS NOT NULL AS is_known,
    greatest(60000, (r.duration_ms + 59999) // 60000 * 60000) AS up,
    greatest(60000, (r.duration_ms + 30000) // 60000 * 60000) AS nearest
  FROM ${schema}.audio a JOIN ${schema}.recording r USING (arrival), ${schema}.parameter p
  WHERE a.began_ms >= p.from_ms AND a.began_ms < p.to_ms)
SELECT count(*) FILTER (is_known) AS compared, count(*) FILTER (NOT is_known) AS unknown,
  coalesce(sum(measured) FILTER (is_known), 0)::BIGINT AS measured, coalesce(sum(billed) FILTER (is_known), 0)::BIGINT AS billed,
  count(*) FILTER (is_known AND billed = up) AS up, coalesce(sum(billed - up) FILTER (is_known), 0)::BIGINT AS up_off,
  count(*) FILTER (is_known AND billed = nearest) AS nearest, coalesce(sum(billed - nearest) FILTER (is_known), 0)::BIGINT AS nearest_off,
  sum(monthly_amount)::VARCHAR AS monthly
FROM rounded`,
    Schema.Struct({
      compared: Count,
      unknown: Count,
      measured: Count,
      billed: Count,
      up: Count,
      up_off: Count,
      nearest: Count,
      nearest_off: Count,
      monthly: Schema.NullOr(Schema.String)
    })
  )
  return {
    compared: row?.compared ?? 0,
    unknown: row?.unknown ?? 0,
    measured: Duration.millis(row?.measured ?? 0),
    billed: Duration.millis(row?.billed ?? 0),
    up: { fits: row?.up ?? 0, deviation: row?.up_off ?? 0 },
    nearest: { fits: row?.nearest ?? 0, deviation: row?.nearest_off ?? 0 },
    monthlyAmount: typeof row?.monthly === "string" ? decimal(row.monthly) : null
  }
})

// ---------------------------------------------------------------------------
// All of it
// ---------------------------------------------------------------------------

/**
 * What a reconciliation says in money.
 *
 * @category models
 * @since 0.1.0
 */
export interface Billing {
  readonly totals: Totals
  /** What the rate card says of the charges; `null` without one: nothing is then known of them. */
  readonly rates: Rated | null
  readonly currencies: Currencies
  readonly recordings: Recordings
}

/**
 * Measures all of it, of a reconciliation by its schema, and by the rate card that it was given.
 *
 * @category measuring
 * @since 0.1.0
 */
export const measure = Effect.fn("Billing.measure")(function* (
  schema: string,
  card?: RateCard.RateCard | undefined
): Effect.fn.Return<Billing, DuckDbError, DuckDb> {
  return {
    totals: yield* totals(schema),
    rates: card === undefined ? null : yield* rated(schema, card),
    currencies: yield* currencies(schema),
    recordings: yield* recordings(schema)
  }
})
