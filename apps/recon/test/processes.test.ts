import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { NodeServices } from "@effect/platform-node"
import { assert, Child, describe, Effort, it, once, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Fiber, FileSystem, Layer } from "effect"
import { TestConsole } from "effect/testing"
import * as Runs from "../../../packages/cluster/test/runs.ts"
import { environment, oneThread, run, runOnConsole } from "./command.ts"
import { isGone } from "./utils.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Runs.withShortAudio(Simulator.make({ seed: 7, calls: 400, days: 2, until }))
/** Enough for each kind of file. */
const few = Runs.withShortAudio(Simulator.make({ seed: 7, calls: 40, days: 2, until }))
/** Enough for a run to be in the middle of a list. */
const some = Runs.withShortAudio(Simulator.make({ seed: 7, calls: 100, days: 2, until }))
const program = new URL("../src/bin.ts", import.meta.url)
/** Runs several commands under a umask that takes nothing away. */
const anyUmask = new URL("programs/anyUmask.ts", import.meta.url)

const settings = Effect.map(environment, (account) => ({
  ...oneThread,
  ...account,
  // A provider that does not answer is waited for longer than the test.
  VOBIZ_ATTEMPT_TIMEOUT: "100 minutes",
  VOBIZ_PAGE_SIZE: "20"
}))

/** The command in a process of its own. */
const recon = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  return yield* Child.start(program, args, { env: yield* settings, err: "kept" })
})

/** The command within this process, where it does not matter that it is one: a process takes a second to start. */
const within = (args: ReadonlyArray<string>) => Effect.flatMap(settings, (settings) => run(args, settings))

/** The same beside the test, once it waits for another. */
const waiting = Effect.fnUntraced(function* (args: ReadonlyArray<string>, words: string) {
  const run = yield* Effect.forkChild(runOnConsole([...args, "--wait=10 minutes"], yield* settings))
  yield* Effect.raceFirst(
    Wait.until("it waits", TestConsole.errorLines, (lines) => lines.join("\n").includes(words)),
    Effect.flatMap(Fiber.join(run), ({ err }) => Effect.die(new Error(`it ended before it waited: ${err}`)))
  )
  return run
})

/** Pages of recordings that never come to their end, from one on. */
const stalledFrom = (first: number) =>
  FaultPlan.one({ _tag: "StalledBody", afterBytes: 100 }, { on: ["recordings.list"], first, times: "always" })

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(`${entry.parentPath}/${entry.name}`, "utf8")] as const)
      .toSorted()
  )

const servicesOf = (account: Simulator.Account) =>
  Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 20, now: until }), NodeServices.layer, TestConsole.layer)

const services = servicesOf(account)
/** With three pages of recordings, for what does not depend on how many there are. */
const smaller = servicesOf(Effort.isFull ? account : some)

const askedForRecordings = Effect.gen(function* () {
  const { requests } = yield* FakeVobiz.FakeVobiz
  return (yield* requests).filter(({ endpoint }) => endpoint === "recordings.list").length
})

it.live("what a process makes is for its user alone, whatever its umask, but the metrics", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const at = yield* folder
    const window = ["--from=2026-11-18", "--to=2026-11-20"]
    const kept = [`--keep=${at}/keep`, `--ledger=${at}/ledger.db`, `--evidence=${at}/archive`, `--out=${at}/out`]
    const lines = [
      ["archive", ...window, `--archive=${at}/archive`],
      ["reconcile", ...window, ...kept, `--metrics-file=${at}/recon.prom`],
      ["report", ...window, `--out=${at}/report`],
      ["export", `--archive=${at}/archive`, `--to=${at}/export`],
      ["doctor", `--contract=${at}/contract.json`],
      // SQLite asks for no mode: the process takes care of its files.
      ["cluster", "submit", ...window, `--lake=${at}/lake`]
    ]
    const { end, err, out } = yield* Child.start(anyUmask, [JSON.stringify(lines)], {
      env: yield* settings,
      err: "kept"
    })
    const { code } = yield* end
    const codes = [...(JSON.parse(/^\[.*\]$/m.exec(out())?.[0] ?? "[]") as ReadonlyArray<number>), code]
    for (const [nth, line] of lines.entries()) assert.include([0, 1, 3], codes[nth], `${line.join(" ")}: ${err()}`)
    const names = yield* fs.readDirectory(at, { recursive: true })
    assert.includeMembers(names, ["lake/state.db", "recon.prom", "ledger.db"])
    assert.isAbove(names.length, 50)
    const wrong = yield* Effect.filter(names, (name) =>
      Effect.map(fs.stat(`${at}/${name}`), ({ mode, type }) => {
        const expected = type === "Directory" ? 0o700 : name === "recon.prom" ? 0o644 : 0o600
        return (mode & 0o777) !== expected
      })
    )
    assert.deepStrictEqual(wrong, [])
  }).pipe(Effect.scoped, Effect.provide(servicesOf(few)))
)

