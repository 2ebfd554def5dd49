/**
 * Examines an account: how does the provider's API behave where its documentation is silent, contradictory or wrong?
 *
 * @since 0.1.0
 */
import {
  CallDetailRecords,
  PhoneNumber,
  Recordings,
  RetryPolicy,
  Trunks,
  VobizClient,
  VobizConfig
} from "@vobiz-effect/core"
import { DecodeFailure, InvalidRequest, type Reason, VobizError } from "@vobiz-effect/core/VobizError"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Csv } from "effect/encoding"
import { FetchHttpClient, HttpClient, HttpClientError } from "effect/http"
import * as Layer from "effect/Layer"
import { RateLimiter } from "effect/persistence"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Contract from "./Contract.ts"

/**
 * The most HTTP requests one examination sends, retries and redirects included.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxRequests = 60

/**
 * One thing looked at: what was found, how it is known, and where it matters, why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  readonly name: string
  readonly found: string
  readonly evidence: string
  readonly concern?: string | undefined
}

/**
 * What an examination found.
 *
 * @category models
 * @since 0.1.0
 */
export interface Examination {
  readonly contract: Contract.Contract
  readonly checks: ReadonlyArray<Check>
  readonly requests: number
}

/**
 * Examines the account of `VobizConfig`. It only reads, and sends at most `budget` requests, by default `maxRequests`;
 * what they do not suffice for stays unknown.
 *
 * It fails only where nothing can be found out: the credentials are refused, or nobody answers. Whatever else fails is
 * unknown, with the reason as evidence.
 *
 * @example
 * ```ts
 * import { VobizConfig } from "@vobiz-effect/core"
 * import { Doctor } from "@vobiz-effect/recon"
 * import { Effect } from "effect"
 *
 * const concerns = Doctor.run().pipe(
 *   Effect.map(({ checks }) => checks.flatMap(({ concern }) => concern ?? [])),
 *   Effect.provide(VobizConfig.VobizConfig.layerConfig)
 * )
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export const run = Effect.fn("Doctor.run")(function* (options?: {
  readonly budget?: number | undefined
}): Effect.fn.Return<Examination, VobizError, VobizConfig.VobizConfig> {
  const wire = makeWire(options?.budget ?? maxRequests)
  const config = yield* VobizConfig.VobizConfig
  return yield* examine(wire, config).pipe(Effect.provide(layer(wire)))
})

// ---------------------------------------------------------------------------
// The wire, as it is seen
// ---------------------------------------------------------------------------

/** One HTTP exchange. `skew` is how far the answering clock is ahead, in milliseconds. */
interface Exchange {
  readonly host: string
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: string | undefined
  readonly skew: number | null
}

interface Wire {
  readonly budget: number
  readonly exchanges: Array<Exchange>
  sent: number
}

const makeWire = (budget: number): Wire => ({ budget, exchanges: [], sent: 0 })

const isSpent = (wire: Wire) => wire.sent >= wire.budget
const spent = (wire: Wire) => `not asked: the ${wire.budget} requests of one examination are spent`

/** A client that counts each exchange and keeps what only its headers tell. */
const watched = (wire: Wire) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transform((response, request) =>
        Effect.gen(function* () {
          if (isSpent(wire)) {
            return yield* new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, description: spent(wire) })
            })
          }
          wire.sent++
          const before = yield* Clock.currentTimeMillis
          const answer = yield* response
          const after = yield* Clock.currentTimeMillis
          const { date, location, "retry-after": retryAfter } = answer.headers
          // The header tells whole seconds, cut off.
          const stamp = Date.parse(date ?? "") + 500
          wire.exchanges.push({
            host: URL.parse(request.url)?.host ?? "an unknown host",
            status: answer.status,
            location,
            retryAfter,
            skew: Number.isNaN(stamp) ? null : Math.round(stamp - (before + after) / 2)
          })
          return answer
        })
      )
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** The services over the watched client. They try again once at most, as every try counts. */
const layer = (wire: Wire) =>
  Layer.mergeAll(Recordings.Recordings.layer, CallDetailRecords.CallDetailRecords.layer, Trunks.Trunks.layer).pipe(
    Layer.provideMerge(VobizClient.VobizClient.layerNoDeps),
    Layer.provide([
      watched(wire),
      RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)),
      RetryPolicy.RetryPolicy.layerOptions({ maxAttempts: 2 })
    ])
  )

