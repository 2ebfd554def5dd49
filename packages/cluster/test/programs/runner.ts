/** A runner in a process of its own. What it is to do stands in its environment. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as RunnerAddress from "effect/cluster/RunnerAddress"

import * as Accounts from "../../src/Accounts.ts"
import * as Capacity from "../../src/Capacity.ts"
import * as ClusterSecret from "../../src/ClusterSecret.ts"
import * as JobRunner from "../../src/JobRunner.ts"
import * as Lake from "../../src/Lake.ts"
import * as SqlRateLimiterStore from "../../src/SqlRateLimiterStore.ts"

const Setup = Schema.fromJsonString(
  Schema.Struct({
    port: Schema.Int,
    listens: Schema.Int,
    secret: Schema.String,
    database: Schema.String,
    lake: Schema.String,
    rateLimit: Schema.Int,
    pageSize: Schema.Int,
    slowMillis: Schema.Int,
    units: Schema.Int,
    accounts: Schema.Array(Schema.Struct({ authId: Schema.String, authToken: Schema.String, baseUrl: Schema.String }))
  })
)

/** Settings under which a test need not wait long for a runner's loss to be seen. */
export const sharding: JobRunner.Sharding = {
  shardsPerGroup: 30,
  shardLockExpiration: "4 seconds",
  shardLockRefreshInterval: "1 second",
  runnerHealthCheckInterval: "1 second",
  refreshAssignmentsInterval: "1 second",
  entityMessagePollInterval: "500 millis",
  entityReplyPollInterval: "200 millis"
}

/** Storage that takes its time. */
const slow = (millis: number) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      rename: (from: string, to: string) => Effect.delay(fs.rename(from, to), `${millis} millis`),
      writeFile: (...args: Parameters<typeof fs.writeFile>) => Effect.delay(fs.writeFile(...args), `${millis} millis`)
    }))
  )

const host = "127.0.0.1"

/** The runner of a setup. It serves until its scope closes. */
export const run = Effect.fnUntraced(function* (setup: typeof Setup.Type) {
  const url = Redacted.make(setup.database)
  const secret = yield* ClusterSecret.fromText(Redacted.make(setup.secret), "the setup")
  const accounts = Accounts.Accounts.layer(
    setup.accounts.map(({ authId, authToken, baseUrl }) => ({
      authId,
      authToken: Redacted.make(authToken),
      baseUrl: new URL(baseUrl),
      rateLimit: setup.rateLimit,
      pageSize: setup.pageSize
    }))
  ).pipe(Layer.provide(SqlRateLimiterStore.layer), Layer.provide(JobRunner.database(url)))
  const worker = Layer.mergeAll(
    Lake.Lake.layer(setup.lake),
    accounts,
    Capacity.Capacity.layer({ units: setup.units, duckDb: { threads: 1 }, rowsPerFile: 40 })
  ).pipe(Layer.provideMerge(slow(setup.slowMillis)))
  yield* Layer.build(
    JobRunner.JobRunner.layerRunner({
      url,
      secret,
      host,
      port: setup.port,
      sharding: { ...sharding, runnerListenAddress: Option.some(RunnerAddress.make(host, setup.listens)) },
      lease: "6 seconds"
    }).pipe(Layer.provide(worker))
  )
}, Effect.provide(NodeServices.layer))

const program = Effect.gen(function* () {
  yield* run(yield* Schema.decodeUnknownEffect(Setup)(process.env["SETUP"]))
  return yield* Effect.never
}).pipe(Effect.scoped)

if (process.env["SETUP"] !== undefined) NodeRuntime.runMain(program)
