/**
 * How a file comes to the archive: it is whole and on the disk in `pending/`, then an entry of the manifest says what it must be, then it
 * gets its place. The entry is what counts: by it alone the next run after one that was killed knows which pending files to move, and it
 * never has to believe what lies in the folder (docs/evidence.md, "A run that was killed").
 */
import * as Effect from "effect/Effect"

import type { StoreError } from "../StoreError.ts"
import { type Disk, failedAt, fileMode } from "./disk.ts"
import * as Event from "./event.ts"

export const folderName = "pending"

/**
 * Writes the file of an event, lets `record` write it down, and puts it in its place, in place of the one before. Without `record`, nobody
 * keeps a manifest.
 */
export const put = Effect.fnUntraced(function* (
  disk: Disk,
  directory: string,
  place: string,
  event: Event.Fields,
  record: Effect.Effect<void, StoreError> | undefined
) {
  const { fs, path } = disk
  const file = path.join(directory, ...place.split("/"))
  if (record === undefined) return yield* disk.write(file, Event.lineOf(event), path.join(directory, "part"))
  const folder = path.join(directory, folderName)
  const pending = path.join(folder, `${Event.digestOf(event)}.json`)
  yield* disk.folder(folder)
  yield* disk.discard(pending)
  yield* fs.open(pending, { flag: "wx", mode: fileMode }).pipe(
    Effect.flatMap((handle) => Effect.andThen(handle.writeAll(Buffer.from(Event.lineOf(event))), handle.sync)),
    Effect.scoped,
    Effect.mapError(failedAt(pending))
  )
  yield* disk.syncFolder(folder)
  yield* record
  yield* disk.folder(path.dirname(file))
  yield* disk.settle(pending, file)
})

/** The files of events that are pending, with what they say; `null` for one that is no event. */
export const events = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const folder = disk.path.join(directory, folderName)
  const names = (yield* disk.list(folder)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
  return yield* Effect.forEach(names, (name) => {
    const file = disk.path.join(folder, name)
    return Effect.map(disk.bytes(file, Event.longest), (bytes) => {
      const event = bytes === null ? null : Event.parse(bytes)
      return { file, event: event !== null && `${Event.digestOf(event)}.json` === name ? event : null }
    })
  })
})

/** Where a file of the quarantine is before it is moved there. */
export const partOf = (place: string): string => `part/${place.slice("quarantine/".length)}.part`
