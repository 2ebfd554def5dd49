import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"

import { RetryPolicy, Vobiz, type VobizConfig } from "../src/index.ts"

export const token = "s3cret-token-value"

export const options: VobizConfig.Options = { authId: "MA_DEMO4821", authToken: Redacted.make(token), rateLimit: 1000 }

export interface Sent {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** What the stand-in server does with one request: answer, or break the connection. */
export type Reply = (sent: Sent, nth: number) => Response | "reset" | "never"

/** An HTTP client that answers by `reply`, and the log of what it was sent. */
export const standIn = (reply: Reply) => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request: HttpClientRequest.HttpClientRequest, url) =>
    Effect.suspend(() => {
      const one: Sent = { method: request.method, url, headers: request.headers }
      sent.push(one)
      const answer = reply(one, sent.length)
      if (answer === "never") return Effect.never
      if (answer === "reset") {
        return Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: new Error("read ECONNRESET") })
          })
        )
      }
      return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
    })
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** All services over a stand-in server. */
export const services = (
  http: Layer.Layer<HttpClient.HttpClient>,
  config: Partial<VobizConfig.Options> = {},
  retry: RetryPolicy.Options = {}
) => Vobiz.layer({ ...options, ...config }).pipe(Layer.provide([http, RetryPolicy.layer(retry)]))
