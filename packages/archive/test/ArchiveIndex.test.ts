import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { type ArchiveEvent, ArchiveIndex, AudioStore } from "@vobiz-effect/archive"
import { DateTime, Effect, FileSystem, Schema, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { hostname } from "node:os"

import { folder, temporary, tree } from "./utils.ts"

const entry = (recordingId: string): ArchiveEvent.Tombstone => ({
  _tag: "Tombstone",
  recordingId,
  callUuid: "c",
  addTime: DateTime.makeUnsafe("2026-05-10T23:59:59.999Z"),
  sha256: "",
  bytes: 0,
  audioRemoved: true,
  rule: "",
  at: DateTime.makeUnsafe("2026-08-10T00:00:00Z")
})

const inFolder = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    return yield* test(directory).pipe(Effect.provide(folder({ directory })))
  }).pipe(Effect.scoped)

const hostile = [
  "",
  ".",
  "..",
  "../../../etc/passwd",
  "..\\..\\windows",
  "/etc/passwd",
  "C:\\con",
  "con",
  "NUL.json",
  "aux.",
  "a\u0000b",
  "a/b",
  "x".repeat(5000),
  "\u202Egnp.exe",
  "e\u0301",
  "\u00e9",
  "\ud800",
  "A",
  "a",
  "~",
  "$(rm -rf /)",
  "%2e%2e%2f",
  "sip:1001@10.0.0.1;tag=1"
]

