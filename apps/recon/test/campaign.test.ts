/** The archive under a provider that lies, and a process that is killed again and again. */
import { NodeServices } from "@effect/platform-node"
import { Archive, ArchiveIndex, AudioStore, Manifest } from "@vobiz-effect/archive"
import { Recordings, RetryPolicy, Vobiz } from "@vobiz-effect/core"
import { assert, Effort, it, Seed } from "@vobiz-effect/test-support"
import { FakeVobiz, type FaultPlan, Media, type Simulator } from "@vobiz-effect/testing"
import { Effect, Exit, FileSystem, Layer, Schedule, Stream } from "effect"
import { createHash } from "node:crypto"
import * as Accounts from "../../../packages/archive/test/accounts.ts"
import * as Killed from "../../../packages/archive/test/killed.ts"
import { recon } from "./command.ts"

const made = Accounts.account(Effort.sized({ quick: 24, full: 60 }), 400)

/** Of every fifth recording the list says that it is a minute long, which it never becomes. */
const account: Simulator.Account = {
  ...made,
  recordings: made.recordings.map((entry, n) =>
    n % 5 === 0
      ? Object.assign({}, entry, {
          row: Object.assign({}, entry.row, { recording_duration_ms: "60000.00000" })
        })
      : entry
  )
}
const ids = account.recordings.map(({ row }) => row.recording_id)
const lied = new Set(ids.filter((_, n) => n % 5 === 0))
const digestOf = new Map(
  account.recordings.map(({ media, row }) => {
    const hash = createHash("sha256")
    for (const chunk of Media.chunks(media)) hash.update(chunk)
    return [row.recording_id, hash.digest("hex")]
  })
)

const on = ["recordings.audio"] as const
const lie = (fault: FaultPlan.Fault, probability: number): FaultPlan.Rule => ({
  fault,
  on,
  times: "always",
  probability
})
const lies: ReadonlyArray<FaultPlan.Rule> = [
  lie({ _tag: "ShortAudio", millis: 150 }, 0.15),
  lie({ _tag: "TruncatedBody" }, 0.2),
  lie({ _tag: "Reset" }, 0.1),
  lie({ _tag: "OtherAudio" }, 0.1),
  lie({ _tag: "IfRangeIgnored" }, 0.1),
  lie({ _tag: "WrongRange" }, 0.1),
  lie({ _tag: "NoContentRange" }, 0.1),
  lie({ _tag: "RangeRefused" }, 0.05),
  lie({ _tag: "Ok200WithError" }, 0.05)
]

const kills = Effort.sized({ quick: 25, full: 400 })

const vobiz = Layer.unwrap(
  Effect.map(FakeVobiz.FakeVobiz, ({ settings }) =>
    Vobiz.layer({ ...settings, rateLimit: 10_000 }).pipe(
      Layer.provide(RetryPolicy.layer({ ...RetryPolicy.interactive, schedule: Schedule.recurs(1) }))
    )
  )
)

/** A run of the archive, on a disk that dies after so many changes. */
const archive = Effect.fnUntraced(function* (directory: string, changes: number) {
  const killed = Killed.after(changes)
  const exit = yield* Effect.gen(function* () {
    const { stream } = yield* Recordings.Recordings
    const run = yield* (yield* Manifest.Manifest).run("archive")
    const outcomes = yield* Stream.runCollect(
      Archive.run({
        recordings: stream(),
        directory,
        manifest: run,
        concurrency: 3,
        settle: 0,
        attempts: 1,
        trunkOf: () => "T1"
      })
    )
    return outcomes
  }).pipe(Effect.scoped, Effect.provide([vobiz, Killed.archive(directory, killed)]), Effect.exit)
  return { exit, wasKilled: killed.wasKilled() }
})

