/** A run that is cancelled while its lists are read, and gone on with. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Kernel, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, FileSystem, Layer } from "effect"
import { RateLimiter } from "effect/persistence"

import { Accounts, Capacity, JobRunner, Lake, type Merge, type Spec } from "../src/index.ts"
import * as Postgres from "./postgres.ts"
import { sharding } from "./programs/runner.ts"
import * as Runners from "./runners.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 7, calls: 900, days: 2, until, authId: "MA_TEST" })
const rateLimit = 10
const pageSize = 20

const spec: Spec.Spec = {
  account: "MA_TEST",
  from: DateTime.subtract(until, { days: 2 }),
  to: until,
  asOf: until,
  settings: {
    ...Kernel.defaults,
    lookBack: Duration.hours(4),
    account: "MA_TEST",
    policy: Policy.short({ voiceApi: "must" })
  },
  rowsPerBucket: 100
}

const inProcess = (folder: string, { settings }: FakeVobiz.FakeVobiz["Service"], limit: number) =>
  JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db` }).pipe(
    Layer.provide(
      Layer.mergeAll(
        Lake.Lake.layer(`${folder}/lake`),
        Accounts.Accounts.layer([{ ...settings, pageSize, rateLimit: limit }]).pipe(
          Layer.provide(RateLimiter.layerStoreMemory)
        ),
        Capacity.Capacity.layer({ duckDb: { threads: 1 } })
      )
    )
  )

const contents = Effect.fnUntraced(function* (folder: string, { findings, proof, summary }: Merge.Result) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => fs.readFileString(`${folder}/lake/${path}`))
})

/** What an undisturbed process comes to, and in how many requests. */
const undisturbed = Effect.fnUntraced(function* (server: FakeVobiz.FakeVobiz["Service"]) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const whole = yield* Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    return yield* contents(folder, yield* jobs.result(yield* jobs.submit(spec)))
  }).pipe(Effect.provide(inProcess(folder, server, 10_000)))
  const { length } = yield* server.requests
  yield* server.forgetRequests
  return { contents: whole, requests: length }
}, Effect.scoped)

/** Cancels a run in the midst of its extracts, and goes on with it. */
const scenario = Effect.fnUntraced(function* (
  folder: string,
  server: FakeVobiz.FakeVobiz["Service"],
  expected: Effect.Success<ReturnType<typeof undisturbed>>
) {
  const fs = yield* FileSystem.FileSystem
  const asked = Effect.map(server.requests, ({ length }) => length)
  const jobs = yield* JobRunner.JobRunner
  const run = yield* jobs.submit(spec)
  const one = Effect.flatMap(jobs.status, ([status]) =>
    status === undefined ? Effect.die("the run is not noted") : Effect.succeed(status)
  )
  const count = (status: JobRunner.Status, state: JobRunner.Status["state"]) =>
    status.units.filter((unit) => unit.state === state).length

  // Some units are done, and others under way.
  yield* one.pipe(
    Effect.delay("50 millis"),
    Effect.repeat({ until: (status) => count(status, "done") > 0 && count(status, "running") > 0 })
  )
  yield* jobs.cancel(run)
  const at = yield* one
  assert.strictEqual(at.state, "cancelled")
  assert.strictEqual(count(at, "running"), 0)
  assert.isAbove(count(at, "cancelled"), 0)

  // Whoever waits is told when the units have stopped. From then on nothing is asked.
  const failure = yield* Effect.flip(jobs.result(run))
  assert.strictEqual(failure._tag, "Cancelled")
  const stopped = yield* asked
  assert.isBelow(stopped, expected.requests)
  yield* Effect.sleep("3 seconds")
  assert.strictEqual(yield* asked, stopped)
  const after = yield* one
  assert.strictEqual(after.state, "cancelled")
  assert.strictEqual(count(after, "cancelled"), count(at, "cancelled"))
  assert.strictEqual(count(after, "done"), count(at, "done"))
  assert.lengthOf(after.units, at.units.length)
  const left = yield* fs.readDirectory(`${folder}/lake`, { recursive: true })
  assert.deepStrictEqual(
    left.filter((name) => name.endsWith(".part")),
    []
  )

  // It is begun again upon a word to do so only, and what was done is not done again.
  yield* jobs.submit(spec)
  assert.strictEqual((yield* one).state, "cancelled")
  yield* server.forgetRequests
  yield* jobs.submit(spec, { retry: true })
  assert.deepStrictEqual(yield* contents(folder, yield* jobs.result(run)), expected.contents)
  const done = yield* one
  assert.strictEqual(done.state, "done")
  assert.strictEqual(done.attempt, 2)
  assert.isBelow(yield* asked, expected.requests)
})

describe("a run that is cancelled under way stops, leaves nothing half done, and can be gone on with", () => {
  it.live("in this process", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const expected = yield* undisturbed(server)
      yield* scenario(folder, server, expected).pipe(Effect.provide(inProcess(folder, server, rateLimit)))
    }).pipe(Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]), Effect.scoped)
  )

  it.live("on a cluster", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const expected = yield* undisturbed(server)
      const postgres = yield* Postgres.make
      const lake = `${folder}/lake`
      const runners = yield* Runners.make({ postgres, servers: [server], lake, rateLimit, pageSize })
      yield* Effect.forEach(yield* Effect.all([Postgres.freePort, Postgres.freePort]), runners.start)
      yield* scenario(folder, server, expected).pipe(
        Effect.provide(JobRunner.JobRunner.layerClient({ url: postgres.url, sharding }))
      )
    }).pipe(Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]), Effect.scoped)
  )
})
