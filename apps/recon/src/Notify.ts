/**
 * Tells somebody, by a webhook or by a command, what a run found that was not known before.
 *
 * @since 0.1.0
 */
import { Coverage, Finding, type Verdict } from "@vobiz-effect/reconcile"
import * as Cause from "effect/Cause"
import { Mac, SecureRandom } from "effect/crypto"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Hex } from "effect/encoding"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as Layer from "effect/Layer"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ArchiveRun from "./ArchiveRun.ts"
import * as ArchiveView from "./ArchiveView.ts"
import { oneLine } from "./Failure.ts"
import type { Window } from "./Window.ts"

// ---------------------------------------------------------------------------
// What is sent
// ---------------------------------------------------------------------------

/**
 * A finding, as far as it is sent: without telephone numbers, by which nobody needs to find it. `deadline` is when the
 * provider deletes what could still be saved. `inDoubt`: it rests on absence from a list that is not proved complete.
 *
 * @category models
 * @since 0.1.0
 */
export interface Item {
  readonly code: Finding.Code
  readonly inDoubt: boolean
  readonly at: string
  readonly deadline: string | null
  readonly rule: string | null
  readonly cdrs: ReadonlyArray<string>
  readonly recordings: ReadonlyArray<string>
  readonly explanation: string
  readonly nextStep: string
}

/**
 * Some findings: how many there are, and the most urgent of them by `deadline`, at most `maxShown`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Some {
  readonly total: number
  readonly shown: ReadonlyArray<Item>
}

/**
 * A notification about a reconciliation run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Notification {
  readonly version: 2
  readonly kind: "reconcile"
  /** Names the run. Whoever gets it twice has been told once: it is the webhook's `Idempotency-Key`. */
  readonly run: string
  readonly account: string
  readonly asOf: string
  readonly window: { readonly from: string; readonly to: string }
  readonly verdict: Verdict.Report
  /** Whether the account's last run had another verdict. Without a ledger every run is the first. */
  readonly changed: boolean
  /** How many findings there are of each code, of all severities, known before or not. */
  readonly counts: Readonly<Record<string, number>>
  /** The calls by class, and how many had to be recorded. */
  readonly classes: Coverage.Classes & { readonly required: number }
  /** The critical findings that are new. */
  readonly critical: Some
  /** The findings that are new, and would be critical if a list were not in doubt. */
  readonly inDoubt: Some
}

/**
 * A notification about an archive run.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveNotification {
  readonly version: 2
  readonly kind: "archive"
  /** Names the run, as of a reconciliation. */
  readonly run: string
  readonly account: string
  readonly asOf: string
  readonly verdict: { readonly state: Verdict.Verdict["_tag"]; readonly line: string }
  /** Whether the run before had another verdict. */
  readonly changed: boolean
  /** How many recordings came to what. */
  readonly counts: Readonly<Record<string, number>>
  /** The recordings that are not held, and were not reported before: the one that the provider deletes first before the others. */
  readonly problems: {
    readonly total: number
    readonly shown: ReadonlyArray<{
      readonly recordingId: string
      readonly kind: ArchiveRun.Problem["kind"]
      readonly detail: string
      readonly deadline: string | null
    }>
  }
}

/**
 * How many findings or problems one notification shows at most.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxShown = 50

/**
 * A name for a run that has none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const newRun: Effect.Effect<string> = Effect.flatMap(SecureRandom.SecureRandom, (random) =>
  random.uuidV7()
).pipe(Effect.provide(SecureRandom.layerWebCrypto))

/**
 * What to report of a run.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* <E, R>(run: {
  readonly run: string
  readonly account: string
  readonly asOf: DateTime.Utc
  readonly window: Window
  readonly verdict: Verdict.Report
  readonly changed: boolean
  readonly counts: Readonly<Record<string, number>>
  readonly classes: Coverage.Classes
  /** The new findings. Those that are not critical, nor would be, are passed over. */
  readonly news: Stream.Stream<Finding.Finding, E, R>
}) {
  const { critical, inDoubt } = yield* Stream.runFold(
    run.news,
    () => ({ critical: nothing, inDoubt: nothing }),
    (sums, finding) =>
      finding.severity === "critical"
        ? { ...sums, critical: counting(sums.critical, finding) }
        : finding.inDoubt && Finding.severities[finding.code] === "critical"
          ? { ...sums, inDoubt: counting(sums.inDoubt, finding) }
          : sums
  )
  const notification: Notification = {
    version: 2,
    kind: "reconcile",
    run: run.run,
    account: run.account,
    asOf: DateTime.formatIso(run.asOf),
    window: { from: DateTime.formatIso(run.window.from), to: DateTime.formatIso(run.window.to) },
    verdict: run.verdict,
    changed: run.changed,
    counts: run.counts,
    classes: { required: Coverage.required(run.classes), ...run.classes },
    critical: { total: critical.total, shown: critical.urgent.map(item) },
    inDoubt: { total: inDoubt.total, shown: inDoubt.urgent.map(item) }
  }
  return notification
})

