/**
 * The channel to the provider that every service of this package speaks through: it adds the credentials, waits under
 * the rate limit, retries, follows redirects, and turns every failure into a `VobizError`.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import {
  FetchHttpClient,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse
} from "effect/http"
import * as Metric from "effect/Metric"
import { RateLimiter } from "effect/persistence"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Answer from "./internal/answer.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Json from "./internal/json.ts"
import * as Retry from "./internal/retry.ts"
import { isSecure, isTrusted } from "./internal/trust.ts"
import { userAgent } from "./internal/userAgent.ts"
import { VobizConfig } from "./VobizConfig.ts"
import {
  BodyTooLarge,
  DecodeFailure,
  InvalidRequest,
  type Reason,
  ServerFault,
  Timeout,
  Transport,
  UntrustedHost,
  VobizError
} from "./VobizError.ts"
import * as VobizMetrics from "./VobizMetrics.ts"

/**
 * One request. `operation` names the service method for errors, spans and metrics. `target` is a path below the
 * account (`/Recording/`), or a whole URL as the provider gave it. A parameter that is `undefined` is not sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface VobizRequest {
  readonly operation: string
  readonly method?: "GET" | "DELETE" | undefined
  readonly target: string | URL
  readonly params?: Readonly<Record<string, string | number | undefined>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * A successful answer with a JSON body; `json` is `null` where a DELETE was answered with nothing. Whole numbers above 2^53 are
 * text in it. `askedAt` is when the attempt that it
 * answers was sent, after any wait for the rate limit and any earlier attempts.
 *
 * @category models
 * @since 0.1.0
 */
export interface VobizResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly json: unknown
  readonly requestId: string | null
  readonly askedAt: DateTime.Utc
}

/**
 * An answer as it came, before anything was made of it. `path` has the query; `body` is the text, without the account's token.
 *
 * @category models
 * @since 0.1.0
 */
export interface Heard {
  readonly operation: string
  readonly path: string
  readonly status: number
  readonly body: string
}

/**
 * Called with each JSON answer of the provider, a failure's too, before it is decoded, so that it can be kept as evidence; the
 * request waits for it. Without another value it does nothing.
 *
 * @category references
 * @since 0.1.0
 */
export const BodyTap = Context.Reference<(heard: Heard) => Effect.Effect<void>>(
  "@vobiz-effect/core/VobizClient/BodyTap",
  {
    defaultValue: () => () => Effect.void
  }
)

/**
 * A successful answer whose body is read as it comes. Reading fails with a `Timeout` when nothing comes for as long as
 * one attempt may take.
 *
 * @category models
 * @since 0.1.0
 */
export interface VobizBody {
  readonly status: number
  /** The host that answered, after any redirects. */
  readonly host: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly bytes: Stream.Stream<Uint8Array, VobizError>
}

/**
 * Sends requests to the provider.
 *
 * The credentials are sent to the configured API origin and to hosts of `vobiz.ai` over https, and to nobody else. A
 * request to another host is refused. A redirect to another host is followed without them (docs/vobiz-api.md, "Audio"),
 * and they are not taken up again on the way.
 *
 * @category services
 * @since 0.1.0
 */
export class VobizClient extends Context.Service<
  VobizClient,
  {
    /** Sends a request, again if need be, and reads its JSON body. */
    json(request: VobizRequest): Effect.Effect<VobizResponse, VobizError>
    /** Sends a request, again if need be, and leaves the body to be read within the scope. Reading is not retried. */
    open(request: VobizRequest): Effect.Effect<VobizBody, VobizError, Scope.Scope>
  }
>()("@vobiz-effect/core/VobizClient") {
  /** For a layer of your own: `Vobiz.layerNoDeps` says what the `HttpClient` must not do. */
  static readonly make: Effect.Effect<
    VobizClient["Service"],
    never,
    VobizConfig | HttpClient.HttpClient | RateLimiter.RateLimiter
  > = Effect.suspend(() => make)
}

