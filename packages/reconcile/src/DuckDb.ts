/**
 * An embedded DuckDB database, in memory or in a file, as a scoped service.
 *
 * @since 0.1.0
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBResult,
  JsonDuckDBValueConverter,
  ResultReturnType,
  StatementType
} from "@duckdb/node-api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type * as Column from "./Column.ts"
import { DuckDbError, type Operation } from "./DuckDbError.ts"
import * as Chunk from "./internal/chunk.ts"
import * as Sql from "./internal/sql.ts"

/**
 * How the database is opened.
 *
 * - `path`: a file, made if it is not there, or `":memory:"`, the default.
 * - `memoryLimit`: what the database may hold in memory, such as `"2GB"`; more is spilled to `tempDirectory`.
 *   DuckDB's own default is four fifths of the machine's.
 * - `threads`: how many it computes on; by default as many as the machine has cores. Each needs memory of its own: with
 *   less than some 200 MB a thread, a million calls may not be reconciled.
 * - `tempDirectory`: where it spills to. The database makes a folder of its own there, for its user alone, and removes it
 *   when it closes. By default the system's temporary folder, or for a database in a file beside that.
 * - `tempLimit`: what it may spill, such as `"20GB"`; DuckDB's own default is nine tenths of the disk's free space.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly path?: string | undefined
  readonly memoryLimit?: string | undefined
  readonly threads?: number | undefined
  readonly tempDirectory?: string | undefined
  readonly tempLimit?: string | undefined
}

/**
 * Values for the `$name` places of a statement.
 *
 * @category models
 * @since 0.1.0
 */
export type Parameters = Readonly<Record<string, string | number | bigint | boolean | null>>

/**
 * A DuckDB database.
 *
 * Each call has a connection of its own, so calls may run at once. A call that is interrupted stops its statement and
 * returns when the statement has stopped. Rows are decoded from their JSON form, in which 64-bit integers and decimals
 * are text: no amount passes through a float.
 *
 * @category services
 * @since 0.1.0
 */
export class DuckDb extends Context.Service<
  DuckDb,
  {
    /** Runs one statement, or without parameters several parted by `;`, for its effect. */
    run(sql: string, parameters?: Parameters): Effect.Effect<void, DuckDbError>
    /** All rows of a statement. */
    query<A>(sql: string, row: Schema.Decoder<A>, parameters?: Parameters): Effect.Effect<ReadonlyArray<A>, DuckDbError>
    /** The rows of a statement as they are asked for, at most 2,048 of them in memory at once. */
    stream<A>(sql: string, row: Schema.Decoder<A>, parameters?: Parameters): Stream.Stream<A, DuckDbError>
    /**
     * Appends rows to a table that has these columns, in this order, and tells how many there were. When the rows fail
     * midway, those before may have been written.
     */
    append<A, E, R>(
      table: string,
      columns: ReadonlyArray<Column.Column<A>>,
      rows: Stream.Stream<A, E, R>
    ): Effect.Effect<number, E | DuckDbError, R>
    /** A fresh schema for tables of one's own, dropped with them when the scope closes; its name. */
    readonly scratch: Effect.Effect<string, DuckDbError, Scope.Scope>
  }
>()("@vobiz-effect/reconcile/DuckDb") {
  /** Opens the database; it is closed with the layer's scope. */
  static readonly layer = (options: Options = {}): Layer.Layer<DuckDb, DuckDbError> =>
    Layer.effect(
      DuckDb,
      withSpillFolder(options).pipe(
        Effect.flatMap((options) =>
          Effect.acquireRelease(open(options), (instance) => Effect.sync(() => instance.closeSync()))
        ),
        Effect.map(make),
        // Given when it is opened, DuckDB would not hold to it.
        Effect.tap(({ run }) =>
          options.tempLimit === undefined
            ? Effect.void
            : run(`SET max_temp_directory_size = ${Sql.text(options.tempLimit)}`)
        )
      )
    )
}

