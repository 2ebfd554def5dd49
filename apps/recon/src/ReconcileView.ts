/**
 * A reconciliation for people: on the terminal, as files, and as a section of a page.
 *
 * @since 0.1.0
 */
import {
  Coverage,
  type DuckDbError,
  Finding,
  FindingFiles,
  PolicyUse,
  Reconciliation,
  Verdict
} from "@vobiz-effect/reconcile"
import { PhoneNumber } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as BillingView from "./BillingView.ts"
import * as CoverageView from "./CoverageView.ts"
import type * as HtmlPage from "./HtmlPage.ts"
import { count, counted, days } from "./internal/format.ts"
import * as ProofView from "./ProofView.ts"
import { attention, type Result } from "./Reconcile.ts"
import * as Table from "./Table.ts"
import * as Urgency from "./Urgency.ts"
import * as Zone from "./Zone.ts"
import * as Terminal from "./internal/terminal.ts"

const columns: ReadonlyArray<Table.Column> = [
  { header: "Finding" },
  { header: "Code" },
  { header: "Severity" },
  { header: "Count", align: "right" }
]

const codes = ({ summary }: Result): ReadonlyArray<ReadonlyArray<string>> =>
  Finding.Code.literals
    .filter((code) => summary.counts[code] > 0)
    .map((code) => [Finding.labels[code], code, severity(summary, code), count(summary.counts[code])])

const severity = ({ counts, inDoubt }: Result["summary"], code: Finding.Code): string => {
  const doubted = inDoubt[code] ?? 0
  if (doubted === 0) return Finding.severities[code]
  return doubted === counts[code] ? "in doubt" : `${Finding.severities[code]}, ${count(doubted)} in doubt`
}

/** A share in percent, or that it is not known. */
const share = (ratio: Coverage.Ratio | null): string => (ratio === null ? "unknown" : `${Coverage.percent(ratio)}%`)

const bounds = ({ lower, upper }: Coverage.Coverage): string =>
  share(lower) === share(upper) ? share(lower) : `between ${share(lower)} and ${share(upper)}`

/** The coverage of how many calls. */
const coverageLine = ({ classes, coverage }: Result): string => {
  const required = Coverage.required(classes)
  return required === 0
    ? "no call had to be recorded"
    : `${bounds(coverage)} of ${counted(required, "call")} that had to be recorded`
}

/** The excuses that excused calls, as the policy has them. */
const excuses = ({ settings, summary }: Result) =>
  (settings.policy.excuses ?? []).flatMap(({ approver, expires, name, reason, reference }) => {
    const calls = summary.excuses[name] ?? 0
    const [named, why] = [PhoneNumber.maskDigits(name), PhoneNumber.maskDigits(reason)]
    return calls === 0 ? [] : [{ name: named, calls, reason: why, reference, approver, expires }]
  })

