/** CDRs and recordings in Parquet files to findings in a Parquet file, against a bare join of the same files. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Coverage, DuckDb, Files, FindingFiles, Policy, Reconciliation } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Benchmark, Setting } from "../Bench.ts"
import { timed } from "../measure.ts"
import * as Parquet from "../parquet.ts"

const policy = Policy.short({ voiceApi: "must" })

const Digest = Schema.Struct({ digest: Schema.String })

/** What all findings come to, in whatever order they are. */
const digest = (path: string) =>
  Effect.gen(function* () {
    const db = yield* DuckDb.DuckDb
    const sql = `SELECT count(*) || ' findings, ' || bit_xor(hash(f)) AS digest FROM read_parquet('${path}') f`
    const [row] = yield* db.query(sql, Digest)
    return row?.digest ?? ""
  }).pipe(Effect.provide(DuckDb.DuckDb.layer({ memoryLimit: "2GB" })))

/** Reconciles the files, and writes the findings. */
const reconcile =
  (options: DuckDb.Options) =>
  ({ folder, size }: Setting) =>
    Effect.gen(function* () {
      const { cdrs, recordings, trunks } = yield* Parquet.files(folder, size)
      const findings = `${folder}/findings.parquet`
      const program = Effect.gen(function* () {
        const { schema, summary } = yield* Reconciliation.run({
          cdrs: Files.cdrs(cdrs),
          recordings: Files.recordings(recordings),
          trunks: Files.trunks(trunks),
          proofs: Effect.succeed(Coverage.declared),
          window: Parquet.window,
          asOf: Parquet.asOf,
          options: { policy }
        })
        yield* FindingFiles.copy(schema, findings)
        return summary.cdrs
      })
      const sample = yield* timed(
        Effect.scoped(Effect.provide(program, DuckDb.DuckDb.layer({ tempDirectory: `${folder}/spill`, ...options })))
      )
      return { ...sample, outcome: yield* digest(findings) }
    }).pipe(Effect.provide(NodeServices.layer))

const Counted = Schema.Struct({ n: Schema.FiniteFromString })

/** Runs statements over the two files. */
const statements =
  (
    sql: (files: {
      readonly cdrs: string
      readonly recordings: string
      readonly folder: string
    }) => ReadonlyArray<string>
  ) =>
  ({ folder, size }: Setting) =>
    Effect.gen(function* () {
      const { cdrs, recordings } = yield* Parquet.files(folder, size)
      const from = { cdrs: `read_parquet('${cdrs}')`, recordings: `read_parquet('${recordings}')`, folder }
      const program = Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        yield* Effect.forEach(sql(from), (one) => db.run(one), { discard: true })
        const [row] = yield* db.query(`SELECT count(*) AS n FROM ${from.cdrs}`, Counted)
        return row?.n ?? 0
      })
      return yield* timed(Effect.provide(program, DuckDb.DuckDb.layer({ tempDirectory: `${folder}/spill` })))
    })

const outcome = `CASE WHEN c.uuid IS NULL THEN 'orphan' WHEN r.recording_id IS NULL THEN 'missing'
  WHEN abs(c.talk_ms - r.duration_ms) > 10000 THEN 'mismatch' ELSE 'matched' END AS code`

/** What somebody would write who had an afternoon: one key, no duplicates, four outcomes. */
const bareJoin = statements(({ cdrs, folder, recordings }) => [
  `COPY (
  SELECT c.uuid, r.recording_id, c.start_ms, c.talk_ms, r.duration_ms, ${outcome}
  FROM ${cdrs} c FULL OUTER JOIN ${recordings} r ON r.call_uuid = c.uuid
) TO '${folder}/bare.parquet' (FORMAT parquet, COMPRESSION zstd)`
])

/**
 * That join with a finding's columns, and what must be known before any of them is true: which ids several CDRs have, which recordings
 * were read twice, and to what the trunks' belong. Nothing is judged of it.
 */