// ---------------------------------------------------------------------------
// What is asked
// ---------------------------------------------------------------------------

const failure = (reason: Reason) => new VobizError({ operation: "Doctor.run", requestId: null, reason })

const decoder = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (json: unknown) =>
    decode(json).pipe(
      Effect.mapError(({ message }) => {
        const expected = PhoneNumber.maskDigits(message.replace(/\s+/g, " ").slice(0, 200))
        return failure(new DecodeFailure({ path: "", expected, syntax: false, body: "not shown" }))
      })
    )
}

const optional = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const decodeRecordings = decoder(
  Schema.Struct({
    meta: Schema.Struct({ total_count: Schema.Int, next: optional(Schema.String) }),
    objects: Schema.Array(
      Schema.Struct({
        recording_id: Schema.String,
        call_uuid: Schema.String,
        recording_type: Schema.String,
        add_time: Schema.String,
        recording_url: optional(Schema.String),
        recording_duration_ms: optional(Schema.Unknown)
      })
    )
  })
)

const CdrRow = Schema.Struct({ uuid: Schema.String, start_time: Schema.String, currency: optional(Schema.String) })

const decodeCdrs = decoder(
  Schema.Struct({
    data: Schema.Array(CdrRow),
    pagination: Schema.Struct({ total: Schema.Int, has_next: optional(Schema.Boolean) })
  })
)

const decodeCdr = decoder(Schema.Union([Schema.Struct({ data: CdrRow }), CdrRow]))

/** An instant in epoch milliseconds; `null` where the text names no zone, and so could be any of several. */
const instantOf = (text: string): number | null => {
  const millis = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN
  return Number.isNaN(millis) ? null : millis
}

interface Cdr {
  readonly uuid: string
  readonly at: number | null
  readonly currency: string | null
}

interface CdrAnswer {
  readonly rows: ReadonlyArray<Cdr>
  readonly total: number
  readonly hasNext: boolean
}

const asked = 100
const noSuch = "no-such-thing"
/** Long before the provider had any call. */
const emptyDay = "2000-01-01"

// ---------------------------------------------------------------------------
// The examination
// ---------------------------------------------------------------------------

interface Finding<A> extends Omit<Check, "name"> {
  readonly value: A
}

const unknown = <A>(value: A, evidence: string, concern?: string): Finding<A> => ({
  value,
  found: "unknown",
  evidence,
  concern
})

/** Without these answers there is no account to examine. */
const isFatal = ({ reason }: VobizError) =>
  ["Unauthorized", "Transport", "Timeout", "UntrustedHost"].includes(reason._tag) ||
  (reason._tag === "DecodeFailure" && reason.syntax)

