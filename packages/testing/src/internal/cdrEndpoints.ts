/** The provider's CDRs: the list and its search, the newest, the export, and one. */
import type * as Simulator from "../Simulator.ts"
import * as CdrQuery from "./cdrQuery.ts"
import type { Call, More, Options } from "./endpoint.ts"
import * as Injector from "./injector.ts"
import { capOf, disturb, inOrder, isTooDeep, listReply, malform, stretchOf, tooDeep, wholeNumber } from "./listing.ts"
import * as Reply from "./reply.ts"
import * as TimedRows from "./timedRows.ts"

const keyOf = ({ row }: Simulator.CdrEntry) => row.uuid

export const make = (options: Options, more: More) => {
  const { account, order } = options
  const cdrs = TimedRows.make<Simulator.CdrEntry>({
    entries: account.cdrs,
    key: keyOf,
    lifetime: (entry) => [entry.availableAt, Infinity],
    compare: inOrder(order, (entry) => entry.startedAt, keyOf)
  })

  const selectCdrs = (call: Call) => {
    const query = CdrQuery.inForce(call.query)
    return cdrs.at(call.now).derive(JSON.stringify(query), (all) => {
      const entries = CdrQuery.select(all, query, options.days)
      return { query, entries, summary: CdrQuery.summary(entries) }
    })
  }

  const listCdrs = (call: Call): Reply.Reply => {
    const { page: pageText = "1", per_page: perPageText = "20" } = call.query
    const page = wholeNumber(pageText, 1)
    const asked = wholeNumber(perPageText, 1)
    if (page === undefined) return Reply.invalid("page", "must be 1 or more", pageText)
    if (asked === undefined || asked > 100) return Reply.invalid("per_page", "must be between 1 and 100", perPageText)
    const perPage = Math.min(asked, capOf(call))
    for (const name of ["start_date", "end_date"]) {
      const date = call.query[name]
      if (date && Number.isNaN(Date.parse(`${date}T00:00:00Z`))) {
        return Reply.invalid(name, "must be a date such as 2026-08-14", date)
      }
    }
    const offset = (page - 1) * perPage
    if (isTooDeep(call, offset)) return tooDeep(offset)
    disturb(cdrs, call, offset, { key: keyOf, more: (count) => more(count, call.now).map(({ cdr }) => cdr) })
    const { entries, query, summary } = selectCdrs(call)
    const { hasNext, rows, total } = stretchOf(call.fired, entries, offset, perPage)
    return listReply(call.fired, "data", "pagination", "total", {
      account_id: account.authId,
      count: rows.length,
      data: malform(
        call.fired,
        rows.map(({ row }) => row),
        { uuid: null, start_time: "yesterday" }
      ),
      ...(call.path.endsWith("/search") ? { filters: { ...noFilters, ...query } } : {}),
      pagination: {
        page,
        per_page: perPage,
        total,
        pages: Math.ceil(total / perPage),
        has_next: hasNext,
        has_prev: page > 1
      },
      summary,
      success: true
    })
  }

  const recentCdrs = (call: Call): Reply.Reply => {
    const limit = Math.min(wholeNumber(call.query.limit, 1) ?? 20, 100)
    const newest = cdrs.at(call.now).derive("newest", (entries) => entries.toSorted(byStart).slice(0, 100))
    const rows = newest.slice(0, limit).map(({ row }) => row)
    return Reply.json({ account_id: account.authId, count: rows.length, data: rows, success: true })
  }

  const exportCdrs = (call: Call): Reply.Reply => {
    const all = selectCdrs(call).entries
    const entries = all.slice(
      0,
      all.length - Math.min(all.length, Injector.find(call.fired, "HeldBackRows")?.count ?? 0)
    )
    return Reply.lines("text/csv", () =>
      entries.length === 0 && options.emptyExport === "nothing" ? [] : CdrQuery.csv(entries)
    )
  }

  const getCdr = (call: Call): Reply.Reply => {
    const entry = cdrs.at(call.now).find(call.params.uuid ?? "")
    if (entry === undefined) return Reply.json({ error: "CDR not found" }, 404)
    const row = CdrQuery.detail(account, entry)
    return Reply.json(options.cdrGet === "bare" ? row : { data: row, success: true })
  }

  return { cdrs, listCdrs, recentCdrs, exportCdrs, getCdr }
}

/** The filters that the answer to a search always names, even if they were not given. */
const noFilters = { call_direction: "", from_number: "", hangup_cause: "", to_number: "" }

const byStart = (a: Simulator.CdrEntry, b: Simulator.CdrEntry) => b.startedAt - a.startedAt
