/** Quotes values for DuckDB's statements. */

/** A string literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** A literal list of strings. */
export const texts = (values: ReadonlyArray<string>): string => `[${values.map(text).join(", ")}]`

/** A quoted column name. */
export const name = (value: string): string => `"${value.replaceAll('"', '""')}"`
