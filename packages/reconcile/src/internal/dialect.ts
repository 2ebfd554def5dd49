/** How a CSV file is written, by its first lines. */
import * as Effect from "effect/Effect"

import { FileError } from "../FileError.ts"
import * as Lines from "./lines.ts"

export interface Dialect {
  readonly delimiter: string
  readonly encoding: Lines.Encoding
  /** How many lines stand before the header. */
  readonly skip: number
  /** The columns, by the names that are known where they are of one. */
  readonly names: ReadonlyArray<string>
}

const delimiters = [",", ";", "\t", "|"]

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

const notCsv = "it is not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes"

/** No header has control characters in it, or what stands for a character that is none. */
const unseen = /[\p{Cc}\p{Cs}\p{Cn}\ufffd\ufffe]/u

/** A name as it is compared: case, spaces and dashes do not count, and `startTime` is `start_time`. */
const plain = (name: string) =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_")

/** What a column's name means: `known` are the names that files have, and `given` other names for them. */
export const meaning = (known: ReadonlySet<string>, given: Readonly<Record<string, string>>) => {
  const meant = new Map([
    ...Array.from(known, (name) => [plain(name), name] as const),
    ...Object.entries(given).map(([theirs, ours]) => [plain(theirs), ours] as const)
  ])
  return (name: string): string => meant.get(plain(name)) ?? name
}

/**
 * Finds the encoding, the delimiter (a line `sep=;` names it), and the header: `known` are the names that files have, and `given` other
 * names for them.
 */
export const of = Effect.fnUntraced(function* (
  path: string,
  known: ReadonlySet<string>,
  given: Readonly<Record<string, string>>
): Effect.fn.Return<Dialect, FileError> {
  const refuse = (problem: string, advice: string) => new FileError({ path, row: null, field: null, problem, advice })
  const meant = meaning(known, given)
  const { encoding, lines } = yield* Lines.first(path, 2)
  const [first] = lines
  const [, separator] = (typeof first === "string" ? /^sep=(.)\r?$/i.exec(first) : null) ?? []
  const skip = separator === undefined ? 0 : 1
  const line = lines[skip]
  if (line === undefined) return { delimiter: ",", encoding, skip, names: [] }
  const header = typeof line === "string" ? line.replace(/\r$/, "") : undefined
  if (header === undefined) return yield* refuse(notCsv, "Correct the file, or leave it out")

  const named = (delimiter: string) => cellsOf(header, delimiter).map(meant)
  const knows = (names: ReadonlyArray<string>) => names.filter((name) => known.has(name)).length
  const best = (separator === undefined ? delimiters : [separator])
    .map((delimiter) => ({ delimiter, names: named(delimiter) }))
    .reduce((best, other) => (knows(other.names) > knows(best.names) ? other : best))
  const { delimiter, names } = best
  if (knows(names) === 0) {
    // It is in some third encoding.
    if (unseen.test(header)) return yield* refuse(notCsv, "Correct the file, or leave it out")
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
