/** `recon cluster` */
import { Accounts, Capacity, JobRunner, Lake, type Spec, SqlRateLimiterStore } from "@vobiz-effect/cluster"
import { VobizConfig } from "@vobiz-effect/core"
import { Policy, Reconciliation } from "@vobiz-effect/reconcile"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { RateLimiter } from "effect/persistence"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Connection } from "../Cli.ts"
import * as ClusterView from "../ClusterView.ts"
import { SettingError } from "../Failure.ts"
import * as Session from "./session.ts"

/** Where the work is kept and who is reconciled. */
interface Place {
  readonly lake: string | undefined
  readonly accounts: string | undefined
  readonly connection: Connection
}

/** What one runner has. */
interface Room {
  readonly units: number | undefined
  readonly memory: string | undefined
}

/** The PostgreSQL of the cluster; without one, all is done in this process. It holds a password, and so is no flag. */
const database = Config.option(Config.Redacted("RECON_DATABASE"))

const required = (name: string, setting: string, flag: string | undefined, what: string) =>
  Effect.gen(function* () {
    const value = flag ?? (yield* Session.optional(name))
    return value ?? (yield* new SettingError({ setting, detail: `${what}. Name it by ${setting} or ${name}` }))
  })

const lakeOf = (flag: string | undefined) =>
  required("RECON_LAKE", "--lake", flag, "the shared folder has to be known that all runners read and write")

const AccountsFile = Schema.fromJsonString(
  Schema.NonEmptyArray(
    Schema.Struct({
      authId: Schema.NonEmptyString,
      authToken: Schema.RedactedFromValue(Schema.NonEmptyString),
      baseUrl: Schema.optionalKey(Schema.URLFromString),
      rateLimit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
      pageSize: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
      callingCode: Schema.optionalKey(Schema.NonEmptyString)
    })
  )
)

/** The accounts of the file that is named, or the one of the settings. */
const accountsOf = Effect.fnUntraced(function* (flag: string | undefined) {
  const file = flag ?? (yield* Session.optional("RECON_ACCOUNTS"))
  if (file === undefined) {
    return [yield* Effect.provide(VobizConfig.VobizConfig, VobizConfig.VobizConfig.layerConfig)]
  }
  const fs = yield* FileSystem.FileSystem
  const refused = (detail: string) => () => new SettingError({ setting: "--accounts", detail })
  const text = yield* Effect.mapError(fs.readFileString(file), refused(`${file} cannot be read`))
  // What is wrong is not shown: it could be a token.
  return yield* Effect.mapError(
    Schema.decodeEffect(AccountsFile)(text),
    refused(
      `${file} is no list of accounts, each with authId and authToken, and if need be baseUrl, rateLimit, pageSize and callingCode`
    )
  )
})

const duckDb = ({ memory }: Room) => (memory === undefined ? {} : { memoryLimit: memory })

const worker = Effect.fnUntraced(function* <E>(
  input: Place & Room,
  store: Layer.Layer<RateLimiter.RateLimiterStore, E>
) {
  return Layer.mergeAll(
    Lake.Lake.layer(yield* lakeOf(input.lake)),
    Accounts.Accounts.layer(yield* accountsOf(input.accounts)).pipe(Layer.provide(store)),
    Capacity.Capacity.layer({ units: input.units, duckDb: duckDb(input) })
  )
})

/** In this process, with its state beside the lake. */
const inProcess = Effect.fnUntraced(function* (input: Place & Room) {
  const folder = yield* lakeOf(input.lake)
  const fs = yield* FileSystem.FileSystem
  yield* Effect.mapError(
    fs.makeDirectory(folder, { recursive: true, mode: 0o700 }),
    () => new SettingError({ setting: "--lake", detail: `${folder} cannot be made` })
  )
  return JobRunner.JobRunner.layerInProcess({ file: `${folder}/state.db` }).pipe(
    Layer.provide(yield* worker(input, RateLimiter.layerStoreMemory))
  )
})

const withSettings = ({ connection }: Place) => Effect.provide(Session.settings(connection))

// ---------------------------------------------------------------------------
// Runner
// ---------------------------------------------------------------------------

/** Works until it is interrupted. */
export const runner = (input: Place & Room & { readonly host: string; readonly port: number }) =>
  Effect.gen(function* () {
    const url = yield* required(
      "RECON_DATABASE",
      "RECON_DATABASE",
      undefined,
      "the PostgreSQL that the runners share has to be known, as postgres://user:password@host/database"
    )
    const secret = Redacted.make(url)
    const store = SqlRateLimiterStore.layer.pipe(Layer.provide(JobRunner.database(secret)))
    const { host, port } = input
    return yield* Layer.launch(
      JobRunner.JobRunner.layerRunner({ url: secret, host, port }).pipe(Layer.provide(yield* worker(input, store)))
    )
  }).pipe(withSettings(input))

