import { assert, describe, it } from "@vobiz-effect/test-support"
import { Console, Effect, Fiber, Layer, Sink, Stdio, Terminal } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Progress from "../src/Progress.ts"
import * as VerifyView from "../src/VerifyView.ts"

describe("Progress.line", () => {
  it("shows how far each list has come", () => {
    const line = Progress.line(
      [
        { name: "recordings", rows: 500, total: 1000 },
        { name: "call detail records", rows: 12, total: 12 }
      ],
      200
    )
    assert.include(line, "recordings ████████████░░░░░░░░░░░░ 500/1,000")
    assert.include(line, "call detail records ████████████████████████ 12/12")
  })

  it("never goes beyond the whole, or the terminal", () => {
    const line = Progress.line([{ name: "recordings", rows: 1010, total: 1000 }], 40)
    assert.isBelow(line.length, 40)
    assert.notInclude(Progress.line([{ name: "recordings", rows: 1010, total: 1000 }], 200), "1,010")
  })
})

describe("Progress.work", () => {
  const far: Progress.Far = { phase: "recordings archived", since: 5000, done: 250, total: 1000, bytes: 84_000_000 }

  it("shows count of total, bytes, rate, and the time that is left", () => {
    assert.strictEqual(
      Progress.work(far, 65_000, 80),
      "recordings archived 250/1,000   84.0 MB   1.4 MB/s   about 3 min left"
    )
    assert.strictEqual(
      Progress.work({ ...far, total: null }, 65_000, 80),
      "recordings archived 250   84.0 MB   1.4 MB/s"
    )
    assert.strictEqual(Progress.work({ ...far, done: 0, bytes: 0 }, 65_000, 80), "recordings archived 0/1,000")
    // More than were announced are no more than all.
    assert.strictEqual(Progress.work({ ...far, done: 1001, bytes: 0 }, 65_000, 80), "recordings archived 1,001/1,001")
  })

  it("leaves out what has no room, and never cuts inside a number", () => {
    assert.strictEqual(Progress.work(far, 65_000, 48), "recordings archived 250/1,000   84.0 MB")
    for (let columns = 1; columns <= 80; columns++) {
      const line = Progress.work(far, 65_000, columns)
      assert.isBelow(line.length, columns)
      assert.isTrue(
        ["recordings archived 250/1,000", "84.0 MB", "1.4 MB/s", "about 3 min left", ""].some((part) =>
          line.endsWith(part)
        )
      )
    }
  })
})

describe("Progress.meter", () => {
  it.effect("draws what is under way, makes room for what else is said, and takes the line away", () =>
    Effect.gen(function* () {
      const drawn: Array<string> = []
      const stdio = Stdio.layerTest({
        stderrIsTerminal: Effect.succeed(true),
        stderr: () => Sink.forEach((text: string | Uint8Array) => Effect.sync(() => void drawn.push(String(text))))
      })
      const terminal = Layer.succeed(
        Terminal.Terminal,
        Terminal.make({
          columns: Effect.succeed(80),
          rows: Effect.succeed(24),
          size: Effect.never,
          readInput: Effect.never,
          readLine: Effect.never,
          display: () => Effect.void
        })
      )
      const meter = yield* Progress.meter
      const program = Effect.gen(function* () {
        yield* meter.begin("recordings archived", 4)
        yield* meter.step(5000)
        yield* Effect.sleep("3 seconds")
        yield* Console.error("one is gone")
      })
      const fiber = yield* Effect.forkChild(Effect.provide(meter.shown(program), [stdio, terminal]))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(fiber)
      assert.include(drawn, "\r\u001b[2Krecordings archived 1/4   5 kB   3 kB/s   about 6 s left")
      assert.strictEqual(drawn.at(-1), "\r\u001b[2K")
      assert.deepStrictEqual(yield* TestConsole.errorLines, ["\r\u001b[2Kone is gone"])
    })
  )
})

describe("VerifyView.progress", () => {
  it("tells what was looked at until now, and no more than the terminal has place for", () => {
    const far = { entries: 2000, objects: 3, recordings: 40, audio: 5, unread: 1, bytes: 6_400_001 }
    assert.strictEqual(
      VerifyView.progress(far, 200),
      "2,000 entries   3 answers and files   40 recordings   5 files of audio, 6,401 kB   1 not read"
    )
    assert.strictEqual(VerifyView.progress(far, 8), "")
    assert.strictEqual(VerifyView.progress(null, 80), "")
  })
})
