import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Archive, ArchiveIndex, AudioStore } from "@vobiz-effect/archive"
import { Recording, Recordings, type VobizError } from "@vobiz-effect/core"
import { FakeVobiz, FaultPlan, Media } from "@vobiz-effect/testing"
import { Duration, Effect, FileSystem, Layer, PlatformError, Stream } from "effect"
import { TestClock } from "effect/testing"

import { account, layerFake, small } from "./accounts.ts"
import { collect, folder, sha256, temporary, tree } from "./utils.ts"

const on = ["recordings.audio"] as const
const always = { on, times: "always" } as const

const listed = Stream.unwrap(Effect.map(Recordings.Recordings, (recordings) => recordings.stream()))

/** Archives all of the account's recordings, in a folder of the test. */
const archive = (
  directory: string,
  options: Partial<Archive.Options<VobizError.VobizError, Recordings.Recordings>> = {}
) => Stream.runCollect(Archive.run({ recordings: listed, directory, settle: 0, attempts: 2, ...options }))

const counts = (outcomes: ReadonlyArray<Archive.Outcome>) => {
  const found: Record<string, number> = {}
  for (const { _tag } of outcomes) found[_tag] = (found[_tag] ?? 0) + 1
  return found
}

const fetched = Effect.gen(function* () {
  const fake = yield* FakeVobiz.FakeVobiz
  return (yield* fake.requests).filter(({ endpoint }) => endpoint === "recordings.audio")
})

const inFolder = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>, options = {}) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    return yield* test(directory).pipe(Effect.provide(folder({ directory, ...options })))
  }).pipe(Effect.scoped)

const all = small.recordings.length

