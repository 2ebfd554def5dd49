/**
 * Verifies that an archive matches its manifest, without network or credentials.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { AudioStore, pathOf } from "./AudioStore.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as Sealed from "./internal/sealed.ts"
import * as Verification from "./internal/verification.ts"
import type { Difference, Options, Verdict } from "./internal/verificationModel.ts"
import type { StoreError } from "./StoreError.ts"

export type { Anchored, Difference, Encrypted, Options, Progress, Verdict } from "./internal/verificationModel.ts"

/**
 * Reads everything that the manifest covers, and stops at the first difference.
 *
 * It checks the chain with its signatures, then anchors, objects, the index and the quarantine, and then audio. A difference is part of
 * the verdict: the effect fails only if files cannot be read.
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
  const { anchors, counts, encrypted, signers, strays } = found
  return {
    ...counts,
    encrypted: [...encrypted.values()],
    signers: Array.from(signers),
    anchors,
    strays,
    difference
  } satisfies Verdict
})

const audio = Effect.fnUntraced(function* (options: Options, found: Verification.Found) {
  const { counts, finishing, state } = found
  const { Differs } = Verification
  const store = yield* AudioStore
  const form = Form.of(options.key)

  /** Reads audio as it is stored, and its content where the key is there; `bytes` is the length of the content, `sealed` how it must be stored. */
  const check = Effect.fnUntraced(function* (
    sha256: string,
    {
      bytes,
      entry,
      sealed
    }: { readonly bytes: number; readonly entry: number | null; readonly sealed: Form.Stored | null }
  ) {
    const place = `audio ${sha256}`
    const differs = (expected: string, found: string) => new Differs({ place, entry, expected, found })
    const reading = Form.reading(form, pathOf(sha256))
    const content = createHash("sha256")
    let length = 0
    const take = (pieces: ReadonlyArray<Uint8Array>) => {
      for (const piece of pieces) {
        content.update(piece)
        length += piece.length
      }
    }
    yield* Stream.runForEach(store.stored(sha256), (piece) =>
      Effect.suspend((): Effect.Effect<void, Verification.Differs> => {
        take(reading.read(piece))
        // What is too long is not read to its end.
        const longest = Math.max(sealed?.bytes ?? 0, Form.storedLength(bytes))
        return length <= bytes && reading.length <= longest ? Effect.void : differs(`${bytes} bytes`, "more")
      })
    ).pipe(
      Effect.catchTag("StoreError", (error): Effect.Effect<never, StoreError | Verification.Differs> => {
        const { detail, kind } = error
        if (kind !== "missing" && kind !== "damaged") return Effect.fail(error)
        return differs("its bytes", kind === "missing" ? "no file" : detail)
      })
    )
    take(reading.end())
    const head = Form.headOf(reading.head)
    const trouble = reading.trouble()
    const isRead = !(trouble instanceof Form.KeyMissing)
    const digest = content.digest("hex")
    if (isRead && (trouble !== null || digest !== sha256)) {
      return yield* trouble === null
        ? differs(`bytes with the SHA-256 ${sha256}`, `others, with ${digest}`)
        : differs("its bytes", trouble.message)
    }
    // Whoever has the key may have written it anew, in place of a damaged copy; whoever has not could only put back what is in clear.
    const stored =
      sealed === null || (isRead && head.isEncrypted) ? null : Sealed.differsStored(sealed, head, reading.stored)
    if (stored !== null) return yield* differs("its file as it was stored", stored)
    // Of audio that no entry has, nobody says how long it is.
    if (!isRead && entry !== null && reading.length !== Form.storedLength(bytes, reading.head)) {
      return yield* differs(`an encrypted file of ${bytes} bytes of audio`, "one of another length")
    }
    Verification.tally(found, head, isRead)
    if (isRead) counts.bytes += length
    return isRead
  })
  for (const [sha256, expected] of state.audio) {
    if (yield* check(sha256, expected)) counts.audio++
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
      if (yield* check(sha256, { bytes: stored, entry: null, sealed: null })) counts.unlisted++
    })
  )
})
