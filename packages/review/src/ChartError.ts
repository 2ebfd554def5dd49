/**
 * Why a chart of a page could not be drawn.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A chart that could not be drawn: by the library, or because its input has something that a drawing would not show as it
 * is, such as a day that is no day or is there twice, a label that is there twice, or a value that is no finite number.
 *
 * @category errors
 * @since 0.1.0
 */
export class ChartError extends Schema.TaggedError<ChartError>()("ChartError", {
  title: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `cannot draw the chart "${this.title}": ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}
