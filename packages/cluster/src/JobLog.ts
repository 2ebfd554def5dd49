/**
 * Records the progress of runs and of their units of work in SQL tables that anyone may query.
 *
 * The workflow engine keeps its own state. The log shows people what happens, decides whether an attempt is still wanted, and keeps
 * specs and results. docs/scale.md, "Status", lists the columns.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { SqlClient, type SqlError } from "effect/sql"

import * as Audio from "./Audio.ts"

/**
 * The state of a run or a unit. Retrying a run repeats its units that `failed` or were `cancelled`.
 *
 * @category models
 * @since 0.1.0
 */
export const State = Schema.Literals(["running", "done", "failed", "cancelled"])

/**
 * @category models
 * @since 0.1.0
 */
export type State = typeof State.Type

/**
 * A row of the log cannot be read: another version of recon wrote it, or it is damaged.
 *
 * The row is left unchanged.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobLogError extends Schema.TaggedError<JobLogError>()("JobLogError", {
  /** The row or the part of it that cannot be read, such as `run 0f3a…`. */
  what: Schema.String
}) {
  override get message(): string {
    return `the log of runs: ${this.what} cannot be read: another version of recon wrote it, or it is damaged. Use that version, or remove the row`
  }
}

const ended = {
  state: State,
  /** The `_tag` of the error of a failed run or unit; `Defect` if the error has none. */
  errorTag: Schema.NullOr(Schema.String),
  /** The first line of the error's message, cut to 500 characters. */
  errorMessage: Schema.NullOr(Schema.String),
  /** In milliseconds since the epoch. */
  startedAt: Schema.Finite,
  /** In milliseconds since the epoch; `null` while it runs. */
  endedAt: Schema.NullOr(Schema.Finite)
}

const AudioJson = Schema.fromJsonString(Audio.Summary)

/**
 * A unit of work of one attempt of a run.
 *
 * @category models
 * @since 0.1.0
 */
export const Unit = Schema.Struct({
  /** The unit's name, such as `extract cdr`. */
  unit: Schema.String,
  /** The runner that started the unit last: `host:port`, or `in-process`. */
  runner: Schema.String,
  /** How often a runner started the unit: more than once if a runner was lost. */
  starts: Schema.Finite,
  /** The outcomes of a day's recordings; `null` for units that fetch no audio. */
  audio: Schema.NullOr(AudioJson),
  ...ended
})

/**
 * @category models
 * @since 0.1.0
 */
export type Unit = typeof Unit.Type

/**
 * A run, without its units.
 *
 * @category models
 * @since 0.1.0
 */
export const Run = Schema.Struct({
  run: Schema.String,
  account: Schema.String,
  /** Counts from 1. Each retry begins another attempt. */
  attempt: Schema.Finite,
  /** The run's `Spec`, as JSON. */
  spec: Schema.String,
  /** The run's `Result`, as JSON; `null` until there is one. A run has it before its audio is fetched. */
  result: Schema.NullOr(Schema.String),
  ...ended
})

/**
 * @category models
 * @since 0.1.0
 */
export type Run = typeof Run.Type

const Rows = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ run: Schema.String })))
const decodeRun = Schema.decodeUnknownEffect(Run)
const decodeUnit = Schema.decodeUnknownEffect(Unit)

/** Decodes rows one by one, so that the error names the run. */
const readRuns = Effect.fnUntraced(function* (rows: ReadonlyArray<unknown>) {
  const named = yield* Effect.mapError(Rows(rows), () => new JobLogError({ what: "a run without an id" }))
  return yield* Effect.forEach(named, ({ run }, n) =>
    Effect.mapError(decodeRun(rows[n]), () => new JobLogError({ what: `run ${run}` }))
  )
})

const readUnits = (run: string, rows: ReadonlyArray<unknown>) =>
  Effect.forEach(rows, (row) =>
    Effect.mapError(decodeUnit(row), () => new JobLogError({ what: `a unit of run ${run}` }))
  )

/**
 * The log of runs.
 *
 * @category services
 * @since 0.1.0
 */
