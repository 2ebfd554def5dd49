import { assert, describe, it } from "@vobiz-effect/test-support"
import { Data, Duration, Effect, Fiber } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Waiting from "../src/commands/waiting.ts"

class Failure extends Data.TaggedError("Failure")<{ readonly message: string; readonly isBusy: boolean }> {}

/** Is busy so many times, and then gives how often it was tried. */
const busyFor = (times: number, last?: Failure) => {
  let tries = 0
  return Effect.suspend(() => {
    tries++
    if (tries <= times) return Effect.fail(new Failure({ message: "it is held", isBusy: true }))
    return last === undefined ? Effect.succeed(tries) : Effect.fail(last)
  })
}

const waiting = (patience: Duration.Input) =>
  Waiting.whileBusy<Failure>(({ isBusy }) => isBusy, Duration.fromInputUnsafe(patience))

describe("waiting for another run", () => {
  it.effect("tries each second, says so once, and goes on when the other has ended", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(waiting("10 seconds")(busyFor(3)))
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), 4)
      assert.deepStrictEqual(yield* TestConsole.errorLines, ["recon: waits up to 10s: it is held"])
    })
  )

  it.effect("ends with what is in the way when its time is over, and at once without any", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(waiting("2500 millis")(busyFor(99))))
      yield* TestClock.adjust("2499 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.isTrue((yield* Fiber.join(fiber)).isBusy)
      assert.isTrue((yield* Effect.flip(waiting(0)(busyFor(1)))).isBusy)
    })
  )

  it.effect("does not wait where something else is wrong", () =>
    Effect.gen(function* () {
      const wrong = new Failure({ message: "it is damaged", isBusy: false })
      assert.strictEqual(yield* Effect.flip(waiting("10 seconds")(busyFor(0, wrong))), wrong)
      assert.deepStrictEqual(yield* TestConsole.errorLines, [])
    })
  )
})
