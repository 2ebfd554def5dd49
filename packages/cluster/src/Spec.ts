/**
 * A request to reconcile a window of an account.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import { type Kernel, Policy } from "@vobiz-effect/reconcile"
import * as Schema from "effect/Schema"

/** The encoding of `Kernel.Settings`. */
const Settings = Schema.Struct({
  settle: Schema.DurationFromMillis,
  retention: Schema.DurationFromMillis,
  longestCall: Schema.DurationFromMillis,
  lookBack: Schema.DurationFromMillis,
  skew: Schema.DurationFromMillis,
  account: Schema.NullOr(Schema.String),
  policy: Policy.Policy
}) satisfies Schema.Codec<Kernel.Settings, unknown>

/**
 * One reconciliation.
 *
 * @category models
 * @since 0.1.0
 */
export const Spec = Schema.Struct({
  /** The `authId` by which runners find the credentials (`Accounts`). The spec contains none. */
  account: Schema.NonEmptyString,
  /** The start of the window, inclusive. */
  from: Schema.DateTimeUtcFromString,
  /** The end of the window, exclusive. */
  to: Schema.DateTimeUtcFromString,
  /**
   * The instant that counts as now.
   *
   * By default, when the reading of the CDRs or of the recordings began, whichever was earlier.
   */
  asOf: Schema.optionalKey(Schema.DateTimeUtcFromString),
  settings: Settings,
  /**
   * Whether to fetch the audio of the listed recordings, after everything else.
   *
   * @default false
   */
  archive: Schema.optionalKey(Schema.Boolean)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Spec = typeof Spec.Type

const encode = Schema.encodeSync(Schema.toCodecJson(Spec))

/**
 * The id of a spec's run: a digest, the same whenever and wherever the spec is submitted.
 *
 * @category getters
 * @since 0.1.0
 */
export const runOf = (spec: Spec): string => Digest.of(JSON.stringify(encode(spec))).slice(0, 24)

/**
 * The directory of an account in the lake.
 *
 * @category getters
 * @since 0.1.0
 */
export const accountOf = (account: string): string => `account=${account}`

/**
 * The directory of a run in the lake.
 *
 * @category getters
 * @since 0.1.0
 */
export const folderOf = ({ account, run }: { readonly account: string; readonly run: string }): string =>
  `${accountOf(account)}/run=${run}`

/**
 * The directory of a spec's run in the lake.
 *
 * @category getters
 * @since 0.1.0
 */
export const placeOf = (spec: Spec): string => folderOf({ account: spec.account, run: runOf(spec) })
