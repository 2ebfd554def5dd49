/** How a run is watched and reported. */
import { Account, type Coverage, Verdict } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Cause from "effect/Cause"
import { GlobalFlag } from "effect/cli"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as References from "effect/References"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ArchiveRun from "../ArchiveRun.ts"
import { CannotTell, FindingsFound, SettingError } from "../Failure.ts"
import * as Job from "../Job.ts"
import { version } from "../Main.ts"
import * as Notify from "../Notify.ts"
import * as Output from "../Output.ts"
import type * as Reconcile from "../Reconcile.ts"
import * as Telemetry from "../Telemetry.ts"
import { optional } from "./session.ts"

/** The commands that run as jobs. */
export type Command = "archive" | "reconcile"

export interface Watch {
  readonly logFormat: Telemetry.LogFormat
  readonly otlp: URL | null
  readonly metricsFile: string | null
  /** What all metrics bear, so that those of several accounts can stand beside each other. */
  readonly attributes: { readonly account?: string; readonly command: Command }
  readonly targets: Notify.Targets
}

const url = Effect.fnUntraced(function* (name: string, setting: string) {
  const text = yield* optional(name)
  if (text === undefined) return null
  const url = URL.parse(text)
  if (url !== null && ["http:", "https:"].includes(url.protocol)) return url
  // It may hold a secret, and is not told.
  return yield* new SettingError({ setting, detail: "this is no http or https address" })
})

/** What the flags and settings say, and whether the metrics file can be written. */
const settings = Effect.fnUntraced(function* (command: Command) {
  const account = yield* optional("VOBIZ_AUTH_ID")
  const attributes = account === undefined ? { command } : { account, command }
  const metricsFile = (yield* optional("RECON_METRICS_FILE")) ?? null
  if (metricsFile !== null) {
    yield* Output.folder((yield* Path.Path).dirname(metricsFile)).pipe(
      Effect.mapError(
        ({ detail, path }) =>
          new SettingError({ setting: "--metrics-file", detail: `cannot write ${path}: ${detail}. Name another file` })
      )
    )
    yield* Telemetry.remember(metricsFile).pipe(Effect.provideService(Metric.CurrentMetricAttributes, attributes))
  }
  const address = yield* url("RECON_NOTIFY_URL", "--notify-url")
  const secret = yield* Config.option(Config.Redacted("RECON_NOTIFY_SECRET"))
  const watch: Watch = {
    logFormat: yield* Config.Literals(["json", "text"], "RECON_LOG_FORMAT").pipe(Config.withDefault("text")),
    otlp: yield* url("RECON_OTLP", "--otlp"),
    metricsFile,
    attributes,
    targets: {
      webhook: address === null ? null : { url: address, secret: Option.getOrNull(secret) },
      command: (yield* optional("RECON_NOTIFY_COMMAND")) ?? null
    }
  }
  return watch
})

/** Logs, traces and metrics. Without `--log-level`, a job logs each run, and a command logs what goes wrong. */
const layer = ({ attributes, logFormat, otlp }: Watch, isJob: boolean) =>
  Layer.unwrap(
    Effect.map(GlobalFlag.LogLevel, (level) =>
      Layer.mergeAll(
        otlp === null ? Layer.empty : Telemetry.otlp({ url: otlp, version }),
        Layer.succeed(Metric.CurrentMetricAttributes, attributes),
        Layer.succeed(
          References.MinimumLogLevel,
          Option.getOrElse(level, () => (isJob ? "Info" : "Warn"))
        )
      ).pipe(Layer.provideMerge(Telemetry.logs(logFormat)))
    )
  )

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Telemetry.Outcome => {
  if (Exit.isSuccess(exit)) return "assured"
  const failure = Cause.findError(exit.cause)
  if (Result.isFailure(failure)) return "failed"
  const { success: error } = failure
  return error instanceof FindingsFound ? "breached" : error instanceof CannotTell ? "unknown" : "failed"
}

/** Counts and tells how a run ends, however it does; one that is interrupted is none. Each run is a trace of its own. */
export const run = Effect.fn("recon.run", { root: true })(function* <A, E, R>(
  { metricsFile }: Watch,
  program: Effect.Effect<A, E, R>
) {
  const startedAt = yield* Clock.currentTimeMillis
  return yield* program.pipe(
    Effect.onExit((exit) =>
      Effect.gen(function* () {
        if (Exit.hasInterrupts(exit)) return
        const outcome = outcomeOf(exit)
        yield* Effect.annotateCurrentSpan({ outcome })
        yield* Telemetry.ended(outcome, startedAt)
        if (metricsFile !== null) {
          yield* Effect.catch(Telemetry.writeMetrics(metricsFile), ({ message }) => Effect.logWarning(message))
        }
        const took = Duration.format(Duration.millis((yield* Clock.currentTimeMillis) - startedAt))
        yield* Effect.annotateLogs(Effect.logInfo("the run ended"), { outcome, took })
      })
    )
  )
})

