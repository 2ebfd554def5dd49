/** A process that is killed in the midst of a run, again and again. */
import { NodeServices } from "@effect/platform-node"
import { assert, Child, Effort, it, Seed } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { Effect, FileSystem, Random, Redacted, Schema } from "effect"

import { JobRunner } from "../src/index.ts"
import * as Held from "./held.ts"
import * as Program from "./programs/inProcess.ts"
import * as Runs from "./runs.ts"

const account = Runs.withShortAudio(
  Simulator.make({
    seed: 5,
    calls: Effort.sized({ quick: 20, full: 300 }),
    days: 2,
    until: Runs.until,
    authId: "MA_TEST"
  })
)

const spec = Runs.of("MA_TEST", 2, { archive: true })

const program = new URL("./programs/inProcess.ts", import.meta.url)

const setupOf = (
  folder: string,
  { authToken, url }: FakeVobiz.FakeVobiz["Service"],
  diesAt: number | null
): typeof Program.Setup.Type => ({
  file: `${folder}/jobs.db`,
  lake: `${folder}/lake`,
  spec,
  authToken: Redacted.value(authToken),
  baseUrl: url.href,
  pageSize: 20,
  rateLimit: 10_000,
  diesAt
})

/** Runs the program in a folder; what it wrote, or `null` if it was killed. */
const run = Effect.fnUntraced(function* (
  folder: string,
  server: FakeVobiz.FakeVobiz["Service"],
  diesAt: number | null
) {
  const setup = yield* Schema.encodeEffect(Program.Setup)(setupOf(folder, server, diesAt))
  const child = yield* Child.start(program, [], { env: { TMPDIR: folder, SETUP: setup }, err: "kept" })
  const { code, signal } = yield* child.end
  if (signal === "SIGKILL") return null
  assert.strictEqual(code, 0, child.err())
  return yield* Schema.decodeEffect(Program.Ended)(child.out())
}, Effect.scoped)

/** The recording whose audio is at a path. */
const idOf = (path: string) => path.slice(path.lastIndexOf("/") + 1, path.lastIndexOf("."))

it.live("a process killed again and again comes to the result of one that was not", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const server = yield* FakeVobiz.FakeVobiz
    const undisturbed = yield* fs.makeTempDirectoryScoped()
    const folder = yield* fs.makeTempDirectoryScoped()
    const whole = yield* Program.run(setupOf(undisturbed, server, null))

    // At which step a process is killed.
    const [fewest, most] = Effort.isFull
      ? // A unit whose process is killed ten times is given up: it must come to its end in less.
        [Math.floor(whole.steps / 10), Math.floor(whole.steps / 4)]
      : [Math.floor(whole.steps * 0.15), Math.floor(whole.steps * 0.2)]
    let kills = 0
    let heldBefore = 0
    let ended = yield* run(folder, server, Math.floor(whole.steps * Effort.sized({ quick: 0.8, full: 0.01 })))
    while (ended === null) {
      kills += 1
      const held = yield* Held.indexed(`${folder}/lake`, "MA_TEST")
      yield* server.forgetRequests
      // By default the last run is one of this process.
      ended =
        Effort.isFull || held.size === 0
          ? yield* run(folder, server, yield* Random.nextIntBetween(fewest, most))
          : yield* Program.run(setupOf(folder, server, null))
      const asked = (yield* server.requests).filter(({ endpoint }) => endpoint === "recordings.audio")
      assert.deepStrictEqual(
        asked.filter(({ path }) => held.has(idOf(path))),
        [],
        "audio that is in the archive is asked for again"
      )
      heldBefore = Math.max(heldBefore, held.size)
    }
    assert.isAtLeast(kills, Effort.sized({ quick: 1, full: 4 }))
    assert.isAtLeast(heldBefore, 1, "no process was killed while it had some of the audio")
    assert.deepStrictEqual(
      yield* Runs.contents(`${folder}/lake`, ended.result),
      yield* Runs.contents(`${undisturbed}/lake`, whole.result)
    )

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
  }).pipe(Seed.seeded, Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]), Effect.scoped)
)
