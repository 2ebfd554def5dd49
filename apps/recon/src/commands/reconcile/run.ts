/** `recon reconcile` */
import { ArchiveIndex, AudioStore, Manifest } from "@vobiz-effect/archive"
import { PhoneNumber, VobizConfig } from "@vobiz-effect/core"
import { Account, DuckDb, FindingFiles, Kernel, Ledger, Policy, Reconciliation } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as BillingView from "@vobiz-effect/review/BillingView"
import * as FindingsPage from "@vobiz-effect/review/FindingsPage"
import { counted } from "@vobiz-effect/review/Format"
import * as BigDecimal from "effect/BigDecimal"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Yaml } from "effect/encoding"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ArchivedAudio from "../../ArchivedAudio.ts"
import type { Given } from "../../Settings.ts"
import * as ExitCode from "../../ExitCode.ts"
import { SettingError } from "../../Failure.ts"
import * as CoverageView from "../../CoverageView.ts"
import * as JobWindow from "../../JobWindow.ts"
import * as Kept from "../../Kept.ts"
import * as Output from "../../Output.ts"
import { withProgress } from "../../Progress.ts"
import * as Reconcile from "../../Reconcile.ts"
import * as ReconcileView from "../../ReconcileView.ts"
import * as Window from "../../Window.ts"
import * as Archived from "../archived.ts"
import * as Database from "../database.ts"
import * as Evidence from "../evidence.ts"
import * as Json from "../json.ts"
import * as Ledgers from "../ledger.ts"
import * as Pages from "../pages.ts"
import * as Policies from "../policies.ts"
import * as Rates from "../rates.ts"
import * as SetAside from "../../SetAside.ts"
import * as Session from "../session.ts"
import * as Time from "../time.ts"
import * as Waiting from "../waiting.ts"
import * as Watch from "../watch.ts"
import * as FileTrouble from "../../internal/fileTrouble.ts"

/** Writes the files of a reconciliation into a folder. */
export const write = Effect.fnUntraced(function* (
  folder: string,
  result: Reconcile.Result,
  { reveal = false, ...page }: FindingsPage.Options & { readonly reveal?: boolean | undefined } = {}
) {
  yield* Output.file(folder, "coverage.csv", CoverageView.csv(result, { reveal }))
  const { schema, zone } = result
  const files = { schema, masked: !reveal, zone: zone.zone }
  yield* Output.fill(folder, Json.files.csv, (path) => FindingFiles.copy("csv", path, { ...files, asking: true }))
  yield* Output.fill(folder, Json.files.findings, (path) => FindingFiles.copy("ndjson", path, files))
  // Without a card an empty file would say that every charge is right, and one of a run before that some are not.
  yield* result.billing.rates === null
    ? Output.remove(folder, "charges.csv")
    : Output.file(folder, "charges.csv", BillingView.charges(schema, zone))
  yield* Output.file(folder, "reconciliation.json", `${ReconcileView.json(result)}\n`)
  yield* Output.file(folder, "findings.html", Stream.encodeText(FindingsPage.render(result, { ...page, zone })))
})

/** The coverage to reach, in percent, of calls or of talk. */
const target = Effect.gen(function* () {
  const text = yield* Session.optional("RECON_TARGET")
  if (text === undefined) return {}
  const [, share, of] = /^([\d.]+)(?:\s*%?\s+of\s+(calls|talk)|\s*%)?$/.exec(text.trim()) ?? []
  const percent = Option.filter(
    BigDecimal.fromString(share ?? ""),
    BigDecimal.between({ minimum: BigDecimal.fromBigInt(0n), maximum: BigDecimal.fromBigInt(100n) })
  )
  if (share !== undefined && Option.isSome(percent)) {
    return { target: percent.value, of: of === "talk" ? ("talk" as const) : undefined }
  }
  const detail = `must be a percentage from 0 to 100, such as 99.9, or "99.9% of talk" (got "${text}")`
  return yield* new SettingError({ setting: "--target", detail })
})

const yes = (name: string) => Config.Boolean(name).pipe(Config.withDefault(false))

/** What the verdict is judged by. */
const goal = Effect.gen(function* () {
  return { ...(yield* target), allowEmpty: yield* yes("RECON_ALLOW_EMPTY") }
})

