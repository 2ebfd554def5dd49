/** A run in a process of its own, which ends itself as `kill -9` would, where it is told to. What it is to do stands in its environment. */
import { DatabaseSync } from "node:sqlite"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as RateLimiter from "effect/persistence/RateLimiter"

import * as Accounts from "../../src/Accounts.ts"
import * as Capacity from "../../src/Capacity.ts"
import * as JobRunner from "../../src/JobRunner.ts"
import * as Lake from "../../src/Lake.ts"
import * as Result from "../../src/Result.ts"
import * as Spec from "../../src/Spec.ts"

/**
 * - `file`, `lake`: where its state and its results are.
 * - `diesAt`: at which step it is killed; `null` for never. A step is a request, a statement that writes to the database, or either
 *   side of a rename: between two steps nothing comes into being that outlives a process.
 */
export const Setup = Schema.fromJsonString(
  Schema.toCodecJson(
    Schema.Struct({
      file: Schema.String,
      lake: Schema.String,
      spec: Spec.Spec,
      authToken: Schema.String,
      baseUrl: Schema.String,
      pageSize: Schema.Int,
      rateLimit: Schema.Int,
      diesAt: Schema.NullOr(Schema.Int)
    })
  )
)

/** What it writes to its standard output when the run has ended: how many steps it took, and the result. */
export const Ended = Schema.fromJsonString(
  Schema.toCodecJson(Schema.Struct({ steps: Schema.Int, result: Result.Result }))
)

let steps = 0
let diesAt: number | null = null
const step = () => {
  steps += 1
  if (steps === diesAt) process.kill(process.pid, "SIGKILL")
}

const prepare = DatabaseSync.prototype.prepare
DatabaseSync.prototype.prepare = function (sql, ...rest) {
  if (!/^\s*(?:SELECT|PRAGMA)/i.test(sql)) step()
  return prepare.call(this, sql, ...rest)
}

const { fetch } = globalThis
globalThis.fetch = (...args) => {
  step()
  return fetch(...args)
}

const stepping = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({
    ...fs,
    rename: (from: string, to: string) =>
      Effect.andThen(Effect.sync(step), fs.rename(from, to)).pipe(Effect.tap(() => Effect.sync(step)))
  }))
)

/** Does the run of a setup in this process. */
export const run = Effect.fnUntraced(function* (setup: typeof Setup.Type) {
  diesAt = setup.diesAt
  steps = 0
  const worker = Layer.mergeAll(
    Lake.Lake.layer(setup.lake),
    Accounts.Accounts.layer([
      {
        authId: setup.spec.account,
        authToken: Redacted.make(setup.authToken),
        baseUrl: new URL(setup.baseUrl),
        pageSize: setup.pageSize,
        rateLimit: setup.rateLimit
      }
    ]).pipe(Layer.provide(RateLimiter.layerStoreMemory)),
    Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 40 })
  ).pipe(Layer.provideMerge(stepping))
  const result = yield* Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    return yield* jobs.result(yield* jobs.submit(setup.spec))
  }).pipe(
    Effect.provide(
      JobRunner.JobRunner.layerInProcess({ file: setup.file, lease: "1 second" }).pipe(Layer.provide(worker))
    )
  )
  return { steps, result }
}, Effect.provide(NodeServices.layer))

const program = Effect.gen(function* () {
  const ended = yield* run(yield* Schema.decodeUnknownEffect(Setup)(process.env["SETUP"]))
  const text = yield* Schema.encodeEffect(Ended)(ended)
  yield* Effect.sync(() => process.stdout.write(text))
  // Only what has ended stands on standard output: a slow machine warns of a lease that was lost.
}).pipe(Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])))

if (process.env["SETUP"] !== undefined) NodeRuntime.runMain(program)
