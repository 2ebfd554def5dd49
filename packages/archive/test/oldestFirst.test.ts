/** The queue of recordings that wait to be fetched. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, Seed } from "@vobiz-effect/test-support"
import { Recording } from "@vobiz-effect/core"
import { DateTime, Effect, FileSystem, Layer, Stream } from "effect"
import { closeSync, openSync, writeSync } from "node:fs"

import * as Disk from "../src/internal/disk.ts"
import { sorted } from "../src/internal/oldestFirst.ts"
import { temporary } from "./utils.ts"

const start = DateTime.makeUnsafe("2026-05-10T12:00:00Z")

const added = (second: number, recordingId = `r${second}`) => {
  const addTime = DateTime.add(start, { seconds: second })
  return Recording.Recording.make({
    recordingId,
    callUuid: null,
    recordingType: null,
    recordingFormat: "wav",
    recordingUrl: null,
    addTime,
    startTime: null,
    endTime: null,
    duration: null,
    roundedDuration: null,
    conferenceName: null,
    from: null,
    to: null,
    storageDays: null,
    storageRate: null,
    monthlyStorageAmount: null,
    resourceUri: null
  })
}

const count = 500
const inOrder = Array.from({ length: count }, (_, n) => n)
const shuffled = (() => {
  const below = Seed.integers()
  const seconds = [...inOrder]
  for (let n = count - 1; n > 0; n--) {
    const other = below(n + 1)
    ;[seconds[n], seconds[other]] = [seconds[other] ?? 0, seconds[n] ?? 0]
  }
  return seconds
})()

/** A disk that counts the reads of its files. */
const counting = () => {
  let reads = 0
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      open: (...args: Parameters<typeof fs.open>) =>
        Effect.map(fs.open(...args), (file): FileSystem.File =>
          Object.create(file, {
            writeAll: { value: (bytes: Uint8Array) => file.writeAll(bytes) },
            read: {
              value: (...args: Parameters<typeof file.read>) => {
                reads++
                return file.read(...args)
              }
            }
          })
        )
    }))
  ).pipe(Layer.provideMerge(NodeServices.layer))
  return { layer, reads: () => reads }
}

/** The recordings as they come out, and how often the file was read. */
const through = Effect.fnUntraced(function* (recordings: ReadonlyArray<Recording.Recording>) {
  const disk = counting()
  const file = `${yield* temporary}/part/queue`
  const out = yield* Effect.flatMap(Disk.make, (disk) =>
    Stream.runCollect(sorted(disk, file, Stream.fromIterable(recordings)))
  ).pipe(Effect.provide(disk.layer))
  return { out, reads: disk.reads() }
}, Effect.scoped)

describe("sorted", () => {
  for (const { expected, given, seconds } of [
    { given: "in order, in few reads", seconds: inOrder, expected: Math.ceil(count / 64) },
    { given: "newest first, in few reads", seconds: inOrder.toReversed(), expected: Math.ceil(count / 64) },
    { given: "in random order", seconds: shuffled, expected: count }
  ]) {
    it.effect(`sorts recordings that come ${given}`, () =>
      Effect.gen(function* () {
        const { out, reads } = yield* through(seconds.map((second) => added(second)))
        assert.deepStrictEqual(
          out,
          inOrder.map((second) => added(second))
        )
        assert.strictEqual(reads, expected)
      })
    )
  }

  it.effect("keeps the order of recordings that were added at once, and gives each once", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 200 }, (_, n) => `r${n % 150}`)
      const { out } = yield* through([added(1, "last"), ...ids.map((id) => added(0, id))])
      assert.deepStrictEqual(
        out.map(({ recordingId }) => recordingId),
        [...new Set(ids), "last"]
      )
    })
  )

  it.effect("fails as damaged where the file was changed", () =>
    Effect.gen(function* () {
      const file = `${yield* temporary}/part/queue`
      const change = () => {
        const opened = openSync(file, "r+")
        writeSync(opened, "changed", 100)
        closeSync(opened)
      }
      const recordings = Stream.concat(Stream.make(added(0), added(1)), Stream.drain(Stream.sync(change)))
      const error = yield* Effect.flatMap(Disk.make, (disk) =>
        Effect.flip(Stream.runDrain(sorted(disk, file, recordings)))
      )
      assert.deepInclude({ ...error }, { kind: "damaged", place: file })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
