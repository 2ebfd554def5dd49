/**
 * The provider's endpoints over one account: what each answers, without any HTTP. The account's rows can be changed
 * while it is being read.
 */
import { createHash } from "node:crypto"
import * as DateTime from "effect/DateTime"

import type { Fault } from "../FaultPlan.ts"
import * as Media from "../Media.ts"
import * as Simulator from "../Simulator.ts"
import * as CdrQuery from "./cdrQuery.ts"
import * as Injector from "./injector.ts"
import * as Prng from "./prng.ts"
import * as Reply from "./reply.ts"
import * as Shelf from "./shelf.ts"

export interface Options {
  readonly account: Simulator.Account
  /** Where recordings are fetched from, without a slash at the end. */
  readonly mediaOrigin: string
  readonly pageCap: number
  readonly order: "newest" | "oldest" | "unordered"
  readonly days: CdrQuery.DayRule
  readonly cdrGet: "enveloped" | "bare"
  readonly emptyExport: "header" | "nothing"
  readonly ranges: boolean
  readonly mediaRedirect: URL | undefined
}

/** A request that has been let in. */
export interface Call {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: CdrQuery.Query
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly path: string
  readonly now: number
  readonly fired: ReadonlyArray<Fault>
}

export type Provider = ReturnType<typeof make>

