import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, layer, once, Seed } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { CallDetailRecords, Extract, Recordings, Trunks } from "@vobiz-effect/core"
import { DateTime, Effect, FileSystem, Layer, Path, Redacted, Schema, Stream } from "effect"
import { Csv } from "effect/encoding"

import { Coverage, DuckDb, FileError, Files, FindingFiles, Policy, Reconciliation, Relations } from "../src/index.ts"
import * as Judged from "./judged.ts"
import type { Account } from "./reference.ts"
import * as Make from "./utils.ts"

const { cdr, recording, trunk } = Make

const services = Layer.merge(DuckDb.DuckDb.layer({ threads: 2 }), NodeServices.layer)

const streams = (account: Account) => ({
  cdrs: Stream.fromIterable(account.cdrs),
  recordings: Stream.fromIterable(account.recordings),
  trunks: Stream.fromIterable(account.trunks)
})

const files = (directory: string, format: Files.Format) => ({
  cdrs: Files.cdrs(`${directory}/cdr.${format}`),
  recordings: Files.recordings(`${directory}/recording.${format}`),
  trunks: Files.trunks(`${directory}/trunk.${format}`)
})

/** Writes an account's relations to files of a fresh directory. */
const kept = Effect.fnUntraced(function* (account: Account, format: Files.Format) {
  const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  const db = yield* DuckDb.DuckDb
  const schema = yield* db.scratch
  yield* Relations.load(schema, streams(account))
  yield* Files.write(schema, { directory, format })
  return directory
})

const nothing = { cdrs: null, recordings: null, trunks: null }

/** Asserts that an account is read from files of this format as it was written to them. */
const sameTables = Effect.fnUntraced(function* (account: Account, format: Files.Format) {
  const db = yield* DuckDb.DuckDb
  const directory = yield* kept(account, format)
  const one = yield* db.scratch
  const other = yield* db.scratch
  yield* Relations.load(one, streams(account))
  const loaded = yield* Relations.load(other, files(directory, format))
  assert.deepStrictEqual(loaded, {
    cdrs: account.cdrs.length,
    recordings: account.recordings.length,
    trunks: account.trunks.length,
    setAside: nothing,
    stated: nothing
  })
  for (const table of ["cdr", "recording", "trunk"]) {
    const rows = (schema: string) => db.query(`FROM ${schema}.${table} ORDER BY arrival`, Schema.Unknown)
    assert.deepStrictEqual(yield* rows(other), yield* rows(one))
  }
}, Effect.scoped)

const found = Effect.fnUntraced(function* <E1, E2, E3>(
  sources: Relations.Sources<E1, E2, E3>,
  { options, parameters }: Pick<ReturnType<typeof Judged.draw>, "options" | "parameters">
) {
  const { findings, loaded, summary } = yield* Reconciliation.run({
    ...sources,
    window: parameters.window,
    asOf: parameters.asOf,
    options
  })
  // As JSON, which has the telephone numbers too.
  return {
    loaded,
    summary,
    findings: (yield* Stream.runCollect(findings)).map((finding) => FindingFiles.encode(finding))
  }
}, Effect.scoped)

/** A fresh directory with these files in it. */
const folder = Effect.fnUntraced(function* (contents: Readonly<Record<string, string | Uint8Array>>) {
  const fs = yield* FileSystem.FileSystem
  const { dirname, join } = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  for (const [name, content] of Object.entries(contents)) {
    yield* fs.makeDirectory(dirname(join(directory, name)), { recursive: true })
    yield* fs.writeFile(join(directory, name), Buffer.from(content))
  }
  return directory
})

/** What reading a directory's files as CDRs is refused with, the directory itself left out. */
const refusal = (
  contents: Readonly<Record<string, string | Uint8Array>>,
  names: ReadonlyArray<string> = Object.keys(contents)
) =>
  Effect.gen(function* () {
    const directory = yield* folder(contents)
    const db = yield* DuckDb.DuckDb
    const schema = yield* db.scratch
    const error = yield* Effect.flip(
      Relations.load(schema, {
        cdrs: Files.cdrs(names.map((name) => `${directory}/${name}`)),
        recordings: Stream.empty,
        trunks: Stream.empty
      })
    )
    assert.instanceOf(error, FileError.FileError)
    return error.message.replaceAll(`${directory}/`, "")
  }).pipe(Effect.scoped)

/** The ids of the CDRs that were loaded, in their order. */
const loadedFrom = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const db = yield* DuckDb.DuckDb
  const schema = yield* db.scratch
  yield* Relations.load(schema, { cdrs: Files.cdrs(paths), recordings: Stream.empty, trunks: Stream.empty })
  const rows = yield* db.query(
    `SELECT uuid, arrival FROM ${schema}.cdr ORDER BY arrival`,
    Schema.Struct({ uuid: Schema.String, arrival: Schema.FiniteFromString })
  )
  assert.deepStrictEqual(
    rows.map(({ arrival }) => arrival),
    rows.map((_, index) => index)
  )
  return rows.map(({ uuid }) => uuid)
}, Effect.scoped)

/** What reading a directory's files as CDRs sets aside, how that is told, and the ids of the other rows. */
const split = (contents: Readonly<Record<string, string | Uint8Array>>, options?: Files.Options) =>
  Effect.gen(function* () {
    const directory = yield* folder(contents)
    const db = yield* DuckDb.DuckDb
    const schema = yield* db.scratch
    const aside: Array<readonly [line: string, reason: string, raw: string]> = []
    const { cdrs, setAside } = yield* Relations.load(schema, {
      cdrs: Files.cdrs(
        Object.keys(contents).map((name) => `${directory}/${name}`),
        options
      ),
      recordings: Stream.empty,
      trunks: Stream.empty
    }).pipe(
      Effect.provideService(Extract.RejectTap, ({ expected, field, place, raw }, list) =>
        Effect.sync(() => {
          assert.strictEqual(list, "CallDetailRecords.files")
          const where = `${place?.file.replace(`${directory}/`, "")}:${place?.line}`
          aside.push([where, `${field}: ${expected}`, Redacted.value(raw)])
        })
      )
    )
    const rows = yield* db.query(
      `SELECT uuid FROM ${schema}.cdr ORDER BY arrival`,
      Schema.Struct({ uuid: Schema.String })
    )
    assert.strictEqual(cdrs, rows.length)
    assert.strictEqual(setAside.cdrs?.rows ?? 0, aside.length)
    return { aside, told: setAside.cdrs?.detail ?? null, ids: rows.map(({ uuid }) => uuid) }
  }).pipe(Effect.scoped)

const header = "uuid,start_ms,duration_ms,talk_ms"
const row = (uuid: string, start = "1785542400000") => `${uuid},${start},60000,60000`
const line = (uuid: string, more = "") =>
  `{"uuid":"${uuid}","start_ms":1785542400000,"duration_ms":6,"talk_ms":6${more}}`

