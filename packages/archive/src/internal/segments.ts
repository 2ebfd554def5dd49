/**
 * An object as a list of segments, each with a salt of its own, so that one can be erased and the others still shown to be as
 * they were (docs/evidence.md).
 */
import { SecureRandom } from "effect/crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { encode } from "../CanonicalJson.ts"
import * as MerkleTree from "./merkleTree.ts"
import { isAddress } from "./address.ts"
import * as Lines from "./lines.ts"

/** So long a segment may be; a longer row is several, the first ones of at least `full` bytes. */
export const longest = 256 * 1024
/** A row is not cut within a number if it has any other place to be cut at here. */
const slack = 4096
export const full = longest - slack

const [lf, quote, comma, backslash] = [10, 34, 44, 92]
const [open, close] = [new Set([91, 123]), new Set([93, 125])]
const isGap = (byte: number | undefined) => byte === lf || byte === comma || byte === 32 || byte === quote

/**
 * Cuts bytes into rows: elements of the outermost array of JSON, lines of NDJSON and CSV with what their quotes enclose, or the
 * whole. That it cuts badly what is none of these costs no more than that too much is erased at once.
 */
export const cutter = () => {
  let pending = Buffer.alloc(0)
  let at = 0
  let isJson: boolean | null = null
  let isQuoted = false
  let isEscaped = false
  let depth = 0
  let arrayDepth = 0

  /** Where the segment ends that this byte is of: before it, after it, or not here. */
  const look = (byte: number): "before" | "after" | null => {
    if (isJson === null && byte > 32 && byte < 128) isJson = open.has(byte)
    if (isJson !== true) {
      if (byte === quote) isQuoted = !isQuoted
      return byte === lf && !isQuoted ? "after" : null
    }
    if (isQuoted) {
      if (isEscaped) isEscaped = false
      else if (byte === backslash) isEscaped = true
      else if (byte === quote) isQuoted = false
      return null
    }
    if (byte === quote) isQuoted = true
    if (open.has(byte)) {
      depth++
      if (byte !== 91 || arrayDepth > 0) return null
      arrayDepth = depth
      return "after"
    }
    if (close.has(byte)) {
      const isEnd = depth === arrayDepth
      depth = Math.max(0, depth - 1)
      if (!isEnd || arrayDepth === 0) return null
      arrayDepth = 0
      return "before"
    }
    if (byte === comma && depth > 0 && depth === arrayDepth) return "after"
    return byte === lf && depth === 0 ? "after" : null
  }

  const take = (end: number): Uint8Array => {
    const segment = pending.subarray(0, end)
    pending = pending.subarray(end)
    at -= end
    return segment
  }

  return {
    push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
      pending = pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([pending, bytes])
      const segments: Array<Uint8Array> = []
      while (at < pending.length) {
        const cut = look(pending[at] ?? 0)
        at++
        if (cut === "after") segments.push(take(at))
        else if (cut === "before" && at > 1) segments.push(take(at - 1))
        else if (at > full && (isGap(pending[at - 1]) || at >= longest)) segments.push(take(at))
      }
      return segments
    },
    end: (): ReadonlyArray<Uint8Array> => (pending.length === 0 ? [] : [take(pending.length)])
  }
}

/** A segment as it is kept, or what is left of one that was erased. */
export type Segment =
  | { readonly _tag: "Kept"; readonly salt: Uint8Array; readonly bytes: Uint8Array }
  | { readonly _tag: "Erased"; readonly leaf: Uint8Array }

export const leafOf = (segment: Segment): Uint8Array =>
  segment._tag === "Erased" ? segment.leaf : MerkleTree.leafHash(Buffer.concat([segment.salt, segment.bytes]))

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** The line of a segment, with its end. What is not UTF-8 is written in base64. */
export const lineOf = (segment: Segment): string => {
  if (segment._tag === "Erased") return `${encode({ erased: hex(segment.leaf) })}\n`
  const bytes = Buffer.from(segment.bytes)
  const text = bytes.toString("utf8")
  const content = Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") }
  return `${encode({ ...content, salt: hex(segment.salt) })}\n`
}

/** Each byte may be printed as an escape of six. */
export const longestLine = 6 * longest + 1024

/** The segment of a line, without its end; `null` if it is none, or not in the one form. */
export const parse = (line: Uint8Array): Segment | null => {
  try {
    const value = JSON.parse(Buffer.from(line).toString("utf8")) as { readonly [key: string]: unknown }
    const { base64, erased, salt, text } = value
    const segment: Segment | null =
      typeof erased === "string" && isAddress(erased)
        ? { _tag: "Erased", leaf: Buffer.from(erased, "hex") }
        : typeof salt === "string" && isAddress(salt)
          ? {
              _tag: "Kept",
              salt: Buffer.from(salt, "hex"),
              bytes: typeof text === "string" ? Buffer.from(text) : Buffer.from(String(base64), "base64")
            }
          : null
    return segment !== null && Buffer.from(lineOf(segment).slice(0, -1)).equals(line) ? segment : null
  } catch {
    return null
  }
}

/** The segments of bytes, with fresh salts. */
export const ofBytes = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Segment, E, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { randomBytes } = yield* SecureRandom.SecureRandom
      const cut = cutter()
      return Stream.concat(
        Stream.map(bytes, (piece) => cut.push(piece)),
        Stream.suspend(() => Stream.make(cut.end()))
      ).pipe(
        Stream.flattenIterable,
        Stream.mapEffect((bytes) => Effect.map(randomBytes(32), (salt): Segment => ({ _tag: "Kept", salt, bytes })))
      )
    }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
  )

/** The segments of a file of them; `null` for the first line that is none, which is the last that is given. */
export const ofFile = <E, R>(written: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Segment | null, E, R> =>
  Lines.bounded(written, longestLine).pipe(
    Stream.map((line) => (line === null ? null : parse(line))),
    Stream.takeUntil((segment) => segment === null)
  )

/** What a file of segments amounts to. */
export interface Sum {
  readonly root: string
  readonly segments: number
  /** Of what is not erased. */
  readonly bytes: number
  readonly erased: ReadonlyArray<number>
}

/** Adds up segments, one after the other. */
export const summing = () => {
  let tree = MerkleTree.empty
  let bytes = 0
  const erased: Array<number> = []
  return {
    add(segment: Segment): void {
      if (segment._tag === "Erased") erased.push(tree.size)
      else bytes += segment.bytes.length
      tree = MerkleTree.appendHash(tree, leafOf(segment))
    },
    sum: (): Sum => ({ root: hex(MerkleTree.root(tree)), segments: tree.size, bytes, erased })
  }
}

/** What segments amount to; `null` if one of them is none. */
export const sumOf = <E, R>(segments: Stream.Stream<Segment | null, E, R>): Effect.Effect<Sum | null, E, R> =>
  Effect.suspend(() => {
    const adding = summing()
    let isWhole = true
    return Stream.runForEach(segments, (segment) =>
      Effect.sync(() => {
        if (segment === null) isWhole = false
        else adding.add(segment)
      })
    ).pipe(Effect.map(() => (isWhole ? adding.sum() : null)))
  })

/** Where an object is. */
export const pathOf = (root: string): string => `objects/${root.slice(0, 2)}/${root}.ndjson`