const Share = Schema.FiniteFromString.check(
  Schema.makeFilter((percent: number) => percent > 0 && percent <= 100, {
    expected: "a percentage up to 100, such as 95"
  })
)

/** Which calls had to be recorded: as a policy file says, or by flags and settings in short. */
const policy = Effect.gen(function* () {
  const file = yield* Session.optional("RECON_POLICY")
  const voiceApi = yield* Config.option(Config.Literals(["must", "may", "unknown"], "RECON_VOICE_API"))
  const list = (yield* Config.String("RECON_RECORDED_NUMBERS").pipe(Config.withDefault(""))).trim()
  const tolerances = {
    ...Record.getSomes({
      minimumTalk: yield* Config.option(Time.notNegative("RECON_MINIMUM_TALK")),
      maximumGap: yield* Config.option(Time.notNegative("RECON_MAXIMUM_GAP"))
    }),
    ...Record.getSomes({ minimumShare: yield* Config.option(Config.schema(Share, "RECON_MINIMUM_SHARE")) })
  }
  if (file === undefined) {
    const numbers = yield* recordedNumbers(list)
    return Policy.short({
      ...tolerances,
      numbers,
      ...Option.match(voiceApi, { onNone: () => ({}), onSome: (voiceApi) => ({ voiceApi }) })
    })
  }
  if (Option.isSome(voiceApi) || list !== "" || Object.keys(tolerances).length > 0) {
    const detail =
      "the policy says all. Leave out --voice-api, --recorded-numbers, --minimum-talk, --minimum-share and --maximum-gap, or --policy"
    return yield* new SettingError({ setting: "--policy", detail })
  }
  return yield* Policies.read(file)
})

/** Numbers in a list, of which all calls must be recorded. */
const recordedNumbers = Effect.fnUntraced(function* (list: string) {
  const numbers: Record<string, Policy.Verdict> = {}
  for (const text of list.split(",").map((part) => part.trim())) {
    if (text === "") continue
    const e164 = PhoneNumber.revealE164(PhoneNumber.fromRaw(text))
    if (e164 === null) {
      return yield* new SettingError({
        setting: "--recorded-numbers",
        detail: `"${PhoneNumber.maskDigits(text)}" is no number in international form, such as +9180…`
      })
    }
    numbers[e164] = "must"
  }
  return numbers
})

interface Files {
  readonly cdrs: ReadonlyArray<string>
  readonly recordings: ReadonlyArray<string>
  readonly trunks: ReadonlyArray<string>
}

interface Input {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
  readonly json: boolean
  readonly reveal: boolean
  readonly out: string | undefined
  readonly complete: boolean
  readonly cdrCount: string | undefined
  readonly recordingCount: string | undefined
  readonly map: string | undefined
  readonly files: Files
  readonly asOf: string | undefined
  readonly given: Given
}

/** What the flags and settings say of the rules. */
const rules = Effect.gen(function* () {
  const times = {
    settle: yield* Config.option(Time.notNegative("RECON_SETTLE")),
    skew: yield* Config.option(Time.notNegative("RECON_SKEW")),
    longestCall: yield* Config.option(Time.positive("RECON_LONGEST_CALL")),
    retention: yield* Config.option(Time.notNegative("RECON_RETENTION"))
  }
  return { policy: yield* policy, ...Record.getSomes(times) }
})

/** All that the flags and settings say of one run, and whether its files can be written. */
const prepare = Effect.fnUntraced(function* (input: Input) {
  const settings = yield* rules
  const rates = yield* Rates.named
  const database = yield* Database.options()
  // A wrong time to wait ends the command before anything is read.
  yield* Waiting.patience
  const { window, zone } = yield* Session.span(input, settings.policy)
  const out = yield* Session.out(input.out)
  if (out !== undefined) yield* Output.folder(out)
  const asOf = input.asOf === undefined ? undefined : yield* Window.parseInstant("--as-of", input.asOf, zone)
  const archive = yield* Session.optional("RECON_ARCHIVE")
  const fs = yield* FileSystem.FileSystem
  if (archive !== undefined && !(yield* Effect.orElseSucceed(fs.exists(archive), () => true))) {
    const detail = `there is no folder ${archive}. Make it by: recon archive --archive ${archive}`
    return yield* new SettingError({ setting: "--archive", detail })
  }
  const complete = yield* yes("RECON_COMPLETE")
  if (input.complete && !namesFiles(input.files)) {
    const detail =
      "only files can be declared complete: the account's lists are proved. Name files by --cdrs and --recordings"
    return yield* new SettingError({ setting: "--complete", detail })
  }
  const totals = {
    cdrs: yield* total(input, "--cdr-count", input.cdrCount, "RECON_CDR_COUNT"),
    recordings: yield* total(input, "--recording-count", input.recordingCount, "RECON_RECORDING_COUNT")
  }
  const map = yield* Session.optional("RECON_MAP")
  if (input.map !== undefined && !namesFiles(input.files)) {
    const detail = "only files have columns: name some by --cdrs and --recordings"
    return yield* new SettingError({ setting: "--map", detail })
  }
  const names = map === undefined ? undefined : yield* columnNames(map)
  return { archive, asOf, complete, database, goal: yield* goal, names, out, rates, settings, totals, window, zone }
})

