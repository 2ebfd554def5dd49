/**
 * What those who watch a job see of it: logs, traces and metrics.
 *
 * | metric | kind | tells |
 * |---|---|---|
 * | `recon_runs_total` | counter | runs, by `outcome`: `assured`, `breached`, `unknown` or `failed` |
 * | `recon_last_run_timestamp_seconds` | gauge | when the last run ended, however it did |
 * | `recon_last_success_timestamp_seconds` | gauge | when the last run that was not `failed` ended |
 * | `recon_run_duration_seconds` | gauge | how long the last run took |
 * | `recon_verdict` | gauge | 1 for the `state` of the last run that did not fail, 0 for the others |
 * | `recon_unknown_runs` | gauge | runs in a row that ended with verdict unknown, up to the last |
 * | `recon_calls` | gauge | calls of the last run that did not fail, by `class` |
 * | `recon_cdrs`, `recon_recordings` | gauge | CDRs that it judged, and recordings that it compared |
 * | `recon_coverage_ratio` | gauge | the recorded share of the calls that had to be, by `bound`: `lower` or `upper`; left out where it is not known |
 * | `recon_findings` | gauge | findings of the last run that did not fail, by `code` and `severity`; those in doubt as `warning` |
 * | `recon_new_critical_findings_total` | counter | critical findings that were new in their run |
 * | `recon_archive_recordings` | gauge | recordings of the last run of the archive that did not fail, by `outcome` |
 * | `recon_unarchived_recordings` | gauge | those that the provider lists and the archive does not hold |
 * | `recon_unarchived_deadline_timestamp_seconds` | gauge | when the provider deletes the first of them; left out where it deletes none |
 * | `recon_list_proved` | gauge | whether a `list`, `cdrs` or `recordings`, is whole: 1, else 0 |
 *
 * Besides these there are the metrics of `VobizMetrics` of @vobiz-effect/core, such as `vobiz_requests_total` and
 * `vobiz_retries_total`. In `recon reconcile` and `recon archive`, all bear the `account` and the `command` as well.
 *
 * @since 0.1.0
 */
import { Coverage, Finding, type Kernel, type Reconciliation, Verdict } from "@vobiz-effect/reconcile"
import type { Archive } from "@vobiz-effect/archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { Otlp, PrometheusMetrics } from "effect/observability"
import * as Path from "effect/Path"
import * as ArchiveRun from "./ArchiveRun.ts"
import type { OutputError } from "./Failure.ts"
import * as Output from "./Output.ts"

// ---------------------------------------------------------------------------
// Logs and traces
// ---------------------------------------------------------------------------

/**
 * How log lines are written: one JSON object a line, or `key=value` text.
 *
 * @category models
 * @since 0.1.0
 */
export type LogFormat = "json" | "text"

/**
 * Writes logs to standard error, which leaves standard output to results.
 *
 * @category layers
 * @since 0.1.0
 */
export const logs = (format: LogFormat): Layer.Layer<never> =>
  Logger.layer([Logger.withConsoleError(format === "json" ? Logger.formatJson : Logger.formatLogFmt)])

/**
 * Sends traces, metrics and logs to an OTLP/HTTP collector, such as `http://localhost:4318`. Nothing of them goes to the
 * provider. What the collector does not take is lost, and the program goes on.
 *
 * @category layers
 * @since 0.1.0
 */
export const otlp = (options: { readonly url: URL; readonly version: string }): Layer.Layer<never> =>
  Otlp.layerJson({
    baseUrl: options.url.href,
    resource: { serviceName: "recon", serviceVersion: options.version },
    loggerMergeWithExisting: true,
    // An interrupted program has five seconds to end in.
    shutdownTimeout: "2 seconds"
  }).pipe(Layer.provide(FetchHttpClient.layer))

// ---------------------------------------------------------------------------
// Metrics
// ---------------------------------------------------------------------------

const runs = Metric.counter("recon_runs_total", { description: "Runs, by how they ended", incremental: true })

