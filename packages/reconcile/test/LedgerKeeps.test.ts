import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, FileSystem, Stream } from "effect"
import { TestClock } from "effect/testing"

import * as Tables from "../src/internal/ledgerSchema.ts"
import { DuckDb, FindingKey, Ledger, Policy } from "../src/index.ts"
import { finding, run } from "./ledgerCases.ts"
import { at, window } from "./utils.ts"

const inLedger = <A, E>(use: (ledger: Ledger.Ledger["Service"]) => Effect.Effect<A, E, NodeServices.NodeServices>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(at(100_000).epochMilliseconds)
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/test.ledger`
    return yield* Effect.flatMap(Ledger.Ledger, use).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const uuidsOf = (entries: ReadonlyArray<Ledger.Entry>) =>
  entries.map(({ finding, status }) => `${finding?.cdrs[0]?.uuid} ${status}`)

describe("what a ledger keeps", () => {
  it.effect("of a run: all that it was told, and when", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        const policy = Policy.short({ voiceApi: "must" })
        const settings = { settle: "1 hour" }
        const one = { ...run([finding("missing", "a")], { proved: false, verdict: "unknown" }), policy, settings }
        yield* ledger.record(one)
        // Another of the same instant comes a millisecond later.
        yield* ledger.record(run([], { account: "MA_OTHER", asOf: 95_000, verdict: "assured" }))
        const [first, second, ...more] = yield* Stream.runCollect(ledger.runs)
        assert.deepStrictEqual(more, [])
        assert.isDefined(first)
        const { proofs, recorded, window: judged, ...told } = first
        assert.deepStrictEqual(
          { ...told, asOf: told.asOf.epochMilliseconds },
          {
            id: 1,
            account: "MA_TEST",
            asOf: at(90_000).epochMilliseconds,
            verdict: "unknown",
            policy: JSON.stringify(Policy.encode(policy)),
            settings: JSON.stringify(settings),
            summary: '{"missing":1}'
          }
        )
        assert.deepStrictEqual(
          [judged.from, judged.to, recorded].map(({ epochMilliseconds }) => epochMilliseconds),
          [window.from, window.to, at(100_000)].map(({ epochMilliseconds }) => epochMilliseconds)
        )
        assert.deepStrictEqual(
          [proofs.cdrs, proofs.recordings].map(
            (proof) => (JSON.parse(proof ?? "") as { readonly verdict: string }).verdict
          ),
          ["in-doubt", "in-doubt"]
        )
        assert.deepStrictEqual(
          [second?.id, second?.account, second?.verdict, second?.recorded.epochMilliseconds],
          [2, "MA_OTHER", "assured", at(100_000).epochMilliseconds + 1]
        )
      })
    )
  )

  it.effect("of runs that come at once: each whole, and its number", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        const runs = ["a", "b", "c"].map((uuid) => ledger.record(run([finding("missing", uuid)], { account: uuid })))
        const recorded = yield* Effect.all(runs, { concurrency: "unbounded" })
        assert.deepStrictEqual(recorded.map(({ run }) => run).toSorted(), [1, 2, 3])
        assert.deepStrictEqual([...(yield* ledger.counts())], [["open", 3]])
      })
    )
  )

  it.effect("of findings: those of the window that it judged, by their deadline", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        const all = [
          finding("missing", "later", 50_000),
          finding("missing", "first", 0),
          finding("missing", "last", 86_399),
          finding("missing", "before", -1),
          finding("missing", "after", 86_400),
          finding("orphan", "no deadline", 40_000)
        ]
        const { open, opened } = yield* ledger.record(run(all))
        assert.strictEqual(open, 6)
        assert.deepStrictEqual(opened, all.map((one) => FindingKey.of(one)).toSorted())
        assert.deepStrictEqual(uuidsOf(yield* Stream.runCollect(ledger.findings())), [
          "before open",
          "first open",
          "later open",
          "last open",
          "after open",
          "no deadline open"
        ])
        // A run withdraws what lies in its own window, the first instant included and the last one not.
        const { withdrawn } = yield* ledger.record(run([]))
        assert.strictEqual(withdrawn, 4)
        assert.deepStrictEqual(uuidsOf(yield* Stream.runCollect(ledger.findings({ statuses: ["open"] }))), [
          "before open",
          "after open"
        ])
        assert.deepStrictEqual(
          [...(yield* ledger.counts())],
          [
            ["open", 2],
            ["withdrawn", 4]
          ]
        )
      })
    )
  )

  it.effect("of a finding that was in doubt: that it is critical now, once", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        const [doubted, sure, other] = [
          finding("missing", "doubted", 36_000, true),
          finding("missing", "doubted"),
          finding("missing", "other", 40_000)
        ]
        const raised = (...findings: Parameters<typeof run>[0]) =>
          Effect.map(ledger.record(run(findings)), ({ critical, raised }) => [critical, ...raised])
        assert.deepStrictEqual(yield* raised(doubted, other), [1])
        assert.deepStrictEqual(yield* raised(doubted, other), [0])
        assert.deepStrictEqual(yield* raised(sure, other), [1, "missing cdr doubted"])
        assert.deepStrictEqual(yield* raised(sure, other), [0])
        assert.deepStrictEqual(yield* raised(doubted, other), [0])
        // One that is opened again, and one that is critical and new, count once each.
        assert.deepStrictEqual(yield* raised(doubted), [0])
        assert.deepStrictEqual(yield* raised(sure, other, finding("missing", "new", 41_000)), [
          3,
          "missing cdr doubted"
        ])
      })
    )
  )

  it.effect("of a finding: open until its deadline, and not at it", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* ledger.record(run([finding("missing", "a")]))
        const deadline = DateTime.add(at(36_060), { days: 30 })
        const statusAt = (asOf: DateTime.Utc) =>
          Effect.map(Stream.runCollect(ledger.findings({ asOf })), (entries) => entries.map(({ status }) => status))
        assert.deepStrictEqual(yield* statusAt(DateTime.subtract(deadline, { milliseconds: 1 })), ["open"])
        assert.deepStrictEqual(yield* statusAt(deadline), ["expired"])
        // What was recorded later was not known before.
        assert.deepStrictEqual(yield* statusAt(DateTime.subtract(at(100_000), { milliseconds: 1 })), [])
        assert.deepStrictEqual(yield* statusAt(at(100_000)), ["open"])
        yield* TestClock.setTime(deadline.epochMilliseconds)
        assert.strictEqual((yield* ledger.record(run([finding("missing", "a")]))).open, 0)
      })
    )
  )

  it.effect("of a recording that came late: at least and at most how late", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        const lateOf = Effect.fnUntraced(function* (
          code: "matched" | "several-recordings" | "excused",
          uuid: string,
          asOfs: readonly [number, number]
        ) {
          const [first, second] = asOfs
          yield* ledger.record(run([finding("missing", uuid)], { account: uuid, asOf: first }))
          yield* ledger.record(run([finding(code, uuid)], { account: uuid, asOf: second }))
          const [entry] = yield* Stream.runCollect(ledger.findings({ account: uuid }))
          return [
            entry?.by,
            entry?.late && Duration.toSeconds(entry.late.atLeast),
            entry?.late && Duration.toSeconds(entry.late.atMost)
          ]
        })
        // The call ended at 36,060 s.
        assert.deepStrictEqual(yield* lateOf("matched", "a", [90_000, 93_600]), ["matched", 53_940, 57_540])
        assert.deepStrictEqual(yield* lateOf("several-recordings", "b", [36_061, 36_062]), ["several-recordings", 1, 2])
        assert.deepStrictEqual(yield* lateOf("matched", "c", [36_000, 36_050]), ["matched", 0, 0])
        assert.deepStrictEqual(yield* lateOf("excused", "d", [90_000, 93_600]), ["excused", null, null])
      })
    )
  )

  it.effect("of what people said: who, when and in which order, of open findings alone", () =>
    inLedger(
      Effect.fnUntraced(function* (ledger) {
        yield* ledger.record(run([finding("missing", "a")]))
        const note = (kind: "acknowledged" | "reopened", words: string, key = "missing cdr a") =>
          ledger.note({ account: "MA_TEST", key, kind, who: "Asha", words })
        yield* note("acknowledged", "looked at")
        assert.deepStrictEqual([...(yield* ledger.counts())], [["acknowledged", 1]])
        yield* note("reopened", "again")
        assert.deepStrictEqual([...(yield* ledger.counts())], [["open", 1]])
        const [entry] = yield* Stream.runCollect(ledger.findings())
        const now = at(100_000).epochMilliseconds
        assert.deepStrictEqual(
          entry?.notes.map(({ at, kind, who, words }) => [at.epochMilliseconds, kind, who, words]),
          [
            [now, "acknowledged", "Asha", "looked at"],
            [now + 1, "reopened", "Asha", "again"]
          ]
        )
        const error = yield* Effect.flip(note("acknowledged", "x", "missing cdr b"))
        assert.match(
          error.message,
          /^ledger \S+\/test\.ledger: account MA_TEST has no open finding "missing cdr b"\. List them to see their keys$/
        )
      })
    )
  )

  it.effect("and nothing of a file that is no ledger, or of a newer version", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const refused = Effect.fnUntraced(function* (name: string, sql: string) {
        const file = `${folder}/${name}`
        yield* Effect.flatMap(DuckDb.DuckDb, (db) => db.run(sql)).pipe(
          Effect.provide(DuckDb.DuckDb.layer({ path: file }))
        )
        const error = yield* Effect.flip(Effect.provide(Ledger.Ledger, Ledger.Ledger.layer({ file })))
        return error.message.replace(file, "FILE")
      })
      assert.strictEqual(
        yield* refused("other", "CREATE TABLE calls (id INTEGER)"),
        "ledger FILE: it is a database of something else (table calls): name another file"
      )
      assert.strictEqual(
        yield* refused("newer", "CREATE TABLE ledger (version INTEGER); INSERT INTO ledger VALUES (99)"),
        `ledger FILE: it is of version 99, and this program knows ${Tables.migrations.length}: use a newer one`
      )
      yield* fs.writeFileString(`${folder}/text`, "no database")
      const error = yield* Effect.flip(Effect.provide(Ledger.Ledger, Ledger.Ledger.layer({ file: `${folder}/text` })))
      assert.include(error.message, "it cannot be opened, or is no ledger: name another file. DuckDB could not open")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
