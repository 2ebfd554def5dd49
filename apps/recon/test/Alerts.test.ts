/** Each shipped alert fires on the metrics file of a run that deserves it, and none on that of a good one. */
import { readFileSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, layerEach, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Schema } from "effect"
import { Yaml } from "effect/encoding"
import { runner } from "./command.ts"
import * as PromQl from "./promql.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 1, calls: 10, days: 1, meanTalk: 8, until })
const recon = runner(account)

const decode = Schema.decodeUnknownSync(
  Schema.Struct({
    groups: Schema.Array(
      Schema.Struct({ rules: Schema.Array(Schema.Struct({ alert: Schema.String, expr: Schema.String })) })
    )
  })
)
const rules = decode(
  Yaml.parse(readFileSync(new URL("../../../examples/prometheus/recon.rules.yaml", import.meta.url), "utf8"))
).groups.flatMap(({ rules }) => rules)

const hour = 3600

interface Given {
  /** Calls of the window, and which of them have recordings. */
  readonly calls: ReadonlyArray<string>
  readonly recorded: ReadonlyArray<string>
  readonly flags?: ReadonlyArray<string>
  readonly runs?: number
  /** Whether a run that cannot read its files comes after. */
  readonly fails?: boolean
}

/** Hours after a run, and the alerts that must fire then. */
type Look = readonly [hoursAgo: number, alerts: ReadonlyArray<string>]

const judged = ["--voice-api", "must", "--complete"]

/** Looks at what was written after each run in turn, once or several times. */
const fires = Effect.fnUntraced(function* (
  { calls, fails = false, flags = judged, recorded, runs = 1 }: Given,
  expected: ReadonlyArray<ReadonlyArray<Look>>
) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const start = DateTime.makeUnsafe("2026-11-18T10:00:00Z").epochMilliseconds
  const rows = (some: ReadonlyArray<object>) => some.map((row) => `${JSON.stringify(row)}\n`).join("")
  yield* fs.writeFileString(
    `${folder}/cdrs.ndjson`,
    rows(calls.map((uuid) => ({ uuid, start_ms: start, duration_ms: 60_000, talk_ms: 60_000 })))
  )
  yield* fs.writeFileString(
    `${folder}/recordings.ndjson`,
    rows(
      recorded.map((uuid) => ({
        recording_id: `r-${uuid}`,
        call_uuid: uuid,
        add_ms: start + 61_000,
        duration_ms: 60_000
      }))
    )
  )
  const metrics = `${folder}/recon.prom`
  const args = ["--from", "2026-11-18", "--to", "2026-11-19", "--metrics-file", metrics]
  const files = (cdrs: string) => ["--cdrs", `${folder}/${cdrs}`, "--recordings", `${folder}/recordings.ndjson`]
  const names = [...Array.from({ length: runs }, () => "cdrs.ndjson"), ...(fails ? ["gone.ndjson"] : [])]
  assert.lengthOf(expected, names.length)
  for (const [run, name] of names.entries()) {
    yield* recon(["reconcile", ...args, ...files(name), ...flags], {}, run)
    yield* firesOn(metrics, expected[run] ?? [])
  }
}, Effect.scoped)

/** Looks at what a run of the archive wrote. */
const firesOfArchive = Effect.fnUntraced(function* (faults: FaultPlan.FaultPlan, expected: ReadonlyArray<Look>) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const server = yield* FakeVobiz.FakeVobiz
  yield* server.setFaults(faults)
  const metrics = `${folder}/archive.prom`
  // The clock of the test runs ahead of the sockets: no attempt is to end for that.
  const patience = { VOBIZ_ATTEMPT_TIMEOUT: "30 days", VOBIZ_DEADLINE: "30 days" }
  const archiving = yield* Effect.forkChild(
    recon(["archive", "--archive", `${folder}/archive`, "--metrics-file", metrics], patience)
  )
  // What does not come whole is asked for again, after a pause.
  yield* Wait.passing(archiving, "1 second")
  yield* server.setFaults(FaultPlan.none)
  yield* firesOn(metrics, expected)
}, Effect.scoped)

