import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime } from "effect"

import * as Timestamp from "../src/internal/timestamp.ts"

const shown = (stamp: Timestamp.Timestamp | undefined) =>
  stamp === undefined ? null : `${DateTime.formatIso(stamp.instant)}${stamp.zoneStated ? "" : " (no zone)"}`

const two = (number: number) => String(number).padStart(2, "0")

/** Whether a calendar has the day: as `Date` counts it, which takes the 31st of April for the 1st of May. */
const isDay = (year: number, month: number, day: number) => {
  const date = new Date(Date.UTC(2000, month - 1, day))
  date.setUTCFullYear(year, month - 1, day)
  return month >= 1 && month <= 12 && day >= 1 && date.getUTCDate() === day && date.getUTCMonth() === month - 1
}

describe("the form that nearly all instants have", () => {
  it("has each day of leap years and others, and no other day", () => {
    for (const year of [1, 4, 99, 100, 400, 1600, 1899, 1900, 1969, 1970, 1999, 2000, 2001, 2024, 2026, 2100, 9999]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T23:59:59.999Z`
          const expected = isDay(year, month, day) ? text : null
          assert.strictEqual(shown(Timestamp.usual(text)), expected, text)
          assert.strictEqual(shown(Timestamp.parseTimestamp(text)), expected, text)
        }
      }
    }
  })

  it("has each hour, minute and second, and no other", () => {
    for (let number = 0; number <= 61; number++) {
      for (const [text, most] of [
        [`2026-05-07T${two(number)}:59:59.000Z`, 23],
        [`2026-05-07T23:${two(number)}:59.000Z`, 59],
        [`2026-05-07T23:59:${two(number)}.000Z`, 59]
      ] as const) {
        assert.strictEqual(shown(Timestamp.usual(text)), number <= most ? text : null, text)
      }
    }
  })

  const texts: ReadonlyArray<readonly [string, string | null]> = [
    ["2026-05-07 09:45:35", "2026-05-07T09:45:35.000Z (no zone)"],
    ["2026-05-07T09:45:35", "2026-05-07T09:45:35.000Z (no zone)"],
    ["2026-05-07 09:45:35Z", "2026-05-07T09:45:35.000Z"],
    ["2026-05-07 09:45:35 Z", "2026-05-07T09:45:35.000Z"],
    ["2026-05-07 09:45:35 ", "2026-05-07T09:45:35.000Z (no zone)"],
    ["2026-05-07 09:45:35.7 Z", "2026-05-07T09:45:35.700Z"],
    ["2026-05-07 09:45:35.79276+05:30", "2026-05-07T04:15:35.792Z"],
    ["2026-05-07 09:45:35.79276 +05:30", "2026-05-07T04:15:35.792Z"],
    ["2026-05-07 09:45:35+0530", "2026-05-07T04:15:35.000Z"],
    ["2026-05-07 09:45:35-0800", "2026-05-07T17:45:35.000Z"],
    ["2026-05-07 09:45:35-08:15", "2026-05-07T18:00:35.000Z"],
    ["2026-05-07 09:45:35+23:59", "2026-05-06T09:46:35.000Z"],
    ["2026-05-07 09:45:35+00:00", "2026-05-07T09:45:35.000Z"],
    ["2026-05-07 09:45:35.1", "2026-05-07T09:45:35.100Z (no zone)"],
    ["2026-05-07 09:45:35.12", "2026-05-07T09:45:35.120Z (no zone)"],
    ["2026-05-07 09:45:35.123", "2026-05-07T09:45:35.123Z (no zone)"],
    ["2026-05-07 09:45:35.1239", "2026-05-07T09:45:35.123Z (no zone)"],
    ["2026-05-07 09:45:35.004999999Z", "2026-05-07T09:45:35.004Z"],
    // Of other forms, or of none.
    ["2026-05-07 09:45:35.1234567890Z", null],
    ["2026-05-07 09:45:35.Z", null],
    ["2026-05-07 09:45:35.", null],
    ["2026-05-07 09:45:35+05", null],
    ["2026-05-07 09:45:35+05:3", null],
    ["2026-05-07 09:45:35+05:300", null],
    ["2026-05-07 09:45:35+24:00", null],
    ["2026-05-07 09:45:35+05:60", null],
    ["2026-05-07 09:45:35*05:30", null],
    ["2026-05-07 09:45:35Zx", null],
    ["2026-05-07 09:45:35x", null],
    ["2026-05-07 09:45", null],
    ["2026-05-07", null],
    ["2026-05-07x09:45:35", null],
    ["2026x05-07 09:45:35", null],
    ["2026-05x07 09:45:35", null],
    ["2026-05-07 09x45:35", null],
    ["2026-05-07 09:45x35", null],
    ["2o26-05-07 09:45:35", null],
    ["2026-0/-07 09:45:35", null],
    ["2026-0:-07 09:45:35", null],
    ["", null]
  ]
  for (const [text, expected] of texts) {
    it(`${JSON.stringify(text)}: ${expected ?? "none"}`, () => {
      assert.strictEqual(shown(Timestamp.usual(text)), expected)
    })
  }
})

describe("an instant in another form", () => {
  const at = "2026-05-07T09:45:35.000Z"
  const minute = "2026-05-07T09:45:00.000Z"
  const texts: ReadonlyArray<readonly [string, string | null]> = [
    // Of PostgreSQL and ISO 8601, with parts left out.
    ["2026-05-07 09:45", `${minute} (no zone)`],
    ["2026-05-07t09:45z", minute],
    ["2026-05-07 09:45+05", "2026-05-07T04:45:00.000Z"],
    ["2026-05-07 09:45:35-05", "2026-05-07T14:45:35.000Z"],
    ["2026-05-07 09:45:35+05:30:00", "2026-05-07T04:15:35.000Z"],
    ["2026-05-07 09:45:35+0530 (IST)", "2026-05-07T04:15:35.000Z"],
    ["2026-05-07T09:45:35+05:30[Asia/Kolkata]", "2026-05-07T04:15:35.000Z"],
    ["2026-05-07 09:45:35 UTC", at],
    ["2026-05-07 09:45:35 gmt", at],
    ["2026-05-07 09:45:35UT", at],
    ["2026-05-07 09:45:35,5", "2026-05-07T09:45:35.500Z (no zone)"],
    ["2026-05-07 09:45:35.01", "2026-05-07T09:45:35.010Z (no zone)"],
    ["2026-05-07 09:45:35.12345678901234567890Z", "2026-05-07T09:45:35.123Z"],
    ["2026-05-07 09:45:35.123456789012345678901Z", null],
    ["2026-05-07 24:00:00Z", "2026-05-08T00:00:00.000Z"],
    ["2026-05-07 24:00Z", "2026-05-08T00:00:00.000Z"],
    ["2026-05-07 24:00:01Z", null],
    ["2026-05-07 24:01:00Z", null],
    ["2026-05-07 25:00:00Z", null],
    ["2026-05-07 09:60Z", null],
    ["2026-05-07 09:45+24", null],
    ["2026-05-07 09:45+05:60:00", null],
    ["2026-05-07 09:45+05:30:01", null],
    [" 2026-05-07 09:45 ", `${minute} (no zone)`],
    // The nth day of a year.
    ["2026-127T09:45Z", minute],
    ["2026-001T00:00Z", "2026-01-01T00:00:00.000Z"],
    ["2026-365T00:00Z", "2026-12-31T00:00:00.000Z"],
    ["2024-366T00:00Z", "2024-12-31T00:00:00.000Z"],
    ["2026-366T00:00Z", null],
    ["2024-367T00:00Z", null],
    ["2026-000T00:00Z", null],
    // A day of a week.
    ["2026-W19-4T09:45Z", minute],
    ["2026-W01-1T00:00Z", "2025-12-29T00:00:00.000Z"],
    ["2027-W01-1T00:00Z", "2027-01-04T00:00:00.000Z"],
    ["2024-W01-1T00:00Z", "2024-01-01T00:00:00.000Z"],
    ["2020-W53-7T00:00Z", "2021-01-03T00:00:00.000Z"],
    ["2026-W54-1T00:00Z", null],
    ["2026-W00-1T00:00Z", null],
    ["2026-W19-8T00:00Z", null],
    ["2026-W19-0T00:00Z", null],
    // Without signs between.
    ["20260507T094535Z", at],
    ["20260507T0945Z", minute],
    ["20260507T094535.25+0530", "2026-05-07T04:15:35.250Z"],
    ["20260507T094535,25", "2026-05-07T09:45:35.250Z (no zone)"],
    ["2026127T0945Z", minute],
    ["2026W194T0945Z", minute],
    ["20260532T0945Z", null],
    ["2026050T0945Z", "2026-02-19T09:45:00.000Z"],
    // Of mails and of programs.
    ["Thu, 07 May 2026 09:45:35 +0000", at],
    ["Thu, 7 May 2026 09:45:35 GMT", at],
    ["7 May 2026 09:45", `${minute} (no zone)`],
    ["Thursday, 07 May 2026 15:15:35 +0530", at],
    ["thu 07 may 2026 09:45:35 z", at],
    ["Thu May 07 09:45:35 2026", `${at} (no zone)`],
    ["Thu May  7 09:45:35.25 2026 UTC", "2026-05-07T09:45:35.250Z"],
    ["May 7 09:45:35 2026 +05:30", "2026-05-07T04:15:35.000Z"],
    ["31 Apr 2026 09:45 Z", null],
    ["0 May 2026 09:45 Z", null],
    ["07 Mai 2026 09:45 Z", null],
    ["Thu, 07 May 2026 09:45:35 IST", null],
    ["07.05.2026 09:45:35 UTC", at],
    ["07.05.2026 09:45", `${minute} (no zone)`],
    ["31.04.2026 09:45", null],
    ["32.05.2026 09:45", null],
    ["01.13.2026 09:45", null],
    ["01.00.2026 09:45", null],
    ["01.01.2026 09:45Z", "2026-01-01T09:45:00.000Z"],
    ["31.12.2026 09:45Z", "2026-12-31T09:45:00.000Z"],
    ["07/05/2026 09:45", null],
    [`Thu, 07 May 2026 09:45:35 +0000 (${"a".repeat(40)})`, at],
    [`Thu, 07 May 2026 09:45:35 +0000 (${"a".repeat(41)})`, null],
    [`${" ".repeat(81)}2026-05-07 09:45:35`, `${at} (no zone)`],
    [`${" ".repeat(82)}2026-05-07 09:45:35`, null]
  ]
  for (const [text, expected] of texts) {
    it(`${JSON.stringify(text)}: ${expected ?? "none"}`, () => {
      assert.strictEqual(shown(Timestamp.parseTimestamp(text)), expected)
    })
  }

  it("has each month by its name", () => {
    const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    for (const [index, name] of names.entries()) {
      const expected = `2026-${two(index + 1)}-05T09:45:00.000Z`
      assert.strictEqual(shown(Timestamp.parseTimestamp(`5 ${name} 2026 09:45 Z`)), expected)
      assert.strictEqual(shown(Timestamp.parseTimestamp(`${name.toUpperCase()} 5 09:45 2026 Z`)), expected)
    }
  })
})

describe("an instant that names no zone", () => {
  const inZone = (text: string, zone: DateTime.TimeZone) =>
    DateTime.formatIso(Timestamp.inZone(DateTime.makeUnsafe(text), zone))

  it("is of the zone that is set, with its summer time, to the minute of each change", () => {
    const berlin = DateTime.zoneMakeNamedUnsafe("Europe/Berlin")
    const kathmandu = DateTime.zoneMakeNamedUnsafe("Asia/Kathmandu")
    const ahead = DateTime.zoneMakeOffset(5.5 * 3_600_000)
    const behind = DateTime.zoneMakeOffset(-8 * 3_600_000)
    for (let round = 0; round < 2; round++) {
      // Once it is asked for, it is remembered.
      assert.strictEqual(inZone("2026-03-29T01:59:59.999Z", berlin), "2026-03-29T00:59:59.999Z")
      assert.strictEqual(inZone("2026-03-29T03:00:00Z", berlin), "2026-03-29T01:00:00.000Z")
      assert.strictEqual(inZone("2026-07-01T12:34:56.789Z", berlin), "2026-07-01T10:34:56.789Z")
      assert.strictEqual(inZone("2026-07-01T12:44:59Z", berlin), "2026-07-01T10:44:59.000Z")
      assert.strictEqual(inZone("2026-12-01T12:00:00Z", berlin), "2026-12-01T11:00:00.000Z")
      assert.strictEqual(inZone("2026-07-01T12:00:00Z", kathmandu), "2026-07-01T06:15:00.000Z")
      assert.strictEqual(inZone("2026-07-01T12:34:56.789Z", ahead), "2026-07-01T07:04:56.789Z")
      assert.strictEqual(inZone("2026-07-01T12:34:56.789Z", behind), "2026-07-01T20:34:56.789Z")
    }
  })
})
