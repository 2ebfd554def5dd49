/**
 * The channel to the provider that every service of this package speaks through: it adds the credentials, waits under
 * the rate limit, retries, follows redirects, and turns every failure into a `VobizError`.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FetchHttpClient, HttpClient } from "effect/http"
import { RateLimiter } from "effect/persistence"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

import * as Address from "./internal/address.ts"
import * as Answer from "./internal/answer.ts"
import * as Exchange from "./internal/exchange.ts"
import { fail } from "./internal/failure.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Json from "./internal/json.ts"
import * as Retry from "./internal/retry.ts"
import { isTrusted } from "./internal/trust.ts"
import * as Turn from "./internal/turn.ts"
import { JsonDispatcher } from "./JsonDispatcher.ts"
import { type Settings, VobizConfig } from "./VobizConfig.ts"
import { BodyTooLarge, DecodeFailure, type Reason, Transport, type VobizError } from "./VobizError.ts"

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
 * An answer of the provider before it is decoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface RawAnswer {
  /** The operation that asked for it, such as `Recordings.page`. */
  readonly operation: string
  /** The path of the request, with its query. */
  readonly path: string
  /** The HTTP status. */
  readonly status: number
  /** The text of the body, without the account's token. */
  readonly body: string
}

/**
 * Called with each JSON answer of the provider, a failure's too, before it is decoded, so that it can be kept as evidence; the
 * request waits for it. Without another value it does nothing.
 *
 * @category references
 * @since 0.1.0
 */
export const BodyTap = Context.Reference<(answer: RawAnswer) => Effect.Effect<void>>(
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

/** What an attempt is made with. */
interface Connection {
  readonly exchange: ReturnType<typeof Exchange.make>
  readonly exchangeJson: ReturnType<typeof Exchange.makeJson>
  readonly settings: Settings
  readonly cut: Foreign.Cut
  /** Takes the account's token out of a text. */
  readonly erase: (text: string) => string
}

/** Fails where an answer says so. */
const failOn = Effect.fnUntraced(function* (operation: string, answer: Answer.Answer, cut: Foreign.Cut) {
  const reason = Answer.failureOf(answer, yield* Clock.currentTimeMillis, cut)
  if (reason !== undefined) return yield* fail(operation, reason, Answer.requestIdOf(answer, cut))
})

/** One attempt to get JSON. */
const attemptJson = ({ cut, erase, exchangeJson, settings }: Connection) =>
  Effect.fnUntraced(function* (request: VobizRequest, url: URL) {
    const { method = "GET", operation } = request
    const askedAt = yield* DateTime.now
    const accepting = { ...request, headers: { accept: "application/json", ...request.headers } }
    const { headers, host, status, text } = yield* exchangeJson(accepting, url)
    const body = text === undefined ? undefined : erase(text)
    if (body !== undefined) yield* (yield* BodyTap)({ operation, path: url.pathname + url.search, status, body })
    const parsed = body === undefined ? undefined : Json.parse(body)
    const answer: Answer.Answer = { status, headers, json: parsed?._tag === "json" ? parsed.value : undefined }
    yield* failOn(operation, answer, cut)
    const requestId = Answer.requestIdOf(answer, cut)
    const refuse = (reason: Reason) => fail(operation, reason, requestId)
    if (body === undefined || parsed === undefined) {
      return yield* refuse(new BodyTooLarge({ host, maxBytes: settings.maxBodyBytes }))
    }
    if (body.trim() === "") {
      if (method === "GET") return yield* refuse(new Transport({ host, detail: "the body is empty" }))
    } else if (parsed._tag !== "json") {
      const expected = parsed._tag === "deep" ? `JSON of at most ${Json.maxDepth} levels` : "JSON"
      return yield* refuse(new DecodeFailure({ path: "", expected, syntax: parsed._tag === "other", body: cut(body) }))
    }
    return { status, headers, json: answer.json ?? null, requestId, askedAt }
  })

/** One attempt to get a file, which is read later. One that fails is taken back at once. */
const attemptOpen = (connection: Connection) => {
  const opened = openedBy(connection)
  return Effect.fnUntraced(function* (request: VobizRequest, url: URL) {
    const own = yield* Scope.fork(yield* Effect.scope)
    return yield* opened(request, url).pipe(
      Scope.provide(own),
      Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
    )
  })
}

const openedBy = ({ cut, exchange }: Connection) =>
  Effect.fnUntraced(function* (request: VobizRequest, url: URL) {
    const { operation } = request
    const { host, response } = yield* exchange(request, url, true)
    const { bytes, headers, status } = response
    // No file of the provider is JSON: it is a failure, whatever its status.
    if (status < 200 || status >= 300 || isJson(headers["content-type"])) {
      const body = (yield* response.text) ?? ""
      const parsed = Json.parse(body)
      yield* failOn(operation, { status, headers, json: parsed._tag === "json" ? parsed.value : undefined }, cut)
      return yield* fail(
        operation,
        new DecodeFailure({ path: "", expected: "a file, not JSON", syntax: false, body: cut(body) })
      )
    }
    return { status, headers, host, bytes }
  })

const make = Effect.gen(function* () {
  const config = yield* VobizConfig
  const retry = yield* Retry.make
  const turn = Turn.make(yield* RateLimiter.RateLimiter, config)
  const client = (yield* HttpClient.HttpClient).pipe(HttpClient.withScope)

  const secrets = [Redacted.value(config.authToken)]
  const cut = Foreign.cutter(secrets)
  const locate = Address.make(config, cut)
  const dispatcher = yield* JsonDispatcher
  const exchange = Exchange.make(client, dispatcher, config, cut)
  const connection: Connection = {
    exchange,
    exchangeJson: Exchange.makeJson(Exchange.make(client, undefined, config, cut), dispatcher, config, cut),
    settings: config,
    cut,
    erase: Foreign.eraser(secrets)
  }

  const run = <A, R>(
    request: VobizRequest,
    isOurs: (url: URL) => boolean,
    attempt: (request: VobizRequest, url: URL) => Effect.Effect<A, VobizError, R>
  ): Effect.Effect<A, VobizError, R> => {
    const { operation } = request
    const url = locate(request, isOurs)
    if (Result.isFailure(url)) return fail(operation, url.failure)
    return retry({
      operation,
      turn,
      attempt: Effect.suspend(() => attempt(request, url.success)),
      attemptTimeout: config.attemptTimeout
    }).pipe(
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // Neither the query with its telephone numbers nor the headers belong in a span, and no trace header is the
      // provider's business: the operations make spans of their own.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
    )
  }

  const getJson = attemptJson(connection)
  const open = attemptOpen(connection)
  const isApi = (url: URL) => isTrusted(url, config.baseUrl) && url.origin === config.baseUrl.origin

  return VobizClient.of({
    json: (request) =>
      Effect.suspend(() => {
        let sent = 0
        return run(request, isApi, (request, url) => {
          const again = sent++ > 0
          const attempt = getJson(request, url)
          // A 404 on a retried DELETE means that the first attempt succeeded.
          return again && request.method === "DELETE"
            ? Effect.catchIf(attempt, isNotFound, () => Effect.map(DateTime.now, deletedAt))
            : attempt
        })
      }),
    open: (request) => run(request, (url) => isTrusted(url, config.baseUrl), open)
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

const isJson = (contentType: string | undefined) => contentType?.includes("json") ?? false
