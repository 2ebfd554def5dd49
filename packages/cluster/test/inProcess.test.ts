/** A process that is killed in the midst of a run, again and again. */
import { spawn } from "node:child_process"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@vobiz-effect/test-support"
import { Kernel, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, FileSystem, Random, Redacted, Schema } from "effect"

import { JobRunner, type Merge, type Spec } from "../src/index.ts"
import * as Held from "./held.ts"
import { Ended, Setup } from "./programs/inProcess.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 5, calls: 300, days: 2, until, authId: "MA_TEST" })

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
  rowsPerBucket: 100,
  archive: true
}

const program = new URL("./programs/inProcess.ts", import.meta.url).pathname

/** Runs the program in a folder; what it wrote, or `null` if it was killed. */
const run = Effect.fnUntraced(function* (
  folder: string,
  { authToken, url }: FakeVobiz.FakeVobiz["Service"],
  diesAt: number | null
) {
  const setup = yield* Schema.encodeEffect(Setup)({
    file: `${folder}/jobs.db`,
    lake: `${folder}/lake`,
    spec,
    authToken: Redacted.value(authToken),
    baseUrl: url.href,
    pageSize: 20,
    rateLimit: 10_000,
    diesAt
  })
  const ended = yield* Effect.callback<{ readonly signal: NodeJS.Signals | null; readonly output: string }>(
    (resume) => {
      let output = ""
      const child = spawn(process.execPath, [program], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, TMPDIR: folder, SETUP: setup }
      })
      child.stdout.on("data", (bytes) => {
        output += String(bytes)
      })
      child.on("close", (_, signal) => resume(Effect.succeed({ signal, output })))
      return Effect.sync(() => child.kill("SIGKILL"))
    }
  )
  return ended.signal === "SIGKILL" ? null : yield* Schema.decodeEffect(Ended)(ended.output)
})

/** The recording whose audio is at a path. */
const idOf = (path: string) => path.slice(path.lastIndexOf("/") + 1, path.lastIndexOf("."))

const contents = Effect.fnUntraced(function* (folder: string, { findings, proof, summary }: Merge.Result) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => fs.readFileString(`${folder}/lake/${path}`))
})

it.live("a process killed again and again comes to the result of one that was not", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const server = yield* FakeVobiz.FakeVobiz
    const undisturbed = yield* fs.makeTempDirectoryScoped()
    const folder = yield* fs.makeTempDirectoryScoped()
    const whole = yield* run(undisturbed, server, null)
    if (whole === null) return assert.fail("the undisturbed process was killed")

    let kills = 0
    let heldBefore = 0
    let ended = yield* run(folder, server, Math.floor(whole.steps / 100))
    while (ended === null) {
      kills += 1
      const held = yield* Held.indexed(`${folder}/lake`, "MA_TEST")
      yield* server.forgetRequests
      ended = yield* run(folder, server, yield* Random.nextIntBetween(20, Math.floor(whole.steps / 4)))
      const asked = (yield* server.requests).filter(({ endpoint }) => endpoint === "recordings.audio")
      assert.deepStrictEqual(
        asked.filter(({ path }) => held.has(idOf(path))),
        [],
        "audio that is in the archive is asked for again"
      )
      heldBefore = Math.max(heldBefore, held.size)
    }
    assert.isAtLeast(kills, 4)
    assert.isAtLeast(heldBefore, 1, "no process was killed while it had some of the audio")
    assert.deepStrictEqual(yield* contents(folder, ended.result), yield* contents(undisturbed, whole.result))

    const ids = Held.listed(account, spec.from)
    for (const place of [undisturbed, folder]) {
      assert.deepStrictEqual(yield* Held.ids(`${place}/lake`, "MA_TEST"), ids)
    }
    // What was done when a process was killed is not done again: a kill costs the units under way.
    const [status] = yield* JobRunner.JobRunner.pipe(
      Effect.flatMap((jobs) => jobs.status),
      Effect.provide(JobRunner.JobRunner.layerNoted({ file: `${folder}/jobs.db` }))
    )
    assert.strictEqual(status?.state, "done")
    const units = status?.units ?? []
    assert.isNotEmpty(units)
    assert.isTrue(units.every(({ state }) => state === "done"))
    const starts = units.reduce((sum, unit) => sum + unit.starts, 0)
    assert.isAtMost(starts, units.length + kills * 2)
  }).pipe(
    Random.withSeed(1),
    Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]),
    Effect.scoped
  )
)
