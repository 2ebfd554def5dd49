import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { VobizError } from "@vobiz-effect/core"
import { ConfigProvider, DateTime, Deferred, Effect, Exit, Fiber, FileSystem, Layer, Logger, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"

import { Accounts, Audio, ClusterSecret, JobLog, LakeError } from "../src/index.ts"
import * as Sql from "../src/internal/sql.ts"
import * as Sqlite from "../src/internal/sqliteClient.ts"
import * as Units from "../src/internal/units.ts"

const start = Date.parse("2026-05-10T06:00:00Z")
const second = 1000

const inLog = <A, E>(use: (log: JobLog.JobLog["Service"]) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(start)
    return yield* Effect.flatMap(JobLog.JobLog, use)
  }).pipe(
    Effect.provide(
      JobLog.JobLog.layer({ runner: "here" }).pipe(Layer.provide(Sqlite.layer(":memory:", (error) => error)))
    )
  )

const summary: typeof Audio.Summary.Type = {
  Stored: 3,
  Kept: 1,
  NotReady: 0,
  Gone: 0,
  Quarantined: 0,
  Failed: 2,
  Removed: 0,
  Flawed: 0,
  bytes: 99
}

const run = { run: "r1", account: "MA_1", spec: "{}" }
const opened: JobLog.Run = {
  ...run,
  attempt: 1,
  result: null,
  state: "running",
  errorTag: null,
  errorMessage: null,
  startedAt: start,
  endedAt: null
}

