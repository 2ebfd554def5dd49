/** `recon cluster` */
import {
  Accounts,
  Capacity,
  Clean,
  ClusterSecret,
  FindingsStore,
  JobRunner,
  Lake,
  LakeS3,
  type Spec,
  SqlRateLimiterStore
} from "@vobiz-effect/cluster"
import { Encryption } from "@vobiz-effect/archive"
import { VobizConfig } from "@vobiz-effect/core"
import { DurableFiles, SecretFile } from "@vobiz-effect/files"
import { Account, Policy } from "@vobiz-effect/reconcile"
import type * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { RateLimiter } from "effect/persistence"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { CommandInput } from "../../Settings.ts"
import * as ClusterView from "../../ClusterView.ts"
import * as ExitCode from "../../ExitCode.ts"
import { SettingError } from "../../Failure.ts"
import * as Bucket from "../bucket.ts"
import * as Database from "../database.ts"
import * as Policies from "../policies.ts"
import * as Session from "../session.ts"

/** The lake, the file of states and the accounts. */
interface ClusterInput {
  readonly lake: string | undefined
  readonly state: string | undefined
  readonly accounts: string | undefined
  readonly commandInput: CommandInput
}

/** The size of one runner. */
interface RunnerInput {
  readonly units: number | undefined
}

/** How many units are at work at once, unless `--units` says otherwise. */
const unitsByDefault = 2

/** The PostgreSQL of the cluster; without one, all is done in this process. It holds a password, and so is no flag. */
const database = Config.option(Config.Redacted("RECON_DATABASE"))

const required = (name: string, setting: string, flag: string | undefined, what: string) =>
  Effect.gen(function* () {
    const value = flag ?? (yield* Session.optional(name))
    return value ?? (yield* new SettingError({ setting, detail: `${what}. Name it by ${setting} or ${name}` }))
  })

const lakeOf = (flag: string | undefined) =>
  required("RECON_LAKE", "--lake", flag, "the folder or bucket has to be known that all runners read and write")

const isBucket = (lake: string) => lake.startsWith("s3://")

/** The folder, or the bucket as `s3://bucket/prefix`. */
const lakeAt = Effect.fnUntraced(function* (lake: string) {
  const audioKey = yield* Encryption.keyFromConfig
  if (!isBucket(lake)) return Lake.Lake.layer(lake, { audioKey })
  const client = yield* Bucket.client("RECON_LAKE_S3_ENDPOINT")
  const scratch = yield* Session.optional("RECON_LAKE_SCRATCH")
  return LakeS3.layer({ ...(yield* Bucket.parse("--lake", lake)), client, scratch, audioKey })
})

/** Without a cluster, the file in which the state of runs is: beside the lake, unless it is named. */
const stateOf = Effect.fnUntraced(function* (input: ClusterInput) {
  const named = input.state ?? (yield* Session.optional("RECON_STATE"))
  if (named !== undefined) return named
  const lake = yield* lakeOf(input.lake)
  if (!isBucket(lake)) return `${lake}/state.db`
  const detail = "a bucket cannot have the state of runs. Name a local file for it by --state or RECON_STATE"
  return yield* new SettingError({ setting: "--state", detail })
})

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

/** The settings, with the credentials of an account in place of theirs. */
const settingsOf = ({ authId, authToken }: Pick<VobizConfig.Options, "authId" | "authToken">) =>
  Config.unwrap({ ...VobizConfig.config, authId: Config.succeed(authId), authToken: Config.succeed(authToken) })

