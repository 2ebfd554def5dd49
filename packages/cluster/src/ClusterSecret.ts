/**
 * The secret by which the runners and clients of a cluster identify each other.
 *
 * @since 0.1.0
 */
import { hkdfSync } from "node:crypto"
import { SecretFile } from "@vobiz-effect/files"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * A 32-byte key derived from the secret's text. Each connection proves that both sides have it.
 *
 * @category models
 * @since 0.1.0
 */
export type ClusterSecret = Redacted.Redacted<Uint8Array>

/**
 * The secret is missing or unusable. The error never contains its text.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClusterSecretError extends Schema.TaggedError<ClusterSecretError>()("ClusterSecretError", {
  /** The variable or the file that the secret was read from. */
  source: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `the cluster's secret from ${this.source}: ${this.detail}. Generate one with: openssl rand -hex 32`
  }
}

/** Anyone who records a connection can guess secrets offline, and would find one that a person made up. */
const shortest = 32
const fewestDifferent = 10

/**
 * Derives the key from the secret's text. `source` names the origin of the text in errors.
 *
 * Ignores white space around the text. Refuses a text that can be guessed: fewer than 32 characters, or fewer than 10 different
 * ones.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromText = (
  text: Redacted.Redacted<string>,
  source: string
): Effect.Effect<ClusterSecret, ClusterSecretError> => {
  const secret = Redacted.value(text).trim()
  const weak = (detail: string) => Effect.fail(new ClusterSecretError({ source, detail }))
  if (secret.length < shortest) return weak(`it has fewer than ${shortest} characters and can be guessed`)
  if (new Set(secret).size < fewestDifferent) return weak("it has too few different characters and can be guessed")
  const key = hkdfSync("sha256", Buffer.from(secret), new Uint8Array(), "vobiz-effect cluster runner key v1", 32)
  return Effect.succeed(Redacted.make(new Uint8Array(key), { label: "cluster secret" }))
}

/**
 * Reads the secret from `RECON_CLUSTER_SECRET` or the file in `RECON_CLUSTER_SECRET_FILE`.
 *
 * Fails if neither is set, or if anyone but the file's owner can read the file.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromConfig: Effect.Effect<ClusterSecret, ClusterSecretError | Config.ConfigError, FileSystem.FileSystem> =
  Effect.gen(function* () {
    const source = "RECON_CLUSTER_SECRET"
    const text = yield* Config.option(Config.Redacted(source))
    if (Option.isSome(text)) return yield* fromText(text.value, source)
    const file = yield* Config.option(Config.String("RECON_CLUSTER_SECRET_FILE"))
    if (Option.isNone(file)) {
      const detail =
        "it is not set. Without it, anyone who reaches a runner's port could give it work. Set it to the same text for all runners and clients, or name a file by RECON_CLUSTER_SECRET_FILE"
      return yield* new ClusterSecretError({ source, detail })
    }
    const read = yield* Effect.mapError(
      SecretFile.read(file.value),
      ({ detail }) => new ClusterSecretError({ source: file.value, detail })
    )
    return yield* fromText(read, file.value)
  })
