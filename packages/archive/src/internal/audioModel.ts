/** Audio on its way into a store. */
import type * as Effect from "effect/Effect"
import type { Gone, Quarantined } from "../ArchiveEvent.ts"
import type { StoreError } from "../StoreError.ts"

/**
 * A file that is about to come to the quarantine: `path` is its place in the archive's folder with `/`, `file` the whole one; the SHA-256 and
 * the length are those of the file as it is kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface SetAside {
  readonly path: string
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * An encrypted file of the archive as it is stored: its place with `/`, and the SHA-256 and the length of its bytes there.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sealed {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * Writes down a file that is on the disk and about to get its place. `sealed` says how it is stored; `null` where it is not encrypted.
 *
 * @category models
 * @since 0.1.0
 */
export type Record = (sealed: Sealed | null) => Effect.Effect<void, StoreError>

/**
 * What is known of a recording whose audio is set aside.
 *
 * @category models
 * @since 0.1.0
 */
export interface Note {
  readonly event: Quarantined | Gone
  readonly record?: Record | undefined
}

/**
 * What a download can be told by when it is resumed: the server's `ETag` or `Last-Modified`, and the whole length.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  readonly validator: string | null
  readonly total: number | null
}

/**
 * The result of an intake: audio that the store now has.
 *
 * @category models
 * @since 0.1.0
 */
export interface Delivery {
  /** The audio's address: the SHA-256 of its bytes, as 64 hexadecimal digits. */
  readonly sha256: string
  /** The length of the audio, in bytes. */
  readonly bytes: number
  /** Whether the store had no whole copy of it before. */
  readonly isNew: boolean
  /** The encrypted file as it is stored; `null` without encryption. */
  readonly sealed: Sealed | null
}

/**
 * Audio on its way into the store. What has arrived outlives a crash and is resumed by the next intake of the same
 * name, as far as it had reached the disk.
 *
 * - `length`: how much of the audio is there; `head`: its first bytes, at most 512; `source`: what it was begun with.
 * - `begin`: starts anew. `append`: adds bytes.
 * - `finish`: ends it, and puts it under its address once it is on the disk.
 * - `setAside`: moves it to the quarantine, and tells the file, if there was anything to keep. `noteOf` gives what is known of it, and writes it
 *   down in the manifest: it is run when the audio is on the disk, and before the quarantine has it.
 * - `discard`: removes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Intake {
  readonly length: number
  readonly head: Uint8Array
  readonly source: Source
  begin(source: Source): Effect.Effect<void, StoreError>
  append(bytes: Uint8Array): Effect.Effect<void, StoreError>
  readonly finish: Effect.Effect<Delivery, StoreError>
  setAside(noteOf: (file: SetAside | null) => Note): Effect.Effect<string | null, StoreError>
  readonly discard: Effect.Effect<void, StoreError>
}
