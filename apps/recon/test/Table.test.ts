import { assert, describe, it } from "@vobiz-effect/test-support"
import stringWidth from "string-width"
import * as Table from "../src/Table.ts"

const plain = { width: 80, color: false }

describe("Table.render", () => {
  it("aligns columns, numbers to the right", () => {
    const text = Table.render(
      [{ header: "Day" }, { header: "Calls", align: "right" }],
      [
        ["Mon", "7"],
        ["Tuesday", "1,234"]
      ],
      plain
    )
    assert.strictEqual(text, "Day      Calls\nMon          7\nTuesday  1,234")
  })

  it("is never wider than the terminal", () => {
    const text = Table.render([{ header: "a" }, { header: "b" }], [["x".repeat(100), "y".repeat(60)]], {
      width: 50,
      color: false
    })
    assert.deepStrictEqual(text.split("\n"), ["a                         b", `${"x".repeat(23)}…  ${"y".repeat(23)}…`])
  })

  it("counts columns of the terminal, not code units", () => {
    const rows = [
      ["मुंबई", "7"],
      ["東京支店", "12"],
      ["👩‍👩‍👧 line", "3"],
      ["plain", "4"]
    ]
    const text = Table.render([{ header: "Trunk" }, { header: "Calls", align: "right" }], rows, plain)
    const widths = new Set(text.split("\n").map((line) => stringWidth(line)))
    assert.deepStrictEqual([...widths], [stringWidth("東京支店") + "  Calls".length])
  })

  it("cuts between characters, at the room that there is", () => {
    const of = (cell: string) =>
      Table.render([{ header: "a" }], [[cell]], { width: 9, color: false }).split("\n")[1] ?? ""
    assert.strictEqual(of("東京支店大阪"), "東京支店…")
    assert.strictEqual(of("x東京支店大阪"), "x東京支…")
    assert.strictEqual(of("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧"), "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧…")
    assert.strictEqual(of("123456789"), "123456789")
    assert.strictEqual(of("1234567890"), "12345678…")
  })

  it("leaves out the last columns where all cannot be shown, and says so", () => {
    const columns = Array.from({ length: 12 }, (_, n) => ({ header: `column ${n}` }))
    const text = Table.render(columns, [columns.map(() => "z".repeat(20))], plain)
    assert.deepStrictEqual(text.split("\n"), [
      "column 0   column 1   column 2   column 3   column 4   column 5    column 6    …",
      `${`${"z".repeat(8)}…  `.repeat(5)}${`${"z".repeat(9)}…  `.repeat(2)}…`
    ])
  })

  it("keeps control characters of the data from the terminal", () => {
    assert.strictEqual(Table.render([{ header: "a" }], [["\u001b[31mred\u0007"]], plain), "a\n [31mred")
  })

  it("uses no colour unless it may", () => {
    assert.strictEqual(Table.render([{ header: "a" }], [["b"]], plain), "a\nb")
    assert.strictEqual(Table.render([{ header: "a" }], [["b"]], { width: 80, color: true }), "\u001b[1ma\u001b[22m\nb")
  })
})