describe("the log of runs", () => {
  it.effect("has a run once, as it was opened first", () =>
    inLog(
      Effect.fnUntraced(function* (log) {
        assert.deepStrictEqual(yield* log.open(run), opened)
        yield* TestClock.adjust(second)
        assert.deepStrictEqual(yield* log.open({ ...run, account: "MA_2", spec: "[]" }), opened)
        yield* log.open({ ...run, run: "r2" })
        yield* log.open({ ...run, run: "r0" })
        // The latest first, and those of one instant by their names.
        assert.deepStrictEqual(
          (yield* log.runs).map(({ run }) => run),
          ["r0", "r2", "r1"]
        )
      })
    )
  )

  it.effect("has how a run ended, and the result that it had before", () =>
    inLog(
      Effect.fnUntraced(function* (log) {
        const of = Effect.fnUntraced(function* (name: string, exit: Exit.Exit<string, unknown>, result?: string) {
          yield* log.open({ ...run, run: name })
          if (result !== undefined) yield* log.keep(name, 1, result)
          yield* TestClock.adjust(second)
          yield* log.close(name, 1, exit)
          const found = (yield* log.runs).find((one) => one.run === name)
          return found && [found.state, found.result, found.errorTag, found.errorMessage, found.endedAt]
        })
        const failed = new LakeError.LakeError({ path: "p", detail: "d", advice: "a\nb" })
        assert.deepStrictEqual(yield* of("a", Exit.succeed('"a"')), ["done", '"a"', null, null, start + second])
        assert.deepStrictEqual((yield* of("b", Exit.fail(failed), '"b"'))?.slice(0, 4), [
          "failed",
          '"b"',
          "LakeError",
          "lake: p d. a"
        ])
        assert.deepStrictEqual((yield* of("c", Exit.die(new Error("x".repeat(600)))))?.slice(0, 4), [
          "failed",
          null,
          "Defect",
          "x".repeat(500)
        ])
        assert.deepStrictEqual((yield* of("d", Exit.fail("words")))?.slice(0, 4), ["failed", null, "Defect", "words"])
        assert.deepStrictEqual((yield* of("e", Exit.fail(new Units.Cancelled({ run: "e" }))))?.slice(0, 4), [
          "cancelled",
          null,
          null,
          null
        ])
        // Of another attempt nothing is noted, nor of what has ended.
        yield* log.open({ ...run, run: "f" })
        yield* log.close("f", 2, Exit.succeed("no"))
        yield* log.keep("f", 2, "no")
        yield* log.close("a", 1, Exit.fail("no"))
        assert.deepStrictEqual(
          (yield* log.runs).flatMap(({ result, run, state }) =>
            run === "a" || run === "f" ? [[run, state, result]] : []
          ),
          [
            ["f", "running", null],
            ["a", "done", '"a"']
          ]
        )
      })
    )
  )

  it.effect("begins another attempt of what failed or was cancelled, and of nothing else", () =>
    inLog(
      Effect.fnUntraced(function* (log) {
        assert.isUndefined(yield* log.again("r1"))
        yield* log.open(run)
        assert.deepStrictEqual(yield* log.again("r1"), opened)
        yield* log.close("r1", 1, Exit.fail("words"))
        assert.isFalse(yield* log.isLive("r1", 1))
        assert.deepStrictEqual(yield* log.again("r1"), { ...opened, attempt: 2 })
        assert.deepStrictEqual(yield* Effect.all([log.isLive("r1", 1), log.isLive("r1", 2), log.isLive("r2", 1)]), [
          false,
          true,
          false
        ])
        yield* log.cancel("r1")
        const [cancelled] = yield* log.runs
        assert.deepStrictEqual([cancelled?.state, cancelled?.endedAt], ["cancelled", start])
        assert.strictEqual((yield* log.again("r1"))?.attempt, 3)
        yield* log.close("r1", 3, Exit.succeed("1"))
        assert.strictEqual((yield* log.again("r1"))?.state, "done")
      })
    )
  )

  it.effect("cancels what runs of one run, and leaves what is done, and other runs", () =>
    inLog(
      Effect.fnUntraced(function* (log) {
        const done = { ...run, run: "r0" }
        const other = { ...run, run: "r2" }
        yield* Effect.forEach([done, run, other], log.open)
        yield* log.close("r0", 1, Exit.succeed("1"))
        for (const of of ["r1", "r2"]) yield* Effect.exit(log.track(of, 1, "u", Exit.interrupt(1), () => null))
        yield* Effect.forEach(["r0", "r1"], log.cancel)
        assert.deepStrictEqual(
          (yield* log.runs).map(({ run, state }) => [run, state]),
          [
            ["r0", "done"],
            ["r1", "cancelled"],
            ["r2", "running"]
          ]
        )
        const states = (of: string) => Effect.map(log.units(of, 1), (units) => units.map(({ state }) => state))
        assert.deepStrictEqual(yield* Effect.all([states("r1"), states("r2")]), [["cancelled"], ["running"]])
      })
    )
  )

  it.effect("has each unit of an attempt: who does it, how often it was begun, and how it ended", () =>
    inLog(
      Effect.fnUntraced(function* (log) {
        const track = <E>(unit: string, exit: Exit.Exit<number, E>, audio: typeof summary | null = null) =>
          Effect.exit(log.track("r1", 1, unit, exit, () => audio))
        const row = (unit: string): JobLog.Unit => ({
          unit,
          runner: "here",
          starts: 1,
          audio: null,
          state: "done",
          errorTag: null,
          errorMessage: null,
          startedAt: start,
          endedAt: start
        })
        assert.deepStrictEqual(yield* track("b", Exit.succeed(7)), Exit.succeed(7))
        yield* track("a", Exit.die(new Error("no")), summary)
        yield* track("c", Exit.interrupt(1))
        assert.deepStrictEqual(yield* log.units("r1", 1), [
          { ...row("a"), state: "failed", errorTag: "Defect", errorMessage: "no", audio: summary },
          row("b"),
          { ...row("c"), state: "running", endedAt: null }
        ])
        yield* TestClock.adjust(second)
        // What is done stays done; what failed may be done at last.
        yield* track("b", Exit.fail("late"))
        yield* track("a", Exit.succeed(1))
        const units = yield* log.units("r1", 1)
        assert.deepStrictEqual(
          units.map(({ endedAt, starts, startedAt, state, unit }) => [unit, state, starts, startedAt, endedAt]),
          [
            ["a", "done", 2, start, start + second],
            ["b", "done", 2, start, start],
            ["c", "running", 1, start, null]
          ]
        )
        assert.deepStrictEqual(yield* log.units("r1", 2), [])
        // A cancelled run has no unit that runs.
        yield* log.cancel("r1")
        assert.deepStrictEqual(
          (yield* log.units("r1", 1)).map(({ state }) => state),
          ["done", "done", "cancelled"]
        )
      })
    )
  )

  it.effect("says of a unit that it runs while it does", () =>
    inLog(
      Effect.fnUntraced(function* (log) {
        const gate = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(log.track("r1", 1, "u", Deferred.await(gate), () => null))
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(
          (yield* log.units("r1", 1)).map(({ state }) => state),
          ["running"]
        )
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(fiber)
      })
    )
  )
})