const providerRow = {
  id: 18990001,
  uuid: "a",
  call_direction: "outbound",
  caller_id_number: "+918045670012",
  destination_number: "9812345670",
  start_time: "2026-08-01T05:31:20Z",
  duration: 122,
  billsec: 115,
  total_cost: 0.9,
  currency: "INR",
  answer_time: null,
  brand_new_key: "?"
}

layer(services)("Files", (it) => {
  describe("of the tables' own columns", () => {
    /** Random accounts, and what is found in them as streams give them. */
    const accounts = Seed.seeds(Effort.sized({ quick: 1, full: 12 })).map((seed) => {
      const drawn = Judged.draw(seed)
      return { drawn, straight: once(found(streams(drawn.account), drawn)) }
    })

    for (const format of ["parquet", "csv", "ndjson"] as const) {
      it.effect(`are read as they were written, by ${format}`, () =>
        Effect.forEach(accounts, ({ drawn }) => sameTables(drawn.account, format), { discard: true })
      )

      // From the same tables a run finds the same: that is seen at full effort.
      if (Effort.isFull) {
        it.effect(`give the findings that the streams give, by ${format}`, () =>
          Effect.forEach(
            accounts,
            Effect.fnUntraced(function* ({ drawn, straight }) {
              const directory = yield* kept(drawn.account, format)
              assert.deepStrictEqual(yield* found(files(directory, format), drawn), yield* straight)
            }, Effect.scoped),
            { discard: true }
          )
        )
      }

      it.effect(`keep every text and amount as it was, by ${format}`, () =>
        Effect.gen(function* () {
          const strange = [
            "=1+1",
            "'=1+1",
            "''+1",
            "+91 80",
            "-",
            "@x",
            "\tx",
            "a,b",
            'a"b',
            "a\r\nb",
            "ü＝",
            "null",
            "＝x",
            "' x"
          ]
          const account = {
            cdrs: strange.map((text, id) =>
              cdr({
                uuid: text,
                id,
                sip: text,
                from: text,
                trunk: text,
                end: id % 2 === 0 ? null : 36_061.123,
                cost: id === 0 ? null : ["-12345678901234567890.000000000000000001", "INR"]
              })
            ),
            recordings: strange.map((text) =>
              recording({ id: text, call: text, conference: text, start: 1.5, length: null })
            ),
            trunks: [trunk("=a", true), trunk("b", false), trunk("c", null)]
          }
          yield* sameTables(account, format)
        })
      )

      it.effect(`have none of an account without calls, by ${format}`, () =>
        Effect.gen(function* () {
          const account = { cdrs: [], recordings: [], trunks: [] }
          const directory = yield* kept(account, format)
          const db = yield* DuckDb.DuckDb
          const loaded = yield* Relations.load(yield* db.scratch, files(directory, format))
          assert.deepStrictEqual(loaded, { cdrs: 0, recordings: 0, trunks: 0, setAside: nothing, stated: nothing })
        })
      )
    }

    it.effect("are for their owner alone, show a spreadsheet no formula, and keep numbers in E.164", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const account = { cdrs: [cdr({ uuid: "=cmd()", from: "+918045670011" })], recordings: [], trunks: [] }
        const directory = yield* kept(account, "csv")
        assert.strictEqual((yield* fs.stat(`${directory}/cdr.csv`)).mode & 0o777, 0o600)
        assert.deepStrictEqual((yield* fs.readDirectory(directory)).toSorted(), [
          "cdr.csv",
          "recording.csv",
          "trunk.csv"
        ])
        const text = yield* fs.readFileString(`${directory}/cdr.csv`)
        assert.include(text, "'=cmd()")
        assert.include(text, ",+918045670011")
      })
    )

    it.effect("may leave out columns that may be empty", () =>
      Effect.gen(function* () {
        const directory = yield* folder({ "cdr.csv": `${header}\n${row("a")}\n`, "cdr.ndjson": line("b") })
        assert.deepStrictEqual(yield* loadedFrom([`${directory}/cdr.csv`, `${directory}/cdr.ndjson`]), ["a", "b"])
      })
    )
  })

  describe("of the provider's rows", () => {
    it.effect("are read as the services read the provider's answers", () =>
      Effect.gen(function* () {
        const until = DateTime.makeUnsafe("2026-08-15T06:00:00Z")
        const account = Simulator.make({ seed: 7, calls: 150, days: 3, until, mix: { missing: 5 } })
        const window = { from: DateTime.subtract(until, { days: 2 }), to: until }
        const lines = (rows: ReadonlyArray<object>) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")
        const cdrRows = Simulator.cdrsAt(account, until)
        const csv = yield* Stream.fromIterable([
          Object.keys(cdrRows[0] ?? {}),
          ...cdrRows.map((row) => Object.values(row).map((cell) => (cell === null ? "" : String(cell))))
        ]).pipe(Stream.pipeThroughChannel(Csv.encode()), Stream.decodeText, Stream.mkString)
        const directory = yield* folder({
          "cdr.csv": csv,
          "cdr.ndjson": lines(cdrRows),
          "recordings/1.jsonl": lines(Simulator.recordingsAt(account, until)),
          "trunk.ndjson": lines(account.trunks)
        })
        const parameters = { window, asOf: until, proved: { cdrs: true, recordings: true } }
        const options = { policy: Policy.short({ voiceApi: "must" }) }
        const drawn = { options, parameters: { ...parameters, settings: Reconciliation.settings(options) } }
        const served = yield* Effect.gen(function* () {
          return yield* found(
            {
              cdrs: (yield* CallDetailRecords.CallDetailRecords).stream({
                from: DateTime.subtract(until, { days: 10 }),
                to: DateTime.add(until, { days: 1 })
              }),
              recordings: (yield* Recordings.Recordings).stream(),
              trunks: (yield* Trunks.Trunks).stream
            },
            drawn
          )
        }).pipe(Effect.provide(FakeVobiz.FakeVobiz.layerVobiz({ account })))
        assert.isAbove(served.findings.length, 100)
        for (const name of Effort.isFull ? ["cdr.csv", "cdr.ndjson"] : ["cdr.csv"]) {
          const read = yield* found(
            {
              cdrs: Files.cdrs(`${directory}/${name}`),
              recordings: Files.recordings(`${directory}/recordings`),
              trunks: Files.trunks(`${directory}/trunk.ndjson`)
            },
            drawn
          )
          assert.deepStrictEqual(read.findings, served.findings)
        }
        const rows = Effect.fnUntraced(function* (name: string) {
          const db = yield* DuckDb.DuckDb
          const schema = yield* db.scratch
          yield* Relations.load(schema, {
            cdrs: Files.cdrs(`${directory}/${name}`),
            recordings: Stream.empty,
            trunks: Stream.empty
          })
          return yield* db.query(`FROM ${schema}.cdr ORDER BY arrival`, Schema.Unknown)
        }, Effect.scoped)
        const ofCsv = yield* rows("cdr.csv")
        assert.lengthOf(ofCsv, cdrRows.length)
        assert.deepStrictEqual(yield* rows("cdr.ndjson"), ofCsv)
      })
    )

    it.effect("are read out of JSON as well: a list, a body of the provider's, or one object per line", () =>
      Effect.gen(function* () {
        const rows = [providerRow, { ...providerRow, uuid: "b" }]
        const camel = (row: object) =>
          Object.fromEntries(
            Object.entries(row).map(([key, value]) => [
              key.replaceAll(/_(\w)/g, (_, c: string) => c.toUpperCase()),
              value
            ])
          )
        const bodies: Readonly<Record<string, string>> = {
          list: JSON.stringify(rows),
          printed: JSON.stringify(rows, null, 2),
          "list body": JSON.stringify({ data: rows, pagination: { page: 1, total: 2 } }),
          lines: rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
          camel: JSON.stringify(rows.map(camel))
        }
        for (const [name, text] of Object.entries(bodies)) {
          const read = yield* split({ [`${name}.json`]: `\n${text}` })
          assert.deepStrictEqual([name, read.ids, read.aside], [name, ["a", "b"], []])
        }
        assert.deepStrictEqual((yield* split({ "x.ndjson": JSON.stringify(camel(providerRow)) })).ids, ["a"])
        assert.deepStrictEqual((yield* split({ "empty.json": '{"data": null, "pagination": {}}' })).ids, [])
        const own = `[${line("a")}, ${line("b", ',"end_ms":"x"')}, 7]`
        const { aside, ids } = yield* split({ "own.json": own })
        assert.deepStrictEqual(ids, ["a"])
        assert.deepStrictEqual(aside.map(([where, reason]) => [where, reason.split(":", 1)[0]]).toSorted(), [
          ["own.json:2", "end_ms"],
          ["own.json:3", ""]
        ])
        const named = { "Call ID": "uuid", begin: "start_time" }
        const theirs = JSON.stringify([{ "Call ID": "z", Begin: "2026-08-01T00:00:00Z" }])
        assert.deepStrictEqual((yield* split({ "x.json": theirs }, { names: named })).ids, ["z"])
      })
    )

    it.effect("have their national numbers by the calling code", () =>
      Effect.gen(function* () {
        const directory = yield* folder({ "cdr.ndjson": JSON.stringify(providerRow) })
        const db = yield* DuckDb.DuckDb
        const schema = yield* db.scratch
        yield* Relations.load(schema, {
          cdrs: Files.cdrs(`${directory}/cdr.ndjson`, { callingCode: "91" }),
          recordings: Stream.empty,
          trunks: Stream.empty
        })
        assert.deepStrictEqual(
          yield* db.query(`SELECT to_raw, to_e164, cost, start_ms FROM ${schema}.cdr`, Schema.Unknown),
          [{ to_raw: "9812345670", to_e164: "+919812345670", cost: "0.900000000000000000", start_ms: "1785562280000" }]
        )
      })
    )
  })

  describe("are named", () => {
    it.effect("by directories and patterns, forms and formats mixed, each file once, in the order of their names", () =>
      Effect.gen(function* () {
        const directory = yield* folder({
          "all/1.csv": `${header}\n${row("a")}\n${row("b")}\n`,
          "all/2.ndjson": `${JSON.stringify({ ...providerRow, uuid: "c" })}\n${JSON.stringify({ ...providerRow, uuid: "d" })}`,
          "all/3.csv": `talk_ms,uuid,start_ms,duration_ms\n6,e,1,6\n`,
          "all/.hidden.csv": "nothing",
          "all/deeper/4.csv": "nothing",
          "it's [1].csv": `${header}\n${row("f")}\n`
        })
        const inOrder = ["a", "b", "c", "d", "e"]
        assert.deepStrictEqual(yield* loadedFrom([`${directory}/all`]), inOrder)
        assert.deepStrictEqual(yield* loadedFrom([`${directory}/all/`, `${directory}/all/./1.csv`]), inOrder)
        assert.deepStrictEqual(yield* loadedFrom([`${directory}/all/*.csv`]), ["a", "b", "e"])
        assert.deepStrictEqual(yield* loadedFrom([`${directory}/all/3.csv`, `${directory}/all/*`]), [
          "e",
          "a",
          "b",
          "c",
          "d"
        ])
        assert.deepStrictEqual(yield* loadedFrom([`${directory}/it's [1].csv`]), ["f"])
      })
    )

    it.effect("of several versions of a row the one stands that was updated last, whatever the files are called", () =>
      Effect.gen(function* () {
        const below = Seed.integers()
        const shuffled = <A>(all: ReadonlyArray<A>) =>
          all
            .map((one) => [below(1_000_000), one] as const)
            .toSorted(([a], [b]) => a - b)
            .map(([, one]) => one)
        const files = [0, 1, 2, 3, 4]
        // Each call has a version in each file, in an order of its own.
        const calls = Array.from({ length: 12 }, (_, call) =>
          shuffled(files).map((nth) =>
            cdr({ uuid: `c${call}`, id: call, talk: 10 + nth, updated: nth, start: 36_000 + call * 100 })
          )
        )
        const names = new Set<string>()
        while (names.size < files.length) names.add(`${below(1_000_000)}.ndjson`)
        const line = (row: ReturnType<typeof cdr>) =>
          JSON.stringify(
            Object.fromEntries(
              Relations.cdr.flatMap(({ name, of }) => {
                const value = of(row, 0)
                return name === "arrival" || value === null ? [] : [[name, String(value)]]
              })
            )
          )
        const directory = yield* folder(
          Object.fromEntries(
            [...names].map((name, nth) => [
              name,
              calls.flatMap((rows) => rows.slice(nth, nth + 1).map(line)).join("\n")
            ])
          )
        )
        const db = yield* DuckDb.DuckDb
        const { schema } = yield* Reconciliation.run({
          ...streams({ cdrs: [], recordings: [], trunks: [] }),
          cdrs: Files.cdrs([...names].toReversed().map((name) => `${directory}/${name}`)),
          window: Make.window,
          asOf: Make.asOf
        })
        const legs = yield* db.query(`SELECT talk_ms FROM ${schema}.leg`, Schema.Struct({ talk_ms: Schema.String }))
        assert.deepStrictEqual(
          legs,
          calls.map(() => ({ talk_ms: "14000" }))
        )
      })
    )

    it.effect("and keep the order of many rows", () =>
      Effect.gen(function* () {
        // More than two row groups of DuckDB in each file at full effort, and in both at any.
        const count = Effort.sized({ quick: 130_000, full: 300_000 })
        const uuids = Array.from({ length: count }, (_, index) => `call-${index}`)
        const directory = yield* folder({
          "1.csv": `${header}\n${uuids.map((uuid) => row(uuid)).join("\n")}`,
          "2.ndjson": uuids.map((uuid) => line(uuid)).join("\n")
        })
        const db = yield* DuckDb.DuckDb
        const schema = yield* db.scratch
        yield* Relations.load(schema, {
          cdrs: Files.cdrs(directory),
          recordings: Stream.empty,
          trunks: Stream.empty
        })
        assert.deepStrictEqual(
          yield* db.query(
            `SELECT count(*)::INTEGER AS n, count(DISTINCT arrival)::INTEGER AS places, min(arrival)::INTEGER AS first,
  max(arrival)::INTEGER AS last, bool_and(uuid = 'call-' || arrival % ${count}) AS ordered FROM ${schema}.cdr`,
            Schema.Unknown
          ),
          [{ n: 2 * count, places: 2 * count, first: 0, last: 2 * count - 1, ordered: true }]
        )
      })
    )
  })

  describe("of CSV as people have it", () => {
    const fixture = (name: string) => new URL(`fixtures/dialects/${name}.csv`, import.meta.url).pathname

    const read = Effect.fnUntraced(function* (file: string, options?: Files.Options) {
      const db = yield* DuckDb.DuckDb
      const schema = yield* db.scratch
      yield* Relations.load(schema, {
        cdrs: Files.cdrs(file, options),
        recordings: Stream.empty,
        trunks: Stream.empty
      })
      return yield* db.query(
        `SELECT uuid, start_ms, duration_ms, talk_ms, from_raw, to_raw, trunk_id, sip_call_id, hangup_cause FROM ${schema}.cdr ORDER BY arrival`,
        Schema.Unknown
      )
    }, Effect.scoped)

    it.effect("whatever the delimiter, the encoding, the case of names and the line ends, is read alike", () =>
      Effect.gen(function* () {
        const directory = yield* folder({})
        const fs = yield* FileSystem.FileSystem
        const text = yield* fs.readFileString(fixture("semi"))
        const plain = text.replaceAll(";", ",")
        const files: Readonly<Record<string, string | Uint8Array>> = {
          plain,
          pipes: text.replaceAll(";", "|"),
          "byte order mark": `\ufeff${plain}`,
          "sep=|": `SEP=|\r\n${text.replaceAll(";", "|")}`,
          quoted: plain.replaceAll(/[^,\n]+/g, '"$&"'),
          spaces: plain.replace("caller_id_number", " Caller ID Number "),
          "UTF-16 without a mark": Buffer.from(plain, "utf16le"),
          "UTF-16 of Windows": Buffer.from(`\ufeff${plain.replaceAll("\n", "\r\n")}`, "utf16le"),
          "old Mac": plain.replaceAll("\n", "\r")
        }
        for (const [name, content] of Object.entries(files)) {
          yield* fs.writeFile(`${directory}/${name}.csv`, Buffer.from(content))
        }
        yield* fs.writeFile(`${directory}/packed.csv.gz`, gzipSync(plain))
        const expected = yield* read(`${directory}/plain.csv`)
        assert.lengthOf(expected, 3)
        const all = [
          ...["semi", "tab", "sepline", "upperhdr", "mixedeol", "nullword", "utf16", "hms", "nosec"].map(fixture),
          ...Object.keys(files).map((name) => `${directory}/${name}.csv`),
          `${directory}/packed.csv.gz`
        ]
        for (const file of all) assert.deepStrictEqual([file, yield* read(file)], [file, expected])
      })
    )

    it.effect("is read alike of the tables' own columns, too", () =>
      Effect.gen(function* () {
        const plain = `${header},hangup_cause\n${row("\u00fc")},"a, b"\n${row("b")},\n`
        const files: Readonly<Record<string, string | Uint8Array>> = {
          plain,
          "with carriage returns": plain.replaceAll("\n", "\r\n"),
          "old Mac": plain.replaceAll("\n", "\r"),
          mixed: plain.replace("\n", "\r\n"),
          semicolons: `sep=;\n${plain.replaceAll(",", ";").replace("a; b", "a, b")}`,
          "byte order mark": `\ufeff${plain.replace("uuid", "UUID")}`,
          "UTF-16": Buffer.from(`\ufeff${plain}`, "utf16le")
        }
        const directory = yield* folder(
          Object.fromEntries(Object.entries(files).map(([name, text]) => [`${name}.csv`, text]))
        )
        const expected = yield* read(`${directory}/plain.csv`)
        assert.lengthOf(expected, 2)
        for (const name of Object.keys(files)) {
          assert.deepStrictEqual([name, yield* read(`${directory}/${name}.csv`)], [name, expected])
        }
      })
    )

    it.effect("of the tables' own columns leaves no zone open, as milliseconds of the epoch have none", () =>
      Effect.gen(function* () {
        const directory = yield* folder({ "cdr.csv": `${header}\n${row("a")}\n`, "cdr.ndjson": `${line("b")}\n` })
        const db = yield* DuckDb.DuckDb
        const schema = yield* db.scratch
        yield* Relations.load(schema, {
          cdrs: Files.cdrs(`${directory}/*`),
          recordings: Stream.empty,
          trunks: Stream.empty
        })
        const rows = yield* db.query(`SELECT uuid, zone_stated FROM ${schema}.cdr ORDER BY uuid`, Schema.Unknown)
        assert.deepStrictEqual(rows, [
          { uuid: "a", zone_stated: true },
          { uuid: "b", zone_stated: true }
        ])
      })
    )

    it.effect("has recordings as well", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const schema = yield* db.scratch
        yield* Relations.load(schema, {
          cdrs: Stream.empty,
          recordings: Files.recordings(fixture("rec")),
          trunks: Stream.empty
        })
        const rows = yield* db.query(
          `SELECT recording_id, add_ms, start_ms, duration_ms, rounded_ms FROM ${schema}.recording`,
          Schema.Unknown
        )
        assert.deepStrictEqual(rows, [
          {
            recording_id: "r-1",
            add_ms: "1778392866100",
            start_ms: "1778392805000",
            duration_ms: "60000",
            rounded_ms: "60000"
          }
        ])
      })
    )

    it.effect("of other names is read by a map of them", () =>
      Effect.gen(function* () {
        const directory = yield* folder({
          "cdr.csv": "Call ID;Begin;Seconds;Talk\na;2026-08-01T00:00:00Z;65;60\n",
          "plain.csv": "uuid,start_time,duration,billsec\na,2026-08-01T00:00:00Z,65,60\n"
        })
        const names = { "call id": "uuid", BEGIN: "start_time", seconds: "duration", talk: "billsec" }
        assert.deepStrictEqual(yield* read(`${directory}/cdr.csv`, { names }), yield* read(`${directory}/plain.csv`))
      })
    )

    it.effect("of other names is refused where the map leads to a column that no list has", () =>
      Effect.gen(function* () {
        const directory = yield* folder({ "cdr.csv": "Call ID;Begin\na;2026-08-01T00:00:00Z\n" })
        for (const [names, word] of [
          [{ "Call ID": "uuid", Begin: "started" }, "leads to started"],
          [{ uuid: "Call ID" }, "leads to Call ID"]
        ] as const) {
          const error = yield* Effect.flip(read(`${directory}/cdr.csv`, { names }))
          assert.instanceOf(error, FileError.FileError)
          assert.include(error.message, word)
        }
        // A map may be for other lists as well.
        const more = { "Call ID": "uuid", Begin: "start_time", Added: "add_time" }
        assert.lengthOf(yield* read(`${directory}/cdr.csv`, { names: more }), 1)
      })
    )

    it.effect("without a header is refused, and no cell of it is shown", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(read(fixture("nohdr")))
        assert.instanceOf(error, FileError.FileError)
        assert.include(error.message, "its first line is not a header")
        assert.notMatch(error.message, /\d{5}/)
      })
    )

    it.effect("of which the first rows stand behind many others is read in its order", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const directory = yield* folder({})
        yield* db.run(`COPY (SELECT 'u' || range AS uuid, range AS start_ms, 1 AS duration_ms, 1 AS talk_ms FROM range(300000))
TO '${directory}/cdr.csv' (DELIMITER ';', HEADER)`)
        const schema = yield* db.scratch
        yield* Relations.load(schema, {
          cdrs: Files.cdrs(`${directory}/cdr.csv`),
          recordings: Stream.empty,
          trunks: Stream.empty
        })
        const [row] = yield* db.query(
          `SELECT count(*) AS n, bool_and(arrival = start_ms) AS ordered FROM ${schema}.cdr`,
          Schema.Struct({ n: Schema.FiniteFromString, ordered: Schema.Boolean })
        )
        assert.deepStrictEqual(row, { n: 300_000, ordered: true })
      })
    )
  })

  describe("are refused", () => {
    const advice = {
      name: "Name a file, a directory that has files, or a pattern such as cdrs/*.parquet",
      ending: "Give it one of .parquet, .csv, .ndjson, .jsonl and .json, or leave the file out",
      columns:
        "Give the provider's rows as they came, or columns of these names: uuid, id, account_id, sip_call_id, bridge_uuid, direction, from_raw, from_e164, to_raw, to_e164, trunk_id, context, start_ms, zone_stated, end_ms, duration_ms, talk_ms, cost, currency, hangup_cause, call_cost, campaign_id, customer_endpoint, hangup_disposition, updated_ms, hangup_source, oddities, talk_unread",
      list: "The provider's rows of cdr have uuid or id, start_time: is it a file of another list?",
      correct: "Correct the file, or leave it out"
    }
    const required = "uuid, start_ms, duration_ms, talk_ms"
    const notCsv = "not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes"
    const refusals: ReadonlyArray<
      readonly [
        name: string,
        contents: Readonly<Record<string, string | Uint8Array>>,
        message: string,
        names?: ReadonlyArray<string>
      ]
    > = [
      ["of which none is there", {}, `gone.csv: no file is there. ${advice.name}`, ["gone.csv"]],
      ["of whose pattern none is there", {}, `*.csv: no file is there. ${advice.name}`, ["*.csv"]],
      ["that are hidden", { "empty/.hidden.csv": header }, `empty: no file is there. ${advice.name}`, ["empty"]],
      ["of which none is named", {}, "files: none are named. Name at least one", []],
      ["of another ending", { "calls.xlsx": "" }, `calls.xlsx: the ending does not tell the format. ${advice.ending}`],
      [
        "of another ending beside one that is known",
        { "all/1.csv": header, "all/notes.txt": "" },
        `all/notes.txt: the ending does not tell the format. ${advice.ending}`,
        ["all"]
      ],
      [
        "that lack a column",
        { "cdr.csv": "uuid,start_ms,talk_ms\na,1,2\n" },
        `cdr.csv: it has no column duration_ms. ${advice.columns}`
      ],
      [
        "with a column more",
        { "cdr.csv": `${header},sip_callid\n${row("a")},x\n` },
        `cdr.csv: it has columns that table cdr has not: sip_callid. ${advice.columns}`
      ],
      [
        "that lack a column and have another",
        { "cdr.csv": "uuid,start_ms,talk_ms,sip_callid\na,1,2,x\n" },
        `cdr.csv: it has no column duration_ms; it has columns that table cdr has not: sip_callid. ${advice.columns}`
      ],
      [
        "with a key more in the second line",
        { "cdr.ndjson": `${line("a")}\n${line("b", ',"trunk":"x"')}` },
        `cdr.ndjson: it has columns that table cdr has not: trunk. ${advice.columns}`
      ],
      [
        "of the provider's rows without their start",
        { "cdr.csv": "uuid,answer_time,duration\na,2026-08-01T00:00:00Z,1\n" },
        `cdr.csv: it has no column start_time. ${advice.list}`
      ],
      [
        "of the provider's rows without their start and their id",
        { "cdr.csv": "call_direction,answer_time,duration\na,2026-08-01T00:00:00Z,1\n" },
        `cdr.csv: it has no column uuid or id, start_time. ${advice.list}`
      ],
      ["that are empty", { "cdr.csv": "" }, `cdr.csv: it has no column ${required}. ${advice.columns}`],
      [
        "whose header has what may be a number of a person",
        { "cdr.csv": `${header},918045670012,trunk name\n${row("a")},x,y\n` },
        `cdr.csv: it has columns that table cdr has not: trunk name, 1 whose names are not shown. ${advice.columns}`
      ],
      [
        "with a column twice",
        { "cdr.csv": `${header},UUID\n` },
        "cdr.csv: it has two columns uuid. Give each column a name of its own"
      ],
      [
        "without a header",
        { "cdr.csv": `${row("918045670012")}\n` },
        "cdr.csv: its first line is not a header: it names no column that is known. Put the names of the columns into the first line, or say by a map of columns what its names mean"
      ],
      ...['{"verdict": {}}', '{"calls": {"calls": 7}}', '{"data": "none"}'].map(
        (text) =>
          [
            `that are JSON of something else: ${text}`,
            { "report.json": text },
            `report.json: it has no column ${required}; it has columns that table cdr has not: ${/\w+/.exec(text)?.[0]}. ${advice.columns}`
          ] as const
      ),
      ...["7", '"Total"', '{\n  "calls": {\n  "calls": 7 }\n}'].map(
        (text) =>
          [
            `that are JSON without rows: ${text}`,
            { "report.json": text },
            "report.json: it is a JSON document without a list of rows. Give one object per line, or a list of objects"
          ] as const
      ),
      [
        "of Parquet that are cut",
        { "cdr.parquet": "PAR1 and then nothing" },
        `cdr.parquet: it is not a whole Parquet file. ${advice.correct}`
      ],
      [
        "that are not compressed",
        { "cdr.csv.gz": header },
        `cdr.csv.gz: it is not compressed as its ending says. ${advice.correct}`
      ],
      [
        "of bytes that are no text",
        { "cdr.csv": Buffer.from(Array.from({ length: 25_600 }, (_, n) => n & 255)) },
        `cdr.csv: it is ${notCsv}. ${advice.correct}`
      ],
      [
        "with a line of more than 4 MiB",
        { "cdr.csv": `${header}\n${row("a")}\n${row("b".repeat(5_000_000))}\n` },
        `cdr.csv: a line is longer than 4 MiB. ${advice.correct}`
      ]
    ]
    for (const [name, contents, message, names] of refusals) {
      it.effect(name, () =>
        Effect.gen(function* () {
          assert.strictEqual(yield* refusal(contents, names), message)
        })
      )
    }

    it.effect("in UTF-16 the other way round", () =>
      Effect.gen(function* () {
        const big = Buffer.from(`\ufeff${header}\n${row("a")}\n`, "utf16le").swap16()
        assert.include(yield* refusal({ "cdr.csv": big }), notCsv)
      })
    )

    it.effect("that are addresses, by the name of what they are, and nothing of them is shown", () =>
      Effect.gen(function* () {
        const message = (scheme: string, advice: string) =>
          `${scheme}://…: files are read from this machine alone, and this is an address. ${advice}`
        const download = "Download the file, and name it by its path"
        const copy = "Download it, such as by aws s3 cp, and name the file by its path"
        for (const [address, expected] of [
          ["https://user:918045670012@host/x.csv", message("https", download)],
          ["hf://a/b.csv", message("hf", download)],
          ["gcs://b/c.csv", message("gcs", download)],
          ["s3://bucket/x.parquet", message("s3", copy)],
          ["S3://bucket/x.parquet", message("S3", copy)],
          ["file:///tmp/x.csv", message("file", "Name the file by its path, without file://")]
        ] as const) {
          const error = yield* Effect.flip(loadedFrom([address]))
          assert.instanceOf(error, FileError.FileError)
          assert.strictEqual(error.message, expected)
        }
      })
    )

    it.effect("where the provider's rows come as Parquet", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const directory = yield* folder({})
        yield* db.run(`COPY (SELECT 'a' AS uuid, '2026-08-01T00:00:00Z' AS start_time, 1 AS duration, 1 AS billsec)
TO '${directory}/provider.parquet'`)
        assert.match(
          (yield* Effect.flip(loadedFrom([`${directory}/provider.parquet`]))).message,
          /provider\.parquet: it has rows of the provider's\. Give those as CSV or NDJSON/
        )
      })
    )

    it.effect("where more than 10,000 rows cannot be read", () =>
      Effect.gen(function* () {
        const rows = (make: (n: number) => string) => Array.from({ length: 10_001 }, (_, n) => make(n)).join("\n")
        const provider = yield* refusal({
          "cdr.csv": `uuid,start_time,duration\n${rows((n) => `a${n},+918045670012,1`)}\n`
        })
        assert.match(
          provider,
          /^cdr\.csv, field start_time: too many rows cannot be read; line 10002 should have a timestamp such as/
        )
        assert.notInclude(provider, "8045670012")
        assert.match(
          yield* refusal({ "cdr.csv": `${header}\n${rows((n) => row(`a${n}`, "918045670012x"))}\n` }),
          /^cdr\.csv, field start_ms: too many rows cannot be read; line 10002 should have a BIGINT/
        )
        assert.match(
          yield* refusal({ "cdr.ndjson": `${line("a")}\n${rows(() => "Total")}` }),
          /^cdr\.ndjson: too many rows cannot be read; line 10002 should have a JSON object/
        )
      })
    )
  })

  describe("sets aside", () => {
    const cdrHeader = "uuid,call_direction,caller_id_number,start_time,duration,billsec"
    const good = (uuid: string) => `${uuid},outbound,+918045670012,2026-08-01T00:00:00Z,65,60`
    const fixtureText = (name: string) =>
      Effect.flatMap(FileSystem.FileSystem, (fs) =>
        fs.readFileString(new URL(`fixtures/dialects/${name}.csv`, import.meta.url).pathname)
      )

    it.effect("footers and rows that take time back of the provider's CSV", () =>
      Effect.gen(function* () {
        const footer = yield* fixtureText("footer")
        const read = yield* split({ "footer.csv": footer })
        assert.deepStrictEqual(read.ids, ["c-1", "c-2", "c-3"])
        assert.deepStrictEqual(read.aside, [
          [
            "footer.csv:5",
            "start_time: a timestamp such as 2026-05-07 09:45:35.79276+05:30",
            footer.trimEnd().split("\n").at(-1) ?? ""
          ]
        ])
        assert.strictEqual(read.told, "1 row was set aside, without a readable start_time")
        const neg = yield* split({ "neg.csv": yield* fixtureText("neg") })
        assert.deepStrictEqual(neg.ids, ["c-1", "c-2"])
        assert.deepStrictEqual(
          neg.aside.map(([where, reason]) => [where, reason]),
          [["neg.csv:4", "duration: a duration, not below zero"]]
        )
      })
    )

    it.effect("rows of the provider's with other cells than the header, in their lines", () =>
      Effect.gen(function* () {
        const lines = [
          cdrHeader,
          good("a"),
          "",
          "Total: 7",
          'b,outbound,"line',
          'feed",2026-08-01T00:00:00Z,1,1',
          "c,outbound,Smith, John,+918045670012,2026-08-01T00:00:00Z,1,1",
          `${good("d")},,`,
          `"e",outbound,"say ""hi""",2026-08-01T00:00:00Z,1,1`,
          'f,"outbound,+918045670012,2026-08-01T00:00:00Z,1,1',
          good("g")
        ]
        const read = yield* split({ "x.csv": lines.join("\r\n") })
        assert.deepStrictEqual(read.ids, ["a", "b", "e", "g"])
        assert.deepStrictEqual(read.aside, [
          ["x.csv:4", ": 6 cells, as in the header, not 1", "Total: 7"],
          ["x.csv:7", ": 6 cells, as in the header, not 8", lines[6] ?? ""],
          ["x.csv:8", ": 6 cells, as in the header, not 8", lines[7] ?? ""],
          ["x.csv:10", ": a closing quote", lines[9] ?? ""]
        ])
        assert.strictEqual(read.told, "4 rows were set aside, unreadable as a whole")
      })
    )

    it.effect("rows whose start their end and length contradict by days", () =>
      Effect.gen(function* () {
        const one = (uuid: string, start: string, duration: string) =>
          `${uuid},outbound,+918045670012,${start},${duration},60,2026-08-01T00:01:05Z`
        const lines = [
          `${cdrHeader},end_time`,
          one("a", "2026-08-01T00:00:00Z", "65"),
          one("b", "1970-01-01T00:00:00Z", "65"),
          one("c", "0001-01-01T00:00:00Z", ""),
          one("d", "2062-08-01T00:00:00Z", "65"),
          // Clocks that differ, and a row that says how long it is.
          one("e", "2026-08-01T05:30:00Z", "65"),
          one("f", "2026-07-28T00:01:05Z", "345600")
        ]
        const read = yield* split({ "x.csv": lines.join("\n") })
        assert.deepStrictEqual(read.ids, ["a", "e", "f"])
        assert.deepStrictEqual(
          read.aside.map(([where]) => where),
          ["x.csv:3", "x.csv:4", "x.csv:5"]
        )
        assert.strictEqual(read.told, "3 rows were set aside, without a readable start_time")
      })
    )

    it.effect("rows of which only some have a delimiter too many at their end", () =>
      Effect.gen(function* () {
        const names = `${cdrHeader},trunk_id`
        const every = yield* split({ "x.csv": [names, "Total", `${good("a")},t,`, `${good("b")},,`].join("\n") })
        assert.deepStrictEqual(every.ids, ["a", "b"])
        const some = yield* split({ "x.csv": [names, `${good("a")},`, `b,outbound,Smith, J,0,65,60,`].join("\n") })
        assert.deepStrictEqual(some.ids, ["a"])
        assert.deepStrictEqual(
          some.aside.map(([where, reason]) => [where, reason]),
          [["x.csv:3", ": 7 cells, as in the header, not 8"]]
        )
      })
    )

    it.effect("lines that are no text in the file's encoding", () =>
      Effect.gen(function* () {
        const bytes = Buffer.concat([
          Buffer.from(`\ufeff${cdrHeader}\n${good("a\u00e9")}\n`),
          Buffer.from(`${good("b\u00e9")}\n`, "latin1"),
          Buffer.from(`${good("c")}\n`)
        ])
        const read = yield* split({ "x.csv": bytes })
        assert.deepStrictEqual(read.ids, ["a\u00e9", "c"])
        assert.deepStrictEqual(
          read.aside.map(([where, reason]) => [where, reason]),
          [["x.csv:3", ": text in UTF-8"]]
        )
        const own = Buffer.from(`${header}\n${row("a\u00e9")}\n${row("b")}\n`, "latin1")
        assert.deepStrictEqual((yield* split({ "x.csv": own })).ids, ["b"])
      })
    )

    it.effect("rows of the tables' own CSV, in their lines", () =>
      Effect.gen(function* () {
        const bad = [
          "b,yesterday,60000,60000",
          ",1,1,1",
          "c,,1,1",
          "d,9000000000000000,1,1",
          "e,1,-1,1",
          "f,1,1,1.0.0",
          "g,1,1,1,1",
          "h"
        ]
        const read = yield* split({ "x.csv": [header, row("a"), ...bad, row("z")].join("\r\n") })
        assert.deepStrictEqual(read.ids, ["a", "z"])
        assert.deepStrictEqual(
          read.aside.map(([where, reason, raw]) => [where, reason.split(":", 1)[0], raw]).toSorted(),
          bad
            .map((raw, n) => [
              `x.csv:${n + 3}`,
              ["start_ms", "uuid", "start_ms", "start_ms", "duration_ms", "talk_ms", "", ""][n],
              raw
            ])
            .toSorted()
        )
        const more = (column: string, cell: string) =>
          split({ "x.csv": `${header},${column}\n${row("a")},\n${row("b")},${cell}\n` })
        for (const [column, cell, type] of [
          ["cost", "100000000000000000000", "DECIMAL"],
          ["zone_stated", "perhaps", "BOOLEAN"]
        ] as const) {
          const { aside, ids } = yield* more(column, cell)
          assert.deepStrictEqual(ids, ["a"])
          assert.match(aside[0]?.[1] ?? "", new RegExp(`^${column}: a ${type}`))
        }
      })
    )

    it.effect("rows of NDJSON of either kind", () =>
      Effect.gen(function* () {
        const own = yield* split({
          "x.ndjson": [
            line("a"),
            "",
            line("b", ',"end_ms":"x"'),
            '{"uuid": 918045670012',
            "[1]",
            "Total 3",
            line("c")
          ].join("\n")
        })
        assert.deepStrictEqual(own.ids, ["a", "c"])
        assert.deepStrictEqual(own.aside.map(([where, reason]) => [where, reason.split(":", 1)[0]]).toSorted(), [
          ["x.ndjson:3", "end_ms"],
          ["x.ndjson:4", ""],
          ["x.ndjson:5", ""],
          ["x.ndjson:6", ""]
        ])
        const { uuid: _, ...short } = providerRow
        const lines = [
          JSON.stringify(providerRow),
          JSON.stringify({ ...providerRow, start_time: "919812345670" }),
          JSON.stringify({ ...short, id: null }),
          "null",
          "{",
          `${"[".repeat(100_000)}`,
          JSON.stringify({ ...providerRow, uuid: "b" })
        ]
        const provider = yield* split({ "x.ndjson": lines.join("\n") })
        assert.deepStrictEqual(provider.ids, ["a", "b"])
        assert.deepStrictEqual(
          provider.aside.map(([where, reason]) => [where, reason.split(":", 1)[0]]),
          [
            ["x.ndjson:2", "start_time"],
            ["x.ndjson:3", "uuid"],
            ["x.ndjson:4", ""],
            ["x.ndjson:5", ""],
            ["x.ndjson:6", ""]
          ]
        )
        assert.strictEqual(provider.aside[0]?.[2], lines[1])
        // Of no column at all.
        const none = yield* split({ "x.ndjson": "Total\n{}\n\n7\n", "y.json": "Total\n{}\n" })
        assert.deepStrictEqual(none.ids, [])
        assert.deepStrictEqual(
          none.aside.map(([where]) => where),
          ["x.ndjson:1", "x.ndjson:2", "x.ndjson:4", "y.json:1", "y.json:2"]
        )
      })
    )

    it.effect("rows of Parquet, by their number", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const db = yield* DuckDb.DuckDb
        const directory = yield* folder({})
        yield* db.run(`COPY (SELECT 'u' || range AS uuid, range - 1 AS start_ms, 5::INTEGER AS duration_ms,
5 - range AS talk_ms FROM range(7)) TO '${directory}/own.parquet'`)
        const { aside, ids } = yield* split({ "own.parquet": yield* fs.readFile(`${directory}/own.parquet`) })
        assert.deepStrictEqual(ids, ["u0", "u1", "u2", "u3", "u4", "u5"])
        assert.lengthOf(aside, 1)
        assert.deepStrictEqual(aside[0]?.[0], "own.parquet:7")
        assert.include(aside[0]?.[2], '"uuid":"u6"')
      })
    )

    it.effect("no id for another: ids above 2^53 stay as they are", () =>
      Effect.gen(function* () {
        const { uuid: _, ...short } = providerRow
        const text = JSON.stringify({ ...short, id: 1 })
        const read = yield* split({
          "x.ndjson": [
            text.replace('"id":1', '"id":9007199254740993'),
            text.replace('"id":1', '"id":9007199254740992')
          ].join("\n")
        })
        assert.deepStrictEqual(read.ids, ["9007199254740993", "9007199254740992"])
      })
    )

    it.effect("and the bounds of the coverage know it", () =>
      Effect.gen(function* () {
        const directory = yield* folder({
          "cdr.csv": `${cdrHeader},context\n${good("a")},voice-api\n`,
          "more.csv": `${cdrHeader},context\nTotal,1,,,,,\n`,
          "recording.csv":
            "recording_id,call_uuid,recording_type,add_time,recording_duration_ms\nr,a,call,2026-08-01T00:01:00Z,65000\n"
        })
        const run = (cdrs: ReadonlyArray<string>, proofs: Coverage.Proofs) =>
          Effect.scoped(
            Reconciliation.run({
              cdrs: Files.cdrs(cdrs.map((name) => `${directory}/${name}`)),
              recordings: Files.recordings(`${directory}/recording.csv`),
              trunks: Stream.empty,
              window: Make.window,
              asOf: Make.asOf,
              proofs: Effect.succeed(proofs),
              options: { policy: Policy.short({ voiceApi: "must" }) }
            })
          )
        const whole = yield* run(["cdr.csv"], Coverage.declared)
        assert.strictEqual(whole.verdict._tag, "assured")
        const doubted = yield* run(["cdr.csv", "more.csv"], Coverage.declared)
        assert.strictEqual(doubted.verdict._tag, "unknown")
        assert.deepStrictEqual(doubted.coverage.lower, { numerator: 0, denominator: 2 })
        assert.deepInclude(doubted.proofs.cdrs, { verdict: "in-doubt", rowsInDoubt: 1, setAside: 1, rows: 2 })
        const unproved = yield* run(["cdr.csv", "more.csv"], Coverage.unproved)
        assert.strictEqual(unproved.verdict._tag, "unknown")
        assert.deepInclude(unproved.proofs.cdrs, { verdict: "not-provable", rowsInDoubt: null, setAside: 1 })
      })
    )
  })

  describe("of many calls", () => {
    const calls = 200_000

    it.effect(
      "count in the order of their names, large ones and small ones, and bad rows of a large one are set aside",
      () =>
        Effect.gen(function* () {
          const directory = yield* folder({
            "a.csv": `${header}\n${row("first")}\n`,
            "c.csv": `${header}\n${row("last")}\n`
          })
          const db = yield* DuckDb.DuckDb
          const large = (talk: string) =>
            db.run(`COPY (SELECT CASE WHEN range % 3 = 0 THEN '' ELSE 'a' END AS sip_call_id, 'call-' || range AS uuid, range AS start_ms,
  60000 AS duration_ms, ${talk} AS talk_ms FROM range(${calls})) TO '${directory}/b.parquet'`)
          yield* large("6000")
          const schema = yield* db.scratch
          const cdrs = Files.cdrs(directory)
          yield* Relations.load(schema, { cdrs, recordings: Stream.empty, trunks: Stream.empty })
          const [whole] = yield* db.query(
            `SELECT count(*) = ${calls + 2} AND arg_min(uuid, arrival) = 'first' AND arg_max(uuid, arrival) = 'last'
  AND bool_and(arrival = start_ms + 1) FILTER (start_ms < ${calls}) AND count(sip_call_id) = ${calls - Math.ceil(calls / 3)} AS ok
FROM ${schema}.cdr`,
            Schema.Struct({ ok: Schema.Boolean })
          )
          assert.deepStrictEqual(whole, { ok: true })

          yield* large("CASE WHEN range >= 195000 THEN -1 ELSE 6000 END")
          const tried = yield* db.scratch
          const lines: Array<number | undefined> = []
          const { setAside } = yield* Relations.load(tried, {
            cdrs,
            recordings: Stream.empty,
            trunks: Stream.empty
          }).pipe(
            Effect.provideService(Extract.RejectTap, ({ place }) => Effect.sync(() => void lines.push(place?.line)))
          )
          assert.deepStrictEqual(setAside.cdrs, {
            rows: 5000,
            detail: "5000 rows were set aside, without a readable talk_ms"
          })
          assert.deepStrictEqual([lines[0], lines.length], [195_001, 5000])
          const [left] = yield* db.query(
            `SELECT count(*) = ${calls - 5000 + 2} AND arg_max(uuid, arrival) = 'last' AS ok FROM ${tried}.cdr`,
            Schema.Struct({ ok: Schema.Boolean })
          )
          assert.deepStrictEqual(left, { ok: true })
        })
    )

    /** How many are reconciled twice. */
    const judged = Effort.sized({ quick: 20_000, full: calls })

    /** A digest of what is found in the files, by a database of these options. */
    const digest = (directory: string, options: DuckDb.Options) =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const { loaded, schema, summary } = yield* Reconciliation.run({
          ...files(directory, "parquet"),
          trunks: Stream.empty,
          window: Make.window,
          asOf: Make.asOf,
          options: { policy: Policy.short({ voiceApi: "must" }) }
        })
        assert.strictEqual(loaded.cdrs, judged)
        const rows = yield* db.query(
          `SELECT count(*) AS n, bit_xor(hash(f)) AS digest FROM ${schema}.finding f`,
          Schema.Unknown
        )
        return { summary, rows }
      }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1, ...options })))

    it.effect("files are reconciled in a database on disk, within little memory, as in one that has enough", () =>
      Effect.gen(function* () {
        const directory = yield* folder({})
        const db = yield* DuckDb.DuckDb
        yield* db.run(`COPY (SELECT 'call-' || range AS uuid, 'sip-' || hash(range) AS sip_call_id,
  epoch_ms(TIMESTAMP '2026-08-01') + range % 80000 * 1000 AS start_ms, 60000 AS duration_ms, 60000 AS talk_ms
FROM range(${judged})) TO '${directory}/cdr.parquet';
COPY (SELECT 'r-' || range AS recording_id, CASE WHEN range % 2 = 0 THEN 'call-' || range ELSE 'sip-' || hash(range) END AS call_uuid,
  epoch_ms(TIMESTAMP '2026-08-01') + range % 80000 * 1000 AS add_ms, 60000 AS duration_ms
FROM range(${judged}) WHERE range % 10 <> 0) TO '${directory}/recording.parquet'`)
        const inMemory = yield* digest(directory, {})
        assert.deepStrictEqual(inMemory.summary.classes.recorded, (judged * 9) / 10)
        const onDisk = {
          path: `${directory}/work.db`,
          memoryLimit: "96MB",
          tempDirectory: `${directory}/spilled`,
          tempLimit: "1GB"
        }
        assert.deepStrictEqual(yield* digest(directory, onDisk), inMemory)
      })
    )
  })

  it.effect("cannot be written where there can be no directory, and leave nothing behind", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const db = yield* DuckDb.DuckDb
      const schema = yield* db.scratch
      const directory = yield* folder({ "cdr.csv": "kept" })
      assert.instanceOf(
        yield* Effect.flip(Files.write(schema, { directory: `${directory}/cdr.csv/below`, format: "csv" })),
        FileError.FileError
      )
      // Without the tables the writing fails midway.
      assert.strictEqual((yield* Effect.flip(Files.write(schema, { directory, format: "csv" })))._tag, "DuckDbError")
      assert.deepStrictEqual(yield* fs.readDirectory(directory), ["cdr.csv"])
      assert.strictEqual(yield* fs.readFileString(`${directory}/cdr.csv`), "kept")
    })
  )
})
