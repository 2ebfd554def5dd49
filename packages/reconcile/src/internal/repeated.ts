/**
 * Rows that have something in common with others. Rows of one key have one hash, so only those whose hash is there twice are
 * looked at by the keys themselves: whole numbers are counted several times faster than texts, in a fraction of their memory.
 */

/** The rows that may share all keys with another: all that do, and hardly any more. */
export const suspected = (rows: string, keys: ReadonlyArray<string>): string => {
  const hash = `hash(${keys.join(", ")})`
  return `FROM ${rows} SEMI JOIN (SELECT ${hash} AS suspect FROM ${rows} GROUP BY suspect HAVING count(*) > 1) ON ${hash} = suspect`
}

/** The rows that were read again: another of the same key came after them. */
export const superseded = (rows: string, key: string): string =>
  `SELECT arrival FROM (${suspected(rows, [key])}) QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY arrival DESC) > 1`
