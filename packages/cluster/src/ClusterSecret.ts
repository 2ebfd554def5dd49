/**
 * The secret by which the runners and clients of a cluster know each other.
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
 * A key of 32 bytes that was made of the secret's text. Each connection between runners proves that both sides have it.
 *
 * @category models
 * @since 0.1.0
 */
export type ClusterSecret = Redacted.Redacted<Uint8Array>

/**
 * There is no usable secret. The text that was given is never shown.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClusterSecretError extends Schema.TaggedError<ClusterSecretError>()("ClusterSecretError", {
  source: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `the cluster's secret from ${this.source}: ${this.detail}. Make one by: openssl rand -hex 32`
  }
}

/** Whoever records a connection can try secrets offline: what a person makes up would be found. */
const shortest = 32
const fewestDifferent = 10

/**
 * A secret from its text, of which the white space around it is no part. `source` says in an error where it came from. A text that can be
 * guessed is refused: one of less than 32 characters, or of less than 10 different ones.
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
  if (secret.length < shortest) return weak(`it has less than ${shortest} characters, and can be guessed`)
  if (new Set(secret).size < fewestDifferent) return weak("it is a weak secret, and can be guessed")
  const key = hkdfSync("sha256", Buffer.from(secret), new Uint8Array(), "vobiz-effect cluster runner key v1", 32)
  return Effect.succeed(Redacted.make(new Uint8Array(key), { label: "cluster secret" }))
}

/**
 * The secret from `RECON_CLUSTER_SECRET`, or from the file that `RECON_CLUSTER_SECRET_FILE` names, which must be its owner's alone. Fails
 * where neither is set.
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
        "it is not set, and without it whoever reaches a runner's port could give it work. Set it to the same text for all runners and those who submit, or name a file with it by RECON_CLUSTER_SECRET_FILE"
      return yield* new ClusterSecretError({ source, detail })
    }
    const read = yield* Effect.mapError(
      SecretFile.read(file.value),
      ({ detail }) => new ClusterSecretError({ source: file.value, detail })
    )
    return yield* fromText(read, file.value)
  })
