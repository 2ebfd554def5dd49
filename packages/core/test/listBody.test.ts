import { assert, describe, it } from "@vobiz-effect/test-support"

import * as ListBody from "../src/internal/listBody.ts"

const keys: ListBody.Keys = { rows: "objects", meta: "meta", limit: "limit", total: "total", next: "next" }
const rows = [{ id: 1 }, { id: 2 }]

const read = (
  json: unknown,
  { asked = 20, next = "next", offset = 0 }: { asked?: number; next?: string | null; offset?: number } = {}
) => ListBody.read(json, { ...keys, next }, offset, asked)

describe("the body of a list", () => {
  const bodies: ReadonlyArray<readonly [string, unknown, ListBody.ListBody | ListBody.Fault]> = [
    [
      "with all that it may say",
      { meta: { limit: 2, total: 9, next: "/more" }, objects: rows },
      { rows, limit: 2, total: 9, hasNext: true }
    ],
    [
      "with numbers as text",
      { meta: { limit: "2", total: "9", next: null }, objects: rows },
      { rows, limit: 2, total: 9, hasNext: false }
    ],
    ["of rows alone", { objects: rows }, { rows, limit: 20, total: null, hasNext: true }],
    ["that is a list", rows, { rows, limit: 20, total: null, hasNext: true }],
    ["that is a list of one", [{ id: 1 }], { rows: [{ id: 1 }], limit: 20, total: null, hasNext: true }],
    ["that is an empty list", [], { rows: [], limit: 20, total: null, hasNext: false }],
    [
      "that is a list with one row that is none",
      [7, { id: 1 }],
      { rows: [7, { id: 1 }], limit: 20, total: null, hasNext: true }
    ],
    ["whose rows are null", { meta: { total: 0 }, objects: null }, { rows: [], limit: 20, total: 0, hasNext: false }],
    ["with no rows, uncounted", { objects: [] }, { rows: [], limit: 20, total: null, hasNext: false }],
    [
      "with a limit of 0 and a total below it",
      { meta: { limit: 0, total: -1 }, objects: rows },
      { rows, limit: 20, total: null, hasNext: true }
    ],
    [
      "with a limit of 1",
      { meta: { limit: 1, total: 0 }, objects: rows },
      { rows, limit: 1, total: 0, hasNext: false }
    ],
    [
      "with half a row",
      { meta: { limit: 2.5, total: 1.5 }, objects: rows },
      { rows, limit: 20, total: null, hasNext: true }
    ],
    ["whose meta is a list", { meta: [1], objects: rows }, { rows, limit: 20, total: null, hasNext: true }],
    ["with rows that are none", { objects: "none" }, { path: "objects", expected: "a list of rows" }],
    ["with other rows", { data: rows }, { path: "objects", expected: "a list of rows" }],
    ["that is a list of numbers", [1, 2], { path: "", expected: "a list of rows, or an object with them at objects" }],
    ["that is null", null, { path: "", expected: "a list of rows, or an object with them at objects" }],
    ["that is a text", "rows", { path: "", expected: "a list of rows, or an object with them at objects" }]
  ]
  for (const [name, json, expected] of bodies) {
    it(name, () => assert.deepStrictEqual<unknown>(read(json), expected))
  }

  const more: ReadonlyArray<readonly [unknown, boolean]> = [
    ["/more", true],
    [true, true],
    ["", true],
    [null, false],
    [false, false],
    // What says neither leaves it to the count: 7 of 9 rows lie above, and two are here.
    [undefined, false],
    [7, false],
    [{}, false]
  ]
  for (const [next, hasNext] of more) {
    it(`says by ${JSON.stringify(next)} whether more follows: ${hasNext}`, () => {
      assert.deepInclude(read({ meta: { total: 9, next }, objects: rows }, { offset: 7 }), { hasNext })
    })
  }

  it("is counted where it has no word for more", () => {
    const hasNext = (offset: number, meta: object = { total: 9, next: null }) => {
      const body = read({ meta, objects: rows }, { offset, next: null })
      return "hasNext" in body && body.hasNext
    }
    assert.deepStrictEqual([hasNext(6), hasNext(7), hasNext(8)], [true, false, false])
    assert.isTrue(hasNext(100, {}))
  })

  it("tells how many rows there are", () => {
    const total = (json: unknown) => ListBody.totalOf(json, keys)
    assert.deepStrictEqual(
      [{ meta: { total: 9 } }, { meta: { total: "0" } }, { meta: { total: null } }, { meta: null }, {}, [], null].map(
        total
      ),
      [9, 0, null, null, null, null, null]
    )
  })
})
