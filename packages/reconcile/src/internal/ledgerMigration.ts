/** How a ledger is brought to the newest version. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import type { DuckDb } from "../DuckDb.ts"
import type { LedgerError } from "../LedgerError.ts"
import { Count } from "./ledgerRows.ts"
import * as Tables from "./ledgerSchema.ts"

/** Brings the file to the newest version, each step whole or not at all. */
export const migrate = Effect.fnUntraced(function* (db: DuckDb["Service"], refuse: (detail: string) => LedgerError) {
  const tables = yield* db.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'main'",
    Schema.Struct({ name: Schema.String })
  )
  const isLedger = tables.some(({ name }) => name === "ledger")
  if (!isLedger && tables.length > 0) {
    return yield* refuse(`it is a database of something else (table ${tables[0]?.name}): name another file`)
  }
  if (!isLedger) yield* db.run("CREATE TABLE ledger (version INTEGER)")
  const [row] = yield* db.query(
    "SELECT coalesce(max(version), 0)::VARCHAR AS version FROM ledger",
    Schema.Struct({ version: Count })
  )
  const version = row?.version ?? 0
  const newest = Tables.migrations.length
  if (version > newest) {
    return yield* refuse(`it is of version ${version}, and this program knows ${newest}: use a newer one`)
  }
  for (const [n, step] of Tables.migrations.entries()) {
    if (n < version) continue
    yield* db.run(`BEGIN TRANSACTION; ${step}; INSERT INTO ledger VALUES (${n + 1}); COMMIT`)
  }
})
