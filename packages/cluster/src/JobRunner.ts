/**
 * Submits reconciliations and reports their progress, on one machine or on many.
 *
 * @since 0.1.0
 */
import { Lock } from "@vobiz-effect/files"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as PgClient from "@effect/sql-pg/PgClient"
import { ClusterWorkflowEngine, RunnerAddress, type ShardingConfig, SingleRunner } from "effect/cluster"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import { PersistedQueue } from "effect/persistence"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { SocketServerError } from "effect/socket/SocketServer"
import type { SqlError } from "effect/sql"
import { WorkflowEngine } from "effect/workflow"

import type * as Accounts from "./Accounts.ts"
import type * as Capacity from "./Capacity.ts"
import type { ClusterSecret } from "./ClusterSecret.ts"
import * as Claims from "./internal/claims.ts"
import * as RunnerPort from "./internal/runnerPort.ts"
import * as SqliteClient from "./internal/sqliteClient.ts"
import * as Units from "./internal/units.ts"
import * as Jobs from "./internal/workflow.ts"
import * as JobLog from "./JobLog.ts"
import type * as Lake from "./Lake.ts"
import * as Result from "./Result.ts"
import * as Spec from "./Spec.ts"

/**
 * There is no such run.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownRun extends Schema.TaggedError<UnknownRun>()("UnknownRun", { run: Schema.String }) {
  override get message(): string {
    return `there is no run ${this.run}. The status lists all runs`
  }
}

/**
 * The run has no result yet, or ended without one.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoResult extends Schema.TaggedError<NoResult>()("NoResult", { run: Schema.String, state: JobLog.State }) {
  override get message(): string {
    const advice = this.state === "running" ? "Wait until it ends" : "Retry it"
    return `run ${this.run} is ${this.state} and has no result. ${advice}`
  }
}

/**
 * The file with the state of runs cannot be used.
 *
 * @category errors
 * @since 0.1.0
 */
export class StateError extends Schema.TaggedError<StateError>()("StateError", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `the state of runs in ${this.file}: ${this.detail}`
  }
}

/**
 * A run's spec, and its result.
 *
 * @category models
 * @since 0.1.0
 */
export interface Done {
  readonly spec: Spec.Spec
  readonly result: Result.Result
}

/**
 * A run, and the progress of its latest attempt.
 *
 * @category models
 * @since 0.1.0
 */
export interface Status extends JobLog.Run {
  /** The units of the latest attempt that were started. */
  readonly units: ReadonlyArray<JobLog.Unit>
  /** How many units the run has in all; `null` if its spec cannot be read. */
  readonly planned: number | null
}

/**
 * Runs jobs that outlive their process: the next process resumes what a lost one began.
 *
 * @category services
 * @since 0.1.0
 */
export class JobRunner extends Context.Service<
  JobRunner,
  {
    /**
     * Begins a run, and returns its id without waiting for the run.
     *
     * A run that was submitted before keeps its state. With `retry`, one that failed or was cancelled begins again; the units that
     * are done stay done.
     */
    submit(
      spec: Spec.Spec,
      options?: { readonly retry?: boolean | undefined }
    ): Effect.Effect<string, SqlError.SqlError | JobLog.JobLogError>
    /** Begins a failed or cancelled run again. Leaves others unchanged. */
    retry(run: string): Effect.Effect<void, SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** Waits until a run ends. Fails with `Cancelled` if the run is cancelled. */
    result(
      run: string
    ): Effect.Effect<Result.Result, Units.UnitError | SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** The result of a run, without waiting. A run has its result before its audio is fetched. */
    done(run: string): Effect.Effect<Done, NoResult | SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /**
     * Cancels a run. Its units stop unfinished, within about a second.
     *
     * Whoever waits for its result gets `Cancelled`.
     */
    cancel(run: string): Effect.Effect<void, SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** All runs, latest start first. */
    readonly status: Effect.Effect<ReadonlyArray<Status>, SqlError.SqlError | JobLog.JobLogError>
  }