describe("a process that is interrupted", () => {
  // With less effort, SIGINT ends the process that notifies, and SIGTERM one in the middle of a list, further below.
  it.live.skipIf(!Effort.isFull)(
    "ends by SIGINT with exit code 130, in the middle of a list, and writes nothing by halves",
    () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        yield* server.setFaults(stalledFrom(3))
        const out = yield* folder
        const files = ["--out", out, "--metrics-file", `${out}/recon.prom`]
        const { end, err, kill, reaches } = yield* recon([
          "reconcile",
          "--from=2026-11-18",
          "--to=2026-11-20",
          ...files
        ])
        yield* reaches(
          "two pages of recordings are asked for",
          Effect.map(askedForRecordings, (pages) => pages >= 2)
        )
        yield* kill("SIGINT")
        assert.deepStrictEqual(yield* end, { code: 130, signal: null }, err())
        assert.deepStrictEqual(contents(out), {})
      }).pipe(Effect.scoped, Effect.provide(services))
  )

  const [signal, exit] = Effort.isFull ? (["SIGTERM", 143] as const) : (["SIGINT", 130] as const)
  it.live(`keeps its result when it is ended by ${signal} while it notifies, and ends whom it notified`, () =>
    Effect.gen(function* () {
      const out = yield* folder
      const { end, kill, reaches } = yield* recon([
        "reconcile",
        "--from=2026-11-18",
        "--to=2026-11-20",
        `--out=${out}`,
        `--notify-command=echo $$ > '${out}/pid'; mv '${out}/pid' '${out}/told'; trap '' TERM; exec tail -f /dev/null`
      ])
      yield* reaches(
        "the command is told",
        Effect.sync(() => readdirSync(out).includes("told"))
      )
      const pid = Number(readFileSync(`${out}/told`, "utf8"))
      yield* kill(signal)
      assert.deepStrictEqual(yield* end, { code: exit, signal: null })
      assert.deepStrictEqual(Object.keys(contents(out)), [
        "coverage.csv",
        "findings.csv",
        "findings.html",
        "findings.ndjson",
        "reconciliation.json",
        "told"
      ])
      yield* Wait.untilTrue(
        "the command is gone",
        Effect.sync(() => isGone(pid))
      )
    }).pipe(Effect.scoped, Effect.provide(smaller))
  )
})

