import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect, Redacted, Stream } from "effect"

import { Extract, type ExtractProof } from "../src/index.ts"
import * as Aside from "../src/internal/aside.ts"
import { cutter } from "../src/internal/foreign.ts"
import { prove } from "../src/internal/walkProof.ts"
import * as State from "../src/internal/walkState.ts"

interface Row {
  readonly id: string
  readonly unreadable: ReadonlyArray<string>
  readonly zoneless: ReadonlyArray<string>
}

const row = (id: string, unreadable: ReadonlyArray<string> = [], zoneless: ReadonlyArray<string> = []): Row => ({
  id,
  unreadable,
  zoneless
})

const reject = (index: number, fields: Partial<Extract.Reject> = {}): Extract.Reject => ({
  raw: Redacted.make(`{"n":${index}}`),
  field: "add_time",
  expected: "an instant",
  id: null,
  index,
  near: null,
  ...fields
})

const keys = Aside.keys<Row>(
  ({ id }) => id,
  () => 7
)

describe("rows set aside among the others", () => {
  it("keep their places on the page", () => {
    const entries = Aside.entries(
      { rows: [row("a"), row("b")], rejects: [reject(0, { id: "x" }), reject(2, { near: 5 })] },
      99
    )
    assert.deepStrictEqual(entries.map(keys.id).slice(0, 2), ["x", "a"])
    assert.deepStrictEqual(entries.map(keys.at), [99, 7, 5, 7])
    const { rejects, rows } = Aside.parted(entries)
    assert.deepStrictEqual(
      [rows.map(({ id }) => id), rejects.map(({ index }) => index)],
      [
        ["a", "b"],
        [0, 2]
      ]
    )
    // Of a stretch they are counted from its beginning.
    assert.deepStrictEqual(
      Aside.parted(entries.slice(1)).rejects.map(({ index }) => index),
      [1]
    )
  })

  it("come last where they stand below all that were read", () => {
    const entries = Aside.entries({ rows: [row("a")], rejects: [reject(5, { id: "x" }), reject(6, { id: "y" })] }, 0)
    assert.deepStrictEqual(entries.map(keys.id), ["a", "x", "y"])
    const rows = [row("a")]
    assert.strictEqual(Aside.entries({ rows, rejects: [] }, 0), rows)
  })

  it("are told apart by their text where they have no id", () => {
    const [one, same, other] = [1, 1, 2].map(
      (n) => Aside.entries({ rows: [], rejects: [reject(n)] }, 0).map(keys.id)[0]
    )
    assert.match(one ?? "", /^set aside [\da-f]{32}$/)
    assert.strictEqual(one, same)
    assert.notStrictEqual(one, other)
  })
})

