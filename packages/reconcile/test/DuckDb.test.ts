import { DECIMAL, DuckDBDecimalValue, VARCHAR } from "@duckdb/node-api"
import { assert, Child, describe, Effort, it } from "@vobiz-effect/test-support"
import {
  BigDecimal,
  Cause,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FileSystem,
  Path,
  Schema,
  Stream
} from "effect"
import { NodeServices } from "@effect/platform-node"

import { Column, DuckDb, DuckDbError } from "../src/index.ts"

const memory = DuckDb.DuckDb.layer({ threads: 1 })
const Number = Schema.Struct({ n: Schema.FiniteFromString })

/** Runs for minutes, in next to no memory. */
const endless = "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) % 7 = 1"

describe("DuckDbError", () => {
  it("tells its cause, also when that came over a wire", () => {
    const messageOf = (cause: unknown) =>
      new DuckDbError.DuckDbError({ operation: "run", statement: "", cause }).message
    assert.include(messageOf(new Error("no such table")), "no such table")
    assert.include(messageOf(Object.assign(Object.create(null), { message: "no such table" })), "no such table")
    assert.include(messageOf(Object.assign(Object.create(null), { code: 7 })), "7")
    assert.include(messageOf("out of memory"), "Raise memoryLimit")
    assert.strictEqual(messageOf({ toJSON: () => undefined }), "DuckDB could not run: ")
  })
})

