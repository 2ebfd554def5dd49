/**
 * The account's call detail records (CDRs).
 *
 * @since 0.1.0
 */
import * as CanonicalJson from "@vobiz-effect/files/CanonicalJson"
import type * as BigDecimal from "effect/BigDecimal"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Csv } from "effect/encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

import type { CallDetailRecord } from "./CallDetailRecord.ts"
import type { CheckpointError } from "./Checkpoint.ts"
import type { Extract, Reject } from "./Extract.ts"
import * as Aside from "./internal/aside.ts"
import * as Wire from "./internal/cdrWire.ts"
import { counter, listDecoder, oneDecoder, rowsSetAside, unknownForm } from "./internal/decode.ts"
import * as Foreign from "./internal/foreign.ts"
import { totalOf } from "./internal/listBody.ts"
import * as Refuse from "./internal/refuse.ts"
import { isObject } from "./internal/rowTable.ts"
import * as Pager from "./internal/pager.ts"
import * as PhoneNumber from "./PhoneNumber.ts"
import { VobizClient, type VobizResponse } from "./VobizClient.ts"
import { type CdrDays, defaults, type Settings, VobizConfig } from "./VobizConfig.ts"
import { DecodeFailure, Transport, VobizError } from "./VobizError.ts"

/**
 * Which CDRs: those whose `startTime` is in `[from, to)`, and the provider's own filters.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrQuery {
  readonly from: DateTime.Utc
  readonly to: DateTime.Utc
  readonly direction?: "inbound" | "outbound" | undefined
  readonly fromNumber?: string | undefined
  readonly toNumber?: string | undefined
  readonly minDuration?: Duration.Duration | undefined
  readonly sipCallId?: string | undefined
  readonly bridgeUuid?: string | undefined
  readonly hangupCause?: string | undefined
  readonly hangupDisposition?: string | undefined
  readonly context?: string | undefined
  readonly campaignId?: string | undefined
  readonly search?: string | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
}

/**
 * Which CDRs, and which of the list's pages: number `page` (from 1) of `perPage` rows (1 to 100).
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrPageQuery extends CdrQuery {
  readonly page?: number | undefined
  readonly perPage?: number | undefined
}

/**
 * The provider's totals over all rows of a query, whatever the page. The cost has no currency of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrSummary {
  readonly totalCalls: number
  readonly answeredCalls: number
  readonly totalDuration: Duration.Duration | null
  readonly totalBillable: Duration.Duration | null
  readonly totalCost: BigDecimal.BigDecimal | null
}

/**
 * One page of the list, as it was served. The provider filters by whole days, and of a zone it does not name, so that the
 * query is widened by a day on each side unless `cdrDays` is set; a page may hold rows outside `[from, to)`, which `stream`
 * cuts off. `total` is `null` where the provider gives none; `rejects` are the page's rows that lack an id or their start.
 * `askedAt` is when the request that it answers was sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrPage {
  readonly records: ReadonlyArray<CallDetailRecord>
  readonly rejects: ReadonlyArray<Reject>
  readonly page: number
  readonly perPage: number
  readonly total: number | null
  readonly hasNext: boolean
  readonly summary: CdrSummary | null
  readonly requestId: string | null
  readonly askedAt: DateTime.Utc
}

/**
 * The account's CDRs.
 *
 * @category services
 * @since 0.1.0
 */
