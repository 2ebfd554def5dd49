/** Which columns a file has, and so in which of the two forms its rows are. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import { DuckDb } from "../../DuckDb.ts"
import type { DuckDbError } from "../../DuckDbError.ts"
import { FileError } from "../../FileError.ts"
import * as Dialect from "../dialect.ts"
import type * as Records from "../records.ts"
import * as Sql from "../sql.ts"
import { damage, isDamage, notObject, refuse } from "./damage.ts"
import type { File, Form, Found } from "./file.ts"
import { everyName, namesOf, type Relation, stored } from "./relation.ts"
import * as Text from "./text.ts"

const noNames: Records.Renamed = new Map()

/** A file and its columns, by the names that files of the relation have. */
export const fileOf = Effect.fnUntraced(function* <A>(
  relation: Relation<A>,
  { format, path }: { readonly path: string; readonly format: Form },
  names: Readonly<Record<string, string>>
): Effect.fn.Return<{ readonly file: File; readonly found: Found }, FileError | DuckDbError, DuckDb> {
  const known = new Set(namesOf(relation))
  const stranger = Object.values(names).find((name) => !everyName.has(name))
  if (stranger !== undefined) {
    return yield* new FileError({
      path,
      row: null,
      field: null,
      problem: `the map of columns leads to ${stranger}, which no list has`,
      advice:
        "Write a line for each column: their name, a colon, and the name in the provider's rows, such as start_time"
    })
  }
  switch (format) {
    case "csv": {
      const dialect = yield* Dialect.of(path, known, names)
      return { file: { path, format, dialect }, found: new Map(dialect.names.map((name) => [name, "VARCHAR"])) }
    }
    case "parquet": {
      const query = `SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(${Sql.text(path)}))`
      return { file: { path, format }, found: yield* Effect.mapError(columns(query), damage(path)) }
    }
    case "json":
    case "ndjson": {
      const keys = yield* keysOf({ path, format, renamed: noNames })
      const meant = Dialect.meaning(known, names)
      const renamed = new Map(
        Array.from(keys.keys(), (key) => [key, meant(key)] as const).filter(
          ([key, name]) => key !== name && !keys.has(name)
        )
      )
      return {
        file: { path, format, renamed },
        found: new Map(Array.from(keys, ([key, type]) => [renamed.get(key) ?? key, type]))
      }
    }
  }
})

const Columns = Schema.Struct({ column_name: Schema.String, column_type: Schema.String })

const columns = (query: string): Effect.Effect<Found, DuckDbError, DuckDb> =>
  Effect.flatMap(DuckDb, (db) => db.query(query, Columns)).pipe(
    Effect.map((rows) => new Map(rows.map(({ column_name, column_type }) => [column_name, column_type])))
  )

/** The keys of all objects of a file. */
const keysOf = (file: Extract<File, { readonly format: "json" | "ndjson" }>) => {
  const inRecords: Effect.Effect<Found, FileError> = Stream.runFold(
    Text.records(file, Text.noWords),
    () => new Map<string, string>(),
    (found, { row }) => {
      for (const name of Object.keys(row)) found.set(name, "VARCHAR")
      return found
    }
  )
  if (file.format === "json") return inRecords
  const query = `SELECT DISTINCT unnest(CASE WHEN json_type(json) = 'OBJECT' THEN json_keys(json) ELSE error(${Sql.text(notObject)}) END) AS column_name,
  'VARCHAR' AS column_type FROM read_ndjson_objects(${Sql.text(file.path)})`
  // A line that is no object has no keys.
  return columns(query).pipe(
    Effect.catchIf(isDamage, () => inRecords),
    Effect.mapError(damage(file.path))
  )
}

/** Whether the file's rows are the tables' own or the provider's, or why they are neither. */
export const formOf = <A>(
  relation: Relation<A>,
  { format, path }: File,
  found: Found
): Effect.Effect<"own" | "provider", FileError> => {
  const { known, required } = relation.provider
  const own = new Set(stored(relation).map(({ name }) => name))
  const without = (names: ReadonlyArray<string>) => names.filter((name) => !found.has(name))
  const missing = without(relation.required)
  const stray = Array.from(found.keys()).filter((name) => !own.has(name))
  if (missing.length === 0 && stray.length === 0) return Effect.succeed("own")
  const lacking = required.filter((names) => !names.some((name) => found.has(name))).map((names) => names.join(" or "))
  if (format !== "parquet" && lacking.length === 0) return Effect.succeed("provider")
  const isProviders = Array.from(found.keys()).filter((name) => known.has(name)).length > found.size - stray.length
  if (isProviders && format === "parquet") {
    return refuse(
      path,
      "it has rows of the provider's",
      "Give those as CSV or NDJSON, or the tables' own columns as Parquet"
    )
  }
  if (isProviders) {
    return refuse(
      path,
      `it has no column ${lacking.join(", ")}`,
      `The provider's rows of ${relation.name} have ${required.map((names) => names.join(" or ")).join(", ")}: is it a file of another list?`
    )
  }
  const lacks = missing.length > 0 ? [`it has no column ${missing.join(", ")}`] : []
  // What is no name may be a cell, and so a number of a person.
  const shown = stray.filter((name) => /^[A-Za-z][A-Za-z_ -]{0,40}$/.test(name))
  const hidden = stray.length - shown.length
  const strays = [...shown, ...(hidden === 0 ? [] : [`${hidden} whose names are not shown`])]
  const adds = stray.length > 0 ? [`it has columns that table ${relation.name} has not: ${strays.join(", ")}`] : []
  return refuse(
    path,
    [...lacks, ...adds].join("; "),
    `Give the provider's rows as they came, or columns of these names: ${Array.from(own).join(", ")}`
  )
}
