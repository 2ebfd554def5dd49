/** How a run is taken into a ledger. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Column from "../Column.ts"
import type { DuckDb } from "../DuckDb.ts"
import type { Finding } from "../Finding.ts"
import * as FindingKey from "../FindingKey.ts"
import type { LedgerError } from "../LedgerError.ts"
import type { FindingRows, Recorded, Run } from "./ledgerModel.ts"
import { Count, instant, staged, stagedRun } from "./ledgerRows.ts"
import * as Tables from "./ledgerSchema.ts"
import * as Sql from "./sql.ts"

type Database = DuckDb["Service"]

/** A folder for files that pass from one database to another. */
export type Passage = Effect.Effect<string, LedgerError, Scope.Scope>

/** The number `n` of a statement. */
export const numberOf = (db: Database) => (sql: string, parameters?: Readonly<Record<string, number | string>>) =>
  Effect.map(db.query(sql, Schema.Struct({ n: Count }), parameters), ([row]) => row?.n ?? 0)

const Key = Schema.Struct({ key: Schema.String })

const keys = (db: Database, sql: string, run: number) =>
  Effect.map(db.query(sql, Key, { run }), (rows) => rows.map(({ key }) => key))

/** What the run saw of the provider's lists. */
const stageSeen = Effect.fnUntraced(function* <E>(db: Database, passage: Passage, { seen }: Run<E>) {
  yield* db.run(Tables.noneSeen)
  if (seen === undefined) return
  const folder = yield* passage
  for (const name of ["recordings", "trunks"] as const) {
    const path = `${folder}/${name}.parquet`
    yield* seen[name](path)
    yield* db.run(`INSERT INTO staging.${Tables.seen[name]} BY NAME FROM read_parquet(${Sql.text(path)})`)
  }
}, Effect.scoped)

/** The findings of a stream that need attention or are about an open finding. */
const stageStream = Effect.fnUntraced(function* <E>(
  db: Database,
  account: string,
  findings: Stream.Stream<Finding, E>
) {
  const open = yield* db.query(Tables.openSubjects(account), Schema.Struct({ subject: Schema.String }))
  const subjects = new Set(open.map(({ subject }) => subject))
  yield* db.append(
    "staging.finding",
    staged,
    findings.pipe(
      Stream.filter((finding) => finding.severity !== "info" || subjects.has(FindingKey.subjectOf(finding))),
      Stream.map((finding) => ({ account, finding }))
    )
  )
})

/** The same of findings that are in another database. */
const stageRows = Effect.fnUntraced(function* <E>(
  db: Database,
  passage: Passage,
  account: string,
  findings: FindingRows<E>
) {
  const folder = yield* passage
  const [open, path] = [`${folder}/open.parquet`, `${folder}/findings.parquet`]
  yield* db.run(Sql.copy(Tables.openSubjects(account), open, "parquet"))
  yield* findings.write(path, open)
  yield* db.run(
    `INSERT INTO staging.finding BY NAME SELECT ${Sql.text(account)} AS account, * FROM read_parquet(${Sql.text(path)})`
  )
}, Effect.scoped)

/** The run beside the tables that it is then taken into: its findings that ask for something, and those that close one. */
const stage = Effect.fnUntraced(function* <E>(db: Database, passage: Passage, id: number, last: number, taken: Run<E>) {
  const { findings, seen: _, ...told } = taken
  const now = yield* Clock.currentTimeMillis
  // Two runs of one instant would not be told apart by an instant between them.
  const recorded = instant(Math.max(now, last + 1))
  yield* db.run("DROP SCHEMA IF EXISTS staging CASCADE; CREATE SCHEMA staging")
  yield* db.run(Column.createTable("staging.run", stagedRun))
  yield* db.run(Column.createTable("staging.finding", staged))
  yield* db.append("staging.run", stagedRun, Stream.make({ ...told, id, recorded }))
  if (Stream.isStream(findings)) yield* stageStream(db, told.account, findings)
  else yield* stageRows(db, passage, told.account, findings)
  yield* stageSeen(db, passage, taken)
  return now
})

/** Takes a run in, whole or not at all, and says what it changed. */
export const record = Effect.fn("Ledger.record")(function* <E>(db: Database, passage: Passage, taken: Run<E>) {
  const number = numberOf(db)
  const { account } = taken
  const [previous] = yield* db.query(
    "SELECT verdict FROM run WHERE account = $account ORDER BY id DESC LIMIT 1",
    Schema.Struct({ verdict: Schema.NullOr(Schema.String) }),
    { account }
  )
  const [last] = yield* db.query(
    "SELECT coalesce(max(id), 0)::VARCHAR AS id, coalesce(max(recorded_ms), 0)::VARCHAR AS recorded FROM run",
    Schema.Struct({ id: Count, recorded: Count })
  )
  const run = (last?.id ?? 0) + 1
  const now = yield* stage(db, passage, run, last?.recorded ?? 0, taken)
  // Not to be stopped half way: it is over in a moment, and all or nothing.
  yield* Effect.uninterruptible(db.run(Tables.takeIn))
  const closed = (how: string) =>
    number("SELECT count(*) AS n FROM episode WHERE closed_run = $run AND how = $how", { run, how })
  const raised = yield* keys(db, Tables.raised, run)
  return {
    run,
    before: previous?.verdict ?? null,
    opened: yield* keys(db, "SELECT key FROM episode WHERE opened_run = $run ORDER BY key", run),
    raised,
    critical: raised.length + (yield* number(Tables.openedCritical, { run })),
    cleared: yield* closed("cleared"),
    expired: yield* closed("expired"),
    withdrawn: yield* closed("withdrawn"),
    open: yield* number(
      `SELECT count(*) AS n FROM episode JOIN version USING (account, key)
WHERE closed_run IS NULL AND to_run IS NULL AND account = $account AND coalesce(deadline_ms > $now, true)`,
      { account, now }
    )
  } satisfies Recorded
})
