/**
 * Rows into a chunk of DuckDB, a column at a time.
 *
 * The database's client makes a native call for each text, which was most of what an append took. Here all texts of a column
 * go over in one call, and the column's entries, which point into them, are written as bytes.
 */
import {
  DuckDBDataChunk,
  DuckDBDecimalType,
  type DuckDBDecimalValue,
  DuckDBTypeId,
  type DuckDBValue
} from "@duckdb/node-api"
import duckdb from "@duckdb/node-bindings"

import type * as Column from "../Column.ts"

/** The most rows that one chunk holds. */
export const capacity = 2048

export interface Chunk<in A> {
  readonly data: DuckDBDataChunk
  /** Has it hold these rows alone, which come after so many others. */
  fill(rows: ReadonlyArray<A>, before: number): void
}

export const make = <A>(columns: ReadonlyArray<Column.Column<A>>): Chunk<A> => {
  const data = DuckDBDataChunk.create(columns.map(({ type }) => type))
  const entries = new Entries()
  return {
    data,
    fill: (rows, before) => {
      data.reset()
      data.rowCount = rows.length
      const values: Array<DuckDBValue> = []
      columns.forEach((column, index) => {
        rows.forEach((row, nth) => {
          values[nth] = column.of(row, before + nth)
        })
        const vector = duckdb.data_chunk_get_vector(data.chunk, index)
        const { type } = column
        if (type.typeId === DuckDBTypeId.VARCHAR) entries.texts(vector, values)
        else if (type.typeId === DuckDBTypeId.BIGINT) entries.integers(vector, values)
        else if (type instanceof DuckDBDecimalType && type.width > widest64) entries.decimals(vector, values)
        else data.setColumnValues(index, values)
      })
    }
  }
}

/** Bytes of a `duckdb_string_t` of DuckDB's C interface, of a text that it holds itself, and of a longer one's beginning. */
const width = 16
const longestInlined = 12
const prefix = 4

/** The digits of the widest decimal that is no integer of 128 bits. */
const widest64 = 18
const most64 = 2n ** 63n - 1n
const least64 = -(2n ** 63n)

/** Makes a column's entries, and copies them to its vector. Its memory serves column after column. */
class Entries {
  readonly #bytes = new Uint8Array(capacity * width)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  readonly #longs = new BigInt64Array(this.#bytes.buffer)
  readonly #valid = new Uint8Array(capacity / 8)
  readonly #encoder = new TextEncoder()
  #utf8 = new Uint8Array(0)

  /** An entry is a text's length in bytes, then the text if it is short, else its first bytes and its address. */
  texts(vector: duckdb.Vector, values: Array<DuckDBValue>): void {
    const { address, isAscii } = this.#store(vector, values)
    const [bytes, words, utf8] = [this.#bytes, this.#words, this.#utf8]
    bytes.fill(0)
    let start = 0
    for (let nth = 0; nth < values.length; nth++) {
      const value = values[nth]
      const text = value === null ? "" : String(value)
      const size = isAscii ? text.length : Buffer.byteLength(text)
      words[nth * 4] = size
      const shown = size > longestInlined ? prefix : size
      for (let at = 0; at < shown; at++) bytes[nth * width + 4 + at] = utf8[start + at] as number
      if (size > longestInlined) this.#setLong(nth * 2 + 1, address + start)
      start += size
    }
    this.#write(vector, values, width)
  }

  integers(vector: duckdb.Vector, values: ReadonlyArray<DuckDBValue>): void {
    for (let nth = 0; nth < values.length; nth++) {
      const value = values[nth]
      if (value === null) continue
      if (Number.isSafeInteger(value)) this.#setLong(nth, value as number)
      else this.#longs[nth] = exact(value as number | bigint)
    }
    this.#write(vector, values, 8)
  }

  /** An entry is an integer of 128 bits, the lower half first. */
  decimals(vector: duckdb.Vector, values: ReadonlyArray<DuckDBValue>): void {
    for (let nth = 0; nth < values.length; nth++) {
      const digits = (values[nth] as DuckDBDecimalValue | null)?.value ?? 0n
      // What has more than 64 bits is cut off here.
      this.#longs[nth * 2] = digits
      this.#longs[nth * 2 + 1] = digits >= least64 && digits <= most64 ? (digits < 0n ? -1n : 0n) : digits >> 64n
    }
    this.#write(vector, values, width)
  }

  /**
   * Has the vector keep all texts, one after another, as UTF-8. Tells their address, and whether each character is one byte.
   * What no Unicode text has, half of a pair of surrogates, becomes U+FFFD.
   */
  #store(vector: duckdb.Vector, values: Array<DuckDBValue>) {
    const all = values.join("")
    let written = this.#encode(all)
    const isAscii = written === all.length
    if (!isAscii) {
      // Two halves that meet where texts are joined would make a character.
      for (let nth = 0; nth < values.length; nth++) {
        const value = values[nth]
        if (value !== null) values[nth] = String(value).toWellFormed()
      }
      written = this.#encode(values.join(""))
    }
    return { address: written > longestInlined ? keep(vector, this.#utf8.subarray(0, written)) : 0, isAscii }
  }

  #encode(text: string) {
    // No character of a string takes more than three bytes.
    if (this.#utf8.length < text.length * 3) this.#utf8 = new Uint8Array(text.length * 3)
    return this.#encoder.encodeInto(text, this.#utf8).written
  }

  #setLong(index: number, value: number) {
    this.#words[index * 2] = value
    this.#words[index * 2 + 1] = Math.floor(value / 2 ** 32)
  }

  #write(vector: duckdb.Vector, values: ReadonlyArray<DuckDBValue>, size: number) {
    duckdb.copy_data_to_vector(vector, 0, this.#bytes.buffer, 0, values.length * size)
    if (!values.includes(null)) return
    this.#valid.fill(0)
    for (let nth = 0; nth < values.length; nth++) {
      if (values[nth] !== null) this.#valid[nth >> 3] = (this.#valid[nth >> 3] ?? 0) | (1 << (nth & 7))
    }
    duckdb.vector_ensure_validity_writable(vector)
    duckdb.copy_data_to_vector_validity(vector, 0, this.#valid.buffer, 0, this.#valid.length)
  }
}

/** The address of bytes that the vector keeps for as long as it has its entries. */
const keep = (vector: duckdb.Vector, bytes: Uint8Array) => {
  // The text of the first entry, until that is overwritten with its own; what the entry pointed to stays.
  duckdb.vector_assign_string_element_len(vector, 0, bytes)
  const { buffer, byteOffset } = duckdb.vector_get_data(vector, width)
  return Number(new DataView(buffer, byteOffset).getBigUint64(8, true))
}

/** Of a number that is none, or has a fraction, `BigInt` says so. */
const exact = (value: number | bigint) => {
  const integer = BigInt(value)
  if (BigInt.asIntN(64, integer) !== integer) throw new RangeError(`${integer} has more than 64 bits`)
  return integer
}
