/**
 * Why the ledger could not be used.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The ledger's file cannot be used, or what was asked of it makes no sense. What is kept in it stays as it was.
 *
 * @category errors
 * @since 0.1.0
 */
export class LedgerError extends Schema.TaggedError<LedgerError>()("LedgerError", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `ledger ${this.file}: ${this.detail}`
  }
}
