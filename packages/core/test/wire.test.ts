import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Redacted, Result } from "effect"

import { CallDetailRecord, Money, ProviderRow, Recording } from "../src/index.ts"
import { summaryOf } from "../src/internal/cdrWire.ts"

const cdr = {
  id: "17",
  uuid: "c1",
  account_id: "MA_1",
  call_direction: "inbound",
  caller_id_name: "Asha",
  caller_id_number: "+918045670012",
  destination_number: "+919812345601",
  start_time: "2026-05-07T09:00:00.000Z",
  progress_time: "2026-05-07T09:00:01.000Z",
  answer_time: "2026-05-07T09:00:02.000Z",
  end_time: "2026-05-07T09:00:03.000Z",
  created_at: "2026-05-07T09:00:04.000Z",
  updated_at: "2026-05-07T09:00:05.000Z",
  duration: 42,
  billsec: 35,
  ring_time: 7,
  cost: "0.1",
  total_cost: "0.3",
  streaming_cost: "0.2",
  currency: "INR",
  hangup_cause: "NORMAL_CLEARING",
  hangup_cause_code: 16,
  hangup_cause_name: "Normal",
  hangup_disposition: "send_bye",
  hangup_source: "caller",
  failure_code: "F1",
  failure_reason: "none",
  bridge_uuid: "b1",
  sip_call_id: "s1",
  sip_user_agent: "agent",
  trunk_id: "t1",
  context: "default",
  codec: "PCMU",
  mos: 4.4,
  jitter: 1.5,
  packet_loss: 0.25,
  network_addr: "198.51.100.7",
  carrier_ip: "198.51.100.8",
  customer_endpoint: "agent7",
  terminated_to: "trunk",
  campaign_id: "k1",
  region: "in",
  origination_region: "us"
}

const recording = {
  recording_id: "r1",
  call_uuid: "c1",
  recording_type: "call",
  recording_format: "mp3",
  recording_url: "https://media.vobiz.ai/r1.mp3",
  add_time: "2026-05-07T09:00:00.000Z",
  recording_start_ms: 1_778_144_400_000,
  recording_end_ms: 1_778_144_440_500,
  recording_duration_ms: 40_500,
  rounded_recording_duration: 60,
  conference_name: "room",
  from_number: "+918045670012",
  to_number: "+919812345601",
  recording_storage_duration: 30,
  recording_storage_rate: 0.5,
  monthly_recording_storage_amount: 0.25,
  resource_uri: "/v1/r1"
}

const trunk = {
  trunk_id: "t1",
  account_id: "MA_1",
  name: "main",
  trunk_domain: "t1.sip.vobiz.ai",
  trunk_status: "active",
  trunk_direction: "both",
  recording: true,
  recording_webhook_enabled: false,
  created_at: "2026-05-07T09:00:00.000Z",
  updated_at: "2026-05-07T09:00:01.000Z"
}

