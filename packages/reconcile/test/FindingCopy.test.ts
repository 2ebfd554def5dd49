import { NodeServices } from "@effect/platform-node"
import { assert, Effort, it, Seed } from "@vobiz-effect/test-support"
import { BigDecimal, DateTime, Duration, Effect, FileSystem, Layer, Schema, Stream } from "effect"

import { Money, PhoneNumber } from "@vobiz-effect/core"
import {
  Column,
  Coverage,
  DuckDb,
  type DuckDbError,
  Finding,
  FindingFiles,
  FindingKey,
  type Ledger,
  Policy,
  type RateCard,
  Reconciliation
} from "../src/index.ts"
import { staged } from "../src/internal/ledgerRows.ts"
import * as Accounts from "./accounts.ts"
import * as Make from "./utils.ts"

const layer = Layer.merge(DuckDb.DuckDb.layer({ threads: 1 }), NodeServices.layer)

/** Amounts as databases and programs print them differently. */
const costs = [
  "0.45",
  "12",
  "0",
  "-1.5",
  "1234567.000000001",
  "0.000000000000000001",
  "0.0000000000000123",
  "-0.0000000000000012"
].map((amount) => Money.make({ amount: BigDecimal.fromStringUnsafe(amount), currency: "INR" }))

/** Instants whose years ISO 8601 does not write with four digits. */
const far = ["+012026-05-06T07:08:09.123Z", "-000001-12-31T23:59:59.999Z"].map((text) => DateTime.makeUnsafe(text))

/** Numbers whose masks differ from those of E.164: of other digits, with signs between, and too short to be masked. */
const odd = ["०९८७६५४३२१०", "+९१ (९८) ७६५-४३२१०", "0981-234 5678", "sip:0987654321@host", "५५१२३४", "12345"].map(
  (raw) => PhoneNumber.of(raw, null)
)

/** Most of these are charges that differ. */
const rates: RateCard.RateCard = {
  version: 1,
  name: "any",
  currency: "INR",
  rounding: { decimals: 9, mode: "up" },
  rates: [
    {
      name: 'each "begun" minute',
      pulse: { first: Duration.seconds(60), next: Duration.seconds(6) },
      price: "0.333333333",
      per: "minute"
    }
  ]
}

const run = (seed: number) => {
  const { account, options, parameters } = Accounts.make(seed)
  return Reconciliation.run({
    cdrs: Stream.fromIterable(
      account.cdrs.map((cdr, n) => {
        const cost = costs[n % costs.length] ?? null
        return {
          ...cdr,
          ...(n % 3 === 0 ? { to: odd[(n / 3) % odd.length] ?? null } : {}),
          ...(n % 5 === 4 ? { endTime: far[n % far.length] ?? null } : {}),
          cost,
          totalCost: cost
        }
      })
    ),
    rates,
    recordings: Stream.fromIterable(account.recordings),
    trunks: Stream.fromIterable(account.trunks),
    archive: Stream.fromIterable(account.archive ?? []),
    remembered: Stream.fromIterable(account.remembered ?? []),
    proofs: Effect.succeed(seed % 2 === 0 ? Coverage.declared : Coverage.unproved),
    window: parameters.window,
    asOf: parameters.asOf,
    options
  })
}

/** Compares the rows that the database writes for a ledger with those of the findings, and returns these findings. */
const inLedger = Effect.fnUntraced(function* (
  rows: Ledger.FindingRows<DuckDbError.DuckDbError>,
  findings: ReadonlyArray<Finding.Finding>,
  directory: string
) {
  const db = yield* DuckDb.DuckDb
  const t = yield* db.scratch
  const [open, path] = [`${directory}/open.parquet`, `${directory}/rows.parquet`]
  const quiet = findings.filter(({ severity }) => severity === "info").map(FindingKey.subjectOf)
  const subjects = new Set(quiet.filter((_, n) => n % 2 === 0))
  const subject = [Column.text<string>("subject", (text) => text)]
  yield* db.run(`${Column.createTable(`${t}.open`, subject)}; ${Column.createTable(`${t}.finding`, staged)}`)
  yield* db.append(`${t}.open`, subject, Stream.fromIterable(subjects))
  yield* db.run(`COPY ${t}.open TO '${open}' (FORMAT parquet)`)
  yield* rows.write(path, open)
  const taken = findings.filter((finding) => finding.severity !== "info" || subjects.has(FindingKey.subjectOf(finding)))
  yield* db.append(`${t}.finding`, staged, Stream.fromIterable(taken.map((finding) => ({ account: "MA_1", finding }))))
  const names = staged.map(({ name }) => name).join(", ")
  const written = `SELECT ${names} FROM (SELECT 'MA_1' AS account, * FROM '${path}')`
  const found = (sql: string) => db.query(`SELECT to_json(x)::VARCHAR AS row FROM (${sql}) x ORDER BY row`, Row)
  assert.deepStrictEqual(yield* found(written), yield* found(`SELECT ${names} FROM ${t}.finding`))
  return taken
}, Effect.scoped)

