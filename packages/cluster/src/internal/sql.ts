/** Parts of DuckDB's statements. */

/** A text as a literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** A list of texts as a literal. */
export const texts = (values: ReadonlyArray<string>): string => `[${values.map(text).join(", ")}]`

/** A name of a column. */
export const name = (value: string): string => `"${value.replaceAll('"', '""')}"`
