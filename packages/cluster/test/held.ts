/** What the archive of an account has. */
import { ArchiveIndex, AudioStore, type Encryption } from "@vobiz-effect/archive"
import { assert } from "@vobiz-effect/test-support"
import { type Simulator } from "@vobiz-effect/testing"
import { type DateTime, Effect, FileSystem, Layer, Stream } from "effect"

import { Audio } from "../src/index.ts"

/** The ids of an account's recordings from an instant on, whose audio is there. */
export const listed = ({ recordings, until }: Simulator.Account, from: DateTime.Utc) =>
  recordings
    .filter(({ addedAt }) => addedAt >= from.epochMilliseconds && addedAt <= until.epochMilliseconds)
    .filter(({ availableAt }) => availableAt <= until.epochMilliseconds)
    .map(({ row }) => row.recording_id)
    .toSorted()

const directoryOf = (lake: string, account: string) => `${lake}/${Audio.placeOf(account)}`

const entriesOf = Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ list }) =>
  Stream.runCollect(Stream.filter(list, ArchiveIndex.isStored))
)

/** The ids that the index of a lake's archive has; none where there is no archive yet. */
export const indexed = (lake: string, account: string) =>
  entriesOf.pipe(
    Effect.map((entries) => new Set(entries.map(({ recordingId }) => recordingId))),
    Effect.provide(ArchiveIndex.ArchiveIndex.layerFolder({ directory: directoryOf(lake, account) }))
  )

/** The ids that the archive of a lake has, each of whose audio is read and found whole; it has no other audio. */
export const ids = (lake: string, account: string, key: Encryption.Key | null = null) => {
  const directory = directoryOf(lake, account)
  return Effect.gen(function* () {
    const entries = yield* entriesOf
    yield* Effect.forEach(entries, ({ sha256 }) => AudioStore.verify(sha256), { discard: true })
    const files = yield* Stream.runCollect((yield* AudioStore.AudioStore).list)
    assert.sameMembers(
      files.map(({ sha256 }) => sha256),
      [...new Set(entries.map(({ sha256 }) => sha256))]
    )
    return entries.map(({ recordingId }) => recordingId).toSorted()
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        AudioStore.AudioStore.layerFolder({ directory, key }),
        ArchiveIndex.ArchiveIndex.layerFolder({ directory })
      )
    )
  )
}

/** Audio that is on its way, or was. */
export const partsIn = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(folder, { recursive: true })
  return names.filter((name) => /(?:^|\/)part\/.|\.part$|\.tmp$|quarantine\/./.test(name))
})
