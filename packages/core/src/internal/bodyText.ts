/** Reads the text of a body whose length is not known. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** `undefined` where it has more than `maxBytes`. */
export const bodyText = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  maxBytes: number
): Effect.Effect<string | undefined, E, R> =>
  Effect.suspend(() => {
    let size = 0
    let text = ""
    const decoder = new TextDecoder()
    return body.pipe(
      Stream.takeUntil((piece) => (size += piece.length) > maxBytes),
      Stream.runForEach((piece) => Effect.sync(() => void (text += decoder.decode(piece, { stream: true })))),
      Effect.map(() => (size > maxBytes ? undefined : text + decoder.decode()))
    )
  })
