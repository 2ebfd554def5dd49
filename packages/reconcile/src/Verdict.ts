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
  /** The lists that are not proved whole. */
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
  /** A list is not proved whole. */
  | { readonly _tag: "Unproved"; readonly list: List }
  /** Calls that must not be recorded, and may be: a recording of their conversation does not say when it ran. */
  | { readonly _tag: "MaybeProhibited"; readonly calls: number }
  /** Calls must not be recorded, and this list is not proved whole. */
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

/**
 * The states of a verdict.
 *
 * @category constants
 * @since 0.1.0
 */
export const states: ReadonlyArray<Verdict["_tag"]> = ["assured", "breached", "unknown"]

const hundred = BigDecimal.fromBigInt(100n)

/**
 * A target as people write it, in percent, such as `99.9`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const targetText = (target: BigDecimal.BigDecimal | undefined) => {
  const { scale, value } = BigDecimal.normalize(target ?? hundred)
  return BigDecimal.format(
    scale < 0 ? BigDecimal.scale(BigDecimal.make(value, scale), 0) : BigDecimal.make(value, scale)
  )
}

// ---------------------------------------------------------------------------
// Judging
// ---------------------------------------------------------------------------

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

// ---------------------------------------------------------------------------
// In words
// ---------------------------------------------------------------------------

const number = (value: number) => value.toLocaleString("en")

const calls = (value: number) => `${number(value)} ${value === 1 ? "call" : "calls"}`

/** The coverage in words: `96.66%`, `between 95.00% and 96.66%`, `at least 95.00%`. */
const shares = ({ lower, upper }: Coverage.Coverage): string => {
  if (lower === null) return upper === null ? "not known" : `at most ${Coverage.percent(upper)}%`
  if (upper === null) return `at least ${Coverage.percent(lower)}%`
  const [least, most] = [Coverage.percent(lower), Coverage.percent(upper)]
  return least === most ? `${least}%` : `between ${least}% and ${most}%`
}

/** What a share is of, where it is not of calls. */
const measure = (of: Measure | undefined) => (of === "talk" ? " of talk" : "")

const listNames: Readonly<Record<List, string>> = { cdrs: "CDRs", recordings: "recordings", trunks: "trunks" }

/** What settles calls that a rule of `Policy.short` leaves open. */
const settles: Readonly<Record<string, string>> = {
  "voice-api": "set --voice-api to must or may, or add a rule to the policy",
  "trunk-unknown":
    "add a rule for their trunk to the policy, such as when: { trunks: [ID] }; with files, list it by --trunks",
  "talk-unread": "their talk time cannot be read: ask the provider for it",
  default: "add a rule to the policy, or change its default"
}

const settle = ({ calls: count, place, rule }: Unjudged): string => {
  const advice =
    place === null
      ? (settles[rule] ?? `change rule "${rule}"`)
      : `change ${rule === "default" ? "" : `rule "${rule}" in `}${place}`
  return `${number(count)} by ${rule === "default" ? "the default" : `rule "${rule}"`} (${advice})`
}

const causes = ({ expired, inConference, otherAccount, settling, trunkChanged }: Undetermined): string =>
  [
    ...(settling > 0 ? [`${number(settling)} ended too recently`] : []),
    ...(trunkChanged > 0
      ? [`${number(trunkChanged)} ${trunkChanged === 1 ? "is" : "are"} on a trunk that was changed since`]
      : []),
    ...(expired > 0
      ? [
          `${number(expired)} ${expired === 1 ? "is" : "are"} older than the provider keeps recordings, and not archived`
        ]
      : []),
    ...(otherAccount > 0 ? [`${number(otherAccount)} ${otherAccount === 1 ? "is" : "are"} of another account`] : []),
    ...(inConference > 0 ? [`${number(inConference)} may be in a recorded conference`] : [])
  ].join("; ")

