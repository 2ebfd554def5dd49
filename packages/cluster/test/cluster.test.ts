/** Real runners, each a process, over a real PostgreSQL, to which bad things happen. */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@vobiz-effect/test-support"
import { Kernel, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, FileSystem, Layer, Random, Redacted } from "effect"
import { RateLimiter } from "effect/persistence"

import {
  Accounts,
  Capacity,
  type JobLog,
  JobRunner,
  Lake,
  type Merge,
  type Spec,
  SqlRateLimiterStore
} from "../src/index.ts"
import * as Grants from "./grants.ts"
import * as Held from "./held.ts"
import * as Partition from "./partition.ts"
import * as Postgres from "./postgres.ts"
import { sharding } from "./programs/runner.ts"
import * as Runners from "./runners.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const accounts = ["MA_ONE", "MA_TWO"].map((authId, index) =>
  Simulator.make({ seed: index + 1, calls: 300, days: 3, until, authId })
)
const rateLimit = 10
const pageSize = 20

const specOf = (account: string): Spec.Spec => ({
  account,
  from: DateTime.subtract(until, { days: 3 }),
  to: until,
  asOf: until,
  settings: {
    ...Kernel.defaults,
    lookBack: Duration.hours(4),
    account,
    policy: Policy.short({ voiceApi: "must" })
  },
  rowsPerBucket: 100,
  archive: true
})

const fakes = Effect.forEach(accounts, (account) =>
  Effect.map(Layer.build(FakeVobiz.FakeVobiz.layer({ account })), (context) => context)
).pipe(
  Effect.flatMap((contexts) =>
    Effect.forEach(contexts, (context) => Effect.provideContext(FakeVobiz.FakeVobiz, context))
  )
)

const contents = Effect.fnUntraced(function* (lake: string, { findings, proof, summary }: Merge.Result) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => fs.readFileString(`${lake}/${path}`))
})

/** The result that one undisturbed process comes to. */
const undisturbed = Effect.fnUntraced(function* (
  folder: string,
  servers: ReadonlyArray<FakeVobiz.FakeVobiz["Service"]>
) {
  const worker = Layer.mergeAll(
    Lake.Lake.layer(`${folder}/expected`),
    Accounts.Accounts.layer(servers.map(({ settings }) => ({ ...settings, pageSize }))).pipe(
      Layer.provide(RateLimiter.layerStoreMemory)
    ),
    Capacity.Capacity.layer({ duckDb: { threads: 1 } })
  )
  return yield* Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    const runs = yield* Effect.forEach(servers, ({ authId }) => jobs.submit(specOf(authId)))
    const results = yield* Effect.forEach(runs, jobs.result)
    return yield* Effect.forEach(results, (result) => contents(`${folder}/expected`, result))
  }).pipe(
    Effect.provide(JobRunner.JobRunner.layerInProcess({ file: `${folder}/expected.db` }).pipe(Layer.provide(worker)))
  )
})

/** How late a request may leave, which is what `VobizClient` lets, and how long it may be on its way to this busy machine's server. */
const late = 1000 + 1000

