/** Reads the lists of a run, of the account or of files, and matches them. */
import type { ArchiveIndex } from "@vobiz-effect/archive"
import { VobizConfig } from "@vobiz-effect/core"
import { type Ledger, Reconciliation } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { counted } from "@vobiz-effect/review/Format"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { SettingError } from "../../Failure.ts"
import * as JobWindow from "../../JobWindow.ts"
import { withProgress } from "../../Progress.ts"
import * as Reconcile from "../../Reconcile.ts"
import * as ResumableRun from "../../ResumableRun.ts"
import * as Window from "../../Window.ts"
import * as SetAside from "../../SetAside.ts"
import * as Session from "../session.ts"
import { type Files, type Input, isMoving, type Prepared } from "./request.ts"

/** The recordings of the archive that is named; none without one. An empty one gives none either, so a warning says that it is empty. */
const archivedAudio = Effect.fnUntraced(function* ({ archive }: Prepared) {
  if (archive === undefined) return undefined
  const { stream } = yield* Effect.promise(() => import("../../ArchivedAudio.ts"))
  const { isEmpty, reader } = yield* Effect.promise(() => import("../archived.ts"))
  const context = yield* Layer.build(reader(archive))
  if (yield* Effect.provideContext(isEmpty, context)) {
    yield* Console.error(`recon: the archive ${archive} has no audio: is it the right folder?`)
  }
  const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  return (span: ArchiveIndex.Span) =>
    stream(archive, span).pipe(Stream.provideContext(context), Stream.provideContext(files))
})

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
export const interrupted = Effect.fnUntraced(function* (input: Input) {
  if (!isMoving(input) || (yield* Session.optional("RECON_KEEP")) === undefined) return null
  return yield* Effect.flatMap(keeping(input), (keep) =>
    keep === null ? Effect.succeed(null) : ResumableRun.interrupted(keep.folder, keep.identity)
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
export const ofProvider = (input: Input, prepared: Prepared, isJob: boolean, ledger: Ledger.Ledger["Service"] | null) =>
  Effect.gen(function* () {
    const { goal, rates, settings, zone } = prepared
    const archive = yield* archivedAudio(prepared)
    const { authId } = yield* VobizConfig.VobizConfig
    const clockSkew = Duration.millis((yield* Session.contract)?.clockSkewMillis ?? 0)
    const window = yield* dueWindow(input, prepared, authId, ledger)
    const keep = yield* keeping(input)
    const resumable =
      keep === null
        ? undefined
        : yield* ResumableRun.open(keep.folder, keep.identity, { window, asOf: yield* DateTime.now })
    const reconciling = Reconcile.run({
      window,
      clockSkew,
      settings: { ...settings, account: authId },
      goal,
      rates,
      zone,
      resumable,
      archive,
      remembered: ledger?.remembered(authId),
      trunkHistory: ledger?.trunkHistory(authId)
    })
    const folder = prepared.out ?? keep?.folder
    const watched = isJob ? reconciling : withProgress(reconciling)
    // What a run that was stopped has set aside stays in the folder that it is kept in.
    const append = prepared.out === undefined
    const result = yield* folder === undefined ? watched : SetAside.keeping(folder, watched, { append })
    return { account: authId, result, done: resumable?.clear ?? Effect.void }
  }).pipe(Effect.provide(Session.services))

/** Reads files, which must be of both lists. */
export const ofFiles = Effect.fnUntraced(function* (
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
