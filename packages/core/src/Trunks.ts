/**
 * The account's SIP trunks: needed to know which calls must be recorded.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"

import { decoder } from "./internal/decode.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Refuse from "./internal/refuse.ts"
import * as Wire from "./internal/trunkWire.ts"
import * as OffsetPager from "./OffsetPager.ts"
import type { Trunk } from "./Trunk.ts"
import { VobizClient } from "./VobizClient.ts"
import { VobizConfig } from "./VobizConfig.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * One page of the list, as it was served. `askedAt` is when the request that it answers was sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrunksPage {
  readonly trunks: ReadonlyArray<Trunk>
  readonly offset: number
  readonly limit: number
  readonly totalCount: number
  readonly requestId: string | null
  readonly askedAt: DateTime.Utc
}

/**
 * The account's SIP trunks.
 *
 * @category services
 * @since 0.1.0
 */
export class Trunks extends Context.Service<
  Trunks,
  {
    /** One page. */
    page(query?: {
      readonly limit?: number | undefined
      readonly offset?: number | undefined
    }): Effect.Effect<TrunksPage, VobizError>
    /** All trunks, each once. */
    readonly stream: Stream.Stream<Trunk, VobizError>
    /** All trunks, each once, and what the reading proves about its completeness. */
    readonly extract: Effect.Effect<OffsetPager.Extract<Trunk>>
    /** One trunk. */
    get(trunkId: string): Effect.Effect<Trunk, VobizError>
  }
>()("@vobiz-effect/core/Trunks") {
  /** Over the provider's API: for a layer of your own. `Vobiz.layer` has all services of an account. */
  static readonly make: Effect.Effect<Trunks["Service"], never, VobizClient | VobizConfig> = Effect.suspend(() => make)

  /** An in-memory double for tests: serves `trunks` in the given order through the same paging. */
  static readonly layerTest = (options: { readonly trunks: Iterable<Trunk> }): Layer.Layer<Trunks> =>
    Layer.sync(Trunks, () => makeTest(Array.from(options.trunks)))
}

type Query = { readonly limit?: number | undefined; readonly offset?: number | undefined }

const walks = (page: (query: Query) => Effect.Effect<TrunksPage, VobizError>, limit: number) => {
  const source = (operation: string): OffsetPager.Source<TrunksPage, Trunk> => ({
    operation,
    limit,
    concurrency: 1,
    overlap: 1,
    lookBack: 0,
    fetch: (stretch) => Effect.map(page(stretch), Effect.succeed),
    view: ({ askedAt, limit, offset, totalCount, trunks }) => ({
      rows: trunks,
      offset,
      limit,
      total: totalCount,
      // This list has no word for "more": its total tells.
      hasNext: offset + trunks.length < totalCount,
      askedAt: askedAt.epochMilliseconds
    }),
    id: ({ trunkId }) => trunkId,
    at: ({ createdAt }) => createdAt?.epochMilliseconds ?? 0
  })
  return {
    stream: OffsetPager.rows(source("Trunks.stream")),
    extract: OffsetPager.extract(source("Trunks.extract"))
  }
}

const refuseWrongPage = (limit: number, offset: number) =>
  Refuse.unlessWhole("Trunks.page", [
    { field: "limit", value: limit, minimum: 1, maximum: 100 },
    { field: "offset", value: offset, minimum: 0 }
  ])

const make = Effect.gen(function* () {
  const config = yield* VobizConfig
  const { pageSize } = config
  const client = yield* VobizClient
  const cut = Foreign.cutter([Redacted.value(config.authToken)])

  const decodeList = decoder("Trunks.page", Wire.list, cut)
  const page = Effect.fn("Trunks.page")(function* ({ limit = pageSize, offset = 0 }: Query = {}) {
    yield* Effect.annotateCurrentSpan({ limit, offset })
    yield* refuseWrongPage(limit, offset)
    const response = yield* client.json({ operation: "Trunks.page", target: "/trunks", params: { limit, offset } })
    const { meta, objects } = yield* decodeList(response)
    return {
      trunks: objects,
      offset,
      limit: meta.limit,
      totalCount: meta.total,
      requestId: response.requestId,
      askedAt: response.askedAt
    }
  })

  const decodeOne = decoder("Trunks.get", Wire.row.one, cut)
  const get = Effect.fn("Trunks.get")(function* (trunkId: string) {
    yield* Effect.annotateCurrentSpan({ trunkId: cut(trunkId) })
    yield* Refuse.ifBlank("Trunks.get", "trunkId", trunkId)
    const response = yield* client.json({ operation: "Trunks.get", target: `/trunks/${encodeURIComponent(trunkId)}` })
    return yield* decodeOne(response)
  })

  return Trunks.of({ page, ...walks(page, pageSize), get })
})

const makeTest = (trunks: ReadonlyArray<Trunk>): Trunks["Service"] => {
  const page = Effect.fnUntraced(function* ({ limit = 20, offset = 0 }: Query = {}) {
    yield* refuseWrongPage(limit, offset)
    return {
      trunks: trunks.slice(offset, offset + limit),
      offset,
      limit,
      totalCount: trunks.length,
      requestId: null,
      askedAt: yield* DateTime.now
    }
  })

  return Trunks.of({
    page,
    ...walks(page, 20),
    get: (trunkId) => {
      const trunk = trunks.find((trunk) => trunk.trunkId === trunkId)
      return trunk === undefined ? Refuse.notFound("Trunks.get", "Trunk not found") : Effect.succeed(trunk)
    }
  })
}
