/**
 * The account's recordings.
 *
 * @since 0.1.0
 */
import * as CanonicalJson from "@vobiz-effect/files/CanonicalJson"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

import type { CheckpointError } from "./Checkpoint.ts"
import type { Extract, Reject } from "./Extract.ts"
import * as Aside from "./internal/aside.ts"
import { listDecoder, oneDecoder } from "./internal/decode.ts"
import * as Wire from "./internal/recordingWire.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Refuse from "./internal/refuse.ts"
import * as Pager from "./internal/pager.ts"
import type { Recording } from "./Recording.ts"
import { type VobizBody, VobizClient, type VobizResponse } from "./VobizClient.ts"
import { defaults, type Settings, VobizConfig } from "./VobizConfig.ts"
import { Transport, VobizError } from "./VobizError.ts"
import * as VobizMetrics from "./VobizMetrics.ts"

/**
 * Which recordings. `recordingType` is an open set (`call`, `conference`, `trunk` are known). `since` leaves out those added
 * before it: the provider has no such filter, so the list is read down to there, or whole if it turns out not to be sorted newest
 * first; `until` leaves out those added at it or later. `page` and `pages` do not cut. `params` is passed on as
 * it is: the provider ignores a filter that it does not know, and then returns everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingsQuery {
  readonly recordingType?: string | undefined
  readonly callUuid?: string | undefined
  readonly since?: DateTime.Utc | undefined
  readonly until?: DateTime.Utc | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
}

/**
 * Which recordings, and which of the list's pages: `limit` rows (1 to 100) from `offset` on.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingsPageQuery extends RecordingsQuery {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/**
 * One page of the list, as it was served: `limit` is what the server says it applied, `hasNext` is its word that more follows,
 * `totalCount` its count of the whole list at that moment, `null` where it gives none. `rejects` are the page's rows that lack their
 * id or their instant. `askedAt` is when the request that it answers was sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingsPage {
  readonly recordings: ReadonlyArray<Recording>
  readonly rejects: ReadonlyArray<Reject>
  readonly offset: number
  readonly limit: number
  readonly totalCount: number | null
  readonly hasNext: boolean
  readonly requestId: string | null
  readonly askedAt: DateTime.Utc
}

/**
 * Which part of an audio file: from the byte `from` on, provided that the file is still the one that had `validator` (an
 * `AudioFile`'s). It is the server's to answer with the whole file instead (docs/vobiz-api.md, "Audio").
 *
 * @category models
 * @since 0.1.0
 */
export interface AudioPart {
  readonly from: number
  readonly validator: string
}

/**
 * An audio file as it is being served.
 *
 * - `from`: where in the file `bytes` begins; 0 where the server gives the whole, whatever was asked, and `null` where it
 *   gives a part and does not say which.
 * - `total`: the whole file's length in bytes; `null` where the server does not say.
 * - `validator`: a strong `ETag`, or else a `Last-Modified`, that the file can be told by when it is asked for again; `null`
 *   where the server gives neither.
 * - `contentType`: as the server says it, which may be wrong.
 *
 * @category models
 * @since 0.1.0
 */
export interface AudioFile {
  readonly from: number | null
  readonly total: number | null
  readonly validator: string | null
  readonly contentType: string | null
  readonly bytes: Stream.Stream<Uint8Array, VobizError>
}

/**
 * The account's recordings.
 *
 * @category services
 * @since 0.1.0
 */
export class Recordings extends Context.Service<
  Recordings,
  {
    /** One page. */
    page(query?: RecordingsPageQuery): Effect.Effect<RecordingsPage, VobizError>
    /** All pages, as they were served: neighbours share rows. */
    pages(query?: RecordingsQuery): Stream.Stream<RecordingsPage, VobizError>
    /**
     * All recordings, each once. `OffsetPager` says how, and what can be relied upon. Where rows were set aside it gives all
     * others first, and then fails with `RowsSetAside`.
     */
    stream(query?: RecordingsQuery): Stream.Stream<Recording, VobizError>
    /** The same, the rows set aside, and what the reading proves about its completeness. */
    extract(query?: RecordingsQuery): Effect.Effect<Extract<Recording>>
    /** The same, kept after each page, so that a read that was stopped goes on where it was (`OffsetPager.resume`). */
    resume(
      checkpoint: Pager.NamedCheckpoint,
      query?: RecordingsQuery
    ): Effect.Effect<Extract<Recording, VobizError | CheckpointError>, CheckpointError>
    /** One recording. */
    get(recordingId: string): Effect.Effect<Recording, VobizError>
    /** Deletes a recording at the provider, permanently. */
    remove(recordingId: string): Effect.Effect<void, VobizError>
    /** The audio file's bytes. */
    audio(recording: Recording): Stream.Stream<Uint8Array, VobizError>
    /**
     * Opens the audio file, whole or from a byte on, to be read within the scope. A part that the server does not have is an
     * `InvalidRequest` of status 416. Reading is not retried.
     */
    openAudio(recording: Recording, part?: AudioPart): Effect.Effect<AudioFile, VobizError, Scope.Scope>
  }