/** The coverage with and without the excuses, and who approved them, where there are any. */
const excused = (result: Result): ReadonlyArray<string> => {
  const { classes, coverage, unexcused, zone } = result
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

/** Why calls are undetermined, unless the verdict says so itself. */
const undetermined = ({ classes, summary, verdict }: Result): ReadonlyArray<string> =>
  classes.undetermined === 0 || verdict.reasons.some(({ _tag }) => _tag === "Undetermined")
    ? []
    : [
        Verdict.sentence({
          _tag: "Undetermined",
          calls: classes.undetermined,
          ...Reconciliation.causesOf(summary)
        })
      ]

const classNames = [
  "recorded",
  "partly",
  "unusable",
  "missing",
  "undetermined",
  "unjudged",
  "excused",
  "excluded"
] as const

/** The calls of each class that has any. */
const classes = ({ classes }: Result): string =>
  classNames
    .filter((name) => name === "recorded" || classes[name] > 0)
    .map((name) => `${count(classes[name])} ${name === "partly" ? "partly recorded" : name}`)
    .join(", ")

/** A time of talk in words, such as `12 h 5 min` or `90 s`. */
const time = (millis: number): string => {
  const whole = Math.round(millis / 1000)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${count(hours)} h ${minutes} min` : whole >= 600 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}

/** How much of the talk of the calls that had to be recorded is. */
const talk = ({ talk, talkCoverage }: Result): string => `${bounds(talkCoverage)} of ${time(talk.base)} of talk`

/** Why the verdict is not assured, a sentence each. */
const reasons = ({ verdict }: Result): ReadonlyArray<string> => verdict.reasons.map(Verdict.sentence)

/** The fields of CDRs that cannot be read, and how many CDRs name no zone. */
const oddities = ({ oddities, zoneless }: Result): ReadonlyArray<string> => [
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

/** What to look at in the policy, if it was read from a file. */
const policyDoubts = ({ doubts }: Result): ReadonlyArray<string> =>
  doubts.filter(({ place }) => place !== null).map(PolicyUse.sentence)

/** So many trunks are named. */
const trunksTold = 5

/** The trunks that are not listed, of calls that no rule judges. */
const unlisted = ({ unlisted }: Result): ReadonlyArray<string> => {
  if (unlisted.length === 0) return []
  const named = unlisted.slice(0, trunksTold).map(({ calls, trunkId }) => `${Terminal.json(trunkId)} (${count(calls)})`)
  const more = unlisted.length - named.length
  const calls = unlisted.reduce((sum, { calls }) => sum + calls, 0)
  return [
    `${calls === 1 ? "1 call is" : `${count(calls)} calls are`} on ${unlisted.length === 1 ? "a trunk" : "trunks"} that the account does not list (any more): ${named.join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}`,
    `Find out whether ${unlisted.length === 1 ? "it" : "they"} recorded calls, and say so by a rule of the policy: when: { trunks: [${Terminal.json(unlisted[0]?.trunkId)}] }`,
    "With a ledger (--ledger), later runs remember how a trunk stood before it was deleted."
  ]
}

/**
 * The reconciliation for a terminal, without the tasks and the verdict that end it (`closing`).
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (result: Result, options: Table.Options): string => {
  const bold = (words: string) => (options.color ? `\u001b[1m${words}\u001b[22m` : words)
  const { summary, window, zone } = result
  const kinds = codes(result)
  return [
    bold(`Reconciliation ${Zone.span(window, zone)}, as of ${Zone.moment(result.asOf, zone)} (${zone.name})`),
    "",
    `Coverage    ${coverageLine(result)}`,
    `Talk        ${talk(result)}`,
    `Calls       ${classes(result)}`,
    ...excused(result).map((sentence, n) => `${n === 0 ? "Excused     " : "            "}${sentence}`),
    ...undetermined(result).map((sentence) => `            ${sentence}`),
    `Compared    ${counted(summary.cdrs, "CDR")} and ${counted(summary.recordings, "recording")}`,
    ...oddities(result).map((sentence) => `            ${sentence}`),
    ...CoverageView.lateness(result.lateness),
    ...BillingView.sentences(result.billing),
    ...ProofView.sentences(result.proofs, zone),
    ...policyDoubts(result).map((doubt) => `Policy      ${doubt}`),
    ...unlisted(result).map((sentence, n) => `${n === 0 ? "Trunks      " : "            "}${sentence}`),
    "",
    kinds.length === 0 ? "No findings" : Table.render(columns, kinds, options)
  ].join("\n")
}

const taskColumns: ReadonlyArray<Table.Column> = [
  { header: "Time left", align: "right" },
  { header: "Most urgent" },
  { header: "CDR or recording" }
]

const timeLeft = ({ deadline }: Finding.Finding, now: DateTime.Utc): string => {
  if (deadline === null) return "–"
  const rest = DateTime.distance(now, deadline)
  return Duration.isLessThanOrEqualTo(rest, Duration.zero) ? "none" : days(rest)
}

/**
 * What ends the reconciliation on a terminal: the most urgent tasks, where the page is, the reasons, and the verdict as the last
 * line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const closing = (
  result: Result,
  options: Table.Options & {
    readonly now: DateTime.Utc
    readonly tasks: ReadonlyArray<Finding.Finding>
    /** The path of the page, and its address. */
    readonly page: { readonly path: string; readonly url: URL } | null
  }
): string => {
  const { page, tasks } = options
  const rows = tasks.map((task) => [
    timeLeft(task, options.now),
    `${Finding.labels[task.code]}${task.inDoubt ? ", in doubt" : ""}`,
    task.cdrs[0]?.uuid ?? task.recordings[0]?.recordingId ?? ""
  ])
  return [
    ...(rows.length === 0 ? [] : [Table.render(taskColumns, rows, options), ""]),
    ...(page === null ? [] : [`All findings: ${options.color ? link(page) : page.path}`]),
    ...reasons(result),
    line(result)
  ].join("\n")
}

/** A hyperlink, as terminals show them (OSC 8). */
const link = ({ path, url }: { readonly path: string; readonly url: URL }) =>
  `\u001b]8;;${url.href}\u001b\\${path}\u001b]8;;\u001b\\`

/**
 * The verdict in one line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const line = ({ classes, goal, verdict }: Result): string => Verdict.headline(verdict, { classes, ...goal })

/**
 * The reconciliation as plain data, without its findings.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = (result: Result) => ({
  verdict: Verdict.report(result.verdict, { classes: result.classes, ...result.goal }),
  from: DateTime.formatIso(result.window.from),
  to: DateTime.formatIso(result.window.to),
  asOf: DateTime.formatIso(result.asOf),
  cdrs: result.summary.cdrs,
  recordings: result.summary.recordings,
  classes: { required: Coverage.required(result.classes), ...result.classes },
  undetermined: Reconciliation.causesOf(result.summary),
  coverage: { lower: percentOf(result.coverage.lower), upper: percentOf(result.coverage.upper) },
  excused: {
    calls: result.classes.excused,
    by: excuses(result),
    requiredBefore: Coverage.required(result.classes) + result.classes.excused,
    coverageBefore: { lower: percentOf(result.unexcused.lower), upper: percentOf(result.unexcused.upper) }
  },
  talk: {
    seconds: result.talk.base / 1000,
    recordedAtLeast: result.talk.least / 1000,
    recordedAtMost: result.talk.most / 1000,
    excusedSeconds: result.talk.excused / 1000,
    coverage: { lower: percentOf(result.talkCoverage.lower), upper: percentOf(result.talkCoverage.upper) }
  },
  counts: result.summary.counts,
  inDoubt: result.summary.inDoubt,
  notExpected: result.summary.notExpected,
  oddities: result.oddities,
  zoneless: result.zoneless,
  unlistedTrunks: result.unlisted,
  policy: result.doubts.map((doubt) => ({ ...doubt, sentence: PolicyUse.sentence(doubt) })),
  lateness: CoverageView.latenessReport(result.lateness),
  billing: BillingView.report(result.billing),
  proofs: ProofView.report(result.proofs)
})

const percentOf = (ratio: Coverage.Ratio | null) => (ratio === null ? null : Number(Coverage.percent(ratio, 6)))

/**
 * The reconciliation as JSON text, without its findings.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (result: Result): string => Terminal.json(report(result), 2)

/**
 * All findings, of every code, as NDJSON: one JSON a line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const ndjson = ({ findings }: Result): Stream.Stream<Uint8Array, DuckDbError.DuckDbError> =>
  FindingFiles.ndjson(findings)

/** The only place where a verdict gets a colour. */
const tones = { assured: "good", breached: "bad", unknown: "unknown" } as const

/** What the answer, or the line on the target, has told already. */
const told: ReadonlySet<Verdict.Reason["_tag"]> = new Set([
  "Missing",
  "Partly",
  "Unusable",
  "Prohibited",
  "Vanished",
  "BelowTarget",
  "AroundTarget"
])

/**
 * The answer, as the first section of a page: yes, no or cannot tell, and why; the calls that had to be recorded, by class;
 * the target; and what else there is to know.
 *
 * @category rendering
 * @since 0.1.0
 */
export const answerSection = (result: Result): HtmlPage.Section => {
  const { classes, coverage, goal, verdict } = result
  const rest = verdict.reasons.filter(({ _tag }, n) => (verdict._tag === "breached" || n > 0) && !told.has(_tag))
  const required = Coverage.required(classes)
  const target = Verdict.targetText(goal.target)
  return {
    title: "Was every call that had to be recorded, recorded?",
    answer: { text: Verdict.answer(verdict, { classes, ...goal }), tone: tones[verdict._tag] },
    bar: [
      { label: "Recorded", value: classes.recorded, tone: "good" },
      { label: "Recorded in part", value: classes.partly, tone: "part" },
      { label: "Recorded without usable audio", value: classes.unusable, tone: "poor" },
      { label: "No recording", value: classes.missing, tone: "bad" },
      { label: "Undetermined", value: classes.undetermined, tone: "unknown" },
      ...(classes.excused === 0 ? [] : [{ label: "Excused", value: classes.excused, tone: "unknown" } as const])
    ],
    notes: [
      ...(required === 0
        ? []
        : [
            `Of the ${counted(required, "call")} that had to be recorded, ${bounds(coverage)} ${required === 1 ? "is" : "are"}. The target is ${target}%${goal.of === "talk" ? " of talk" : ""}.`,
            `Of their talk, ${talk(result)} is recorded.`.replace(" of talk is", " is")
          ]),
      ...excused(result),
      ...rest.map(Verdict.sentence),
      ...policyDoubts(result),
      ...oddities(result),
      ...ProofView.sentences(result.proofs, result.zone)
    ]
  }
}

/**
 * How many findings there are of each kind.
 *
 * @category rendering
 * @since 0.1.0
 */
export const countsTable = (result: Result): HtmlPage.PageTable => ({
  caption: "Findings by kind",
  columns,
  rows: codes(result)
})

/** How many findings a page shows as a plain table. */
const shown = 200

/**
 * The findings that ask for something to be done, the least time left first, as a section of a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const findingsSection = Effect.fnUntraced(function* (
  result: Result
): Effect.fn.Return<HtmlPage.Section, DuckDbError.DuckDbError> {
  const now = yield* DateTime.now
  const findings = yield* Urgency.first(result.asking, { now, most: shown })
  const all = attention(result).reduce((sum, [, found]) => sum + found, 0)
  return {
    title: "Findings",
    intro: `What somebody has to do something about. What the provider deletes first stands first, as of ${Zone.moment(now, result.zone)}. Telephone numbers are left out.`,
    tables: [
      {
        caption: "By time left",
        columns: [
          { header: "Deleted at" },
          { header: "Finding" },
          { header: "Started" },
          { header: "CDR" },
          { header: "Recordings" },
          { header: "What it means, and what to do" }
        ],
        rows: findings.map((finding) => [
          finding.deadline === null ? "–" : Zone.moment(finding.deadline, result.zone),
          Finding.labels[finding.code],
          Zone.moment(finding.at, result.zone),
          finding.cdrs[0]?.uuid ?? "–",
          finding.recordings.map(({ recordingId }) => recordingId).join(" ") || "–",
          `${finding.explanation} ${finding.nextStep}`
        ]),
        deadlines: findings.map(({ deadline }) => deadline?.epochMilliseconds ?? null),
        ...(all > findings.length ? { more: `and ${count(all - findings.length)} more in findings.csv` } : {})
      }
    ]
  }
})
