/**
 * How much one runner does at once.
 *
 * @since 0.1.0
 */
import { DuckDb, type DuckDbError } from "@vobiz-effect/reconcile"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"

/**
 * - `units`: how many units of work run at once on a runner; by default 2.
 * - `duckDb`: how the database of each is opened: `memoryLimit` times `units` has to fit the machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly units?: number | undefined
  readonly duckDb?: Omit<DuckDb.Options, "path"> | undefined
}

/**
 * What a runner has for units of work.
 *
 * @category services
 * @since 0.1.0
 */
export class Capacity extends Context.Service<
  Capacity,
  {
    /** Runs a unit when there is room for it, with a database of its own. */
    unit<A, E, R>(
      work: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | DuckDbError.DuckDbError, Exclude<R, DuckDb.DuckDb>>
  }
>()("@vobiz-effect/cluster/Capacity") {
  static readonly layer = ({ duckDb = {}, units = 2 }: Options = {}): Layer.Layer<Capacity> =>
    Layer.effect(
      Capacity,
      Effect.map(Semaphore.make(units), (semaphore) =>
        Capacity.of({
          unit: (work) => semaphore.withPermits(1)(Effect.provide(work, Layer.fresh(DuckDb.DuckDb.layer(duckDb))))
        })
      )
    )
}