>()("@vobiz-effect/core/Recordings") {
  /** Over the provider's API: for a layer of your own. `Vobiz.layer` has all services of an account. */
  static readonly make: Effect.Effect<Recordings["Service"], never, VobizClient | VobizConfig> = Effect.suspend(
    () => make
  )

  /**
   * An in-memory double for tests: serves `recordings` in the given order through the same paging, and honours the
   * filters. `audio` gives a recording's bytes, by default none.
   */
  static readonly layerTest = (options: TestOptions): Layer.Layer<Recordings> =>
    Layer.sync(Recordings, () => makeTest(options))
}

/**
 * What the in-memory double holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestOptions {
  readonly recordings: Iterable<Recording>
  /** Rows set aside, each at its `index` in the whole list. */
  readonly rejects?: ReadonlyArray<Reject> | undefined
  readonly audio?: ((recording: Recording) => Uint8Array) | undefined
}

/** Asks for a page; what it gives reads the answer. */
type AskFor = (query: RecordingsPageQuery) => Effect.Effect<Effect.Effect<RecordingsPage, VobizError>, VobizError>

const inSpan =
  ({ since, until }: RecordingsQuery) =>
  ({ addTime }: Recording) =>
    (since === undefined || DateTime.isGreaterThanOrEqualTo(addTime, since)) &&
    (until === undefined || DateTime.isLessThan(addTime, until))

const keys = Aside.keys<Recording>(
  ({ recordingId }) => recordingId,
  ({ addTime }) => addTime.epochMilliseconds
)

const walks = (
  askFor: AskFor,
  { authId, concurrency, pageSize, rowsZone }: Pick<Settings, "authId" | "concurrency" | "pageSize" | "rowsZone">,
  cut: Foreign.Cut
) => {
  const source = (operation: string, query: RecordingsQuery): Pager.Source<RecordingsPage, Aside.Entry<Recording>> => ({
    operation,
    limit: pageSize,
    concurrency,
    overlap: 1,
    // Rows are sorted by the instant they were written, so none enters below the head.
    lookBack: 0,
    since: query.since?.epochMilliseconds,
    ask: (stretch) => askFor({ ...query, ...stretch }),
    view: ({ askedAt, hasNext, limit, offset, recordings, rejects, totalCount }) => ({
      rows: Aside.entries({ rows: recordings, rejects }, askedAt.epochMilliseconds),
      offset,
      limit,
      total: totalCount,
      hasNext,
      askedAt: askedAt.epochMilliseconds
    }),
    ...keys
  })
  const reading = <E>(
    operation: string,
    query: RecordingsQuery,
    walked: Pager.Extract<Aside.Entry<Recording>, E>,
    tally = new Aside.Tally()
  ) => Aside.reading(walked, { operation, tally, rowsZone, cut, isWanted: inSpan(query) })
  const extractAs = (operation: string, query: RecordingsQuery) =>
    Effect.map(Pager.extract(source(operation, query)), (walked) => reading(operation, query, walked))
  return {
    pages: (query: RecordingsQuery = {}) => Pager.pages(source("Recordings.pages", query)),
    stream: (query: RecordingsQuery = {}) =>
      Stream.unwrap(
        Effect.map(extractAs("Recordings.stream", query), (extract) =>
          Aside.strict(extract, { operation: "Recordings.stream", cut })
        )
      ),
    extract: (query: RecordingsQuery = {}) => extractAs("Recordings.extract", query),
    resume: (checkpoint: Pager.NamedCheckpoint, query: RecordingsQuery = {}) => {
      const tally = new Aside.Tally()
      return Pager.resume(source("Recordings.resume", query), {
        ...checkpoint,
        identity: `recordings of ${authId} by ${CanonicalJson.stringify(query)}`,
        beside: tally
      }).pipe(Effect.map((walked) => reading("Recordings.resume", query, walked, tally)))
    }
  }
}

