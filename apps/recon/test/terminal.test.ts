import { assert, describe, it } from "@vobiz-effect/test-support"
import * as Terminal from "../src/internal/terminal.ts"
import * as Table from "../src/Table.ts"

const nasty = "a\u001b[2J\u009b31m\u007f\u202eb\u2066\u2028\u0000z"

describe("what others wrote, on a terminal", () => {
  it("is not obeyed in JSON, and stays the same value", () => {
    for (const indent of [undefined, 2]) {
      const text = Terminal.json({ nasty, list: [nasty] }, indent)
      assert.notMatch(text.replaceAll("\n", ""), Terminal.unseen)
      assert.deepStrictEqual(JSON.parse(text), { nasty, list: [nasty] })
    }
  })

  it("is not obeyed in a table, and words in other scripts stay whole", () => {
    // What joins and parts letters in Hindi is no control character.
    const name = "क्‍ष नमस्ते"
    const text = Table.render([{ header: "A" }, { header: "B" }], [[nasty, name]], { width: 80, color: false })
    assert.notMatch(text.replaceAll("\n", ""), Terminal.unseen)
    assert.include(text, name)
  })
})
