/**
 * Reads files that contain a secret, such as a key or a token.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import { codeOf } from "./DurableFiles.ts"

/**
 * A secret's file is missing, unreadable, not a plain file, or open to others than its owner.
 *
 * The error never contains the file's content.
 *
 * @category errors
 * @since 0.1.0
 */
export class SecretFileError extends Schema.TaggedError<SecretFileError>()("SecretFileError", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.detail}`
  }
}

const others = 0o077

/**
 * Reads a secret from a file. Refuses a file that others than its owner may read or write.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<Redacted.Redacted<string>, SecretFileError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const failed = (detail: string) => new SecretFileError({ file, detail })
  const { mode, type } = yield* Effect.mapError(fs.stat(file), (error) =>
    failed(`it cannot be read (${codeOf(error)})`)
  )
  if (type !== "File") return yield* failed("it is no plain file")
  if ((mode & others) !== 0) return yield* failed("others than its owner may read it: chmod 600")
  const text = yield* Effect.mapError(fs.readFileString(file), (error) =>
    failed(`it cannot be read (${codeOf(error)})`)
  )
  return Redacted.make(text)
})
