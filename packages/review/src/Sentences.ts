/**
 * A reconciliation in sentences and a table, the same on a page, on a terminal and in a message.
 *
 * @since 0.1.0
 */
import { PhoneNumber } from "@vobiz-effect/core"
import { type Account, Coverage, Finding, PolicyUse, Zone } from "@vobiz-effect/reconcile"
import { count, counted } from "./Format.ts"
import type { TextTable } from "./TextTable.ts"

const severity = ({ counts, inDoubt }: Account.Result["summary"], code: Finding.Code): string => {
  const doubted = inDoubt[code] ?? 0
  if (doubted === 0) return Finding.severities[code]
  return doubted === counts[code] ? "in doubt" : `${Finding.severities[code]}, ${count(doubted)} in doubt`
}

/**
 * The number of findings of each kind, without the kinds that have none.
 *
 * @category rendering
 * @since 0.1.0
 */
export const kinds = ({ summary }: Account.Result): TextTable => ({
  title: "Findings by kind",
  columns: [{ header: "Finding" }, { header: "Code" }, { header: "Severity" }, { header: "Count", align: "right" }],
  rows: Finding.Code.literals
    .filter((code) => summary.counts[code] > 0)
    .map((code) => [Finding.labels[code], code, severity(summary, code), count(summary.counts[code])])
})

/** A share in percent, or `unknown`. */
const share = (ratio: Coverage.Ratio | null): string => (ratio === null ? "unknown" : `${Coverage.percent(ratio)}%`)

/**
 * A coverage in percent: one figure, or its two bounds.
 *
 * @category rendering
 * @since 0.1.0
 */
export const bounds = ({ lower, upper }: Coverage.Coverage): string =>
  share(lower) === share(upper) ? share(lower) : `between ${share(lower)} and ${share(upper)}`

/**
 * The coverage, and the number of calls that had to be recorded.
 *
 * If there are no such calls, the sentence says why: unjudged calls may have to be recorded.
 *
 * @category rendering
 * @since 0.1.0
 */
export const coverage = ({ classes, coverage }: Pick<Account.Result, "classes" | "coverage">): string => {
  const required = Coverage.required(classes)
  if (required > 0) return `${bounds(coverage)} of ${counted(required, "call")} that had to be recorded`
  if (classes.unjudged > 0) return `unknown: no rule judges ${counted(classes.unjudged, "call")}`
  return classes.excused > 0
    ? `of none: ${counted(classes.excused, "call")} that had to be recorded ${classes.excused === 1 ? "is" : "are"} excused`
    : "no call had to be recorded"
}

/**
 * The policy's excuses that excused at least one call. Digits of telephone numbers are masked.
 *
 * @category getters
 * @since 0.1.0
 */
export const excuses = ({ settings, summary }: Account.Result) =>
  (settings.policy.excuses ?? []).flatMap(({ approver, expires, name, reason, reference }) => {
    const calls = summary.excuses[name] ?? 0
    const [named, why] = [PhoneNumber.maskDigits(name), PhoneNumber.maskDigits(reason)]
    return calls === 0 ? [] : [{ name: named, calls, reason: why, reference, approver, expires }]
  })

/**
 * The coverage with and without excuses, and who approved them. Empty if no call is excused.
 *
 * @category rendering
 * @since 0.1.0
 */
export const excused = (result: Account.Result, zone: Zone.Zone): ReadonlyArray<string> => {
  const { classes, coverage, unexcused } = result
  if (classes.excused === 0) return []
  const [left, all] = [Coverage.required(classes), Coverage.required(classes) + classes.excused]
  return [
    `${count(classes.excused)} of ${counted(all, "call")} that had to be recorded ${classes.excused === 1 ? "is" : "are"} excused: coverage is ${left === 0 ? "of none" : `${bounds(coverage)} of ${count(left)}`}, and ${bounds(unexcused)} of all ${count(all)}.`,
    ...excuses(result).map(
      ({ approver, calls, expires, name, reason, reference }) =>
        `${count(calls)} by "${name}": ${reason} (${reference}, approved by ${approver} until ${Zone.moment(expires, zone)}).`
    )
  ]
}

/** A duration of talk, such as `12 h 5 min` or `90 s`. */
const time = (millis: number): string => {
  const whole = Math.round(millis / 1000)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${count(hours)} h ${minutes} min` : whole >= 600 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}

/**
 * How much of the talk that had to be recorded is recorded: `98.50% of 12 h 5 min of talk`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const talk = ({ talk, talkCoverage }: Account.Result): string =>
  `${bounds(talkCoverage)} of ${time(talk.base)} of talk`

/**
 * The fields of CDRs that cannot be read, and the number of CDRs without a zone.
 *
 * @category rendering
 * @since 0.1.0
 */
export const oddities = ({ oddities, zoneless }: Account.Result): ReadonlyArray<string> => [
  ...Object.entries(oddities).map(
    ([field, rows]) =>
      `${field} cannot be read in ${count(rows)} ${rows === 1 ? "CDR" : "CDRs"}, and was taken as absent.`
  ),
  ...(zoneless === 0
    ? []
    : [
        `${counted(zoneless, "CDR")} without a time zone: read as UTC. --rows-zone says which zone ${zoneless === 1 ? "it is" : "they are"} of.`
      ])
]

/**
 * Doubts about the policy's rules, if the policy was read from a file.
 *
 * @category rendering
 * @since 0.1.0
 */
export const policyDoubts = ({ doubts }: Account.Result): ReadonlyArray<string> =>
  doubts.filter(({ place }) => place !== null).map(PolicyUse.sentence)
