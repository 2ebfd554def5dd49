/** Parts of statements. */

/** A text as a literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** A name as an identifier. */
export const name = (value: string): string => `"${value.replaceAll('"', '""')}"`

/**
 * The formats of files.
 *
 * @category models
 * @since 0.1.0
 */
export type Format = "parquet" | "csv" | "ndjson"

const copyOptions: Readonly<Record<Format, string>> = {
  // Of ids, in which nothing repeats, the first level makes smaller files than the third, which is the default, in half the time.
  parquet: "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1",
  csv: "FORMAT csv, HEADER",
  ndjson: "FORMAT json"
}

/** The statement that writes rows to a file that is there. */
export const copy = (rows: string, path: string, format: Format): string =>
  // DuckDB's own temporary file would not have the mode of the one that is there.
  `COPY (${rows}) TO ${text(path)} (${copyOptions[format]}, USE_TMP_FILE false)`

/** The order of some keys, the smallest first. */
export const ascending = (keys: ReadonlyArray<string>): string => keys.map((key) => `${key} NULLS LAST`).join(", ")

/** What ids are sorted by: numbers by their size, then other texts, then none. */
export const idKeys = (column: string): ReadonlyArray<string> => [`try_cast(${column} AS HUGEINT)`, column]

/** The order of ids. */
export const idOrder = (column: string): string => ascending(idKeys(column))

/** The same, the other way round. */
export const idOrderDown = (column: string): string =>
  `try_cast(${column} AS HUGEINT) DESC NULLS FIRST, ${column} DESC NULLS FIRST`
