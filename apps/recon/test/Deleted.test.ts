/** What was listed, and is gone: found by a ledger that remembers it, unless the archive holds it. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, layerEach, once } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Schema } from "effect"
import { run, runner } from "./command.ts"

const Reported = Schema.fromJsonString(
  Schema.Struct({
    findings: Schema.Array(
      Schema.Struct({
        code: Schema.String,
        severity: Schema.String,
        inDoubt: Schema.Boolean,
        explanation: Schema.String,
        nextStep: Schema.String,
        deadline: Schema.NullOr(Schema.String),
        cdrs: Schema.Array(Schema.Struct({ uuid: Schema.String })),
        recordings: Schema.Array(Schema.Struct({ recordingId: Schema.String, source: Schema.String }))
      })
    )
  })
)
const reported = (out: string) => Effect.map(Schema.decodeEffect(Reported)(out), ({ findings }) => findings)

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe("a recording that was listed in a file", () => {
  const fixture = new URL("fixtures/calls/deleted-by-api/", import.meta.url).pathname

  /** A run over the files of the folder, of which the recordings are those of one day. */
  const listed = (ledger: string, recordings: string, day: string, more: ReadonlyArray<string> = ["--complete"]) =>
    run([
      "reconcile",
      "--cdrs",
      `${fixture}cdrs.csv`,
      "--recordings",
      recordings,
      "--trunks",
      `${fixture}trunks.ndjson`,
      "--policy",
      `${fixture}policy.yaml`,
      "--from",
      "2026-05-10",
      "--to",
      "2026-05-11",
      "--as-of",
      day,
      "--ledger",
      ledger,
      "--json",
      ...more
    ])
  const first = `${fixture}recs.csv`
  const second = `${fixture}recs2.csv`

  /** A ledger of one run over the first file, which tests that begin with it copy. */
  const begun = once(
    Effect.gen(function* () {
      const ledger = `${yield* folder}/recon.ledger`
      assert.strictEqual((yield* listed(ledger, first, "2026-05-12")).code, 0)
      return ledger
    })
  )
  const copyOfBegun = Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const ledger = `${yield* folder}/recon.ledger`
    yield* fs.copy(yield* begun, ledger)
    return ledger
  })

  it.effect("and is gone is deleted, and its call was recorded once", () =>
    Effect.gen(function* () {
      const ledger = yield* copyOfBegun
      // Of the same instant, the first run counts as the earlier one.
      const { code, out } = yield* listed(ledger, second, "2026-05-12")
      assert.strictEqual(code, 1)
      const found = yield* reported(out)
      assert.deepStrictEqual(
        found.map(({ cdrs, code, inDoubt, recordings, severity }) => [
          cdrs[0]?.uuid,
          code,
          severity,
          inDoubt,
          ...recordings.map(({ recordingId, source }) => `${recordingId} ${source}`)
        ]),
        [
          ["A", "missing", "critical", false, "r ledger"],
          ["A", "deleted-since", "critical", false, "r ledger"]
        ]
      )
      const [missing, deleted] = found
      assert.include(missing?.explanation ?? "", "An earlier run saw its recording, which is gone now")
      assert.include(deleted?.explanation ?? "", "60 s, listed from 2026-05-12T00:00:00Z to 2026-05-12T00:00:00Z")
      assert.strictEqual(deleted?.deadline, "2026-06-09T10:01:05.000Z")
      // It is told until the provider would have deleted it by itself, and is forgotten then.
      if (Effort.isFull) {
        const later = yield* reported((yield* listed(ledger, second, "2026-06-09T10:01:04Z")).out)
        assert.deepStrictEqual(later, found)
      }
      const past = yield* listed(ledger, second, "2026-06-09T10:01:05Z")
      assert.deepStrictEqual(yield* reported(past.out), [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is in doubt where the list is not proved complete, and is not told of a list that is older", () =>
    Effect.gen(function* () {
      const ledger = yield* copyOfBegun
      const doubted = yield* listed(ledger, second, "2026-05-15", [])
      assert.strictEqual(doubted.code, 3)
      const found = yield* reported(doubted.out)
      assert.deepStrictEqual(
        found.map(({ code, inDoubt, severity }) => [code, severity, inDoubt]),
        [
          ["missing", "warning", true],
          ["deleted-since", "warning", true]
        ]
      )
      const older = yield* reported((yield* listed(ledger, second, "2026-05-11T12:00:00Z")).out)
      assert.deepStrictEqual(
        older.map(({ code, recordings }) => [code, recordings.length]),
        [["missing", 0]]
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is shortened where it has a length of less, however often it is listed so", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* folder
      const ledger = yield* copyOfBegun
      const text = yield* fs.readFileString(first)
      yield* fs.writeFileString(
        `${to}/short.csv`,
        text.replace("60000.00000,1778407205000", "20000.00000,1778407205000")
      )
      for (const day of ["2026-05-14", "2026-05-15"]) {
        const found = yield* reported((yield* listed(ledger, `${to}/short.csv`, day)).out)
        assert.deepStrictEqual(
          found.map(({ code, recordings }) => [code, ...recordings.map(({ source }) => source)]),
          [
            ["partly-recorded", "provider"],
            ["shortened-since", "provider"]
          ]
        )
        assert.include(found[1]?.explanation ?? "", "60 s before, 20 s now")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

const made = Simulator.make({
  seed: 7,
  calls: 24,
  days: 2,
  meanTalk: 8,
  until: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
})

/** Recordings that are there by now, short enough to be fetched. */
const account: Simulator.Account = {
  ...made,
  recordings: made.recordings
    .filter(({ availableAt, row }) => row.recording_type === "call" && availableAt <= made.until.epochMilliseconds)
    .slice(0, 3)
    .map((entry) =>
      Object.assign({}, entry, {
        row: Object.assign({}, entry.row, { recording_duration_ms: "30000.00000" }),
        media: { container: entry.media.container, channels: 1, duration: 30_000, pitch: entry.media.pitch } as const
      })
    )
}

const recon = runner(account)

layerEach(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))(
  "a recording of the account",
  (it) => {
    const deletions = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
      const day = ["--from", "2026-11-18", "--to", "2026-11-20", "--voice-api", "must", "--json"]
      const { err, out } = yield* recon(["reconcile", ...day, ...args], {}, 24)
      assert.notStrictEqual(out, "", err)
      return (yield* reported(out)).flatMap(({ code, recordings }) =>
        code === "deleted-since" ? recordings.map(({ recordingId }) => recordingId) : []
      )
    })

    it.effect("that is gone is reported, unless the archive holds it whole", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const ledger = `${yield* folder}/recon.ledger`
        const archive = ["--archive", to]
        assert.strictEqual((yield* recon(["archive", "--archive", to])).code, 0)
        assert.deepStrictEqual(yield* deletions(["--ledger", ledger, ...archive]), [])
        const [victim] = account.recordings
        const id = victim?.row.recording_id ?? ""
        yield* Effect.flatMap(FakeVobiz.FakeVobiz, ({ deleteRecordings }) => deleteRecordings([id]))
        // All three are reported further below.
        if (Effort.isFull) assert.deepStrictEqual(yield* deletions(["--ledger", ledger]), [id])
        const released = yield* recon(["release", ...archive, "--delete-at-provider", "--json"])
        assert.deepInclude(JSON.parse(released.out), { Released: 2, Absent: 1 })
        assert.deepStrictEqual(yield* deletions(["--ledger", ledger, ...archive]), [])
        // Without the archive nobody knows who deleted them.
        assert.strictEqual((yield* deletions(["--ledger", ledger])).length, 3)
      })
    )
  }
)
