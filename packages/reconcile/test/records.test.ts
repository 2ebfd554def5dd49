/** The records of a file of text, line by line. */
import { assert, describe, it } from "@vobiz-effect/test-support"

import { type Line, Undecodable } from "../src/internal/lines.ts"
import * as Records from "../src/internal/records.ts"

const read = (reader: Records.Reader, lines: ReadonlyArray<Line>) => {
  const found: Array<Records.Record> = []
  for (const line of lines) reader.take(line, found)
  const trouble = reader.end(found) ?? null
  return { found, trouble, stated: reader.stated?.() ?? null }
}

const row = (line: number, raw: string, of: Records.Row): Records.Record => ({ line, raw, row: of, fault: null })
const wrong = (line: number, raw: string, fault: string): Records.Record => ({ line, raw, row: {}, fault })

describe("records of CSV", () => {
  const csv = (lines: ReadonlyArray<Line>, options: Partial<Records.Options> = {}) =>
    read(
      Records.csv({ delimiter: ",", names: ["a", "b"], skip: 1, encoding: "utf-8", nulls: new Set([""]), ...options }),
      lines
    ).found

  it("are its cells by the names of the header, of which some stand for nothing", () => {
    assert.deepStrictEqual(csv(["1,2", "", "x,", "NULL,3\r", " 4 ,5"], { nulls: new Set(["", "NULL"]) }), [
      row(2, "1,2", { a: "1", b: "2" }),
      row(4, "x,", { a: "x", b: null }),
      row(5, "NULL,3", { a: null, b: "3" }),
      row(6, " 4 ,5", { a: " 4 ", b: "5" })
    ])
    assert.deepStrictEqual(csv([",2", ","]), [row(2, ",2", { a: null, b: "2" }), row(3, ",", { a: null, b: null })])
    assert.deepStrictEqual(csv([',"2"', '"1",']), [
      row(2, ',"2"', { a: null, b: "2" }),
      row(3, '"1",', { a: "1", b: null })
    ])
    assert.deepStrictEqual(csv(["1;2,3"], { delimiter: ";", skip: 0 }), [row(1, "1;2,3", { a: "1", b: "2,3" })])
  })

  it("have quotes around cells, within which anything stands", () => {
    assert.deepStrictEqual(csv(['"1,2","say ""yes"""', '"x"y,"3"', 'a"b,"', '4"', '"",5']), [
      row(2, '"1,2","say ""yes"""', { a: "1,2", b: 'say "yes"' }),
      // What follows a quote belongs to the cell.
      row(3, '"x"y,"3"', { a: "xy", b: "3" }),
      row(4, 'a"b,"\n4"', { a: 'a"b', b: "\n4" }),
      row(6, '"",5', { a: null, b: "5" })
    ])
  })

  it("go over lines that a quote encloses, and are kept as they came", () => {
    assert.deepStrictEqual(csv(['1,"x\r', "no quote", 'y"\r', "2,3"]), [
      row(2, '1,"x\r\nno quote\ny"', { a: "1", b: "x\r\nno quote\ny" }),
      row(5, "2,3", { a: "2", b: "3" })
    ])
    assert.deepStrictEqual(csv(['1,"x', 'y",2', "3,4"]), [
      wrong(2, '1,"x\ny",2', "2 cells, as in the header, not 3"),
      row(4, "3,4", { a: "3", b: "4" })
    ])
  })

  it("with a quote that is never closed are one line each", () => {
    assert.deepStrictEqual(csv(['1,"x', "2,3", "4,5"]), [
      wrong(2, '1,"x', "a closing quote"),
      row(3, "2,3", { a: "2", b: "3" }),
      row(4, "4,5", { a: "4", b: "5" })
    ])
    const lines = (count: number) => ['1,"x', ...Array.from({ length: count }, (_, n) => `${n},y`), '2,z"']
    // 100 lines and the one in which it is closed.
    assert.deepStrictEqual(
      csv(lines(99)).map(({ line }) => line),
      [2]
    )
    const many = csv(lines(100))
    assert.strictEqual(many.length, 102)
    assert.deepStrictEqual(many[0], wrong(2, '1,"x', "a closing quote"))
    assert.deepStrictEqual(many.at(-1), row(103, '2,z"', { a: "2", b: 'z"' }))
    const long = (length: number) => csv([`1,"${"x".repeat(length - 3)}`, "2,3", '4,"']).length
    assert.deepStrictEqual([long(100_000 - 3), long(100_000 - 2)], [1, 3])
  })

  it("of another number of cells are wrong, unless each line has a delimiter more at its end", () => {
    assert.deepStrictEqual(csv(["1", "1,2,3"]), [
      wrong(2, "1", "2 cells, as in the header, not 1"),
      wrong(3, "1,2,3", "2 cells, as in the header, not 3")
    ])
    assert.deepStrictEqual(csv(["1,2,", "3,4,", "5,6", "7,8,9", "10,11,,"]), [
      row(2, "1,2,", { a: "1", b: "2" }),
      row(3, "3,4,", { a: "3", b: "4" }),
      row(4, "5,6", { a: "5", b: "6" }),
      wrong(5, "7,8,9", "2 cells, as in the header, not 3"),
      wrong(6, "10,11,,", "2 cells, as in the header, not 4")
    ])
    assert.deepStrictEqual(csv(["1,2", "3,4,"])[1], wrong(3, "3,4,", "2 cells, as in the header, not 3"))
  })

  it("that cannot be decoded are named by their encoding", () => {
    const bad = new Undecodable("\ufffd\r")
    assert.deepStrictEqual(csv([bad, "1,2"]), [wrong(2, "\ufffd", "text in UTF-8"), row(3, "1,2", { a: "1", b: "2" })])
    assert.deepStrictEqual(csv([bad], { encoding: "utf-16le" }), [wrong(2, "\ufffd", "text in UTF-16")])
    // Within a quote that is open they end it.
    assert.deepStrictEqual(csv(['1,"x', bad, '2"']), [
      wrong(2, '1,"x', "a closing quote"),
      wrong(3, "\ufffd", "text in UTF-8"),
      wrong(4, '2"', "2 cells, as in the header, not 1")
    ])
  })
})

