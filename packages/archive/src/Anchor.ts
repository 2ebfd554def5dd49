/**
 * Anchors: an outside authority confirms when it saw the newest entry of an archive's manifest.
 *
 * Anyone who has the archive and its key can rewrite the manifest, but cannot sign for the authority (docs/evidence.md, "Anchors").
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import { SecureRandom } from "effect/crypto"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import * as Anchors from "./internal/anchors.ts"
import * as Disk from "./internal/disk.ts"
import * as Timestamp from "./internal/timestamp.ts"
import type { Trusted } from "./internal/verificationModel.ts"
import { type Head, Manifest } from "./Manifest.ts"

export type { Trusted } from "./internal/verificationModel.ts"

/**
 * An anchor could not be obtained, read or trusted.
 *
 * @category errors
 * @since 0.1.0
 */
export class AnchorError extends Schema.TaggedError<AnchorError>()("AnchorError", {
  /** The authority's host, a file, or the source of a certificate. */
  place: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.place}: ${this.detail}`
  }
}

/**
 * The authority that confirms when it saw a head.
 *
 * @category services
 * @since 0.1.0
 */
export class Anchor extends Context.Service<
  Anchor,
  {
    /**
     * Requests an anchor, and returns the answer of RFC 3161 with its token.
     *
     * The token covers the SHA-256 of the head's text, which is 64 hexadecimal digits.
     */
    stamp(head: string): Effect.Effect<Uint8Array, AnchorError>
  }
>()("@vobiz-effect/archive/Anchor") {
  /**
   * Uses a time-stamp authority (RFC 3161) over HTTP. It receives a hash and nothing else.
   *
   * Fails after 30 seconds without an answer, and for an answer that does not match the request.
   */
  static readonly layerTimestamp = (options: {
    readonly url: URL
  }): Layer.Layer<Anchor, never, HttpClient.HttpClient> =>
    Layer.effect(
      Anchor,
      Effect.suspend(() => make(options))
    )
}

const patience = "30 seconds"

const make = Effect.fnUntraced(function* ({ url }: { readonly url: URL }) {
  const client = yield* HttpClient.HttpClient
  const wrong = (detail: string) => new AnchorError({ place: url.host, detail })
  const asked = Effect.fnUntraced(function* (question: Uint8Array) {
    const request = HttpClientRequest.post(url, {
      headers: { accept: "application/timestamp-reply" }
    }).pipe(HttpClientRequest.bodyUint8Array(question, "application/timestamp-query"))
    const response = yield* Effect.mapError(client.execute(request), () => wrong("it cannot be reached"))
    if (response.status !== 200) return yield* wrong(`it answered with status ${response.status}`)
    let length = 0
    const pieces = yield* response.stream.pipe(
      Stream.mapError(() => wrong("its answer broke off")),
      Stream.tap((piece) => {
        length += piece.length
        return length > Anchors.longest ? Effect.fail(wrong("its answer is too long")) : Effect.void
      }),
      Stream.runCollect
    )
    return new Uint8Array(Buffer.concat(pieces))
  }, Effect.scoped)
  return Anchor.of({
    stamp: Effect.fn("Anchor.stamp")(function* (head) {
      const nonce = yield* freshNonce
      const answer = yield* asked(yield* Timestamp.request(head, nonce)).pipe(
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => Effect.fail(wrong("it did not answer within 30 seconds"))
        })
      )
      yield* Effect.mapError(Timestamp.read(answer, head, nonce), ({ detail }) => wrong(`its answer: ${detail}`))
      return answer
    })
  })
})

/** A positive number in the one form that DER has. */
const freshNonce = Effect.flatMap(SecureRandom.SecureRandom, ({ randomBytes }) =>
  Effect.map(randomBytes(16), (bytes) =>
    Uint8Array.from(bytes, (byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte))
  )
).pipe(Effect.provide(SecureRandom.layerWebCrypto))

/**
 * A head of the manifest that a time-stamp authority has seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnchoredHead extends Head {
  /** When the authority saw the head, by its token. */
  readonly time: DateTime.Utc
  /** The path of the file that has the token. */
  readonly file: string
}

/**
 * Anchors the newest entry of an archive's manifest. Returns `null` if the manifest has no entries.
 *
 * Stores the token as `manifest/anchors/<head>.tsr`. Call it after the run of the manifest that it should cover is closed.
 *
 * @category programs
 * @since 0.1.0
 */
export const keep = Effect.fn("Anchor.keep")(function* (directory: string) {
  const { stamp } = yield* Anchor
  const head = yield* (yield* Manifest).head
  if (head === null) return null
  const disk = yield* Disk.make
  const answer = yield* stamp(head.hash)
  const file = disk.path.join(directory, ...Anchors.pathOf(head.hash).split("/"))
  const time = yield* Effect.mapError(
    Timestamp.read(answer, head.hash),
    ({ detail }) => new AnchorError({ place: file, detail })
  )
  const folder = disk.path.dirname(file)
  yield* disk.folder(folder)
  yield* disk.sweep(folder)
  yield* disk.fill(
    folder,
    (temporary) => Effect.mapError(disk.fs.writeFile(temporary, answer, { mode: Disk.fileMode }), Disk.failedAt(file)),
    () => file
  )
  return { ...head, time, file } satisfies AnchoredHead
})

/**
 * Reads the certificates of trusted authorities from PEM.
 *
 * `source` names the origin of the text in errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const trustedFromPem = (pem: string, source: string): Effect.Effect<Trusted, AnchorError> =>
  Timestamp.certificates(pem).pipe(
    Effect.mapError(({ detail }) => new AnchorError({ place: source, detail })),
    Effect.as({ pem })
  )
