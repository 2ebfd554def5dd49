/**
 * Writes results into PostgreSQL, for others to query.
 *
 * Table `recon_result` has a row per run, and `recon_finding` a row per finding that needs attention. The lake has all findings,
 * those of severity `info` too. The columns of `recon_finding` are `run`, `account`, `finding_key` (`FindingKey`: the same in each
 * run that finds it) and those of `FindingFiles`.
 *
 * @since 0.1.0
 */
import { Finding, FindingFiles, FindingKey } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { SqlClient, type SqlError } from "effect/sql"
import * as Stream from "effect/Stream"

import * as Lake from "./Lake.ts"
import { LakeError } from "./LakeError.ts"
import type * as Result from "./Result.ts"
import type * as Spec from "./Spec.ts"

const types: Readonly<Record<FindingFiles.FindingColumn["type"], string>> = {
  VARCHAR: "text",
  BOOLEAN: "boolean",
  BIGINT: "bigint",
  "DECIMAL(18, 3)": "numeric(18, 3)",
  "DECIMAL(38, 18)": "numeric(38, 18)",
  "TIMESTAMP WITH TIME ZONE": "timestamptz"
}

const columns = FindingFiles.columns.map(({ header, type }) => ({ name: `"${header}"`, type: types[type] }))
const names = columns.map(({ name }) => name).join(", ")
const typed = columns.map(({ name, type }) => `${name} ${type}`).join(", ")

/**
 * The statements that create the tables, or add the columns that tables of older versions lack.
 *
 * @category tables
 * @since 0.1.0
 */
export const ddl: ReadonlyArray<string> = [
  `CREATE TABLE IF NOT EXISTS recon_result (
  run text PRIMARY KEY, account text NOT NULL, from_time timestamptz NOT NULL, to_time timestamptz NOT NULL,
  as_of timestamptz NOT NULL, verdict text NOT NULL, proof text, cdrs bigint NOT NULL, recordings bigint NOT NULL, missing bigint NOT NULL,
  findings_sha256 text NOT NULL, proof_sha256 text NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE IF NOT EXISTS recon_finding (
  run text NOT NULL REFERENCES recon_result ON DELETE CASCADE, account text NOT NULL, finding_key text, ${typed})`,
  `ALTER TABLE recon_result ADD COLUMN IF NOT EXISTS proof text`,
  `ALTER TABLE recon_finding ADD COLUMN IF NOT EXISTS finding_key text`,
  ...columns.map(({ name, type }) => `ALTER TABLE recon_finding ADD COLUMN IF NOT EXISTS ${name} ${type}`),
  `CREATE INDEX IF NOT EXISTS recon_finding_run ON recon_finding (run, code)`,
  `CREATE INDEX IF NOT EXISTS recon_finding_key ON recon_finding (account, finding_key)`,
  `CREATE INDEX IF NOT EXISTS recon_finding_deadline ON recon_finding (account, deadline)`
]

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Finding.Finding)))

/** The findings of a result that need attention, as rows. */
const rowsOf = Effect.fnUntraced(function* ({ findings: { path } }: Result.Result) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* (yield* Lake.Lake).local(path)
  const damaged = () =>
    new LakeError({ path, detail: "is damaged, or was written by another version", advice: "Submit the run again" })
  return fs.stream(file).pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.mapEffect((line) => decode(line)),
    Stream.mapError(damaged),
    Stream.filter(({ severity }) => severity !== "info"),
    Stream.map((finding) => ({
      finding_key: FindingKey.of(finding),
      ...Object.fromEntries(FindingFiles.columns.map(({ header, value }) => [header, value(finding)]))
    }))
  )
})

/** How many rows one statement inserts. */
const batch = 2000

const tables = Effect.fnUntraced(function* () {
  const sql = yield* SqlClient.SqlClient
  // When several processes create the same table at once, PostgreSQL refuses all but one of them.
  yield* Effect.forEach(ddl, (statement) => Effect.retry(sql.unsafe(statement), { times: 5 }), { discard: true })
})

/**
 * The ids of the runs whose results are stored. Creates the tables if they are missing.
 *
 * @category loading
 * @since 0.1.0
 */
export const stored: Effect.Effect<ReadonlySet<string>, SqlError.SqlError, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    yield* tables()
    return new Set((yield* sql<{ readonly run: string }>`SELECT run FROM recon_result`).map(({ run }) => run))
  }
)

/**
 * Stores a result, and returns how many findings it stored.
 *
 * Creates the tables if they are missing. One transaction replaces everything stored for the run before.
 *
 * @category loading
 * @since 0.1.0
 */
export const load = Effect.fn("FindingsStore.load")(function* (
  spec: Spec.Spec,
  result: Result.Result
): Effect.fn.Return<
  number,
  SqlError.SqlError | LakeError,
  SqlClient.SqlClient | Lake.Lake | FileSystem.FileSystem | Scope.Scope
> {
  const sql = yield* SqlClient.SqlClient
  yield* tables()
  const rows = yield* rowsOf(result)
  const iso = DateTime.formatIso
  const { account, cdrs, missing, recordings, run, verdict } = result
  const proof = result.proved
  return yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`DELETE FROM recon_result WHERE run = ${run}`
      yield* sql`INSERT INTO recon_result (run, account, from_time, to_time, as_of, verdict, proof, cdrs, recordings, missing,
          findings_sha256, proof_sha256)
        VALUES (${run}, ${account}, ${iso(spec.from)}::timestamptz, ${iso(spec.to)}::timestamptz,
          ${iso(result.asOf)}::timestamptz, ${verdict}, ${proof}, ${cdrs}, ${recordings}, ${missing}, ${result.findings.sha256},
          ${result.proof.sha256})`
      let count = 0
      yield* Stream.runForEachArray(Stream.rechunk(rows, batch), (some) => {
        count += some.length
        return sql`INSERT INTO recon_finding (run, account, finding_key, ${sql.literal(names)})
          SELECT ${run}, ${account}, finding_key, ${sql.literal(names)}
          FROM jsonb_to_recordset(${JSON.stringify(some)}::text::jsonb) AS row(finding_key text, ${sql.literal(typed)})`
      })
      return count
    })
  )
}, Effect.scoped)
