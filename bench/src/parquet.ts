/** A large account as Parquet files, in the tables' own columns: made by DuckDB itself, once a folder. */
import { existsSync } from "node:fs"
import { DuckDb } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const days = 28

export const window = { from, to: DateTime.add(from, { days }) }
export const asOf = DateTime.add(window.to, { hours: 6 })

/** Ids as the provider's: 36 characters, in no order. */
const uuid = (of: string) => `as_uuid(${of})`

const setup = `CREATE MACRO as_uuid(text) AS (md5(text)[1:8] || '-' || md5(text)[9:12] || '-' || md5(text)[13:16] || '-' || md5(text)[17:20] || '-' || md5(text)[21:32])`

/**
 * Of ten calls, eight have a recording, one of these a trunk's; one was not answered, and one has none. One in two hundred is
 * billed twice, one in twenty has a second leg.
 */
const cdrs = (calls: number) => `
SELECT ${uuid("'c' || i")} AS uuid, i::DOUBLE AS id, 'MA_BENCH' AS account_id, ${uuid("'s' || n")} AS sip_call_id,
  CASE WHEN n % 20 = 7 THEN ${uuid("'b' || n")} END AS bridge_uuid, 'outbound' AS direction,
  '+9180' || lpad((n % 500)::VARCHAR, 8, '0') AS from_raw, '+9180' || lpad((n % 500)::VARCHAR, 8, '0') AS from_e164,
  '+9198' || lpad((n % 9999991)::VARCHAR, 8, '0') AS to_raw, '+9198' || lpad((n % 9999991)::VARCHAR, 8, '0') AS to_e164,
  CASE WHEN n % 10 = 3 THEN 'trunk-on' END AS trunk_id, NULL::VARCHAR AS context,
  ${from.epochMilliseconds} + (hash(n) % ${days * 86_400})::BIGINT * 1000 AS start_ms, true AS zone_stated,
  NULL::BIGINT AS end_ms, 10000 + talk AS duration_ms, talk AS talk_ms, (talk / 60000 * 0.45)::DECIMAL(38, 18) AS cost,
  'INR' AS currency, 'NORMAL_CLEARING' AS hangup_cause, NULL::DECIMAL(38, 18) AS call_cost
FROM (SELECT i, CASE WHEN i % 200 = 199 THEN i - 1 ELSE i END AS n FROM range(${calls}) r(i)),
  LATERAL (SELECT CASE WHEN n % 10 = 9 THEN 0 ELSE (10 + hash(n) % 300)::BIGINT * 1000 END AS talk)`

const recordings = (calls: number) => `
SELECT ${uuid("'r' || i")} AS recording_id, 'MA_BENCH' AS account_id,
  CASE WHEN i % 10 = 3 THEN ${uuid("'s' || i")} ELSE ${uuid("'c' || i")} END AS call_uuid,
  CASE WHEN i % 10 = 3 THEN 'trunk' ELSE 'call' END AS recording_type, 'mp3' AS recording_format, NULL::VARCHAR AS conference_name,
  NULL::VARCHAR AS from_raw, NULL::VARCHAR AS from_e164, NULL::VARCHAR AS to_raw, NULL::VARCHAR AS to_e164,
  began + talk AS add_ms, began AS start_ms, began + talk AS end_ms, talk AS duration_ms, NULL::BIGINT AS rounded_ms,
  NULL::DECIMAL(38, 18) AS monthly_amount
FROM (SELECT i, ${from.epochMilliseconds} + (hash(i) % ${days * 86_400})::BIGINT * 1000 + 10000 AS began,
  (10 + hash(i) % 300)::BIGINT * 1000 AS talk FROM range(${calls}) r(i) WHERE i % 10 < 8)`

const trunks = `SELECT 'trunk-on' AS trunk_id, 'on' AS name, true AS recording`

/** The files of an account of so many CDRs, and four fifths as many recordings. */
export const files = Effect.fnUntraced(function* (folder: string, size: number) {
  const path = (name: string) => `${folder}/${name}-${size}.parquet`
  const made = { cdrs: path("cdr"), recordings: path("recording"), trunks: path("trunk") }
  if (existsSync(made.trunks)) return made
  const copy = (sql: string, to: string) => `COPY (${sql}) TO '${to}' (FORMAT parquet, COMPRESSION zstd)`
  yield* Effect.gen(function* () {
    const db = yield* DuckDb.DuckDb
    yield* db.run(setup)
    yield* db.run(copy(cdrs(size), made.cdrs))
    yield* db.run(copy(recordings(size), made.recordings))
    yield* db.run(copy(trunks, made.trunks))
  }).pipe(Effect.provide(DuckDb.DuckDb.layer({})))
  return made
})