/** How many rows the provider counts of a list, of which files are given. */
const total = Effect.fnUntraced(function* (
  { files }: Input,
  setting: string,
  flag: string | undefined,
  variable: string
) {
  const text = yield* Session.optional(variable)
  if (flag !== undefined && !namesFiles(files)) {
    const detail = "only files need a count: the account's lists are proved. Name files by --cdrs and --recordings"
    return yield* new SettingError({ setting, detail })
  }
  if (text === undefined) return undefined
  const count = /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined
  if (count === undefined) {
    return yield* new SettingError({ setting, detail: `must be a whole number of rows, such as 1842 (got "${text}")` })
  }
  return count
})

const ColumnNames = Schema.Record(Schema.NonEmptyString, Schema.NonEmptyString)

/** What other names of columns mean, out of a file. */
const columnNames = Effect.fnUntraced(function* (file: string) {
  const wrong = (detail: string) => new SettingError({ setting: "--map", detail: `${file}: ${detail}` })
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), (error) => wrong(FileTrouble.toRead(error)))
  return yield* Effect.try(() => Yaml.parse(text)).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(ColumnNames)),
    Effect.mapError(() => wrong("it must be lines of `their name: our name`, such as `Call ID: uuid`"))
  )
})

type Prepared = Effect.Success<ReturnType<typeof prepare>>

/** The recordings of the archive that is named; none without one. */
const archivedAudio = Effect.fnUntraced(function* ({ archive }: Prepared) {
  if (archive === undefined) return undefined
  const context = yield* Layer.build(Archived.reader(archive))
  const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  return (span: ArchiveIndex.Span) =>
    ArchivedAudio.stream(archive, span).pipe(Stream.provideContext(context), Stream.provideContext(files))
})

/**
 * Where a recording's audio is, from the page on: in the archive's folder, if it is kept there as it is. What is encrypted or in
 * a bucket no page can play.
 */
const audioOf = Effect.fnUntraced(function* ({ archive }: Prepared, out: string) {
  if (archive === undefined || !(yield* Archived.isPlain)) return {}
  const path = yield* Path.Path
  const { list } = yield* Effect.provide(ArchiveIndex.ArchiveIndex, Archived.index(archive))
  const places = new Map<string, string>()
  const relative = path.relative(path.resolve(out), path.resolve(archive)).split(path.sep).join("/")
  yield* Stream.runForEach(list, (entry) =>
    Effect.sync(() => {
      if (entry._tag === "Stored") places.set(entry.recordingId, `${relative}/${AudioStore.pathOf(entry.sha256)}`)
    })
  )
  return { audioOf: (recordingId: string) => places.get(recordingId) ?? null } satisfies FindingsPage.Options
})

/** Whether the window moves with the time, as that of a job does. */
const isMoving = ({ files, from, to }: Input) => from === undefined && to === undefined && !namesFiles(files)

/** Where what is read is kept, and whose it is; `null` where it is not kept. */
const keeping = Effect.fnUntraced(function* (input: Input) {
  const folder = yield* Session.optional("RECON_KEEP")
  if (folder === undefined) return null
  const { authId, baseUrl, cdrDays } = yield* VobizConfig.VobizConfig
  const asked = [input.from, input.to, yield* Session.optional("RECON_DAYS"), yield* Session.optional("RECON_SETTLE")]
  const days = cdrDays === null ? null : [DateTime.zoneToString(cdrDays.zone), cdrDays.endDate]
  return { folder, identity: JSON.stringify([authId, baseUrl, days, ...asked.map((text) => text ?? null)]) }
})