const examine = Effect.fnUntraced(function* (wire: Wire, config: VobizConfig.Settings) {
  const client = yield* VobizClient.VobizClient
  const checks: Array<Check> = []

  const whileFunded = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend((): Effect.Effect<A, E | VobizError, R> =>
      isSpent(wire)
        ? Effect.fail(failure(new InvalidRequest({ status: null, code: null, detail: spent(wire), fields: [] })))
        : effect
    )

  /** Notes what a probe found; what goes wrong with it is why nothing was found. */
  const probe = <A, R>(name: string, nothing: A, found: Effect.Effect<Finding<A>, VobizError, R>) =>
    found.pipe(
      Effect.catch(({ message }) => Effect.succeed(unknown(nothing, message))),
      Effect.map(({ value, ...check }) => {
        checks.push({ name, ...check })
        return value
      })
    )

  const get = (target: string, params: Readonly<Record<string, string | number>> = {}) =>
    whileFunded(client.json({ operation: "Doctor.run", target, params })).pipe(Effect.map(({ json }) => json))

  const recordings = (params: Readonly<Record<string, string | number>>) =>
    Effect.flatMap(get("/Recording/", params), decodeRecordings)

  const seen = new Map<string, Cdr>()
  const cdrs = (params: Readonly<Record<string, string | number>>) =>
    get("/cdr", params).pipe(
      Effect.flatMap(decodeCdrs),
      Effect.map(({ data, pagination }): CdrAnswer => {
        const rows = data.map(({ currency, start_time, uuid }) => ({
          uuid,
          at: instantOf(start_time),
          currency: currency ?? null
        }))
        for (const row of rows) seen.set(row.uuid, row)
        return { rows, total: pagination.total, hasNext: pagination.has_next ?? false }
      })
    )

  // --- Credentials and clock ---

  const checkedAt = yield* DateTime.now
  const firstPage = yield* recordings({ limit: asked, offset: 0 }).pipe(
    Effect.catchIf(isFatal, (error) => Effect.fail({ fatal: error })),
    Effect.result
  )
  if (Result.isFailure(firstPage) && "fatal" in firstPage.failure) return yield* firstPage.failure.fatal
  const first = Result.isSuccess(firstPage)
    ? Effect.succeed(firstPage.success)
    : Effect.fail(firstPage.failure as VobizError)
  yield* probe(
    "credentials",
    undefined,
    first.pipe(
      Effect.as("the list of recordings was given"),
      // Whom it knows, it forbids.
      Effect.catchReason("VobizError", "Forbidden", ({ message }) => Effect.succeed(message)),
      Effect.map((evidence) => ({ value: undefined, found: "accepted", evidence }))
    )
  )

  const clockSkewMillis = yield* probe(
    "clock",
    null,
    Effect.sync((): Finding<number | null> => {
      const skew = wire.exchanges[0]?.skew ?? null
      if (skew === null) return unknown(null, "the answer had no readable Date header")
      const off = Math.abs(skew) > Contract.clockTolerance
      const seconds = (Math.abs(skew) / 1000).toFixed(1)
      return {
        value: skew,
        found: off ? `${seconds} s ${skew > 0 ? "ahead" : "behind"}` : "in step",
        evidence: `the Date header of the first answer was ${seconds} s ${skew > 0 ? "ahead of" : "behind"} the clock here`,
        concern: off
          ? `the provider's clock and the one here are ${seconds} s apart: windows that end now, and settling times, are off by as much`
          : undefined
      }
    })
  )

  // --- Recordings ---

  const recordingsCap = yield* probe(
    "recordings: page cap",
    null,
    Effect.map(first, ({ meta, objects }) => capOf(objects.length, typeof meta.next === "string", meta.total_count))
  )

  const sample = yield* Effect.result(
    Effect.gen(function* () {
      const { meta, objects } = yield* first
      if (objects.length === 0 || meta.total_count <= objects.length) return objects
      const next = yield* recordings({ limit: asked, offset: objects.length })
      return [...objects, ...next.objects]
    })
  )
  const rows = Result.isSuccess(sample) ? sample.success : Result.isSuccess(firstPage) ? firstPage.success.objects : []

  const recordingsOrder = yield* probe(
    "recordings: order",
    "unknown" as const,
    Effect.map(first, () =>
      orderOf(
        "add_time",
        rows.map(({ add_time }) => instantOf(add_time))
      )
    )
  )

  const filterProbe = (name: "recording_type" | "call_uuid", valueOf: (row: (typeof rows)[number]) => string) =>
    Effect.gen(function* () {
      const whole = (yield* first).meta.total_count
      const value = rows.map(valueOf).find((value) => value !== "")
      if (value === undefined) return unknown<FilterFound>("unknown", "there is no recording to filter by")
      const none = yield* recordings({ limit: asked, offset: 0, [name]: noSuch }).pipe(
        // A filter whose value is refused was read.
        Effect.catchIf(
          ({ reason }) => reason._tag === "InvalidRequest" && reason.status !== null,
          () => Effect.succeed({ objects: [] })
        )
      )
      const some = yield* recordings({ limit: asked, offset: 0, [name]: value })
      const foreign = [...some.objects, ...none.objects].filter((row) => valueOf(row) !== value).length
      const evidence = `${name}=${noSuch} gave ${none.objects.length} rows, ${name} of a listed recording gave ${some.objects.length}, ${foreign} of another value; without there are ${whole}`
      if (none.objects.length > 0 || foreign > 0) {
        return {
          value: "ignored",
          found: "ignored",
          evidence,
          concern: `the provider ignores the filter ${name} and gives rows that were not asked for: filter here`
        } satisfies Finding<FilterFound>
      }
      return some.objects.length > 0
        ? ({ value: "honoured", found: "honoured", evidence } satisfies Finding<FilterFound>)
        : unknown<FilterFound>("unknown", evidence, `the filter ${name} does not find a recording that was just listed`)
    })

  const recordingTypeFilter = yield* probe<FilterFound, never>(
    "recordings: filter recording_type",
    "unknown",
    filterProbe("recording_type", (row) => row.recording_type)
  )
  const callUuidFilter = yield* probe<FilterFound, never>(
    "recordings: filter call_uuid",
    "unknown",
    filterProbe("call_uuid", (row) => row.call_uuid)
  )

  const nextForm = yield* probe<NextForm, never>(
    "recordings: next",
    "unknown",
    Effect.gen(function* () {
      if ((yield* first).meta.total_count < 2) return unknown("unknown", "there is no second page to point at")
      const { next } = (yield* recordings({ limit: 1, offset: 0 })).meta
      const evidence = `of the first of several pages it is ${next === undefined ? "absent" : JSON.stringify(next)}`
      const form: NextForm =
        next === null || next === undefined
          ? "other"
          : next.startsWith("/api/")
            ? "path"
            : next.startsWith("/")
              ? "path-without-api"
              : URL.canParse(next)
                ? "url"
                : "other"
      return {
        value: form,
        found: form,
        evidence: evidence.replaceAll(config.authId, "{account}"),
        concern: next === null || next === undefined ? "next says that there is no more where there is" : undefined
      }
    })
  )

  const nextAtEnd = yield* probe<NextAtEnd, never>(
    "recordings: next at the end",
    "unknown",
    Effect.gen(function* () {
      const total = (yield* first).meta.total_count
      if (total === 0) return unknown("unknown", "there are no recordings")
      const { meta, objects } = yield* recordings({ limit: 1, offset: total - 1 })
      const evidence = `asked for row ${total} of ${meta.total_count}: ${objects.length} rows, and next is ${meta.next === undefined ? "absent" : meta.next === null ? "null" : "not null"}`
      if (meta.next === undefined) return { value: "absent", found: "absent", evidence }
      if (meta.next === null) return { value: "null", found: "null", evidence }
      return meta.total_count > total
        ? unknown("unknown", `${evidence}; the list grew meanwhile`)
        : {
            value: "never-null",
            found: "never null",
            evidence,
            concern: "next is never null, so that a reader that follows it never ends"
          }
    })
  )

  // --- CDRs ---

  const firstCdrs = yield* Effect.result(cdrs({ page: 1, per_page: asked }))
  const cdrList = Result.isSuccess(firstCdrs) ? Effect.succeed(firstCdrs.success) : Effect.fail(firstCdrs.failure)

  const cdrsCap = yield* probe(
    "cdrs: page cap",
    null,
    Effect.map(cdrList, ({ hasNext, rows, total }) => capOf(rows.length, hasNext, total))
  )

  const cdrsOrder = yield* probe(
    "cdrs: order",
    "unknown" as const,
    Effect.gen(function* () {
      const { rows, total } = yield* cdrList
      const more = rows.length > 0 && total > rows.length ? (yield* cdrs({ page: 2, per_page: rows.length })).rows : []
      return orderOf(
        "start_time",
        [...rows, ...more].map(({ at }) => at)
      )
    })
  )

  const answers: Array<DaysAnswer> = []
  /** The first and the last page of some days: their outermost calls. */
  const askDays = Effect.fnUntraced(function* (start: string, end: string) {
    const days = { start_date: start, end_date: end }
    const { rows, total } = yield* cdrs({ ...days, page: 1, per_page: asked })
    const last =
      rows.length > 0 && total > rows.length
        ? (yield* cdrs({ ...days, page: Math.ceil(total / rows.length), per_page: rows.length })).rows
        : []
    const answer = { start, end, total, rows: [...rows, ...last] }
    answers.push(answer)
    return answer
  })
  const survivors = () => rules.filter((rule) => answers.every((answer) => agrees(rule, answer, [...seen.values()])))

  const days = yield* Effect.result(
    Effect.gen(function* () {
      yield* cdrList
      if (seen.size === 0) return "there are no CDRs"
      const empty = yield* askDays(emptyDay, emptyDay)
      if (empty.total > 0) return `asked for ${emptyDay}, there are ${empty.total} rows: the filter is ignored`
      for (const day of daysToAsk([...seen.values()])) {
        const next = dayAfter(day)
        // A call that is of one day in UTC and of the next in India tells all by these three questions.
        for (const [start, end] of [
          [day, day],
          [day, next],
          [next, next]
        ] as const) {
          yield* askDays(start, end)
          if (survivors().length <= 1) return null
        }
      }
      return null
    })
  )
  const dayFinding = <A extends "dayZone" | "endDate">(
    field: A
  ): Effect.Effect<Finding<DayRule[A] | "unknown">, VobizError> =>
    Effect.gen(function* () {
      // What was asked before a failure counts.
      if (Result.isFailure(days) && answers.length < 2) return yield* days.failure
      if (Result.isSuccess(days) && days.success !== null) {
        const ignored = answers.some(({ total }) => total > 0)
        return unknown(
          "unknown" as const,
          days.success,
          ignored ? "the provider ignores the days that CDRs are asked for, and gives all of them" : undefined
        )
      }
      const evidence = answers.slice(1, 5).map(describe).join("; ")
      const left = [...new Set(survivors().map((rule) => rule[field]))]
      const [only] = left
      if (only !== undefined && left.length === 1) return { value: only, found: only, evidence }
      return left.length === 0
        ? unknown(
            "unknown" as const,
            evidence,
            "neither days of UTC nor of +05:30 explain which calls are listed for a day: ask for a day more on each side, and filter here"
          )
        : unknown("unknown" as const, `no call tells the possibilities apart: ${evidence}`)
    })
  const dayZone = yield* probe("cdrs: zone of days", "unknown" as const, dayFinding("dayZone"))
  const endDate = yield* probe("cdrs: end_date", "unknown" as const, dayFinding("endDate"))

  /** The first two lines of an export. */
  const exportOf = (start: string, end: string) =>
    Effect.gen(function* () {
      const { bytes } = yield* whileFunded(
        client.open({
          operation: "Doctor.run",
          target: "/cdr/export",
          params: { start_date: start, end_date: end },
          headers: { accept: "text/csv" }
        })
      )
      return yield* bytes.pipe(
        Stream.pipeThroughChannel(Csv.decode<VobizError>()),
        Stream.take(2),
        Stream.runCollect,
        Effect.catchTag("CsvError", ({ message }) =>
          Effect.fail(failure(new DecodeFailure({ path: "", expected: message, syntax: true, body: "not shown" })))
        )
      )
    }).pipe(Effect.scoped)

  const csvHeader = yield* probe<ReadonlyArray<string> | null, never>(
    "cdrs: CSV header",
    null,
    Effect.gen(function* () {
      const [narrowest] = answers.filter(({ total }) => total > 0).toSorted((a, b) => a.total - b.total)
      if (narrowest === undefined) return unknown(null, "there is no day known to have rows")
      const [header] = yield* exportOf(narrowest.start, narrowest.end)
      if (header === undefined) return unknown(null, `the export of ${narrowest.start} was empty`)
      const missing = ["uuid", "start_time", "duration", "billsec"].filter((name) => !header.includes(name))
      return {
        value: header,
        found: `${header.length} columns`,
        evidence: `the export of ${narrowest.start} begins: ${header.join(",")}`,
        concern: missing.length === 0 ? undefined : `the CSV export has no column ${missing.join(", ")}`
      }
    })
  )
  const emptyExport = yield* probe<Contract.Contract["cdrs"]["emptyExport"], never>(
    "cdrs: export without rows",
    "unknown",
    Effect.map(exportOf(emptyDay, emptyDay), ({ length }) => {
      const evidence = `the export of ${emptyDay}, when there were no calls, has ${length === 2 ? "rows" : `${length} lines`}`
      if (length === 2) return unknown("unknown", evidence)
      const value = length === 0 ? "nothing" : "header"
      return { value, found: value, evidence }
    })
  )

  const currencies = yield* probe<Currencies, never>(
    "cdrs: currency",
    { list: null, detail: null },
    Effect.gen(function* () {
      yield* cdrList
      const row = [...seen.values()].find(({ currency }) => currency !== null && currency !== "")
      if (row === undefined) return unknown({ list: null, detail: null }, "there is no CDR that names a currency")
      const one = yield* Effect.flatMap(get(`/cdr/${encodeURIComponent(row.uuid)}`), decodeCdr)
      const detail = ("data" in one ? one.data : one).currency ?? null
      return {
        value: { list: row.currency, detail },
        found: row.currency === detail ? `${detail}` : `${row.currency} in the list, ${detail ?? "none"} alone`,
        evidence: `CDR ${row.uuid}, in the list and got alone`,
        concern:
          row.currency === detail
            ? undefined
            : `the same call is billed in ${row.currency} by the list and in ${detail ?? "no currency"} when got alone: believe no total before asking the provider`
      }
    })
  )

  // --- Audio ---

  const audio = yield* probe<Contract.Contract["audio"], never>(
    "audio",
    noAudio,
    Effect.gen(function* () {
      const length = (row: (typeof rows)[number]) => Number(row.recording_duration_ms ?? Infinity) || Infinity
      const located = rows.filter((row) => URL.canParse(row.recording_url ?? ""))
      const byHost = Map.groupBy(located, (row) => new URL(row.recording_url ?? "").host)
      // Hosts vary: the most usual one is the least likely to be another the next time.
      const [[, usual] = []] = [...byHost].toSorted(([, a], [, b]) => b.length - a.length)
      const [shortest] = (usual ?? []).toSorted((a, b) => length(a) - length(b))
      if (shortest === undefined) return unknown(noAudio, "there is no recording with a URL")
      const url = new URL(shortest.recording_url ?? "")
      const hosts = [...byHost].map(([host, { length }]) => `${host} ${length}`).join(", ")
      const before = wire.exchanges.length
      const opened = yield* whileFunded(
        client.open({ operation: "Doctor.run", target: url, headers: { range: "bytes=0-0" } })
      ).pipe(
        Effect.map(({ status }) => status),
        Effect.scoped,
        Effect.result
      )
      const hops = wire.exchanges.slice(before)
      const told = hops.map(({ host, status }) => `${host} answered ${status}`).join(", then ")
      const evidence = [
        `asked for the first byte of recording ${shortest.recording_id}`,
        ...(told === "" ? [] : [told]),
        ...(Result.isFailure(opened) ? [opened.failure.message] : []),
        `hosts of the newest recordings: ${hosts}`
      ].join("; ")
      const target = hops.findLast(({ location, status }) => status >= 300 && status < 400 && location !== undefined)
      const redirectHost =
        target === undefined ? null : (URL.parse(target.location ?? "", `https://${target.host}`)?.host ?? null)
      const value = {
        host: url.host,
        redirects: redirectHost !== null ? "yes" : Result.isSuccess(opened) ? "no" : "unknown",
        redirectHost,
        ranges: Result.isFailure(opened) ? "unknown" : opened.success === 206 ? "honoured" : "ignored"
      } as const
      return {
        value,
        found: redirectHost === null ? url.host : `${url.host}, redirects to ${redirectHost}`,
        evidence,
        concern: Result.isFailure(opened) ? "the audio of a recording that is listed could not be opened" : undefined
      }
    })
  )

  // --- Whether it can all be read ---

  const readable = <R>(name: string, read: Effect.Effect<unknown, VobizError, R>) =>
    probe(
      `${name}: form of rows`,
      undefined,
      whileFunded(read).pipe(
        Effect.as<Finding<undefined>>({
          value: undefined,
          found: "known",
          evidence: "a page of up to 20 rows was read"
        }),
        Effect.catchReason("VobizError", "DecodeFailure", ({ message }) =>
          Effect.succeed<Finding<undefined>>({
            value: undefined,
            found: "not known",
            evidence: message,
            concern: `rows of the list of ${name} are of a form that this version cannot read`
          })
        )
      )
    )
  yield* readable("recordings", (yield* Recordings.Recordings).page({ limit: 20 }))
  yield* readable("cdrs", (yield* CallDetailRecords.CallDetailRecords).recent(20))
  yield* readable("trunks", (yield* Trunks.Trunks).page({ limit: 20 }))

  const refusals = wire.exchanges.filter(({ status }) => status === 429)
  const retryAfter =
    refusals.length === 0 ? "not-seen" : refusals.some((one) => one.retryAfter) ? "header" : "no-header"
  checks.push({
    name: "retry-after",
    found: { "not-seen": "never seen", header: "sent", "no-header": "not sent" }[retryAfter],
    evidence: `${refusals.length} of ${wire.sent} requests were answered with status 429`,
    concern:
      refusals.length === 0 ? undefined : "the provider answered that it was asked too often: lower VOBIZ_RATE_LIMIT"
  })

  const contract = new Contract.Contract({
    version: Contract.version,
    checkedAt,
    accountId: config.authId,
    baseUrl: config.baseUrl.href,
    clockSkewMillis,
    recordings: {
      pageCap: recordingsCap,
      order: recordingsOrder,
      recordingTypeFilter,
      callUuidFilter,
      nextForm,
      nextAtEnd
    },
    cdrs: {
      pageCap: cdrsCap,
      order: cdrsOrder,
      dayZone,
      endDate,
      csvHeader,
      emptyExport,
      currencyInList: currencies.list,
      currencyInDetail: currencies.detail
    },
    audio,
    retryAfter
  })
  return { contract, checks, requests: wire.sent }
})

