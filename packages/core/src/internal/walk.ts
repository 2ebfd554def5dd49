/**
 * The walk over an offset-paged list as a state machine: what to ask next, which rows are new, and in the end what is
 * proved. It does no I/O; `OffsetPager` drives it and states its invariants.
 */
import * as DateTime from "effect/DateTime"
import { Doubt, ExtractProof } from "../ExtractProof.ts"
import * as Fingerprint from "./fingerprint.ts"

// ---------------------------------------------------------------------------
// What it works on
// ---------------------------------------------------------------------------

/** How rows are told apart, and where they belong in the order of the list. */
export interface Lens<Row> {
  readonly id: (row: Row) => string
  /** The instant that the list is sorted by, in epoch milliseconds. */
  readonly at: (row: Row) => number
}

/** A stretch of the list, as one answer of the server showed it. */
export interface Window<Row> {
  readonly rows: ReadonlyArray<Row>
  /** How many rows lie before it. */
  readonly offset: number
  /** The most rows that the server says a page has. */
  readonly limit: number
  /** The server's count of the whole list. */
  readonly total: number
  /** The server's word that more follows. */
  readonly hasNext: boolean
  /** When it was asked for, in epoch milliseconds. */
  readonly askedAt: number
  /** Whether it was asked for before the window above it had come. */
  readonly ahead: boolean
}

export interface Rules {
  /** How many rows a window shares with the one above it; 0 where the list can only be asked for in whole pages. */
  readonly overlap: number
  /** How far from the newest row a new row may enter the list, in milliseconds. */
  readonly lookBack: number
}

/** The ids of rows already given. It forgets the oldest when there are many, so that memory stays flat. */
export class Memory {
  private readonly ids = new Set<string>()

  has(id: string): boolean {
    return this.ids.has(id)
  }

  add(id: string): void {
    this.ids.add(id)
    if (this.ids.size > capacity) {
      const [oldest] = this.ids
      if (oldest !== undefined) this.ids.delete(oldest)
    }
  }
}

/** Rows slide by as many places as were inserted meanwhile, so this is how big a burst the walk can follow. */
const capacity = 100_000

/** The state of a walk: plain data, so that it can be saved and gone on with. */
export interface Walk {
  /** `down` the list, then over its `head` again for what came meanwhile, then `done`. */
  readonly phase: "down" | "head" | "done"
  /** Where the next window is to start. */
  readonly ask: number
  /** Where the rows read so far end; in the head, where the rows read again end. */
  readonly end: number
  /** The most rows that a page was seen to have. */
  readonly size: number
  /** How far to step back when the next window does not join. */
  readonly step: number
  /** Where the rows ended that the walk last stepped back to join. */
  readonly failedAt: number
  /** How often the next window was asked for and came too short. */
  readonly shortTries: number
  /** The last row given, and how many rows before it have its instant. */
  readonly last: { readonly id: string; readonly at: number; readonly ties: number } | null
  readonly startedAt: number
  readonly asOf: number | null
  readonly firstTotal: number
  readonly total: number
  /** By how much the server's count was seen to fall and to rise. */
  readonly falls: number
  readonly rises: number
  /** By how many rows the list was pushed down and is not read past yet. */
  readonly pushed: number
  /** Pages in a row that held nothing new, and nothing explains it. */
  readonly idle: number
  /** Seams that nothing but an unchanged count holds together. */
  readonly softSeams: number
  /** Rows that the head held and the way down did not. */
  readonly headRows: number
  readonly headRestarts: number
  readonly descending: boolean
  readonly ascending: boolean
  readonly doubts: ReadonlyArray<Doubt>
  readonly rows: number
  readonly windows: number
  readonly repeats: number
  readonly stepBacks: number
  readonly firstId: string | null
  readonly lastId: string | null
  readonly fingerprint: Fingerprint.Fingerprint
}

export const start = (startedAt: number): Walk => ({
  phase: "down",
  ask: 0,
  end: 0,
  size: 0,
  step: 0,
  failedAt: -1,
  shortTries: 0,
  last: null,
  startedAt,
  asOf: null,
  firstTotal: 0,
  total: 0,
  falls: 0,
  rises: 0,
  pushed: 0,
  idle: 0,
  softSeams: 0,
  headRows: 0,
  headRestarts: 0,
  descending: true,
  ascending: true,
  doubts: [],
  rows: 0,
  windows: 0,
  repeats: 0,
  stepBacks: 0,
  firstId: null,
  lastId: null,
  fingerprint: Fingerprint.empty
})