const lastRun = Metric.gauge("recon_last_run_timestamp_seconds", {
  description: "When the last run ended, in seconds since 1970"
})

const lastSuccess = Metric.gauge("recon_last_success_timestamp_seconds", {
  description: "When the last run that did not fail ended, in seconds since 1970"
})

const duration = Metric.gauge("recon_run_duration_seconds", { description: "How long the last run took" })

const findings = Metric.gauge("recon_findings", {
  description: "Findings of the last run that did not fail, by code and severity"
})

const newCritical = Metric.counter("recon_new_critical_findings_total", {
  description: "Critical findings that were new in their run",
  incremental: true
})

const calls = Metric.gauge("recon_calls", { description: "Calls of the last run that did not fail, by class" })

const cdrs = Metric.gauge("recon_cdrs", { description: "CDRs judged by the last run that did not fail" })

const recordings = Metric.gauge("recon_recordings", {
  description: "Recordings compared by the last run that did not fail"
})

const verdicts = Metric.gauge("recon_verdict", {
  description: "The verdict of the last run that did not fail: 1 for its state, 0 for the others"
})

const unknownRuns = Metric.gauge("recon_unknown_runs", {
  description: "Runs in a row that ended with verdict unknown, up to the last"
})

const ratio = Metric.gauge("recon_coverage_ratio", {
  description:
    "The recorded share of the calls that had to be recorded, by bound; left out where it is not known or no call had to be"
})

const proved = Metric.gauge("recon_list_proved", {
  description: "1 if the last successful run proved the list whole or was given it as whole, otherwise 0"
})

const archiveRecordings = Metric.gauge("recon_archive_recordings", {
  description: "Recordings of the last run of the archive that did not fail, by what became of them"
})

const unarchived = Metric.gauge("recon_unarchived_recordings", {
  description: "Recordings that the provider lists and the archive does not hold, after the last run that did not fail"
})

const unarchivedDeadline = Metric.gauge("recon_unarchived_deadline_timestamp_seconds", {
  description:
    "When the provider deletes the first recording that the archive does not hold; left out where it deletes none"
})

/** What became of recordings, as a label. */
const outcomes: Readonly<Record<Archive.Outcome["_tag"], string>> = {
  Stored: "stored",
  Kept: "held",
  Removed: "removed",
  Flawed: "not-whole",
  NotReady: "not-ready",
  Gone: "gone",
  Quarantined: "quarantined",
  Failed: "failed"
}

/**
 * How a run ended: with its verdict, or without a result.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Verdict.Verdict["_tag"] | "failed"

/**
 * Counts a run that ended, begun at `startedAt` in epoch milliseconds.
 *
 * @category metrics
 * @since 0.1.0
 */
export const ended = Effect.fnUntraced(function* (outcome: Outcome, startedAt: number): Effect.fn.Return<void> {
  const now = yield* Clock.currentTimeMillis
  yield* Metric.update(Metric.withAttributes(runs, { outcome }), 1)
  yield* Metric.update(lastRun, now / 1000)
  yield* Metric.update(duration, (now - startedAt) / 1000)
  if (outcome !== "failed") yield* Metric.update(lastSuccess, now / 1000)
})

/**
 * What a run found, in numbers.
 *
 * @category models
 * @since 0.1.0
 */
export type Found = Pick<Reconciliation.Result, "classes" | "coverage" | "proofs" | "verdict"> & {
  readonly summary: Pick<Kernel.Summary, "cdrs" | "counts" | "inDoubt" | "recordings">
}

/**
 * Records what a run found. `newlyCritical` is how many of its critical findings are new.
 *
 * @category metrics
 * @since 0.1.0
 */