export class JobLog extends Context.Service<
  JobLog,
  {
    /** Adds a run as its first attempt, or returns its row if the run was added before. */
    open(run: Pick<Run, "run" | "account" | "spec">): Effect.Effect<Run, SqlError.SqlError | JobLogError>
    /**
     * Begins the next attempt of a run that failed or was cancelled, and leaves others unchanged.
     *
     * Returns the run's row; `undefined` if there is no such run.
     */
    again(run: string): Effect.Effect<Run | undefined, SqlError.SqlError | JobLogError>
    /** Stores the result, as JSON, of a run that continues. */
    keep(run: string, attempt: number, result: string): Effect.Effect<void>
    /**
     * Stores how a run ended. Does nothing if the attempt is no longer `running`, such as after `cancel`.
     *
     * A success brings the result, as JSON. A failure leaves an earlier result in place.
     */
    close(run: string, attempt: number, exit: Exit.Exit<string, unknown>): Effect.Effect<void>
    /** Whether this attempt of a run is the current one, and running. */
    isLive(run: string, attempt: number): Effect.Effect<boolean, SqlError.SqlError | JobLogError>
    /** Cancels a run and its units, if they are running. */
    cancel(run: string): Effect.Effect<void, SqlError.SqlError>
    /** All runs, latest start first. */
    readonly runs: Effect.Effect<ReadonlyArray<Run>, SqlError.SqlError | JobLogError>
    /** The units of an attempt that were started, earliest start first. */
    units(run: string, attempt: number): Effect.Effect<ReadonlyArray<Unit>, SqlError.SqlError | JobLogError>
    /** Runs a unit, and stores its start and its end. `audioOf` extracts the counts of recordings. */
    track<A, E, R>(
      run: string,
      attempt: number,
      unit: string,
      work: Effect.Effect<A, E, R>,
      audioOf: (exit: Exit.Exit<A, E>) => typeof Audio.Summary.Type | null
    ): Effect.Effect<A, E, R>
  }
>()("@vobiz-effect/cluster/JobLog") {
  /** Keeps the log in the database of the `SqlClient`. `runner` is the name of this process in it. */
  static readonly layer = ({
    runner
  }: {
    readonly runner: string
  }): Layer.Layer<JobLog, SqlError.SqlError, SqlClient.SqlClient> => Layer.effect(JobLog, make(runner))
}

const tables = [
  `CREATE TABLE IF NOT EXISTS recon_run (
  run TEXT PRIMARY KEY, account TEXT NOT NULL, attempt INTEGER NOT NULL, spec TEXT NOT NULL, result TEXT,
  state TEXT NOT NULL, error_tag TEXT, error_message TEXT, started_at DOUBLE PRECISION NOT NULL, ended_at DOUBLE PRECISION)`,
  `CREATE TABLE IF NOT EXISTS recon_unit (
  run TEXT NOT NULL, attempt INTEGER NOT NULL, unit TEXT NOT NULL, runner TEXT NOT NULL, starts INTEGER NOT NULL, state TEXT NOT NULL, audio TEXT,
  error_tag TEXT, error_message TEXT, started_at DOUBLE PRECISION NOT NULL, ended_at DOUBLE PRECISION, PRIMARY KEY (run, attempt, unit))`
]

/** Retries for ten seconds: a database that restarts comes back. */
const patiently = Effect.retry(Schedule.max([Schedule.spaced("1 second"), Schedule.recurs(10)]))

/** Writes to the log. If that fails, it logs a warning: no run fails because of its log. */
const noted = (write: Effect.Effect<unknown, SqlError.SqlError>) =>
  write.pipe(
    patiently,
    Effect.asVoid,
    Effect.catch(() => Effect.logWarning("cannot write to the log of runs; the run itself continues"))
  )

