import { assert, describe, it } from "@vobiz-effect/test-support"
import { type DateTime, Redacted } from "effect"

import * as Read from "../src/internal/readers.ts"
import * as RowTable from "../src/internal/rowTable.ts"

interface Row extends RowTable.Tolerant {
  readonly id: string
  readonly at: DateTime.Utc
  readonly name: string | null
  readonly seen: DateTime.Utc | null
}

const at = Read.instant(null)
const table = RowTable.make<Row>(
  {
    id: RowTable.needed("id", Read.id, "old_id"),
    at: RowTable.needed("at", at),
    name: RowTable.optional("name", Read.text),
    seen: RowTable.optional("seen", Read.instant(null))
  },
  { identity: ["id", "old_id"], extra: ["api_id"], at: RowTable.orderField("at", at, ({ at }) => at) }
)
/** The same without a place. */
const unplaced = RowTable.make<Row>(
  {
    id: RowTable.needed("id", Read.id),
    at: RowTable.needed("at", at),
    name: RowTable.optional("name", Read.text),
    seen: RowTable.optional("seen", at)
  },
  { identity: ["id"] }
)

const noon = "2026-05-07T12:00:00Z"
const millis = Date.parse(noon)

const one = (raw: unknown) => {
  const row = table.one(raw)
  return RowTable.isFault(row)
    ? row
    : { ...row, at: row.at.epochMilliseconds, seen: row.seen?.epochMilliseconds ?? null }
}

describe("a table of fields", () => {
  it("knows the keys it reads, and which of them a row must have", () => {
    assert.deepStrictEqual([...table.known].toSorted(), ["api_id", "at", "id", "name", "old_id", "seen"])
    assert.deepStrictEqual(table.required, [["id", "old_id"], ["at"]])
  })

  const timestamp = "a timestamp such as 2026-05-07 09:45:35.79276+05:30"
  const good = { id: "a", at: millis, name: null, seen: null, unreadable: [], zoneless: [] }
  const rows: ReadonlyArray<readonly [string, unknown, object]> = [
    ["a whole row", { id: "a", at: noon, name: "n", seen: noon }, { ...good, name: "n", seen: millis }],
    ["absent fields", { id: "a", at: noon, name: null, seen: "" }, good],
    ["an odd field", { id: "a", at: noon, name: 7 }, { ...good, unreadable: ["name"] }],
    ["two odd fields", { id: "a", at: noon, name: 7, seen: "x" }, { ...good, unreadable: ["name", "seen"] }],
    [
      "instants without a zone",
      { id: "a", at: noon.slice(0, 19), seen: noon.slice(0, 19) },
      { ...good, seen: millis, zoneless: ["at", "seen"] }
    ],
    ["an id that stands elsewhere", { old_id: 7, at: noon }, { ...good, id: "7" }],
    ["an odd id, and one elsewhere", { id: {}, old_id: "b", at: noon }, { ...good, id: "b", unreadable: ["id"] }],
    ["no id", { at: noon }, { field: "id", expected: "an id" }],
    ["no id, and none elsewhere", { id: "", old_id: "", at: noon }, { field: "id", expected: "an id" }],
    ["an odd id, and none elsewhere", { id: {}, at: noon }, { field: "id", expected: "an id" }],
    ["an odd id, and an odd one elsewhere", { id: {}, old_id: {}, at: noon }, { field: "id", expected: "an id" }],
    ["no instant", { id: "a" }, { field: "at", expected: timestamp }],
    ["an odd instant", { id: "a", at: 7 }, { field: "at", expected: timestamp }],
    ["no row", 7, { field: "", expected: "an object" }],
    ["a list", [], { field: "", expected: "an object" }],
    ["null", null, { field: "", expected: "an object" }]
  ]
  for (const [name, raw, expected] of rows) {
    it(`reads ${name}`, () => assert.deepStrictEqual<unknown>(one(raw), expected))
  }

  it("sets rows aside with their text, id, index and place", () => {
    const near = (second: number) => new Date(millis + 1000 * second).toISOString()
    const found = table.many([
      { id: " ", at: noon },
      { id: "a", at: near(1) },
      { id: "b", at: "now" },
      { id: "d", old_id: 7 },
      { old_id: 7 },
      { id: "c", at: near(2) },
      7,
      undefined
    ])
    assert.deepStrictEqual(
      found.rows.map(({ id }) => id),
      ["a", "c"]
    )
    assert.deepStrictEqual(
      found.rejects.map(({ field, id, index, near, raw }) => [index, id, field, near, Redacted.value(raw)]),
      [
        // Its own instant.
        [0, null, "id", millis, `{"id":" ","at":"${noon}"}`],
        // That of the row above.
        [2, "b", "at", millis + 1000, '{"id":"b","at":"now"}'],
        [3, "d", "at", millis + 1000, '{"id":"d","old_id":7}'],
        [4, "7", "at", millis + 1000, '{"old_id":7}'],
        [6, null, "", millis + 2000, "7"],
        [7, null, "", millis + 2000, "null"]
      ]
    )
  })

  it("sets a row aside that has no row above it, at the place of the first one below", () => {
    assert.strictEqual(table.many([7, { id: "a", at: noon }]).rejects[0]?.near, millis)
    assert.isNull(table.many([7]).rejects[0]?.near)
    assert.isNull(unplaced.many([{ id: "a", at: noon }, 7]).rejects[0]?.near)
    assert.deepStrictEqual(table.many([]), { rows: [], rejects: [] })
  })

  it("takes text that is not blank and whole numbers for ids", () => {
    assert.deepStrictEqual(["a", " ", "", 7, 7.5, 2 ** 53, null, {}].map(RowTable.isId), [
      true,
      false,
      false,
      true,
      false,
      false,
      false,
      false
    ])
  })

  it("tells objects from lists and null", () => {
    assert.deepStrictEqual([{}, [], null, "a", undefined].map(RowTable.isObject), [true, false, false, false, false])
  })
})
