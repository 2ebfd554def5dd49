/** The filters and the figures of the provider's CDR lists (docs/vobiz-api.md, "CDR filters"). */
import type { CdrEntry, Account } from "../Simulator.ts"
import type { CdrRow } from "../Wire.ts"

/** The properties of the day filter that the provider does not document. */
export interface DayRule {
  readonly zone: "UTC" | "+05:30"
  readonly endDate: "inclusive" | "exclusive"
}

export type Query = Readonly<Record<string, string>>

const day = 86_400_000
const indianOffset = 5.5 * 3_600_000

type Test = (entry: CdrEntry) => boolean

const equals =
  (field: keyof CdrRow) =>
  (wanted: string): Test =>
  ({ row }) =>
    String(row[field]) === wanted

/** Matches any part of a number, with or without its plus sign. */
const contains =
  (field: "caller_id_number" | "destination_number") =>
  (wanted: string): Test =>
  ({ row }) =>
    row[field].includes(wanted.replace(/^\+/, ""))

const filters: Readonly<Record<string, (wanted: string) => Test>> = {
  call_direction: equals("call_direction"),
  from_number: contains("caller_id_number"),
  to_number: contains("destination_number"),
  min_duration:
    (wanted) =>
    ({ row }) =>
      row.duration >= Number(wanted),
  sip_call_id: equals("sip_call_id"),
  bridge_uuid: equals("bridge_uuid"),
  hangup_cause: equals("hangup_cause"),
  hangup_disposition: equals("hangup_disposition"),
  context: equals("context"),
  campaign_id: equals("campaign_id"),
  search:
    (wanted) =>
    ({ row }) =>
      [row.uuid, row.sip_call_id, row.caller_id_number, row.destination_number].some((text) => text.includes(wanted))
}

/** The filters that take effect: known ones with a value, and the days only as a pair. */
export const inForce = (query: Query): Query => {
  const names = Object.keys(filters)
  if (query.start_date && query.end_date) names.push("start_date", "end_date")
  return Object.fromEntries(names.filter((name) => query[name]).map((name) => [name, query[name] ?? ""]))
}

/** The entries that match all filters of a query. */
export const select = (entries: ReadonlyArray<CdrEntry>, query: Query, rule: DayRule): ReadonlyArray<CdrEntry> => {
  const tests = Object.entries(filters).flatMap(([name, test]) => (query[name] ? [test(query[name])] : []))
  if (query.start_date && query.end_date) tests.push(withinDays(query.start_date, query.end_date, rule))
  return tests.length === 0 ? entries : entries.filter((entry) => tests.every((test) => test(entry)))
}

const withinDays = (startDate: string, endDate: string, rule: DayRule): Test => {
  const midnight = (date: string) => Date.parse(`${date}T00:00:00Z`) - (rule.zone === "UTC" ? 0 : indianOffset)
  const from = midnight(startDate)
  const to = midnight(endDate) + (rule.endDate === "inclusive" ? day : 0)
  return ({ startedAt }) => startedAt >= from && startedAt < to
}

/** The figures that come with every page, in mixed case and with a duration as text, as documented. */
export const summary = (entries: ReadonlyArray<CdrEntry>) => {
  let answered = 0
  let duration = 0
  let billsec = 0
  let hundredths = 0
  let last = ""
  for (const { row } of entries) {
    if (row.billsec > 0) answered += 1
    duration += row.duration
    billsec += row.billsec
    hundredths += Math.round(row.total_cost * 100)
    if (row.start_time > last) last = row.start_time
  }
  const calls = entries.length
  return {
    totalCalls: calls,
    answeredCalls: answered,
    answerRate: calls === 0 ? 0 : Math.round((1000 * answered) / calls) / 10,
    avgCallDuration: `${calls === 0 ? 0 : Math.round(duration / calls)}s`,
    total_duration_seconds: duration,
    total_billable_seconds: billsec,
    total_cost: hundredths / 100,
    last_call_at: last
  }
}

/** The row of a CDR that is requested alone. */
export const detail = (account: Account, { row }: CdrEntry): CdrRow => ({ ...row, currency: account.detailCurrency })

const columns = [
  "id",
  "uuid",
  "account_id",
  "call_direction",
  "caller_id_name",
  "caller_id_number",
  "destination_number",
  "duration",
  "billsec",
  "ring_time",
  "answer_time",
  "start_time",
  "end_time",
  "progress_time",
  "created_at",
  "updated_at",
  "cost",
  "total_cost",
  "streaming_cost",
  "currency",
  "hangup_cause",
  "hangup_cause_code",
  "hangup_cause_name",
  "hangup_disposition",
  "hangup_source",
  "failure_code",
  "failure_reason",
  "bridge_uuid",
  "sip_call_id",
  "sip_user_agent",
  "codec",
  "mos",
  "jitter",
  "packet_loss",
  "network_addr",
  "carrier_ip",
  "context",
  "region",
  "origination_region",
  "campaign_id",
  "customer_endpoint",
  "trunk_id",
  "terminated_to"
] as const satisfies ReadonlyArray<keyof CdrRow>

const quoted = (value: string | number | null): string => {
  if (value === null) return ""
  if (typeof value === "number") return String(value)
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/** CSV with a header, in pieces of 500 rows. */
export function* csv(entries: ReadonlyArray<CdrEntry>): Generator<string> {
  yield `${columns.join(",")}\r\n`
  const rowsAPiece = 500
  for (let at = 0; at < entries.length; at += rowsAPiece) {
    let piece = ""
    for (const { row } of entries.slice(at, at + rowsAPiece)) {
      piece += `${columns.map((column) => quoted(row[column])).join(",")}\r\n`
    }
    yield piece
  }
}
