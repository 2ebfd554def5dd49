/** How a CSV file is written, by its first lines. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"

import * as Dialect from "../src/internal/dialect.ts"

const known = new Set(["uuid", "start_time", "caller_id_number"])

const of = (content: string | Uint8Array, given: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/x.csv`
    yield* typeof content === "string" ? fs.writeFileString(path, content) : fs.writeFile(path, content)
    return yield* Dialect.of(path, known, given)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("the dialect of a CSV file", () => {
  it.effect("has the delimiter by which most names are known, and names as they are meant", () =>
    Effect.gen(function* () {
      const names = ["uuid", "start_time", "x"]
      for (const delimiter of [",", ";", "\t", "|"]) {
        assert.deepStrictEqual(yield* of(`uuid${delimiter}start_time${delimiter}x\r\n`), {
          delimiter,
          encoding: "utf-8",
          skip: 0,
          names
        })
      }
      assert.deepStrictEqual((yield* of(' UUID , "Start Time",x')).names, names)
      assert.deepStrictEqual((yield* of("Uuid,startTime,x")).names, names)
      assert.deepStrictEqual((yield* of("uuid,start--time,x")).names, names)
      assert.deepStrictEqual((yield* of("id,begin,x", { ID: "uuid", Begin: "start_time" })).names, names)
      assert.deepStrictEqual((yield* of('"u,x";uuid;startTime')).names, ["u,x", "uuid", "start_time"])
    })
  )

  it.effect("has the delimiter that its first line names", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of("sep=;\r\nuuid;x,start_time\n"), {
        delimiter: ";",
        encoding: "utf-8",
        skip: 1,
        names: ["uuid", "x,start_time"]
      })
      assert.deepStrictEqual((yield* of("SEP=:\nuuid:start_time")).names, ["uuid", "start_time"])
      assert.deepStrictEqual(yield* of("sep=;\n"), { delimiter: ",", encoding: "utf-8", skip: 1, names: [] })
      assert.deepStrictEqual(yield* of(""), { delimiter: ",", encoding: "utf-8", skip: 0, names: [] })
    })
  )

  it.effect("is of UTF-16 too", () =>
    Effect.gen(function* () {
      const { encoding, names } = yield* of(Buffer.from("\ufeffuuid,start_time\r\n", "utf16le"))
      assert.deepStrictEqual([encoding, names], ["utf-16le", ["uuid", "start_time"]])
    })
  )

  for (const [what, content, problem, advice] of [
    [
      "no name is known",
      "a,b\n",
      "its first line is not a header: it names no column that is known",
      "Put the names of the columns into the first line, or say by a map of columns what its names mean"
    ],
    [
      "its header has what no text has",
      "a\u0001b\n",
      "it is not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes",
      "Correct the file, or leave it out"
    ],
    [
      "its header cannot be decoded",
      Uint8Array.of(0x75, 0xff, 0xfe, 0x0a),
      "it is not CSV in UTF-8 or UTF-16 (little-endian), with cells quoted by double quotes",
      "Correct the file, or leave it out"
    ],
    ["it has a column twice", "uuid,UUID\n", "it has two columns uuid", "Give each column a name of its own"],
    [
      "it has two columns twice",
      "start_time,uuid,start_time,UUID\n",
      "it has two columns start_time",
      "Give each column a name of its own"
    ],
    ["it has a name twice", "uuid,x,x\n", "it has two columns of one name", "Give each column a name of its own"]
  ] as const) {
    it.effect(`is refused where ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(of(content))
        if (error._tag !== "FileError") return assert.fail(String(error))
        assert.deepInclude(error, { row: null, field: null, problem, advice })
      })
    )
  }
})
