/**
 * A list that moves while it is walked, by a seed: what comes in, goes, swaps and breaks between any two answers, and
 * whether the walk's proof was right about it.
 */
import { Clock, Effect, Exit, Option, Stream } from "effect"
import { Checkpoint, type ExtractProof, OffsetPager, VobizError } from "../src/index.ts"

interface Row {
  readonly id: string
  readonly at: number
}

/** What became of one walk. The first four say what must never be. */
export interface Outcome {
  /**
   * Rows that the list held at the proof's instant and to the walk's end, and the walk did not give, though the proof
   * says complete.
   */
  readonly losses: ReadonlyArray<string>
  /** Rows given that the list never held, or given twice without a crash to explain it. */
  readonly inventions: ReadonlyArray<string>
  /**
   * Whether a list that stood still, and was served without a fault, was not proved; or pages of one that only grew at its
   * head were not shown to join, though they overlap.
   */
  readonly falseDoubt: boolean
  /** What the proof says of the walk and is not so. */
  readonly contradictions: ReadonlyArray<string>
  readonly verdict: ExtractProof.ExtractProof["verdict"]
  /** Why the walk did not come to its end: `never-ends`, `repeated-page`, `request`, or `null` where it did. */
  readonly fault: string | null
  /** What happened to the list and to the answers, and how often. */
  readonly events: Readonly<Record<string, number>>
  readonly pages: number
  /** The schedule and the end, to read beside the seed. */
  readonly story: string
}