const refuseWrongPage = ({ limit, offset }: { readonly limit: number; readonly offset: number }) =>
  Refuse.unlessWhole("Recordings.page", [
    { field: "limit", value: limit, minimum: 1, maximum: 100 },
    { field: "offset", value: offset, minimum: 0 }
  ])

const make = Effect.gen(function* () {
  const config = yield* VobizConfig
  const client = yield* VobizClient
  const cut = Foreign.cutter([Redacted.value(config.authToken)])

  const table = Wire.table(config)
  const decodeList = listDecoder("Recordings.page", table, Wire.list, cut)
  const read = Effect.fnUntraced(function* (
    { limit: asked = config.pageSize, offset = 0 }: RecordingsPageQuery,
    response: VobizResponse
  ) {
    const { hasNext, limit, rejects, rows, total } = yield* decodeList(response, { limit: asked, offset })
    return {
      recordings: rows,
      rejects,
      // The walk goes by what it asked for, whatever the server says it understood.
      offset,
      limit,
      totalCount: total,
      hasNext,
      requestId: response.requestId,
      askedAt: response.askedAt
    }
  })
  const ask = Effect.fn("Recordings.page")(function* (query: RecordingsPageQuery) {
    const { limit = config.pageSize, offset = 0 } = query
    yield* Effect.annotateCurrentSpan({ limit, offset })
    yield* refuseWrongPage({ limit, offset })
    return yield* client.json({
      operation: "Recordings.page",
      target: "/Recording/",
      params: { ...query.params, limit, offset, call_uuid: query.callUuid, recording_type: query.recordingType }
    })
  })
  const askFor = (query: RecordingsPageQuery) => Effect.map(ask(query), (response) => read(query, response))
  const page = (query: RecordingsPageQuery = {}) => Effect.flatten(askFor(query))

  const decodeOne = oneDecoder("Recordings.get", table, Wire.rowOf, cut)
  const get = Effect.fn("Recordings.get")(function* (recordingId: string) {
    yield* Effect.annotateCurrentSpan({ recordingId: cut(recordingId) })
    yield* Refuse.ifBlank("Recordings.get", "recordingId", recordingId)
    const response = yield* client.json({ operation: "Recordings.get", target: pathOf(recordingId) })
    return yield* decodeOne(response)
  })

  const remove = Effect.fn("Recordings.remove")(function* (recordingId: string) {
    yield* Effect.annotateCurrentSpan({ recordingId: cut(recordingId) })
    yield* Refuse.ifBlank("Recordings.remove", "recordingId", recordingId)
    yield* client.json({ operation: "Recordings.remove", method: "DELETE", target: pathOf(recordingId) })
  })

  return Recordings.of({ page, ...walks(askFor, config, cut), get, remove, ...audioFiles(client, config, cut) })
})

/** The audio files of recordings, as the provider serves them. */
const audioFiles = (
  client: VobizClient["Service"],
  { baseUrl }: Pick<Settings, "baseUrl">,
  cut: Foreign.Cut
): Pick<Recordings["Service"], "audio" | "openAudio"> => {
  const bytesRead = VobizMetrics.audioBytes.pipe(Metric.withAttributes({ operation: "Recordings.audio" }))
  const openAudio = Effect.fn("Recordings.openAudio")(function* (
    { recordingId, recordingUrl }: Recording,
    part?: AudioPart
  ) {
    yield* Effect.annotateCurrentSpan({ recordingId: cut(recordingId), from: part?.from ?? 0 })
    if (recordingUrl === null) {
      return yield* Refuse.because("Recordings.audio", "recordingUrl", "is not there yet: the file is still being made")
    }
    // Where the provider leaves the host out, it is the API's.
    const target = URL.parse(recordingUrl, baseUrl.href)
    if (target === null) return yield* Refuse.because("Recordings.audio", "recordingUrl", "is no URL")
    const body = yield* client.open({
      operation: "Recordings.audio",
      target,
      headers: {
        // Compressed on the way, the length would be another than the file's.
        "accept-encoding": "identity",
        ...(part === undefined ? {} : { range: `bytes=${part.from}-`, "if-range": part.validator })
      }
    })
    return {
      ...audioFacts(body),
      bytes: Stream.mapArrayEffect(body.bytes, (pieces) =>
        Effect.as(Metric.update(bytesRead, lengthOfAll(pieces)), pieces)
      )
    }
  })
  const audio = (recording: Recording) =>
    openAudio(recording).pipe(
      Effect.flatMap(({ bytes, from }) =>
        from === 0
          ? Effect.succeed(bytes)
          : unasked(cut(URL.parse(recording.recordingUrl ?? "", baseUrl.href)?.host ?? ""))
      ),
      Stream.unwrap,
      Stream.withSpan("Recordings.audio", { attributes: { recordingId: cut(recording.recordingId) } })
    )

  return { audio, openAudio }
}

