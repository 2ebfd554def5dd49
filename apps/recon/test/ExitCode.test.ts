/** Each command that has a verdict ends with the code of the one table. */
import { readFileSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layerEach } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import * as ExitCode from "../src/ExitCode.ts"
import { runner } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const mix = Object.fromEntries(Simulator.scenarios.map((kind) => [kind, 0])) as Simulator.Mix
const account = Simulator.make({ seed: 5, calls: 6, days: 1, meanTalk: 8, until, mix: { ...mix, "voice-recorded": 1 } })
const recon = runner(account)

const window = ["--from", "2026-11-18", "--to", "2026-11-20"]
const key = { VOBIZ_ARCHIVE_KEY: "0123456789abcdeffedcba9876543210".repeat(2) }

const { assured, breached, couldNotRun, unknown } = ExitCode.codes

layerEach(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))("the exit code of", (it) => {
  const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

  /** Changes one file of audio of an archive. */
  const damage = Effect.fnUntraced(function* (archive: string) {
    const fs = yield* FileSystem.FileSystem
    const names = yield* fs.readDirectory(`${archive}/audio`, { recursive: true })
    const name = names.find((name) => name.length > 60) ?? ""
    yield* fs.writeFileString(`${archive}/audio/${name}`, "no audio")
  })

  it.effect("verify: 0 whole, 1 changed, 3 where encrypted files were not read", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const verify = (env = {}) => recon(["verify", "--archive", to], env)
      yield* recon(["archive", "--archive", to], key)
      assert.strictEqual((yield* verify(key)).code, assured)
      const { code, err, out } = yield* verify()
      assert.strictEqual(code, unknown)
      assert.match(
        err,
        /^recon: \d+ of \d+ files were not read, for want of the key [0-9a-f]{16}: set it in VOBIZ_ARCHIVE_KEY$/
      )
      assert.include(out, "What was read is as the manifest says")
      yield* damage(to)
      assert.strictEqual((yield* verify(key)).code, breached)
      assert.strictEqual((yield* recon(["verify", "--archive", `${to}/none`])).code, couldNotRun)
    })
  )

  it.effect("media: 1 for audio that is damaged, 3 where there is none", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const empty = yield* recon(["media", "--archive", to])
      assert.strictEqual(empty.code, unknown)
      assert.strictEqual(empty.err, `recon: the archive ${to} has no audio`)
      yield* recon(["archive", "--archive", to])
      yield* damage(to)
      assert.strictEqual((yield* recon(["media", "--archive", to])).code, breached)
    })
  )

  it.effect("reconcile: warns where the archive has no audio", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const reconcile = Effect.map(recon(["reconcile", "--archive", to]), ({ err }) => err)
      const warning = `recon: the archive ${to} has no audio: is it the right folder?`
      assert.include(yield* reconcile, warning)
      yield* recon(["archive", "--archive", to])
      assert.notInclude(yield* reconcile, "has no audio")
    })
  )

  it.effect("archive: 3 where no recording is listed, unless that is normal", () =>
    Effect.gen(function* () {
      const args = ["archive", "--archive", yield* folder, "--type", "trnk"]
      const { code, err, out } = yield* recon(args)
      assert.deepStrictEqual(
        [code, out, err],
        [
          unknown,
          "No recordings\nUnknown: no recordings are listed",
          "recon: the provider lists no recordings: check --type and --from, or set --allow-empty if that is normal"
        ]
      )
      assert.strictEqual((yield* recon([...args, "--allow-empty"])).code, assured)
    })
  )

  it.effect("archive: 3 where the findings name no recording, as nothing was judged", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const findings = `${yield* folder}/findings.ndjson`
      yield* fs.writeFileString(findings, "")
      const args = ["archive", "--archive", yield* folder, "--findings", findings]
      const { code, err, out } = yield* recon(args)
      assert.deepStrictEqual([code, out], [unknown, "No recordings\nUnknown: no recordings are named"])
      assert.include(err, "nothing was archived or judged")
      assert.strictEqual((yield* recon([...args, "--allow-empty"])).code, assured)
    })
  )

  it.effect("release and prune: 2 where there is no archive, and none is made", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* folder
      yield* fs.writeFileString(`${to}/rules.yaml`, "rules: []\nholds: []\n")
      for (const args of [["release"], ["prune", "--rules", `${to}/rules.yaml`]]) {
        const { code, err } = yield* recon([...args, "--archive", `${to}/none`])
        assert.deepStrictEqual([code, err], [couldNotRun, `recon: --archive: there is no folder ${to}/none`])
      }
      assert.isFalse(yield* fs.exists(`${to}/none`))
    })
  )

  it.effect("archive and list: 0 whole, 3 where the list is not proved", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const server = yield* FakeVobiz.FakeVobiz
      assert.strictEqual((yield* recon(["archive", "--archive", to])).code, assured)
      assert.strictEqual((yield* recon(["list", "recordings"])).code, assured)
      yield* server.setFaults(
        FaultPlan.one({ _tag: "HeldBackRows", count: 1 }, { on: ["recordings.list"], times: "always" })
      )
      assert.strictEqual((yield* recon(["archive", "--archive", to])).code, unknown)
      assert.strictEqual((yield* recon(["list", "recordings"])).code, unknown)
    })
  )

  it.effect("doctor: 0 as before, 1 changed, 3 where something could not be found out", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const doctor = recon(["doctor", "--contract", `${yield* folder}/contract.json`])
      const after = (fault: Parameters<typeof FaultPlan.one>[0], on: ReadonlyArray<"cdrs.get" | "recordings.list">) =>
        Effect.andThen(
          Effect.andThen(
            server.setFaults(FaultPlan.none),
            Effect.andThen(doctor, server.setFaults(FaultPlan.one(fault, { on, times: "always" })))
          ),
          doctor
        )
      assert.strictEqual((yield* doctor).code, assured)
      assert.strictEqual((yield* doctor).code, assured)
      assert.strictEqual((yield* after({ _tag: "NeverNullNext" }, ["recordings.list"])).code, breached)
      assert.strictEqual((yield* after({ _tag: "Ok200WithError" }, ["cdrs.get"])).code, unknown)
    })
  )

  it.effect("findings: 0 where none is open, 1 where some are, 3 where the ledger cannot tell", () =>
    Effect.gen(function* () {
      const ledger = `${yield* folder}/recon.ledger`
      const findings = recon(["findings", "--ledger", ledger])
      const reconcile = (...flags: ReadonlyArray<string>) =>
        recon(["reconcile", ...window, "--voice-api", "must", "--ledger", ledger, ...flags])
      assert.strictEqual((yield* findings).code, couldNotRun)
      assert.strictEqual((yield* reconcile()).code, assured)
      assert.strictEqual((yield* findings).code, assured)
      const server = yield* FakeVobiz.FakeVobiz
      const [first] = account.recordings
      yield* server.deleteRecordings([first?.row.recording_id ?? ""])
      assert.strictEqual((yield* reconcile()).code, breached)
      assert.strictEqual((yield* findings).code, breached)
    })
  )
})

describe("the table of exit codes", () => {
  it("is that of docs/verdict.md", () => {
    const docs = readFileSync(new URL("../../../docs/verdict.md", import.meta.url), "utf8")
    const rows = docs.split("\n").map((line) => line.split("|").map((cell) => cell.trim()))
    const documented = rows.flatMap(([, verdict = "", code]) =>
      ["`assured`", "`breached`", "`unknown`"].includes(verdict) ? [[verdict.slice(1, -1), Number(code)]] : []
    )
    assert.deepStrictEqual(Object.fromEntries(documented), { assured, breached, unknown })
    for (const code of Object.values(ExitCode.codes)) assert.match(docs, new RegExp(`^\\| (\\d+, )?${code}\\b`, "m"))
  })
})
