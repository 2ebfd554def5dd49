/** How a CSV file is written, by its first lines. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import { FileError } from "../FileError.ts"
import * as Sql from "./sql.ts"

export interface Dialect {
  readonly delimiter: string
  readonly encoding: "utf-8" | "utf-16"
  /** How many lines stand before the header. */
  readonly skip: number
  /** The columns, by the names that are known where they are of one. */
  readonly names: ReadonlyArray<string>
}

const delimiters = [",", ";", "\t", "|"]

const Line = Schema.Struct({ line: Schema.NullOr(Schema.String) })

/** A text that parts no line. */
const never = "\u0001"

/** The first two lines, in an encoding. */
const firstLines = Effect.fnUntraced(function* (path: string, encoding: Dialect["encoding"]) {
  const db = yield* DuckDb
  const rows = yield* db.query(
    `FROM read_csv(${Sql.text(path)}, auto_detect = false, header = false, delim = ${Sql.text(never)}, quote = '', escape = '',
  strict_mode = false, parallel = false, columns = {'line': 'VARCHAR'}, encoding = ${Sql.text(encoding)}) LIMIT 2`,
    Line
  )
  return rows.map(({ line }) => line ?? "")
})

/** The cells of a line, without their quotes. */
const cellsOf = (line: string, delimiter: string): ReadonlyArray<string> => {
  const cells: Array<string> = []
  let cell = ""
  let isQuoted = false
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted
    else if (character === delimiter && !isQuoted) {
      cells.push(cell)
      cell = ""
    } else cell += character
  }
  return [...cells, cell].map((text) => text.trim())
}

/** A name as it is compared: case, spaces and dashes do not count. */
const plain = (name: string) => name.toLowerCase().replaceAll(/[\s-]+/g, "_")

/**
 * Finds the encoding, the delimiter (a line `sep=;` names it), and the header: `known` are the names that files have, and `given` other
 * names for them.
 */
export const of = Effect.fnUntraced(function* (
  path: string,
  known: ReadonlySet<string>,
  given: Readonly<Record<string, string>>
): Effect.fn.Return<Dialect, FileError | DuckDbError, DuckDb> {
  const refuse = (problem: string, advice: string) => new FileError({ path, row: null, field: null, problem, advice })
  const meant = new Map([
    ...Array.from(known, (name) => [plain(name), name] as const),
    ...Object.entries(given).map(([theirs, ours]) => [plain(theirs), ours] as const)
  ])
  const inUtf8 = yield* Effect.result(firstLines(path, "utf-8"))
  // Text in UTF-16 is no UTF-8, or has a zero in each character.
  const isUtf16 = Result.isFailure(inUtf8) || inUtf8.success.some((line) => line.includes("\0"))
  const encoding = isUtf16 ? "utf-16" : "utf-8"
  const lines = isUtf16 ? yield* firstLines(path, encoding) : inUtf8.success
  const [, separator] = /^sep=(.)$/i.exec(lines[0] ?? "") ?? []
  const skip = separator === undefined ? 0 : 1
  const header = lines[skip]
  if (header === undefined) return { delimiter: ",", encoding, skip, names: [] }

  const named = (delimiter: string) => cellsOf(header, delimiter).map((name) => meant.get(plain(name)) ?? name)
  const knows = (names: ReadonlyArray<string>) => names.filter((name) => known.has(name)).length
  const best = (separator === undefined ? delimiters : [separator])
    .map((delimiter) => ({ delimiter, names: named(delimiter) }))
    .reduce((best, other) => (knows(other.names) > knows(best.names) ? other : best))
  const { delimiter, names } = best
  if (knows(names) === 0) {
    // It is in some third encoding.
    if (Result.isFailure(inUtf8)) return yield* inUtf8.failure
    return yield* refuse(
      "its first line is not a header: it names no column that is known",
      "Put the names of the columns into the first line, or say by a map of columns what its names mean"
    )
  }
  const twice = names.find((name, n) => names.indexOf(name) < n)
  if (twice !== undefined) {
    return yield* refuse(
      known.has(twice) ? `it has two columns ${twice}` : "it has two columns of one name",
      "Give each column a name of its own"
    )
  }
  return { delimiter, encoding, skip, names }
})
