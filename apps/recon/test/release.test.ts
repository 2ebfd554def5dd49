/** A provider whose file still grows: what was archived too early is fetched again, and deleted there only when it is whole. */
import { NodeServices } from "@effect/platform-node"
import { assert, layerEach } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { runner } from "./command.ts"

const made = Simulator.make({
  seed: 7,
  calls: 24,
  days: 2,
  meanTalk: 8,
  until: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
})
const day = ["--from", "2026-11-18", "--to", "2026-11-20"]

/** Two recordings of 30 seconds each. */
const account: Simulator.Account = {
  ...made,
  recordings: made.recordings
    .filter((entry) => entry.row.recording_type === "call" && entry.availableAt <= made.until.epochMilliseconds)
    .slice(0, 2)
    .map((entry) =>
      Object.assign({}, entry, {
        row: Object.assign({}, entry.row, { recording_duration_ms: "30000.00000" }),
        media: { container: entry.media.container, channels: 1, duration: 30_000, pitch: entry.media.pitch } as const
      })
    )
}

const growing = {
  fault: { _tag: "ShortAudio", millis: 10_000 },
  on: ["recordings.audio"]
} as const

const serving = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, faults: { rules: [growing] } }), NodeServices.layer)

const recon = runner(account)

const deleted = Effect.gen(function* () {
  const requests = yield* (yield* FakeVobiz.FakeVobiz).requests
  return requests.filter(({ endpoint }) => endpoint === "recordings.delete").length
})

layerEach(serving)("a recording whose audio still grows", (it) => {
  it.effect("is not deleted at the provider before all of it is archived", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* fs.makeTempDirectoryScoped()
      const out = yield* fs.makeTempDirectoryScoped()

      const first = yield* recon(["archive", "--archive", to, "--json"])
      assert.strictEqual(first.code, 1)
      assert.deepInclude(JSON.parse(first.out), { Stored: 1, Flawed: 1 })
      assert.match(first.err, /: the audio has 10\.\d s, and the provider says 30\.0 s; the next run fetches it again/)

      const refused = yield* recon(["release", "--archive", to, "--delete-at-provider", "--json"])
      assert.strictEqual(refused.code, 1)
      const counts = JSON.parse(refused.out)
      assert.deepInclude(counts, { Released: 1, Refused: 1, Failed: 0 })
      assert.deepStrictEqual(
        counts.kept.map(({ reason }: { readonly reason: string }) => reason),
        ["shorter"]
      )
      assert.include(refused.err, `recon: ${counts.kept[0].recordingId}: kept, the audio has 10.`)
      assert.strictEqual(yield* deleted, 1)

      yield* recon(["reconcile", ...day, "--archive", to, "--out", out])
      const again = yield* recon(["archive", "--archive", to, "--findings", `${out}/findings.ndjson`, "--json"])
      assert.deepInclude(JSON.parse(again.out), { Stored: 1, Flawed: 0 })

      // Index and chain have the cut audio too.
      const verified = JSON.parse((yield* recon(["verify", "--archive", to, "--json"])).out)
      assert.deepInclude(verified, { difference: null, recordings: 2, audio: 3, unlisted: 0 })

      const asked = yield* recon(["release", "--archive", to])
      assert.deepStrictEqual(
        [asked.code, asked.out],
        [0, "1 whole here; --delete-at-provider deletes them at the provider\n1 not at the provider any more"]
      )
      const older = yield* recon(["release", "--archive", to, "--before", "2020-01-01"])
      assert.deepStrictEqual([older.code, older.out], [0, "No recordings"])

      const released = yield* recon(["release", "--archive", to, "--delete-at-provider", "--json"])
      assert.strictEqual(released.code, 0, released.err)
      assert.deepInclude(JSON.parse(released.out), { Released: 1, Absent: 1, Refused: 0, kept: [] })
      assert.strictEqual(yield* deleted, 2)
    })
  )

  it.effect("is fetched again by the next run, as it was measured when it came", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* fs.makeTempDirectoryScoped()
      assert.strictEqual((yield* recon(["archive", "--archive", to])).code, 1)
      const second = yield* recon(["archive", "--archive", to, "--json"])
      assert.strictEqual(second.code, 0, second.err)
      assert.deepInclude(JSON.parse(second.out), { Stored: 1, Kept: 1, Flawed: 0 })
    })
  )

  it.effect("is not fetched before it has settled", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* fs.makeTempDirectoryScoped()
      const young = yield* recon(["archive", "--archive", to, "--settle", "60 days", "--json"])
      assert.deepInclude(JSON.parse(young.out), { NotReady: 2, Stored: 0 })
      const wrong = yield* recon(["archive", "--archive", to, "--settle", "soon"])
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "--settle: must be a length of time")
    })
  )
})