/**
 * A reason in one sentence.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sentence = (reason: Reason): string => {
  switch (reason._tag) {
    case "Prohibited":
      return `${calls(reason.calls)} must not be recorded, and ${reason.calls === 1 ? "is" : "are"}.`
    case "Vanished":
      return reason.recordings === 1
        ? "1 recording was there before, and is gone or shorter before its retention ends."
        : `${number(reason.recordings)} recordings were there before, and are gone or shorter before their retention ends.`
    case "Missing":
      return `${calls(reason.calls)} had to be recorded, and ${reason.calls === 1 ? "is" : "are"} not.`
    case "Partly":
      return `${calls(reason.calls)} had to be recorded, and ${reason.calls === 1 ? "is" : "are"} only in part.`
    case "Unusable":
      return `${calls(reason.calls)} had to be recorded, and ${reason.calls === 1 ? "has" : "have"} no usable audio.`
    case "BelowTarget":
      return `Coverage${measure(reason.of)} is ${shares(reason.coverage)}, below the target of ${reason.target}%.`
    case "AroundTarget":
      return `Cannot tell whether coverage${measure(reason.of)} reaches ${reason.target}%: it is ${shares(reason.coverage)}.`
    case "NoCalls":
      return "The window has no calls. Set --allow-empty if quiet windows are normal."
    case "NothingRequired":
      return `${reason.calls === 1 ? "The only call did not have" : `None of the ${calls(reason.calls)} had`} to be recorded. Check the policy, or set --allow-empty if that is right.`
    case "AllExcused":
      return reason.calls === 1
        ? "The only call that had to be recorded is excused, so nothing shows that calls are recorded."
        : `All ${calls(reason.calls)} that had to be recorded are excused, so nothing shows that calls are recorded.`
    case "UnknownTrunk":
      return reason.rules === 1
        ? "1 rule of the policy names a trunk that the account does not have: correct its name."
        : `${number(reason.rules)} rules of the policy name trunks that the account does not have: correct their names.`
    case "Undetermined":
      return `Cannot tell whether ${calls(reason.calls)} ${reason.calls === 1 ? "is" : "are"} recorded: ${causes(reason)}.`
    case "Unproved":
      return `The list of ${listNames[reason.list]} is not proved whole.`
    case "MaybeProhibited":
      return `Cannot tell whether ${calls(reason.calls)} that must not be recorded ${reason.calls === 1 ? "is" : "are"}: a recording of the same conversation does not say when it ran.`
    case "UnseenProhibited":
      return `A prohibited recording may be unseen: the list of ${listNames[reason.list]} is not proved whole.`
    case "Unjudged":
      return `No rule judges ${calls(reason.calls)}: ${reason.rules.map(settle).join("; ")}.`
  }
}

/** A reason in a few words. */
const phrase = (reason: Reason): string => {
  switch (reason._tag) {
    case "Prohibited":
      return `${number(reason.calls)} prohibited`
    case "Vanished":
      return `${number(reason.recordings)} deleted or shortened since`
    case "Missing":
      return `${number(reason.calls)} missing`
    case "Partly":
      return `${number(reason.calls)} partly recorded`
    case "Unusable":
      return `${number(reason.calls)} unusable`
    case "BelowTarget":
      return `coverage${measure(reason.of)} ${shares(reason.coverage)}, target ${reason.target}%`
    case "AroundTarget":
      return `coverage${measure(reason.of)} ${shares(reason.coverage)}, target ${reason.target}%`
    case "NoCalls":
      return "no calls in the window"
    case "NothingRequired":
      return reason.calls === 1
        ? "the only call did not have to be recorded"
        : `none of ${calls(reason.calls)} had to be recorded`
    case "AllExcused":
      return "no other call had to be recorded"
    case "UnknownTrunk":
      return reason.rules === 1 ? "1 rule names an unknown trunk" : `${number(reason.rules)} rules name unknown trunks`
    case "Undetermined":
      return `${number(reason.calls)} undetermined`
    case "Unproved":
      return `list of ${listNames[reason.list]} not proved`
    case "MaybeProhibited":
      return `${number(reason.calls)} possibly prohibited`
    case "UnseenProhibited":
      return "a prohibited recording may be unseen"
    case "Unjudged":
      return `${number(reason.calls)} unjudged`
  }
}

const words: Readonly<Record<Verdict["_tag"], string>> = {
  assured: "Assured",
  breached: "Breached",
  unknown: "Unknown"
}

/** What a target that is met tolerates, such as `target 90% met; 3 missing, 1 unusable`; `null` where it tolerates nothing. */
const allowance = (
  { reasons }: Verdict,
  { classes, of, target }: { readonly classes: Coverage.Classes } & Goal
): string | null => {
  const names = (["missing", "partly", "unusable", "undetermined"] as const).filter((name) => classes[name] > 0)
  const isMet = reasons.every(({ _tag }) => _tag !== "BelowTarget" && _tag !== "AroundTarget")
  if (names.length === 0 || !isMet) return null
  const counts = names.map((name) => `${number(classes[name])} ${name === "partly" ? "partly recorded" : name}`)
  return `target ${targetText(target)}%${measure(of)} met; ${counts.join(", ")}`
}

