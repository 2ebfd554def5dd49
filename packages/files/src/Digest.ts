/**
 * SHA-256 of texts, streams and files, in 64 hexadecimal digits.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"

/**
 * The SHA-256 and the length of some content.
 *
 * @category models
 * @since 0.1.0
 */
export interface Digest {
  /** 64 hexadecimal digits, lower case. */
  readonly sha256: string
  /** The length in bytes. */
  readonly bytes: number
}

/**
 * The SHA-256 of a text in UTF-8, or of bytes.
 *
 * @category hashing
 * @since 0.1.0
 */
export const of = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex")

/**
 * The digest of a stream. Reads it to its end, in constant memory.
 *
 * @category hashing
 * @since 0.1.0
 */
export const ofStream = <E, R>(content: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Digest, E, R> =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    let bytes = 0
    return Stream.runForEach(content, (piece) =>
      Effect.sync(() => {
        hash.update(piece)
        bytes += piece.length
      })
    ).pipe(Effect.map(() => ({ sha256: hash.digest("hex"), bytes })))
  })

/**
 * The digest of a file. Reads it to its end, in constant memory.
 *
 * @category hashing
 * @since 0.1.0
 */
export const ofFile = (path: string): Effect.Effect<Digest, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => ofStream(fs.stream(path)))
