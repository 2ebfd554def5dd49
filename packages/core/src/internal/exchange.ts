/** One HTTP exchange with the provider, and the redirects that it leads to. */
import * as Effect from "effect/Effect"
import { type HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"

import type { Settings } from "../VobizConfig.ts"
import type { Dispatcher } from "../JsonDispatcher.ts"
import { ServerFault, Transport, UntrustedHost, type VobizError } from "../VobizError.ts"
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
export const transport = (host: string, { reason }: HttpClientError.HttpClientError, cut: Cut): Transport =>
  new Transport({ host, detail: cut(rootCause(reason.cause) ?? reason.description ?? "no answer") })

/** Sends a request with the account's credentials, and follows redirects where `follow` says so. */
export const make = (
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>,
  settings: Pick<Settings, "authId" | "authToken" | "baseUrl">,
  cut: Cut
) => {
  const credentials = { "X-Auth-ID": settings.authId, "X-Auth-Token": Redacted.value(settings.authToken) }
  return Effect.fnUntraced(function* (request: Request, start: URL, follow: boolean) {
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
          Effect.catch((error) => fail(operation, transport(host, error, cut)))
        )
      yield* countExchange(operation, response.status)
      const location = redirectOf(response)
      if (location === undefined) return { response, host }
      if (!follow) return yield* unfollowed(operation, url, location, cut)
      const next = URL.parse(location, url.href)
      if (next === null || !(next.protocol === "https:" || (url.protocol === "http:" && isSecure(next)))) {
        const detail = `${host} redirected there, away from https`
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
export interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly host: string
  readonly text: string | undefined
}

/** Sends a request for JSON, and reads the answer: over the dispatcher, where there is one. */
export const makeJson = (
  exchange: ReturnType<typeof make>,
  dispatcher: Dispatcher | undefined,
  settings: Pick<Settings, "authId" | "authToken" | "maxBodyBytes">,
  cut: Cut
): ((request: Request, url: URL) => Effect.Effect<Told, VobizError>) => {
  const over = (request: Request, url: URL): Effect.Effect<Told, VobizError> =>
    Effect.gen(function* () {
      const { host, response } = yield* exchange(request, url, false)
      const { headers, status } = response
      const text = yield* readText(request.operation, host, response, settings.maxBodyBytes, cut)
      return { status, headers, host, text }
    }).pipe(Effect.scoped)
  if (dispatcher === undefined) return over
  const credentials = { "x-auth-id": settings.authId, "x-auth-token": Redacted.value(settings.authToken) }
  return (request, url) => {
    const { headers, method = "GET", operation } = request
    if (method !== "GET") return over(request, url)
    const sending = { "user-agent": userAgent, ...headers, ...credentials }
    const host = cut(url.host)
    return Lean.get(dispatcher, url, sending, settings.maxBodyBytes).pipe(
      Effect.matchEffect({
        onFailure: (cause) =>
          Effect.andThen(
            countExchange(operation, "none"),
            fail(operation, new Transport({ host, detail: cut(rootCause(cause) ?? "no answer") }))
          ),
        onSuccess: ({ headers, status, text }) =>
          Effect.andThen(
            countExchange(operation, status),
            redirectOf({ status, headers }) === undefined
              ? Effect.succeed({ status, headers, host, text })
              : unfollowed(operation, url, headers.location ?? "", cut)
          )
      })
    )
  }
}

/** The whole body of an answer as text; `undefined` where it is longer than allowed. */
export const readText = (
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
