/**
 * How a file comes to the archive: it is whole and on the disk in `pending/`, then an entry of the manifest says what it must be, then it
 * gets its place. The entry is what counts: by it alone the next run after one that was killed knows which pending files to move, and it
 * never has to believe what lies in the folder (docs/evidence.md, "A run that was killed").
 */
import * as Effect from "effect/Effect"

import type { Record } from "./audioModel.ts"
import { type Disk, failedAt } from "./disk.ts"
import * as Event from "./event.ts"
import * as Form from "./form.ts"

export const folderName = "pending"

/**
 * Writes the file of an event, lets `record` write it down, and puts it in its place, in place of the one before. Without `record`, nobody
 * keeps a manifest.
 */
export const put = Effect.fnUntraced(function* (
  disk: Disk,
  form: Form.Form,
  directory: string,
  place: string,
  event: Event.Fields,
  record: Record | undefined
) {
  const { path } = disk
  const file = path.join(directory, ...place.split("/"))
  const bytes = Form.seal(form, place, Buffer.from(Event.lineOf(event)))
  if (record === undefined) return yield* disk.write(file, bytes, path.join(directory, "part"))
  const folder = path.join(directory, folderName)
  const pending = path.join(folder, `${Event.digestOf(event)}.json`)
  yield* disk.fresh(pending).pipe(
    Effect.flatMap((handle) => Effect.mapError(Effect.andThen(handle.writeAll(bytes), handle.sync), failedAt(pending))),
    Effect.scoped
  )
  yield* disk.syncFolder(folder)
  yield* record(form.key === null ? null : { path: place, ...Form.storedOf(bytes) })
  yield* disk.settle(pending, file)
})

/** The files of events that are pending, by the hash of the closed form that they are named by. */
export const files = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const folder = disk.path.join(directory, folderName)
  const names = (yield* disk.list(folder)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
  return names.map((name) => ({ sha256: name.slice(0, 64), file: disk.path.join(folder, name) }))
})

/** Where a file of the quarantine is before it is moved there. */
export const partOf = (place: string): string => `part/${place.slice("quarantine/".length)}.part`
