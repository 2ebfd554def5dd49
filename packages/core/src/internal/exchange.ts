/** One HTTP exchange with the provider, and the redirects that it leads to. */
import * as Effect from "effect/Effect"
import { type HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { Settings } from "../VobizConfig.ts"
import { ServerFault, Transport, UntrustedHost } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { fail } from "./failure.ts"
import type { Cut } from "./foreign.ts"
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
      withCredentials = withCredentials && isTrusted(next, settings.baseUrl)
      url = next
    }
  })
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
    let size = 0
    let text = ""
    const decoder = new TextDecoder()
    return response.stream.pipe(
      Stream.takeUntil((piece) => (size += piece.length) > maxBodyBytes),
      Stream.runForEach((piece) => Effect.sync(() => void (text += decoder.decode(piece, { stream: true })))),
      Effect.map(() => (size > maxBodyBytes ? undefined : text + decoder.decode()))
    )
  }).pipe(
    Effect.catch((error) =>
      error.reason._tag === "EmptyBodyError" ? Effect.succeed("") : fail(operation, transport(host, error, cut))
    )
  )

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status)

/** The innermost cause's code (`ECONNREFUSED`) or words: `fetch failed` alone tells nobody anything. */
const rootCause = (cause: unknown, depth = 0): string | undefined => {
  // A cause may be its own.
  if (!(cause instanceof Error) || depth > 8) return undefined
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return rootCause(cause.cause, depth + 1) ?? (code === undefined ? cause.message : `${code} ${cause.message}`.trim())
}
