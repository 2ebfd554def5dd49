import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Archive, type ArchiveEvent, ArchiveIndex, AudioStore, Export } from "@vobiz-effect/archive"
import { Recordings } from "@vobiz-effect/core"
import { DateTime, Effect, FileSystem, Redacted, Schema, Stream } from "effect"
import { sep } from "node:path"

import { layerFake } from "./accounts.ts"
import { folder, temporary, tree } from "./utils.ts"

const entry: ArchiveEvent.Stored = {
  _tag: "Stored",
  recordingId: "9f0c",
  callUuid: "8b0f",
  addTime: DateTime.makeUnsafe("2026-05-10T19:05:30Z"),
  recordingType: "trunk",
  trunkId: null,
  from: "+919812345601",
  to: "+918045670012",
  format: "mp3",
  duration: 60_000,
  sha256: "0".repeat(64),
  bytes: 1,
  container: "wav",
  contentType: null,
  host: "",
  fetchedAt: DateTime.makeUnsafe("2026-05-10T20:00:00Z")
}

const call: Export.Call = {
  start: DateTime.makeUnsafe("2026-05-10T19:04:05Z"),
  trunk: "Sales & support",
  direction: "inbound"
}

const zone = DateTime.zoneMakeNamedUnsafe("Asia/Kolkata")

