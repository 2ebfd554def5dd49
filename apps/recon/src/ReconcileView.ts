/**
 * A reconciliation for people: on the terminal, as files, and as a section of a page.
 *
 * @since 0.1.0
 */
import { Coverage, type DuckDbError, Finding, FindingFiles } from "@vobiz-effect/reconcile"
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as BillingView from "./BillingView.ts"
import * as CoverageView from "./CoverageView.ts"
import type * as HtmlPage from "./HtmlPage.ts"
import { count, moment, money } from "./internal/format.ts"
import * as ProofView from "./ProofView.ts"
import { attention, type Result } from "./Reconcile.ts"
import * as Table from "./Table.ts"

const columns: ReadonlyArray<Table.Column> = [
  { header: "Finding" },
  { header: "Severity" },
  { header: "Count", align: "right" }
]

const codes = ({ summary }: Result): ReadonlyArray<ReadonlyArray<string>> =>
  Finding.Code.literals
    .filter((code) => summary.counts[code] > 0)
    .map((code) => [code, Finding.severities[code], count(summary.counts[code])])

/** How many of the calls that had to be recorded were, and between what the share lies. */
const coverage = ({ coverage }: Result): string => {
  const { lower, recorded, required, upper } = coverage
  const of = `${count(recorded)} of ${count(required)} calls that had to be recorded are`
  return `${of}: ${share(lower)} at least, ${share(upper)} at most`
}

/** A share in percent, or that it is not known. */
const share = (ratio: Coverage.Ratio | null): string => (ratio === null ? "unknown" : `${Coverage.percent(ratio)}%`)

const doubts = ({ proofs, summary: { counts, coverage } }: Result): ReadonlyArray<string> => [
  ...(counts.missing > 0 && proofs.recordings?.verdict !== "complete"
    ? [`The ${count(counts.missing)} missing are so at most: the list of recordings is not proved whole.`]
    : []),
  ...(coverage.inDoubt > 0 ? [`${count(coverage.inDoubt)} more are too recent or too old to tell.`] : []),
  ...(coverage.withoutRule > 0
    ? [`Of ${count(coverage.withoutRule)} calls nothing says whether they had to be recorded; they accuse nobody.`]
    : [])
]

/**
 * The reconciliation for a terminal.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (result: Result, options: Table.Options): string => {
  const bold = (words: string) => (options.color ? `\u001b[1m${words}\u001b[22m` : words)
  const { summary, window } = result
  return [
    bold(
      `Reconciliation ${DateTime.formatIso(window.from)} to ${DateTime.formatIso(window.to)}, as of ${DateTime.formatIso(result.asOf)}`
    ),
    "",
    `Coverage    ${coverage(result)}`,
    ...doubts(result).map((doubt) => `            ${doubt}`),
    `Compared    ${count(summary.cdrs)} CDRs and ${count(summary.recordings)} recordings`,
    ...CoverageView.lateness(result.lateness),
    ...BillingView.sentences(result.billing),
    ...ProofView.sentences(result.proofs),
    "",
    Table.render(columns, codes(result), options)
  ].join("\n")
}

/**
 * The reconciliation as plain data, without its findings.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = (result: Result) => ({
  from: DateTime.formatIso(result.window.from),
  to: DateTime.formatIso(result.window.to),
  asOf: DateTime.formatIso(result.asOf),
  cdrs: result.summary.cdrs,
  recordings: result.summary.recordings,
  coverage: {
    ...result.coverage,
    lower: result.coverage.lower === null ? null : Number(Coverage.percent(result.coverage.lower, 6)),
    upper: result.coverage.upper === null ? null : Number(Coverage.percent(result.coverage.upper, 6))
  },
  counts: result.summary.counts,
  notExpected: result.summary.notExpected,
  lateness: CoverageView.latenessReport(result.lateness),
  billing: BillingView.report(result.billing),
  proofs: { cdrs: encodeProof(result.proofs.cdrs), recordings: encodeProof(result.proofs.recordings) }
})

/**
 * The reconciliation as JSON text, without its findings.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (result: Result): string => JSON.stringify(report(result), null, 2)

const encodeProof = Schema.encodeSync(Schema.toCodecJson(Schema.NullOr(ExtractProof)))

const needsAttention = Stream.filter<Finding.Finding>(({ severity }) => severity !== "info")

/**
 * The findings that somebody has to do something about, as CSV.
 *
 * @category rendering
 * @since 0.1.0
 */
export const csv = ({ findings }: Result): Stream.Stream<Uint8Array, DuckDbError.DuckDbError> =>
  FindingFiles.csv(needsAttention(findings))

/**
 * All findings, of every code, as NDJSON: one JSON a line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const ndjson = ({ findings }: Result): Stream.Stream<Uint8Array, DuckDbError.DuckDbError> =>
  FindingFiles.ndjson(findings)

const shown = 200

/**
 * What the reconciliation found, as the first section of a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const summarySection = (result: Result): HtmlPage.Section => {
  const { coverage, summary } = result
  return {
    title: "Reconciliation",
    intro: "Was every call that had to be recorded really recorded?",
    cards: [
      {
        label: "Coverage",
        value: share(coverage.lower),
        note: `at least; ${share(coverage.upper)} at most; ${count(coverage.recorded)} of ${count(coverage.required)} calls`,
        tone: coverage.recorded < coverage.required - coverage.inDoubt ? "bad" : "good"
      },
      {
        label: "Missing",
        value: count(summary.counts.missing),
        tone: summary.counts.missing > 0 ? "bad" : "good"
      },
      { label: "Too recent to tell", value: count(summary.counts["settling"]) },
      {
        label: "Billed twice",
        value: count(summary.counts["duplicate-cdr"]),
        note: money(summary.duplicateCost),
        tone: summary.counts["duplicate-cdr"] > 0 ? "bad" : "good"
      }
    ],
    tables: [{ caption: "Findings by code", columns, rows: codes(result) }],
    notes: [...doubts(result), ...ProofView.sentences(result.proofs)]
  }
}

/**
 * The first findings that need attention, the most serious first, as the last section of a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const findingsSection = Effect.fnUntraced(function* (
  result: Result
): Effect.fn.Return<HtmlPage.Section, DuckDbError.DuckDbError> {
  const of = (severity: Finding.Severity) =>
    result.findings.pipe(
      Stream.filter((finding) => finding.severity === severity),
      Stream.take(shown),
      Stream.runCollect
    )
  const findings = [...(yield* of("critical")), ...(yield* of("warning"))].slice(0, shown)
  const all = attention(result).reduce((sum, [, found]) => sum + found, 0)
  return {
    title: "Findings that need attention",
    intro: "Telephone numbers are left out.",
    tables: [
      {
        caption: "The most serious first",
        columns: [
          { header: "Code" },
          { header: "At" },
          { header: "CDR" },
          { header: "Recordings" },
          { header: "What it means, and what to do" }
        ],
        rows: findings.map(({ at, cdrs, code, explanation, nextStep, recordings }) => [
          code,
          moment(at),
          cdrs[0]?.uuid ?? "–",
          recordings.length === 0 ? "–" : recordings.map(({ recordingId }) => recordingId).join(" "),
          `${explanation} ${nextStep}`
        ]),
        ...(all > findings.length ? { more: `and ${count(all - findings.length)} more in findings.csv` } : {})
      }
    ]
  }
})
