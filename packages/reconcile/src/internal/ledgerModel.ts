/** What a ledger takes in, and what it gives. */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

import type * as Coverage from "../Coverage.ts"
import { Finding } from "../Finding.ts"
import type { Window } from "../Kernel.ts"
import type * as Policy from "../Policy.ts"
import type * as Relations from "../Relations.ts"
import type { Verdict } from "../Verdict.ts"

/**
 * Findings that stay in their database until a ledger takes them in, as a file.
 *
 * @category models
 * @since 0.1.0
 */
export interface FindingRows<E> {
  /**
   * Writes a Parquet file, `path`, of all findings that need attention and those of severity `info` about open findings. Column `subject` of
   * the Parquet file `open` holds the subjects of the open findings.
   */
  write(path: string, open: string): Effect.Effect<void, E>
  /** The same findings, with telephone numbers hidden except their last two digits. */
  readonly masked: FindingRows<E>
}

/**
 * A run to be kept. `settings` and `summary` are kept as they are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run<E> {
  readonly account: string
  readonly window: Window
  readonly asOf: DateTime.Utc
  readonly proofs: Coverage.Proofs
  readonly verdict: Verdict["_tag"]
  readonly policy: Policy.Policy
  readonly settings: unknown
  readonly summary: unknown
  /**
   * The findings of the run: `Reconciliation.Result.forLedger`, which leaves them in their database, or a stream. One of severity `info`
   * closes the open finding of the same subject (`FindingKey.subjectOf`); without one, it is dropped.
   */
  readonly findings: FindingRows<E> | Stream.Stream<Finding, E>
  /**
   * What the run saw of the provider's lists.
   *
   * @default nothing: what the ledger remembers stays as it is
   */
  readonly seen?: Relations.Seen<E> | undefined
  /**
   * How long after its end the provider keeps a recording. One that is older is forgotten.
   *
   * @default 30 days
   */
  readonly retention?: Duration.Duration | undefined
}

/**
 * What a run changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorded {
  readonly run: number
  /** The verdict of the account's run before, in the text that it was kept in; `null` where there is none. */
  readonly before: string | null
  /** The keys of the findings that it opened, anew or again. */
  readonly opened: ReadonlyArray<string>
  /** The keys of the open findings that it made critical, such as those that were in doubt before. */
  readonly raised: ReadonlyArray<string>
  /** How many of these two are critical. */
  readonly critical: number
  readonly cleared: number
  readonly expired: number
  readonly withdrawn: number
  /** The account's findings that are open now. One whose deadline has passed is not: nothing can be saved any more. */
  readonly open: number
}

/**
 * What somebody said of a finding: that it is `acknowledged`, or `reopened` for attention.
 *
 * @category models
 * @since 0.1.0
 */
export class Note extends Schema.Class<Note>("@vobiz-effect/reconcile/Note")({
  at: Schema.DateTimeUtc,
  kind: Schema.Literals(["acknowledged", "reopened"]),
  who: Schema.String,
  words: Schema.String
}) {}

/**
 * How a finding stands.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Status = Schema.Literals(["open", "acknowledged", "cleared", "expired", "withdrawn"])
/**
 * @category models
 * @since 0.1.0
 */
export type Status = typeof Status.Type

/**
 * A finding in the ledger. `closed` is `null` while it is open, `by` the code that closed it. Of a recording that came late,
 * `late` says between what it was late: it was not there at the run before, and was at the one that cleared it, both
 * counted from the call's end.
 *
 * `finding` is `null` where the text that was kept cannot be read: another version of this program wrote it, or it is damaged.
 * The rest of the entry stands.
 *
 * @category models
 * @since 0.1.0
 */
export class Entry extends Schema.Class<Entry>("@vobiz-effect/reconcile/Entry")({
  account: Schema.String,
  key: Schema.String,
  status: Status,
  opened: Schema.DateTimeUtc,
  closed: Schema.NullOr(Schema.DateTimeUtc),
  by: Schema.NullOr(Schema.String),
  late: Schema.NullOr(Schema.Struct({ atLeast: Schema.Duration, atMost: Schema.Duration })),
  notes: Schema.Array(Note),
  at: Schema.DateTimeUtc,
  deadline: Schema.NullOr(Schema.DateTimeUtc),
  finding: Schema.NullOr(Finding)
}) {}

/**
 * Which findings are asked for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Query {
  /**
   * As they were known then.
   *
   * @default now
   */
  readonly asOf?: DateTime.Utc | undefined
  /** @default all accounts */
  readonly account?: string | undefined
  /** @default all statuses */
  readonly statuses?: ReadonlyArray<Status> | undefined
}

/**
 * A run as it is kept: with its settings, policy, proofs and summary as JSON. `verdict` is `null` of a run that was kept before
 * there were verdicts.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunEntry {
  readonly id: number
  readonly recorded: DateTime.Utc
  readonly account: string
  readonly window: Window
  readonly asOf: DateTime.Utc
  readonly proofs: { readonly cdrs: string | null; readonly recordings: string | null }
  readonly verdict: string | null
  readonly policy: string
  readonly settings: string
  readonly summary: string
}
