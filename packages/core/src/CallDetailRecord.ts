/**
 * One call detail record (CDR): one leg of a call.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { Money } from "./Money.ts"
import { PhoneNumber } from "./PhoneNumber.ts"

/**
 * A CDR as the provider lists it, normalised (docs/vobiz-api.md, "The CDR object").
 *
 * - `uuid` names the leg. A bridged call has one CDR a leg, each billed; the same leg was seen written twice.
 * - `duration` is `ringTime` plus `billsec`; `billsec` is talk time only, zero when the call was not answered.
 * - `zoneStated` is false when `startTime` came without a zone and was read as UTC.
 * - `ringTime` is `null` where the row's makes no sense: below zero, or longer than `duration`. `oddities` names such fields, as the
 *   provider spells them.
 * - `totalCost` includes `streamingCost`. Amounts are `null` when the row named no currency.
 *
 * @category models
 * @since 0.1.0
 */
export class CallDetailRecord extends Schema.Class<CallDetailRecord>("@vobiz-effect/core/CallDetailRecord")({
  id: Schema.NullOr(Schema.Finite),
  uuid: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  direction: Schema.NullOr(Schema.String),
  callerIdName: Schema.NullOr(Schema.String),
  from: Schema.NullOr(PhoneNumber),
  to: Schema.NullOr(PhoneNumber),
  startTime: Schema.DateTimeUtc,
  zoneStated: Schema.Boolean,
  progressTime: Schema.NullOr(Schema.DateTimeUtc),
  answerTime: Schema.NullOr(Schema.DateTimeUtc),
  endTime: Schema.NullOr(Schema.DateTimeUtc),
  createdAt: Schema.NullOr(Schema.DateTimeUtc),
  updatedAt: Schema.NullOr(Schema.DateTimeUtc),
  duration: Schema.Duration,
  billsec: Schema.Duration,
  ringTime: Schema.NullOr(Schema.Duration),
  cost: Schema.NullOr(Money),
  totalCost: Schema.NullOr(Money),
  streamingCost: Schema.NullOr(Money),
  hangupCause: Schema.NullOr(Schema.String),
  hangupCauseCode: Schema.NullOr(Schema.Finite),
  hangupCauseName: Schema.NullOr(Schema.String),
  hangupDisposition: Schema.NullOr(Schema.String),
  hangupSource: Schema.NullOr(Schema.String),
  failureCode: Schema.NullOr(Schema.String),
  failureReason: Schema.NullOr(Schema.String),
  bridgeUuid: Schema.NullOr(Schema.String),
  sipCallId: Schema.NullOr(Schema.String),
  sipUserAgent: Schema.NullOr(Schema.String),
  trunkId: Schema.NullOr(Schema.String),
  context: Schema.NullOr(Schema.String),
  codec: Schema.NullOr(Schema.String),
  mos: Schema.NullOr(Schema.Finite),
  jitter: Schema.NullOr(Schema.Finite),
  packetLoss: Schema.NullOr(Schema.Finite),
  networkAddr: Schema.NullOr(Schema.String),
  carrierIp: Schema.NullOr(Schema.String),
  customerEndpoint: Schema.NullOr(Schema.String),
  terminatedTo: Schema.NullOr(Schema.String),
  campaignId: Schema.NullOr(Schema.String),
  region: Schema.NullOr(Schema.String),
  originationRegion: Schema.NullOr(Schema.String),
  oddities: Schema.Array(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed([])))
}) {
  /** Whether anybody talked: the provider's own definition, `billsec` above zero. */
  get answered(): boolean {
    return Duration.toMillis(this.billsec) > 0
  }
}