type FilterFound = Contract.Contract["recordings"]["recordingTypeFilter"]
type NextForm = Contract.Contract["recordings"]["nextForm"]
type NextAtEnd = Contract.Contract["recordings"]["nextAtEnd"]
type Order = Contract.Contract["recordings"]["order"]

const noAudio: Contract.Contract["audio"] = {
  host: null,
  redirects: "unknown",
  redirectHost: null,
  ranges: "unknown"
}

interface Currencies {
  readonly list: string | null
  readonly detail: string | null
}

// ---------------------------------------------------------------------------
// Judging
// ---------------------------------------------------------------------------

const capOf = (rows: number, hasMore: boolean, total: number): Finding<number | null> => {
  const evidence = `asked for ${asked} rows, got ${rows} of ${total}`
  // Either alone may be wrong: a total, or the word that there is more.
  if (rows === 0 || rows > asked || !hasMore || total <= rows) return unknown(null, `${evidence}: too few to tell`)
  return {
    value: rows,
    found: rows === asked ? `${asked} or more` : String(rows),
    evidence,
    concern: rows < asked ? `the server gives ${rows} rows a page where ${asked} are documented` : undefined
  }
}

const orderOf = (field: string, instants: ReadonlyArray<number | null>): Finding<Order> => {
  const known = instants.filter((instant) => instant !== null)
  const steps = known.slice(1).map((instant, n) => instant - (known[n] ?? instant))
  const up = steps.filter((step) => step > 0).length
  const down = steps.filter((step) => step < 0).length
  const evidence = `of ${steps.length} neighbours by ${field}, ${down} go back in time and ${up} forward`
  if (up === 0 && down === 0) return unknown("unknown", evidence)
  const value = up === 0 ? "newest-first" : down === 0 ? "oldest-first" : "none"
  return {
    value,
    found: value.replace("-", " "),
    evidence,
    concern:
      value === "newest-first"
        ? undefined
        : "the list is not sorted newest first, which reading only what is new relies upon: read it whole"
  }
}

