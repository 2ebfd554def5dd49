import { assert, Effort, it, Seed, Wait } from "@vobiz-effect/test-support"
import { Duration, Effect, Layer, Random } from "effect"
import { RateLimiter } from "effect/persistence"
import { SqlClient } from "effect/sql"

import { JobRunner, SqlRateLimiterStore } from "../src/index.ts"
import * as Grants from "./grants.ts"
import * as Postgres from "./postgres.ts"

const limit = 20
const interval = 50

/** A limiter with connections of its own, as each process has. */
const limiter = Effect.fnUntraced(function* (url: Effect.Success<typeof Postgres.make>["url"]) {
  const database = JobRunner.database(url)
  const context = yield* Layer.build(
    RateLimiter.layer.pipe(Layer.provide(SqlRateLimiterStore.layer), Layer.provideMerge(database), Layer.fresh)
  )
  const { consume } = yield* Effect.provideContext(RateLimiter.RateLimiter, context)
  return {
    sql: yield* Effect.provideContext(SqlClient.SqlClient, context),
    /** Takes a token, and tells for how many milliseconds it has to be waited for. */
    take: (key: string) =>
      consume({ key, algorithm: "token-bucket", onExceeded: "delay", limit, window: limit * interval }).pipe(
        Effect.map(({ delay }) => Duration.toMillis(delay))
      )
  }
})

it.live("limiters of many processes give the tokens of one bucket and not one more; another key has its own", () =>
  Effect.gen(function* () {
    const { url } = yield* Postgres.make
    const processes = yield* Effect.all([limiter(url), limiter(url), limiter(url)])
    const [{ sql, take }] = processes
    const provide = Effect.provideService(SqlClient.SqlClient, sql)
    yield* provide(Grants.note)

    const clock = Effect.map(
      sql<{ readonly at: number }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::DOUBLE PRECISION AS at`,
      ([row]) => row?.at ?? 0
    )
    const passed = (at: number) => Wait.until("PostgreSQL's clock has passed it", clock, (now) => now > at)
    const isFull = Effect.flatMap(provide(Grants.of("at once")), (due) => passed((due.at(-1) ?? 0) + limit * interval))

    // More than the bucket holds, at once, and again when it is full: one token after the other is due when it is there.
    const atOnce = Effect.forEach(
      Array.from({ length: Effort.sized({ quick: 10, full: 20 }) }, () => processes).flat(),
      (process) => process.take("at once"),
      { concurrency: "unbounded" }
    )
    const first = yield* atOnce
    yield* isFull
    yield* atOnce
    const due = yield* provide(Grants.of("at once"))
    assert.lengthOf(due, 2 * first.length)
    assert.strictEqual(Grants.excess(due, limit, interval), 0)

    // Now and then, by turns faster and slower than it is refilled.
    const turns = Effort.sized({ quick: 15, full: 40 })
    yield* Effect.forEach(
      processes,
      ({ take }) =>
        Effect.forEach(
          Array.from({ length: turns }),
          () =>
            Effect.gen(function* () {
              const pause = (yield* Random.nextBoolean) ? 0 : yield* Random.nextIntBetween(0, 6 * interval)
              const wait = yield* take("now and then")
              yield* passed((yield* clock) + wait + pause)
            }),
          { discard: true }
        ),
      { concurrency: "unbounded", discard: true }
    )
    const nowAndThen = yield* provide(Grants.of("now and then"))
    assert.lengthOf(nowAndThen, 3 * turns)
    assert.isAtMost(Grants.excess(nowAndThen, limit, interval), 0)

    assert.strictEqual(yield* take("another"), 0)
  }).pipe(Seed.seeded, Effect.scoped)
)
