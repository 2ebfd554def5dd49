/** The records of a file of text, out of its lines. */
import * as ProviderRow from "@vobiz-effect/core/ProviderRow"

import { type Encoding, type Line, Undecodable } from "./lines.ts"

/** A record: a row by the names of its columns, unless something is wrong with the whole of it. */
export interface Record {
  /** The line that it starts in, from 1. */
  readonly line: number
  readonly raw: string
  readonly row: Row
  /** What it should be, where it is no row. */
  readonly fault: string | null
}

export type Row = Readonly<globalThis.Record<string, unknown>>

/** Takes the lines of a file one after the other, and gives the records that they end. */
export interface Reader {
  /** How many rows the whole list has, as the file says once it is read; `null` where it does not. */
  readonly stated?: () => number | null
  readonly take: (line: Line, found: Array<Record>) => void
  /** The end of the file; says what is wrong with the whole of it, if so. */
  readonly end: (found: Array<Record>) => string | void
}

/** How CSV is read. */
export interface Options {
  readonly delimiter: string
  /** The columns of the header. */
  readonly names: ReadonlyArray<string>
  /** How many lines stand before the first record. */
  readonly skip: number
  readonly encoding: Encoding
  /** Cells that stand for nothing. */
  readonly nulls: ReadonlySet<string>
}

const none: Row = {}

/** Keys by the names that they mean, where these differ. */
export type Renamed = ReadonlyMap<string, string>

const rowOf = (value: unknown, renamed: Renamed): Row | null => {
  if (!isRow(value)) return null
  if (renamed.size === 0) return value
  return Object.fromEntries(Object.entries(value).map(([key, cell]) => [renamed.get(key) ?? key, cell]))
}

const parsed = (line: Line, renamed: Renamed) =>
  line instanceof Undecodable ? null : rowOf(ProviderRow.fromJson(line), renamed)

/** One JSON object per line. */
export const ndjson = (renamed: Renamed): Reader => {
  let number = 0
  return {
    take: (line, found) => {
      number++
      const raw = textOf(line)
      if (raw.trim() === "") return
      const row = parsed(line, renamed)
      found.push({ line: number, raw, row: row ?? none, fault: row === null ? "a JSON object" : null })
    },
    end: () => {}
  }
}

/** The longest document that is read as a whole, in characters. */
const longestDocument = 64 * 1024 * 1024

/**
 * A document with a list of objects, or one object per line: files of both are called `.json`. A document's rows have their number for a
 * line.
 */
export const json = (renamed: Renamed): Reader => {
  const lines = ndjson(renamed)
  let held: Array<Line> = []
  let size = 0
  let isDocument: boolean | null = null
  let stated: number | null = null
  return {
    stated: () => stated,
    take: (line, found) => {
      if (isDocument === null && textOf(line).trim() !== "") {
        const first = line instanceof Undecodable ? null : ProviderRow.fromJson(line)
        isDocument = !isRow(first) || ProviderRow.rowsOf(first) !== null
        if (!isDocument) for (const before of held) lines.take(before, found)
      }
      if (isDocument === false) lines.take(line, found)
      else {
        size += textOf(line).length
        if (size <= longestDocument) held.push(line)
      }
    },
    end: (found) => {
      if (isDocument !== true) return undefined
      if (size > longestDocument) return "it is a JSON document of more than 64 MiB, and no object per line"
      const document = ProviderRow.fromJson(held.map(textOf).join("\n"))
      const rows = ProviderRow.rowsOf(document)
      if (rows === null) {
        if (document !== null) return "it is a JSON document without a list of rows"
        // Lines of which the first is no object.
        for (const line of held) lines.take(line, found)
        return undefined
      }
      held = []
      stated = ProviderRow.totalOf(document)
      rows.forEach((value, nth) => {
        const row = rowOf(value, renamed)
        found.push({
          line: nth + 1,
          raw: JSON.stringify(value),
          row: row ?? none,
          fault: row === null ? "a JSON object" : null
        })
      })
      return undefined
    }
  }
}

/** What a line says, without what ends it. */
const textOf = (line: Line): string => bare(line instanceof Undecodable ? line.raw : line)

const bare = (text: string) => (text.endsWith("\r") ? text.slice(0, -1) : text)

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value)

/** A quote that is not closed within so many characters or lines never is. */
const mostText = 100_000
const mostLines = 100

