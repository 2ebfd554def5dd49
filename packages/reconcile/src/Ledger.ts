/**
 * What was found, run after run: when a finding opened, who took note of it, and how it ended.
 *
 * A finding opens with the run that first has it, and stays open until a later run that judges its call no longer has it:
 *
 * | It ends as  | When a later run …                                                                              |
 * | ----------- | ----------------------------------------------------------------------------------------------- |
 * | `cleared`   | finds something else of the same CDR or recording; of a missing recording, that it came         |
 * | `expired`   | finds that the provider keeps no recordings of then any more; or when the deadline passes       |
 * | `withdrawn` | has neither the CDR nor the recording any more, though both lists are proved complete              |
 *
 * A run whose lists are not proved complete withdraws nothing. Findings of calls outside a run's window are left as they are.
 *
 * The ledger has two times: that of the calls, and that at which runs and notes were written. `findings` of an instant
 * gives what was known then, to the byte, whatever was learnt since.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import { migrate } from "./internal/ledgerMigration.ts"
import {
  type Entry,
  type Note,
  type Query,
  type Recorded,
  type Run,
  type RunEntry,
  Status
} from "./internal/ledgerModel.ts"
import { Count, entryOf, Row, runOf, RunRow } from "./internal/ledgerRows.ts"
import * as Recording from "./internal/ledgerRecording.ts"
import * as Tables from "./internal/ledgerSchema.ts"
import * as Sql from "./internal/sql.ts"
import { LedgerError } from "./LedgerError.ts"
import type * as Relations from "./Relations.ts"

export {
  Note,
  Status,
  Entry,
  type FindingRows,
  type Run,
  type Recorded,
  type Query,
  type RunEntry
} from "./internal/ledgerModel.ts"

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
    /** The most memory that its database takes, such as `250MB`; by default `1GB`. It spills the rest beside the file. */
    readonly memoryLimit?: string | undefined
  }): Layer.Layer<Ledger, LedgerError | DuckDbError, FileSystem.FileSystem> =>
    Layer.effect(
      Ledger,
      Effect.suspend(() => make(options.file))
    ).pipe(Layer.provide(database(options.file, options.memoryLimit ?? "1GB")))
}

/** One thread: a second one would write texts of another 100 MB at the same time, which is more than small limits allow. */
const database = (file: string, memoryLimit: string) =>
  DuckDb.layer({ path: file, memoryLimit, threads: 1 }).pipe(
    Layer.catch((error) => {
      const { isLocked, message } = error
      const detail = isLocked
        ? `another run has it open: wait until it has ended. ${message}`
        : `it cannot be opened, or is no ledger: name another file. ${message}`
      return Layer.effectContext(Effect.fail(new LedgerError({ file, detail, isBusy: isLocked })))
    })
  )

const make = Effect.fnUntraced(function* (file: string) {
  const db = yield* DuckDb
  const fs = yield* FileSystem.FileSystem
  const one = yield* Semaphore.make(1)
  const refuse = (detail: string) => new LedgerError({ file, detail })

  const number = Recording.numberOf(db)

  yield* migrate(db, refuse)
  yield* Effect.ignore(fs.chmod(file, 0o600))

  /** A folder for files that pass from one database to another; for its owner alone, and gone with the scope. */
  const passage = Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "recon-ledger-" }), ({ message }) =>
    refuse(`no temporary file can be made: ${message}`)
  )

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
      return Stream.mapEffect(db.stream(Tables.entries(statuses), Row, yield* knownAt(options)), entryOf)
    }).pipe(Stream.unwrap, Stream.withSpan("Ledger.findings"))

  return Ledger.of({
    record: (run) => one.withPermits(1)(Recording.record(db, passage, run)),
    remembered: (account) => passed("recordings", account),
    trunkHistory: (account) => passed("trunks", account),
    note: (told) => one.withPermits(1)(note(told)),
    findings,
    counts,
    runs: db.stream("FROM run ORDER BY id", RunRow).pipe(Stream.map(runOf))
  })
})