describe("a process whose reader has had enough", () => {
  it.live("ends without a word", () =>
    Effect.gen(function* () {
      const {
        process: child,
        end,
        err
      } = yield* recon(["list", "cdrs", "--from=2026-11-18", "--to=2026-11-20", "--json"])
      child.stdout?.once("data", () => child.stdout?.destroy())
      assert.deepStrictEqual(yield* end, { code: 141, signal: null })
      assert.strictEqual(err(), "")
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})

describe("a run that keeps its findings", () => {
  it.live("leaves the ledger as it was when it is ended, and to the next run", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const ledger = `${yield* folder}/recon.ledger`
      const args = ["reconcile", "--from=2026-11-18", "--to=2026-11-20", `--ledger=${ledger}`]
      const list = Effect.gen(function* () {
        const { code, out } = yield* within(["findings", `--ledger=${ledger}`, "--json"])
        // Some are open.
        assert.strictEqual(code, 1)
        return out
      })
      assert.strictEqual((yield* within(args)).code, 1)
      const before = yield* list
      yield* server.setFaults(stalledFrom(2))
      yield* server.forgetRequests
      const out = yield* folder
      const stopped = yield* recon([...args, `--out=${out}`, `--metrics-file=${out}/recon.prom`])
      yield* stopped.reaches(
        "two pages of recordings are asked for",
        Effect.map(askedForRecordings, (pages) => pages >= 2)
      )
      // It is held by one at a time.
      const second = yield* within(args)
      assert.strictEqual(second.code, 2)
      assert.include(second.err, "another run has it open")
      const third = yield* waiting(args, "recon: waits up to 10m: ledger ")
      yield* server.setFaults(FaultPlan.none)
      yield* stopped.kill("SIGTERM")
      assert.deepStrictEqual(yield* stopped.end, { code: 143, signal: null }, stopped.err())
      assert.deepStrictEqual(contents(out), {})
      const { code, out: printed } = yield* Fiber.join(third)
      assert.strictEqual(code, 1)
      // What was ended has left nothing behind.
      assert.match(printed, /Ledger +0 opened/)
      assert.strictEqual(yield* list, before)
    }).pipe(Effect.scoped, Effect.provide(smaller))
  )
})

describe("a run of the archive", () => {
  it.live("waits for the one that writes to it, if told to", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const archive = yield* folder
      const lock = `${archive}/lock`
      // This process would not wait for itself.
      yield* fs.writeFileString(lock, `${hostname()} ${process.ppid}`)
      const args = ["archive", `--archive=${archive}`, "--from=2026-11-19"]
      const hurried = yield* within(args)
      assert.strictEqual(hurried.code, 2)
      assert.include(hurried.err, "is writing to this archive")
      const patient = yield* waiting(args, "recon: waits up to 10m: ")
      yield* fs.remove(lock)
      const { code, out } = yield* Fiber.join(patient)
      assert.notStrictEqual(code, 2)
      assert.match(out, /\d+ stored/)
    }).pipe(Effect.scoped, Effect.provide(servicesOf(few)))
  )
})