describe("records of JSON", () => {
  const renamed = new Map([["B", "b"]])

  it("are objects, one a line, with the names that their keys mean", () => {
    assert.deepStrictEqual(
      read(Records.ndjson(renamed), ['{"a":1,"B":2}\r', " ", "[1]", "null", "{", '"x"', new Undecodable("\ufffd")])
        .found,
      [
        row(1, '{"a":1,"B":2}', { a: 1, b: 2 }),
        wrong(3, "[1]", "a JSON object"),
        wrong(4, "null", "a JSON object"),
        wrong(5, "{", "a JSON object"),
        wrong(6, '"x"', "a JSON object"),
        wrong(7, "\ufffd", "a JSON object")
      ]
    )
  })

  it("are lines, or the list of a document", () => {
    assert.deepStrictEqual(read(Records.json(renamed), ["", '{"B":1}', '{"B":2}']), {
      found: [row(2, '{"B":1}', { b: 1 }), row(3, '{"B":2}', { b: 2 })],
      trouble: null,
      stated: null
    })
    assert.deepStrictEqual(read(Records.json(renamed), ["[", '{"B":1},', "2", "]"]), {
      found: [row(1, '{"B":1}', { b: 1 }), wrong(2, "2", "a JSON object")],
      trouble: null,
      stated: null
    })
    assert.deepStrictEqual(read(Records.json(renamed), ['{"objects":[{"a":1}],"meta":{"total_count":7}}']), {
      found: [row(1, '{"a":1}', { a: 1 })],
      trouble: null,
      stated: 7
    })
  })

  it("are none of a document that has no list, and lines where it is no document", () => {
    assert.deepStrictEqual(read(Records.json(renamed), ["7"]), {
      found: [],
      trouble: "it is a JSON document without a list of rows",
      stated: null
    })
    assert.deepStrictEqual(read(Records.json(renamed), ["nothing", '{"a":1}']).found, [
      wrong(1, "nothing", "a JSON object"),
      row(2, '{"a":1}', { a: 1 })
    ])
    assert.deepStrictEqual(read(Records.json(renamed), [" ", ""]), { found: [], trouble: null, stated: null })
  })
})
