import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration } from "effect"

import { ProviderRow } from "../src/index.ts"

/** How a CDR's row is read: a field is `null` where it is unreadable, and then its name is told. */
const read = (fields: object) => {
  const row = ProviderRow.cdr.reader()({ uuid: "u", start_time: "2026-05-07 09:45:35Z", ...fields })
  return row._tag === "Success" ? row.success : undefined
}

describe("an instant", () => {
  const instants: ReadonlyArray<readonly [string, string | null]> = [
    ["2026-01-01 00:00:00Z", "2026-01-01T00:00:00.000Z"],
    ["2026-12-31T23:59:59.999999999Z", "2026-12-31T23:59:59.999Z"],
    ["2026-05-07T09:45:35.7Z", "2026-05-07T09:45:35.700Z"],
    ["2026-05-07T09:45:35.07Z", "2026-05-07T09:45:35.070Z"],
    ["2024-02-29 00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2000-02-29 00:00:00Z", "2000-02-29T00:00:00.000Z"],
    ["2026-05-07 09:45:35-05:30", "2026-05-07T15:15:35.000Z"],
    ["2026-05-07 09:45:35+23:59", "2026-05-06T09:46:35.000Z"],
    ["2026-04-30 00:00:00Z", "2026-04-30T00:00:00.000Z"],
    ["2026-00-01 00:00:00Z", null],
    ["2026-13-01 00:00:00Z", null],
    ["2026-05-00 00:00:00Z", null],
    ["2026-04-31 00:00:00Z", null],
    ["2026-02-29 00:00:00Z", null],
    ["1900-02-29 00:00:00Z", null],
    ["2026-05-07 24:00:01Z", null],
    ["2026-05-07 09:60:00Z", null],
    ["2026-05-07 09:45:60Z", null],
    ["2026-05-07 09:45:35+24:00", null],
    ["2026-05-07 09:45:35+05:60", null],
    ["2026-05-07 09:45:35.Z", null],
    ["2026-05-07X09:45:35Z", null],
    ["2026-05-07XT9:45:35Z", null],
    ["2026/05/07 09:45:35Z", null],
    ["07/05/2026 09:45:35", null],
    ["2026-05-07 09-45-35Z", null],
    ["2026-05-07 09:45:35Z and more", null],
    [`${" ".repeat(80)}2026-05-07 09:45:35Z`, "2026-05-07T09:45:35.000Z"],
    [`${" ".repeat(81)}2026-05-07 09:45:35Z`, null],
    ["2026-000T00:00Z", null],
    ["2026-001T00:00Z", "2026-01-01T00:00:00.000Z"],
    ["2026-365T00:00Z", "2026-12-31T00:00:00.000Z"],
    ["2026-366T00:00Z", null],
    ["2026-W00-1T00:00Z", null],
    ["2026-W53-7T00:00Z", "2027-01-03T00:00:00.000Z"],
    ["2026-W54-1T00:00Z", null]
  ]
  for (const [text, instant] of instants) {
    it(`${JSON.stringify(text.trim())} is ${instant ?? "none"}`, () => {
      const row = read({ end_time: text })
      assert.deepStrictEqual(
        [row?.endTime === null || row === undefined ? null : DateTime.formatIso(row.endTime), row?.unreadable],
        [instant, instant === null ? ["end_time"] : []]
      )
    })
  }
})

describe("a duration", () => {
  const durations: ReadonlyArray<readonly [unknown, number | null]> = [
    [0, 0],
    [40, 40],
    ["40", 40],
    ["7.5", 7.5],
    ["1:02:03", 3723],
    ["0:00:59", 59],
    ["0:59:00", 3540],
    ["123456:00:00", 123_456 * 3600],
    ["1234567:00:00", null],
    ["0:60:00", null],
    ["0:00:60", null],
    ["1:02:03 h", null],
    ["~1:02:03", null],
    [-1, null],
    ["", null],
    [true, null]
  ]
  for (const [value, seconds] of durations) {
    it(`${JSON.stringify(value)} is ${seconds ?? "none"}`, () => {
      const row = read({ duration: value })
      assert.strictEqual(row?.duration === null || row === undefined ? null : Duration.toSeconds(row.duration), seconds)
    })
  }

  it("of ringing is no longer than its call", () => {
    const ringing = (ring: number) => read({ duration: 40, ring_time: ring })
    assert.deepStrictEqual([Duration.toSeconds(ringing(40)?.ringTime ?? 0), ringing(40)?.unreadable], [40, []])
    assert.deepStrictEqual([ringing(41)?.ringTime, ringing(41)?.unreadable], [null, ["ring_time"]])
  })
})
