/** Real runners, each a process, over a real PostgreSQL, to which bad things happen. */
import { NodeServices } from "@effect/platform-node"
import { assert, Effort, it, Seed, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { Clock, DateTime, Effect, FileSystem, Layer, Random, Redacted } from "effect"
import { RateLimiter } from "effect/persistence"

import { Accounts, Capacity, type JobLog, JobRunner, Lake, Spec, SqlRateLimiterStore } from "../src/index.ts"
import * as Grants from "./grants.ts"
import * as Held from "./held.ts"
import * as Partition from "./partition.ts"
import * as Postgres from "./postgres.ts"
import { sharding } from "./programs/runner.ts"
import * as Runners from "./runners.ts"
import * as Runs from "./runs.ts"

const accounts = ["MA_ONE", "MA_TWO"].map((authId, index) =>
  Runs.withShortAudio(
    Simulator.make({
      seed: index + 1,
      calls: Effort.sized({ quick: 70, full: 300 }),
      days: 3,
      until: Runs.until,
      authId
    })
  )
)
const rateLimit = 10
const pageSize = 20

/** The nth run over an account. */
const specOf = (account: string, nth = 0) =>
  Runs.of(account, 3, { asOf: DateTime.add(Runs.until, { minutes: nth }), archive: true })

const fakes = Effect.forEach(accounts, (account) =>
  Effect.flatMap(Layer.build(FakeVobiz.FakeVobiz.layer({ account })), (context) =>
    Effect.provideContext(FakeVobiz.FakeVobiz, context)
  )
)

/** The results that one undisturbed process comes to. */
const undisturbed = Effect.fnUntraced(function* (
  folder: string,
  servers: ReadonlyArray<FakeVobiz.FakeVobiz["Service"]>,
  specs: ReadonlyArray<Spec.Spec>
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
    const runs = yield* Effect.forEach(specs, (spec) => jobs.submit(spec))
    const results = yield* Effect.forEach(runs, jobs.result)
    return yield* Effect.forEach(results, (result) => Runs.contents(`${folder}/expected`, result))
  }).pipe(
    Effect.provide(JobRunner.JobRunner.layerInProcess({ file: `${folder}/expected.db` }).pipe(Layer.provide(worker)))
  )
})

/**
 * How late a request may arrive, in milliseconds: `VobizClient` lets it leave a second late, and the way to the server of a
 * busy machine takes some, too. A runner that goes on as if it had not been stopped asks `stoppedFor` too late.
 */
const late = 1000 + 4000
const stoppedFor = 8000

it.live(
  "whatever befalls the runners, the result is that of one undisturbed process, and no limit is overstepped",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const lake = `${folder}/lake`
      const servers = yield* fakes
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

      const specs: Array<Spec.Spec> = []
      const results = yield* Effect.gen(function* () {
        const jobs = yield* JobRunner.JobRunner
        const submit = Effect.gen(function* () {
          const { authId } = servers[specs.length % servers.length] ?? assert.fail("there are servers")
          const spec = specOf(authId, specs.length)
          specs.push(spec)
          yield* jobs.submit(spec)
        })
        yield* Effect.andThen(submit, submit)
        /** Whatever befalls the runners befalls them in the midst of a run, however slowly it comes. */
        const keepBusy = Effect.flatMap(jobs.status, (all) =>
          all.some(({ state }) => state === "running") ? Effect.void : submit
        )
        const unitsBy = (is: (unit: JobLog.Unit) => boolean) =>
          Effect.map(jobs.status, (all) =>
            all.flatMap(({ run, units }) => units.filter(is).map(({ unit }) => `${run} ${unit}`))
          )
        const heldBy = (port: number) =>
          unitsBy(({ runner, state }) => state === "running" && runner === `127.0.0.1:${port}`)
        const atWork = (port: number) =>
          runners.reaches(
            port,
            `the runner of port ${port} is at a unit`,
            Effect.map(Effect.andThen(keepBusy, heldBy(port)), ({ length }) => length > 0)
          )
        const takenFrom = (port: number) =>
          Wait.until(
            `what the runner of port ${port} was at is done by others`,
            heldBy(port),
            ({ length }) => length === 0
          )

        // A runner that starts while the database is down ends: all have to be up first.
        yield* Effect.forEach(ports, atWork)
        // A runner is killed.
        yield* runners.kill(killed)
        yield* runners.start(killed)
        // The database is restarted.
        yield* atWork(killed)
        yield* postgres.restart
        // Another runner is not heard of for longer than its leases last, and comes back.
        if (Effort.isFull) {
          yield* atWork(unheard)
          yield* runners.signal(unheard, "SIGSTOP")
          const stopped = yield* Clock.currentTimeMillis
          yield* takenFrom(unheard)
          yield* Wait.until("its turns are long over", Clock.currentTimeMillis, (at) => at > stopped + stoppedFor)
          yield* runners.signal(unheard, "SIGCONT")
        }
        // One is cut off in the midst of units that others then do, and resumes what it was at, unaware.
        const heal = Effect.all([toThird.heal, toDatabase.heal])
        const cutOff = keepBusy.pipe(
          Effect.andThen(Effect.all([toThird.cut, toDatabase.cut])),
          Effect.andThen(heldBy(third)),
          Effect.tap(({ length }) => (length === 0 ? heal : Effect.void))
        )
        let left: ReadonlyArray<string> = []
        yield* runners.reaches(
          third,
          "the third is cut off at a unit",
          Effect.map(cutOff, (held) => (left = held).length > 0)
        )
        yield* takenFrom(third)
        yield* heal
        // Another is killed.
        if (Effort.isFull) {
          yield* atWork(killedToo)
          yield* runners.kill(killedToo)
          yield* runners.start(killedToo)
        }
        yield* Wait.until("no run is under way", jobs.status, (all) => all.every(({ state }) => state !== "running"))
        for (const { errorMessage, state } of yield* jobs.status) assert.strictEqual(state, "done", errorMessage ?? "")
        const begunAgain = new Set(yield* unitsBy(({ starts }) => starts > 1))
        assert.isTrue(left.some((unit) => begunAgain.has(unit)))
        return yield* Effect.forEach(specs, (spec) => jobs.result(Spec.runOf(spec)))
      }).pipe(Effect.provide(JobRunner.JobRunner.layerClient({ url: postgres.url, secret: Runners.secret, sharding })))

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

      assert.deepStrictEqual(
        yield* Effect.forEach(results, (result) => Runs.contents(lake, result)),
        yield* undisturbed(folder, servers, specs)
      )
    }).pipe(Seed.seeded, Effect.provide(NodeServices.layer), Effect.scoped)
)
