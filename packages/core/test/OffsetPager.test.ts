import { assert, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import { DateTime, Effect, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type ExtractProof, OffsetPager } from "../src/index.ts"
import * as Pager from "../src/internal/pager.ts"
import { simulate } from "./pagerSimulation.ts"

interface Row {
  readonly id: string
  readonly at: number
}

const rowsOf = (count: number): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, n) => ({ id: `r${n}`, at: 1_000_000 - n * 1000 }))

interface Server {
  /** The list when the nth request comes. */
  readonly list: (nth: number) => ReadonlyArray<Row>
  readonly cap?: number
  readonly total?: (real: number, nth: number) => number
  readonly hasNext?: (real: boolean) => boolean
  readonly rows?: (real: ReadonlyArray<Row>, nth: number) => ReadonlyArray<Row>
}

/** A list to walk, and the offsets that were asked for. */
const serving = (server: Server, options: Partial<OffsetPager.Source<OffsetPager.PageView<Row>, Row>> = {}) => {
  const asked: Array<number> = []
  const source: OffsetPager.Source<OffsetPager.PageView<Row>, Row> = {
    operation: "test",
    limit: 100,
    concurrency: 1,
    overlap: 1,
    lookBack: 0,
    fetch: ({ limit, offset }) =>
      Effect.sync(() => {
        asked.push(offset)
        const nth = asked.length
        const list = server.list(nth)
        const size = Math.min(limit, server.cap ?? 100)
        const real = list.slice(offset, offset + size)
        const hasNext = offset + size < list.length
        return {
          rows: server.rows?.(real, nth) ?? real,
          offset,
          limit: size,
          total: server.total?.(list.length, nth) ?? list.length,
          hasNext: server.hasNext?.(hasNext) ?? hasNext
        }
      }),
    view: (page) => page,
    id: ({ id }) => id,
    at: ({ at }) => at,
    ...options
  }
  return { asked, source }
}

const walk = (source: OffsetPager.Source<OffsetPager.PageView<Row>, Row>) =>
  Effect.gen(function* () {
    const { proof, rows } = yield* OffsetPager.extract(source)
    const got = yield* Stream.runCollect(rows)
    return { ids: got.map(({ id }) => id), proof: yield* proof }
  })

const kinds = ({ doubts }: ExtractProof.ExtractProof) => doubts.map(({ kind }) => kind)

