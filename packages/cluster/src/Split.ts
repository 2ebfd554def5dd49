/**
 * Parts the rows of an account into buckets that can be matched each by itself.
 *
 * What the matching joins has to be in one bucket: CDRs that share an id, CDRs that repeat one another, and the recordings that
 * name one of them. So each CDR is given the component that it is of in the graph of these ties, and a component goes to one
 * bucket, by the hash of its label. Only ids are looked at for that.
 *
 * An id that means nothing, such as `0`, would tie all rows together. The kernel takes no id for one that joins that more than
 * `mostLegs` CDRs bear, so these tie nothing here, except CDRs that have it as their own uuid. As a bucket does not see all that
 * bear it, the id is written to `junk.parquet`, and `Match` sees to it that the kernel takes it for what it is.
 *
 * @since 0.1.0
 */
import { DuckDb, type DuckDbError } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

import type * as Extract from "./Extract.ts"
import * as Sql from "./internal/sql.ts"
import * as Lake from "./Lake.ts"
import type { LakeError } from "./LakeError.ts"
import * as Spec from "./Spec.ts"

/**
 * What a split came to: `directory` has `cdr` and `recording` with a directory `bucket=N` each, `junk.parquet`, and `room.parquet`.
 *
 * @category models
 * @since 0.1.0
 */
