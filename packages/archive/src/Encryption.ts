/**
 * Encryption of an archive at rest.
 *
 * docs/archive.md describes the format of files, so that you can read them without this package.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
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
 * One or several keys. The first one encrypts, and all of them decrypt.
 *
 * To rotate a key, put the new one first and keep the old one after it.
 *
 * @category models
 * @since 0.1.0
 */
export type Keyring = Key | ReadonlyArray<Key>

/**
 * The id of a key, 16 hexadecimal digits, which does not reveal the key.
 *
 * Each file that the key encrypts contains the id.
 *
 * @category getters
 * @since 0.1.0
 */
export const idOf = (key: Key): string =>
  createHash("sha256").update("vobiz-effect archive key id v2").update(Redacted.value(key)).digest("hex").slice(0, 16)

/**
 * A key is missing or unusable. The error never contains its text.
 *
 * @category errors
 * @since 0.1.0
 */
export class KeyError extends Schema.TaggedError<KeyError>()("KeyError", {
  /** The variable or the file that the key was read from. */
  source: Schema.String,
  /** Why, and what to do. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the archive's key from ${this.source}: ${this.detail}`
  }
}

/** Why a text is no key. A file that could not be read may have the right one: none is to be made in its place. */
const noKey = (source: string, detail: string) =>
  new KeyError({ source, detail: `${detail}. Make one by: openssl rand -hex 32` })

const hexadecimal = /^[0-9a-f]+$/i

/** 32 bytes, also in the alphabet of URLs. Other characters would be skipped, and the key would be another one. */
const base64 = /^[0-9a-z+/_-]{43}=?$/i

/** Hexadecimal digits are base64, too: 43 of them are a key that was cut off, and never one in base64. */
const bytesOf = (text: string): Buffer | null =>
  hexadecimal.test(text)
    ? text.length === 64
      ? Buffer.from(text, "hex")
      : null
    : base64.test(text)
      ? Buffer.from(text, "base64")
      : null

/**
 * Reads a key from its text: 64 hexadecimal digits, or 32 bytes in base64 or base64url.
 *
 * `source` names the origin of the text in errors. Does not refuse weak keys.
 *
 * @category constructors
 * @since 0.1.0
 */
export const keyFromText = (text: Redacted.Redacted<string>, source: string): Effect.Effect<Key, KeyError> => {
  const bytes = bytesOf(Redacted.value(text).trim())
  return bytes === null
    ? Effect.fail(noKey(source, "it is not 32 bytes, written as 64 hexadecimal digits or in base64"))
    : Effect.succeed(Redacted.make(new Uint8Array(bytes), { label: "archive key" }))
}

/** 32 random bytes have more different ones than this: a key that was typed in, such as zeros, can be guessed. */
const fewestBytes = 12

const strong = (key: Key, source: string): Effect.Effect<Key, KeyError> =>
  new Set(Redacted.value(key)).size < fewestBytes
    ? Effect.fail(noKey(source, "it is a weak key, and can be guessed"))
    : Effect.succeed(key)

/**
 * Reads keys from a text, separated by commas or line ends. Refuses weak keys.
 *
 * `source` names the origin of the text in errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const keysFromText = (
  text: Redacted.Redacted<string>,
  source: string
): Effect.Effect<ReadonlyArray<Key>, KeyError> => {
  const texts = Redacted.value(text)
    .split(/[,\r\n]+/)
    .map((one) => one.trim())
    .filter((one) => one !== "")
  const which = (n: number) => (texts.length === 1 ? source : `${source}, its key ${n + 1}`)
  return texts.length === 0
    ? Effect.fail(noKey(source, "it has no key"))
    : Effect.forEach(texts, (one, n) =>
        Effect.flatMap(keyFromText(Redacted.make(one), which(n)), (key) => strong(key, which(n)))
      )
}

/**
 * Reads the keys from `VOBIZ_ARCHIVE_KEY` or the file in `VOBIZ_ARCHIVE_KEY_FILE`.
 *
 * Keys are separated by commas or line ends. Refuses weak keys. Returns `null` if neither is set. Only its owner may be able to read
 * the file.
 *
 * @category constructors
 * @since 0.1.0
 */
export const keyFromConfig: Effect.Effect<
  ReadonlyArray<Key> | null,
  KeyError | Config.ConfigError,
  FileSystem.FileSystem
> = Effect.gen(function* () {
  const text = yield* Config.option(Config.Redacted("VOBIZ_ARCHIVE_KEY"))
  if (Option.isSome(text)) return yield* keysFromText(text.value, "VOBIZ_ARCHIVE_KEY")
  const file = yield* Config.option(Config.String("VOBIZ_ARCHIVE_KEY_FILE"))
  if (Option.isNone(file)) return null
  const source = file.value
  const read = yield* Effect.mapError(SecretFile.read(source), ({ detail }) => new KeyError({ source, detail }))
  return yield* keysFromText(read, source)
})
