/** The ledger, as the commands use it. */
import { FindingFiles, FindingKey, Ledger, Verdict } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.ts"
import { CannotTell, SettingError } from "../Failure.ts"
import * as LedgerView from "../LedgerView.ts"
import * as Output from "../Output.ts"
import type * as Reconcile from "../Reconcile.ts"
import * as ReconcileView from "../ReconcileView.ts"
import * as Json from "./json.ts"
import * as Session from "./session.ts"
import * as Waiting from "./waiting.ts"
import type * as Watch from "./watch.ts"

/** The file of the ledger, which must be named. */
export const file = Effect.gen(function* () {
  const file = yield* Session.optional("RECON_LEDGER")
  if (file !== undefined) return file
  return yield* new SettingError({ setting: "--ledger", detail: "name the ledger's file" })
})

/** The same, which must be there: a ledger is made by the first run that is kept in it. */
export const existing = Effect.gen(function* () {
  const path = yield* file
  const fs = yield* FileSystem.FileSystem
  if (yield* Effect.orElseSucceed(fs.exists(path), () => true)) return path
  const detail = `there is no file ${path}. Make it by: recon reconcile --ledger ${path}`
  return yield* new SettingError({ setting: "--ledger", detail })
})

/** The ledger in a file. Where another run has it open, that one is waited for. */
export const layer = (file: string, memoryLimit?: string) =>
  Layer.effectContext(
    Effect.flatMap(Waiting.patience, (patience) =>
      Layer.build(Ledger.Ledger.layer({ file, memoryLimit })).pipe(
        Waiting.whileBusy((error) => error._tag === "LedgerError" && error.isBusy, patience)
      )
    )
  )

/** Keeps a run, and tells what is new in it. */
export const record = Effect.fnUntraced(function* (
  ledger: Ledger.Ledger["Service"],
  account: string,
  result: Reconcile.Result
) {
  const { asOf, proofs, settings, verdict, window } = result
  const { policy, ...rest } = settings
  const recorded = yield* ledger.record({
    account,
    window,
    asOf,
    proofs,
    verdict: verdict._tag,
    policy,
    settings: rest,
    summary: ReconcileView.report(result),
    findings: result.forLedger,
    seen: result.seen,
    retention: settings.retention
  })
  const fresh = new Set([...recorded.opened, ...recorded.raised])
  const changes: Watch.RunChanges = {
    run: `${account}-${recorded.run}`,
    critical: recorded.critical,
    findings:
      fresh.size === 0 ? Stream.empty : Stream.filter(result.asking, (finding) => fresh.has(FindingKey.of(finding))),
    changed: recorded.before !== verdict._tag
  }
  return { recorded, changes }
})

/** What a run changed, in a line. */
export const line = ({ cleared, expired, open, opened, raised, withdrawn }: Ledger.Recorded) =>
  `Ledger      ${opened.length} opened, ${raised.length === 0 ? "" : `${raised.length} raised to critical, `}${cleared} cleared, ${expired} expired, ${withdrawn} withdrawn; ${open} open`

/** The last run that was kept until `asOf`, of the account that is meant or of the only one that there is. */
const lastRun = Effect.fnUntraced(function* (asOf: DateTime.Utc | undefined) {
  const ledger = yield* Ledger.Ledger
  const account = yield* Session.optional("VOBIZ_AUTH_ID")
  const runs = yield* ledger.runs.pipe(
    Stream.takeWhile(({ recorded }) => asOf === undefined || DateTime.isLessThanOrEqualTo(recorded, asOf)),
    Stream.filter((run) => account === undefined || run.account === account),
    Stream.runFold(
      () => new Map<string, Ledger.RunEntry>(),
      (last, run) => last.set(run.account, run)
    )
  )
  const [run] = runs.values()
  if (runs.size === 1) return Option.fromUndefinedOr(run)
  if (runs.size === 0) return Option.none<Ledger.RunEntry>()
  const detail = `the ledger has runs of several accounts: say of which by --auth-id. There are ${[...runs.keys()].join(", ")}`
  return yield* new SettingError({ setting: "--ledger", detail })
})

const nothing = (asOf: DateTime.Utc | undefined, zone = Zone.utc) =>
  asOf === undefined ? "The ledger has no run yet" : `The ledger had no run at ${Zone.iso(asOf, zone)}`

/** The account that is meant, or the only one that there is. */
export const account = Effect.flatMap(
  lastRun(undefined),
  Option.match({
    onNone: () => Effect.fail(new SettingError({ setting: "--ledger", detail: nothing(undefined) })),
    onSome: ({ account }) => Effect.succeed(account)
  })
)

const tableRows = 100

/** The findings of an account that stand as asked for, and how many there are of each status. */
const known = Effect.fnUntraced(function* (options: {
  readonly asOf: DateTime.Utc | undefined
  readonly account: string
  readonly statuses: ReadonlyArray<Ledger.Status>
  readonly reveal: boolean
}) {
  const ledger = yield* Ledger.Ledger
  const { account, asOf, statuses } = options
  const entries = ledger
    .findings({ account, asOf, statuses })
    .pipe(Stream.map((entry) => (options.reveal ? entry : LedgerView.masked(entry))))
  return { entries, totals: yield* ledger.counts({ account, asOf }) }
})

