/**
 * Matches one bucket by the kernel of `@vobiz-effect/reconcile`, the same that matches a whole account.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core"
import { Column, DuckDb, type DuckDbError, Kernel, Relations } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type * as Extract from "./Extract.ts"
import * as Figures from "./Figures.ts"
import * as FindingRows from "./FindingRows.ts"
import * as Sql from "./internal/sql.ts"
import * as Lake from "./Lake.ts"
import type { LakeError } from "./LakeError.ts"
import * as Spec from "./Spec.ts"
import type * as Split from "./Split.ts"

/**
 * What a bucket came to: its findings (`FindingRows`) and its figures, both without candidates.
 *
 * @category models
 * @since 0.1.0
 */
export const Receipt = Schema.Struct({ bucket: Schema.Int, file: Lake.Written, figures: Figures.Figures })

/**
 * @category models
 * @since 0.1.0
 */
export type Receipt = typeof Receipt.Type

const { verdict: Verdict } = ExtractProof.ExtractProof.fields

/** The relations as the kernel wants them, in a new schema. */
const tables = Effect.fnUntraced(function* (schema: string) {
  const db = yield* DuckDb.DuckDb
  yield* db.run(
    [
      Column.createTable(`${schema}.cdr`, Relations.cdr),
      Column.createTable(`${schema}.recording`, Relations.recording),
      Column.createTable(`${schema}.trunk`, Relations.trunk),
      Column.createTable(`${schema}.archived`, Relations.archived),
      Column.createTable(`${schema}.remembered`, Relations.remembered),
      Column.createTable(`${schema}.trunk_seen`, Relations.trunkSeen)
    ].join("; ")
  )
})

const rowsOf = (files: ReadonlyArray<string>) => `read_parquet(${Sql.texts(files)}, hive_partitioning = false)`

/** Fills a schema's tables with what of the split's rows, in all buckets or in one, `where` says. */
const load = Effect.fn("Match.load")(function* (
  schema: string,
  split: Split.Receipt,
  trunks: ReadonlyArray<Extract.Receipt>,
  options: {
    readonly bucket?: number
    readonly cdr?: { readonly columns: string; readonly where: string }
    readonly recording?: { readonly where: string }
  } = {}
): Effect.fn.Return<void, DuckDbError.DuckDbError | LakeError, DuckDb.DuckDb | Lake.Lake | Scope.Scope> {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const bucket = options.bucket === undefined ? "" : `/bucket=${options.bucket}`
  yield* tables(schema)
  for (const list of ["cdr", "recording"] as const) {
    const files = yield* lake.below(`${split.directory}/${list}${bucket}`)
    if (files.length === 0) continue
    const columns = list === "cdr" ? (options.cdr?.columns ?? "*") : "*"
    const where = options[list]?.where ?? "true"
    yield* db.run(`INSERT INTO ${schema}.${list} BY NAME SELECT ${columns} FROM ${rowsOf(files)} r WHERE ${where}`)
  }
  for (const { file } of trunks) {
    yield* db.run(`INSERT INTO ${schema}.trunk BY NAME SELECT * FROM ${rowsOf([yield* lake.local(file.path)])}`)
  }
})

/**
 * The CDRs that make the kernel see that an id is junk: two that bear it, further apart than any call lasts, long before any
 * window, so that nothing is said of them.
 */
const markers = (junk: string, s: string) => `INSERT INTO ${s}.cdr BY NAME
WITH junk AS (
  SELECT name FROM read_parquet(${Sql.text(junk)}) junk
  WHERE name IN (SELECT sip_call_id FROM ${s}.cdr UNION ALL SELECT bridge_uuid FROM ${s}.cdr)
)
SELECT -row_number() OVER () AS arrival, concat('marker ', nth, ' ', name) AS uuid, name AS sip_call_id, start_ms, true AS zone_stated,
  0 AS duration_ms, 0 AS talk_ms
FROM junk, (VALUES (1, 0), (2, -4000000000000)) two(nth, start_ms)`

/**
 * How far the lists are proved whole, by which absence is told.
 *
 * @category models
 * @since 0.1.0
 */
export const Verdicts = Schema.Struct({ cdrs: Verdict, recordings: Verdict })

/**
 * @category models
 * @since 0.1.0
 */
export type Verdicts = typeof Verdicts.Type

