/** Says what audio is, from its bytes as they come. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

import type { Intake } from "./audioModel.ts"
import * as Mp3 from "./mp3.ts"
import { type Reader, unknown } from "./reading.ts"
import * as Sniff from "./sniff.ts"
import * as Wav from "./wav.ts"

/** What is not decoded: why nothing can be said of it, or `null` if it may well be audio. */
const closed = (unreadable: string | null): Reader => ({ push: () => {}, end: () => unknown(unreadable) })

const readerOf = (kind: Sniff.Kind | null) =>
  kind?.name === "wav"
    ? Effect.sync(Wav.reader)
    : kind?.name === "mp3"
      ? Mp3.reader
      : Effect.succeed(
          closed(
            kind === null
              ? "it is no audio of a kind that is known"
              : kind.isAudio
                ? null
                : `it is a file of the kind ${kind.name}, which has no sound`
          )
        )

const millis = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * 1000))

export type Inspector = ReturnType<typeof make>

/** Its memory does not grow with the audio; the scope holds the decoder's. */
export const make = (scope: Scope.Scope) => {
  let head: Buffer = Buffer.alloc(0)
  let bytes = 0
  let container: string | null = null
  let reader: Reader | undefined
  const begin = Effect.gen(function* () {
    const kind = yield* Sniff.kindOf(head)
    container = kind?.name ?? null
    reader = yield* readerOf(kind)
    reader.push(head)
  }).pipe(Scope.provide(scope))
  return {
    push: (piece: Uint8Array): Effect.Effect<void> =>
      Effect.suspend(() => {
        bytes += piece.length
        if (reader !== undefined) {
          reader.push(piece)
          return Effect.void
        }
        head = Buffer.concat([head, head.length > 0 ? piece : Sniff.withoutZeros(piece)])
        return head.length < Sniff.headLength ? Effect.void : begin
      }),
    end: Effect.gen(function* () {
      if (head.length === 0) reader = closed(bytes === 0 ? "it has no bytes" : "it has only zeros")
      if (reader === undefined) yield* begin
      const { claimed, seconds, ...reading } = reader?.end() ?? unknown("it has no bytes")
      return { bytes, container, ...reading, duration: millis(seconds), claimed: millis(claimed) }
    })
  }
}

/**
 * An intake whose audio is inspected as it comes, so that it need not be read again for it. `media` says what it is; `null` where a part of it
 * had come before.
 */
export const watch = Effect.fnUntraced(function* (intake: Intake) {
  const outer = yield* Effect.scope
  let scope: Scope.Closeable | null = null
  let inspector: Inspector | null = null
  const watched: Intake = {
    get length() {
      return intake.length
    },
    get head() {
      return intake.head
    },
    get source() {
      return intake.source
    },
    begin: (source) =>
      Effect.gen(function* () {
        if (scope !== null) yield* Scope.close(scope, Exit.void)
        scope = yield* Scope.fork(outer)
        inspector = make(scope)
        yield* intake.begin(source)
      }),
    append: (piece) =>
      inspector === null ? intake.append(piece) : Effect.andThen(inspector.push(piece), intake.append(piece)),
    finish: intake.finish,
    setAside: intake.setAside,
    discard: intake.discard
  }
  return { intake: watched, media: Effect.suspend(() => inspector?.end ?? Effect.succeed(null)) }
})
