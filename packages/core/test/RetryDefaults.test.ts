import { assert, describe, it, Seed } from "@vobiz-effect/test-support"
import { Duration, Effect, Fiber, Schedule } from "effect"
import { TestClock } from "effect/testing"

import { Recordings, RetryPolicy } from "../src/index.ts"
import { services, standIn } from "./utils.ts"

const ok = () =>
  Response.json({ meta: { limit: 20, offset: 0, total_count: 0, next: null, previous: null }, objects: [] })
const failed = () => new Response(null, { status: 503 })

/** The waits in milliseconds between the attempts of a call that never succeeds, to a tenth of a second or better. */
const waitsOf = (retry: RetryPolicy.Options, count: number, stepMillis: number) => {
  const { layer, sent } = standIn(failed)
  return Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const fiber = yield* Effect.forkChild(Effect.exit(recordings.page()))
    const waits: Array<number> = []
    let waited = 0
    yield* TestClock.adjust(0)
    while (waits.length < count) {
      const before = sent.length
      yield* TestClock.adjust(stepMillis)
      waited += stepMillis
      if (sent.length === before) continue
      waits.push(waited)
      waited = 0
    }
    yield* Fiber.interrupt(fiber)
    return waits
  }).pipe(Effect.provide(services(layer, {}, retry)), Seed.seeded)
}

describe("the retry policies", () => {
  it("have the limits that their documentation names", () => {
    const { budget, deadline } = RetryPolicy.interactive
    assert.deepStrictEqual(budget, { capacity: 500, retryCost: 5, timeoutCost: 10 })
    assert.strictEqual(Duration.toMillis(deadline), 180_000)
    assert.isNull(RetryPolicy.unattended.budget)
    assert.strictEqual(Duration.toMillis(RetryPolicy.unattended.deadline), 90 * 60_000)
    assert.deepStrictEqual(RetryPolicy.none.budget, budget)
    assert.strictEqual(Duration.toMillis(RetryPolicy.none.deadline), 180_000)
    assert.deepStrictEqual(RetryPolicy.make().budget, budget)
    assert.strictEqual(Duration.toMillis(RetryPolicy.make().deadline), 180_000)
  })

  it.effect("wait 250 ms at first, twice as long each time, and 20 seconds in the end, each by 20 percent", () =>
    Effect.gen(function* () {
      const { schedule } = RetryPolicy.unattended
      const waits = yield* waitsOf({ schedule, budget: null, deadline: "90 minutes" }, 40, 10)
      for (const [n, wait] of waits.entries()) {
        const middle = Math.min(250 * 2 ** n, 20_000)
        assert.isAtLeast(wait, 0.8 * middle, `wait ${n}`)
        assert.isAtMost(wait, 1.2 * middle + 10, `wait ${n}`)
      }
      // Clients that failed together do not come back together: the longest waits fill the span that they may have.
      const long = waits.slice(7)
      assert.isBelow(Math.min(...long), 18_000)
      assert.isAbove(Math.max(...long), 22_000)
      assert.isAbove(new Set(long).size, 25)
    })
  )

  for (const [name, policy, attempts] of [
    ["interactive", RetryPolicy.interactive, 5],
    ["none", RetryPolicy.none, 1]
  ] as const) {
    it.effect(`${name}: makes ${attempts} attempts`, () => {
      const { layer, sent } = standIn(failed)
      return Effect.gen(function* () {
        const recordings = yield* Recordings.Recordings
        const fiber = yield* Effect.forkChild(Effect.flip(recordings.page()))
        yield* TestClock.adjust("3 minutes")
        assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "ServerFault")
        assert.strictEqual(sent.length, attempts)
      }).pipe(Effect.provide(services(layer, {}, policy)))
    })
  }

  it.effect("give back what a retry cost when it succeeds, and one token for a success at once", () => {
    let fails = 0
    const { layer, sent } = standIn(() => (fails-- > 0 ? failed() : ok()))
    const budget = { capacity: 12, retryCost: 5, timeoutCost: 10 }
    const retry = { budget, schedule: Schedule.spaced("1 second"), deadline: "1 minute" } as const
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      /** How many requests a call sends where so many of them fail. */
      const requests = Effect.fnUntraced(function* (failures: number) {
        fails = failures
        const before = sent.length
        const fiber = yield* Effect.forkChild(Effect.exit(recordings.page()))
        yield* TestClock.adjust("59 seconds")
        yield* Fiber.join(fiber)
        return sent.length - before
      })
      // 12 - 5 + 5 = 12 tokens.
      assert.strictEqual(yield* requests(1), 2)
      // 12 - 10 = 2 tokens, and the third attempt fails for good.
      assert.strictEqual(yield* requests(100), 3)
      // Two successes make 4 tokens, one too few; the third makes 5.
      assert.strictEqual(yield* requests(0), 1)
      assert.strictEqual(yield* requests(0), 1)
      assert.strictEqual(yield* requests(100), 1)
      assert.strictEqual(yield* requests(0), 1)
      assert.strictEqual(yield* requests(100), 2)
    }).pipe(Effect.provide(services(layer, {}, retry)))
  })

  it("refuse a part that is wrong, by its name", () => {
    const budget = { capacity: 10, retryCost: 5, timeoutCost: 10 }
    const refused = (options: RetryPolicy.Options) => {
      try {
        RetryPolicy.make(options)
      } catch (error) {
        return error instanceof RangeError ? error.message : undefined
      }
      return undefined
    }
    assert.strictEqual(
      refused({ budget: { ...budget, retryCost: -1 } }),
      "RetryPolicy: budget.retryCost must be 0 or more (got -1)"
    )
    assert.strictEqual(
      refused({ budget: { ...budget, capacity: Number.NaN } }),
      "RetryPolicy: budget.capacity must be 0 or more (got NaN)"
    )
    assert.isUndefined(refused({ budget: { capacity: 0, retryCost: 0, timeoutCost: 0 } }))
    assert.strictEqual(refused({ deadline: 0 }), "RetryPolicy: deadline must be longer than 0")
    assert.isUndefined(refused({ deadline: 1 }))
  })
})
