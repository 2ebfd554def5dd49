/** The trunk as the provider sends it (docs/vobiz-api.md, "Trunks"). */
import * as Schema from "effect/Schema"

import { Trunk } from "../Trunk.ts"
import { decoded } from "./decoded.ts"
import { id, kind, maybeFlag, maybeInstant, maybeText } from "./wire.ts"

const { known, reading } = kind([
  "trunk_id",
  "account_id",
  "name",
  "trunk_domain",
  "trunk_status",
  "trunk_direction",
  "recording",
  "recording_webhook_enabled",
  "created_at",
  "updated_at"
])

/** The keys that a row is known to have. */
export const knownKeys = known

/** The body of get-one, and a row of the list. */
export const row = reading((row) =>
  decoded(Trunk, {
    trunkId: id(row.trunk_id),
    accountId: maybeText(row.account_id),
    name: maybeText(row.name),
    domain: maybeText(row.trunk_domain),
    status: maybeText(row.trunk_status),
    direction: maybeText(row.trunk_direction),
    recording: maybeFlag(row.recording),
    recordingWebhookEnabled: maybeFlag(row.recording_webhook_enabled),
    createdAt: maybeInstant(row.created_at),
    updatedAt: maybeInstant(row.updated_at)
  })
)

/** The list's body; its `meta` has no `next`. */
export const list = Schema.Struct({
  meta: Schema.Struct({ limit: Schema.Int, offset: Schema.Int, total: Schema.Int }),
  objects: row.many
})
