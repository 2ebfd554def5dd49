/** What `recon cluster` leaves for others, asked by the statements of docs/scale.md. */
import { readFileSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { assert, it, once, Wait } from "@vobiz-effect/test-support"
import { JobRunner } from "@vobiz-effect/cluster"
import { DuckDb, Finding } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Fiber, FileSystem, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"

import * as Postgres from "../../../packages/cluster/test/postgres.ts"
import * as S3 from "../../../packages/cluster/test/s3.ts"
import { recon as command } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 200, days: 2, until })
const span = ["--from", "2026-11-18", "--to", "2026-11-20"]

const recon = (args: ReadonlyArray<string>, env: Record<string, string> = {}) => command(["cluster", ...args], env)

const Status = Schema.fromJsonString(
  Schema.NonEmptyArray(
    Schema.Struct({
      run: Schema.String,
      state: Schema.String,
      result: Schema.NullOr(Schema.Struct({ findings: Schema.Struct({ path: Schema.String }) }))
    })
  )
)

const decodeStatus = Schema.decodeUnknownEffect(Status)

/** The statements of the documentation for a system. */
const documented = (system: string): ReadonlyArray<string> => {
  const text = readFileSync(new URL("../../../docs/scale.md", import.meta.url), "utf8")
  return [...text.matchAll(/```sql\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block.startsWith(`-- ${system}`) ? [block] : []
  )
}

/** One PostgreSQL, with a database for each test that asks for one. */
const started = once(Postgres.make)
const databaseOf = Effect.fnUntraced(function* (name: string) {
  const { url } = yield* started
  yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`CREATE DATABASE ${name}`)).pipe(
    Effect.provide(JobRunner.database(url))
  )
  return Redacted.make(Redacted.value(url).replace(/postgres$/, name))
})

const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, now: until }), NodeServices.layer)

it.live("findings are there for others as docs/scale.md says, once, and outlive what is cleaned", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const lake = ["--lake", `${folder}/lake`]
    const database = yield* databaseOf("found")
    const findings = { RECON_FINDINGS_DATABASE: Redacted.value(database) }

    yield* recon(["submit", ...lake, ...span])
    const [run] = yield* decodeStatus((yield* recon(["status", ...lake, "--json"])).out)
    const lines = (yield* fs.readFileString(`${folder}/lake/${run.result?.findings.path}`)).trim().split("\n")
    const all = lines.map((line) => JSON.parse(line) as Finding.Finding)
    const urgent = all.filter(({ code }) => Finding.severities[code] !== "info")
    const tally = (some: ReadonlyArray<Finding.Finding>) => {
      const counts = new Map<string, number>()
      for (const { code } of some) counts.set(code, (counts.get(code) ?? 0) + 1)
      return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
    }
    assert.isAbove(urgent.length, 3)

    const nowhere = yield* recon(["store", ...lake])
    assert.strictEqual(nowhere.code, 2)
    assert.include(nowhere.err, "RECON_FINDINGS_DATABASE: the PostgreSQL has to be known")
    const away = yield* recon(["store", ...lake], { RECON_FINDINGS_DATABASE: "postgres://me:hunter2@127.0.0.1:1/db" })
    assert.strictEqual(away.code, 2)
    assert.notInclude(away.err, "hunter2")
    const first = yield* recon(["store", ...lake], findings)
    assert.strictEqual(first.out, `${run.run}: ${urgent.length} findings stored`)
    const rest = yield* recon(["store", ...lake], findings)
    assert.include(rest.out, "There is no result that is not stored yet")

    const [, missing = "", kinds = ""] = documented("PostgreSQL")
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql.unsafe<{ readonly code: string; readonly findings: string; readonly verdict: string }>(
        kinds
      )
      assert.deepStrictEqual(
        rows.map(({ code, findings }) => [code, Number(findings)]),
        tally(urgent)
      )
      const uuids = (yield* sql.unsafe<{ readonly cdr_uuid: string }>(missing)).map(({ cdr_uuid }) => cdr_uuid)
      const expected = urgent.filter(({ code }) => code === "missing").map(({ cdrs }) => cdrs[0]?.uuid)
      assert.sameMembers(uuids, expected)
      assert.isNotEmpty(uuids)
    }).pipe(Effect.provide(JobRunner.database(database)))

    const [byCode = "", byDay = ""] = documented("DuckDB")
    yield* Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      yield* db.run(`SET GLOBAL file_search_path = '${folder}'`)
      const Kind = Schema.Struct({
        account: Schema.String,
        run: Schema.String,
        code: Schema.String,
        findings: Schema.FiniteFromString
      })
      const counts = yield* db.query(byCode, Kind)
      assert.deepStrictEqual(
        counts.map(({ code, findings }) => [code, findings]),
        tally(all)
      )
      assert.isTrue(counts.every((of) => of.account === account.authId && of.run === run.run))
      const Day = Schema.Struct({ day: Schema.String, calls: Schema.FiniteFromString })
      const days = yield* db.query(byDay, Day)
      assert.includeMembers(
        days.map(({ day }) => day),
        ["2026-11-18", "2026-11-19"]
      )
      assert.isTrue(days.every(({ calls }) => calls > 0))
    }).pipe(Effect.provide(DuckDb.DuckDb.layer()))

    const young = yield* recon(["clean", ...lake, "--older-than", "30 days"])
    assert.include(young.out, "There is no run that ended so long ago")
    const both = yield* recon(["clean", ...lake, run.run, "--older-than", "30 days"])
    assert.strictEqual(both.code, 2)
    const cleaned = yield* recon(["clean", ...lake, run.run])
    assert.match(cleaned.out, new RegExp(`^${run.run}: [1-9]\\d* files removed$`))
    const again = yield* recon(["store", ...lake, run.run], findings)
    assert.deepStrictEqual([again.code, again.out], [0, first.out])
  }).pipe(Effect.provide(services), Effect.scoped)
)

it.live("the lake may be a bucket, whose runs have their state in a file that is named", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const { client } = yield* S3.make()
    const credentials = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER", AWS_REGION: "us-east-1" }
    yield* Effect.acquireRelease(
      Effect.sync(() => Object.assign(process.env, credentials)),
      () => Effect.sync(() => Object.keys(credentials).forEach((name) => Reflect.deleteProperty(process.env, name)))
    )
    const settings = { RECON_LAKE: "s3://lake/cdrs", RECON_LAKE_S3_ENDPOINT: client.endpoint }
    const unnamed = yield* recon(["submit", ...span], settings)
    assert.strictEqual(unnamed.code, 2)
    assert.include(unnamed.err, "Name a local file for it by --state or RECON_STATE")
    const named = { ...settings, RECON_STATE: `${folder}/state.db` }
    const submitted = yield* recon(["submit", ...span], named)
    assert.strictEqual(submitted.code, 1, submitted.err)
    const [run] = yield* decodeStatus((yield* recon(["status", "--json"], named)).out)
    assert.strictEqual(run.state, "done")
    const cleaned = yield* recon(["clean", run.run], named)
    assert.match(cleaned.out, new RegExp(`^${run.run}: [1-9]\\d* files removed$`))
    const wrong = yield* recon(["clean", run.run, "--lake", "s3://"], named)
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.err, '--lake: "s3://" is no bucket')
  }).pipe(Effect.provide(services), Effect.scoped)
)

it.live("runners of a PostgreSQL reconcile what is submitted there, and the findings go to it, too", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const settings = { RECON_DATABASE: Redacted.value(yield* databaseOf("worked")), RECON_LAKE: `${folder}/lake` }
    const port = yield* Postgres.freePort
    // Who submits and who works need the secret, and nobody else.
    const secret = { ...settings, RECON_CLUSTER_SECRET: "0123456789abcdef0123456789abcdef" }
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      const open = yield* recon(["runner", "--port", String(port), "--host", host], settings)
      assert.strictEqual(open.code, 2)
      assert.include(open.err, "the cluster's secret from RECON_CLUSTER_SECRET: it is not set")
    }
    const weak = yield* recon(["runner"], { ...settings, RECON_CLUSTER_SECRET: "hunter2" })
    assert.strictEqual(weak.code, 2)
    assert.include(weak.err, "RECON_CLUSTER_SECRET: it has fewer than 32 characters")
    assert.notInclude(weak.err, "hunter2")
    assert.strictEqual((yield* recon(["submit", ...span], settings)).code, 2)
    const status = Effect.flatMap(recon(["status", "--json"], settings), ({ out }) => decodeStatus(out))

    const submitted = yield* recon(["submit", ...span], secret)
    assert.strictEqual(submitted.code, 0, submitted.err)
    const [{ run }] = yield* status
    const early = yield* recon(["store", run], settings)
    assert.strictEqual(early.code, 2)
    assert.include(early.err, `run ${run} is running and has no result. Wait until it ends`)
    const needed = yield* recon(["clean", run], settings)
    assert.strictEqual(needed.code, 2)
    assert.include(needed.err, `run ${run} is under way`)

    const cancelled = yield* recon(["cancel", run], settings)
    assert.deepStrictEqual([cancelled.code, cancelled.out], [0, `cancelled ${run}`])
    assert.strictEqual((yield* status)[0].state, "cancelled")
    const retried = yield* recon(["submit", "--retry", run], secret)
    assert.strictEqual(retried.code, 0, retried.err)

    yield* Effect.forkScoped(recon(["runner", "--port", String(port)], secret))
    const watch = yield* Effect.forkScoped(recon(["status", "--watch"], settings))
    const [done] = yield* Wait.until("the run has ended", status, ([{ state }]) => state !== "running")
    assert.strictEqual(done.state, "done")
    // The table is drawn anew until no run is under way.
    const watched = yield* Fiber.join(watch)
    const tables = watched.out.split("\u001b[H\u001b[2J").slice(1)
    assert.isAtLeast(tables.length, 2)
    assert.match(tables.at(0) ?? "", new RegExp(`${run} .* running `))
    assert.match(tables.at(-1) ?? "", new RegExp(`${run} .* done `))
    const stored = yield* recon(["store"], settings)
    assert.match(stored.out, new RegExp(`^${run}: [1-9]\\d* findings stored$`))
    const cleaned = yield* recon(["clean", run], settings)
    assert.match(cleaned.out, new RegExp(`^${run}: [1-9]\\d* files removed$`))
  }).pipe(Effect.provide(services), Effect.scoped)
)
