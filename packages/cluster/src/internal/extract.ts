/**
 * Reads one of an account's lists into a Parquet file of the lake.
 *
 * CDRs are read day by day, each day a unit of its own. The provider has no date filter for recordings (docs/vobiz-api.md,
 * "Listing recordings"), so that their list is one unit, read from the newest down to the window's start.
 *
 * @since 0.1.0
 */
import {
  CallDetailRecords,
  ExtractProof,
  type Recording,
  Recordings,
  Trunks,
  type VobizError
} from "@vobiz-effect/core"
import { Column, DuckDb, type DuckDbError, Relations } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import type * as Accounts from "./Accounts.ts"
import * as Sql from "./internal/sql.ts"
import * as Lake from "./Lake.ts"
import type { LakeError } from "./LakeError.ts"
import * as Spec from "./Spec.ts"

/**
 * Which part of which list: rows of `[from, to)`.
 *
 * @category models
 * @since 0.1.0
 */
export const Part = Schema.Struct({
  list: Schema.Literals(["cdr", "recording", "trunk"]),
  from: Schema.DateTimeUtcFromString,
  to: Schema.DateTimeUtcFromString
})

/**
 * @category models
 * @since 0.1.0
 */
export type Part = typeof Part.Type

/**
 * What a part came to. Receipts of trunks that an older version kept have no proof.
 *
 * @category models
 * @since 0.1.0
 */
export const Receipt = Schema.Struct({
  part: Part,
  file: Lake.Written,
  rows: Schema.Int,
  proof: Schema.NullOr(ExtractProof.ExtractProof)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Receipt = typeof Receipt.Type

/**
 * By what a part is known among those of its run.
 *
 * @category getters
 * @since 0.1.0
 */
export const nameOf = ({ from, list }: Part): string => (list === "cdr" ? `cdr ${DateTime.formatIso(from)}` : list)

/**
 * All parts of a run: the CDRs of each day, from `lookBack` before the window on, the recordings, and the trunks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const partsOf = ({ from, settings, to }: Spec.Spec): ReadonlyArray<Part> => {
  const parts: Array<Part> = [
    {
      list: "recording",
      from,
      to: DateTime.addDuration(DateTime.addDuration(to, settings.longestCall), settings.settle)
    },
    { list: "trunk", from, to }
  ]
  for (const day of daysOf({ from: DateTime.subtractDuration(from, settings.lookBack), to })) {
    parts.push({ list: "cdr", ...day })
  }
  return parts
}

/**
 * A day in UTC, or what a span has of one: `[from, to)`.
 *
 * @category models
 * @since 0.1.0
 */
export const Day = Schema.Struct({ from: Schema.DateTimeUtcFromString, to: Schema.DateTimeUtcFromString })

/**
 * @category models
 * @since 0.1.0
 */
export type Day = typeof Day.Type

/**
 * The days of a span.
 *
 * @category getters
 * @since 0.1.0
 */
export const daysOf = ({ from, to }: Day): ReadonlyArray<Day> => {
  const days: Array<Day> = []
  let begin = from
  while (DateTime.isLessThan(begin, to)) {
    const next = DateTime.min(DateTime.startOf(DateTime.add(begin, { days: 1 }), "day"), to)
    days.push({ from: begin, to: next })
    begin = next
  }
  return days
}

/**
 * The columns of a file of recordings: the table's, and where the audio is to be had.
 *
 * @category models
 * @since 0.1.0
 */
export const recordingColumns: ReadonlyArray<Column.Column<Recording.Recording>> = [
  ...Relations.recording,
  Column.text("recording_url", ({ recordingUrl }) => recordingUrl)
]

/**
 * Reads a part.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Extract.run")(function* (
  spec: Spec.Spec,
  part: Part
): Effect.fn.Return<
  Receipt,
  VobizError.VobizError | DuckDbError.DuckDbError | LakeError,
  Accounts.Services | DuckDb.DuckDb | Lake.Lake
> {
  const { from, list, to } = part
  const keep = <A, E>(
    columns: ReadonlyArray<Column.Column<A>>,
    rows: Stream.Stream<A, E>,
    proof: Effect.Effect<ExtractProof.ExtractProof>
  ) =>
    Effect.gen(function* () {
      const db = yield* DuckDb.DuckDb
      const lake = yield* Lake.Lake
      const table = `${yield* db.scratch}.${list}`
      yield* db.run(Column.createTable(table, columns))
      const count = yield* db.append(table, columns, rows)
      const day = list === "cdr" ? `/day=${DateTime.formatIsoDateUtc(from)}` : ""
      const file = yield* lake.file(`${Spec.placeOf(spec)}/${list}${day}`, "parquet", (temporary) =>
        db.run(
          `COPY (SELECT * FROM ${table} ORDER BY arrival) TO ${Sql.text(temporary)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`
        )
      )
      return { part, file, rows: count, proof: yield* proof }
    }).pipe(Effect.scoped)

  switch (list) {
    case "cdr": {
      const { proof, rows } = yield* (yield* CallDetailRecords.CallDetailRecords).extract({ from, to })
      return yield* keep(Relations.cdr, rows, proof)
    }
    case "recording": {
      const { proof, rows } = yield* (yield* Recordings.Recordings).extract({ since: from })
      const inTime = Stream.filter(rows, ({ addTime }) => DateTime.isLessThan(addTime, to))
      return yield* keep(recordingColumns, inTime, proof)
    }
    case "trunk": {
      const { proof, rows } = yield* (yield* Trunks.Trunks).extract
      return yield* keep(Relations.trunk, rows, proof)
    }
  }
})
