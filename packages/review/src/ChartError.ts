/**
 * The error of a chart.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A chart cannot be drawn.
 *
 * The library failed, or the input has something that a chart cannot show: an invalid or repeated day, a repeated label, or a
 * value that is not finite.
 *
 * @category errors
 * @since 0.1.0
 */
export class ChartError extends Schema.TaggedError<ChartError>()("ChartError", {
  /** The title of the chart. */
  title: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `cannot draw the chart "${this.title}": ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}
