/**
 * Was every call of a window that had to be recorded really recorded?
 *
 * @since 0.1.0
 */
import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import type { Span } from "@vobiz-effect/archive/ArchiveIndex"
import type { StoreError } from "@vobiz-effect/archive/StoreError"
import type * as OffsetPager from "@vobiz-effect/core/OffsetPager"
import type { Recording } from "@vobiz-effect/core/Recording"
import {
  Account,
  Coverage,
  type DuckDb,
  type DuckDbError,
  type FileError,
  Files,
  type LedgerError,
  type RateCard,
  type Reconciliation,
  Relations,
  type Verdict
} from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as ResumableRun from "./ResumableRun.ts"
import type { Window } from "./Window.ts"

/**
 * What to reconcile.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly window: Window
  /**
   * The instant that counts as now: calls that ended less than the settle window before it are too recent to judge.
   *
   * @default the earlier of the instants that the two lists are proved as of; of files, the clock's
   */
  readonly asOf?: DateTime.Utc | undefined
  /**
   * How far the provider's clock is ahead of this one: what is too recent is so by the provider's.
   *
   * @default none
   */
  readonly clockSkew?: Duration.Duration | undefined
  /** What differs from `Kernel.defaults` of @vobiz-effect/reconcile. */
  readonly settings?: Omit<Reconciliation.Options, "lookBack"> | undefined
  /** What the verdict is judged by: a target of 100 percent by default. */
  readonly goal?: Verdict.Goal | undefined
  /**
   * What calls cost.
   *
   * @default no charge is judged
   */
  readonly rates?: RateCard.RateCard | undefined
  /**
   * Stores the rows while they are read, so that an interrupted run can resume. Its own window replaces `window`.
   *
   * @default rows are not stored
   */
  readonly resumable?: ResumableRun.ResumableRun | undefined
  /**
   * The zone of the days and instants that are shown.
   *
   * @default the policy's, or UTC
   */
  readonly zone?: Zone.Zone | undefined
  /** The recordings that an archive holds and that were added in a span, as `ArchivedAudio` reads them. */
  readonly archive?: ((span: Span) => Stream.Stream<Relations.Archived, StoreError>) | undefined
  /** The recordings that runs before saw, as a ledger remembers them. */
  readonly remembered?: Relations.Source<Relations.Remembered, LedgerError.LedgerError> | undefined
  /** The trunks as runs before saw them. */
  readonly trunkHistory?: Relations.Source<Relations.TrunkSeen, LedgerError.LedgerError> | undefined
}

/**
 * A reconciliation: its findings can be read as often as wanted while its scope is open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result extends Account.Result {
  /** The zone of the days and instants that are shown. */
  readonly zone: Zone.Zone
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
  ResumableRun.ReadError | StoreError | LedgerError.LedgerError | DuckDbError.DuckDbError,
  Recordings.Recordings | CallDetailRecords.CallDetailRecords | Trunks.Trunks | DuckDb.DuckDb | Scope.Scope
