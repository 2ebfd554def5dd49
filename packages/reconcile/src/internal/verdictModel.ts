/** What a verdict is, and what it is of. */
import type * as BigDecimal from "effect/BigDecimal"

import type * as Coverage from "../Coverage.ts"

/**
 * What a reconciliation is judged by.
 *
 * @category models
 * @since 0.1.0
 */
export interface Goal {
  /**
   * Percent of the calls that had to be recorded.
   *
   * @default 100
   */
  readonly target?: BigDecimal.BigDecimal | undefined
  /**
   * What the target is a share of: the calls that had to be recorded, or their talk time.
   *
   * @default "calls"
   */
  readonly of?: Measure | undefined
  /**
   * Whether a window in which no call had to be recorded is normal. Otherwise it is `unknown`.
   *
   * @default false
   */
  readonly allowEmpty?: boolean | undefined
}

/**
 * What coverage is measured in.
 *
 * @category models
 * @since 0.1.0
 */
export type Measure = "calls" | "talk"

/**
 * The lists that a reconciliation compares.
 *
 * @category models
 * @since 0.1.0
 */
export type List = "cdrs" | "recordings" | "trunks"

/**
 * Calls that a rule leaves unjudged.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unjudged {
  /** The name of the rule that says `unknown`. Telephone numbers in it are masked. */
  readonly rule: string
  readonly calls: number
  /** Where the rule is written, such as `policy.yaml:12`; `null` where it is no line of a file. */
  readonly place: string | null
}

/**
 * Why it cannot be told whether some calls are recorded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Undetermined {
  /** They ended less than the settle window ago. */
  readonly settling: number
  /** Their trunk was changed since, so that nobody knows whether it recorded calls then. */
  readonly trunkChanged: number
  /** They are older than the provider keeps recordings, and not archived. */
  readonly expired: number
  /** They are of another account. */
  readonly otherAccount: number
  /** They may be in a conference whose recording names no call. */
  readonly inConference: number
}

/**
 * What a verdict is computed from.
 *
 * @category models
 * @since 0.1.0
 */
export interface Facts extends Goal {
  /** CDRs of the window that were judged. */
  readonly cdrs: number
  readonly classes: Coverage.Classes
  /** As the classes and the proofs of the lists bound it. */
  readonly coverage: Coverage.Coverage
  /**
   * The same of talk time.
   *
   * @default nothing is known of it
   */
  readonly talkCoverage?: Coverage.Coverage | undefined
  /** Calls that must not be recorded, and are. */
  readonly prohibited: number
  /**
   * Calls that must not be recorded, and may be: a recording of their conversation does not say when it ran.
   *
   * @default none
   */
  readonly maybeProhibited?: number | undefined
  /** Calls that must not be recorded, whether they are or not. */
  readonly prohibitable: number
  /** Whether the policy has any rule that says `must-not`. */
  readonly prohibits: boolean
  /**
   * Recordings that a run before saw, and that are surely gone or shorter before their retention ends.
   *
   * @default none
   */
  readonly vanished?: number | undefined
  /** Rules of the policy that name a trunk which the account does not have. */
  readonly misnamed: number
  /** The lists that are not proved complete. */
  readonly unproved: ReadonlyArray<List>
  /** By rule, the unjudged calls of `classes`. */
  readonly unjudged: ReadonlyArray<Unjudged>
  /** By cause, the undetermined calls of `classes`. */
  readonly undetermined: Undetermined
}

/**
 * Why a verdict is not `assured`. `target` is in percent, such as `"99.9"`.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  /** Calls that must not be recorded, and are. */
  | { readonly _tag: "Prohibited"; readonly calls: number }
  /** Recordings that a run before saw, and that are gone or shorter before their retention ends. */
  | { readonly _tag: "Vanished"; readonly recordings: number }
  /** Calls that had to be recorded, and are not. */
  | { readonly _tag: "Missing"; readonly calls: number }
  /** Calls that had to be recorded, and are in part. */
  | { readonly _tag: "Partly"; readonly calls: number }
  /** Calls that have only recordings without usable audio. */
  | { readonly _tag: "Unusable"; readonly calls: number }
  /** The coverage is surely below the target. */
  | {
      readonly _tag: "BelowTarget"
      readonly coverage: Coverage.Coverage
      readonly of?: "talk"
      readonly target: string
    }
  /** The coverage may be below the target. */
  | {
      readonly _tag: "AroundTarget"
      readonly coverage: Coverage.Coverage
      readonly of?: "talk"
      readonly target: string
    }
  /** The window has no calls. */
  | { readonly _tag: "NoCalls" }
  /** The window has calls, and none had to be recorded. */
  | { readonly _tag: "NothingRequired"; readonly calls: number }
  /** All calls that had to be recorded are excused. */
  | { readonly _tag: "AllExcused"; readonly calls: number }
  /** No call had to be recorded, and rules name trunks that the account does not have. */
  | { readonly _tag: "UnknownTrunk"; readonly rules: number }
  /** Calls of which nobody can tell whether they are recorded. */
  | ({ readonly _tag: "Undetermined"; readonly calls: number } & Undetermined)
  /** A list is not proved complete. */
  | { readonly _tag: "Unproved"; readonly list: List }
  /** Calls that must not be recorded, and may be: a recording of their conversation does not say when it ran. */
  | { readonly _tag: "MaybeProhibited"; readonly calls: number }
  /** Calls must not be recorded, and this list is not proved complete. */
  | { readonly _tag: "UnseenProhibited"; readonly list: List }
  /** Calls of which no rule says whether they had to be recorded. */
  | { readonly _tag: "Unjudged"; readonly calls: number; readonly rules: ReadonlyArray<Unjudged> }

/**
 * The answer, as plain data.
 *
 * @category models
 * @since 0.1.0
 */
export type Verdict =
  | { readonly _tag: "assured"; readonly reasons: readonly [] }
  | { readonly _tag: "breached" | "unknown"; readonly reasons: readonly [Reason, ...ReadonlyArray<Reason>] }
