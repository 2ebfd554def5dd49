/**
 * One reading of a list of the provider: its rows, the rows that were set aside, and what the reading proves.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"

import type { ExtractProof } from "./ExtractProof.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * A row that lacks what it needs: a recording its `recording_id` or `add_time`, a CDR its `start_time` or both of `uuid` and
 * `id`, a trunk its `trunk_id`. It is not among the rows; the proof counts it. Rows of files are set aside for other faults too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reject {
  /** The row as it came: as JSON, or of a file its text. It may hold telephone numbers: keep it, and do not print it. */
  readonly raw: Redacted.Redacted<string>
  /** The wire name of the field it lacks; empty where the whole row cannot be read. */
  readonly field: string
  /** What that field should be. */
  readonly expected: string
  /** Its id; `null` where that is what it lacks. */
  readonly id: string | null
  /** Where on its page it stood, from 0. */
  readonly index: number
  /** The instant of its place in the list, in epoch milliseconds: its own, or that of a row beside it; `null` if neither is known. */
  readonly near: number | null
  /** Of a row of a file: the file, and the line from 1; of Parquet, which has no lines, the row from 1. */
  readonly place?: { readonly file: string; readonly line: number } | undefined
}

/**
 * Called with each row that a reading sets aside, and its list, so that it can be kept: the reading waits for it. A reading that
 * was stopped and resumed may report a row twice. Without another value it does nothing.
 *
 * @category references
 * @since 0.1.0
 */
export const RejectTap = Context.Reference<(reject: Reject, list: string) => Effect.Effect<void>>(
  "@vobiz-effect/core/Extract/RejectTap",
  { defaultValue: () => () => Effect.void }
)

/**
 * One reading of a list. `rejects` and `proof` speak of it as far as `rows` was read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extract<Row, E = VobizError> {
  /** The rows, each once. Fails with `RowsSetAside` after 10,000 rows set aside: the provider has changed its API. */
  readonly rows: Stream.Stream<Row, E>
  /** The rows set aside, each once, with their raw text. Sends no request. */
  readonly rejects: Stream.Stream<Reject>
  readonly proof: Effect.Effect<ExtractProof>
}
