/** What is verified, and what comes of it. */
import type * as Effect from "effect/Effect"

import type { Keyring } from "../Encryption.ts"

/**
 * Certificates of authorities that are trusted, in PEM.
 *
 * @category models
 * @since 0.1.0
 */
export interface Trusted {
  readonly pem: string
}

/**
 * What to verify.
 *
 * - `directory`: the archive's folder. Its audio is read from the `AudioStore`.
 * - `manifest`: the chain's file, by default the folder's own.
 * - `key`: reads what is encrypted. Without it, such files are compared as they are stored, as far as the manifest says how, and counted as
 *   `unread`.
 * - `publicKey`: the Ed25519 key, as its 32 bytes in base64, that must have signed every entry.
 * - `head`: the hash of an entry that must be in the chain, as one that was kept elsewhere.
 * - `trusted`: certificates of the authorities that anchors must be signed by. Without any, signatures of anchors are not checked.
 * - `onProgress`: called now and then with the progress so far.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly directory: string
  readonly manifest?: string | undefined
  readonly key?: Keyring | null | undefined
  readonly publicKey?: string | undefined
  readonly head?: string | undefined
  readonly trusted?: Trusted | undefined
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/**
 * The progress of a verification: the counts of a verdict so far.
 *
 * @category models
 * @since 0.1.0
 */
export type Progress = Pick<Verdict, "entries" | "objects" | "recordings" | "audio" | "unread" | "bytes">

/**
 * An entry of the chain that somebody outside says they saw.
 *
 * - `entry`, `head`, `at`: its number, its hash, and when it was written by the machine's clock.
 * - `time`: when the authority says that it saw it, in ISO 8601.
 * - `isChecked`: whether the token was signed by an authority that is trusted. Else anybody may have made it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Anchored {
  readonly entry: number
  readonly head: string
  readonly at: string
  readonly time: string
  readonly isChecked: boolean
}

/**
 * Files that are encrypted by a key. `id` is `null` where their format does not name it. `unread` of them were not read, as it is missing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Encrypted {
  readonly id: string | null
  readonly files: number
  readonly unread: number
}

/**
 * The first thing that is not as it should be. `entry` is the number of the entry that says how it should be, if one does.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly place: string
  readonly entry: number | null
  readonly expected: string
  readonly found: string
}

/**
 * What was verified until the first difference, or all of it where there is none.
 *
 * - `version`: of the manifest, 1 or 2. `archive`: its id, from version 2 on.
 * - `entries`, `runs`: of the chain. `unclosed`: runs that did not come to their end. `isClosed`: whether the last one did: else it was
 *   killed, is still going on, or its end was cut off.
 * - `unfinished`: changes that a run that was killed had written down and not finished.
 * - `objects`, `recordings`: kept objects, and entries of the index, that were compared. `erased`: segments of objects that were erased.
 * - `audio`, `bytes`: files of audio that were read and found whole, and their bytes.
 * - `unread`: encrypted files, of all kinds, that could not be read, as their key is missing. `encrypted`: how many files are encrypted by which
 *   key. `clear`: how many are not encrypted.
 * - `unlisted`: whole audio that no entry has, as a run leaves it that is killed.
 * - `signers`: the keys that signed entries, as 32 bytes in base64. `unsigned`: entries without a signature.
 * - `head`: the newest entry's hash.
 * - `anchors`: entries that somebody outside saw, the oldest first.
 * - `strays`: names, at most 20, of files and folders in the archive's folder that are none of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Verdict {
  readonly version: number | null
  readonly archive: string | null
  readonly entries: number
  readonly runs: number
  readonly unclosed: number
  readonly isClosed: boolean
  readonly unfinished: number
  readonly objects: number
  readonly erased: number
  readonly recordings: number
  readonly audio: number
  readonly bytes: number
  readonly unread: number
  readonly clear: number
  readonly encrypted: ReadonlyArray<Encrypted>
  readonly unlisted: number
  readonly signers: ReadonlyArray<string>
  readonly unsigned: number
  readonly head: string | null
  readonly anchors: ReadonlyArray<Anchored>
  readonly strays: ReadonlyArray<string>
  readonly difference: Difference | null
}
