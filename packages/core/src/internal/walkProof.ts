/** What the walk over a list proves of it. */
import * as DateTime from "effect/DateTime"
import { Doubt, ExtractProof } from "../ExtractProof.ts"
import * as Fingerprint from "./fingerprint.ts"
import { isQuiet, orderOf, type Walk } from "./walkState.ts"

/** What the walk proves, as far as it has come. */
export const prove = (list: string, walk: Walk, since?: number): ExtractProof => {
  const finished = walk.phase === "done"
  // The server counts the whole list: of a part of it the count says nothing.
  const isCounted = !walk.cutShort && !walk.uncounted
  const missing = isCounted ? Math.max(0, walk.total - walk.rows) : 0
  const gone = isCounted ? Math.max(0, walk.rows - walk.total) : 0
  // As many rows must have gone as the count was seen to fall by, or as came in at the head and did not make it rise.
  const wentForSure = Math.max(walk.falls, walk.headRows - (walk.total - walk.firstTotal))
  const order = orderOf(walk)
  const doubt = (kind: Doubt["kind"], detail: string) => [new Doubt({ kind, detail, after: null })]

  // Nothing came, nothing went, and as many rows were read as the list has: they are all of them, however they stood.
  const still = isCounted && isQuiet(walk) && missing === 0 && gone === 0 && walk.doubts.length === 0
  const doubts: ReadonlyArray<Doubt> = !finished
    ? doubt("unfinished", "the list was not read to its end")
    : still
      ? []
      : [
          ...walk.doubts,
          ...(walk.learntShort
            ? doubt("short-page", "the first page came shorter than the server says that pages are, each time")
            : []),
          ...(walk.softSeams > 0 ? doubt("seam", `${walk.softSeams} pages were joined by their place alone`) : []),
          ...(order === "newest-first" || order === "unknown"
            ? []
            : doubt("order", "the list is not sorted newest first, and rows came or went meanwhile")),
          ...(missing > 0 ? doubt("count", `the provider counts ${missing} rows more than were read`) : []),
          ...(walk.uncounted ? doubt("count", "the provider does not say how many rows the list has") : []),
          ...(gone > wentForSure
            ? doubt("count", `the provider counts ${gone} rows fewer than were read, and did not count down`)
            : [])
        ]
  // Of a list that kept still, the count tells how many rows its short pages lack.
  const countTells =
    isCounted &&
    (doubts.every(({ kind }) => kind === "count") ||
      (missing > 0 && isQuiet(walk) && doubts.every(({ kind }) => kind === "count" || kind === "short-page")))
  return new ExtractProof({
    list,
    verdict: !finished ? "not-provable" : doubts.length === 0 ? "complete" : "in-doubt",
    startedAt: DateTime.makeUnsafe(walk.startedAt),
    asOf: finished && walk.asOf !== null ? DateTime.makeUnsafe(walk.asOf) : null,
    since: walk.cutShort && since !== undefined ? DateTime.makeUnsafe(since) : null,
    doubts,
    rowsInDoubt: !finished ? null : doubts.length === 0 ? 0 : countTells ? Math.max(missing, gone) : null,
    rows: walk.rows,
    total: walk.windows === 0 || walk.uncounted ? null : walk.total,
    gone,
    pages: walk.windows,
    repeats: walk.repeats,
    stepBacks: walk.stepBacks,
    pageSize: walk.size,
    order,
    firstId: walk.firstId,
    lastId: walk.lastId,
    digest: Fingerprint.toHex(walk.fingerprint)
  })
}