/** The run of a moving window that was stopped, and has to be finished before another. */
const interrupted = Effect.fnUntraced(function* (input: Input) {
  if (!isMoving(input) || (yield* Session.optional("RECON_KEEP")) === undefined) return null
  return yield* Effect.flatMap(keeping(input), (keep) =>
    keep === null ? Effect.succeed(null) : Kept.interrupted(keep.folder, keep.identity)
  ).pipe(
    Effect.provide(Session.services),
    // The run that opens the folder reports the error.
    Effect.orElseSucceed(() => null)
  )
})

/** The window of a run: one that moves reaches back to where the last good run ended. */
const dueWindow = Effect.fnUntraced(function* (
  input: Input,
  { settings, window, zone }: Prepared,
  account: string,
  ledger: Ledger.Ledger["Service"] | null
) {
  if (ledger === null || !isMoving(input)) return window
  const inForce = Reconciliation.settings(settings)
  const due = JobWindow.reachingBack(window, yield* JobWindow.judgedUntil(ledger.runs, account, inForce), inForce)
  if (due.lost !== null) {
    yield* Effect.logWarning(
      "no run judged these calls, and the provider keeps no recordings of then: reconcile them by --from, --to and --archive"
    ).pipe(Effect.annotateLogs({ from: Zone.iso(due.lost.from, zone), to: Zone.iso(due.lost.to, zone) }))
  }
  if (DateTime.isLessThan(due.window.from, window.from)) {
    yield* Effect.logInfo("the window reaches back to where the last good run ended").pipe(
      Effect.annotateLogs({ from: Zone.iso(due.window.from, zone) })
    )
  }
  return due.window
})

/** Reads the account, and keeps what it reads until `done` where that is wished for. */
const ofProvider = (input: Input, prepared: Prepared, isJob: boolean, ledger: Ledger.Ledger["Service"] | null) =>
  Effect.gen(function* () {
    const { goal, rates, settings, zone } = prepared
    const archive = yield* archivedAudio(prepared)
    const { authId } = yield* VobizConfig.VobizConfig
    const clockSkew = Duration.millis((yield* Session.contract)?.clockSkewMillis ?? 0)
    const window = yield* dueWindow(input, prepared, authId, ledger)
    const keep = yield* keeping(input)
    const kept =
      keep === null ? undefined : yield* Kept.open(keep.folder, keep.identity, { window, asOf: yield* DateTime.now })
    const reconciling = Reconcile.run({
      window,
      clockSkew,
      settings: { ...settings, account: authId },
      goal,
      rates,
      zone,
      kept,
      archive,
      remembered: ledger?.remembered(authId),
      trunkHistory: ledger?.trunkHistory(authId)
    })
    const folder = prepared.out ?? keep?.folder
    const watched = isJob ? reconciling : withProgress(reconciling)
    // What a run that was stopped has set aside stays in the folder that it is kept in.
    const append = prepared.out === undefined
    const result = yield* folder === undefined ? watched : SetAside.keeping(folder, watched, { append })
    return { account: authId, result, done: kept?.clear ?? Effect.void }
  }).pipe(Effect.provide(Session.services))