/** The accounts of the file that is named, each with the settings that it does not have itself, or the one of the settings. */
const accountsOf = Effect.fnUntraced(function* (flag: string | undefined) {
  const file = flag ?? (yield* Session.optional("RECON_ACCOUNTS"))
  if (file === undefined) {
    return [yield* Effect.provide(VobizConfig.VobizConfig, VobizConfig.VobizConfig.layerConfig())]
  }
  const refused = (detail: string) => () => new SettingError({ setting: "--accounts", detail })
  const text = yield* Effect.mapError(SecretFile.read(file), ({ message }) => refused(message)())
  // What is wrong is not shown: it could be a token.
  const accounts = yield* Effect.mapError(
    Schema.decodeEffect(AccountsFile)(Redacted.value(text)),
    refused(
      `${file} is no list of accounts, each with authId and authToken, and if need be baseUrl, rateLimit, pageSize and callingCode`
    )
  )
  const twice = accounts.find(({ authId }, nth) => accounts.findIndex((other) => other.authId === authId) < nth)
  if (twice !== undefined) {
    return yield* refused(`${file} has account ${twice.authId} more than once. Give each account one entry`)()
  }
  return yield* Effect.forEach(
    accounts,
    Effect.fnUntraced(function* (account, nth) {
      const layer = VobizConfig.VobizConfig.layer({ ...(yield* settingsOf(account)), ...account })
      return yield* Effect.provide(VobizConfig.VobizConfig, layer).pipe(
        Effect.catchDefect((wrong) =>
          wrong instanceof RangeError
            ? Effect.fail(refused(`${file}, account ${nth + 1}: ${wrong.message.replace(/^Vobiz: /, "")}`)())
            : Effect.die(wrong)
        )
      )
    })
  )
})

const worker = Effect.fnUntraced(function* <E>(
  input: ClusterInput & RunnerInput,
  store: Layer.Layer<RateLimiter.RateLimiterStore, E>
) {
  const { units = unitsByDefault } = input
  return Layer.mergeAll(
    yield* lakeAt(yield* lakeOf(input.lake)),
    Accounts.Accounts.layer(yield* accountsOf(input.accounts)).pipe(Layer.provide(store)),
    Capacity.Capacity.layer({ units, duckDb: yield* Database.options(units) })
  )
})

/** In this process. */
const inProcess = Effect.fnUntraced(function* (input: ClusterInput & RunnerInput) {
  const file = yield* stateOf(input)
  const path = yield* Path.Path
  const folder = path.dirname(file)
  yield* Effect.mapError(
    (yield* DurableFiles.make).folder(folder),
    () => new SettingError({ setting: "--lake", detail: `${folder} cannot be made` })
  )
  return JobRunner.JobRunner.layerInProcess({ file }).pipe(
    Layer.provide(yield* worker(input, RateLimiter.layerStoreMemory))
  )
})

const withSettings = ({ commandInput }: ClusterInput) => Effect.provide(Session.settings(commandInput))

// ---------------------------------------------------------------------------
// Runner
// ---------------------------------------------------------------------------

/** Works until it is interrupted. */
export const runner = (input: ClusterInput & RunnerInput & { readonly host: string; readonly port: number }) =>
  Effect.gen(function* () {
    const url = yield* required(
      "RECON_DATABASE",
      "RECON_DATABASE",
      undefined,
      "the PostgreSQL that the runners share has to be known, as postgres://user:password@host/database"
    )
    const secret = yield* ClusterSecret.fromConfig
    const database = Redacted.make(url)
    const store = SqlRateLimiterStore.layer.pipe(Layer.provide(JobRunner.database(database)))
    const { host, port } = input
    return yield* Layer.launch(
      JobRunner.JobRunner.layerRunner({ url: database, secret, host, port }).pipe(
        Layer.provide(yield* worker(input, store))
      )
    )
  }).pipe(withSettings(input))

// ---------------------------------------------------------------------------
// Submit
// ---------------------------------------------------------------------------

interface Submit extends ClusterInput, RunnerInput {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
  readonly withAudio: boolean
  readonly again: boolean
  readonly retry: string | undefined
  readonly json: boolean
}

const specsOf = Effect.fnUntraced(function* (input: Submit) {
  const policy = (yield* Policies.named) ?? Policy.short({})
  const { window } = yield* Session.span(input, policy)
  const accounts = yield* accountsOf(input.accounts)
  const { from, to } = window
  const shared = { from, to, archive: input.withAudio, ...(input.again ? { asOf: yield* DateTime.now } : {}) }
  return accounts.map(({ authId: account }): Spec.Spec =>
    Object.assign({ account, settings: Account.settings({ policy, account }) }, shared)
  )
})

