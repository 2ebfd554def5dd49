/**
 * Whether an archive is what its manifest says: without the network, and without credentials.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type { Trusted } from "./Anchor.ts"
import { AudioStore } from "./AudioStore.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as Verification from "./internal/verification.ts"
import type { StoreError } from "./StoreError.ts"

/**
 * What to verify.
 *
 * - `directory`: the archive's folder. Its audio is read from the `AudioStore`.
 * - `manifest`: the chain's file, by default the folder's own.
 * - `hasKey`: whether the `AudioStore` has the key of encrypted audio. Without it such audio is counted as `unread`.
 * - `publicKey`: the Ed25519 key, as its 32 bytes in base64, that must have signed every entry.
 * - `head`: the hash of an entry that must be in the chain, as one that was kept elsewhere.
 * - `trusted`: certificates of the authorities that anchors must be signed by. Without any, signatures of anchors are not checked.
 * - `onProgress`: is told now and then how far it has come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly directory: string
  readonly manifest?: string | undefined
  readonly hasKey?: boolean | undefined
  readonly publicKey?: string | undefined
  readonly head?: string | undefined
  readonly trusted?: Trusted | undefined
  readonly onProgress?: ((far: Far) => Effect.Effect<void>) | undefined
}

/**
 * How far a verification has come: what was looked at until now.
 *
 * @category models
 * @since 0.1.0
 */
export type Far = Pick<Verdict, "entries" | "objects" | "recordings" | "audio" | "unread" | "bytes">

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
 * What was verified until the first difference, or all of it where there is none.
 *
 * - `version`: of the manifest, 1 or 2. `archive`: its id, from version 2 on.
 * - `entries`, `runs`: of the chain. `unclosed`: runs that did not come to their end. `isClosed`: whether the last one did: else it was
 *   killed, is still going on, or its end was cut off.
 * - `unfinished`: changes that a run that was killed had written down and not finished.
 * - `objects`, `recordings`: kept objects, and entries of the index, that were compared. `erased`: segments of objects that were erased.
 * - `audio`, `bytes`: files of audio that were read and found whole, and their bytes. `unread`: encrypted ones, without the key.
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
  readonly unlisted: number
  readonly signers: ReadonlyArray<string>
  readonly unsigned: number
  readonly head: string | null
  readonly anchors: ReadonlyArray<Anchored>
  readonly strays: ReadonlyArray<string>
  readonly difference: Difference | null
}

/**
 * Reads everything again that the manifest speaks of, and stops at the first thing that differs: the chain, its signatures and
 * anchors first, then objects, the index, the quarantine, and audio. Fails only where files cannot be read at all.
 *
 * @category programs
 * @since 0.1.0
 */
export const run = Effect.fn("Verify.run")(function* (options: Options) {
  const disk = yield* Disk.make
  const found = Verification.found()
  const difference = yield* Effect.gen(function* () {
    yield* Verification.chain(disk, options, found)
    yield* Verification.anchors(disk, options, found)
    yield* Verification.files(disk, options, found)
    yield* audio(options, found)
    return null
  }).pipe(
    Effect.catchTag("Differs", ({ entry, expected, found, place }) =>
      Effect.succeed<Difference>({ entry, expected, found, place })
    )
  )
  const { anchors, counts, signers, strays } = found
  return { ...counts, signers: Array.from(signers), anchors, strays, difference } satisfies Verdict
})

const audio = Effect.fnUntraced(function* (options: Options, found: Verification.Found) {
  const { counts, finishing, state } = found
  const { Differs } = Verification
  const store = yield* AudioStore
  const check = Effect.fnUntraced(function* (sha256: string, entry: number | null, bytes: number) {
    const place = `audio ${sha256}`
    let head = new Uint8Array()
    let length = 0
    const watch = (piece: Uint8Array) =>
      Effect.suspend((): Effect.Effect<void, Verification.Differs> => {
        if (head.length === 0) head = piece.slice(0, 8)
        length += piece.length
        // What is too long is not read to its end. Without its key, encrypted audio is longer.
        if (length <= bytes || (options.hasKey !== true && Form.isEncrypted(head))) return Effect.void
        return new Differs({ place, entry, expected: `${bytes} bytes`, found: "more" })
      })
    const read = yield* Digest.ofStream(Stream.tap(store.open(sha256), watch)).pipe(
      Effect.catchTag("StoreError", (error): Effect.Effect<never, StoreError | Verification.Differs> => {
        const { detail, kind } = error
        if (kind !== "missing" && kind !== "damaged") return Effect.fail(error)
        return new Differs({ place, entry, expected: "its bytes", found: kind === "missing" ? "no file" : detail })
      })
    )
    if (read.sha256 === sha256) {
      counts.bytes += read.bytes
      return "whole" as const
    }
    if (options.hasKey !== true && Form.isEncrypted(head)) return "unread" as const
    return yield* new Differs({
      place,
      entry,
      expected: `bytes with the SHA-256 ${sha256}`,
      found: `others, with ${read.sha256}`
    })
  })
  for (const [sha256, { bytes, entry }] of state.audio) {
    counts[(yield* check(sha256, entry, bytes)) === "whole" ? "audio" : "unread"]++
    yield* Verification.tell(options, found)
  }
  yield* Stream.runForEach(store.list, ({ sha256, stored }) =>
    Effect.gen(function* () {
      if (state.audio.has(sha256)) return
      const entry = state.removed.get(sha256)
      if (entry !== undefined && finishing.has(sha256)) {
        counts.unfinished++
        return
      }
      if (entry !== undefined) {
        return yield* new Differs({ place: `audio ${sha256}`, entry, expected: "that it was deleted", found: "a file" })
      }
      counts[(yield* check(sha256, null, stored)) === "whole" ? "unlisted" : "unread"]++
    })
  )
})
