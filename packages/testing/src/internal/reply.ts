/** The fake server's answers, and how they become HTTP responses. */
import * as Effect from "effect/Effect"
import { HttpServerResponse } from "effect/http"
import * as Stream from "effect/Stream"
import { gzipSync } from "node:zlib"

import type { Fault } from "../FaultPlan.ts"
import * as Injector from "./injector.ts"

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** All bytes, or an iterator that makes them while they are sent, so that long bodies take no memory. */
  readonly body: Uint8Array | (() => Iterable<Uint8Array>)
  /** In bytes; `undefined` if the length is unknown before the end. */
  readonly length: number | undefined
}

const encoder = new TextEncoder()

const text = (status: number, contentType: string, body: string, headers: Reply["headers"] = {}): Reply => {
  const bytes = encoder.encode(body)
  return { status, headers: { "content-type": contentType, ...headers }, body: bytes, length: bytes.length }
}

export const json = (body: unknown, status = 200, headers: Reply["headers"] = {}): Reply =>
  text(status, "application/json", JSON.stringify(body), headers)

export const empty = (status: number, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers,
  body: new Uint8Array(0),
  length: 0
})

export const lines = (contentType: string, pieces: () => Iterable<string>): Reply => ({
  status: 200,
  headers: { "content-type": contentType },
  body: function* () {
    for (const piece of pieces()) yield encoder.encode(piece)
  },
  length: undefined
})

export const other = (contentType: string, body: string): Reply => text(200, contentType, body)

export const html = (body: string): Reply => other("text/html", body)

const mebibyte = 1 << 20

/** A JSON text of `bytes` bytes, most of them in one string. Compression sends a thousandth of them. */
export const huge = (bytes: number, gzip: boolean): Reply => {
  const pack = (piece: Uint8Array) => (gzip ? gzipSync(piece) : piece)
  const filling = pack(new Uint8Array(mebibyte).fill(0x61))
  return {
    status: 200,
    headers: { "content-type": "application/json", ...(gzip ? { "content-encoding": "gzip" } : {}) },
    body: function* () {
      yield pack(encoder.encode('{"objects":["'))
      for (let left = bytes; left > 0; left -= mebibyte) yield filling
      yield pack(encoder.encode('"]}'))
    },
    length: undefined
  }
}

// ---------------------------------------------------------------------------
// Errors, in the format of their endpoint (docs/vobiz-api.md, "Errors")
// ---------------------------------------------------------------------------

export const documentedError = (status: number, code: string, message: string, details?: unknown): Reply =>
  json({ status: "error", error: { code, message, ...(details === undefined ? {} : { details }) } }, status)

export const badCredentials = documentedError(401, "INVALID_CREDENTIALS", "Invalid credentials.")

/** The answer to a path in the wrong case or without its last slash: observed to be 401, not 404. */
export const wrongPath = json({ error: "invalid credentials" }, 401)

/** An error whose texts contain what no message may show: the token, a number and control characters. */
export const echo = (status: number, token: string): Reply => {
  const said = `\u001b[31m\u202e${token} +918045670012 \u001b]0;${token}\u0007 ${"x".repeat(50_000)}`
  const error = { code: said, message: said, details: { errors: [{ field: said, message: said }] } }
  return json({ status: "error", requestId: said, api_id: said, error }, status)
}

export const noRoute = json({ message: "Not Found" }, 404)

export const invalid = (field: string, message: string, value: string): Reply =>
  documentedError(422, "VALIDATION_ERROR", "Request validation failed", {
    errors: [{ field, message, code: "OUT_OF_RANGE", value }]
  })

// ---------------------------------------------------------------------------
// Sending
// ---------------------------------------------------------------------------

export interface Wire {
  /** The provider's instant, for the `Date` header, in epoch milliseconds. */
  readonly now: number
  /** Waits in real time. */
  readonly wait: (millis: number) => Effect.Effect<void>
  /** Closes the connection after the written bytes are sent. */
  readonly hangUp: Effect.Effect<void>
}

/** The HTTP response, with the faults of bodies. */
export const send = (reply: Reply, fired: ReadonlyArray<Fault>, wire: Wire): HttpServerResponse.HttpServerResponse => {
  const { body, length, status } = reply
  const headers = { date: new Date(wire.now).toUTCString(), ...reply.headers }
  const pieces = body instanceof Uint8Array ? () => [body] : body
  const options = {
    status,
    headers,
    contentType: reply.headers["content-type"],
    ...(length === undefined ? {} : { contentLength: length })
  }
  // An empty body cannot be cut off, stalled or slowed.
  if (length === 0) return HttpServerResponse.empty({ status, headers })
  const truncated = Injector.find(fired, "TruncatedBody")
  const stalled = Injector.find(fired, "StalledBody")
  const slow = Injector.find(fired, "SlowBody")
  if (truncated === undefined && stalled === undefined && slow === undefined) {
    return body instanceof Uint8Array
      ? HttpServerResponse.uint8Array(body, { status, headers, contentType: reply.headers["content-type"] })
      : HttpServerResponse.stream(bytes(body), options)
  }
  if (slow !== undefined) {
    return HttpServerResponse.stream(
      Stream.tap(
        bytes(() => cut(pieces(), slow.chunkBytes)),
        () => wire.wait(slow.pauseMillis)
      ),
      options
    )
  }
  const shown = stalled === undefined ? Math.floor((length ?? 2000) / 2) : stalled.afterBytes
  const after = stalled === undefined ? Effect.andThen(wire.hangUp, Effect.never) : Effect.never
  return HttpServerResponse.stream(
    Stream.concat(
      bytes(() => start(pieces(), shown)),
      Stream.fromEffectDrain(after)
    ),
    options
  )
}

const bytes = (body: () => Iterable<Uint8Array>): Stream.Stream<Uint8Array> =>
  Stream.fromIterable({ [Symbol.iterator]: () => body()[Symbol.iterator]() }, { chunkSize: 1 })

/** The first `count` bytes of a body. */
function* start(pieces: Iterable<Uint8Array>, count: number): Generator<Uint8Array> {
  let left = count
  for (const piece of pieces) {
    if (left <= 0) return
    yield piece.subarray(0, left)
    left -= piece.length
  }
}

/** A body in pieces of at most `length` bytes. */
function* cut(pieces: Iterable<Uint8Array>, length: number): Generator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += length) yield piece.subarray(at, at + length)
  }
}
