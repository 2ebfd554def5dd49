/** What each CDR should have cost by a rate card, reckoned in the database as `RateCard.charge` does: in whole numbers, never in floats. */
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as BigDecimal from "effect/BigDecimal"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import * as Column from "../Column.ts"
import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as RateCard from "../RateCard.ts"
import * as Sql from "./sql.ts"

/** A rate, once for each of its trunks. */
interface Row {
  readonly nth: number
  readonly rate: RateCard.Rate
  readonly card: RateCard.RateCard
  readonly trunk: string | null
}

const columns: ReadonlyArray<Column.Column<Row>> = [
  Column.float("nth", ({ nth }) => nth),
  Column.text("name", ({ rate }) => PhoneNumber.maskDigits(rate.name)),
  Column.text("direction", ({ rate }) => rate.direction ?? null),
  Column.text("prefix", ({ rate }) => rate.prefix ?? null),
  Column.text("trunk_id", ({ trunk }) => trunk),
  Column.instant("from_ms", ({ card, rate }) => RateCard.spanOf(card, rate).from),
  Column.instant("until_ms", ({ card, rate }) => RateCard.spanOf(card, rate).until),
  Column.millis("first_ms", ({ rate }) => rate.pulse.first),
  Column.millis("next_ms", ({ rate }) => rate.pulse.next),
  Column.millis("unit_ms", ({ rate }) => (rate.per === "minute" ? Duration.minutes(1) : rate.pulse.first)),
  Column.decimal("price", ({ rate }) => BigDecimal.fromStringUnsafe(rate.price))
]

/** Prices and amounts are counted in billionths. */
const places = 9

const holds = `(r.from_ms IS NULL OR c.start_ms - c.doubt_ms >= r.from_ms) AND (r.until_ms IS NULL OR c.start_ms + c.doubt_ms < r.until_ms)`

const mayHold = `(r.from_ms IS NULL OR c.start_ms + c.doubt_ms >= r.from_ms) AND (r.until_ms IS NULL OR c.start_ms - c.doubt_ms < r.until_ms)`

/** The whole number of a quotient of whole numbers that are not negative. */
const rounded = (mode: RateCard.RateCard["rounding"]["mode"], over: string, under: string): string =>
  mode === "up"
    ? `(${over} + ${under} - 1) // ${under}`
    : mode === "down"
      ? `${over} // ${under}`
      : `(2 * ${over} + ${under}) // (2 * ${under})`

/**
 * The CDRs that a card can judge: not those that bill a leg again or are passed on, which `Billing.Totals` counts, and no credits.
 * A rate is unclear to one that leaves open whether it is its own.
 */
