/**
 * Submits reconciliations, and tells what becomes of them: on one machine, or on many.
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
    return `there is no run ${this.run}. See the status for those there are`
  }
}

/**
 * A run that has not come to a result.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoResult extends Schema.TaggedError<NoResult>()("NoResult", { run: Schema.String, state: JobLog.State }) {
  override get message(): string {
    const advice = this.state === "running" ? "Wait for its end" : "Submit it again"
    return `run ${this.run} is ${this.state}, and has no result. ${advice}`
  }
}

/**
 * The file in which the state of runs is cannot be used.
 *
 * @category errors
 * @since 0.1.0
 */
export class StateError extends Schema.TaggedError<StateError>()("StateError", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `the state of runs, ${this.file}: ${this.detail}`
  }
}

/**
 * What a run was to do and came to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Done {
  readonly spec: Spec.Spec
  readonly result: Result.Result
}

/**
 * A run and the units of its latest attempt that were begun. `planned` is how many it has in all; `null` where its spec cannot be read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Status extends JobLog.Run {
  readonly units: ReadonlyArray<JobLog.Unit>
  readonly planned: number | null
}

/**
 * Runs jobs that outlive the process: what was begun is resumed by whichever process runs next.
 *
 * @category services
 * @since 0.1.0
 */
export class JobRunner extends Context.Service<
  JobRunner,
  {
    /**
     * Begins a run, and tells its id without waiting for it. One that was submitted before is not begun again, unless it failed
     * or was cancelled and `retry` is said: then what was done stays done.
     */
    submit(
      spec: Spec.Spec,
      options?: { readonly retry?: boolean | undefined }
    ): Effect.Effect<string, SqlError.SqlError | JobLog.JobLogError>
    /** Begins a run again that failed or was cancelled. */
    retry(run: string): Effect.Effect<void, SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** Waits for a run's end; the failure of one that is cancelled is `Cancelled`. */
    result(
      run: string
    ): Effect.Effect<Result.Result, Units.UnitError | SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** What a run came to; nothing is waited for. It has a result before its audio is fetched. */
    done(run: string): Effect.Effect<Done, NoResult | SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** Stops a run: its units end within moments, unfinished, and whoever waits for its result is told. */
    cancel(run: string): Effect.Effect<void, SqlError.SqlError | JobLog.JobLogError | UnknownRun>
    /** All runs, the latest first. */
    readonly status: Effect.Effect<ReadonlyArray<Status>, SqlError.SqlError | JobLog.JobLogError>
  }
>()("@vobiz-effect/cluster/JobRunner") {
  /** Over any workflow engine. */
  static readonly layer: Layer.Layer<JobRunner, never, WorkflowEngine.WorkflowEngine | JobLog.JobLog> = Layer.effect(
    JobRunner,
    Effect.suspend(() => make)
  )

  /**
   * In this process, with its state in a SQLite file: after a `kill -9`, the next process with the same file resumes what
   * was begun; with what was under way, when `lease`, by default 10 seconds, has passed. Only one process may have the file.
   */
  static readonly layerInProcess = ({
    file,
    lease = "10 seconds",
    sharding
  }: {
    readonly file: string
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
   * A runner of a cluster, that others reach at `host` and `port`, with the state of all in PostgreSQL. Runners find each other
   * there; what a runner was doing that is lost, or has not been heard of for `lease`, by default a minute, is done by the others.
   * Its port takes work of those alone who have the same `secret`.
   */
  static readonly layerRunner = ({
    host,
    lease = "1 minute",
    port,
    secret,
    sharding,
    url
  }: Database & {
    readonly secret: ClusterSecret
    readonly host: string
    readonly port: number
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
   * The runs of a file of `layerInProcess`, or of a cluster, to show and to cancel: runners look for themselves whether a run is still
   * wanted, and none is asked. What is submitted waits for a process that works on the file; to a cluster, `layerClient` submits.
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

  /** Submits to the runners of a cluster, whose `secret` it has, and runs nothing itself. */
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
    new StateError({ file, detail: `it cannot be opened (${message})` })

const opened = (file: string) => SqliteClient.layer(file, unusable(file))

/** No other process of this machine works on the runs of a file meanwhile. */
const alone = (file: string) =>
  Layer.effectDiscard(
    Lock.hold(`${file}.lock`).pipe(
      Effect.mapError((error) =>
        error._tag === "LockHeld"
          ? new StateError({
              file,
              detail: `process ${error.process} on ${error.host} works on its runs. Wait until that has ended`
            })
          : unusable(file)(error)
      )
    )
  )

/** Each unit is on a lease, which is renewed three times in its course. One that is done is forgotten after a month. */
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
 * Shards are leased by rows of a table. Advisory locks would be lost with the sessions of a PostgreSQL that is restarted, and a
 * runner that loses them so was seen to hold a shard's work for good.
 */
const leases: Sharding = { shardLockDisableAdvisory: true }

/**
 * What units of work need of their runner.
 *
 * @category models
 * @since 0.1.0
 */
export type Worker = Capacity.Capacity | Lake.Lake | Accounts.Accounts | FileSystem.FileSystem | Path.Path

/**
 * Settings of the engine; the number of shards has to be the same for all runners and clients.
 *
 * @category models
 * @since 0.1.0
 */
export type Sharding = Partial<ShardingConfig.ShardingConfig["Service"]>

/**
 * Where the state of a cluster is: `url` such as `postgres://user:password@host/database`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Database {
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

/** A spec as it is kept. */
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
    // What is done stays so.
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
