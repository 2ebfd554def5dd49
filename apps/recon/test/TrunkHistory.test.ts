/** How trunks stood when calls were made, as a ledger remembers it from run to run. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"
import { run } from "./command.ts"

const calls = new URL("fixtures/calls/", import.meta.url).pathname

/** Runs over the files of a folder, first with other trunks: what is found of each call by the second, and its exit code. */
const twice = (name: string, trunks: ReadonlyArray<object>, first: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const to = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${to}/trunks.ndjson`, trunks.map((trunk) => JSON.stringify(trunk)).join("\n"))
    const reconcile = (trunks: string, asOf: string) =>
      run([
        "reconcile",
        "--cdrs",
        `${calls}${name}/cdrs.csv`,
        "--recordings",
        `${calls}${name}/recs.csv`,
        "--trunks",
        trunks,
        "--from",
        "2026-05-10",
        "--to",
        "2026-05-11",
        "--as-of",
        asOf,
        "--ledger",
        `${to}/recon.ledger`,
        "--complete",
        "--out",
        `${to}/out`
      ])
    yield* reconcile(`${to}/trunks.ndjson`, first)
    const { code, out } = yield* reconcile(`${calls}${name}/trunks.ndjson`, "2026-05-12")
    const lines = (yield* fs.readFileString(`${to}/out/findings.ndjson`)).trim().split("\n")
    const found = lines.map((line) => {
      const finding = JSON.parse(line) as {
        readonly code: string
        readonly cdrs: ReadonlyArray<{ readonly uuid: string }>
      }
      return `${finding.cdrs[0]?.uuid} ${finding.code}`
    })
    return { code, found, out }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const on = (trunk_id: string, updated_at: string | null) => ({ trunk_id, name: trunk_id, recording: true, updated_at })

describe("a trunk that a run saw", () => {
  it.effect("with its switch on, before it was turned off after the window, had it on in the window", () =>
    Effect.gen(function* () {
      const trunks = [on("t1", "2026-01-02T00:00:00Z"), on("t2", null)]
      const { code, found } = yield* twice("switch-turned-off-later", trunks, "2026-05-11T12:00:00Z")
      assert.deepStrictEqual(found, ["A matched", "B missing", "C matched"])
      assert.strictEqual(code, 1)
    })
  )

  it.effect.skipIf(!Effort.isFull)(
    "in the middle of the window only, may have been changed before the later calls",
    () =>
      Effect.gen(function* () {
        const trunks = [on("t1", "2026-01-02T00:00:00Z"), on("t2", null)]
        const { code, found } = yield* twice("switch-turned-off-later", trunks, "2026-05-10T08:30:00Z")
        assert.deepStrictEqual(found, ["A matched", "B trunk-changed", "C matched"])
        assert.strictEqual(code, 3)
      })
  )

  it.effect("before it was deleted had its switch as it was seen", () =>
    Effect.gen(function* () {
      const seen = yield* twice("trunk-deleted-since", [on("gone", null), on("t1", null)], "2026-05-10T07:00:00Z")
      assert.deepStrictEqual(seen.found, ["A not-expected", "C matched"])
      assert.strictEqual(seen.code, 3)
      assert.include(seen.out, '1 call is on a trunk that the account does not list (any more): "gone" (1)')
      if (!Effort.isFull) return
      const later = yield* twice(
        "trunk-deleted-since",
        [on("gone", "2026-05-01T00:00:00Z"), on("t1", null)],
        "2026-05-11"
      )
      assert.deepStrictEqual(later.found, ["A missing", "C matched"])
      assert.strictEqual(later.code, 1)
    })
  )
})