/** The verdict of a run, as it ends. */
export const verdictOf = <A, E, R>(program: Effect.Effect<A, E | FindingsFound | CannotTell, R>) =>
  program.pipe(
    Effect.as<Verdict.Verdict["_tag"]>("assured"),
    Effect.catchIf(
      (error): error is FindingsFound => error instanceof FindingsFound,
      () => Effect.succeed<Verdict.Verdict["_tag"]>("breached")
    ),
    Effect.catchIf(
      (error): error is CannotTell => error instanceof CannotTell,
      ({ reasons }) =>
        Effect.as(
          Effect.forEach(reasons, (reason) => Effect.logWarning(reason), { discard: true }),
          "unknown" as Verdict.Verdict["_tag"]
        )
    )
  )

/**
 * Runs a program once, or, with `--every`, at each time of its schedule. `check` reports wrong settings
 * at the start, not at the first of these times; a job runs `before` first.
 */
export const start = Effect.fnUntraced(function* <E1, R1, E2, R2, E3, R3, E4, R4, A>(
  command: Command,
  program: {
    readonly zone: Effect.Effect<Zone.Zone, E1, R1>
    readonly check: Effect.Effect<unknown, E2, R2>
    readonly before: (watch: Watch) => Effect.Effect<unknown, E3, R3>
    readonly once: (watch: Watch, isJob: boolean) => Effect.Effect<A, E4, R4>
  }
) {
  const watch = yield* settings(command)
  const every = yield* optional("RECON_EVERY")
  if (every === undefined) return yield* Effect.provide(program.once(watch, false), layer(watch, false))
  const cron = yield* Job.parse(every, yield* program.zone).pipe(
    Effect.mapError(({ message }) => new SettingError({ setting: "--every", detail: message }))
  )
  yield* program.check
  return yield* Job.attempt(program.before(watch)).pipe(
    Effect.andThen(Job.repeat(cron, () => verdictOf(program.once(watch, true)))),
    Effect.provide(layer(watch, true))
  )
})

/** The changes since the previous run, by the ledger. */
export interface RunChanges {
  /** The name of this run. */
  readonly run: string
  /** How many new findings are critical. */
  readonly critical: number
  /** The new findings. */
  readonly findings: Reconcile.Result["findings"]
  /** Whether the previous run had another verdict. */
  readonly changed: boolean
}

/** Tells what a run found: in the log, the metrics and, what is new of it, to whom it may concern. Without a ledger all is new. */
export const found = Effect.fnUntraced(function* (
  { targets }: Watch,
  account: string,
  result: Reconcile.Result,
  changes?: RunChanges
) {
  const { asking, asOf, classes, goal, summary, verdict, window, zone } = result
  const isTold = targets.webhook !== null || targets.command !== null
  const {
    changed,
    critical: total,
    findings: fresh,
    run
  } = changes ?? { run: yield* Notify.newRun, critical: Account.critical(result), findings: asking, changed: true }
  const notification = yield* Notify.make({
    run,
    account,
    asOf,
    window,
    verdict: Verdict.report(verdict, { classes, ...goal }),
    changed,
    counts: summary.counts,
    classes,
    // Findings that nobody is notified of are counted, and not read.
    news: isTold ? fresh : Stream.empty
  })
  yield* Telemetry.found(result, total)
  yield* Effect.logInfo("reconciled").pipe(
    Effect.annotateLogs({
      run: notification.run,
      from: Zone.iso(window.from, zone),
      to: Zone.iso(window.to, zone),
      verdict: verdict._tag,
      reasons: verdict.reasons.map(Verdict.sentence).join(" "),
      cdrs: summary.cdrs,
      cdrsProved: provedWords(result.proofs.cdrs),
      recordings: summary.recordings,
      recordingsProved: provedWords(result.proofs.recordings),
      ...classes,
      ...Object.fromEntries(Account.attention(result)),
      newCritical: total
    })
  )
  yield* Effect.provide(Notify.deliver(targets, notification), FetchHttpClient.layer)
})

/** Tells what a run of the archive came to: in the log, the metrics and, what is new of it, to whom it may concern. */
export const archived = Effect.fnUntraced(function* (
  { targets }: Watch,
  account: string,
  directory: string,
  result: ArchiveRun.Result
) {
  const changes = yield* ArchiveRun.changes(directory, result)
  const message = Notify.makeArchive({
    run: yield* Notify.newRun,
    account,
    asOf: yield* DateTime.now,
    result,
    changes
  })
  yield* Telemetry.archived(result)
  yield* Effect.logInfo("archived").pipe(
    Effect.annotateLogs({
      run: message.run,
      verdict: message.verdict.state,
      ...result.summary,
      newProblems: message.problems.total,
      ...(result.proof === null ? {} : { recordingsProved: result.proof.verdict })
    })
  )
  yield* Effect.provide(Notify.deliver(targets, message), FetchHttpClient.layer)
  yield* Effect.catch(changes.remember, ({ message }) => Effect.logWarning(message))
})

const provedWords = (proof: Coverage.Proof) =>
  proof === null ? "unknown" : proof === "declared" ? "declared" : proof.verdict