>()("@vobiz-effect/cluster/JobRunner") {
  /** Uses the workflow engine that is provided. */
  static readonly layer: Layer.Layer<JobRunner, never, WorkflowEngine.WorkflowEngine | JobLog.JobLog> = Layer.effect(
    JobRunner,
    Effect.suspend(() => make)
  )

  /**
   * Runs jobs in this process, and keeps their state in a SQLite file.
   *
   * If the process is killed, the next process with the same file resumes its runs. Only one process at a time may use the file.
   */
  static readonly layerInProcess = ({
    file,
    lease = "10 seconds",
    sharding
  }: {
    /** The SQLite file, created if it is missing. `<file>.lock` keeps other processes away. */
    readonly file: string
    /**
     * After a process was killed, how long its unfinished units wait until the next process takes them.
     *
     * @default "10 seconds"
     */
    readonly lease?: Duration.Input | undefined
    readonly sharding?: Sharding | undefined
  }): Layer.Layer<JobRunner, StateError | SqlError.SqlError | Config.ConfigError, Worker> =>
    JobRunner.layer.pipe(
      Layer.merge([programs, Claims.layer(lease, sharding)]),
      Layer.provide(ClusterWorkflowEngine.layer),
      Layer.provide(queues(lease)),
      Layer.provide(
        SingleRunner.layer({
          runnerStorage: "memory",
          shardingConfig: { entityMessagePollInterval: "500 millis", ...sharding }
        })
      ),
      Layer.provideMerge(JobLog.JobLog.layer({ runner: "in-process" })),
      Layer.provide([opened(file), NodeCrypto.layerDigest]),
      Layer.provide(alone(file))
    )

  /**
   * Runs jobs as a runner of a cluster, whose state is in PostgreSQL.
   *
   * Runners find each other through the database. When a runner is lost, the others take its units.
   */
  static readonly layerRunner = ({
    host,
    lease = "1 minute",
    port,
    secret,
    sharding,
    url
  }: Database & {
    /** The runner accepts work only from peers with the same secret. */
    readonly secret: ClusterSecret
    /** The address at which other runners reach this one, and at which it listens. */
    readonly host: string
    readonly port: number
    /**
     * How long a runner may be out of contact before others take its units.
     *
     * @default "1 minute"
     */
    readonly lease?: Duration.Input | undefined
  }): Layer.Layer<JobRunner, SqlError.SqlError | Config.ConfigError | SocketServerError, Worker> =>
    JobRunner.layer.pipe(
      Layer.merge([programs, Claims.layer(lease, sharding)]),
      Layer.provide(ClusterWorkflowEngine.layer),
      Layer.provide(queues(lease)),
      Layer.provide(
        RunnerPort.layerRunner(secret, {
          ...leases,
          ...sharding,
          runnerAddress: Option.some(RunnerAddress.make(host, port))
        })
      ),
      Layer.provideMerge(JobLog.JobLog.layer({ runner: `${host}:${port}` })),
      Layer.provide(database(url))
    )

  /**
   * Shows and cancels the runs of a `layerInProcess` file or of a cluster, and runs nothing.
   *
   * It needs no runner, because runners check the log for cancelled runs. `submit`, `retry` and `result` need one of the other layers.
   */
  static readonly layerNoted = (
    place: { readonly file: string } | Pick<Database, "url">
  ): Layer.Layer<JobRunner, StateError | SqlError.SqlError | Config.ConfigError> => {
    const runs = JobRunner.layer.pipe(
      Layer.provide(WorkflowEngine.layerMemory),
      Layer.provide(JobLog.JobLog.layer({ runner: "none" }))
    )
    return "file" in place ? Layer.provide(runs, opened(place.file)) : Layer.provide(runs, database(place.url))
  }

  /** Submits to the runners of a cluster, which must have the same `secret`, and runs nothing itself. */
  static readonly layerClient = ({
    secret,
    sharding,
    url
  }: Database & { readonly secret: ClusterSecret }): Layer.Layer<
    JobRunner | JobLog.JobLog,
    SqlError.SqlError | Config.ConfigError
  > =>
    JobRunner.layer.pipe(
      Layer.provide(ClusterWorkflowEngine.layer),
      Layer.provide(RunnerPort.layerClient(secret, { ...leases, ...sharding })),
      Layer.provideMerge(JobLog.JobLog.layer({ runner: "client" })),
      Layer.provide(database(url))
    )
}

const programs = Layer.merge(Jobs.layer, Units.worker)

const unusable =
  (file: string) =>
  ({ message }: { readonly message: string }) =>
    new StateError({ file, detail: `cannot open the file (${message})` })

const opened = (file: string) => SqliteClient.layer(file, unusable(file))

/** Locks a file's runs against other processes. */
const alone = (file: string) =>
  Layer.effectDiscard(
    Lock.hold(`${file}.lock`).pipe(
      Effect.mapError((error) =>
        error._tag === "LockHeld"
          ? new StateError({
              file,
              detail: `process ${error.process} on ${error.host} is using it. Wait until that process ends`
            })
          : unusable(file)(error)
      )
    )
  )

/**
 * The queue of units. A runner holds each unit on a lease, and renews it three times per lease.
 *
 * Finished units are removed after 30 days, the default of `layerCleanup`.
 */
