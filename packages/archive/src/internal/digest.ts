/** The SHA-256 and the length of bytes as they come. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export const digest = Effect.fnUntraced(function* <E>(audio: Stream.Stream<Uint8Array, E>) {
  const hash = createHash("sha256")
  let bytes = 0
  yield* Stream.runForEach(audio, (piece) =>
    Effect.sync(() => {
      hash.update(piece)
      bytes += piece.length
    })
  )
  return { sha256: hash.digest("hex"), bytes }
})
