/** Audio of the recordings of a run, in the archive of its account. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, Wait } from "@vobiz-effect/test-support"
import { ArchiveEvent, AudioStore, Encryption } from "@vobiz-effect/archive"
import { DuckDb } from "@vobiz-effect/reconcile"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Redacted, Schema, Stream } from "effect"
import { RateLimiter } from "effect/persistence"

import { Accounts, Audio, Capacity, JobRunner, Lake, LakeS3 } from "../src/index.ts"
import * as Extract from "../src/internal/extract.ts"
import * as Held from "./held.ts"
import * as Runs from "./runs.ts"
import * as S3 from "./s3.ts"

const { until } = Runs
const account = Runs.withShortAudio(
  Simulator.make({ seed: 5, calls: Effort.sized({ quick: 24, full: 40 }), days: 2, until, authId: "MA_TEST" })
)
const services = Layer.mergeAll(NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account }))

const specAt = (asOf: DateTime.Utc) => Runs.of("MA_TEST", 2, { asOf, archive: true })
const spec = specAt(until)

const capacity = Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 30 })

const accountsOf = ({ settings }: FakeVobiz.FakeVobiz["Service"]) =>
  Accounts.Accounts.layer([{ ...settings, pageSize: 20 }]).pipe(Layer.provide(RateLimiter.layerStoreMemory))

const inProcess = (folder: string, server: FakeVobiz.FakeVobiz["Service"]) =>
  JobRunner.JobRunner.layerInProcess({ file: `${folder}/jobs.db` }).pipe(Layer.provide([accountsOf(server), capacity]))

/** The requests for audio. */
const asked = Effect.map(FakeVobiz.FakeVobiz, ({ requests }) => requests).pipe(
  Effect.flatten,
  Effect.map((all) => all.filter(({ endpoint }) => endpoint === "recordings.audio"))
)

const sum = ({ units }: JobRunner.Status, kind: keyof typeof Audio.Summary.Type) =>
  units.reduce((total, { audio }) => total + (audio?.[kind] ?? 0), 0)

const statusOf = Effect.fnUntraced(function* (run: string) {
  const found = (yield* (yield* JobRunner.JobRunner).status).find((some) => some.run === run)
  return found ?? assert.fail("the run is not noted")
})

const ids = Held.listed(account, spec.from)

it.live(
  "the findings do not wait for audio, nor one day for another; what was not fetched is reported, a retry fetches that alone, and another run nothing",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      assert.isAbove(ids.length, Effort.sized({ quick: 11, full: 20 }))
      // Fewer than either day has, so that no day is done at first.
      const allowed = Effort.sized({ quick: 5, full: 9 })
      // Later than the client is willing to wait.
      const refusal = { _tag: "RateLimited", seconds: 100_000, retryAfter: "header-seconds" } as const
      yield* server.setFaults(FaultPlan.one(refusal, { on: ["recordings.audio"], first: allowed + 1, times: "always" }))
      yield* Effect.gen(function* () {
        const jobs = yield* JobRunner.JobRunner
        const run = yield* jobs.submit(spec)
        const error = yield* Effect.flip(jobs.result(run))
        if (error._tag !== "AudioNotFetched") return assert.fail(error.message)
        assert.strictEqual(error.error.reason._tag, "RateLimited")
        assert.include(error.message, `${error.summary.Failed} of `)
        const failed = yield* statusOf(run)
        assert.strictEqual(failed.state, "failed")
        assert.strictEqual(failed.errorTag, "AudioNotFetched")
        assert.sameMembers(
          failed.units.filter(({ audio }) => audio !== null).map(({ unit }) => unit),
          Audio.daysOf(spec).map(({ from }) => `archive ${DateTime.formatIso(from)}`)
        )
        assert.lengthOf(Audio.daysOf(spec), 3)
        const stored = sum(failed, "Stored")
        assert.strictEqual(stored, allowed)
        assert.strictEqual(sum(failed, "Failed"), ids.length - stored)
        assert.strictEqual((yield* jobs.done(run)).result.run, run)

        yield* server.setFaults(FaultPlan.none)
        yield* server.forgetRequests
        yield* jobs.retry(run)
        yield* jobs.result(run)
        const done = yield* statusOf(run)
        assert.strictEqual(done.state, "done")
        assert.strictEqual(sum(done, "Stored"), ids.length - stored)
        assert.isAbove(sum(done, "bytes"), 1000)
        assert.lengthOf(yield* asked, ids.length - stored)

        // Another run of the same days finds it all there.
        yield* server.forgetRequests
        const second = yield* jobs.submit(specAt(DateTime.add(until, { hours: 1 })))
        yield* jobs.result(second)
        assert.notStrictEqual(second, run)
        assert.strictEqual(sum(yield* statusOf(second), "Kept"), ids.length)
        assert.lengthOf(yield* asked, 0)
      }).pipe(Effect.provide(inProcess(folder, server).pipe(Layer.provideMerge(Lake.Lake.layer(`${folder}/lake`)))))
      assert.deepStrictEqual(yield* Held.ids(`${folder}/lake`, "MA_TEST"), ids)
      assert.deepStrictEqual(yield* Held.partsIn(`${folder}/lake`), [])
    }).pipe(Effect.provide(services), Effect.scoped)
)

const decodeEvent = Schema.decodeEffect(Schema.fromJsonString(ArchiveEvent.ArchiveEvent))

/** What was read of the recordings. */
const recordingsOf = Effect.fnUntraced(function* () {
  const services = yield* (yield* Accounts.Accounts).open(spec.account)
  return yield* Effect.provideContext(Extract.run(spec, "recording"), services)
})