/**
 * Options with a folder to spill to of the database's own: those that share one would take each other's files away. Where it
 * cannot be removed, the user's result or error is worth more than that.
 */
const withSpillFolder = (options: Options): Effect.Effect<Options, DuckDbError, Scope.Scope> => {
  const { path = ":memory:", tempDirectory } = options
  if (tempDirectory === undefined && path !== ":memory:") return Effect.succeed(options)
  const parent = tempDirectory ?? tmpdir()
  return Effect.acquireRelease(
    Effect.tryPromise({
      try: () => mkdir(parent, { recursive: true, mode: 0o700 }).then(() => mkdtemp(join(parent, "duckdb-"))),
      catch: (cause) => new DuckDbError({ operation: "open", statement: parent, cause })
    }),
    (folder) => Effect.ignore(Effect.tryPromise(() => rm(folder, { recursive: true, force: true })))
  ).pipe(Effect.map((folder) => ({ ...options, tempDirectory: folder })))
}

const open = ({ memoryLimit, path = ":memory:", tempDirectory, threads }: Options) =>
  Effect.tryPromise({
    try: () =>
      DuckDBInstance.create(path, {
        // Every read that needs an order says so; without this, large results are kept in memory to hold theirs.
        preserve_insertion_order: "false",
        // No statement brings code from the network, or from where another user left it.
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        allow_community_extensions: "false",
        ...(memoryLimit === undefined ? {} : { memory_limit: memoryLimit }),
        ...(threads === undefined ? {} : { threads: String(threads) }),
        ...(tempDirectory === undefined ? {} : { temp_directory: tempDirectory })
      }),
    catch: (cause) => new DuckDbError({ operation: "open", statement: path, cause })
  })

const make = (instance: DuckDBInstance): DuckDb["Service"] => {
  let schemas = 0

  const connect = Effect.acquireRelease(
    Effect.tryPromise({
      try: () => instance.connect(),
      catch: (cause) => new DuckDbError({ operation: "connect", statement: "", cause })
    }),
    (connection) => Effect.sync(() => connection.closeSync())
  )

  const run = Effect.fn("DuckDb.run")(function* (sql: string, parameters?: Parameters) {
    const connection = yield* connect
    yield* settle(connection, "run", sql, () => connection.run(sql, parameters))
  }, Effect.scoped)

  const stream = <A>(sql: string, row: Schema.Decoder<A>, parameters?: Parameters): Stream.Stream<A, DuckDbError> => {
    return Stream.unwrap(
      Effect.gen(function* () {
        const connection = yield* connect
        const result = yield* settle(connection, "stream", sql, () => connection.stream(sql, parameters))
        const names = result.deduplicatedColumnNames()
        const kind = result.statementType
        return Stream.paginate(
          undefined,
          Effect.fnUntraced(function* () {
            const chunk = yield* settle(connection, "stream", sql, () => result.fetchChunk())
            if (chunk === null || chunk.rowCount === 0) {
              if (result.returnType === ResultReturnType.INVALID)
                return yield* stopped(connection, kind, sql, parameters)
              return [[], Option.none<undefined>()]
            }
            const rows = chunk
              .convertRows(JsonDuckDBValueConverter)
              .map((values) => Object.fromEntries(values.map((value, index) => [names[index], value])))
            return [yield* decoded(sql, row, rows), Option.some(undefined)]
          })
        )
      })
    )
  }

  // Of few rows, a result taken whole took 0.7 ms where a stream took 0.9.
  const query = Effect.fn("DuckDb.query")(function* <A>(sql: string, row: Schema.Decoder<A>, parameters?: Parameters) {
    const connection = yield* connect
    const rows = yield* settle(connection, "run", sql, () =>
      connection.run(sql, parameters).then((result) => result.getRowObjectsJson())
    )
    return yield* decoded(sql, row, rows)
  }, Effect.scoped)

  const scratch = Effect.acquireRelease(
    Effect.suspend(() => {
      schemas += 1
      const name = `scratch_${schemas}`
      // A process that was killed may have left one of the same name in the file.
      return Effect.as(run(`DROP SCHEMA IF EXISTS ${name} CASCADE; CREATE SCHEMA ${name}`), name)
    }),
    (name) => Effect.ignore(run(`DROP SCHEMA ${name} CASCADE`))
  )

  return DuckDb.of({
    run,
    query,
    stream,
    append: (table, columns, rows) => append(connect, table, columns, rows),
    scratch
  })
}

