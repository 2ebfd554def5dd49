import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, Fiber, FileSystem, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { recon } from "./command.ts"
import * as JobWindow from "../src/JobWindow.ts"

const at = DateTime.makeUnsafe
const settings = { settle: Duration.hours(1), longestCall: Duration.hours(4), retention: Duration.days(30) }

const proof = (verdict: string) => JSON.stringify({ verdict })

const good = (from: string, to: string, more: Partial<Parameters<typeof run>[2]> = {}) => run(from, to, more)
const run = (
  from: string,
  to: string,
  more: {
    readonly account?: string
    readonly asOf?: string
    readonly cdrs?: string | null
    readonly recordings?: string
  }
) => ({
  account: more.account ?? "a",
  window: { from: at(from), to: at(to) },
  asOf: at(more.asOf ?? to),
  proofs: {
    cdrs: more.cdrs === undefined ? proof("complete") : more.cdrs,
    recordings: more.recordings ?? proof("complete")
  }
})

const until = (...runs: ReadonlyArray<ReturnType<typeof run>>) =>
  Effect.map(JobWindow.judgedUntil(Stream.fromIterable(runs), "a", settings), (instant) =>
    instant === null ? null : DateTime.formatIso(instant).slice(0, 16)
  )

describe("JobWindow.judgedUntil", () => {
  it.effect("is where the last good run could judge every call", () =>
    Effect.gen(function* () {
      assert.isNull(yield* until())
      // The last five hours have calls that go on, or are too recent.
      assert.strictEqual(yield* until(good("2026-11-15", "2026-11-16")), "2026-11-15T19:00")
      assert.strictEqual(yield* until(good("2026-11-15", "2026-11-16", { asOf: "2026-11-18" })), "2026-11-16T00:00")
      assert.strictEqual(
        yield* until(good("2026-11-15", "2026-11-16"), good("2026-11-15T19:00:00Z", "2026-11-18")),
        "2026-11-17T19:00"
      )
    })
  )

  it.effect("counts no run that is not proved, of another account, or beyond a gap", () =>
    Effect.gen(function* () {
      const first = good("2026-11-15", "2026-11-16")
      for (const other of [
        good("2026-11-15", "2026-11-18", { cdrs: proof("in-doubt") }),
        good("2026-11-15", "2026-11-18", { recordings: proof("not-provable") }),
        good("2026-11-15", "2026-11-18", { cdrs: null }),
        good("2026-11-15", "2026-11-18", { cdrs: '"declared"' }),
        good("2026-11-15", "2026-11-18", { cdrs: "no JSON" }),
        good("2026-11-15", "2026-11-18", { account: "b" }),
        good("2026-11-17", "2026-11-18"),
        good("2026-11-01", "2026-11-02")
      ]) {
        assert.strictEqual(yield* until(first, other), "2026-11-15T19:00", JSON.stringify(other))
      }
    })
  )
})

describe("JobWindow.reachingBack", () => {
  const window = { from: at("2026-11-18"), to: at("2026-11-19") }
  const of = (judged: string | null) => {
    const due = JobWindow.reachingBack(window, judged === null ? null : at(judged), settings)
    return [DateTime.formatIso(due.window.from).slice(0, 10), due.lost && DateTime.formatIso(due.lost.to).slice(0, 10)]
  }

  it("begins where the runs before ended, or as many days ago as are set", () => {
    assert.deepStrictEqual(of(null), ["2026-11-18", null])
    assert.deepStrictEqual(of("2026-11-18T12:00:00Z"), ["2026-11-18", null])
    assert.deepStrictEqual(of("2026-11-15"), ["2026-11-15", null])
  })

  it("reaches no further than the provider keeps recordings, and says what is lost", () => {
    assert.deepStrictEqual(of("2026-10-21"), ["2026-10-21", null])
    assert.deepStrictEqual(of("2026-10-01"), ["2026-10-20", "2026-10-20"])
  })
})

const account = Simulator.make({
  seed: 11,
  calls: Effort.sized({ quick: 100, full: 240 }),
  days: 8,
  until: at("2026-11-20T00:00:00Z")
})
const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const nights = ["14", "15", "16", "17", "18", "19"]
  .map((day) => at(`2026-11-${day}T02:00:00Z`))
  .slice(-Effort.sized({ quick: 4, full: 6 }))
const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 100, now: "clock" }), NodeServices.layer)
const down = FaultPlan.one({ _tag: "Ok200WithError" }, { times: "always" })

interface Line {
  readonly code: string
  readonly cdrs: ReadonlyArray<{ readonly uuid: string }>
}

/** The calls that a run could judge. */
const told = Effect.fnUntraced(function* (out: string) {
  const fs = yield* FileSystem.FileSystem
  const lines = (yield* fs.readFileString(`${out}/findings.ndjson`)).trim().split("\n")
  return lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ code }) => code !== "settling")
    .flatMap(({ cdrs }) => cdrs.map(({ uuid }) => uuid))
})

