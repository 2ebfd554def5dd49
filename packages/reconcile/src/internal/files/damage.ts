/** What is wrong with a file, in words that show nothing of what it holds. */
import * as Effect from "effect/Effect"

import { DuckDbError } from "../../DuckDbError.ts"
import { FileError } from "../../FileError.ts"

export const refuse = (path: string, problem: string, advice: string) =>
  Effect.fail(new FileError({ path, row: null, field: null, problem, advice }))

export const notObject = "not a JSON object"

export const reasonOf = ({ cause }: DuckDbError) => (cause instanceof Error ? cause.message : String(cause))

export const notCsv = "not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes"

/** What the database says of a file that it cannot read; its own words show the line, and so numbers of persons. */
export const damages: ReadonlyArray<readonly [pattern: RegExp, problem: (found: ReadonlyArray<string>) => string]> = [
  [/Maximum line size/, () => "a line is longer than 4 MiB"],
  [/CSV Error on Line: (\d+)/, ([, line]) => `line ${line} is ${notCsv}`],
  [/Error when sniffing|File is not utf-16|CSV Parser/, () => `it is ${notCsv}`],
  [/Malformed JSON|JSON transform error/, () => `a line is ${notObject}`],
  [new RegExp(notObject), () => `a line is ${notObject}`],
  [/GZIP|ZSTD/i, () => "it is not compressed as its ending says"],
  [/parquet|magic bytes/i, () => "it is not a whole Parquet file"],
  [/cannot open file|permission denied/i, () => "it cannot be opened"]
]

/** What is wrong with a file, if it is the file that is wrong. */
export const damaged = (error: DuckDbError): string | undefined => {
  for (const [pattern, problem] of damages) {
    const match = pattern.exec(reasonOf(error))
    if (match !== null) return problem(match)
  }
  return undefined
}

export const isDamage = (error: DuckDbError) => damaged(error) !== undefined

export const damage =
  (path: string) =>
  <E>(error: E | DuckDbError): E | FileError | DuckDbError => {
    if (!(error instanceof DuckDbError)) return error
    const problem = damaged(error)
    if (problem === undefined) return error
    return new FileError({ path, row: null, field: null, problem, advice: "Correct the file, or leave it out" })
  }