const findingsOf = (db: DuckDb.DuckDb["Service"], schema: string) =>
  Stream.provideService(Kernel.findings(schema), DuckDb.DuckDb, db)

/**
 * Matches a bucket.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Match.run")(function* (
  spec: Spec.Spec,
  split: Split.Receipt,
  trunks: ReadonlyArray<Extract.Receipt>,
  verdicts: Verdicts,
  bucket: number
): Effect.fn.Return<Receipt, DuckDbError.DuckDbError | LakeError, DuckDb.DuckDb | Lake.Lake | Scope.Scope> {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const s = yield* db.scratch
  yield* load(s, split, trunks, { bucket })
  yield* db.run(markers(yield* lake.local(`${split.directory}/junk.parquet`), s))
  yield* db.run(
    `${Column.createTable(`${s}.room`, Relations.recording)}; INSERT INTO ${s}.room BY NAME FROM ${rowsOf([yield* lake.local(`${split.directory}/room.parquet`)])}`
  )
  yield* Kernel.run(s, parametersOf(spec, verdicts))
  const findings = Stream.filter(findingsOf(db, s), ({ code }) => code !== "candidate")
  const file = yield* lake.file(placeOf(spec), "parquet", (temporary) => FindingRows.write(temporary, findings))
  return { bucket, file, figures: Figures.withCandidates(Figures.of(yield* Kernel.summary(s)), 0) }
}, Effect.scoped)

/** The rows that `is` does not hold of are made to share no id, so that they tie to nothing that they were not tied to before. */
const aloneUnless = (is: string) =>
  `* REPLACE (CASE WHEN ${is} THEN sip_call_id ELSE concat('rest ', arrival) END AS sip_call_id, CASE WHEN ${is} THEN bridge_uuid END AS bridge_uuid)`

/**
 * Finds the candidates: a missing call and a recording of no call that agree in numbers and time, and with no other, or one that runs on
 * past its own call. Which these are is known when all buckets are matched, and they are few: the kernel is run once more, over these
 * rows alone.
 *
 * @category running
 * @since 0.1.0
 */
export const rest = Effect.fn("Match.rest")(function* (
  spec: Spec.Spec,
  split: Split.Receipt,
  trunks: ReadonlyArray<Extract.Receipt>,
  matches: ReadonlyArray<Receipt>
): Effect.fn.Return<Receipt, DuckDbError.DuckDbError | LakeError, DuckDb.DuckDb | Lake.Lake | Scope.Scope> {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const s = yield* db.scratch
  const files = yield* Effect.forEach(matches, ({ file }) => lake.local(file.path), { concurrency: 4 })
  const among = (code: string) => `SELECT * FROM ${FindingRows.read(files)} WHERE code = '${code}'`
  const longer = `${among("recording-longer")} AND key_recording = recording_ids`
  const isOf = (some: string) =>
    `EXISTS (FROM (${some}) f WHERE f.key_uuid = r.uuid AND f.key_id IS NOT DISTINCT FROM r.id)`
  yield* load(s, split, trunks, {
    cdr: { columns: aloneUnless(isOf(longer)), where: `${isOf(among("missing"))} OR ${isOf(longer)}` },
    recording: { where: `r.recording_id IN (SELECT key_recording FROM (${among("orphan")} UNION ALL ${longer}))` }
  })
  yield* db.run(markers(yield* lake.local(`${split.directory}/junk.parquet`), s))
  // No call that is missing may be in a conference.
  yield* db.run(Column.createTable(`${s}.room`, Relations.recording))
  // Candidates rest on nothing that the proofs decide.
  yield* Kernel.run(s, parametersOf(spec, { cdrs: "complete", recordings: "complete" }))
  const candidates = Stream.filter(findingsOf(db, s), ({ code }) => code === "candidate")
  const file = yield* lake.file(placeOf(spec), "parquet", (temporary) => FindingRows.write(temporary, candidates))
  const { counts } = yield* Kernel.summary(s)
  return { bucket: -1, file, figures: Figures.withCandidates(Figures.add([]), counts.candidate) }
}, Effect.scoped)

const placeOf = (spec: Spec.Spec) => `${Spec.placeOf(spec)}/matched`

const parametersOf = ({ asOf, from, settings, to }: Spec.Spec, { cdrs, recordings }: Verdicts): Kernel.Parameters => ({
  window: { from, to },
  asOf,
  settings,
  proved: { cdrs: cdrs === "complete", recordings: recordings === "complete" }
})
