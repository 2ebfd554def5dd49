import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Schema, Stream } from "effect"
import { Csv } from "effect/encoding"
import * as CsvFile from "../src/CsvFile.ts"

const text = (kind: CsvFile.Column<string>["kind"], values: ReadonlyArray<string>) =>
  Stream.fromIterable(values).pipe(
    CsvFile.encode<string>([{ header: "value", kind, value: (value) => value }]),
    Stream.decodeText,
    Stream.mkString
  )

describe("CsvFile.encode", () => {
  it.effect("has its header, even without rows", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* text("text", [])).trim(), "value")
    })
  )

  it.effect("guards text that a spreadsheet would run", () =>
    Effect.gen(function* () {
      const lines = (yield* text("text", ["=1+1", "+1", "-1", "@x", "\tx", "plain"])).split("\r\n")
      assert.deepStrictEqual(lines.slice(1, 7), ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "plain"])
    })
  )

  it.effect("keeps numbers in E.164 and amounts as they are, and guards what is none", () =>
    Effect.gen(function* () {
      assert.include(yield* text("phone", ["+918045670012"]), "\r\n+918045670012")
      assert.include(yield* text("phone", ["+1+cmd|' /C calc'!A0"]), "'+1+cmd")
      assert.include(yield* text("number", ["-0.45"]), "\r\n-0.45")
      assert.include(yield* text("number", ["-1+1"]), "\r\n'-1+1")
    })
  )

  it.effect.prop("gives back any text, except the guard", [Schema.Array(Schema.String)], ([drawn]) =>
    Effect.gen(function* () {
      // Half a surrogate pair has no form in UTF-8.
      const values = drawn.map((value) => value.toWellFormed())
      const rows = yield* Stream.fromIterable(values).pipe(
        CsvFile.encode<string>([
          { header: "n", kind: "number", value: () => 1 },
          { header: "value", kind: "text", value: (value) => value }
        ]),
        Stream.pipeThroughChannel(Csv.decode({ headers: true })),
        Stream.runCollect
      )
      assert.deepStrictEqual(
        rows.map((row) => row["value"]),
        values.map((value) => (/^'*[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value))
      )
    })
  )
})