export class CallDetailRecords extends Context.Service<
  CallDetailRecords,
  {
    /** One page. */
    page(query: CdrPageQuery): Effect.Effect<CdrPage, VobizError>
    /** All pages, as they were served: neighbours may share rows. */
    pages(query: CdrQuery): Stream.Stream<CdrPage, VobizError>
    /**
     * All CDRs that started in `[from, to)`, each once. `OffsetPager` says how, and what can be relied upon. Where rows were set
     * aside it gives all others first, and then fails with `RowsSetAside`.
     */
    stream(query: CdrQuery): Stream.Stream<CallDetailRecord, VobizError>
    /**
     * The same, the rows set aside, and what the reading proves about its completeness; the proof counts the provider's list, which is wider than
     * the window.
     */
    extract(query: CdrQuery): Effect.Effect<Extract<CallDetailRecord>>
    /** The same, kept after each page, so that a read that was stopped goes on where it was (`OffsetPager.resume`). */
    resume(
      keptAs: Pager.KeptAs,
      query: CdrQuery
    ): Effect.Effect<Extract<CallDetailRecord, VobizError | CheckpointError>, CheckpointError>
    /** One CDR, by its `uuid`. */
    get(uuid: string): Effect.Effect<CallDetailRecord, VobizError>
    /** The newest CDRs, at most `limit` of them. Fails with `RowsSetAside` where one of them lacks what it needs. */
    recent(limit?: number): Effect.Effect<ReadonlyArray<CallDetailRecord>, VobizError>
    /**
     * The same rows as `stream` by the CSV export: two requests, whatever the number of rows. Fails in the end where rows were set
     * aside, and where the CSV was
     * cut: it has fewer rows than the list counts, or no last line end.
     */
    exportCsv(query: CdrQuery): Stream.Stream<CallDetailRecord, VobizError>
  }
>()("@vobiz-effect/core/CallDetailRecords") {
  /** Over the provider's API: for a layer of your own. `Vobiz.layer` has all services of an account. */
  static readonly make: Effect.Effect<CallDetailRecords["Service"], never, VobizClient | VobizConfig> = Effect.suspend(
    () => make
  )

  /**
   * An in-memory double for tests: serves `records` in the given order through the same paging, and honours every
   * filter but `search` and `params`.
   */
  static readonly layerTest = (options: TestOptions): Layer.Layer<CallDetailRecords> =>
    Layer.sync(CallDetailRecords, () => makeTest(Array.from(options.records), options.rejects ?? []))
}

/**
 * What the in-memory double holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestOptions {
  readonly records: Iterable<CallDetailRecord>
  /** Rows set aside, each at its `index` in the whole list. */
  readonly rejects?: ReadonlyArray<Reject> | undefined
}

// ---------------------------------------------------------------------------
// The walk
// ---------------------------------------------------------------------------

/** Asks for a page; what it gives reads the answer. */
type AskFor = (query: CdrPageQuery) => Effect.Effect<Effect.Effect<CdrPage, VobizError>, VobizError>

/** How far back a CDR may enter the list: the provider does not say whether it sorts by start or by writing. */
const longestCall = Duration.toMillis(Duration.hours(4))

/** How long after its beginning in UTC a day can last: 24 hours, and as many as the westernmost zone is behind. */
const longestDay = Duration.toMillis(Duration.hours(36))

/**
 * The list can only be asked for in whole pages, so that a stretch that starts anywhere needs a page size that its start is
 * near a multiple of: of the sizes possible, the one whose page reaches furthest.
 */
const pageThatHolds = ({ limit, offset }: Pager.Stretch): Pager.Stretch => {
  let best = { offset: Math.floor(offset / limit) * limit, limit }
  for (let size = limit - 1; size > limit / 2; size--) {
    const start = Math.floor(offset / size) * size
    if (start + size > best.offset + best.limit) best = { offset: start, limit: size }
  }
  return best
}

/** The same leg was seen written twice under one `uuid`; each row is a row of its own, and billed. */
const lens = Aside.lens<CallDetailRecord>(
  ({ id, uuid }) => id ?? uuid,
  ({ startTime }) => startTime.epochMilliseconds
)

