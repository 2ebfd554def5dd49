/** Rows of a stream into the database, against the database reading the same rows from NDJSON. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import type { CallDetailRecord } from "@vobiz-effect/core"
import { Column, DuckDb, Files, Relations } from "@vobiz-effect/reconcile"
import { Simulator } from "@vobiz-effect/testing"
import * as ProviderRow from "@vobiz-effect/core/ProviderRow"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { DuckDBInstance } from "@duckdb/node-api"
import { existsSync, mkdirSync } from "node:fs"
import type { Benchmark, Setting } from "../Bench.ts"
import { timed } from "../measure.ts"

/** CDRs as the services give them: so many distinct ones, again and again. */
const rows = ({ size }: Setting, distinct: number) => {
  const account = Simulator.make({ seed: 1, calls: distinct, days: 3, until: DateTime.makeUnsafe("2026-11-20") })
  const read = ProviderRow.cdr.reader()
  const decoded = account.cdrs.map(({ row }) => Result.getOrThrow(read(row)))
  return Array.from({ length: size }, (_, n) => decoded[n % decoded.length] as CallDetailRecord.CallDetailRecord)
}

const database = DuckDb.DuckDb.layer({})

const append = (distinct: number) => (setting: Setting) =>
  Effect.gen(function* () {
    const given = rows(setting, distinct)
    const db = yield* DuckDb.DuckDb
    yield* db.run(Column.createTable("cdr", Relations.cdr))
    return yield* timed(db.append("cdr", Relations.cdr, Stream.fromIterable(given)))
  }).pipe(Effect.provide(database))

/** Writes the rows as NDJSON, in the tables' own columns, once a folder. */
const file = Effect.fnUntraced(function* (setting: Setting, distinct: number) {
  const directory = `${setting.folder}/${distinct}`
  const path = `${directory}/cdr.ndjson`
  if (existsSync(path)) return path
  mkdirSync(directory)
  const db = yield* DuckDb.DuckDb
  const schema = yield* db.scratch
  yield* Relations.load(schema, {
    cdrs: Stream.fromIterable(rows(setting, distinct)),
    recordings: Stream.empty,
    trunks: Stream.empty
  })
  yield* Files.write(schema, { directory, format: "ndjson" })
  return path
}, Effect.scoped)

const types = Relations.cdr
  .filter(({ name }) => name !== "arrival")
  .map(({ name, type }) => `${name}: '${type}'`)
  .join(", ")

const ndjson = (distinct: number) => (setting: Setting) =>
  Effect.gen(function* () {
    const path = yield* file(setting, distinct)
    const db = yield* DuckDb.DuckDb
    return yield* timed(
      Effect.as(
        db.run(`CREATE TABLE cdr AS FROM read_json('${path}', format = 'newline_delimited', columns = {${types}})`),
        setting.size
      )
    )
  }).pipe(Effect.provide([database, NodeServices.layer]))

/** One chunk that is filled already, appended again and again by the client of DuckDB itself: JavaScript reads no row of it. */
const filled = (setting: Setting) =>
  Effect.gen(function* () {
    const path = yield* file(setting, hot)
    const connection = yield* Effect.promise(() => DuckDBInstance.create(":memory:").then((it) => it.connect()))
    yield* Effect.promise(() => connection.run(Column.createTable("cdr", Relations.cdr)))
    const names = Relations.cdr.map(({ name }) => (name === "arrival" ? "0::BIGINT AS arrival" : name))
    const rows = yield* Effect.promise(() =>
      connection.stream(`SELECT ${names.join(", ")} FROM read_json('${path}', columns = {${types}}) LIMIT ${hot}`)
    )
    const chunk = (yield* Effect.promise(() => rows.fetchChunk())) ?? (yield* Effect.die("there are rows"))
    const appender = yield* Effect.promise(() => connection.createAppender("cdr"))
    return yield* timed(
      Effect.sync(() => {
        const times = Math.ceil(setting.size / chunk.rowCount)
        for (let n = 0; n < times; n++) appender.appendDataChunk(chunk)
        appender.flushSync()
        return times * chunk.rowCount
      })
    )
  }).pipe(Effect.provide([database, NodeServices.layer]))

const against = (distinct: number): Omit<Benchmark, "name" | "about" | "target"> => ({
  size: { full: 1_000_000, smoke: 2000 },
  figure: "rows a second",
  by: "ratio",
  ours: "DuckDb.append",
  peer: "read_json",
  ways: { "DuckDb.append": append(distinct), read_json: ndjson(distinct) }
})

/** So few that they stay in the processor's caches. */
const hot = 2000

export const ingest: Benchmark = {
  ...against(hot),
  name: "ingest",
  about:
    "CDRs into DuckDB that are in the processor's caches, as those just read are, against DuckDB reading the same rows from NDJSON",
  target: { atLeast: 0.9 }
}

export const cold: Benchmark = {
  ...against(20_000),
  name: "ingest-cold",
  about: "the same of CDRs that have left the caches, as no stream gives them",
  target: null
}

export const limit: Benchmark = {
  ...ingest,
  name: "ingest-limit",
  about: "the same by one chunk that is filled once: what an append takes without reading a row",
  target: null,
  ours: "a filled chunk",
  ways: { "a filled chunk": filled, read_json: ndjson(hot) }
}