/** Submits a run, and says so where it was done before: what is shown then is no new reading. */
const submitted = Effect.fnUntraced(function* (spec: Spec.Spec, zone: Zone.Zone) {
  const { status, submit } = yield* JobRunner.JobRunner
  const before = yield* status
  const run = yield* submit(spec)
  const earlier = before.find((some) => some.run === run)
  if (earlier?.state === "done") yield* Console.error(`recon: ${ClusterView.earlier(earlier, zone)}`)
  return run
})

/** Submits a run for each account, or one again that failed. Without a cluster, it is done here and now. */
export const submit = (input: Submit) =>
  Effect.gen(function* () {
    if (input.again && input.retry !== undefined) {
      const detail = "--retry resumes a run, and --again begins one. Give one of the two"
      return yield* new SettingError({ setting: "--again", detail })
    }
    const url = yield* database
    const begin = Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      if (input.retry === undefined) {
        const zone = yield* Session.zoneOf(input.zone)
        return yield* Effect.forEach(yield* specsOf(input), (spec) => submitted(spec, zone))
      }
      yield* jobs.retry(input.retry)
      return [input.retry]
    })
    const told = (runs: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const { status } = yield* JobRunner.JobRunner
        const all = yield* status
        yield* show(
          all.filter(({ run }) => runs.includes(run)),
          input
        )
      })
    if (Option.isSome(url)) {
      const secret = yield* ClusterSecret.fromConfig
      return yield* Effect.flatMap(begin, told).pipe(
        Effect.provide(JobRunner.JobRunner.layerClient({ url: url.value, secret }))
      )
    }
    return yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      const begun = yield* begin
      // What this process works on ends with it: what another left standing is finished, too.
      const standing = (yield* jobs.status).flatMap(({ run, state }) => (state === "running" ? [run] : []))
      const runs = Array.from(new Set([...begun, ...standing]))
      const ended = yield* Effect.forEach(runs, (run) => Effect.result(jobs.result(run)))
      yield* told(runs)
      const results = yield* Effect.forEach(ended, (result) => Effect.fromResult(result)).pipe(
        Effect.catchTag("DuckDbError", (error) =>
          Effect.flatMap(Database.options(input.units ?? unitsByDefault), (options) =>
            Effect.fail(Database.advised(error, options))
          )
        )
      )
      yield* Effect.forEach(results.flatMap(ClusterView.reasons), (reason) => Console.error(`recon: ${reason}`))
      return yield* ExitCode.end(ClusterView.worst(results))
    }).pipe(Effect.provide(yield* inProcess(input)))
  }).pipe(withSettings(input))

// ---------------------------------------------------------------------------
// Status, cancel
// ---------------------------------------------------------------------------

const show = Effect.fnUntraced(function* (
  status: ReadonlyArray<JobRunner.Status>,
  { json, zone }: { readonly json: boolean; readonly zone?: string | undefined }
) {
  yield* Console.log(
    json
      ? ClusterView.json(status)
      : ClusterView.text(status, { ...(yield* Session.terminal), zone: yield* Session.zoneOf(zone) })
  )
})

/** The runs that are noted, of the cluster or beside the lake, without doing any work. */
const noted = Effect.fnUntraced(function* (input: ClusterInput) {
  const url = yield* database
  return JobRunner.JobRunner.layerNoted(Option.isSome(url) ? { url: url.value } : { file: yield* stateOf(input) })
})

/** Where the cursor goes to draw a table over the one before. */
const home = "\u001b[H\u001b[2J"

