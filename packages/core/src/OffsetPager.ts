/**
 * Reads an offset-paged list whose rows move while they are read, and proves that none was missed.
 *
 * **The problem.** The list is sorted newest first. Rows that come in at its head push the others down, so that a
 * reader who goes by offsets meets rows again; rows that are deleted pull the others up, so that it skips some and
 * never knows (docs/vobiz-api.md, "Paging").
 *
 * **The walk.** Each page starts a little above where the last one ended, so that it shares a row with it: an anchor.
 * Where a page holds a row that was read before, whatever stands between that row and the page's end is read now, and
 * whatever stood above it was read before. Where no row of a page is known, the list has moved too far, and the walk
 * steps back, twice as far each time, until it meets rows it knows. Where the list says that it ends, one page past that
 * end is asked for, and rows found there are read as well. Then the head is read again down to rows that are known, and
 * the provider's own count is settled against the rows read.
 *
 * **What holds.** If the proof says `complete`, every row that the list held at `asOf` was read, provided that
 *
 * 1. rows keep their order among themselves, except rows of the same instant;
 * 2. new rows enter at the head, or no further from it than the look-back of the list;
 * 3. one answer of the server is of one instant.
 *
 * Invariants of the walk:
 *
 * - a row is given once, when it is first seen in a page that is joined to the rows given before;
 * - a page is joined if it starts at offset 0, if it holds a known row of another instant than the last row given, or
 *   if it holds that last row, no other row shared its instant, and the server's count has not fallen since;
 * - a page that is not joined is not used, but asked for again from further up;
 * - a list that came out still (the count never moved, the head shows nothing new) and has as many rows as were read is
 *   complete, however its pages joined.
 *
 * Memory is flat: the ids of the last 100,000 rows are kept, which is how large a burst of new rows the walk can follow,
 * and those of the head as far as the look-back.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CheckpointError } from "./Checkpoint.ts"
import * as Pager from "./internal/pager.ts"
import type { VobizError } from "./VobizError.ts"

export type { Extract, NamedCheckpoint, List, PageView, Stretch } from "./internal/pager.ts"

/**
 * A list to walk.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<Page, Row> extends Pager.List<Page, Row> {
  /** One page, as the server gives it. */
  readonly fetch: (stretch: Pager.Stretch) => Effect.Effect<Page, VobizError>
}

/**
 * Where a walk is kept, and of which account, list and query it is: another's is refused.
 *
 * @category models
 * @since 0.1.0
 */
export interface Keeping extends Pager.NamedCheckpoint {
  readonly identity: string
}

const asked = <Page, Row>({ fetch, ...list }: Source<Page, Row>): Pager.Source<Page, Row> => ({
  ...list,
  ask: (stretch) => Effect.map(fetch(stretch), Effect.succeed)
})

/**
 * Walks a list, and reports what the walk proves.
 *
 * @category walking
 * @since 0.1.0
 */
export const extract = <Page, Row>(source: Source<Page, Row>): Effect.Effect<Pager.Extract<Row>> =>
  Pager.extract(asked(source))

/**
 * Walks a list, and keeps after each page how far it has come: a walk that was stopped, by a failure or by the process
 * being killed, resumes there, and ends with the proof of the whole. Fails with a `CheckpointError` where what is kept
 * is damaged or of another list.
 *
 * A page is kept when the next one is asked for, that is when its rows have been dealt with: whoever stores rows must
 * have stored one before it asks for more. After a kill at most the rows of one page come again, and those of a look-back
 * of more than 1000 rows. When the walk has come to its end, what was kept is removed.
 *
 * @category walking
 * @since 0.1.0
 */
export const resume = <Page, Row>(
  source: Source<Page, Row>,
  keeping: Keeping
): Effect.Effect<Pager.Extract<Row, VobizError | CheckpointError>, CheckpointError> =>
  Pager.resume(asked(source), keeping)

/**
 * All rows of a list, each once.
 *
 * @category walking
 * @since 0.1.0
 */
export const rows = <Page, Row>(source: Source<Page, Row>): Stream.Stream<Row, VobizError> => Pager.rows(asked(source))

/**
 * All pages of a walk, as they were served: neighbours share rows.
 *
 * @category walking
 * @since 0.1.0
 */
export const pages = <Page, Row>(source: Source<Page, Row>): Stream.Stream<Page, VobizError> =>
  Pager.pages(asked(source))
