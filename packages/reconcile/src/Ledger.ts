/**
 * What was found, run after run: when a finding opened, who took note of it, and how it ended.
 *
 * A finding opens with the run that first has it, and stays open until a later run that judges its call no longer has it:
 *
 * | It ends as  | When a later run …                                                                              |
 * | ----------- | ----------------------------------------------------------------------------------------------- |
 * | `cleared`   | finds something else of the same CDR or recording; of a missing recording, that it came         |
 * | `expired`   | finds that the provider keeps no recordings of then any more; or when the deadline passes       |
 * | `withdrawn` | has neither the CDR nor the recording any more, though both lists are proved whole              |
 *
 * A run whose lists are not proved whole withdraws nothing. Findings of calls outside a run's window are left as they are.
 *
 * The ledger has two times: that of the calls, and that at which runs and notes were written. `findings` of an instant
 * gives what was known then, to the byte, whatever was learnt since.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

import * as Column from "./Column.ts"
import type * as Coverage from "./Coverage.ts"
import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import { Finding } from "./Finding.ts"
import * as FindingKey from "./FindingKey.ts"
import * as Tables from "./internal/ledgerSchema.ts"
import * as Sql from "./internal/sql.ts"
import { defaults, type Window } from "./Kernel.ts"
import { LedgerError } from "./LedgerError.ts"
import * as Policy from "./Policy.ts"
import type * as Relations from "./Relations.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * A run to be kept. `settings` and `summary` are kept as they are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run<E> {
  readonly account: string
  readonly window: Window
  readonly asOf: DateTime.Utc
  readonly proofs: Coverage.Proofs
  readonly verdict: Verdict["_tag"]
  readonly policy: Policy.Policy
  readonly settings: unknown
  readonly summary: unknown
  readonly findings: Stream.Stream<Finding, E>
  /**
   * What the run saw of the provider's lists.
   *
   * @default nothing: what the ledger remembers stays as it is
   */
  readonly seen?: Relations.Seen<E> | undefined
  /**
   * How long after its end the provider keeps a recording. One that is older is forgotten.
   *
   * @default 30 days
   */
  readonly retention?: Duration.Duration | undefined
}

/**
 * What a run changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorded {
  readonly run: number
  /** The verdict of the account's run before, in the text that it was kept in; `null` where there is none. */
  readonly before: string | null
  /** The keys of the findings that it opened, anew or again. */
  readonly opened: ReadonlyArray<string>
  /** The keys of the open findings that it made critical, such as those that were in doubt before. */
  readonly raised: ReadonlyArray<string>
  readonly cleared: number
  readonly expired: number
  readonly withdrawn: number
  /** The account's findings that are open now. One whose deadline has passed is not: nothing can be saved any more. */
  readonly open: number
}

/**
 * What somebody said of a finding: that it is `acknowledged`, or `reopened` for attention.
 *
 * @category models
 * @since 0.1.0
 */
export class Note extends Schema.Class<Note>("@vobiz-effect/reconcile/Note")({
  at: Schema.DateTimeUtc,
  kind: Schema.Literals(["acknowledged", "reopened"]),
  who: Schema.String,
  words: Schema.String
}) {}

/**
 * How a finding stands.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Status = Schema.Literals(["open", "acknowledged", "cleared", "expired", "withdrawn"])
/**
 * @category models
 * @since 0.1.0
 */
export type Status = typeof Status.Type

/**
 * A finding in the ledger. `closed` is `null` while it is open, `by` the code that closed it. Of a recording that came late,
 * `late` says between what it was late: it was not there at the run before, and was at the one that cleared it, both
 * counted from the call's end.
 *
 * `finding` is `null` where the text that was kept cannot be read: another version of this program wrote it, or it is damaged.
 * The rest of the entry stands.
 *
 * @category models
 * @since 0.1.0
 */
export class Entry extends Schema.Class<Entry>("@vobiz-effect/reconcile/Entry")({
  account: Schema.String,
  key: Schema.String,
  status: Status,
  opened: Schema.DateTimeUtc,
  closed: Schema.NullOr(Schema.DateTimeUtc),
  by: Schema.NullOr(Schema.String),
  late: Schema.NullOr(Schema.Struct({ atLeast: Schema.Duration, atMost: Schema.Duration })),
  notes: Schema.Array(Note),
  at: Schema.DateTimeUtc,
  deadline: Schema.NullOr(Schema.DateTimeUtc),
  finding: Schema.NullOr(Finding)
}) {}

