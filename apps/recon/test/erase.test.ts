/** `recon erase`: a person goes from an archive of the command's own making, and it verifies. */
import { NodeServices } from "@effect/platform-node"
import { assert, layerEach, once } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import * as ExitCode from "../src/ExitCode.ts"
import { runner } from "./command.ts"

const account = Simulator.make({
  seed: 7,
  calls: 24,
  days: 2,
  meanTalk: 8,
  until: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
})
const day = ["--from", "2026-11-18", "--to", "2026-11-20"]
const serving = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)
const recon = runner(account)
const { assured, breached, couldNotRun } = ExitCode.codes

const own = new Set(account.numbers.map(({ number }) => number))

/** Somebody who was recorded, and the recording's id. */
const [{ id, number } = { id: "", number: "" }] = account.recordings
  .filter(({ availableAt }) => availableAt <= account.until.epochMilliseconds)
  .flatMap(({ row }) =>
    [row.from_number, row.to_number]
      .filter((one) => /^\+\d{8,}$/.test(one) && !own.has(one))
      .map((number) => ({ id: row.recording_id, number }))
  )

const noHolds = JSON.stringify({ rules: [], holds: [] })

layerEach(serving)("erase", (it) => {
  /** An archive with evidence. */
  const archived = once(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* fs.makeTempDirectoryScoped()
      assert.strictEqual((yield* recon(["archive", "--archive", to])).code, assured)
      yield* recon(["reconcile", ...day, "--evidence", to])
      return to
    })
  )

  /** A copy of the archive, and the number of somebody in it. */
  const made = Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const to = yield* fs.makeTempDirectoryScoped()
    yield* fs.copy(yield* archived, to, { overwrite: true })
    const rules = `${yield* fs.makeTempDirectoryScoped()}/rules.json`
    const filesWith = Effect.fnUntraced(function* (folder: string) {
      const names = yield* fs.readDirectory(folder, { recursive: true })
      const files = yield* Effect.filter(names, (name) =>
        Effect.map(fs.stat(`${folder}/${name}`), ({ type }) => type === "File")
      )
      return yield* Effect.filter(files, (name) =>
        Effect.map(fs.readFileString(`${folder}/${name}`), (text) => `${name} ${text}`.includes(number.slice(3)))
      )
    })
    const erase = (...more: ReadonlyArray<string>) =>
      recon(["erase", "--archive", to, "--number", number, "--rules", rules, "--reason", "asked to", ...more])
    return { erase, filesWith, fs, rules, to }
  })

  it.effect("shows what it would do, does it, and the archive verifies", () =>
    Effect.gen(function* () {
      const { erase, filesWith, fs, rules, to } = yield* made
      yield* fs.writeFileString(rules, noHolds)
      const copies = `${yield* fs.makeTempDirectoryScoped()}/copies`
      const exported = ["export", "--archive", to, "--to", copies, "--name", "{from}_{to}_{id}", "--reveal"]
      assert.strictEqual((yield* recon(exported)).code, assured)
      assert.isNotEmpty(yield* filesWith(copies))
      const before = yield* filesWith(to)
      assert.isNotEmpty(before)
      const dry = yield* erase()
      assert.strictEqual(dry.code, assured, dry.err)
      assert.match(dry.out, /^Would erase \d+ recordings?\nWould erase \d+ files? of audio, /)
      assert.include(dry.err, "--execute does it")
      assert.deepStrictEqual(yield* filesWith(to), before)

      const told = JSON.parse((yield* erase("--json")).out)
      const done = yield* erase("--execute", "--json", "--reference", "case 17", "--by", "an officer")
      assert.strictEqual(done.code, assured, done.err)
      const { copies: removed, executed, ...figures } = JSON.parse(done.out)
      assert.isTrue(executed)
      assert.isAbove(removed, 0)
      // What was shown before is what was done.
      assert.deepStrictEqual({ ...figures, copies: 0, executed: false }, told)
      assert.deepStrictEqual(yield* filesWith(to), [])
      assert.deepStrictEqual(yield* filesWith(copies), [])
      const verified = yield* recon(["verify", "--archive", to])
      assert.strictEqual(verified.code, assured, verified.out)
      assert.include(verified.out, "of them were erased, as the manifest says")
      const chain = yield* fs.readFileString(`${to}/manifest/chain.ndjson`)
      for (const words of ['"by":"an officer"', '"reason":"asked to"', '"reference":"case 17"']) {
        assert.include(chain, words)
      }
      for (const { err, out } of [dry, done, verified]) assert.notInclude(out + err, number.slice(3))

      const again = yield* erase("--execute")
      assert.deepInclude(again, { code: assured, out: "Nothing in the archive has this number" })
      assert.strictEqual((yield* recon(["archive", "--archive", to])).code, assured)
      assert.deepStrictEqual(yield* filesWith(`${to}/index`), [])
    })
  )

  it.effect("erases nothing of who is on hold, and names the hold", () =>
    Effect.gen(function* () {
      const { erase, filesWith, fs, rules, to } = yield* made
      const holds = [{ name: "dispute 4711", recordingIds: [id] }]
      yield* fs.writeFileString(rules, JSON.stringify({ rules: [], holds }))
      const before = yield* filesWith(to)
      for (const more of [[], ["--execute"]]) {
        const { code, err } = yield* erase(...more)
        assert.strictEqual(code, breached)
        assert.include(err, `${id} is on the hold "dispute 4711"`)
        assert.notInclude(err, number.slice(3))
        assert.deepStrictEqual(yield* filesWith(to), before)
      }
      assert.strictEqual((yield* recon(["verify", "--archive", to])).code, assured)
    })
  )

  it.effect("erases nothing while a hold protects no recording, as it may be meant for this person", () =>
    Effect.gen(function* () {
      const { erase, filesWith, fs, rules, to } = yield* made
      const misspelt = { name: "dispute 4711", numbers: ["+12025550100"] }
      const before = yield* filesWith(to)
      yield* fs.writeFileString(rules, JSON.stringify({ rules: [], holds: [misspelt] }))
      const { code, err } = yield* erase("--execute")
      assert.strictEqual(code, couldNotRun)
      assert.include(err, '"dispute 4711" protects no recording')
      assert.deepStrictEqual(yield* filesWith(to), before)
      const unknown = { ...misspelt, recordingIds: ["nobody-has-this"] }
      yield* fs.writeFileString(rules, JSON.stringify({ rules: [], holds: [unknown] }))
      assert.strictEqual((yield* erase()).code, couldNotRun)
      yield* fs.writeFileString(rules, JSON.stringify({ rules: [], holds: [{ ...misspelt, mayBeEmpty: true }] }))
      assert.strictEqual((yield* erase("--execute")).code, assured)
      assert.deepStrictEqual(yield* filesWith(to), [])
    })
  )

  it.effect("escapes in its JSON what a terminal would obey", () =>
    Effect.gen(function* () {
      const { erase, fs, rules } = yield* made
      const holds = [{ name: "dispute \u009b2J", recordingIds: [id] }]
      yield* fs.writeFileString(rules, JSON.stringify({ rules: [], holds }))
      const { out } = yield* erase("--json")
      assert.include(out, "dispute \\u009b2J")
      assert.notInclude(out, "\u009b")
    })
  )

  it.effect("refuses a number that is none, and a reason that has it", () =>
    Effect.gen(function* () {
      const { filesWith, fs, rules, to } = yield* made
      yield* fs.writeFileString(rules, noHolds)
      const erase = (number: string, reason: string) =>
        recon(["erase", "--archive", to, "--rules", rules, "--number", number, "--reason", reason, "--execute"])
      assert.strictEqual((yield* erase("nobody", "asked to")).code, couldNotRun)
      const { code, err } = yield* erase(number, `for ${number}`)
      assert.strictEqual(code, couldNotRun)
      assert.include(err, "the reason has the number")
      assert.notInclude(err, number.slice(3))
      assert.isNotEmpty(yield* filesWith(to))
    })
  )
})
