/**
 * What a ledger knows, for people and programs.
 *
 * @since 0.1.0
 */
import { Finding, Ledger, Verdict } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { count, days } from "@vobiz-effect/review/Format"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as Table from "./Table.ts"
import * as Terminal from "./internal/terminal.ts"

const columns: ReadonlyArray<Table.Column> = [
  { header: "Time left", align: "right" },
  { header: "Status" },
  { header: "At" },
  { header: "Key" },
  { header: "Since" },
  { header: "Note" }
]

/** How long until the provider deletes what could still be saved. */
const left = ({ deadline }: Ledger.Entry, now: DateTime.Utc): string => {
  if (deadline === null) return "–"
  const rest = DateTime.distance(now, deadline)
  return Duration.isLessThanOrEqualTo(rest, Duration.zero) ? "none" : days(rest)
}

/** What is to be said of an entry: how late its recording came, what closed it, the last note, or that it is in doubt. */
const remark = ({ by, finding, late, notes }: Ledger.Entry): string => {
  if (finding === null) return "cannot be read"
  if (late !== null) return `came ${days(late.atLeast)} to ${days(late.atMost)} late`
  if (by !== null) return `now ${by}`
  const note = notes.at(-1)
  if (note !== undefined) return `${note.who}: ${note.words}`
  return finding.inDoubt ? "in doubt" : ""
}

/**
 * Findings of a ledger as a table, the one whose deadline comes first before the others.
 *
 * @category rendering
 * @since 0.1.0
 */
export const table = (
  entries: ReadonlyArray<Ledger.Entry>,
  options: Table.Options & { readonly now: DateTime.Utc; readonly more: number; readonly zone: Zone.Zone }
): string => {
  if (entries.length === 0) return "No findings"
  const rows = entries.map((entry) => [
    left(entry, options.now),
    entry.status,
    Zone.moment(entry.at, options.zone),
    entry.key,
    Zone.moment(entry.opened, options.zone),
    remark(entry)
  ])
  return [
    Table.render(columns, rows, options),
    ...(options.more === 0 ? [] : [`and ${count(options.more)} more: --json lists them all`])
  ].join("\n")
}

/**
 * How many findings stand how: how many are open of each code, then the other states.
 *
 * @category rendering
 * @since 0.1.0
 */
export const totals = (counts: ReadonlyMap<string, number>): string =>
  counts.size === 0 ? "Nothing was ever found" : [...counts].map(([status, n]) => `${count(n)} ${status}`).join(", ")

const Report = Schema.Record(Schema.String, Schema.Unknown)

/**
 * The report of a run, of the text that was kept.
 *
 * @category decoding
 * @since 0.1.0
 */
export const reportOf = Schema.decodeEffect(Schema.fromJsonString(Report))

const HasLine = Schema.Struct({ verdict: Schema.Struct({ line: Schema.String }) })

/**
 * The verdict of a run in one line, as its report has it. A verdict that this version does not know is unknown.
 *
 * @category rendering
 * @since 0.1.0
 */
export const verdict = ({ verdict }: Ledger.RunEntry, report: typeof Report.Type): string => {
  if (verdict === null) return "Unknown: the verdict was not kept"
  if (!Verdict.states.some((state) => state === verdict)) {
    return `Unknown: the verdict ${verdict}, which this version of recon does not know`
  }
  return Schema.is(HasLine)(report) ? report.verdict.line : `${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}`
}

/**
 * That some entries cannot be read, in a line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const unreadable = (entries: number): string =>
  `${count(entries)} ${entries === 1 ? "finding" : "findings"} of the ledger cannot be read: another version of recon wrote ${entries === 1 ? "it" : "them"}, or the text is damaged`

/**
 * A run of the ledger in a line, which names the zone of the times around it.
 *
 * @category rendering
 * @since 0.1.0
 */
export const run = ({ account, asOf, id, recorded, verdict, window }: Ledger.RunEntry, zone: Zone.Zone): string =>
  `Run ${id} of ${account}, kept ${Zone.moment(recorded, zone)}: calls from ${Zone.span(window, zone)}, as of ${Zone.moment(asOf, zone)} (${zone.name}); verdict ${verdict ?? "not kept"}`

const encode = Schema.encodeSync(Schema.toCodecJson(Ledger.Entry))

/**
 * A finding of a ledger as a line of JSON.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (entry: Ledger.Entry): string => Terminal.json(encode(entry))

/**
 * The same, with the telephone numbers of its finding hidden except their last two digits.
 *
 * @category combinators
 * @since 0.1.0
 */
export const masked = (entry: Ledger.Entry): Ledger.Entry =>
  new Ledger.Entry({ ...entry, finding: entry.finding === null ? null : Finding.mask(entry.finding) })
