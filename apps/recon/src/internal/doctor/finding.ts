/** What a probe found, and the judgements that more than one list needs. */
import type * as Contract from "../../Contract.ts"

/**
 * One thing looked at: what was found, how it is known, and where it matters, why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  readonly name: string
  readonly found: string
  readonly evidence: string
  readonly concern?: string | undefined
}

export interface Finding<A> extends Omit<Check, "name"> {
  readonly value: A
}

export const unknown = <A>(value: A, evidence: string, concern?: string): Finding<A> => ({
  value,
  found: "unknown",
  evidence,
  concern
})

/** How many rows a probe asks for. */
export const asked = 100

export const capOf = (rows: number, hasMore: boolean, total: number): Finding<number | null> => {
  const evidence = `asked for ${asked} rows, got ${rows} of ${total}`
  // Either alone may be wrong: a total, or the word that there is more.
  if (rows === 0 || rows > asked || !hasMore || total <= rows) return unknown(null, `${evidence}: too few to tell`)
  return {
    value: rows,
    found: rows === asked ? `${asked} or more` : String(rows),
    evidence,
    concern: rows < asked ? `the server gives ${rows} rows a page where ${asked} are documented` : undefined
  }
}

export type Order = Contract.Contract["recordings"]["order"]

export const orderOf = (field: string, instants: ReadonlyArray<number | null>): Finding<Order> => {
  const known = instants.filter((instant) => instant !== null)
  const steps = known.slice(1).map((instant, n) => instant - (known[n] ?? instant))
  const up = steps.filter((step) => step > 0).length
  const down = steps.filter((step) => step < 0).length
  const evidence = `of ${steps.length} neighbours by ${field}, ${down} go back in time and ${up} forward`
  if (up === 0 && down === 0) return unknown("unknown", evidence)
  const value = up === 0 ? "newest-first" : down === 0 ? "oldest-first" : "none"
  return {
    value,
    found: value.replace("-", " "),
    evidence,
    concern:
      value === "newest-first"
        ? undefined
        : "the list is not sorted newest first, which reading only what is new relies upon: read it whole"
  }
}
