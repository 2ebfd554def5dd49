import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DuckDb } from "@vobiz-effect/reconcile"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { Effect, FileSystem, Layer, Schema } from "effect"
import { RateLimiter } from "effect/persistence"

import { Accounts, Capacity, Lake, Spec } from "../src/index.ts"
import * as Extract from "../src/internal/extract.ts"
import * as Runs from "./runs.ts"

const account = Simulator.make({ seed: 4, calls: 150, days: 2, until: Runs.until, authId: "MA_TEST" })
const spec = Runs.of("MA_TEST", 2)
const rowsPerFile = 20
const pageSize = 10

const read = Effect.fnUntraced(function* (list: Extract.List) {
  const services = yield* (yield* Accounts.Accounts).open(spec.account)
  return yield* Effect.provideContext(Extract.run(spec, list), services)
}, Effect.scoped)

const Row = Schema.Struct({ arrival: Schema.FiniteFromString, id: Schema.String })

/** The ids of a list's rows in the order of their arrival. */
const idsOf = Effect.fnUntraced(function* ({ files, list }: Extract.Receipt) {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const places = yield* Effect.forEach(files, ({ path }) => lake.local(path))
  const id = list === "cdr" ? "uuid" : "recording_id"
  const rows = yield* db.query(
    `SELECT arrival, ${id} AS id FROM read_parquet([${places.map((place) => `'${place}'`).join(", ")}], hive_partitioning = false) ORDER BY arrival`,
    Row
  )
  assert.deepStrictEqual(
    rows.map(({ arrival }) => arrival),
    rows.map((_, nth) => nth)
  )
  return rows.map(({ id }) => id)
}, Effect.scoped)

const services = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { settings } = yield* FakeVobiz.FakeVobiz
    return Layer.mergeAll(
      Lake.Lake.layer(yield* fs.makeTempDirectoryScoped()),
      Accounts.Accounts.layer([{ ...settings, pageSize }]).pipe(Layer.provide(RateLimiter.layerStoreMemory)),
      Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile }),
      DuckDb.DuckDb.layer({ threads: 1 })
    )
  })
).pipe(Layer.provideMerge(Layer.mergeAll(NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account }))))

/** How many rows each of a list's files has, from the first on. */
const rowsIn = Effect.fnUntraced(function* ({ files }: Extract.Receipt) {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  return yield* Effect.forEach(files, ({ path }) =>
    Effect.gen(function* () {
      const query = `SELECT count(*) AS rows FROM read_parquet('${yield* lake.local(path)}', hive_partitioning = false)`
      const [row] = yield* db.query(query, Schema.Struct({ rows: Schema.FiniteFromString }))
      return row?.rows ?? 0
    })
  )
}, Effect.scoped)

describe("a unit that reads a list", () => {
  for (const [list, endpoint, files] of [
    ["cdr", "cdrs.list", [20, 20, 20, 20, 20, 20, 20, 20]],
    ["recording", "recordings.list", [28, 27, 27, 22]]
  ] as const) {
    it.live(`goes on where it was stopped, with no ${list} twice and none left out`, () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const lake = yield* Lake.Lake
        const asked = Effect.map(
          server.requests,
          (all) => all.filter((request) => request.endpoint === endpoint).length
        )
        const whole = yield* read(list)
        const expected = yield* idsOf(whole)
        assert.strictEqual(whole.rows, expected.length)
        assert.strictEqual(whole.proof.verdict, "complete")
        // A file is written when a page brings it to 20 rows or more.
        assert.deepStrictEqual(yield* rowsIn(whole), [...files])
        const all = yield* asked
        yield* lake.remove(Spec.placeOf(spec))

        yield* server.setFaults(
          FaultPlan.one(
            { _tag: "OtherBody", contentType: "application/json", body: "{}" },
            { on: [endpoint], first: all - 1, times: "always" }
          )
        )
        yield* server.forgetRequests
        yield* Effect.flip(read(list))
        const before = yield* asked
        yield* server.setFaults(FaultPlan.none)
        yield* server.forgetRequests
        const resumed = yield* read(list)
        assert.deepStrictEqual(yield* idsOf(resumed), expected)
        assert.strictEqual(resumed.rows, expected.length)
        assert.strictEqual(resumed.proof.digest, whole.proof.digest)
        assert.isAbove(yield* asked, 0)
        assert.isBelow(yield* asked, all - rowsPerFile / pageSize)
        assert.isAbove(before, 2)
      }).pipe(Effect.provide(services), Effect.scoped)
    )
  }

  it.live("says which file of the lake is damaged that tells how far it came", () =>
    Effect.gen(function* () {
      const lake = yield* Lake.Lake
      const place = `${Spec.placeOf(spec)}/reading/cdr.json`
      for (const text of ["{", '{"version":1,"files":[],"rows":0,"checkpoint":"{}"}']) {
        yield* lake.replace(place, text)
        const error = yield* Effect.flip(read("cdr"))
        if (error._tag !== "LakeError") return assert.fail(error.message)
        assert.include(
          error.message,
          `${place} is damaged, or was written by another version. Remove it, and retry the run`
        )
      }
    }).pipe(Effect.provide(services), Effect.scoped)
  )
})
