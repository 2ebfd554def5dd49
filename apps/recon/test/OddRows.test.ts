import { NodeServices } from "@effect/platform-node"
import { assert, layerEach } from "@vobiz-effect/test-support"
import { FakeVobiz, type FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { runner } from "./command.ts"

const account = Simulator.make({
  seed: 11,
  calls: 40,
  days: 2,
  meanTalk: 8,
  until: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
})
const day = ["--from", "2026-11-18", "--to", "2026-11-20"]
const recon = runner(account)

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const under = (...faults: ReadonlyArray<readonly [FaultPlan.Endpoint, FaultPlan.Fault]>) =>
  Effect.flatMap(FakeVobiz.FakeVobiz, ({ setFaults }) =>
    setFaults({ rules: faults.map(([endpoint, fault]) => ({ fault, on: [endpoint], times: "always" as const })) })
  )

const serving = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)

layerEach(serving)("odd rows", (it) => {
  it.effect("with odd fields are listed, and the fields are named", () =>
    Effect.gen(function* () {
      yield* under([
        "recordings.list",
        { _tag: "OddFields", nth: 1, fields: { recording_duration_ms: "-1.00000", from_number: 918045670012 } }
      ])
      const { code, err, out } = yield* recon(["list", "recordings", "--json"])
      assert.strictEqual(code, 0, err)
      assert.isAbove(out.split("\n").length, 5)
      assert.match(err, /cannot be read, and are taken as absent: .*recording_duration_ms in 1 row/)
    })
  )

  it.effect("without an instant are set aside, kept raw for the owner alone, and in doubt", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const out = yield* folder
      yield* under(["cdrs.list", { _tag: "OddFields", nth: 2, fields: { start_time: "yesterday" } }])
      const first = yield* recon(["report", ...day, "--out", out])
      assert.strictEqual(first.code, 3)
      assert.match(first.err, /1 row was set aside, without a readable start_time/)
      assert.match(first.out, /not proved complete/)
      const file = `${out}/set-aside.ndjson`
      const [line = "", ...more] = (yield* fs.readFileString(file)).trimEnd().split("\n")
      assert.deepStrictEqual(more, [])
      assert.deepInclude(JSON.parse(line), { list: "CallDetailRecords", field: "start_time" })
      assert.strictEqual(
        (JSON.parse(line) as { readonly row: { readonly start_time: string } }).row.start_time,
        "yesterday"
      )
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      assert.notMatch(first.out + first.err, /\d{10}/)
      // A run that sets nothing aside leaves no such file.
      yield* under()
      assert.strictEqual((yield* recon(["report", ...day, "--out", out])).code, 0)
      assert.isFalse(yield* fs.exists(file))
    })
  )

  it.effect("are kept by a reconciliation too", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const out = yield* folder
      yield* under(["recordings.list", { _tag: "OddFields", nth: 1, fields: { recording_id: null } }])
      const { code } = yield* recon(["reconcile", ...day, "--voice-api", "must", "--out", out])
      assert.notStrictEqual(code, 0)
      assert.include(yield* fs.readFileString(`${out}/set-aside.ndjson`), '"field":"recording_id"')
    })
  )

  it.effect("are archived where they have an id and an address", () =>
    Effect.gen(function* () {
      const whole = yield* folder
      const all = yield* recon(["archive", "--archive", whole, "--json"])
      const less = yield* folder
      yield* under(["recordings.list", { _tag: "OddFields", nth: 1, fields: { add_time: null } }])
      const { code, err, out } = yield* recon(["archive", "--archive", less, "--json"])
      assert.strictEqual(code, 3, err)
      const stored = (text: string) => (JSON.parse(text) as { readonly Stored: number }).Stored
      assert.isAbove(stored(out), 1)
      assert.strictEqual(stored(out), stored(all.out))
    })
  )

  it.effect("without zones are counted, and read as the zone that is set", () =>
    Effect.gen(function* () {
      yield* under(["recordings.list", { _tag: "OddFields", nth: 1, fields: { add_time: "2026-11-19 12:00:00" } }])
      const utc = yield* recon(["list", "recordings", "--json"])
      assert.match(
        utc.err,
        /without a zone, which were read as UTC: --rows-zone says which zone they are of: add_time in 1 row/
      )
      assert.include(utc.out, "2026-11-19T12:00:00.000Z")
      const named = yield* recon(["list", "recordings", "--json", "--rows-zone", "+05:30"])
      assert.match(named.err, /which were read as \+05:30: add_time in 1 row/)
      assert.include(named.out, "2026-11-19T06:30:00.000Z")
      const wrong = yield* recon(["list", "recordings", "--rows-zone", "Mars"])
      assert.strictEqual(wrong.code, 2)
    })
  )

  it.effect("are named by the doctor, with keys that nobody knows", () =>
    Effect.gen(function* () {
      yield* under([
        "recordings.list",
        { _tag: "OddFields", nth: 1, fields: { call_uuid: null, recording_end_ms: "N/A", tariff_zone: 7 } }
      ])
      const { out } = yield* recon(["doctor", "--json", "--contract", `${yield* folder}/contract.json`])
      assert.match(out, /unreadable fields: recording_end_ms; keys that this version does not know: tariff_zone/)
    })
  )
})
