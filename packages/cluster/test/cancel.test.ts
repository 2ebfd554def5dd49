/** A run that is cancelled while its lists are read, and resumed. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { RateLimiter } from "effect/persistence"

import { Accounts, Capacity, JobRunner, Lake } from "../src/index.ts"
import * as Postgres from "./postgres.ts"
import { sharding } from "./programs/runner.ts"
import * as Runs from "./runs.ts"
import * as Runners from "./runners.ts"

const account = Simulator.make({
  seed: 7,
  calls: Effort.sized({ quick: 100, full: 900 }),
  days: 2,
  until: Runs.until,
  authId: "MA_TEST"
})
const rateLimit = 10_000
const pageSize = 20

const spec = Runs.of("MA_TEST", 2)

const inProcess = (folder: string, { settings }: FakeVobiz.FakeVobiz["Service"]) =>
  JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db` }).pipe(
    Layer.provide(
      Layer.mergeAll(
        Lake.Lake.layer(`${folder}/lake`),
        Accounts.Accounts.layer([{ ...settings, pageSize, rateLimit }]).pipe(
          Layer.provide(RateLimiter.layerStoreMemory)
        ),
        Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 40 })
      )
    )
  )

/** A run over days that the first has nothing of. */
const another = Runs.of("MA_TEST", 9, { to: DateTime.subtract(Runs.until, { days: 7 }) })

/** How often CDRs of the first run's days were asked for. */
const ownAsked = ({ requests }: FakeVobiz.FakeVobiz["Service"]) =>
  Effect.map(requests, (all) => all.filter(({ query }) => (query["start_date"] ?? "") >= "2026-11-16").length)

/** What an undisturbed process comes to, and in how many requests. */
const undisturbed = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const server = yield* FakeVobiz.FakeVobiz
  const contents = yield* Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    return yield* Runs.contents(`${folder}/lake`, yield* jobs.result(yield* jobs.submit(spec)))
  }).pipe(Effect.provide(inProcess(folder, server)))
  return { contents, requests: (yield* server.requests).length }
}).pipe(
  Effect.provide(Layer.fresh(FakeVobiz.FakeVobiz.layer({ account }))),
  Effect.scoped,
  Effect.cached,
  Effect.runSync
)

/** Cancels a run in the midst of its extracts, and resumes it. */
const scenario = Effect.fnUntraced(function* (
  folder: string,
  server: FakeVobiz.FakeVobiz["Service"],
  expected: Effect.Success<typeof undisturbed>
) {
  const fs = yield* FileSystem.FileSystem
  const asked = Effect.map(server.requests, ({ length }) => length)
  const jobs = yield* JobRunner.JobRunner
  // The run cannot come to its end before it is cancelled.
  yield* server.setFaults(
    FaultPlan.one({ _tag: "StalledBody", afterBytes: 100 }, { on: ["cdrs.list"], first: 4, times: "always" })
  )
  const run = yield* jobs.submit(spec)
  const one = Effect.flatMap(jobs.status, (all) => {
    const status = all.find((some) => some.run === run)
    return status === undefined ? Effect.die("the run is not noted") : Effect.succeed(status)
  })
  const count = (status: JobRunner.Status, state: JobRunner.Status["state"]) =>
    status.units.filter((unit) => unit.state === state).length

  yield* Wait.until(
    "the other lists are read, and CDRs are being read",
    Effect.all([one, ownAsked(server)]),
    ([status, cdrPages]) => count(status, "done") === 2 && count(status, "running") === 1 && cdrPages > 2
  )
  yield* jobs.cancel(run)
  const at = yield* one
  assert.strictEqual(at.state, "cancelled")
  assert.strictEqual(count(at, "running"), 0)
  assert.isAbove(count(at, "cancelled"), 0)

  // Whoever waits is told when the units have stopped. From then on nothing is asked, while another run is done.
  const failure = yield* Effect.flip(jobs.result(run))
  assert.strictEqual(failure._tag, "Cancelled")
  yield* server.setFaults(FaultPlan.none)
  assert.isBelow(yield* asked, expected.requests)
  const stopped = yield* ownAsked(server)
  assert.isAbove(stopped, 0)
  yield* jobs.result(yield* jobs.submit(another))
  assert.strictEqual(yield* ownAsked(server), stopped)
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
  assert.deepStrictEqual(yield* Runs.contents(`${folder}/lake`, yield* jobs.result(run)), expected.contents)
  const done = yield* one
  assert.strictEqual(done.state, "done")
  assert.strictEqual(done.attempt, 2)
  assert.isBelow(yield* asked, expected.requests)
})

describe("a run that is cancelled under way stops, leaves nothing half done, and can be resumed", () => {
  it.live("in this process", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const expected = yield* undisturbed
      yield* scenario(folder, server, expected).pipe(Effect.provide(inProcess(folder, server)))
    }).pipe(Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]), Effect.scoped)
  )

  it.live("on a cluster", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const expected = yield* undisturbed
      const postgres = yield* Postgres.make
      const lake = `${folder}/lake`
      const runners = yield* Runners.make({ postgres, servers: [server], lake, rateLimit, pageSize })
      const ports = yield* Effect.all([Postgres.freePort, Postgres.freePort])
      // By default one runner, in this process.
      if (Effort.isFull) yield* Effect.forEach(ports, runners.start)
      else yield* runners.startHere(ports[0])
      yield* scenario(folder, server, expected).pipe(
        Effect.provide(JobRunner.JobRunner.layerClient({ url: postgres.url, secret: Runners.secret, sharding }))
      )
    }).pipe(Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]), Effect.scoped)
  )
})