export const make = (options: Options) => {
  const { account, order } = options
  const recordings = Shelf.make<Simulator.RecordingEntry>({
    entries: account.recordings,
    key: ({ row }) => row.recording_id,
    lifetime: (entry) => [entry.availableAt, entry.addedAt + Simulator.retentionMillis],
    compare: inOrder(
      order,
      (entry) => entry.addedAt,
      ({ row }) => row.recording_id
    )
  })
  const cdrs = Shelf.make<Simulator.CdrEntry>({
    entries: account.cdrs,
    key: ({ row }) => row.uuid,
    lifetime: (entry) => [entry.availableAt, Infinity],
    compare: inOrder(
      order,
      (entry) => entry.startedAt,
      ({ row }) => row.uuid
    )
  })

  const ids = Prng.make(0, 0)
  const apiId = () => Prng.uuid(ids)
  const noRecording = () => Reply.json({ api_id: apiId(), error: "Recording not found" }, 404)
  const recordingRow = (entry: Simulator.RecordingEntry, now: number) => ({
    ...Simulator.recordingRowAt(entry, now),
    recording_url: entry.row.recording_url.replace("https://media.vobiz.ai", options.mediaOrigin)
  })

  // -------------------------------------------------------------------------
  // Lists that change under the reader
  // -------------------------------------------------------------------------

  let inserted = 0
  const more = (count: number, now: number) =>
    Array.from({ length: count }, () => Simulator.oneMore(account, inserted++, DateTime.makeUnsafe(now)))

  const disturb = (list: "recordings" | "cdrs", call: Call, position: number) => {
    const { fired, now } = call
    const added = Injector.find(fired, "InsertBetweenPages")
    const deleted = Injector.find(fired, "DeleteBetweenPages")
    const repeated = Injector.find(fired, "DuplicateRows")
    if (list === "recordings") {
      if (added) recordings.insert(more(added.count, now).map(({ recording }) => recording))
      const { entries } = recordings.at(now)
      if (deleted) recordings.remove(new Set(entries.slice(0, deleted.count).map(({ row }) => row.recording_id)))
      if (repeated) recordings.insert(entries.slice(position, position + repeated.count))
    } else {
      if (added) cdrs.insert(more(added.count, now).map(({ cdr }) => cdr))
      const { entries } = cdrs.at(now)
      if (deleted) cdrs.remove(new Set(entries.slice(0, deleted.count).map(({ row }) => row.uuid)))
      if (repeated) cdrs.insert(entries.slice(position, position + repeated.count))
    }
  }

  /** A stretch of a list as it is served: its rows, the count of the whole, and whether more follow. */
  const stretchOf = <Entry>(
    fired: ReadonlyArray<Fault>,
    all: ReadonlyArray<Entry>,
    offset: number,
    limit: number
  ): { readonly rows: ReadonlyArray<Entry>; readonly total: number; readonly hasNext: boolean } => {
    const given = all.slice(0, all.length - Math.min(all.length, Injector.find(fired, "HeldBackRows")?.count ?? 0))
    const end = given.length - Math.min(given.length, Injector.find(fired, "EarlyEnd")?.count ?? 0)
    const endless = Injector.find(fired, "NeverNullNext") !== undefined
    // A list that pretends to have no end gives its last page again.
    const lastPage = Math.max(0, (Math.ceil(given.length / limit) - 1) * limit)
    const at = endless && offset >= given.length ? lastPage : offset
    // Pages end where the list pretends to end; past that, its other rows are there.
    const rows = given.slice(at, at < end ? Math.min(at + limit, end) : at + limit)
    return {
      rows,
      total: all.length - (given.length - end) + (Injector.find(fired, "LyingTotal")?.delta ?? 0),
      hasNext: endless || offset + rows.length < end
    }
  }

  // -------------------------------------------------------------------------
  // Recordings
  // -------------------------------------------------------------------------

  const selectRecordings = (call: Call): ReadonlyArray<Simulator.RecordingEntry> => {
    const shown = recordings.at(call.now)
    const { call_uuid, recording_type } = call.query
    const ofCall = call_uuid
      ? (shown.derive("by call_uuid", (entries) => Map.groupBy(entries, ({ row }) => row.call_uuid)).get(call_uuid) ??
        [])
      : shown.entries
    if (!recording_type) return ofCall
    const ofType = (entries: ReadonlyArray<Simulator.RecordingEntry>) =>
      entries.filter(({ row }) => row.recording_type === recording_type)
    return call_uuid ? ofType(ofCall) : shown.derive(`type ${recording_type}`, ofType)
  }

  const listRecordings = (call: Call): Reply.Reply => {
    const limit = Math.min(wholeNumber(call.query.limit, 1) ?? 20, options.pageCap, capOf(call))
    const offset = wholeNumber(call.query.offset, 0) ?? 0
    if (isTooDeep(call, offset)) return tooDeep(offset)
    disturb("recordings", call, offset)
    const { hasNext, rows, total } = stretchOf(call.fired, selectRecordings(call), offset, limit)
    const link = (offset: number) => `/v1/Account/${account.authId}/Recording/?limit=${limit}&offset=${offset}`
    return listReply(call.fired, "objects", "meta", "total_count", {
      api_id: apiId(),
      meta: {
        limit,
        next: hasNext ? link(offset + limit) : null,
        offset,
        previous: offset === 0 ? null : link(Math.max(0, offset - limit)),
        total_count: total
      },
      objects: malform(
        call.fired,
        rows.map((entry) => recordingRow(entry, call.now)),
        { recording_id: null, add_time: "yesterday" }
      )
    })
  }

  const getRecording = (call: Call): Reply.Reply => {
    const entry = recordings.at(call.now).find(call.params.id ?? "")
    return entry === undefined ? noRecording() : Reply.json({ ...recordingRow(entry, call.now), api_id: apiId() })
  }

  const deleteRecording = (call: Call): Reply.Reply => {
    const entry = recordings.at(call.now).find(call.params.id ?? "")
    if (entry === undefined) return noRecording()
    recordings.remove(new Set([entry.row.recording_id]))
    return Reply.empty(204)
  }

  const audio = (call: Call): Reply.Reply => {
    const [, id = "", extension] = /^(.*)\.([^.]*)$/.exec(call.params.file ?? "") ?? []
    const entry = recordings.at(call.now).find(id)
    if (entry === undefined || extension !== entry.row.recording_format) return noRecording()
    if (options.mediaRedirect !== undefined) {
      return Reply.empty(302, { location: new URL(call.path, options.mediaRedirect).href })
    }
    const short = Injector.find(call.fired, "ShortAudio")
    const isOther = Injector.find(call.fired, "OtherAudio") !== undefined
    const duration = Math.min(entry.media.duration, short?.millis ?? Infinity)
    const media = { ...entry.media, duration, pitch: entry.media.pitch + (isOther ? 50 : 0) }
    const total = Media.byteLength(media)
    // The type goes by the name and not by the bytes, as was observed.
    const etag = `"${createHash("sha256").update(id).digest("hex").slice(0, 16)}-${total}${isOther ? "-other" : ""}"`
    const headers = {
      "content-type": extension === "mp3" ? "audio/mpeg" : "audio/wav",
      ...(options.ranges ? { etag } : {})
    }
    const isSame = call.ifRange === undefined || call.ifRange === etag
    const isAsked = options.ranges && (isSame || Injector.find(call.fired, "IfRangeIgnored") !== undefined)
    const asked = isAsked ? parseRange(call.range, total) : undefined
    const isRefused = asked !== undefined && Injector.find(call.fired, "RangeRefused") !== undefined
    const range = isRefused ? "unsatisfiable" : asked
    if (range === "unsatisfiable") return Reply.empty(416, { "content-range": `bytes */${total}` })
    if (range === undefined) {
      return { status: 200, headers, body: () => Media.chunks(media), length: total }
    }
    const [first, end] = range
    const start = Injector.find(call.fired, "WrongRange") === undefined ? first : Math.max(0, first - 1)
    const isSilent = Injector.find(call.fired, "NoContentRange") !== undefined
    const contentRange = isSilent ? {} : { "content-range": `bytes ${start}-${end - 1}/${total}` }
    return {
      status: 206,
      headers: { ...headers, "accept-ranges": "bytes", ...contentRange },
      body: () => Media.chunks(media, start, end),
      length: end - start
    }
  }

  // -------------------------------------------------------------------------
  // CDRs
  // -------------------------------------------------------------------------

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
    disturb("cdrs", call, offset)
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

  // -------------------------------------------------------------------------
  // Trunks and the account
  // -------------------------------------------------------------------------

  const listTrunks = (call: Call): Reply.Reply => {
    const limit = Math.min(wholeNumber(call.query.limit, 1) ?? 20, 100, capOf(call))
    const offset = wholeNumber(call.query.offset, 0) ?? 0
    if (isTooDeep(call, offset)) return tooDeep(offset)
    const { rows, total } = stretchOf(call.fired, account.trunks, offset, limit)
    return listReply(call.fired, "objects", "meta", "total", { meta: { limit, offset, total }, objects: rows })
  }

  const getTrunk = (call: Call): Reply.Reply => {
    const trunk = account.trunks.find(({ trunk_id }) => trunk_id === call.params.id)
    return trunk === undefined ? Reply.documentedError(404, "TRUNK_NOT_FOUND", "Trunk not found.") : Reply.json(trunk)
  }

  const authMe = (): Reply.Reply => Reply.json({ auth_id: account.authId, status: "active" })

  return {
    recordings,
    cdrs,
    listRecordings,
    getRecording,
    deleteRecording,
    audio,
    listCdrs,
    recentCdrs,
    exportCdrs,
    getCdr,
    listTrunks,
    getTrunk,
    authMe
  }
}