describe("a log of runs whose database", () => {
  const inDatabase = <A, E>(use: (log: JobLog.JobLog["Service"], sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      return yield* use(yield* JobLog.JobLog, yield* SqlClient.SqlClient)
    }).pipe(
      Effect.provide(
        JobLog.JobLog.layer({ runner: "here" }).pipe(Layer.provideMerge(Sqlite.layer(":memory:", (error) => error)))
      )
    )

  it.effect("has rows of another version names them, and reads the others", () =>
    inDatabase(
      Effect.fnUntraced(function* (log, sql) {
        yield* log.open(run)
        yield* log.track("r1", 1, "u", Effect.void, () => null)
        const [unit] = yield* log.units("r1", 1)
        assert.deepStrictEqual([unit?.unit, unit?.runner, unit?.state, unit?.audio], ["u", "here", "done", null])
        yield* sql`UPDATE recon_unit SET state = 'splendid'`
        assert.strictEqual((yield* Effect.flip(log.units("r1", 1)))._tag, "JobLogError")
        assert.include((yield* Effect.flip(log.units("r1", 1))).message, ": a unit of run r1 cannot be read")
        yield* sql`UPDATE recon_unit SET state = 'done', audio = '{}'`
        assert.include((yield* Effect.flip(log.units("r1", 1))).message, ": a unit of run r1 cannot be read")
        assert.deepStrictEqual(yield* log.runs, [opened])
        yield* sql`UPDATE recon_run SET state = 'splendid'`
        assert.include((yield* Effect.flip(log.runs)).message, ": run r1 cannot be read")
        yield* sql`UPDATE recon_run SET run = x'00'`
        assert.include((yield* Effect.flip(log.runs)).message, ": a run without an id cannot be read")
      })
    )
  )

  it.effect("does not answer is asked for ten seconds, and then the run goes on without it", () =>
    Effect.gen(function* () {
      const warned: Array<unknown> = []
      const logger = Logger.make(({ message }) => void warned.push(message))
      yield* inDatabase(
        Effect.fnUntraced(function* (log, sql) {
          yield* log.open(run)
          yield* sql`ALTER TABLE recon_run RENAME TO elsewhere`
          const closing = yield* Effect.forkChild(log.close("r1", 1, Exit.succeed("x")))
          yield* TestClock.adjust("9999 millis")
          assert.isUndefined(closing.pollUnsafe())
          yield* TestClock.adjust("1 millis")
          yield* Fiber.join(closing)
          const again = yield* Effect.forkChild(log.close("r1", 1, Exit.succeed("x")))
          yield* TestClock.adjust("9 seconds")
          yield* sql`ALTER TABLE elsewhere RENAME TO recon_run`
          yield* TestClock.adjust("1 seconds")
          yield* Fiber.join(again)
          assert.strictEqual((yield* log.runs)[0]?.state, "done")
        })
      ).pipe(Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(warned.flat(), ["cannot write to the log of runs; the run itself continues"])
    })
  )
})

describe("what is said of a cluster", () => {
  it("by its errors", () => {
    assert.strictEqual(
      new JobLog.JobLogError({ what: "run r1" }).message,
      "the log of runs: run r1 cannot be read: another version of recon wrote it, or it is damaged. Use that version, or remove the row"
    )
    assert.strictEqual(new Units.Cancelled({ run: "r1" }).message, "run r1 was cancelled. Retry it to resume it")
    assert.strictEqual(
      new Units.RunnersLost({ times: 10 }).message,
      "the unit lost its runner 10 times. If runners run out of memory, let each run fewer units at once; then retry the run"
    )
    assert.strictEqual(
      new Accounts.UnknownAccount({ account: "MA_1" }).message,
      "this runner has no credentials for account MA_1. Give every runner the credentials, and retry the run"
    )
    assert.strictEqual(
      LakeError.cannotWrite("a/b")().message,
      "lake: a/b cannot be written. Check that the shared folder has space and is writable; then retry the run"
    )
    const error = new VobizError.VobizError({
      operation: "Recordings.audio",
      requestId: null,
      reason: new VobizError.Transport({ host: "h", detail: "d" })
    })
    assert.strictEqual(
      new Audio.AudioNotFetched({ summary, recordingId: "r", error }).message,
      `2 of 6 recordings could not be fetched. The first error: ${error.message}. Retry the run to fetch the missing audio`
    )
  })

  it("of units by their names", () => {
    const day = { from: DateTime.makeUnsafe("2026-05-10T00:00:00Z"), to: DateTime.makeUnsafe("2026-05-11T00:00:00Z") }
    assert.deepStrictEqual(
      [{ _tag: "Extract", list: "cdr" }, { _tag: "Reconcile" }, { _tag: "Archive", day }].map((work) =>
        Units.nameOf(work as Units.Work)
      ),
      ["extract cdr", "reconcile", "archive 2026-05-10T00:00:00.000Z"]
    )
  })

  it("by statements of its database", () => {
    assert.strictEqual(Sql.text("it's"), "'it''s'")
    assert.strictEqual(Sql.texts(["a", "b'"]), "['a', 'b''']")
    assert.strictEqual(Sql.texts([]), "[]")
    assert.strictEqual(Sql.name('a"b'), '"a""b"')
  })
})

describe("the secret of a cluster", () => {
  const good = "0123456789abcdefghijklmnopqrstuv"
  const keyOf = (text: string) =>
    Effect.map(ClusterSecret.fromText(Redacted.make(text), "there"), (key) =>
      Buffer.from(Redacted.value(key)).toString("hex")
    )

  it.effect("makes the same key of the same text, whatever stands around it", () =>
    Effect.gen(function* () {
      const key = yield* keyOf(good)
      assert.lengthOf(key, 64)
      assert.strictEqual(yield* keyOf(` ${good}\n`), key)
      const secret = yield* ClusterSecret.fromText(Redacted.make(good), "there")
      assert.strictEqual(String(secret), "<redacted:cluster secret>")
      assert.notStrictEqual(yield* keyOf(`${good}w`), key)
      // Runners of one version know those of another by it.
      assert.strictEqual(key, "4abf0f468f672a69a0594cb15905dcf11589f7ae05d78dcd461ceab2d46929e6")
    })
  )

  it.effect("has 32 characters, and ten different ones", () =>
    Effect.gen(function* () {
      const refused = (text: string) => Effect.map(Effect.flip(keyOf(text)), ({ message }) => message)
      const said = (detail: string) =>
        `the cluster's secret from there: ${detail} and can be guessed. Generate one with: openssl rand -hex 32`
      assert.strictEqual(yield* refused(good.slice(1)), said("it has fewer than 32 characters"))
      assert.strictEqual(yield* refused("123456789".repeat(4)), said("it has too few different characters"))
      assert.lengthOf(yield* keyOf("0123456789".repeat(4)), 64)
    })
  )

  it.effect("is of the settings, or of a file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/secret`
      yield* fs.writeFileString(file, `${good}\n`, { mode: 0o600 })
      const by = (env: Record<string, string>) =>
        Effect.provide(ClusterSecret.fromConfig, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      const hex = (env: Record<string, string>) =>
        Effect.map(by(env), (key) => Buffer.from(Redacted.value(key)).toString("hex"))
      assert.strictEqual(yield* hex({ RECON_CLUSTER_SECRET: good }), yield* keyOf(good))
      assert.strictEqual(yield* hex({ RECON_CLUSTER_SECRET_FILE: file }), yield* keyOf(good))
      assert.strictEqual(
        (yield* Effect.flip(by({}))).message,
        "the cluster's secret from RECON_CLUSTER_SECRET: it is not set. Without it, anyone who reaches a runner's port could give it work. Set it to the same text for all runners and clients, or name a file by RECON_CLUSTER_SECRET_FILE. Generate one with: openssl rand -hex 32"
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