describe("names", () => {
  it.effect("are of the call where it is known, in the zone, with masked numbers", () =>
    Effect.gen(function* () {
      const nameOf = yield* Export.naming(Export.defaultName, { zone })
      assert.strictEqual(nameOf(entry, call), "2026-05-11/Sales-support/003405_inbound_+xxxxxxxxxx01_9f0c.wav")
      assert.strictEqual(
        nameOf(entry, { ...call, direction: "outbound", start: null }),
        "2026-05-11/Sales-support/003530_outbound_+xxxxxxxxxx12_9f0c.wav"
      )
      assert.strictEqual(nameOf(entry), "2026-05-11/unknown/003530_unknown_+xxxxxxxxxx12_9f0c.wav")
      assert.include(nameOf({ ...entry, to: "(080) 4567-0012" }), "_-xxx-xxxx-xx12_")
      const revealed = yield* Export.naming("{type} {call}/{from}-{to} {id}", { reveal: true })
      assert.strictEqual(revealed({ ...entry, container: null }), "trunk 8b0f/+919812345601-+918045670012 9f0c.mp3")
    })
  )

  it.effect("refuse a template that makes none", () =>
    Effect.gen(function* () {
      for (const [template, word] of [
        ["{date}", "must have {id}"],
        ["{day}/{id}", "there is no {day}"],
        ["{id}/{date", "a brace stands alone"],
        ["../{id}", "a path below the folder"],
        ["/{id}", "a path below the folder"],
        ["{id}/", "a path below the folder"],
        ["", "must have {id}"]
      ] as const) {
        const { detail } = yield* Effect.flip(Export.naming(template))
        assert.include(detail, word)
      }
    })
  )

  it.effect.prop(
    "stay below the folder whatever the provider calls things, and no two ids share one",
    [Schema.Array(Schema.String).check(Schema.isMinLength(2)), Schema.String],
    ([ids, trunk]) =>
      Effect.gen(function* () {
        const nameOf = yield* Export.naming("{trunk}/{id}")
        const all = [...ids, "..", ".", "", "a/b", "a-b", "a\\b", "A:b", "con"].map((recordingId) =>
          nameOf({ ...entry, recordingId, trunkId: trunk })
        )
        for (const name of all) {
          const segments = name.split("/")
          assert.lengthOf(segments, 2)
          for (const segment of segments) {
            assert.notMatch(segment, /^\.{0,2}$|[\\:*?"<>|\p{Cc}]|[. ]$/u)
            assert.isAtMost(Buffer.byteLength(segment), 255)
          }
        }
        assert.strictEqual(new Set(all).size, new Set([...ids, "..", ".", "", "a/b", "a-b", "a\\b", "A:b", "con"]).size)
      })
  )
})

describe("export", () => {
  it.live("copies or links each recording once, and names what it could not", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const root = yield* temporary
      const [directory, copies, links] = [`${root}/archive`, `${root}/copies`, `${root}/links`]
      yield* Effect.gen(function* () {
        const recordings = yield* Recordings.Recordings
        yield* Archive.summarize(Archive.run({ recordings: recordings.stream(), directory, settle: 0 }))
        const { list } = yield* ArchiveIndex.ArchiveIndex
        const entries = Array.from(yield* Stream.runCollect(list)).filter(({ _tag }) => _tag === "Stored")
        const tally = (options: Export.Options) =>
          Effect.map(Stream.runCollect(Export.run(options)), (outcomes) =>
            Array.from(outcomes, ({ _tag }) => _tag).toSorted()
          )
        const times = (tag: string) => entries.map(() => tag)
        const before = yield* tree(directory)

        assert.deepStrictEqual(yield* tally({ to: copies, name: "{id}" }), times("Copied"))
        assert.deepStrictEqual(yield* tally({ to: copies, name: "{id}" }), times("Present"))
        assert.deepStrictEqual(yield* tally({ to: links, name: "{id}", linkFrom: directory }), times("Linked"))
        assert.deepStrictEqual(yield* tree(copies), yield* tree(links))
        assert.lengthOf(yield* tree(copies), entries.length)
        assert.deepStrictEqual(yield* tree(directory), before)
        for (const outcome of yield* Stream.runCollect(Export.run({ to: copies, name: "{id}" }))) {
          const { file } = outcome
          const { sha256 } = outcome.entry
          const kept = `${directory}/${AudioStore.pathOf(sha256)}`
          assert.deepStrictEqual(yield* fs.readFile(file), yield* fs.readFile(kept))
          assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
          assert.notDeepEqual((yield* fs.stat(file)).ino, (yield* fs.stat(kept)).ino)
          const linked = file.replace(`${sep}copies${sep}`, `${sep}links${sep}`)
          assert.deepStrictEqual((yield* fs.stat(linked)).ino, (yield* fs.stat(kept)).ino)
        }

        // One is damaged, one is gone, and another file has the name of a third.
        const shas = [...new Set(entries.map((one) => ("sha256" in one ? one.sha256 : "")))]
        const [damaged = "", gone = ""] = shas
        yield* fs.writeFileString(`${directory}/${AudioStore.pathOf(damaged)}`, "no audio")
        yield* fs.remove(`${directory}/${AudioStore.pathOf(gone)}`)
        const again = `${root}/again`
        const taken = entries.findLast((one) => "sha256" in one && one.sha256 !== damaged && one.sha256 !== gone)
        const nameOf = yield* Export.naming("{id}")
        const other = taken?._tag === "Stored" ? `${again}/${nameOf(taken)}` : ""
        yield* fs.makeDirectory(again)
        yield* fs.writeFileString(other, "mine")
        const outcomes = Array.from(yield* Stream.runCollect(Export.run({ to: again, name: "{id}" })))
        const failed = outcomes.flatMap((outcome) =>
          outcome._tag === "Failed" ? [[outcome.entry.sha256, outcome.error.kind]] : []
        )
        assert.deepStrictEqual(
          new Map(failed.map(([sha256 = "", kind = ""]) => [sha256, kind])),
          new Map([
            [damaged, "damaged"],
            [gone, "missing"],
            [taken?._tag === "Stored" ? taken.sha256 : "", "other"]
          ])
        )
        assert.strictEqual(yield* fs.readFileString(other), "mine")
        const names = yield* tree(again)
        assert.lengthOf(names, outcomes.length - failed.length + 1)
        assert.isFalse(names.some((name) => name.endsWith(".part")))

        const only = entries[0]?.recordingId
        const one = {
          to: `${root}/one`,
          callOf: ({ recordingId }: ArchiveEvent.Stored) => (recordingId === only ? call : undefined)
        }
        assert.lengthOf(yield* tally(one), 1)
      }).pipe(Effect.provide([folder({ directory }), layerFake()]))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live("says that the key is missing or another, where that is so", () =>
    Effect.gen(function* () {
      const root = yield* temporary
      const directory = `${root}/archive`
      const key = (byte: number) => Redacted.make(new Uint8Array(32).fill(byte))
      const { sha256, ...delivery } = yield* Effect.provide(
        AudioStore.put("a", Stream.make(new TextEncoder().encode("audio"))),
        folder({ directory, key: key(7) })
      )
      const own = { ...entry, sha256, bytes: delivery.bytes }
      yield* Effect.provide(
        Effect.flatMap(ArchiveIndex.ArchiveIndex, (index) => index.put(own)),
        folder({ directory })
      )
      const outcome = (to: string, given: ReturnType<typeof key> | null) =>
        Effect.map(
          Effect.provide(
            Stream.runCollect(Export.run({ to: `${root}/${to}`, name: "{id}" })),
            folder({ directory, key: given })
          ),
          ([only]) => (only?._tag === "Failed" ? only.error.message : only?._tag)
        )
      assert.match(
        String(yield* outcome("none", null)),
        /encrypted by the key [0-9a-f]{16}, which is not set: VOBIZ_ARCHIVE_KEY /
      )
      assert.match(String(yield* outcome("other", key(8))), /encrypted by the key [0-9a-f]{16}, which is not set/)
      assert.strictEqual(yield* outcome("right", key(7)), "Copied")
    }).pipe(Effect.scoped)
  )
})