const firesOn = Effect.fnUntraced(function* (metrics: string, expected: ReadonlyArray<Look>) {
  const fs = yield* FileSystem.FileSystem
  const samples = PromQl.read(yield* fs.readFileString(metrics))
  const ended = samples.find(({ name }) => name === "recon_last_run_timestamp_seconds")?.value ?? 0
  for (const [hoursAgo, alerts] of expected) {
    const firing = rules.filter(({ expr }) => PromQl.evaluate(expr, samples, ended + hoursAgo * hour).length > 0)
    assert.deepStrictEqual(
      firing.map(({ alert }) => alert),
      alerts
    )
  }
})

const good = { calls: ["a", "b"], recorded: ["a", "b"] }

const cases: ReadonlyArray<readonly [string, Given, ReadonlyArray<ReadonlyArray<Look>>]> = [
  [
    "none when all is well, but when no run has ended for more than a day, and when the last run failed",
    { ...good, fails: true },
    [
      [
        [1, []],
        [27, ["ReconStale"]]
      ],
      [[1, ["ReconFailed"]]]
    ]
  ],
  ["when the first run failed", { ...good, runs: 0, fails: true }, [[[1, ["ReconFailed"]]]]],
  [
    "when a call is not recorded",
    { ...good, recorded: ["a"] },
    [[[1, ["ReconBreached", "ReconCriticalFindings", "ReconCoverageLow"]]]]
  ],
  [
    "when the window has no calls, and when two runs cannot tell",
    { calls: [], recorded: [], runs: 2 },
    [[[1, ["ReconNoCalls"]]], [[1, ["ReconUnknown", "ReconNoCalls"]]]]
  ],
  ["when no rule judges any call", { ...good, flags: ["--complete"] }, [[[1, ["ReconNothingJudged"]]]]],
  ["when the lists are not proved", { ...good, flags: ["--voice-api", "must"] }, [[[1, ["ReconListNotProved"]]]]]
]

const noAudio = FaultPlan.one({ _tag: "EmptyBody" }, { on: ["recordings.audio"], times: "always" })
const held = FaultPlan.one({ _tag: "HeldBackRows", count: 1 }, { on: ["recordings.list"], times: "always" })
const down = FaultPlan.one({ _tag: "Ok200WithError" }, { times: "always" })

const casesOfArchive: ReadonlyArray<readonly [string, FaultPlan.FaultPlan, ReadonlyArray<Look>]> = [
  [
    "none when all is archived, but when no run of the archive has ended for more than a day",
    FaultPlan.none,
    [
      [1, []],
      [27, ["ReconStale"]]
    ]
  ],
  [
    "when recordings cannot be archived, and when the provider is about to delete them",
    noAudio,
    [
      [1, ["ReconNotArchived"]],
      [26 * 24, ["ReconStale", "ReconNotArchived", "ReconDeletionNear"]]
    ]
  ],
  ["when the list is not proved", held, [[1, ["ReconListNotProved"]]]]
]

layerEach(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))("the alerts", (it) => {
  for (const [name, given, expected] of cases) {
    it.effect(`fire ${name}`, () => fires(given, expected))
  }

  for (const [name, faults, expected] of casesOfArchive) {
    it.effect(`of the archive fire ${name}`, () => firesOfArchive(faults, expected))
  }

  it.effect("of the archive fire when its run failed, after one that did not", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const server = yield* FakeVobiz.FakeVobiz
      const folder = yield* fs.makeTempDirectoryScoped()
      const args = ["archive", "--archive", `${folder}/archive`, "--metrics-file", `${folder}/archive.prom`]
      assert.strictEqual((yield* recon(args)).code, 0)
      yield* server.setFaults(down)
      assert.strictEqual((yield* recon(args, {}, 1)).code, 2)
      yield* firesOn(`${folder}/archive.prom`, [[1, ["ReconFailed"]]])
    })
  )

  describe("all of them", () => {
    it.effect("are in a case", () =>
      Effect.sync(() => {
        const looks = [
          ...cases.flatMap(([, , expected]) => expected.flat()),
          ...casesOfArchive.flatMap((one) => one[2])
        ]
        const fired = new Set(looks.flatMap(([, alerts]) => alerts))
        assert.deepStrictEqual(
          rules.map(({ alert }) => alert).filter((alert) => !fired.has(alert)),
          []
        )
      })
    )
  })
})
