/**
 * Reads rows of the provider tolerantly. One table says for each field its wire name, its reader and whether a row can do
 * without it; the decoder, the known keys and the table of the docs are derived from it.
 *
 * Rows are read by plain functions in one pass: each field that cannot be read is named, and the row stays.
 */
import type * as DateTime from "effect/DateTime"
import * as Redacted from "effect/Redacted"

import type { Reject } from "../Extract.ts"

export type Raw = Readonly<Record<string, unknown>>

/** Reads one wire value. Absent values (missing, `null`, `""`) never get here. */
export interface Reader<A> {
  /** What the value should be, for messages and docs. */
  readonly expected: string
  /** `undefined` means that the value cannot be read, `null` that the row does not say after all. */
  readonly read: (value: unknown, row: Raw) => A | null | undefined
  /** Other keys of the row that the reader looks at. */
  readonly reads?: ReadonlyArray<string> | undefined
  /** Whether the value read last was an instant that named no zone. */
  readonly wasZoneless?: (() => boolean) | undefined
  /** The value in a form that `read` takes. @default as it is: text, a number, true or false */
  write?(value: A, reveal: boolean): Cell
  /** What else of the row follows from the value. */
  beside?(value: A): Readonly<Record<string, Cell>>
}

export type Cell = string | number | boolean | null

export interface Field<A> {
  readonly wire: string
  /** The key that is read where this one says nothing. */
  readonly instead?: string | undefined
  readonly reader: Reader<A>
  readonly needed: boolean
}

/** A field without which the row is set aside. */
export const needed = <A>(wire: string, reader: Reader<A>, instead?: string): Field<A> => ({
  wire,
  instead,
  reader,
  needed: true
})

/** A field that is `null` where it is absent or cannot be read. */
export const optional = <A>(wire: string, reader: Reader<A>): Field<A | null> => ({ wire, reader, needed: false })

/** What every row says of its own reading. */
export interface Tolerant {
  /** The wire names of fields that could not be read, and are `null` for it. */
  readonly unreadable: ReadonlyArray<string>
  /** The wire names of instants that named no zone. */
  readonly zoneless: ReadonlyArray<string>
}

export interface Decoded<Row> {
  readonly rows: ReadonlyArray<Row>
  readonly rejects: ReadonlyArray<Reject>
}

/** A row that lacks what it needs. */
export interface Fault {
  /** The wire name of the field it lacks; empty where it is no object. */
  readonly field: string
  readonly expected: string
}

export interface RowTable<Row extends Tolerant> {
  /** For each field that no row can do without, the wire keys that may hold it. */
  readonly required: ReadonlyArray<ReadonlyArray<string>>
  /** The wire keys that some field stands for: any other is new. */
  readonly known: ReadonlySet<string>
  readonly one: (row: unknown) => Row | Fault
  readonly many: (rows: ReadonlyArray<unknown>) => Decoded<Row>
  /** A row by its wire names, its telephone numbers masked unless they are to be revealed. */
  readonly write: (row: Row, reveal: boolean) => Readonly<Record<string, Cell>>
}

export const isFault = (one: object): one is Fault => "expected" in one

const nothing: ReadonlyArray<string> = []

export interface Options<Row> {
  /** The wire keys that may name a row. */
  readonly identity: ReadonlyArray<string>
  /** Keys that are known, and that no field stands for. */
  readonly extra?: ReadonlyArray<string>
  /** The instant of a row's place in the list. */
  readonly at?: OrderField<Row>
  /** Completes a row that was read. */
  readonly finish?: (row: { -readonly [K in keyof Row]: Row[K] }) => void
}

interface OrderField<Row> {
  readonly of: (row: Row) => number
  readonly read: (raw: Raw) => number | null
}

/** The place in a list that is sorted by the field. */
export const orderField = <Row>(
  wire: string,
  reader: Reader<DateTime.Utc>,
  of: (row: Row) => DateTime.Utc
): OrderField<Row> => ({
  of: (row) => of(row).epochMilliseconds,
  read: (raw) => reader.read(raw[wire], raw)?.epochMilliseconds ?? null
})

/** What can be said of a row that is set aside. The place in the list is that of the row above it, unless it says itself. */
const reject = <Row>(
  raw: unknown,
  { expected, field }: Fault,
  index: number,
  above: number | null,
  { at, identity }: Pick<Options<Row>, "at" | "identity">
): Reject => {
  const row: Raw = isObject(raw) ? raw : {}
  const id = identity.map((wire) => row[wire]).find(isId)
  return {
    raw: Redacted.make(JSON.stringify(raw) ?? "null"),
    field,
    expected,
    id: id === undefined ? null : String(id),
    index,
    near: at?.read(row) ?? above
  }
}

