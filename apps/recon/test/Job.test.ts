import { assert, describe, it } from "@vobiz-effect/test-support"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { DateTime, Effect, Exit, Fiber, Logger, References, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Job from "../src/Job.ts"

const start = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const india: Zone.Zone = { name: "Asia/Kolkata", zone: DateTime.zoneMakeNamedUnsafe("Asia/Kolkata") }
const { utc } = Zone

class Broken extends Schema.TaggedError<Broken>()("Broken", { what: Schema.String }) {
  override get message() {
    return `the ${this.what} is broken`
  }
}

/** What was logged, one text a line: level, message and annotations. */
const logged = Effect.fnUntraced(function* <A, E, R>(program: (lines: Array<string>) => Effect.Effect<A, E, R>) {
  const lines: Array<string> = []
  const logger = Logger.make(({ fiber, logLevel, message }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    lines.push(`${logLevel} ${JSON.stringify(message)} ${JSON.stringify(annotations)}`)
  })
  return yield* program(lines).pipe(Effect.provide(Logger.layer([logger])))
})

describe("Job.parse", () => {
  for (const [text, told] of [
    ["0 2 * *", "invalid number of segments"],
    ["", "invalid number of segments"],
    ["61 2 * * *", 'between 0 and 59, not "61"'],
    ["a b c d e", 'not "a"'],
    ["0 0 30 2 *", "there is no such time"]
  ] as const) {
    it.effect(`refuses "${text}", and says what is wrong`, () =>
      Effect.gen(function* () {
        const result = yield* Effect.result(Job.parse(text, utc))
        assert.isTrue(Result.isFailure(result))
        if (Result.isSuccess(result)) return
        assert.strictEqual(result.failure._tag, "CronError")
        assert.include(result.failure.message, told)
        assert.include(result.failure.message, `"${text}" is no schedule`)
        assert.include(result.failure.message, '"0 2 * * *"')
      })
    )
  }
})

describe("Job.repeat", () => {
  it.effect("runs at each time of the zone, and not before", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start.epochMilliseconds)
      const cron = yield* Job.parse("0 2 * * *", india)
      const runs: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Job.repeat(cron, (due) =>
          Effect.map(DateTime.now, (now) => runs.push(`${DateTime.formatIso(due)} at ${DateTime.formatIso(now)}`))
        )
      )
      yield* TestClock.adjust("20 hours")
      assert.deepStrictEqual(runs, [])
      yield* TestClock.adjust("2 days")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        runs,
        ["2026-11-20", "2026-11-21", "2026-11-22"]
          .slice(0, 2)
          .map((day) => `${day}T20:30:00.000Z at ${day}T20:30:00.000Z`)
      )
    })
  )

  it.effect("does not start a run twice that overruns its next time, and says what it left out", () =>
    logged((lines) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(start.epochMilliseconds)
        const cron = yield* Job.parse("0 * * * *", utc)
        const begun: Array<number> = []
        let under = 0
        let most = 0
        const fiber = yield* Effect.forkChild(
          Job.repeat(cron, (due) =>
            Effect.gen(function* () {
              begun.push(DateTime.toEpochMillis(due) / 3_600_000 - start.epochMilliseconds / 3_600_000)
              most = Math.max(most, ++under)
              // The first takes three hours and a half: the times at 2, 3 and 4 pass meanwhile.
              yield* Effect.sleep(begun.length === 1 ? "210 minutes" : "1 minute")
              under--
            })
          )
        )
        yield* TestClock.adjust("390 minutes")
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(begun, [1, 5, 6])
        assert.strictEqual(most, 1)
        const warnings = lines.filter((line) => line.startsWith("Warn"))
        assert.strictEqual(warnings.length, 1)
        assert.include(warnings[0], '"leftOut":3')
        assert.include(warnings[0], '"took":"3h 30m"')
      })
    )
  )

  it.effect("logs a run that fails or dies by its error, and goes on", () =>
    logged((lines) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(start.epochMilliseconds)
        const cron = yield* Job.parse("0 * * * *", utc)
        let runs = 0
        const fiber = yield* Effect.forkChild(
          Job.repeat(cron, () => {
            runs++
            if (runs === 1) return new Broken({ what: "disk" })
            return runs === 2 ? Effect.die(new Error("a bug")) : Effect.void
          })
        )
        yield* TestClock.adjust("3 hours")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(runs, 3)
        const errors = lines.filter((line) => line.startsWith("Error"))
        assert.strictEqual(errors.length, 2)
        assert.include(errors[0], '"error":"Broken"')
        assert.include(errors[0], '"reason":"the disk is broken"')
        assert.include(errors[1], "by a bug")
      })
    )
  )

  it.effect("ends at once when it is interrupted, waiting or running", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start.epochMilliseconds)
      const cron = yield* Job.parse("0 * * * *", utc)
      let cleaned = 0
      const fiber = yield* Effect.forkChild(
        Job.repeat(cron, () => Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => cleaned++))))
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.strictEqual(cleaned, 1)
    })
  )
})

describe("Job.attempt", () => {
  it.effect("ends where it is interrupted, and logs only what failed", () =>
    logged((lines) =>
      Effect.gen(function* () {
        const interrupted = yield* Effect.exit(Job.attempt(Effect.interrupt))
        assert.isTrue(Exit.isFailure(interrupted) && Exit.hasInterrupts(interrupted))
        assert.deepStrictEqual(lines, [])
        assert.deepStrictEqual(yield* Effect.exit(Job.attempt(new Broken({ what: "line" }))), Exit.void)
        assert.deepStrictEqual(lines, ['Error ["the run failed"] {"error":"Broken","reason":"the line is broken"}'])
      })
    )
  )
})
