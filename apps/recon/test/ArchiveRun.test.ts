import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, Wait } from "@vobiz-effect/test-support"
import type { Archive } from "@vobiz-effect/archive"
import { ExtractProof, Recording } from "@vobiz-effect/core"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { ConfigProvider, DateTime, Effect, Fiber, FileSystem, Layer } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as ArchiveRun from "../src/ArchiveRun.ts"
import * as ArchiveView from "../src/ArchiveView.ts"
import * as Main from "../src/Main.ts"
import { environment, recon } from "./command.ts"

const now = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 1, calls: 10, days: 1, until: now })
const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const nothing: Archive.Summary = {
  Stored: 0,
  Flawed: 0,
  Quarantined: 0,
  Gone: 0,
  Kept: 0,
  Removed: 0,
  NotReady: 0,
  Failed: 0,
  bytes: 0
}

/** A recording that the provider still makes, added so many days ago. */
const making = (days: number): Archive.Outcome => ({
  _tag: "NotReady",
  recording: Recording.make({
    recordingId: "r1",
    callUuid: "c1",
    recordingType: "call",
    recordingFormat: "mp3",
    recordingUrl: null,
    addTime: DateTime.subtract(now, { days }),
    startTime: null,
    endTime: null,
    duration: null,
    roundedDuration: null,
    from: null,
    to: null,
    conferenceName: null,
    storageDays: null,
    storageRate: null,
    monthlyStorageAmount: null,
    resourceUri: null
  })
})

const resultOf = (...outcomes: ReadonlyArray<Archive.Outcome>): ArchiveRun.Result => ({
  summary: outcomes.reduce((sum, { _tag }) => Object.assign({}, sum, { [_tag]: sum[_tag] + 1 }), nothing),
  proof: null,
  problems: outcomes.map((outcome) => ArchiveRun.problemOf(outcome, now)).filter((problem) => problem !== null)
})

const whole = new ExtractProof.ExtractProof({
  list: "Recordings.extract",
  verdict: "complete",
  startedAt: now,
  asOf: now,
  since: null,
  doubts: [],
  rowsInDoubt: 0,
  rows: 0,
  total: 0,
  gone: 0,
  pages: 1,
  repeats: 0,
  stepBacks: 0,
  pageSize: 100,
  order: "none",
  firstId: null,
  lastId: null,
  digest: ""
})

describe("ArchiveRun", () => {
  it("takes a file that is not made yet for wrong only when its deletion is near", () => {
    assert.strictEqual(ArchiveRun.stateOf(resultOf(making(26))), "assured")
    assert.strictEqual(ArchiveRun.stateOf(resultOf(making(28))), "breached")
    assert.strictEqual(
      ArchiveRun.firstDeadline(resultOf(making(26), making(28)).problems)?.epochMilliseconds,
      DateTime.add(now, { days: 2 }).epochMilliseconds
    )
  })

  it("cannot tell where the provider lists no recording, unless that is normal", () => {
    const empty: ArchiveRun.Result = { summary: nothing, proof: whole, problems: [] }
    assert.strictEqual(ArchiveRun.stateOf(empty), "unknown")
    assert.strictEqual(ArchiveView.line(empty), "Unknown: no recordings are listed")
    assert.strictEqual(ArchiveRun.stateOf({ ...empty, allowEmpty: true }), "assured")
    assert.strictEqual(ArchiveRun.stateOf({ ...empty, summary: { ...nothing, Kept: 1 } }), "assured")
    // Findings that name no recording let nothing be judged.
    assert.strictEqual(ArchiveRun.stateOf({ ...empty, proof: null }), "unknown")
    assert.strictEqual(ArchiveView.line({ ...empty, proof: null }), "Unknown: no recordings are named")
    assert.deepStrictEqual(JSON.parse(ArchiveView.json(empty)), {
      verdict: { state: "unknown", line: "Unknown: no recordings are listed" },
      ...nothing
    })
  })

  it.effect("gives news once, and again when it is urgent or what was known is damaged", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* folder
      const tell = Effect.fnUntraced(function* (result: ArchiveRun.Result) {
        const { changed, problems, remember } = yield* ArchiveRun.changes(directory, result)
        yield* remember
        return [problems.length, changed]
      })
      const failed = (urgent: boolean): ArchiveRun.Result => ({
        summary: { ...nothing, Failed: 1 },
        proof: null,
        problems: [{ recordingId: "r1", kind: "Failed", detail: "r1: no answer", deadline: now, urgent }]
      })
      assert.deepStrictEqual(yield* tell(failed(false)), [1, true])
      assert.deepStrictEqual(yield* tell(failed(false)), [0, false])
      assert.deepStrictEqual(yield* tell(failed(true)), [1, false])
      assert.deepStrictEqual(yield* tell(resultOf()), [0, true])
      assert.deepStrictEqual(yield* tell(failed(false)), [1, true])
      yield* fs.writeFileString(`${directory}/known.json`, "{")
      assert.deepStrictEqual(yield* tell(failed(false)), [1, true])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("recon archive --every", () => {
  const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)

  it.effect("archives at its times, and not before", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* folder
      yield* TestClock.setTime(now.epochMilliseconds)
      const index = fs.exists(`${directory}/archive/known.json`)
      const metrics = `${directory}/archive.prom`
      const settings = yield* environment
      const args = ["archive", "--archive", `${directory}/archive`, "--every", "0 1 * * *", "--metrics-file", metrics]
      const job = yield* Effect.forkChild(
        Main.run(args).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(settings))))
      )
      yield* Wait.until("the job waits for its time", TestConsole.errorLines, (lines) =>
        lines.join("").includes("waiting for the next run")
      )
      yield* TestClock.adjust("59 minutes")
      assert.isFalse(yield* index)
      yield* TestClock.adjust("1 minute")
      yield* Wait.untilTrue("the first run has ended", index)
      yield* Wait.untilTrue("its metrics are written", fs.exists(metrics))
      yield* Fiber.interrupt(job)
      assert.match(
        yield* fs.readFileString(metrics),
        /^recon_runs_total\{.*command="archive".*outcome="assured".*\} 1$/m
      )
    }).pipe(Effect.scoped, Effect.provide([services, Layer.fresh(TestConsole.layer)]))
  )

  it.effect("refuses a schedule that is none, and recordings of a file", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const to = ["archive", "--archive", `${directory}/archive`]
      const wrong = yield* recon([...to, "--every", "tonight"])
      assert.deepStrictEqual([wrong.code, wrong.err.slice(0, 26)], [2, 'recon: --every: "tonight" '])
      const named = yield* recon([...to, "--every", "0 1 * * *", "--findings", "findings.ndjson"])
      assert.strictEqual(named.code, 2)
      assert.include(named.err, "Leave out --findings or --every")
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})