/** The first findings, and how many there are and cannot be read, in one pass. `each` is called with all of them. */
const read = <E, E2 = never, R2 = never>(
  entries: Stream.Stream<Ledger.Entry, E>,
  each: (entry: Ledger.Entry) => Effect.Effect<void, E2, R2> = () => Effect.void
) =>
  Stream.runFold(
    Stream.tap(entries, each),
    () => ({ all: 0, unreadable: 0, shown: Array<Ledger.Entry>() }),
    ({ all, shown, unreadable }, entry) => {
      if (shown.length < tableRows) shown.push(entry)
      return { all: all + 1, unreadable: unreadable + (entry.finding === null ? 1 : 0), shown }
    }
  )

type Read = Effect.Success<ReturnType<typeof read>>

/** Prints the findings of the ledger, and, for programs, one JSON a line. */
export const print = Effect.fnUntraced(function* (options: {
  readonly asOf: DateTime.Utc | undefined
  readonly zone: Zone.Zone
  readonly statuses: ReadonlyArray<Ledger.Status>
  readonly reveal: boolean
  readonly json: boolean
}) {
  const run = yield* lastRun(options.asOf)
  if (Option.isNone(run)) return yield* new CannotTell({ reasons: [nothing(options.asOf, options.zone)] })
  const { entries, totals } = yield* known({ ...options, account: run.value.account })
  const found = yield* options.json ? read(entries, (entry) => Console.log(LedgerView.json(entry))) : read(entries)
  if (!options.json) yield* table(run.value, totals, found, options)
  const { unreadable } = found
  if (unreadable > 0) return yield* new CannotTell({ reasons: [LedgerView.unreadable(unreadable)] })
  return yield* ExitCode.end((totals.get("open") ?? 0) > 0 ? "breached" : "assured")
})

const table = Effect.fnUntraced(function* (
  run: Ledger.RunEntry,
  totals: ReadonlyMap<string, number>,
  { all, shown }: Read,
  { asOf, zone }: { readonly asOf: DateTime.Utc | undefined; readonly zone: Zone.Zone }
) {
  const terminal = yield* Session.terminal
  const now = asOf ?? (yield* DateTime.now)
  yield* Console.log(
    [
      LedgerView.run(run, zone),
      LedgerView.totals(totals),
      "",
      LedgerView.table(shown, { ...terminal, now, zone, more: all - shown.length })
    ].join("\n")
  )
})

/**
 * What was known at an instant, without the provider: the report that the last run until then made, and the findings that were
 * open.
 */
export const asKnown = Effect.fnUntraced(function* (options: {
  readonly asOf: DateTime.Utc
  readonly zone: Zone.Zone
  readonly reveal: boolean
  readonly json: boolean
  readonly out: string | undefined
}) {
  const run = yield* lastRun(options.asOf)
  if (Option.isNone(run)) {
    return yield* new SettingError({
      setting: "--as-of",
      detail: `${nothing(options.asOf, options.zone)}. Name a later time`
    })
  }
  const { entries, totals } = yield* known({
    ...options,
    account: run.value.account,
    statuses: ["open", "acknowledged"]
  })
  const found = yield* read(entries)
  const { out } = options
  const report = yield* reportOf(run.value)
  const findings = entries.pipe(
    Stream.map(({ finding }) => (finding === null ? [] : [finding])),
    Stream.flattenIterable
  )
  const { csv, findings: ndjson } = Json.files
  if (out !== undefined) {
    yield* Output.file(out, csv, FindingFiles.csv(findings, { zone: options.zone.zone }))
    yield* Output.file(out, ndjson, FindingFiles.ndjson(findings))
    yield* Output.file(out, "reconciliation.json", `${JSON.stringify(report, null, 2)}\n`)
  }
  if (options.json) yield* Json.print(report, findings, { out, files: { csv, findings: ndjson } })
  else {
    yield* table(run.value, totals, found, options)
    yield* Console.log(`\n${LedgerView.verdict(run.value, report)}`)
  }
  if (found.unreadable > 0) return yield* new CannotTell({ reasons: [LedgerView.unreadable(found.unreadable)] })
  return yield* ExitCode.end(stateOf(run.value))
})

/** The verdict of a run. One that was kept without a verdict, or with one that is not known here, cannot be told. */
const stateOf = ({ verdict }: Ledger.RunEntry) => Verdict.states.find((state) => state === verdict) ?? "unknown"

/** The report of a run, as it was kept. */
const reportOf = ({ id, summary }: Ledger.RunEntry) =>
  Effect.mapError(
    LedgerView.reportOf(summary),
    () => new SettingError({ setting: "--ledger", detail: `the report of run ${id} is damaged: it is no JSON object` })
  )
