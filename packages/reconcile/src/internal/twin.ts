/** CDRs that bill one leg again. */
import * as Effect from "effect/Effect"
import * as Repeated from "./repeated.ts"
import * as Sql from "./sql.ts"
import { type Step, whereAny } from "./steps.ts"

/** What CDRs that bill one leg have in common. */
const twinKeys = [
  "sip_call_id",
  "bridge_uuid",
  "CASE WHEN sip_call_id IS NULL AND bridge_uuid IS NULL THEN uuid END",
  "leg_ms",
  "talk_ms"
]

/** All of it. */
const twins = [...twinKeys, "from_number", "to_number"].join(", ")

/** The CDRs that may bill a leg twice. */
const twinned = (s: string) => `(FROM ${s}.tied WHERE is_last AND talk_ms > 0)`

/** Makes table `twin`: the first of them, the first that has a recording, and the first that has a usable one. */
export const steps = (s: string): ReadonlyArray<Step> => [whereAny(`FROM ${twinned(s)}`, [repeating(s)], none(s))]

/** The same where there are some that may. */
const repeating = (s: string): Step =>
  Effect.andThen(
    Repeated.make(s, "twin", twinned(s), [`hash(${twinKeys.join(", ")})`]),
    whereAny(
      `FROM ${s}.twin_repeating`,
      [
        `CREATE TABLE ${s}.twin AS
SELECT arrival, cost, currency, row_number() OVER twins AS nth, NOT is_void AND row_number() OVER bills > 1 AS is_billed_again,
  coalesce(account_id <> first_value(account_id) OVER twins, false) AS is_passed_on, first_value(arrival) OVER twins AS first_arrival,
  abs(start_ms - first_value(start_ms) OVER twins) AS apart_ms, first_value(recorded_arrival IGNORE NULLS) OVER twins AS recorded_arrival,
  first_value(usable_arrival IGNORE NULLS) OVER twins AS usable_arrival
FROM (
  -- Void is what bills nothing: credits, what they take back, the last first, and what costs nothing.
  SELECT *, is_credit OR coalesce(cost = 0, false) OR row_number() OVER latest <= count(*) FILTER (is_credit) OVER alike AS is_void
  FROM (
    SELECT l.*, coalesce(account_id <> p.own_account, false) AS is_foreign, abs(cost) AS size, CASE WHEN r.heard > 0 THEN r.arrival END AS recorded_arrival,
      CASE WHEN r.heard > 0 AND u.arrival IS NULL THEN r.arrival END AS usable_arrival
    FROM (FROM ${twinned(s)} SEMI JOIN ${s}.twin_repeating USING (arrival)) l
    LEFT JOIN ${s}.recorded r USING (arrival) LEFT JOIN ${s}.unusable u USING (arrival), ${s}.parameter p)
  WINDOW alike AS (PARTITION BY ${twins}, account_id, size, currency),
    latest AS (PARTITION BY ${twins}, account_id, size, currency ORDER BY is_credit, ${Sql.idOrderDown("id")}, uuid DESC))
WINDOW twins AS (
  PARTITION BY ${twins} ORDER BY is_credit, is_foreign, ${Sql.idOrder("id")}, uuid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
  bills AS (PARTITION BY ${twins}, account_id, is_void ORDER BY ${Sql.idOrder("id")}, uuid)
QUALIFY count(*) OVER twins > 1`
      ],
      none(s)
    )
  )

/** The table where none does. */
const none = (
  s: string
) => `CREATE TABLE ${s}.twin (arrival BIGINT, cost DECIMAL(38, 18), currency VARCHAR, nth BIGINT, is_billed_again BOOLEAN, is_passed_on BOOLEAN,
  first_arrival BIGINT, apart_ms BIGINT, recorded_arrival BIGINT, usable_arrival BIGINT)`
