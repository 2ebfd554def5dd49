/**
 * One call recording.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

import { PhoneNumber } from "./PhoneNumber.ts"

/**
 * A recording as the provider lists it, normalised (docs/vobiz-api.md, "The recording object").
 *
 * - `recordingId` is opaque: for trunk recordings it can be a SIP Call-ID.
 * - `callUuid` is the CDR's `uuid` for `call`, but was observed to be the CDR's `sipCallId` for `trunk`.
 * - `recordingType` is an open set; `call`, `conference` and `trunk` are known.
 * - `addTime` is when the row was written, about a second after the recording's end: it is end-like.
 * - `duration` is measured; `roundedDuration` is the billed one, a multiple of 60 seconds.
 * - `startTime` and `endTime` are `null` on trunk recordings.
 * - `recordingUrl` is `null` while the file is not there yet.
 * - Storage fields are given as received: their unit and formula are contradicted in the provider's own pages.
 *
 * @category models
 * @since 0.1.0
 */
export class Recording extends Schema.Class<Recording>("@vobiz-effect/core/Recording")({
  recordingId: Schema.String,
  callUuid: Schema.String,
  recordingType: Schema.String,
  recordingFormat: Schema.NullOr(Schema.String),
  recordingUrl: Schema.NullOr(Schema.String),
  addTime: Schema.DateTimeUtc,
  startTime: Schema.NullOr(Schema.DateTimeUtc),
  endTime: Schema.NullOr(Schema.DateTimeUtc),
  duration: Schema.NullOr(Schema.Duration),
  roundedDuration: Schema.NullOr(Schema.Duration),
  conferenceName: Schema.NullOr(Schema.String),
  from: Schema.NullOr(PhoneNumber),
  to: Schema.NullOr(PhoneNumber),
  storageDays: Schema.NullOr(Schema.Finite),
  storageRate: Schema.NullOr(Schema.Finite),
  monthlyStorageAmount: Schema.NullOr(Schema.Finite),
  resourceUri: Schema.NullOr(Schema.String)
}) {}