/** The calls that some run should have told of: from a day before the first night to five hours before the last. */
const expected = account.cdrs
  .filter(
    ({ startedAt }) =>
      startedAt >= (nights[0]?.epochMilliseconds ?? 0) - 24 * 3_600_000 &&
      startedAt < (nights.at(-1)?.epochMilliseconds ?? 0) - 5 * 3_600_000
  )
  .map(({ row }) => row.uuid)

const args = (out: string) => ["reconcile", "--days", "1", "--voice-api", "must", "--ledger", `${out}/recon.ledger`]

describe("a job of --days 1", () => {
  it.effect("judges every call of its nights, though the provider is down on one of them, and on two in a row", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const out = yield* folder
      const judged = new Set<string>()
      const failing = new Set(Effort.isFull ? [1, 3, 4] : [1, 2])
      for (const [n, night] of nights.entries()) {
        yield* TestClock.setTime(night.epochMilliseconds)
        yield* server.setFaults(failing.has(n) ? down : FaultPlan.none)
        const { code, err } = yield* recon([...args(out), "--out", `${out}/${n}`])
        assert.strictEqual(code, failing.has(n) ? 2 : 1, err)
        if (code === 1) for (const uuid of yield* told(`${out}/${n}`)) judged.add(uuid)
      }
      assert.isAbove(expected.length, Effort.sized({ quick: 40, full: 150 }))
      assert.deepStrictEqual(
        expected.filter((uuid) => !judged.has(uuid)),
        []
      )
    }).pipe(Effect.provide(services), Effect.scoped)
  )

  it.effect("finishes a run that was ended in the middle of a night, and then does the one that is due", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const fs = yield* FileSystem.FileSystem
      const out = yield* folder
      const keep = ["--keep", `${out}/keep`]
      const [first, second, third, fourth] = nights.slice(-4) as [
        DateTime.Utc,
        DateTime.Utc,
        DateTime.Utc,
        DateTime.Utc
      ]
      const night = Effect.fnUntraced(function* (when: DateTime.Utc, name: string, ...more: ReadonlyArray<string>) {
        yield* TestClock.setTime(when.epochMilliseconds)
        return yield* recon([...args(out), ...keep, "--out", `${out}/${name}`, ...more])
      })
      assert.strictEqual((yield* night(first, "1")).code, 1)

      // The CDRs are read, and the recordings never come.
      yield* TestClock.setTime(second.epochMilliseconds)
      yield* server.setFaults(
        FaultPlan.one({ _tag: "StalledBody", afterBytes: 100 }, { on: ["recordings.list"], times: "always" })
      )
      const stopped = yield* Effect.forkChild(recon([...args(out), ...keep]))
      yield* Wait.untilTrue("the CDRs are kept", fs.exists(`${out}/keep/cdrs.proof.json`))
      yield* Fiber.interrupt(stopped)
      yield* server.setFaults(FaultPlan.none)

      const { code, err, out: shown } = yield* night(third, "3")
      assert.strictEqual(code, 1, err)
      assert.include(err, "recon: the run as of 2026-11-17T02:00:00Z that was interrupted is finished: breached")
      const windows = Array.from(shown.matchAll(/^Reconciliation (.*), as of (\S+)/gm), ([, window, asOf]) => [
        window,
        asOf
      ])
      assert.deepStrictEqual(windows, [
        ["2026-11-15 21:00:00 to 2026-11-17 02:00:00", "2026-11-17"],
        ["2026-11-16 21:00:00 to 2026-11-18 02:00:00", "2026-11-18"]
      ])
      assert.isFalse(yield* fs.exists(`${out}/keep/run.json`))
      if (Effort.isFull) {
        const { code: last, err: told_, out: json } = yield* night(fourth, "4", "--json")
        assert.strictEqual(last, 1, told_)
        assert.strictEqual((JSON.parse(json) as { readonly from: string }).from, "2026-11-17T21:00:00.000Z")
      }

      // The runs' windows leave no call out, and the job of the next night begins with none left.
      yield* TestClock.setTime(fourth.epochMilliseconds)
      yield* server.setFaults(
        FaultPlan.one({ _tag: "StalledBody", afterBytes: 100 }, { on: ["recordings.list"], times: "always" })
      )
      const again = yield* Effect.forkChild(recon([...args(out), ...keep]))
      yield* Wait.untilTrue("the CDRs are kept again", fs.exists(`${out}/keep/cdrs.proof.json`))
      yield* Fiber.interrupt(again)
      yield* server.setFaults(FaultPlan.none)
      const job = yield* Effect.forkChild(recon([...args(out), ...keep, "--every", "0 2 * * *"]))
      // No time passes: the job does not wait for its next time to finish it.
      yield* Wait.untilTrue(
        "the run is finished",
        Effect.map(fs.exists(`${out}/keep/run.json`), (is) => !is)
      )
      yield* Fiber.interrupt(job)
    }).pipe(Effect.provide(services), Effect.scoped)
  )
})