it.live(
  "whatever the provider says and whenever the process dies, each recording is whole or named, and only whole ones are deleted there",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* fs.makeTempDirectoryScoped()}/archive`
      const server = yield* FakeVobiz.FakeVobiz
      const below = Seed.integers(Seed.seed)
      let died = 0
      for (let n = 0; n < kills; n++) {
        yield* server.setFaults({ seed: n, rules: lies })
        const { wasKilled } = yield* archive(directory, 1 + below(60))
        if (wasKilled) died += 1
      }
      assert.isAbove(died, kills / 3)

      // From here on the provider lies only in the lengths that it lists.
      yield* server.setFaults({ rules: [] })
      yield* archive(directory, Infinity)
      const { exit } = yield* archive(directory, Infinity)
      if (!Exit.isSuccess(exit)) return assert.fail(String(exit))
      assert.lengthOf(exit.value, ids.length)
      const named = exit.value.flatMap(({ _tag, recording: { recordingId } }) =>
        _tag === "Stored" || _tag === "Kept" ? [] : [`${recordingId} ${_tag}`]
      )
      assert.sameMembers(
        named,
        [...lied].map((id) => `${id} Flawed`)
      )

      // What it says is held is what the provider serves, and is whole unless it is named.
      yield* Effect.gen(function* () {
        const { list } = yield* ArchiveIndex.ArchiveIndex
        const entries = yield* Stream.runCollect(Stream.filter(list, ArchiveIndex.isStored))
        assert.sameMembers(
          entries.map(({ recordingId }) => recordingId),
          ids
        )
        for (const { bytes, recordingId, sha256 } of entries) {
          assert.strictEqual(sha256, digestOf.get(recordingId))
          assert.strictEqual(yield* AudioStore.verify(sha256), bytes)
        }
      }).pipe(Effect.provide(Killed.archive(directory, Killed.after(Infinity))))
      const verified = yield* recon(["verify", "--archive", directory, "--json"])
      assert.deepInclude(JSON.parse(verified.out), { difference: null, recordings: ids.length })

      const released = yield* recon(["release", "--archive", directory, "--delete-at-provider", "--json"])
      const counts = JSON.parse(released.out)
      assert.strictEqual(released.code, 1)
      assert.deepInclude(counts, { Released: ids.length - lied.size, Refused: lied.size, Failed: 0 })
      assert.sameMembers(
        counts.kept.map(({ recordingId }: { readonly recordingId: string }) => recordingId),
        [...lied]
      )
      const deleted = (yield* server.requests).flatMap(({ endpoint, path }) =>
        endpoint === "recordings.delete" ? [path.split("/").find((part) => ids.includes(part)) ?? path] : []
      )
      assert.sameMembers(
        deleted,
        ids.filter((id) => !lied.has(id))
      )
    }).pipe(
      Seed.seeded,
      Effect.scoped,
      Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))
    )
)

/** Holds as people write them wrongly: each would protect nothing, or is not what was meant. */
const wrongHolds: Readonly<Record<string, string>> = {
  "a field that is misspelt": `[{ name: case, number: ["+919999999999"] }]`,
  "no number in the list": `[{ name: case, numbers: [] }]`,
  "a name in place of a number": `[{ name: case, numbers: ["Mr Rao"] }]`,
  "a number with a digit too few": `[{ name: case, numbers: ["+9199999"] }]`,
  "a number of nobody": `[{ name: case, numbers: ["+919999999999"] }]`,
  "a national number without a country": `[{ name: case, numbers: ["09999999999"] }]`,
  "a pattern of no call": `[{ name: case, numbers: ["+1999*"] }]`,
  "a recording that is not there": `[{ name: case, recordingIds: ["nothing"] }]`,
  "no recording in the list": `[{ name: case, recordingIds: [] }]`,
  "a call that is not there": `[{ name: case, callUuids: ["nothing"] }]`,
  "a trunk that is not there": `[{ name: case, trunkIds: ["nothing"] }]`,
  "a type that is not there": `[{ name: case, recordingTypes: ["phone"] }]`,
  "days that run backwards": `[{ name: case, addedFrom: 2026-08-20, addedBefore: 2026-08-01 }]`,
  "days of no recording": `[{ name: case, addedFrom: 2020-01-01, addedBefore: 2020-02-01 }]`,
  "a word in place of a day": `[{ name: case, addedFrom: yesterday }]`,
  "no name": `[{ numbers: ["+91*"] }]`,
  "an empty name": `[{ name: "", numbers: ["+91*"] }]`,
  "a text in place of the list": `"hold everything"`,
  "nothing in place of the list": `null`,
  "a word in place of true": `[{ name: case, numbers: ["+919999999999"], mayBeEmpty: maybe }]`,
  "YAML that does not close": `[{ name: case, numbers: ["+91*"`
}

it.live("a rule file with a wrong hold deletes nothing, whatever is wrong with it", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const directory = `${folder}/archive`
    yield* archive(directory, Infinity)
    const files = Effect.map(fs.readDirectory(directory, { recursive: true }), (names) => names.toSorted())
    const before = yield* files
    const rules = `${folder}/rules.yaml`
    for (const [what, holds] of Object.entries(wrongHolds)) {
      yield* fs.writeFileString(rules, `rules: [{ name: all, afterDays: 0 }]\nholds: ${holds}\n`)
      const { code, err } = yield* recon(["prune", "--archive", directory, "--rules", rules, "--execute"])
      assert.strictEqual(code, 2, `${what}: ${err}`)
      assert.isAbove(err.length, 30, what)
      assert.notInclude(err, "9999999999", what)
    }
    yield* fs.writeFileString(
      rules,
      "rules: [{ name: all, afterDays: 0 }]\nhold: [{ name: case, recordingIds: [a] }]\n"
    )
    assert.strictEqual((yield* recon(["prune", "--archive", directory, "--rules", rules, "--execute"])).code, 2)
    assert.deepStrictEqual(yield* files, before)
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)))
)
