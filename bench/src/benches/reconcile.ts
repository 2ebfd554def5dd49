/** CDRs and recordings in Parquet files to findings in a Parquet file, against a bare join of the same files. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { DuckDb, Files, FindingFiles, Policy, Reconciliation } from "@vobiz-effect/reconcile"
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

/** What somebody would write who had an afternoon: one key, no duplicates, four outcomes. */
const bareJoin = ({ folder, size }: Setting) =>
  Effect.gen(function* () {
    const { cdrs, recordings } = yield* Parquet.files(folder, size)
    const program = Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      yield* db.run(`COPY (
  SELECT c.uuid, r.recording_id, c.start_ms, c.talk_ms, r.duration_ms,
    CASE WHEN c.uuid IS NULL THEN 'orphan' WHEN r.recording_id IS NULL THEN 'missing'
      WHEN abs(c.talk_ms - r.duration_ms) > 10000 THEN 'mismatch' ELSE 'matched' END AS code
  FROM read_parquet('${cdrs}') c FULL OUTER JOIN read_parquet('${recordings}') r ON r.call_uuid = c.uuid
) TO '${folder}/bare.parquet' (FORMAT parquet, COMPRESSION zstd)`)
      const [row] = yield* db.query(`SELECT count(*) AS n FROM read_parquet('${cdrs}')`, Counted)
      return row?.n ?? 0
    })
    return yield* timed(Effect.provide(program, DuckDb.DuckDb.layer({ tempDirectory: `${folder}/spill` })))
  })

export const join: Benchmark = {
  name: "reconcile",
  about: "CDRs and four fifths as many recordings from Parquet to findings in Parquet, against a bare FULL OUTER JOIN",
  size: { full: 10_000_000, smoke: 2000 },
  figure: "seconds",
  by: "ratio",
  target: { atMost: 1.5 },
  runs: 5,
  ours: "Reconciliation.run",
  peer: "bare join",
  ways: { "Reconciliation.run": reconcile({}), "bare join": bareJoin }
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

const tenfold = (name: string, calls: string, runs: number, size: Benchmark["size"]): Benchmark => ({
  name,
  about: `${calls} CDRs and four fifths as many recordings, in 15 GB of memory, against a tenth of them`,
  size,
  figure: "seconds a row",
  by: "ratio",
  target: { atMost: 1 },
  runs,
  ours: "all",
  peer: "a tenth",
  ways: {
    all: reconcile({ memoryLimit: "15GB" }),
    "a tenth": ({ folder, size }) => reconcile({ memoryLimit: "15GB" })({ folder, size: size / 10 })
  }
})

/** Time and memory grow no faster than the rows. */
export const scale: ReadonlyArray<Benchmark> = [
  tenfold("scale-10M", "10,000,000", 3, { full: 10_000_000, smoke: 20_000 }),
  tenfold("scale-100M", "100,000,000", 1, { full: 100_000_000, smoke: 20_000 })
]