const walks = (
  askFor: AskFor,
  {
    authId,
    cdrDays,
    concurrency,
    pageSize,
    rowsZone
  }: Pick<Settings, "authId" | "cdrDays" | "concurrency" | "pageSize" | "rowsZone">,
  cut: Foreign.Cut
) => {
  const source = (operation: string, query: CdrQuery) =>
    Effect.map(DateTime.now, (now): Pager.Source<CdrPage, Aside.Entry<CallDetailRecord>> => {
      // While calls can still come into the window, pages must overlap. A list of the past stands still: whole pages
      // will do, and the count proves it.
      const growing = daysOf(query, cdrDays).growsUntil > DateTime.toEpochMillis(now)
      return {
        operation,
        limit: pageSize,
        concurrency,
        // Starts are in whole seconds: a few rows more, so that one of another second is among them.
        overlap: growing ? 3 : 0,
        lookBack: growing ? longestCall : 0,
        ...(growing ? { plan: pageThatHolds } : {}),
        ask: ({ limit, offset }) => askFor({ ...query, page: offset / limit + 1, perPage: limit }),
        view: ({ askedAt, hasNext, page, perPage, records, rejects, total }) => ({
          rows: Aside.entries({ rows: records, rejects }, askedAt.epochMilliseconds),
          offset: (page - 1) * perPage,
          limit: perPage,
          total,
          hasNext,
          askedAt: askedAt.epochMilliseconds
        }),
        ...lens
      }
    })
  const reading = <E>(
    operation: string,
    query: CdrQuery,
    walked: Pager.Extract<Aside.Entry<CallDetailRecord>, E>,
    tally = new Aside.Tally()
  ) => Aside.reading(walked, { operation, tally, rowsZone, cut, isWanted: started(query) })
  const extractAs = (operation: string, query: CdrQuery) =>
    source(operation, query).pipe(
      Effect.flatMap(Pager.extract),
      Effect.map((walked) => reading(operation, query, walked))
    )
  return {
    pages: (query: CdrQuery) => Stream.unwrap(Effect.map(source("CallDetailRecords.pages", query), Pager.pages)),
    stream: (query: CdrQuery) =>
      Stream.unwrap(
        Effect.map(extractAs("CallDetailRecords.stream", query), (extract) =>
          Aside.strict(extract, { operation: "CallDetailRecords.stream", cut })
        )
      ),
    extract: (query: CdrQuery) => extractAs("CallDetailRecords.extract", query),
    resume: (keptAs: Pager.KeptAs, query: CdrQuery) =>
      source("CallDetailRecords.resume", query).pipe(
        Effect.flatMap((source) => {
          const { end, start } = daysOf(query, cdrDays)
          // Other days are another list.
          const identity = `CDRs of ${authId} by ${CanonicalJson.stringify({ ...query, days: [start, end] })}`
          const tally = new Aside.Tally()
          return Pager.resume(source, { ...keptAs, identity, beside: tally }).pipe(
            Effect.map((walked) => reading("CallDetailRecords.resume", query, walked, tally))
          )
        })
      )
  }
}

const started = ({ from, to }: CdrQuery) => {
  const start = DateTime.toEpochMillis(from)
  const end = DateTime.toEpochMillis(to)
  return ({ startTime }: CallDetailRecord) => {
    const at = DateTime.toEpochMillis(startTime)
    return at >= start && at < end
  }
}

const refuseWrongQuery = (operation: string, query: CdrQuery) =>
  DateTime.isLessThan(query.from, query.to) ? Effect.void : Refuse.because(operation, "to", "must be later than from")

const refuseWrongPage = Effect.fnUntraced(function* (query: CdrQuery, page: number, perPage: number) {
  yield* refuseWrongQuery("CallDetailRecords.page", query)
  yield* Refuse.unlessWhole("CallDetailRecords.page", [
    { field: "page", value: page, minimum: 1 },
    { field: "perPage", value: perPage, minimum: 1, maximum: 100 }
  ])
})

// ---------------------------------------------------------------------------
// Over the API
// ---------------------------------------------------------------------------

/**
 * The days to ask for. Where it is not known how the provider understands them, a day more on each side covers every zone and
 * both readings of `end_date`. `includes` tells whether a call can be of these days, and from `growsUntil` on none comes in.
 */
