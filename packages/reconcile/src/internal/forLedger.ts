/** Findings as a file that a ledger takes in, so that they never leave the database. */
import * as Effect from "effect/Effect"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as FindingText from "./findingText.ts"
import * as Found from "./found.ts"
import type { FindingRows } from "./ledgerModel.ts"
import * as Sql from "./sql.ts"

/** The findings of a reconciliation, by its schema. */
export const make = (schema: string, db: DuckDb["Service"], masked = false): FindingRows<DuckDbError> => ({
  write: Effect.fn("Ledger.findingRows")(
    function* (path, open) {
      const t = yield* db.scratch
      const sources = yield* Found.askingOrAbout(schema, t, open)
      const worded = yield* FindingText.make(schema, { masked, sources })
      const rows = yield* FindingText.staged(worded, sources)
      // A row group is in memory while it is written and while it is read: of the default size, these rows take 150 MB.
      yield* db.run(`COPY (${rows}) TO ${Sql.text(path)} (FORMAT parquet, ROW_GROUP_SIZE 8192, USE_TMP_FILE false)`)
    },
    Effect.scoped,
    Effect.provideService(DuckDb, db)
  ),
  get masked() {
    return make(schema, db, true)
  }
})
