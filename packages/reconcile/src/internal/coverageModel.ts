/** Classes, shares and bounds, as figures. */
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"

/**
 * How many calls are of each class.
 *
 * @category models
 * @since 0.1.0
 */
export interface Classes {
  /** Had to be recorded, and are: nothing known against the audio. */
  readonly recorded: number
  /** Had to be recorded, and are in part: too little of their talk, or with too long a gap. */
  readonly partly: number
  /** Had to be recorded, and have only recordings that are unreadable, silent, truncated or of no length. */
  readonly unusable: number
  /** Had to be recorded, and are not. */
  readonly missing: number
  /** Had to be recorded, and nobody can tell: settling, expired and not archived, of another account, or maybe in a conference. */
  readonly undetermined: number
  /** No rule says whether they had to be recorded. */
  readonly unjudged: number
  /** Had to be recorded, are not, or in part, and are excused. */
  readonly excused: number
  /** Need no recording, or must have none. */
  readonly excluded: number
}

/**
 * The classes of no calls.
 *
 * @category constants
 * @since 0.1.0
 */
export const empty: Classes = {
  recorded: 0,
  partly: 0,
  unusable: 0,
  missing: 0,
  undetermined: 0,
  unjudged: 0,
  excused: 0,
  excluded: 0
}

/**
 * How many calls had to be recorded.
 *
 * @category getters
 * @since 0.1.0
 */
export const required = ({ missing, partly, recorded, undetermined, unusable }: Classes): number =>
  recorded + partly + unusable + missing + undetermined

/**
 * The classes of some calls and of others.
 *
 * @category combining
 * @since 0.1.0
 */
export const add = (a: Classes, b: Classes): Classes => ({
  recorded: a.recorded + b.recorded,
  partly: a.partly + b.partly,
  unusable: a.unusable + b.unusable,
  missing: a.missing + b.missing,
  undetermined: a.undetermined + b.undetermined,
  unjudged: a.unjudged + b.unjudged,
  excused: a.excused + b.excused,
  excluded: a.excluded + b.excluded
})

/**
 * The classes as they would be without excuses: the excused calls are missing.
 *
 * @category combining
 * @since 0.1.0
 */
export const unexcused = (classes: Classes): Classes => ({
  ...classes,
  missing: classes.missing + classes.excused,
  excused: 0
})

/**
 * A share, exactly.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ratio {
  readonly numerator: number
  readonly denominator: number
}

/**
 * The recorded share of the calls that had to be recorded, between bounds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Coverage {
  /** The least that it may be; `null` where that is not known, or where no call had to be recorded. */
  readonly lower: Ratio | null
  /** The most that it may be; `null` as for `lower`. */
  readonly upper: Ratio | null
}

/**
 * How far what the lists did not show may move the classes. Made by `margin`; `null` where a number is not known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Margin {
  /** CDRs that the list may lack. */
  readonly unseen: number | null
  /** Missing, partly recorded and unusable calls that may be recorded after all. */
  readonly found: number | null
  /** Recorded calls that may not be. */
  readonly lost: number | null
}

/**
 * The margin of lists that are whole.
 *
 * @category constants
 * @since 0.1.0
 */
export const none: Margin = { unseen: 0, found: 0, lost: 0 }

/**
 * How far a list is proved complete: by its reading, because the caller declares it (`"declared"`), or not at all (`null`).
 *
 * @category models
 * @since 0.1.0
 */
export type Proof = ExtractProof | "declared" | null

/**
 * How far the lists are proved complete.
 *
 * @category models
 * @since 0.1.0
 */
export interface Proofs {
  readonly cdrs: Proof
  readonly recordings: Proof
  /**
   * A trunk that is not listed may record every call, which nobody expects then.
   *
   * @default the caller knows that all trunks are given
   */
  readonly trunks?: Proof
}

/**
 * Proofs of lists that the caller declares whole.
 *
 * @category constants
 * @since 0.1.0
 */
export const declared: Proofs = { cdrs: "declared", recordings: "declared" }

/**
 * Proofs of lists of which nothing is known.
 *
 * @category constants
 * @since 0.1.0
 */
export const unproved: Proofs = { cdrs: null, recordings: null }

/**
 * Whether a list is whole: proved, or declared to be.
 *
 * @category getters
 * @since 0.1.0
 */
export const isWhole = (proof: Proof): boolean => proof === "declared" || proof?.verdict === "complete"

/**
 * The talk time of the calls that had to be recorded, in milliseconds: all that counts of it, how much of that is recorded at least,
 * and at most. They differ where recordings do not say when they began, and by the undetermined calls. `excused` is that of the excused
 * calls, which is in none of the others.
 *
 * @category models
 * @since 0.1.0
 */
export interface Talk {
  readonly base: number
  readonly least: number
  readonly most: number
  readonly excused: number
}

export const silence: Talk = { base: 0, least: 0, most: 0, excused: 0 }

export const addTalk = (a: Talk, b: Talk): Talk => ({
  base: a.base + b.base,
  least: a.least + b.least,
  most: a.most + b.most,
  excused: a.excused + b.excused
})

/**
 * The recorded share of talk time, between bounds. CDRs that a list may lack have talk of any length, so that nothing is known then;
 * recordings that it may lack may be of all that is not recorded.
 *
 * @category measuring
 * @since 0.1.0
 */
export const ofTalk = ({ base, least, most }: Talk, { cdrs, recordings }: Proofs): Coverage =>
  !isWhole(cdrs) || base === 0
    ? { lower: null, upper: null }
    : {
        lower: { numerator: least, denominator: base },
        upper: { numerator: isWhole(recordings) ? most : base, denominator: base }
      }

/**
 * The coverage of some calls, within the margin of their reconciliation. All that the lists did not show may be of one group,
 * so the margin is the same for each.
 *
 * @example
 * ```ts
 * import { Coverage } from "@vobiz-effect/reconcile"
 *
 * // 9,990 of 10,000 are recorded, and 5 more may be: from 99.90% to 99.95%.
 * const coverage = Coverage.within(Coverage.none)({ ...Coverage.empty, recorded: 9_990, undetermined: 5, missing: 5 })
 * ```
 *
 * @category measuring
 * @since 0.1.0
 */
export const within =
  ({ found, lost, unseen }: Margin) =>
  (classes: Classes): Coverage => {
    const all = required(classes)
    if (unseen === null || all + unseen === 0) return { lower: null, upper: null }
    const denominator = all + unseen
    const { excused, missing, partly, recorded, undetermined, unusable } = classes
    const lacking = missing + partly + unusable
    const cleared = unseen === 0 && found === 0 ? 0 : excused
    return {
      lower: lost === null ? null : { numerator: Math.max(0, recorded - lost), denominator },
      upper: {
        numerator: recorded + undetermined + Math.min(lacking, found ?? lacking) + cleared + unseen,
        denominator: denominator + cleared
      }
    }
  }

/**
 * A ratio in percent, such as `99.99`. Further places are cut off, not rounded, so that only all is `100.00`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const percent = ({ denominator, numerator }: Ratio, places = 2): string => {
  const digits = String((BigInt(numerator) * 10n ** BigInt(places + 2)) / BigInt(denominator)).padStart(places + 1, "0")
  const cut = digits.length - places
  return places === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
}
