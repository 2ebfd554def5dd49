/**
 * A reconciliation as one self-contained HTML file: answer, findings, coverage and proofs.
 *
 * The file needs no network. Its one script, which the content security policy allows by hash, renders the visible rows of the
 * findings, so that 100,000 of them can be searched, filtered and sorted. Without scripts, a table shows the most urgent 200.
 *
 * @since 0.1.0
 */
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import { Account, Coverage, type DuckDb, type DuckDbError, Finding, Policy, Zone } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ChartError } from "./ChartError.ts"
import { count } from "./Format.ts"
import * as Answer from "./internal/answer.ts"
import * as BillingSection from "./internal/billingSection.ts"
import * as Charts from "./internal/charts.ts"
import { embed, encode, relativeAddress, row, type Row } from "./internal/findingsPage/columns.ts"
import * as HeatMap from "./internal/findingsPage/heatMap.ts"
import * as Script from "./internal/findingsPage/script.ts"
import { style } from "./internal/findingsPage/style.ts"
import { type Html, html, lines } from "./internal/html.ts"
import * as HtmlPage from "./internal/htmlPage.ts"
import * as Urgency from "./internal/urgency.ts"
import type { PageLink } from "./PageLink.ts"
import * as ProofView from "./ProofView.ts"
import * as Sentences from "./Sentences.ts"

/**
 * What a page shows besides the reconciliation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The path of a recording's audio, or `null` if there is none. The finding's detail plays it.
   *
   * The path is relative to the page, with `/` between its parts.
   */
  readonly audioOf?: ((recordingId: string) => string | null) | undefined
  /** Other pages in the same folder. */
  readonly links?: ReadonlyArray<PageLink> | undefined
  /**
   * The zone of days and instants.
   *
   * @default the policy's, or UTC
   */
  readonly zone?: Zone.Zone | undefined
}

/**
 * Renders a reconciliation as HTML, in pieces, so that the page is never in memory as a whole.
 *
 * Telephone numbers appear as in the result. Pass the result through `Account.masked` to hide them.
 *
 * @example
 * ```ts
 * import { Account } from "@vobiz-effect/reconcile"
 * import { FindingsPage } from "@vobiz-effect/review"
 * import { Effect, FileSystem, Stream } from "effect"
 *
 * const write = Effect.fnUntraced(function* (result: Account.Result) {
 *   const fs = yield* FileSystem.FileSystem
 *   const page = FindingsPage.render(Account.masked(result))
 *   yield* Stream.run(Stream.encodeText(page), fs.sink("findings.html"))
 * })
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = (
  reconciled: Account.Result,
  options: Options = {}
): Stream.Stream<string, DuckDbError.DuckDbError | ChartError, DuckDb.DuckDb> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { audioOf, links } = options
      const now = yield* DateTime.now
      const zone = options.zone ?? Zone.ofPolicy(reconciled.settings.policy)
      const result: Answer.ZonedResult = { ...reconciled, zone }
      const billing = BillingSection.section(result.billing)
      const answer = Answer.answerSection(result)
      const sections = [
        (n: number) => HtmlPage.section(judged(result), n),
        yield* trend(result),
        yield* gaps(result),
        (n: number) => HtmlPage.section(billing, n),
        (n: number) => proofs(result, n)
      ]
      const beginning = HtmlPage.beginning({
        title: "Reconciliation of calls and recordings",
        subtitle: `${Zone.span(result.window, zone)}, as of ${Zone.moment(result.asOf, zone)}. All days and times are in ${zone.name}`,
        links,
        sections: ["Answer", "Findings", "What was judged", "By day", "Gaps by hour", billing.title, "Proofs"],
        allowed: html`script-src ${Script.allowed}${audioOf && html`; media-src 'self' file:`}`,
        style
      })
      return Stream.make(beginning, HtmlPage.section(answer, 0)).pipe(
        Stream.concat(findings(result, { audioOf, now, n: 1 })),
        Stream.concat(Stream.make(...sections.map((section, n) => section(n + 2)), HtmlPage.ending)),
        Stream.map(({ text }) => `${text}\n`)
      )
    })
  )

// ---------------------------------------------------------------------------
// Figures
// ---------------------------------------------------------------------------

/** An account's id, masked except for its first three and last two characters. */
const maskAccount = (account: string) =>
  account.length < 8
    ? "*".repeat(account.length)
    : `${account.slice(0, 3)}${"*".repeat(account.length - 5)}${account.slice(-2)}`

