/** Carries out what a tombstone says: nothing of it is left in the store or in the folder. */
import * as Effect from "effect/Effect"

import { AudioStore } from "../AudioStore.ts"
import * as Media from "../Media.ts"
import type { Disk } from "./disk.ts"
import * as Event from "./event.ts"
import * as State from "./state.ts"

export const of = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const store = yield* AudioStore
  const measured = yield* Media.measured(directory)
  const remove = (place: string) => disk.remove(disk.path.join(directory, ...place.split("/")))
  /** Removes the audio and the files that an event says are gone. What is not there any more is no error. */
  return Effect.fnUntraced(function* (event: Event.Fields) {
    const { audio, files } = State.removedBy(event)
    for (const sha256 of audio) {
      yield* store.remove(sha256)
      yield* measured.forget(sha256)
    }
    for (const file of files) yield* remove(file)
    if (event["_tag"] === "Erased") yield* remove(Event.quarantinePath(String(event["recordingId"])))
  })
})