const make = Effect.fnUntraced(function* (runner: string) {
  const sql = yield* SqlClient.SqlClient
  // When several runners create the same table at once, PostgreSQL refuses all but one of them.
  yield* Effect.forEach(tables, (table) => Effect.retry(sql.unsafe(table), { times: 5 }), { discard: true })

  const columns = sql.literal(
    `run, account, attempt, spec, result, state, error_tag AS "errorTag", error_message AS "errorMessage", started_at AS "startedAt", ended_at AS "endedAt"`
  )
  const get = (run: string) =>
    sql`SELECT ${columns} FROM recon_run WHERE run = ${run}`.pipe(
      Effect.flatMap(readRuns),
      Effect.map(([found]) => found)
    )

  return JobLog.of({
    open: Effect.fn("JobLog.open")(function* ({ account, run, spec }) {
      const now = yield* Clock.currentTimeMillis
      yield* sql`INSERT INTO recon_run (run, account, attempt, spec, state, started_at)
        VALUES (${run}, ${account}, 1, ${spec}, 'running', ${now}) ON CONFLICT (run) DO NOTHING`
      return (yield* get(run)) as Run
    }),
    again: Effect.fn("JobLog.again")(function* (run) {
      yield* sql`UPDATE recon_run SET attempt = attempt + 1, state = 'running', error_tag = NULL, error_message = NULL,
        ended_at = NULL WHERE run = ${run} AND state IN ('failed', 'cancelled')`
      return yield* get(run)
    }),
    keep: (run, attempt, result) =>
      noted(sql`UPDATE recon_run SET result = ${result} WHERE run = ${run} AND attempt = ${attempt}`),
    close: Effect.fn("JobLog.close")(function* (run, attempt, exit) {
      const now = yield* Clock.currentTimeMillis
      const { message, state, tag } = outcomeOf(exit)
      const result = Exit.isSuccess(exit) ? exit.value : null
      yield* noted(
        sql`UPDATE recon_run SET state = ${state}, result = COALESCE(${result}, result), error_tag = ${tag}, error_message = ${message}, ended_at = ${now}
          WHERE run = ${run} AND attempt = ${attempt} AND state = 'running'`
      )
    }),
    isLive: (run, attempt) => Effect.map(get(run), (found) => found?.state === "running" && found.attempt === attempt),
    cancel: Effect.fn("JobLog.cancel")(function* (run) {
      const now = yield* Clock.currentTimeMillis
      yield* sql.withTransaction(
        Effect.andThen(
          sql`UPDATE recon_run SET state = 'cancelled', ended_at = ${now} WHERE run = ${run} AND state = 'running'`,
          sql`UPDATE recon_unit SET state = 'cancelled', ended_at = ${now} WHERE run = ${run} AND state = 'running'`
        )
      )
    }),
    runs: Effect.flatMap(sql`SELECT ${columns} FROM recon_run ORDER BY started_at DESC, run`, readRuns),
    units: (run, attempt) =>
      Effect.flatMap(
        sql`SELECT unit, runner, starts, state, audio, error_tag AS "errorTag", error_message AS "errorMessage",
          started_at AS "startedAt", ended_at AS "endedAt" FROM recon_unit
          WHERE run = ${run} AND attempt = ${attempt} ORDER BY started_at, unit`,
        (rows) => readUnits(run, rows)
      ),
    track: (run, attempt, unit, work, audioOf) =>
      Effect.gen(function* () {
        const began = yield* Clock.currentTimeMillis
        yield* noted(
          sql`INSERT INTO recon_unit (run, attempt, unit, runner, starts, state, started_at)
            VALUES (${run}, ${attempt}, ${unit}, ${runner}, 1, 'running', ${began})
            ON CONFLICT (run, attempt, unit) DO UPDATE SET starts = recon_unit.starts + 1, runner = excluded.runner`
        )
        return yield* Effect.onExit(
          work,
          Effect.fnUntraced(function* (exit) {
            // The runner was stopped: another takes the unit, so it stays `running`.
            if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return
            const now = yield* Clock.currentTimeMillis
            const { message, state, tag } = outcomeOf(exit)
            const audio = audioOf(exit)
            const counts = audio === null ? null : JSON.stringify(audio)
            yield* noted(
              sql`UPDATE recon_unit SET state = ${state}, audio = ${counts}, error_tag = ${tag}, error_message = ${message}, ended_at = ${now}
                WHERE run = ${run} AND attempt = ${attempt} AND unit = ${unit} AND state <> 'done'`
            )
          })
        )
      })
  })
})

const outcomeOf = (
  exit: Exit.Exit<unknown, unknown>
): { readonly state: State; readonly tag: string | null; readonly message: string | null } => {
  if (Exit.isSuccess(exit)) return { state: "done", tag: null, message: null }
  const found = Cause.findError(exit.cause)
  const error: unknown = Result.isSuccess(found) ? found.success : Cause.squash(exit.cause)
  const tag = typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Defect"
  if (tag === "Cancelled") return { state: "cancelled", tag: null, message: null }
  const message = error instanceof Error ? error.message : String(error)
  return { state: "failed", tag, message: message.split("\n", 1)[0]?.slice(0, 500) ?? "" }
}
