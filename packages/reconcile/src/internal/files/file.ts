/** A file, and what is known of it before its rows are read. */
import type * as Dialect from "../dialect.ts"
import type * as Records from "../records.ts"
import type { Format } from "../sql.ts"

/** The formats that are read: files of JSON are a document each, or NDJSON. */
export type Form = Format | "json"

export type File =
  | { readonly path: string; readonly format: "parquet" }
  | { readonly path: string; readonly format: "ndjson" | "json"; readonly renamed: Records.Renamed }
  | { readonly path: string; readonly format: "csv"; readonly dialect: Dialect.Dialect }

/** The names and types of a file's columns; of JSON, of every row's keys. */
export type Found = ReadonlyMap<string, string>

export type TextFile = Exclude<File, { readonly format: "parquet" }>
