/**
 * The reconciliation of an account: which rows of its lists a window needs, and what they come to in coverage, time and money.
 *
 * Where the rows come from is up to the caller: the provider's lists as they are read, files, or what was kept of a reading.
 *
 * @since 0.1.0
 */
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Billing from "./Billing.ts"
import * as Coverage from "./Coverage.ts"
import type { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import * as Finding from "./Finding.ts"
import type * as Kernel from "./Kernel.ts"
import * as Reconciliation from "./Reconciliation.ts"

/**
 * Which rows of the lists a window needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spans {
  /** CDRs that started in `[from, to)`: from the longest call before the window on, so that a recording near its start is judged by its own call. */
  readonly cdrs: Kernel.Window
  /** Recordings that were added in `[since, until)`. */
  readonly recordings: { readonly since: DateTime.Utc; readonly until: DateTime.Utc }
}

/**
 * Which rows of the lists a window needs.
 *
 * @category getters
 * @since 0.1.0
 */
export const spans = ({ from, to }: Kernel.Window, options?: Reconciliation.Options): Spans => {
  const { longestCall, settle } = Reconciliation.settings(options)
  return {
    cdrs: { from: DateTime.subtractDuration(from, longestCall), to },
    recordings: { since: from, until: DateTime.addDuration(DateTime.addDuration(to, longestCall), settle) }
  }
}

/**
 * The settings of a reconciliation whose CDRs are those of `spans`.
 *
 * @category getters
 * @since 0.1.0
 */
export const settings = (options?: Reconciliation.Options): Kernel.Settings => {
  const inForce = Reconciliation.settings(options)
  return { ...inForce, lookBack: inForce.longestCall }
}

/**
 * The instant that two lists are as of: absence from a list says something of the instant at which its reading began, and of no later
 * one. `clockSkew` is how far the provider's clock is ahead of this one.
 *
 * @category getters
 * @since 0.1.0
 */
export const asOf = (
  proofs: Readonly<Record<"cdrs" | "recordings", ExtractProof>>,
  clockSkew: Duration.Duration = Duration.zero
): Effect.Effect<DateTime.Utc> =>
  Effect.map(DateTime.now, (now) =>
    DateTime.addDuration(
      [proofs.cdrs.asOf, proofs.recordings.asOf].reduce<DateTime.Utc>(
        (earliest, asOf) => DateTime.min(earliest, asOf ?? now),
        now
      ),
      clockSkew
    )
  )

/**
 * A reconciliation, with how late its recordings came and what was billed. It can be read while its scope is open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result extends Reconciliation.Result {
  readonly window: Kernel.Window
  readonly settings: Kernel.Settings
  readonly lateness: Coverage.Lateness
  readonly billing: Billing.Billing
}

/**
 * Reconciles the lists of an account, and measures the rest.
 *
 * @example
 * ```ts
 * import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
 * import { Account, DuckDb } from "@vobiz-effect/reconcile"
 * import { DateTime, Effect } from "effect"
 *
 * const window = { from: DateTime.makeUnsafe("2026-05-10"), to: DateTime.makeUnsafe("2026-05-11") }
 *
 * const verdict = Effect.gen(function* () {
 *   const spans = Account.spans(window)
 *   const cdrs = yield* (yield* CallDetailRecords.CallDetailRecords).extract(spans.cdrs)
 *   const recordings = yield* (yield* Recordings.Recordings).extract({ since: spans.recordings.since })
 *   const trunks = yield* (yield* Trunks.Trunks).extract
 *   const proofs = Effect.all({ cdrs: cdrs.proof, recordings: recordings.proof, trunks: trunks.proof })
 *   const { billing, coverage, verdict } = yield* Account.reconcile({
 *     cdrs: cdrs.rows,
 *     recordings: recordings.rows,
 *     trunks: trunks.rows,
 *     proofs,
 *     window,
 *     asOf: Effect.flatMap(proofs, (read) => Account.asOf(read)),
 *     options: Account.settings()
 *   })
 *   return { billed: billing.totals.billed, coverage, verdict }
 * }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer()))
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const reconcile = Effect.fn("Account.reconcile")(function* <E1, E2, E3, E4 = never, E5 = never, E6 = never>(
  sources: Reconciliation.Sources<E1, E2, E3, E4, E5, E6>
): Effect.fn.Return<Result, E1 | E2 | E3 | E4 | E5 | E6 | DuckDbError, DuckDb | Scope.Scope> {
  const result = yield* Reconciliation.run(sources)
  return {
    ...result,
    window: sources.window,
    settings: Reconciliation.settings(sources.options),
    lateness: yield* Coverage.lateness(result.schema),
    billing: yield* Billing.measure(result.schema, sources.rates)
  }
})

/**
 * A reconciliation with the telephone numbers in its findings hidden, except their last two digits.
 *
 * @category combinators
 * @since 0.1.0
 */
export const masked = <R extends Result>(result: R): R => ({
  ...result,
  findings: Stream.map(result.findings, Finding.mask),
  asking: Stream.map(result.asking, Finding.mask),
  forLedger: result.forLedger.masked
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

/**
 * How many findings are critical.
 *
 * @category getters
 * @since 0.1.0
 */
export const critical = ({ summary: { counts, inDoubt } }: Pick<Result, "summary">): number =>
  Finding.Code.literals
    .filter((code) => Finding.severities[code] === "critical")
    .reduce((sum, code) => sum + counts[code] - (inDoubt[code] ?? 0), 0)
