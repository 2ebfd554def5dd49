/**
 * A report on the terminal, as JSON and as a table of figures.
 *
 * @since 0.1.0
 */
import { Money } from "@vobiz-effect/core"
import { CsvFile } from "@vobiz-effect/reconcile"
import { clock, count, money, percent } from "@vobiz-effect/review/Format"
import * as ProofView from "@vobiz-effect/review/ProofView"
import * as Report from "@vobiz-effect/review/Report"
import * as ReportTables from "@vobiz-effect/review/ReportTables"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Table from "./Table.ts"
import * as Terminal from "./internal/terminal.ts"

/**
 * The report as tables for a terminal.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (report: Report.Report, options: Table.Options): string => {
  const { calls, recordings } = report
  const bold = (words: string) => (options.color ? `\u001b[1m${words}\u001b[22m` : words)
  const lines = [
    bold(`Report ${Report.span(report)}`),
    "",
    `Calls       ${count(calls.calls)} (${count(calls.answered)} answered, ${percent(calls.answered, calls.calls - calls.withoutTalk)}), ${clock(calls.talkSeconds)} of talk`,
    ...(calls.withoutTalk > 0 ? [`            ${count(calls.withoutTalk)} of them do not tell their talk time`] : []),
    `Cost        ${money(calls.cost)}${calls.withoutCost > 0 ? `, and ${count(calls.withoutCost)} calls without a cost` : ""}`,
    `Recordings  ${count(recordings.recordings)}, ${clock(recordings.seconds)} long, billed ${clock(recordings.billedSeconds)}`,
    ...(recordings.withoutFile > 0 ? [`            ${count(recordings.withoutFile)} of them have no file yet`] : []),
    ...(recordings.withoutSeconds > 0
      ? [`            ${count(recordings.withoutSeconds)} of them do not tell their length`]
      : []),
    ...(recordings.withoutBilledSeconds > 0
      ? [`            ${count(recordings.withoutBilledSeconds)} of them do not tell their billed length`]
      : []),
    "",
    ...report.proofs.map((proof) => ProofView.sentence(proof, Report.zoneOf(report)))
  ]
  const tables = [...ReportTables.calls(report), ...ReportTables.recordings(report)].flatMap(
    ({ columns, rows, title }) => (rows.length === 0 ? [] : ["", bold(title), Table.render(columns, rows, options)])
  )
  return [...lines, ...tables].join("\n")
}

/** One figure of a report. */
interface Figure {
  readonly section: string
  readonly key: string
  readonly measure: string
  readonly value: string | number
  readonly unit: string
}

const callFigures = (section: string, key: string, totals: typeof Report.Calls.Type): ReadonlyArray<Figure> => [
  { section, key, measure: "calls", value: totals.calls, unit: "calls" },
  { section, key, measure: "answered", value: totals.answered, unit: "calls" },
  { section, key, measure: "without talk", value: totals.withoutTalk, unit: "calls" },
  { section, key, measure: "talk", value: totals.talkSeconds, unit: "seconds" },
  { section, key, measure: "duration", value: totals.seconds, unit: "seconds" },
  ...totals.cost.map(({ amount, currency }) => ({
    section,
    key,
    measure: "cost",
    value: Money.digits(amount),
    unit: currency
  })),
  { section, key, measure: "without cost", value: totals.withoutCost, unit: "calls" }
]

const recordingFigures = (
  section: string,
  key: string,
  totals: typeof Report.RecordingTotals.Type
): ReadonlyArray<Figure> => [
  { section, key, measure: "recordings", value: totals.recordings, unit: "recordings" },
  { section, key, measure: "length", value: totals.seconds, unit: "seconds" },
  { section, key, measure: "billed", value: totals.billedSeconds, unit: "seconds" },
  { section, key, measure: "without length", value: totals.withoutSeconds, unit: "recordings" },
  { section, key, measure: "without billed length", value: totals.withoutBilledSeconds, unit: "recordings" },
  { section, key, measure: "without file", value: totals.withoutFile, unit: "recordings" }
]

const figures = (report: Report.Report): ReadonlyArray<Figure> => [
  ...callFigures("calls", "all", report.calls),
  ...report.callsByDay.flatMap(({ key, totals }) => callFigures("calls by day", key, totals)),
  ...report.callsByDirection.flatMap(({ key, totals }) => callFigures("calls by direction", key, totals)),
  ...report.callsByContext.flatMap(({ key, totals }) => callFigures("calls by context", key, totals)),
  ...report.callsByTrunk.flatMap(({ key, totals }) => callFigures("calls by trunk", key, totals)),
  ...recordingFigures("recordings", "all", report.recordings),
  ...report.recordingsByDay.flatMap(({ key, totals }) => recordingFigures("recordings by day", key, totals)),
  ...report.recordingsByType.flatMap(({ key, totals }) => recordingFigures("recordings by type", key, totals)),
  ...report.recordingsByFormat.flatMap(({ key, totals }) => recordingFigures("recordings by format", key, totals))
]

/**
 * The report as CSV, one figure a line: what it is of, what was measured, and in which unit or currency.
 *
 * @category rendering
 * @since 0.1.0
 */
export const csv = (report: Report.Report): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(figures(report)).pipe(
    CsvFile.encode<Figure>([
      { header: "section", kind: "text", value: ({ section }) => section },
      { header: "key", kind: "text", value: ({ key }) => key },
      { header: "measure", kind: "text", value: ({ measure }) => measure },
      { header: "value", kind: "number", value: ({ value }) => value },
      { header: "unit", kind: "text", value: ({ unit }) => unit }
    ])
  )

/**
 * The report as JSON text.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (report: Report.Report): string => Terminal.json(encode(report), 2)

const encode = Schema.encodeSync(Schema.toCodecJson(Report.Report))
