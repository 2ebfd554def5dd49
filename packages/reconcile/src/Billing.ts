/**
 * What a reconciliation says in money: what was billed, what of it twice, what the gaps cost, and whether the charges agree
 * with the talk that was measured. Amounts are decimal, and by currency: none is converted, and none added to another's.
 *
 * No tariff is known (docs/vobiz-api.md, "Billing"): what is said of pulses and of rounding are hypotheses, each with how
 * many rows it explains.
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
  readonly gaps: ReadonlyArray<Gap>
}

const Count = Schema.FiniteFromString

const Sum = Schema.Struct({ cdrs: Count, amount: Schema.String, currency: Schema.String })

const decimal = (text: string) => BigDecimal.normalize(BigDecimal.fromStringUnsafe(text))

const toBilled = ({ amount, cdrs, currency }: typeof Sum.Type): Billed => ({
  cdrs,
  amount: Money.make({ amount: decimal(amount), currency })
})

const summed = "count(*) AS cdrs, sum(cost)::VARCHAR AS amount, currency"
const isPriced = "cost IS NOT NULL AND currency IS NOT NULL"

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
  const sums = (of: string) =>
    Effect.map(
      db.query(`SELECT ${summed} FROM ${of} AND ${isPriced} GROUP BY currency ORDER BY currency`, Sum),
      (rows) => rows.map(toBilled)
    )
  const legs = `${schema}.leg WHERE in_window`
  const passedOn = `(SELECT arrival FROM ${schema}.twin WHERE is_passed_on)`
  const [counts] = yield* db.query(
    `SELECT count(*) FILTER (NOT (${isPriced})) AS unpriced, count(*) FILTER (talk_ms > 0 AND cost = 0) AS free FROM ${legs}`,
    Schema.Struct({ unpriced: Count, free: Count })
  )
  const codes = ["missing", "unusable", ...Finding.undetermined].map(Sql.text).join(", ")
  const gaps = yield* db.query(
    `SELECT code, ${summed} FROM ${schema}.leg
JOIN (SELECT arrival, code FROM ${schema}.finding WHERE code IN (${codes}) AND verdict = 'must') USING (arrival)
WHERE ${isPriced} GROUP BY code, currency ORDER BY code, currency`,
    Schema.Struct({ ...Sum.fields, code: Finding.Code })
  )
  return {
    billed: yield* sums(`${legs} AND arrival NOT IN ${passedOn}`),
    passedOn: yield* sums(`${legs} AND arrival IN ${passedOn}`),
    unpriced: counts?.unpriced ?? 0,
    unanswered: yield* sums(`${legs} AND talk_ms = 0 AND NOT is_unread AND cost <> 0`),
    free: counts?.free ?? 0,
    duplicates: yield* sums(
      `${legs} AND arrival IN (SELECT arrival FROM ${schema}.finding WHERE code = 'duplicate-cdr' AND detail IS NULL)`
    ),
    gaps: gaps.map(({ code, ...row }) => Object.assign(toBilled(row), { code }))
  }
})

// ---------------------------------------------------------------------------
// Pulses
// ---------------------------------------------------------------------------

/**
 * The pulses that are tried: seconds of talk that are billed as one.
 *
 * @category constants
 * @since 0.1.0
 */
export const pulses: ReadonlyArray<number> = [1, 6, 15, 30, 60]

/**
 * That talk is billed by begun pulses, each at one price: how many of the calls agree with that to the billionth of a unit.
 * Of all prices, `price` is the one that most do; it is rounded to 18 places.
 *
 * @category models
 * @since 0.1.0
 */
export interface Hypothesis {
  readonly pulse: Duration.Duration
  readonly price: Money
  readonly explained: number
}

