/** Which recordings are of a day whose audio is fetched. */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@vobiz-effect/test-support"
import { Recording, Recordings } from "@vobiz-effect/core"
import { Column, DuckDb } from "@vobiz-effect/reconcile"
import { DateTime, Effect, FileSystem, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"

import { Audio, Lake, Spec } from "../src/index.ts"
import * as Extract from "../src/internal/extract.ts"
import * as Runs from "./runs.ts"

const midnight = DateTime.startOf(Runs.until, "day")
const day = { from: DateTime.subtract(midnight, { days: 1 }), to: midnight }
const spec = Runs.of("MA_TEST", 2, { archive: true })

/** Each with the milliseconds that it was added after the day's begin. */
const added = { before: -1, first: 0, last: 86_399_999, after: 86_400_000 }

const recordings = Object.entries(added).map(([recordingId, millis]) =>
  Recording.make({
    recordingId,
    callUuid: recordingId,
    addTime: DateTime.makeUnsafe(day.from.epochMilliseconds + millis)
  })
)

const services = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Layer.mergeAll(
      Lake.Lake.layer(yield* fs.makeTempDirectoryScoped()),
      DuckDb.DuckDb.layer({ threads: 1 }),
      Recordings.Recordings.layerTest({ recordings })
    )
  })
).pipe(Layer.provideMerge(NodeServices.layer))

/** The recordings in a file of the lake, as the unit that read them put them down. */
const listed = Effect.gen(function* () {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const table = `${yield* db.scratch}.recording`
  yield* db.run(Column.createTable(table, Extract.recordingColumns))
  yield* db.append(table, Extract.recordingColumns, Stream.fromIterable(recordings))
  return yield* lake.file(`${Spec.placeOf(spec)}/recording`, "parquet", (file) =>
    db.run(`COPY ${table} TO '${file}' (FORMAT parquet, USE_TMP_FILE false)`)
  )
}).pipe(Effect.scoped)

it.effect("a day has what was added from its begin on and before its end", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Runs.until.epochMilliseconds + 86_400_000)
    const receipt = { list: "recording", files: [yield* listed], rows: 4 } as unknown as Extract.Receipt
    const { summary } = yield* Audio.run(spec, receipt, day)
    // The provider has audio of no bytes.
    const none = { Stored: 0, Kept: 0, Gone: 0, Quarantined: 0, Failed: 0, Removed: 0, Flawed: 0, bytes: 0 }
    assert.deepStrictEqual(summary, { ...none, NotReady: 2 })
  }).pipe(Effect.scoped, Effect.provide(services))
)
