import { assert, describe, it, start } from "@vobiz-effect/test-support"
import { Duration, Effect, Fiber, Metric, Schedule } from "effect"
import { TestClock } from "effect/testing"

import { Recordings, RetryPolicy, type VobizConfig } from "../src/index.ts"
import { type Reply, services, standIn } from "./utils.ts"

const empty = { meta: { limit: 20, offset: 0, total_count: 0, next: null, previous: null }, objects: [] }
const ok = () => Response.json(empty)

const asking = (
  reply: Reply,
  options: {
    readonly config?: Partial<VobizConfig.Options>
    readonly retry?: RetryPolicy.Options
  } = {}
) => {
  const { layer, sent } = standIn(reply)
  return {
    sent,
    ask: Effect.flatMap(Recordings.Recordings, (recordings) => recordings.page()),
    layer: services(layer, options.config, options.retry)
  }
}

describe("RetryPolicy", () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    it.effect(`sends again after ${status}`, () => {
      const { ask, layer, sent } = asking((_, nth) => (nth < 3 ? new Response(null, { status }) : ok()))
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(ask)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).totalCount, 0)
        assert.strictEqual(sent.length, 3)
      }).pipe(Effect.provide(layer))
    })
  }

  for (const status of [400, 401, 402, 403, 404, 409, 422]) {
    it.effect(`does not send again after ${status}`, () => {
      const { ask, layer, sent } = asking(() => new Response(null, { status }))
      return Effect.gen(function* () {
        const error = yield* Effect.flip(ask)
        assert.isFalse(error.isRetryable)
        assert.strictEqual(sent.length, 1)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("sends again after a broken connection, and after JSON that was cut off", () => {
    const { ask, layer, sent } = asking((_, nth) =>
      nth === 1 ? "reset" : nth === 2 ? new Response('{"meta": {"lim', { status: 200 }) : ok()
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(sent.length, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives up after the attempts it was allowed, with the last failure", () => {
    const { ask, layer, sent } = asking(() => new Response(null, { status: 503 }), {
      retry: { schedule: Schedule.recurs(2) }
    })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(ask))
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag, "ServerFault")
      assert.strictEqual(sent.length, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits longer each time, up to the cap, by 20 percent more or less", () => {
    const { ask, layer, sent } = asking(() => new Response(null, { status: 503 }), {
      retry: {
        schedule: Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("3 seconds")]).pipe(
          Schedule.jittered,
          Schedule.upTo({ times: 3 })
        )
      }
    })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(ask))
      // The waits are 1, 2 and 3 (not 4) seconds, each times 0.8 to 1.2.
      yield* TestClock.adjust("790 millis")
      assert.strictEqual(sent.length, 1)
      yield* TestClock.adjust("420 millis")
      assert.strictEqual(sent.length, 2)
      yield* TestClock.adjust("5990 millis")
      assert.strictEqual(sent.length, 4)
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(layer))
  })

  for (const status of [401, 403, 404, 408, 409, 425, 429, 503]) {
    it.effect(`waits as long as Retry-After asks, whatever the status: ${status}`, () => {
      const refusal = () => new Response(null, { status, headers: { "retry-after": "40" } })
      const { ask, layer, sent } = asking((_, nth) => (nth === 1 ? refusal() : ok()))
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(ask)
        yield* TestClock.adjust("39900 millis")
        assert.strictEqual(sent.length, 1)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
        assert.strictEqual(sent.length, 2)
      }).pipe(Effect.provide(layer))
    })
  }

  for (const header of ["Infinity", "1e999", "-5", "soon", "0x10", "99999999999999999999", "", "5 seconds"]) {
    it.effect(`does not hear a Retry-After that is none: "${header}"`, () => {
      const refusal = () => new Response(null, { status: 503, headers: { "retry-after": header } })
      const { ask, layer, sent } = asking(refusal)
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.flip(ask))
        yield* TestClock.adjust("1 minute")
        const { message } = yield* Fiber.join(fiber)
        assert.strictEqual(sent.length, 5)
        assert.notInclude(message, "wait")
      }).pipe(Effect.provide(layer))
    })
  }

  for (const [what, body] of [
    ["empty", ""],
    ["blank", " \n"],
    ["cut", '{"meta": {"lim']
  ] as const) {
    it.effect(`takes a 200 with a body that is ${what} for a failed attempt`, () => {
      const { ask, layer, sent } = asking((_, nth) => (nth < 3 ? new Response(body) : ok()))
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(ask)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(fiber)
        assert.strictEqual(sent.length, 3)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("unattended: survives an outage of an hour, by an attempt every 24 seconds at least", () => {
    const up = start.epochMilliseconds + 3_600_000
    let now = start.epochMilliseconds
    const { ask, layer, sent } = asking(() => (now < up ? "reset" : ok()), { retry: RetryPolicy.unattended })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask)
      for (; now < up + 30_000; now += 1000) yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).totalCount, 0)
      assert.isAtLeast(sent.length, 150)
      assert.isAtMost(sent.length, 240)
    }).pipe(Effect.provide(layer))
  })

  it.effect("interactive: does not, and says what was wrong", () => {
    const { ask, layer } = asking(() => "reset")
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(ask))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "Transport")
    }).pipe(Effect.provide(layer))
  })

  const retryAfterForms: ReadonlyArray<readonly [string, () => Response]> = [
    ["header in seconds", () => new Response(null, { status: 429, headers: { "retry-after": "40" } })],
    [
      "header as a date",
      () =>
        new Response(null, {
          status: 429,
          headers: { "retry-after": new Date(start.epochMilliseconds + 40_000).toUTCString() }
        })
    ],
    [
      "body",
      () =>
        Response.json(
          { status: "error", error: { code: "RATE_LIMIT_EXCEEDED", message: "slow", details: { retryAfter: 40 } } },
          { status: 429 }
        )
    ]
  ]
  for (const [form, refusal] of retryAfterForms) {
    it.effect(`waits at least as long as Retry-After asks (${form})`, () => {
      const { ask, layer, sent } = asking((_, nth) => (nth === 1 ? refusal() : ok()))
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(ask)
        yield* TestClock.adjust("39900 millis")
        assert.strictEqual(sent.length, 1)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
        assert.strictEqual(sent.length, 2)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("fails at once when Retry-After lies beyond the deadline", () => {
    const { ask, layer, sent } = asking(() => new Response(null, { status: 429, headers: { "retry-after": "3600" } }), {
      retry: { deadline: "1 minute" }
    })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(ask)
      assert.strictEqual(error.reason._tag, "RateLimited")
      assert.include(error.message, "1h")
      assert.strictEqual(sent.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives up an attempt that takes too long, and sends again", () => {
    const { ask, layer, sent } = asking((_, nth) => (nth === 1 ? "never" : ok()), {
      config: { attemptTimeout: Duration.seconds(5) }
    })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask)
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(sent.length, 1)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(sent.length, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends the whole call at its deadline", () => {
    const { ask, layer } = asking(() => "never", {
      config: { attemptTimeout: "20 seconds" },
      retry: { deadline: "50 seconds" }
    })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(ask))
      yield* TestClock.adjust("49 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag === "Timeout" && error.reason.limit, "call")
    }).pipe(Effect.provide(layer))
  })

  it.effect("tells what went wrong before, when the deadline ends the retries", () => {
    const { ask, layer } = asking(() => "reset", { retry: { deadline: "300 millis" } })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(ask))
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag, "Transport")
      assert.include(error.message, "ECONNRESET")
    }).pipe(Effect.provide(layer))
  })

  it.effect("stops retrying for everybody when the shared budget is spent, and earns it back by successes", () => {
    let down = true
    const { layer, sent } = standIn(() => (down ? new Response(null, { status: 503 }) : ok()))
    const budget = { capacity: 10, retryCost: 5, timeoutCost: 10 }
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const run = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.exit(effect))
          yield* TestClock.adjust("1 minute")
          return yield* Fiber.join(fiber)
        })
      // 10 tokens pay for two retries over all twenty calls.
      yield* run(Effect.forEach(Array.from({ length: 20 }), () => Effect.exit(recordings.page()), { concurrency: 20 }))
      assert.strictEqual(sent.length, 22)
      down = false
      yield* run(Effect.forEach(Array.from({ length: 5 }), () => recordings.page()))
      assert.strictEqual(sent.length, 27)
      // Five successes earned five tokens: one retry.
      down = true
      yield* run(recordings.page())
      assert.strictEqual(sent.length, 29)
    }).pipe(Effect.provide(services(layer, {}, { budget })))
  })

  it.effect("counts requests and retries", () => {
    const { ask, layer } = asking((_, nth) => (nth === 1 ? new Response(null, { status: 503 }) : ok()))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      const counts = (yield* Metric.snapshot).map(({ attributes, id, state }) => ({
        id,
        status: attributes?.["status"],
        count: "count" in state ? state.count : undefined
      }))
      assert.deepInclude(counts, { id: "vobiz_requests_total", status: "503", count: 1 })
      assert.deepInclude(counts, { id: "vobiz_requests_total", status: "200", count: 1 })
      assert.deepInclude(counts, { id: "vobiz_retries_total", status: undefined, count: 1 })
    }).pipe(Effect.provide(layer), Effect.provideService(Metric.MetricRegistry, new Map()))
  })
})