const queues = (lease: Duration.Input) =>
  Layer.merge(PersistedQueue.layer, PersistedQueue.layerCleanup()).pipe(
    Layer.provide(
      PersistedQueue.layerStoreSql({
        tableName: "recon_queue",
        pollInterval: "500 millis",
        lockExpiration: lease,
        lockRefreshInterval: Duration.divideUnsafe(Duration.fromInputUnsafe(lease), 3)
      })
    )
  )

/**
 * Leases shards by rows of a table instead of advisory locks.
 *
 * A restart of PostgreSQL ends its sessions and so their advisory locks. A runner that lost its locks in this way was seen to hold
 * a shard's work permanently.
 */
const leases: Sharding = { shardLockDisableAdvisory: true }

/**
 * The services that units of work need from their runner.
 *
 * @category models
 * @since 0.1.0
 */
export type Worker = Capacity.Capacity | Lake.Lake | Accounts.Accounts | FileSystem.FileSystem | Path.Path

/**
 * Settings of Effect's cluster. All runners and clients must have the same number of shards.
 *
 * @category models
 * @since 0.1.0
 */
export type Sharding = Partial<ShardingConfig.ShardingConfig["Service"]>

/**
 * The database with the state of a cluster.
 *
 * @category models
 * @since 0.1.0
 */
export interface Database {
  /** Such as `postgres://user:password@host/database`. */
  readonly url: Redacted.Redacted<string>
  readonly sharding?: Sharding | undefined
}

/**
 * The PostgreSQL of a cluster.
 *
 * @category layers
 * @since 0.1.0
 */
export const database = (url: Redacted.Redacted<string>) => PgClient.layer({ url })

/** A spec as the log stores it. */
const SpecJson = Schema.fromJsonString(
  Schema.toCodecJson(Schema.Struct({ ...Spec.Spec.fields, version: Schema.Literal(2) }))
)

const make = Effect.gen(function* () {
  const engine = yield* WorkflowEngine.WorkflowEngine
  const log = yield* JobLog.JobLog
  const withEngine = Effect.provideService(WorkflowEngine.WorkflowEngine, engine)

  const specOf = Effect.fnUntraced(function* ({ run, spec: text }: JobLog.Run) {
    const { version: _, ...spec } = yield* Effect.mapError(
      Schema.decodeEffect(SpecJson)(text),
      () => new JobLog.JobLogError({ what: `the spec of run ${run}` })
    )
    return spec satisfies Spec.Spec
  })
  const find = Effect.fnUntraced(function* (run: string) {
    const found = (yield* log.runs).find((some) => some.run === run)
    return found ?? (yield* new UnknownRun({ run }))
  })
  const begin = Effect.fnUntraced(function* (noted: JobLog.Run) {
    const spec = yield* specOf(noted)
    yield* Effect.asVoid(withEngine(Jobs.reconcile.execute({ spec, attempt: noted.attempt }, { discard: true })))
  })
  const again = Effect.fnUntraced(function* (run: string) {
    const next = yield* log.again(run)
    // A run that is done stays done.
    if (next?.state === "running") yield* begin(next)
  })

  return JobRunner.of({
    submit: Effect.fn("JobRunner.submit")(function* (spec, options) {
      const run = Spec.runOf(spec)
      const text = yield* Effect.orDie(Schema.encodeEffect(SpecJson)({ ...spec, version: 2 }))
      const noted = yield* log.open({ run, account: spec.account, spec: text })
      yield* noted.state === "running" ? begin(noted) : options?.retry === true ? again(run) : Effect.void
      return run
    }),
    retry: Effect.fn("JobRunner.retry")(function* (run) {
      yield* find(run)
      yield* again(run)
    }),
    result: Effect.fn("JobRunner.result")(function* (run) {
      const noted = yield* find(run)
      return yield* withEngine(Jobs.reconcile.execute({ spec: yield* specOf(noted), attempt: noted.attempt }))
    }),
    done: Effect.fn("JobRunner.done")(function* (run) {
      const noted = yield* find(run)
      if (noted.result === null) return yield* new NoResult({ run, state: noted.state })
      const result = yield* Effect.mapError(
        Schema.decodeEffect(Result.Json)(noted.result),
        () => new JobLog.JobLogError({ what: `the result of run ${run}` })
      )
      return { spec: yield* specOf(noted), result }
    }),
    cancel: Effect.fn("JobRunner.cancel")(function* (run) {
      yield* find(run)
      yield* log.cancel(run)
    }),
    status: Effect.flatMap(log.runs, (runs) =>
      Effect.forEach(
        runs,
        Effect.fnUntraced(function* (run) {
          const spec = yield* Effect.option(specOf(run))
          const planned = Option.getOrNull(Option.map(spec, Units.countOf))
          return { ...run, planned, units: yield* log.units(run.run, run.attempt) }
        })
      )
    )
  })
})
