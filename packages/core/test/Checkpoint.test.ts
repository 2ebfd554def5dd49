import { NodeServices } from "@effect/platform-node"
import { assert, Child, describe, DiskLog, Effort, it, Seed } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Random, Redacted, Stream } from "effect"
import { Checkpoint, Recordings } from "../src/index.ts"

const account = Simulator.make({ seed: 5, calls: 1500, days: 3, until: DateTime.makeUnsafe("2026-11-20T00:00:00Z") })
const shown = account.recordings
  .filter(({ availableAt }) => availableAt <= account.until.epochMilliseconds)
  .map(({ row }) => row.recording_id)

const vobiz = FakeVobiz.FakeVobiz.layerVobiz({ account, pageCap: 20 })
const inMemory = Layer.merge(vobiz, Checkpoint.Checkpoint.layerMemory)

const readSome = (count: number, query?: Recordings.RecordingsQuery) =>
  Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const checkpoint = yield* Checkpoint.Checkpoint
    const { proof, rows } = yield* recordings.resume({ checkpoint, name: "job" }, query)
    const ids = yield* rows.pipe(
      Stream.take(count),
      Stream.map(({ recordingId }) => recordingId),
      Stream.runCollect
    )
    return { ids, proof: yield* proof }
  })

describe("Recordings.resume", () => {
  it.effect("goes on where it was, and proves the whole", () =>
    Effect.gen(function* () {
      const first = yield* readSome(450)
      const second = yield* readSome(Infinity)
      assert.strictEqual(first.ids.length, 450)
      assert.deepStrictEqual([...new Set([...first.ids, ...second.ids])], shown)
      // The rows of one page come again, at most.
      assert.isAtMost(first.ids.length + second.ids.length, shown.length + 20)
      const whole = yield* Effect.flatMap(Recordings.Recordings, (recordings) => recordings.extract())
      yield* Stream.runDrain(whole.rows)
      const expected = yield* whole.proof
      assert.deepStrictEqual(
        [second.proof.verdict, second.proof.rows, second.proof.digest],
        ["complete", shown.length, expected.digest]
      )
    }).pipe(Effect.provide(inMemory))
  )

  it.effect("starts anew when it had come to its end", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* readSome(Infinity)).ids.length, shown.length)
      assert.strictEqual((yield* readSome(Infinity)).ids.length, shown.length)
    }).pipe(Effect.provide(inMemory))
  )

  it.effect("sees what came in while nobody read", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      yield* readSome(450)
      const { recording } = Simulator.oneMore(account, 1, account.until)
      yield* server.insertRecordings([recording])
      const { ids, proof } = yield* readSome(Infinity)
      assert.include(ids, recording.row.recording_id)
      assert.deepStrictEqual([proof.verdict, proof.rows], ["complete", shown.length + 1])
    }).pipe(Effect.provide(inMemory))
  )

  it.effect("refuses what is kept of another query, and leaves it as it is", () =>
    Effect.gen(function* () {
      const checkpoint = yield* Checkpoint.Checkpoint
      yield* readSome(100)
      const before = yield* checkpoint.load("job")
      const error = yield* Effect.flip(readSome(100, { recordingType: "trunk" }))
      assert.include(error.message, "checkpoint job: it is of another account or query")
      assert.include(error.message, "trunk")
      assert.strictEqual(yield* checkpoint.load("job"), before)
    }).pipe(Effect.provide(inMemory))
  )

  it.effect("resumes the same query, in whichever order its keys are written", () =>
    Effect.gen(function* () {
      const since = DateTime.makeUnsafe("2026-11-17")
      const first = yield* readSome(50, { recordingType: "call", since })
      const second = yield* readSome(Infinity, { since, recordingType: "call" })
      assert.strictEqual(first.ids.length, 50)
      const wanted = account.recordings.filter(
        ({ addedAt, row }) =>
          row.recording_type === "call" &&
          shown.includes(row.recording_id) &&
          DateTime.isGreaterThanOrEqualTo(DateTime.makeUnsafe(addedAt), since)
      )
      const all = wanted.length
      assert.isAbove(all, 200)
      assert.deepStrictEqual(new Set([...first.ids, ...second.ids]), new Set(wanted.map(({ row }) => row.recording_id)))
      // It did not start anew: the rows of one page come again, at most.
      assert.isAtMost(first.ids.length + second.ids.length, all + 20)
    }).pipe(Effect.provide(inMemory))
  )

  it.effect("refuses what is damaged, and leaves it as it is", () =>
    Effect.gen(function* () {
      const checkpoint = yield* Checkpoint.Checkpoint
      yield* checkpoint.save("job", '{"version":1,"ident')
      assert.include((yield* Effect.flip(readSome(100))).message, "damaged")
      assert.strictEqual(yield* checkpoint.load("job"), '{"version":1,"ident')
    }).pipe(Effect.provide(inMemory))
  )
})

