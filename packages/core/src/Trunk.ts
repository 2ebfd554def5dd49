/**
 * One SIP trunk.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

import { names, orNull } from "./internal/orNull.ts"

/**
 * A trunk, as far as recording goes (docs/vobiz-api.md, "Trunks"). Everything but its id is `null` where the row does not
 * say, or says what cannot be read.
 *
 * @category models
 * @since 0.1.0
 */
export const Trunk = Schema.Struct({
  trunkId: Schema.String,
  accountId: orNull(Schema.String),
  name: orNull(Schema.String),
  domain: orNull(Schema.String),
  status: orNull(Schema.String),
  direction: orNull(Schema.String),
  /** Today's position of the switch that records every call on the trunk. The provider keeps no history of it. */
  recording: orNull(Schema.Boolean),
  recordingWebhookEnabled: orNull(Schema.Boolean),
  createdAt: orNull(Schema.DateTimeUtc),
  updatedAt: orNull(Schema.DateTimeUtc),
  /** Wire names of the fields that could not be read, and are `null` for it. */
  unreadable: names,
  /** Wire names of the instants that named no zone. */
  zoneless: names
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Trunk extends Schema.Schema.Type<typeof Trunk> {}

/**
 * A trunk of these fields; the rest is filled in.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (fields: Parameters<typeof Trunk.make>[0]): Trunk => Trunk.make(fields)
