/** What a reconciliation puts into the lake. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { ExtractProof } from "@vobiz-effect/core"
import { type Account, DuckDb } from "@vobiz-effect/reconcile"
import { BigDecimal, DateTime, Duration, Effect, FileSystem, Layer } from "effect"
import { TestClock } from "effect/testing"

import { Lake, Spec } from "../src/index.ts"
import type * as Extract from "../src/internal/extract.ts"
import * as Reconcile from "../src/internal/reconcile.ts"
import * as Runs from "./runs.ts"

const spec = Runs.of("MA_TEST", 2)

const receipt = (
  list: Extract.List,
  verdict: ExtractProof.ExtractProof["verdict"],
  asOf: DateTime.Utc = Runs.until
): Extract.Receipt => ({
  list,
  files: [],
  rows: 0,
  proof: new ExtractProof.ExtractProof({
    list,
    verdict,
    startedAt: Runs.until,
    asOf,
    since: null,
    doubts: verdict === "complete" ? [] : [{ kind: "count", detail: "it grew", after: null }],
    rowsInDoubt: verdict === "complete" ? 0 : null,
    rows: 0,
    total: 0,
    gone: 0,
    pages: 1,
    repeats: 0,
    stepBacks: 0,
    pageSize: 100,
    order: "newest-first",
    firstId: null,
    lastId: null,
    digest: `digest of ${list}`
  })
})

/** Reconciles lists without rows, and gives the result, and what the lake has of it. */
const reconciled = (extracts: Reconcile.Extracts, of: Spec.Spec = spec) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const lake = yield* fs.makeTempDirectoryScoped()
    yield* TestClock.setTime(DateTime.add(Runs.until, { days: 1 }).epochMilliseconds)
    const result = yield* Reconcile.run(of, extracts).pipe(
      Effect.provide(Layer.mergeAll(Lake.Lake.layer(lake), DuckDb.DuckDb.layer({ threads: 1 })))
    )
    const [findings = "", summary = "", proof = ""] = yield* Runs.contents(lake, result)
    return { result, findings, summary, proof }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const all = (
  cdr: ExtractProof.ExtractProof["verdict"],
  recording: ExtractProof.ExtractProof["verdict"],
  trunk: ExtractProof.ExtractProof["verdict"]
): Reconcile.Extracts => ({
  cdr: receipt("cdr", cdr),
  recording: receipt("recording", recording),
  trunk: receipt("trunk", trunk)
})

describe("a reconciliation", () => {
  it.effect("of lists without rows is kept with what was read", () =>
    Effect.gen(function* () {
      const extracts = all("complete", "complete", "complete")
      const { findings, proof, result } = yield* reconciled(extracts)
      const run = Spec.runOf(spec)
      assert.strictEqual(findings, "")
      const { findings: file, proof: proofFile, summary, table, ...rest } = result
      assert.deepStrictEqual(rest, {
        version: 3,
        run,
        account: "MA_TEST",
        proved: "complete",
        asOf: Runs.until,
        verdict: rest.verdict,
        reasons: rest.reasons,
        cdrs: 0,
        recordings: 0,
        missing: 0,
        unproved: []
      })
      for (const [written, ending] of [
        [file, "findings.ndjson"],
        [table, "findings.parquet"],
        [summary, "summary.json"],
        [proofFile, "proof.json"]
      ] as const) {
        assert.strictEqual(written.path, `account=MA_TEST/run=${run}/result/${written.sha256}.${ending}`)
      }
      assert.deepStrictEqual(JSON.parse(proof), {
        version: 2,
        run,
        verdict: "complete",
        lists: ["cdr", "recording", "trunk"].map((list) => ({
          list,
          rows: 0,
          verdict: "complete",
          doubts: [],
          digest: `digest of ${list}`
        })),
        findings: file.sha256,
        summary: summary.sha256
      })
      assert.isTrue(proof.endsWith("\n}\n"))
    })
  )

  it.effect("is proved as its worst list is, and names each that is not whole", () =>
    Effect.gen(function* () {
      for (const [extracts, proved, unproved] of [
        [all("complete", "in-doubt", "complete"), "in-doubt", ["recording"]],
        [all("in-doubt", "complete", "not-provable"), "not-provable", ["cdr", "trunk"]],
        [all("not-provable", "in-doubt", "in-doubt"), "not-provable", ["cdr", "recording", "trunk"]]
      ] as const) {
        const { proof, result } = yield* reconciled(extracts)
        assert.strictEqual(result.proved, proved)
        assert.deepStrictEqual(
          result.unproved.map(({ list, proof }) => [list, proof]),
          unproved.map((list) => [list, extracts[list].proof])
        )
        const kept = JSON.parse(proof) as {
          readonly verdict: string
          readonly lists: ReadonlyArray<{ doubts: unknown }>
        }
        assert.strictEqual(kept.verdict, proved)
        assert.deepStrictEqual(
          kept.lists.map(({ doubts }) => doubts),
          [extracts.cdr, extracts.recording, extracts.trunk].map(({ proof }) => proof.doubts.map(({ kind }) => kind))
        )
        assert.notStrictEqual(result.verdict, "assured")
        assert.isNotEmpty(result.reasons)
      }
    })
  )

  it.effect("is as of the earliest list, unless the run says of when", () =>
    Effect.gen(function* () {
      const earlier = DateTime.subtract(Runs.until, { hours: 1 })
      const { asOf: _, ...open } = spec
      const extracts = {
        ...all("complete", "complete", "complete"),
        recording: receipt("recording", "complete", earlier)
      }
      const { result } = yield* reconciled(extracts, open)
      assert.strictEqual(DateTime.formatIso(result.asOf), DateTime.formatIso(earlier))
      const { result: said } = yield* reconciled(extracts)
      assert.strictEqual(DateTime.formatIso(said.asOf), DateTime.formatIso(Runs.until))
    })
  )
})

describe("figures", () => {
  it("are the same bytes for the same figures, whatever the order of their fields", () => {
    const result = {
      summary: {
        cdrs: 2,
        at: DateTime.makeUnsafe("2026-05-10T00:00:00Z"),
        none: null,
        list: [Duration.seconds(1.5), "x"]
      },
      billing: { z: BigDecimal.fromStringUnsafe("1.50"), a: [BigDecimal.fromStringUnsafe("-0.10")] },
      ...Object.fromEntries(
        ["classes", "coverage", "lateness", "talk", "talkCoverage", "unexcused", "verdict"].map((name) => [name, name])
      ),
      schema: "is not among them"
    } as unknown as Account.Result
    const expected = {
      version: 2,
      at: "2026-05-10T00:00:00.000Z",
      billing: { a: ["-0.1"], z: "1.5" },
      cdrs: 2,
      classes: "classes",
      coverage: "coverage",
      lateness: "lateness",
      list: [1500, "x"],
      none: null,
      talk: "talk",
      talkCoverage: "talkCoverage",
      unexcused: "unexcused",
      verdict: "verdict"
    }
    assert.strictEqual(Reconcile.figures(result), `${JSON.stringify(expected, null, 2)}\n`)
  })
})
