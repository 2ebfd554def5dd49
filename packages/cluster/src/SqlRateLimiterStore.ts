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
      remaining DOUBLE PRECISION NOT NULL)`,
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
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<RateLimiter.RateLimiterStore, SqlError.SqlError, SqlClient.SqlClient> = Layer.effect(
  RateLimiter.RateLimiterStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* createTable(sql)
    return RateLimiter.RateLimiterStore.of({
      tokenBucket: Effect.fnUntraced(
        function* ({ allowOverflow, key, limit, refillRate, tokens }) {
          const rate = Duration.toMillis(refillRate)
          const added = sql`floor(greatest(0, excluded.refilled_at - b.refilled_at) / ${rate})`
          const full = sql`b.tokens + ${added} >= ${limit}`
          const remaining = sql`least(${limit}, b.tokens + ${added}) - ${tokens}`
          const now = sql`(extract(epoch FROM clock_timestamp()) * 1000)::double precision`
          const rows = yield* sql<Row>`
            INSERT INTO recon_rate_limit AS b (key, tokens, refilled_at, remaining)
            VALUES (${key}, ${limit - tokens}, ${now}, ${limit - tokens})
            ON CONFLICT (key) DO UPDATE SET
              remaining = ${remaining},
              tokens = CASE WHEN ${allowOverflow} OR ${remaining} >= 0 THEN ${remaining} ELSE ${remaining} + ${tokens} END,
              refilled_at = CASE WHEN ${full} THEN greatest(b.refilled_at, excluded.refilled_at)
                ELSE b.refilled_at + ${added} * ${rate} END
            RETURNING remaining, greatest(0, ${now} - refilled_at) AS elapsed`
          const [row] = rows
          if (row === undefined) return yield* storeError("the database gave no row back")
          // The boundary moves by whole intervals.
          return [row.remaining, row.elapsed % rate] as const
        },
        Effect.catchTag("SqlError", (cause) => Effect.fail(storeError("the database did not answer", cause)))
      ),
      fixedWindow: () => Effect.fail(storeError("this store has token buckets alone")),
      adaptiveConsume: () => Effect.succeed({ delay: Duration.zero, epoch: 0, phase: "inactive" }),
      adaptiveFeedback: () => Effect.void
    })
  })
)