const daysOf = ({ from, to }: Pick<CdrQuery, "from" | "to">, days: CdrDays | null) => {
  if (days === null) {
    const end = DateTime.add(to, { days: 1 })
    return {
      start: DateTime.formatIsoDateUtc(DateTime.subtract(from, { days: 1 })),
      end: DateTime.formatIsoDateUtc(end),
      includes: () => true,
      growsUntil: DateTime.toEpochMillis(DateTime.startOf(end, "day")) + longestDay + longestCall
    }
  }
  const first = DateTime.startOf(DateTime.setZone(from, days.zone), "day")
  const last = DateTime.startOf(DateTime.setZone(DateTime.subtract(to, { milliseconds: 1 }), days.zone), "day")
  const over = DateTime.add(last, { days: 1 })
  const start = DateTime.toEpochMillis(first)
  const end = DateTime.toEpochMillis(over)
  return {
    start: DateTime.formatIsoDate(first),
    end: DateTime.formatIsoDate(days.endDate === "inclusive" ? last : over),
    includes: ({ startTime }: CallDetailRecord) =>
      startTime.epochMilliseconds >= start && startTime.epochMilliseconds < end,
    growsUntil: end + longestCall
  }
}

type Days = ReturnType<typeof daysOf>

/** Both days are sent: a lone one may be ignored. */
const filterOf = ({ from: _from, to: _to, ...query }: CdrQuery, { end, start }: Days) => ({
  ...query.params,
  start_date: start,
  end_date: end,
  call_direction: query.direction,
  from_number: query.fromNumber,
  to_number: query.toNumber,
  min_duration: query.minDuration === undefined ? undefined : Math.floor(Duration.toSeconds(query.minDuration)),
  sip_call_id: query.sipCallId,
  bridge_uuid: query.bridgeUuid,
  hangup_cause: query.hangupCause,
  hangup_disposition: query.hangupDisposition,
  context: query.context,
  campaign_id: query.campaignId,
  search: query.search
})

