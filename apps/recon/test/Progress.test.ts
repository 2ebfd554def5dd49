import { assert, describe, it } from "@vobiz-effect/test-support"
import * as Progress from "../src/Progress.ts"
import * as VerifyView from "../src/VerifyView.ts"

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

describe("VerifyView.progress", () => {
  it("tells what was looked at until now, and no more than the terminal has place for", () => {
    const far = { entries: 2000, objects: 3, recordings: 40, audio: 5, unread: 1, bytes: 6_400_001 }
    assert.strictEqual(
      VerifyView.progress(far, 200),
      "2,000 entries   3 answers and files   40 recordings   6 files of audio, 6,401 kB"
    )
    assert.strictEqual(VerifyView.progress(far, 8), "2,000 e")
    assert.strictEqual(VerifyView.progress(null, 80), "")
  })
})
