/** The walk of `OffsetPager`: which page is asked for when, and what is kept of it. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Checkpoint, CheckpointError } from "../Checkpoint.ts"
import type { ExtractProof } from "../ExtractProof.ts"
import { Memory } from "./memory.ts"
import * as Walk from "./walk.ts"
import { prove } from "./walkProof.ts"
import * as State from "./walkState.ts"
import { PagingFault, type Reason, VobizError } from "../VobizError.ts"

/**
 * What a page says of itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageView<Row> {
  readonly rows: ReadonlyArray<Row>
  /** How many rows of the list lie before this page. */
  readonly offset: number
  /** The most rows that the server says it gives a page. */
  readonly limit: number
  /** The server's count of the whole list, at this moment; `null` where it gives none: no such list is proved complete. */
  readonly total: number | null
  /** The server's word that more follows. */
  readonly hasNext: boolean
  /**
   * When the request that was answered was sent, in epoch milliseconds.
   * @default when the page was asked for, before any retry
   */
  readonly askedAt?: number | undefined
}

/**
 * A stretch of a list to ask for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Stretch {
  readonly offset: number
  readonly limit: number
}

/**
 * A list to walk, whichever way its pages are asked for.
 *
 * @category models
 * @since 0.1.0
 */
export interface List<Page, Row> {
  /** Names the walk in errors and in its proof. */
  readonly operation: string
  /** Rows to ask per page. The walk learns how many the server really gives. */
  readonly limit: number
  /**
   * Requests under way at once, from the third page on. The next page is asked for before the rows of the last one are read, so that
   * the server works meanwhile.
   */
  readonly concurrency: number
  /** Rows that a page shares with the one above; 0 where only whole pages can be asked for. */
  readonly overlap: number
  /** How far from the newest row a new row may enter the list, in milliseconds of `at`. */
  readonly lookBack: number
  /**
   * Rows before this instant, in milliseconds of `at`, need not be read: the walk stops there if it sees that the list is sorted newest
   * first. A few older rows may come.
   *
   * @default the whole list is read
   */
  readonly since?: number | undefined
  /** Of how many last rows the ids are kept: the largest burst of new rows that the walk can follow. @default 100,000 */
  readonly memory?: number | undefined
  /**
   * The stretch that can really be asked for when one is wanted: it starts there or before.
   *
   * @default any stretch; whole pages where `overlap` is 0
   */
  readonly plan?: ((wanted: Stretch) => Stretch) | undefined
  readonly view: (page: Page) => PageView<Row>
  /** What makes a row one and the same, wherever it has slid to. */
  readonly id: (row: Row) => string
  /** The instant that the list is sorted by, in epoch milliseconds. */
  readonly at: (row: Row) => number
}

/** A list whose pages are asked for and read in two steps, so that the next request leaves before this answer is read. */
export interface Source<Page, Row> extends List<Page, Row> {
  /** Asks for a stretch. What it gives reads the answer, when its rows are wanted. */
  readonly ask: (stretch: Stretch) => Effect.Effect<Effect.Effect<Page, VobizError>, VobizError>
}

/**
 * The rows of a list, each once, and what their reading has proved so far: `complete` at the earliest when `rows` was
 * read to its end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extract<Row, E = VobizError> {
  readonly rows: Stream.Stream<Row, E>
  readonly proof: Effect.Effect<ExtractProof>
}

/**
 * A checkpoint by its name: where a walk is saved, so that it can resume.
 *
 * @category models
 * @since 0.1.0
 */
export interface NamedCheckpoint {
  readonly checkpoint: Checkpoint["Service"]
  readonly name: string
}

/** The same, and of which account, list and query the walk is: another's is refused. */
export interface Keeping extends NamedCheckpoint {
  readonly identity: string
  /** What is to be kept along with the walk, of whoever reads its rows. */
  readonly beside?: Beside | undefined
}

/** State that is kept along with a walk. */
export interface Beside {
  /** As plain data. */
  readonly save: () => Schema.Json
  /** Takes up what was saved; false where that is damaged. */
  readonly restore: (saved: Schema.Json) => boolean
}

