import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import { DuckDb, Kernel, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, FileSystem, Layer, Stream } from "effect"

import { Accounts, Extract, Lake, Match, Merge, type Spec, Split } from "../src/index.ts"
import * as Lists from "./accounts.ts"
import * as Runs from "./runs.ts"
import * as Whole from "./whole.ts"

/** A reconciliation by its units of work. */
const parted = Effect.fnUntraced(function* (lists: Lists.Lists, spec: Spec.Spec) {
  const lake = yield* Lake.Lake
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
    findings: yield* lake.read(result.findings.path),
    summary: yield* lake.read(result.summary.path)
  }
}, Effect.scoped)

const lake = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Lake.Lake.layer(yield* fs.makeTempDirectoryScoped())
  })
)

const services = Layer.mergeAll(lake, DuckDb.DuckDb.layer({ threads: 1 })).pipe(Layer.provideMerge(NodeServices.layer))

/** The account of the first has an id that more than a hundred calls bear, and so means nothing. */
const seeds = [37, 1, 2, 44, 3, 4, 5, 6, 58, 65].slice(0, Effort.sized({ quick: 2, full: 10 }))

const assertSame = Effect.fnUntraced(function* (name: string, lists: Lists.Lists, spec: Spec.Spec) {
  const expected = yield* Whole.run(Lists.inParts(lists, spec), spec)
  const { findings, split, summary } = yield* parted(lists, spec)
  assert.strictEqual(findings, expected.findings, `findings of ${name}`)
  assert.strictEqual(summary, expected.summary, `figures of ${name}`)
  return { findings: expected.findings, split }
})

describe("buckets find what one run over all rows does, byte for byte", () => {
  it.live("in small accounts of colliding ids", () =>
    Effect.gen(function* () {
      const sizes = yield* Effect.forEach(seeds, (seed) => {
        const { lists, spec } = Runs.random(seed)
        return Effect.map(assertSame(`seed ${seed}`, lists, spec), ({ split }) => split.buckets.length)
      })
      assert.isAbove(Math.max(...sizes), 20)
    }).pipe(Effect.provide(services))
  )

  it.live("in a simulated account, with candidates from different buckets", () =>
    Effect.gen(function* () {
      const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
      const account = Simulator.make({ seed: 5, calls: 400, days: 2, until, mix: { unkeyed: 20, "sub-account": 5 } })
      const from = DateTime.subtract(until, { days: 3 })
      const lists = yield* Effect.gen(function* () {
        const cdrs = yield* CallDetailRecords.CallDetailRecords
        const recordings = yield* Recordings.Recordings
        const trunks = yield* Trunks.Trunks
        return {
          cdrs: yield* Stream.runCollect(cdrs.stream({ from, to: until })),
          recordings: yield* Stream.runCollect(recordings.stream({ since: from })),
          trunks: yield* Stream.runCollect(trunks.stream)
        }
      }).pipe(Effect.provide(FakeVobiz.FakeVobiz.layerVobiz({ account })))
      const settings = {
        ...Kernel.defaults,
        lookBack: Duration.hours(4),
        account: account.authId,
        policy: Policy.short({ voiceApi: "must" })
      }
      const spec = { account: account.authId, from, to: until, asOf: until, settings, rowsPerBucket: 40 }
      const { findings, split } = yield* assertSame("the simulated account", lists, spec)
      assert.isAbove(split.buckets.length, 5)
      assert.isAbove(findings.split('"code":"candidate"').length, 3)
    }).pipe(Effect.provide(services))
  )
})
