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
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

import type { CallDetailRecord } from "./CallDetailRecord.ts"
import type { CheckpointError } from "./Checkpoint.ts"
import type { Extract, Reject } from "./Extract.ts"
import * as Aside from "./internal/aside.ts"
import * as CdrExport from "./internal/cdrExport.ts"
import {
  type CdrQuery,
  daysOf,
  filterOf,
  longestCall,
  refuseOtherDays,
  refuseWrongQuery,
  started
} from "./internal/cdrQuery.ts"
import * as Wire from "./internal/cdrWire.ts"
import { listDecoder, oneDecoder, rowsSetAside } from "./internal/decode.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Refuse from "./internal/refuse.ts"
import { isObject } from "./internal/rowTable.ts"
import * as Pager from "./internal/pager.ts"
import * as PhoneNumber from "./PhoneNumber.ts"
import { VobizClient, type VobizResponse } from "./VobizClient.ts"
import { defaults, type Settings, VobizConfig } from "./VobizConfig.ts"
import type { VobizError } from "./VobizError.ts"

export type { CdrQuery } from "./internal/cdrQuery.ts"

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
      checkpoint: Pager.NamedCheckpoint,
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
const keys = Aside.keys<CallDetailRecord>(
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
        ...keys
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
    resume: (checkpoint: Pager.NamedCheckpoint, query: CdrQuery) =>
      source("CallDetailRecords.resume", query).pipe(
        Effect.flatMap((source) => {
          const { end, start } = daysOf(query, cdrDays)
          // Other days are another list.
          const identity = `CDRs of ${authId} by ${CanonicalJson.stringify({ ...query, days: [start, end] })}`
          const tally = new Aside.Tally()
          return Pager.resume(source, { ...checkpoint, identity, beside: tally }).pipe(
            Effect.map((walked) => reading("CallDetailRecords.resume", query, walked, tally))
          )
        })
      )
  }
}

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

const make = Effect.gen(function* () {
  const config = yield* VobizConfig
  const client = yield* VobizClient
  const secrets = [Redacted.value(config.authToken)]
  const cut = Foreign.cutter(secrets)

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

  const exportCsv = CdrExport.make({ client, cdrDays: config.cdrDays, table, cut, erase: Foreign.eraser(secrets) })

  return CallDetailRecords.of({ page, ...walks(askFor, config, cut), get, recent, exportCsv })
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