const words = (duration: Duration.Duration) => Duration.format(duration)

/** The numbers of findings, and the settings. */
const judged = (result: Answer.ZonedResult): HtmlPage.Section => {
  const { asOf, settings, window, zone } = result
  const { policy } = settings
  const name = PhoneNumber.maskDigits(policy.name)
  return {
    title: "What was judged",
    tables: [
      Sentences.kinds(result),
      {
        title: "What was judged, and how",
        columns: [{ header: "Setting" }, { header: "Value" }],
        rows: [
          ["Account", settings.account === null ? "unknown" : maskAccount(settings.account)],
          ["Calls from", Zone.moment(window.from, zone)],
          ["Calls before", Zone.moment(window.to, zone)],
          ["As of", Zone.moment(asOf, zone)],
          ["Policy", `${name}, ${count(policy.rules.length)} rules, otherwise ${policy.default}`],
          ["Policy's SHA-256", Policy.fingerprint(policy)],
          ...(result.billing.rates === null
            ? [["Rate card", "none: no charge is judged"]]
            : [
                ["Rate card", PhoneNumber.maskDigits(result.billing.rates.card.name)],
                ["Rate card's SHA-256", result.billing.rates.card.fingerprint]
              ]),
          ["Settle window", words(settings.settle)],
          ["Recordings are kept", words(settings.retention)],
          [
            "A call is recorded if",
            `at least ${policy.minimumShare ?? Policy.defaultMinimumShare}% of its talk is, with no gap longer than ${words(policy.maximumGap ?? Policy.defaultMaximumGap)}`
          ],
          ["Clocks may differ by", words(settings.skew)]
        ]
      }
    ]
  }
}

const share = (ratio: Coverage.Ratio | null) => (ratio === null ? "–" : `${Coverage.percent(ratio)}%`)

/** The chart of coverage by day. */
const trend = Effect.fnUntraced(function* ({ margin, proofs, schema, zone }: Answer.ZonedResult) {
  const days = yield* Coverage.byDay(schema, zone.zone)
  const within = Coverage.within(margin)
  const tones = ["recorded", "partly", "unusable", "missing", "undetermined", "unjudged", "excused"] as const
  const caption = "Calls by day, without those that need no recording"
  const svg = yield* Charts.byDay({
    title: caption,
    unit: "calls",
    stacked: true,
    series: tones
      .filter((tone) => tone === "recorded" || days.some(({ classes }) => classes[tone] > 0))
      .map((tone) => ({
        name: tone === "partly" ? "partly recorded" : tone,
        tone,
        points: days.map(({ classes, key }) => ({ day: key ?? "", value: classes[tone] }))
      }))
  })
  const right = (header: string) => ({ header, align: "right" as const })
  return (n: number) =>
    HtmlPage.section(
      {
        title: "By day",
        intro:
          "Rows that the lists may lack could all be of one day, so a day's bounds are wider than those of all days.",
        charts: [{ svg, caption }],
        tables: [
          {
            title: "The same in figures",
            columns: [
              { header: "Day" },
              right("Required"),
              right("Recorded"),
              right("Partly recorded"),
              right("Unusable"),
              right("Missing"),
              right("Undetermined"),
              right("Unjudged"),
              right("Excused"),
              right("At least"),
              right("At most"),
              right("Of talk, at least")
            ],
            rows: days.map(({ classes, key, talk }) => {
              const { excused, missing, partly, recorded, undetermined, unjudged, unusable } = classes
              const { lower, upper } = within(classes)
              const counts = [
                Coverage.required(classes),
                recorded,
                partly,
                unusable,
                missing,
                undetermined,
                unjudged,
                excused
              ].map(count)
              return [key ?? ""].concat(counts, share(lower), share(upper), share(Coverage.ofTalk(talk, proofs).lower))
            })
          }
        ]
      },
      n
    )
})