/** A generator of numbers in [0, 1), by a seed. */
const randomOf = (seed: number) => {
  let state = Math.imul(seed, 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** As `CallDetailRecords` asks for a stretch where pages have numbers: by the page size whose page reaches furthest. */
const pageThatHolds = ({ limit, offset }: OffsetPager.Stretch): OffsetPager.Stretch => {
  let best = { offset: Math.floor(offset / limit) * limit, limit }
  for (let size = limit - 1; size > limit / 2; size--) {
    const start = Math.floor(offset / size) * size
    if (start + size > best.offset + best.limit) best = { offset: start, limit: size }
  }
  return best
}

/** The process that walks is killed. */
const killed = "killed"

const listEvents = ["insert", "burst", "delete", "deleteMany", "purge", "swap", "late"] as const
const growth: ReadonlySet<string> = new Set(["insert", "burst"])
const answerEvents = ["duplicate", "lose", "fail", "lowerCap"] as const
type Kind = (typeof listEvents)[number] | (typeof answerEvents)[number]

/** One walk, by its seed. */
export const simulate = Effect.fnUntraced(function* (seed: number) {
  const random = randomOf(seed)
  const below = (n: number) => Math.floor(random() * n)
  const chance = (p: number) => random() < p
  const pick = <A>(options: ReadonlyArray<A>): A => options[below(options.length)] as A

  // The list, newest first. Instants are coarse in some runs, so that many rows share one.
  const grain = pick([1, 1, 1000, 50_000])
  const base = 1_000_030_000
  const coarse = (at: number) => Math.floor(at / grain) * grain
  let list: Array<Row> = Array.from({ length: pick([0, 1, 5, 19, 20, 21, 60, 150, 400]) }, (_, n) => ({
    id: `r${n}`,
    at: coarse(base - n * 997)
  })).toSorted((a, b) => b.at - a.at)
  const firstRows = list.length
  let inserted = 0
  const ever = new Set(list.map(({ id }) => id))

  // How it is asked for: from anywhere, in whole pages alone, or in stretches that are pages of some size.
  const paging = pick(["anywhere", "anywhere", "whole", "stretches"])
  const overlap = paging === "whole" ? 0 : paging === "stretches" ? pick([1, 3]) : pick([1, 1, 3, 0])
  const firstCap = pick([1, 3, 20, 100])
  let cap = firstCap
  const concurrency = pick([1, 1, 4, 8])
  const lookBack = pick([0, 60_000])
  const since = chance(0.15) ? base - below(997 * (firstRows + 1)) : undefined

  // What may happen in this run.
  const still = chance(0.25)
  const rate = still ? 0 : pick([0.02, 0.1, 0.5])
  const growing = chance(0.2)
  const lie = !still && chance(0.1) ? pick([-3, -1, 1, 5]) : 0
  const neverNull = chance(0.1)
  // A count and a word for "more" that agree on an end too early, in every page; pages that end there too, of a list that
  // does not move, or hold what follows.
  const early = lie === 0 && !neverNull && chance(0.1) ? pick([1, 2, 20, 45]) : 0
  const cut = early > 0 && still
  const possible: ReadonlyArray<Kind> = growing
    ? ["insert", "burst", ...answerEvents]
    : [...listEvents, ...answerEvents]
  const kinds = possible.filter(
    (kind) =>
      chance(kind === "fail" ? 0.1 : 0.5) &&
      (kind !== "late" || lookBack > 0) &&
      // A server that loses a row and counts it away too shows a list that nobody can tell from a whole one.
      (kind !== "lose" || (lie >= 0 && early === 0))
  )
  // A walk that is kept goes on after the process was killed, or a request has failed.
  const kept = chance(0.2)
  let kills = kept ? below(4) : 0

  // A clock that moves with every request, and with nothing else.
  let time = base
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => time,
    currentTimeMillis: Effect.sync(() => time),
    currentTimeNanosUnsafe: () => BigInt(time) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(time) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(time) * 1_000_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(time) * 1_000_000n),
    sleep: () => Effect.void
  }

  const history: Array<{ readonly time: number; readonly list: ReadonlyArray<Row> }> = [{ time, list }]
  const events: Partial<Record<Kind | typeof killed, number>> = {}
  let disturbed = lie !== 0 || early > 0
  // A list that never comes to rest faster than it can be read has no end; this one does.
  let left = 40
  const occurs = (kind: Kind) => {
    if (left === 0 || !kinds.includes(kind) || !chance(rate)) return false
    left--
    return true
  }
  const note = (kind: Kind | typeof killed) => {
    disturbed = true
    events[kind] = (events[kind] ?? 0) + 1
  }

  const insert = (at: number) => {
    const row = { id: `n${inserted++}`, at: coarse(at) }
    ever.add(row.id)
    const place = list.findIndex((other) => other.at <= row.at)
    const among = below(list.filter((other) => other.at === row.at).length + 1)
    list = list.toSpliced(place === -1 ? list.length : place + among, 0, row)
  }
  let newest = base
  const happen: Readonly<Record<(typeof listEvents)[number], () => void>> = {
    insert: () => insert((newest += 1000)),
    burst: () => {
      for (let n = below(3 * cap) + 1; n > 0; n--) insert((newest += 7))
    },
    delete: () => {
      list = list.toSpliced(below(list.length), 1)
    },
    deleteMany: () => {
      list = list.toSpliced(below(list.length), below(2 * cap) + 1)
    },
    purge: () => {
      list = list.slice(0, Math.max(0, list.length - 1 - below(cap)))
    },
    swap: () => {
      // Rows of one instant have no order of their own.
      list = list
        .map((row) => ({ row, lot: random() }))
        .toSorted((a, b) => b.row.at - a.row.at || a.lot - b.lot)
        .map(({ row }) => row)
    },
    // No further from the newest row than the look-back, however coarse the instants.
    late: () => insert((list[0]?.at ?? base) - Math.floor(below(lookBack) / grain) * grain)
  }

  const answer = (stretch: OffsetPager.Stretch) =>
    Effect.gen(function* () {
      if (paging !== "anywhere" && stretch.offset % stretch.limit !== 0) {
        return yield* Effect.die(`asked for ${stretch.limit} rows from ${stretch.offset}, which is no whole page`)
      }
      // Answers to pages asked for at once come in any order.
      for (let n = concurrency > 1 ? below(3) : 0; n > 0; n--) yield* Effect.yieldNow
      time += 1
      for (const kind of listEvents) {
        if (!occurs(kind)) continue
        const before = list
        happen[kind]()
        if (before.some((row, n) => row !== list[n]) || before.length !== list.length) note(kind)
      }
      history.push({ time, list })
      if (occurs("fail")) {
        note("fail")
        const reason = new VobizError.ServerFault({ status: 503, code: null, detail: null })
        return yield* new VobizError.VobizError({ operation: "simulated", requestId: null, reason })
      }
      if (cap > 3 && occurs("lowerCap")) {
        events.lowerCap = (events.lowerCap ?? 0) + 1
        cap = Math.ceil(cap / pick([2, 5]))
      }
      const limit = Math.min(stretch.limit, cap)
      const offset = paging === "anywhere" ? stretch.offset : (stretch.offset / stretch.limit) * limit
      const end = Math.max(0, list.length - early)
      let rows = list.slice(offset, cut && offset < end ? Math.min(end, offset + limit) : offset + limit)
      if (rows.length > 1 && occurs("duplicate")) {
        note("duplicate")
        const twice = below(rows.length)
        rows = rows.toSpliced(twice, 0, rows[twice] as Row)
        if (chance(0.5)) rows.pop()
      }
      if (rows.length > 1 && occurs("lose")) {
        note("lose")
        rows = rows.toSpliced(below(rows.length), 1)
      }
      return {
        rows,
        offset,
        limit,
        total: Math.max(0, end + lie),
        hasNext: neverNull || offset + limit < end
      }
    })

  const source: OffsetPager.Source<OffsetPager.PageView<Row>, Row> = {
    operation: "simulated",
    limit: 100,
    concurrency,
    overlap,
    lookBack,
    since,
    ...(paging === "stretches" ? { plan: pageThatHolds } : {}),
    fetch: answer,
    view: (page) => page,
    id: ({ id }) => id,
    at: ({ at }) => at
  }

  const got: Array<string> = []
  const contradictions: Array<string> = []
  let pieces = 0
  const piece = Effect.gen(function* () {
    const { proof, rows } = kept
      ? yield* OffsetPager.resume(source, { checkpoint: yield* Checkpoint.Checkpoint, name: "walk", identity: "walk" })
      : yield* OffsetPager.extract(source)
    pieces++
    let lifetime = kills > 0 ? below(firstRows + 1) : Infinity
    const end = yield* Effect.exit(
      Stream.runForEach(rows, ({ id }) =>
        lifetime-- === 0 ? Effect.fail(killed) : Effect.sync(() => void got.push(id))
      )
    )
    return { told: yield* proof, why: whyOf(end) }
  })
  const { told, why } = yield* Effect.gen(function* () {
    for (;;) {
      const result = yield* piece
      if (result.why !== null && result.why !== killed && result.told.verdict !== "not-provable") {
        contradictions.push(`${result.told.verdict}, though ended by ${result.why}`)
      }
      if (result.why === killed) {
        kills--
        note(killed)
      } else if (!kept || result.why !== "request") {
        return result
      }
    }
  }).pipe(Effect.provide(Checkpoint.Checkpoint.layerMemory), Effect.provideService(Clock.Clock, clock))

  const given = new Set(got)
  const asOf = told.asOf?.epochMilliseconds ?? -1
  const first = history.findLastIndex(({ time }) => time <= asOf)
  const shown = history.slice(Math.max(0, first)).map(({ list }) => new Set(list.map(({ id }) => id)))
  // What was there at that instant and to the end of the walk; a row that went meanwhile is nobody's to show.
  const downTo = told.since?.epochMilliseconds ?? -Infinity
  const held = (history[Math.max(0, first)]?.list ?? [])
    .filter(({ at, id }) => at >= downTo && shown.every((ids) => ids.has(id)))
    .map(({ id }) => id)
  const complete = told.verdict === "complete"

  if (why === null && told.verdict === "not-provable") contradictions.push("not provable, though read to its end")
  // What was given before the first page was kept is not counted.
  if (pieces === 1 && told.rows < given.size) contradictions.push(`${told.rows} rows, and ${given.size} were given`)
  if (why === null && told.rows > given.size) contradictions.push(`${told.rows} rows, and ${given.size} were given`)
  if (complete === told.doubts.length > 0) contradictions.push(`${told.verdict} with ${told.doubts.length} doubts`)
  // Where nothing went, and what came, came in at the head, the rows are those of one instant.
  const headOnly = Object.keys(events).every((kind) => !["delete", "deleteMany", "purge", "late"].includes(kind))
  if (complete && headOnly && told.since === null) {
    const instant = shown.some((ids) => ids.size === given.size && got.every((id) => ids.has(id)))
    if (!instant) contradictions.push("complete, though the list never held just these rows")
  }

  // Where rows only come in at the head, pages that overlap by rows of other instants leave no seam in doubt. No page of
  // three rows is sure to hold a stretch that starts anywhere and reaches below it.
  const overlapping = overlap > 0 && cap > (paging === "stretches" ? 3 : 1)
  const followed =
    overlapping && grain === 1 && lie === 0 && early === 0 && Object.keys(events).every((kind) => growth.has(kind))
  // A part of a list has no count to prove it: where only the place joins its pages, it is rightly doubted.
  const partInDoubt = told.since !== null && told.doubts.every(({ kind }) => kind === "seam")
  const story = {
    seed,
    rows: firstRows,
    paging,
    overlap,
    cap: [firstCap, cap],
    concurrency,
    lookBack,
    since,
    grain,
    rate,
    kinds,
    lie,
    early
  }
  return {
    losses: complete ? held.filter((id) => !given.has(id)) : [],
    inventions: [
      ...[...given].filter((id) => !ever.has(id)),
      // After a kill the rows of one page may come again.
      ...(got.length - given.size <= (pieces - 1) * (firstCap + 1) ? [] : ["a row twice"])
    ],
    falseDoubt:
      (!disturbed && !complete && !partInDoubt) || (followed && told.doubts.some(({ kind }) => kind === "seam")),
    contradictions,
    verdict: told.verdict,
    fault: why,
    events,
    pages: told.pages,
    story: `${JSON.stringify({ ...story, neverNull, kept })} → ${JSON.stringify(events)} ${told.verdict} ${JSON.stringify(told.doubts)} ${why ?? "ended"}`
  } satisfies Outcome
})

/** What stopped a walk: a request, the process, or a fault of the list; `null` if nothing did. */
const whyOf = <A, E>(end: Exit.Exit<A, E>): string | null => {
  if (Exit.isSuccess(end)) return null
  const error: unknown = Option.getOrNull(Exit.findErrorOption(end))
  if (error === killed) return killed
  if (!(error instanceof VobizError.VobizError)) return `a defect: ${String(end.cause)}`
  return error.reason._tag === "PagingFault" ? error.reason.kind : "request"
}
