/**
 * Reads one of an account's lists into Parquet files of the lake.
 *
 * After each file, it stores how far the list was read. If the runner is lost, another continues from there. Two runners that read
 * the same list at once do not disturb each other: each continues from its own position.
 */
import {
  type CallDetailRecord,
  CallDetailRecords,
  type Checkpoint,
  ExtractProof,
  type OffsetPager,
  type Recording,
  Recordings,
  type Trunk,
  Trunks,
  type VobizError
} from "@vobiz-effect/core"
import { Account, Column, DuckDb, type DuckDbError, Relations } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import type * as Accounts from "../Accounts.ts"
import * as Capacity from "../Capacity.ts"
import * as Lake from "../Lake.ts"
import { LakeError } from "../LakeError.ts"
import * as Spec from "../Spec.ts"
import * as Sql from "./sql.ts"

export const List = Schema.Literals(["cdr", "recording", "trunk"])

export type List = typeof List.Type

/** The files with a list's rows, and the proof of how completely it was read. */
export const Receipt = Schema.Struct({
  list: List,
  files: Schema.Array(Lake.Written),
  rows: Schema.Int,
  proof: ExtractProof.ExtractProof
})

export type Receipt = typeof Receipt.Type

/** How far a list was read. The files contain exactly the rows before the checkpoint of the walk. */
const Progress = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    files: Schema.Array(Lake.Written),
    rows: Schema.Int,
    checkpoint: Schema.String
  })
)

/** The directory with the progress of a run's lists. */
export const progressIn = (place: string): string => `${place}/reading`

/** The columns of the files of recordings: those of the table, and the URL of the audio. */
export const recordingColumns: ReadonlyArray<Column.Column<Recording.Recording>> = [
  ...Relations.recording,
  Column.text("recording_url", ({ recordingUrl }) => recordingUrl)
]

type Walk<A> = (
  named: OffsetPager.NamedCheckpoint
) => Effect.Effect<
  OffsetPager.Extract<A, VobizError.VobizError | Checkpoint.CheckpointError>,
  Checkpoint.CheckpointError
>

const unusable = (path: string) => () =>
  new LakeError({
    path,
    detail: "is damaged, or was written by another version",
    advice: "Remove it, and retry the run"
  })

const read = Effect.fnUntraced(function* <A>(
  spec: Spec.Spec,
  list: List,
  columns: ReadonlyArray<Column.Column<A>>,
  walk: Walk<A>
) {
  const { rowsPerFile } = yield* Capacity.Capacity
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const place = Spec.placeOf(spec)
  const progress = `${progressIn(place)}/${list}.json`
  const text = yield* lake.read(progress)
  const begun =
    text === undefined ? null : yield* Effect.mapError(Schema.decodeEffect(Progress)(text), unusable(progress))

  const files = [...(begun?.files ?? [])]
  let rows = begun?.rows ?? 0
  let walked = begun?.checkpoint ?? null
  const checkpoint: Checkpoint.Checkpoint["Service"] = {
    load: () => Effect.sync(() => walked),
    save: (_, text) => Effect.sync(() => void (walked = text)),
    remove: () => Effect.void
  }

  let pending: Array<A> = []
  const putDown = Effect.gen(function* () {
    if (pending.length === 0) return
    const table = `${yield* db.scratch}.${list}`
    yield* db.run(Column.createTable(table, columns))
    yield* db.append(table, columns, Stream.fromIterable(pending))
    files.push(
      yield* lake.file(`${place}/${list}`, "parquet", (temporary) =>
        db.run(
          `COPY (SELECT * REPLACE (arrival + ${rows} AS arrival) FROM ${table} ORDER BY arrival) TO ${Sql.text(temporary)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`
        )
      )
    )
    rows += pending.length
    pending = []
  }).pipe(Effect.scoped)

  const reading = yield* walk({ checkpoint, name: list })
  yield* Stream.runForEachArray(
    reading.rows,
    Effect.fnUntraced(function* (page) {
      // `walked` is the checkpoint after the pages before this one, whose rows are those in `pending`.
      if (pending.length >= rowsPerFile && walked !== null) {
        yield* putDown
        const reached = { version: 1 as const, files, rows, checkpoint: walked }
        yield* lake.replace(progress, yield* Effect.orDie(Schema.encodeEffect(Progress)(reached)))
      }
      for (const row of page) pending.push(row)
    })
  )
  yield* putDown
  return { list, files, rows, proof: yield* reading.proof }
})

/** Reads a list, and continues where an earlier attempt stopped. */
export const run = Effect.fn("Extract.run")(function* (
  spec: Spec.Spec,
  list: List
): Effect.fn.Return<
  Receipt,
  VobizError.VobizError | DuckDbError.DuckDbError | LakeError,
  Accounts.Services | Capacity.Capacity | DuckDb.DuckDb | Lake.Lake
> {
  const { cdrs: span, recordings: added } = Account.spans(spec, spec.settings)
  const progress = `${progressIn(Spec.placeOf(spec))}/${list}.json`
  const reading = Effect.gen(function* () {
    switch (list) {
      case "cdr": {
        const cdrs = yield* CallDetailRecords.CallDetailRecords
        return yield* read<CallDetailRecord.CallDetailRecord>(spec, list, Relations.cdr, (named) =>
          cdrs.resume(named, span)
        )
      }
      case "recording": {
        const recordings = yield* Recordings.Recordings
        return yield* read<Recording.Recording>(spec, list, recordingColumns, (named) =>
          Effect.map(recordings.resume(named, { since: added.since }), (walked) => ({
            ...walked,
            rows: Stream.filter(walked.rows, ({ addTime }) => DateTime.isLessThan(addTime, added.until))
          }))
        )
      }
      case "trunk": {
        const trunks = yield* Trunks.Trunks
        return yield* read<Trunk.Trunk>(spec, list, Relations.trunk, () => trunks.extract)
      }
    }
  })
  return yield* Effect.catchTag(reading, "CheckpointError", () => Effect.fail(unusable(progress)()))
})
