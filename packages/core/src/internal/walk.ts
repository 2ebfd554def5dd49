/**
 * The walk over an offset-paged list as a state machine: what to ask next, and which rows are new. What it proves in the end
 * `walkProof.ts` says. It does no I/O; `OffsetPager` drives it and states its invariants.
 */
import { Doubt } from "../ExtractProof.ts"
import * as Fingerprint from "./fingerprint.ts"
import type { Memory } from "./memory.ts"
import { isQuiet, type RowKeys, orderOf, type Rules, type Walk, type Window } from "./walkState.ts"

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

/**
 * Takes in the window that was asked for. The memory, which the walk has beside its state, is kept up to date along with it: it has
 * every row given, and knows which of them are of the chain of joined windows that the walk is on. A window at the top of the list
 * begins a chain: what is known from before may lie below rows that came in since.
 */
export const advance = <Row>(
  from: Walk,
  memory: Memory,
  answer: Window<Row>,
  keys: RowKeys<Row>,
  rules: Rules
): Advance<Row> => {
  const before = answer.total === null ? { ...from, uncounted: true } : from
  // A list that is not counted stands as still as its rows do.
  const window = { ...answer, total: answer.total ?? from.total }
  const { fault, fresh, walk } = takeIn(before, memory, window, keys, rules)
  if (fault !== undefined) return { fault, fresh, walk }
  const further = walk.end > before.end || walk.phase === "done"
  const stalled = fresh.length > 0 ? 0 : before.stalled + (further ? 0 : 1)
  const after = { walk: { ...walk, stalled }, fresh }
  if (stalled <= maxStalled) return after
  const detail = `${stalled} pages after the last new row brought the reading no further`
  return { ...after, fault: { kind: "never-ends", detail } }
}

/** A list that moves while it is read may send the walk back often, but not as often without a new row. */
const maxStalled = 30

/** A window whose count is known, or does not matter. */
type Counted<Row> = Window<Row> & { readonly total: number }

const takeIn = <Row>(
  before: Walk,
  memory: Memory,
  window: Counted<Row>,
  keys: RowKeys<Row>,
  rules: Rules
): Advance<Row> => {
  const compared = look(memory, before, window, keys)
  const walk = count(before, window, keys)
  if (window.limit > 0 && window.limit < Math.min(walk.size, window.asked)) {
    return { walk: withSmallerPages(walk, window, rules), fresh: [] }
  }
  if (walk.phase === "past" && compared.fresh.length === 0) {
    return { walk: pastEnd(walk, before.total, window, compared), fresh: [] }
  }
  const totalBefore = before.windows === 0 ? window.total : before.total
  const tooShort = isShort(walk, window, compared)
  if (tooShort && walk.shortTries < maxShortTries) {
    return { walk: { ...walk, shortTries: walk.shortTries + 1 }, fresh: [], ...bounded(walk) }
  }
  const joint = join(walk, totalBefore, window, compared)
  if (joint === "none") return { walk: stepBack(walk, window, rules), fresh: [], ...bounded(walk) }
  const next = take(walk, memory, window, compared, keys, { joint, tooShort, lookBack: rules.lookBack })
  // Rows past the end that the server claimed: what follows them is asked for until nothing does.
  if (walk.phase === "past") return { walk: { ...next, ask: next.end }, fresh: compared.fresh, ...bounded(next) }
  return walk.phase === "head"
    ? overHead(walk, next, window, compared, keys, rules)
    : down(walk, next, totalBefore, window, compared, rules)
}

/** A window compared with the rows that are known. */
interface Comparison<Row> {
  readonly fresh: ReadonlyArray<Row>
  /** Different rows in it. */
  readonly distinct: number
  readonly holdsLast: boolean
  /** Whether it holds a row of the chain of another instant than the last: one that no tie can have moved. */
  readonly holdsOther: boolean
  /** Whether it ends with a row that was given before. */
  readonly endsKnown: boolean
}

const look = <Row>(memory: Memory, walk: Walk, { rows }: Counted<Row>, keys: RowKeys<Row>): Comparison<Row> => {
  const ids = new Set<string>()
  const fresh: Array<Row> = []
  let holdsLast = false
  let holdsOther = false
  let endsKnown = false
  for (const row of rows) {
    const id = keys.id(row)
    endsKnown = memory.has(id)
    if (ids.has(id)) continue
    ids.add(id)
    if (!endsKnown) fresh.push(row)
    if (id === walk.last?.id) holdsLast = true
    // What is of the chain was given.
    else if (endsKnown && keys.at(row) !== walk.last?.at && memory.isOfChain(id)) holdsOther = true
  }
  return { fresh, distinct: ids.size, holdsLast, holdsOther, endsKnown }
}

