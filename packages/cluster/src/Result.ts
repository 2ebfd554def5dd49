/**
 * The result of a run.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core"
import * as Schema from "effect/Schema"

import * as Extract from "./internal/extract.ts"
import * as Lake from "./Lake.ts"

/**
 * The verdict and the main figures of a run, and the files with the rest.
 *
 * @category models
 * @since 0.1.0
 */
export const Result = Schema.Struct({
  version: Schema.Literal(3),
  run: Schema.String,
  account: Schema.String,
  /** All findings as NDJSON, in a fixed order. */
  findings: Lake.Written,
  /** All findings as Parquet, with the columns of `FindingFiles`. */
  table: Lake.Written,
  /** The figures as JSON: counts, coverage with its bounds, and billing. */
  summary: Lake.Written,
  /** The proof as JSON: how many rows of each list were read, and how completely. */
  proof: Lake.Written,
  /** The weakest proof among the lists. */
  proved: Schema.Literals(["complete", "in-doubt", "not-provable"]),
  /** The instant that counts as now. */
  asOf: Schema.DateTimeUtcFromString,
  /** Measured against a target of 100 percent coverage. */
  verdict: Schema.Literals(["assured", "breached", "unknown"]),
  /** Why the verdict is so, in sentences. */
  reasons: Schema.Array(Schema.String),
  /** How many CDRs were judged. */
  cdrs: Schema.Int,
  /** How many recordings were judged. */
  recordings: Schema.Int,
  /** How many calls should have a recording and have none. */
  missing: Schema.Int,
  /** The lists whose proof is not `complete`. */
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
