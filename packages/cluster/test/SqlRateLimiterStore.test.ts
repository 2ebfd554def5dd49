import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"

import { JobRunner, SqlRateLimiterStore } from "../src/index.ts"
import * as Postgres from "./postgres.ts"

it.live("two processes' limiters of one key share one bucket, and another key has its own", () =>
  Effect.gen(function* () {
    const { url } = yield* Postgres.make
    const limiter = Effect.gen(function* () {
      const context = yield* Layer.build(
        RateLimiter.layer.pipe(Layer.provide(SqlRateLimiterStore.layer), Layer.provide(JobRunner.database(url)))
      )
      return yield* Effect.provideContext(RateLimiter.RateLimiter, context)
    })
    const limiters = yield* Effect.all([limiter, limiter], { concurrency: 2 })
    const consume = (index: number, key: string) =>
      (limiters[index % 2] ?? limiters[0])
        .consume({
          key,
          algorithm: "token-bucket",
          onExceeded: "delay",
          limit: 5,
          window: "10 seconds"
        })
        .pipe(Effect.map(({ delay }) => Duration.toMillis(delay)))
    const started = yield* Clock.currentTimeMillis
    const delays = yield* Effect.forEach(
      Array.from({ length: 12 }, (_, index) => index),
      (index) => consume(index, "a"),
      {
        concurrency: "unbounded"
      }
    )
    const took = (yield* Clock.currentTimeMillis) - started
    const sorted = delays.toSorted((a, b) => a - b)
    assert.deepStrictEqual(sorted.slice(0, 5), [0, 0, 0, 0, 0])
    // One more each two seconds, counted from when the bucket was full.
    for (const [index, delay] of sorted.slice(5).entries()) {
      assert.isAtMost(delay, (index + 1) * 2000)
      assert.isAtLeast(delay, (index + 1) * 2000 - took - 1)
    }
    assert.strictEqual(yield* consume(0, "b"), 0)
  }).pipe(Effect.scoped)
)
