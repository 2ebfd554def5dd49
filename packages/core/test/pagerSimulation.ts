/**
 * A list that moves while it is walked, by a seed: what comes in, goes, swaps and breaks between any two answers, and
 * whether the walk's proof was right about it.
 */
import { Clock, Effect, Stream } from "effect"
import { type ExtractProof, OffsetPager } from "../src/index.ts"

interface Row {
  readonly id: string
  readonly at: number
}

export interface Outcome {
  /** Rows that the list held at the proof's instant and the walk did not give, though the proof says complete. */
  readonly losses: ReadonlyArray<string>
  /** Rows given that the list never held, or given twice. */
  readonly inventions: ReadonlyArray<string>
  /** Whether a list that stood still was not proved. */
  readonly falseDoubt: boolean
  readonly verdict: ExtractProof.ExtractProof["verdict"]
  readonly pages: number
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

/** One walk, by its seed. */
export const simulate = Effect.fnUntraced(function* (seed: number) {
  const random = randomOf(seed)
  const below = (n: number) => Math.floor(random() * n)
  const chance = (p: number) => random() < p
  const pick = <A>(options: ReadonlyArray<A>): A => options[below(options.length)] as A

  // The list, newest first. Instants are coarse in some runs, so that many rows share one.
  const grain = pick([1, 1, 1000, 50_000])
  const base = 1_000_000_000
  const coarse = (at: number) => Math.floor(at / grain) * grain
  let list: Array<Row> = Array.from({ length: pick([0, 1, 5, 19, 20, 21, 60, 150, 400]) }, (_, n) => ({
    id: `r${n}`,
    at: coarse(base - n * 997)
  })).toSorted((a, b) => b.at - a.at)
  let inserted = 0
  const ever = new Set(list.map(({ id }) => id))

  // What may happen in this run.
  const cap = pick([1, 3, 20, 100])
  const concurrency = pick([1, 1, 4, 8])
  const overlap = pick([1, 1, 3, 0])
  const lookBack = pick([0, 60_000])
  const still = chance(0.25)
  const rate = still ? 0 : pick([0.02, 0.1, 0.5])
  const kinds = ["insert", "burst", "delete", "deleteMany", "purge", "swap", "late", "duplicate", "lose"].filter(() =>
    chance(0.5)
  )
  const lie = !still && chance(0.1) ? pick([-3, -1, 1, 5]) : 0
  // A server that loses a row and counts it away too shows a list that nobody can tell from a whole one.
  if (lie < 0) kinds.splice(0, kinds.length, ...kinds.filter((kind) => kind !== "lose"))
  const neverNull = chance(0.1)
  const story = JSON.stringify({
    seed,
    rows: list.length,
    cap,
    concurrency,
    overlap,
    lookBack,
    rate,
    kinds,
    lie,
    neverNull,
    grain
  })

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
  let disturbed = lie !== 0
  // A list that never comes to rest faster than it can be read has no end; this one does.
  let events = 40

  const insert = (at: number) => {
    const row = { id: `n${inserted++}`, at: coarse(at) }
    ever.add(row.id)
    const place = list.findIndex((other) => other.at <= row.at)
    list = list.toSpliced(place === -1 ? list.length : place, 0, row)
  }
  let newest = base
  const happen: Readonly<Record<string, () => void>> = {
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
    late: () => {
      if (lookBack > 0) insert(base - below(lookBack))
    }
  }

  const fetch = ({ limit, offset }: OffsetPager.Stretch) =>
    Effect.gen(function* () {
      // Answers to pages asked for at once come in any order.
      for (let n = concurrency > 1 ? below(3) : 0; n > 0; n--) yield* Effect.yieldNow
      time += 1
      for (const kind of kinds) {
        const event = happen[kind]
        if (event === undefined || events === 0 || !chance(rate)) continue
        events--
        const before = list
        event()
        if (before.some((row, n) => row !== list[n]) || before.length !== list.length) disturbed = true
      }
      history.push({ time, list })
      const size = Math.min(limit, cap)
      let rows = list.slice(offset, offset + size)
      if (rows.length > 1 && kinds.includes("duplicate") && events > 0 && chance(rate)) {
        disturbed = true
        const twice = below(rows.length)
        rows = rows.toSpliced(twice, 0, rows[twice] as Row)
        if (chance(0.5)) rows.pop()
      }
      if (rows.length > 1 && kinds.includes("lose") && events > 0 && chance(rate)) {
        disturbed = true
        rows = rows.toSpliced(below(rows.length), 1)
      }
      return {
        rows,
        offset,
        limit: size,
        total: Math.max(0, list.length + lie),
        hasNext: neverNull || offset + size < list.length
      }
    })

  const { proof, rows } = yield* OffsetPager.extract({
    operation: "simulated",
    limit: 100,
    concurrency,
    overlap,
    lookBack,
    fetch,
    view: (page: OffsetPager.PageView<Row>) => page,
    id: ({ id }: Row) => id,
    at: ({ at }) => at
  })
  const got: Array<string> = []
  const end = yield* Stream.runForEach(rows, ({ id }) => Effect.sync(() => got.push(id))).pipe(
    Effect.exit,
    Effect.provideService(Clock.Clock, clock)
  )
  const told = yield* proof
  const given = new Set(got)
  const asOf = told.asOf?.epochMilliseconds ?? -1
  const first = history.findLastIndex(({ time }) => time <= asOf)
  const shown = history.slice(Math.max(0, first)).map(({ list }) => new Set(list.map(({ id }) => id)))
  // What was there at that instant and to the end of the walk; a row that went meanwhile is nobody's to show.
  const held = [...(shown[0] ?? [])].filter((id) => shown.every((ids) => ids.has(id)))
  return {
    losses: told.verdict === "complete" ? held.filter((id) => !given.has(id)) : [],
    inventions: [...got.filter((id) => !ever.has(id)), ...(given.size === got.length ? [] : ["a row twice"])],
    falseDoubt: !disturbed && (end._tag === "Failure" || told.verdict !== "complete"),
    verdict: told.verdict,
    pages: told.pages,
    story: `${story} → ${told.verdict} ${JSON.stringify(told.doubts)} ${end._tag}`
  } satisfies Outcome
})