export interface Fault {
  readonly kind: "repeated-page" | "never-ends"
  readonly detail: string
}

/** What a window led to: the walk's next state, and the rows that nobody was given before. */
export interface Advance<Row> {
  readonly walk: Walk
  readonly fresh: ReadonlyArray<Row>
  readonly fault?: Fault
}

// ---------------------------------------------------------------------------
// One step
// ---------------------------------------------------------------------------

/** Takes in the window that was asked for. `memory` is kept up to date along with the walk. */
export const advance = <Row>(
  walk: Walk,
  memory: Memory,
  window: Window<Row>,
  lens: Lens<Row>,
  rules: Rules
): Advance<Row> => {
  const sight = look(memory, walk, window, lens)
  const counted = count(walk, window)
  return walk.phase === "head"
    ? overHead(counted, memory, window, sight, lens, rules)
    : down(counted, walk.windows === 0 ? window.total : walk.total, memory, window, sight, lens, rules)
}

/** What can be seen of a window, against what is known. */
interface Sight<Row> {
  readonly fresh: ReadonlyArray<Row>
  /** Different rows in it. */
  readonly distinct: number
  readonly holdsLast: boolean
  /** Whether it holds a known row of another instant than the last one given: one that no tie can have moved. */
  readonly holdsOther: boolean
  readonly endsKnown: boolean
}

const look = <Row>(memory: Memory, walk: Walk, { rows }: Window<Row>, lens: Lens<Row>): Sight<Row> => {
  const ids = new Set<string>()
  const fresh: Array<Row> = []
  let holdsLast = false
  let holdsOther = false
  let endsKnown = false
  for (const row of rows) {
    const id = lens.id(row)
    endsKnown = memory.has(id)
    if (ids.has(id)) continue
    ids.add(id)
    if (!endsKnown) fresh.push(row)
    else if (id === walk.last?.id) holdsLast = true
    else if (lens.at(row) !== walk.last?.at) holdsOther = true
  }
  return { fresh, distinct: ids.size, holdsLast, holdsOther, endsKnown }
}

const count = (walk: Walk, { total }: Window<unknown>): Walk => {
  const first = walk.windows === 0
  return {
    ...walk,
    windows: walk.windows + 1,
    firstTotal: first ? total : walk.firstTotal,
    total,
    falls: walk.falls + (first ? 0 : Math.max(0, walk.total - total)),
    rises: walk.rises + (first ? 0 : Math.max(0, total - walk.total))
  }
}

/** A page that is too short for its place may have lost a row on the way: it is asked for again, twice. */
const maxShortTries = 2

const down = <Row>(
  walk: Walk,
  totalBefore: number,
  memory: Memory,
  window: Window<Row>,
  sight: Sight<Row>,
  lens: Lens<Row>,
  rules: Rules
): Advance<Row> => {
  const { offset, rows, total } = window
  const first = walk.windows === 1
  const learning = walk.size === 0

  const fullSize = learning ? window.limit : walk.size
  const short = sight.distinct < Math.min(fullSize, total - offset)
  if (short && walk.shortTries < maxShortTries) {
    return { walk: { ...walk, shortTries: walk.shortTries + 1 }, fresh: [] }
  }

  const quietSeam = window.ahead ? total === totalBefore : total >= totalBefore
  const firm = first || offset === 0 || sight.holdsOther || (sight.holdsLast && walk.last?.ties === 1 && quietSeam)
  const still = total === totalBefore && (sight.holdsLast || (shared(rules, walk.size) === 0 && inPlace(walk, offset)))
  // Going back a second time for one seam would find the same again: more rows of one instant than a page holds.
  const soft = !firm && (still || (walk.failedAt === walk.end && sight.holdsLast))
  if (!firm && !soft) {
    const step = Math.max(walk.step, walk.size, 1)
    return {
      walk: {
        ...walk,
        stepBacks: walk.stepBacks + 1,
        shortTries: 0,
        step: step * 2,
        failedAt: walk.step === 0 ? walk.end : walk.failedAt,
        ask: aligned(Math.max(0, Math.min(offset, walk.end) - step), rules, walk.size)
      },
      fresh: [],
      ...bounded(walk)
    }
  }

  const taken = take({ ...walk, shortTries: 0, step: 0 }, memory, window, sight, lens)
  // Only a first page that is steadily shorter than the server says teaches how many rows a page really has.
  const doubts =
    short && !learning
      ? [new Doubt({ kind: "short-page", detail: `the page at offset ${offset} lacks rows`, after: walk.lastId })]
      : []
  const end = offset + sight.distinct
  const next: Walk = {
    ...taken,
    end,
    last: lastOf(rows, lens) ?? walk.last,
    size: Math.max(walk.size, learning && window.hasNext && !short ? window.limit : 0, sight.distinct),
    softSeams: walk.softSeams + (firm ? 0 : 1),
    doubts: [...walk.doubts, ...doubts]
  }

  const noneFresh = sight.fresh.length === 0
  const reached = end >= total
  const ended =
    rows.length === 0 ||
    (reached && (!window.hasNext || noneFresh)) ||
    (noneFresh && (!window.hasNext || sight.distinct < next.size))
  if (ended) {
    // One answer is of one instant: nothing can have moved.
    const whole = walk.windows === 1
    return {
      walk: whole ? { ...next, phase: "done", asOf: window.askedAt } : { ...next, phase: "head", ask: 0, end: 0 },
      fresh: sight.fresh
    }
  }
  const moved = progress(walk, next, totalBefore, noneFresh)
  if (moved.idle > (isQuiet(next) ? 0 : maxIdlePages)) {
    const detail = "a page held nothing but rows already seen, though none were added"
    return { walk: moved, fresh: [], fault: { kind: "repeated-page", detail } }
  }
  return {
    walk: { ...moved, ask: aligned(Math.max(end - shared(rules, next.size), 0), rules, next.size) },
    fresh: sight.fresh,
    ...bounded(next)
  }
}