const decoded = <A>(statement: string, row: Schema.Decoder<A>, rows: ReadonlyArray<unknown>) =>
  Effect.mapError(
    Schema.decodeEffect(Schema.Array(row))(rows),
    (cause) => new DuckDbError({ operation: "decode", statement, cause })
  )

/**
 * Fails as a statement did that stopped in the midst of its rows. The client ends its rows there as if there were no more, and does not
 * say why; so a statement that only reads is run again without its rows, to learn why.
 */
const stopped = Effect.fnUntraced(function* (
  connection: DuckDBConnection,
  kind: DuckDBResult["statementType"],
  statement: string,
  parameters: Parameters | undefined
) {
  if (kind === StatementType.SELECT) {
    yield* settle(connection, "stream", statement, () => connection.run(`EXPLAIN ANALYZE ${statement}`, parameters))
  }
  const cause = new Error("it stopped in the midst of the rows, and does not say why")
  return yield* new DuckDbError({ operation: "stream", statement, cause })
})

/** Appends rows by way of a connection of their own. */
const append = Effect.fn("DuckDb.append")(function* <A, E, R>(
  connect: Effect.Effect<DuckDBConnection, DuckDbError, Scope.Scope>,
  table: string,
  columns: ReadonlyArray<Column.Column<A>>,
  rows: Stream.Stream<A, E, R>
) {
  const attempt = <B>(evaluate: () => B) =>
    Effect.try({
      try: evaluate,
      catch: (cause) => new DuckDbError({ operation: "append", statement: table, cause })
    })

  const connection = yield* connect
  const appender = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => connection.createAppender(...nameParts(table)),
      catch: (cause) => new DuckDbError({ operation: "append", statement: table, cause })
    }),
    // Closing flushes; where the flush below has failed there is nothing more to tell.
    (appender) => Effect.ignore(Effect.try(() => appender.closeSync()))
  )
  const chunk = yield* attempt(() => Chunk.make(columns))
  let count = 0
  yield* Stream.runForEachArray(Stream.rechunk(rows, Chunk.capacity), (batch) =>
    attempt(() => {
      chunk.fill(batch, count)
      appender.appendDataChunk(chunk.data)
      count += batch.length
    })
  )
  yield* attempt(() => appender.flushSync())
  return count
}, Effect.scoped)

/** `schema.table` as the appender takes it. */
const nameParts = (table: string): [table: string, schema?: string] => {
  const [first = "", second] = table.split(".")
  return second === undefined ? [first] : [second, first]
}

/**
 * Waits for a connection's work. When interrupted, stops the statement and waits for it to have stopped, as a
 * connection may not be closed under running work.
 */
const settle = <A>(connection: DuckDBConnection, operation: Operation, statement: string, evaluate: () => Promise<A>) =>
  Effect.callback<A, DuckDbError>((resume) => {
    const work = evaluate()
    const settled = work.then(
      (value) => resume(Effect.succeed(value)),
      (cause: unknown) => resume(Effect.fail(new DuckDbError({ operation, statement, cause })))
    )
    // A word to stop that comes before the statement has begun is lost, so it is said until heard.
    const stop = Effect.forever(
      Effect.delay(
        Effect.sync(() => connection.interrupt()),
        "10 millis"
      )
    )
    return Effect.sync(() => connection.interrupt()).pipe(
      Effect.andThen(
        Effect.raceFirst(
          Effect.promise(() => settled),
          stop
        )
      )
    )
  })
