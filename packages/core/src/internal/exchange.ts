/** One HTTP exchange with the provider, and the redirects that it leads to. */
import * as Effect from "effect/Effect"
import { type HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { Settings } from "../VobizConfig.ts"
import type { Dispatcher } from "../JsonDispatcher.ts"
import { ServerFault, Timeout, Transport, UntrustedHost, VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { bodyText } from "./bodyText.ts"
import { fail } from "./failure.ts"
import type { Cut } from "./foreign.ts"
import * as Lean from "./lean.ts"
import { tally } from "./tally.ts"
import { isSecure, isTrusted } from "./trust.ts"
import { userAgent } from "./userAgent.ts"

const maxRedirects = 5

/** What is sent to a URL. */
export interface Request {
  readonly operation: string
  readonly method?: "GET" | "DELETE" | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const sent = tally(VobizMetrics.requests, "operation", "status")

const countExchange = (operation: string, status: number | "none") => Metric.update(sent(operation, String(status)), 1)

/** A failure of the network. */
const transport = (host: string, { reason }: HttpClientError.HttpClientError, cut: Cut): Transport =>
  new Transport({ host, detail: cut(rootCause(reason.cause) ?? reason.description ?? "no answer") })

const broken = (host: string, cause: unknown, cut: Cut): Transport =>
  new Transport({ host, detail: cut(rootCause(cause) ?? "no answer") })

/** An answer; its body is read within the scope, as text or as it comes. */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The whole body; `undefined` where it is longer than allowed. */
  readonly text: Effect.Effect<string | undefined, VobizError>
  /** Fails with a `Timeout` where nothing comes for as long as one attempt may take. */
  readonly bytes: Stream.Stream<Uint8Array, VobizError>
}

/** Sends one request, to a host as errors may name it. */
type Send = (
  request: Request,
  url: URL,
  headers: Record<string, string>,
  host: string
) => Effect.Effect<Response, VobizError, Scope.Scope>

/** Ends what takes longer than one attempt may. */
const withinAttempt = (operation: string, { attemptTimeout }: Pick<Settings, "attemptTimeout">) =>
  Effect.timeoutOrElse({
    duration: attemptTimeout,
    orElse: () => fail(operation, new Timeout({ limit: "attempt", duration: attemptTimeout }))
  })

/** Over the `HttpClient`. */
const overClient =
  (
    client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>,
    settings: Pick<Settings, "attemptTimeout" | "maxBodyBytes">,
    cut: Cut
  ): Send =>
  ({ method = "GET", operation }, url, headers, host) =>
    client.execute(HttpClientRequest.make(method)(url, { headers })).pipe(
      Effect.catch((error) => fail(operation, transport(host, error, cut))),
      Effect.map((response) => ({
        status: response.status,
        headers: response.headers,
        text: readText(operation, host, response, settings.maxBodyBytes, cut),
        // A timeout for each piece as it is waited for: the stream's own takes two fibers and a queue between them.
        bytes: Stream.transformPull(
          // A status such as 204 says that there are no bytes.
          Stream.catch(response.stream, (error) =>
            error.reason._tag === "EmptyBodyError"
              ? Stream.empty
              : Stream.fail(new VobizError({ operation, requestId: null, reason: transport(host, error, cut) }))
          ),
          (pull) => Effect.succeed(withinAttempt(operation, settings)(pull))
        )
      }))
    )

/** Over the dispatcher. A body that is compressed although nobody asked for that is left to the `HttpClient`. */
const overDispatcher = (
  dispatcher: Dispatcher,
  settings: Pick<Settings, "attemptTimeout" | "maxBodyBytes">,
  cut: Cut,
  elsewise: Send
): Send => {
  const identity = { "accept-encoding": "identity" }
  return (request, url, headers, host) => {
    const { method = "GET", operation } = request
    if (method !== "GET") return elsewise(request, url, headers, host)
    const failed = (cause: unknown) =>
      cause instanceof VobizError
        ? cause
        : new VobizError({ operation, requestId: null, reason: broken(host, cause, cut) })
    return Lean.open(dispatcher, url, { ...identity, ...headers }, withinAttempt(operation, settings)).pipe(
      Effect.mapError(failed),
      Effect.flatMap(({ bytes, close, headers: answered, status }) => {
        if (Lean.encodingOf(answered) !== "identity") {
          return Effect.andThen(close, elsewise(request, url, headers, host))
        }
        const read = Stream.mapError(bytes, failed)
        return Effect.succeed({ status, headers: answered, text: bodyText(read, settings.maxBodyBytes), bytes: read })
      })
    )
  }
}

/** Sends a request with the account's credentials, and follows redirects where `follow` says so. */
export const make = (
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>,
  dispatcher: Dispatcher | undefined,
  settings: Pick<Settings, "attemptTimeout" | "authId" | "authToken" | "baseUrl" | "maxBodyBytes">,
  cut: Cut
) => {
  const credentials = { "X-Auth-ID": settings.authId, "X-Auth-Token": Redacted.value(settings.authToken) }
  const over = overClient(client, settings, cut)
  const send = dispatcher === undefined ? over : overDispatcher(dispatcher, settings, cut, over)
  return Effect.fnUntraced(function* (request: Request, start: URL, follow: boolean) {
    const { operation } = request
    let url = start
    let withCredentials = true
    const scope = yield* Effect.scope
    let before: Scope.Closeable | undefined
    for (let hop = 0; ; hop++) {
      const host = cut(url.host)
      const headers = { "user-agent": userAgent, ...request.headers, ...(withCredentials ? credentials : {}) }
      const own = yield* Scope.fork(scope)
      const response: Response = yield* send(request, url, headers, host).pipe(
        Scope.provide(own),
        Effect.tapError(() => countExchange(operation, "none"))
      )
      // Only now, so that the connection of a redirect that is short can be used again.
      if (before !== undefined) yield* Scope.close(before, Exit.void)
      before = own
      yield* countExchange(operation, response.status)
      const location = redirectOf(response)
      if (location === undefined) return { response, host }
      if (!follow) return yield* unfollowed(operation, url, location, cut)
      const next = URL.parse(location, url.href)
      if (next === null || !(next.protocol === "https:" || (url.protocol === "http:" && isSecure(next)))) {
        const detail = `${host} redirected there, away from https`
        return yield* fail(operation, new UntrustedHost({ host: hostOf(next, cut), detail }))
      }
      if (next.username !== "" || next.password !== "") {
        const detail = `${host} redirected there by a URL with a user or a password in it`
        return yield* fail(operation, new UntrustedHost({ host: hostOf(next, cut), detail }))
      }
      if (hop === maxRedirects) {
        const detail = `${cut(start.host)} redirected more than ${maxRedirects} times`
        return yield* fail(operation, new ServerFault({ status: response.status, code: null, detail }))
      }
      withCredentials = withCredentials && isTrusted(next, settings.baseUrl)
      url = next
    }
  })
}

/** An answer with its body as text; `undefined` where that is longer than allowed. */
export interface TextResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly host: string
  readonly text: string | undefined
}

/**
 * Sends a request for JSON, and reads the answer: over the dispatcher, where there is one, and otherwise by `exchange`. What is compressed in
 * another way than was asked for is left to that, too.
 */
export const makeJson = (
  exchange: ReturnType<typeof make>,
  dispatcher: Dispatcher | undefined,
  settings: Pick<Settings, "authId" | "authToken" | "maxBodyBytes">,
  cut: Cut
): ((request: Request, url: URL) => Effect.Effect<TextResponse, VobizError>) => {
  const over = (request: Request, url: URL): Effect.Effect<TextResponse, VobizError> =>
    Effect.gen(function* () {
      const { host, response } = yield* exchange(request, url, false)
      const { headers, status } = response
      return { status, headers, host, text: yield* response.text }
    }).pipe(Effect.scoped)
  if (dispatcher === undefined) return over
  const credentials = { "x-auth-id": settings.authId, "x-auth-token": Redacted.value(settings.authToken) }
  return (request, url) => {
    const { headers, method = "GET", operation } = request
    if (method !== "GET") return over(request, url)
    const sending = { "user-agent": userAgent, ...headers, ...credentials }
    const host = cut(url.host)
    // A redirect is refused by its head, whatever follows.
    const isWanted = (head: Lean.Head) => redirectOf(head) === undefined && Lean.encodingOf(head.headers) !== "other"
    return Lean.get(dispatcher, url, sending, settings.maxBodyBytes, isWanted).pipe(
      Effect.matchEffect({
        onFailure: (cause) =>
          Effect.andThen(countExchange(operation, "none"), fail(operation, broken(host, cause, cut))),
        onSuccess: ({ headers, status, text }) => {
          const location = redirectOf({ status, headers })
          if (location === undefined && Lean.encodingOf(headers) === "other") return over(request, url)
          return Effect.andThen(
            countExchange(operation, status),
            location === undefined
              ? Effect.succeed({ status, headers, host, text })
              : unfollowed(operation, url, location, cut)
          )
        }
      })
    )
  }
}

/** The whole body of an answer as text; `undefined` where it is longer than allowed. */
const readText = (
  operation: string,
  host: string,
  response: HttpClientResponse.HttpClientResponse,
  maxBodyBytes: number,
  cut: Cut
) =>
  Effect.suspend(() => {
    const { headers } = response
    const declared =
      headers["content-encoding"] === undefined ? Number(headers["content-length"] ?? Infinity) : Infinity
    if (declared <= maxBodyBytes) return response.text
    return bodyText(response.stream, maxBodyBytes)
  }).pipe(
    Effect.catch((error) =>
      error.reason._tag === "EmptyBodyError" ? Effect.succeed("") : fail(operation, transport(host, error, cut))
    )
  )

/** Where an answer sends on to. */
const redirectOf = ({
  headers,
  status
}: {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}) => ([301, 302, 303, 307, 308].includes(status) ? headers.location : undefined)

const hostOf = (next: URL | null, cut: Cut) => (next === null ? "a redirect" : cut(next.host))

const unfollowed = (operation: string, url: URL, location: string, cut: Cut) =>
  fail(
    operation,
    new UntrustedHost({
      host: hostOf(URL.parse(location, url.href), cut),
      detail: `${cut(url.host)} redirected there, and only audio is followed. Check VOBIZ_BASE_URL`
    })
  )

/** The innermost cause's code (`ECONNREFUSED`) or words: `fetch failed` alone tells nobody anything. */
const rootCause = (cause: unknown, depth = 0): string | undefined => {
  // A cause may be its own.
  if (!(cause instanceof Error) || depth > 8) return undefined
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return rootCause(cause.cause, depth + 1) ?? (code === undefined ? cause.message : `${code} ${cause.message}`.trim())
}