> {
  const { resumable } = options
  const { window } = resumable?.run ?? options
  const recordings = yield* Recordings.Recordings
  const cdrs = yield* CallDetailRecords.CallDetailRecords
  const trunks = yield* Trunks.Trunks
  const settings = Account.settings(options.settings)
  const spans = Account.spans(window, settings)
  const inTime = <E>({ proof, rows }: OffsetPager.Extract<Recording, E>) => ({
    proof,
    rows: Stream.filter(rows, ({ addTime }) => DateTime.isLessThan(addTime, spans.recordings.until))
  })
  const query = { since: spans.recordings.since }
  const readCdrs = yield* resumable === undefined
    ? cdrs.extract(spans.cdrs)
    : resumable.read({
        name: "cdrs",
        columns: Relations.cdr,
        walk: (named) => cdrs.resume(named, spans.cdrs),
        load: Files.cdrs
      })
  const readRecordings = yield* resumable === undefined
    ? Effect.map(recordings.extract(query), inTime)
    : resumable.read({
        name: "recordings",
        columns: Relations.recording,
        walk: (named) => Effect.map(recordings.resume(named, query), inTime),
        load: Files.recordings
      })
  const readTrunks = yield* trunks.extract
  const proofs = Effect.all({ cdrs: readCdrs.proof, recordings: readRecordings.proof, trunks: readTrunks.proof })
  const result = yield* Account.reconcile({
    cdrs: readCdrs.rows,
    recordings: readRecordings.rows,
    trunks: readTrunks.rows,
    archive: options.archive?.(addedIn(spans)),
    remembered: options.remembered,
    trunkHistory: options.trunkHistory,
    proofs,
    goal: options.goal,
    rates: options.rates,
    window,
    asOf: options.asOf ?? Effect.flatMap(proofs, (read) => Account.asOf(read, options.clockSkew)),
    options: settings
  })
  return shown(result, options.zone)
})

/** When the recordings of a window's calls were added. */
const addedIn = ({ recordings }: Account.Spans): Span => ({ from: recordings.since, until: recordings.until })

const shown = (result: Account.Result, zone: Zone.Zone | undefined): Result => ({
  ...result,
  zone: zone ?? Zone.ofPolicy(result.settings.policy)
})

/**
 * Files to reconcile, as `Files` of @vobiz-effect/reconcile takes them: each path names a file, a folder or a pattern.
 *
 * @category models
 * @since 0.1.0
 */
export interface FilesOptions extends Options {
  readonly cdrs: ReadonlyArray<string>
  readonly recordings: ReadonlyArray<string>
  readonly trunks: ReadonlyArray<string>
  /** The country calling code of national numbers in rows of the provider's, such as `"91"`. */
  readonly callingCode?: string | undefined
  /** What other names of columns in CSV mean, such as `{ "Call ID": "uuid" }`. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** The zone of instants in rows of the provider's that name none. @default UTC is assumed */
  readonly rowsZone?: DateTime.TimeZone | undefined
  /**
   * Whether the files of both lists hold all rows of the window. Nobody can prove that of files.
   *
   * @default false
   */
  readonly complete?: boolean | undefined
  /**
   * How many different rows the files of each list hold, as the provider's summary states it. Files with as many are complete; those with
   * others are not, even if they are said to be `complete`.
   *
   * @default undefined: no count is known
   */
  readonly totals?: { readonly cdrs?: number | undefined; readonly recordings?: number | undefined } | undefined
}

/**
 * Matches what stands in files, without the provider. `asOf` is then the instant at which its recordings began to be listed.
 * Unless the files are said to be `complete`, the verdict is `unknown` and absence is in doubt.
 *
 * @category programs
 * @since 0.1.0
 */
export const files = Effect.fn("Reconcile.files")(function* (
  options: FilesOptions
): Effect.fn.Return<
  Result,
  FileError.FileError | StoreError | LedgerError.LedgerError | DuckDbError.DuckDbError,
  DuckDb.DuckDb | Scope.Scope
> {
  const { callingCode, names, rowsZone, window } = options
  const asOf = options.asOf ?? (yield* DateTime.now)
  const result = yield* Account.reconcile({
    cdrs: Files.cdrs(options.cdrs, { callingCode, names, rowsZone }),
    recordings: Files.recordings(options.recordings, { callingCode, names, rowsZone }),
    trunks: options.trunks.length === 0 ? Stream.empty : Files.trunks(options.trunks, { names }),
    archive: options.archive?.(addedIn(Account.spans(window, options.settings))),
    remembered: options.remembered,
    trunkHistory: options.trunkHistory,
    proofs: Effect.succeed(options.complete === true ? Coverage.declared : Coverage.unproved),
    totals: options.totals,
    goal: options.goal,
    rates: options.rates,
    window,
    asOf,
    options: options.settings
  })
  return shown(result, options.zone)
})