const count = <Row>(walk: Walk, { rows, total }: Counted<Row>, keys: RowKeys<Row>): Walk => {
  const first = walk.windows === 0
  return {
    ...walk,
    newest: first && rows.length > 0 ? Math.max(...rows.map(keys.at)) : walk.newest,
    windows: walk.windows + 1,
    firstTotal: first ? total : walk.firstTotal,
    total,
    falls: walk.falls + (first ? 0 : Math.max(0, walk.total - total)),
    rises: walk.rises + (first ? 0 : Math.max(0, total - walk.total))
  }
}

/** A page that is too short for its place may have lost a row on the way: it is asked for again, twice. */
const maxShortTries = 2

/** How many rows a page has where the list goes on: no more than the server was seen to give, or says that it gives. */
const fullPage = (size: number, limit: number) => (size === 0 ? limit : Math.min(size, limit))

/** Fewer rows than stand at its place in the list, or one row twice, which has pushed another out. */
const isShort = ({ size }: Walk, { limit, offset, rows, total }: Counted<unknown>, { distinct }: Comparison<unknown>) =>
  distinct < Math.max(rows.length, Math.min(fullPage(size, limit), total - offset))

/**
 * How a window joins the ones above it: `firm` if no row can stand between them, `soft` if only the server's count and
 * the window's place speak for it.
 */
const join = (
  walk: Walk,
  totalBefore: number,
  { ahead, offset, total }: Counted<unknown>,
  { holdsLast, holdsOther }: Comparison<unknown>
): "firm" | "soft" | "none" => {
  const { failedAt, last, size } = walk
  const quiet = ahead ? total === totalBefore : total >= totalBefore
  if (offset === 0 || last === null || holdsOther || (holdsLast && last.ties === 1 && quiet)) return "firm"
  const inPlace = offset >= walk.end && offset - walk.end < Math.max(1, size)
  // Going back a second time for one seam would find the same again: more rows of one instant than a page holds.
  const again = failedAt === walk.end && holdsLast
  return (total === totalBefore && (holdsLast || inPlace)) || again ? "soft" : "none"
}

/**
 * The server now gives fewer rows a page: where pages have numbers, this one is not the one that was meant. It is asked for again,
 * by the new size.
 */
const withSmallerPages = (walk: Walk, { limit }: Counted<unknown>, rules: Rules): Walk => {
  const { ask, end, phase, step } = walk
  const place =
    phase === "past"
      ? ask
      : rules.overlap === 0
        ? Math.floor(ask / limit) * limit
        : step > 0
          ? ask
          : askBelow(end, rules, limit)
  return { ...walk, size: limit, ask: place }
}

const stepBack = (walk: Walk, { offset }: Counted<unknown>, rules: Rules): Walk => {
  const step = Math.max(walk.step, walk.size, 1)
  return {
    ...walk,
    phase: walk.phase === "past" ? "down" : walk.phase,
    stepBacks: walk.stepBacks + 1,
    shortTries: 0,
    step: step * 2,
    failedAt: walk.step === 0 ? walk.end : walk.failedAt,
    ask: aligned(Math.max(0, Math.min(offset, walk.end) - step), rules, walk.size)
  }
}

/** Where the next window is to start once the rows down to `end` are read. */
export const askBelow = (end: number, rules: Rules, size: number): number =>
  aligned(Math.max(end - shared(rules, size), 0), rules, size)

/** Goes on to the window below. */
const onward = (walk: Walk, rules: Rules): Walk => ({ ...walk, ask: askBelow(walk.end, rules, walk.size) })