const steps = (s: string, card: RateCard.RateCard): ReadonlyArray<string> => [
  `CREATE TABLE ${s}.rated_call AS
SELECT l.arrival, l.start_ms, l.doubt_ms, l.talk_ms, l.is_unread, c.direction, c.to_e164, c.trunk_id, c.call_cost, c.currency
FROM ${s}.billed l JOIN ${s}.cdr c USING (arrival)
ANTI JOIN (FROM ${s}.twin WHERE is_billed_again OR is_passed_on) again USING (arrival)
WHERE l.in_window AND coalesce(l.cost >= 0, true) AND coalesce(c.call_cost >= 0, true)`,

  `CREATE TABLE ${s}.rated AS
WITH length AS (SELECT DISTINCT length(prefix) AS digits FROM ${s}.rate),
-- Rates that may be a call's, by the prefixes of its number of all lengths that the card has: no call meets all rates.
candidate AS (
  SELECT c.arrival, r.nth, c.digits, (r.direction IS NULL OR c.direction IS NOT NULL) AND ${holds} AS is_sure
  FROM (FROM ${s}.rated_call, length) c JOIN ${s}.rate r ON r.prefix = left(coalesce(c.to_e164, ''), c.digits) AND length(r.prefix) = c.digits
  WHERE (r.trunk_id IS NULL OR r.trunk_id = c.trunk_id) AND coalesce(r.direction = c.direction, true) AND ${mayHold}),
own AS (
  SELECT arrival, max_by(nth, digits) FILTER (is_sure) AS nth, bool_or(NOT is_sure) AS is_unclear FROM candidate GROUP BY arrival),
unnumbered AS (
  SELECT DISTINCT c.arrival FROM (FROM ${s}.rated_call WHERE to_e164 IS NULL) c
  JOIN (SELECT DISTINCT direction, trunk_id, from_ms, until_ms FROM ${s}.rate WHERE prefix <> '') r
    ON (r.trunk_id IS NULL OR r.trunk_id = c.trunk_id) AND coalesce(r.direction = c.direction, true) AND ${mayHold}),
priced AS (
  SELECT c.arrival, c.call_cost, o.nth, r.name, CASE
      WHEN c.is_unread THEN 'talk-unknown'
      WHEN c.call_cost IS NULL OR c.currency IS NULL THEN 'no-cost'
      WHEN c.currency <> ${Sql.text(card.currency)} THEN 'other-currency'
      WHEN u.arrival IS NOT NULL OR o.is_unclear THEN 'unclear'
      WHEN o.nth IS NULL THEN 'no-rate' END AS lack,
    CASE WHEN c.talk_ms = 0 THEN 0 ELSE r.first_ms + greatest(0, (c.talk_ms - r.first_ms + r.next_ms - 1) // r.next_ms) * r.next_ms END AS billed_ms,
    replace(r.price::DECIMAL(38, ${places})::VARCHAR, '.', '')::HUGEINT * billed_ms AS over,
    r.unit_ms::HUGEINT * ${10 ** (places - card.rounding.decimals)} AS under
  FROM ${s}.rated_call c LEFT JOIN own o USING (arrival) LEFT JOIN unnumbered u USING (arrival)
  LEFT JOIN (SELECT DISTINCT ON (nth) * FROM ${s}.rate) r ON r.nth = o.nth)
SELECT arrival, nth, name, lack, call_cost, billed_ms, CASE WHEN lack IS NULL THEN
    (${rounded(card.rounding.mode, "over", "under")})::DECIMAL(28, 0) * ${(10 ** -card.rounding.decimals).toFixed(card.rounding.decimals)}::DECIMAL(10, ${card.rounding.decimals}) END AS expected
FROM priced`,

  `INSERT INTO ${s}.further_finding BY NAME
SELECT 'charge-differs' AS code, l.verdict, l.rule, l.start_ms AS at_ms, l.arrival, 0 AS recordings, false AS by_uuid,
  l.talk_ms, 4 AS rank, r.call_cost AS amount, ${Sql.text(card.currency)} AS currency,
  concat(${plain("r.expected")}, ' ', ${Sql.text(card.currency)}, ' for ', r.billed_ms // 1000, ' s by rate "', r.name, '"') AS detail
FROM ${s}.rated r JOIN ${s}.leg l USING (arrival) WHERE r.expected <> r.call_cost`
]

/** A decimal without the zeros at its end. */
const plain = (decimal: string) =>
  `CASE WHEN contains(${decimal}::VARCHAR, '.') THEN rtrim(rtrim(${decimal}::VARCHAR, '0'), '.') ELSE ${decimal}::VARCHAR END`

/** Makes table `rated`, and the findings of charges that differ. The kernel has run by then. */
export const make = Effect.fn("Rating.make")(function* (
  s: string,
  card: RateCard.RateCard
): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  yield* db.run(Column.createTable(`${s}.rate`, columns))
  const rows = card.rates.flatMap((rate, nth): ReadonlyArray<Row> =>
    (rate.trunks ?? [null]).map((trunk) => ({ nth, rate, card, trunk }))
  )
  yield* db.append(`${s}.rate`, columns, Stream.fromIterable(rows))
  // An empty text is NULL, which begins nothing.
  yield* db.run(`UPDATE ${s}.rate SET prefix = '' WHERE prefix IS NULL`)
  yield* Effect.forEach(steps(s, card), (step) => db.run(step), { discard: true })
})
