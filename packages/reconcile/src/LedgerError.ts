/**
 * Why the ledger could not be used.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * The ledger's file cannot be used, or what was asked of it makes no sense. What is kept in it stays as it was.
 *
 * - `isBusy`: whether another run has it open, so that it can be used later. By default false.
 *
 * @category errors
 * @since 0.1.0
 */
export class LedgerError extends Schema.TaggedError<LedgerError>()("LedgerError", {
  file: Schema.String,
  detail: Schema.String,
  isBusy: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false)))
}) {
  override get message(): string {
    return `ledger ${this.file}: ${this.detail}`
  }
}
