/**
 * Ids are compared without regard to case, and without the spaces around them: files that went through other programs have both. What is
 * shown stays as it came.
 *
 * The kernel reads ids from views `compared_…` of the relations. A view changes only those of its ids that some row has in another form:
 * of 200,000 legs, looking for such rows takes about a ninth of a reconciliation, and changing all ids up to two fifths more.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"

/** What `String.prototype.trim` takes away. */
const spaces =
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

/** A text without spaces at its end, as `String.prototype.trimEnd` leaves it. */
export const trimEnd = (text: string): string => `rtrim(${text}, '${spaces}')`

/** An id as it is compared. */
export const of = (id: string): string => id.trim().toLowerCase()

/** The same of a column. */
export const sql = (column: string): string => `lower(trim(${column}, '${spaces}'))`

/** Whether it may differ from the column: capitals, what is not ASCII, or spaces at an end. */
const isOdd = (column: string) =>
  `${column} <> lower(${column}) OR strlen(${column}) <> length(${column}) OR ${column} < '!' OR right(${column}, 1) < '!'`

interface Compared {
  readonly relation: string
  /** Ids, each with the name that the view has it by as it came, if it is shown. */
  readonly ids: ReadonlyArray<readonly [id: string, shown?: string]>
}

const compared: ReadonlyArray<Compared> = [
  {
    relation: "cdr",
    ids: [["uuid"], ["id"], ["account_id"], ["sip_call_id"], ["bridge_uuid"], ["trunk_id"]]
  },
  {
    relation: "recording",
    ids: [
      ["recording_id", "shown_id"],
      ["call_uuid", "shown_call"],
      ["account_id", "shown_account"]
    ]
  },
  {
    relation: "archived",
    ids: [
      ["recording_id", "shown_id"],
      ["call_uuid", "shown_call"]
    ]
  },
  {
    relation: "remembered",
    ids: [
      ["recording_id", "shown_id"],
      ["call_uuid", "shown_call"]
    ]
  },
  { relation: "trunk", ids: [["trunk_id"]] },
  { relation: "trunk_seen", ids: [["trunk_id"]] }
]

/** Some rows as a view `compared_…` has them; `odd` are the ids that are changed. */
const rows = (table: string, ids: Compared["ids"], odd: ReadonlyArray<string>): string => {
  const changed = odd.map((id) => `nullif(${sql(id)}, '') AS ${id}`)
  const shown = ids.flatMap(([id, as]) => (as === undefined ? [] : [`, ${id} AS ${as}`]))
  return `SELECT *${changed.length === 0 ? "" : ` REPLACE (${changed.join(", ")})`}${shown.join("")} FROM ${table}`
}

const Odd = Schema.Struct({ odd: Schema.Array(Schema.String) })

/** Makes the view `compared_…` of each relation. */
export const make = Effect.fn("SameId.make")(function* (s: string): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  yield* Effect.forEach(
    compared,
    Effect.fnUntraced(function* ({ ids, relation }) {
      const some = ids.map(([id]) => `CASE WHEN bool_or(${isOdd(id)}) THEN '${id}' END`)
      const [row] = yield* db.query(
        `SELECT list_filter([${some.join(", ")}], lambda id: id IS NOT NULL) AS odd FROM ${s}.${relation}`,
        Odd
      )
      yield* db.run(`CREATE VIEW ${s}.compared_${relation} AS ${rows(`${s}.${relation}`, ids, row?.odd ?? [])}`)
    }),
    { discard: true }
  )
})
