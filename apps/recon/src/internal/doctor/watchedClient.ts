/** The wire as an examination sees it: every exchange is counted, and what only its headers tell is kept. */
import { RetryPolicy, Vobiz, VobizConfig } from "@vobiz-effect/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { HttpClient, HttpClientError } from "effect/http"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

/** One HTTP exchange. `skew` is how far the answering clock is ahead, in milliseconds. */
export interface Exchange {
  readonly host: string
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: string | undefined
  readonly skew: number | null
}

/** What was sent and answered so far, and how much may be sent. */
export interface Wire {
  readonly budget: number
  readonly exchanges: Array<Exchange>
  sent: number
}

export const makeWire = (budget: number): Wire => ({ budget, exchanges: [], sent: 0 })

export const isSpent = (wire: Wire) => wire.sent >= wire.budget

export const spent = (wire: Wire) => `not asked: the ${wire.budget} requests of one examination are spent`

const watched = (wire: Wire) => (client: HttpClient.HttpClient) =>
  HttpClient.transform(client, (response, request) =>
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

/** The services over the watched client. They try again once at most, as every try counts. */
export const layer = (wire: Wire) =>
  Layer.unwrap(
    Effect.map(VobizConfig.VobizConfig, (settings) =>
      Vobiz.layer({ ...settings, transformClient: watched(wire) }).pipe(
        Layer.provide(
          RetryPolicy.layer({ schedule: Schedule.exponential("250 millis").pipe(Schedule.upTo({ times: 1 })) })
        )
      )
    )
  )