// ---------------------------------------------------------------------------
// Submit
// ---------------------------------------------------------------------------

interface Submit extends Place, Room {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
  readonly policy: string | undefined
  readonly rowsPerBucket: number
  readonly retry: string | undefined
  readonly json: boolean
}

const policyOf = Effect.fnUntraced(function* (file: string | undefined) {
  if (file === undefined) return Policy.short({})
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    () => new SettingError({ setting: "--policy", detail: `${file} cannot be read` })
  )
  return yield* Policy.parse(text, file)
})

const specsOf = Effect.fnUntraced(function* (input: Submit) {
  const { window } = yield* Session.span(input)
  const policy = yield* policyOf(input.policy)
  const asOf = yield* DateTime.now
  const accounts = yield* accountsOf(input.accounts)
  return accounts.map(({ authId: account }): Spec.Spec => {
    const { longestCall, ...settings } = Reconciliation.settings({ policy, account })
    return {
      account,
      from: window.from,
      to: window.to,
      asOf,
      settings: { ...settings, longestCall, lookBack: longestCall },
      rowsPerBucket: input.rowsPerBucket
    }
  })
})

/** Submits a run for each account, or one again that failed. Without a cluster, it is done here and now. */
export const submit = (input: Submit) =>
  Effect.gen(function* () {
    const url = yield* database
    const begin = Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      if (input.retry === undefined) return yield* Effect.forEach(yield* specsOf(input), (spec) => jobs.submit(spec))
      yield* jobs.retry(input.retry)
      return [input.retry]
    })
    const told = (runs: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const { status } = yield* JobRunner.JobRunner
        const all = yield* status
        yield* show(
          all.filter(({ run }) => runs.includes(run)),
          input.json
        )
      })
    if (Option.isSome(url)) {
      return yield* Effect.flatMap(begin, told).pipe(
        Effect.provide(JobRunner.JobRunner.layerClient({ url: url.value }))
      )
    }
    return yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      const runs = yield* begin
      const ended = yield* Effect.forEach(runs, (run) => Effect.result(jobs.result(run)))
      yield* told(runs)
      for (const result of ended) yield* Effect.fromResult(result)
    }).pipe(Effect.provide(yield* inProcess(input)))
  }).pipe(withSettings(input))

// ---------------------------------------------------------------------------
// Status, cancel
// ---------------------------------------------------------------------------

const show = Effect.fnUntraced(function* (status: ReadonlyArray<JobRunner.Status>, json: boolean) {
  yield* Console.log(json ? ClusterView.json(status) : ClusterView.text(status, yield* Session.terminal))
})

/** The runs that are noted, of the cluster or beside the lake, without doing any work. */
const noted = Effect.fnUntraced(function* (input: Place) {
  const url = yield* database
  return Option.isSome(url)
    ? JobRunner.JobRunner.layerClient({ url: url.value })
    : JobRunner.JobRunner.layerNoted({ file: `${yield* lakeOf(input.lake)}/state.db` })
})

/** Where the cursor goes to draw a table over the one before. */
const home = "\u001b[H\u001b[2J"

/** Tells of all runs; watching, again and again until none runs. */
export const status = (input: Place & { readonly watch: boolean; readonly json: boolean }) =>
  Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    const look = Effect.gen(function* () {
      const runs = yield* jobs.status
      if (input.watch && !input.json) yield* Console.log(home)
      yield* show(runs, input.json)
      return runs.some(({ state }) => state === "running")
    })
    if (!input.watch) return yield* Effect.asVoid(look)
    return yield* Effect.asVoid(
      Effect.repeat(
        Effect.tap(look, (isRunning) => (isRunning ? Effect.sleep(Duration.seconds(2)) : Effect.void)),
        { while: (isRunning) => isRunning }
      )
    )
  }).pipe(Effect.provide(Layer.unwrap(noted(input))), withSettings(input))

/** Stops a run. */
export const cancel = (input: Place & { readonly run: string }) =>
  Effect.gen(function* () {
    yield* (yield* JobRunner.JobRunner).cancel(input.run)
    yield* Console.log(`cancelled ${input.run}`)
  }).pipe(Effect.provide(Layer.unwrap(noted(input))), withSettings(input))
