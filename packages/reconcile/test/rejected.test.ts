/** What is said of rows of files that were set aside, and of files of another form. */
import { Extract } from "@vobiz-effect/core"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Redacted } from "effect"

import * as Columns from "../src/internal/files/columns.ts"
import { most, Rejected } from "../src/internal/rejected.ts"

const fault = (field: string, line = 2, raw = "x") => ({ field, line, raw, expected: "a number" })

const detail = (rejected: Rejected) => Effect.map(rejected.end("cdrs"), (found) => found?.detail ?? null)

describe("rows that were set aside", () => {
  it.effect("are counted by what they lack", () =>
    Effect.gen(function* () {
      const of = (...all: ReadonlyArray<readonly [file: string, field: string]>) => {
        const rejected = new Rejected()
        for (const [file, field] of all) rejected.add(file, fault(field))
        return detail(rejected)
      }
      assert.isNull(yield* of())
      assert.strictEqual(yield* of(["a.csv", ""]), "1 row was set aside, unreadable as a whole")
      assert.strictEqual(yield* of(["a.csv", "uuid"]), "1 row was set aside, without a readable uuid")
      assert.strictEqual(
        yield* of(["a.csv", "uuid"], ["a.csv", "uuid"]),
        "2 rows were set aside, without a readable uuid"
      )
      assert.strictEqual(
        yield* of(["a.csv", "uuid"], ["b.csv", ""], ["a.csv", "uuid"]),
        "3 rows were set aside in 2 files: 2 without a readable uuid, 1 unreadable as a whole"
      )
    })
  )

  it.effect("are handed on with their places", () =>
    Effect.gen(function* () {
      const rejected = new Rejected()
      rejected.add("a.csv", fault("uuid", 7, "the row"))
      assert.strictEqual(rejected.count, 1)
      const told: Array<readonly [Extract.Reject, string]> = []
      const end = yield* rejected
        .end("cdrs")
        .pipe(
          Effect.provideService(Extract.RejectTap, (reject, list) => Effect.sync(() => void told.push([reject, list])))
        )
      assert.strictEqual(end?.rows, 1)
      const [[reject, list] = [null, null]] = told
      assert.strictEqual(list, "cdrs")
      assert.strictEqual(reject === null ? null : Redacted.value(reject.raw), "the row")
      assert.deepInclude(reject, {
        field: "uuid",
        expected: "a number",
        id: null,
        index: 6,
        near: null,
        place: { file: "a.csv", line: 7 }
      })
    })
  )

  it.effect("are too many where they are more than 10,000, or more than 64 MiB", () =>
    Effect.gen(function* () {
      const many = new Rejected()
      for (let n = 1; n <= most; n++) many.add("a.csv", fault("", n))
      assert.isFalse(many.isFull)
      yield* many.check
      many.add("b.csv", fault("uuid", 9))
      assert.isTrue(many.isFull)
      assert.deepInclude(yield* Effect.flip(many.check), {
        path: "b.csv",
        row: null,
        field: "uuid",
        problem: "too many rows cannot be read; line 9 should have a number",
        advice: "See whether it is a file of this list, and whether its columns are what their names say"
      })
      const long = new Rejected()
      long.add("a.csv", fault("", 1, "x".repeat(64 * 1024 * 1024)))
      assert.isFalse(long.isFull)
      long.add("a.csv", fault("", 2, "x"))
      assert.isTrue(long.isFull)
      assert.isNull((yield* Effect.flip(long.check)).field)
    })
  )
})

describe("the columns of a file", () => {
  type Of = Parameters<typeof Columns.formOf>
  const relation = {
    name: "cdrs",
    required: ["uuid", "start_ms"],
    columns: ["arrival", "uuid", "start_ms", "note"].map((name) => ({ name, type: "VARCHAR", value: () => null })),
    provider: { known: new Set(["uuid", "start_time", "duration"]), required: [["uuid"], ["start_time", "begin"]] }
  } as unknown as Of[0]
  const formOf = (names: ReadonlyArray<string>, format: Of[1]["format"] = "csv") =>
    Columns.formOf(relation, { format, path: "x" } as Of[1], new Map(names.map((name) => [name, "VARCHAR"])))
  const refused = (names: ReadonlyArray<string>, format?: Of[1]["format"]) =>
    Effect.map(Effect.flip(formOf(names, format)), ({ advice, problem }) => [problem, advice])

  it.effect("are the tables' own, or the provider's", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* formOf(["uuid", "start_ms"]), "own")
      assert.strictEqual(yield* formOf(["uuid", "start_ms", "note"], "parquet"), "own")
      assert.strictEqual(yield* formOf(["uuid", "start_time"]), "provider")
      assert.strictEqual(yield* formOf(["uuid", "begin", "anything"]), "provider")
    })
  )

  it.effect("are refused where they are neither, with what they lack and have too many", () =>
    Effect.gen(function* () {
      const own = "Give the provider's rows as they came, or columns of these names: uuid, start_ms, note"
      assert.deepStrictEqual(yield* refused(["uuid", "note"]), ["it has no column start_ms", own])
      assert.deepStrictEqual(yield* refused(["note"]), ["it has no column uuid, start_ms", own])
      assert.deepStrictEqual(yield* refused(["uuid", "start_ms", "more", "9812345678", "x".repeat(42)], "parquet"), [
        "it has columns that table cdrs has not: more, 2 whose names are not shown",
        own
      ])
      assert.deepStrictEqual(yield* refused(["note", "more"], "parquet"), [
        "it has no column uuid, start_ms; it has columns that table cdrs has not: more",
        own
      ])
      assert.deepStrictEqual(yield* refused(["uuid", "duration"]), [
        "it has no column start_time or begin",
        "The provider's rows of cdrs have uuid, start_time or begin: is it a file of another list?"
      ])
      assert.deepStrictEqual(yield* refused(["uuid", "start_time", "duration"], "parquet"), [
        "it has rows of the provider's",
        "Give those as CSV or NDJSON, or the tables' own columns as Parquet"
      ])
    })
  )
})