/**
 * Which findings are asked for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Query {
  /**
   * As they were known then.
   *
   * @default now
   */
  readonly asOf?: DateTime.Utc | undefined
  /** @default all accounts */
  readonly account?: string | undefined
  /** @default all statuses */
  readonly statuses?: ReadonlyArray<Status> | undefined
}

/**
 * A run as it is kept: with its settings, policy, proofs and summary as JSON. `verdict` is `null` of a run that was kept before
 * there were verdicts.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunEntry {
  readonly id: number
  readonly recorded: DateTime.Utc
  readonly account: string
  readonly window: Window
  readonly asOf: DateTime.Utc
  readonly proofs: { readonly cdrs: string | null; readonly recordings: string | null }
  readonly verdict: string | null
  readonly policy: string
  readonly settings: string
  readonly summary: string
}

/**
 * The ledger.
 *
 * @example
 * ```ts
 * import { Ledger } from "@vobiz-effect/reconcile"
 * import { Effect, Stream } from "effect"
 *
 * const open = Effect.gen(function*() {
 *   const ledger = yield* Ledger.Ledger
 *   return yield* Stream.runCollect(
 *     ledger.findings({ statuses: ["open"] })
 *   )
 * }).pipe(Effect.provide(Ledger.Ledger.layer({ file: "recon.ledger" })))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Ledger extends Context.Service<
  Ledger,
  {
    /** Takes a run in, whole or not at all, and says what it changed. Only findings that need attention are kept. */
    record<E>(run: Run<E>): Effect.Effect<Recorded, E | LedgerError | DuckDbError>
    /**
     * The recordings of an account that runs before saw, for `Reconciliation.run`: each with the instants of the first and of the last
     * list that had it. They pass from one database to the other as a file.
     */
    remembered(account: string): Relations.Filler<LedgerError>
    /** The trunks of an account as runs before saw them, for `Reconciliation.run`. */
    trunkHistory(account: string): Relations.Filler<LedgerError>
    /** Says that somebody knows of an open finding, or, `reopened`, that it needs attention after all. */
    note(note: {
      readonly account: string
      readonly key: string
      readonly kind: Note["kind"]
      readonly who: string
      readonly words: string
    }): Effect.Effect<void, LedgerError | DuckDbError>
    /** The findings as they were known at an instant, by default now: the one whose deadline comes first before the others. */
    findings(options?: Query): Stream.Stream<Entry, DuckDbError>
    /** How many findings had each status at an instant, in the order of `Status`. A status that none had is left out. */
    counts(options?: Omit<Query, "statuses">): Effect.Effect<ReadonlyMap<Status, number>, DuckDbError>
    /** The runs, in their order. */
    readonly runs: Stream.Stream<RunEntry, DuckDbError>
  }
>()("@vobiz-effect/reconcile/Ledger") {
  /**
   * In a file, made if need be, for its owner alone. One process has it open at a time. An older ledger is brought
   * forward; a newer one, or another file, is refused and left as it is.
   */
  static readonly layer = (options: {
    readonly file: string
  }): Layer.Layer<Ledger, LedgerError | DuckDbError, FileSystem.FileSystem> =>
    Layer.effect(
      Ledger,
      Effect.suspend(() => make(options.file))
    ).pipe(Layer.provide(database(options.file)))
}

const database = (file: string) =>
  DuckDb.layer({ path: file, memoryLimit: "1GB" }).pipe(
    Layer.catch((error) => {
      const { isLocked, message } = error
      const detail = isLocked
        ? `another run has it open: wait until it has ended. ${message}`
        : `it cannot be opened, or is no ledger: name another file. ${message}`
      return Layer.effectContext(Effect.fail(new LedgerError({ file, detail, isBusy: isLocked })))
    })
  )

const Count = Schema.FiniteFromString

const contentOf = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(Finding)))
const findingOf = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Finding)))
const proofText = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(ExtractProof)))
const proofOf = (proof: Coverage.Proof) =>
  proof === null ? null : proof === "declared" ? JSON.stringify(proof) : proofText(proof)

/** When the call that a finding is about had ended. */
const endOf = ({ at, cdrs: [cdr], recorded, talk }: Finding) =>
  cdr?.end ?? DateTime.addDuration(at, talk ?? recorded ?? Duration.zero)

interface Staged {
  readonly account: string
  readonly finding: Finding
}

