/**
 * A report for people: on the terminal, as a table of figures, and as sections of a page.
 *
 * @since 0.1.0
 */
import { PhoneNumber } from "@vobiz-effect/core"
import { CsvFile } from "@vobiz-effect/reconcile"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Charts from "./Charts.ts"
import type * as HtmlPage from "./HtmlPage.ts"
import { clock, count, money, percent } from "./internal/format.ts"
import * as ProofView from "./ProofView.ts"
import { type Calls, type RecordingTotals, type Report, unknown } from "./Report.ts"
import * as Table from "./Table.ts"
import * as Zone from "./Zone.ts"

type Group<Totals> = { readonly key: string; readonly totals: Totals }

interface Grid {
  readonly title: string
  readonly columns: ReadonlyArray<Table.Column>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

const right = (header: string): Table.Column => ({ header, align: "right" })

const callsGrid = (title: string, header: string, groups: ReadonlyArray<Group<typeof Calls.Type>>): Grid => ({
  title,
  columns: [{ header }, right("Calls"), right("Answered"), right("Talk"), right("Cost")],
  rows: groups.map(({ key, totals }) => [
    key,
    count(totals.calls),
    count(totals.answered),
    clock(totals.talkSeconds),
    money(totals.cost)
  ])
})

const recordingsGrid = (
  title: string,
  header: string,
  groups: ReadonlyArray<Group<typeof RecordingTotals.Type>>
): Grid => ({
  title,
  columns: [{ header }, right("Recordings"), right("Length"), right("Billed")],
  rows: groups.map(({ key, totals }) => [
    key,
    count(totals.recordings),
    clock(totals.seconds),
    clock(totals.billedSeconds)
  ])
})

/** A trunk by its name and the position of its switch, where the account's list tells them. */
const trunkName = (report: Report, key: string): string => {
  const trunk = report.trunks.find(({ trunkId }) => trunkId === key)
  if (trunk === undefined) return key
  const position = trunk.recording === null ? unknown : trunk.recording ? "on" : "off"
  // A trunk may be named after a number.
  return `${PhoneNumber.maskDigits(trunk.name ?? key)} (recording ${position})`
}

const callGrids = (report: Report): ReadonlyArray<Grid> => [
  callsGrid("Calls by day", "Day", report.callsByDay),
  callsGrid("Calls by direction", "Direction", report.callsByDirection),
  callsGrid("Calls by context", "Context", report.callsByContext),
  callsGrid(
    "Calls by trunk",
    "Trunk",
    report.callsByTrunk.map(({ key, totals }) => ({ key: trunkName(report, key), totals }))
  )
]

const recordingGrids = (report: Report): ReadonlyArray<Grid> => [
  recordingsGrid("Recordings by day", "Day", report.recordingsByDay),
  recordingsGrid("Recordings by type", "Type", report.recordingsByType),
  recordingsGrid("Recordings by format", "Format", report.recordingsByFormat)
]

/** The zone of a report, which was valid when it was made. */
const zoneOf = ({ zone }: Report) => Zone.ofPolicy({ zone })

/** The window in words, with the zone of all days and times. */
export const span = (report: Report): string => `${Zone.span(report, zoneOf(report))} (${report.zone})`

/**
 * The report as tables for a terminal.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (report: Report, options: Table.Options): string => {
  const { calls, recordings } = report
  const bold = (words: string) => (options.color ? `\u001b[1m${words}\u001b[22m` : words)
  const lines = [
    bold(`Report ${span(report)}`),
    "",
    `Calls       ${count(calls.calls)} (${count(calls.answered)} answered, ${percent(calls.answered, calls.calls)}), ${clock(calls.talkSeconds)} of talk`,
    `Cost        ${money(calls.cost)}${calls.withoutCost > 0 ? `, and ${count(calls.withoutCost)} calls without a cost` : ""}`,
    `Recordings  ${count(recordings.recordings)}, ${clock(recordings.seconds)} long, billed ${clock(recordings.billedSeconds)}`,
    ...(recordings.withoutFile > 0 ? [`            ${count(recordings.withoutFile)} of them have no file yet`] : []),
    ...(recordings.withoutSeconds > 0
      ? [`            ${count(recordings.withoutSeconds)} of them do not tell their length`]
      : []),
    "",
    ...report.proofs.map((proof) => ProofView.sentence(proof, zoneOf(report)))
  ]
  const tables = [...callGrids(report), ...recordingGrids(report)].flatMap(({ columns, rows, title }) =>
    rows.length === 0 ? [] : ["", bold(title), Table.render(columns, rows, options)]
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

const callFigures = (section: string, key: string, totals: typeof Calls.Type): ReadonlyArray<Figure> => [
  { section, key, measure: "calls", value: totals.calls, unit: "calls" },
  { section, key, measure: "answered", value: totals.answered, unit: "calls" },
  { section, key, measure: "talk", value: totals.talkSeconds, unit: "seconds" },
  { section, key, measure: "duration", value: totals.seconds, unit: "seconds" },
  ...totals.cost.map(({ amount, currency }) => ({
    section,
    key,
    measure: "cost",
    value: BigDecimal.format(amount),
    unit: currency
  })),
  { section, key, measure: "without cost", value: totals.withoutCost, unit: "calls" }
]

const recordingFigures = (section: string, key: string, totals: typeof RecordingTotals.Type): ReadonlyArray<Figure> => [
  { section, key, measure: "recordings", value: totals.recordings, unit: "recordings" },
  { section, key, measure: "length", value: totals.seconds, unit: "seconds" },
  { section, key, measure: "billed", value: totals.billedSeconds, unit: "seconds" },
  { section, key, measure: "without length", value: totals.withoutSeconds, unit: "recordings" },
  { section, key, measure: "without billed length", value: totals.withoutBilledSeconds, unit: "recordings" },
  { section, key, measure: "without file", value: totals.withoutFile, unit: "recordings" }
]

const figures = (report: Report): ReadonlyArray<Figure> => [
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
export const csv = (report: Report): Stream.Stream<Uint8Array> =>
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
 * The report as sections of a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sections = Effect.fnUntraced(function* (
  report: Report
): Effect.fn.Return<ReadonlyArray<HtmlPage.Section>, Charts.ChartError> {
  const { calls, recordings } = report
  const days = <Totals>(groups: ReadonlyArray<Group<Totals>>, value: (totals: Totals) => number) =>
    groups.map(({ key, totals }) => ({ day: key, value: value(totals) }))
  const byDay = yield* Charts.byDay({
    title: "Calls and recordings by day",
    unit: "a day",
    series: [
      { name: "Calls", points: days(report.callsByDay, (totals) => totals.calls) },
      { name: "Answered", points: days(report.callsByDay, (totals) => totals.answered) },
      { name: "Recordings", points: days(report.recordingsByDay, (totals) => totals.recordings) }
    ]
  })
  const currencies = calls.cost.map(({ currency }) => currency)
  const costs = yield* Effect.forEach(currencies, (currency) =>
    Charts.byDay({
      title: `Cost by day, ${currency}`,
      unit: currency,
      series: [
        {
          name: currency,
          points: days(report.callsByDay, ({ cost }) => {
            const found = cost.find((amount) => amount.currency === currency)
            return found === undefined ? 0 : Number(BigDecimal.format(found.amount))
          })
        }
      ]
    })
  )
  const types = yield* Charts.bars({
    title: "Recordings by type",
    unit: "recordings",
    bars: report.recordingsByType.map(({ key, totals }) => ({ label: key, value: totals.recordings }))
  })
  const tables = (grids: ReadonlyArray<Grid>) =>
    grids.map(({ columns, rows, title }) => ({ caption: title, columns, rows }))
  return [
    {
      title: "Calls",
      intro: "Each leg of a call counts as one, as the provider bills it.",
      cards: [
        { label: "Calls", value: count(calls.calls) },
        { label: "Answered", value: count(calls.answered), note: percent(calls.answered, calls.calls) },
        { label: "Talk", value: clock(calls.talkSeconds) },
        {
          label: "Cost",
          value: money(calls.cost),
          note: calls.withoutCost > 0 ? `${count(calls.withoutCost)} calls without a cost` : "by currency"
        }
      ],
      charts: [
        { svg: byDay, caption: "Calls and recordings by day" },
        ...costs.map((svg, n) => ({ svg, caption: `Cost by day, ${currencies[n] ?? ""}` }))
      ],
      tables: tables(callGrids(report))
    },
    {
      title: "Recordings",
      cards: [
        { label: "Recordings", value: count(recordings.recordings) },
        {
          label: "Length",
          value: clock(recordings.seconds),
          note: recordings.withoutSeconds > 0 ? `${count(recordings.withoutSeconds)} of unknown length` : "measured"
        },
        { label: "Billed length", value: clock(recordings.billedSeconds), note: "rounded by the provider" },
        { label: "Without a file yet", value: count(recordings.withoutFile) }
      ],
      charts: [{ svg: types, caption: "Recordings by type" }],
      tables: tables(recordingGrids(report)),
      notes: report.proofs.map((proof) => ProofView.sentence(proof, zoneOf(report)))
    }
  ]
})
