import { assert, describe, it } from "@vobiz-effect/test-support"
import { Simulator } from "@vobiz-effect/testing"
import { DateTime } from "effect"

import * as CdrQuery from "../src/internal/cdrQuery.ts"

const until = DateTime.makeUnsafe("2026-08-15T06:00:00Z")
const [template] = Simulator.make({ seed: 1, calls: 1, days: 1, until, mix: { "voice-recorded": 1 } }).cdrs

/** An entry that is told by its number. */
const entry = (id: number, startTime: string, row: Partial<Simulator.CdrEntry["row"]> = {}): Simulator.CdrEntry => {
  assert.isDefined(template)
  return {
    availableAt: 0,
    startedAt: Date.parse(startTime),
    row: { ...template.row, id, start_time: startTime, ...row }
  }
}

const utc = { zone: "UTC", endDate: "exclusive" } as const
const ids = (entries: ReadonlyArray<Simulator.CdrEntry>, query: CdrQuery.Query, rule: CdrQuery.DayRule = utc) =>
  CdrQuery.select(entries, query, rule).map(({ row }) => row.id)

const noon = "2026-08-14T12:00:00Z"
const calls = [
  entry(1, noon, {
    call_direction: "inbound",
    caller_id_number: "+918045670011",
    destination_number: "919812345601",
    duration: 60,
    sip_call_id: "sip-one",
    bridge_uuid: "bridge-one",
    hangup_cause: "USER_BUSY",
    hangup_disposition: "recv_refuse",
    context: "sip-trunking",
    campaign_id: "k1",
    uuid: "uuid-one"
  }),
  entry(2, noon, {
    call_direction: "outbound",
    caller_id_number: "+918045670012",
    destination_number: "+919812345602",
    duration: 61,
    sip_call_id: "sip-two",
    bridge_uuid: "bridge-two",
    hangup_cause: "NO_ANSWER",
    hangup_disposition: "send_cancel",
    context: "voice-api",
    campaign_id: null,
    uuid: "uuid-two"
  })
]

describe("the filters of CDRs", () => {
  const filters: ReadonlyArray<readonly [CdrQuery.Query, ReadonlyArray<number>]> = [
    [{}, [1, 2]],
    [{ nobody_knows: "x" }, [1, 2]],
    [{ call_direction: "inbound" }, [1]],
    [{ call_direction: "" }, [1, 2]],
    [{ from_number: "+918045670011" }, [1]],
    [{ from_number: "45670012" }, [2]],
    [{ from_number: "+45670012" }, [2]],
    [{ to_number: "345601" }, [1]],
    [{ to_number: "+919812345601" }, [1]],
    [{ to_number: "9198" }, [1, 2]],
    [{ min_duration: "60" }, [1, 2]],
    [{ min_duration: "61" }, [2]],
    [{ sip_call_id: "sip-one" }, [1]],
    [{ sip_call_id: "sip" }, []],
    [{ bridge_uuid: "bridge-two" }, [2]],
    [{ hangup_cause: "USER_BUSY" }, [1]],
    [{ hangup_disposition: "send_cancel" }, [2]],
    [{ context: "voice-api" }, [2]],
    [{ campaign_id: "k1" }, [1]],
    [{ search: "uuid-t" }, [2]],
    [{ search: "sip-o" }, [1]],
    [{ search: "45670011" }, [1]],
    [{ search: "9812345602" }, [2]],
    [{ search: "bridge" }, []],
    [{ call_direction: "inbound", context: "voice-api" }, []]
  ]
  for (const [query, expected] of filters) {
    it(JSON.stringify(query), () => assert.deepStrictEqual(ids(calls, query), expected))
  }

  const edges = [
    entry(1, "2026-08-13T18:29:59Z"),
    entry(2, "2026-08-13T18:30:00Z"),
    entry(9, "2026-08-13T18:29:59.999Z"),
    entry(3, "2026-08-13T23:59:59Z"),
    entry(4, "2026-08-14T00:00:00Z"),
    entry(5, "2026-08-14T18:29:59Z"),
    entry(6, "2026-08-14T18:30:00Z"),
    entry(7, "2026-08-14T23:59:59Z"),
    entry(8, "2026-08-15T00:00:00Z")
  ]
  const days: ReadonlyArray<readonly [CdrQuery.DayRule, string, string, ReadonlyArray<number>]> = [
    [utc, "2026-08-14", "2026-08-15", [4, 5, 6, 7]],
    [{ ...utc, endDate: "inclusive" }, "2026-08-14", "2026-08-14", [4, 5, 6, 7]],
    [{ ...utc, endDate: "inclusive" }, "2026-08-14", "2026-08-15", [4, 5, 6, 7, 8]],
    [utc, "2026-08-14", "2026-08-14", []],
    [{ zone: "+05:30", endDate: "exclusive" }, "2026-08-14", "2026-08-15", [2, 3, 4, 5]],
    [{ zone: "+05:30", endDate: "inclusive" }, "2026-08-14", "2026-08-14", [2, 3, 4, 5]]
  ]
  for (const [rule, start, end, expected] of days) {
    it(`days from ${start} to ${end} of ${rule.zone}, ${rule.endDate}`, () => {
      assert.deepStrictEqual(ids(edges, { start_date: start, end_date: end }, rule), expected)
    })
  }

  it("a lone day is ignored", () => {
    assert.lengthOf(ids(edges, { start_date: "2026-08-14" }), 9)
    assert.lengthOf(ids(edges, { end_date: "2026-08-14" }), 9)
  })

  it("in force are those that are known, have a value, and are paired", () => {
    const given = { search: "x", context: "", other: "y", start_date: "2026-08-14" }
    assert.deepStrictEqual(CdrQuery.inForce(given), { search: "x" })
    assert.deepStrictEqual(CdrQuery.inForce({ ...given, end_date: "2026-08-15" }), {
      search: "x",
      start_date: "2026-08-14",
      end_date: "2026-08-15"
    })
    assert.deepStrictEqual(CdrQuery.inForce({}), {})
  })
})

