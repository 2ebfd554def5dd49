/** The trunk as the provider sends it (docs/vobiz-api.md, "Trunks"). */
import * as Schema from "effect/Schema"

import { Trunk } from "../Trunk.ts"
import { absentable, Flag, Id, Instant, row, Text } from "./wire.ts"

/** The body of get-one, and a row of the list. */
export const Row = row({
  trunk_id: Id,
  account_id: absentable(Text),
  name: absentable(Text),
  trunk_domain: absentable(Text),
  trunk_status: absentable(Text),
  trunk_direction: absentable(Text),
  recording: absentable(Flag),
  recording_webhook_enabled: absentable(Flag),
  created_at: absentable(Instant),
  updated_at: absentable(Instant)
})

/** The list's body; its `meta` has no `next`. */
export const List = Schema.Struct({
  meta: Schema.Struct({ limit: Schema.Int, offset: Schema.Int, total: Schema.Int }),
  objects: Schema.Array(Row)
})

export const toTrunk = (row: typeof Row.Type): Trunk =>
  new Trunk({
    trunkId: row.trunk_id,
    accountId: row.account_id,
    name: row.name,
    domain: row.trunk_domain,
    status: row.trunk_status,
    direction: row.trunk_direction,
    recording: row.recording,
    recordingWebhookEnabled: row.recording_webhook_enabled,
    createdAt: row.created_at?.instant ?? null,
    updatedAt: row.updated_at?.instant ?? null
  })
