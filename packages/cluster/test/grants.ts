/** The tokens of rate limits, as PostgreSQL gave them. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** From now on notes when each token is due that is given, in the order in which the row was locked for them. */
export const note = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE noted_grant (nth SERIAL, key TEXT NOT NULL, due_at DOUBLE PRECISION NOT NULL)`
  yield* sql`CREATE FUNCTION note_grant() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO noted_grant (key, due_at) VALUES (NEW.key, NEW.due_at); RETURN NULL; END'`
  yield* sql`CREATE TRIGGER noted AFTER INSERT OR UPDATE ON recon_rate_limit FOR EACH ROW EXECUTE FUNCTION note_grant()`
})

/** When the tokens of a key were due, in milliseconds of the epoch by the database's clock. */
export const of = Effect.fnUntraced(function* (key: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    readonly at: number
  }>`SELECT due_at AS at FROM noted_grant WHERE key = ${key} ORDER BY due_at`
  return rows.map(({ at }) => at)
})

/** What adding intervals to an instant may lose: the clock has microseconds. */
const rounding = 0.001

/**
 * How many tokens more were due in any span than the bucket holds and is refilled by in it: `limit + floor(span / interval)`. The
 * limit was kept if it is not above 0.
 */
export const excess = (due: ReadonlyArray<number>, limit: number, interval: number) => {
  let most = -Infinity
  for (const [first, from] of due.entries()) {
    for (const [more, to] of due.slice(first).entries()) {
      most = Math.max(most, more + 1 - limit - Math.floor((to - from + rounding) / interval))
    }
  }
  return most
}

/**
 * The instants for which there is no token: each takes one that was due at most `late` milliseconds before, and none that was due later
 * than itself, except the millisecond that timers count by. As all tokens are good for the same time, it is best to take the oldest.
 */
export const ungranted = (instants: ReadonlyArray<number>, due: ReadonlyArray<number>, late: number) => {
  const left = due.toSorted((a, b) => a - b)
  return instants
    .toSorted((a, b) => a - b)
    .filter((at) => {
      while (left[0] !== undefined && left[0] < at - late) left.shift()
      if (left[0] === undefined || left[0] > at + 2) return true
      left.shift()
      return false
    })
}
