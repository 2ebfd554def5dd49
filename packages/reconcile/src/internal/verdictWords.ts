/** What a verdict says, in words. */
import * as BigDecimal from "effect/BigDecimal"

import * as Coverage from "../Coverage.ts"
import type { Goal, List, Measure, Reason, Undetermined, Unjudged, Verdict } from "./verdictModel.ts"

/** The target that holds without another. */
export const hundred = BigDecimal.fromBigInt(100n)

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
      return `The list of ${listNames[reason.list]} is not proved complete.`
    case "MaybeProhibited":
      return `Cannot tell whether ${calls(reason.calls)} that must not be recorded ${reason.calls === 1 ? "is" : "are"}: a recording of the same conversation does not say when it ran.`
    case "UnseenProhibited":
      return `A prohibited recording may be unseen: the list of ${listNames[reason.list]} is not proved complete.`
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
