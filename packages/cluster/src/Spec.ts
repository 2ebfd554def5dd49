/**
 * What is to be reconciled: an account, a window, and by which settings.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import { type Kernel, Policy } from "@vobiz-effect/reconcile"
import * as Schema from "effect/Schema"

/** `Kernel.Settings` as they travel. */
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
 * - `account`: by which the runners know its credentials (`Accounts`). None travel with the spec.
 * - `from`, `to`: the window, `[from, to)`.
 * - `asOf`: the instant that counts as now; by default the earlier of those at which the readings of the two lists began.
 * - `archive`: whether the audio of the window's recordings is fetched, too, after all else; by default not.
 *
 * @category models
 * @since 0.1.0
 */
export const Spec = Schema.Struct({
  account: Schema.NonEmptyString,
  from: Schema.DateTimeUtcFromString,
  to: Schema.DateTimeUtcFromString,
  asOf: Schema.optionalKey(Schema.DateTimeUtcFromString),
  settings: Settings,
  archive: Schema.optionalKey(Schema.Boolean)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Spec = typeof Spec.Type

const encode = Schema.encodeSync(Schema.toCodecJson(Spec))

/**
 * By what a run is known: the same account, window and settings are the same run, whenever it is submitted.
 *
 * @category getters
 * @since 0.1.0
 */
export const runOf = (spec: Spec): string => Digest.of(JSON.stringify(encode(spec))).slice(0, 24)

/**
 * Where the lake has all of an account.
 *
 * @category getters
 * @since 0.1.0
 */
export const accountOf = (account: string): string => `account=${account}`

/**
 * Where the lake has all files of a run.
 *
 * @category getters
 * @since 0.1.0
 */
export const folderOf = ({ account, run }: { readonly account: string; readonly run: string }): string =>
  `${accountOf(account)}/run=${run}`

/**
 * The same, of the run of a spec.
 *
 * @category getters
 * @since 0.1.0
 */
export const placeOf = (spec: Spec): string => folderOf({ account: spec.account, run: runOf(spec) })