/** The filters that a search's answer names even where they were not given. */
const noFilters = { call_direction: "", from_number: "", hangup_cause: "", to_number: "" }

const byStart = (a: Simulator.CdrEntry, b: Simulator.CdrEntry) => b.startedAt - a.startedAt

const inOrder = <Entry>(
  order: Options["order"],
  instant: (entry: Entry) => number,
  key: (entry: Entry) => string
): ((a: Entry, b: Entry) => number) => {
  switch (order) {
    case "newest":
      return (a, b) => instant(b) - instant(a)
    case "oldest":
      return (a, b) => instant(a) - instant(b)
    case "unordered":
      // Identifiers are random, so their order has nothing to do with time.
      return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)
  }
}

const wholeNumber = (text: string | undefined, minimum: number): number | undefined => {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return value >= minimum ? value : undefined
}

const capOf = ({ fired }: Call) => Injector.find(fired, "LowerCap")?.cap ?? Infinity

const isTooDeep = ({ fired }: Call, offset: number) =>
  offset >= (Injector.find(fired, "RefusedOffset")?.rows ?? Infinity)

const tooDeep = (offset: number) => Reply.invalid("offset", "is too large", String(offset))

const malform = <Row>(fired: ReadonlyArray<Fault>, rows: ReadonlyArray<Row>, damage: object) =>
  Injector.find(fired, "MalformedRow") === undefined
    ? rows
    : rows.map((row, index) => (index === 0 ? { ...row, ...damage } : row))

/** The body of a list, with the oddities of its rows and of its envelope. */
const listReply = (
  fired: ReadonlyArray<Fault>,
  rowsAt: string,
  metaAt: string,
  totalAt: string,
  body: Readonly<Record<string, unknown>>
): Reply.Reply => {
  const odd = Injector.find(fired, "OddFields")
  const rows = (body[rowsAt] as ReadonlyArray<object>).map((row, index) =>
    odd !== undefined && (odd.nth === undefined || odd.nth === index + 1) ? Object.assign({}, row, odd.fields) : row
  )
  if (Injector.find(fired, "BareList") !== undefined) return Reply.json(rows)
  const { [totalAt]: total, ...meta } = body[metaAt] as Readonly<Record<string, unknown>>
  const as = Injector.find(fired, "OddTotal")?.as
  return Reply.json({
    ...body,
    [rowsAt]: Injector.find(fired, "NullList") === undefined ? rows : null,
    [metaAt]: { ...meta, ...(as === "absent" ? {} : { [totalAt]: as === "text" ? String(total) : total }) }
  })
}

/** The first byte and the one after the last; `undefined` for no range or one that is not understood. */
const parseRange = (
  header: string | undefined,
  total: number
): readonly [number, number] | "unsatisfiable" | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? []
  if (first === "" && last === "") return undefined
  const start = first === "" ? Math.max(0, total - Number(last)) : Number(first)
  const end = first === "" || last === "" ? total : Math.min(total, Number(last) + 1)
  return start < end ? [start, end] : "unsatisfiable"
}
