/**
 * Rows that have something in common with others. Rows of one key have one hash, so only those whose hash is there twice are
 * looked at by the keys themselves: whole numbers are counted several times faster than texts, in a fraction of their memory.
 */

const hash = (keys: ReadonlyArray<string>) => `hash(${keys.join(", ")})`

/** The hashes that several rows have. */
const suspects = (rows: string, keys: ReadonlyArray<string>) =>
  `SELECT ${hash(keys)} AS suspect FROM ${rows} GROUP BY suspect HAVING count(*) > 1`

/** The rows that may share all keys with another: all that do, and hardly any more. */
export const suspected = (rows: string, keys: ReadonlyArray<string>): string =>
  `FROM ${rows} SEMI JOIN (${suspects(rows, keys)}) ON ${hash(keys)} = suspect`

/** The rows that another of the same keys comes before, in an order that is given. */
export const preceded = (rows: string, keys: ReadonlyArray<string>, order: string): string =>
  `SELECT arrival FROM (${suspected(rows, keys)}) QUALIFY row_number() OVER (PARTITION BY ${keys.join(", ")} ORDER BY ${order}) > 1`

/** The rows that were read again: another of the same keys came after them. */
export const superseded = (rows: string, keys: ReadonlyArray<string>): string => preceded(rows, keys, "arrival DESC")