const Row = Schema.Struct({ row: Schema.String })

it.effect("a ledger gets the same rows of the database as of a stream of all findings", () =>
  Effect.gen(function* () {
    const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    const codes = new Set<string>()
    for (const seed of Seed.seeds(Effort.sized({ quick: 4, full: 60 }))) {
      const result = yield* run(seed)
      const findings = yield* Stream.runCollect(result.findings)
      const isMasked = seed % 2 === 0
      const taken = yield* inLedger(
        isMasked ? result.forLedger.masked : result.forLedger,
        isMasked ? findings.map(Finding.mask) : findings,
        directory
      )
      for (const { code } of taken) codes.add(code)
    }
    assert.includeMembers([...codes], ["orphan", "matched", "charge-differs", "deleted-since"])
  }).pipe(Effect.scoped, Effect.provide(layer))
)

it.effect("FindingFiles.prepare writes CSV and NDJSON as the findings would be written one by one", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    const path = `${directory}/findings`
    let [priced, differing] = [0, 0]
    for (const seed of Seed.seeds(Effort.sized({ quick: 2, full: 60 }))) {
      const result = yield* run(seed)
      const name = ["UTC", "Asia/Kolkata", "Australia/Lord_Howe"][seed % 3] ?? "UTC"
      const zone = DateTime.zoneMakeNamedUnsafe(name)
      // For little effort, of every other account.
      for (const masked of Effort.isFull ? [false, true] : [seed % 2 === 0]) {
        const files = yield* FindingFiles.prepare(result.schema, { masked })
        for (const asking of [false, true]) {
          const findings = asking ? result.asking : result.findings
          const shown = masked ? Stream.map(findings, Finding.mask) : findings
          const same = Effect.fnUntraced(function* (format: string, bytes: typeof csv) {
            const expected = yield* bytes.pipe(Stream.decodeText, Stream.mkString)
            const message = `${format} of seed ${seed}, masked ${masked}, asking ${asking}`
            assert.deepStrictEqual((yield* fs.readFileString(path)).split("\n"), expected.split("\n"), message)
            return expected
          })
          const csv = FindingFiles.csv(shown, { zone })
          yield* files.csv(path, { asking, zone })
          const text = yield* same("CSV", csv)
          differing += text.match(/\bcharge-differs,/g)?.length ?? 0
          priced += text.match(/,INR,/g)?.length ?? 0
          yield* files.ndjson(path, { asking })
          yield* same("NDJSON", FindingFiles.ndjson(shown))
        }
      }
    }
    assert.isAbove(priced, 0)
    assert.isAbove(differing, 0)
  }).pipe(Effect.scoped, Effect.provide(layer))
)

it.effect("more findings are read and written than the database may hold in memory", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/findings`
    const calls = 40_000
    const at = (n: number) => ((n * 7919) % 80_000) + 100
    const { findings, schema } = yield* Reconciliation.run({
      cdrs: Stream.map(Stream.range(1, calls), (n) => Make.cdr({ uuid: `${n}`, id: n, start: at(n) })),
      recordings: Stream.map(Stream.range(1, calls), (n) =>
        Make.recording({ id: `r${n}`, call: `${n}`, start: at(n) })
      ),
      trunks: Stream.empty,
      proofs: Effect.succeed(Coverage.declared),
      window: Make.window,
      asOf: Make.asOf,
      options: { policy: Policy.short({ voiceApi: "must" }) }
    })
    const files = yield* FindingFiles.prepare(schema)
    yield* files.ndjson(path)
    const written = (yield* fs.readFileString(path)).match(/(?<="at":")[^"]+/g) ?? []
    assert.strictEqual(written.length, calls)
    assert.deepStrictEqual(written, written.toSorted())
    assert.deepStrictEqual(yield* Stream.runCollect(Stream.map(findings, ({ at }) => DateTime.formatIso(at))), written)
  }).pipe(
    Effect.scoped,
    Effect.provide([DuckDb.DuckDb.layer({ threads: 1, memoryLimit: "100MB" }), NodeServices.layer])
  )
)
