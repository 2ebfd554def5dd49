/**
 * One SIP trunk.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A trunk, as far as recording goes (docs/vobiz-api.md, "Trunks"). `recording` is today's position of the switch that
 * records every call on the trunk; the provider keeps no history of it. It is `null` when the row did not say.
 *
 * @category models
 * @since 0.1.0
 */
export class Trunk extends Schema.Class<Trunk>("@vobiz-effect/core/Trunk")({
  trunkId: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  name: Schema.NullOr(Schema.String),
  domain: Schema.NullOr(Schema.String),
  status: Schema.NullOr(Schema.String),
  direction: Schema.NullOr(Schema.String),
  recording: Schema.NullOr(Schema.Boolean),
  recordingWebhookEnabled: Schema.NullOr(Schema.Boolean),
  createdAt: Schema.NullOr(Schema.DateTimeUtc),
  updatedAt: Schema.NullOr(Schema.DateTimeUtc)
}) {}
