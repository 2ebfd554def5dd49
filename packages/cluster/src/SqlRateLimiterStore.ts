/**
 * A store of rate limits in PostgreSQL, so that a limit holds over all runners of a cluster.
 *
 * A cluster has a PostgreSQL already, and a request to the provider takes longer than a row's update: no second store has to be
 * run for that. (Where there is a Redis, `RateLimiter.layerStoreRedis` of Effect can be given instead.) Time is that of the
 * database, as the clocks of machines differ.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { RateLimiter } from "effect/persistence"
import { SqlClient, type SqlError } from "effect/sql"

const storeError = (message: string, cause?: unknown) =>
  new RateLimiter.RateLimiterError({ reason: new RateLimiter.RateLimitStoreError({ message, cause }) })

/** Runners that start together may make the same table, which PostgreSQL refuses to all but one. */
const createTable = (sql: SqlClient.SqlClient) =>
  Effect.retry(
    sql`CREATE TABLE IF NOT EXISTS recon_rate_limit (
      key TEXT PRIMARY KEY, tokens DOUBLE PRECISION NOT NULL, refilled_at DOUBLE PRECISION NOT NULL,
      remaining DOUBLE PRECISION NOT NULL, due_at DOUBLE PRECISION NOT NULL)`,
    { times: 5 }
  )

interface Row {
  readonly remaining: number
  readonly elapsed: number
}

/**
 * Token buckets, each a row that one statement refills and takes from. There are no fixed windows, and nothing is learned from
 * the provider's answers.
 *
 * A bucket gets one token each `refillRate`, until it has `limit`. A token that is not there yet is given for the instant at which it
 * will be, `due_at`. So in any span of `t`, at most `limit + t / refillRate` tokens are due, by the database's clock.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<RateLimiter.RateLimiterStore, SqlError.SqlError, SqlClient.SqlClient> = Layer.effect(
  RateLimiter.RateLimiterStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* createTable(sql)
    const now = sql`(extract(epoch FROM clock_timestamp()) * 1000)::double precision`
    return RateLimiter.RateLimiterStore.of({
      tokenBucket: Effect.fnUntraced(
        function* ({ allowOverflow, key, limit, refillRate, tokens }) {
          const rate = Duration.toMillis(refillRate)
          // A bucket is full at first. What it has too little for is not taken, unless that may be waited for.
          const left = allowOverflow || tokens <= limit ? limit - tokens : limit
          // The clock is read once, when the row is locked: what waited for the lock does not count by an instant before.
          const rows = yield* sql<Row>`
            INSERT INTO recon_rate_limit AS b (key, tokens, refilled_at, remaining, due_at)
            SELECT ${key}, ${left}, now, ${limit - tokens}, now + greatest(0, ${tokens - limit}) * ${rate}
            FROM (SELECT ${now} AS now) clock
            ON CONFLICT (key) DO UPDATE SET (tokens, refilled_at, remaining, due_at) = (
              SELECT
                CASE WHEN ${allowOverflow} OR remaining >= 0 THEN remaining ELSE remaining + ${tokens} END,
                boundary,
                remaining,
                CASE WHEN remaining >= 0 THEN now ELSE boundary - remaining * ${rate} END
              FROM (SELECT ${now} AS now) clock
              CROSS JOIN LATERAL (SELECT floor(greatest(0, now - b.refilled_at) / ${rate}) AS added) refill
              CROSS JOIN LATERAL (
                SELECT
                  least(${limit}, b.tokens + added) - ${tokens} AS remaining,
                  CASE WHEN b.tokens + added >= ${limit} THEN greatest(b.refilled_at, now)
                    ELSE b.refilled_at + added * ${rate} END AS boundary
              ) bucket
            )
            RETURNING remaining, greatest(0, ${now} - refilled_at) AS elapsed`
          const [row] = rows
          if (row === undefined) return yield* storeError("the database gave no row back")
          return [row.remaining, row.elapsed] as const
        },
        Effect.catchTag("SqlError", (cause) => Effect.fail(storeError("the database did not answer", cause)))
      ),
      fixedWindow: () => Effect.fail(storeError("this store has token buckets alone")),
      adaptiveConsume: () => Effect.succeed({ delay: Duration.zero, epoch: 0, phase: "inactive" }),
      adaptiveFeedback: () => Effect.void
    })
  })
)
