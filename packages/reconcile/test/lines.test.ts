/** The lines of a file, however it is written. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Stream } from "effect"
import { gzipSync } from "node:zlib"

import * as Lines from "../src/internal/lines.ts"

const inFile = <A, E>(content: string | Uint8Array, use: (path: string) => Effect.Effect<A, E>, name = "x.csv") =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/${name}`
    yield* fs.writeFile(path, typeof content === "string" ? Buffer.from(content) : content)
    return yield* use(path)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const lines = (content: string | Uint8Array, encoding: Lines.Encoding = "utf-8", name?: string) =>
  inFile(
    content,
    (path) =>
      Effect.map(Stream.runCollect(Lines.of(path, encoding)), (all) =>
        all.map((line) => (line instanceof Lines.Undecodable ? { raw: line.raw } : line))
      ),
    name
  )

const utf16 = (text: string) => Buffer.from(text, "utf16le")

describe("lines", () => {
  it.effect("end in a line feed, or in files of old Macs in a carriage return", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lines("a\nb\r\n\nc"), ["a", "b\r", "", "c"])
      assert.deepStrictEqual(yield* lines("a\nb\n"), ["a", "b"])
      assert.deepStrictEqual(yield* lines("a\rb\r"), ["a", "b"])
      assert.deepStrictEqual(yield* lines("a\rb\n"), ["a\rb"])
      assert.deepStrictEqual(yield* lines(""), [])
      assert.deepStrictEqual(yield* lines("\n"), [""])
      assert.deepStrictEqual(yield* lines(utf16("a\nb\r\n\nc"), "utf-16le"), ["a", "b\r", "", "c"])
      assert.deepStrictEqual(yield* lines(utf16("a\rb\r"), "utf-16le"), ["a", "b"])
      // These have the byte of a line feed in them, and are none.
      assert.deepStrictEqual(yield* lines(utf16("\u0a41\u410a\n\u0a0a"), "utf-16le"), ["\u0a41\u410a", "\u0a0a"])
    })
  )

  it.effect("lose the mark at the start of the file, and no other", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lines("\ufeffa\n\ufeffb"), ["a", "\ufeffb"])
      assert.deepStrictEqual(yield* lines(utf16("\ufeffa\n\ufeffb"), "utf-16le"), ["a", "\ufeffb"])
      assert.deepStrictEqual(yield* lines("\ufeff\ufeffa"), ["\ufeffa"])
      // The second line is the first of what is read next.
      const [head, next] = ["x".repeat(65_000), `\ufeff${"y".repeat(1000)}`]
      assert.deepStrictEqual(yield* lines(`${head}\n${next}\nz`), [head, next, "z"])
    })
  )

  it.effect("that go over what is read at once are whole", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 40 }, (_, n) => "äöü".repeat(1000 + n))
      assert.deepStrictEqual(yield* lines(all.join("\n")), all)
      assert.deepStrictEqual(yield* lines(utf16(all.join("\n")), "utf-16le"), all)
      assert.deepStrictEqual(yield* lines(gzipSync(all.join("\n")), "utf-8", "x.csv.GZ"), all)
    })
  )

  it.effect("that cannot be decoded are kept apart from the others", () =>
    Effect.gen(function* () {
      const bad = Buffer.concat([Buffer.from("a\n"), Buffer.of(0x62, 0xff), Buffer.from("\nc\nd")])
      assert.deepStrictEqual(yield* lines(bad), ["a", { raw: "b\ufffd" }, "c", "d"])
      const half = Buffer.concat([utf16("a\n"), Buffer.of(0x00, 0xd8), utf16("\nc")])
      assert.deepStrictEqual(yield* lines(half, "utf-16le"), ["a", { raw: "\ufffd" }, "c"])
      assert.deepStrictEqual(yield* lines(Buffer.concat([utf16("a\n"), Buffer.of(0x62)]), "utf-16le"), [
        "a",
        { raw: "\ufffd" }
      ])
    })
  )

  it.effect("are at most 4 MiB long", () =>
    Effect.gen(function* () {
      const longest = 4 * 1024 * 1024
      assert.deepStrictEqual(
        (yield* lines(`${"x".repeat(longest)}\ny`)).map((line) => String(line).length),
        [longest, 1]
      )
      const error = yield* Effect.flip(lines("x".repeat(longest + 1)))
      if (error._tag !== "FileError") return assert.fail(String(error))
      assert.deepInclude(error, {
        problem: "a line is longer than 4 MiB",
        advice: "Correct the file, or leave it out",
        row: null,
        field: null
      })
    })
  )

  it.effect("are none of a file that cannot be read", () =>
    Effect.gen(function* () {
      const problem = (self: ReturnType<typeof lines>) =>
        Effect.map(Effect.flip(self), (error) => (error._tag === "FileError" ? error.problem : String(error)))
      assert.strictEqual(
        yield* problem(lines("not compressed", "utf-8", "x.csv.gz")),
        "it is not compressed as its ending says"
      )
      assert.strictEqual(
        yield* problem(lines(gzipSync("a".repeat(1000)).subarray(0, 15), "utf-8", "x.gz")),
        "it is not compressed as its ending says"
      )
      const gone = yield* Effect.flip(Stream.runCollect(Lines.of("nowhere.csv", "utf-8")))
      assert.strictEqual(gone.problem, "it cannot be read (ENOENT)")
    })
  )
})

describe("the first lines", () => {
  const first = (content: string | Uint8Array, most = 2) => inFile(content, (path) => Lines.first(path, most))

  it.effect("tell the encoding, by a mark or a zero within 64 bytes", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* first("a\nb\nc"), { encoding: "utf-8", lines: ["a", "b"] })
      assert.deepStrictEqual(yield* first("a\nb\nc", 1), { encoding: "utf-8", lines: ["a"] })
      assert.deepStrictEqual(yield* first(""), { encoding: "utf-8", lines: [] })
      assert.deepStrictEqual(yield* first(utf16("\ufeffa\nb")), { encoding: "utf-16le", lines: ["a", "b"] })
      assert.deepStrictEqual(yield* first(utf16("a\nb")), { encoding: "utf-16le", lines: ["a", "b"] })
      const wide = "\u4e2d".repeat(40)
      assert.deepStrictEqual(yield* first(utf16(`\ufeff${wide}`)), { encoding: "utf-16le", lines: [wide] })
      assert.strictEqual((yield* first(`${"x".repeat(63)}\0`)).encoding, "utf-16le")
      assert.strictEqual((yield* first(`${"x".repeat(64)}\0`)).encoding, "utf-8")
    })
  )
})
