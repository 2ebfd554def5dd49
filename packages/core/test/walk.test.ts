import { assert, describe, it } from "@vobiz-effect/test-support"
import { Schema } from "effect"

import { ExtractProof } from "../src/index.ts"
import { Memory } from "../src/internal/memory.ts"
import * as Walk from "../src/internal/walk.ts"
import { prove } from "../src/internal/walkProof.ts"
import * as State from "../src/internal/walkState.ts"

const startedAt = Date.parse("2026-05-10T06:00:00Z")

// ---------------------------------------------------------------------------
// The verdict
// ---------------------------------------------------------------------------

/** A walk that has read all ten rows of a list that stood still, in two pages. */
const whole: State.Walk = {
  ...State.start(startedAt),
  phase: "done",
  asOf: startedAt + 2000,
  rows: 10,
  total: 10,
  firstTotal: 10,
  windows: 2,
  size: 5,
  ascending: false
}

const shortPage = new ExtractProof.Doubt({ kind: "short-page", detail: "the page at offset 5 lacks rows", after: "r4" })
const byCount = new ExtractProof.Doubt({ kind: "count", detail: "the list moved", after: "r9" })

const lines = ({ doubts }: ExtractProof.ExtractProof) => doubts.map(({ detail, kind }) => `${kind}: ${detail}`)

const unsorted = "order: the list is not sorted newest first, and rows came or went meanwhile"
const learnt = "short-page: the first page came shorter than the server says that pages are, each time"
const more = (count: number) => `count: the provider counts ${count} rows more than were read`
const fewer = (count: number) => `count: the provider counts ${count} rows fewer than were read, and did not count down`
const seams = (count: number) => `seam: ${count} pages were joined by their place alone`
const unfinished = "unfinished: the list was not read to its end"
const uncounted = "count: the provider does not say how many rows the list has"

type Verdict = readonly [
  verdict: ExtractProof.ExtractProof["verdict"],
  rowsInDoubt: number | null,
  doubts: ReadonlyArray<string>
]

const verdicts: ReadonlyArray<readonly [string, Partial<State.Walk>, ...Verdict]> = [
  ["a list that stood still and was read whole", {}, "complete", 0, []],
  ["a walk on its way down", { phase: "down" }, "not-provable", null, [unfinished]],
  ["a walk past the end", { phase: "past" }, "not-provable", null, [unfinished]],
  ["a walk over the head", { phase: "head", doubts: [byCount] }, "not-provable", null, [unfinished]],

  ["fewer rows than are counted", { rows: 8 }, "in-doubt", 2, [more(2)]],
  ["more rows than are counted", { rows: 12 }, "in-doubt", 2, [fewer(2)]],
  ["more rows, of a count that fell by all of them", { rows: 12, falls: 2 }, "complete", 0, []],
  ["more rows, of a count that fell by one of two", { rows: 12, falls: 1 }, "in-doubt", 2, [fewer(2)]],
  // Three came in at the head, and the count rose by one: two have gone.
  ["rows that went while others came", { rows: 12, firstTotal: 9, headRows: 3, rises: 1 }, "complete", 0, []],
  [
    "rows that went though hardly any came",
    { rows: 12, firstTotal: 9, headRows: 2, rises: 1 },
    "in-doubt",
    2,
    [fewer(2)]
  ],

  // Of a list that stood still and was counted through, nothing else matters.
  ["a short first page of a still list", { learntShort: true }, "complete", 0, []],
  ["a short first page, and rows that came", { learntShort: true, rises: 1 }, "in-doubt", null, [learnt]],
  ["a short first page, and rows that went", { learntShort: true, falls: 1 }, "in-doubt", null, [learnt]],
  ["a short first page, and a row at the head", { learntShort: true, headRows: 1 }, "in-doubt", null, [learnt]],
  ["soft seams of a still list", { softSeams: 2 }, "complete", 0, []],
  ["a soft seam, and rows that came", { softSeams: 1, rises: 1 }, "in-doubt", null, [seams(1)]],
  ["a soft seam of a list that lacks rows", { softSeams: 2, rows: 9 }, "in-doubt", null, [seams(2), more(1)]],

  ["a still list in no order", { descending: false }, "complete", 0, []],
  ["a list in no order, and rows that came", { descending: false, rises: 1 }, "in-doubt", null, [unsorted]],
  [
    "a list sorted oldest first, and rows that went",
    { descending: false, ascending: true, falls: 1 },
    "in-doubt",
    null,
    [unsorted]
  ],
  ["a list of one instant, and rows that came", { ascending: true, rises: 1 }, "complete", 0, []],
  ["a list sorted newest first, and rows that came", { rises: 1 }, "complete", 0, []],

  ["a list that is not counted", { uncounted: true, total: 0 }, "in-doubt", null, [uncounted]],
  ["a part of a list, whose count says nothing", { cutShort: true, total: 500 }, "complete", 0, []],
  ["a part of a list with a soft seam", { cutShort: true, softSeams: 1 }, "in-doubt", null, [seams(1)]],
  ["a part of a list that is shorter than what was read", { cutShort: true, rows: 12 }, "complete", 0, []],

  [
    "a page that lacks a row of a still list",
    { doubts: [shortPage], rows: 9 },
    "in-doubt",
    1,
    ["short-page: the page at offset 5 lacks rows", more(1)]
  ],
  [
    "a short page, though all rows were read",
    { doubts: [shortPage] },
    "in-doubt",
    null,
    ["short-page: the page at offset 5 lacks rows"]
  ],
  [
    "a page that lacks a row of a list that moved",
    { doubts: [shortPage], rows: 9, rises: 1 },
    "in-doubt",
    null,
    ["short-page: the page at offset 5 lacks rows", more(1)]
  ],
  [
    "a page that lacks a row, and a soft seam",
    { doubts: [shortPage], rows: 9, softSeams: 1 },
    "in-doubt",
    null,
    ["short-page: the page at offset 5 lacks rows", seams(1), more(1)]
  ],
  [
    "a page that lacks a row of a list not counted",
    { doubts: [shortPage], uncounted: true },
    "in-doubt",
    null,
    ["short-page: the page at offset 5 lacks rows", uncounted]
  ],
  ["a doubt about the count alone", { doubts: [byCount] }, "in-doubt", 0, ["count: the list moved"]],
  [
    "a doubt about the count, and a missing row",
    { doubts: [byCount], rows: 7 },
    "in-doubt",
    3,
    ["count: the list moved", more(3)]
  ]
]