/**
 * How the calls that have their currency, direction, trunk and context in common seem to be billed. Only calls with talk that
 * cost something are looked at, by their cost without streaming.
 *
 * `hypotheses` has one for each pulse, the one that explains most first. `pulse` is that one's only if it explains more calls
 * than each other, and calls of two lengths at least; otherwise the data do not tell, and it is `null`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tariff {
  readonly currency: string
  readonly direction: string | null
  readonly trunkId: string | null
  readonly context: string | null
  readonly calls: number
  readonly pulse: Duration.Duration | null
  readonly hypotheses: ReadonlyArray<Hypothesis>
}

const tariffKey = "currency, direction, trunk_id, context"

/**
 * Table expressions. `charge`: calls by tariff, length and cost in billionths. `rated`: those by pulse, with the price of one as a
 * reduced fraction. `hypothesis`: for each tariff and pulse, the price that most calls have.
 */
const hypotheses = (s: string) => `priced AS (
  SELECT l.arrival, l.talk_ms, c.currency, c.direction, c.trunk_id, c.context,
    replace(c.call_cost::DECIMAL(38, 9)::VARCHAR, '.', '')::HUGEINT AS nano
  FROM ${s}.leg l JOIN ${s}.cdr c USING (arrival)
  WHERE l.in_window AND l.talk_ms > 0 AND c.call_cost > 0 AND c.currency IS NOT NULL),
tariff AS (SELECT row_number() OVER (ORDER BY ${tariffKey}) AS tariff, * FROM (SELECT DISTINCT ${tariffKey} FROM priced)),
charge AS (
  SELECT tariff, talk_ms, nano, count(*) AS calls FROM priced p JOIN tariff t ON t.currency = p.currency
    AND t.direction IS NOT DISTINCT FROM p.direction AND t.trunk_id IS NOT DISTINCT FROM p.trunk_id
    AND t.context IS NOT DISTINCT FROM p.context
  GROUP BY tariff, talk_ms, nano),
rated AS (
  SELECT tariff, talk_ms, nano, calls, pulse, nano // gcd(nano, begun) AS price, begun // gcd(nano, begun) AS parts
  FROM (SELECT *, ((talk_ms + pulse * 1000 - 1) // (pulse * 1000))::HUGEINT AS begun
    FROM charge, (SELECT unnest([${pulses.join(", ")}]) AS pulse))),
hypothesis AS (
  SELECT tariff, pulse, price, parts, sum(calls) AS explained, count(DISTINCT talk_ms) AS lengths
  FROM rated GROUP BY tariff, pulse, price, parts
  QUALIFY row_number() OVER (PARTITION BY tariff, pulse ORDER BY explained DESC, lengths DESC, parts, price) = 1)`

const HypothesisRow = Schema.Struct({
  tariff: Count,
  currency: Schema.String,
  direction: Schema.NullOr(Schema.String),
  trunk_id: Schema.NullOr(Schema.String),
  context: Schema.NullOr(Schema.String),
  calls: Count,
  pulse: Schema.Finite,
  price: Schema.String,
  parts: Schema.String,
  explained: Count,
  lengths: Count
})

const billionth = 9

const priceOf = ({ currency, parts, price }: typeof HypothesisRow.Type) => {
  const exact = BigDecimal.divideUnsafe(BigDecimal.make(BigInt(price), billionth), BigDecimal.make(BigInt(parts), 0))
  return Money.make({ amount: BigDecimal.normalize(BigDecimal.round(exact, { scale: 18 })), currency })
}

/**
 * How calls seem to be billed, of a reconciliation by its schema.
 *
 * @category measuring
 * @since 0.1.0
 */
export const tariffs = Effect.fn("Billing.tariffs")(function* (
  schema: string
): Effect.fn.Return<ReadonlyArray<Tariff>, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const rows = yield* db.query(
    `WITH ${hypotheses(schema)}
SELECT h.tariff, ${tariffKey}, n.calls::BIGINT AS calls, pulse, price::VARCHAR AS price, parts::VARCHAR AS parts,
  explained::BIGINT AS explained, lengths
FROM hypothesis h JOIN tariff USING (tariff) JOIN (SELECT tariff, sum(calls) AS calls FROM charge GROUP BY tariff) n USING (tariff)
ORDER BY tariff, explained DESC, pulse`,
    HypothesisRow
  )
  return Array.from(Map.groupBy(rows, ({ tariff }) => tariff).values()).flatMap((ofTariff): ReadonlyArray<Tariff> => {
    const [first, second] = ofTariff
    if (first === undefined) return []
    const isTold = first.lengths > 1 && (second === undefined || first.explained > second.explained)
    return [
      {
        currency: first.currency,
        direction: first.direction,
        trunkId: first.trunk_id,
        context: first.context,
        calls: first.calls,
        pulse: isTold ? Duration.seconds(first.pulse) : null,
        hypotheses: ofTariff.map((row) => ({
          pulse: Duration.seconds(row.pulse),
          price: priceOf(row),
          explained: row.explained
        }))
      }
    ]
  })
})

