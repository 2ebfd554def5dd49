/** Which legs are of one conversation, at the bounds of what one can be. */
import { assert, layer, once } from "@vobiz-effect/test-support"
import { Effect, Schema } from "effect"

import { DuckDb, Reconciliation } from "../src/index.ts"
import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr } = Make

type Legs = ReadonlyArray<ReturnType<typeof cdr>>

const accounts: Array<Legs> = []

/** Of each account: the ids that several of its legs have, whether each joins them, and how many legs are of conversations. One run judges all. */
const judged = once(
  Effect.gen(function* () {
    const { schema } = yield* Reconciliation.run({
      ...Judged.sources({ cdrs: accounts.flatMap((cdrs, nth) => Judged.apart({ cdrs }, nth).cdrs) }),
      window: Make.window,
      asOf: Make.asOf
    })
    const db = yield* DuckDb.DuckDb
    const Shared = Schema.Struct({ name: Schema.String, legs: Schema.FiniteFromString, joins: Schema.Boolean })
    const names = yield* db.query(`FROM ${schema}.shared ORDER BY name`, Shared)
    const Joined = Schema.Struct({ of: Schema.String, legs: Schema.FiniteFromString, labels: Schema.FiniteFromString })
    const joined = yield* db.query(
      `SELECT split_part(uuid, '|', 1) AS of, count(*) AS legs, count(DISTINCT label) AS labels
FROM ${schema}.conversation JOIN ${schema}.cdr USING (arrival) GROUP BY ALL`,
      Joined
    )
    assert.isTrue(names.every(({ name }) => name.includes("|")))
    return accounts.map((_, nth) => {
      const { labels, legs } = joined.find(({ of }) => of === `${nth}`) ?? { legs: 0, labels: 0 }
      const shared = names.flatMap(({ joins, legs, name }) => {
        const [of, own] = name.split("|")
        return of === `${nth}` ? [[own, legs, joins]] : []
      })
      return { shared, joined: { legs, labels } }
    })
  }).pipe(Effect.scoped, Effect.provide(Judged.database))
)

/** Has accounts judged with all others, and gives what is found of each. */
const found = (...own: ReadonlyArray<Legs>) => {
  const from = accounts.push(...own) - own.length
  return Effect.map(judged, (all) => all.slice(from, from + own.length))
}

layer(Judged.database)("a conversation", (it) => {
  /** This many legs that share all of their ids. */
  const legs = (many: number) =>
    Array.from({ length: many }, (_, nth) =>
      cdr({ uuid: nth === 0 ? "a" : `b${nth}`, sip: "a", bridge: "a", to: `9198${10_000_000 + nth}` })
    )

  const bounded = found(legs(100), legs(101))

  it.effect("has at most 100 legs, each of which counts once by whatever of its ids it shares", () =>
    Effect.map(bounded, (each) =>
      assert.deepStrictEqual(each, [
        { shared: [["a", 100, true]], joined: { legs: 100, labels: 1 } },
        { shared: [["a", 101, false]], joined: { legs: 0, labels: 0 } }
      ])
    )
  )

  const joining = found([
    cdr({ uuid: "a", sip: "s" }),
    cdr({ uuid: "b", sip: "s", to: "919812345671" }),
    cdr({ uuid: "c", bridge: "d", to: "919812345672" }),
    cdr({ uuid: "d", sip: "x", bridge: "c", to: "919812345673" }),
    cdr({ uuid: "e", sip: "d", to: "919812345674" }),
    cdr({ uuid: "f", bridge: "f", to: "919812345675" }),
    cdr({ uuid: "g", to: "919812345676" })
  ])

  it.effect("joins by SIP call ids, by bridge uuids, and by both, and not by ids that are not there", () =>
    Effect.map(joining, (each) =>
      assert.deepStrictEqual(each, [
        {
          shared: [
            ["c", 2, true],
            ["d", 3, true],
            ["s", 2, true]
          ],
          joined: { legs: 5, labels: 2 }
        }
      ])
    )
  )

  const row = { uuid: "a", id: 1, bridge: "x", sip: "s" }
  const repeating = found([cdr(row), cdr(row), cdr({ uuid: "x", to: "919812345671" })])

  it.effect("counts no row that another of the same leg stands for", () =>
    Effect.map(repeating, (each) =>
      assert.deepStrictEqual(each, [{ shared: [["x", 2, true]], joined: { legs: 2, labels: 1 } }])
    )
  )

  const hour = 3600
  const both = (apart: number, zoneStated = true) => [
    cdr({ uuid: "a", sip: "s" }),
    cdr({ uuid: "b", sip: "s", start: 36_000 + apart, to: "919812345671", zoneStated })
  ]
  const spanning = found(both(4 * hour), both(4 * hour + 0.001), both(18 * hour, false), both(18 * hour + 0.001, false))

  it.effect(
    "spans no more than the longest call from the first start to the last, and more where zones are unknown",
    () =>
      Effect.map(spanning, (each) =>
        assert.deepStrictEqual(
          each.map(({ joined }) => joined.legs),
          [2, 0, 2, 0]
        )
      )
  )

  it.effect(
    "without which an id names the leg whose talk the recording is nearest, by as much as clocks may differ",
    () => {
      const legs = [
        // Its talk begins 3 s after the recording has ended.
        cdr({ uuid: "talks", sip: "s", start: 36_040, end: 36_120, talk: 60 }),
        // It rings all the while.
        cdr({ uuid: "rings", sip: "s", start: 36_000, end: 36_300, talk: 60, to: "919812345671" })
      ]
      return Effect.gen(function* () {
        const { findings } = yield* Judged.run({
          cdrs: legs,
          recordings: [Make.recording({ id: "r", call: "s", start: 36_030, length: 27 })]
        })
        assert.deepStrictEqual(findings.filter(({ recordings }) => recordings.length > 0).map(Judged.brief), [
          "talks partly-recorded r:sip_call_id"
        ])
      })
    }
  )
})
