/** What the archive says it has kept has reached the disk, in the order that survives a power cut. */
import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, it } from "@vobiz-effect/test-support"
import { type ArchiveEvent, ArchiveIndex, AudioStore, Manifest, Retention } from "@vobiz-effect/archive"
import { DateTime, Effect, type FileSystem, Layer, type Path, Stream } from "effect"

import { sha256, temporary } from "./utils.ts"

const at = DateTime.makeUnsafe("2026-05-10T12:00:00Z")
const audio = new TextEncoder().encode("RIFF or so")

const entry: ArchiveEvent.Stored = {
  _tag: "Stored",
  recordingId: "a",
  callUuid: "call-a",
  addTime: at,
  recordingType: "trunk",
  trunkId: null,
  from: "+919812345678",
  to: "+918045670012",
  format: "wav",
  duration: 1000,
  sha256: sha256(audio),
  bytes: audio.length,
  container: "wav",
  contentType: null,
  host: "media.vobiz.ai",
  fetchedAt: at
}

const indexPath = ArchiveIndex.pathOf({ addTime: DateTime.formatIso(at), recordingId: "a" })

/** An archive in a new folder, and what is done to the disk. */
const watched = <A, E>(
  body: (
    directory: string,
    log: DiskLog.DiskLog
  ) => Effect.Effect<
    A,
    E,
    AudioStore.AudioStore | ArchiveIndex.ArchiveIndex | Manifest.Manifest | FileSystem.FileSystem | Path.Path
  >
) =>
  Effect.gen(function* () {
    const directory = `${yield* temporary}/archive`
    const log = DiskLog.make()
    yield* body(directory, log).pipe(
      Effect.provide(
        Manifest.Manifest.layerFolder({ directory }).pipe(
          Layer.provideMerge(
            Layer.mergeAll(
              AudioStore.AudioStore.layerFolder({ directory }),
              ArchiveIndex.ArchiveIndex.layerFolder({ directory })
            )
          ),
          Layer.provideMerge(log.layer),
          Layer.provideMerge(NodeServices.layer)
        )
      )
    )
  }).pipe(Effect.scoped)

const keep = Effect.gen(function* () {
  yield* AudioStore.put("a", Stream.make(audio))
  yield* Effect.flatMap(ArchiveIndex.ArchiveIndex, (index) => index.put(entry))
})

it.effect("audio is on the disk before the entry that names it, and the entry before it is told", () =>
  watched((directory, log) =>
    Effect.gen(function* () {
      yield* keep
      const place = `${directory}/${AudioStore.pathOf(sha256(audio))}`
      DiskLog.assertSettled(log, place)
      DiskLog.assertSettled(log, `${directory}/${indexPath}`)
      const named = DiskLog.indexOf(log, "rename", `${directory}/${indexPath}`)
      const shard = DiskLog.indexOf(log, "rename", place)
      const settled = log.operations.findIndex(
        ({ did, path }, index) => index > shard && did === "sync" && `${path}/${sha256(audio)}` === place
      )
      assert.isTrue(settled > shard && settled < named, "the audio's folder is synced before the entry has its name")
    })
  )
)

it.effect("an audio that is deleted does not come back after its tombstone", () =>
  watched((directory, log) =>
    Effect.gen(function* () {
      yield* keep
      log.operations.length = 0
      const rules = { rules: [{ name: "old", afterDays: 0 }], holds: [] }
      yield* Stream.runDrain(Retention.execute(yield* Retention.plan(rules, at), directory))
      const place = `${directory}/${AudioStore.pathOf(sha256(audio))}`
      const removed = DiskLog.indexOf(log, "remove", place)
      const synced = log.operations.findIndex(
        ({ did, path }, index) => index > removed && did === "sync" && place.startsWith(`${path}/`)
      )
      const buried = DiskLog.indexOf(log, "rename", `${directory}/${indexPath}`)
      assert.isAtLeast(removed, 0)
      assert.isTrue(removed < synced && synced < buried, `${removed} < ${synced} < ${buried}`)
      DiskLog.assertSettled(log, `${directory}/${indexPath}`)
    })
  )
)

it.effect("the chain and what it speaks of survive: its name, its lines, its objects", () =>
  watched((directory, log) =>
    Effect.gen(function* () {
      const manifest = yield* Manifest.Manifest
      const object = yield* Effect.scoped(
        Effect.gen(function* () {
          const run = yield* manifest.run("test")
          const chain = `${directory}/manifest/chain.ndjson`
          // The begin is on the disk before anything is done.
          DiskLog.assertAppended(log, chain)
          const stored = yield* run.object({ what: "answer" }, Stream.make(audio))
          DiskLog.assertSettled(log, `${directory}/pending/${stored.root}.ndjson`)
          const place = `${directory}/objects/${stored.root.slice(0, 2)}/${stored.root}.ndjson`
          const named = DiskLog.indexOf(log, "rename", `${directory}/pending/${stored.root}.ndjson`)
          const written = log.operations.findIndex(({ did, path }, n) => n > named && did === "sync" && path === chain)
          const placed = log.operations.findIndex(({ to }) => to === place)
          assert.isTrue(named < written && written < placed, `${named} < ${written} < ${placed}`)
          yield* run.event({
            _tag: "Released",
            recordingId: "a",
            callUuid: "call-a",
            addTime: at,
            sha256: sha256(audio),
            bytes: 1,
            at
          })
          // What was deleted at the provider is told by nothing else.
          DiskLog.assertAppended(log, chain)
          yield* run.fact("name", "value")
          return stored
        })
      )
      DiskLog.assertAppended(log, `${directory}/manifest/chain.ndjson`)
      assert.strictEqual(object.bytes, audio.length)
    })
  )
)
