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
import * as Stream from "effect/Stream"

import type { Extract, Reject } from "./Extract.ts"
import * as Aside from "./internal/aside.ts"
import { listDecoder, oneDecoder } from "./internal/decode.ts"
import * as Foreign from "./internal/foreign.ts"
import * as Refuse from "./internal/refuse.ts"
import * as Wire from "./internal/trunkWire.ts"
import * as Pager from "./internal/pager.ts"
import type { Trunk } from "./Trunk.ts"
import { VobizClient } from "./VobizClient.ts"
import { defaults, type Settings, VobizConfig } from "./VobizConfig.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * One page of the list, as it was served; `rejects` are its rows that lack an id. `askedAt` is when the request that it answers was sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrunksPage {
  readonly trunks: ReadonlyArray<Trunk>
  readonly rejects: ReadonlyArray<Reject>
  readonly offset: number
  readonly limit: number
  readonly totalCount: number | null
  readonly hasNext: boolean
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
    /** All trunks, each once. Where rows were set aside it gives all others first, and then fails with `RowsSetAside`. */
    readonly stream: Stream.Stream<Trunk, VobizError>
    /** The same, the rows set aside, and what the reading proves about its completeness. */
    readonly extract: Effect.Effect<Extract<Trunk>>
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

const walks = (
  page: (query: Query) => Effect.Effect<TrunksPage, VobizError>,
  { pageSize, rowsZone }: Pick<Settings, "pageSize" | "rowsZone">,
  cut: Foreign.Cut
) => {
  const source = (operation: string): Pager.Source<TrunksPage, Aside.Entry<Trunk>> => ({
    operation,
    limit: pageSize,
    concurrency: 1,
    overlap: 1,
    lookBack: 0,
    ask: (stretch) => Effect.map(page(stretch), Effect.succeed),
    view: ({ askedAt, hasNext, limit, offset, rejects, totalCount, trunks }) => ({
      rows: Aside.entries({ rows: trunks, rejects }, 0),
      offset,
      limit,
      total: totalCount,
      hasNext,
      askedAt: askedAt.epochMilliseconds
    }),
    ...Aside.keys<Trunk>(
      ({ trunkId }) => trunkId,
      ({ createdAt }) => createdAt?.epochMilliseconds ?? 0
    )
  })
  const extractAs = (operation: string) =>
    Effect.map(Pager.extract(source(operation)), (walked) =>
      Aside.reading(walked, { operation, tally: new Aside.Tally(), rowsZone, cut })
    )
  return {
    stream: Stream.unwrap(
      Effect.map(extractAs("Trunks.stream"), (extract) => Aside.strict(extract, { operation: "Trunks.stream", cut }))
    ),
    extract: extractAs("Trunks.extract")
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

  const table = Wire.table(config)
  const decodeList = listDecoder("Trunks.page", table, Wire.list, cut)
  const page = Effect.fn("Trunks.page")(function* ({ limit = pageSize, offset = 0 }: Query = {}) {
    yield* Effect.annotateCurrentSpan({ limit, offset })
    yield* refuseWrongPage(limit, offset)
    const response = yield* client.json({ operation: "Trunks.page", target: "/trunks", params: { limit, offset } })
    const { rows, total, ...body } = yield* decodeList(response, { limit, offset })
    return {
      trunks: rows,
      rejects: body.rejects,
      offset,
      limit: body.limit,
      totalCount: total,
      hasNext: body.hasNext,
      requestId: response.requestId,
      askedAt: response.askedAt
    }
  })

  const decodeOne = oneDecoder("Trunks.get", table, (json) => json, cut)
  const get = Effect.fn("Trunks.get")(function* (trunkId: string) {
    yield* Effect.annotateCurrentSpan({ trunkId: cut(trunkId) })
    yield* Refuse.ifBlank("Trunks.get", "trunkId", trunkId)
    const response = yield* client.json({ operation: "Trunks.get", target: `/trunks/${encodeURIComponent(trunkId)}` })
    return yield* decodeOne(response)
  })

  return Trunks.of({ page, ...walks(page, config, cut), get })
})

const makeTest = (trunks: ReadonlyArray<Trunk>): Trunks["Service"] => {
  const page = Effect.fnUntraced(function* ({ limit = defaults.pageSize, offset = 0 }: Query = {}) {
    yield* refuseWrongPage(limit, offset)
    return {
      trunks: trunks.slice(offset, offset + limit),
      rejects: [],
      offset,
      limit,
      totalCount: trunks.length,
      hasNext: offset + limit < trunks.length,
      requestId: null,
      askedAt: yield* DateTime.now
    }
  })

  return Trunks.of({
    page,
    ...walks(page, { pageSize: defaults.pageSize, rowsZone: null }, Foreign.cutter([])),
    get: (trunkId) => {
      const trunk = trunks.find((trunk) => trunk.trunkId === trunkId)
      return trunk === undefined ? Refuse.notFound("Trunks.get", "Trunk not found") : Effect.succeed(trunk)
    }
  })
}
