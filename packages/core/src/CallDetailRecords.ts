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
import * as Wire from "./internal/cdrWire.ts"

import { countRows, decoder, rawRows } from "./internal/decode.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Refuse from "./internal/refuse.ts"
import * as OffsetPager from "./OffsetPager.ts"
import type { PhoneNumber } from "./PhoneNumber.ts"
import { VobizClient, type VobizResponse } from "./VobizClient.ts"
import { type CdrDays, type Settings, VobizConfig } from "./VobizConfig.ts"
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
 * cuts off. `askedAt` is when the request that it answers was sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrPage {
  readonly records: ReadonlyArray<CallDetailRecord>
  readonly page: number
  readonly perPage: number
  readonly total: number
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
    /** All CDRs that started in `[from, to)`, each once. `OffsetPager` says how, and what can be relied upon. */
    stream(query: CdrQuery): Stream.Stream<CallDetailRecord, VobizError>
    /**
     * The same, and what the reading proves about its completeness; the proof counts the provider's list, which is wider than
     * the window.
     */
    extract(query: CdrQuery): Effect.Effect<OffsetPager.Extract<CallDetailRecord>>
    /** The same, kept after each page, so that a read that was stopped goes on where it was (`OffsetPager.resume`). */
    resume(
      keptAs: OffsetPager.KeptAs,
      query: CdrQuery
    ): Effect.Effect<OffsetPager.Extract<CallDetailRecord, VobizError | CheckpointError>, CheckpointError>
    /** One CDR, by its `uuid`. */
    get(uuid: string): Effect.Effect<CallDetailRecord, VobizError>
    /** The newest CDRs, at most `limit` of them. */
    recent(limit?: number): Effect.Effect<ReadonlyArray<CallDetailRecord>, VobizError>
    /**
     * The same rows as `stream` by the CSV export: two requests, whatever the number of rows. Fails in the end where the CSV was
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
    Layer.sync(CallDetailRecords, () => makeTest(Array.from(options.records)))
}

/**
 * What the in-memory double holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestOptions {
  readonly records: Iterable<CallDetailRecord>
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
const pageThatHolds = ({ limit, offset }: OffsetPager.Stretch): OffsetPager.Stretch => {
  let best = { offset: Math.floor(offset / limit) * limit, limit }
  for (let size = limit - 1; size > limit / 2; size--) {
    const start = Math.floor(offset / size) * size
    if (start + size > best.offset + best.limit) best = { offset: start, limit: size }
  }
  return best
}

const walks = (
  askFor: AskFor,
  { authId, cdrDays, concurrency, pageSize }: Pick<Settings, "authId" | "cdrDays" | "concurrency" | "pageSize">
) => {
  const source = (operation: string, query: CdrQuery) =>
    Effect.map(DateTime.now, (now): OffsetPager.Source<CdrPage, CallDetailRecord> => {
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
        fetch: ({ limit, offset }) => askFor({ ...query, page: offset / limit + 1, perPage: limit }),
        view: ({ askedAt, hasNext, page, perPage, records, total }) => ({
          rows: records,
          offset: (page - 1) * perPage,
          limit: perPage,
          total,
          hasNext,
          askedAt: askedAt.epochMilliseconds
        }),
        // The same leg was seen written twice under one `uuid`; each row is a row of its own, and billed.
        // Of an id above 2^53 the number is rounded, and may be another row's.
        id: ({ id, uuid }) => (id === null ? uuid : Number.isSafeInteger(id) ? String(id) : `${id} ${uuid}`),
        at: ({ startTime }) => startTime.epochMilliseconds
      }
    })
  const cut =
    (query: CdrQuery) =>
    <E>(rows: Stream.Stream<CallDetailRecord, E>) =>
      Stream.filter(rows, started(query))
  return {
    pages: (query: CdrQuery) => Stream.unwrap(Effect.map(source("CallDetailRecords.pages", query), OffsetPager.pages)),
    stream: (query: CdrQuery) =>
      Stream.unwrap(Effect.map(source("CallDetailRecords.stream", query), OffsetPager.rows)).pipe(cut(query)),
    extract: (query: CdrQuery) =>
      source("CallDetailRecords.extract", query).pipe(
        Effect.flatMap(OffsetPager.extract),
        Effect.map(({ proof, rows }) => ({ proof, rows: cut(query)(rows) }))
      ),
    resume: (keptAs: OffsetPager.KeptAs, query: CdrQuery) =>
      source("CallDetailRecords.resume", query).pipe(
        Effect.flatMap((source) => {
          const { end, start } = daysOf(query, cdrDays)
          // Other days are another list.
          const identity = `CDRs of ${authId} by ${CanonicalJson.stringify({ ...query, days: [start, end] })}`
          return OffsetPager.resume(source, { ...keptAs, identity })
        }),
        Effect.map(({ proof, rows }) => ({ proof, rows: cut(query)(rows) }))
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
  const cut = Foreign.cutter([Redacted.value(config.authToken)])

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

  const decodeList = decoder("CallDetailRecords.page", Wire.list(config.callingCode), cut)
  const countList = countRows("CallDetailRecords.page", Wire.knownKeys)
  const read = Effect.fnUntraced(function* (query: CdrPageQuery, response: VobizResponse) {
    const { data: records, pagination, summary = null } = yield* decodeList(response)
    yield* countList(rawRows(response.json, "data"), pagination.total)
    yield* refuseOtherDays("CallDetailRecords.page", daysOf(query, config.cdrDays), records)
    return {
      records,
      // The walk goes by what it asked for, whatever the server says it understood.
      page: query.page ?? 1,
      perPage: pagination.per_page,
      total: pagination.total,
      hasNext: pagination.has_next,
      summary,
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

  const decodeOne = decoder("CallDetailRecords.get", Wire.one(config.callingCode), cut)
  const get = Effect.fn("CallDetailRecords.get")(function* (uuid: string) {
    yield* Effect.annotateCurrentSpan({ uuid: cut(uuid) })
    yield* Refuse.ifBlank("CallDetailRecords.get", "uuid", uuid)
    const response = yield* client.json({
      operation: "CallDetailRecords.get",
      target: `/cdr/${encodeURIComponent(uuid)}`
    })
    return Wire.recordOf(yield* decodeOne(response))
  })

  const decodeRecent = decoder("CallDetailRecords.recent", Wire.recent(config.callingCode), cut)
  const countRecent = countRows("CallDetailRecords.recent", Wire.knownKeys)
  const recent = Effect.fn("CallDetailRecords.recent")(function* (limit = 20) {
    yield* Effect.annotateCurrentSpan({ limit })
    yield* Refuse.unlessWhole("CallDetailRecords.recent", [{ field: "limit", value: limit, minimum: 1, maximum: 100 }])
    const response = yield* client.json({
      operation: "CallDetailRecords.recent",
      target: "/cdr/recent",
      params: { limit }
    })
    const { data } = yield* decodeRecent(response)
    yield* countRecent(rawRows(response.json, "data"))
    return data
  })

  const decodeCsvRow = decoder("CallDetailRecords.exportCsv", Wire.row(config.callingCode).one, cut)
  const decodeCount = decoder("CallDetailRecords.exportCsv", Wire.count, cut)
  const countCsv = countRows("CallDetailRecords.exportCsv", Wire.knownKeys)
  const exportCsv = (query: CdrQuery) =>
    Effect.gen(function* () {
      const operation = "CallDetailRecords.exportCsv"
      yield* refuseWrongQuery(operation, query)
      const days = daysOf(query, config.cdrDays)
      const params = filterOf(query, days)
      // Asked before the export: CDRs are added, and never go.
      const { pagination } = yield* Effect.flatMap(
        client.json({ operation, target: "/cdr", params: { ...params, page: 1, per_page: 1 } }),
        decodeCount
      )
      const headers = { accept: "text/csv" }
      const { bytes, host } = yield* client.open({ operation, target: "/cdr/export", params, headers })
      let last = lineFeed
      let rows = 0
      let columns: ReadonlyArray<string> | undefined
      const fail = (reason: Transport | DecodeFailure) =>
        Effect.fail(new VobizError({ operation, requestId: null, reason }))

      /** The rows of some lines, by the names of the header, which is the first of all. */
      const named = (lines: ReadonlyArray<ReadonlyArray<string>>) =>
        Effect.gen(function* () {
          const named: Array<Record<string, string>> = []
          for (const cells of lines) {
            if (columns === undefined) {
              const missing = Wire.required.find((name) => !cells.includes(name))
              if (missing !== undefined) {
                const expected = `CSV with the columns ${Wire.required.join(", ")}`
                return yield* fail(
                  new DecodeFailure({ path: missing, expected, syntax: false, body: cut(cells.join(",")) })
                )
              }
              columns = cells
            } else if (cells.length === columns.length) {
              named.push(Object.fromEntries(columns.map((name, n) => [name, cells[n] ?? ""])))
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
        rows < pagination.total
          ? fail(new Transport({ host, detail: `the CSV has ${rows} rows, and the list counts ${pagination.total}` }))
          : last === lineFeed
            ? Effect.void
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
            yield* countCsv(found)
            const records = yield* Effect.forEach(found, (json) => decodeCsvRow({ json, requestId: null }))
            yield* refuseOtherDays(operation, days, records)
            return records
          })
        ),
        Stream.flattenIterable,
        Stream.concat(Stream.drain(Stream.fromEffect(isWhole))),
        Stream.filter(started(query))
      )
    }).pipe(Stream.unwrap, Stream.withSpan("CallDetailRecords.exportCsv"))

  return CallDetailRecords.of({ page, ...walks(askFor, config), get, recent, exportCsv })
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
  const contains = (wanted: string | undefined, number: PhoneNumber | null) =>
    wanted === undefined || (number?.e164 ?? number?.raw ?? "").includes(wanted)
  return (record: CallDetailRecord) =>
    inTime(record) &&
    is(query.direction, record.direction) &&
    contains(query.fromNumber, record.from) &&
    contains(query.toNumber, record.to) &&
    (query.minDuration === undefined || Duration.isGreaterThanOrEqualTo(record.duration, query.minDuration)) &&
    is(query.sipCallId, record.sipCallId) &&
    is(query.bridgeUuid, record.bridgeUuid) &&
    is(query.hangupCause, record.hangupCause) &&
    is(query.hangupDisposition, record.hangupDisposition) &&
    is(query.context, record.context) &&
    is(query.campaignId, record.campaignId)
}

const makeTest = (records: ReadonlyArray<CallDetailRecord>): CallDetailRecords["Service"] => {
  const page = Effect.fnUntraced(function* (query: CdrPageQuery) {
    const { page = 1, perPage = 20 } = query
    yield* refuseWrongPage(query, page, perPage)
    const matching = records.filter(matches(query))
    const end = page * perPage
    return {
      records: matching.slice(end - perPage, end),
      page,
      perPage,
      total: matching.length,
      hasNext: end < matching.length,
      summary: null,
      requestId: null,
      askedAt: yield* DateTime.now
    }
  })

  return CallDetailRecords.of({
    page,
    ...walks((query) => Effect.map(page(query), Effect.succeed), {
      authId: "test",
      cdrDays: null,
      concurrency: 1,
      pageSize: 20
    }),
    get: (uuid) => {
      const record = records.find((record) => record.uuid === uuid)
      return record === undefined ? Refuse.notFound("CallDetailRecords.get", "CDR not found") : Effect.succeed(record)
    },
    recent: (limit = 20) => Effect.succeed(records.slice(0, limit)),
    exportCsv: (query) => Stream.fromIterable(records).pipe(Stream.filter(matches(query)))
  })
}