describe("Archive.run", () => {
  it.live("stores every recording, oldest first, and tells where each is", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const outcomes = yield* archive(directory, {
          concurrency: 1,
          trunkOf: ({ callUuid }) => `trunk of ${callUuid}`
        })
        assert.deepStrictEqual(counts(outcomes), { Stored: all })
        const times = outcomes.map(({ recording }) => recording.addTime.epochMilliseconds)
        assert.deepStrictEqual(
          times,
          times.toSorted((a, b) => a - b)
        )

        const store = yield* AudioStore.AudioStore
        const index = yield* ArchiveIndex.ArchiveIndex
        for (const { recording } of outcomes) {
          const entry = yield* index.get(recording)
          const { media } =
            small.recordings.find(({ row }) => row.recording_id === recording.recordingId) ?? assert.fail()
          const audio = Buffer.concat([...Media.chunks(media)])
          if (entry?._tag !== "Stored") return assert.fail()
          assert.strictEqual(entry.sha256, sha256(audio))
          assert.strictEqual(entry.bytes, audio.length)
          assert.strictEqual(entry.container, "wav")
          assert.strictEqual(entry.trunkId, `trunk of ${recording.callUuid}`)
          assert.isTrue((yield* collect(store.open(entry.sha256))).equals(audio))
        }
        assert.strictEqual(yield* Stream.runCount(index.list), all)
        assert.deepStrictEqual(
          (yield* tree(directory)).filter((name) => !/^(audio|index|media)\//.test(name)),
          []
        )
      })
    ).pipe(Effect.provide(layerFake()))
  )

  it.live("fetches nothing a second time", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        yield* archive(directory)
        yield* (yield* FakeVobiz.FakeVobiz).forgetRequests
        const again = yield* archive(directory)
        assert.deepStrictEqual(counts(again), { Kept: all })
        assert.deepStrictEqual(yield* fetched, [])
      })
    ).pipe(Effect.provide(layerFake()))
  )

  it.live("stores the same audio of several recordings once", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const summary = yield* Archive.summarize(Archive.run({ recordings: listed, directory, settle: 0 }))
        const files = yield* Stream.runCollect((yield* AudioStore.AudioStore).list)
        assert.strictEqual(summary.Stored, all)
        assert.strictEqual(files.length, Math.min(97, all))
        assert.strictEqual(
          summary.bytes,
          files.reduce((sum, { stored }) => sum + stored, 0)
        )
      })
    ).pipe(Effect.provide(layerFake([], { account: account(40, 30, () => 440) })))
  )

  it.live("tells what is gone, and goes on", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const rows = yield* Stream.runCollect(listed)
        const lost = rows.slice(0, 3)
        yield* (yield* FakeVobiz.FakeVobiz).deleteRecordings(lost.map(({ recordingId }) => recordingId))
        const outcomes = yield* archive(directory, { recordings: Stream.fromIterable(rows) })
        assert.deepStrictEqual(counts(outcomes), { Gone: 3, Stored: all - 3 })
        assert.deepStrictEqual(
          (yield* tree(directory)).filter((name) => name.startsWith("part")),
          []
        )
      })
    ).pipe(Effect.provide(layerFake()))
  )

  const faults: ReadonlyArray<readonly [string, FaultPlan.Fault]> = [
    ["a page of HTML under 200", { _tag: "WrongJson" }],
    ["JSON under 200", { _tag: "Ok200WithError" }],
    ["no byte", { _tag: "EmptyBody" }],
    ["half a body", { _tag: "TruncatedBody" }],
    ["no answer", { _tag: "Reset" }],
    ["a passing server error", { _tag: "ServerError", status: 503 }]
  ]
  for (const [name, fault] of faults) {
    it.live(`gets over ${name} that comes once`, () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(counts(yield* archive(directory)), { Stored: all })
        })
      ).pipe(Effect.provide(layerFake([{ fault, on }])))
    )
  }

  for (const [name, fault, reason] of [
    ["HTML", { _tag: "WrongJson" }, "error-page"],
    ["JSON", { _tag: "Ok200WithError" }, "error-page"],
    ["no bytes", { _tag: "EmptyBody" }, "empty"]
  ] as const) {
    it.live(`sets ${name} aside that keeps coming, and stores nothing`, () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const outcomes = yield* archive(directory, { recordings: Stream.take(listed, 2) })
          assert.deepStrictEqual(counts(outcomes), { Quarantined: 2 })
          for (const outcome of outcomes) {
            assert.strictEqual(outcome._tag === "Quarantined" && outcome.event.reason, reason)
          }
          const files = yield* tree(directory)
          assert.isTrue(
            files.every((file) => file.startsWith("quarantine/")),
            files.join()
          )
          assert.strictEqual(files.length, name === "HTML" ? 4 : 2)
          // Once the provider is well again they are fetched as if nothing had been.
          yield* (yield* FakeVobiz.FakeVobiz).setFaults(FaultPlan.none)
          assert.deepStrictEqual(counts(yield* archive(directory)), { Stored: all })
        })
      ).pipe(Effect.provide(layerFake([{ fault, ...always }])))
    )
  }

  // -------------------------------------------------------------------------
  // Files that are resumed
  // -------------------------------------------------------------------------

  const long = account(4, 20_000)
  const [longest = assert.fail()] = long.recordings
  const whole = Buffer.concat([...Media.chunks(longest.media)])
  const one = Stream.filter(listed, ({ recordingId }) => recordingId === longest.row.recording_id)

  /** A run that ended after half of the file, and then another one. */
  const twice = (directory: string, then: FaultPlan.FaultPlan = FaultPlan.none) =>
    Effect.gen(function* () {
      const fake = yield* FakeVobiz.FakeVobiz
      yield* fake.setFaults(FaultPlan.one({ _tag: "TruncatedBody" }, always))
      const first = yield* archive(directory, { recordings: one, attempts: 1 })
      assert.deepStrictEqual(counts(first), { Failed: 1 })
      yield* fake.forgetRequests
      yield* fake.setFaults(then)
      const second = yield* archive(directory, { recordings: one })
      assert.deepStrictEqual(counts(second), { Stored: 1 })
      assert.strictEqual(yield* AudioStore.verify(sha256(whole)), whole.length)
      return (yield* fetched).map(({ headers, status }) => [status, headers.includes("if-range")])
    })

  const cases: ReadonlyArray<
    readonly [string, Partial<FakeVobiz.Options>, FaultPlan.Fault | null, ReadonlyArray<readonly [number, boolean]>]
  > = [
    ["goes on where the last run ended", {}, null, [[206, true]]],
    ["starts over where the server gives whole files alone", { ranges: false }, null, [[200, false]]],
    [
      "starts over where another part is given",
      {},
      { _tag: "WrongRange" },
      [
        [206, true],
        [200, false]
      ]
    ],
    [
      "starts over where the part is refused",
      {},
      { _tag: "RangeRefused" },
      [
        [416, true],
        [200, false]
      ]
    ],
    [
      "goes on again where the rest breaks off too",
      {},
      { _tag: "TruncatedBody" },
      [
        [206, true],
        [206, true]
      ]
    ]
  ]
  for (const [name, options, fault, requests] of cases) {
    it.live(name, () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const then = fault === null ? FaultPlan.none : FaultPlan.one(fault, { on })
          assert.deepStrictEqual(
            yield* twice(directory, then),
            requests.map(([status, part]) => [status, part])
          )
        })
      ).pipe(Effect.provide(layerFake([], { account: long, ...options })))
    )
  }

  for (const [name, faults, requests] of [
    ["is another one of the same length", [{ _tag: "OtherAudio" }], [200]],
    ["is another one, and If-Range is ignored", [{ _tag: "OtherAudio" }, { _tag: "IfRangeIgnored" }], [206, 200]],
    ["comes as a part that does not say which", [{ _tag: "NoContentRange" }], [206, 200]]
  ] as const satisfies ReadonlyArray<readonly [string, ReadonlyArray<FaultPlan.Fault>, ReadonlyArray<number>]>) {
    it.live(`starts over where the file ${name}`, () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fake = yield* FakeVobiz.FakeVobiz
          yield* fake.setFaults(FaultPlan.one({ _tag: "TruncatedBody" }, always))
          yield* archive(directory, { recordings: one, attempts: 1 })
          yield* fake.forgetRequests
          yield* fake.setFaults({ rules: faults.map((fault) => ({ fault, ...always })) })
          assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Stored: 1 })
          assert.deepStrictEqual(
            (yield* fetched).map(({ status }) => status),
            [...requests]
          )
          const isOther = faults.some(({ _tag }) => _tag === "OtherAudio")
          const media = { ...longest.media, pitch: longest.media.pitch + (isOther ? 50 : 0) }
          const served = Buffer.concat([...Media.chunks(media)])
          assert.strictEqual(yield* AudioStore.verify(sha256(served)), whole.length)
        })
      ).pipe(Effect.provide(layerFake([], { account: long })))
    )
  }

  it.live("starts over where the file is another one now", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const fake = yield* FakeVobiz.FakeVobiz
        yield* fake.setFaults(FaultPlan.one({ _tag: "TruncatedBody" }, always))
        yield* archive(directory, { recordings: one, attempts: 1 })
        const notes = (yield* tree(directory)).find((name) => name.endsWith(".json")) ?? assert.fail()
        const text = yield* fs.readFileString(`${directory}/${notes}`)
        yield* fs.writeFileString(
          `${directory}/${notes}`,
          text.replace(/"validator":"[^,]*"/, '"validator":"\\"other\\""')
        )
        yield* fake.setFaults(FaultPlan.none)
        yield* fake.forgetRequests
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Stored: 1 })
        assert.deepStrictEqual(
          (yield* fetched).map(({ headers, status }) => [status, headers.includes("if-range")]),
          [[200, true]]
        )
        assert.strictEqual(yield* AudioStore.verify(sha256(whole)), whole.length)
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  it.live("takes no file that is larger than allowed, and keeps nothing of it", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const outcomes = yield* archive(directory, { recordings: one, maxBytes: whole.length - 1 })
        const [outcome = assert.fail()] = outcomes
        assert.strictEqual(outcome._tag === "Quarantined" && outcome.event.reason, "too-large")
        assert.strictEqual((yield* fetched).length, 1)
        const files = yield* tree(directory)
        assert.match(files.join(), /^quarantine\/[^,]*\.json$/)
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  it.live("asks no host but the provider's", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const elsewhere = Stream.map(one, (recording) =>
          Recording.make({ ...recording, recordingUrl: "https://media.example.com/x.wav" })
        )
        const [outcome = assert.fail()] = yield* archive(directory, { recordings: elsewhere })
        assert.strictEqual(outcome._tag === "Failed" && outcome.error.reason._tag, "UntrustedHost")
        assert.deepStrictEqual(yield* tree(directory), [])
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  // -------------------------------------------------------------------------
  // Audio that is not whole
  // -------------------------------------------------------------------------

  const shortened = FaultPlan.one({ _tag: "ShortAudio", millis: 10_000 }, always)

  it.live("fetches again what is known not to be whole, and keeps both", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const index = yield* ArchiveIndex.ArchiveIndex
        yield* fake.setFaults(shortened)
        const [first = assert.fail()] = yield* archive(directory, { recordings: one })
        assert.strictEqual(first._tag === "Flawed" && first.flaw.reason, "shorter")
        // As long as nothing better comes it stays so, and what is held stays one.
        const [again = assert.fail()] = yield* archive(directory, { recordings: one })
        assert.strictEqual(again._tag === "Flawed" && again.event.earlier, undefined)
        yield* fake.setFaults(FaultPlan.none)
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Stored: 1 })
        const entry = yield* index.get(first.recording)
        if (entry?._tag !== "Stored" || first._tag !== "Flawed") return assert.fail()
        assert.strictEqual(entry.sha256, sha256(whole))
        assert.deepStrictEqual(
          entry.earlier?.map((version) => version.sha256),
          [first.event.sha256]
        )
        yield* fake.forgetRequests
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Kept: 1 })
        assert.deepStrictEqual(yield* fetched, [])
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  it.live("keeps the longer audio as the current one, though a shorter one comes later", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        yield* fake.setFaults(FaultPlan.one({ _tag: "ShortAudio", millis: 12_000 }, always))
        const [first = assert.fail()] = yield* archive(directory, { recordings: one })
        yield* fake.setFaults(shortened)
        const [second = assert.fail()] = yield* archive(directory, { recordings: one })
        if (first._tag !== "Flawed" || second._tag !== "Flawed") return assert.fail()
        assert.strictEqual(second.event.sha256, first.event.sha256)
        assert.strictEqual(second.event.earlier?.length, 1)
        assert.strictEqual(yield* Stream.runCount((yield* AudioStore.AudioStore).list), 2)
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  it.live("fetches again what the provider says is longer now, and what the store has no more", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const fake = yield* FakeVobiz.FakeVobiz
        yield* fake.setFaults(shortened)
        // The list told 10 seconds then, as the file had.
        const then = Stream.map(one, (recording) => Recording.make({ ...recording, duration: Duration.seconds(10) }))
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: then })), { Stored: 1 })
        yield* fake.setFaults(FaultPlan.none)
        // An archive of before anything was measured.
        yield* fs.remove(`${directory}/media`, { recursive: true })
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Stored: 1 })
        yield* fs.remove(`${directory}/${AudioStore.pathOf(sha256(whole))}`)
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Stored: 1 })
        // What is damaged is found where all is read again.
        yield* fs.writeFileString(`${directory}/${AudioStore.pathOf(sha256(whole))}`, "x")
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one })), { Kept: 1 })
        assert.deepStrictEqual(counts(yield* archive(directory, { recordings: one, reread: true })), { Stored: 1 })
        assert.strictEqual(yield* AudioStore.verify(sha256(whole)), whole.length)
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  it.effect("waits until a recording has settled", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const [recording = assert.fail()] = yield* Stream.runCollect(one)
        const at = Effect.fnUntraced(function* (seconds: number, settle?: Duration.Input) {
          yield* TestClock.setTime(recording.addTime.epochMilliseconds + seconds * 1000)
          return counts(yield* archive(directory, { recordings: Stream.make(recording), settle }))
        })
        assert.deepStrictEqual(yield* at(299), { NotReady: 1 })
        assert.deepStrictEqual(yield* at(301, "10 minutes"), { NotReady: 1 })
        assert.deepStrictEqual(yield* at(301), { Stored: 1 })
      })
    ).pipe(Effect.provide(layerFake([], { account: long })))
  )

  // -------------------------------------------------------------------------
  // A store that fails
  // -------------------------------------------------------------------------

  const noSpace = (path: string) =>
    PlatformError.systemError({
      _tag: "Unknown",
      module: "FileSystem",
      method: "writeAll",
      pathOrDescriptor: path,
      cause: Object.assign(new Error("write"), { code: "ENOSPC" })
    })

  it.live("stops where the disk is full, says so, and keeps what is done", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      // A disk that takes so many bytes of audio and then no more.
      let room = 8000
      const full = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          open: (path: string, options?: Parameters<typeof fs.open>[1]) =>
            Effect.map(fs.open(path, options), (file) =>
              /\/part\/\w.*\.part$/.test(path)
                ? Object.assign(Object.create(file), {
                    writeAll: (bytes: Uint8Array) =>
                      Effect.suspend(() => ((room -= bytes.length) < 0 ? noSpace(path) : file.writeAll(bytes)))
                  })
                : file
            )
        }))
      )
      const overFull = Layer.mergeAll(
        AudioStore.AudioStore.layerFolder({ directory }),
        ArchiveIndex.ArchiveIndex.layerFolder({ directory })
      ).pipe(Layer.provideMerge(full), Layer.provideMerge(NodeServices.layer))

      const outcomes: Array<Archive.Outcome> = []
      const error = yield* Archive.run({ recordings: listed, directory, settle: 0 }).pipe(
        Stream.runForEach((outcome) => Effect.sync(() => outcomes.push(outcome))),
        Effect.flip,
        Effect.provide(overFull)
      )
      assert.strictEqual(error._tag === "StoreError" && error.kind, "full")
      assert.include(error.message, "make room")
      assert.isAbove(outcomes.length, 0)
      assert.isBelow(outcomes.length, all)
      // With room again only the rest is fetched.
      yield* Effect.gen(function* () {
        const again = counts(yield* archive(directory))
        assert.isAtLeast(again.Kept ?? 0, outcomes.length)
        assert.strictEqual((again.Kept ?? 0) + (again.Stored ?? 0), all)
      }).pipe(Effect.provide(folder({ directory })))
    }).pipe(Effect.scoped, Effect.provide(layerFake()))
  )

  it.live("stops where it may not write", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const denied = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          rename: (from: string, to: string) =>
            to.includes("/audio/")
              ? PlatformError.systemError({
                  _tag: "PermissionDenied",
                  module: "FileSystem",
                  method: "rename",
                  pathOrDescriptor: to,
                  cause: Object.assign(new Error("rename"), { code: "EACCES" })
                })
              : fs.rename(from, to)
        }))
      )
      const error = yield* Archive.run({ recordings: listed, directory, settle: 0 }).pipe(
        Stream.runDrain,
        Effect.flip,
        Effect.provide(
          Layer.mergeAll(
            AudioStore.AudioStore.layerFolder({ directory }),
            ArchiveIndex.ArchiveIndex.layerFolder({ directory })
          ).pipe(Layer.provideMerge(denied), Layer.provideMerge(NodeServices.layer))
        )
      )
      assert.strictEqual(error._tag === "StoreError" && error.kind, "denied")
      assert.deepStrictEqual(
        (yield* Effect.provide(tree(directory), NodeServices.layer)).filter((name) => /^(audio|index)\//.test(name)),
        []
      )
    }).pipe(Effect.scoped, Effect.provide(layerFake()))
  )
})