export const Receipt = Schema.Struct({
  directory: Schema.String,
  buckets: Schema.Array(Schema.Int),
  cdrs: Schema.Int,
  recordings: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type Receipt = typeof Receipt.Type

/** No id that more CDRs bear joins any, to the kernel. */
const mostLegs = 100

/** The rows of extracts, numbered as they came, without what is for their audio alone. */
const numbered = Effect.fnUntraced(function* (receipts: ReadonlyArray<Extract.Receipt>) {
  const lake = yield* Lake.Lake
  const files = yield* Effect.forEach(receipts, ({ file }) => lake.local(file.path), { concurrency: 4 })
  let before = 0
  return receipts
    .map(({ part, rows }, index) => {
      const columns = part.list === "recording" ? "* EXCLUDE (recording_url)" : "*"
      const select = `SELECT ${columns} REPLACE (arrival + ${before} AS arrival) FROM read_parquet(${Sql.text(files[index] ?? "")}, hive_partitioning = false)`
      before += rows
      return select
    })
    .join("\nUNION ALL\n")
})

/** From the rows to the ties. `name` is a hash, as it is only told from others by it; two that are taken for one do no harm. */
const ties = (s: string): ReadonlyArray<string> => [
  `CREATE TABLE ${s}.leg AS
SELECT arrival, uuid, sip_call_id, bridge_uuid, CASE WHEN talk_ms > 0 AND coalesce(sip_call_id, bridge_uuid) IS NOT NULL
  THEN hash('twin', sip_call_id, bridge_uuid, start_ms, coalesce(from_e164, from_raw), coalesce(to_e164, to_raw), talk_ms) END AS twin
FROM ${s}.cdr SEMI JOIN (
  -- The version of a row that was updated last, and of those the one that was read last, as the kernel has it.
  SELECT arg_max(arrival, {'updated': coalesce(updated_ms, -(2::BIGINT ** 62)::BIGINT), 'arrival': arrival}) AS arrival
  FROM ${s}.cdr GROUP BY uuid, id) last_read USING (arrival)`,

  `CREATE TABLE ${s}.named AS
SELECT uuid AS name, arrival, true AS is_own FROM ${s}.leg
UNION ALL SELECT sip_call_id, arrival, false FROM ${s}.leg WHERE sip_call_id <> uuid
UNION ALL SELECT bridge_uuid, arrival, false FROM ${s}.leg WHERE bridge_uuid <> uuid AND bridge_uuid IS DISTINCT FROM sip_call_id`,

  `CREATE TABLE ${s}.junk AS SELECT name FROM ${s}.named GROUP BY name HAVING count(*) > ${mostLegs}`,

  `CREATE TABLE ${s}.tie AS
SELECT hash('id', name) AS name, arrival FROM ${s}.named WHERE is_own OR name NOT IN (FROM ${s}.junk)
UNION ALL SELECT twin, arrival FROM ${s}.leg WHERE twin IS NOT NULL`,

  `CREATE TABLE ${s}.member AS FROM ${s}.tie SEMI JOIN (SELECT name FROM ${s}.tie GROUP BY name HAVING count(*) > 1) USING (name)`,
  `CREATE TABLE ${s}.labelled AS SELECT DISTINCT arrival, arrival AS label FROM ${s}.member`
]

/** Each CDR takes the least label among those it is tied to, and then that label's own label. */
const relabel = (s: string) => `CREATE OR REPLACE TABLE ${s}.relabelled AS
WITH least AS (SELECT name, min(label) AS label FROM ${s}.member JOIN ${s}.labelled USING (arrival) GROUP BY name),
next AS (SELECT arrival, min(label) AS label FROM ${s}.member JOIN least USING (name) GROUP BY arrival)
SELECT next.arrival, further.label, further.label <> before.label AS changed
FROM next JOIN next further ON further.arrival = next.label JOIN ${s}.labelled before ON before.arrival = next.arrival`

const placed = (s: string, buckets: number): ReadonlyArray<string> => [
  `CREATE TABLE ${s}.cdr_place AS
SELECT arrival, (hash(coalesce(label, arrival)) % ${buckets})::INTEGER AS bucket FROM ${s}.leg LEFT JOIN ${s}.labelled USING (arrival)`,

  // A recording that names no CDR can be anywhere.
  `CREATE TABLE ${s}.recording_place AS
WITH last_read AS (SELECT max(arrival) AS arrival FROM ${s}.recording GROUP BY recording_id),
home AS (
  SELECT name, min(bucket) AS bucket FROM (
    SELECT hash('id', t.name) AS name, arrival FROM ${s}.named t WHERE is_own OR t.name NOT IN (FROM ${s}.junk))
  JOIN ${s}.cdr_place USING (arrival) GROUP BY name)
SELECT r.arrival, coalesce(home.bucket, (hash(r.recording_id) % ${buckets})::INTEGER) AS bucket
FROM ${s}.recording r SEMI JOIN last_read ON last_read.arrival = r.arrival LEFT JOIN home ON home.name = hash('id', r.call_uuid)`
]

/** The recordings of conferences that name no CDR, which a call of any bucket may be in. */
const rooms = (s: string) => `WITH held AS (
  FROM (FROM ${s}.recording WHERE recording_type = 'conference' OR conference_name IS NOT NULL)
  SEMI JOIN (SELECT arrival FROM ${s}.recording_place) last_read USING (arrival)),
known AS (
  SELECT id FROM (SELECT uuid AS id FROM ${s}.cdr UNION ALL SELECT sip_call_id FROM ${s}.cdr UNION ALL SELECT bridge_uuid FROM ${s}.cdr)
  SEMI JOIN held ON held.call_uuid = id)
FROM held ANTI JOIN known ON known.id = held.call_uuid`

const Counts = Schema.Struct({ cdrs: Schema.FiniteFromString, recordings: Schema.FiniteFromString })
const Bucket = Schema.Struct({ bucket: Schema.Finite })
const Changed = Schema.Struct({ changed: Schema.Boolean })

/**
 * Parts the rows that were extracted.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Split.run")(function* (
  spec: Spec.Spec,
  extracts: ReadonlyArray<Extract.Receipt>
): Effect.fn.Return<Receipt, DuckDbError.DuckDbError | LakeError, DuckDb.DuckDb | Lake.Lake | Scope.Scope> {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const s = yield* db.scratch
  const of = (list: Extract.Part["list"]) => extracts.filter(({ part }) => part.list === list)
  for (const list of ["cdr", "recording"] as const) {
    yield* db.run(`CREATE VIEW ${s}.${list} AS ${yield* numbered(of(list))}`)
  }
  const runAll = (steps: ReadonlyArray<string>) => Effect.forEach(steps, (step) => db.run(step), { discard: true })
  yield* runAll(ties(s))
  const round = Effect.gen(function* () {
    yield* db.run(relabel(s))
    const [last] = yield* db.query(`SELECT coalesce(bool_or(changed), false) AS changed FROM ${s}.relabelled`, Changed)
    yield* db.run(`CREATE OR REPLACE TABLE ${s}.labelled AS SELECT arrival, label FROM ${s}.relabelled`)
    return last?.changed ?? false
  })
  yield* Effect.repeat(round, { while: (changed) => changed })

  const rows = of("cdr").reduce((sum, { rows }) => sum + rows, 0)
  yield* runAll(placed(s, Math.max(1, Math.ceil(rows / spec.rowsPerBucket))))
  const buckets = yield* db.query(
    `SELECT DISTINCT bucket FROM (SELECT bucket FROM ${s}.cdr_place UNION ALL SELECT bucket FROM ${s}.recording_place) ORDER BY bucket`,
    Bucket
  )
  const [counts] = yield* db.query(
    `SELECT (SELECT count(*) FROM ${s}.cdr_place) AS cdrs, (SELECT count(*) FROM ${s}.recording_place) AS recordings`,
    Counts
  )

  const directory = yield* lake.directory(
    `${Spec.placeOf(spec)}/split`,
    Effect.fnUntraced(function* (temporary) {
      for (const list of ["cdr", "recording"] as const) {
        yield* db.run(
          `COPY (SELECT l.*, p.bucket FROM ${s}.${list} l JOIN ${s}.${list}_place p USING (arrival)) TO ${Sql.text(`${temporary}/${list}`)}
(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (bucket))`
        )
      }
      yield* db.run(`COPY (${rooms(s)}) TO ${Sql.text(`${temporary}/room.parquet`)} (FORMAT parquet)`)
      yield* db.run(`COPY ${s}.junk TO ${Sql.text(`${temporary}/junk.parquet`)} (FORMAT parquet)`)
    })
  )
  return {
    directory,
    buckets: buckets.map(({ bucket }) => bucket),
    cdrs: counts?.cdrs ?? 0,
    recordings: counts?.recordings ?? 0
  }
}, Effect.scoped)
