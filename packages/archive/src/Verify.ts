/**
 * Whether an archive is what its manifest says: without the network, and without credentials.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { AudioStore } from "./AudioStore.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as Verification from "./internal/verification.ts"
import type { Difference, Options, Verdict } from "./internal/verificationModel.ts"
import type { StoreError } from "./StoreError.ts"

export type { Anchored, Difference, Far, Options, Verdict } from "./internal/verificationModel.ts"

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