describe("Checkpoint.layerFile", () => {
  it.effect("keeps, replaces and takes away; names shape no paths", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* Effect.gen(function* () {
        const checkpoint = yield* Checkpoint.Checkpoint
        assert.isNull(yield* checkpoint.load("../x"))
        yield* checkpoint.save("../x", "one")
        yield* checkpoint.save("../x", "two")
        assert.strictEqual(yield* checkpoint.load("../x"), "two")
        assert.deepStrictEqual(yield* fs.readDirectory(`${folder}/kept`), ["..%2Fx.json"])
        yield* checkpoint.remove("../x")
        yield* checkpoint.remove("../x")
        assert.isNull(yield* checkpoint.load("../x"))
      }).pipe(Effect.provide(Checkpoint.Checkpoint.layerFile(`${folder}/kept`)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("says which file it cannot write", () =>
    Effect.gen(function* () {
      const checkpoint = yield* Checkpoint.Checkpoint
      const error = yield* Effect.flip(checkpoint.save("job", "text"))
      assert.include(error.message, "package.json/kept/job.json")
    }).pipe(
      Effect.provide(Checkpoint.Checkpoint.layerFile("package.json/kept").pipe(Layer.provide(NodeServices.layer)))
    )
  )

  it.live("lets a process be killed at any moment, again and again, and loses nothing", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const server = yield* FakeVobiz.FakeVobiz
      const folder = yield* fs.makeTempDirectoryScoped()
      const program = new URL("programs/resumeRecordings.ts", import.meta.url)
      const args = [server.url.origin, server.authId, Redacted.value(server.authToken), folder]

      /** Runs the program, and kills it once it has asked so often. Gives whether it came to its end. */
      const runAndKill = (afterRequests: number) =>
        Effect.gen(function* () {
          yield* server.forgetRequests
          const child = yield* Child.start(program, args)
          const asked = Effect.map(server.requests, ({ length }) => length >= afterRequests)
          return (yield* Child.killWhen(child, `${afterRequests} requests are answered`, asked)).code === 0
        }).pipe(Effect.scoped)

      // The list has about 60 pages.
      const [fewest, most] = Effort.isFull ? [1, 12] : [16, 24]
      let kills = 0
      // One that is killed when its list has ended, and before it says so, has nothing to resume: the next one reads all again.
      let ended = 0
      while (!(yield* runAndKill(yield* Random.nextIntBetween(fewest, most)))) {
        kills++
        const kept = yield* fs.exists(`${folder}/checkpoints/recordings.json`)
        const read = new Set(
          (yield* fs.readFileString(`${folder}/ids`).pipe(Effect.orElseSucceed(() => ""))).split("\n")
        )
        if (!kept && shown.every((id) => read.has(id))) ended++
      }
      const ids = (yield* fs.readFileString(`${folder}/ids`)).trim().split("\n")
      const proof = JSON.parse(yield* fs.readFileString(`${folder}/proof`)) as {
        readonly verdict: string
        readonly rows: number
      }
      assert.isAbove(kills, Effort.sized({ quick: 1, full: 3 }))
      assert.deepStrictEqual([...new Set(ids)].toSorted(), shown.toSorted())
      assert.isAtMost(ids.length, shown.length * (1 + ended) + kills * 20)
      assert.deepStrictEqual([proof.verdict, proof.rows], ["complete", shown.length])
    }).pipe(
      Seed.seeded,
      Effect.scoped,
      Effect.provide(
        Layer.merge(NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account, pageCap: 20, latency: "3 millis" }))
      )
    )
  )
})

it.effect("a checkpoint that was saved survives a power cut, and is its owner's alone", () =>
  Effect.gen(function* () {
    const log = DiskLog.make()
    const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    yield* Effect.gen(function* () {
      const checkpoint = yield* Checkpoint.Checkpoint
      for (const text of ["one", "two"]) {
        log.operations.length = 0
        yield* checkpoint.save("job", text)
        DiskLog.assertSettled(log, `${folder}/kept/job.json`)
      }
    }).pipe(Effect.provide(Checkpoint.Checkpoint.layerFile(`${folder}/kept`).pipe(Layer.provide(log.layer))))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
