/**
 * Rows for tests: a call's CDR and its recording, which agree with each other.
 *
 * @since 0.1.0
 */
import { CallDetailRecord, Money, PhoneNumber, Recording, Trunk } from "@vobiz-effect/core"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

/**
 * The properties of a call that matter to a test.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The CDR's `uuid`. The recording's id is `recording-<uuid>`. @default "call-1" */
  readonly uuid?: string | undefined
  /** When the call began to ring. A string needs a zone. @default 2026-05-10T06:00:00Z */
  readonly startTime?: DateTime.Utc | string | undefined
  /** How long the call rang. @default 5 seconds */
  readonly ring?: Duration.Input | undefined
  /** How long the call talked; 0 for an unanswered call. @default 1 minute */
  readonly talk?: Duration.Input | undefined
  /** The trunk. With one, the recording's `callUuid` is the SIP call id. @default none: a voice-API call */
  readonly trunkId?: string | undefined
  /** The caller's number. @default "+918045670012" */
  readonly from?: string | undefined
  /** The called number. @default "+919812345670" */
  readonly to?: string | undefined
}

/**
 * A CDR, and the recording of all its talk.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly cdr: CallDetailRecord.CallDetailRecord
  readonly recording: Recording.Recording
}

/**
 * An outbound call and its recording, which was added a second after the call's end.
 *
 * The call costs 0.45 INR per minute begun. Spread a row to change a field: `{ ...cdr, hangupCause: "NO_ANSWER" }`.
 *
 * @example
 * ```ts
 * import { Fixtures } from "@vobiz-effect/testing"
 *
 * const { cdr, recording } = Fixtures.call({ uuid: "c1", talk: "2 minutes" })
 * recording.callUuid === cdr.uuid // true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const call = (options: Options = {}): Call => {
  const {
    from = "+918045670012",
    ring = "5 seconds",
    talk = "1 minute",
    to = "+919812345670",
    trunkId = null
  } = options
  const { startTime: start = "2026-05-10T06:00:00Z", uuid = "call-1" } = options
  const startTime = DateTime.toUtc(DateTime.makeUnsafe(start))
  const [ringTime, billsec] = [Duration.fromInputUnsafe(ring), Duration.fromInputUnsafe(talk)]
  const talks = DateTime.addDuration(startTime, ringTime)
  const endTime = DateTime.addDuration(talks, billsec)
  const minutes = Math.ceil(Duration.toMinutes(billsec))
  const sipCallId = `sip-${uuid}`
  const numbers = { from: PhoneNumber.fromRaw(from), to: PhoneNumber.fromRaw(to) }
  const isTrunk = trunkId !== null
  return {
    cdr: CallDetailRecord.make({
      ...numbers,
      id: `row-${uuid}`,
      uuid,
      sipCallId,
      trunkId,
      direction: "outbound",
      startTime,
      answerTime: Duration.isPositive(billsec) ? talks : null,
      endTime,
      duration: Duration.sum(ringTime, billsec),
      billsec,
      ringTime,
      totalCost: Money.make({ amount: BigDecimal.make(45n * BigInt(minutes), 2), currency: "INR" })
    }),
    recording: Recording.make({
      ...numbers,
      recordingId: `recording-${uuid}`,
      callUuid: isTrunk ? sipCallId : uuid,
      recordingType: isTrunk ? "trunk" : "call",
      recordingFormat: "mp3",
      recordingUrl: `https://media.vobiz.ai/v1/Account/MA_TEST/Recording/recording-${uuid}.mp3`,
      addTime: DateTime.add(endTime, { seconds: 1 }),
      startTime: isTrunk ? null : talks,
      endTime: isTrunk ? null : endTime,
      duration: billsec,
      roundedDuration: Duration.minutes(minutes)
    })
  }
}

/**
 * A trunk that records every call, unless its fields say otherwise.
 *
 * @category constructors
 * @since 0.1.0
 */
export const trunk = (fields: Partial<Trunk.Trunk> = {}): Trunk.Trunk =>
  Trunk.make({ trunkId: "trunk-1", name: "Main", status: "active", direction: "outbound", recording: true, ...fields })
