/**
 * What is wrong with a policy.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * One thing that is wrong: where it is, counted from 1, and what to do. `file`: the list that it is in, where that is not the
 * policy's own file.
 *
 * @category models
 * @since 0.1.0
 */
export const Problem = Schema.Struct({
  file: Schema.optionalKey(Schema.String),
  line: Schema.Finite,
  column: Schema.Finite,
  field: Schema.String,
  detail: Schema.String
})
/**
 * @category models
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

/**
 * A policy that cannot be used.
 *
 * @category errors
 * @since 0.1.0
 */
export class PolicyError extends Schema.TaggedError<PolicyError>()("PolicyError", {
  file: Schema.String,
  problems: Schema.Array(Problem)
}) {
  override get message(): string {
    return this.problems
      .map(({ column, detail, field, file = this.file, line }) => {
        const of = field === "" ? "" : `${field}: `
        return `${file}:${line}:${column}: ${of}${detail}`
      })
      .join("\n")
  }
}
