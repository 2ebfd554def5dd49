/** Proofs of lists that were read from files, and so by no requests. */
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"

type Fields = ConstructorParameters<typeof ExtractProof>[0]

/** What is known of a list of files; of requests nothing is. */
type Known = Pick<
  Fields,
  "list" | "verdict" | "startedAt" | "asOf" | "doubts" | "rowsInDoubt" | "rows" | "total" | "setAside"
>

export const ofFiles = (known: Known): ExtractProof =>
  new ExtractProof({
    since: null,
    gone: 0,
    pages: 0,
    repeats: 0,
    stepBacks: 0,
    pageSize: 0,
    order: "unknown",
    firstId: null,
    lastId: null,
    digest: "",
    ...known
  })
