/**
 * Every service of one account in one layer.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { RateLimiter } from "effect/persistence"

import type { CallDetailRecord } from "./CallDetailRecord.ts"
import { CallDetailRecords } from "./CallDetailRecords.ts"
import type { Recording } from "./Recording.ts"
import { JsonDispatcher } from "./JsonDispatcher.ts"
import { Recordings } from "./Recordings.ts"
import type { Trunk } from "./Trunk.ts"
import { Trunks } from "./Trunks.ts"
import { VobizClient } from "./VobizClient.ts"
import * as Settings from "./VobizConfig.ts"

/**
 * The services of one account. They share one rate limit and one retry budget.
 *
 * @category models
 * @since 0.1.0
 */
export type Vobiz = Recordings | CallDetailRecords | Trunks | VobizClient | Settings.VobizConfig

/**
 * The settings of an account, and what is done to its HTTP client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Settings.Options {
  /** Wraps the HTTP client: a proxy, a recorder, extra headers. It runs once per attempt. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * The services of one account, from their parts: an `HttpClient`, and a `RateLimiter`, as where several runners share one
 * limit.
 *
 * The `HttpClient` must not follow redirects by itself (as `HttpClient.followRedirects` does), or it sends the credentials
 * along; `fetch` is told not to. A wrong option is a defect that names it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNoDeps = (
  options: Options
): Layer.Layer<Vobiz, never, HttpClient.HttpClient | RateLimiter.RateLimiter> =>
  // The parts are effects, not layers: Effect builds a layer once per program, by identity, so that a second account
  // would be given the services of the first.
  Layer.effectContext(
    Effect.gen(function* () {
      const { transformClient, ...settings } = options
      const client = yield* HttpClient.HttpClient
      const account = Context.make(Settings.VobizConfig, Settings.fromOptions(settings)).pipe(
        Context.add(HttpClient.HttpClient, transformClient === undefined ? client : transformClient(client)),
        // What wraps the client is to see all requests.
        Context.add(JsonDispatcher, transformClient === undefined ? yield* JsonDispatcher : undefined)
      )
      const channel = Context.add(account, VobizClient, yield* Effect.provide(VobizClient.make, account))
      return channel.pipe(
        Context.add(Recordings, yield* Effect.provide(Recordings.make, channel)),
        Context.add(CallDetailRecords, yield* Effect.provide(CallDetailRecords.make, channel)),
        Context.add(Trunks, yield* Effect.provide(Trunks.make, channel)),
        Context.omit(HttpClient.HttpClient, JsonDispatcher)
      )
    })
  )

/**
 * The services of one account, ready to use: over the `HttpClient` provided to it, else `fetch`, with a rate limit of its
 * own. `RetryPolicy.layer` sets when requests are sent again.
 *
 * @example
 * ```ts
 * import { Effect, Redacted, Stream } from "effect"
 * import { Recordings, Vobiz } from "@vobiz-effect/core"
 *
 * const count = Effect.gen(function*() {
 *   const recordings = yield* Recordings.Recordings
 *   return yield* Stream.runCount(recordings.stream({ recordingType: "trunk" }))
 * }).pipe(
 *   Effect.provide(Vobiz.layer({ authId: "MA_XXXXXX", authToken: Redacted.make("token"), attemptTimeout: "10 seconds" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Vobiz> =>
  layerNoDeps(options).pipe(Layer.provide([httpClient(), rateLimiter()]))

/**
 * The same, with settings read from the `ConfigProvider`: by default `VOBIZ_AUTH_ID`, `VOBIZ_AUTH_TOKEN` and the others of
 * `VobizConfig.config`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config: Config.Wrap<Settings.Options> = Settings.config,
  options?: Pick<Options, "transformClient">
): Layer.Layer<Vobiz, Config.ConfigError> =>
  Layer.unwrap(Effect.map(Config.unwrap(config), (settings) => layer({ ...settings, ...options })))

/**
 * What the in-memory doubles of an account hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestOptions {
  /** @default none */
  readonly recordings?: Iterable<Recording> | undefined
  /** @default none */
  readonly cdrs?: Iterable<CallDetailRecord> | undefined
  /** @default none */
  readonly trunks?: Iterable<Trunk> | undefined
  /** A recording's audio. @default no bytes */
  readonly audio?: ((recording: Recording) => Uint8Array) | undefined
}

/**
 * In-memory doubles of an account's lists, for tests: they page and filter as the services do, and send no request.
 * `Fixtures` of `@vobiz-effect/testing` makes rows that agree with each other.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Recording, Recordings, Vobiz } from "@vobiz-effect/core"
 *
 * const count = Effect.gen(function* () {
 *   const recordings = yield* Recordings.Recordings
 *   return yield* Stream.runCount(recordings.stream())
 * }).pipe(
 *   Effect.provide(Vobiz.layerTest({ recordings: [Recording.make({ recordingId: "r1", callUuid: "c1" })] }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = ({ audio, cdrs = [], recordings = [], trunks = [] }: TestOptions = {}): Layer.Layer<
  Recordings | CallDetailRecords | Trunks
> =>
  Layer.mergeAll(
    Recordings.layerTest({ recordings, audio }),
    CallDetailRecords.layerTest({ records: cdrs }),
    Trunks.layerTest({ trunks })
  )

// Functions, for the reason above: each account has its own.

/** The client at hand, or `fetch`: a client that is provided to a ready layer must not be ignored. */
const httpClient = (): Layer.Layer<HttpClient.HttpClient> =>
  Layer.unwrap(
    Effect.map(
      Effect.serviceOption(HttpClient.HttpClient),
      Option.match({
        onNone: () => FetchHttpClient.layer,
        onSome: (client) => Layer.succeed(HttpClient.HttpClient, client)
      })
    )
  )

const rateLimiter = (): Layer.Layer<RateLimiter.RateLimiter> =>
  Layer.fresh(RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)))
