import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, PlatformError, Stream } from "effect"

import * as Output from "../src/Output.ts"
import * as Telemetry from "../src/Telemetry.ts"

const inFolder = <A, E>(
  body: (folder: string, log: DiskLog.DiskLog) => Effect.Effect<A, E, NodeServices.NodeServices>
) =>
  Effect.gen(function* () {
    const log = DiskLog.make()
    const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    yield* Effect.provide(body(folder, log), log.layer)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const modeOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777))

it.effect("an output survives a power cut, and is its owner's alone", () =>
  inFolder((folder, log) =>
    Effect.gen(function* () {
      const out = `${folder}/out`
      yield* Output.folder(out)
      assert.strictEqual(yield* modeOf(out), 0o700)
      yield* Output.file(out, "findings.csv", Stream.make(new TextEncoder().encode("a\r\n")))
      yield* Output.file(out, "reconciliation.json", "{}\n")
      for (const name of ["findings.csv", "reconciliation.json"]) {
        DiskLog.assertSettled(log, `${out}/${name}`)
        assert.strictEqual(yield* modeOf(`${out}/${name}`), 0o600)
      }
    })
  )
)

it.effect("writes through no link that somebody planted", () =>
  inFolder((folder) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${folder}/victim`, "theirs")
      for (const name of ["findings.html", "findings.html.part"])
        yield* fs.symlink(`${folder}/victim`, `${folder}/${name}`)
      yield* Output.file(folder, "findings.html", "page")
      assert.strictEqual(yield* fs.readFileString(`${folder}/victim`), "theirs")
      assert.strictEqual(yield* fs.readFileString(`${folder}/findings.html`), "page")
    })
  )
)

it.effect("says which file cannot be written, and why", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Output.file("package.json", "report.html", "page"))
    assert.match(error.message, /^cannot write package\.json\/report\.html: .+\. Name another place with --out$/)
  }).pipe(Effect.provide(NodeServices.layer))
)

it.effect("metrics are for every user, as the collector is another one", () =>
  inFolder((folder) =>
    Effect.gen(function* () {
      yield* Telemetry.writeMetrics(`${folder}/recon.prom`)
      assert.strictEqual(yield* modeOf(`${folder}/recon.prom`), 0o644)
    })
  )
)

it.effect("calls a full disk full, and a folder that cannot be made so", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const full = new PlatformError.PlatformError(
      new PlatformError.SystemError({
        _tag: "Unknown",
        module: "FileSystem",
        method: "open",
        cause: Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
      })
    )
    const error = yield* Effect.flip(Output.file("/tmp", "report.html", "page")).pipe(
      Effect.provideService(FileSystem.FileSystem, { ...fs, open: () => Effect.fail(full) })
    )
    assert.strictEqual(error.message, "cannot write /tmp/report.html: the disk is full. Name another place with --out")
  }).pipe(Effect.provide(NodeServices.layer))
)
