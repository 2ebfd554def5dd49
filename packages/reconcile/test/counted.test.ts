import { assert, it } from "@vobiz-effect/test-support"
import { Effect, Stream } from "effect"

import { Coverage, DuckDb, Relations } from "../src/index.ts"
import * as Counted from "../src/internal/counted.ts"
import * as Make from "./utils.ts"

it.effect("files are proved by what counts their rows, and say how many they lack", () =>
  Effect.gen(function* () {
    const db = yield* DuckDb.DuckDb
    const schema = yield* db.scratch
    const loaded = yield* Relations.load(schema, {
      cdrs: Stream.make(
        Make.cdr({ uuid: "a", id: 1 }),
        Make.cdr({ uuid: "a", id: 2 }),
        Make.cdr({ uuid: "b", id: 3 }),
        // The same row again.
        Make.cdr({ uuid: "b", id: 3 })
      ),
      recordings: Stream.make(Make.recording({ id: "r", call: "a" })),
      trunks: Stream.empty
    })
    const proofOf = Effect.fnUntraced(function* (
      totals: Counted.Totals,
      { aside = 0, stated = null }: { readonly stated?: number | null; readonly aside?: number } = {}
    ) {
      const { cdrs, recordings } = yield* Counted.proofs(schema, {
        asOf: Make.asOf,
        given: Coverage.declared,
        loaded: {
          ...loaded,
          stated: { ...loaded.stated, cdrs: stated },
          setAside: { ...loaded.setAside, cdrs: aside === 0 ? null : { rows: aside, detail: "" } }
        },
        totals
      })
      assert.strictEqual(recordings, "declared")
      if (typeof cdrs === "string" || cdrs === null) return cdrs
      const { doubts, rows, rowsInDoubt, total, verdict } = cdrs
      return [verdict, rows, total, rowsInDoubt, doubts.map(({ detail, kind }) => `${kind}: ${detail}`)]
    })
    assert.strictEqual(yield* proofOf({}), "declared")
    assert.deepStrictEqual(yield* proofOf({ cdrs: 3 }), ["complete", 3, 3, 0, []])
    assert.deepStrictEqual(yield* proofOf({ cdrs: 5 }), [
      "in-doubt",
      3,
      5,
      2,
      ["count: the provider counts 5, and the files hold 3"]
    ])
    // Of more rows than are counted nobody knows how many lack.
    assert.deepStrictEqual(yield* proofOf({ cdrs: 2 }), [
      "in-doubt",
      3,
      2,
      null,
      ["count: the provider counts 2, and the files hold 3"]
    ])
    assert.deepStrictEqual(yield* proofOf({ cdrs: 4 }, { aside: 1 }), ["complete", 3, 4, 0, []])
    // What the files say of their list shows that rows lack, and never that none does.
    assert.strictEqual(yield* proofOf({}, { stated: 3 }), "declared")
    assert.strictEqual(yield* proofOf({}, { stated: 4, aside: 1 }), "declared")
    assert.deepStrictEqual(yield* proofOf({}, { stated: 4 }), [
      "in-doubt",
      3,
      4,
      1,
      ["count: the list has 4, and the files hold 3"]
    ])
  }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))
)
