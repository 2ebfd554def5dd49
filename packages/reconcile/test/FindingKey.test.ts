/** By what a ledger knows findings, of this version and of those before. */
import { assert, describe, it } from "@vobiz-effect/test-support"

import { type Finding, FindingKey } from "../src/index.ts"
import { renamed } from "../src/internal/ledgerSchema.ts"

const of = (code: Finding.Code, cdrs: ReadonlyArray<object>, recordings: ReadonlyArray<object> = []) =>
  FindingKey.of({ code, cdrs, recordings } as unknown as Finding.Finding)

describe("a finding's key", () => {
  const [call, row, recording] = [{ uuid: "u", id: null }, { uuid: "u", id: "7" }, { recordingId: "r" }]

  it("is its code and its CDR, by the number too, or else its recording", () => {
    assert.deepStrictEqual(
      [of("missing", [call]), of("missing", [row, call], [recording]), of("orphan", [], [recording]), of("orphan", [])],
      ["missing cdr u", "missing cdr u 7", "orphan recording r", "orphan recording "]
    )
  })

  it("has the recording as well of one that was changed, of which a call may have several", () => {
    assert.deepStrictEqual(
      [
        of("deleted-since", [call], [recording]),
        of("shortened-since", [row], [recording]),
        of("deleted-since", [], [recording]),
        of("deleted-since", [call]),
        of("recording-longer", [call], [recording])
      ],
      [
        "deleted-since cdr u recording r",
        "shortened-since cdr u 7 recording r",
        "deleted-since recording r",
        "deleted-since cdr u",
        "recording-longer cdr u"
      ]
    )
  })
})

describe("a finding's text of before", () => {
  it("has the code that its reason said, and no such reason", () => {
    const text = (code: string, reason: string | null) => JSON.stringify({ code, reason, cdrs: [] })
    assert.strictEqual(renamed(text("duration-mismatch", "recording-longer")), text("recording-longer", null))
    assert.strictEqual(renamed(text("duration-mismatch", "recording-shorter")), text("partly-recorded", null))
    for (const one of [text("missing", "by-rule"), text("recording-longer", null)])
      assert.strictEqual(renamed(one), one)
  })
})