interface Step<Page, Row> {
  /** `undefined` where the server refused a page past the end. */
  readonly page: Page | undefined
  readonly fresh: ReadonlyArray<Row>
}

/** Whether the server says that there is no such page. */
const isRefusal = ({ reason }: { readonly reason?: Reason }) =>
  reason?._tag === "NotFound" || (reason?._tag === "InvalidRequest" && reason.status !== null)

/** The page, among those of one size, in which a stretch starts. */
const wholePage = ({ limit, offset }: Stretch): Stretch => ({ offset: Math.floor(offset / limit) * limit, limit })

/** The size of the largest page that starts just there, where pages can only be asked for by number. */
const largestDivisor = (offset: number, most: number) => {
  for (let size = most; size > 1; size--) if (offset % size === 0) return size
  return 1
}

/** Of how many last rows the ids are kept, if a list does not say. */
const capacity = 100_000

/** A page that is there, to be read. */
interface Answered<Page> {
  readonly read: Effect.Effect<Page, VobizError>
  readonly askedAt: number
}

/** A walk as it is kept. */
const Kept = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    identity: Schema.String,
    walk: State.Walk,
    given: Schema.Array(Schema.String),
    chain: Schema.Array(Schema.String),
    beside: Schema.optionalKey(Schema.Json)
  })
)

const decodeKept = Schema.decodeUnknownEffect(Kept)
const encodeKept = Schema.encodeEffect(Kept)

const loadKept = Effect.fnUntraced(function* ({ beside, checkpoint, identity, name }: Keeping) {
  const text = yield* checkpoint.load(name)
  if (text === null) return undefined
  const refuse = (detail: string) =>
    new CheckpointError({ name, detail: `${detail}. Take it away to start from the beginning, or use another name` })
  const damaged = refuse("it is damaged, or of another version")
  const kept = yield* decodeKept(text).pipe(Effect.mapError(() => damaged))
  if (kept.identity !== identity) {
    return yield* refuse(`it is of another account or query: ${kept.identity}, and this is ${identity}`)
  }
  if (kept.beside !== undefined && beside?.restore(kept.beside) === false) return yield* damaged
  return kept
})

/** Which stretch of a list a walk wants next. */
const planOf = ({ limit: most, overlap, plan: planned }: Pick<Source<never, never>, "limit" | "overlap" | "plan">) => {
  const startsAnywhere = planned === undefined && overlap > 0
  const plan = planned ?? (startsAnywhere ? (wanted: Stretch) => wanted : wholePage)
  return ({ ask, end, phase, size, step }: Pick<State.Walk, "ask" | "end" | "phase" | "size" | "step">): Stretch => {
    const limit = size === 0 ? most : Math.min(size, most)
    // Just past the end: by its number, a page starts there only if it is of some such size.
    if (phase === "past" && ask === end && !startsAnywhere) {
      return { offset: end, limit: largestDivisor(end, limit) }
    }
    const held = plan({ offset: ask, limit })
    // Of pages of a few rows, none may both hold the anchor and reach further.
    return step > 0 || held.offset + held.limit > end ? held : plan({ offset: end, limit })
  }
}

/** Whether, as the rows have come so far, a page is of before the instant where reading ends: it will hardly be wanted. */
const isPastSince = (since: number | undefined, { end, last, newest }: State.Walk, { offset }: Stretch) =>
  since !== undefined &&
  last !== null &&
  newest !== null &&
  last.at - ((newest - last.at) / end) * (offset - end) < since

