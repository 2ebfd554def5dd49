/**
 * What is wrong with a rate card.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

import { Problem } from "./PolicyError.ts"

/**
 * A rate card that cannot be used: where each of its faults is, and what to do.
 *
 * @category errors
 * @since 0.1.0
 */
export class RateCardError extends Schema.TaggedError<RateCardError>()("RateCardError", {
  file: Schema.String,
  problems: Schema.Array(Problem)
}) {
  override get message(): string {
    return this.problems
      .map(({ column, detail, field, line }) => {
        const of = field === "" ? "" : `${field}: `
        return `${this.file}:${line}:${column}: ${of}${detail}`
      })
      .join("\n")
  }
}
