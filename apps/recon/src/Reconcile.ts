/**
 * Was every call of a window that had to be recorded really recorded?
 *
 * @since 0.1.0
 */
import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import type { StoreError } from "@vobiz-effect/archive/StoreError"
import type * as OffsetPager from "@vobiz-effect/core/OffsetPager"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import {
  Billing,
  Coverage,
  type DuckDb,
  type DuckDbError,
  type FileError,
  Files,
  Finding,
  type Kernel,
  Reconciliation,
  Relations
} from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Kept from "./Kept.ts"
import type { Window } from "./Window.ts"

/**
 * What to reconcile, and what differs from `Kernel.defaults` of @vobiz-effect/reconcile.
 *
 * `asOf` is the instant that counts as now, by default the clock's: calls that ended less than the settle window
 * before it are too recent to judge. With `kept`, what is read is kept as it comes, and the run is the one that is kept there:
 * its window and its `asOf` count. `audio` is what is wrong with the audio of recordings, as `AudioFaults` finds it in an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly window: Window
  readonly asOf?: DateTime.Utc | undefined
  readonly settings?: Omit<Reconciliation.Options, "lookBack"> | undefined
  readonly kept?: Kept.Kept | undefined
  readonly audio?: Stream.Stream<Relations.AudioFault, StoreError> | undefined
}

/**
 * How sure it is that both lists were read whole; `null` where rows came from files, of which nobody knows whether they
 * are all.
 *
 * @category models
 * @since 0.1.0
 */
export interface Proofs {
  readonly cdrs: ExtractProof | null
  readonly recordings: ExtractProof | null
}

/**
 * A reconciliation: its findings can be read as often as wanted while its scope is open. Where `proofs` do not say that
 * the lists were read whole, the findings that absence makes say so, and `coverage` has wider bounds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result extends Reconciliation.Result {
  readonly window: Window
  readonly asOf: DateTime.Utc
  readonly settings: Kernel.Settings
  readonly proofs: Proofs
  readonly coverage: Coverage.Coverage
  readonly lateness: Coverage.Lateness
  readonly billing: Billing.Billing
}

/**
 * Reads the CDRs, the recordings and the trunks of the account at once, and matches them in the database.
 *
 * CDRs are read from the longest call before the window on, so that a recording near its start is judged by its own call. The
 * provider has no date filter for recordings, so their list is read from the newest down to the window's start, and those that
 * cannot be of the window are left out.
 *
 * @example
 * ```ts
 * import { DateTime, Effect, Stream } from "effect"
 * import { Reconcile } from "@vobiz-effect/recon"
 * import { Policy } from "@vobiz-effect/reconcile"
 *
 * const missing = Effect.gen(function*() {
 *   const { findings } = yield* Reconcile.run({
 *     window: { from: DateTime.makeUnsafe("2026-05-10"), to: DateTime.makeUnsafe("2026-05-11") },
 *     settings: { policy: Policy.short({ voiceApi: "must" }) }
 *   })
 *   return yield* findings.pipe(Stream.filter(({ code }) => code === "missing"), Stream.runCollect)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export const run = Effect.fn("Reconcile.run")(function* (
  options: Options
): Effect.fn.Return<
  Result,
  Kept.ReadError | StoreError | DuckDbError.DuckDbError,
  Recordings.Recordings | CallDetailRecords.CallDetailRecords | Trunks.Trunks | DuckDb.DuckDb | Scope.Scope
> {
  const { kept } = options
  const { window } = kept?.run ?? options
  const recordings = yield* Recordings.Recordings
  const cdrs = yield* CallDetailRecords.CallDetailRecords
  const trunks = yield* Trunks.Trunks
  const asOf = kept?.run.asOf ?? options.asOf ?? (yield* DateTime.now)
  const settings = Reconciliation.settings({
    ...options.settings,
    lookBack: Reconciliation.settings(options.settings).longestCall
  })
  const end = DateTime.addDuration(DateTime.addDuration(window.to, settings.longestCall), settings.settle)
  const inTime = <E>({ proof, rows }: OffsetPager.Extract<Recording, E>) => ({
    proof,
    rows: Stream.filter(rows, ({ addTime }) => DateTime.isLessThan(addTime, end))
  })
  const cdrQuery = { from: DateTime.subtractDuration(window.from, settings.lookBack), to: window.to }
  const query = { since: window.from }
  const readCdrs = yield* kept === undefined
    ? cdrs.extract(cdrQuery)
    : kept.read({
        name: "cdrs",
        columns: Relations.cdr,
        walk: (keptAs) => cdrs.resume(keptAs, cdrQuery),
        load: Files.cdrs
      })
  const readRecordings = yield* kept === undefined
    ? Effect.map(recordings.extract(query), inTime)
    : kept.read({
        name: "recordings",
        columns: Relations.recording,
        walk: (keptAs) => Effect.map(recordings.resume(keptAs, query), inTime),
        load: Files.recordings
      })
  const result = yield* Reconciliation.run<Kept.ReadError | StoreError, Kept.ReadError, VobizError>({
    cdrs: readCdrs.rows,
    recordings: readRecordings.rows,
    trunks: trunks.stream,
    audio: options.audio,
    window,
    asOf,
    options: settings
  })
  const proofs = { cdrs: yield* readCdrs.proof, recordings: yield* readRecordings.proof }
  const coverage = yield* Coverage.measure(result.schema, proofs)
  return {
    ...result,
    findings: Stream.map(result.findings, doubting(proofs)),
    window,
    asOf,
    settings,
    proofs,
    coverage,
    lateness: yield* Coverage.lateness(result.schema),
    billing: yield* Billing.measure(result.schema)
  }
})

/**
 * Files to reconcile, as `Files` of @vobiz-effect/reconcile takes them: each path names a file, a folder or a pattern.
 *
 * - `callingCode`: the country calling code of national numbers in rows of the provider's, such as `"91"`.
 *
 * @category models
 * @since 0.1.0
 */