const gaps = Effect.fnUntraced(function* ({ schema, zone }: Answer.ZonedResult) {
  const cells = yield* Coverage.gaps(schema, zone.zone)
  return (n: number) => HeatMap.section(n, cells)
})

// ---------------------------------------------------------------------------
// Proofs
// ---------------------------------------------------------------------------

const proofs = ({ proofs: { cdrs, recordings }, zone }: Answer.ZonedResult, n: number): Html => {
  const encoded = ProofView.report({ cdrs, recordings })
  const fact = (proof: Coverage.Proof, of: Fact) =>
    proof === null ? "–" : proof === "declared" ? "declared" : of(proof, zone)
  return html`<section aria-labelledby="section-${n}">
<h2 id="section-${n}">Proofs</h2>
<p class="intro">How sure it is that both lists were read whole, as the provider had them. The digest is that of all rows read.</p>
<ul class="notes">
${lines(ProofView.sentences({ cdrs, recordings }, zone).map((sentence) => html`<li>${sentence}</li>`))}
</ul>
<div class="tables">
${HtmlPage.table(
  {
    title: "What the proofs say",
    columns: [{ header: "Fact" }, { header: "CDRs" }, { header: "Recordings" }],
    rows: facts.map(([name, of]) => [name, fact(cdrs, of), fact(recordings, of)])
  },
  "proofs-table"
)}
</div>
<details>
<summary>The proofs as JSON</summary>
<pre class="proof" tabindex="0">${JSON.stringify(encoded, null, 2)}</pre>
</details>
<script type="application/json" id="proofs">${embed(encoded)}</script>
</section>`
}

const orDash = (value: number | string | null) =>
  value === null ? "–" : typeof value === "number" ? count(value) : value

type Fact = (proof: ExtractProof, zone: Zone.Zone) => string

const facts: ReadonlyArray<readonly [name: string, of: Fact]> = [
  ["Verdict", ({ verdict }) => verdict],
  ["Read from", ({ startedAt }, zone) => Zone.moment(startedAt, zone)],
  ["As of", ({ asOf }, zone) => (asOf === null ? "–" : Zone.moment(asOf, zone))],
  ["Rows", ({ rows }) => count(rows)],
  ["Rows that the provider counts", ({ total }) => orDash(total)],
  ["Rows in doubt", ({ rowsInDoubt }) => orDash(rowsInDoubt)],
  ["Deleted meanwhile", ({ gone }) => count(gone)],
  ["Pages", ({ pages }) => count(pages)],
  ["Order", ({ order }) => order],
  ["First row", ({ firstId }) => orDash(firstId)],
  ["Last row", ({ lastId }) => orDash(lastId)],
  ["Digest", ({ digest }) => digest]
]

// ---------------------------------------------------------------------------
// Findings
// ---------------------------------------------------------------------------

/** How many findings each block of data has. */
const block = 5000

/** How many findings the page shows without its script. */
const plain = 200

/** Collects the `plain` findings with the least time left. Holds at most 20 times as many at once. */
const leastTime = (now: DateTime.Utc) => {
  let kept: Array<Row> = []
  const first = () => kept.toSorted(Urgency.order(now.epochMilliseconds)).slice(0, plain)
  const add = (row: Row) => {
    kept.push(row)
    if (kept.length === 20 * plain) kept = first()
  }
  return { add, first }
}

