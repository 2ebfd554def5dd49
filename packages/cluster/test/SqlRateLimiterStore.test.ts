import { assert, Effort, it, Seed, Wait } from "@vobiz-effect/test-support"
import { Context, Duration, Effect, Layer, Random } from "effect"
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

it.live(
  "a bucket is refilled by whole tokens, up to its limit, and tokens that are not there yet are due when they will be",
  () =>
    Effect.gen(function* () {
      const { url } = yield* Postgres.make
      const context = yield* Layer.build(SqlRateLimiterStore.layer.pipe(Layer.provideMerge(JobRunner.database(url))))
      const sql = Context.get(context, SqlClient.SqlClient)
      const store = Context.get(context, RateLimiter.RateLimiterStore)
      // So long a time for a token that what the test takes is none of it.
      const hours = 1000
      const refillRate = Duration.hours(hours)
      const hour = Duration.toMillis(Duration.hours(1))
      const inHours = (millis: number) => Math.round(millis / hour)
      interface Row {
        readonly tokens: number
        readonly refilled: number
        readonly due: number
      }
      const noted = (key: string) =>
        Effect.map(
          sql<Row>`SELECT tokens, now - refilled_at AS refilled, due_at - now AS due FROM recon_rate_limit,
          (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now) clock WHERE key = ${key}`,
          ([row]) => row && `${row.tokens} as of ${inHours(row.refilled)} h ago, due in ${inHours(row.due)} h`
        )
      /** Makes a bucket as it was some hours ago, takes tokens from it, and returns what is left and what the table has. */
      const taken = Effect.fnUntraced(function* (
        had: readonly [tokens: number, hoursAgo: number] | null,
        tokens: number,
        allowOverflow = true
      ) {
        const key = JSON.stringify([had, tokens, allowOverflow])
        if (had !== null) {
          yield* sql`INSERT INTO recon_rate_limit SELECT ${key}, ${had[0]}, now - ${had[1] * hour}, 0, 0
          FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now) clock`
        }
        const [remaining, elapsed] = yield* store.tokenBucket({ key, tokens, limit: 3, refillRate, allowOverflow })
        return `${remaining} after ${inHours(elapsed)} h: ${yield* noted(key)}`
      })
      assert.deepStrictEqual(
        yield* Effect.forEach(
          [
            [null, 1],
            [null, 3],
            [null, 4],
            // Half a token is none yet, and is not lost.
            [[1, 500], 1],
            [[1, 500], 2],
            [[0, 500], 2],
            // It becomes full, and stays so.
            [[2, 1500], 1],
            [[1, 2500], 1],
            [[2, 9999], 3],
            [[3, 500], 1],
            [[-1, 1500], 1],
            // The database's clock was set back.
            [[1, -500], 1],
            [[1, -500], 2]
          ] as const,
          ([had, tokens]) => taken(had, tokens)
        ),
        [
          "2 after 0 h: 2 as of 0 h ago, due in 0 h",
          "0 after 0 h: 0 as of 0 h ago, due in 0 h",
          "-1 after 0 h: -1 as of 0 h ago, due in 1000 h",
          "0 after 500 h: 0 as of 500 h ago, due in 0 h",
          "-1 after 500 h: -1 as of 500 h ago, due in 500 h",
          "-2 after 500 h: -2 as of 500 h ago, due in 1500 h",
          "2 after 0 h: 2 as of 0 h ago, due in 0 h",
          "2 after 0 h: 2 as of 0 h ago, due in 0 h",
          "0 after 0 h: 0 as of 0 h ago, due in 0 h",
          "2 after 0 h: 2 as of 0 h ago, due in 0 h",
          "-1 after 500 h: -1 as of 500 h ago, due in 500 h",
          "0 after 0 h: 0 as of -500 h ago, due in 0 h",
          "-1 after 0 h: -1 as of -500 h ago, due in 1500 h"
        ]
      )
      assert.deepStrictEqual(
        yield* Effect.forEach(
          [
            [null, 4],
            [[1, 500], 2],
            [[1, 500], 1]
          ] as const,
          ([had, tokens]) => taken(had, tokens, false)
        ),
        [
          "-1 after 0 h: 3 as of 0 h ago, due in 1000 h",
          "-1 after 500 h: 1 as of 500 h ago, due in 500 h",
          "0 after 500 h: 0 as of 500 h ago, due in 0 h"
        ]
      )
    }).pipe(Effect.scoped)
)