/** Rows that go hide from the count how many came, so a few pages without a new row are borne with. */
const maxIdlePages = 3

/** Rows that came in push known rows onto this page; what the count's rise does not explain makes the page an idle one. */
const progress = (before: Walk, after: Walk, totalBefore: number, noneFresh: boolean): Walk => {
  const pushed = before.pushed + Math.max(0, after.total - totalBefore)
  const again = after.end - before.end
  if (!noneFresh || again <= 0) return { ...after, pushed, idle: 0 }
  return { ...after, pushed: Math.max(0, pushed - again), idle: pushed > 0 ? 0 : before.idle + 1 }
}

const maxHeadRestarts = 5

const overHead = <Row>(
  walk: Walk,
  memory: Memory,
  window: Window<Row>,
  sight: Sight<Row>,
  lens: Lens<Row>,
  rules: Rules
): Advance<Row> => {
  const { offset, rows, total } = window
  const atTop = offset === 0
  const anyKnown = sight.fresh.length < sight.distinct
  if (!atTop && !anyKnown) {
    // More came in meanwhile than one page holds: from the top again.
    const restarts = walk.headRestarts + 1
    const again = { ...walk, headRestarts: restarts, ask: 0, end: 0 }
    if (restarts <= maxHeadRestarts) return { walk: again, fresh: [], ...bounded(walk) }
    const doubt = new Doubt({
      kind: "seam",
      detail: "new rows came in faster than the head of the list could be read",
      after: null
    })
    return { walk: { ...walk, phase: "done", doubts: [...walk.doubts, doubt] }, fresh: [] }
  }

  const taken = take(walk, memory, window, sight, lens)
  const end = offset + sight.distinct
  const next: Walk = {
    ...taken,
    end,
    headRows: walk.headRows + sight.fresh.length,
    // All that stood here when this was asked for is read, once the rest of the head joins it.
    ...(atTop ? { asOf: window.askedAt, totalAtHead: total } : {})
  }
  const oldest = rows.length === 0 ? -Infinity : Math.min(...rows.map(lens.at))
  const joined = rows.length === 0 || end >= total || sight.endsKnown
  const farEnough = isQuiet(next) || end >= total || oldest < walk.startedAt - rules.lookBack
  return joined && farEnough
    ? { walk: { ...next, phase: "done" }, fresh: sight.fresh }
    : {
        walk: { ...next, ask: aligned(Math.max(end - shared(rules, walk.size), 0), rules, walk.size) },
        fresh: sight.fresh,
        ...bounded(next)
      }
}

// ---------------------------------------------------------------------------
// Parts of a step
// ---------------------------------------------------------------------------