const make = Effect.gen(function* () {
  const config = yield* VobizConfig
  const client = yield* VobizClient
  const secrets = [Redacted.value(config.authToken)]
  const cut = Foreign.cutter(secrets)
  const erase = Foreign.eraser(secrets)

  /** A call of other days says that `cdrDays` is wrong, and so that calls may be missing. */
  const refuseOtherDays = (operation: string, days: Days, records: ReadonlyArray<CallDetailRecord>) => {
    const nth = records.findIndex((record) => !days.includes(record))
    if (nth === -1) return Effect.void
    const expected = `a call of the days asked for, ${days.start} to ${days.end} by the setting cdrDays, which is wrong: examine the account anew, or leave it out`
    return Effect.fail(
      new VobizError({
        operation,
        requestId: null,
        reason: new DecodeFailure({ path: `[${nth}].start_time`, expected, syntax: false, body: "not shown" })
      })
    )
  }

  const table = Wire.table(config)
  const decodeList = listDecoder("CallDetailRecords.page", table, Wire.list, cut)
  const read = Effect.fnUntraced(function* (query: CdrPageQuery, response: VobizResponse) {
    const { page = 1, perPage = config.pageSize } = query
    const { rows, ...body } = yield* decodeList(response, { limit: perPage, offset: (page - 1) * perPage })
    yield* refuseOtherDays("CallDetailRecords.page", daysOf(query, config.cdrDays), rows)
    return {
      records: rows,
      rejects: body.rejects,
      // The walk goes by what it asked for, whatever the server says it understood.
      page,
      perPage: body.limit,
      total: body.total,
      hasNext: body.hasNext,
      summary: isObject(response.json) ? Wire.summaryOf(response.json.summary) : null,
      requestId: response.requestId,
      askedAt: response.askedAt
    }
  })
  const ask = Effect.fn("CallDetailRecords.page")(function* (query: CdrPageQuery) {
    const { page = 1, perPage = config.pageSize, ...filter } = query
    yield* Effect.annotateCurrentSpan({ page, perPage })
    yield* refuseWrongPage(query, page, perPage)
    return yield* client.json({
      operation: "CallDetailRecords.page",
      target: "/cdr",
      params: { ...filterOf(filter, daysOf(query, config.cdrDays)), page, per_page: perPage }
    })
  })
  const askFor = (query: CdrPageQuery) => Effect.map(ask(query), (response) => read(query, response))
  const page = (query: CdrPageQuery) => Effect.flatten(askFor(query))

  const decodeOne = oneDecoder("CallDetailRecords.get", table, Wire.rowOf, cut)
  const get = Effect.fn("CallDetailRecords.get")(function* (uuid: string) {
    yield* Effect.annotateCurrentSpan({ uuid: cut(uuid) })
    yield* Refuse.ifBlank("CallDetailRecords.get", "uuid", uuid)
    const response = yield* client.json({
      operation: "CallDetailRecords.get",
      target: `/cdr/${encodeURIComponent(uuid)}`
    })
    return yield* decodeOne(response)
  })

  const decodeRecent = listDecoder("CallDetailRecords.recent", table, Wire.list, cut)
  const recent = Effect.fn("CallDetailRecords.recent")(function* (limit = 20) {
    yield* Effect.annotateCurrentSpan({ limit })
    yield* Refuse.unlessWhole("CallDetailRecords.recent", [{ field: "limit", value: limit, minimum: 1, maximum: 100 }])
    const response = yield* client.json({
      operation: "CallDetailRecords.recent",
      target: "/cdr/recent",
      params: { limit }
    })
    const { rejects, rows } = yield* decodeRecent(response, { limit, offset: 0 })
    if (rejects.length === 0) return rows
    return yield* rowsSetAside("CallDetailRecords.recent", rejects, cut, response.requestId)
  })

  const countCsv = counter("CallDetailRecords.exportCsv", table)
  const exportCsv = (query: CdrQuery) =>
    Effect.gen(function* () {
      const operation = "CallDetailRecords.exportCsv"
      yield* refuseWrongQuery(operation, query)
      const days = daysOf(query, config.cdrDays)
      const params = filterOf(query, days)
      // Asked before the export: CDRs are added, and never go.
      const counted = yield* client.json({ operation, target: "/cdr", params: { ...params, page: 1, per_page: 1 } })
      const total = totalOf(counted.json, Wire.list)
      if (total === null) {
        return yield* unknownForm(
          operation,
          { path: "pagination.total", expected: "how many rows there are" },
          counted,
          cut
        )
      }
      const headers = { accept: "text/csv" }
      const { bytes, host } = yield* client.open({ operation, target: "/cdr/export", params, headers })
      let last = lineFeed
      let rows = 0
      let setAside = 0
      let firstReject: Reject | undefined
      let columns: ReadonlyArray<string> | undefined
      const fail = (reason: Transport | DecodeFailure) =>
        Effect.fail(new VobizError({ operation, requestId: null, reason }))

      /** The rows of some lines, by the names of the header, which is the first of all. */
      const named = (lines: ReadonlyArray<ReadonlyArray<string>>) =>
        Effect.gen(function* () {
          const named: Array<Record<string, string>> = []
          for (const cells of lines) {
            if (columns === undefined) {
              const missing = table.required.find((names) => !names.some((name) => cells.includes(name)))
              if (missing !== undefined) {
                const expected = `CSV with the columns ${table.required.map((names) => names.join(" or ")).join(", ")}`
                return yield* fail(
                  new DecodeFailure({ path: missing.join(" or "), expected, syntax: false, body: cut(cells.join(",")) })
                )
              }
              columns = cells
            } else if (cells.length === columns.length) {
              named.push(Object.fromEntries(columns.map((name, n) => [name, erase(cells[n] ?? "")])))
            } else {
              const path = `row ${rows + named.length + 1}`
              const expected = `${columns.length} cells, as in the header (got ${cells.length})`
              return yield* fail(new DecodeFailure({ path, expected, syntax: true, body: "not shown" }))
            }
          }
          rows += named.length
          return named
        })

      const isWhole = Effect.suspend(() =>
        rows < total
          ? fail(new Transport({ host, detail: `the CSV has ${rows} rows, and the list counts ${total}` }))
          : last === lineFeed
            ? firstReject === undefined
              ? Effect.void
              : Effect.fail(rowsSetAside(operation, [firstReject], cut, null, setAside))
            : fail(new Transport({ host, detail: "the CSV does not end with a line end: its last row may be cut" }))
      )

      return bytes.pipe(
        Stream.tap((piece) => Effect.sync(() => void (last = piece.at(-1) ?? last))),
        Stream.pipeThroughChannel(Csv.decode<VobizError>({ maxRecordSize: longestRecord })),
        Stream.catchTag("CsvError", (error) => Stream.fail(csvFailure(error))),
        Stream.chunks,
        Stream.mapEffect((lines) =>
          Effect.gen(function* () {
            const found = yield* named(lines)
            const decoded = table.many(found)
            yield* countCsv(found, decoded)
            setAside += decoded.rejects.length
            firstReject ??= decoded.rejects[0]
            yield* refuseOtherDays(operation, days, decoded.rows)
            return decoded.rows
          })
        ),
        Stream.flattenIterable,
        Stream.concat(Stream.drain(Stream.fromEffect(isWhole))),
        Stream.filter(started(query))
      )
    }).pipe(Stream.unwrap, Stream.withSpan("CallDetailRecords.exportCsv"))

  return CallDetailRecords.of({ page, ...walks(askFor, config, cut), get, recent, exportCsv })
})

