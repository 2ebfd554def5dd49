/** A `SqlClient` over the SQLite that is part of Node.js. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Reactivity } from "effect/reactivity"
import * as Semaphore from "effect/Semaphore"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import * as Stream from "effect/Stream"

const failure = (operation: string) => (cause: unknown) => {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SqlError.SqlError({ reason: SqlError.classifySqliteError(cause, { message, operation }) })
}

/**
 * Opens the file, and creates it if it is missing.
 *
 * A committed transaction is on the disk (`synchronous = FULL`). `unusable` makes the error for a file that cannot be opened.
 */
export const layer = <E>(
  file: string,
  unusable: (error: SqlError.SqlError) => E
): Layer.Layer<SqlClient.SqlClient, E> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const db = yield* Effect.acquireRelease(
        Effect.try({
          try: () => {
            const db = new DatabaseSync(file)
            db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000")
            return db
          },
          catch: (cause) => unusable(failure("open")(cause))
        }),
        (db) => Effect.sync(() => db.close())
      )
      const attempt = <A>(evaluate: () => A) => Effect.try({ try: evaluate, catch: failure("execute") })
      const bound = (params: ReadonlyArray<unknown>) => params as ReadonlyArray<SQLInputValue>

      const executeRaw: SqlConnection.Connection["executeRaw"] = (sql, params) =>
        attempt(() => db.prepare(sql).all(...bound(params)))
      const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
        attempt(() => {
          const rows = db.prepare(sql).all(...bound(params))
          return transform === undefined ? rows : transform(rows)
        })
      const executeValues: SqlConnection.Connection["executeValues"] = (sql, params) =>
        attempt(() => {
          const statement = db.prepare(sql)
          statement.setReturnArrays(true)
          return statement.all(...bound(params)) as unknown as ReadonlyArray<ReadonlyArray<unknown>>
        })
      const connection: SqlConnection.Connection = {
        execute,
        executeRaw,
        executeUnprepared: execute,
        executeValues,
        executeValuesUnprepared: executeValues,
        executeStream: (sql, params, transform) =>
          Stream.unwrap(Effect.map(execute(sql, params, transform), (rows) => Stream.fromIterable(rows)))
      }
      const semaphore = yield* Semaphore.make(1)
      const acquirers = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connection),
        semaphore,
        isTransaction: () => db.isTransaction
      })
      const client = yield* SqlClient.make({
        ...acquirers,
        compiler: Statement.makeCompilerSqlite(),
        driver: "sqlite-node",
        spanAttributes: [["db.system.name", "sqlite"]]
      })
      return Context.make(SqlClient.SqlClient, client)
    })
  ).pipe(Layer.provide(Reactivity.layer))
