import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, layerEach } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import * as Window from "../src/Window.ts"
import { runner } from "./command.ts"

describe("Zone", () => {
  it.effect("is refused by its flag where there is no such zone", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(Window.zone("Mars/Olympus"))
      assert.match(message, /^--zone: "Mars\/Olympus" is no time zone/)
    })
  )
})

// Indian days begin at 18:30 of the day before in UTC.
const account = Simulator.make({ seed: 3, calls: 120, days: 3, until: DateTime.makeUnsafe("2026-11-20T00:00:00Z") })
const recon = runner(account)
const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 100 }), NodeServices.layer)
const day = ["--from", "2026-11-18", "--to", "2026-11-19"]
const policy = (zone: string) =>
  `version: 1\nname: test\nzone: ${zone}\nrules:\n  - name: all\n    verdict: must\ndefault: must\n`

layerEach(services)("one zone", (it) => {
  /** The days of a CSV file's rows that are by day, and the instants that it prints. */
  const read = Effect.fnUntraced(function* (out: string) {
    const fs = yield* FileSystem.FileSystem
    const coverage = yield* fs.readFileString(`${out}/coverage.csv`)
    const findings = yield* fs.readFileString(`${out}/findings.csv`)
    const page = yield* fs.readFileString(`${out}/findings.html`)
    return {
      days: Array.from(coverage.matchAll(/^day,([\d-]+),/gm), ([, day]) => day),
      offsets: new Set(Array.from(findings.matchAll(/T\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)/g), ([, at]) => at)),
      page: page.replace(/<(script|style|pre)\b[\s\S]*?<\/\1>/g, "").replace(/<[^>]*>/g, " ")
    }
  })

  for (const [what, flags, inPolicy, name, offset] of [
    // However it is spelt, as below, is enough with less effort.
    ...(Effort.isFull
      ? ([["the flag", ["--zone", "Asia/Kolkata"], undefined, "Asia/Kolkata", "+05:30"]] as const)
      : []),
    ["the flag as it is spelt", ["--zone", "asia/kolkata"], undefined, "asia/kolkata", "+05:30"],
    ["the policy", [], "Asia/Kolkata", "Asia/Kolkata", "+05:30"],
    ["the flag before the policy", ["--zone", "+05:30"], "America/New_York", "+05:30", "+05:30"],
    ["UTC", [], undefined, "UTC", "Z"]
  ] as const) {
    it.effect(`is that of ${what}, everywhere`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const out = yield* folder
        yield* fs.writeFileString(`${out}/policy.yaml`, policy(inPolicy ?? "UTC"))
        const rules = inPolicy === undefined ? ["--voice-api", "must"] : ["--policy", `${out}/policy.yaml`]
        const ran = yield* recon(["reconcile", ...day, ...flags, ...rules, "--out", out])
        const { days, offsets, page } = yield* read(out)
        assert.deepStrictEqual(days, ["2026-11-18"], ran.err)
        assert.deepStrictEqual([...offsets], [offset === "Z" ? "Z" : offset])
        assert.match(ran.out, /^Reconciliation 2026-11-18 00:00:00 to 2026-11-19 00:00:00, as of /)
        for (const shown of [ran.out, page]) {
          assert.strictEqual(shown.split(name).length, 2, `${name} once`)
          if (name !== "UTC") assert.notMatch(shown, /\bUTC\b|\d\d:\d\d:\d\dZ/)
        }
      })
    )
  }

  it.effect("is that of reports, lists and the ledger too", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const out = yield* folder
      const zone = ["--zone", "Asia/Kolkata"]
      const report = yield* recon(["report", ...day, ...zone, "--out", out])
      assert.match(report.out, /^Report 2026-11-18 00:00:00 to 2026-11-19 00:00:00 \(Asia\/Kolkata\)/)
      assert.notInclude(report.out, "UTC")
      assert.strictEqual(report.out.split("Asia/Kolkata").length, 2)
      const csv = yield* fs.readFileString(`${out}/report.csv`)
      assert.deepStrictEqual(
        [...new Set(Array.from(csv.matchAll(/\b(\d{4}-\d\d-\d\d)\b/g), ([, day]) => day))],
        ["2026-11-18"]
      )

      const list = yield* recon(["list", "cdrs", ...day, ...zone])
      const starts = Array.from(list.out.matchAll(/(2026-11-1\d) \d\d:\d\d:\d\d/g), ([, day]) => day)
      assert.isAbove(starts.length, 10)
      assert.deepStrictEqual([...new Set(starts)], ["2026-11-18"])
      assert.include(list.err, "(Asia/Kolkata)")

      const ledger = ["--ledger", `${out}/recon.ledger`]
      yield* recon(["reconcile", ...day, ...zone, "--voice-api", "must", ...ledger])
      const known = yield* recon(["findings", ...ledger, ...zone])
      assert.match(known.out, /calls from 2026-11-18 00:00:00 to 2026-11-19 00:00:00, as of \S+ \S+ \(Asia\/Kolkata\)/)
      assert.notInclude(known.out, "UTC")
      const setting = yield* recon(["findings", ...ledger], { RECON_ZONE: "Asia/Kolkata" })
      assert.strictEqual(setting.out, known.out)
    })
  )
})
