import { NodeServices } from "@effect/platform-node"
import { assert, Effort, layerEach } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator, type Wire } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { runner } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 5, calls: 60, days: 3, until, mix: { missing: 4 } })
const recon = runner(account)

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const span = ["--from", "2026-11-18", "--to", "2026-11-20", "--as-of", "2026-11-20", "--voice-api", "must"]

type Endings = readonly [cdrs: string, recordings: string, trunks: string]

const endings = ["ndjson", "json", "list.json", "masked.ndjson"] as const

/** What the files end in: with full effort the three alike in each way; else each way but one once for the CDRs or the recordings. Masked rows are NDJSON, too. */
const runs: ReadonlyArray<Endings> = Effort.isFull
  ? endings.map((ending) => [ending, ending, ending])
  : [
      ["json", "masked.ndjson", "list.json"],
      ["masked.ndjson", "list.json", "json"]
    ]

/** What is found in files, which are declared complete. */
const found = (directory: string, endings: Endings) =>
  Effect.map(
    recon([
      "reconcile",
      ...["cdrs", "recordings", "trunks"].flatMap((list, nth) => [`--${list}`, `${directory}/${list}.${endings[nth]}`]),
      ...span,
      "--complete",
      "--json"
    ]),
    ({ code, err, out }) => {
      const { cdrs, classes, counts, recordings, verdict } = JSON.parse(out) as Readonly<Record<string, unknown>>
      return { code, err, cdrs, recordings, classes, counts, verdict }
    }
  )

const lists = [
  ["cdrs", ["--from", "2026-11-10", "--to", "2026-11-21"]],
  ["recordings", []],
  ["trunks", []]
] as const

layerEach(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))("list --json", (it) => {
  it.effect("is read by reconcile as the provider's own rows are, whatever the file is called", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* folder
      const write = (list: string, ending: string, text: string) =>
        fs.writeFileString(`${directory}/${list}.${ending}`, text)
      const rows = {
        cdrs: Simulator.cdrsAt(account, until),
        recordings: Simulator.recordingsAt(account, until),
        trunks: account.trunks
      }
      for (const [list, flags] of lists) {
        yield* write(list, "rows.ndjson", rows[list].map((row) => `${JSON.stringify(row)}\n`).join(""))
        const { code, err, out } = yield* recon(["list", list, ...flags, "--json", "--reveal"])
        assert.strictEqual(code, 0, err)
        yield* write(list, "ndjson", out)
        yield* write(list, "json", out)
        yield* write(list, "list.json", `[${out.trim().replaceAll("\n", ",\n")}]`)
        // Masked numbers are no numbers, and the rows are rows.
        yield* write(list, "masked.ndjson", (yield* recon(["list", list, ...flags, "--json"])).out)
      }
      const expected = yield* found(directory, ["rows.ndjson", "rows.ndjson", "rows.ndjson"])
      assert.strictEqual(expected.code, 1, expected.err)
      assert.strictEqual(expected.err, "")
      for (const endings of runs) {
        assert.deepStrictEqual([endings, yield* found(directory, endings)], [endings, expected])
      }
    })
  )

  it.effect("has every field of the provider's rows, by its name in camel case", () =>
    Effect.gen(function* () {
      const camelCase = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
      const [recording] = Simulator.recordingsAt(account, until)
      const [cdr] = Simulator.cdrsAt(account, until)
      const without: ReadonlyArray<keyof Wire.TrunkRow> = [
        "secure",
        "concurrent_calls_limit",
        "cps_limit",
        "description",
        "transport",
        "enable_transcription",
        "pii_redaction",
        "webhook_method"
      ]
      for (const [list, row] of [
        ["recordings", recording],
        ["cdrs", cdr],
        ["trunks", account.trunks[0]]
      ] as const) {
        const { out } = yield* recon(["list", list, "--json", "--limit", "1", "--reveal"])
        const names = Object.keys(row ?? {}).filter((name) => !(without as ReadonlyArray<string>).includes(name))
        assert.deepStrictEqual(Object.keys(JSON.parse(out) as object).toSorted(), names.map(camelCase).toSorted())
      }
      const { out } = yield* recon(["list", "recordings", "--json", "--limit", "1", "--reveal"])
      const data = JSON.parse(out) as Readonly<Record<string, unknown>>
      assert.deepInclude(data, {
        resourceUri: recording?.resource_uri,
        recordingStorageDuration: recording?.recording_storage_duration,
        recordingDurationMs: Number(recording?.recording_duration_ms)
      })
      assert.strictEqual(new URL(String(data.recordingUrl)).pathname, new URL(recording?.recording_url ?? "").pathname)
    })
  )

  it.effect("is the only output with rows: files of figures and findings are refused by name", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* folder
      const day = ["--from", "2026-11-18", "--to", "2026-11-20"]
      yield* recon(["report", ...day, "--out", directory])
      const rates = new URL("../../../examples/rates.yaml", import.meta.url).pathname
      yield* recon(["reconcile", ...day, "--voice-api", "must", "--rates", rates, "--out", directory])
      const report = yield* recon(["report", ...day, "--json"])
      yield* fs.writeFileString(`${directory}/report.json`, report.out)
      const header =
        "its first line is not a header: it names no column that is known. Put the names of the columns into the first line, or say by a map of columns what its names mean"
      const rows = "it is a JSON document without a list of rows. Give one object per line, or a list of objects"
      for (const [name, problem] of [
        ["report.csv", header],
        ["report.json", rows],
        ["coverage.csv", header],
        ["charges.csv", null],
        ["findings.csv", null],
        ["findings.ndjson", null],
        ["reconciliation.json", rows]
      ] as const) {
        const { code, err } = yield* recon([
          "reconcile",
          "--cdrs",
          `${directory}/${name}`,
          "--recordings",
          `${directory}/${name}`,
          ...span
        ])
        assert.strictEqual(code, 2, name)
        // Both lists are read at once: of columns either may say first which it lacks.
        if (problem === null) assert.isTrue(err.startsWith(`recon: ${directory}/${name}: it`), err)
        else assert.strictEqual(err, `recon: ${directory}/${name}: ${problem}`)
        assert.strictEqual(err.split("\n").length, 1, name)
      }
    })
  )
})