const findings = (
  result: Answer.ZonedResult,
  { audioOf, n, now }: { readonly audioOf: Options["audioOf"]; readonly n: number; readonly now: DateTime.Utc }
): Stream.Stream<Html, DuckDbError.DuckDbError> =>
  Stream.suspend(() => {
    const { asking, asOf, window, zone } = result
    const epoch = window.from.epochMilliseconds
    const all = Account.attention(result).reduce((sum, [, found]) => sum + found, 0)
    const least = leastTime(now)
    const toRow = row((recordingId) => {
      const path = audioOf?.(recordingId) ?? null
      return path === null ? null : relativeAddress(path)
    })
    const blocks = asking.pipe(
      Stream.map(toRow),
      Stream.tap((row) => Effect.sync(() => least.add(row))),
      Stream.grouped(block),
      Stream.map((rows) => html`<script type="application/json" class="chunk">${embed(encode(rows, epoch))}</script>`)
    )
    const table = Stream.suspend(() => Stream.make(withoutScript(least.first(), all, zone)))
    return Stream.make(list({ n, all, epoch, asOf, zone })).pipe(
      Stream.concat(all === 0 ? Stream.empty : Stream.concat(blocks, table)),
      Stream.concat(Stream.make(html`</section>`, ...(all === 0 ? [] : [html`<script>${Script.source}</script>`])))
    )
  })

/** The container of the list, which the script fills. */
const list = ({
  all,
  asOf,
  epoch,
  n,
  zone
}: {
  readonly n: number
  readonly all: number
  readonly epoch: number
  readonly asOf: DateTime.Utc
  readonly zone: Zone.Zone
}): Html => html`<section aria-labelledby="section-${n}">
<h2 id="section-${n}">Findings</h2>
<p class="intro">${
  all === 0
    ? "None needs attention."
    : `${all === 1 ? "1 finding needs" : `${count(all)} findings need`} attention, least time left first: after that time, the provider deletes what can still be saved. All other findings, such as recorded calls, are in findings.ndjson.`
}</p>
${all > 0 && html`<p id="age" role="status" hidden></p>`}
${
  all > 0 &&
  html`<div id="findings" data-epoch="${epoch}" data-as-of="${asOf.epochMilliseconds}" data-zone="${DateTime.zoneToString(zone.zone)}" hidden>
<form id="filters" role="search" aria-label="Findings" autocomplete="off">
<label class="search" for="search">Search numbers, ids, trunks and words<input type="search" id="search"></label>
<button type="reset">Show all</button>
<fieldset id="filter-severity"><legend>Only of severity</legend></fieldset>
<fieldset id="filter-code"><legend>Only these findings</legend></fieldset>
</form>
<p id="status" role="status"></p>
<div class="split">
<div id="grid" role="grid" tabindex="0" aria-label="Findings" aria-describedby="keys">
<div id="grid-head" role="rowgroup"><div role="row" aria-rowindex="1"></div></div>
<div id="grid-body" role="rowgroup"></div>
</div>
<div id="detail" role="region" aria-labelledby="detail-title" tabindex="-1" hidden></div>
</div>
<p id="keys" class="more">In the list: arrow keys, Page Up and Page Down, Home and End move; Enter opens a finding, Escape closes it.</p>
<div id="printed"></div>
</div>`
}`

const labels: Readonly<Record<string, string>> = Finding.labels

const withoutScript = (rows: ReadonlyArray<Row>, all: number, zone: Zone.Zone): Html => {
  const instant = (millis: number | null) => (millis === null ? "–" : Zone.moment(DateTime.makeUnsafe(millis), zone))
  const table = HtmlPage.table(
    {
      title: "The findings with least time left",
      columns: [
        "Deleted at",
        "Finding",
        "Severity",
        "Started",
        "CDR",
        "Recordings",
        "What it means, and what to do"
      ].map((header) => ({ header })),
      rows: rows.map(({ at, cdrs, code, deadline, explanation, nextStep, recordings, severity }) => [
        instant(deadline),
        labels[code] ?? code,
        severity,
        instant(at),
        cdrs[0]?.uuid ?? "–",
        recordings.map(({ recordingId }) => recordingId).join(" ") || "–",
        `${explanation} ${nextStep}`
      ]),
      ...(all > rows.length ? { more: `and ${count(all - rows.length)} more, which scripts would show` } : {})
    },
    "plain"
  )
  return html`<noscript>${table}</noscript>`
}