describe("ArchiveIndex.layerFolder", () => {
  it.effect("finds every recording again, whatever its id, and writes nowhere but by the day", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const index = yield* ArchiveIndex.ArchiveIndex
        for (const id of hostile) yield* index.put(entry(id))
        for (const id of hostile)
          assert.strictEqual((yield* index.get(entry(id)))?.recordingId, JSON.parse(JSON.stringify(id)))
        const files = yield* tree(directory)
        assert.strictEqual(files.length, hostile.length)
        for (const file of files) assert.match(file, /^index\/2026\/05\/10\/[a-z0-9-]{1,80}\.json$/)
      })
    )
  )

  it.effect.prop(
    "gives any two ids two names that any file system takes",
    [Schema.String, Schema.String],
    ([one, other]) =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const index = yield* ArchiveIndex.ArchiveIndex
          const store = yield* AudioStore.AudioStore
          yield* index.put(entry(`../${one}`))
          yield* index.put(entry(other))
          yield* Effect.scoped(
            Effect.flatMap(store.intake(one), ({ begin }) => begin({ validator: null, total: null }))
          )
          const files = yield* tree(directory)
          for (const file of files) {
            assert.match(file, /^(index\/2026\/05\/10\/[a-z0-9-]{33,73}\.json|part\/[a-z0-9-]{33,73}\.part)$/)
          }
          assert.strictEqual(files.filter((file) => file.startsWith("index/")).length, `../${one}` === other ? 1 : 2)
        })
      ),
    { arbitrary: { runs: Effort.sized({ quick: 15, full: 50 }) } }
  )

  it.effect("lists all, the oldest day first, and names an entry that is damaged", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const index = yield* ArchiveIndex.ArchiveIndex
        assert.deepStrictEqual(yield* Stream.runCollect(index.list), [])
        for (const [id, day] of [
          ["c", "2027-01-01"],
          ["b", "2026-12-31"],
          ["a", "2026-09-30"]
        ] as const) {
          yield* index.put({ ...entry(id), addTime: DateTime.makeUnsafe(`${day}T00:00:00Z`) })
        }
        for (const place of ["", "2026/", "2026/12/"]) {
          yield* fs.writeFileString(`${directory}/index/${place}.DS_Store`, "x")
          yield* fs.writeFileString(`${directory}/index/${place}Thumbs.db`, "x")
        }
        const listed = yield* Stream.runCollect(index.list)
        assert.deepStrictEqual(
          listed.map(({ recordingId }) => recordingId),
          ["a", "b", "c"]
        )
        const file = (yield* tree(directory)).find((name) => name.endsWith(".json")) ?? ""
        yield* fs.writeFileString(`${directory}/${file}`, "{")
        const error = yield* Effect.flip(Stream.runDrain(index.list))
        assert.strictEqual(error.kind, "damaged")
        assert.include(error.message, file)
      })
    )
  )

  it.effect("does not wait for a pipe in an entry's place", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const index = yield* ArchiveIndex.ArchiveIndex
        yield* index.put(entry("a"))
        const file = `${directory}/${(yield* tree(directory))[0]}`
        yield* (yield* FileSystem.FileSystem).remove(file)
        assert.strictEqual(spawnSync("mkfifo", [file]).status, 0)
        for (const read of [index.get(entry("a")), Stream.runDrain(index.list)]) {
          assert.deepInclude(yield* Effect.flip(read), { kind: "damaged", place: file, detail: "it is no plain file" })
        }
      })
    )
  )

  it.effect("lists those that were added in a span, and reads no entry of other days", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const index = yield* ArchiveIndex.ArchiveIndex
        for (const addTime of [
          "2026-09-30T12:00:00Z",
          "2026-10-01T05:59:59.999Z",
          "2026-10-01T06:00:00Z",
          "2026-12-31T23:59:59.999Z",
          "2027-01-02T05:59:59.999Z",
          "2027-01-02T06:00:00Z",
          "2027-01-03T00:00:00Z"
        ]) {
          yield* index.put({ ...entry(addTime), addTime: DateTime.makeUnsafe(addTime) })
        }
        const files = yield* tree(directory)
        for (const file of [files[0], files.at(-1)]) yield* fs.writeFileString(`${directory}/${file}`, "{")
        const added = (from: string, until: string) =>
          Effect.map(
            Stream.runCollect(index.added({ from: DateTime.makeUnsafe(from), until: DateTime.makeUnsafe(until) })),
            (entries) => Array.from(entries, ({ recordingId }) => recordingId)
          )
        assert.deepStrictEqual(yield* added("2026-10-01T06:00:00Z", "2027-01-02T06:00:00Z"), [
          "2026-10-01T06:00:00Z",
          "2026-12-31T23:59:59.999Z",
          "2027-01-02T05:59:59.999Z"
        ])
        assert.deepStrictEqual(yield* added("2026-10-02T00:00:00Z", "2026-12-31T00:00:00Z"), [])
        assert.deepStrictEqual(yield* added("2027-01-02T06:00:00Z", "2027-01-02T06:00:00.001Z"), [
          "2027-01-02T06:00:00Z"
        ])
      })
    )
  )

  describe("exclusive", () => {
    it.effect("lets one write at a time", () =>
      inFolder(() =>
        Effect.gen(function* () {
          const index = yield* ArchiveIndex.ArchiveIndex
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* index.exclusive
              const error = yield* Effect.flip(Effect.scoped(index.exclusive))
              assert.strictEqual(error.kind, "busy")
            })
          )
          yield* Effect.scoped(index.exclusive)
        })
      )
    )

    it.effect("takes over from a process that is not there any more, and from no other machine's", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const index = yield* ArchiveIndex.ArchiveIndex
          const { pid } = spawnSync(process.execPath, ["--version"])
          for (const owner of [`${hostname()} ${pid}`, `${hostname()} ${process.pid}`]) {
            yield* fs.writeFileString(`${directory}/lock`, owner)
            yield* Effect.scoped(index.exclusive)
          }
          // One that names nobody was written by something else.
          for (const owner of [`elsewhere ${pid}`, ""]) {
            yield* fs.writeFileString(`${directory}/lock`, owner)
            assert.strictEqual((yield* Effect.flip(Effect.scoped(index.exclusive))).kind, "busy")
          }
        })
      )
    )
  })
})