const down = <Row>(
  walk: Walk,
  next: Walk,
  totalBefore: number,
  { askedAt, hasNext, limit, rows, total }: Counted<Row>,
  { distinct, fresh }: Comparison<Row>,
  rules: Rules
): Advance<Row> => {
  const noneFresh = fresh.length === 0
  const reached = next.end >= total
  // Rows pushed down make a page of known rows too. At the end of a list whose server promises more forever, the
  // page is known and ends with the very row that the page before ended with.
  const stuck =
    noneFresh && walk.step === 0 && total <= totalBefore && walk.last !== null && next.last?.id === walk.last.id
  const ended =
    rows.length === 0 ||
    (reached && !hasNext) ||
    (noneFresh && !hasNext) ||
    (stuck && (reached || distinct < fullPage(next.size, limit)))
  // Only a list seen to fall says that nothing newer stands further down.
  const cutShort =
    !ended && rules.since !== undefined && orderOf(next) === "newest-first" && (next.last?.at ?? Infinity) < rules.since
  if (ended || cutShort) {
    // A page of no rows has shown the end already; any other is believed only when a page past it is empty.
    if (!cutShort && rows.length > 0) {
      return { walk: { ...next, phase: "past", ask: next.end, asOf: walk.windows === 1 ? askedAt : null }, fresh }
    }
    // One answer is of one instant: nothing can have moved.
    return walk.windows === 1
      ? { walk: { ...next, cutShort, phase: "done", asOf: askedAt }, fresh }
      : { walk: toHead({ ...next, cutShort }), fresh }
  }
  const moved = progress(walk, next, totalBefore, noneFresh)
  if (moved.idle > (isQuiet(next) ? 0 : maxIdlePages)) {
    const detail = "a page held nothing but rows already seen, though none were added"
    return { walk: moved, fresh, fault: { kind: "repeated-page", detail } }
  }
  return { walk: onward(moved, rules), fresh, ...bounded(moved) }
}

const toHead = (walk: Walk): Walk => ({ ...walk, phase: "head", ask: 0, end: 0, last: null, failedAt: -1 })

/** How often a page past the end is asked for while the list moves. */
const maxEndTries = 5

/**
 * There is nothing new past the end. That is so if the list kept still, or if the page shows known rows and then the end of the
 * list. Else the end has moved away from where it was asked for, and is asked for again around its new place.
 */
const pastEnd = (
  walk: Walk,
  totalBefore: number,
  { hasNext, limit, offset, rows, total }: Counted<unknown>,
  { distinct }: Comparison<unknown>
): Walk => {
  const doubting = (detail: string): Walk["doubts"] => [
    ...walk.doubts,
    new Doubt({ kind: "count", detail, after: walk.lastId })
  ]
  // Rows that changed places may have brought known ones here, and others where they will not be seen.
  const goesOn = rows.length > 0 && offset >= total && total === totalBefore && !hasNext && !walk.uncounted
  const seen: Walk = {
    ...walk,
    repeats: walk.repeats + rows.length,
    doubts: goesOn ? doubting(`the list has rows past the ${total} that the provider counts`) : walk.doubts
  }
  const isShown = total === totalBefore || (rows.length > 0 && distinct < fullPage(walk.size, limit))
  if (isShown) {
    // The first answer held the whole list, which kept still.
    return walk.windows === 2 && isQuiet(walk) ? { ...seen, phase: "done" } : toHead({ ...seen, shortTries: 0 })
  }
  if (walk.shortTries < maxEndTries) {
    const end = Math.max(0, walk.end + total - totalBefore)
    return { ...seen, end, ask: Math.max(0, end - Math.ceil(walk.size / 2)), shortTries: walk.shortTries + 1 }
  }
  return toHead({
    ...seen,
    shortTries: 0,
    doubts: doubting("the list moved each time that a page past its end was asked for")
  })
}

/** Rows that go hide from the count how many came, so a few pages without a new row are borne with. */
const maxIdlePages = 3

/** Rows that came in push known rows onto this page; what the count's rise does not explain makes the page an idle one. */
const progress = (before: Walk, after: Walk, totalBefore: number, noneFresh: boolean): Walk => {
  const pushed = before.pushed + Math.max(0, after.total - totalBefore)
  // What is read again after a step back is no sign of anything.
  const again = after.end - before.furthest
  if (!noneFresh || again <= 0) return { ...after, pushed, idle: 0 }
  return { ...after, pushed: Math.max(0, pushed - again), idle: pushed > 0 ? 0 : before.idle + 1 }
}

const overHead = <Row>(
  walk: Walk,
  taken: Walk,
  { askedAt, hasNext, offset, rows, total }: Counted<Row>,
  { endsKnown, fresh }: Comparison<Row>,
  keys: RowKeys<Row>,
  rules: Rules
): Advance<Row> => {
  const next: Walk = {
    ...taken,
    headRows: walk.headRows + fresh.length,
    // All that stood here when this was asked for is read, once the rest of the head joins it.
    asOf: offset === 0 ? askedAt : walk.asOf
  }
  const stuck = fresh.length === 0 && walk.step === 0 && next.end <= walk.end
  const whole = rows.length === 0 || stuck || (next.end >= total && !hasNext)
  const unread =
    stuck && next.end < total
      ? [new Doubt({ kind: "seam", detail: `the head could not be read past offset ${next.end}`, after: next.lastId })]
      : []
  const oldest = rows.reduce((least, row) => Math.min(least, keys.at(row)), Infinity)
  const newest = walk.newest ?? -Infinity
  // That the count kept still says nothing: one row may have come in late and another have gone.
  const farEnough = oldest < newest - rules.lookBack
  return whole || (endsKnown && farEnough)
    ? { walk: { ...next, phase: "done", doubts: [...next.doubts, ...unread] }, fresh }
    : { walk: onward(next, rules), fresh, ...bounded(next) }
}