/** How the provider's day filter may work. */
interface DayRule {
  readonly dayZone: "UTC" | "+05:30"
  readonly endDate: "inclusive" | "exclusive"
}

interface DaysAnswer {
  readonly start: string
  readonly end: string
  readonly total: number
  readonly rows: ReadonlyArray<Cdr>
}

const rules: ReadonlyArray<DayRule> = (["UTC", "+05:30"] as const).flatMap((dayZone) =>
  (["inclusive", "exclusive"] as const).map((endDate) => ({ dayZone, endDate }))
)

const dayMillis = 86_400_000
const offsets = { UTC: 0, "+05:30": 5.5 * 3_600_000 }

const dayOf = (at: number, zone: DayRule["dayZone"] = "UTC") =>
  DateTime.formatIsoDateUtc(DateTime.makeUnsafe(at + offsets[zone]))

const dayAfter = (day: string, days = 1) => dayOf(Date.parse(`${day}T00:00:00Z`) + days * dayMillis)

/**
 * Whether an answer can be a rule's: it shows no call outside the rule's days, and has room for all calls known to be
 * within them.
 */
const agrees = ({ dayZone, endDate }: DayRule, answer: DaysAnswer, known: ReadonlyArray<Cdr>) => {
  const isWithin = ({ at }: Cdr) => {
    if (at === null) return undefined
    const day = dayOf(at, dayZone)
    return day >= answer.start && (endDate === "inclusive" ? day <= answer.end : day < answer.end)
  }
  return (
    answer.rows.every((row) => isWithin(row) !== false) &&
    known.filter((row) => isWithin(row) === true).length <= answer.total
  )
}

/** Days that are likely to tell: those with calls late in the UTC day, when it is tomorrow in India; then the newest. */
const daysToAsk = (known: ReadonlyArray<Cdr>): ReadonlyArray<string> => {
  const instants = known.flatMap(({ at }) => (at === null ? [] : [at])).toSorted((a, b) => b - a)
  const [newest] = instants
  if (newest === undefined) return []
  const telling = [...new Set(instants.filter((at) => dayOf(at) !== dayOf(at, "+05:30")).map((at) => dayOf(at)))]
  const today = dayOf(newest)
  return [...new Set([...telling.slice(0, 2), today, dayAfter(today, -1), ...telling])].slice(0, 5)
}

const describe = ({ end, rows, start, total }: DaysAnswer) => {
  const instants = rows.flatMap(({ at }) => (at === null ? [] : [at])).toSorted((a, b) => a - b)
  const [oldest] = instants
  const newest = instants.at(-1)
  const print = (at: number) => DateTime.formatIso(DateTime.makeUnsafe(at)).replace(".000Z", "Z")
  const between = oldest === undefined || newest === undefined ? "" : ` from ${print(oldest)} to ${print(newest)}`
  return `${start} to ${end} gave ${total} calls${between}`
}
