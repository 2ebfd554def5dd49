/**
 * Encryption of audio at rest. docs/archive.md says how a file is built, so that it can be read without this package.
 *
 * @since 0.1.0
 */
import { SecretFile } from "@vobiz-effect/files"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * A key of 32 bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type Key = Redacted.Redacted<Uint8Array>

/**
 * No key could be had. The text that was given for it is not told.
 *
 * @category errors
 * @since 0.1.0
 */
export class KeyError extends Schema.TaggedError<KeyError>()("KeyError", {
  source: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `the archive's key from ${this.source}: ${this.detail}. Make one by: openssl rand -hex 32`
  }
}

/**
 * A key from its text: 64 hexadecimal digits, or 32 bytes in base64. `source` says in an error where it came from.
 *
 * @category constructors
 * @since 0.1.0
 */
export const keyFromText = (text: Redacted.Redacted<string>, source: string): Effect.Effect<Key, KeyError> => {
  const digits = Redacted.value(text).trim()
  const bytes = Buffer.from(digits, /^[0-9a-f]{64}$/i.test(digits) ? "hex" : "base64")
  return bytes.length === 32
    ? Effect.succeed(Redacted.make(new Uint8Array(bytes), { label: "archive key" }))
    : Effect.fail(new KeyError({ source, detail: "it is not 32 bytes, written as 64 hexadecimal digits or in base64" }))
}

/** 32 random bytes have more different ones than this: a key that was typed in, such as zeros, can be guessed. */
const fewestBytes = 12

const strong = (key: Key, source: string): Effect.Effect<Key, KeyError> =>
  new Set(Redacted.value(key)).size < fewestBytes
    ? Effect.fail(new KeyError({ source, detail: "it is a weak key, and can be guessed" }))
    : Effect.succeed(key)

/**
 * The key from `VOBIZ_ARCHIVE_KEY`, or from the file that `VOBIZ_ARCHIVE_KEY_FILE` names, which must be its owner's
 * alone; a weak key is refused. `null` where neither is set.
 *
 * @category constructors
 * @since 0.1.0
 */
export const keyFromConfig: Effect.Effect<Key | null, KeyError | Config.ConfigError, FileSystem.FileSystem> =
  Effect.gen(function* () {
    const text = yield* Config.option(Config.Redacted("VOBIZ_ARCHIVE_KEY"))
    if (Option.isSome(text)) {
      const source = "VOBIZ_ARCHIVE_KEY"
      return yield* strong(yield* keyFromText(text.value, source), source)
    }
    const file = yield* Config.option(Config.String("VOBIZ_ARCHIVE_KEY_FILE"))
    if (Option.isNone(file)) return null
    const source = file.value
    const read = yield* Effect.mapError(SecretFile.read(source), ({ detail }) => new KeyError({ source, detail }))
    return yield* strong(yield* keyFromText(read, source), source)
  })