/** Reads files, which must be of both lists. */
const ofFiles = Effect.fnUntraced(function* (
  prepared: Prepared,
  { cdrs, recordings, trunks }: Files,
  ledger: Ledger.Ledger["Service"] | null
) {
  const { asOf, complete, goal, names, out, rates, settings, totals, window, zone } = prepared
  for (const [setting, files] of [
    ["--cdrs", cdrs],
    ["--recordings", recordings]
  ] as const) {
    if (files.length > 0) continue
    const detail = "name the files of both lists, CDRs and recordings"
    return yield* new SettingError({ setting, detail })
  }
  const callingCode = yield* Session.optional("VOBIZ_CALLING_CODE")
  const named = yield* Session.optional("VOBIZ_ROWS_ZONE")
  const rowsZone = named === undefined ? undefined : (yield* Window.zone(named, "--rows-zone")).zone
  const account = (yield* Session.optional("VOBIZ_AUTH_ID")) ?? "files"
  const archive = yield* archivedAudio(prepared)
  const before = { remembered: ledger?.remembered(account), trunkHistory: ledger?.trunkHistory(account) }
  const options = {
    callingCode,
    rowsZone,
    complete,
    totals,
    names,
    window,
    zone,
    asOf,
    settings,
    goal,
    rates,
    archive,
    ...before
  }
  const reading = Reconcile.files({ cdrs, recordings, trunks, ...options })
  const result = yield* out === undefined ? reading : SetAside.keeping(out, reading)
  const rows = Object.values(result.loaded.setAside).reduce((sum, some) => sum + (some?.rows ?? 0), 0)
  if (rows > 0) {
    const path = yield* Path.Path
    const where =
      out === undefined
        ? `--out FOLDER writes them to ${SetAside.rejectedName}`
        : `see ${path.join(out, SetAside.rejectedName)}`
    yield* Console.error(
      `recon: ${counted(rows, "row")} of the files cannot be read, and ${rows === 1 ? "is" : "are"} in doubt: ${where}`
    )
  }
  return { account, result, done: Effect.void }
})

const namesFiles = ({ cdrs, recordings, trunks }: Files) => cdrs.length + recordings.length + trunks.length > 0

/** One run, or what a ledger knows of one. */
const once = Effect.fnUntraced(function* (input: Input, watch: Watch.Watch, isJob: boolean) {
  const prepared = yield* prepare(input)
  const file = yield* Session.optional("RECON_LEDGER")
  const { asOf, out } = prepared
  if (asOf !== undefined && !namesFiles(input.files)) {
    if (file !== undefined) {
      const known = Ledgers.asKnown({ asOf, zone: prepared.zone, out, reveal: input.reveal, json: input.json })
      return yield* Effect.provide(known, Ledgers.layer(yield* Ledgers.existing))
    }
    const detail =
      "the provider tells only how things stand now. Name a ledger by --ledger, or files by --cdrs and --recordings and when they were read"
    return yield* new SettingError({ setting: "--as-of", detail })
  }
  const stopped = yield* interrupted(input)
  if (stopped === null) return yield* one(input, prepared, watch, { isJob, isShown: true })
  // It is finished first, and never instead.
  const before = yield* Watch.verdictOf(one(input, prepared, watch, { isJob, isShown: !input.json }))
  yield* Console.error(
    `recon: the run as of ${Zone.iso(stopped.asOf, prepared.zone)} that was interrupted is finished: ${before}`
  )
  const after = yield* Watch.verdictOf(one(input, yield* prepare(input), watch, { isJob, isShown: true }))
  return yield* ExitCode.end(ExitCode.worst(before, after))
})

interface Mode {
  readonly isJob: boolean
  /** Whether standard output shows the run. */
  readonly isShown: boolean
}

/** One run, in the ledger that is named. */
const one = Effect.fnUntraced(function* (input: Input, prepared: Prepared, watch: Watch.Watch, mode: Mode) {
  const file = yield* Session.optional("RECON_LEDGER")
  const program = judged(input, prepared, watch, mode)
  // The ledger is held from the start on, so that two runs never work at the same time.
  return yield* Watch.run(
    watch,
    (file === undefined
      ? program(null)
      : Effect.flatMap(Ledger.Ledger, program).pipe(Effect.provide(Ledgers.layer(file)))
    ).pipe(
      Effect.catchTag("DuckDbError", (error) =>
        Effect.fail(Database.advised(error, { ...prepared.database, ledger: file }))
      )
    )
  )
})

/** A run in the manifest of a folder. */
const writtenDown = (directory: string) =>
  Effect.flatMap(Manifest.Manifest, ({ run }) => run("reconcile")).pipe(Effect.provide(Evidence.layerAlone(directory)))

/** Keeps by which policy, and what was found; the lists' proofs stand in the report. */
const writeDown = Effect.fnUntraced(function* (run: Manifest.Run, result: Reconcile.Result) {
  const policy = JSON.stringify(Policy.encode(result.settings.policy), null, 2)
  yield* run.object({ what: "policy" }, Evidence.text(policy))
  yield* run.object({ what: "findings", format: "ndjson" }, ReconcileView.ndjson(result))
  yield* run.object({ what: "report", format: "json" }, Evidence.text(ReconcileView.json(result)))
})