describe("a run that keeps what it reads", () => {
  const args = ["reconcile", "--from=2026-11-18", "--to=2026-11-20", "--json"]
  const told = (out: string) => {
    const { counts, proofs } = JSON.parse(out) as {
      readonly counts: Readonly<Record<string, number>>
      readonly proofs: Readonly<Record<"cdrs" | "recordings", { readonly verdict: string; readonly rows: number }>>
    }
    return { counts, verdicts: [proofs.cdrs.verdict, proofs.recordings.verdict] }
  }

  /** A run that nobody ends, and how often it asked for recordings. */
  const undisturbed = once(
    Effect.gen(function* () {
      const whole = yield* within(args)
      assert.strictEqual(whole.code, 1, whole.err)
      return { whole, asked: yield* askedForRecordings }
    }).pipe(Effect.provide(Layer.fresh(services)))
  )

  for (const signal of (["SIGKILL", "SIGTERM"] as const).slice(0, Effort.sized({ quick: 1, full: 2 }))) {
    it.live(`goes on where it was ended by ${signal}, and finds the same`, () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const keep = `${yield* folder}/keep`
        const { asked, whole } = yield* undisturbed

        yield* server.setFaults(
          FaultPlan.one(
            { _tag: "StalledBody", afterBytes: 100 },
            { on: ["recordings.list"], first: 9, times: "always" }
          )
        )
        yield* server.forgetRequests
        const first = yield* recon([...args, `--keep=${keep}`])
        // The CDRs are read to their end, and most of the recordings.
        const read = Effect.map(
          askedForRecordings,
          (pages) => pages >= 8 && readdirSync(keep).includes("cdrs.proof.json")
        )
        yield* first.reaches("the CDRs are read to their end, and most of the recordings", read)
        yield* first.kill(signal)
        assert.strictEqual((yield* first.end).code, signal === "SIGKILL" ? null : 143)

        yield* server.setFaults(FaultPlan.none)
        yield* server.forgetRequests
        const second = yield* within([...args, `--keep=${keep}`, "--log-level=info"])
        assert.strictEqual(second.code, 1, second.err)
        assert.include(second.err, "resuming the run that was stopped")
        assert.deepStrictEqual(told(second.out), told(whole.out))
        assert.deepStrictEqual(told(second.out).verdicts, ["complete", "complete"])
        assert.isAtMost(yield* askedForRecordings, asked - 5)
        const { requests } = server
        assert.isFalse((yield* requests).some(({ endpoint }) => endpoint === "cdrs.list"))
        // The run is done, and forgotten.
        assert.deepStrictEqual(readdirSync(keep), [])
      }).pipe(Effect.scoped, Effect.provide(services))
    )
  }

  it.live("refuses a folder whose files are damaged, and leaves them as they are", () =>
    Effect.gen(function* () {
      const keep = yield* folder
      writeFileSync(`${keep}/run.json`, "{")
      const { code, err } = yield* within([...args, `--keep=${keep}`])
      assert.strictEqual(code, 2)
      assert.include(err, `${keep}/run.json: is damaged`)
      assert.include(err, "--keep")
      assert.strictEqual(readFileSync(`${keep}/run.json`, "utf8"), "{")
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})

describe("a job", () => {
  it.live("logs a run that fails, does the next one, and keeps what that has done when it is ended in another", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const out = yield* folder
      yield* server.setFaults(FaultPlan.one({ _tag: "Ok200WithError" }, { on: ["recordings.list"], times: "always" }))
      const { end, err, kill, reaches } = yield* recon([
        "reconcile",
        "--every=* * * * * *",
        "--days=366",
        "--log-format=json",
        `--out=${out}`,
        `--metrics-file=${out}/recon.prom`
      ])
      const lines = () =>
        err()
          .split("\n")
          .filter((line) => line.endsWith("}"))
          .map(
            (line) =>
              JSON.parse(line) as Readonly<Record<"message" | "level", string>> & { readonly annotations: object }
          )
      yield* reaches(
        "a run has failed",
        Effect.sync(() => lines().some(({ message }) => message === "the run failed"))
      )
      yield* server.setFaults(FaultPlan.none)
      yield* reaches(
        "a run has succeeded and ended",
        Effect.sync(() => err().slice(err().indexOf('"reconciled"')).includes('"the run ended"'))
      )
      // No run comes to its end from here on: whichever asks for recordings waits forever.
      yield* server.setFaults(stalledFrom(1))
      yield* server.forgetRequests
      yield* reaches(
        "the next run asks for recordings",
        Effect.map(askedForRecordings, (pages) => pages >= 1)
      )
      const done = contents(out)
      assert.deepStrictEqual(Object.keys(done), [
        "coverage.csv",
        "findings.csv",
        "findings.html",
        "findings.ndjson",
        "recon.prom",
        "reconciliation.json"
      ])
      yield* kill("SIGTERM")
      assert.deepStrictEqual(yield* end, { code: 143, signal: null })
      const after = contents(out)
      assert.deepStrictEqual(after, done)
      for (const line of (after["findings.ndjson"] ?? "").trim().split("\n")) JSON.parse(line)
      assert.isTrue(after["recon.prom"]?.endsWith("\n"))
      for (const line of err().trim().split("\n")) assert.isString((JSON.parse(line) as { message: unknown }).message)
      const failed = lines().find(({ message }) => message === "the run failed")
      assert.strictEqual(failed?.level, "ERROR")
      assert.deepInclude(failed?.annotations, { error: "VobizError" })
      assert.include(JSON.stringify(failed?.annotations), "Recordings.page")
      assert.match(after["recon.prom"] ?? "", /^recon_runs_total\{.*outcome="failed".*\} [1-9]/m)
    }).pipe(Effect.scoped, Effect.provide(smaller))
  )
})
