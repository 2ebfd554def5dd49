import { assert, describe, it } from "@vobiz-effect/test-support"
import { VobizMetrics } from "@vobiz-effect/core"
import { Console, Effect, Fiber, Layer, Metric, Sink, Stdio, Terminal } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Progress from "../src/Progress.ts"
import * as VerifyView from "../src/VerifyView.ts"

describe("Progress.line", () => {
  const of = (rows: number, total: number, columns = 200) =>
    Progress.line([{ name: "recordings", rows, total }], columns)

  it("shows how far each list has come", () => {
    assert.strictEqual(
      Progress.line(
        [
          { name: "recordings", rows: 500, total: 1000 },
          { name: "call detail records", rows: 12, total: 12 }
        ],
        200
      ),
      "recordings ████████████░░░░░░░░░░░░ 500/1,000   call detail records ████████████████████████ 12/12"
    )
    assert.strictEqual(of(1, 1000), "recordings ░░░░░░░░░░░░░░░░░░░░░░░░ 1/1,000")
    // Half of a place is one.
    assert.strictEqual(of(1, 48), "recordings █░░░░░░░░░░░░░░░░░░░░░░░ 1/48")
    assert.strictEqual(of(0, 0), "recordings ████████████████████████ 0/0")
    assert.strictEqual(Progress.line([], 200), "")
  })

  it("never goes beyond the whole, or the terminal", () => {
    const full = "recordings ████████████████████████ 1,000/1,000"
    assert.strictEqual(of(1010, 1000), full)
    assert.strictEqual(of(1010, 1000, full.length), "")
    assert.strictEqual(of(1010, 1000, full.length + 1), full)
  })
})

describe("Progress.work", () => {
  const progress: Progress.PhaseProgress = {
    phase: "recordings archived",
    since: 5000,
    done: 250,
    total: 1000,
    bytes: 84_000_000
  }

  it("shows count of total, bytes, rate, and the time that is left", () => {
    assert.strictEqual(
      Progress.work(progress, 65_000, 80),
      "recordings archived 250/1,000   84.0 MB   1.4 MB/s   about 3 min left"
    )
    assert.strictEqual(
      Progress.work({ ...progress, total: null }, 65_000, 80),
      "recordings archived 250   84.0 MB   1.4 MB/s"
    )
    assert.strictEqual(Progress.work({ ...progress, done: 0, bytes: 0 }, 65_000, 80), "recordings archived 0/1,000")
    // More than were announced are no more than all.
    assert.strictEqual(
      Progress.work({ ...progress, done: 1001, bytes: 0 }, 65_000, 80),
      "recordings archived 1,001/1,001"
    )
  })

  it("has a unit for each size, and is never less than what was done", () => {
    const size = (bytes: number) =>
      Progress.work({ ...progress, done: 1, total: null, bytes }, 5999, 80)
        .split("   ")
        .slice(1)
    for (const [bytes, shown] of [
      [1, "1 kB"],
      [1000, "1 kB"],
      [1001, "2 kB"],
      [999_999, "1,000 kB"],
      [1_000_000, "1.0 MB"],
      [1_250_000, "1.3 MB"],
      [999_949_999, "999.9 MB"],
      [1_000_000_000, "1.00 GB"],
      [2_345_000_000, "2.35 GB"]
    ] as const) {
      // Within the first second there is no rate.
      assert.deepStrictEqual(size(bytes), [shown])
    }
    assert.deepStrictEqual(
      Progress.work({ ...progress, bytes: 2_000_000 }, 6000, 80)
        .split("   ")
        .slice(1),
      ["2.0 MB", "2.0 MB/s", "about 3 s left"]
    )
  })

  it("says how long it will take in seconds, minutes or hours", () => {
    // One of several was done, in the given seconds.
    const left = (seconds: number, total: number) =>
      Progress.work({ phase: "p", since: 0, done: 1, total, bytes: 0 }, seconds * 1000, 80)
    for (const [seconds, total, shown] of [
      [1, 2, "p 1/2   about 1 s left"],
      [1.001, 2, "p 1/2   about 2 s left"],
      [119, 2, "p 1/2   about 119 s left"],
      [119.001, 2, "p 1/2   about 2 min left"],
      [60, 4, "p 1/4   about 3 min left"],
      [121, 2, "p 1/2   about 3 min left"],
      [7199, 2, "p 1/2   about 120 min left"],
      [7200, 2, "p 1/2   about 2 h left"],
      [7201, 2, "p 1/2   about 3 h left"],
      [3600, 5, "p 1/5   about 4 h left"],
      [0.999, 2, "p 1/2"],
      [1, 1, "p 1/1"]
    ] as const) {
      assert.strictEqual(left(seconds, total), shown)
    }
  })

  it("leaves out what has no room, and never cuts inside a number", () => {
    assert.strictEqual(Progress.work(progress, 65_000, 48), "recordings archived 250/1,000   84.0 MB")
    for (let columns = 1; columns <= 80; columns++) {
      const line = Progress.work(progress, 65_000, columns)
      assert.isBelow(line.length, columns)
      assert.isTrue(
        ["recordings archived 250/1,000", "84.0 MB", "1.4 MB/s", "about 3 min left", ""].some((part) =>
          line.endsWith(part)
        )
      )
    }
  })
})

