import { NodeServices } from "@effect/platform-node"
import { assert, Effort, it } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Redacted } from "effect"
import * as Runs from "../../../packages/cluster/test/runs.ts"
import { recon as command } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Runs.withShortAudio(Simulator.make({ seed: 3, calls: 120, days: 2, until }))
/** Enough to be fetched. */
const few = Runs.withShortAudio(
  Simulator.make({ seed: 3, calls: Effort.sized({ quick: 30, full: 120 }), days: 2, until })
)

const recon = (args: ReadonlyArray<string>, env: Record<string, string> = {}) => command(["cluster", ...args], env)

interface Run {
  readonly run: string
  readonly state: string
  readonly attempt: number
  readonly units: ReadonlyArray<{
    readonly unit: string
    readonly state: string
    readonly errorTag: string | null
    readonly errorMessage: string | null
  }>
}

it.live("recon cluster shows what failed and why, and does that alone again", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const lake = `${yield* fs.makeTempDirectoryScoped()}/lake`
    const status = Effect.map(
      recon(["status", "--lake", lake, "--json"]),
      ({ out }) => JSON.parse(out) as ReadonlyArray<Run>
    )
    const span = ["--from", "2026-11-18", "--to", "2026-11-20"]

    const refused = yield* recon(["submit", "--lake", lake, ...span], { VOBIZ_AUTH_TOKEN: "not-the-token" })
    assert.strictEqual(refused.code, 2)
    assert.include(refused.out, "extract recording")
    assert.include(refused.out, "VobizError")
    assert.include(refused.err, "the credentials were refused")
    assert.notInclude(refused.out + refused.err, "not-the-token")
    const [failed] = yield* status
    assert.strictEqual(failed?.state, "failed")
    assert.isTrue(failed?.units.every(({ errorTag, state }) => state === "failed" && errorTag === "VobizError"))

    const retried = yield* recon(["submit", "--lake", lake, "--retry", failed?.run ?? ""])
    // Some calls are not recorded, and no rule judges those of the voice API.
    assert.strictEqual(retried.code, 1, retried.err)
    assert.match(retried.err, /^recon: run [0-9a-f]{24}: No rule judges \d+ calls/m)
    const [done] = yield* status
    assert.deepInclude(done, { run: failed?.run, state: "done", attempt: 2 })
    const results = yield* fs.readDirectory(lake, { recursive: true })
    assert.strictEqual(results.filter((name) => name.endsWith(".findings.ndjson")).length, 1)

    const none = yield* recon(["cancel", "--lake", lake, "nothing"])
    assert.strictEqual(none.code, 2)
    assert.include(none.err, "there is no run nothing")
  }).pipe(
    Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, now: until }), NodeServices.layer)),
    Effect.scoped
  )
)

it.live("recon cluster submit --archive fetches audio that recon archive finds there, and says how much", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const server = yield* FakeVobiz.FakeVobiz
    const lake = `${yield* fs.makeTempDirectoryScoped()}/lake`
    const submitted = yield* recon([
      "submit",
      "--lake",
      lake,
      "--from",
      "2026-11-18",
      "--to",
      "2026-11-20",
      "--archive"
    ])
    assert.strictEqual(submitted.code, 1, submitted.err)
    const audio = (yield* server.requests).filter(({ endpoint }) => endpoint === "recordings.audio").length
    assert.isAbove(audio, Effort.sized({ quick: 12, full: 50 }))
    const row = submitted.out.split("\n").find((line) => /^[0-9a-f]{24} +\d/.test(line)) ?? ""
    assert.deepStrictEqual(row.trim().split(/ +/).slice(1, 8), ["3", String(audio), "0", "0", "0", "0", "0"])

    yield* server.forgetRequests
    const directory = `${lake}/account=${account.authId}/archive`
    const refused = yield* command(["archive", "--archive", directory])
    assert.strictEqual(refused.code, 2)
    assert.include(refused.err, "recon archive --adopt")
    const archived = yield* command(["archive", "--archive", directory, "--adopt", "--json"])
    const { Kept, Stored } = JSON.parse(archived.out) as { readonly Kept: number; readonly Stored: number }
    assert.deepStrictEqual([archived.code, Kept, Stored], [0, audio, 0])
    const verified = yield* command(["verify", "--archive", directory])
    assert.strictEqual(verified.code, 0)
    assert.match(verified.out, new RegExp(`^Index +${audio} recordings`, "m"))
  }).pipe(
    Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account: few, now: until }), NodeServices.layer)),
    Effect.scoped
  )
)