/** Asks for the pages that a walk wants, some of them ahead, within the scope. */
const asking = <Page, Row>(source: Source<Page, Row>, scope: Scope.Scope) => {
  const ahead = new Map<number, Fiber.Fiber<Answered<Page>, VobizError>>()
  const wanted = planOf(source)

  const ask = Effect.fnUntraced(function* (stretch: Stretch) {
    const askedAt = yield* Clock.currentTimeMillis
    return { read: yield* source.ask(stretch), askedAt }
  })

  /** Asks for the pages that will be wanted after a stretch if the list stands still. */
  const readAhead = Effect.fnUntraced(function* (walk: State.Walk, after: Stretch, pages: number) {
    let stretch = after
    for (let n = 0; n < pages; n++) {
      const end = stretch.offset + stretch.limit
      if (end >= walk.total) return
      // The very stretch that will be wanted then, or it would be asked for in vain.
      stretch = wanted({ ...walk, end, ask: Walk.askBelow(end, source, walk.size) })
      if (isPastSince(source.since, walk, stretch)) return
      if (!ahead.has(stretch.offset)) {
        ahead.set(stretch.offset, yield* Effect.forkIn(ask(stretch), scope, { startImmediately: true }))
      }
    }
  })

  /** The page wanted: asked for ahead, or now. */
  const next = Effect.fnUntraced(function* (walk: State.Walk) {
    const stretch = wanted(walk)
    const { limit: asked } = stretch
    const early = ahead.get(stretch.offset)
    ahead.delete(stretch.offset)
    if (early === undefined && ahead.size > 0) {
      // The list has moved: what was asked for ahead is not what is wanted.
      yield* Fiber.interruptAll(ahead.values())
      ahead.clear()
    }
    const reading = walk.phase === "down" && walk.windows >= 2 && walk.shortTries === 0 && walk.step === 0
    if (!reading)
      return {
        ...(yield* early === undefined ? ask(stretch) : Fiber.join(early)),
        asked,
        early: early !== undefined
      }
    const answering = early ?? (yield* Effect.forkIn(ask(stretch), scope, { startImmediately: true }))
    yield* readAhead(walk, stretch, source.concurrency - 1)
    const answered = yield* Fiber.join(answering)
    // The server has one request less, and may have the next while this answer is read.
    yield* readAhead(walk, stretch, source.concurrency)
    // Over a connection that an answer just came by, Node.js sends the next request at the next turn of its loop.
    yield* Effect.yieldNow
    return { ...answered, asked, early: early !== undefined }
  })

  return next
}

/** Where the server refuses to give a page past the end, there is none. */
const nothing = Effect.fnUntraced(function* ({ end, size, total }: State.Walk) {
  const askedAt = yield* Clock.currentTimeMillis
  const window = { rows: [], offset: end, limit: size, asked: size, total, hasNext: false, askedAt, ahead: false }
  return { page: undefined, window }
})

/** The rows that are remembered: those that were kept, those of the chain last. */
const memoryOf = (most: number | undefined, from: Effect.Success<ReturnType<typeof loadKept>>) => {
  const memory = new Memory(most ?? capacity)
  for (const id of from?.given ?? []) memory.add(id)
  memory.unchain()
  for (const id of from?.chain ?? []) memory.add(id)
  return memory
}

const steps = <Page, Row, E>(
  source: Source<Page, Row>,
  state: Ref.Ref<State.Walk | undefined>,
  from: Effect.Success<ReturnType<typeof loadKept>>,
  keep: (walk: State.Walk, memory: Memory) => Effect.Effect<void, E>
): Stream.Stream<Step<Page, Row>, VobizError | E> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const memory = memoryOf(source.memory, from)
      const next = asking(source, scope)

      const windowOf = Effect.fnUntraced(function* (walk: State.Walk) {
        const { asked, askedAt, early, read } = yield* next(walk)
        const page = yield* read
        const view = source.view(page)
        // A page that had to be asked for again is as of the attempt that was answered.
        const window: State.Window<Row> = { ...view, asked, askedAt: view.askedAt ?? askedAt, ahead: early }
        return { page, window }
      })

      const step = Effect.fnUntraced(function* (walk: State.Walk) {
        // That the next page is wanted says that the rows of the last are dealt with.
        if (walk.windows > 0) yield* keep(walk, memory)
        const { page, window } = yield* walk.phase === "past"
          ? Effect.catchIf(windowOf(walk), isRefusal, () => nothing(walk))
          : windowOf(walk)
        const advanced = Walk.advance(walk, memory, window, source, source)
        yield* Ref.set(state, advanced.walk)
        if (advanced.fault !== undefined) {
          return yield* new VobizError({
            operation: source.operation,
            requestId: null,
            reason: new PagingFault({ ...advanced.fault, offset: window.offset })
          })
        }
        const done = advanced.walk.phase === "done"
        return [[{ page, fresh: advanced.fresh }], done ? Option.none() : Option.some(advanced.walk)] as const
      })

      const first = from?.walk ?? State.start(yield* Clock.currentTimeMillis)
      yield* Ref.set(state, first)
      return Stream.paginate(first, step)
    })
  )