describe("a row by the provider's names", () => {
  const kinds: ReadonlyArray<readonly [string, ProviderRow.Kind<never>, object]> = [
    ["CDR", ProviderRow.cdr as ProviderRow.Kind<never>, cdr],
    ["recording", ProviderRow.recording as ProviderRow.Kind<never>, recording],
    ["trunk", ProviderRow.trunk as ProviderRow.Kind<never>, trunk]
  ]
  for (const [name, kind, raw] of kinds) {
    it(`a ${name} has each field of its own`, () => {
      const row = Result.getOrThrow(kind.reader()(raw))
      assert.deepStrictEqual<unknown>(kind.toJson(row, { reveal: true }), raw)
      assert.deepStrictEqual(
        Object.entries(row as object).filter(([, value]) => value === null),
        []
      )
      assert.deepInclude(row as object, { unreadable: [], zoneless: [] })
      // All the keys that are known, except those that no field stands for.
      assert.deepStrictEqual([...kind.known].filter((key) => key !== "api_id").toSorted(), Object.keys(raw).toSorted())
    })
  }

  it("a CDR says whether its start named a zone, or was of the one that is set", () => {
    const stated = (start_time: string, rowsZone: DateTime.TimeZone | null = null) =>
      Result.getOrThrow(ProviderRow.cdr.reader({ rowsZone })({ ...cdr, start_time })).zoneStated
    assert.isTrue(stated("2026-05-07 09:00:00Z"))
    assert.isFalse(stated("2026-05-07 09:00:00"))
    assert.isTrue(stated("2026-05-07 09:00:00", DateTime.zoneMakeOffset(0)))
    const other = Result.getOrThrow(ProviderRow.cdr.reader()({ ...cdr, end_time: "2026-05-07 09:00:00" }))
    assert.deepStrictEqual([other.zoneStated, other.zoneless], [true, ["end_time"]])
  })

  it("a recording is the one of a list of one, and of no longer list", () => {
    const read = ProviderRow.recording.reader()
    assert.isTrue(Result.isSuccess(read({ objects: [recording] })))
    assert.isTrue(Result.isFailure(read({ objects: [recording, recording] })))
    assert.isTrue(Result.isFailure(read({ objects: recording })))
  })

  it("rows and their number are those of a list's body", () => {
    for (const rows of [[1], []]) {
      assert.deepStrictEqual(ProviderRow.rowsOf(rows), rows)
      assert.deepStrictEqual(ProviderRow.rowsOf({ objects: rows }), rows)
      assert.deepStrictEqual(ProviderRow.rowsOf({ data: rows }), rows)
    }
    assert.deepStrictEqual(ProviderRow.rowsOf({ objects: null, meta: {} }), [])
    assert.isNull(ProviderRow.rowsOf({ objects: null }))
    assert.deepStrictEqual(
      [
        { meta: { total_count: 5 } },
        { pagination: { total: 6 } },
        { meta: { total: 7 } },
        { meta: { total_count: 5, total: 7 } },
        { meta: {} },
        { total: 3 },
        []
      ].map(ProviderRow.totalOf),
      [5, 6, 7, 5, null, null, null]
    )
    assert.deepStrictEqual(ProviderRow.fromJson('{"id":9007199254740993}'), { id: "9007199254740993" })
    assert.isNull(ProviderRow.fromJson("{"))
    assert.isNull(ProviderRow.fromJson("[".repeat(65) + "]".repeat(65)))
  })

  it("a recording set aside can be archived as of its place, else of a given instant", () => {
    const otherwise = DateTime.makeUnsafe("2026-05-09T00:00:00Z")
    const archivable = (row: unknown, near: number | null) => {
      const raw = Redacted.make(JSON.stringify(row))
      const found = ProviderRow.archivable(
        { raw, near, field: "add_time", expected: "", id: null, index: 0 },
        otherwise,
        { callingCode: "91" }
      )
      return found && [found.recordingId, found.addTime.epochMilliseconds, found.unreadable]
    }
    const broken = { ...recording, add_time: 7 }
    assert.deepStrictEqual(archivable(broken, 5000), ["r1", 5000, ["add_time"]])
    assert.deepStrictEqual(archivable({ ...broken, recording_storage_rate: "x" }, null), [
      "r1",
      otherwise.epochMilliseconds,
      ["recording_storage_rate", "add_time"]
    ])
    for (const other of [{ ...broken, recording_url: null }, { ...broken, recording_id: null }, 7, null]) {
      assert.isNull(archivable(other, 5000))
    }
  })

  it("the summary of a list has its counts, or is none", () => {
    const summary = {
      totalCalls: 3,
      answeredCalls: "2",
      total_duration_seconds: 90,
      total_billable_seconds: "60",
      total_cost: 0.9
    }
    const found = summaryOf(summary)
    assert.deepInclude(found, { totalCalls: 3, answeredCalls: 2 })
    assert.deepStrictEqual(
      [found?.totalDuration, found?.totalBillable].map((one) => (one ? Duration.toSeconds(one) : null)),
      [90, 60]
    )
    assert.strictEqual(found?.totalCost && Money.format({ amount: found.totalCost, currency: "INR" }), "0.9 INR")
    const { total_cost: _, total_duration_seconds: __, ...less } = summary
    assert.deepInclude(summaryOf(less), { totalDuration: null, totalCost: null })
    for (const none of [null, [], {}, { ...summary, totalCalls: 1.5 }, { ...summary, answeredCalls: null }]) {
      assert.isNull(summaryOf(none))
    }
  })

  it("rows made by hand have defaults", () => {
    const made = Recording.make({ recordingId: "r" })
    assert.deepStrictEqual(
      [made.recordingType, made.addTime.epochMilliseconds, made.recordingUrl, made.unreadable, made.zoneless],
      ["call", 0, null, [], []]
    )
    const call = CallDetailRecord.make({ uuid: "c" })
    assert.deepStrictEqual([call.startTime.epochMilliseconds, call.zoneStated, call.billsec], [0, true, null])
    const answered = (billsec: Duration.Duration | null) => CallDetailRecord.isAnswered({ billsec })
    assert.deepStrictEqual([Duration.millis(1), Duration.zero, null].map(answered), [true, false, null])
  })
})
