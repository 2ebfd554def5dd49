/**
 * How much one runner does at once.
 *
 * @since 0.1.0
 */
import { DuckDb, type DuckDbError } from "@vobiz-effect/reconcile"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/**
 * - `units`: how many units of work run at once on a runner; by default 2.
 * - `duckDb`: how the database of each is opened: `memoryLimit` times `units` has to fit the machine.
 * - `rowsPerFile`: about how many rows a file of a list that is read has; by default 20,000. A unit that reads holds so many in memory, and
 *   a runner that is lost has read at most so many in vain.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly units?: number | undefined
  readonly duckDb?: Omit<DuckDb.Options, "path"> | undefined
  readonly rowsPerFile?: number | undefined
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
    readonly units: number
    /** A database of a unit's own. */
    readonly database: Layer.Layer<DuckDb.DuckDb, DuckDbError.DuckDbError>
    readonly rowsPerFile: number
  }
>()("@vobiz-effect/cluster/Capacity") {
  static readonly layer = ({ duckDb = {}, rowsPerFile = 20_000, units = 2 }: Options = {}): Layer.Layer<Capacity> =>
    Layer.succeed(Capacity, { units, rowsPerFile, database: Layer.fresh(DuckDb.DuckDb.layer(duckDb)) })
}