const proofOf = (
  { operation, since }: Pick<Source<never, never>, "operation" | "since">,
  state: Ref.Ref<State.Walk | undefined>
) =>
  Effect.gen(function* () {
    const walk = (yield* Ref.get(state)) ?? State.start(yield* Clock.currentTimeMillis)
    return prove(operation, walk, since)
  })

/**
 * Walks a list, and tells what the walk proves.
 */
export const extract = <Page, Row>(source: Source<Page, Row>): Effect.Effect<Extract<Row>> =>
  Effect.map(Ref.make<State.Walk | undefined>(undefined), (state) => ({
    rows: rowsOf(steps(source, state, undefined, () => Effect.void)),
    proof: proofOf(source, state)
  }))

/**
 * Walks a list, and keeps after each page how far it has come: a walk that was stopped, by a failure or by the process
 * being killed, goes on there, and ends with the proof of the whole. Fails with a `CheckpointError` where what is kept
 * is damaged or of another list.
 *
 * A page is kept when the next one is asked for, that is when its rows have been dealt with: whoever stores rows must
 * have stored one before it asks for more. After a kill at most the rows of one page come again, and those of a look-back
 * of more than 1000 rows. When the walk has come to its
 * end, what was kept is removed.
 */
export const resume = Effect.fnUntraced(function* <Page, Row>(
  source: Source<Page, Row>,
  keeping: Keeping
): Effect.fn.Return<Extract<Row, VobizError | CheckpointError>, CheckpointError> {
  const { beside, checkpoint, identity, name } = keeping
  const kept = yield* loadKept(keeping)
  const state = yield* Ref.make<State.Walk | undefined>(kept?.walk)
  const keep = Effect.fnUntraced(function* (walk: State.Walk, { marks }: Memory) {
    const text = yield* Effect.orDie(
      encodeKept({ version: 1, identity, walk, ...marks, ...(beside === undefined ? {} : { beside: beside.save() }) })
    )
    yield* checkpoint.save(name, text)
  })
  return {
    rows: Stream.concat(
      rowsOf(steps(source, state, kept, keep)),
      Stream.drain(Stream.fromEffect(checkpoint.remove(name)))
    ),
    proof: proofOf(source, state)
  }
})

/**
 * All rows of a list, each once.
 */
export const rows = <Page, Row>(source: Source<Page, Row>): Stream.Stream<Row, VobizError> =>
  Stream.unwrap(Effect.map(extract(source), ({ rows }) => rows))

/**
 * All pages of a walk, as they were served: neighbours share rows.
 */
export const pages = <Page, Row>(source: Source<Page, Row>): Stream.Stream<Page, VobizError> =>
  Stream.unwrap(
    Effect.map(Ref.make<State.Walk | undefined>(undefined), (state) =>
      steps(source, state, undefined, () => Effect.void).pipe(
        Stream.map(({ page }) => page),
        Stream.filter((page) => page !== undefined)
      )
    )
  )

const rowsOf = <Page, Row, E>(self: Stream.Stream<Step<Page, Row>, E>): Stream.Stream<Row, E> =>
  self.pipe(
    Stream.map(({ fresh }) => fresh),
    Stream.filter(Arr.isReadonlyArrayNonEmpty),
    Stream.flattenArray
  )
