/** The CDR as the provider sends it, in JSON and in CSV (docs/vobiz-api.md, "The CDR object"). */
import type * as BigDecimal from "effect/BigDecimal"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

import { CallDetailRecord } from "../CallDetailRecord.ts"
import { Money } from "../Money.ts"
import { decoded } from "./decoded.ts"
import {
  id,
  kind,
  maybe,
  maybeAmount,
  maybeInstant,
  maybeNumeric,
  maybePrinted,
  maybeSeconds,
  maybeText,
  numeric,
  phone,
  seconds,
  stamp
} from "./wire.ts"

const { known, reading } = kind([
  "id",
  "uuid",
  "account_id",
  "call_direction",
  "caller_id_name",
  "caller_id_number",
  "destination_number",
  "start_time",
  "progress_time",
  "answer_time",
  "end_time",
  "created_at",
  "updated_at",
  "duration",
  "billsec",
  "ring_time",
  "currency",
  "cost",
  "total_cost",
  "streaming_cost",
  "hangup_cause",
  "hangup_cause_code",
  "hangup_cause_name",
  "hangup_disposition",
  "hangup_source",
  "failure_code",
  "failure_reason",
  "bridge_uuid",
  "sip_call_id",
  "sip_user_agent",
  "trunk_id",
  "context",
  "codec",
  "mos",
  "jitter",
  "packet_loss",
  "network_addr",
  "carrier_ip",
  "customer_endpoint",
  "terminated_to",
  "campaign_id",
  "region",
  "origination_region"
])

/** What of a row makes no sense. */
const none: ReadonlyArray<string> = []
const ringOdd: ReadonlyArray<string> = ["ring_time"]

/** The keys that a row is known to have. */
export const knownKeys = known

/** The keys that no row can do without. */
export const required = ["uuid", "start_time", "duration", "billsec"] as const

/** A row. Only what no CDR can do without is required; the rest may be absent. */
export const row = (callingCode: string | null) => {
  const maybeNumber = maybe(phone(callingCode))
  return reading((row) => {
    const start = stamp(row.start_time)
    const currency = maybeText(row.currency)
    const money = (amount: BigDecimal.BigDecimal | null) =>
      amount === null || currency === null ? null : decoded(Money, { amount, currency })
    const duration = seconds(row.duration)
    const ring = maybeNumeric(row.ring_time)
    const isOdd = ring !== null && (ring < 0 || ring > Duration.toSeconds(duration))
    return decoded(CallDetailRecord, {
      id: maybeNumeric(row.id),
      uuid: id(row.uuid),
      accountId: maybeText(row.account_id),
      direction: maybeText(row.call_direction),
      callerIdName: maybeText(row.caller_id_name),
      from: maybeNumber(row.caller_id_number),
      to: maybeNumber(row.destination_number),
      startTime: start.instant,
      zoneStated: start.zoneStated,
      progressTime: maybeInstant(row.progress_time),
      answerTime: maybeInstant(row.answer_time),
      endTime: maybeInstant(row.end_time),
      createdAt: maybeInstant(row.created_at),
      updatedAt: maybeInstant(row.updated_at),
      duration,
      billsec: seconds(row.billsec),
      ringTime: isOdd || ring === null ? null : Duration.seconds(ring),
      cost: money(maybeAmount(row.cost)),
      totalCost: money(maybeAmount(row.total_cost)),
      streamingCost: money(maybeAmount(row.streaming_cost)),
      hangupCause: maybeText(row.hangup_cause),
      hangupCauseCode: maybeNumeric(row.hangup_cause_code),
      hangupCauseName: maybeText(row.hangup_cause_name),
      hangupDisposition: maybeText(row.hangup_disposition),
      hangupSource: maybeText(row.hangup_source),
      failureCode: maybePrinted(row.failure_code),
      failureReason: maybePrinted(row.failure_reason),
      bridgeUuid: maybeText(row.bridge_uuid),
      sipCallId: maybeText(row.sip_call_id),
      sipUserAgent: maybeText(row.sip_user_agent),
      trunkId: maybeText(row.trunk_id),
      context: maybeText(row.context),
      codec: maybeText(row.codec),
      mos: maybeNumeric(row.mos),
      jitter: maybeNumeric(row.jitter),
      packetLoss: maybeNumeric(row.packet_loss),
      networkAddr: maybeText(row.network_addr),
      carrierIp: maybePrinted(row.carrier_ip),
      customerEndpoint: maybePrinted(row.customer_endpoint),
      terminatedTo: maybePrinted(row.terminated_to),
      campaignId: maybePrinted(row.campaign_id),
      region: maybeText(row.region),
      originationRegion: maybeText(row.origination_region),
      oddities: isOdd ? ringOdd : none
    })
  })
}

/** What the list says of all its rows. */
const summary = kind([
  "totalCalls",
  "answeredCalls",
  "total_duration_seconds",
  "total_billable_seconds",
  "total_cost"
]).reading((row) => ({
  totalCalls: numeric(row.totalCalls),
  answeredCalls: numeric(row.answeredCalls),
  totalDuration: maybeSeconds(row.total_duration_seconds),
  totalBillable: maybeSeconds(row.total_billable_seconds),
  totalCost: maybeAmount(row.total_cost)
}))

/** The list's body. */
export const list = (callingCode: string | null) =>
  Schema.Struct({
    data: row(callingCode).many,
    pagination: Schema.Struct({
      page: Schema.Int,
      per_page: Schema.Int,
      total: Schema.Int,
      has_next: Schema.Boolean
    }),
    summary: Schema.optionalKey(Schema.NullOr(summary.one))
  })

/** How many rows the list has. */
export const count = Schema.Struct({ pagination: Schema.Struct({ total: Schema.Int }) })

/** The body of the newest few, which has no pages. */
export const recent = (callingCode: string | null) => Schema.Struct({ data: row(callingCode).many })

/** The body of get-one: in an envelope, or bare as partners get it. */
export const one = (callingCode: string | null) => {
  const { one } = row(callingCode)
  return Schema.Union([Schema.Struct({ data: one }), one])
}

/** The CDR of such a body. */
export const recordOf = (body: ReturnType<typeof one>["Type"]): CallDetailRecord => ("data" in body ? body.data : body)
