import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { DuckDb } from "@vobiz-effect/reconcile"
import { Effect, FileSystem, Layer } from "effect"

import * as Random from "../../reconcile/test/accounts.ts"
import { Accounts, Extract, Lake, Match, Merge, type Spec, Split } from "../src/index.ts"
import * as Lists from "./accounts.ts"
import * as Whole from "./whole.ts"

/** A reconciliation by its units of work. */
const parted = Effect.fnUntraced(function* (lists: Lists.Lists, spec: Spec.Spec) {
  const lake = yield* Lake.Lake
  const fs = yield* FileSystem.FileSystem
  const services = yield* Effect.provide(
    Effect.flatMap(Accounts.Accounts, ({ open }) => open("MA_TEST")),
    Lists.layer(lists)
  )
  const extracts = yield* Effect.forEach(Extract.partsOf(spec), (part) =>
    Effect.provideContext(Extract.run(spec, part), services)
  )
  const trunks = extracts.filter(({ part }) => part.list === "trunk")
  const split = yield* Split.run(spec, extracts)
  const matches = yield* Effect.forEach(split.buckets, (bucket) =>
    Match.run(spec, split, trunks, Merge.verdictsOf(extracts), bucket)
  )
  const result = yield* Merge.run(spec, extracts, split, matches)
  return {
    split,
    findings: yield* fs.readFileString(lake.absolute(result.findings.path)),
    summary: yield* fs.readFileString(lake.absolute(result.summary.path))
  }
}, Effect.scoped)

const specOf = (seed: number, rowsPerBucket: number) => {
  const { account, parameters } = Random.make(seed)
  const { asOf, settings, window } = parameters
  const spec: Spec.Spec = { account: "MA_TEST", ...window, asOf, settings, rowsPerBucket }
  return { lists: account, spec }
}

const lake = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Lake.Lake.layer(yield* fs.makeTempDirectoryScoped())
  })
)

const services = Layer.mergeAll(lake, DuckDb.DuckDb.layer({ threads: 1 })).pipe(Layer.provideMerge(NodeServices.layer))

const seeds = Number(process.env["SEEDS"] ?? 16)
const first = Number(process.env["FIRST_SEED"] ?? 1)

it.live("buckets find what one run over all rows does, byte for byte", () =>
  Effect.gen(function* () {
    let most = 0
    let junk = 0
    let candidates = 0
    for (let seed = first; seed < first + seeds; seed++) {
      const { lists, spec } = specOf(seed, 4)
      const expected = yield* Whole.run(Lists.inParts(lists, spec), spec)
      const { findings, split, summary } = yield* parted(lists, spec)
      assert.strictEqual(findings, expected.findings, `findings of seed ${seed}`)
      assert.strictEqual(summary, expected.summary, `summary of seed ${seed}`)
      most = Math.max(most, split.buckets.length)
      candidates += findings.split('"code":"candidate"').length - 1
      junk += Number(lists.cdrs.length > 100)
    }
    assert.isAbove(most, 3)
    assert.isAbove(junk, 0)
    assert.isAbove(candidates, 0)
  }).pipe(Effect.provide(services))
)
