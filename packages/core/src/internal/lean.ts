/** A GET over an undici dispatcher: one callback, and the body as its pieces, without streams, promises and signals. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type { Dispatcher } from "../JsonDispatcher.ts"
import { bodyText } from "./bodyText.ts"

/** An answer; `text` is `undefined` where it is longer than allowed. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string | undefined
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

const textOf = (body: Uint8Array, encoding: string, maxBytes: number) => {
  if (encoding === "gzip") return unzipped(body, maxBytes)
  return encoding === "identity"
    ? Effect.sync(() => decoder.decode(body))
    : Effect.fail<unknown>(new Error(`the body is encoded as ${encoding}, which was not asked for`))
}

const plain = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) => {
  const all: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers)) {
    all[name.toLowerCase()] = typeof value === "string" || value === undefined ? value : value.join(", ")
  }
  return all
}

/** Fails with what the dispatcher says. Where it is interrupted, the request is taken back. */
export const get = (
  dispatcher: Dispatcher,
  url: URL,
  headers: Readonly<Record<string, string>>,
  maxBytes: number
): Effect.Effect<Answered, unknown> =>
  Effect.flatten(
    Effect.callback<Effect.Effect<Answered, unknown>>((resume) => {
      let controller: { abort(reason: Error): void } | undefined
      let isDone = false
      let status = 0
      let answered: Answered["headers"] = {}
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
            // The limits are the call's own.
            headersTimeout: 0,
            bodyTimeout: 0
          },
          {
            onRequestStart(given) {
              controller = given
              if (isDone) takeBack("interrupted")
            },
            onResponseStart(_, code, given) {
              status = code
              answered = plain(given)
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
              end(textOf(joined(pieces, length), answered["content-encoding"] ?? "identity", maxBytes))
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