/** A row by its wire names, its telephone numbers masked unless they are to be revealed. */
const write = (
  fields: ReadonlyArray<readonly [name: string, field: Field<unknown>]>,
  row: Tolerant,
  reveal: boolean
): Readonly<Record<string, Cell>> => {
  const raw: Record<string, Cell> = {}
  for (const [name, { reader, wire }] of fields) {
    const value = (row as unknown as Readonly<Record<string, unknown>>)[name] ?? null
    for (const beside of reader.reads ?? []) raw[beside] ??= null
    raw[wire] = value === null ? null : reader.write === undefined ? (value as Cell) : reader.write(value, reveal)
    if (value !== null) Object.assign(raw, reader.beside?.(value))
  }
  return raw
}

/** A field that `Row` has and the table lacks, or of another type, does not compile. */
export const make = <Row extends Tolerant, Finished extends keyof Row = never>(
  fields: { readonly [K in Exclude<keyof Row, keyof Tolerant | Finished>]-?: Field<Row[K]> },
  options: Options<Row>
): RowTable<Row> => {
  const { at, extra = [], finish } = options
  const entries = Object.entries(fields as Readonly<Record<string, Field<unknown>>>)
  const columns = entries.map(([name, { instead, needed, reader, wire }]) => ({
    name,
    wire,
    instead,
    needed,
    read: reader.read,
    wasZoneless: reader.wasZoneless
  }))
  // Each row starts as a copy of this one: absent fields are null already, and all rows share one hidden class.
  const blank: Record<string, unknown> = Object.fromEntries(entries.map(([name]) => [name, null]))
  blank.unreadable = nothing
  blank.zoneless = nothing
  const expectedOf = new Map(entries.map(([, { reader, wire }]) => [wire, reader.expected]))

  const one = (raw: unknown): Row | Fault => {
    if (!isObject(raw)) return { field: "", expected: "an object" }
    const row = { ...blank }
    let unreadable: Array<string> | undefined
    let zoneless: Array<string> | undefined
    for (const { instead, name, needed, read, wasZoneless, wire } of columns) {
      const value = raw[wire]
      const absent = value === undefined || value === null || value === ""
      let found = absent ? null : read(value, raw)
      if (found === undefined && (!needed || instead !== undefined)) (unreadable ??= []).push(wire)
      if (needed && (found === undefined || found === null)) {
        const other = instead === undefined ? null : raw[instead]
        found = other === undefined || other === null || other === "" ? null : read(other, raw)
        if (found === undefined || found === null) return { field: wire, expected: expectedOf.get(wire) ?? "" }
      }
      if (found === undefined || found === null) continue
      row[name] = found
      if (wasZoneless?.() === true) (zoneless ??= []).push(wire)
    }
    if (unreadable !== undefined) row.unreadable = unreadable
    if (zoneless !== undefined) row.zoneless = zoneless
    const read = row as unknown as Row
    finish?.(read)
    return read
  }

  const many = (all: ReadonlyArray<unknown>): Decoded<Row> => {
    const rows: Array<Row> = []
    let faults: Array<{ readonly fault: Fault; readonly index: number; readonly above: Row | undefined }> | undefined
    for (let index = 0; index < all.length; index++) {
      const found = one(all[index])
      if (isFault(found)) (faults ??= []).push({ fault: found, index, above: rows.at(-1) })
      else rows.push(found)
    }
    if (faults === undefined) return { rows, rejects: [] }
    const placeOf = (row: Row | undefined) => (row === undefined || at === undefined ? null : at.of(row))
    return {
      rows,
      rejects: faults.map(({ above, fault, index }) =>
        reject(all[index], fault, index, placeOf(above ?? rows[0]), options)
      )
    }
  }

  return {
    required: entries.flatMap(([, { instead, needed, wire }]) =>
      needed ? [instead === undefined ? [wire] : [wire, instead]] : []
    ),
    known: new Set(
      extra.concat(entries.flatMap(([, { instead, reader, wire }]) => [wire].concat(instead ?? [], reader.reads ?? [])))
    ),
    one,
    many,
    write: (row, reveal) => write(entries, row, reveal)
  }
}

export const isObject = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Ids are opaque, and never blank. */
export const isId = (value: unknown): value is string | number =>
  (typeof value === "string" && value.trim() !== "") || Number.isSafeInteger(value)