/**
 * What to report of a run of the archive.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeArchive = (run: {
  readonly run: string
  readonly account: string
  readonly asOf: DateTime.Utc
  readonly result: ArchiveRun.Result
  readonly changes: Pick<ArchiveRun.Changes, "changed" | "problems">
}): ArchiveNotification => {
  const { bytes: _, ...counts } = run.result.summary
  const urgent = run.changes.problems.toSorted((a, b) => deadlineOf(a) - deadlineOf(b)).slice(0, maxShown)
  return {
    version: 2,
    kind: "archive",
    run: run.run,
    account: run.account,
    asOf: DateTime.formatIso(run.asOf),
    verdict: { state: ArchiveRun.stateOf(run.result), line: ArchiveView.line(run.result) },
    changed: run.changes.changed,
    counts,
    problems: {
      total: run.changes.problems.length,
      shown: urgent.map(({ deadline, detail, kind, recordingId }) => ({
        recordingId,
        kind,
        detail,
        deadline: deadline === null ? null : DateTime.formatIso(deadline)
      }))
    }
  }
}

interface Counted {
  readonly total: number
  readonly urgent: ReadonlyArray<Finding.Finding>
}

const nothing: Counted = { total: 0, urgent: [] }

const counting = ({ total, urgent }: Counted, finding: Finding.Finding): Counted => ({
  total: total + 1,
  urgent: among(urgent, finding)
})

const deadlineOf = ({ deadline }: Pick<Finding.Finding, "deadline">) =>
  deadline === null ? Infinity : DateTime.toEpochMillis(deadline)

/** The most urgent findings, with another one if it is among them. */
const among = (urgent: ReadonlyArray<Finding.Finding>, finding: Finding.Finding) => {
  const last = urgent[maxShown - 1]
  if (last !== undefined && deadlineOf(finding) >= deadlineOf(last)) return urgent
  const place = urgent.findIndex((other) => deadlineOf(finding) < deadlineOf(other))
  return urgent.toSpliced(place === -1 ? urgent.length : place, 0, finding).slice(0, maxShown)
}

const item = (finding: Finding.Finding): Item => {
  const { at, cdrs, code, deadline, explanation, inDoubt, nextStep, recordings, rule } = Finding.mask(finding)
  return {
    code,
    inDoubt,
    at: DateTime.formatIso(at),
    deadline: deadline === null ? null : DateTime.formatIso(deadline),
    rule,
    cdrs: cdrs.map(({ uuid }) => uuid),
    recordings: recordings.map(({ recordingId }) => recordingId),
    explanation,
    nextStep
  }
}

// ---------------------------------------------------------------------------
// Who is notified
// ---------------------------------------------------------------------------

/**
 * What can be told: of a reconciliation, or of the archive.
 *
 * @category models
 * @since 0.1.0
 */
export type Message = Notification | ArchiveNotification

/**
 * A notification that did not get through. Of the webhook's address only the host is shown: the rest may be a secret.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotifyError extends Schema.TaggedError<NotifyError>()("NotifyError", {
  by: Schema.Literals(["webhook", "command"]),
  detail: Schema.String
}) {
  override get message(): string {
    const flag = this.by === "webhook" ? "--notify-url" : "--notify-command"
    return `the notification by ${flag} failed: ${this.detail}`
  }
}

/**
 * A webhook. With a `secret`, the header `X-Recon-Signature` holds `sha256=` and the HMAC-SHA256 of the body, in hex.
 *
 * @category models
 * @since 0.1.0
 */
export interface Webhook {
  readonly url: URL
  readonly secret: Redacted.Redacted<string> | null
}

const attemptTimeout = Duration.seconds(10)

/** The most that telling may take, whatever is waited for. */
const timeLimit = Duration.seconds(60)

const attempts = Schedule.exponential(Duration.seconds(1)).pipe(Schedule.jittered)

const crypto = Mac.layerWebCrypto.pipe(Layer.provideMerge(SecureRandom.layerWebCrypto))

/**
 * Posts a notification as JSON. What may pass (no connection, no answer within 10 seconds, status 408, 429 or 5xx) is tried
 * again, with the same `Idempotency-Key`, up to five times within a minute. Redirects are not followed.
 *
 * @category telling
 * @since 0.1.0
 */
export const webhook = Effect.fn("Notify.webhook")(function* (
  { secret, url }: Webhook,
  notification: Message
): Effect.fn.Return<void, NotifyError, HttpClient.HttpClient> {
  const wrong = (detail: string) => new NotifyError({ by: "webhook", detail })
  const body = new TextEncoder().encode(JSON.stringify(notification))
  const request = HttpClientRequest.post(url, {
    headers: {
      "idempotency-key": notification.run,
      ...(secret === null ? {} : { "x-recon-signature": `sha256=${yield* signature(secret, body)}` })
    }
  }).pipe(HttpClientRequest.bodyUint8Array(body, "application/json"))
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.transformResponse(
      Effect.timeoutOrElse({
        duration: attemptTimeout,
        orElse: () => Effect.fail(new Cause.TimeoutError("no answer within 10 seconds"))
      })
    ),
    HttpClient.filterStatusOk,
    HttpClient.retryTransient({ schedule: attempts, times: 4 })
  )
  yield* client.execute(request).pipe(
    Effect.scoped,
    Effect.mapError((error) => {
      if (error._tag === "TimeoutError") return wrong(`${url.host}: ${error.message}`)
      const status = error.response?.status
      return wrong(
        status === undefined ? `${url.host} cannot be reached` : `${url.host} answered with status ${status}`
      )
    }),
    Effect.timeoutOrElse({
      duration: timeLimit,
      orElse: () => Effect.fail(wrong(`${url.host} did not take it within a minute`))
    }),
    // The address may be a secret, and is in no span.
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
  )
})

