import * as CallDetailRecord from "@vobiz-effect/core/CallDetailRecord"
import * as Money from "@vobiz-effect/core/Money"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as Recording from "@vobiz-effect/core/Recording"
import * as Trunk from "@vobiz-effect/core/Trunk"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

import type * as Relations from "../src/Relations.ts"

/** 1 August 2026, the start of the window that the tests judge. */
export const start = Date.parse("2026-08-01T00:00:00Z")

export const at = (seconds: number): DateTime.Utc => DateTime.makeUnsafe(start + seconds * 1000)

export const window = { from: at(0), to: at(86_400) }

/** Two days after the window: everything has settled, nothing has expired. */
export const asOf = at(3 * 86_400)

export const money = (amount: string, currency: string) =>
  Money.Money.make({ amount: BigDecimal.fromStringUnsafe(amount), currency })

export interface Cdr {
  readonly uuid: string
  readonly id?: number | null
  readonly account?: string | null
  readonly sip?: string | null
  readonly bridge?: string | null
  readonly from?: string | null
  readonly to?: string | null
  readonly trunk?: string | null
  readonly context?: string | null
  /** Seconds from the window's start. */
  readonly start?: number
  readonly end?: number | null
  readonly zoneStated?: boolean
  readonly updated?: number | null
  /** Seconds. */
  readonly talk?: number
  readonly cost?: readonly [amount: string, currency: string] | null
}

export const cdr = (row: Cdr): CallDetailRecord.CallDetailRecord => {
  const begin = row.start ?? 36_000
  const talk = row.talk ?? 60
  const cost = row.cost === null ? null : money(...(row.cost ?? ["0.45", "INR"]))
  const number = (raw: string | null | undefined, otherwise: string) =>
    raw === null ? null : PhoneNumber.fromRaw(raw ?? otherwise)
  return CallDetailRecord.make({
    id: typeof row.id === "number" ? String(row.id) : null,
    uuid: row.uuid,
    accountId: row.account === undefined ? "MA_TEST" : row.account,
    direction: "outbound",
    callerIdName: null,
    from: number(row.from, "+918045670011"),
    to: number(row.to, "919812345670"),
    startTime: at(begin),
    zoneStated: row.zoneStated ?? true,
    progressTime: null,
    answerTime: talk > 0 ? at(begin) : null,
    endTime: row.end === null ? null : at(row.end ?? begin + talk),
    createdAt: null,
    updatedAt: typeof row.updated === "number" ? at(row.updated) : null,
    duration: Duration.seconds(talk),
    billsec: Duration.seconds(talk),
    ringTime: Duration.zero,
    cost,
    totalCost: cost,
    streamingCost: null,
    hangupCause: null,
    hangupCauseCode: null,
    hangupCauseName: null,
    hangupDisposition: null,
    hangupSource: null,
    failureCode: null,
    failureReason: null,
    bridgeUuid: row.bridge ?? null,
    sipCallId: row.sip ?? null,
    sipUserAgent: null,
    trunkId: row.trunk ?? null,
    context: row.context ?? null,
    codec: null,
    mos: null,
    jitter: null,
    packetLoss: null,
    networkAddr: null,
    carrierIp: null,
    customerEndpoint: null,
    terminatedTo: null,
    campaignId: null,
    region: null,
    originationRegion: null
  })
}

export interface Rec {
  readonly id: string
  readonly call: string
  readonly type?: string
  readonly account?: string | null
  readonly from?: string | null
  readonly to?: string | null
  readonly conference?: string | null
  /** Seconds from the window's start. */
  readonly add?: number
  readonly start?: number | null
  readonly end?: number | null
  /** Seconds. */
  readonly length?: number | null
}

export const recording = (row: Rec): Recording.Recording => {
  const instant = (seconds: number | null | undefined) =>
    seconds === undefined || seconds === null ? null : at(seconds)
  const number = (raw: string | null | undefined) => (typeof raw === "string" ? PhoneNumber.fromRaw(raw) : null)
  return Recording.make({
    recordingId: row.id,
    callUuid: row.call,
    recordingType: row.type ?? "call",
    recordingFormat: "mp3",
    recordingUrl: null,
    addTime: at(row.add ?? 36_061.2),
    startTime: instant(row.start),
    endTime: instant(row.end),
    duration: row.length === null ? null : Duration.seconds(row.length ?? 60),
    roundedDuration: null,
    conferenceName: row.conference ?? null,
    from: number(row.from),
    to: number(row.to),
    storageDays: null,
    storageRate: null,
    monthlyStorageAmount: null,
    resourceUri: typeof row.account === "string" ? `/v1/Account/${row.account}/Recording/${row.id}/` : null
  })
}

/** `updated`: seconds from the window's start. */
export const trunk = (trunkId: string, recording: boolean | null, updated: number | null = null): Trunk.Trunk =>
  Trunk.make({
    trunkId,
    accountId: "MA_TEST",
    name: trunkId,
    domain: null,
    status: "enabled",
    direction: "outbound",
    recording,
    recordingWebhookEnabled: null,
    createdAt: null,
    updatedAt: updated === null ? null : at(updated)
  })

/** A trunk as runs saw it, from the first to the last of so many seconds from the window's start. */
export const trunkSeen = (
  trunkId: string,
  recording: boolean | null,
  seen: { readonly first: number; readonly last: number; readonly updated?: number | null }
): Relations.TrunkSeen => ({
  trunkId,
  name: trunkId,
  recording,
  updatedAt: typeof seen.updated === "number" ? at(seen.updated) : null,
  firstSeen: at(seen.first),
  lastSeen: at(seen.last)
})

/** A recording as `row` was listed at runs before. */
export const remembered = (
  { addTime, callUuid, duration, recordingId, recordingType }: Recording.Recording,
  seen: {
    readonly first?: number
    readonly last?: number
    readonly began?: number
    readonly length?: number | null
  } = {}
): Relations.Remembered => {
  const length = seen.length === undefined ? duration : seen.length === null ? null : Duration.seconds(seen.length)
  const began = seen.began ?? 36_000
  return {
    recordingId,
    callUuid: callUuid ?? "",
    recordingType: recordingType ?? "",
    began: at(began),
    ended: at(began + (length === null ? 0 : Duration.toSeconds(length))),
    addTime,
    length,
    firstSeen: at(seen.first ?? 40_000),
    lastSeen: at(seen.last ?? seen.first ?? 40_000)
  }
}

export interface Archive {
  readonly id: string
  readonly call: string
  readonly type?: string | null
  /** Seconds from the window's start. */
  readonly add?: number
  /** Seconds. */
  readonly length?: number | null
  readonly faults?: ReadonlyArray<Relations.AudioFault>
}

export const archived = (row: Archive): Relations.Archived => ({
  recordingId: row.id,
  callUuid: row.call,
  recordingType: row.type === undefined ? "call" : row.type,
  addTime: at(row.add ?? 36_061.2),
  duration: row.length === null ? null : Duration.seconds(row.length ?? 60),
  faults: row.faults ?? []
})
