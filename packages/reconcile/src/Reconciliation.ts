/**
 * Reconciles CDRs and recordings, as streams.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import type { Finding } from "./Finding.ts"
import * as Kernel from "./Kernel.ts"
import * as Relations from "./Relations.ts"

/**
 * What differs from `Kernel.defaults`.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Partial<Kernel.Settings>

/**
 * What is reconciled.
 *
 * - `cdrs`: all of the window, of both directions; best from `longestCall` before it on (then say so by the option
 *   `lookBack`), as recordings near its start are else not judged.
 * - `recordings`: all whose calls may lie in the window: those added from its start to a settle window after its end and
 *   the longest call. More do no harm; recordings left out make calls look unrecorded.
 * - `trunks`: all of the account.
 * - `asOf`: the instant at which the recordings began to be listed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sources<E1, E2 = E1, E3 = E1> extends Relations.Sources<E1, E2, E3> {
  readonly window: Kernel.Window
  readonly asOf: DateTime.Utc
  readonly options?: Options | undefined
}

/**
 * A reconciliation, for as long as its scope is open.
 *
 * - `findings`: in a fixed order (see `Kernel.findings`), read from the database as they are asked for, as often as wanted.
 * - `schema`: the database's schema that holds them as `finding`, beside the relations `cdr`, `recording` and
 *   `trunk`, for questions of one's own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result {
  readonly summary: Kernel.Summary
  readonly loaded: Relations.Loaded
  readonly findings: Stream.Stream<Finding, DuckDbError>
  readonly schema: string
}

/**
 * Loads the rows, of streams or of `Files`, into the database, all at once, and matches them. Neither side is held in
 * memory. Fails with the first error of a source, or of the database.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Reconciliation.run")(function* <E1, E2, E3>(
  sources: Sources<E1, E2, E3>
): Effect.fn.Return<Result, E1 | E2 | E3 | DuckDbError, DuckDb | Scope.Scope> {
  const db = yield* DuckDb
  const schema = yield* db.scratch
  const loaded = yield* Relations.load(schema, sources)
  yield* Kernel.run(schema, { window: sources.window, asOf: sources.asOf, settings: settings(sources.options) })
  const summary = yield* Kernel.summary(schema)
  return { summary, loaded, findings: Stream.provideService(Kernel.findings(schema), DuckDb, db), schema }
})

/**
 * The settings in force: `Kernel.defaults` with what differs.
 *
 * @category constructors
 * @since 0.1.0
 */
export const settings = (options: Options = {}): Kernel.Settings => ({ ...Kernel.defaults, ...options })