/** The HMAC-SHA256 of a body, in hex. */
const signature = (secret: Redacted.Redacted<string>, body: Uint8Array) =>
  Effect.gen(function* () {
    const key = yield* Mac.key(Mac.hmacSha256, new TextEncoder().encode(Redacted.value(secret)))
    return Hex.encode(yield* (yield* Mac.Mac).sign(key, body))
  }).pipe(
    Effect.provide(crypto),
    Effect.mapError(({ message }) => new NotifyError({ by: "webhook", detail: `it cannot be signed: ${message}` }))
  )

/** The variables that a command is given: none that can hold a secret of this program, now or later. */
const passed = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "TMPDIR",
  "TERM",
  "TZ",
  "LANG",
  "LANGUAGE",
  "LC_ALL",
  "LC_CTYPE",
  "LC_MESSAGES",
  "LC_TIME"
]

const environment = Effect.forEach(passed, (name) =>
  Effect.map(Config.option(Config.String(name)), (value) =>
    Option.isNone(value) ? [] : [[name, value.value] as const]
  )
).pipe(
  Effect.map((found) => Object.fromEntries(found.flat())),
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv()),
  Effect.orElseSucceed(() => ({}))
)

/**
 * Runs a command by `sh -c`, with the notification as JSON on its standard input, and waits for its end, at most a minute.
 * The command gets nothing else: no part of the notification is in its text or its environment. Of the environment it gets
 * `PATH`, `HOME`, the user, the time zone and the language, and nothing that could hold a secret. Another exit code than 0
 * is an error.
 *
 * @category telling
 * @since 0.1.0
 */
export const command = Effect.fn("Notify.command")(function* (
  text: string,
  notification: Message
): Effect.fn.Return<void, NotifyError, ChildProcessSpawner.ChildProcessSpawner> {
  const wrong = (detail: string) => new NotifyError({ by: "command", detail })
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const code = yield* spawner
    .exitCode(
      ChildProcess.make(text, {
        shell: "/bin/sh",
        stdin: Stream.encodeText(Stream.make(`${JSON.stringify(notification)}\n`)),
        stdout: "ignore",
        stderr: "inherit",
        env: yield* environment,
        extendEnv: false,
        forceKillAfter: Duration.seconds(1)
      })
    )
    .pipe(
      Effect.mapError((error) => wrong(oneLine(error.reason))),
      Effect.timeoutOrElse({
        duration: timeLimit,
        orElse: () => Effect.fail(wrong("the command took longer than a minute, and was ended"))
      })
    )
  if (code !== 0) return yield* wrong(`the command ended with exit code ${code}`)
})

/**
 * Who is to be told.
 *
 * @category models
 * @since 0.1.0
 */
export interface Targets {
  readonly webhook: Webhook | null
  readonly command: string | null
}

/** How many things are new, by kind. */
const newsOf = (message: Message): Readonly<Record<string, number>> =>
  message.kind === "reconcile"
    ? { critical: message.critical.total, inDoubt: message.inDoubt.total }
    : { problems: message.problems.total }

/**
 * Tells everybody who is to be told, if there is anything new: a critical finding, one that would be critical if a list were not
 * in doubt, a recording that is not archived, or a verdict that is not assured and was another before. Never fails: what does not
 * get through is a warning in the log, as the run's own result stands.
 *
 * @category telling
 * @since 0.1.0
 */
export const deliver = Effect.fn("Notify.deliver")(function* (
  targets: Targets,
  message: Message
): Effect.fn.Return<void, never, HttpClient.HttpClient | ChildProcessSpawner.ChildProcessSpawner> {
  const { changed, verdict } = message
  const news = newsOf(message)
  const hasNews = Object.values(news).some((count) => count > 0)
  if (!hasNews && !(changed && verdict.state !== "assured")) return
  const told = <R>(by: NotifyError["by"], telling: Effect.Effect<void, NotifyError, R>) =>
    telling.pipe(
      Effect.andThen(Effect.logInfo("notified")),
      Effect.catch((error) => Effect.logWarning(error.message)),
      Effect.annotateLogs({ by, run: message.run, verdict: verdict.state, ...news })
    )
  yield* Effect.all(
    [
      targets.webhook === null ? Effect.void : told("webhook", webhook(targets.webhook, message)),
      targets.command === null ? Effect.void : told("command", command(targets.command, message))
    ],
    { concurrency: "unbounded", discard: true }
  )
})
