/**
 * Measures one runner against two: the units of simulated accounts, over a PostgreSQL and processes of their own. Run by
 * `node scripts/scaling.ts RUNNERS CALLS LATENCY`, of
 * calls an account and milliseconds an answer; a runner does one unit at a time, on one thread. On a machine that has other work, the
 * processor seconds of the runners (of Linux's /proc) say more than the time that passed.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Kernel, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { Console, DateTime, Duration, Effect, FileSystem, Layer, Redacted } from "effect"

import { JobRunner } from "../src/index.ts"
import * as Postgres from "../test/postgres.ts"
import { sharding } from "../test/programs/runner.ts"
import { secret, secretText } from "../test/runners.ts"

const runners = Number(process.argv[2] ?? 1)
const calls = Number(process.argv[3] ?? 20_000)
const latency = Number(process.argv[4] ?? 0)
const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const accounts = [1, 2, 3, 4].map((seed) => Simulator.make({ seed, calls, days: 3, until, authId: `MA_${seed}` }))
const program = new URL("../test/programs/runner.ts", import.meta.url).pathname

NodeRuntime.runMain(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const servers = yield* Effect.forEach(accounts, (account) =>
      Effect.flatMap(Layer.build(FakeVobiz.FakeVobiz.layer({ account, latency: `${latency} millis` })), (context) =>
        Effect.provideContext(FakeVobiz.FakeVobiz, context)
      )
    )
    const postgres = yield* Postgres.make
    const children: Array<ChildProcess> = []
    for (let index = 0; index < runners; index++) {
      const port = yield* Postgres.freePort
      const setup = {
        port,
        listens: port,
        database: Redacted.value(postgres.url),
        lake: `${folder}/lake`,
        rateLimit: 10_000,
        pageSize: 100,
        units: 1,
        slowMillis: 0,
        secret: secretText,
        accounts: servers.map(({ authId, authToken, url }) => ({
          authId,
          authToken: Redacted.value(authToken),
          baseUrl: url.href
        }))
      }
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [program], {
            stdio: ["ignore", "ignore", "inherit"],
            env: { ...process.env, SETUP: JSON.stringify(setup) }
          })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      children.push(child)
    }
    /** What the runners have computed, in seconds: fields 14 and 15 of `stat`, in hundredths. */
    const computed = Effect.map(
      Effect.forEach(children, ({ pid }) => fs.readFileString(`/proc/${pid}/stat`)),
      (stats) =>
        stats
          .flatMap((stat) =>
            stat
              .slice(stat.lastIndexOf(")") + 2)
              .split(" ")
              .slice(11, 13)
          )
          .reduce((sum, ticks) => sum + Number(ticks) / 100, 0)
    )
    yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      yield* Effect.sleep("5 seconds")
      const before = yield* computed
      const runs = yield* Effect.forEach(accounts, ({ authId }) =>
        jobs.submit({
          account: authId,
          from: DateTime.subtract(until, { days: 3 }),
          to: until,
          asOf: until,
          settings: {
            ...Kernel.defaults,
            lookBack: Duration.hours(4),
            account: authId,
            policy: Policy.short({ voiceApi: "must" })
          }
        })
      )
      const settled = Effect.map(jobs.status, (all) => all.every(({ state }) => state !== "running"))
      yield* Effect.repeat(Effect.delay(settled, "500 millis"), { until: (is) => is })
      const status = yield* jobs.status
      const units = status.flatMap((run) => run.units)
      const began = Math.min(...units.map(({ startedAt }) => startedAt))
      const ended = Math.max(...status.map(({ endedAt }) => endedAt ?? 0))
      const processor = ((yield* computed) - before).toFixed(1)
      yield* Console.log(
        `${runners} runners, ${runs.length} runs, ${calls} calls each, ${latency} ms an answer: ${(ended - began) / 1000} s, ${processor} s of processor`
      )
      for (const kind of ["extract", "reconcile"]) {
        const some = units.filter(({ unit }) => unit.startsWith(kind))
        const sum = some.reduce((total, { endedAt, startedAt }) => total + (endedAt ?? startedAt) - startedAt, 0)
        yield* Console.log(`  ${kind}: ${some.length} units, ${sum / 1000} s in all`)
      }
    }).pipe(Effect.provide(JobRunner.JobRunner.layerClient({ url: postgres.url, secret, sharding })))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