describe("OffsetPager", () => {
  for (const cap of [1, 2, 3, 20, 100]) {
    for (const count of [0, 1, 2, 19, 20, 21, 40, 100, 101, 250]) {
      it.effect(`proves a still list of ${count} rows in pages of ${cap}`, () => {
        const { source } = serving({ list: () => rowsOf(count), cap })
        return Effect.gen(function* () {
          const { ids, proof } = yield* walk(source)
          assert.deepStrictEqual(
            ids,
            rowsOf(count).map(({ id }) => id)
          )
          assert.deepStrictEqual(
            [proof.verdict, proof.rows, proof.total, proof.rowsInDoubt],
            ["complete", count, count, 0]
          )
        })
      })
    }
  }

  it.effect("asks for a still list once, for one page past its end, and for its head again", () => {
    const { asked, source } = serving({ list: () => rowsOf(1000) })
    return Effect.gen(function* () {
      const { proof } = yield* walk(source)
      assert.deepStrictEqual(asked, [0, 99, 198, 297, 396, 495, 594, 693, 792, 891, 990, 1000, 0])
      assert.deepStrictEqual([proof.pages, proof.stepBacks, proof.pageSize, proof.order], [13, 0, 100, "newest-first"])
      assert.deepStrictEqual([proof.firstId, proof.lastId], ["r0", "r999"])
    })
  })

  for (const [overlap, count, early] of [
    [1, 150, 30],
    [1, 130, 30],
    [0, 150, 30],
    [0, 127, 20]
  ] as const) {
    it.effect(
      `reads past an end that count and next agree on too early, and doubts: ${count}, ${early}, ${overlap}`,
      () => {
        const { source } = serving({ list: () => rowsOf(count) }, { overlap })
        // Each page ends where the list pretends to end.
        const end = count - early
        const fetch: typeof source.fetch = ({ limit, offset }) =>
          Effect.succeed({
            rows: rowsOf(count).slice(offset, offset < end ? Math.min(end, offset + limit) : offset + limit),
            offset,
            limit,
            total: end,
            hasNext: offset + limit < end
          })
        return Effect.gen(function* () {
          const { ids, proof } = yield* walk({ ...source, fetch })
          assert.deepStrictEqual(
            ids,
            rowsOf(count).map(({ id }) => id)
          )
          assert.strictEqual(proof.verdict, "in-doubt")
          assert.include(kinds(proof), "count")
        })
      }
    )
  }

  it.effect("is as of the attempt that was answered, where the page says when that was", () => {
    const { source } = serving({ list: () => rowsOf(150) })
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-05-11T10:00:00Z"))
      const answered = Date.parse("2026-05-11T10:01:00Z")
      const { proof } = yield* walk({ ...source, view: (page) => ({ ...page, askedAt: answered }) })
      assert.strictEqual(proof.asOf?.epochMilliseconds, answered)
    })
  })

  it.effect("finds the rows that slid up past the reader when others were deleted", () => {
    const { source } = serving({ list: (nth) => (nth < 3 ? rowsOf(100) : rowsOf(100).slice(15)), cap: 20 })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(ids.length, 100)
      assert.strictEqual(proof.verdict, "complete")
      assert.isAbove(proof.stepBacks, 0)
      assert.strictEqual(proof.gone, 15)
    })
  })

  it.effect("finds the rows when everything it knew of the list was deleted", () => {
    const { source } = serving({ list: (nth) => (nth < 3 ? rowsOf(100) : rowsOf(100).slice(39)), cap: 20 })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(ids.length, 100)
      assert.strictEqual(proof.verdict, "complete")
    })
  })

  it.effect("reads what came in at the head meanwhile, and tells as of when it is whole", () => {
    const news = Array.from({ length: 45 }, (_, n) => ({ id: `new${n}`, at: 2_000_000 - n }))
    const { source } = serving({ list: (nth) => (nth < 4 ? rowsOf(100) : [...news, ...rowsOf(100)]), cap: 20 })
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000_000)
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(new Set(ids).size, 145)
      assert.strictEqual(ids.length, 145)
      assert.strictEqual(proof.verdict, "complete")
      assert.strictEqual(proof.asOf?.epochMilliseconds, 5_000_000)
      assert.strictEqual(proof.firstId, "new0")
    })
  })

  it.effect("reads the head as far as late rows may come in, by the list's own time and not the reader's", () => {
    // A row goes for each that comes in late, so that the count tells nothing.
    const late = { id: "late", at: 1_000_000 - 30_000 }
    const moved = rowsOf(100).toSpliced(99, 1).toSpliced(30, 0, late)
    const { source } = serving({ list: (nth) => (nth < 7 ? rowsOf(100) : moved), cap: 20 }, { lookBack: 60_000 })
    return Effect.gen(function* () {
      yield* TestClock.setTime(9_000_000)
      const { ids, proof } = yield* walk(source)
      assert.include(ids, "late")
      assert.strictEqual(proof.verdict, "complete")
    })
  })

  for (const lookBack of [0, 1_500_000]) {
    it.effect(`gives no row twice of a list longer than its memory, with a look-back of ${lookBack} ms`, () => {
      const news = { id: "new", at: 2_000_000 }
      const { source } = serving(
        { list: (nth) => (nth < 40 ? rowsOf(5000) : [news, ...rowsOf(5000)]) },
        { lookBack, memory: 300 }
      )
      return Effect.gen(function* () {
        const { ids, proof } = yield* walk(source)
        assert.deepStrictEqual([ids.length, new Set(ids).size], [5001, 5001])
        assert.strictEqual(proof.verdict, "complete")
      })
    })
  }

  it.effect(
    "doubts a page that nothing but its place and the count join to the one above, once the list has moved",
    () => {
      const late = { id: "late", at: 1_000_000 - 69_500 }
      const moved = rowsOf(100).toSpliced(70, 0, late).toSpliced(5, 1)
      const { source } = serving(
        { list: (nth) => (nth < 4 ? rowsOf(100) : moved), cap: 20 },
        { overlap: 0, lookBack: 80_000 }
      )
      return Effect.gen(function* () {
        const { ids, proof } = yield* walk(source)
        assert.sameMembers(
          ids,
          [...rowsOf(100), late].map(({ id }) => id)
        )
        assert.deepStrictEqual([proof.verdict, kinds(proof)], ["in-doubt", ["seam"]])
      })
    }
  )

  it.effect("finds what came in late into a part of a list, whose count says nothing", () => {
    const late = { id: "late", at: 1_000_000 - 30_000 }
    const moved = rowsOf(200).toSpliced(150, 1).toSpliced(30, 0, late)
    const { source } = serving(
      { list: (nth) => (nth < 4 ? rowsOf(200) : moved), cap: 20 },
      { lookBack: 60_000, since: 1_000_000 - 70_000 }
    )
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.include(ids, "late")
      assert.strictEqual(proof.verdict, "complete")
      assert.isNotNull(proof.since)
    })
  })

  it.effect("is not held to the size of a list that was short when it began", () => {
    const { source } = serving({
      list: (nth) => (nth === 1 ? rowsOf(60).slice(58) : rowsOf(60)),
      cap: 20,
      hasNext: () => true
    })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(ids.length, 60)
      assert.deepStrictEqual([proof.verdict, proof.pageSize], ["complete", 20])
    })
  })

  it.effect("doubts a first page that is shorter each time than the server says, once the list has moved", () => {
    // What comes in meanwhile keeps the head that is read again from reaching the lost row; one goes, so that the count agrees.
    const news = Array.from({ length: 17 }, (_, n) => ({ id: `new${n}`, at: 2_000_000 - n }))
    const { source } = serving({
      list: (nth) => (nth < 9 ? rowsOf(100) : [...news, ...rowsOf(99)]),
      cap: 20,
      rows: (real, nth) => (nth <= 3 ? real.filter(({ id }) => id !== "r7") : real)
    })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.notInclude(ids, "r7")
      assert.strictEqual(proof.verdict, "in-doubt")
      assert.include(kinds(proof), "short-page")
    })
  })

  it.effect("asks again for a page that lost rows on the way", () => {
    const { source } = serving({
      list: () => rowsOf(100),
      cap: 20,
      rows: (real, nth) => (nth === 3 ? real.toSpliced(7, 2) : real)
    })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(ids.length, 100)
      assert.strictEqual(proof.verdict, "complete")
    })
  })

  it.effect("doubts a page that lacks rows every time", () => {
    const lost = (real: ReadonlyArray<Row>) => real.filter(({ id }) => id !== "r45")
    const { source } = serving({ list: () => rowsOf(100), cap: 20, rows: lost })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(ids.length, 99)
      assert.strictEqual(proof.verdict, "in-doubt")
      assert.includeMembers(kinds(proof), ["short-page", "count"])
    })
  })

  for (const delta of [-3, 3]) {
    it.effect(`doubts a count that is wrong by ${delta}, and reads on to the end all the same`, () => {
      const { source } = serving({ list: () => rowsOf(100), cap: 20, total: (real) => real + delta })
      return Effect.gen(function* () {
        const { ids, proof } = yield* walk(source)
        assert.strictEqual(ids.length, 100)
        assert.deepStrictEqual([proof.verdict, proof.total], ["in-doubt", 100 + delta])
        assert.include(kinds(proof), "count")
      })
    })
  }

  it.effect("ends where the server never says so, and proves the list by its count", () => {
    const { source } = serving({ list: () => rowsOf(100), cap: 20, hasNext: () => true })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.deepStrictEqual([ids.length, proof.verdict], [100, "complete"])
    })
  })

  it.effect("does not believe a server that says too early that nothing follows", () => {
    const { source } = serving({ list: () => rowsOf(100), cap: 20, hasNext: () => false })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.deepStrictEqual([ids.length, proof.verdict], [100, "complete"])
    })
  })

  it.effect("proves nothing before the end", () => {
    const { source } = serving({ list: () => rowsOf(100), cap: 20 })
    return Effect.gen(function* () {
      const { proof, rows } = yield* OffsetPager.extract(source)
      yield* Stream.runDrain(Stream.take(rows, 50))
      const early = yield* proof
      assert.deepStrictEqual([early.verdict, kinds(early), early.asOf], ["not-provable", ["unfinished"], null])
    })
  })

  it.effect("gives rows in the same order, and the same proof, whatever the concurrency", () =>
    Effect.gen(function* () {
      const one = yield* walk(serving({ list: () => rowsOf(1000), cap: 20 }).source)
      const many = yield* walk(serving({ list: () => rowsOf(1000), cap: 20 }, { concurrency: 8 }).source)
      assert.deepStrictEqual(many.ids, one.ids)
      assert.deepStrictEqual(many.proof, one.proof)
    })
  )

  it.effect("stops at rows of before the instant asked for, and says down to where it is whole", () => {
    const { asked, source } = serving({ list: () => rowsOf(1000), cap: 20 }, { since: 1_000_000 - 50_000 })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.deepStrictEqual(asked, [0, 19, 38, 0])
      assert.includeMembers(
        ids,
        rowsOf(51).map(({ id }) => id)
      )
      assert.deepStrictEqual([proof.verdict, proof.since?.epochMilliseconds, proof.total], ["complete", 950_000, 1000])
    })
  })

  it.effect("asks ahead for no page that will hardly be wanted", () => {
    const { asked, source } = serving(
      { list: () => rowsOf(3000), cap: 20 },
      { since: 1_000_000 - 500_000, concurrency: 8 }
    )
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.strictEqual(proof.verdict, "complete")
      assert.includeMembers(
        ids,
        rowsOf(501).map(({ id }) => id)
      )
      // Of 19 new rows each: 27 pages reach below the instant, and the head is looked at again.
      assert.strictEqual(asked.length, 28)
    })
  })

  it.effect("reads on to the end where the list turns out not to be sorted newest first", () => {
    const oldestFirst = rowsOf(100).toReversed()
    const { source } = serving({ list: () => oldestFirst, cap: 20 }, { since: 1_000_000 - 50_000 })
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.deepStrictEqual([ids.length, proof.verdict, proof.since], [100, "complete", null])
    })
  })

  it.effect("finds what slid past it in a part of the list too", () => {
    const { source } = serving(
      { list: (nth) => (nth < 3 ? rowsOf(1000) : rowsOf(1000).slice(15)), cap: 20 },
      { since: 1_000_000 - 90_000 }
    )
    return Effect.gen(function* () {
      const { ids, proof } = yield* walk(source)
      assert.includeMembers(
        ids,
        rowsOf(91).map(({ id }) => id)
      )
      assert.strictEqual(proof.verdict, "complete")
    })
  })

  it.effect("asks for the next page before it reads the answer it has, and reads it when its rows are wanted", () => {
    const events: Array<string> = []
    const { source } = serving({ list: () => rowsOf(1000), cap: 20 })
    const telling = {
      ...source,
      ask: (stretch: OffsetPager.Stretch) =>
        Effect.sync(() => {
          events.push(`asked ${stretch.offset}`)
          return Effect.tap(source.fetch(stretch), () => Effect.sync(() => events.push(`read ${stretch.offset}`)))
        })
    }
    return Effect.gen(function* () {
      yield* Stream.runDrain(Stream.take(Pager.rows(telling), 70))
      const expected = [
        "asked 0",
        "read 0",
        "asked 19",
        "read 19",
        "asked 38",
        "asked 57",
        "read 38",
        "asked 76",
        "read 57"
      ]
      assert.deepStrictEqual(events, expected)
    })
  })

  it.effect(
    "asks for nothing in vain where a list stands still, also where pages start only at multiples of their size",
    () =>
      Effect.gen(function* () {
        const plan = ({ limit, offset }: OffsetPager.Stretch) => {
          const sizes = Array.from({ length: limit / 2 }, (_, n) => limit - n)
          const held = sizes.map((size) => ({ offset: Math.floor(offset / size) * size, limit: size }))
          return held.reduce((best, one) => (one.offset + one.limit > best.offset + best.limit ? one : best))
        }
        for (const options of [{}, { overlap: 3, plan }, { overlap: 0 }]) {
          const { asked, source } = serving({ list: () => rowsOf(3000) }, { ...options, concurrency: 8 })
          const { ids, proof } = yield* walk(source)
          assert.deepStrictEqual([ids.length, proof.verdict], [3000, "complete"])
          assert.strictEqual(asked.length, proof.pages)
        }
      })
  )

  it.effect("has as many pages under way as it may, and not one more", () =>
    Effect.gen(function* () {
      const underWay = yield* Ref.make({ now: 0, most: 0 })
      const { source } = serving({ list: () => rowsOf(1000), cap: 20 })
      const counting: typeof source = {
        ...source,
        concurrency: 8,
        fetch: (stretch) =>
          Effect.acquireUseRelease(
            Ref.update(underWay, ({ most, now }) => ({ now: now + 1, most: Math.max(most, now + 1) })),
            () => Effect.andThen(Effect.yieldNow, source.fetch(stretch)),
            () => Ref.update(underWay, ({ most, now }) => ({ now: now - 1, most }))
          )
      }
      const { ids } = yield* walk(counting)
      assert.strictEqual(ids.length, 1000)
      assert.deepStrictEqual(yield* Ref.get(underWay), { now: 0, most: 8 })
    })
  )

  it.effect("has the same fingerprint for the same rows, and another for others", () =>
    Effect.gen(function* () {
      const digest = (list: ReadonlyArray<Row>, cap: number) =>
        Effect.map(walk(serving({ list: () => list, cap }).source), ({ proof }) => proof.digest)
      assert.strictEqual(yield* digest(rowsOf(50), 20), yield* digest(rowsOf(50), 7))
      assert.notStrictEqual(yield* digest(rowsOf(50), 20), yield* digest(rowsOf(51), 20))
      assert.isTrue(DateTime.isDateTime(yield* DateTime.now))
    })
  )
})

describe("OffsetPager against a list that moves", () => {
  const seeds = Seed.seeds(Effort.sized({ quick: 150, full: 400 }))
  it.effect(`loses no row silently, and never doubts a still list, in ${seeds.length} simulated walks`, () =>
    Effect.gen(function* () {
      for (const seed of seeds) {
        const result = yield* simulate(seed)
        assert.deepStrictEqual([result.losses, result.falseDoubt], [[], false], `seed ${seed}: ${result.story}`)
      }
    })
  )
})
