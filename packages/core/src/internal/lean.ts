/** GETs over an undici dispatcher: one callback, and the body as its pieces, without streams, promises and signals. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { Controller, Dispatcher } from "../JsonDispatcher.ts"
import { bodyText } from "./bodyText.ts"

/** What comes before a body. */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** An answer; `text` is `undefined` where it is longer than allowed, or not wanted. */
export interface Answered extends Head {
  readonly text: string | undefined
}

/** How a body is encoded: the names are of any case, and a name may be empty. */
export const encodingOf = (headers: Head["headers"]): "identity" | "gzip" | "other" => {
  const name = (headers["content-encoding"] ?? "").trim().toLowerCase()
  if (name === "" || name === "identity") return "identity"
  return name === "gzip" || name === "x-gzip" ? "gzip" : "other"
}

const joined = (pieces: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

const decoder = new TextDecoder()

const unzipped = (body: Uint8Array, maxBytes: number): Effect.Effect<string | undefined, unknown> =>
  bodyText(
    Stream.fromReadableStream({
      evaluate: () => new Blob([new Uint8Array(body)]).stream().pipeThrough(new DecompressionStream("gzip")),
      onError: (cause) => cause
    }),
    maxBytes
  )

/** An answer without a body may name an encoding all the same. */
const textOf = (body: Uint8Array, headers: Head["headers"], maxBytes: number) =>
  body.length > 0 && encodingOf(headers) === "gzip" ? unzipped(body, maxBytes) : Effect.sync(() => decoder.decode(body))

const plain = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) => {
  const all: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers)) {
    all[name.toLowerCase()] = typeof value === "string" || value === undefined ? value : value.join(", ")
  }
  return all
}

/** The limits are the call's own. */
const noLimits = { headersTimeout: 0, bodyTimeout: 0 } as const

/**
 * Fails with what the dispatcher says. Where it is interrupted, or the body is not wanted, the request is taken back. A body that is neither plain
 * nor compressed by gzip must not be wanted.
 */
export const get = (
  dispatcher: Dispatcher,
  url: URL,
  headers: Readonly<Record<string, string>>,
  maxBytes: number,
  isWanted: (head: Head) => boolean
): Effect.Effect<Answered, unknown> =>
  Effect.flatten(
    Effect.callback<Effect.Effect<Answered, unknown>>((resume) => {
      let controller: { abort(reason: Error): void } | undefined
      let isDone = false
      let status = 0
      let answered: Head["headers"] = {}
      const pieces: Array<Uint8Array> = []
      let length = 0
      const end = (answer: Effect.Effect<string | undefined, unknown>) => {
        if (isDone) return
        isDone = true
        resume(Effect.succeed(Effect.map(answer, (text) => ({ status, headers: answered, text }))))
      }
      const takeBack = (reason: string) => {
        isDone = true
        controller?.abort(new Error(reason))
      }
      try {
        dispatcher.dispatch(
          {
            origin: url.origin,
            path: url.pathname + url.search,
            method: "GET",
            headers: { "accept-encoding": "gzip", ...headers },
            ...noLimits
          },
          {
            onRequestStart(given) {
              controller = given
              if (isDone) takeBack("interrupted")
            },
            onResponseStart(_, code, given) {
              status = code
              answered = plain(given)
              // What is only informed of (1xx) is followed by the answer.
              if (status < 200 || isWanted({ status, headers: answered })) return
              end(Effect.undefined)
              takeBack("the body is not wanted")
            },
            onResponseData(_, piece) {
              length += piece.length
              if (length <= maxBytes) {
                pieces.push(piece)
                return
              }
              end(Effect.undefined)
              takeBack("the body is too long")
            },
            onResponseEnd() {
              end(textOf(joined(pieces, length), answered, maxBytes))
            },
            onResponseError(_, error) {
              end(Effect.fail(error))
            }
          }
        )
      } catch (cause) {
        end(Effect.fail(cause))
      }
      return Effect.sync(() => takeBack("interrupted"))
    })
  )

