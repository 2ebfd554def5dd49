/**
 * Finishes what a run that was killed had written down: what is deleted is deleted, and the files of events get their places. Nothing that
 * lies in the folder is believed: a pending file counts only if the manifest has its hash.
 */
import * as Effect from "effect/Effect"

import type { Disk } from "./disk.ts"
import * as Event from "./event.ts"
import * as Pending from "./pending.ts"
import * as Removal from "./removal.ts"
import * as State from "./state.ts"

/** The run of the manifest must be open, so that nobody else writes to it. */
export const run = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const pending = yield* Pending.events(disk, directory)
  if (pending.length === 0) return
  const at = (place: string) => disk.path.join(directory, ...place.split("/"))
  const move = Effect.fnUntraced(function* (from: string, to: string) {
    yield* disk.folder(disk.path.dirname(to))
    yield* disk.settle(from, to)
  })
  const state = yield* State.read(disk, directory)
  const carryOut = yield* Removal.of(disk, directory)
  for (const { event, file } of pending) {
    const place = event === null ? null : Event.placeOf(event)
    const written = place === null ? undefined : state.events.get(place)
    // What was not written down did not happen.
    if (event === null || place === null || written?.sha256 !== Event.digestOf(event)) {
      yield* disk.remove(file)
      continue
    }
    yield* carryOut(event)
    // What came to the quarantine by it may still be on its way there.
    for (const [aside, { entry }] of state.files) {
      if (entry !== written.entry) continue
      const part = at(Pending.partOf(aside))
      if ((yield* disk.kindOf(part)) === "file") yield* move(part, at(aside))
    }
    yield* move(file, at(place))
  }
})
