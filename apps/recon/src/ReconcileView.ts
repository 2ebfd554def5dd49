/**
 * A reconciliation for people: on the terminal and as files.
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
  Verdict,
  Zone
} from "@vobiz-effect/reconcile"
import * as BillingView from "@vobiz-effect/review/BillingView"
import { count, counted, days } from "@vobiz-effect/review/Format"
import * as ProofView from "@vobiz-effect/review/ProofView"
import * as Sentences from "@vobiz-effect/review/Sentences"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type * as Stream from "effect/Stream"
import * as CoverageView from "./CoverageView.ts"
import type { Result } from "./Reconcile.ts"
import * as Table from "./Table.ts"
import * as Terminal from "./internal/terminal.ts"

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

/** Why the verdict is not assured, a sentence each. */
const reasons = ({ verdict }: Result): ReadonlyArray<string> =>
  verdict.reasons.map((reason) => Terminal.plain(Verdict.sentence(reason)))

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
  const kinds = Sentences.kinds(result)
  const lines = [
    `Coverage    ${Sentences.coverage(result)}`,
    ...(Coverage.required(result.classes) === 0 ? [] : [`Talk        ${Sentences.talk(result)}`]),
    `Calls       ${classes(result)}`,
    ...Sentences.excused(result, zone).map((sentence, n) => `${n === 0 ? "Excused     " : "            "}${sentence}`),
    ...undetermined(result).map((sentence) => `            ${sentence}`),
    `Compared    ${counted(summary.cdrs, "CDR")} and ${counted(summary.recordings, "recording")}`,
    ...Sentences.oddities(result).map((sentence) => `            ${sentence}`),
    ...CoverageView.lateness(result.lateness),
    ...BillingView.sentences(result.billing),
    ...ProofView.sentences(result.proofs, zone),
    ...Sentences.policyDoubts(result).map((doubt) => `Policy      ${doubt}`),
    ...unlisted(result).map((sentence, n) => `${n === 0 ? "Trunks      " : "            "}${sentence}`)
  ]
  return [
    bold(`Reconciliation ${Zone.span(window, zone)}, as of ${Zone.moment(result.asOf, zone)} (${zone.name})`),
    "",
    ...lines.map(Terminal.plain),
    "",
    kinds.rows.length === 0 ? "No findings" : Table.render(kinds.columns, kinds.rows, options)
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
    by: Sentences.excuses(result),
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