const lineFeed = 0x0a

/** The longest row of a CSV, in characters: a quote that is never closed must not fill the memory. */
const longestRecord = 1 << 20

const csvFailure = ({ line, message }: Csv.CsvError) =>
  new VobizError({
    operation: "CallDetailRecords.exportCsv",
    requestId: null,
    reason: new DecodeFailure({ path: `line ${line}`, expected: message, syntax: true, body: "" })
  })

// ---------------------------------------------------------------------------
// In memory
// ---------------------------------------------------------------------------

const matches = (query: CdrQuery) => {
  const inTime = started(query)
  const is = (wanted: string | undefined, value: string | null) => wanted === undefined || wanted === value
  const contains = (wanted: string | undefined, number: PhoneNumber.PhoneNumber | null) =>
    wanted === undefined || (number !== null && PhoneNumber.reveal(number).includes(wanted))
  return (record: CallDetailRecord) =>
    inTime(record) &&
    is(query.direction, record.direction) &&
    contains(query.fromNumber, record.from) &&
    contains(query.toNumber, record.to) &&
    (query.minDuration === undefined ||
      (record.duration !== null && Duration.isGreaterThanOrEqualTo(record.duration, query.minDuration))) &&
    is(query.sipCallId, record.sipCallId) &&
    is(query.bridgeUuid, record.bridgeUuid) &&
    is(query.hangupCause, record.hangupCause) &&
    is(query.hangupDisposition, record.hangupDisposition) &&
    is(query.context, record.context) &&
    is(query.campaignId, record.campaignId)
}

const makeTest = (
  records: ReadonlyArray<CallDetailRecord>,
  setAside: ReadonlyArray<Reject>
): CallDetailRecords["Service"] => {
  const page = Effect.fnUntraced(function* (query: CdrPageQuery) {
    const { page = 1, perPage = defaults.pageSize } = query
    yield* refuseWrongPage(query, page, perPage)
    const listed = Aside.entries({ rows: records.filter(matches(query)), rejects: setAside }, 0)
    const end = page * perPage
    const { rejects, rows } = Aside.parted(listed.slice(end - perPage, end))
    return {
      records: rows,
      rejects,
      page,
      perPage,
      total: listed.length,
      hasNext: end < listed.length,
      summary: null,
      requestId: null,
      askedAt: yield* DateTime.now
    }
  })

  return CallDetailRecords.of({
    page,
    ...walks(
      (query) => Effect.map(page(query), Effect.succeed),
      { authId: "test", cdrDays: null, concurrency: 1, pageSize: defaults.pageSize, rowsZone: null },
      Foreign.cutter([])
    ),
    get: (uuid) => {
      const record = records.find((record) => record.uuid === uuid)
      return record === undefined ? Refuse.notFound("CallDetailRecords.get", "CDR not found") : Effect.succeed(record)
    },
    recent: (limit = 20) => Effect.succeed(records.slice(0, limit)),
    exportCsv: (query) => Stream.fromIterable(records).pipe(Stream.filter(matches(query)))
  })
}
