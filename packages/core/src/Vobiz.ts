/**
 * Every service of this package in one layer.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import { FetchHttpClient, type HttpClient } from "effect/http"
import * as Layer from "effect/Layer"

import { CallDetailRecords } from "./CallDetailRecords.ts"
import { Recordings } from "./Recordings.ts"
import { Trunks } from "./Trunks.ts"
import { VobizClient } from "./VobizClient.ts"
import { type Options, VobizConfig } from "./VobizConfig.ts"

/**
 * The services of one account. They share one rate limit and one retry budget.
 *
 * @category models
 * @since 0.1.0
 */
export type Vobiz = Recordings | CallDetailRecords | Trunks | VobizClient | VobizConfig

/**
 * The services of the account that `VobizConfig` names, over the `HttpClient` at hand: what it must not do stands at
 * `VobizClient.layerNoDeps`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHttp: Layer.Layer<
  Exclude<Vobiz, VobizConfig>,
  never,
  VobizConfig | HttpClient.HttpClient
> = Layer.mergeAll(Recordings.layer, CallDetailRecords.layer, Trunks.layer).pipe(
  Layer.provideMerge(VobizClient.layerHttp)
)

/**
 * The same, over `fetch`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNoDeps: Layer.Layer<Exclude<Vobiz, VobizConfig>, never, VobizConfig> = layerHttp.pipe(
  Layer.provide(FetchHttpClient.layer)
)

/**
 * The services of one account, with settings given in code.
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
 *   Effect.provide(Vobiz.layer({ authId: "MA_XXXXXX", authToken: Redacted.make("token") }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Vobiz> =>
  layerNoDeps.pipe(Layer.provideMerge(VobizConfig.layer(options)))

/**
 * The services of one account, with settings from the environment (see `VobizConfig.layerConfig`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<Vobiz, Config.ConfigError> = layerNoDeps.pipe(
  Layer.provideMerge(VobizConfig.layerConfig)
)
