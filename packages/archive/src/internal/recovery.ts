/**
 * Finishes what a run that was killed had written down: what is deleted is deleted, and the files of events get their places. Nothing that
 * lies in the folder is believed: a pending file counts only if the manifest has its hash.
 */
import * as Effect from "effect/Effect"

import { ArchiveIndex } from "../ArchiveIndex.ts"
import type { Disk } from "./disk.ts"
import * as Form from "./form.ts"
import * as Pending from "./pending.ts"
import * as Removal from "./removal.ts"
import * as Sealed from "./sealed.ts"
import * as State from "./state.ts"

/** The run of the manifest must be open, so that nobody else writes to it. Fails as `key` where a pending file cannot be read. */
export const run = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const pending = yield* Pending.files(disk, directory)
  if (pending.length === 0) return
  const at = (place: string) => disk.path.join(directory, ...place.split("/"))
  const form = Form.of((yield* ArchiveIndex).keys)
  const state = yield* State.read(disk, directory)
  const expected = new Map(Array.from(state.events, ([place, event]) => [event.sha256, { place, ...event }]))
  const carryOut = yield* Removal.of(disk, directory)
  for (const { file, sha256 } of pending) {
    const written = expected.get(sha256)
    const seen = written === undefined ? null : yield* Sealed.lookAtEvent(disk, form, file, written.place, written)
    if (seen?.wrong === null && !seen.isRead) {
      return yield* Sealed.unreadable(file, new Form.KeyMissing(seen.head?.key ?? null))
    }
    // What was not written down did not happen.
    if (written === undefined || seen === null || seen.event === null) {
      yield* disk.remove(file)
      continue
    }
    const { event } = seen
    yield* carryOut(event)
    // What came to the quarantine by it may still be on its way there.
    for (const [aside, { entry }] of state.files) {
      if (entry !== written.entry) continue
      const part = at(Pending.partOf(aside))
      if ((yield* disk.kindOf(part)) === "file") yield* disk.settle(part, at(aside))
    }
    yield* disk.settle(file, at(written.place))
  }
})
