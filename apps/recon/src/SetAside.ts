/**
 * Keeps the rows that a run sets aside, as they came, in a file that only its owner may read.
 *
 * @since 0.1.0
 */
import * as Extract from "@vobiz-effect/core/Extract"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import { OutputError } from "./Failure.ts"

/**
 * The name of the file.
 *
 * @category constants
 * @since 0.1.0
 */
export const fileName = "set-aside.ndjson"

/**
 * Runs a program, and writes each row that it sets aside to `set-aside.ndjson` of the folder: a line of JSON with its list, the field
 * it lacks, and the row. The file of an earlier run is replaced, unless `append` is set; a run that sets nothing aside leaves none.
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
  const file = (yield* Path.Path).join(folder, fileName)
  let failure: OutputError | undefined
  const noting = Effect.catch((error: { readonly message: string }) =>
    Effect.sync(() => void (failure ??= new OutputError({ path: file, detail: error.message })))
  )
  const one = yield* Semaphore.make(1)
  if (!append) yield* noting(fs.remove(file, { force: true }))
  const tap = (reject: Extract.Reject, list: string) => {
    const { expected, field, id, raw } = reject
    const row: unknown = JSON.parse(Redacted.value(raw))
    const line = JSON.stringify({ list: list.split(".", 1)[0], id, field, expected, row })
    return Effect.gen(function* () {
      const handle = yield* fs.open(file, { flag: "a", mode: 0o600 })
      yield* handle.writeAll(new TextEncoder().encode(`${line}\n`))
    }).pipe(Effect.scoped, one.withPermits(1), noting)
  }
  const result = yield* Effect.provideService(program, Extract.RejectTap, tap)
  return failure === undefined ? result : yield* failure
})
