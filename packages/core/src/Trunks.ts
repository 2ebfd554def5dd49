/**
 * The account's SIP trunks: needed to know which calls must be recorded.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

import type { Trunk } from "./Trunk.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * One page of the list, as it was served.
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
    /** All trunks, none twice. */
    readonly stream: Stream.Stream<Trunk, VobizError>
    /** One trunk. */
    get(trunkId: string): Effect.Effect<Trunk, VobizError>
  }
>()("@vobiz-effect/core/Trunks") {}