const maxRedirects = 5
const mostMissedTurns = 10

const make = Effect.gen(function* () {
  const config = yield* VobizConfig
  const retry = yield* Retry.make
  const limiter = yield* RateLimiter.RateLimiter
  const client = (yield* HttpClient.HttpClient).pipe(HttpClient.withScope)

  const credentials = { "X-Auth-ID": config.authId, "X-Auth-Token": Redacted.value(config.authToken) }
  const secrets = [Redacted.value(config.authToken)]
  const cut = Foreign.cutter(secrets)
  const erase = Foreign.eraser(secrets)
  const accountRoot = `${config.baseUrl.href.replace(/\/$/, "")}/api/v1/Account/${encodeURIComponent(config.authId)}`

  const fail = (operation: string, reason: Reason, requestId: string | null = null) =>
    Effect.fail(new VobizError({ operation, requestId, reason }))

  /** The whole URL of a request, or why there is none that may be spoken to. `isOurs` says which hosts may be. */
  const locate = ({ params, target }: VobizRequest, isOurs: (url: URL) => boolean): Result.Result<URL, Reason> => {
    const href = target instanceof URL ? target.href : target.startsWith("/") ? accountRoot + target : target
    if (!URL.canParse(href)) {
      return Result.fail(
        new InvalidRequest({ status: null, code: null, detail: `not a URL: ${cut(href)}`, fields: [] })
      )
    }
    const url = new URL(href)
    for (const [name, value] of Object.entries(params ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    if (isOurs(url)) return Result.succeed(url)
    const detail = isTrusted(url, config.baseUrl)
      ? `lists are read from ${config.baseUrl.host} alone`
      : `the credentials go only to ${config.baseUrl.host} and *.vobiz.ai, over https`
    const fix = "If this host is the provider's, set VOBIZ_BASE_URL to it"
    return Result.fail(new UntrustedHost({ host: cut(url.host), detail: `${detail}. ${fix}` }))
  }

  /**
   * Waits for a rate-limit slot. A slot that is more than a second old when it is known is discarded, and another is taken: the process
   * was suspended meanwhile.
   */
  const waitForTurn: (operation: string) => Effect.Effect<void, VobizError> = Effect.fnUntraced(function* (operation) {
    const byStore = (detail: string) => fail(operation, new Transport({ host: "the rate limiter's store", detail }))
    for (let missed = 0; missed < mostMissedTurns; missed++) {
      const asked = yield* Clock.currentTimeMillis
      const { delay } = yield* limiter
        .consume({
          key: `vobiz:${config.authId}`,
          algorithm: "token-bucket",
          onExceeded: "delay",
          limit: config.rateLimit,
          window: Duration.seconds(1)
        })
        .pipe(Effect.catch((error) => byStore(error.message)))
      yield* Metric.update(VobizMetrics.limiterWait.pipe(Metric.withAttributes({ operation })), delay)
      if (Duration.isPositive(delay)) yield* Effect.sleep(delay)
      const late = (yield* Clock.currentTimeMillis) - asked - Duration.toMillis(delay)
      if (late <= 1000) return
    }
    return yield* byStore(`${mostMissedTurns} rate-limit slots in a row came more than a second late`)
  })

  const transport = (host: string, { reason }: HttpClientError.HttpClientError): Transport =>
    new Transport({ host, detail: cut(rootCause(reason.cause) ?? reason.description ?? "no answer") })

  const countExchange = (operation: string, status: number | "none") =>
    Metric.update(VobizMetrics.requests.pipe(Metric.withAttributes({ operation, status: String(status) })), 1)

  /** One HTTP exchange, and the redirects that it leads to, which only `open` follows. */
  const exchange = Effect.fnUntraced(function* (request: VobizRequest, start: URL, follow: boolean) {
    const { method = "GET", operation } = request
    let url = start
    let withCredentials = true
    for (let hop = 0; ; hop++) {
      const host = cut(url.host)
      const response: HttpClientResponse.HttpClientResponse = yield* client
        .execute(
          HttpClientRequest.make(method)(url, {
            headers: { "user-agent": userAgent, ...request.headers, ...(withCredentials ? credentials : {}) }
          })
        )
        .pipe(
          Effect.tapError(() => countExchange(operation, "none")),
          Effect.catch((error) => fail(operation, transport(host, error)))
        )
      yield* countExchange(operation, response.status)
      const location = response.headers.location
      if (!isRedirect(response.status) || location === undefined) return { response, host }
      const next = URL.parse(location, url.href)
      const refuse = (detail: string) =>
        fail(operation, new UntrustedHost({ host: next === null ? "a redirect" : cut(next.host), detail }))
      if (!follow) {
        return yield* refuse(`${host} redirected there, and only audio is followed. Check VOBIZ_BASE_URL`)
      }
      if (next === null || !(next.protocol === "https:" || (url.protocol === "http:" && isSecure(next)))) {
        return yield* refuse(`${host} redirected there, away from https`)
      }
      if (hop === maxRedirects) {
        const detail = `${cut(start.host)} redirected more than ${maxRedirects} times`
        return yield* fail(operation, new ServerFault({ status: response.status, code: null, detail }))
      }
      withCredentials = withCredentials && isTrusted(next, config.baseUrl)
      url = next
    }
  })

  const withinAttempt = (operation: string) =>
    Effect.timeoutOrElse({
      duration: config.attemptTimeout,
      orElse: () => fail(operation, new Timeout({ limit: "attempt", duration: config.attemptTimeout }))
    })

  /** The whole body as text; `undefined` where it is longer than allowed. */
  const readText = (operation: string, host: string, response: HttpClientResponse.HttpClientResponse) =>
    Effect.suspend(() => {
      const { headers } = response
      const declared =
        headers["content-encoding"] === undefined ? Number(headers["content-length"] ?? Infinity) : Infinity
      if (declared <= config.maxBodyBytes) return response.text
      let size = 0
      let text = ""
      const decoder = new TextDecoder()
      return response.stream.pipe(
        Stream.takeUntil((piece) => (size += piece.length) > config.maxBodyBytes),
        Stream.runForEach((piece) => Effect.sync(() => void (text += decoder.decode(piece, { stream: true })))),
        Effect.map(() => (size > config.maxBodyBytes ? undefined : text + decoder.decode()))
      )
    }).pipe(
      Effect.catch((error) =>
        error.reason._tag === "EmptyBodyError" ? Effect.succeed("") : fail(operation, transport(host, error))
      )
    )

  const failOn = Effect.fnUntraced(function* (operation: string, answer: Answer.Answer) {
    const reason = Answer.failureOf(answer, yield* Clock.currentTimeMillis, cut)
    if (reason !== undefined) return yield* fail(operation, reason, Answer.requestIdOf(answer, cut))
  })

  const attemptJson = Effect.fnUntraced(function* (request: VobizRequest, url: URL) {
    const { method = "GET", operation } = request
    const askedAt = yield* DateTime.now
    const accepting = { ...request, headers: { accept: "application/json", ...request.headers } }
    const { host, response } = yield* exchange(accepting, url, false)
    const { headers, status } = response
    const text = yield* readText(operation, host, response)
    const body = text === undefined ? undefined : erase(text)
    if (body !== undefined) yield* (yield* BodyTap)({ operation, path: url.pathname + url.search, status, body })
    const parsed = body === undefined ? undefined : Json.parse(body)
    const answer: Answer.Answer = { status, headers, json: parsed?._tag === "json" ? parsed.value : undefined }
    yield* failOn(operation, answer)
    const requestId = Answer.requestIdOf(answer, cut)
    const refuse = (reason: Reason) => fail(operation, reason, requestId)
    if (body === undefined || parsed === undefined) {
      return yield* refuse(new BodyTooLarge({ host, maxBytes: config.maxBodyBytes }))
    }
    if (body.trim() === "") {
      if (method === "GET") return yield* refuse(new Transport({ host, detail: "the body is empty" }))
    } else if (parsed._tag !== "json") {
      const expected = parsed._tag === "deep" ? `JSON of at most ${Json.maxDepth} levels` : "JSON"
      return yield* refuse(new DecodeFailure({ path: "", expected, syntax: parsed._tag === "other", body: cut(body) }))
    }
    return { status, headers, json: answer.json ?? null, requestId, askedAt }
  }, Effect.scoped)

  const attemptOpen = Effect.fnUntraced(function* (request: VobizRequest, url: URL) {
    const { operation } = request
    const { host, response } = yield* exchange(request, url, true)
    const { headers, status } = response
    // No file of the provider is JSON: it is a failure, whatever its status.
    if (status < 200 || status >= 300 || isJson(headers["content-type"])) {
      const body = (yield* readText(operation, host, response)) ?? ""
      const parsed = Json.parse(body)
      yield* failOn(operation, { status, headers, json: parsed._tag === "json" ? parsed.value : undefined })
      return yield* fail(
        operation,
        new DecodeFailure({ path: "", expected: "a file, not JSON", syntax: false, body: cut(body) })
      )
    }
    return {
      status,
      headers,
      host,
      // A timeout for each piece as it is waited for: the stream's own takes two fibers and a queue between them.
      bytes: Stream.transformPull(
        Stream.mapError(
          response.stream,
          (error) => new VobizError({ operation, requestId: null, reason: transport(host, error) })
        ),
        (pull) => Effect.succeed(withinAttempt(operation)(pull))
      )
    }
  })

  const run = <A, R>(
    request: VobizRequest,
    isOurs: (url: URL) => boolean,
    attempt: (request: VobizRequest, url: URL) => Effect.Effect<A, VobizError, R>
  ): Effect.Effect<A, VobizError, R> => {
    const { operation } = request
    const url = locate(request, isOurs)
    if (Result.isFailure(url)) return fail(operation, url.failure)
    const once = Effect.suspend(() => attempt(request, url.success)).pipe(withinAttempt(operation))
    return retry(operation, Effect.andThen(waitForTurn(operation), once)).pipe(
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // Neither the query with its telephone numbers nor the headers belong in a span, and no trace header is the
      // provider's business: the operations make spans of their own.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
    )
  }

  const isApi = (url: URL) => isTrusted(url, config.baseUrl) && url.origin === config.baseUrl.origin

  return VobizClient.of({
    json: (request) =>
      Effect.suspend(() => {
        let sent = 0
        return run(request, isApi, (request, url) => {
          const again = sent++ > 0
          const attempt = attemptJson(request, url)
          // The answer to the first try was lost: what is not there any more was deleted by it.
          return again && request.method === "DELETE"
            ? Effect.catchIf(attempt, isNotFound, () => Effect.map(DateTime.now, deletedAt))
            : attempt
        })
      }),
    open: (request) => run(request, (url) => isTrusted(url, config.baseUrl), attemptOpen)
  })
})

const isNotFound = ({ reason }: VobizError) => reason._tag === "NotFound"

const deletedAt = (askedAt: DateTime.Utc): VobizResponse => ({
  status: 204,
  headers: {},
  json: null,
  requestId: null,
  askedAt
})

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status)

const isJson = (contentType: string | undefined) => contentType?.includes("json") ?? false

/** The innermost cause's code (`ECONNREFUSED`) or words: `fetch failed` alone tells nobody anything. */
const rootCause = (cause: unknown, depth = 0): string | undefined => {
  // A cause may be its own.
  if (!(cause instanceof Error) || depth > 8) return undefined
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return rootCause(cause.cause, depth + 1) ?? (code === undefined ? cause.message : `${code} ${cause.message}`.trim())
}
