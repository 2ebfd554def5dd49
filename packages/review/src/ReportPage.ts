/**
 * A report as one self-contained HTML file.
 *
 * @since 0.1.0
 */
import type { Account, DuckDbError } from "@vobiz-effect/reconcile"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import type { ChartError } from "./ChartError.ts"
import { clock, count, money, percent } from "./Format.ts"
import * as Answer from "./internal/answer.ts"
import * as BillingSection from "./internal/billingSection.ts"
import * as Charts from "./internal/charts.ts"
import * as HtmlPage from "./internal/htmlPage.ts"
import type { PageLink } from "./PageLink.ts"
import * as ProofView from "./ProofView.ts"
import * as Report from "./Report.ts"
import * as ReportTables from "./ReportTables.ts"

/**
 * What a page shows besides the report.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * A reconciliation of the same window.
   *
   * The page shows its answer and most urgent findings before the figures, and billing after them.
   */
  readonly reconciliation?: Account.Result | undefined
  /** Other pages in the same folder. */
  readonly links?: ReadonlyArray<PageLink> | undefined
}

/**
 * Renders a report as HTML. Days and times are in the report's zone. Telephone numbers are left out.
 *
 * @example
 * ```ts
 * import { Report, ReportPage } from "@vobiz-effect/review"
 * import { DateTime, Effect, FileSystem } from "effect"
 *
 * const write = Effect.gen(function* () {
 *   const fs = yield* FileSystem.FileSystem
 *   const window = { from: DateTime.makeUnsafe("2026-05-01"), to: DateTime.makeUnsafe("2026-06-01") }
 *   const report = yield* Report.run({ window })
 *   yield* fs.writeFileString("report.html", yield* ReportPage.render(report))
 * })
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = Effect.fnUntraced(function* (
  report: Report.Report,
  { links, reconciliation }: Options = {}
): Effect.fn.Return<string, ChartError | DuckDbError.DuckDbError> {
  const result: Answer.ZonedResult | undefined =
    reconciliation === undefined ? undefined : { ...reconciliation, zone: Report.zoneOf(report) }
  const first = result === undefined ? [] : [Answer.answerSection(result), yield* Answer.findingsSection(result)]
  const last = result === undefined ? [] : [BillingSection.section(result.billing)]
  return HtmlPage.render({
    title: "Vobiz calls and recordings",
    subtitle: Report.span(report),
    links,
    asOf: result?.asOf.epochMilliseconds,
    sections: [...first, ...(yield* sections(report)), ...last]
  })
})

const callCards = (calls: typeof Report.Calls.Type): ReadonlyArray<HtmlPage.Card> => [
  { label: "Calls", value: count(calls.calls) },
  {
    label: "Answered",
    value: count(calls.answered),
    note: percent(calls.answered, calls.calls - calls.withoutTalk)
  },
  {
    label: "Talk",
    value: clock(calls.talkSeconds),
    ...(calls.withoutTalk > 0 ? { note: `${count(calls.withoutTalk)} calls of unknown talk` } : {})
  },
  {
    label: "Cost",
    value: money(calls.cost),
    note: calls.withoutCost > 0 ? `${count(calls.withoutCost)} calls without a cost` : "by currency"
  }
]

const recordingCards = (recordings: typeof Report.RecordingTotals.Type): ReadonlyArray<HtmlPage.Card> => [
  { label: "Recordings", value: count(recordings.recordings) },
  {
    label: "Length",
    value: clock(recordings.seconds),
    note: recordings.withoutSeconds > 0 ? `${count(recordings.withoutSeconds)} of unknown length` : "measured"
  },
  {
    label: "Billed length",
    value: clock(recordings.billedSeconds),
    note:
      recordings.withoutBilledSeconds > 0
        ? `${count(recordings.withoutBilledSeconds)} of unknown billed length`
        : "rounded by the provider"
  },
  { label: "Without a file yet", value: count(recordings.withoutFile) }
]

/** The sections with the report's figures. */
const sections = Effect.fnUntraced(function* (
  report: Report.Report
): Effect.fn.Return<ReadonlyArray<HtmlPage.Section>, ChartError> {
  const { calls, recordings } = report
  const days = <Totals>(
    groups: ReadonlyArray<{ readonly key: string; readonly totals: Totals }>,
    value: (totals: Totals) => number
  ) => groups.map(({ key, totals }) => ({ day: key, value: value(totals) }))
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
            return found === undefined ? 0 : BigDecimal.toNumberUnsafe(found.amount)
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
  return [
    {
      title: "Calls",
      intro: "Each leg of a call counts as one, as the provider bills it.",
      cards: callCards(calls),
      charts: [
        { svg: byDay, caption: "Calls and recordings by day" },
        ...costs.map((svg, n) => ({ svg, caption: `Cost by day, ${currencies[n] ?? ""}` }))
      ],
      tables: ReportTables.calls(report)
    },
    {
      title: "Recordings",
      cards: recordingCards(recordings),
      charts: [{ svg: types, caption: "Recordings by type" }],
      tables: ReportTables.recordings(report),
      notes: report.proofs.map((proof) => ProofView.sentence(proof, Report.zoneOf(report)))
    }
  ]
})
