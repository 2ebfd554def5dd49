/**
 * Keeps rate limits in PostgreSQL, so that a limit holds across all runners of a cluster.
 *
 * A cluster already has PostgreSQL, and updating a row is quick compared with a request. `RateLimiter.layerStoreRedis` of Effect
 * works too. Time comes from the database, because the clocks of machines differ.
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

/** Retries, because PostgreSQL refuses all but one of the runners that create the table at once. */
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
 * A rate limiter store with token buckets only. Each bucket is a row of `recon_rate_limit`.
 *
 * One statement refills the bucket and takes the tokens. A bucket gets one token per `refillRate`, up to `limit`. If it has too few
 * and the caller may wait, the tokens are due at a later instant, `due_at`. In any span of `t`, at most `limit + t / refillRate`
 * tokens are due, by the database's clock.
 *
 * Fixed windows fail. Adaptive limits are inactive.
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
          // A new bucket is full. Without `allowOverflow`, a request for more tokens than there are takes none.
          const left = allowOverflow || tokens <= limit ? limit - tokens : limit
          // The statement reads the clock once, after it has locked the row: time spent waiting for the lock counts.
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
          if (row === undefined) return yield* storeError("the database returned no row")
          return [row.remaining, row.elapsed] as const
        },
        Effect.catchTag("SqlError", (cause) => Effect.fail(storeError("the database did not answer", cause)))
      ),
      fixedWindow: () => Effect.fail(storeError("this store supports token buckets only")),
      adaptiveConsume: () => Effect.succeed({ delay: Duration.zero, epoch: 0, phase: "inactive" }),
      adaptiveFeedback: () => Effect.void
    })
  })
)