describe("what a walk proves", () => {
  for (const [name, change, verdict, rowsInDoubt, doubts] of verdicts) {
    it(`${name}: ${verdict}`, () => {
      const proof = prove("test", { ...whole, ...change })
      assert.deepStrictEqual([proof.verdict, proof.rowsInDoubt, lines(proof)], [verdict, rowsInDoubt, doubts])
    })
  }

  it("of a walk that has not begun: nothing", () => {
    const proof = prove("test", State.start(startedAt))
    assert.deepStrictEqual(
      [proof.verdict, proof.total, proof.rows, proof.pages, proof.order, proof.asOf, proof.firstId, proof.lastId],
      ["not-provable", null, 0, 0, "unknown", null, null, null]
    )
    assert.strictEqual(proof.digest, "0".repeat(32))
  })

  it("how many rows were read, counted and gone", () => {
    const facts = (change: Partial<State.Walk>) => {
      const { gone, rows, total } = prove("test", { ...whole, ...change })
      return [rows, total, gone]
    }
    assert.deepStrictEqual(facts({}), [10, 10, 0])
    assert.deepStrictEqual(facts({ rows: 8 }), [8, 10, 0])
    assert.deepStrictEqual(facts({ rows: 13 }), [13, 10, 3])
    assert.deepStrictEqual(facts({ rows: 13, cutShort: true }), [13, 10, 0])
    assert.deepStrictEqual(facts({ rows: 13, uncounted: true }), [13, null, 0])
    assert.deepStrictEqual(facts({ windows: 0 }), [10, null, 0])
  })

  it("as of when, and down to when", () => {
    const since = startedAt - 86_400_000
    const times = (change: Partial<State.Walk>, from?: number) => {
      const proof = prove("test", { ...whole, ...change }, from)
      return [proof.startedAt, proof.asOf, proof.since].map((instant) => instant?.epochMilliseconds ?? null)
    }
    assert.deepStrictEqual(times({}), [startedAt, startedAt + 2000, null])
    assert.deepStrictEqual(times({ asOf: null }), [startedAt, null, null])
    assert.deepStrictEqual(times({ phase: "head" }), [startedAt, null, null])
    assert.deepStrictEqual(times({ cutShort: true }, since), [startedAt, startedAt + 2000, since])
    assert.deepStrictEqual(times({ cutShort: true }), [startedAt, startedAt + 2000, null])
    assert.deepStrictEqual(times({}, since), [startedAt, startedAt + 2000, null])
  })

  it("in which order the rows came", () => {
    const order = (change: Partial<State.Walk>) => prove("test", { ...whole, ...change }).order
    assert.strictEqual(order({}), "newest-first")
    assert.strictEqual(order({ rows: 2 }), "newest-first")
    assert.strictEqual(order({ rows: 1 }), "unknown")
    assert.strictEqual(order({ ascending: true }), "unknown")
    assert.strictEqual(order({ ascending: true, descending: false }), "oldest-first")
    assert.strictEqual(order({ ascending: true, descending: false, rows: 1 }), "unknown")
    assert.strictEqual(order({ descending: false }), "none")
  })

  it("what it counted on its way", () => {
    const proof = prove("Recordings.extract", {
      ...whole,
      windows: 7,
      repeats: 3,
      stepBacks: 2,
      firstId: "a",
      lastId: "z",
      fingerprint: [1, 2, 0xabcdef, 0xffffffff]
    })
    assert.deepStrictEqual(
      [proof.list, proof.pages, proof.repeats, proof.stepBacks, proof.pageSize, proof.firstId, proof.lastId],
      ["Recordings.extract", 7, 3, 2, 5, "a", "z"]
    )
    assert.strictEqual(proof.digest, "000000010000000200abcdefffffffff")
  })
})

// ---------------------------------------------------------------------------
// The way
// ---------------------------------------------------------------------------

interface Row {
  readonly id: string
  readonly at: number
}

const keys = { id: ({ id }: Row) => id, at: ({ at }: Row) => at }

const top = Date.parse("2026-05-10T05:00:00Z")

/** Rows from the nth on, a second apart, newest first. */
const rowsFrom = (first: number, count: number): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, n) => ({ id: `r${first + n}`, at: top - (first + n) * 1000 }))

interface Answer {
  readonly list?: ReadonlyArray<Row>
  readonly rows?: ReadonlyArray<Row>
  readonly limit?: number
  readonly total?: number | null
  readonly hasNext?: boolean
  readonly ahead?: boolean
}

/**
 * Walks by the answers: the nth is that of the nth page, and the last that of all others. Each page is told as where it began, what
 * the walk then was doing, and how many rows were new.
 */
const walked = (
  answers: ReadonlyArray<Answer>,
  {
    cap = 5,
    limit: most = 100,
    ...rules
  }: Partial<State.Rules> & { readonly cap?: number; readonly limit?: number } = {}
) => {
  const memory = new Memory(1000)
  const told: Array<string> = []
  const ids: Array<string> = []
  let walk = State.start(startedAt)
  let fault: Walk.Fault | undefined
  for (let nth = 0; walk.phase !== "done" && fault === undefined && nth < 200; nth++) {
    const { ahead = false, list = [], ...answer } = answers[Math.min(nth, answers.length - 1)] ?? {}
    const asked = walk.size === 0 ? most : walk.size
    const limit = answer.limit ?? Math.min(asked, cap)
    const offset = walk.ask
    const advanced = Walk.advance(
      walk,
      memory,
      {
        rows: answer.rows ?? list.slice(offset, offset + limit),
        offset,
        limit,
        asked,
        total: answer.total === undefined ? list.length : answer.total,
        hasNext: answer.hasNext ?? offset + limit < list.length,
        askedAt: startedAt + 1000 * nth,
        ahead
      },
      keys,
      { overlap: 1, lookBack: 0, ...rules }
    )
    told.push(`${walk.phase} ${offset}: ${advanced.fresh.length}`)
    ids.push(...advanced.fresh.map(({ id }) => id))
    walk = advanced.walk
    fault = advanced.fault
  }
  const proof = prove("test", walk, rules.since)
  return { told, ids, walk, fault, proof, lines: lines(proof) }
}

