import { readFileSync } from "node:fs"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, Result, Schema } from "effect"

import { PhoneNumber, ProviderRow } from "../src/index.ts"

const cdr = {
  uuid: "a",
  start_time: "2026-05-11T06:59:26Z",
  duration: 42,
  billsec: 35,
  destination_number: "9812345670",
  total_cost: 0.3,
  currency: "INR"
}

const at = "2026-05-07 09:45:35Z"

const read = <A>(kind: ProviderRow.Kind<A>, row: unknown, callingCode: string | null = null) =>
  Result.getOrThrow(kind.reader({ callingCode })(row))

const fault = <A>(kind: ProviderRow.Kind<A>, row: unknown) => Result.getOrThrow(Result.flip(kind.reader()(row)))

describe("ProviderRow", () => {
  it("reads a CDR of JSON and of CSV alike", () => {
    const json = read(ProviderRow.cdr, cdr, "91")
    assert.strictEqual(json.to === null ? null : PhoneNumber.revealE164(json.to), "+919812345670")
    assert.deepStrictEqual(json.billsec, Duration.seconds(35))
    const cells = Object.fromEntries(Object.entries(cdr).map(([key, value]) => [key, String(value)]))
    assert.deepStrictEqual(read(ProviderRow.cdr, { ...cells, answer_time: "", bridge_uuid: null }, "91"), json)
  })

  it("reads a recording and a trunk", () => {
    const recording = read(ProviderRow.recording, {
      recording_id: "r",
      call_uuid: "a",
      recording_type: "call",
      add_time: "2026-05-07 09:45:35.79276+05:30"
    })
    assert.strictEqual(DateTime.formatIso(recording.addTime), "2026-05-07T04:15:35.792Z")
    const trunk = read(ProviderRow.trunk, { trunk_id: "t", recording: true })
    assert.isTrue(trunk.recording)
  })

  it("writes a row that it reads again, with numbers masked unless they are to be shown", () => {
    const fixture = (name: string) =>
      JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8")) as unknown
    const again = <A>(kind: ProviderRow.Kind<A>, name: string) => {
      const rows = ProviderRow.rowsOf(fixture(name)) ?? [fixture(name)]
      assert.isAbove(rows.length, 0)
      for (const raw of rows) {
        const row = read(kind, raw, "91")
        const written = kind.toJson(row, { reveal: true })
        assert.includeMembers([...kind.known], Object.keys(written))
        assert.deepStrictEqual(kind.toJson(read(kind, written, "91"), { reveal: true }), written)
        const text = JSON.stringify(kind.toJson(row))
        for (const number of Object.values(row as object).filter(PhoneNumber.isPhoneNumber)) {
          assert.notInclude(text, PhoneNumber.revealRaw(number))
          assert.include(text, PhoneNumber.mask(number))
        }
      }
    }
    again(ProviderRow.cdr, "cdr-list")
    again(ProviderRow.recording, "recordings-list.page1")
    again(ProviderRow.trunk, "trunk-get")
    const named = ProviderRow.cdr.toJson(read(ProviderRow.cdr, { ...cdr, caller_id_name: "Asha +91 98450 12345" }))
    assert.deepInclude(named, {
      caller_id_name: "Asha +** ***** ***45",
      total_cost: "0.3",
      currency: "INR",
      billsec: 35
    })
  })

  it("takes an amount beyond any bill for unreadable, as a database cannot hold it", () => {
    for (const amount of [1e308, "9007199254740993123456789", -1e16]) {
      const row = read(ProviderRow.recording, {
        recording_id: "r",
        add_time: at,
        monthly_recording_storage_amount: amount
      })
      assert.deepStrictEqual([row.monthlyStorageAmount, row.unreadable], [null, ["monthly_recording_storage_amount"]])
    }
  })

  it("takes the rows out of lists, and of nothing else", () => {
    assert.deepStrictEqual(ProviderRow.rowsOf({ objects: [1], meta: {} }), [1])
    assert.deepStrictEqual(ProviderRow.rowsOf({ data: null, pagination: {} }), [])
    for (const other of [null, 7, "x", {}, { data: {} }, { data: null }]) assert.isNull(ProviderRow.rowsOf(other))
  })

  it("says which field is wrong, and not what it holds", () => {
    assert.deepStrictEqual(fault(ProviderRow.cdr, { ...cdr, start_time: "919812345670" }), {
      field: "start_time",
      expected: "a timestamp such as 2026-05-07 09:45:35.79276+05:30"
    })
    assert.strictEqual(fault(ProviderRow.cdr, { ...cdr, uuid: "" }).field, "uuid")
    assert.notMatch(JSON.stringify(fault(ProviderRow.cdr, { ...cdr, start_time: 919812345670 })), /9198/)
    assert.strictEqual(fault(ProviderRow.trunk, [1]).field, "")
  })

  it.effect.prop(
    "reads an instant however it is printed",
    {
      at: Schema.Int.check(Schema.isBetween({ minimum: Date.UTC(0), maximum: Date.UTC(9998, 0) })),
      minutes: Schema.Int.check(Schema.isBetween({ minimum: -14 * 60, maximum: 14 * 60 })),
      form: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
      places: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
    },
    ({ at, form, minutes, places }) =>
      Effect.sync(() => {
        const offset = form < 2 ? 0 : minutes
        const two = (number: number) => String(number).padStart(2, "0")
        const ahead = Math.abs(offset)
        const sign = offset < 0 ? "-" : "+"
        const zone = ["", "Z", `${sign}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`][Math.min(form, 2)] ?? ""
        const printed = new Date(at + offset * 60_000).toISOString()
        const fraction = printed.slice(20, 23).padEnd(9, "7").slice(0, places)
        const text = `${printed.slice(0, 10)}${form === 1 ? "T" : " "}${printed.slice(11, 19)}${places > 0 ? "." : ""}${fraction}`
        const expected = at - (places < 3 ? (((at % 1000) + 1000) % 1000) % 10 ** (3 - places) : 0)
        for (const zoned of form === 3 ? [zone.replace(":", ""), ` ${zone}`] : [zone]) {
          const { startTime, zoneStated } = read(ProviderRow.cdr, { ...cdr, start_time: text + zoned })
          assert.deepStrictEqual([startTime.epochMilliseconds, zoneStated], [expected, zone !== ""])
        }
      })
  )

  it("takes nothing for an instant that is none", () => {
    const good = "2026-05-07 09:45:35.79276+05:30"
    for (let end = 0; end < good.length; end++) {
      const cut = good.slice(0, end)
      // What is cut after the minute is an instant still, of another zone or of none.
      if (!/ 09:45(:35(\.\d+)?(\+05(:30)?)?)?$/.test(cut))
        assert.strictEqual(fault(ProviderRow.cdr, { ...cdr, start_time: cut }).field, "start_time")
    }
    const bad = [
      `${good}x`,
      "2026-13-07 09:45:35Z",
      "2026-00-07 09:45:35Z",
      "2026-05-32 09:45:35Z",
      "2026-05-00 09:45:35Z",
      "2026-02-30 09:45:35Z",
      "2025-02-29 09:45:35Z",
      "2026-05-07",
      "05/07/2026 09:45:35 UTC",
      "2026-367T09:45:35Z",
      "2026-W54-1T09:45:35Z",
      "Thu, 07 May 2026 09:45:35 IST",
      "2026-05-07 24:45:35Z",
      "2026-05-07 09:60:35Z",
      "2026-05-07 09:45:60Z",
      "2026-05-07 09:45:35+24:00",
      "2026-05-07 09:45:35+05:60",
      "2026/05/07 09:45:35Z",
      "2026-05-07_09:45:35Z",
      "2026-05-07 09-45-35Z",
      "20a6-05-07 09:45:35Z"
    ]
    for (const start_time of bad) assert.strictEqual(fault(ProviderRow.cdr, { ...cdr, start_time }).field, "start_time")
  })

  it("requires no key that it does not know, and reads a row of those alone", () => {
    for (const { known, required } of [ProviderRow.cdr, ProviderRow.recording, ProviderRow.trunk]) {
      assert.deepStrictEqual(
        required.flat().filter((key) => !known.has(key)),
        []
      )
    }
    for (const kind of [ProviderRow.cdr, ProviderRow.recording, ProviderRow.trunk]) {
      const whole = { uuid: "u", start_time: at, recording_id: "r", add_time: at, trunk_id: "t" }
      read<unknown>(kind, whole)
      for (const keys of kind.required) {
        const row = Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key)))
        assert.strictEqual(fault<unknown>(kind, row).field, keys[0])
        for (const key of keys) read<unknown>(kind, { ...row, [key]: whole[key as keyof typeof whole] ?? "i" })
      }
    }
  })
})
