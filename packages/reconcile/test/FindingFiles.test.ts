import { NodeServices } from "@effect/platform-node"
import { assert, describe, DiskLog, Effort, it, once, Seed } from "@vobiz-effect/test-support"
import { assertEquals } from "@effect/vitest/utils"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import { Csv } from "effect/encoding"

import { Coverage, DuckDb, FileError, Finding, FindingFiles, Policy, Reconciliation } from "../src/index.ts"
import * as Accounts from "./accounts.ts"
import * as Make from "./utils.ts"

const layer = Layer.merge(DuckDb.DuckDb.layer({ threads: 1 }), NodeServices.layer)

/** An account of every kind of finding that has texts of other people's making in it. */
const account = {
  cdrs: [
    Make.cdr({ uuid: "=cmd()", id: 1, sip: "s", cost: ["0.45", "INR"] }),
    Make.cdr({ uuid: "twin", id: 2, sip: "s", cost: ["0.000000000000000001", "INR"] }),
    Make.cdr({ uuid: "recorded", start: 40_000, talk: 60.123 })
  ],
  recordings: [
    Make.recording({ id: "@r1", call: "recorded", length: 10.5 }),
    Make.recording({ id: "r2", call: "recorded", length: 20 }),
    Make.recording({ id: "-orphan", call: "nobody" })
  ],
  trunks: []
}

const found = Effect.gen(function* () {
  const { findings } = yield* Reconciliation.run({
    cdrs: Stream.fromIterable(account.cdrs),
    recordings: Stream.fromIterable(account.recordings),
    trunks: Stream.empty,
    proofs: Effect.succeed(Coverage.declared),
    window: Make.window,
    asOf: Make.asOf,
    options: { policy: Policy.short({ voiceApi: "must" }) }
  })
  return yield* Stream.runCollect(findings)
})

/** What is found, once for all tests. */
const findings = once(
  Effect.map(found, (all) => Stream.fromIterable(all)).pipe(
    Effect.scoped,
    Effect.provide(DuckDb.DuckDb.layer({ threads: 1 }))
  )
)

const written = Effect.fnUntraced(function* (format: "parquet" | "csv" | "ndjson") {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped()}/findings.${format}`
  yield* FindingFiles.write(format, path, yield* findings)
  assert.strictEqual((yield* fs.stat(path)).mode & 0o777, 0o600)
  return path
})

describe("FindingFiles", () => {
  it.effect("CSV has every finding, with its words, and no formula", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* written("csv")
      const rows = yield* fs
        .stream(path)
        .pipe(Stream.pipeThroughChannel(Csv.decode({ headers: true })), Stream.runCollect)
      assert.deepStrictEqual(
        rows.map((row) => [row["code"], row["cdr_uuid"], row["recording_ids"]]),
        [
          ["missing", "'=cmd()", ""],
          ["not-expected", "twin", ""],
          ["duplicate-cdr", "twin", ""],
          ["orphan", "", "'-orphan"],
          ["partly-recorded", "recorded", "'@r1 r2"]
        ]
      )
      assert.deepStrictEqual(
        [rows[0]?.["from"], rows[0]?.["to"], rows[0]?.["deadline"]],
        ["+918045670011", "+919812345670", "2026-08-31T10:01:00.000Z"]
      )
      assert.match(rows[0]?.["explanation"] ?? "", /^The call had to be recorded/)
      assert.match(rows[0]?.["next_step"] ?? "", /^Check whether/)
      assert.notMatch(yield* fs.readFileString(path), /(^|,|\n)"?[=@-]/)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("Parquet has the same rows, with types", () =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const path = yield* written("parquet")
      const rows = yield* db.query(
        `SELECT code, cdr_uuid, epoch_ms("at") AS "at", talk_seconds, recorded_seconds, amount, currency, why_uuid, explanation IS NOT NULL AS explained
FROM '${path}' WHERE code IN ('duplicate-cdr', 'partly-recorded')`,
        Schema.Unknown
      )
      assert.deepStrictEqual(rows, [
        {
          code: "duplicate-cdr",
          cdr_uuid: "twin",
          at: String(Make.start + 36_000_000),
          talk_seconds: "60.000",
          recorded_seconds: null,
          amount: "0.000000000000000001",
          currency: "INR",
          why_uuid: "=cmd()",
          explained: true
        },
        {
          code: "partly-recorded",
          cdr_uuid: "recorded",
          at: String(Make.start + 40_000_000),
          talk_seconds: "60.123",
          recorded_seconds: "30.500",
          amount: null,
          currency: null,
          why_uuid: null,
          explained: true
        }
      ])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("NDJSON gives back the findings as they were, of accounts of every kind", () =>
    Effect.gen(function* () {
      const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.toCodecJson(Finding.Finding)))
      for (const seed of Seed.seeds(Effort.sized({ quick: 1, full: 10 }))) {
        const { account, options, parameters } = Accounts.make(seed)
        const { findings } = yield* Reconciliation.run({
          cdrs: Stream.fromIterable(account.cdrs),
          recordings: Stream.fromIterable(account.recordings),
          trunks: Stream.fromIterable(account.trunks),
          archive: Stream.fromIterable(account.archive ?? []),
          proofs: Effect.succeed(seed % 2 === 0 ? Coverage.declared : Coverage.unproved),
          window: parameters.window,
          asOf: parameters.asOf,
          options
        })
        const read = yield* findings.pipe(
          FindingFiles.ndjson,
          Stream.decodeText,
          Stream.splitLines,
          Stream.mapEffect((line) => decode(line)),
          Stream.runCollect
        )
        assertEquals(read, yield* Stream.runCollect(findings))
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("a file that fails midway leaves the one before it as it was", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const some = Stream.concat(yield* findings, Stream.fail("cut off" as const))
      for (const format of ["parquet", "csv", "ndjson"] as const) {
        const path = `${directory}/findings`
        yield* fs.writeFileString(path, "before")
        assert.strictEqual(yield* Effect.flip(FindingFiles.write(format, path, some)), "cut off")
        assert.strictEqual(yield* fs.readFileString(path), "before")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["findings"])
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("a file that cannot be written is named", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(FindingFiles.write("csv", "/dev/null/findings.csv", yield* findings))
      assert.instanceOf(error, FileError.FileError)
      assert.match(error.message, /^\/dev\/null\/findings\.csv: cannot be written: /)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})

it.effect("files of findings survive a power cut, and are their owner's alone", () =>
  Effect.gen(function* () {
    const log = DiskLog.make()
    const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    for (const format of ["csv", "ndjson", "parquet"] as const) {
      const file = `${directory}/findings.${format}`
      yield* FindingFiles.write(format, file, Stream.empty).pipe(Effect.provide(log.layer))
      DiskLog.assertSettled(log, file)
    }
  }).pipe(Effect.scoped, Effect.provide(layer))
)