it.live(
  "whatever befalls the runners, the result is that of one undisturbed process, and no limit is overstepped",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const lake = `${folder}/lake`
      const servers = yield* fakes
      const expected = yield* undisturbed(folder, servers)
      yield* Effect.forEach(servers, ({ forgetRequests }) => forgetRequests)

      const postgres = yield* Postgres.make
      const withDatabase = Effect.provide(
        SqlRateLimiterStore.layer.pipe(Layer.provideMerge(JobRunner.database(postgres.url)))
      )
      yield* withDatabase(Grants.note)
      // The third can be cut off: from the database, and from those that would reach it.
      const listens = yield* Postgres.freePort
      const toThird = yield* Partition.make(listens)
      const toDatabase = yield* Partition.make(Number(new URL(Redacted.value(postgres.url)).port))
      const [first, second, third] = [yield* Postgres.freePort, yield* Postgres.freePort, toThird.port]
      const ports = [first, second, third]
      const runners = yield* Runners.make({
        postgres,
        servers,
        lake,
        rateLimit,
        pageSize,
        slowMillis: (port) => (port === second ? 150 : 0),
        databasePort: (port) => (port === third ? toDatabase.port : undefined),
        listens: (port) => (port === third ? listens : port)
      })
      yield* Effect.forEach(ports, runners.start)
      const [killed = first, unheard = second, killedToo = third] = yield* Random.shuffle(ports)

      const results = yield* Effect.gen(function* () {
        const jobs = yield* JobRunner.JobRunner
        const runs = yield* Effect.forEach(servers, ({ authId }) => jobs.submit(specOf(authId)))

        // A runner is killed.
        yield* Effect.sleep("3 seconds")
        yield* runners.signal(killed, "SIGKILL")
        yield* Effect.sleep("2 seconds")
        yield* runners.start(killed)
        // The database is restarted.
        yield* Effect.sleep("2 seconds")
        yield* postgres.restart
        // Another runner is not heard of for longer than its leases last, and comes back.
        yield* Effect.sleep("2 seconds")
        yield* runners.signal(unheard, "SIGSTOP")
        yield* Effect.sleep("7 seconds")
        yield* runners.signal(unheard, "SIGCONT")
        // One is cut off in the midst of units that others then do, and goes on with what it was at, unaware.
        const unitsBy = (is: (unit: JobLog.Unit) => boolean) =>
          Effect.map(jobs.status, (all) =>
            all.flatMap(({ run, units }) => units.filter(is).map(({ unit }) => `${run} ${unit}`))
          )
        const heldByThird = unitsBy(({ runner, state }) => state === "running" && runner === `127.0.0.1:${third}`)
        const heal = Effect.all([toThird.heal, toDatabase.heal])
        const cutOff = Effect.all([toThird.cut, toDatabase.cut]).pipe(
          Effect.andThen(heldByThird),
          Effect.tap(({ length }) => (length === 0 ? heal : Effect.void))
        )
        const left = yield* Effect.repeat(Effect.delay(cutOff, "100 millis"), { until: ({ length }) => length > 0 })
        yield* Effect.repeat(Effect.delay(heldByThird, "500 millis"), { until: ({ length }) => length === 0 })
        yield* Effect.sleep("2 seconds")
        yield* heal
        // Another is killed.
        yield* Effect.sleep("2 seconds")
        yield* runners.signal(killedToo, "SIGKILL")
        yield* Effect.sleep("1 second")
        yield* runners.start(killedToo)
        const settled = Effect.map(jobs.status, (runs) => runs.every(({ state }) => state !== "running"))
        yield* Effect.repeat(Effect.delay(settled, "1 second"), { until: (is) => is })
        for (const { errorMessage, state } of yield* jobs.status) assert.strictEqual(state, "done", errorMessage ?? "")
        const begunAgain = new Set(yield* unitsBy(({ starts }) => starts > 1))
        assert.isTrue(left.some((unit) => begunAgain.has(unit)))
        return yield* Effect.forEach(runs, jobs.result)
      }).pipe(Effect.provide(JobRunner.JobRunner.layerClient({ url: postgres.url, sharding })))

      assert.deepStrictEqual(yield* Effect.forEach(results, (result) => contents(lake, result)), expected)

      for (const { account, authId } of servers) {
        assert.deepStrictEqual(yield* Held.ids(lake, authId), Held.listed(account, specOf(authId).from))
      }

      // No more tokens were given than there are, and nobody asked without one.
      for (const { authId, requests } of servers) {
        const due = yield* withDatabase(Grants.of(`vobiz:${authId}`))
        assert.isAtMost(Grants.excess(due, rateLimit, 1000 / rateLimit), 0)
        const asked = (yield* requests).map(({ at }) => at)
        assert.isAtLeast(asked.length, 50)
        assert.deepStrictEqual(Grants.ungranted(asked, due, late), [])
      }
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
)