describe("DuckDb", () => {
  it.effect("gives rows as the schema reads them, with the parameters in their places", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const rows = yield* db.query(
        "SELECT $n::BIGINT AS n, $text AS text, NULL AS nothing, $flag AS flag",
        Schema.Struct({
          n: Schema.BigIntFromString,
          text: Schema.String,
          nothing: Schema.Null,
          flag: Schema.Boolean
        }),
        { n: 9_007_199_254_740_993n, text: "'; DROP", flag: true }
      )
      assert.deepStrictEqual(rows, [{ n: 9_007_199_254_740_993n, text: "'; DROP", nothing: null, flag: true }])
    }).pipe(Effect.provide(memory))
  )

  it.effect("streams rows as they are asked for", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      // All of these rows would be some terabytes.
      const rows = yield* db
        .stream("SELECT range AS n FROM range(100000000000)", Number)
        .pipe(Stream.take(5000), Stream.runCollect)
      assert.strictEqual(rows.length, 5000)
      assert.strictEqual(yield* Stream.runCount(db.stream("SELECT range AS n FROM range(10000)", Number)), 10_000)
      assert.strictEqual(yield* Stream.runCount(db.stream("SELECT range AS n FROM range(0)", Number)), 0)
    }).pipe(Effect.provide(memory))
  )

  it.effect("appends a stream, and keeps decimals exact", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const columns = [
        Column.arrival("arrival"),
        Column.text("name", (amount: string) => (amount === "0.1" ? "" : "x")),
        Column.decimal("amount", (amount: string) => BigDecimal.fromStringUnsafe(amount))
      ]
      yield* db.run(Column.createTable("amounts", columns))
      const amounts = ["0.1", "0.2", "-0.000000000000000001", "99999999999999999999.999999999999999999", "1e-19"]
      assert.strictEqual(yield* db.append("amounts", columns, Stream.fromIterable(amounts)), 5)
      const rows = yield* db.query(
        "SELECT arrival, name, amount FROM amounts ORDER BY arrival",
        Schema.Struct({
          arrival: Schema.FiniteFromString,
          name: Schema.NullOr(Schema.String),
          amount: Schema.String
        })
      )
      assert.deepStrictEqual(
        rows.map(({ amount, arrival, name }) => [arrival, name, amount]),
        [
          [0, null, "0.100000000000000000"],
          [1, "x", "0.200000000000000000"],
          [2, "x", "-0.000000000000000001"],
          [3, "x", "99999999999999999999.999999999999999999"],
          [4, "x", "0.000000000000000000"]
        ]
      )
      const sum = yield* db.query(
        "SELECT sum(amount) AS n FROM amounts WHERE arrival < 2",
        Schema.Struct({ n: Schema.String })
      )
      assert.deepStrictEqual(sum, [{ n: "0.300000000000000000" }])
    }).pipe(Effect.provide(memory))
  )

  it.effect("fails with what the database said where it refuses appended rows", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      yield* db.run("CREATE TABLE small (n DOUBLE CHECK (n < 3))")
      const columns = [Column.float<number>("n", (n) => n)]
      const error = yield* Effect.flip(db.append("small", columns, Stream.make(1, 2, 3)))
      assert.strictEqual(error.operation, "append")
      assert.match(error.message, /constraint/i)
      // One whose rows end in an error gives that error.
      const broken = Stream.concat(Stream.make(3), Stream.fail("broken"))
      assert.strictEqual(yield* Effect.flip(db.append("small", columns, broken)), "broken")
      assert.strictEqual(yield* db.append("small", columns, Stream.make(1, 2)), 2)
    }).pipe(Effect.provide(memory))
  )

  it.effect("appends many chunks", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const columns = [Column.arrival("arrival"), Column.float("n", (n: number) => n)]
      yield* db.run(Column.createTable("many", columns))
      assert.strictEqual(yield* db.append("many", columns, Stream.range(1, 10_000)), 10_000)
      const rows = yield* db.query("SELECT count(*) AS n FROM many WHERE arrival + 1 = n", Number)
      assert.deepStrictEqual(rows, [{ n: 10_000 }])
    }).pipe(Effect.provide(memory))
  )

  const Unit = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff }))
  const most = 10n ** 38n - 1n
  const Cells = Schema.Struct({
    // Of any characters, and of any halves of them, short and long.
    text: Schema.NullOr(Schema.Union([Schema.String, Schema.Array(Unit)])),
    copies: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
    flag: Schema.NullOr(Schema.Boolean),
    float: Schema.NullOr(Schema.Finite),
    instant: Schema.NullOr(
      Schema.Int.check(Schema.isBetween({ minimum: -8_640_000_000_000_000, maximum: 8_640_000_000_000_000 }))
    ),
    duration: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9_007_199_254_740_991 }))),
    decimal: Schema.NullOr(Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -most, maximum: most })))
  })
  const textOf = ({ copies, text }: typeof Cells.Type) =>
    text === null ? null : (typeof text === "string" ? text : String.fromCharCode(...text)).repeat(copies)

  it.effect.prop(
    "gives back what was appended, of any column",
    [Schema.Array(Cells), Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))],
    ([drawn, before]) =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const columns: ReadonlyArray<Column.Column<typeof Cells.Type>> = [
          Column.arrival("arrival"),
          Column.text("text", textOf),
          Column.flag("flag", ({ flag }) => flag),
          Column.float("float", ({ float }) => float),
          Column.instant("instant", ({ instant }) => (instant === null ? null : DateTime.makeUnsafe(instant))),
          Column.millis("duration", ({ duration }) => (duration === null ? null : Duration.millis(duration))),
          Column.decimal("decimal", ({ decimal }) => (decimal === null ? null : BigDecimal.make(decimal, 18)))
        ]
        yield* db.run(Column.createTable("cells", columns))
        // Those drawn come after others, in the same chunk of the database or in the next.
        const plain = { text: "a", copies: 1, flag: true, float: 1, instant: 1, duration: 1, decimal: 1n }
        const rows = [...Array.from({ length: before }, () => plain), ...drawn]
        assert.strictEqual(yield* db.append("cells", columns, Stream.fromIterable(rows)), rows.length)
        const kept = yield* db.query(
          `SELECT hex("text") AS text, "text" = decode(unhex(hex("text"))) AS same, flag, float, instant, duration,
  replace(decimal::VARCHAR, '.', '')::HUGEINT AS decimal
FROM cells WHERE arrival >= $before ORDER BY arrival`,
          Schema.Struct({
            text: Schema.NullOr(Schema.String),
            same: Schema.NullOr(Schema.Boolean),
            flag: Schema.NullOr(Schema.Boolean),
            float: Schema.NullOr(Schema.Finite),
            instant: Schema.NullOr(Schema.FiniteFromString),
            duration: Schema.NullOr(Schema.FiniteFromString),
            decimal: Schema.NullOr(Schema.BigIntFromString)
          }),
          { before }
        )
        const expected = drawn.map((cells) => {
          const text = textOf(cells) || null
          return {
            // Half of a pair of surrogates is no character.
            text: text === null ? null : Buffer.from(text.toWellFormed()).toString("hex").toUpperCase(),
            same: text === null ? null : true,
            flag: cells.flag,
            float: cells.float,
            instant: cells.instant,
            duration: cells.duration,
            decimal: cells.decimal
          }
        })
        assert.deepStrictEqual(kept, expected)
      }).pipe(Effect.provide(memory)),
    { arbitrary: { runs: Effort.sized({ quick: 30, full: 100 }) } }
  )

  it.effect("what is no text comes into a column of texts as one", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const columns = [{ name: "word", type: VARCHAR, of: (n: number) => n }]
      yield* db.run(Column.createTable("words", columns))
      yield* db.append("words", columns, Stream.make(7, 12_345_678_901_234))
      const kept = yield* db.query(
        "SELECT word FROM words ORDER BY length(word)",
        Schema.Struct({ word: Schema.String })
      )
      assert.deepStrictEqual(kept, [{ word: "7" }, { word: "12345678901234" }])
    }).pipe(Effect.provide(memory))
  )

  it.effect("decimals keep all of their 128 bits, and narrow ones their 64", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const digits = [0n, 1n, -1n, ...[63n, 64n, 65n].flatMap((bits) => [-1n, 0n, 1n].map((off) => 2n ** bits + off))]
      const all = [...digits, ...digits.map((value) => -value)]
      const narrow = DECIMAL(18, 2)
      const columns: ReadonlyArray<Column.Column<bigint>> = [
        Column.arrival("arrival"),
        Column.decimal("wide", (value) => BigDecimal.make(value, 18)),
        {
          name: "narrow",
          type: narrow,
          of: (value) => new DuckDBDecimalValue(value % 100_000n, narrow.width, narrow.scale)
        }
      ]
      yield* db.run(Column.createTable("decimals", columns))
      yield* db.append("decimals", columns, Stream.fromIterable(all))
      const of = (name: string) => `replace(${name}::VARCHAR, '.', '')::HUGEINT AS ${name}`
      const kept = yield* db.query(
        `SELECT ${of("wide")}, ${of("narrow")} FROM decimals ORDER BY arrival`,
        Schema.Struct({ wide: Schema.BigIntFromString, narrow: Schema.BigIntFromString })
      )
      assert.deepStrictEqual(
        kept,
        all.map((value) => ({ wide: value, narrow: value % 100_000n }))
      )
    }).pipe(Effect.provide(memory))
  )

  it.effect("texts stay apart, also halves that would make a character together", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const columns = [Column.arrival("arrival"), Column.text("name", (name: string) => name)]
      yield* db.run(Column.createTable("names", columns))
      const names = [
        "\ud83d",
        "\ude00",
        "a\0b",
        "\0",
        "é".repeat(6),
        "é".repeat(7),
        "a".repeat(12),
        "a".repeat(13),
        "😀"
      ]
      yield* db.append("names", columns, Stream.fromIterable(names))
      const kept = yield* db.query("SELECT name FROM names ORDER BY arrival", Schema.Struct({ name: Schema.String }))
      assert.deepStrictEqual(
        kept.map(({ name }) => name),
        ["\ufffd", "\ufffd", ...names.slice(2)]
      )
    }).pipe(Effect.provide(memory))
  )

  it.effect("a number that is no integer of 64 bits is refused", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const columns = [Column.millis("duration", (millis: number) => Duration.millis(millis))]
      yield* db.run(Column.createTable("durations", columns))
      for (const duration of [Infinity, 2 ** 63]) {
        const error = yield* Effect.flip(db.append("durations", columns, Stream.make(duration)))
        assert.strictEqual(error.operation, "append")
      }
      assert.strictEqual(yield* db.append("durations", columns, Stream.make(2 ** 62)), 1)
    }).pipe(Effect.provide(memory))
  )

  it.effect("an amount too large for the table is refused, not cut", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const columns = [Column.decimal("amount", (amount: string) => BigDecimal.fromStringUnsafe(amount))]
      yield* db.run(Column.createTable("amounts", columns))
      const error = yield* Effect.flip(db.append("amounts", columns, Stream.make("100000000000000000000")))
      assert.strictEqual(error.operation, "append")
      assert.match(error.message, /^DuckDB could not append \(amounts\): .*20 digits/)
    }).pipe(Effect.provide(memory))
  )

  describe("errors", () => {
    it.effect("say what failed, with the first line of the statement and the database's word", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const error = yield* Effect.flip(db.run("SELECT *\nFROM nowhere"))
        assert.instanceOf(error, DuckDbError.DuckDbError)
        assert.strictEqual(
          error.message,
          "DuckDB could not run (SELECT *): Catalog Error: Table with name nowhere does not exist!"
        )
        assert.strictEqual((yield* Effect.flip(Stream.runDrain(db.stream("SELEC", Number)))).operation, "stream")
        assert.strictEqual((yield* Effect.flip(db.append("nowhere", [], Stream.empty))).operation, "append")
        assert.strictEqual((yield* Effect.flip(db.query("SELECT 'x' AS n", Number))).operation, "decode")
      }).pipe(Effect.provide(memory))
    )

    it.effect("a fault in the midst of a stream is its error", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const rows = db.stream(
          "SELECT CASE WHEN range < 9000 THEN range ELSE error('broken row') END AS n FROM range(10000)",
          Number
        )
        assert.match((yield* Effect.flip(Stream.runDrain(rows))).message, /broken row/)
      }).pipe(Effect.provide(memory))
    )

    it.effect("a fault that comes late is no end of the rows, of a query neither", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        // The client has the first 80,000 or so before it gives any.
        const sql =
          "SELECT CASE WHEN range < $fault THEN range ELSE error('broken row') END AS n FROM range($rows::BIGINT)"
        const faulty = { fault: 300_000, rows: 400_000 }
        for (const read of [Stream.runDrain(db.stream(sql, Number, faulty)), db.query(sql, Number, faulty)]) {
          assert.match((yield* Effect.flip(read)).message, /broken row/)
        }
        const whole = { ...faulty, fault: 400_000 }
        assert.strictEqual(yield* Stream.runCount(db.stream(sql, Number, whole)), 400_000)
      }).pipe(Effect.provide(memory))
    )

    it.effect("a fault that does not come again is one all the same", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        yield* db.run("CREATE SEQUENCE counter")
        const once =
          "SELECT CASE WHEN nextval('counter') <> 300000 THEN range ELSE error('once') END AS n FROM range(400000)"
        const error = yield* Effect.flip(Stream.runDrain(db.stream(once, Number)))
        assert.match(error.message, /it stopped in the midst of the rows, and does not say why$/)
      }).pipe(Effect.provide(memory))
    )

    it.effect("name the file that cannot be opened", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          Effect.provide(Effect.void, DuckDb.DuckDb.layer({ path: "/nonexistent/ledger.db" }))
        )
        assert.strictEqual(error.operation, "open")
        assert.match(error.message, /^DuckDB could not open \(\/nonexistent\/ledger\.db\): /)
      })
    )

    it.effect("say what to do about memory", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const error = yield* Effect.flip(db.run("CREATE TABLE big AS SELECT list(range) FROM range(10000000)"))
        assert.match(error.message, /Raise memoryLimit, use fewer threads, .*set tempDirectory/)
      }).pipe(Effect.provide(DuckDb.DuckDb.layer({ memoryLimit: "20MB", threads: 1 })))
    )
  })

  it.effect("brings no extension from the network, nor from another user's folder", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const db = yield* DuckDb.DuckDb
      const settings = yield* db.query(
        `SELECT name, value FROM duckdb_settings() WHERE regexp_matches(name, '^auto(install|load)_known_ext|^allow_.*_extensions$') ORDER BY name`,
        Schema.Struct({ name: Schema.String, value: Schema.String })
      )
      assert.deepStrictEqual(
        settings.map(({ name, value }) => [name, value]),
        [
          ["allow_community_extensions", "false"],
          ["allow_unsigned_extensions", "false"],
          ["autoinstall_known_extensions", "false"],
          ["autoload_known_extensions", "false"]
        ]
      )
      // Anybody could have left something there that is loaded where a statement needs it.
      yield* db.run(`SET extension_directory = '${folder}'`)
      const error = yield* Effect.flip(db.run("FROM read_csv('http://127.0.0.1:1/calls.csv')"))
      assert.include(error.message, "requires the extension httpfs to be loaded")
    }).pipe(Effect.scoped, Effect.provide([memory, NodeServices.layer]))
  )

  it.effect("spills what its memory does not hold, and no more than it may", () =>
    Effect.gen(function* () {
      const tempDirectory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const large = (tempLimit: string) =>
        Effect.flatMap(DuckDb.DuckDb, (db) =>
          Effect.andThen(
            db.run("CREATE TABLE large AS SELECT hash(range) AS a, hash(range + 1) AS b FROM range(10000000)"),
            db.query("SELECT count(*) AS n FROM large", Number)
          )
        ).pipe(Effect.provide(DuckDb.DuckDb.layer({ memoryLimit: "50MB", threads: 1, tempDirectory, tempLimit })))
      assert.deepStrictEqual(yield* large("1GB"), [{ n: 10_000_000 }])
      assert.match((yield* Effect.flip(large("10MB"))).message, /Raise tempLimit, and set tempDirectory/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  describe("lifetime", () => {
    it.live("an interrupted statement stops, and the database goes on", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        for (const work of [db.run(endless), Stream.runDrain(db.stream(endless, Number))]) {
          const fiber = yield* Effect.forkChild(work, { startImmediately: true })
          yield* Child.turns(20)
          const exit = yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
          assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
        }
        assert.deepStrictEqual(yield* db.query("SELECT 1::BIGINT AS n", Number), [{ n: 1 }])
      }).pipe(Effect.provide(memory))
    )

    it.live("an interrupted append stops asking for rows", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const columns = [Column.float("n", (n: number) => n)]
        yield* db.run(Column.createTable("numbers", columns))
        const asked = yield* Deferred.make<void>()
        const rows = Stream.make(1).pipe(
          Stream.concat(Stream.fromEffect(Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)))
        )
        const fiber = yield* Effect.forkChild(db.append("numbers", columns, rows))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(fiber)
        yield* db.run("DROP TABLE numbers")
      }).pipe(Effect.provide(memory))
    )

    it.live("a file is released with the scope, and holds what was written", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const file = path.join(yield* fs.makeTempDirectoryScoped(), "ledger.db")
        const open = DuckDb.DuckDb.layer({ path: file, threads: 1 })
        yield* Effect.gen(function* () {
          const db = yield* DuckDb.DuckDb
          yield* db.run("CREATE TABLE kept AS SELECT 7::BIGINT AS n; CREATE SCHEMA scratch_1")
        }).pipe(Effect.provide(open))
        yield* Effect.gen(function* () {
          const db = yield* DuckDb.DuckDb
          assert.deepStrictEqual(yield* db.query("FROM kept", Number), [{ n: 7 }])
          // A schema that a killed process has left is not taken for one's own.
          const schema = yield* Effect.scoped(
            Effect.tap(db.scratch, (name) => db.run(`CREATE TABLE ${name}.mine (n BIGINT)`))
          )
          assert.match((yield* Effect.flip(db.run(`FROM ${schema}.mine`))).message, /does not exist/)
        }).pipe(Effect.provide(open))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
    )
  })
})