export interface FilesOptions extends Options {
  readonly cdrs: ReadonlyArray<string>
  readonly recordings: ReadonlyArray<string>
  readonly trunks: ReadonlyArray<string>
  readonly callingCode?: string | undefined
}

/**
 * Matches what stands in files, without the provider. `asOf` is then the instant at which its recordings began to be
 * listed; whether the files hold all rows nobody has proved.
 *
 * @category programs
 * @since 0.1.0
 */
export const files = Effect.fn("Reconcile.files")(function* (
  options: FilesOptions
): Effect.fn.Return<Result, FileError.FileError | StoreError | DuckDbError.DuckDbError, DuckDb.DuckDb | Scope.Scope> {
  const { callingCode, window } = options
  const asOf = options.asOf ?? (yield* DateTime.now)
  const settings = Reconciliation.settings(options.settings)
  const result = yield* Reconciliation.run<FileError.FileError | StoreError, FileError.FileError, FileError.FileError>({
    cdrs: Files.cdrs(options.cdrs, { callingCode }),
    recordings: Files.recordings(options.recordings, { callingCode }),
    trunks: options.trunks.length === 0 ? Stream.empty : Files.trunks(options.trunks),
    audio: options.audio,
    window,
    asOf,
    options: settings
  })
  const proofs = { cdrs: null, recordings: null }
  const unproved = Coverage.within({ unseen: null, found: null, lost: null })
  const coverage = unproved(yield* Coverage.total(result.schema))
  return {
    ...result,
    findings: Stream.map(result.findings, doubting(proofs)),
    window,
    asOf,
    settings,
    proofs,
    coverage,
    lateness: yield* Coverage.lateness(result.schema),
    billing: yield* Billing.measure(result.schema)
  }
})

/** Absence found in a list that is not proved whole may be the list's. */
const doubting = ({ cdrs, recordings }: Proofs) =>
  Finding.doubting({ cdrs: cdrs?.verdict === "complete", recordings: recordings?.verdict === "complete" })

/**
 * The same, with the telephone numbers in its findings hidden but for their last two digits.
 *
 * @category combinators
 * @since 0.1.0
 */
export const masked = (result: Result): Result => ({
  ...result,
  findings: Stream.map(result.findings, Finding.mask)
})

/**
 * The codes of findings that somebody has to do something about, the most serious first, and how many there are.
 *
 * @category getters
 * @since 0.1.0
 */
export const attention = ({ summary }: Pick<Result, "summary">): ReadonlyArray<readonly [Finding.Code, number]> =>
  Finding.Code.literals
    .filter((code) => Finding.severities[code] !== "info" && summary.counts[code] > 0)
    .toSorted((a, b) => Number(Finding.severities[b] === "critical") - Number(Finding.severities[a] === "critical"))
    .map((code) => [code, summary.counts[code]])