// ---------------------------------------------------------------------------
// Parts of a step
// ---------------------------------------------------------------------------

/** Counts a joined window's rows in, and remembers them. */
const take = <Row>(
  walk: Walk,
  memory: Memory,
  { limit, offset, rows }: Counted<Row>,
  { distinct, fresh }: Comparison<Row>,
  keys: RowKeys<Row>,
  {
    joint,
    lookBack,
    tooShort
  }: { readonly joint: "firm" | "soft"; readonly tooShort: boolean; readonly lookBack: number }
): Walk => {
  let { ascending, descending, fingerprint } = walk
  for (const row of fresh) fingerprint = Fingerprint.add(fingerprint, keys.id(row))
  if (offset === 0) memory.unchain()
  for (const row of rows) memory.add(keys.id(row), keys.at(row) >= (walk.newest ?? Infinity) - lookBack)
  for (let i = 1; i < rows.length; i++) {
    const [above, below] = [rows[i - 1], rows[i]]
    if (above === undefined || below === undefined) continue
    if (keys.at(above) < keys.at(below)) descending = false
    if (keys.at(above) > keys.at(below)) ascending = false
  }
  const [top] = rows
  const bottom = fresh.at(-1)
  // Only a first page that is steadily shorter than the server says teaches how many rows a page really has.
  const learning = walk.size === 0
  const lacking =
    tooShort && !learning
      ? [new Doubt({ kind: "short-page", detail: `the page at offset ${offset} lacks rows`, after: walk.lastId })]
      : []
  return {
    ...walk,
    ascending,
    descending,
    fingerprint,
    end: offset + distinct,
    furthest: Math.max(walk.furthest, offset + distinct),
    last: lastOf(rows, keys) ?? walk.last,
    size: Math.max(walk.size, learning && !tooShort ? limit : 0, distinct),
    learntShort: walk.learntShort || (learning && tooShort),
    step: 0,
    shortTries: 0,
    softSeams: walk.softSeams + (joint === "soft" ? 1 : 0),
    doubts: [...walk.doubts, ...lacking],
    rows: walk.rows + fresh.length,
    repeats: walk.repeats + rows.length - fresh.length,
    firstId: offset === 0 && top !== undefined ? keys.id(top) : walk.firstId,
    lastId: walk.phase !== "head" && bottom !== undefined ? keys.id(bottom) : walk.lastId
  }
}

const lastOf = <Row>(rows: ReadonlyArray<Row>, keys: RowKeys<Row>): Walk["last"] => {
  const last = rows.at(-1)
  if (last === undefined) return null
  const at = keys.at(last)
  const id = keys.id(last)
  const ties = new Set<string>()
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i]
    if (row === undefined || keys.at(row) !== at) break
    ties.add(keys.id(row))
  }
  return { id, at, ties: ties.size }
}

/** How many rows two windows share: a page of one row has none to spare. */
const shared = ({ overlap }: Rules, size: number) => Math.max(0, Math.min(overlap, size - 1))

/** A place where a page can start: anywhere, or at whole pages where nothing is shared. */
const aligned = (offset: number, rules: Rules, size: number) =>
  rules.overlap > 0 || size <= 0 ? offset : Math.ceil(offset / size) * size

/** A list that is not counted may have as many rows as this, as long as they are new. */
const mostUncounted = 100_000_000

/** Ends a walk that goes on far beyond what the server counts, or gets nowhere on a list that moves faster than it. */
const bounded = (walk: Walk): { readonly fault?: Fault } => {
  if (walk.uncounted && walk.end <= mostUncounted) return {}
  const windows = 500 + (20 * walk.firstTotal) / Math.max(1, walk.size)
  if (walk.end <= 10 * walk.firstTotal + 100_000 && walk.windows <= windows) return {}
  const detail = `after ${walk.windows} pages of a list of ${walk.firstTotal} rows at first and ${walk.total} now, its end is not reached`
  return { fault: { kind: "never-ends", detail } }
}
