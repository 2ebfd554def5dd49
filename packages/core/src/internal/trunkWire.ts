/** The trunk as the provider sends it (docs/vobiz-api.md, "Trunks"). */
import type { Trunk } from "../Trunk.ts"
import type { Reading } from "./reading.ts"
import * as Read from "./readers.ts"
import * as RowTable from "./rowTable.ts"

/** How a row is read, of the list and of get-one. */
export const table = ({ rowsZone }: Pick<Reading, "rowsZone">): RowTable.RowTable<Trunk> => {
  const instant = Read.instant(rowsZone)
  return RowTable.make<Trunk>(
    {
      trunkId: RowTable.needed("trunk_id", Read.id),
      accountId: RowTable.optional("account_id", Read.text),
      name: RowTable.optional("name", Read.words),
      domain: RowTable.optional("trunk_domain", Read.words),
      status: RowTable.optional("trunk_status", Read.words),
      direction: RowTable.optional("trunk_direction", Read.words),
      recording: RowTable.optional("recording", Read.flag),
      recordingWebhookEnabled: RowTable.optional("recording_webhook_enabled", Read.flag),
      createdAt: RowTable.optional("created_at", instant),
      updatedAt: RowTable.optional("updated_at", instant)
    },
    { identity: ["trunk_id"] }
  )
}

/** How the list names what it holds; its `meta` has no `next`. */
export const list = { rows: "objects", meta: "meta", limit: "limit", total: "total", next: null }
