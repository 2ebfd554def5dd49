import { NodeServices } from "@effect/platform-node"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, Child, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, FileSystem, Schema, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Tables from "../src/internal/ledgerSchema.ts"
import {
  Column,
  DuckDb,
  type DuckDbError,
  type Finding,
  FindingKey,
  Ledger,
  LedgerError,
  Relations
} from "../src/index.ts"
import { finding, run } from "./ledgerCases.ts"
import { at } from "./utils.ts"

const withFile = <A, E>(use: (file: string) => Effect.Effect<A, E, NodeServices.NodeServices | Scope.Scope>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* use(`${yield* fs.makeTempDirectoryScoped()}/test.ledger`)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const inLedger = <A, E>(use: (ledger: Ledger.Ledger["Service"]) => Effect.Effect<A, E, NodeServices.NodeServices>) =>
  withFile((file) => Effect.flatMap(Ledger.Ledger, use).pipe(Effect.provide(Ledger.Ledger.layer({ file }))))

const standing = (ledger: Ledger.Ledger["Service"], asOf?: DateTime.Utc) =>
  ledger.findings({ asOf }).pipe(
    Stream.map(
      ({ by, finding, status }) =>
        `${finding?.code} ${finding?.cdrs[0]?.uuid} ${status}${by === null ? "" : ` by ${by}`}`
    ),
    Stream.runCollect
  )

const start = TestClock.setTime(at(100_000).epochMilliseconds)

describe("Ledger", () => {
  it.effect("opens what a run finds, once, and clears what a later one no longer has, with how late it came", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* start
        const first = yield* ledger.record(run([finding("missing", "a"), finding("missing", "b")]))
        assert.deepStrictEqual(first.opened, ["missing cdr a", "missing cdr b"])
        const second = yield* ledger.record(run([finding("missing", "a"), finding("matched", "b")], { asOf: 93_600 }))
        assert.deepStrictEqual(
          { ...second, opened: [...second.opened] },
          {
            run: 2,
            before: "breached",
            opened: [],
            raised: [],
            critical: 0,
            cleared: 1,
            expired: 0,
            withdrawn: 0,
            open: 1
          }
        )
        assert.deepStrictEqual(yield* standing(ledger), ["missing a open", "missing b cleared by matched"])
        const [, b] = yield* Stream.runCollect(ledger.findings())
        // Its call ended at 36,060 s; the runs were at 90,000 and 93,600 s.
        assert.strictEqual(Duration.toSeconds(b?.late?.atLeast ?? 0), 53_940)
        assert.strictEqual(Duration.toSeconds(b?.late?.atMost ?? 0), 57_540)
        assert.isNotNull(b?.closed)
      })
    )
  )

  it.effect("opens again what was cleared and is found again", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* start
        yield* ledger.record(run([finding("missing", "a")]))
        yield* ledger.record(run([finding("matched", "a")]))
        const { opened } = yield* ledger.record(run([finding("missing", "a")]))
        assert.deepStrictEqual(opened, ["missing cdr a"])
        assert.deepStrictEqual(yield* standing(ledger), ["missing a cleared by matched", "missing a open"])
      })
    )
  )

  it.effect(
    "withdraws what is in no list any more only where both are proved complete, and leaves other windows and accounts",
    () =>
      inLedger(
        Effect.fnUntraced(function* (ledger) {
          yield* start
          yield* ledger.record(run([finding("missing", "a"), finding("missing", "before", -5)]))
          yield* ledger.record(run([finding("missing", "other")], { account: "MA_OTHER" }))
          assert.strictEqual((yield* ledger.record(run([], { proved: false }))).withdrawn, 0)
          const { proofs } = run([])
          for (const unproved of [
            { ...proofs, cdrs: null },
            { ...proofs, recordings: null }
          ]) {
            assert.strictEqual((yield* ledger.record({ ...run([]), proofs: unproved })).withdrawn, 0)
          }
          const { withdrawn } = yield* ledger.record(run([]))
          assert.strictEqual(withdrawn, 1)
          assert.sameMembers(
            [...(yield* standing(ledger))],
            ["missing before open", "missing a withdrawn", "missing other open"]
          )
        })
      )
  )

  it.effect("has its runs one after the other, wherever the clock is set meanwhile", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        for (const seconds of [100_000, 200_000, 50_000, 200_000]) {
          yield* TestClock.setTime(at(seconds).epochMilliseconds)
          yield* ledger.record(run([]))
        }
        const runs = yield* Stream.runCollect(ledger.runs)
        const second = at(200_000).epochMilliseconds
        assert.deepStrictEqual(
          runs.map(({ recorded }) => recorded.epochMilliseconds),
          [at(100_000).epochMilliseconds, second, second + 1, second + 2]
        )
      })
    )
  )

  it.effect("expires what the provider keeps no recordings of any more", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* start
        yield* ledger.record(run([finding("missing", "a"), finding("missing", "b", 40_000)]))
        const { cleared, expired } = yield* ledger.record(
          run([finding("expired", "a"), finding("missing", "b", 40_000)])
        )
        assert.deepStrictEqual({ cleared, expired }, { cleared: 0, expired: 1 })
        assert.deepStrictEqual(yield* standing(ledger), ["missing a expired by expired", "missing b open"])
        assert.deepStrictEqual(yield* standing(ledger, DateTime.add(at(100_000), { days: 31 })), [
          "missing a expired by expired",
          "missing b expired"
        ])
      })
    )
  )

  it.effect("keeps who acknowledged what, and refuses a finding that is not open", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* start
        yield* ledger.record(run([finding("missing", "a")]))
        const note = { account: "MA_TEST", key: "missing cdr a", who: "Asha", words: "asked the provider" }
        yield* ledger.note({ ...note, kind: "acknowledged" })
        assert.deepStrictEqual(yield* standing(ledger), ["missing a acknowledged"])
        yield* ledger.note({ ...note, kind: "reopened", words: "no answer" })
        const [entry] = yield* Stream.runCollect(ledger.findings({ asOf: at(200_000) }))
        assert.strictEqual(entry?.status, "open")
        assert.deepStrictEqual(
          entry?.notes.map(({ kind, words }) => [kind, words]),
          [
            ["acknowledged", "asked the provider"],
            ["reopened", "no answer"]
          ]
        )
        const error = yield* Effect.flip(ledger.note({ ...note, key: "missing cdr b", kind: "acknowledged" }))
        assert.instanceOf(error, LedgerError.LedgerError)
        assert.include(error.message, "missing cdr b")
      })
    )
  )

  it.effect("keeps a finding that reads the same from run to run once", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const same = Array.from({ length: 50 }, (_, n) => finding("missing", `c${n}`))
        yield* Effect.gen(function* () {
          const ledger = yield* Ledger.Ledger
          for (let n = 0; n < Effort.sized({ quick: 2, full: 5 }); n++) yield* ledger.record(run(same))
        }).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
        const [row] = yield* Effect.flatMap(DuckDb.DuckDb, (db) =>
          db.query("SELECT count(*) AS n FROM version", Schema.Struct({ n: Schema.FiniteFromString }))
        ).pipe(Effect.provide(DuckDb.DuckDb.layer({ path: file })))
        assert.strictEqual(row?.n, 50)
        const { mode } = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(file))
        assert.strictEqual(mode & 0o777, 0o600)
      })
    )
  )

  it.effect("takes findings of one key in a run as one, which reads the same in whatever order they come", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* start
        const [early, late] = [finding("missing", "a", 10), finding("missing", "a", 11)]
        const other = finding("missing", "b")
        assert.deepStrictEqual((yield* ledger.record(run([late, other, early]))).opened, [
          "missing cdr a",
          "missing cdr b"
        ])
        const before = yield* Stream.runCollect(ledger.findings())
        assert.deepStrictEqual(
          before.map(({ finding }) => finding && FindingKey.of(finding)),
          ["missing cdr a", "missing cdr b"]
        )
        const first = before.find(({ key }) => key === "missing cdr a")?.finding
        assert.strictEqual(first?.at.epochMilliseconds, early.at.epochMilliseconds)
        yield* ledger.record(run([early, late, other]))
        assert.deepStrictEqual(yield* Stream.runCollect(ledger.findings()), before)
        // One of them has become something else: the key that both had is cleared.
        const { cleared, open } = yield* ledger.record(run([finding("matched", "a"), other]))
        assert.deepStrictEqual([cleared, open], [1, 1])
      })
    )
  )

  it.effect("says what took the place of a finding, whatever other findings there are of others", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* start
        yield* ledger.record(run([finding("missing", "a"), finding("missing", "b")]))
        yield* ledger.record(run([finding("partly-recorded", "b"), finding("unusable", "a"), finding("missing", "c")]))
        assert.sameMembers(
          [...(yield* standing(ledger))],
          [
            "missing a cleared by unusable",
            "missing b cleared by partly-recorded",
            "unusable a open",
            "partly-recorded b open",
            "missing c open"
          ]
        )
      })
    )
  )

  it.effect("counts closed findings, and lists open ones, without a closed one's text", () =>
    withFile((file) =>
      Effect.gen(function* () {
        yield* start
        const cleared = Effort.sized({ quick: 5000, full: 200_000 })
        const one = { account: "MA_TEST", key: "missing cdr c1", kind: "acknowledged", who: "x", words: "y" } as const
        yield* Effect.gen(function* () {
          const ledger = yield* Ledger.Ledger
          yield* ledger.record(run([finding("missing", "c1"), finding("missing", "c2")]))
          yield* ledger.note(one)
        }).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
        // Whoever reads one of these fails: it has no text.
        yield* Effect.flatMap(DuckDb.DuckDb, (db) =>
          db.run(`INSERT INTO episode SELECT 'MA_TEST', 'k' || i, 1, 1, 'cleared', 'matched', NULL, NULL FROM range(${cleared}) r(i);
INSERT INTO version SELECT 'MA_TEST', 'k' || i, 's' || i, 'missing', 'critical', 0, 0, NULL, NULL, 1, 1, 3 FROM range(${cleared}) r(i)`)
        ).pipe(Effect.provide(DuckDb.DuckDb.layer({ path: file })))
        yield* Effect.gen(function* () {
          const ledger = yield* Ledger.Ledger
          assert.deepStrictEqual(
            [...(yield* ledger.counts())],
            [
              ["open", 1],
              ["acknowledged", 1],
              ["cleared", cleared]
            ]
          )
          const open = yield* Stream.runCollect(ledger.findings({ statuses: ["open", "acknowledged"] }))
          assert.deepStrictEqual(open.map(({ key, status }) => `${key} ${status}`).toSorted(), [
            "missing cdr c1 acknowledged",
            "missing cdr c2 open"
          ])
          const closed = yield* Effect.exit(Stream.runDrain(ledger.findings({ statuses: ["cleared"] })))
          assert.strictEqual(closed._tag, "Failure")
        }).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
      })
    )
  )

  it.effect.prop(
    "gives what was known at any instant to the byte, whatever is learnt since",
    [
      Schema.Array(
        Schema.Struct({
          calls: Schema.Array(
            Schema.Struct({
              call: Schema.Literals(["a", "b", "c", "d", "e"]),
              code: Schema.Literals(["missing", "missing", "matched", "duplicate-cdr", "expired"])
            })
          ).check(Schema.isMaxLength(6)),
          proved: Schema.Boolean,
          note: Schema.NullOr(Schema.Literals(["a", "b", "c"]))
        })
      ).check(Schema.isMaxLength(7))
    ],
    ([steps]) =>
      inLedger(
        Effect.fnUntraced(function* (ledger) {
          yield* start
          const snapshot = (asOf: DateTime.Utc) =>
            ledger.findings({ asOf }).pipe(
              Stream.map((entry) => JSON.stringify(encode(entry))),
              Stream.runCollect,
              Effect.map((lines) => lines.join("\n"))
            )
          const taken: Array<readonly [DateTime.Utc, string]> = []
          for (const { calls, note, proved } of steps) {
            yield* TestClock.adjust("1 hour")
            const found: ReadonlyArray<Finding.Finding> = calls.map(({ call, code }) => finding(code, call))
            yield* ledger.record(run(found, { proved }))
            yield* TestClock.adjust("1 minute")
            if (note !== null) {
              const told = {
                account: "MA_TEST",
                key: `missing cdr ${note}`,
                who: "x",
                words: "y",
                kind: "acknowledged"
              } as const
              yield* Effect.ignore(ledger.note(told))
            }
            yield* TestClock.adjust("1 minute")
            const now = yield* DateTime.now
            taken.push([now, yield* snapshot(now)])
          }
          for (const [then, known] of taken) assert.strictEqual(yield* snapshot(then), known)
          // Those that are asked for are just those of all that stand so, and as many as are counted.
          // For little effort, that is asked at every third instant.
          for (const [asOf] of taken.filter((_, nth) => Effort.isFull || nth % 3 === 0)) {
            const all = yield* Stream.runCollect(ledger.findings({ asOf }))
            const counts = yield* ledger.counts({ asOf })
            for (const statuses of [
              ["open", "acknowledged"],
              ["expired"],
              ["cleared", "open"],
              ["withdrawn"],
              []
            ] as ReadonlyArray<ReadonlyArray<Ledger.Status>>) {
              const some = yield* Stream.runCollect(ledger.findings({ asOf, statuses, account: "MA_TEST" }))
              const standing = all.filter(({ status }) => statuses.includes(status))
              assert.deepStrictEqual(
                some.map((entry) => encode(entry)),
                standing.map((entry) => encode(entry))
              )
              assert.strictEqual(
                statuses.reduce((sum, status) => sum + (counts.get(status) ?? 0), 0),
                standing.length
              )
            }
            assert.deepStrictEqual(yield* Stream.runCollect(ledger.findings({ asOf, account: "MA_OTHER" })), [])
            assert.strictEqual((yield* ledger.counts({ asOf, account: "MA_OTHER" })).size, 0)
          }
          // Open are just the findings that some run had and no later one ended.
          const open = new Set<string>()
          for (const { calls, proved } of steps) {
            const seen = new Map<string, ReadonlyArray<string>>()
            for (const { call, code } of calls) seen.set(call, [...(seen.get(call) ?? []), code])
            for (const key of open) {
              const [code = "", , call = ""] = key.split(" ")
              const codes = seen.get(call)
              if (codes === undefined ? proved : !codes.includes(code)) open.delete(key)
            }
            for (const [call, codes] of seen) {
              for (const code of codes)
                if (code === "missing" || code === "duplicate-cdr") open.add(`${code} cdr ${call}`)
            }
          }
          const shown = yield* ledger.findings().pipe(
            Stream.filter(({ status }) => status === "open" || status === "acknowledged"),
            Stream.map(({ finding, key }) => {
              if (finding !== null) assert.strictEqual(FindingKey.of(finding), key)
              return key
            }),
            Stream.runCollect
          )
          assert.sameMembers([...shown], [...open])
        })
      ),
    { arbitrary: { runs: Effort.sized({ quick: 2, full: 25 }) } }
  )

  describe("a file", () => {
    const refused = (file: string) =>
      Effect.flip(Effect.scoped(Effect.provide(Ledger.Ledger, Ledger.Ledger.layer({ file }))))

    const prepared = (file: string, sql: string) =>
      Effect.promise(() =>
        DuckDBInstance.create(file).then((instance) =>
          instance.connect().then((connection) =>
            connection.run(sql).then(() => {
              connection.closeSync()
              instance.closeSync()
            })
          )
        )
      )

    it.effect("takes no more memory than it may", () =>
      withFile((file) =>
        Effect.gen(function* () {
          const error = yield* Effect.provide(Ledger.Ledger, Ledger.Ledger.layer({ file, memoryLimit: "1KB" })).pipe(
            Effect.scoped,
            Effect.flip
          )
          assert.strictEqual(error._tag === "DuckDbError" && error.exhausted, "memory")
        })
      )
    )

    it.effect("of something else, of a newer version, or that is damaged is refused and left as it is", () =>
      withFile((file) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          yield* fs.writeFileString(`${file}.txt`, "no database")
          assert.include((yield* refused(`${file}.txt`)).message, "is no ledger")
          assert.strictEqual(yield* fs.readFileString(`${file}.txt`), "no database")
          yield* prepared(`${file}.other`, "CREATE TABLE mine (a INTEGER)")
          assert.include((yield* refused(`${file}.other`)).message, "something else (table mine)")
          yield* prepared(`${file}.newer`, "CREATE TABLE ledger (version INTEGER); INSERT INTO ledger VALUES (99)")
          assert.include((yield* refused(`${file}.newer`)).message, "version 99")
          assert.include((yield* refused("/nowhere/at/all")).message, "/nowhere/at/all")
        })
      )
    )

    for (const version of Tables.migrations.keys()) {
      it.effect(`of version ${version + 1} is brought forward, and keeps what it has`, () =>
        withFile((file) =>
          Effect.gen(function* () {
            yield* prepared(
              file,
              `CREATE TABLE ledger (version INTEGER); ${Tables.migrations.slice(0, version + 1).join("; ")}; INSERT INTO ledger VALUES (${version + 1});
INSERT INTO run BY NAME SELECT 1 AS id, 1 AS recorded_ms, 'MA_TEST' AS account, 0 AS from_ms, 1 AS to_ms, 1 AS as_of_ms,
  '{}' AS policy, '{}' AS settings, '{}' AS summary`
            )
            const runs = yield* Effect.gen(function* () {
              const ledger = yield* Ledger.Ledger
              yield* start
              yield* ledger.record(run([finding("missing", "a")]))
              yield* ledger.note({
                account: "MA_TEST",
                key: "missing cdr a",
                kind: "acknowledged",
                who: "x",
                words: ""
              })
              return yield* Stream.runCollect(ledger.runs)
            }).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
            assert.deepStrictEqual(
              runs.map(({ id }) => id),
              [1, 2]
            )
          })
        )
      )
    }
  })

  // ---------------------------------------------------------------------------
  // What was seen
  // ---------------------------------------------------------------------------

  describe("recordings that runs saw", () => {
    /** The list of a run: so many recordings, by number, each of a minute. */
    const seeing = (
      db: DuckDb.DuckDb["Service"],
      rows: string,
      trunks = "SELECT NULL::BOOLEAN AS recording, NULL::BIGINT AS updated_ms LIMIT 0"
    ): Relations.Seen<DuckDbError.DuckDbError> => ({
      recordings: (path) =>
        db.run(`COPY (
  SELECT concat('r', n) AS recording_id, concat('c', n) AS call_uuid, 'call' AS recording_type, ${at(36_000).epochMilliseconds} + n AS began_ms,
    began_ms + 60000 AS ended_ms, ended_ms AS add_ms, length_ms
  FROM (${rows})) TO '${path}' (FORMAT parquet)`),
      trunks: (path) =>
        db.run(`COPY (SELECT 't' AS trunk_id, 'T' AS name, * FROM (${trunks})) TO '${path}' (FORMAT parquet)`)
    })

    const remembered = Effect.fnUntraced(function* (ledger: Ledger.Ledger["Service"], account = "MA_TEST") {
      const db = yield* DuckDb.DuckDb
      const table = `${yield* db.scratch}.remembered`
      yield* db.run(Column.createTable(table, Relations.remembered))
      const { rows } = yield* ledger.remembered(account).fill(table)
      const all = yield* db.query(
        `SELECT recording_id AS id, length_ms AS length, first_seen_ms AS first, last_seen_ms AS last FROM ${table} ORDER BY began_ms LIMIT 5`,
        Schema.Struct({
          id: Schema.String,
          length: Schema.NullOr(Schema.FiniteFromString),
          first: Schema.FiniteFromString,
          last: Schema.FiniteFromString
        })
      )
      const seconds = (millis: number) => (millis - at(0).epochMilliseconds) / 1000
      return {
        rows,
        all: all.map(({ first, id, last, length }) => [id, length, seconds(first), seconds(last)] as const)
      }
    }, Effect.scoped)

    const saw = (ledger: Ledger.Ledger["Service"], asOf: number, rows: string, account = "MA_TEST") =>
      Effect.flatMap(DuckDb.DuckDb, (db) => ledger.record({ ...run([], { asOf, account }), seen: seeing(db, rows) }))

    it.effect("are remembered with their longest length, and the first and last list that had them, in any order", () =>
      inLedger(
        Effect.fnUntraced(function* (ledger) {
          yield* start
          yield* saw(ledger, 90_000, "SELECT * FROM (VALUES (1, 60000), (2, NULL)) row(n, length_ms)")
          yield* saw(ledger, 95_000, "SELECT * FROM (VALUES (1, 20000), (3, 60000)) row(n, length_ms)")
          yield* saw(ledger, 80_000, "SELECT * FROM (VALUES (1, 61000)) row(n, length_ms)")
          yield* saw(ledger, 85_000, "SELECT * FROM (VALUES (1, 1)) row(n, length_ms)", "MA_OTHER")
          const { all, rows } = yield* remembered(ledger)
          assert.strictEqual(rows, 3)
          assert.deepStrictEqual(all, [
            ["r1", 61_000, 80_000, 95_000],
            ["r2", null, 90_000, 90_000],
            ["r3", 60_000, 95_000, 95_000]
          ])
          assert.strictEqual((yield* remembered(ledger, "MA_OTHER")).rows, 1)
          assert.strictEqual((yield* remembered(ledger, "MA_NOBODY")).rows, 0)
          // A run that does not say what it saw changes nothing.
          yield* ledger.record(run([]))
          assert.deepStrictEqual((yield* remembered(ledger)).all, all)
        }, Effect.provide(DuckDb.DuckDb.layer()))
      )
    )

    it.effect("and trunks are remembered as they stood, from the first to the last list that had them so", () =>
      inLedger(
        Effect.fnUntraced(
          function* (ledger) {
            yield* start
            const db = yield* DuckDb.DuckDb
            const nothing = "SELECT 1 AS n, 1 AS length_ms LIMIT 0"
            const lists = [
              [90_000, "true, NULL"],
              [91_000, "true, NULL"],
              [93_000, "false, 5"],
              // An older list, read later.
              [92_000, "true, NULL"],
              [94_000, "true, NULL"],
              [95_000, "true, NULL"],
              [94_500, "true, NULL"],
              [96_000, "NULL, NULL"]
            ] as const
            for (const [asOf, columns] of lists) {
              const trunks = `SELECT * FROM (VALUES (${columns})) row(recording, updated_ms)`
              yield* ledger.record({ ...run([], { asOf }), seen: seeing(db, nothing, trunks) })
            }
            const table = `${yield* db.scratch}.trunk_seen`
            yield* db.run(Column.createTable(table, Relations.trunkSeen))
            assert.strictEqual((yield* ledger.trunkHistory("MA_TEST").fill(table)).rows, 4)
            const rows = yield* db.query(
              `SELECT recording, updated_ms AS updated, first_seen_ms AS first, last_seen_ms AS last FROM ${table} ORDER BY first`,
              Schema.Struct({
                recording: Schema.NullOr(Schema.Boolean),
                updated: Schema.NullOr(Schema.FiniteFromString),
                first: Schema.FiniteFromString,
                last: Schema.FiniteFromString
              })
            )
            const seconds = (millis: number) => (millis - at(0).epochMilliseconds) / 1000
            assert.deepStrictEqual(
              rows.map(({ first, last, recording, updated }) => [recording, updated, seconds(first), seconds(last)]),
              [
                [true, null, 90_000, 92_000],
                [false, 5, 93_000, 93_000],
                [true, null, 94_000, 95_000],
                [null, null, 96_000, 96_000]
              ]
            )
          },
          Effect.scoped,
          Effect.provide(DuckDb.DuckDb.layer())
        )
      )
    )

    it.effect("are forgotten when the provider does not keep them any more", () =>
      inLedger(
        Effect.fnUntraced(function* (ledger) {
          const month = 30 * 86_400
          yield* TestClock.setTime(at(10 * month).epochMilliseconds)
          yield* saw(ledger, 90_000, "SELECT 1 AS n, 60000 AS length_ms")
          yield* saw(ledger, 36_060 + month, "SELECT 2 AS n, 60000 AS length_ms")
          assert.strictEqual((yield* remembered(ledger)).rows, 2)
          yield* saw(ledger, 36_060.001 + month, "SELECT 3 AS n, 60000 AS length_ms")
          assert.deepStrictEqual(
            (yield* remembered(ledger)).all.map(([id]) => id),
            ["r2", "r3"]
          )
        }, Effect.provide(DuckDb.DuckDb.layer()))
      )
    )

    it.effect("are many, and pass through no program", () =>
      inLedger(
        Effect.fnUntraced(function* (ledger) {
          yield* start
          const many = Effort.sized({ quick: 20_000, full: 1_000_000 })
          const rows = (first: number) => `SELECT range AS n, 60000 AS length_ms FROM range(${first}, ${first + many})`
          yield* saw(ledger, 90_000, rows(0))
          yield* saw(ledger, 95_000, rows(many / 2))
          const { all, rows: count } = yield* remembered(ledger)
          assert.strictEqual(count, (many * 3) / 2)
          assert.deepStrictEqual(all[0], ["r0", 60_000, 90_000, 90_000])
        }, Effect.provide(DuckDb.DuckDb.layer()))
      )
    )
  })

  // ---------------------------------------------------------------------------
  // Other processes
  // ---------------------------------------------------------------------------

  const program = new URL("programs/ledger.ts", import.meta.url)

  it.live("is whole after the process is killed at any moment", () =>
    withFile((file) =>
      Effect.gen(function* () {
        let told = 0
        const below = Seed.integers()
        const kills = Effort.sized({ quick: 1, full: 20 })
        for (let n = 0; n < kills; n++) {
          // After some runs that it told of, and some way into the next.
          const runs = 1 + below(5)
          const output = yield* Effect.gen(function* () {
            const child = yield* Child.start(program, [file])
            const toldOf = Effect.sync(() => child.out().split("\n").length > runs + 1)
            yield* Child.killWhen(child, `${runs} runs are reported`, toldOf, below(2000))
            return child.out()
          }).pipe(Effect.scoped)
          told = Math.max(told, ...output.split("\n").map((line) => Number(line.split(" ")[1] ?? 0) || 0))
          const seen = yield* Effect.gen(function* () {
            const ledger = yield* Ledger.Ledger
            const runs = yield* Stream.runCollect(ledger.runs)
            const entries = yield* Stream.runCollect(ledger.findings({ asOf: DateTime.makeUnsafe("2026-08-02") }))
            return { runs: runs.length, last: runs.at(-1)?.id ?? 0, entries }
          }).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
          // Every run that was reported is there, and at most the one under way besides; each is whole.
          assert.strictEqual(seen.runs, seen.last)
          assert.isAtLeast(seen.last, told)
          assert.isAtMost(seen.last, told + 1)
          told = seen.last
          const open = new Set(seen.entries.filter(({ closed }) => closed === null).map(({ key }) => key))
          assert.strictEqual(open.size, seen.entries.filter(({ closed }) => closed === null).length)
          // Runs have 40 findings or none.
          assert.include([0, 40], open.size)
        }
        assert.isAtLeast(told, kills)
      })
    )
  )

  it.live("is held by one process at a time, and says who must be waited for", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const child = yield* Child.start(program, [file, "hold"])
        yield* child.reaches(
          "it has the ledger open",
          Effect.sync(() => child.out() !== "")
        )
        const error = yield* Effect.flip(Effect.provide(Ledger.Ledger, Ledger.Ledger.layer({ file })))
        assert.include(error.message, "another run has it open")
        assert.include(error.message, String(child.process.pid))
      })
    )
  )
})

const encode = Schema.encodeSync(Schema.toCodecJson(Ledger.Entry))
