/** The lines of a file of text, read a piece at a time. */
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream"
import { createGunzip } from "node:zlib"

import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { FileError } from "../FileError.ts"

export type Encoding = "utf-8" | "utf-16le"

/** Bytes that are no text in the file's encoding. */
export class Undecodable {
  /** The bytes as text, as far as they are. */
  readonly raw: string
  constructor(raw: string) {
    this.raw = raw
  }
}

/** A line without its line feed; a carriage return before that stays. */
export type Line = string | Undecodable

/** The longest line that is read, in bytes. */
const longest = 4 * 1024 * 1024

const refuse = (path: string, problem: string) =>
  new FileError({ path, row: null, field: null, problem, advice: "Correct the file, or leave it out" })

const opened = (path: string): AsyncIterable<Buffer> => {
  const file = createReadStream(path)
  // An error of either reaches whoever reads the end.
  return /\.gz$/i.test(path) ? pipeline(file, createGunzip(), () => {}) : file
}

const bytesOf = (path: string): Stream.Stream<Buffer, FileError> =>
  Stream.suspend(() =>
    Stream.fromAsyncIterable(opened(path), (cause) => {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
      return refuse(
        path,
        code.startsWith("Z_") ? "it is not compressed as its ending says" : `it cannot be read (${code})`
      )
    })
  )

/** The lines of a file, in their order. */
export const of = (path: string, encoding: Encoding): Stream.Stream<Line, FileError> =>
  Stream.suspend(() => {
    const splitter = new Splitter(encoding)
    return bytesOf(path).pipe(
      Stream.mapEffect((bytes) => {
        const lines = splitter.take(bytes)
        return splitter.isFull ? Effect.fail(refuse(path, "a line is longer than 4 MiB")) : Effect.succeed(lines)
      }),
      Stream.concat(Stream.sync(() => splitter.end())),
      Stream.flattenIterable
    )
  })

/** The encoding of a file, by its first bytes, and its first lines: `most` at most. */
export const first = Effect.fnUntraced(function* (
  path: string,
  most: number
): Effect.fn.Return<{ readonly encoding: Encoding; readonly lines: ReadonlyArray<Line> }, FileError> {
  const [bytes] = yield* Stream.runCollect(Stream.take(bytesOf(path), 1))
  // Text in UTF-16 has a mark, or a zero in each plain character.
  const isUtf16 = bytes !== undefined && ((bytes[0] === 0xff && bytes[1] === 0xfe) || bytes.subarray(0, 64).includes(0))
  const encoding = isUtf16 ? "utf-16le" : "utf-8"
  return { encoding, lines: yield* Stream.runCollect(Stream.take(of(path, encoding), most)) }
})

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Parts bytes into lines. They end in a line feed, or in files of old Macs in a carriage return. */
class Splitter {
  private readonly encoding: Encoding
  private readonly strict: InstanceType<typeof TextDecoder>
  private readonly width: 1 | 2
  private ending: number | null = null
  private rest: Buffer = Buffer.alloc(0)
  private isStart = true

  constructor(encoding: Encoding) {
    this.encoding = encoding
    this.strict = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
    this.width = encoding === "utf-8" ? 1 : 2
  }

  get isFull(): boolean {
    return this.rest.length > longest
  }

  take(bytes: Buffer): ReadonlyArray<Line> {
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    this.ending ??= !all.includes(lineFeed) && all.includes(carriageReturn) ? carriageReturn : lineFeed
    const after = this.afterLast(all)
    this.rest = all.subarray(after)
    return after === 0 ? [] : this.linesOf(all.subarray(0, after - this.width))
  }

  end(): ReadonlyArray<Line> {
    const { rest } = this
    this.rest = Buffer.alloc(0)
    return rest.length === 0 ? [] : this.linesOf(rest)
  }

  /** Where what follows the last end of a line begins; 0 if there is none. */
  private afterLast(bytes: Buffer): number {
    const ending = this.ending ?? lineFeed
    if (this.width === 1) return bytes.lastIndexOf(ending) + 1
    for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) {
      if (bytes[at] === ending && bytes[at + 1] === 0) return at + 2
    }
    return 0
  }

  private linesOf(bytes: Buffer): ReadonlyArray<Line> {
    const text = this.decoded(bytes)
    const ending = String.fromCharCode(this.ending ?? lineFeed)
    const lines: Array<Line> =
      text instanceof Undecodable ? this.parted(bytes).map((line) => this.decoded(line)) : text.split(ending)
    const [head] = lines
    if (this.isStart && typeof head === "string" && head.startsWith("\ufeff")) lines[0] = head.slice(1)
    this.isStart = false
    return lines
  }

  private decoded(bytes: Buffer): Line {
    try {
      return this.strict.decode(bytes)
    } catch {
      return new Undecodable(new TextDecoder(this.encoding).decode(bytes))
    }
  }

  private parted(bytes: Buffer): ReadonlyArray<Buffer> {
    const lines: Array<Buffer> = []
    let from = 0
    for (let at = 0; at < bytes.length; at += this.width) {
      if (bytes[at] !== this.ending || (this.width === 2 && bytes[at + 1] !== 0)) continue
      lines.push(bytes.subarray(from, at))
      from = at + this.width
    }
    return [...lines, bytes.subarray(from)]
  }
}