describe("the figures of CDRs", () => {
  it("count calls, talk and cost", () => {
    const entries = [
      entry(1, "2026-08-14T10:00:00Z", { duration: 70, billsec: 60, total_cost: 0.45 }),
      entry(2, "2026-08-14T12:00:00Z", { duration: 31, billsec: 0, total_cost: 0 }),
      entry(3, "2026-08-14T11:00:00Z", { duration: 100, billsec: 1, total_cost: 0.2 })
    ]
    assert.deepStrictEqual(CdrQuery.summary(entries), {
      totalCalls: 3,
      answeredCalls: 2,
      answerRate: 66.7,
      avgCallDuration: "67s",
      total_duration_seconds: 201,
      total_billable_seconds: 61,
      total_cost: 0.65,
      last_call_at: "2026-08-14T12:00:00Z"
    })
    assert.deepStrictEqual(CdrQuery.summary([]), {
      totalCalls: 0,
      answeredCalls: 0,
      answerRate: 0,
      avgCallDuration: "0s",
      total_duration_seconds: 0,
      total_billable_seconds: 0,
      total_cost: 0,
      last_call_at: ""
    })
  })
})

describe("the CSV of CDRs", () => {
  const header =
    "id,uuid,account_id,call_direction,caller_id_name,caller_id_number,destination_number,duration,billsec,ring_time,answer_time,start_time,end_time,progress_time,created_at,updated_at,cost,total_cost,streaming_cost,currency,hangup_cause,hangup_cause_code,hangup_cause_name,hangup_disposition,hangup_source,failure_code,failure_reason,bridge_uuid,sip_call_id,sip_user_agent,codec,mos,jitter,packet_loss,network_addr,carrier_ip,context,region,origination_region,campaign_id,customer_endpoint,trunk_id,terminated_to\r\n"

  it("has a header and quotes what needs it", () => {
    const odd = {
      uuid: "u",
      caller_id_name: 'a "b", c',
      region: "x\ny",
      context: "x\ry",
      customer_endpoint: null,
      mos: 4.4
    }
    const [first, rows, ...more] = CdrQuery.csv([entry(1, noon, odd)])
    assert.strictEqual(first, header)
    assert.deepStrictEqual(more, [])
    assert.include(rows, `1,u,`)
    assert.include(rows, ',"a ""b"", c",')
    assert.include(rows, ',"x\ny",')
    assert.include(rows, ',"x\ry",')
    assert.include(rows, ",PCMU,4.4,")
    assert.isTrue(rows?.endsWith("\r\n"))
    assert.deepStrictEqual([...CdrQuery.csv([])], [header])
  })

  it("comes in pieces of 500 rows", () => {
    const entries = Array.from({ length: 1001 }, (_, n) => entry(n, noon))
    const pieces = [...CdrQuery.csv(entries)].slice(1).map((piece) => piece.split("\r\n").slice(0, -1))
    assert.deepStrictEqual(
      pieces.map(({ length }) => length),
      [500, 500, 1]
    )
    assert.deepStrictEqual(
      pieces.flat().map((line) => Number(line.split(",")[0])),
      entries.map(({ row }) => row.id)
    )
  })
})
