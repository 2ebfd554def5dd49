/** The CDR as the provider sends it, in JSON and in CSV (docs/vobiz-api.md, "The CDR object"). */
import * as Duration from "effect/Duration"

import type { CallDetailRecord } from "../CallDetailRecord.ts"
import type { Reading } from "./reading.ts"
import * as Read from "./readers.ts"
import * as RowTable from "./rowTable.ts"

const fields = ({ callingCode, rowsZone }: Reading) => {
  const phone = Read.phone(callingCode)
  const instant = Read.instant(rowsZone)
  return {
    id: RowTable.optional("id", Read.id),
    uuid: RowTable.needed("uuid", Read.id, "id"),
    accountId: RowTable.optional("account_id", Read.text),
    direction: RowTable.optional("call_direction", Read.words),
    callerIdName: RowTable.optional("caller_id_name", Read.words),
    from: RowTable.optional("caller_id_number", phone),
    to: RowTable.optional("destination_number", phone),
    startTime: RowTable.needed("start_time", instant),
    progressTime: RowTable.optional("progress_time", instant),
    answerTime: RowTable.optional("answer_time", instant),
    endTime: RowTable.optional("end_time", instant),
    createdAt: RowTable.optional("created_at", instant),
    updatedAt: RowTable.optional("updated_at", instant),
    duration: RowTable.optional("duration", Read.seconds),
    billsec: RowTable.optional("billsec", Read.seconds),
    ringTime: RowTable.optional("ring_time", Read.seconds),
    cost: RowTable.optional("cost", Read.money),
    totalCost: RowTable.optional("total_cost", Read.money),
    streamingCost: RowTable.optional("streaming_cost", Read.money),
    hangupCause: RowTable.optional("hangup_cause", Read.words),
    hangupCauseCode: RowTable.optional("hangup_cause_code", Read.number),
    hangupCauseName: RowTable.optional("hangup_cause_name", Read.words),
    hangupDisposition: RowTable.optional("hangup_disposition", Read.words),
    hangupSource: RowTable.optional("hangup_source", Read.words),
    failureCode: RowTable.optional("failure_code", Read.printedWords),
    failureReason: RowTable.optional("failure_reason", Read.printedWords),
    bridgeUuid: RowTable.optional("bridge_uuid", Read.text),
    sipCallId: RowTable.optional("sip_call_id", Read.text),
    sipUserAgent: RowTable.optional("sip_user_agent", Read.words),
    trunkId: RowTable.optional("trunk_id", Read.text),
    context: RowTable.optional("context", Read.words),
    codec: RowTable.optional("codec", Read.words),
    mos: RowTable.optional("mos", Read.number),
    jitter: RowTable.optional("jitter", Read.number),
    packetLoss: RowTable.optional("packet_loss", Read.number),
    networkAddr: RowTable.optional("network_addr", Read.words),
    carrierIp: RowTable.optional("carrier_ip", Read.printedWords),
    customerEndpoint: RowTable.optional("customer_endpoint", Read.printedWords),
    terminatedTo: RowTable.optional("terminated_to", Read.printedWords),
    campaignId: RowTable.optional("campaign_id", Read.printedWords),
    region: RowTable.optional("region", Read.words),
    originationRegion: RowTable.optional("origination_region", Read.words)
  }
}

/** How a row is read. A CDR needs an id, and the instant that the list is sorted by. */
export const table = (reading: Reading): RowTable.RowTable<CallDetailRecord> => {
  const of = fields(reading)
  return RowTable.make<CallDetailRecord, "zoneStated">(of, {
    identity: ["uuid", "id"],
    at: RowTable.orderField("start_time", of.startTime.reader, ({ startTime }) => startTime),
    finish: (row) => {
      row.zoneStated = reading.rowsZone !== null || !row.zoneless.includes("start_time")
      // It makes no sense that it rang longer than the call lasted.
      if (row.ringTime !== null && row.duration !== null && Duration.isGreaterThan(row.ringTime, row.duration)) {
        row.ringTime = null
        row.unreadable = [...row.unreadable, "ring_time"]
      }
    }
  })
}

/** What the list says of all its rows; `null` where that cannot be read. */
export const summaryOf = (json: unknown) => {
  if (!RowTable.isObject(json)) return null
  const totalCalls = Read.toInt(json.totalCalls)
  const answeredCalls = Read.toInt(json.answeredCalls)
  if (totalCalls === undefined || answeredCalls === undefined) return null
  const seconds = (value: unknown) => Read.seconds.read(value, json) ?? null
  return {
    totalCalls,
    answeredCalls,
    totalDuration: seconds(json.total_duration_seconds),
    totalBillable: seconds(json.total_billable_seconds),
    totalCost: Read.toAmount(json.total_cost) ?? null
  }
}

/** The row of get-one: in an envelope, or bare as partners get it. */
export const rowOf = (json: unknown): unknown =>
  RowTable.isObject(json) && RowTable.isObject(json.data) ? json.data : json

/** How the list names what it holds. */
export const list = { rows: "data", meta: "pagination", limit: "per_page", total: "total", next: "has_next" }