/** Runs a program on a terminal of the given width, and gives what is drawn while it runs and afterwards. */
const onTerminal = Effect.fnUntraced(function* (
  program: Effect.Effect<void, never, Stdio.Stdio | Terminal.Terminal>,
  { columns = 80, isTerminal = true } = {}
) {
  const drawn: Array<string> = []
  const stdio = Stdio.layerTest({
    stderrIsTerminal: Effect.succeed(isTerminal),
    stderr: () => Sink.forEach((text: string | Uint8Array) => Effect.sync(() => void drawn.push(String(text))))
  })
  const terminal = Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: Effect.succeed(columns),
      rows: Effect.succeed(24),
      size: Effect.never,
      readInput: Effect.never,
      readLine: Effect.never,
      display: () => Effect.void
    })
  )
  const fiber = yield* Effect.forkChild(Effect.provide(program, [stdio, terminal]))
  yield* TestClock.adjust("3 seconds")
  yield* Fiber.join(fiber)
  return drawn
})

const clear = "\r\u001b[2K"

describe("Progress.meter", () => {
  it.effect(
    "draws what is under way ten times a second, makes room for what else is said, and takes the line away",
    () =>
      Effect.gen(function* () {
        const meter = yield* Progress.meter
        const drawn = yield* onTerminal(
          meter.shown(
            Effect.gen(function* () {
              // Before anything has begun there is nothing to count.
              yield* meter.step(1)
              yield* Effect.sleep("50 millis")
              yield* meter.begin("recordings archived", 4)
              yield* meter.step(2000)
              yield* meter.step(3000)
              yield* meter.step()
              yield* Effect.sleep("1950 millis")
              yield* meter.begin("answers", null)
              yield* Effect.sleep("999 millis")
              yield* Console.error("one is gone")
            })
          )
        )
        assert.deepStrictEqual(drawn, [
          clear,
          ...Array.from({ length: 10 }, () => `${clear}recordings archived 3/4   5 kB`),
          ...[1050, 1150, 1250, 1350, 1450, 1550, 1650, 1750, 1850].map(
            (millis) => `${clear}recordings archived 3/4   5 kB   ${Math.ceil(5000 / millis)} kB/s   about 1 s left`
          ),
          ...Array.from({ length: 10 }, () => `${clear}answers 0`),
          clear
        ])
        assert.deepStrictEqual(yield* TestConsole.errorLines, [`${clear}one is gone`])
      })
  )

  it.effect("has 80 columns on a terminal that does not tell its width, and draws nothing elsewhere", () =>
    Effect.gen(function* () {
      const widths: Array<number> = []
      const shown = Progress.withLine(Effect.andThen(Effect.sleep("10 millis"), Console.error("said")), (columns) => {
        widths.push(columns)
        return Effect.succeed("")
      })
      yield* onTerminal(shown, { columns: 0 })
      yield* onTerminal(shown, { columns: 79 })
      assert.deepStrictEqual(yield* onTerminal(shown, { isTerminal: false }), [])
      assert.deepStrictEqual(widths, [80, 79])
      assert.deepStrictEqual(yield* TestConsole.errorLines, [`${clear}said`, `${clear}said`, "said"])
    })
  )
})

describe("Progress.withProgress", () => {
  it.effect("draws the rows of each list that were read since it began", () =>
    Effect.gen(function* () {
      const rows = (list: "CallDetailRecords" | "Recordings", count: number, total: number) => {
        const of = { operation: `${list}.page` }
        return Effect.andThen(
          Metric.update(Metric.withAttributes(VobizMetrics.rows, of), count),
          Metric.update(Metric.withAttributes(VobizMetrics.listRows, of), total)
        )
      }
      yield* rows("Recordings", 7, 7)
      const drawn = yield* onTerminal(
        Progress.withProgress(
          Effect.gen(function* () {
            yield* Effect.sleep("50 millis")
            yield* rows("CallDetailRecords", 25, 100)
            yield* Effect.sleep("100 millis")
            yield* rows("Recordings", 3, 12)
            yield* Effect.sleep("100 millis")
          })
        ),
        { columns: 200 }
      )
      const cdrs = "call detail records ██████░░░░░░░░░░░░░░░░░░ 25/100"
      assert.deepStrictEqual(drawn, [
        clear,
        `${clear}${cdrs}`,
        `${clear}${cdrs}   recordings ██████░░░░░░░░░░░░░░░░░░ 3/12`,
        clear
      ])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("VerifyView.progress", () => {
  it("tells what was looked at until now, and no more than the terminal has place for", () => {
    const progress = { entries: 2000, objects: 3, recordings: 40, audio: 5, unread: 1, bytes: 6_400_001 }
    assert.strictEqual(
      VerifyView.progress(progress, 200),
      "2,000 entries   3 answers and files   40 recordings   5 files of audio, 6,401 kB   1 not read"
    )
    assert.strictEqual(
      VerifyView.progress({ ...progress, unread: 0 }, 200),
      "2,000 entries   3 answers and files   40 recordings   5 files of audio, 6,401 kB"
    )
    assert.strictEqual(VerifyView.progress(progress, 8), "")
    assert.strictEqual(VerifyView.progress(null, 80), "")
  })
})