/**
 * A CDR and what it was billed with for its talk.
 *
 * @category models
 * @since 0.1.0
 */
export interface Charge {
  readonly uuid: string
  readonly id: string | null
  readonly start: DateTime.Utc
  readonly talk: Duration.Duration
  readonly cost: Money
}

const ChargeRow = Schema.Struct({
  uuid: Schema.String,
  id: Schema.NullOr(Schema.String),
  start_ms: Count,
  talk_ms: Count,
  cost: Schema.String,
  currency: Schema.String
})

/**
 * The CDRs whose cost none of the pulses that explain most calls of their tariff does, at the price of those; in order of
 * start. Where no price has two calls, nothing is known of the tariff, and none of its CDRs is listed.
 *
 * @category measuring
 * @since 0.1.0
 */
export const unexplained = (schema: string): Stream.Stream<Charge, DuckDbError, DuckDb> =>
  Stream.unwrap(
    Effect.map(DuckDb, (db) =>
      Stream.map(
        db.stream(
          `WITH ${hypotheses(schema)},
best AS (FROM hypothesis WHERE explained > 1 QUALIFY rank() OVER (PARTITION BY tariff ORDER BY explained DESC) = 1),
strange AS (
  SELECT tariff, talk_ms, nano FROM charge SEMI JOIN best USING (tariff)
  ANTI JOIN (SELECT tariff, talk_ms, nano FROM rated SEMI JOIN best USING (tariff, pulse, price, parts)) fine
    USING (tariff, talk_ms, nano))
SELECT c.uuid, c.id, c.start_ms, c.talk_ms, c.call_cost::VARCHAR AS cost, c.currency
FROM priced p JOIN ${schema}.cdr c USING (arrival) JOIN tariff t ON t.currency = p.currency
  AND t.direction IS NOT DISTINCT FROM p.direction AND t.trunk_id IS NOT DISTINCT FROM p.trunk_id
  AND t.context IS NOT DISTINCT FROM p.context
JOIN strange s ON s.tariff = t.tariff AND s.talk_ms = p.talk_ms AND s.nano = p.nano
ORDER BY c.start_ms, c.uuid, ${Sql.idOrder("c.id")}`,
          ChargeRow
        ),
        ({ cost, currency, id, start_ms, talk_ms, uuid }): Charge => ({
          uuid,
          id,
          start: DateTime.makeUnsafe(start_ms),
          talk: Duration.millis(talk_ms),
          cost: Money.make({ amount: decimal(cost), currency })
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
FROM (SELECT count(DISTINCT currency) AS named FROM ${schema}.cdr, ${schema}.parameter p
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
  count(*) FILTER (is_known AND billed = up) AS up, coalesce(sum(billed - up), 0)::BIGINT AS up_off,
  count(*) FILTER (is_known AND billed = nearest) AS nearest, coalesce(sum(billed - nearest), 0)::BIGINT AS nearest_off,
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
  readonly tariffs: ReadonlyArray<Tariff>
  readonly currencies: Currencies
  readonly recordings: Recordings
}

/**
 * Measures all of it, of a reconciliation by its schema.
 *
 * @category measuring
 * @since 0.1.0
 */
export const measure = Effect.fn("Billing.measure")(function* (
  schema: string
): Effect.fn.Return<Billing, DuckDbError, DuckDb> {
  return {
    totals: yield* totals(schema),
    tariffs: yield* tariffs(schema),
    currencies: yield* currencies(schema),
    recordings: yield* recordings(schema)
  }
})