/**
 * The verdict in one line, such as `Breached: 3 missing, 1 unusable, coverage 96.66%, target 100%`. It counts what its target
 * tolerates, such as `Breached: 2 prohibited; target 90% met; 3 missing`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const headline = (verdict: Verdict, goal: { readonly classes: Coverage.Classes } & Goal): string =>
  `${judged(verdict, goal)}${goal.classes.excused > 0 ? `; ${number(goal.classes.excused)} excused` : ""}`

const judged = (verdict: Verdict, goal: { readonly classes: Coverage.Classes } & Goal): string => {
  const allowed = allowance(verdict, goal)
  if (verdict._tag !== "assured") {
    const reasons = [...new Set(verdict.reasons.map(phrase))].join(", ")
    return `${words[verdict._tag]}: ${reasons}${allowed === null ? "" : `; ${allowed}`}`
  }
  if (allowed !== null) return `Assured: ${allowed}`
  const required = Coverage.required(goal.classes)
  if (required === 0) return "Assured: no call had to be recorded"
  return `Assured: ${required === 1 ? "the only call" : `all ${calls(required)}`} that had to be recorded ${required === 1 ? "is" : "are"}`
}

/** Parts of a sentence, joined as people do: `a`, `a and b`, `a, b and c`. */
const joined = (parts: ReadonlyArray<string>): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`

/** What is wrong, as a part of a sentence; `null` for a reason that only says how much is unknown. */
const wrong = (reason: Reason): string | null => {
  switch (reason._tag) {
    case "Missing":
      return `${calls(reason.calls)} that had to be recorded ${reason.calls === 1 ? "has" : "have"} no recording`
    case "Partly":
      return `${calls(reason.calls)} ${reason.calls === 1 ? "is" : "are"} recorded only in part`
    case "Unusable":
      return `${calls(reason.calls)} ${reason.calls === 1 ? "has" : "have"} no usable audio`
    case "Vanished":
      return `${number(reason.recordings)} ${reason.recordings === 1 ? "recording was" : "recordings were"} deleted or shortened since a run before`
    case "Prohibited":
      return `${calls(reason.calls)} ${reason.calls === 1 ? "is" : "are"} recorded that must not be`
    default:
      return null
  }
}

/**
 * Was every call that had to be recorded, recorded? `Yes`, `No` or `Cannot tell`, and why, in words for a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const answer = (verdict: Verdict, goal: { readonly classes: Coverage.Classes } & Goal): string => {
  const { excused } = goal.classes
  const beside =
    excused === 0 || verdict.reasons.some(({ _tag }) => _tag === "AllExcused")
      ? ""
      : ` The policy excuses ${calls(excused)} more.`
  return `${answered(verdict, goal)}${beside}`
}

const answered = (verdict: Verdict, { classes, of, target }: { readonly classes: Coverage.Classes } & Goal): string => {
  if (verdict._tag === "unknown") return `Cannot tell. ${sentence(verdict.reasons[0])}`
  if (verdict._tag === "breached") {
    // What was lost comes before what is too much.
    const order = verdict.reasons.toSorted((a, b) => Number(a._tag === "Prohibited") - Number(b._tag === "Prohibited"))
    const parts = order.map(wrong).filter((part) => part !== null)
    return parts.length === 0 ? `No. ${sentence(verdict.reasons[0])}` : `No. ${joined(parts)}.`
  }
  const required = Coverage.required(classes)
  if (required === 0) return "Yes. No call had to be recorded."
  const tolerated = [
    ...(classes.missing > 0
      ? [`${calls(classes.missing)} ${classes.missing === 1 ? "has" : "have"} no recording`]
      : []),
    ...(classes.partly > 0
      ? [`${calls(classes.partly)} ${classes.partly === 1 ? "is" : "are"} recorded only in part`]
      : []),
    ...(classes.unusable > 0
      ? [`${calls(classes.unusable)} ${classes.unusable === 1 ? "has" : "have"} no usable audio`]
      : []),
    ...(classes.undetermined > 0
      ? [`${calls(classes.undetermined)} ${classes.undetermined === 1 ? "is" : "are"} undetermined`]
      : [])
  ]
  return tolerated.length === 0
    ? `Yes. ${required === 1 ? "The only call" : `All ${calls(required)}`} that had to be recorded ${required === 1 ? "is" : "are"}.`
    : `Yes. The target of ${targetText(target)}%${measure(of)} is met, though ${joined(tolerated)}.`
}

/**
 * The verdict for programs: its state, its line and its reasons, each with its sentence.
 *
 * @category rendering
 * @since 0.1.0
 */
export interface Report {
  readonly state: Verdict["_tag"]
  readonly line: string
  readonly reasons: ReadonlyArray<Reason & { readonly sentence: string }>
}

/**
 * The verdict for programs, as plain data.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = (verdict: Verdict, goal: { readonly classes: Coverage.Classes } & Goal): Report => ({
  state: verdict._tag,
  line: headline(verdict, goal),
  reasons: verdict.reasons.map((reason) => ({ ...reason, sentence: sentence(reason) }))
})
