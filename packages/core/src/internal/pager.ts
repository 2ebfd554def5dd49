import * as Arr from "effect/Array"
/**
 * Walks an offset-paged list to its end: lazily, one page at a time, never skipping for a server that gives fewer rows
 * than asked, and never for ever.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import { PagingFault, VobizError } from "../VobizError.ts"

/** What the walk needs of a page, whichever list it is of. */
export interface Page<Row> {
  readonly rows: ReadonlyArray<Row>
  /** How many rows lie before this page. */
  readonly offset: number
  /** The server's count of the whole list, at this moment. */
  readonly total: number
  /** The server's word that more follows. */
  readonly hasNext: boolean
}

export interface Source<P, Row> {
  readonly operation: string
  /** Fetches the page that follows `previous`, or the first one. */
  readonly fetch: (previous: P | undefined) => Effect.Effect<P, VobizError>
  readonly view: (page: P) => Page<Row>
  /** What makes a row one and the same, wherever in the list it has slid to. */
  readonly key: (row: Row) => string
}

/**
 * How many of the newest keys are remembered. Rows slide by as many places as rows were inserted between two
 * requests, so repeats stand near where they first stood, and memory stays flat however long the list.
 */
const remembered = 10_000

/** How far past the count that the server first gave a walk may go before it is taken to have no end. */
const endless = (firstTotal: number) => 2 * firstTotal + 10_000

interface Walk {
  readonly seen: Set<string>
  readonly firstTotal: number
}

interface Step<P, Row> {
  readonly page: P
  /** The page's rows that did not stand on an earlier page. */
  readonly fresh: ReadonlyArray<Row>
}

const steps = <P, Row>(source: Source<P, Row>): Stream.Stream<Step<P, Row>, VobizError> => {
  const fault = (kind: PagingFault["kind"], offset: number, detail: string) =>
    Effect.fail(
      new VobizError({
        operation: source.operation,
        requestId: null,
        reason: new PagingFault({ kind, offset, detail })
      })
    )

  const step = Effect.fnUntraced(function* (state: { readonly walk: Walk; readonly previous: P } | undefined) {
    const page = yield* source.fetch(state?.previous)
    const { hasNext, offset, rows, total } = source.view(page)
    const walk = state?.walk ?? { seen: new Set<string>(), firstTotal: total }

    const fresh = rows.filter((row) => remember(walk.seen, source.key(row)))
    const done = !hasNext || rows.length === 0 || offset + rows.length >= total
    const emitted = [[{ page, fresh }], done ? Option.none() : Option.some({ walk, previous: page })] as const

    if (state !== undefined && rows.length > 0 && fresh.length === 0) {
      // Rows inserted at the head push old ones onto this page, and are counted in the total.
      const inserted = total - source.view(state.previous).total
      if (inserted < rows.length) {
        return yield* fault(
          "repeated-page",
          offset,
          "a page held nothing but rows already seen, though none were added"
        )
      }
    }
    if (!done && offset > endless(walk.firstTotal)) {
      return yield* fault(
        "never-ends",
        offset,
        `the server counted ${walk.firstTotal} rows at first, and still promises more`
      )
    }
    return emitted
  })

  return Stream.paginate(undefined as { readonly walk: Walk; readonly previous: P } | undefined, step)
}

/** All pages, as they were served. */
export const pages = <P, Row>(source: Source<P, Row>): Stream.Stream<P, VobizError> =>
  Stream.map(steps(source), ({ page }) => page)

/** All rows, each once. */
export const rows = <P, Row>(source: Source<P, Row>): Stream.Stream<Row, VobizError> =>
  steps(source).pipe(
    Stream.map(({ fresh }) => fresh),
    Stream.filter(Arr.isReadonlyArrayNonEmpty),
    Stream.flattenArray
  )

/** Adds a key, forgetting the oldest when there are many. False if it was there. */
const remember = (seen: Set<string>, key: string): boolean => {
  if (seen.has(key)) return false
  seen.add(key)
  if (seen.size > remembered) {
    const [oldest] = seen
    if (oldest !== undefined) seen.delete(oldest)
  }
  return true
}
