/**
 * What a run came to.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core"
import * as Schema from "effect/Schema"

import * as Extract from "./internal/extract.ts"
import * as Lake from "./Lake.ts"

/**
 * Where the result of a run is, and what it says.
 *
 * - `findings`: all findings as NDJSON in their fixed order; `table`: the same as Parquet, for queries.
 * - `summary`: the figures, with the coverage between its bounds, and what was billed.
 * - `proof`: what was read, and how far that is proved complete. `proved` is the least of the proofs'.
 * - `verdict`: the answer, by a target of 100 percent; `reasons` say why, in sentences.
 * - `cdrs`, `recordings`, `missing`: how many rows were judged, and how many calls have no recording that had to.
 * - `unproved`: the lists that are not proved complete, each with its proof.
 *
 * @category models
 * @since 0.1.0
 */
export const Result = Schema.Struct({
  version: Schema.Literal(3),
  run: Schema.String,
  account: Schema.String,
  findings: Lake.Written,
  table: Lake.Written,
  summary: Lake.Written,
  proof: Lake.Written,
  proved: Schema.Literals(["complete", "in-doubt", "not-provable"]),
  asOf: Schema.DateTimeUtcFromString,
  verdict: Schema.Literals(["assured", "breached", "unknown"]),
  reasons: Schema.Array(Schema.String),
  cdrs: Schema.Int,
  recordings: Schema.Int,
  missing: Schema.Int,
  unproved: Schema.Array(Schema.Struct({ list: Extract.List, proof: ExtractProof.ExtractProof }))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Result = typeof Result.Type

/**
 * A result as text.
 *
 * @category models
 * @since 0.1.0
 */
export const Json = Schema.fromJsonString(Schema.toCodecJson(Result))
