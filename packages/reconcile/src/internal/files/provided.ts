/** The provider's own rows, read as the services read them. */
import type * as ProviderRow from "@vobiz-effect/core/ProviderRow"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"

import { DuckDb } from "../../DuckDb.ts"
import type { DuckDbError } from "../../DuckDbError.ts"
import type { FileError } from "../../FileError.ts"
import { damage } from "./damage.ts"
import type { TextFile } from "./file.ts"
import type { Into } from "./own.ts"
import { type Numbered, nullWords, readerOf, records, skipOf } from "./text.ts"

/** Fills the table with the provider's rows, and tells how many the file has, and how many it says that the list has. */
export const loadProvider = Effect.fnUntraced(function* <A>(
  { before, file, rejected, relation, table }: Into<A, TextFile>,
  read: (row: unknown) => Result.Result<A, ProviderRow.Fault>
): Effect.fn.Return<{ readonly all: number; readonly stated: number | null }, FileError | DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const reader = readerOf(file, skipOf(file), nullWords)
  let all = 0
  const taken = ({ fault, line, nth, raw, row }: Numbered): { readonly row: A; readonly nth: number } | undefined => {
    all = nth
    const found = fault === null ? read(row) : Result.fail({ field: "", expected: fault })
    const wrong = Result.isFailure(found) ? found.failure : relation.wrong?.(found.success, row)
    if (Result.isSuccess(found) && wrong === undefined) return { row: found.success, nth }
    if (wrong !== undefined) rejected.add(file.path, { line, raw, ...wrong })
    return undefined
  }
  const rows = records(file, nullWords, reader).pipe(
    Stream.mapError(damage(file.path)),
    Stream.chunks,
    Stream.mapEffect((some) => {
      const found = some.flatMap((one) => taken(one) ?? [])
      return rejected.isFull ? Effect.as(rejected.check, found) : Effect.succeed(found)
    }),
    Stream.flattenIterable
  )
  const columns = relation.columns.map((column) => ({
    ...column,
    of: ({ nth, row }: { readonly row: A; readonly nth: number }) => column.of(row, before + nth - 1)
  }))
  yield* db.append(table, columns, rows)
  return { all, stated: reader.stated?.() ?? null }
})