const lengthOfAll = (pieces: ReadonlyArray<Uint8Array>) => pieces.reduce((sum, { length }) => sum + length, 0)

/** A part came where the whole file was asked for. */
const unasked = (host: string) =>
  Effect.fail(
    new VobizError({
      operation: "Recordings.audio",
      requestId: null,
      reason: new Transport({
        host,
        detail: "the server sent a part of the file, and the whole was asked for"
      })
    })
  )

/** What an answer's headers say about the file that it brings. */
const audioFacts = ({ headers, status }: VobizBody) => {
  const etag = headers.etag
  const validator = (etag?.startsWith('"') ? etag : headers["last-modified"]) ?? null
  const contentType = headers["content-type"] ?? null
  if (status === 206) {
    const [, first, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? []
    return { from: lengthOf(first), total: lengthOf(whole), validator, contentType }
  }
  const isPlain = (headers["content-encoding"] ?? "identity") === "identity"
  return { from: 0, total: isPlain ? lengthOf(headers["content-length"]) : null, validator, contentType }
}

const lengthOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null

const pathOf = (recordingId: string) => `/Recording/${encodeURIComponent(recordingId)}/`

const makeTest = (options: TestOptions): Recordings["Service"] => {
  const held = new Map(Array.from(options.recordings, (recording) => [recording.recordingId, recording]))

  const page = Effect.fnUntraced(function* (query: RecordingsPageQuery = {}) {
    const { callUuid, limit = defaults.pageSize, offset = 0, recordingType } = query
    yield* refuseWrongPage({ limit, offset })
    const matching = Array.from(held.values()).filter(
      (recording) =>
        (callUuid === undefined || recording.callUuid === callUuid) &&
        (recordingType === undefined || recording.recordingType === recordingType)
    )
    const listed = Aside.entries({ rows: matching, rejects: options.rejects ?? [] }, 0)
    const { rejects, rows } = Aside.parted(listed.slice(offset, offset + limit))
    return {
      recordings: rows,
      rejects,
      offset,
      limit,
      totalCount: listed.length,
      hasNext: offset + limit < listed.length,
      requestId: null,
      askedAt: yield* DateTime.now
    }
  })

  const find = (operation: string, recordingId: string) => {
    const recording = held.get(recordingId)
    return recording === undefined ? Refuse.notFound(operation, "Recording not found") : Effect.succeed(recording)
  }

  const openAudio = Effect.fnUntraced(function* ({ recordingId }: Recording, part?: AudioPart) {
    const bytes = options.audio?.(yield* find("Recordings.audio", recordingId)) ?? new Uint8Array()
    // A file that is held is always the same one.
    const validator = `"${recordingId}"`
    const from = part?.validator === validator ? part.from : 0
    return { from, total: bytes.length, validator, contentType: null, bytes: Stream.make(bytes.subarray(from)) }
  })

  return Recordings.of({
    page,
    ...walks(
      (query) => Effect.map(page(query), Effect.succeed),
      { authId: "test", concurrency: 1, pageSize: defaults.pageSize, rowsZone: null },
      Foreign.cutter([])
    ),
    get: (recordingId) => find("Recordings.get", recordingId),
    remove: (recordingId) =>
      Effect.map(find("Recordings.remove", recordingId), () => {
        held.delete(recordingId)
      }),
    audio: (recording) => Stream.unwrap(Effect.map(openAudio(recording), ({ bytes }) => bytes)),
    openAudio
  })
}
