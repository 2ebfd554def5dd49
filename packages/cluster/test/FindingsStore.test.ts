import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@vobiz-effect/test-support"
import { Finding, Kernel, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, FileSystem, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { SqlClient } from "effect/sql"

import { Accounts, Capacity, FindingsStore, JobRunner, Lake, type Spec } from "../src/index.ts"
import * as Postgres from "./postgres.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 9, calls: 300, days: 2, until })
const spec: Spec.Spec = {
  account: account.authId,
  from: DateTime.subtract(until, { days: 2 }),
  to: until,
  asOf: until,
  settings: {
    ...Kernel.defaults,
    lookBack: Duration.hours(4),
    account: account.authId,
    policy: Policy.short({ voiceApi: "must" })
  }
}

it.live("findings are there for others once, however often they are loaded", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const { settings } = yield* FakeVobiz.FakeVobiz
    const lake = Lake.Lake.layer(`${folder}/lake`)
    const worker = Layer.mergeAll(
      lake,
      Accounts.Accounts.layer([settings]).pipe(Layer.provide(RateLimiter.layerStoreMemory)),
      Capacity.Capacity.layer({ duckDb: { threads: 1 } })
    )
    // A later run of a window that has the first's, too.
    const wider: Spec.Spec = {
      ...spec,
      from: DateTime.subtract(until, { days: 3 }),
      asOf: DateTime.add(until, { hours: 1 })
    }
    const [result, later] = yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      const of = (spec: Spec.Spec) => Effect.flatMap(jobs.submit(spec), jobs.result)
      return [yield* of(spec), yield* of(wider)] as const
    }).pipe(
      Effect.provide(JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db` }).pipe(Layer.provide(worker)))
    )
    const lines = (yield* fs.readFileString(`${folder}/lake/${result.findings.path}`)).trim().split("\n")
    const expected = lines
      .map((line) => JSON.parse(line) as Finding.Finding)
      .filter(({ code }) => Finding.severities[code] !== "info")

    const { url } = yield* Postgres.make
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* FindingsStore.load(spec, result)
      assert.strictEqual(yield* FindingsStore.load(spec, result), expected.length)
      const rows = yield* sql<{ code: string; uuid: string | null; at: Date; amount: string | null }>`
        SELECT f.code, f.cdr_uuid AS uuid, to_char(f.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
        FROM recon_finding f JOIN recon_result r USING (run) WHERE r.account = ${account.authId}`
      const keys = (all: ReadonlyArray<{ code: string; uuid: string | null; at: unknown }>) =>
        all.map(({ at, code, uuid }) => `${code} ${uuid} ${at}`).toSorted()
      assert.deepStrictEqual(
        keys(rows),
        keys(expected.map(({ at, cdrs, code }) => ({ code, uuid: cdrs[0]?.uuid ?? null, at })))
      )
      assert.isAbove(rows.length, 5)
      assert.deepStrictEqual(yield* sql`SELECT verdict, proof, missing::int FROM recon_result`, [
        { verdict: result.verdict, proof: "complete", missing: result.missing }
      ])

      // A finding has the same key in both runs, and stands once among those that are current.
      const count = yield* FindingsStore.load(wider, later)
      assert.isAtLeast(count, expected.length)
      const [documented = ""] =
        /-- PostgreSQL: what stands[\s\S]*?(?=```)/.exec(
          yield* fs.readFileString(new URL("../../../docs/scale.md", import.meta.url).pathname)
        ) ?? []
      const current = yield* sql.unsafe<{ finding_key: string; run: string }>(documented)
      assert.lengthOf(current, count)
      assert.isTrue(current.every(({ run }) => run === later.run))
      const [both] = yield* sql<{ rows: number; found: number }>`
        SELECT count(*)::int AS rows, count(DISTINCT finding_key)::int AS found FROM recon_finding`
      assert.deepStrictEqual(both, { rows: expected.length + count, found: count })

      const { path } = later.findings
      yield* fs.writeFileString(`${folder}/lake/${path}`, "{}\n")
      const error = yield* Effect.flip(FindingsStore.load(wider, later))
      assert.strictEqual(
        error.message,
        `lake: ${path} is damaged, or was written by another version. Submit the run again`
      )
      const [kept] = yield* sql<{ rows: number }>`SELECT count(*)::int AS rows FROM recon_finding`
      assert.strictEqual(kept?.rows, both?.rows)
    }).pipe(Effect.provide(Layer.mergeAll(JobRunner.database(url), lake)))
  }).pipe(Effect.scoped, Effect.provide([FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer]))
)
