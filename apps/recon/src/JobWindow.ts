/**
 * The window of a job: no call is looked at by no run.
 *
 * A job's window is the last days, as many as are set. Where the runs before have not judged all calls up to there, it begins
 * earlier: where they ended.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import type { Kernel, Ledger } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Window } from "./Window.ts"

const decodeVerdict = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ verdict: ExtractProof.fields.verdict }))
)

const isProved = (proof: string | null) =>
  proof !== null && Option.exists(decodeVerdict(proof), ({ verdict }) => verdict === "complete")

/**
 * The instant up to which the account's calls are judged for good: of the calls that started before it, each is in the window of
 * a good run, and none was too recent to tell. `null` where there is no good run.
 *
 * A run is good if it was kept whole in the ledger with both lists proved complete. Calls that started less than the longest call
 * and the settle window before its `asOf` may still have gone on, or have been too recent: a later run has to look at them again.
 * A run whose window begins after what is judged so far leaves a gap, and does not count until another has closed it.
 *
 * @category reading
 * @since 0.1.0
 */
export const judgedUntil = <E>(
  runs: Stream.Stream<Pick<Ledger.RunEntry, "account" | "asOf" | "proofs" | "window">, E>,
  account: string,
  { longestCall, settle }: Pick<Kernel.Settings, "longestCall" | "settle">
): Effect.Effect<DateTime.Utc | null, E> =>
  runs.pipe(
    Stream.filter((run) => run.account === account && isProved(run.proofs.cdrs) && isProved(run.proofs.recordings)),
    Stream.runFold(
      (): DateTime.Utc | null => null,
      (reached, { asOf, window }) => {
        if (reached !== null && DateTime.isGreaterThan(window.from, reached)) return reached
        const settled = DateTime.subtractDuration(asOf, Duration.sum(longestCall, settle))
        const end = DateTime.max(window.from, DateTime.min(window.to, settled))
        return reached === null ? end : DateTime.max(reached, end)
      }
    )
  )

/**
 * The window of a run that is due, and the span that no run has judged and none can any more, as the provider has deleted its
 * recordings; `null` where there is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Due {
  readonly window: Window
  readonly lost: Window | null
}

/**
 * Lets a window reach back to what is judged, and no further than the provider keeps recordings.
 *
 * @category constructors
 * @since 0.1.0
 */
export const reachingBack = (
  window: Window,
  judged: DateTime.Utc | null,
  { retention }: Pick<Kernel.Settings, "retention">
): Due => {
  if (judged === null || DateTime.isGreaterThanOrEqualTo(judged, window.from)) return { window, lost: null }
  const kept = DateTime.min(window.from, DateTime.subtractDuration(window.to, retention))
  return DateTime.isGreaterThanOrEqualTo(judged, kept)
    ? { window: { from: judged, to: window.to }, lost: null }
    : { window: { from: kept, to: window.to }, lost: { from: judged, to: kept } }
}