/** Counts a window's rows in, and remembers the new ones. */
const take = <Row>(
  walk: Walk,
  memory: Memory,
  { offset, rows }: Window<Row>,
  { fresh }: Sight<Row>,
  lens: Lens<Row>
): Walk => {
  let { ascending, descending, fingerprint } = walk
  for (const row of fresh) {
    const id = lens.id(row)
    memory.add(id)
    fingerprint = Fingerprint.add(fingerprint, id)
  }
  for (let i = 1; i < rows.length; i++) {
    const [above, below] = [rows[i - 1], rows[i]]
    if (above === undefined || below === undefined) continue
    if (lens.at(above) < lens.at(below)) descending = false
    if (lens.at(above) > lens.at(below)) ascending = false
  }
  const [top] = fresh
  const bottom = fresh.at(-1)
  return {
    ...walk,
    ascending,
    descending,
    fingerprint,
    rows: walk.rows + fresh.length,
    repeats: walk.repeats + rows.length - fresh.length,
    firstId: offset === 0 && top !== undefined ? lens.id(top) : walk.firstId,
    lastId: walk.phase === "down" && bottom !== undefined ? lens.id(bottom) : walk.lastId
  }
}

const lastOf = <Row>(rows: ReadonlyArray<Row>, lens: Lens<Row>): Walk["last"] => {
  const last = rows.at(-1)
  if (last === undefined) return null
  const at = lens.at(last)
  const id = lens.id(last)
  const ties = new Set<string>()
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i]
    if (row === undefined || lens.at(row) !== at) break
    ties.add(lens.id(row))
  }
  return { id, at, ties: ties.size }
}

/** How many rows two windows share: a page of one row has none to spare. */
const shared = ({ overlap }: Rules, size: number) => Math.max(0, Math.min(overlap, size - 1))

/** A place where a page can start: anywhere, or at whole pages where nothing is shared. */
const aligned = (offset: number, rules: Rules, size: number) =>
  rules.overlap > 0 || size <= 0 ? offset : Math.ceil(offset / size) * size

const inPlace = (walk: Walk, offset: number) => offset >= walk.end && offset - walk.end < Math.max(1, walk.size)

const isQuiet = ({ falls, headRows, rises }: Walk) => falls === 0 && rises === 0 && headRows === 0

/** Ends a walk that goes on far beyond what the server counts, or gets nowhere on a list that moves faster than it. */
const bounded = (walk: Walk): { readonly fault?: Fault } => {
  const windows = 500 + (20 * walk.firstTotal) / Math.max(1, walk.size)
  if (walk.end <= 10 * walk.firstTotal + 100_000 && walk.windows <= windows) return {}
  const detail = `after ${walk.windows} pages of a list of ${walk.firstTotal} rows at first and ${walk.total} now, its end is not reached`
  return { fault: { kind: "never-ends", detail } }
}

// ---------------------------------------------------------------------------
// The verdict
// ---------------------------------------------------------------------------

const orderOf = ({ ascending, descending, rows }: Walk): ExtractProof["order"] =>
  rows < 2 || (ascending && descending) ? "unknown" : descending ? "newest-first" : ascending ? "oldest-first" : "none"

/** What the walk proves, as far as it has come. */
export const prove = (list: string, walk: Walk): ExtractProof => {
  const finished = walk.phase === "done"
  const missing = Math.max(0, walk.total - walk.rows)
  const gone = Math.max(0, walk.rows - walk.total)
  const order = orderOf(walk)
  const doubt = (kind: Doubt["kind"], detail: string) => [new Doubt({ kind, detail, after: null })]

  // Nothing came, nothing went, and as many rows were read as the list has: they are all of them, however they stood.
  const still = isQuiet(walk) && missing === 0 && gone === 0 && walk.doubts.length === 0
  const doubts: ReadonlyArray<Doubt> = !finished
    ? doubt("unfinished", "the list was not read to its end")
    : still
      ? []
      : [
          ...walk.doubts,
          ...(walk.softSeams > 0
            ? doubt("seam", `${walk.softSeams} pages were joined by their place alone, and the list changed meanwhile`)
            : []),
          ...(order === "newest-first" || order === "unknown"
            ? []
            : doubt("order", "the list is not sorted newest first, and changed meanwhile")),
          ...(missing > 0 ? doubt("count", `the provider counts ${missing} rows more than were read`) : []),
          ...(gone > walk.falls
            ? doubt("count", `the provider counts ${gone} rows fewer than were read, and did not count down`)
            : [])
        ]
  const onlyCounted = doubts.every(({ kind }) => kind === "count")
  return new ExtractProof({
    list,
    verdict: !finished ? "not-provable" : doubts.length === 0 ? "complete" : "in-doubt",
    startedAt: DateTime.makeUnsafe(walk.startedAt),
    asOf: finished && walk.asOf !== null ? DateTime.makeUnsafe(walk.asOf) : null,
    doubts,
    rowsInDoubt: !finished ? null : doubts.length === 0 ? 0 : onlyCounted ? Math.max(missing, gone) : null,
    rows: walk.rows,
    total: walk.windows === 0 ? null : walk.total,
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