const ofOneInstant = (first: number, count: number, at = top): ReadonlyArray<Row> =>
  rowsFrom(first, count).map(({ id }) => ({ id, at }))

const news = (count: number): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, n) => ({ id: `new${n}`, at: top + 1_000_000 - n }))

const row = (n: number): Row => ({ id: `r${n}`, at: top - n * 1000 })

const times = (count: number, answer: Answer): ReadonlyArray<Answer> => Array.from({ length: count }, () => answer)

interface Way {
  readonly name: string
  readonly answers: ReadonlyArray<Answer>
  readonly options?: Parameters<typeof walked>[1]
  /** Each page: what the walk was doing, where the page began, and how many of its rows were new. */
  readonly told: string
  readonly proof: Verdict
  /** The nth answer that the proof is as of, from 0. */
  readonly asOf: number | null
  readonly fault?: Walk.Fault["kind"]
  readonly facts: readonly [
    rows: number,
    total: number | null,
    gone: number,
    repeats: number,
    stepBacks: number,
    pageSize: number,
    order: ExtractProof.ExtractProof["order"],
    firstId: string | null,
    lastId: string | null
  ]
}

const ways: ReadonlyArray<Way> = [
  {
    name: "a list that stands still: one row of each page is of the page above",
    answers: [{ list: rowsFrom(0, 12) }],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [12, 12, 0, 7, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a list of one page: its end is looked at, and it is as of its one answer",
    answers: [{ list: rowsFrom(0, 3) }],
    told: "down 0: 3, past 3: 0",
    proof: ["complete", 0, []],
    asOf: 0,
    facts: [3, 3, 0, 0, 0, 5, "newest-first", "r0", "r2"]
  },
  {
    name: "a list that fills its one page",
    answers: [{ list: rowsFrom(0, 5) }],
    told: "down 0: 5, past 5: 0",
    proof: ["complete", 0, []],
    asOf: 0,
    facts: [5, 5, 0, 0, 0, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "a list of no rows",
    answers: [{ list: [] }],
    told: "down 0: 0",
    proof: ["complete", 0, []],
    asOf: 0,
    facts: [0, 0, 0, 0, 0, 5, "unknown", null, null]
  },
  {
    name: "one page that promises more",
    answers: [{ list: rowsFrom(0, 3), hasNext: true }],
    told: "down 0: 3, down 2: 0, past 3: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 3,
    facts: [3, 3, 0, 4, 0, 5, "newest-first", "r0", "r2"]
  },
  {
    name: "pages that always promise more",
    answers: [{ list: rowsFrom(0, 12), hasNext: true }],
    told: "down 0: 5, down 4: 4, down 8: 3, down 11: 0, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [12, 12, 0, 8, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a server that gives smaller pages from the second on",
    answers: [{ list: rowsFrom(0, 12) }, { list: rowsFrom(0, 12), limit: 2 }],
    told: "down 0: 5, down 4: 0, down 4: 1, down 5: 1, down 6: 1, down 7: 1, down 8: 1, down 9: 1, down 10: 1, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 10,
    facts: [12, 12, 0, 9, 0, 2, "newest-first", "r0", "r11"]
  },
  {
    name: "a server that gives larger pages from the second on",
    answers: [
      { list: rowsFrom(0, 12), limit: 3 },
      { list: rowsFrom(0, 12), limit: 5 }
    ],
    told: "down 0: 3, down 2: 4, down 6: 4, down 10: 1, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [12, 12, 0, 8, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a page that lacks a row, once",
    answers: [
      { list: rowsFrom(0, 12) },
      { rows: rowsFrom(4, 5).toSpliced(2, 1), total: 12, hasNext: true },
      { list: rowsFrom(0, 12) }
    ],
    told: "down 0: 5, down 4: 0, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [12, 12, 0, 7, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a page that lacks a row, each time",
    answers: [
      { list: rowsFrom(0, 12) },
      ...times(3, { rows: rowsFrom(4, 5).toSpliced(2, 1), total: 12, hasNext: true }),
      { list: rowsFrom(0, 12) }
    ],
    told: "down 0: 5, down 4: 0, down 4: 0, down 4: 3, down 7: 3, past 12: 0, head 0: 0",
    proof: [
      "in-doubt",
      1,
      ["short-page: the page at offset 4 lacks rows", "count: the provider counts 1 rows more than were read"]
    ],
    asOf: 6,
    facts: [11, 12, 0, 8, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a first page that lacks a row, each time",
    answers: [...times(3, { rows: rowsFrom(0, 4), total: 12, hasNext: true }), { list: rowsFrom(0, 12) }],
    told: "down 0: 0, down 0: 0, down 0: 4, down 3: 3, down 6: 3, down 9: 2, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 7,
    facts: [12, 12, 0, 7, 0, 4, "newest-first", "r0", "r11"]
  },
  {
    name: "a first page that lacks a row, twice",
    answers: [...times(2, { rows: rowsFrom(0, 4), total: 12, hasNext: true }), { list: rowsFrom(0, 12) }],
    told: "down 0: 0, down 0: 0, down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [12, 12, 0, 7, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a page that has one row twice and another not",
    answers: [
      { list: rowsFrom(0, 12) },
      ...times(3, { rows: [row(4), row(5), row(5), row(6), row(7)], total: 12, hasNext: true }),
      { list: rowsFrom(0, 12) }
    ],
    told: "down 0: 5, down 4: 0, down 4: 0, down 4: 3, down 7: 4, past 12: 0, head 0: 0",
    proof: ["in-doubt", null, ["short-page: the page at offset 4 lacks rows"]],
    asOf: 6,
    facts: [12, 12, 0, 8, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a row above went",
    answers: [{ list: rowsFrom(0, 14) }, { list: rowsFrom(1, 13) }],
    told: "down 0: 5, down 4: 0, down 0: 1, down 4: 4, down 8: 4, past 13: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [14, 13, 1, 11, 1, 5, "newest-first", "r1", "r13"]
  },
  {
    name: "three rows above went",
    answers: [{ list: rowsFrom(0, 14) }, { list: rowsFrom(3, 11) }],
    told: "down 0: 5, down 4: 0, down 0: 3, down 4: 4, down 8: 2, past 11: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [14, 11, 3, 9, 1, 5, "newest-first", "r3", "r13"]
  },
  {
    name: "all rows above went but the last",
    answers: [{ list: rowsFrom(0, 14) }, { list: rowsFrom(4, 10) }],
    told: "down 0: 5, down 4: 0, down 0: 4, down 4: 4, down 8: 1, past 10: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [14, 10, 4, 8, 1, 5, "newest-first", "r4", "r13"]
  },
  {
    name: "all rows above went",
    answers: [{ list: rowsFrom(0, 14) }, { list: rowsFrom(5, 9) }],
    told: "down 0: 5, down 4: 0, down 0: 5, down 4: 4, past 9: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [14, 9, 5, 6, 1, 5, "newest-first", "r5", "r13"]
  },
  {
    name: "more rows went than one step back reaches",
    answers: [
      { list: rowsFrom(0, 30) },
      { list: rowsFrom(0, 30) },
      { list: rowsFrom(0, 30) },
      { list: rowsFrom(12, 18) }
    ],
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 0, down 7: 0, down 0: 4, down 4: 4, down 8: 4, down 12: 4, down 16: 1, past 18: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 11,
    facts: [30, 18, 12, 12, 2, 5, "newest-first", "r12", "r29"]
  },
  {
    name: "a row came in above",
    answers: [{ list: rowsFrom(0, 14) }, { list: [...news(1), ...rowsFrom(0, 14)] }],
    told: "down 0: 5, down 4: 3, down 8: 4, down 12: 2, past 15: 0, head 0: 1",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [15, 15, 0, 8, 0, 5, "newest-first", "new0", "r13"]
  },
  {
    name: "more rows than a page came in above",
    answers: [{ list: rowsFrom(0, 14) }, { list: [...news(7), ...rowsFrom(0, 14)] }],
    told: "down 0: 5, down 4: 3, down 8: 1, down 12: 4, down 16: 4, past 21: 0, head 0: 4, head 4: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [21, 21, 0, 14, 0, 5, "newest-first", "new0", "r13"]
  },
  {
    name: "more rows came in than the whole list had",
    answers: [{ list: rowsFrom(0, 14) }, { list: [...news(27), ...rowsFrom(0, 14)] }],
    told: "down 0: 5, down 4: 0, down 0: 5, down 4: 4, down 8: 4, down 12: 4, down 16: 4, down 20: 4, down 24: 2, down 28: 1, down 32: 4, down 36: 4, past 41: 0, head 0: 0, head 4: 0, head 8: 0, head 12: 0, head 16: 0, head 20: 0, head 24: 0",
    proof: ["complete", 0, []],
    asOf: 13,
    facts: [41, 41, 0, 49, 1, 5, "newest-first", "new0", "r13"]
  },
  {
    name: "three rows came in above the third page",
    answers: [{ list: rowsFrom(0, 14) }, { list: rowsFrom(0, 14) }, { list: [...news(3), ...rowsFrom(0, 14)] }],
    told: "down 0: 5, down 4: 4, down 8: 1, down 12: 4, past 17: 0, head 0: 3",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [17, 17, 0, 8, 0, 5, "newest-first", "new0", "r13"]
  },
  {
    name: "a list of one instant, that stands still",
    answers: [{ list: ofOneInstant(0, 12) }],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0, head 4: 0, head 8: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [12, 12, 0, 16, 0, 5, "unknown", "r0", "r11"]
  },
  {
    name: "a list of one instant, whose rows change places",
    answers: [
      { list: ofOneInstant(0, 12) },
      { list: ofOneInstant(0, 12) },
      { list: [...ofOneInstant(1, 11), ...ofOneInstant(0, 1)] }
    ],
    told: "down 0: 5, down 4: 4, down 8: 0, down 3: 0, down 7: 3, past 12: 0, head 0: 0, head 4: 0, head 8: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [12, 12, 0, 22, 1, 5, "unknown", "r1", "r11"]
  },
  {
    name: "a list of one instant, that a row comes into",
    answers: [{ list: ofOneInstant(0, 12) }, { list: [...ofOneInstant(100, 1), ...ofOneInstant(0, 12)] }],
    told: "down 0: 5, down 4: 0, down 0: 1, down 4: 3, down 8: 4, past 13: 0, head 0: 0, head 4: 0, head 8: 0",
    proof: ["in-doubt", null, ["seam: 4 pages were joined by their place alone"]],
    asOf: 6,
    facts: [13, 13, 0, 22, 1, 5, "unknown", "r100", "r11"]
  },
  {
    name: "a list of one instant, that a row goes from",
    answers: [{ list: ofOneInstant(0, 12) }, { list: ofOneInstant(1, 11) }],
    told: "down 0: 5, down 4: 0, down 0: 1, down 4: 4, down 8: 2, past 11: 0, head 0: 0, head 4: 0, head 8: 0",
    proof: ["in-doubt", null, ["seam: 4 pages were joined by their place alone"]],
    asOf: 6,
    facts: [12, 11, 1, 19, 1, 5, "unknown", "r1", "r11"]
  },
  {
    name: "a page that is the one above again",
    answers: [{ list: rowsFrom(0, 14) }, { rows: rowsFrom(0, 5), total: 14, hasNext: true }],
    told: "down 0: 5, down 4: 0",
    proof: ["not-provable", null, ["unfinished: the list was not read to its end"]],
    asOf: null,
    fault: "repeated-page",
    facts: [5, 14, 0, 5, 0, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "pages that are the one above again, to the end that is counted",
    answers: [
      { list: rowsFrom(0, 14) },
      { list: [...news(1), ...rowsFrom(0, 14)] },
      { rows: rowsFrom(0, 5), total: 15, hasNext: true }
    ],
    told: "down 0: 5, down 4: 3, down 8: 0, down 12: 0, past 17: 0, head 0: 0",
    proof: ["in-doubt", 7, ["count: the provider counts 7 rows more than were read"]],
    asOf: 5,
    facts: [8, 15, 0, 22, 0, 5, "newest-first", "r0", "r7"]
  },
  {
    name: "new rows past the end",
    answers: [
      { rows: rowsFrom(0, 5), total: 5, hasNext: false },
      { rows: rowsFrom(5, 3), total: 5, hasNext: false },
      { list: rowsFrom(8, 0), total: 5, rows: [] },
      { list: rowsFrom(0, 8) }
    ],
    told: "down 0: 5, past 5: 3, past 8: 0, head 0: 0",
    proof: ["in-doubt", null, ["seam: 1 pages were joined by their place alone"]],
    asOf: 3,
    facts: [8, 8, 0, 5, 0, 5, "newest-first", "r0", "r7"]
  },
  {
    name: "known rows past the end",
    answers: [
      { rows: rowsFrom(0, 5), total: 5, hasNext: false },
      { rows: rowsFrom(2, 3), total: 5, hasNext: false },
      { list: rowsFrom(0, 5) }
    ],
    told: "down 0: 5, past 5: 0",
    proof: ["in-doubt", 0, ["count: the list has rows past the 5 that the provider counts"]],
    asOf: 0,
    facts: [5, 5, 0, 3, 0, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "rows that come in while the end is looked at",
    answers: [{ list: rowsFrom(0, 8) }, { list: rowsFrom(0, 8) }, { list: [...news(3), ...rowsFrom(0, 8)] }],
    told: "down 0: 5, down 4: 3, past 8: 0, head 0: 3",
    proof: ["complete", 0, []],
    asOf: 3,
    facts: [11, 11, 0, 6, 0, 5, "newest-first", "new0", "r7"]
  },
  {
    name: "an end that moves up while it is looked at",
    answers: [{ list: rowsFrom(0, 8) }, { list: rowsFrom(0, 8) }, { list: rowsFrom(0, 5) }],
    told: "down 0: 5, down 4: 3, past 8: 0, past 2: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [8, 5, 3, 9, 0, 5, "newest-first", "r0", "r7"]
  },
  {
    name: "an end that moves each time",
    answers: [
      { list: rowsFrom(0, 8) },
      { list: rowsFrom(0, 8) },
      ...Array.from({ length: 9 }, (_, n) => ({ list: rowsFrom(0, 7 - (n % 2)), rows: [] })),
      { list: rowsFrom(0, 7) }
    ],
    told: "down 0: 5, down 4: 3, past 8: 0, past 4: 0, past 3: 0, past 4: 0, past 3: 0, past 4: 0, head 0: 0, head 0: 0, head 0: 0",
    proof: [
      "in-doubt",
      null,
      [
        "count: the list moved each time that a page past its end was asked for",
        "short-page: the page at offset 0 lacks rows",
        "seam: the head could not be read past offset 0"
      ]
    ],
    asOf: 10,
    facts: [8, 7, 1, 1, 0, 5, "newest-first", "r0", "r7"]
  },
  {
    name: "a list that is never counted",
    answers: [{ list: rowsFrom(0, 12), total: null }],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["in-doubt", null, ["count: the provider does not say how many rows the list has"]],
    asOf: 4,
    facts: [12, null, 0, 7, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a list that is once not counted",
    answers: [
      { list: rowsFrom(0, 12) },
      { list: rowsFrom(0, 12) },
      { list: rowsFrom(0, 12), total: null },
      { list: rowsFrom(0, 12) }
    ],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["in-doubt", null, ["count: the provider does not say how many rows the list has"]],
    asOf: 4,
    facts: [12, null, 0, 7, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "rows that come in before the head is read again",
    answers: [...times(5, { list: rowsFrom(0, 14) }), { list: [...news(7), ...rowsFrom(0, 14)] }],
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 1, past 14: 0, head 0: 5, head 4: 2",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [21, 21, 0, 6, 0, 5, "newest-first", "new0", "r13"]
  },
  {
    name: "a count that is too high by three",
    answers: [{ list: rowsFrom(0, 12), total: 15 }],
    told: "down 0: 5, down 4: 4, down 8: 0, down 8: 0, down 8: 3, down 11: 0, down 11: 0, down 11: 0, past 12: 0, head 0: 0",
    proof: [
      "in-doubt",
      3,
      [
        "short-page: the page at offset 8 lacks rows",
        "short-page: the page at offset 11 lacks rows",
        "count: the provider counts 3 rows more than were read"
      ]
    ],
    asOf: 9,
    facts: [12, 15, 0, 8, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a count that is too low by three",
    answers: [{ list: rowsFrom(0, 12), total: 9 }],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["in-doubt", 3, ["count: the provider counts 3 rows fewer than were read, and did not count down"]],
    asOf: 4,
    facts: [12, 9, 3, 7, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "a list that is emptied",
    answers: [{ list: rowsFrom(0, 12) }, { rows: [], total: 0, hasNext: false }],
    told: "down 0: 5, down 4: 0, down 0: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 3,
    facts: [5, 0, 5, 0, 1, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "rows of one instant that reach past their page",
    answers: [{ list: [...rowsFrom(0, 2), ...ofOneInstant(50, 10, top - 1500)] }],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [12, 12, 0, 7, 0, 5, "newest-first", "r0", "r59"]
  },
  {
    name: "rows that change places at the seam",
    answers: [
      { list: rowsFrom(0, 12) },
      { rows: [row(5), row(4), row(6), row(7), row(8)], total: 12, hasNext: true },
      { list: rowsFrom(0, 12) }
    ],
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [12, 12, 0, 7, 0, 5, "none", "r0", "r11"]
  },
  {
    name: "rows in no order that stand still",
    answers: [{ list: [row(3), row(0), row(5), row(1), row(4), row(2), row(6), row(7)] }],
    told: "down 0: 5, down 4: 3, past 8: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 3,
    facts: [8, 8, 0, 6, 0, 5, "none", "r3", "r7"]
  },
  {
    name: "rows in no order that one comes to",
    answers: [
      { list: [row(3), row(0), row(5), row(1), row(4), row(2), row(6), row(7)] },
      { list: [row(3), row(0), row(5), row(1), row(4), row(2), row(6), row(7), row(8)] }
    ],
    told: "down 0: 5, down 4: 4, past 9: 0, head 0: 0",
    proof: ["in-doubt", null, ["order: the list is not sorted newest first, and rows came or went meanwhile"]],
    asOf: 3,
    facts: [9, 9, 0, 6, 0, 5, "none", "r3", "r8"]
  },
  {
    name: "three pages of known rows, after the count rose",
    answers: [
      { list: rowsFrom(0, 40) },
      { list: [...news(2), ...rowsFrom(0, 40)] },
      ...times(3, { rows: rowsFrom(0, 5), total: 42, hasNext: true }),
      { list: [...news(2), ...rowsFrom(0, 40)] }
    ],
    told: "down 0: 5, down 4: 2, down 8: 0, down 12: 0, down 16: 0, down 20: 0, down 15: 0, down 5: 1, down 9: 4, down 13: 4, down 17: 4, down 21: 4, down 25: 4, down 29: 4, down 33: 4, down 37: 4, past 42: 0, head 0: 2",
    proof: ["complete", 0, []],
    asOf: 17,
    facts: [42, 42, 0, 33, 2, 5, "newest-first", "new0", "r39"]
  },
  {
    name: "more pages of known rows than the count's rise explains",
    answers: [
      { list: rowsFrom(0, 40) },
      { list: [...news(2), ...rowsFrom(0, 40)] },
      ...times(9, { rows: rowsFrom(0, 5), total: 42, hasNext: true })
    ],
    told: "down 0: 5, down 4: 2, down 8: 0, down 12: 0, down 16: 0, down 20: 0, down 24: 0",
    proof: ["not-provable", null, ["unfinished: the list was not read to its end"]],
    asOf: null,
    fault: "repeated-page",
    facts: [7, 42, 0, 28, 0, 5, "newest-first", "r0", "r6"]
  },
  {
    name: "rows that come in at the end",
    answers: [{ list: rowsFrom(0, 8) }, { list: rowsFrom(0, 8) }, { list: rowsFrom(0, 11) }],
    told: "down 0: 5, down 4: 3, past 8: 0, down 3: 0, down 7: 3, past 11: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [11, 11, 0, 12, 1, 5, "newest-first", "r0", "r10"]
  },
  {
    name: "known rows past the end, that promise more",
    answers: [
      { rows: rowsFrom(0, 5), total: 5, hasNext: false },
      { rows: rowsFrom(2, 3), total: 5, hasNext: true },
      { list: rowsFrom(0, 5) }
    ],
    told: "down 0: 5, past 5: 0",
    proof: ["complete", 0, []],
    asOf: 0,
    facts: [5, 5, 0, 3, 0, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "known rows past the end of a list that is not counted",
    answers: [
      { rows: rowsFrom(0, 5), total: null, hasNext: false },
      { rows: rowsFrom(2, 3), total: null, hasNext: false },
      { list: rowsFrom(0, 5), total: null }
    ],
    told: "down 0: 5, past 5: 0",
    proof: ["in-doubt", null, ["count: the provider does not say how many rows the list has"]],
    asOf: 0,
    facts: [5, null, 0, 3, 0, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "a row that comes in above the only page",
    answers: [{ list: rowsFrom(0, 4) }, { list: [...news(1), ...rowsFrom(0, 4)] }],
    told: "down 0: 4, past 4: 0, head 0: 1",
    proof: ["complete", 0, []],
    asOf: 2,
    facts: [5, 5, 0, 5, 0, 5, "newest-first", "new0", "r3"]
  },
  {
    name: "a row that goes before the head is read again",
    answers: [...times(5, { list: rowsFrom(0, 14) }), { list: rowsFrom(1, 13) }],
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 1, past 14: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [14, 13, 1, 8, 0, 5, "newest-first", "r1", "r13"]
  },
  {
    name: "a head that lacks a row, each time",
    answers: [...times(5, { list: rowsFrom(0, 14) }), ...times(3, { rows: rowsFrom(0, 4), total: 14, hasNext: true })],
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 1, past 14: 0, head 0: 0, head 0: 0, head 0: 0",
    proof: ["in-doubt", null, ["short-page: the page at offset 0 lacks rows"]],
    asOf: 7,
    facts: [14, 14, 0, 7, 0, 5, "newest-first", "r0", "r13"]
  },
  {
    name: "a head that grows while it is read again",
    answers: [
      ...times(5, { list: rowsFrom(0, 14) }),
      { list: [...news(7).slice(2), ...rowsFrom(0, 14)] },
      { list: [...news(7), ...rowsFrom(0, 14)] }
    ],
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 1, past 14: 0, head 0: 5, head 4: 0",
    proof: ["in-doubt", 2, ["count: the provider counts 2 rows more than were read"]],
    asOf: 5,
    facts: [19, 21, 0, 8, 0, 5, "newest-first", "new2", "r13"]
  },
  {
    name: "whole pages of a list that stands still",
    answers: [{ list: rowsFrom(0, 12) }],
    options: { overlap: 0 },
    told: "down 0: 5, down 5: 5, down 10: 2, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [12, 12, 0, 5, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "pages that share three rows",
    answers: [{ list: rowsFrom(0, 12) }],
    options: { overlap: 3 },
    told: "down 0: 5, down 2: 2, down 4: 2, down 6: 2, down 8: 1, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [12, 12, 0, 17, 0, 5, "newest-first", "r0", "r11"]
  },
  {
    name: "pages of one row",
    answers: [{ list: rowsFrom(0, 3) }],
    options: { cap: 1 },
    told: "down 0: 1, down 1: 1, down 2: 1, past 3: 0, head 0: 0, head 1: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [3, 3, 0, 2, 0, 1, "unknown", "r0", "r2"]
  },
  {
    name: "smaller pages, where pages have numbers",
    answers: [{ list: rowsFrom(0, 12) }, { list: rowsFrom(0, 12) }, { list: rowsFrom(0, 12), limit: 2 }],
    options: { overlap: 0 },
    told: "down 0: 5, down 5: 5, down 10: 0, down 10: 2, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [12, 12, 0, 2, 0, 2, "newest-first", "r0", "r11"]
  },
  {
    name: "smaller pages past the end",
    answers: [{ list: rowsFrom(0, 8) }, { list: rowsFrom(0, 8) }, { list: rowsFrom(0, 8), limit: 2 }],
    told: "down 0: 5, down 4: 3, past 8: 0, past 8: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [8, 8, 0, 3, 0, 2, "newest-first", "r0", "r7"]
  },
  {
    name: "a page that was asked for ahead, and a count that rose meanwhile",
    answers: [
      { list: rowsFrom(0, 14) },
      { list: rowsFrom(0, 14) },
      { rows: rowsFrom(8, 5), total: 15, hasNext: true, ahead: true },
      { list: rowsFrom(0, 15) }
    ],
    options: { overlap: 1 },
    told: "down 0: 5, down 4: 4, down 8: 0, down 3: 0, down 7: 3, down 11: 3, past 15: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 7,
    facts: [15, 15, 0, 14, 1, 5, "newest-first", "r0", "r14"]
  },
  {
    name: "a page with the last row, and a count that rose",
    answers: [
      { list: rowsFrom(0, 14) },
      { list: rowsFrom(0, 14) },
      { rows: rowsFrom(8, 5), total: 15, hasNext: true },
      { list: rowsFrom(0, 15) }
    ],
    options: { overlap: 1 },
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 2, past 15: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [15, 15, 0, 8, 0, 5, "newest-first", "r0", "r14"]
  },
  {
    name: "a page with the last row, and a count that fell",
    answers: [
      { list: rowsFrom(0, 14) },
      { list: rowsFrom(0, 14) },
      { rows: rowsFrom(8, 5), total: 13, hasNext: true },
      { list: rowsFrom(0, 13) }
    ],
    options: { overlap: 1 },
    told: "down 0: 5, down 4: 4, down 8: 0, down 3: 0, down 7: 3, down 11: 1, past 13: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 7,
    facts: [13, 13, 0, 14, 1, 5, "newest-first", "r0", "r12"]
  },
  {
    name: "only rows since an instant",
    answers: [{ list: rowsFrom(0, 40) }],
    options: { since: top - 11_000 },
    told: "down 0: 5, down 4: 4, down 8: 4, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 3,
    facts: [13, 40, 0, 7, 0, 5, "newest-first", "r0", "r12"]
  },
  {
    name: "only rows since an instant of the first page",
    answers: [{ list: rowsFrom(0, 40) }],
    options: { since: top - 2_000 },
    told: "down 0: 5",
    proof: ["complete", 0, []],
    asOf: 0,
    facts: [5, 40, 0, 0, 0, 5, "newest-first", "r0", "r4"]
  },
  {
    name: "only rows since the instant of a page's last row",
    answers: [{ list: rowsFrom(0, 40) }],
    options: { since: top - 4_000 },
    told: "down 0: 5, down 4: 4, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 2,
    facts: [9, 40, 0, 6, 0, 5, "newest-first", "r0", "r8"]
  },
  {
    name: "only rows since an instant, of a list sorted the other way round",
    answers: [{ list: rowsFrom(0, 12).toReversed() }],
    options: { since: top - 2_000 },
    told: "down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 4,
    facts: [12, 12, 0, 7, 0, 5, "oldest-first", "r11", "r0"]
  },
  {
    name: "a look-back that reaches into the second page",
    answers: [{ list: rowsFrom(0, 20) }],
    options: { lookBack: 7000 },
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 4, down 16: 3, past 20: 0, head 0: 0, head 4: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [20, 20, 0, 14, 0, 5, "newest-first", "r0", "r19"]
  },
  {
    name: "a look-back that ends at the last row of the first page",
    answers: [{ list: rowsFrom(0, 20) }],
    options: { lookBack: 4000 },
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 4, down 16: 3, past 20: 0, head 0: 0, head 4: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [20, 20, 0, 14, 0, 5, "newest-first", "r0", "r19"]
  },
  {
    name: "a look-back that ends above the last row of the first page",
    answers: [{ list: rowsFrom(0, 20) }],
    options: { lookBack: 3999 },
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 4, down 16: 3, past 20: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 6,
    facts: [20, 20, 0, 9, 0, 5, "newest-first", "r0", "r19"]
  },
  {
    name: "a tie at the seam, and a row of another instant",
    answers: [
      {
        list: [...rowsFrom(0, 3), ...ofOneInstant(50, 2, top - 5000), ...rowsFrom(6, 9)]
      }
    ],
    options: { overlap: 3 },
    told: "down 0: 5, down 2: 2, down 4: 2, down 6: 2, down 8: 2, down 10: 1, past 14: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 7,
    facts: [14, 14, 0, 20, 0, 5, "newest-first", "r0", "r14"]
  },
  {
    name: "whole pages, and a row that went",
    answers: [{ list: rowsFrom(0, 14) }, { list: rowsFrom(1, 13) }],
    options: { overlap: 0 },
    told: "down 0: 5, down 5: 0, down 0: 1, down 5: 5, down 10: 3, past 13: 0, head 0: 0",
    proof: ["in-doubt", null, ["seam: 2 pages were joined by their place alone"]],
    asOf: 6,
    facts: [14, 13, 1, 9, 1, 5, "newest-first", "r1", "r13"]
  },
  {
    name: "whole pages, and a row that came",
    answers: [{ list: rowsFrom(0, 14) }, { list: [...news(1), ...rowsFrom(0, 14)] }],
    options: { overlap: 0 },
    told: "down 0: 5, down 5: 4, down 10: 5, past 15: 0, head 0: 1",
    proof: ["in-doubt", null, ["seam: 1 pages were joined by their place alone"]],
    asOf: 4,
    facts: [15, 15, 0, 5, 0, 5, "newest-first", "new0", "r13"]
  },
  {
    name: "whole pages, and a page that begins two rows too late",
    answers: [{ list: rowsFrom(0, 14) }, { rows: rowsFrom(7, 5), total: 14, hasNext: true }, { list: rowsFrom(0, 14) }],
    options: { overlap: 0 },
    told: "down 0: 5, down 5: 5, down 10: 2, past 14: 0, head 0: 0",
    proof: [
      "in-doubt",
      null,
      ["seam: 1 pages were joined by their place alone", "count: the provider counts 2 rows more than were read"]
    ],
    asOf: 4,
    facts: [12, 14, 0, 7, 0, 5, "newest-first", "r0", "r13"]
  },
  {
    name: "a late row within the look-back",
    answers: [
      ...times(5, { list: rowsFrom(0, 14) }),
      { list: [...rowsFrom(0, 3), { id: "late", at: top - 2500 }, ...rowsFrom(3, 11)] }
    ],
    options: { lookBack: 6000 },
    told: "down 0: 5, down 4: 4, down 8: 4, down 12: 1, past 14: 0, head 0: 1, head 4: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [15, 15, 0, 12, 0, 5, "newest-first", "r0", "r13"]
  },
  {
    name: "pages that are shorter than what they are to share",
    answers: [{ list: rowsFrom(0, 5) }],
    options: { cap: 2, overlap: 3 },
    told: "down 0: 2, down 1: 1, down 2: 1, down 3: 1, past 5: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [5, 5, 0, 5, 0, 2, "newest-first", "r0", "r4"]
  },
  {
    name: "fewer rows asked for than the server gives",
    answers: [{ list: rowsFrom(0, 5) }],
    options: { cap: 5, limit: 2 },
    told: "down 0: 2, down 1: 1, down 2: 1, down 3: 1, past 5: 0, head 0: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [5, 5, 0, 5, 0, 2, "newest-first", "r0", "r4"]
  },
  {
    name: "a first page that comes without its rows, once: nothing says how far the head reaches",
    answers: [{ rows: [], total: 12, hasNext: true }, { list: rowsFrom(0, 12) }],
    told: "down 0: 0, down 0: 5, down 4: 4, down 8: 3, past 12: 0, head 0: 0, head 4: 0, head 8: 0",
    proof: ["complete", 0, []],
    asOf: 5,
    facts: [12, 12, 0, 16, 0, 5, "newest-first", "r0", "r11"]
  }
]

describe("the way of a walk", () => {
  for (const { answers, asOf, facts, fault, name, options, proof: verdict, told } of ways) {
    it(name, () => {
      const { fault: found, ids, lines, proof, told: way } = walked(answers, options)
      assert.strictEqual(way.join(", "), told)
      assert.deepStrictEqual([proof.verdict, proof.rowsInDoubt, lines], [...verdict])
      assert.strictEqual(proof.asOf === null ? null : (proof.asOf.epochMilliseconds - startedAt) / 1000, asOf)
      assert.strictEqual(found?.kind, fault)
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.strictEqual(proof.rows, ids.length)
      const { firstId, gone, lastId, order, pageSize, repeats, rows, stepBacks, total } = proof
      assert.deepStrictEqual([rows, total, gone, repeats, stepBacks, pageSize, order, firstId, lastId], [...facts])
    })
  }
})

describe("a walk that does not end", () => {
  /** One page of known rows, or none, for a walk in the middle of a list. */
  const step = (
    change: Partial<State.Walk>,
    answer: Partial<State.Window<Row>> = {},
    rules: Partial<State.Rules> = {}
  ): Walk.Advance<Row> => {
    const memory = new Memory(1000)
    for (const { id } of rowsFrom(0, 20)) memory.add(id)
    const walk: State.Walk = {
      ...State.start(startedAt),
      ask: 19,
      end: 20,
      furthest: 20,
      size: 5,
      windows: 5,
      last: { id: "r19", at: top - 19_000, ties: 1 },
      newest: top,
      firstTotal: 100,
      total: 100,
      rows: 20,
      ...change
    }
    const window: State.Window<Row> = {
      rows: rowsFrom(19, 5),
      offset: walk.ask,
      limit: 5,
      asked: 5,
      total: 100,
      hasNext: true,
      askedAt: startedAt,
      ahead: false,
      ...answer
    }
    return Walk.advance(walk, memory, window, keys, { overlap: 1, lookBack: 0, ...rules })
  }
  const detailOf = ({ fault }: Walk.Advance<Row>) => fault?.detail

  const far = (pages: number, first: number, now: number) =>
    `after ${pages} pages of a list of ${first} rows at first and ${now} now, its end is not reached`

  it("after 500 pages, and twenty times as many as the list has", () => {
    // 500 + 20 * 100 / 5 = 900
    assert.isUndefined(detailOf(step({ windows: 899 })))
    const { fault } = step({ windows: 900 })
    assert.deepStrictEqual(fault, { kind: "never-ends", detail: far(901, 100, 100) })
    assert.strictEqual(detailOf(step({ windows: 900 }, { total: 130 })), far(901, 100, 130))
  })

  it("past ten times as many rows as there were at first, and 100,000", () => {
    const past = (end: number, change: Partial<State.Walk> = {}, total: number | null = 100) =>
      detailOf(step({ ask: end - 5, end: end - 4, furthest: end - 4, ...change }, { total }))
    assert.isUndefined(past(101_000))
    assert.strictEqual(past(101_001), far(6, 100, 100))
    // What is not counted may go on to 100 million rows.
    assert.isUndefined(past(101_001, {}, null))
    assert.isUndefined(past(100_000_000, {}, null))
    assert.strictEqual(past(100_000_001, {}, null), far(6, 100, 100))
    // The server counted nothing so far, and does now.
    assert.isUndefined(past(101_001, { uncounted: true }))
  })

  it("after 30 pages without a new row that bring it no further", () => {
    const short: Partial<State.Window<Row>> = { rows: rowsFrom(19, 3) }
    const before = step({ stalled: 29 }, short)
    assert.deepStrictEqual([before.walk.stalled, before.fault], [30, undefined])
    const after = step({ stalled: 30 }, short)
    assert.deepStrictEqual(after.fault, {
      kind: "never-ends",
      detail: "31 pages after the last new row brought the reading no further"
    })
    assert.strictEqual(after.walk.stalled, 31)
    // A new row, or rows read past, begin anew.
    assert.strictEqual(step({ stalled: 30 }).walk.stalled, 0)
    const known = step({ stalled: 12, ask: 10, end: 11 }, { rows: rowsFrom(10, 5), total: 101 })
    assert.deepStrictEqual([known.fresh.length, known.walk.end, known.walk.stalled], [0, 15, 12])
    // Nor is a page a sign of anything that ends just where the reading had come before.
    const again = step({ ask: 15, end: 16, furthest: 20 }, { rows: rowsFrom(15, 5) })
    assert.deepStrictEqual([again.fault, again.walk.idle, again.walk.end], [undefined, 0, 20])
    // A step back, a short page and the end of the head alike.
    const back = step({ stalled: 4 }, { rows: rowsFrom(40, 5), total: 90 })
    assert.deepStrictEqual([back.walk.stepBacks, back.walk.stalled], [1, 5])
  })

  it("in a head that its pages never lead out of", () => {
    const page = { rows: news(5), total: 30, hasNext: true }
    const { fault, told } = walked([...times(5, { list: rowsFrom(0, 14) }), page])
    assert.strictEqual(told.length, 200)
    assert.isUndefined(fault)
  })
})

describe("the saved state of a walk", () => {
  it("of before lists that are not counted is that of one that is", () => {
    const { uncounted: _, ...saved } = State.start(startedAt)
    assert.deepStrictEqual(Schema.decodeSync(State.Walk)(saved), State.start(startedAt))
  })
})
