/**
 * The Ed25519 keys that sign the manifest's runs, and those that verify who signed them.
 *
 * @since 0.1.0
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { SecretFile } from "@vobiz-effect/files"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import * as Chain from "./internal/chain.ts"

/**
 * The key is missing or unusable. The error never contains its text.
 *
 * @category errors
 * @since 0.1.0
 */
export class EvidenceKeyError extends Schema.TaggedError<EvidenceKeyError>()("EvidenceKeyError", {
  /** The variable or the file that the key was read from. */
  source: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `the evidence key from ${this.source}: ${this.detail}. Make one by: openssl genpkey -algorithm ed25519`
  }
}

const parse = (source: string, kind: "private" | "public", of: () => KeyObject) =>
  Effect.try({
    try: of,
    catch: () => new EvidenceKeyError({ source, detail: `it is no ${kind} key in PEM` })
  }).pipe(
    Effect.filterOrFail(
      (key) => key.asymmetricKeyType === "ed25519",
      () => new EvidenceKeyError({ source, detail: "it is not one of Ed25519" })
    )
  )

/**
 * Reads a private key from PEM. `source` names the origin of the text in errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromPem = (pem: Redacted.Redacted<string>, source: string) =>
  Effect.map(
    parse(source, "private", () => createPrivateKey(Redacted.value(pem))),
    (key) => Redacted.make(key, { label: "evidence key" })
  )

/**
 * Reads a public key from PEM, and returns its 32 bytes in base64, as `Verify` takes them.
 *
 * Refuses weak keys, for which anybody can make signatures.
 *
 * @category constructors
 * @since 0.1.0
 */
export const publicFromPem = (pem: string, source: string): Effect.Effect<string, EvidenceKeyError> =>
  Effect.map(
    parse(source, "public", () => createPublicKey(pem)),
    Chain.publicKeyOf
  ).pipe(
    Effect.filterOrFail(
      (key) => !Chain.isWeak(key),
      () => new EvidenceKeyError({ source, detail: "it is a weak key, by which anybody can sign" })
    )
  )

/**
 * Reads the private key from `VOBIZ_EVIDENCE_KEY` or the file in `VOBIZ_EVIDENCE_KEY_FILE`.
 *
 * Returns `null` if neither is set. Only its owner may be able to read the file.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromConfig = Effect.gen(function* () {
  const text = yield* Config.option(Config.Redacted("VOBIZ_EVIDENCE_KEY"))
  if (Option.isSome(text)) return yield* fromPem(text.value, "VOBIZ_EVIDENCE_KEY")
  const file = yield* Config.option(Config.NonEmptyString("VOBIZ_EVIDENCE_KEY_FILE"))
  if (Option.isNone(file)) return null
  const source = file.value
  const pem = yield* Effect.mapError(SecretFile.read(source), ({ detail }) => new EvidenceKeyError({ source, detail }))
  return yield* fromPem(pem, source)
})