const staged: ReadonlyArray<Column.Column<Staged>> = [
  Column.text("account", ({ account }) => account),
  Column.text("key", ({ finding }) => FindingKey.of(finding)),
  Column.text("subject", ({ finding }) => FindingKey.subjectOf(finding)),
  Column.text("code", ({ finding }) => finding.code),
  Column.text("severity", ({ finding }) => finding.severity),
  Column.instant("at_ms", ({ finding }) => finding.at),
  Column.instant("end_ms", ({ finding }) => endOf(finding)),
  Column.instant("deadline_ms", ({ finding }) => finding.deadline),
  Column.text("content", ({ finding }) => (finding.severity === "info" ? null : contentOf(finding)))
]

/** How long after its end a recording is remembered. */
const retention = Column.millis<StagedRun>("retention_ms", ({ retention }) => retention ?? defaults.retention)

interface StagedRun extends Omit<Run<never>, "findings" | "seen"> {
  readonly id: number
  readonly recorded: DateTime.Utc
}

const id = Column.float<StagedRun>("id", (run) => run.id)

const run: ReadonlyArray<Column.Column<StagedRun>> = [
  id,
  Column.instant("recorded_ms", ({ recorded }) => recorded),
  Column.text("account", ({ account }) => account),
  Column.instant("from_ms", ({ window }) => window.from),
  Column.instant("to_ms", ({ window }) => window.to),
  Column.instant("as_of_ms", ({ asOf }) => asOf),
  Column.text("cdrs_proof", ({ proofs }) => proofOf(proofs.cdrs)),
  Column.text("recordings_proof", ({ proofs }) => proofOf(proofs.recordings)),
  Column.text("policy", ({ policy }) => JSON.stringify(Policy.encode(policy))),
  Column.text("settings", ({ settings }) => JSON.stringify(settings)),
  Column.text("summary", ({ summary }) => JSON.stringify(summary)),
  Column.text("verdict", ({ verdict }) => verdict)
]

const stagedRun = [...run, retention]

const Row = Schema.Struct({
  account: Schema.String,
  key: Schema.String,
  opened_ms: Count,
  status: Status,
  closed_ms: Schema.NullOr(Count),
  by_code: Schema.NullOr(Schema.String),
  late_least_ms: Schema.NullOr(Count),
  late_most_ms: Schema.NullOr(Count),
  at_ms: Count,
  deadline_ms: Schema.NullOr(Count),
  content: Schema.String,
  form: Schema.Finite,
  notes: Schema.Array(
    Schema.Struct({ at: Count, kind: Note.fields.kind, who: Schema.String, words: Schema.NullOr(Schema.String) })
  )
})

const RunRow = Schema.Struct({
  id: Count,
  recorded_ms: Count,
  account: Schema.String,
  from_ms: Count,
  to_ms: Count,
  as_of_ms: Count,
  cdrs_proof: Schema.NullOr(Schema.String),
  recordings_proof: Schema.NullOr(Schema.String),
  policy: Schema.String,
  settings: Schema.String,
  summary: Schema.String,
  verdict: Schema.NullOr(Schema.String)
})

const instant = (millis: number) => DateTime.makeUnsafe(millis)