/** Shows all runs; watching, again and again until none runs. */
export const status = (input: ClusterInput & { readonly watch: boolean; readonly json: boolean }) =>
  Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    const look = Effect.gen(function* () {
      const runs = yield* jobs.status
      if (input.watch && !input.json) yield* Console.log(home)
      yield* show(runs, input)
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
export const cancel = (input: ClusterInput & { readonly run: string }) =>
  Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    yield* jobs.cancel(input.run)
    const state = (yield* jobs.status).find(({ run }) => run === input.run)?.state
    yield* Console.log(
      state === "done" || state === "failed" ? `${input.run} had ended before: ${state}` : `cancelled ${input.run}`
    )
  }).pipe(Effect.provide(Layer.unwrap(noted(input))), withSettings(input))

// ---------------------------------------------------------------------------
// Store, clean
// ---------------------------------------------------------------------------

const lakeOnly = (input: ClusterInput) => Layer.unwrap(Effect.flatMap(lakeOf(input.lake), lakeAt))

const findingsDatabase = Effect.gen(function* () {
  const named = yield* Config.option(Config.Redacted("RECON_FINDINGS_DATABASE"))
  const cluster = yield* database
  const url = Option.orElse(named, () => cluster)
  if (Option.isSome(url)) return url.value
  const setting = "RECON_FINDINGS_DATABASE"
  const detail = "the PostgreSQL has to be known that the findings go to, as postgres://user:password@host/database"
  return yield* new SettingError({ setting, detail })
})

/** Puts the findings of a run, or of all that have some and are not there yet, into PostgreSQL. */
export const store = (input: ClusterInput & { readonly run: string | undefined }) =>
  Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    const load = Effect.fnUntraced(function* (run: string) {
      const { result, spec } = yield* jobs.done(run)
      const count = yield* Effect.scoped(FindingsStore.load(spec, result))
      yield* Console.log(`${run}: ${count} findings stored`)
    })
    if (input.run !== undefined) return yield* load(input.run)
    const stored = yield* FindingsStore.stored
    const runs = (yield* jobs.status).filter(({ result, run }) => result !== null && !stored.has(run))
    yield* Effect.forEach(runs, ({ run }) => load(run), { discard: true })
    if (runs.length === 0) yield* Console.log("There is no result that is not stored yet")
  }).pipe(
    Effect.provide([
      Layer.unwrap(Effect.map(findingsDatabase, JobRunner.database)),
      lakeOnly(input),
      Layer.unwrap(noted(input))
    ]),
    withSettings(input)
  )

/** Removes the rows that runs read which have ended. */
export const clean = (
  input: ClusterInput & {
    readonly run: string | undefined
    readonly olderThan: string | undefined
  }
) =>
  Effect.gen(function* () {
    const { status } = yield* JobRunner.JobRunner
    const runs = yield* toClean(yield* status, input)
    yield* Effect.forEach(
      runs,
      Effect.fnUntraced(function* (run) {
        yield* Console.log(`${run.run}: ${yield* Clean.run(run)} files removed`)
      }),
      { discard: true }
    )
    if (runs.length === 0) yield* Console.log("There is no run that ended so long ago")
  }).pipe(Effect.provide([lakeOnly(input), Layer.unwrap(noted(input))]), withSettings(input))

/** The run that is named, or those that ended long enough ago. */
const toClean = Effect.fnUntraced(function* (
  status: ReadonlyArray<JobRunner.Status>,
  { olderThan, run }: { readonly run: string | undefined; readonly olderThan: string | undefined }
) {
  if (run !== undefined && olderThan === undefined) {
    const found = status.filter((some) => some.run === run)
    return found.length > 0 ? found : yield* new JobRunner.UnknownRun({ run })
  }
  const setting = "--older-than"
  if (run !== undefined || olderThan === undefined) {
    return yield* new SettingError({ setting, detail: "name either one run, or by this how long ago runs have ended" })
  }
  const age = Duration.fromInput(olderThan as Duration.Input)
  if (Option.isNone(age) || Duration.toMillis(age.value) < 0) {
    return yield* new SettingError({ setting, detail: `"${olderThan}" is no length of time, such as '30 days'` })
  }
  const now = yield* Clock.currentTimeMillis
  return status.filter(({ endedAt }) => endedAt !== null && endedAt < now - Duration.toMillis(age.value))
})