describe("what a reading comes to", () => {
  const whole = prove("list", {
    ...State.start(0),
    phase: "done",
    asOf: 0,
    rows: 10,
    total: 10,
    firstTotal: 10,
    windows: 1
  })

  const read = (
    entries: ReadonlyArray<Aside.Entry<Row>>,
    options: Partial<Aside.Options<Row>> = {},
    proof: ExtractProof.ExtractProof = whole
  ) => {
    const tally = options.tally ?? new Aside.Tally()
    return Aside.reading(
      { rows: Stream.fromIterable(entries), proof: Effect.succeed(proof) },
      { operation: "test", tally, rowsZone: null, cut: cutter([]), ...options }
    )
  }

  it.effect("are the rows wanted, and counts of what could not be read in them", () =>
    Effect.gen(function* () {
      const zone = DateTime.zoneMakeNamedUnsafe("Europe/Berlin")
      const reading = read([row("a", ["x", "y"]), row("b", ["x"], ["z"]), row("c", ["x"], ["z"])], {
        isWanted: ({ id }) => id !== "c",
        rowsZone: zone
      })
      assert.deepStrictEqual(
        (yield* Stream.runCollect(reading.rows)).map(({ id }) => id),
        ["a", "b"]
      )
      const { doubts, rowsZone, setAside, unreadable, verdict, zoneless } = yield* reading.proof
      assert.deepStrictEqual(
        [unreadable, zoneless, setAside, rowsZone, verdict, doubts],
        [{ x: 2, y: 1 }, { z: 1 }, 0, "Europe/Berlin", "complete", []]
      )
    })
  )

  it.effect("is in doubt by each row set aside, and says what they lack", () =>
    Effect.gen(function* () {
      const doubtOf = Effect.fnUntraced(function* (
        rejects: ReadonlyArray<Extract.Reject>,
        proof?: ExtractProof.ExtractProof
      ) {
        const reading = read(Aside.entries({ rows: [row("a")], rejects }, 0), {}, proof)
        yield* Stream.runDrain(reading.rows)
        const { doubts, rowsInDoubt, setAside, verdict } = yield* reading.proof
        return [verdict, rowsInDoubt, setAside, doubts.map(({ detail, kind }) => `${kind}: ${detail}`)]
      })
      assert.deepStrictEqual(yield* doubtOf([reject(0)]), [
        "in-doubt",
        1,
        1,
        ["set-aside: 1 row was set aside, without a readable add_time"]
      ])
      assert.deepStrictEqual(
        yield* doubtOf([reject(0), reject(1, { field: "" }), reject(2), reject(3, { field: "id" })]),
        ["in-doubt", 4, 4, ["set-aside: 4 rows were set aside, without a readable add_time or any field or id"]]
      )
      assert.deepStrictEqual(yield* doubtOf([reject(0)], prove("list", State.start(0))), [
        "not-provable",
        null,
        1,
        ["unfinished: the list was not read to its end", "set-aside: 1 row was set aside, without a readable add_time"]
      ])
    })
  )

  it.effect("reports each row set aside, once, with its list", () =>
    Effect.gen(function* () {
      const told: Array<readonly [number, string]> = []
      const entries = Aside.entries({ rows: [row("a"), row("b")], rejects: [reject(0), reject(2)] }, 0)
      const reading = read(entries)
      yield* Stream.runDrain(reading.rows).pipe(
        Effect.provideService(Extract.RejectTap, ({ index }, list) => Effect.sync(() => void told.push([index, list])))
      )
      assert.deepStrictEqual(told, [
        [0, "test"],
        [2, "test"]
      ])
    })
  )

  it.effect("ends after 10,000 rows set aside, or 64 MiB of them", () =>
    Effect.gen(function* () {
      const run = (rejects: ReadonlyArray<Extract.Reject>) =>
        Effect.exit(Stream.runDrain(read(Aside.entries({ rows: [], rejects }, 0)).rows))
      const many = (count: number) => Array.from({ length: count }, (_, n) => reject(n, { id: "r" }))
      assert.strictEqual((yield* run(many(10_000)))._tag, "Success")
      assert.strictEqual((yield* run(many(10_001)))._tag, "Failure")
      const large = (length: number) => [reject(0, { id: "r", raw: Redacted.make("x".repeat(length)) })]
      assert.strictEqual((yield* run(large(64 * 1024 * 1024)))._tag, "Success")
      assert.strictEqual((yield* run(large(64 * 1024 * 1024 + 1)))._tag, "Failure")
    })
  )

  it("is saved and restored whole, or not at all", () => {
    const tally = new Aside.Tally()
    tally.reject(reject(3, { id: "r", near: 5 }))
    tally.unreadable = { x: 2 }
    tally.zoneless = { z: 1 }
    const saved = tally.save()
    assert.deepStrictEqual<unknown>(saved, {
      rejects: [{ raw: '{"n":3}', field: "add_time", expected: "an instant", id: "r", index: 3, near: 5 }],
      unreadable: { x: 2 },
      zoneless: { z: 1 }
    })
    const other = new Aside.Tally()
    other.reject(reject(9))
    other.unreadable = { gone: 1 }
    assert.isTrue(other.restore(saved))
    assert.deepStrictEqual(other.save(), saved)
    for (const damaged of [
      null,
      {},
      { ...(saved as object), rejects: [{}] },
      { ...(saved as object), unreadable: 7 }
    ]) {
      assert.isFalse(other.restore(damaged))
      assert.deepStrictEqual(other.save(), saved)
    }
  })
})
