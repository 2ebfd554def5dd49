/**
 * The one answer of a reconciliation: `assured`, `breached` or `unknown`, with reasons.
 *
 * | Verdict    | When                                                                                                   |
 * | ---------- | ------------------------------------------------------------------------------------------------------ |
 * | `breached` | a call that must not be recorded is, or the coverage is surely below the target                        |
 * | `unknown`  | not breached, but the coverage may be below the target, calls have no rule, a prohibited recording may be unseen or cannot be told, or no call had to be recorded |
 * | `assured`  | neither                                                                                                |
 *
 * Doubts about the lists and undetermined calls act through the bounds of the coverage: a target that is met at worst is met.
 * A target tolerates missing, partly recorded and unusable calls, and never a prohibited recording, nor one that was deleted or shortened
 * since a run before. Excused calls are in no coverage, and
 * told with every verdict; where all that had to be recorded are excused, the verdict is `unknown`.
 *
 * @since 0.1.0
 */
import * as BigDecimal from "effect/BigDecimal"

import * as Coverage from "./Coverage.ts"
import type { Facts, Reason, Verdict } from "./internal/verdictModel.ts"
import { hundred, targetText } from "./internal/verdictWords.ts"

export type { Facts, Goal, List, Measure, Reason, Undetermined, Unjudged, Verdict } from "./internal/verdictModel.ts"
export { answer, headline, report, type Report, sentence, targetText } from "./internal/verdictWords.ts"

/**
 * The states of a verdict.
 *
 * @category constants
 * @since 0.1.0
 */
export const states: ReadonlyArray<Verdict["_tag"]> = ["assured", "breached", "unknown"]

/**
 * The verdict on some facts.
 *
 * @category judging
 * @since 0.1.0
 */
export const of = (facts: Facts): Verdict => {
  const { classes, maybeProhibited = 0, prohibited, unproved, vanished = 0 } = facts
  const coverage = measured(facts)
  const of = facts.of === "talk" ? ({ of: "talk" } as const) : {}
  const target = targetText(facts.target)
  const standing = standingOf(facts)
  const counted = (_tag: "Prohibited" | "Missing" | "Partly" | "Unusable", calls: number): ReadonlyArray<Reason> =>
    calls > 0 ? [{ _tag, calls }] : []
  const breaches: ReadonlyArray<Reason> = [
    ...counted("Prohibited", prohibited),
    // No target tolerates that either: whatever else is recorded, somebody has taken something away.
    ...(vanished > 0 ? [{ _tag: "Vanished", recordings: vanished } as const] : []),
    ...(standing !== "below"
      ? []
      : [
          ...counted("Missing", classes.missing),
          ...counted("Partly", classes.partly),
          ...counted("Unusable", classes.unusable),
          { _tag: "BelowTarget", coverage, ...of, target } as const
        ])
  ]
  const doubts: ReadonlyArray<Reason> = [
    // Of calls without a rule, nobody can tell that none had to be recorded.
    ...(standing === "nothing" && classes.excused > 0
      ? [{ _tag: "AllExcused", calls: classes.excused } as const]
      : standing === "nothing" && facts.allowEmpty !== true && classes.unjudged === 0
        ? [nothing(facts)]
        : []),
    // Such a rule may be why: that is no quiet window.
    ...(standing === "nothing" && facts.cdrs > 0 && facts.misnamed > 0
      ? [{ _tag: "UnknownTrunk", rules: facts.misnamed } as const]
      : []),
    ...(standing === "around" ? [{ _tag: "AroundTarget", coverage, ...of, target } as const] : []),
    ...(standing === "around" && classes.undetermined > 0
      ? [{ _tag: "Undetermined", calls: classes.undetermined, ...facts.undetermined } as const]
      : []),
    ...(standing === "met"
      ? []
      : unproved
          .filter((list) => list === "cdrs" || (standing !== "nothing" && list === "recordings"))
          .map((list) => ({ _tag: "Unproved", list }) as const)),
    // No bound of the coverage knows how many calls had to be recorded that a missing trunk would name.
    ...unproved.filter((list) => list === "trunks").map((list) => ({ _tag: "Unproved", list }) as const),
    ...(maybeProhibited > 0 ? [{ _tag: "MaybeProhibited", calls: maybeProhibited } as const] : []),
    ...unproved
      .filter((list) => (list === "recordings" ? facts.prohibitable > prohibited : list === "cdrs" && facts.prohibits))
      .map((list) => ({ _tag: "UnseenProhibited", list }) as const),
    ...(classes.unjudged > 0 ? [{ _tag: "Unjudged", calls: classes.unjudged, rules: facts.unjudged } as const] : [])
  ]
  const [first, ...others] = [...breaches, ...doubts]
  if (first === undefined) return { _tag: "assured", reasons: [] }
  return { _tag: breaches.length > 0 ? "breached" : "unknown", reasons: [first, ...others] }
}

const nothing = ({ cdrs }: Facts): Reason =>
  cdrs === 0 ? { _tag: "NoCalls" } : { _tag: "NothingRequired", calls: cdrs }

/** The coverage that the target is of. */
const measured = ({ coverage, of, talkCoverage = { lower: null, upper: null } }: Facts) =>
  of === "talk" ? talkCoverage : coverage

/** How the coverage stands to the target, exactly. */
const standingOf = (facts: Facts) => {
  const { classes, target = hundred } = facts
  const { lower, upper } = measured(facts)
  const reaches = ({ denominator, numerator }: Coverage.Ratio) =>
    BigDecimal.isGreaterThanOrEqualTo(whole(numerator * 100), BigDecimal.multiply(target, whole(denominator)))
  if (Coverage.required(classes) === 0) return "nothing"
  if (lower !== null && reaches(lower)) return "met"
  return upper !== null && !reaches(upper) ? "below" : "around"
}

const whole = (value: number) => BigDecimal.make(BigInt(value), 0)
