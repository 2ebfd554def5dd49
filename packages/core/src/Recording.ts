/**
 * One call recording.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { names, orNull } from "./internal/orNull.ts"
import { PhoneNumber } from "./PhoneNumber.ts"

/**
 * A recording as the provider lists it, normalised (docs/vobiz-api.md, "The recording object"). Everything but its id and
 * `addTime` is `null` where the row does not say, or says what cannot be read; `unreadable` tells the two apart.
 *
 * @category models
 * @since 0.1.0
 */
export const Recording = Schema.Struct({
  /** Opaque. For trunk recordings it can be a SIP Call-ID. */
  recordingId: Schema.String,
  /** The CDR's `uuid` for `call`; observed to be its `sipCallId` for `trunk`. */
  callUuid: orNull(Schema.String),
  /** An open set: `call`, `conference` and `trunk` are known. @default "call" in `make` */
  recordingType: Schema.NullOr(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed("call"))),
  /** `mp3` or `wav`, as it was asked for: the file may be of the other. */
  recordingFormat: orNull(Schema.String),
  /** `null` while the file is being made. */
  recordingUrl: orNull(Schema.String),
  /** When the row was written, about a second after the recording ended. The list is sorted by it. @default 1970 in `make` */
  addTime: Schema.DateTimeUtc.pipe(Schema.withConstructorDefault(Effect.sync(() => DateTime.makeUnsafe(0)))),
  /** `null` on trunk recordings. */
  startTime: orNull(Schema.DateTimeUtc),
  /** `null` on trunk recordings. */
  endTime: orNull(Schema.DateTimeUtc),
  /** Measured. */
  duration: orNull(Schema.Duration),
  /** Billed: a multiple of 60 seconds. */
  roundedDuration: orNull(Schema.Duration),
  conferenceName: orNull(Schema.String),
  from: orNull(PhoneNumber),
  to: orNull(PhoneNumber),
  /** As received: the provider's pages contradict each other on its unit. */
  storageDays: orNull(Schema.Finite),
  storageRate: orNull(Schema.Finite),
  monthlyStorageAmount: orNull(Schema.Finite),
  resourceUri: orNull(Schema.String),
  /** Wire names of the fields that could not be read, and are `null` for it. */
  unreadable: names,
  /** Wire names of the instants that named no zone. They are of `rowsZone`, or of UTC where that is not set. */
  zoneless: names
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Recording extends Schema.Schema.Type<typeof Recording> {}

/**
 * A recording of these fields; the rest is filled in. Throws where a field is of the wrong type.
 *
 * @example
 * ```ts
 * import { Recording } from "@vobiz-effect/core"
 *
 * const recording = Recording.make({ recordingId: "r1", callUuid: "c1" })
 * recording.duration // null
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (fields: Parameters<typeof Recording.make>[0]): Recording => Recording.make(fields)