export const found = Effect.fnUntraced(function* (
  { classes, coverage, proofs, summary, verdict }: Found,
  newlyCritical: number
): Effect.fn.Return<void> {
  const { counts } = summary
  yield* Metric.update(cdrs, summary.cdrs)
  yield* Metric.update(recordings, summary.recordings)
  for (const [name, count] of Object.entries(classes)) {
    yield* Metric.update(Metric.withAttributes(calls, { class: name }), count)
  }
  for (const state of Verdict.states) {
    yield* Metric.update(Metric.withAttributes(verdicts, { state }), verdict._tag === state ? 1 : 0)
  }
  const before = yield* Metric.value(unknownRuns)
  yield* Metric.update(unknownRuns, verdict._tag === "unknown" ? before.value + 1 : 0)
  for (const code of Finding.Code.literals) {
    const severity = Finding.severities[code]
    const of = (severity: Finding.Severity) => Metric.withAttributes(findings, { code, severity })
    const inDoubt = severity === "critical" ? (summary.inDoubt[code] ?? 0) : 0
    yield* Metric.update(of(severity), counts[code] - inDoubt)
    if (severity === "critical") yield* Metric.update(of("warning"), inDoubt)
  }
  yield* Metric.update(newCritical, newlyCritical)
  for (const list of ["cdrs", "recordings"] as const) {
    yield* Metric.update(Metric.withAttributes(proved, { list }), Coverage.isWhole(proofs[list]) ? 1 : 0)
  }
  for (const bound of ["lower", "upper"] as const) {
    const share = coverage[bound]
    const gauge = Metric.withAttributes(ratio, { bound })
    if (share === null) yield* Metric.remove(gauge)
    else yield* Metric.update(gauge, share.numerator / share.denominator)
  }
})

/**
 * Records what a run of the archive came to.
 *
 * @category metrics
 * @since 0.1.0
 */
export const archived = Effect.fnUntraced(function* ({
  problems,
  proof,
  summary
}: ArchiveRun.Result): Effect.fn.Return<void> {
  for (const [tag, outcome] of Object.entries(outcomes) as ReadonlyArray<[Archive.Outcome["_tag"], string]>) {
    yield* Metric.update(Metric.withAttributes(archiveRecordings, { outcome }), summary[tag])
  }
  yield* Metric.update(unarchived, problems.length)
  const deadline = ArchiveRun.firstDeadline(problems)
  if (deadline === null) yield* Metric.remove(unarchivedDeadline)
  else yield* Metric.update(unarchivedDeadline, deadline.epochMilliseconds / 1000)
  if (proof === null) return
  yield* Metric.update(Metric.withAttributes(proved, { list: "recordings" }), proof.verdict === "complete" ? 1 : 0)
})

// ---------------------------------------------------------------------------
// The metrics file
// ---------------------------------------------------------------------------

/**
 * Writes all metrics as Prometheus text, whole or not at all, for the textfile collector of node_exporter. Every user may read
 * the file (0644), as the collector runs as one of its own; it names nobody.
 *
 * @category files
 * @since 0.1.0
 */
export const writeMetrics = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<void, OutputError, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const text = yield* PrometheusMetrics.format()
  yield* Output.file(path.dirname(file), path.basename(file), text, { mode: 0o644 })
})

/**
 * Reads from the metrics file of an earlier process what a process cannot know by itself: the time of the last success, and how
 * many runs in a row were unknown. A file that is not there, or is another's, is ignored.
 *
 * @category files
 * @since 0.1.0
 */
export const remember = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<void, never, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.orElseSucceed(fs.readFileString(file), () => "")
  const seconds = valueOf(text, lastSuccess.id)
  if (seconds !== null) yield* Metric.update(lastSuccess, seconds)
  const runs = valueOf(text, unknownRuns.id)
  if (runs !== null) yield* Metric.update(unknownRuns, runs)
})

/** The value of a metric in Prometheus text. */
const valueOf = (text: string, name: string): number | null => {
  const [, value] = new RegExp(`^${name}(?:\\{.*\\})? (\\d+(?:\\.\\d+)?)$`, "m").exec(text) ?? []
  return value === undefined ? null : Number(value)
}
