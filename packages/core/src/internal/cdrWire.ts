/** The CDR as the provider sends it, in JSON and in CSV (docs/vobiz-api.md, "The CDR object"). */
import type * as BigDecimal from "effect/BigDecimal"
import * as Schema from "effect/Schema"

import { CallDetailRecord } from "../CallDetailRecord.ts"
import { Money } from "../Money.ts"
import * as PhoneNumber from "../PhoneNumber.ts"
import { decoded } from "./decoded.ts"
import { absentable, Amount, Id, Instant, Numeric, Printed, row, Seconds, Text } from "./wire.ts"

/** Only what no CDR can do without is required; the rest may be absent. */
export const Row = row({
  id: absentable(Numeric),
  uuid: Id,
  account_id: absentable(Text),
  call_direction: absentable(Text),
  caller_id_name: absentable(Text),
  caller_id_number: absentable(Text),
  destination_number: absentable(Text),
  start_time: Instant,
  progress_time: absentable(Instant),
  answer_time: absentable(Instant),
  end_time: absentable(Instant),
  created_at: absentable(Instant),
  updated_at: absentable(Instant),
  duration: Seconds,
  billsec: Seconds,
  ring_time: absentable(Seconds),
  currency: absentable(Text),
  cost: absentable(Amount),
  total_cost: absentable(Amount),
  streaming_cost: absentable(Amount),
  hangup_cause: absentable(Text),
  hangup_cause_code: absentable(Numeric),
  hangup_cause_name: absentable(Text),
  hangup_disposition: absentable(Text),
  hangup_source: absentable(Text),
  failure_code: absentable(Printed),
  failure_reason: absentable(Printed),
  bridge_uuid: absentable(Text),
  sip_call_id: absentable(Text),
  sip_user_agent: absentable(Text),
  trunk_id: absentable(Text),
  context: absentable(Text),
  codec: absentable(Text),
  mos: absentable(Numeric),
  jitter: absentable(Numeric),
  packet_loss: absentable(Numeric),
  network_addr: absentable(Text),
  carrier_ip: absentable(Printed),
  customer_endpoint: absentable(Printed),
  terminated_to: absentable(Printed),
  campaign_id: absentable(Printed),
  region: absentable(Text),
  origination_region: absentable(Text)
})

export type Row = typeof Row.Type

/** The keys that a row is known to have. */
export const knownKeys: ReadonlySet<string> = new Set(Row.keys)

export const Summary = row({
  totalCalls: Numeric,
  answeredCalls: Numeric,
  total_duration_seconds: absentable(Seconds),
  total_billable_seconds: absentable(Seconds),
  total_cost: absentable(Amount)
})

/** The list's body. */
export const List = Schema.Struct({
  data: Schema.Array(Row),
  pagination: Schema.Struct({
    page: Schema.Int,
    per_page: Schema.Int,
    total: Schema.Int,
    has_next: Schema.Boolean
  }),
  summary: Schema.optionalKey(Schema.NullOr(Summary))
})

/** The body of the newest few, which has no pages. */
export const Recent = Schema.Struct({ data: Schema.Array(Row) })

/** The body of get-one: in an envelope, or bare as partners get it. */
export const One = Schema.Union([Schema.Struct({ data: Row }), Row])

export const rowOf = (one: typeof One.Type): Row => ("data" in one ? one.data : one)

export const toCallDetailRecord =
  (callingCode: string | null) =>
  (row: Row): CallDetailRecord => {
    const number = (raw: string | null) => (raw === null ? null : PhoneNumber.fromRaw(raw, callingCode))
    const currency = row.currency
    const money = (amount: BigDecimal.BigDecimal | null) =>
      amount === null || currency === null ? null : decoded(Money, { amount, currency })
    return decoded(CallDetailRecord, {
      id: row.id,
      uuid: row.uuid,
      accountId: row.account_id,
      direction: row.call_direction,
      callerIdName: row.caller_id_name,
      from: number(row.caller_id_number),
      to: number(row.destination_number),
      startTime: row.start_time.instant,
      zoneStated: row.start_time.zoneStated,
      progressTime: row.progress_time?.instant ?? null,
      answerTime: row.answer_time?.instant ?? null,
      endTime: row.end_time?.instant ?? null,
      createdAt: row.created_at?.instant ?? null,
      updatedAt: row.updated_at?.instant ?? null,
      duration: row.duration,
      billsec: row.billsec,
      ringTime: row.ring_time,
      cost: money(row.cost),
      totalCost: money(row.total_cost),
      streamingCost: money(row.streaming_cost),
      hangupCause: row.hangup_cause,
      hangupCauseCode: row.hangup_cause_code,
      hangupCauseName: row.hangup_cause_name,
      hangupDisposition: row.hangup_disposition,
      hangupSource: row.hangup_source,
      failureCode: row.failure_code,
      failureReason: row.failure_reason,
      bridgeUuid: row.bridge_uuid,
      sipCallId: row.sip_call_id,
      sipUserAgent: row.sip_user_agent,
      trunkId: row.trunk_id,
      context: row.context,
      codec: row.codec,
      mos: row.mos,
      jitter: row.jitter,
      packetLoss: row.packet_loss,
      networkAddr: row.network_addr,
      carrierIp: row.carrier_ip,
      customerEndpoint: row.customer_endpoint,
      terminatedTo: row.terminated_to,
      campaignId: row.campaign_id,
      region: row.region,
      originationRegion: row.origination_region
    })
  }