it.live("recon cluster submit says what is not proved, shows what was read before, and reads anew with --again", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const server = yield* FakeVobiz.FakeVobiz
    const lake = `${yield* fs.makeTempDirectoryScoped()}/lake`
    const submit = (...more: ReadonlyArray<string>) =>
      recon(["submit", "--lake", lake, "--from", "2026-11-18", "--to", "2026-11-20", ...more])
    const runOf = ({ out }: { readonly out: string }) => /^[0-9a-f]{24}/m.exec(out)?.[0]
    yield* server.setFaults(
      FaultPlan.one({ _tag: "HeldBackRows", count: 60 }, { on: ["recordings.list"], times: "always" })
    )
    const first = yield* submit()
    assert.strictEqual(first.code, 3, first.err)
    assert.match(first.err, /^recon: run [0-9a-f]{24}: the list of recordings is not proved complete: /)
    assert.match(first.out, /^[0-9a-f]{24} +\S+ +in doubt /m)
    assert.notInclude(first.err, "--again")

    yield* server.setFaults({ rules: [] })
    yield* server.forgetRequests
    const same = yield* submit()
    assert.strictEqual(same.code, 3, same.err)
    assert.match(same.err, /^recon: run [0-9a-f]{24} was done at 20\S+, and nothing is read anew: --again does that$/m)
    assert.deepStrictEqual([runOf(same), (yield* server.requests).length], [runOf(first), 0])

    const anew = yield* submit("--again")
    assert.strictEqual(anew.code, 1, anew.err)
    assert.notStrictEqual(runOf(anew), runOf(first))
    assert.isAbove((yield* server.requests).length, 0)
    assert.notInclude(anew.err, "was done at")

    const both = yield* submit("--again", "--retry", runOf(first) ?? "")
    assert.strictEqual(both.code, 2)
    assert.include(both.err, "--again")
  }).pipe(
    Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, now: until }), NodeServices.layer)),
    Effect.scoped
  )
)

it.live("recon cluster submit refuses an accounts file that names an account twice", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const one = (authId: string) => ({ authId, authToken: "secret" })
    yield* fs.writeFileString(
      `${folder}/accounts.json`,
      JSON.stringify([one("MA_ONE"), one("MA_TWO"), one("MA_ONE")]),
      { mode: 0o600 }
    )
    const span = ["--from", "2026-11-18", "--to", "2026-11-20"]
    const { code, err } = yield* recon([
      "submit",
      "--lake",
      `${folder}/lake`,
      "--accounts",
      `${folder}/accounts.json`,
      ...span
    ])
    assert.strictEqual(code, 2)
    assert.include(err, "accounts.json has account MA_ONE more than once. Give each account one entry")
    assert.notInclude(err, "secret")
  }).pipe(
    Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, now: until }), NodeServices.layer)),
    Effect.scoped
  )
)

it.live("recon cluster reads accounts of a file by the settings, and says what it cannot cancel or clean", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const { authId, authToken } = yield* FakeVobiz.FakeVobiz
    yield* fs.writeFileString(
      `${folder}/accounts.json`,
      JSON.stringify([{ authId, authToken: Redacted.value(authToken) }]),
      { mode: 0o600 }
    )
    const lake = ["--lake", `${folder}/lake`]
    const accounts = ["--accounts", `${folder}/accounts.json`]
    const submitted = yield* recon(["submit", ...lake, ...accounts, "--from", "2026-11-18", "--to", "2026-11-20"])
    assert.strictEqual(submitted.code, 1, submitted.err)
    assert.isAbove((yield* (yield* FakeVobiz.FakeVobiz).requests).length, 0)

    yield* fs.writeFileString(
      `${folder}/wrong.json`,
      JSON.stringify([
        { authId: "MA_ONE", authToken: "secret" },
        { authId: "MA TWO", authToken: "secret" }
      ]),
      { mode: 0o600 }
    )
    const wrong = yield* recon(["submit", ...lake, "--accounts", `${folder}/wrong.json`, "--from", "2026-11-18"])
    assert.strictEqual(wrong.code, 2)
    assert.match(wrong.err, /wrong\.json, account 2: authId must be visible ASCII characters/)
    assert.notInclude(wrong.err, "a bug")

    const [run = ""] = /^[0-9a-f]{24}/m.exec(submitted.out) ?? []
    const cancelled = yield* recon(["cancel", ...lake, run])
    assert.strictEqual(cancelled.out.trim(), `${run} had ended before: done`)
    const cleaned = yield* recon(["clean", ...lake, "--older-than", "-3 days"])
    assert.strictEqual(cleaned.code, 2)
    assert.include(cleaned.err, "--older-than")
  }).pipe(
    Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, now: until }), NodeServices.layer)),
    Effect.scoped
  )
)
