/**
 * Keeps the rows that a run sets aside, as they came, in files that only their owner may read.
 *
 * @since 0.1.0
 */
import * as Extract from "@vobiz-effect/core/Extract"
import { CsvFile } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { OutputError } from "./Failure.ts"

/**
 * The file of the account's rows: a line of JSON for each, with its list, the field it lacks, and the row.
 *
 * @category constants
 * @since 0.1.0
 */
export const fileName = "set-aside.ndjson"

/**
 * The file of rows out of files: for each its file, line and list, the field and what was expected there, and the row as it stands.
 *
 * @category constants
 * @since 0.1.0
 */
export const rejectedName = "rejected.csv"

type ListedReject = readonly [reject: Extract.Reject, list: string]

const listOf = ([, list]: ListedReject) => list.split(".", 1)[0] ?? list

const rejected = CsvFile.encode<ListedReject>([
  { header: "file", kind: "text", value: ([{ place }]) => place?.file ?? null },
  { header: "line", kind: "number", value: ([{ place }]) => place?.line ?? null },
  { header: "list", kind: "text", value: listOf },
  { header: "field", kind: "text", value: ([{ field }]) => field },
  { header: "expected", kind: "text", value: ([{ expected }]) => expected },
  { header: "row", kind: "text", value: ([{ raw }]) => Redacted.value(raw) }
])

/** A row of JSON; what is none stays text. */
const rowOf = (raw: string): unknown => {
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}

/** The text that a row adds to its file. */
const textOf = (listed: ListedReject, isFirst: boolean): Effect.Effect<string> => {
  const [{ expected, field, id, place, raw }] = listed
  if (place === undefined) {
    return Effect.succeed(
      `${JSON.stringify({ list: listOf(listed), id, field, expected, row: rowOf(Redacted.value(raw)) })}\n`
    )
  }
  return rejected(Stream.make(listed)).pipe(
    Stream.decodeText,
    Stream.mkString,
    Effect.map((text) => (isFirst ? text : text.slice(text.indexOf("\r\n") + 2)))
  )
}

/**
 * Runs a program, and writes each row that it sets aside into the folder: to `rejected.csv` if it came out of a file, else to
 * `set-aside.ndjson`. The files of an earlier run are replaced, unless `append` is set; a run that sets nothing aside leaves none.
 *
 * @category running
 * @since 0.1.0
 */
export const keeping = Effect.fnUntraced(function* <A, E, R>(
  folder: string,
  program: Effect.Effect<A, E, R>,
  { append = false }: { readonly append?: boolean | undefined } = {}
): Effect.fn.Return<A, E | OutputError, R | FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  let failure: OutputError | undefined
  const noting = (file: string) =>
    Effect.catch((error: { readonly message: string }) =>
      Effect.sync(() => void (failure ??= new OutputError({ path: file, detail: error.message })))
    )
  const one = yield* Semaphore.make(1)
  if (!append) {
    for (const name of [fileName, rejectedName]) {
      const file = path.join(folder, name)
      yield* noting(file)(fs.remove(file, { force: true }))
    }
  }
  const tap = (reject: Extract.Reject, list: string) => {
    const file = path.join(folder, reject.place === undefined ? fileName : rejectedName)
    return Effect.gen(function* () {
      const handle = yield* fs.open(file, { flag: "a", mode: 0o600 })
      const { size } = yield* handle.stat
      yield* handle.writeAll(new TextEncoder().encode(yield* textOf([reject, list], Number(size) === 0)))
    }).pipe(Effect.scoped, one.withPermits(1), noting(file))
  }
  const result = yield* Effect.provideService(program, Extract.RejectTap, tap)
  return failure === undefined ? result : yield* failure
})
