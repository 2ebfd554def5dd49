/**
 * How much one runner does at once.
 *
 * @since 0.1.0
 */
import { DuckDb, type DuckDbError } from "@vobiz-effect/reconcile"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/**
 * How many units a runner does at once, and what each may use.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * How many units of work run at once on a runner.
   *
   * @default 2
   */
  readonly units?: number | undefined
  /** The options of each unit's database. `memoryLimit` times `units` must fit the machine. */
  readonly duckDb?: Omit<DuckDb.Options, "path"> | undefined
  /**
   * About how many rows a file of a list has.
   *
   * A unit that reads a list holds up to this many rows, and a page, in memory. A runner that is lost loses no more than that.
   *
   * @default 20_000
   */
  readonly rowsPerFile?: number | undefined
}

/**
 * What a runner offers its units of work.
 *
 * @category services
 * @since 0.1.0
 */
export class Capacity extends Context.Service<
  Capacity,
  {
    /** How many units of work run at once. */
    readonly units: number
    /** Opens a new database in memory for each unit. */
    readonly database: Layer.Layer<DuckDb.DuckDb, DuckDbError.DuckDbError>
    /** About how many rows a file of a list has. */
    readonly rowsPerFile: number
  }
>()("@vobiz-effect/cluster/Capacity") {
  static readonly layer = ({ duckDb = {}, rowsPerFile = 20_000, units = 2 }: Options = {}): Layer.Layer<Capacity> =>
    Layer.succeed(Capacity, { units, rowsPerFile, database: Layer.fresh(DuckDb.DuckDb.layer(duckDb)) })
}