const leastJoin = statements(({ cdrs, folder, recordings }) => [
  `CREATE TABLE shared AS SELECT id FROM (
  SELECT hash(uuid) AS id FROM ${cdrs} UNION ALL SELECT hash(sip_call_id) FROM ${cdrs} WHERE sip_call_id <> uuid
  UNION ALL SELECT hash(bridge_uuid) FROM ${cdrs} WHERE bridge_uuid IS NOT NULL) GROUP BY id HAVING count(*) > 1`,
  `CREATE TABLE again AS SELECT hash(recording_id) AS id FROM ${recordings} GROUP BY id HAVING count(*) > 1`,
  `CREATE TABLE of_trunks AS SELECT r.recording_id, c.uuid
  FROM (FROM ${recordings} WHERE recording_type = 'trunk') r JOIN ${cdrs} c ON c.sip_call_id = r.call_uuid`,
  `COPY (
  SELECT ${outcome}, 'info' AS severity, make_timestamptz(c.start_ms * 1000) AS at, make_timestamptz(r.end_ms * 1000) AS deadline,
    c.uuid AS cdr_uuid, c.id::BIGINT AS cdr_id, r.recording_id AS recording_ids, 'uuid' AS key, 'must' AS verdict, 'default' AS rule,
    NULL AS reason, c.talk_ms AS talk_seconds, r.duration_ms AS recorded_seconds, c.cost AS amount, c.currency
  FROM ${cdrs} c FULL OUTER JOIN ${recordings} r ON r.call_uuid = c.uuid
) TO '${folder}/bare.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`
])

export const join: Benchmark = {
  name: "reconcile",
  about: "CDRs and four fifths as many recordings from Parquet to findings in Parquet, against a bare FULL OUTER JOIN",
  size: { full: 10_000_000, smoke: 2000 },
  figure: "seconds",
  by: "ratio",
  target: { atMost: 1.5 },
  ours: "Reconciliation.run",
  peer: "bare join",
  ways: { "Reconciliation.run": reconcile({}), "bare join": bareJoin }
}

export const limit: Benchmark = {
  ...join,
  name: "reconcile-limit",
  about: "that join with a finding's columns, and what must be known beforehand, with no verdict, against the bare one",
  target: null,
  ours: "least join",
  ways: { "least join": leastJoin, "bare join": bareJoin }
}

export const capped: Benchmark = {
  name: "capped",
  about: "the same in 2 GB of memory, against as much as there is",
  size: { full: 10_000_000, smoke: 2000 },
  figure: "seconds",
  by: "ratio",
  target: { atMost: 3 },
  ours: "2 GB",
  peer: "uncapped",
  ways: { "2 GB": reconcile({ memoryLimit: "2GB" }), uncapped: reconcile({}) }
}

const tenfold = (name: string, calls: string, size: Benchmark["size"]): Benchmark => ({
  name,
  about: `${calls} CDRs and four fifths as many recordings, in 15 GB of memory, against a tenth of them`,
  size,
  figure: "seconds a row",
  by: "ratio",
  target: { atMost: 1 },
  ours: "all",
  peer: "a tenth",
  ways: ofAll(reconcile({ memoryLimit: "15GB" }))
})

const ofAll = (way: Benchmark["ways"][string]): Benchmark["ways"] => ({
  all: way,
  "a tenth": ({ folder, size }) => way({ folder, size: size / 10 })
})

const hundredMillion: Benchmark = {
  ...tenfold("scale-100M", "100,000,000", { full: 100_000_000, smoke: 20_000 }),
  runs: 3
}

/** Time and memory grow no faster than the rows. */
export const scale: ReadonlyArray<Benchmark> = [
  tenfold("scale-10M", "10,000,000", { full: 10_000_000, smoke: 20_000 }),
  hundredMillion,
  {
    ...hundredMillion,
    name: "scale-100M-limit",
    about: "how the time of the bare join grows from 10,000,000 CDRs to 100,000,000",
    target: null,
    ways: ofAll(bareJoin)
  }
]