const make = Effect.fnUntraced(function* (file: string) {
  const db = yield* DuckDb
  const fs = yield* FileSystem.FileSystem
  const one = yield* Semaphore.make(1)
  const refuse = (detail: string) => new LedgerError({ file, detail })

  const number = (sql: string, parameters?: Readonly<Record<string, number | string>>) =>
    Effect.map(db.query(sql, Schema.Struct({ n: Count }), parameters), ([row]) => row?.n ?? 0)

  yield* migrate(db, refuse)
  yield* Effect.ignore(fs.chmod(file, 0o600))

  /** A folder for files that pass from one database to another; for its owner alone, and gone with the scope. */
  const passage = Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "recon-ledger-" }), ({ message }) =>
    refuse(`no temporary file can be made: ${message}`)
  )

  const stageSeen = Effect.fnUntraced(function* <E>({ seen }: Run<E>) {
    yield* db.run(Tables.noneSeen)
    if (seen === undefined) return
    const folder = yield* passage
    for (const name of ["recordings", "trunks"] as const) {
      const path = `${folder}/${name}.parquet`
      yield* seen[name](path)
      yield* db.run(`INSERT INTO staging.${Tables.seen[name]} BY NAME FROM read_parquet(${Sql.text(path)})`)
    }
  }, Effect.scoped)

  const passed = (what: keyof typeof Tables.seen, account: string): Relations.Filler<LedgerError> => ({
    fill: Effect.fn("Ledger.passed")(function* (table) {
      const target = yield* DuckDb
      const path = `${yield* passage}/${what}.parquet`
      yield* db.run(Sql.copy(Tables.remembered(what, account), path, "parquet"))
      yield* target.run(`INSERT INTO ${table} BY NAME FROM read_parquet(${Sql.text(path)})`)
      const [row] = yield* target.query(`SELECT count(*) AS n FROM ${table}`, Schema.Struct({ n: Count }))
      return { rows: row?.n ?? 0, setAside: null }
    }, Effect.scoped)
  })

  const record = Effect.fn("Ledger.record")(function* <E>(taken: Run<E>) {
    const { findings, seen: _, ...told } = taken
    const open = yield* db.query(
      "SELECT DISTINCT subject FROM version WHERE to_run IS NULL AND account = $account",
      Schema.Struct({ subject: Schema.String }),
      { account: told.account }
    )
    const subjects = new Set(open.map(({ subject }) => subject))
    const [previous] = yield* db.query(
      "SELECT verdict FROM run WHERE account = $account ORDER BY id DESC LIMIT 1",
      Schema.Struct({ verdict: Schema.NullOr(Schema.String) }),
      { account: told.account }
    )
    const last = yield* db.query(
      "SELECT coalesce(max(id), 0)::VARCHAR AS id, coalesce(max(recorded_ms), 0)::VARCHAR AS recorded FROM run",
      Schema.Struct({ id: Count, recorded: Count })
    )
    const now = yield* Clock.currentTimeMillis
    // Two runs of one instant would not be told apart by an instant between them.
    const recorded = instant(Math.max(now, (last[0]?.recorded ?? 0) + 1))
    const runId = (last[0]?.id ?? 0) + 1
    yield* db.run("DROP SCHEMA IF EXISTS staging CASCADE; CREATE SCHEMA staging")
    yield* db.run(Column.createTable("staging.run", stagedRun))
    yield* db.run(Column.createTable("staging.finding", staged))
    yield* db.append("staging.run", stagedRun, Stream.make({ ...told, id: runId, recorded }))
    yield* db.append(
      "staging.finding",
      staged,
      findings.pipe(
        Stream.filter((finding) => finding.severity !== "info" || subjects.has(FindingKey.subjectOf(finding))),
        Stream.map((finding) => ({ account: told.account, finding }))
      )
    )
    yield* stageSeen(taken)
    // Not to be stopped half way: it is over in a moment, and all or nothing.
    yield* Effect.uninterruptible(db.run(Tables.takeIn))
    const opened = yield* db.query(
      "SELECT key FROM episode WHERE opened_run = $run ORDER BY key",
      Schema.Struct({ key: Schema.String }),
      { run: runId }
    )
    const raised = yield* db.query(Tables.raised, Schema.Struct({ key: Schema.String }), { run: runId })
    const closed = (how: string) =>
      number("SELECT count(*) AS n FROM episode WHERE closed_run = $run AND how = $how", { run: runId, how })
    return {
      run: runId,
      before: previous?.verdict ?? null,
      opened: opened.map(({ key }) => key),
      raised: raised.map(({ key }) => key),
      cleared: yield* closed("cleared"),
      expired: yield* closed("expired"),
      withdrawn: yield* closed("withdrawn"),
      open: yield* number(
        `SELECT count(*) AS n FROM episode JOIN version USING (account, key)
WHERE closed_run IS NULL AND to_run IS NULL AND account = $account AND coalesce(deadline_ms > $now, true)`,
        { account: told.account, now }
      )
    } satisfies Recorded
  })

  const note: Ledger["Service"]["note"] = Effect.fn("Ledger.note")(function* ({ account, key, kind, who, words }) {
    const opened = yield* number(
      "SELECT coalesce(max(opened_run), 0) AS n FROM episode WHERE account = $account AND key = $key AND closed_run IS NULL",
      { account, key }
    )
    if (opened === 0)
      return yield* refuse(`account ${account} has no open finding "${key}". List them to see their keys`)
    const newest = yield* number("SELECT coalesce(max(at_ms), 0) AS n FROM note")
    const at = Math.max(yield* Clock.currentTimeMillis, newest + 1)
    yield* db.run(
      "INSERT INTO note SELECT coalesce(max(seq), 0) + 1, $account, $key, $opened, $at, $kind, $who, $words FROM note",
      { account, key, opened, at, kind, who, words }
    )
  })

  /** What was known of an account, or of all, at an instant, as the statements take it. */
  const knownAt = Effect.fnUntraced(function* ({ account, asOf }: Query) {
    const now = asOf?.epochMilliseconds ?? (yield* Clock.currentTimeMillis)
    // All that is in the ledger is known now, whatever the clock of the machine that wrote it said.
    const until = asOf === undefined ? Number.MAX_SAFE_INTEGER : now
    const run = yield* number("SELECT coalesce(max(id), 0) AS n FROM run WHERE recorded_ms <= $until", { until })
    const note = yield* number("SELECT coalesce(max(seq), 0) AS n FROM note WHERE at_ms <= $until", { until })
    return { run, note, now, account: account ?? null }
  })

  const counts: Ledger["Service"]["counts"] = Effect.fn("Ledger.counts")(function* (options = {}) {
    const rows = yield* db.query(Tables.counts, Schema.Struct({ status: Status, n: Count }), yield* knownAt(options))
    const found = new Map(rows.map(({ n, status }) => [status, n]))
    return new Map(Status.literals.flatMap((status) => (found.has(status) ? [[status, found.get(status) ?? 0]] : [])))
  })

  const findings: Ledger["Service"]["findings"] = (options = {}) =>
    Effect.gen(function* () {
      const statuses = options.statuses ?? Status.literals
      if (statuses.length === 0) return Stream.empty
      return Stream.mapEffect(
        db.stream(Tables.entries(statuses), Row, yield* knownAt(options)),
        Effect.fnUntraced(function* (row) {
          const finding = yield* row.form > Tables.form
            ? Effect.succeed(null)
            : Effect.orElseSucceed(findingOf(Tables.renamed(row.content)), () => null)
          const { late_least_ms: least, late_most_ms: most } = row
          return new Entry({
            account: row.account,
            key: row.key,
            status: row.status,
            opened: instant(row.opened_ms),
            closed: row.closed_ms === null ? null : instant(row.closed_ms),
            by: row.by_code,
            late:
              least === null || most === null
                ? null
                : { atLeast: Duration.millis(least), atMost: Duration.millis(most) },
            notes: row.notes.map(
              ({ at, kind, who, words }) => new Note({ at: instant(at), kind, who, words: words ?? "" })
            ),
            at: instant(row.at_ms),
            deadline: row.deadline_ms === null ? null : instant(row.deadline_ms),
            finding
          })
        })
      )
    }).pipe(Stream.unwrap, Stream.withSpan("Ledger.findings"))

  return Ledger.of({
    record: (run) => one.withPermits(1)(record(run)),
    remembered: (account) => passed("recordings", account),
    trunkHistory: (account) => passed("trunks", account),
    note: (told) => one.withPermits(1)(note(told)),
    findings,
    counts,
    runs: db.stream("FROM run ORDER BY id", RunRow).pipe(
      Stream.map((row): RunEntry => ({
        id: row.id,
        recorded: instant(row.recorded_ms),
        account: row.account,
        window: { from: instant(row.from_ms), to: instant(row.to_ms) },
        asOf: instant(row.as_of_ms),
        proofs: { cdrs: row.cdrs_proof, recordings: row.recordings_proof },
        verdict: row.verdict,
        policy: row.policy,
        settings: row.settings,
        summary: row.summary
      }))
    )
  })
})

/** Brings the file to the newest version, each step whole or not at all. */
const migrate = Effect.fnUntraced(function* (db: DuckDb["Service"], refuse: (detail: string) => LedgerError) {
  const tables = yield* db.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'main'",
    Schema.Struct({ name: Schema.String })
  )
  const isLedger = tables.some(({ name }) => name === "ledger")
  if (!isLedger && tables.length > 0) {
    return yield* refuse(`it is a database of something else (table ${tables[0]?.name}): name another file`)
  }
  if (!isLedger) yield* db.run("CREATE TABLE ledger (version INTEGER)")
  const [row] = yield* db.query(
    "SELECT coalesce(max(version), 0)::VARCHAR AS version FROM ledger",
    Schema.Struct({ version: Count })
  )
  const version = row?.version ?? 0
  const newest = Tables.migrations.length
  if (version > newest) {
    return yield* refuse(`it is of version ${version}, and this program knows ${newest}: use a newer one`)
  }
  for (const [n, step] of Tables.migrations.entries()) {
    if (n < version) continue
    yield* db.run(`BEGIN TRANSACTION; ${step}; INSERT INTO ledger VALUES (${n + 1}); COMMIT`)
  }
})
