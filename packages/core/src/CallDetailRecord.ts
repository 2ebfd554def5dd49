/**
 * One call detail record (CDR): one leg of a call.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { names, orNull } from "./internal/orNull.ts"
import { Money } from "./Money.ts"
import { PhoneNumber } from "./PhoneNumber.ts"

/**
 * A CDR as the provider lists it, normalised (docs/vobiz-api.md, "The CDR object"). Everything but `uuid` and `startTime` is
 * `null` where the row does not say, or says what cannot be read; `unreadable` tells the two apart.
 *
 * @category models
 * @since 0.1.0
 */
export const CallDetailRecord = Schema.Struct({
  /** The row's number, as text: it can be too large for a JavaScript number. */
  id: orNull(Schema.String),
  /**
   * Names the leg; the row's `id` where the row has no uuid. A bridged call has one CDR per leg, each billed. The same leg was
   * seen written twice.
   */
  uuid: Schema.String,
  accountId: orNull(Schema.String),
  /** `inbound` or `outbound`. */
  direction: orNull(Schema.String),
  callerIdName: orNull(Schema.String),
  from: orNull(PhoneNumber),
  to: orNull(PhoneNumber),
  /** The list is sorted by it. @default 1970 in `make` */
  startTime: Schema.DateTimeUtc.pipe(Schema.withConstructorDefault(Effect.sync(() => DateTime.makeUnsafe(0)))),
  /** False when `startTime` came without a zone, `rowsZone` is not set, and UTC was assumed. @default true in `make` */
  zoneStated: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true))),
  progressTime: orNull(Schema.DateTimeUtc),
  answerTime: orNull(Schema.DateTimeUtc),
  endTime: orNull(Schema.DateTimeUtc),
  createdAt: orNull(Schema.DateTimeUtc),
  updatedAt: orNull(Schema.DateTimeUtc),
  /** `ringTime` plus `billsec`. */
  duration: orNull(Schema.Duration),
  /** Talk time: zero when the call was not answered, `null` when the row does not say. */
  billsec: orNull(Schema.Duration),
  /** `null` and unreadable where the row's is below zero or longer than `duration`. */
  ringTime: orNull(Schema.Duration),
  /** Amounts are `null` when the row named no currency. */
  cost: orNull(Money),
  /** Includes `streamingCost`. */
  totalCost: orNull(Money),
  streamingCost: orNull(Money),
  hangupCause: orNull(Schema.String),
  hangupCauseCode: orNull(Schema.Finite),
  hangupCauseName: orNull(Schema.String),
  hangupDisposition: orNull(Schema.String),
  hangupSource: orNull(Schema.String),
  failureCode: orNull(Schema.String),
  failureReason: orNull(Schema.String),
  bridgeUuid: orNull(Schema.String),
  sipCallId: orNull(Schema.String),
  sipUserAgent: orNull(Schema.String),
  trunkId: orNull(Schema.String),
  context: orNull(Schema.String),
  codec: orNull(Schema.String),
  mos: orNull(Schema.Finite),
  jitter: orNull(Schema.Finite),
  packetLoss: orNull(Schema.Finite),
  networkAddr: orNull(Schema.String),
  carrierIp: orNull(Schema.String),
  customerEndpoint: orNull(Schema.String),
  terminatedTo: orNull(Schema.String),
  campaignId: orNull(Schema.String),
  region: orNull(Schema.String),
  originationRegion: orNull(Schema.String),
  /** Wire names of the fields that could not be read, and are `null` for it. */
  unreadable: names,
  /** Wire names of the instants that named no zone. They are of `rowsZone`, or of UTC where that is not set. */
  zoneless: names
})

/**
 * @category models
 * @since 0.1.0
 */
export interface CallDetailRecord extends Schema.Schema.Type<typeof CallDetailRecord> {}

/**
 * A CDR of these fields; the rest is filled in. Throws where a field is of the wrong type.
 *
 * @example
 * ```ts
 * import { CallDetailRecord } from "@vobiz-effect/core"
 * import { DateTime, Duration } from "effect"
 *
 * const cdr = CallDetailRecord.make({
 *   uuid: "c1",
 *   startTime: DateTime.makeUnsafe("2026-05-10T06:00:00Z"),
 *   billsec: Duration.minutes(1)
 * })
 * CallDetailRecord.isAnswered(cdr) // true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (fields: Parameters<typeof CallDetailRecord.make>[0]): CallDetailRecord =>
  CallDetailRecord.make(fields)

/**
 * Whether anybody talked: the provider's own definition, `billsec` above zero. `null` when the row does not say.
 *
 * @category getters
 * @since 0.1.0
 */
export const isAnswered = ({ billsec }: Pick<CallDetailRecord, "billsec">): boolean | null =>
  billsec === null ? null : Duration.isPositive(billsec)