/** Records of CSV, as RFC 4180 and spreadsheets have them. */
export const csv = (options: Options): Reader => {
  const reader = new CsvReader(options)
  return { take: (line, found) => reader.take(line, found), end: (found) => reader.end(found) }
}

class CsvReader {
  private readonly options: Options
  private line: number
  /** Lines of a record whose quote is open. */
  private open: Array<Line> = []
  private openText = 0
  /** How many delimiters too many the first record has at its end. */
  private surplus: number | null = null

  constructor(options: Options) {
    this.options = options
    this.line = options.skip
  }

  take(line: Line, found: Array<Record>): void {
    const number = ++this.line
    const isOpen = this.open.length > 0
    if (line instanceof Undecodable) {
      if (isOpen) {
        this.open.push(line)
        this.giveUp(found)
      } else found.push(this.broken(number, textOf(line), `text in ${encodings[this.options.encoding]}`))
      return
    }
    const { delimiter } = this.options
    if (!isOpen) {
      const text = bare(line)
      if (text === "") return
      const cells = text.includes('"') ? cellsOf(text, delimiter) : text.split(delimiter)
      if (cells === undefined) this.hold(line)
      else found.push(this.record(number, text, cells))
      return
    }
    this.hold(line)
    // Only a line with a quote in it can close one.
    const raw = line.includes('"') ? bare(this.open.join("\n")) : undefined
    const cells = raw === undefined ? undefined : cellsOf(raw, delimiter)
    if (raw !== undefined && cells !== undefined) {
      found.push(this.record(number - this.open.length + 1, raw, cells))
      this.drop()
    } else if (this.open.length > mostLines || this.openText > mostText) this.giveUp(found)
  }

  /** The end of the file. */
  end(found: Array<Record>): void {
    while (this.open.length > 0) this.giveUp(found)
  }

  /** The quote that is open was never meant to be one: only the line that it is in is no record. */
  private giveUp(found: Array<Record>): void {
    const [first = "", ...others] = this.open
    this.drop()
    this.line -= others.length
    found.push(this.broken(this.line, textOf(first), "a closing quote"))
    for (const line of others) this.take(line, found)
  }

  private hold(line: string): void {
    this.open.push(line)
    this.openText += line.length
  }

  private drop(): void {
    this.open = []
    this.openText = 0
  }

  private record(line: number, raw: string, cells: ReadonlyArray<string>): Record {
    const { names, nulls } = this.options
    const { length } = names
    // A delimiter too many at the end of each line is no cell; at the end of some, it is an unquoted one within a cell before.
    if (cells.length >= length) this.surplus ??= cells.length - length
    const isSurplus = cells.length - length === this.surplus && cells.slice(length).every((cell) => cell === "")
    if (cells.length < length || (cells.length > length && !isSurplus)) {
      return this.broken(line, raw, `${length} cells, as in the header, not ${cells.length}`)
    }
    const row: globalThis.Record<string, string | null> = {}
    for (let n = 0; n < length; n++) {
      const cell = cells[n] ?? ""
      row[names[n] ?? ""] = nulls.has(cell) ? null : cell
    }
    return { line, raw, row, fault: null }
  }

  private broken(line: number, raw: string, fault: string): Record {
    return { line, raw, row: none, fault }
  }
}

const encodings = { "utf-8": "UTF-8", "utf-16le": "UTF-16" } as const

/** The cells of a record, without their quotes; `undefined` where a quote is not closed. */
const cellsOf = (text: string, delimiter: string): ReadonlyArray<string> | undefined => {
  const cells: Array<string> = []
  let at = 0
  for (;;) {
    if (text.charCodeAt(at) !== quote) {
      const end = text.indexOf(delimiter, at)
      cells.push(end < 0 ? text.slice(at) : text.slice(at, end))
      if (end < 0) return cells
      at = end + 1
      continue
    }
    let cell = ""
    for (at++; ; at++) {
      const end = text.indexOf('"', at)
      if (end < 0) return undefined
      cell += text.slice(at, end)
      at = end + 1
      if (text.charCodeAt(at) !== quote) break
      cell += '"'
    }
    // What follows the quote belongs to the cell, as spreadsheets have it.
    const end = text.indexOf(delimiter, at)
    cells.push(cell + (end < 0 ? text.slice(at) : text.slice(at, end)))
    if (end < 0) return cells
    at = end + 1
  }
}

const quote = 0x22