/** An answer whose body is read as it comes. */
export interface Opened extends Head {
  /** Gives all pieces that have come since the last, at once. Reading fails with what the dispatcher says. */
  readonly bytes: Stream.Stream<Uint8Array, unknown>
  /** Takes the request back. The end of the scope does it, too. */
  readonly close: Effect.Effect<void>
}

/** The server waits while so much of a body has come and not been read. */
const mostUnread = 512 * 1024

/**
 * Fails with what the dispatcher says. The request is taken back where the scope ends before the body does. `wait` is put around each wait for
 * a piece that has not come yet.
 */
export const open = (
  dispatcher: Dispatcher,
  url: URL,
  headers: Readonly<Record<string, string>>,
  wait: (self: Effect.Effect<void>) => Effect.Effect<void, unknown>
): Effect.Effect<Opened, unknown, Scope.Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.sync(() => begin(dispatcher, url, headers, wait)),
      ({ close }) => close
    ),
    ({ answer, close }) => Effect.onInterrupt(answer, () => close)
  )

// oxlint-disable-next-line max-lines-per-function -- one request, whose callbacks share what has come
const begin = (
  dispatcher: Dispatcher,
  url: URL,
  headers: Readonly<Record<string, string>>,
  wait: (self: Effect.Effect<void>) => Effect.Effect<void, unknown>
) => {
  let controller: Controller | undefined
  let answered: Opened | undefined
  let pieces: Array<Uint8Array> = []
  let unread = 0
  let isPaused = false
  let ended: Effect.Effect<never, unknown> | undefined
  let wake: (() => void) | undefined

  const tell = () => {
    const waiting = wake
    wake = undefined
    waiting?.()
  }
  const end = (how: Effect.Effect<never, unknown>) => {
    ended ??= how
    tell()
  }
  /** Waits until something has come. It may have come before the wait begins, which `wait` may put off. */
  const come = (isThere: () => boolean) =>
    Effect.callback<void>((resume) => {
      if (isThere()) return resume(Effect.void)
      wake = () => resume(Effect.void)
      return Effect.sync(() => {
        wake = undefined
      })
    })
  const nextPiece = come(() => pieces.length > 0 || ended !== undefined)
  const theAnswer = come(() => answered !== undefined || ended !== undefined)
  const close = Effect.sync(() => {
    if (ended !== undefined) return
    ended = Effect.fail<unknown>(new Error("taken back"))
    controller?.abort(new Error("taken back"))
  })

  const pull: Effect.Effect<readonly [Uint8Array, ...Array<Uint8Array>], unknown> = Effect.suspend(() => {
    const [first, ...more] = pieces
    if (first === undefined) return ended ?? Effect.andThen(wait(nextPiece), pull)
    pieces = []
    unread = 0
    if (isPaused) {
      isPaused = false
      controller?.resume()
    }
    return Effect.succeed([first, ...more] as const)
  })
  const bytes = Stream.fromPull(Effect.succeed(pull))

  const answer: Effect.Effect<Opened, unknown> = Effect.suspend(() =>
    answered === undefined ? (ended ?? Effect.andThen(theAnswer, answer)) : Effect.succeed(answered)
  )

  try {
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method: "GET", headers: { ...headers }, ...noLimits },
      {
        onRequestStart(given) {
          controller = given
          if (ended !== undefined) given.abort(new Error("taken back"))
        },
        onResponseStart(_, status, given) {
          if (status < 200) return
          answered = { status, headers: plain(given), bytes, close }
          tell()
        },
        onResponseData(_, piece) {
          pieces.push(piece)
          unread += piece.length
          if (unread >= mostUnread && !isPaused) {
            isPaused = true
            controller?.pause()
          }
          tell()
        },
        onResponseEnd() {
          end(Cause.done())
        },
        onResponseError(_, error) {
          end(Effect.fail(error))
        }
      }
    )
  } catch (cause) {
    end(Effect.fail(cause))
  }
  return { answer, close }
}
