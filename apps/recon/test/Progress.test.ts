import { assert, describe, it } from "@effect/vitest"
import * as Progress from "../src/Progress.ts"

describe("Progress.line", () => {
  it("shows how far each list has come", () => {
    const line = Progress.line(
      [
        { name: "recordings", rows: 500, total: 1000 },
        { name: "call detail records", rows: 12, total: 12 }
      ],
      200
    )
    assert.include(line, "recordings ████████████░░░░░░░░░░░░ 500/1,000")
    assert.include(line, "call detail records ████████████████████████ 12/12")
  })

  it("never goes beyond the whole, or the terminal", () => {
    const line = Progress.line([{ name: "recordings", rows: 1010, total: 1000 }], 40)
    assert.isBelow(line.length, 40)
    assert.notInclude(Progress.line([{ name: "recordings", rows: 1010, total: 1000 }], 200), "1,010")
  })
})