/** How many tasks are shown on the terminal. */
const tasksShown = 5

/**
 * The findings that have least time left, the critical ones first. Of those whose time is over, nothing can be saved: they come
 * last.
 */
const urgent = (result: Reconcile.Result, now: DateTime.Utc) =>
  Account.attention(result).length === 0
    ? Effect.succeed([])
    : Stream.runCollect(Kernel.findings(result.schema, { order: { urgentAt: now }, asking: true, most: tasksShown }))

/** Ends what the terminal shows: what to do first, where the page is, and the verdict. */
export const close = Effect.fnUntraced(function* (result: Reconcile.Result, out: string | undefined) {
  const path = yield* Path.Path
  const now = yield* DateTime.now
  const page = out === undefined ? null : path.join(out, "findings.html")
  yield* Console.log(
    `\n${ReconcileView.closing(result, {
      ...(yield* Session.terminal),
      now,
      tasks: yield* urgent(result, now),
      page: page === null ? null : { path: page, url: yield* Effect.orDie(path.toFileUrl(path.resolve(page))) }
    })}`
  )
})

/** Reads, matches, shows, writes and keeps what was found. */
const judged =
  (input: Input, prepared: Prepared, watch: Watch.Watch, { isJob, isShown }: Mode) =>
  (ledger: Ledger.Ledger["Service"] | null) =>
    Effect.gen(function* () {
      const evidence = yield* Session.optional("RECON_EVIDENCE")
      const run = evidence === undefined ? null : yield* writtenDown(evidence)
      const reading = namesFiles(input.files)
        ? ofFiles(prepared, input.files, ledger)
        : ofProvider(input, prepared, isJob, ledger)
      const { account, done, result: found } = yield* run === null ? reading : Evidence.withAnswers(run)(reading)
      const result = input.reveal ? found : Account.masked(found)
      const { out } = prepared
      if (isShown && !input.json) yield* Console.log(ReconcileView.text(result, yield* Session.terminal))
      if (out !== undefined)
        yield* write(out, result, {
          ...(yield* audioOf(prepared, out)),
          links: yield* Pages.inFolder(out, [Pages.report]),
          reveal: input.reveal
        })
      if (run !== null) yield* writeDown(run, result)
      const kept = ledger === null ? undefined : yield* Ledgers.record(ledger, account, result)
      yield* done
      if (kept !== undefined && isShown && !input.json) yield* Console.log(Ledgers.line(kept.recorded))
      if (isShown) {
        yield* input.json
          ? Json.print(ReconcileView.report(result), result.asking, { out, files: Json.files })
          : close(result, out)
      }
      yield* Watch.found(watch, account, result, kept?.news)
      return result
    }).pipe(
      Effect.scoped,
      Effect.provide(DuckDb.DuckDb.layer(prepared.database)),
      // The verdict is no failure of the run, which has ended by now.
      Effect.flatMap(({ verdict }) => ExitCode.end(verdict._tag))
    )

/** What of the settings can be wrong in a job. */
const check = Effect.fnUntraced(function* (input: Input) {
  for (const setting of ["from", "to"] as const) {
    if (input[setting] === undefined) continue
    const detail = "the window of a job moves with the time. Say how many days it reaches back, by --days"
    return yield* new SettingError({ setting: `--${setting}`, detail })
  }
  if (namesFiles(input.files)) {
    const detail = "files stay as they are. Leave out --cdrs, --recordings and --trunks, or --every"
    return yield* new SettingError({ setting: "--every", detail })
  }
  yield* prepare(input)
  yield* Effect.provide(Session.contract, Session.services)
})

/** What the process before left unfinished does not wait for the next time. */
const finish = Effect.fnUntraced(function* (input: Input, watch: Watch.Watch) {
  if ((yield* interrupted(input)) === null) return
  yield* Watch.verdictOf(one(input, yield* prepare(input), watch, { isJob: true, isShown: true }))
})

export const run = (input: Input) =>
  Watch.start("reconcile", {
    zone: Effect.map(Session.span(input), ({ zone }) => zone),
    check: check(input),
    before: (watch) => finish(input, watch),
    once: (watch, isJob) => once(input, watch, isJob)
  }).pipe(Effect.provide(Session.settings(input.given)))
