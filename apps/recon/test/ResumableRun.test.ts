import { NodeServices } from "@effect/platform-node"
import { assert, describe, DiskLog, it } from "@vobiz-effect/test-support"
import { Checkpoint } from "@vobiz-effect/core"
import { Column, DuckDb } from "@vobiz-effect/reconcile"
import { DateTime, Effect, FileSystem, Layer, Stream } from "effect"
import * as ResumableRun from "../src/ResumableRun.ts"

const window = { from: DateTime.makeUnsafe("2026-11-18T00:00:00Z"), to: DateTime.makeUnsafe("2026-11-20T00:00:00Z") }
const now = DateTime.makeUnsafe("2026-11-20T02:00:00Z")
const run = { window, asOf: now }
const later = (hours: number) => {
  const asOf = DateTime.add(now, { hours })
  return { window: { from: window.from, to: asOf }, asOf }
}

const services = Layer.mergeAll(NodeServices.layer, DuckDb.DuckDb.layer({}))

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** A list of texts; the walk fails after the given ones, so that it never has a proof. */
const texts = (rows: ReadonlyArray<string>, log: Array<string> = []): ResumableRun.List<string> => ({
  name: "cdrs",
  columns: [Column.arrival("arrival"), Column.text("value", (row) => row)],
  walk: ({ checkpoint, name }) =>
    Effect.succeed({
      rows: Stream.fromIterable(rows).pipe(
        Stream.tap((row) => Effect.sync(() => log.push(row))),
        Stream.concat(
          Stream.fromEffect(
            Effect.andThen(
              checkpoint.save(name, "here"),
              Effect.fail(new Checkpoint.CheckpointError({ name, detail: "stopped" }))
            )
          )
        )
      ),
      proof: Effect.die("there is none")
    }),
  load: () => ({ fill: () => Effect.die("it is not whole") })
})

const line = (value: string) => `${JSON.stringify({ value })}\n`

describe("ResumableRun", () => {
  it.effect("stores rows as they come, and takes them up again after a line that was cut off", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const keep = `${yield* folder}/keep`
      const file = `${keep}/cdrs.ndjson`
      const read = Effect.fnUntraced(function* (rows: ReadonlyArray<string>, asked: ResumableRun.Run) {
        const resumable = yield* ResumableRun.open(keep, "me", asked)
        const error = yield* Effect.flip((yield* resumable.read(texts(rows))).rows.fill("table"))
        assert.strictEqual(error._tag, "CheckpointError")
        return resumable.run
      })
      assert.deepStrictEqual(yield* read(["a", "b\n\u2028ü"], run), run)
      assert.strictEqual(yield* fs.readFileString(file), line("a") + line("b\n\u2028ü"))
      assert.strictEqual((yield* fs.stat(file)).mode & 0o077, 0)
      assert.strictEqual((yield* fs.stat(keep)).mode & 0o077, 0)

      yield* fs.writeFileString(file, line("c").slice(0, 7), { flag: "a" })
      const went = yield* read(["c", "d"], later(47))
      // It is the run that was stopped, as of its own time.
      assert.strictEqual(DateTime.formatIso(went.asOf), DateTime.formatIso(now))
      assert.strictEqual(DateTime.formatIso(went.window.to), DateTime.formatIso(window.to))
      assert.strictEqual(yield* fs.readFileString(file), line("a") + line("b\n\u2028ü") + line("c") + line("d"))
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("has rows on the disk before the checkpoint that counts them", () =>
    Effect.gen(function* () {
      const log = DiskLog.make()
      const keep = `${yield* folder}/keep`
      yield* Effect.gen(function* () {
        const resumable = yield* ResumableRun.open(keep, "me", run)
        yield* Effect.flip((yield* resumable.read(texts(["a", "b"]))).rows.fill("table"))
      }).pipe(Effect.provide(log.layer))
      DiskLog.assertSettled(log, `${keep}/run.json`)
      DiskLog.assertAppended(log, `${keep}/cdrs.ndjson`)
      DiskLog.assertSettled(log, `${keep}/checkpoints/cdrs.json`)
      const counted = DiskLog.indexOf(log, "rename", `${keep}/checkpoints/cdrs.json`)
      const rows = log.operations.findLastIndex(({ did, path }) => did === "sync" && path === `${keep}/cdrs.ndjson`)
      assert.isTrue(rows >= 0 && rows < counted, "rows are synced before the checkpoint has its name")
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("reads a list anew whose walk was never kept", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const keep = yield* folder
      const resumable = yield* ResumableRun.open(keep, "me", run)
      yield* fs.writeFileString(`${keep}/cdrs.ndjson`, line("of a page that no checkpoint counts"))
      yield* Effect.flip((yield* resumable.read(texts(["a"]))).rows.fill("table"))
      assert.strictEqual(yield* fs.readFileString(`${keep}/cdrs.ndjson`), line("a"))
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  for (const [why, identity, asked] of [
    ["of other settings", "somebody else", later(1)],
    ["that is too old", "me", later(49)]
  ] as const) {
    it.effect(`forgets a run ${why}`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const keep = yield* folder
        const before = yield* ResumableRun.open(keep, "me", run)
        yield* Effect.flip((yield* before.read(texts(["a"]))).rows.fill("table"))
        yield* fs.writeFileString(`${keep}/mine.txt`, "not of the run")
        const resumable = yield* ResumableRun.open(keep, identity, asked)
        assert.strictEqual(resumable.run, asked)
        assert.deepStrictEqual((yield* fs.readDirectory(keep)).toSorted(), ["mine.txt", "run.json"])
        yield* resumable.clear
        assert.deepStrictEqual(yield* fs.readDirectory(keep), ["mine.txt"])
      }).pipe(Effect.scoped, Effect.provide(services))
    )
  }

  it.effect("says which folder cannot be used", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ResumableRun.open("package.json/keep", "me", run))
      assert.strictEqual(error._tag, "KeepError")
      assert.include(error.message, "package.json/keep: ")
      assert.include(error.message, "--keep")
    }).pipe(Effect.provide(services))
  )
})