const fetchDay = Effect.fnUntraced(function* (
  recordings: Extract.Receipt,
  day: Audio.Day = { from: spec.from, to: DateTime.add(spec.to, { days: 2 }) }
) {
  const services = yield* (yield* Accounts.Accounts).open(spec.account)
  return yield* Effect.provideContext(Audio.run(spec, recordings, day), services)
})

/** The recordings from the nth on to another, and the span of them. */
const between = (first: number, end: number) => {
  const oldest = account.recordings
    .filter(({ row }) => ids.includes(row.recording_id))
    .toSorted((a, b) => a.addedAt - b.addedAt)
  const at = (nth: number) => DateTime.makeUnsafe(oldest[nth]?.addedAt ?? 0)
  return {
    ids: oldest.slice(first, end).map(({ row }) => row.recording_id),
    day: { from: at(first), to: at(end) }
  }
}

describe("a unit", () => {
  it.live("tells by which event audio is lost that is gone, or is none", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const gone = between(0, 3)
      const none = between(3, 5)
      yield* Effect.gen(function* () {
        const lake = yield* Lake.Lake
        const recordings = yield* recordingsOf()
        const eventsOf = Effect.fnUntraced(function* ({ lost }: Audio.Receipt) {
          const text = (yield* lake.read(lost?.path ?? "")) ?? ""
          return yield* Effect.forEach(text.trim().split("\n"), (line) => decodeEvent(line))
        })
        yield* server.deleteRecordings(gone.ids)
        const first = yield* fetchDay(recordings, gone.day)
        assert.strictEqual(first.summary.Gone, 3)
        const late = yield* eventsOf(first)
        assert.sameMembers(
          late.map(({ _tag, recordingId }) => `${_tag} ${recordingId}`),
          gone.ids.map((id) => `Gone ${id}`)
        )

        yield* server.setFaults(
          FaultPlan.one({ _tag: "Ok200WithError" }, { on: ["recordings.audio"], times: "always" })
        )
        const second = yield* fetchDay(recordings, none.day)
        assert.strictEqual(second.summary.Quarantined, 2)
        const pages = yield* eventsOf(second)
        assert.sameMembers(
          pages.map(({ recordingId }) => recordingId),
          none.ids
        )
        for (const event of pages) {
          if (event._tag !== "Quarantined") return assert.fail(event._tag)
          assert.deepStrictEqual([event.reason, event.file], ["error-page", null])
        }

        yield* server.setFaults(FaultPlan.none)
        const again = yield* fetchDay(recordings)
        assert.strictEqual(again.summary.Stored, ids.length - 3)
      }).pipe(
        Effect.provide([
          accountsOf(server),
          Lake.Lake.layer(`${folder}/lake`),
          capacity,
          DuckDb.DuckDb.layer({ threads: 1 })
        ])
      )
      assert.deepStrictEqual(yield* Held.partsIn(`${folder}/lake`), [])
    }).pipe(Effect.provide(services), Effect.scoped)
  )

  it.live("does no harm where two runners do it at the same time, or one is stopped in the midst of it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const audioKey = yield* Encryption.keyFromText(Redacted.make("07".repeat(32)), "the test")
      const runner = Effect.provide([
        accountsOf(server),
        Lake.Lake.layer(`${folder}/lake`, { audioKey }),
        capacity,
        DuckDb.DuckDb.layer({ threads: 1 })
      ])
      const recordings = yield* runner(recordingsOf())
      const some = Wait.until("10 files are asked for", asked, ({ length }) => length > 10)
      yield* Effect.raceFirst(runner(fetchDay(recordings)), some)
      assert.deepStrictEqual(yield* Held.partsIn(`${folder}/lake`), [])

      const both = yield* Effect.all([runner(fetchDay(recordings)), runner(fetchDay(recordings))], {
        concurrency: "unbounded"
      })
      for (const { summary } of both) {
        assert.strictEqual(summary.Stored + summary.Kept, ids.length)
        assert.strictEqual(summary.Failed, 0)
      }
      assert.isAbove(Math.min(...both.map(({ summary }) => summary.Stored)), 0)
      assert.deepStrictEqual(yield* Held.ids(`${folder}/lake`, "MA_TEST", audioKey), ids)
      assert.deepStrictEqual(yield* Held.partsIn(`${folder}/lake`), [])
    }).pipe(Effect.provide(services), Effect.scoped)
  )

  it.live("keeps audio and index in a bucket where the lake is one", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const scratch = yield* fs.makeTempDirectoryScoped()
      const server = yield* FakeVobiz.FakeVobiz
      const bucket = yield* S3.make()
      yield* Effect.gen(function* () {
        const recordings = yield* recordingsOf()
        assert.strictEqual((yield* fetchDay(recordings)).summary.Stored, ids.length)
        yield* server.forgetRequests
        assert.strictEqual((yield* fetchDay(recordings)).summary.Kept, ids.length)
        assert.lengthOf(yield* asked, 0)
        const lake = yield* Lake.Lake
        const entries = yield* lake.below(`${Audio.placeOf("MA_TEST")}/index`)
        assert.lengthOf(entries, ids.length)
        const audio = yield* lake.audio(Audio.placeOf("MA_TEST"))
        yield* Stream.runForEach(audio.list, ({ sha256 }) =>
          Effect.provideService(AudioStore.verify(sha256), AudioStore.AudioStore, audio)
        )
      }).pipe(
        Effect.scoped,
        Effect.provide([
          accountsOf(server),
          LakeS3.layer({ ...bucket, prefix: "cdrs/", scratch }),
          capacity,
          DuckDb.DuckDb.layer({ threads: 1 })
        ])
      )
      assert.deepStrictEqual(yield* fs.readDirectory(scratch), [])
    }).pipe(Effect.provide(services), Effect.scoped)
  )
})
