/** What a run leaves is on the disk before what says that it is done. */
import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, layerEach } from "@vobiz-effect/test-support"
import { Ledger } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, PlatformError, Stream } from "effect"
import { runner } from "./command.ts"

const account = Simulator.make({ seed: 7, calls: 40, days: 1, until: DateTime.makeUnsafe("2026-11-20T00:00:00Z") })
const recon = runner(account)
const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)

/** A run of `recon reconcile` on a disk that is watched, and that refuses to do one thing with one file. */
const reconciling = Effect.fnUntraced(function* (refused: readonly [did: "rename" | "remove", name: string] | null) {
  const fs = yield* FileSystem.FileSystem
  const to = yield* fs.makeTempDirectoryScoped()
  const log = DiskLog.make()
  const full = PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "write" })
  const isRefused = Effect.fnUntraced(function* (did: "rename" | "remove", path: string) {
    if (
      refused !== null &&
      refused[0] === did &&
      path === `${to}/${refused[1]}` &&
      (did === "rename" || (yield* fs.exists(path)))
    )
      return yield* full
  })
  const disk: FileSystem.FileSystem = {
    ...fs,
    rename: (from, path) => Effect.andThen(isRefused("rename", path), fs.rename(from, path)),
    remove: (path, options) => Effect.andThen(isRefused("remove", path), fs.remove(path, options))
  }
  const flags = [
    "--from=2026-11-19",
    "--to=2026-11-20",
    "--voice-api=must",
    `--keep=${to}/keep`,
    `--out=${to}/out`,
    `--ledger=${to}/recon.ledger`,
    `--evidence=${to}/evidence`
  ]
  const { code, err } = yield* recon(["reconcile", ...flags], {}, 48).pipe(
    Effect.provide(log.layer.pipe(Layer.provide(Layer.succeed(FileSystem.FileSystem, disk))))
  )
  const runs = yield* Effect.flatMap(Ledger.Ledger, (ledger) => Stream.runCollect(ledger.runs)).pipe(
    Effect.provide(Ledger.Ledger.layer({ file: `${to}/recon.ledger` }))
  )
  return { code, err, log, runs: runs.length, to, isResumable: yield* fs.exists(`${to}/keep/run.json`) }
}, Effect.scoped)

const outputs = ["coverage.csv", "findings.csv", "findings.ndjson", "reconciliation.json", "findings.html"]

layerEach(services)("a run of recon reconcile", (it) => {
  it.effect("begins its evidence, reads, writes its files, ends its evidence, and then forgets what it read", () =>
    Effect.gen(function* () {
      const { code, err, isResumable, log, runs, to } = yield* reconciling(null)
      assert.strictEqual(code, 1, err)
      assert.deepStrictEqual([runs, isResumable], [1, false])
      const chain = `${to}/evidence/manifest/chain.ndjson`
      DiskLog.assertAppended(log, chain)
      for (const name of outputs) DiskLog.assertSettled(log, `${to}/out/${name}`)
      const lines = log.operations.flatMap(({ did, path }, index) => (did === "sync" && path === chain ? [index] : []))
      const forgotten = log.operations.findLastIndex(
        ({ did, path }) => did === "remove" && path === `${to}/keep/run.json`
      )
      const order = [
        ["the evidence begins", lines[0]],
        ["the first row is kept", DiskLog.indexOf(log, "write", `${to}/keep/cdrs.ndjson`)],
        ...outputs.map((name) => [name, DiskLog.indexOf(log, "rename", `${to}/out/${name}`)] as const),
        // The policy, the findings and the report.
        ["the evidence of the policy", lines.at(-4)],
        ["the evidence of the report", lines.at(-2)],
        ["what was read is forgotten", forgotten],
        ["the evidence ends", lines.at(-1)]
      ] as const
      assert.deepStrictEqual(
        order.toSorted(([, a], [, b]) => (a ?? -1) - (b ?? -1)).map(([name]) => name),
        order.map(([name]) => name)
      )
    })
  )

  it.effect("is in the ledger before what it read is forgotten", () =>
    Effect.gen(function* () {
      const { code, err, isResumable, runs } = yield* reconciling(["remove", "keep/run.json"])
      assert.strictEqual(code, 2)
      assert.include(err, "/keep: ")
      assert.deepStrictEqual([runs, isResumable], [1, true])
    })
  )

  it.effect("is not in the ledger, and is resumed, where the last of its files cannot be written", () =>
    Effect.gen(function* () {
      const { code, err, isResumable, runs } = yield* reconciling(["rename", "out/findings.html"])
      assert.strictEqual(code, 2)
      assert.include(err, "/out/findings.html: ")
      assert.deepStrictEqual([runs, isResumable], [0, true])
    })
  )
})
