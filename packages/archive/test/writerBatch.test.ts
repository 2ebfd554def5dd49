/** Entries that are appended at once: they share a write and its sync, and none is acknowledged before it is on the disk. */
import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, it } from "@vobiz-effect/test-support"
import { Effect, Exit, Layer, Result } from "effect"
import { readFileSync } from "node:fs"

import * as Chain from "../src/internal/chain.ts"
import * as Disk from "../src/internal/disk.ts"
import * as Writer from "../src/internal/writer.ts"
import * as Killed from "./killed.ts"
import { temporary } from "./utils.ts"

const options = { archive: "0".repeat(32), before: null, signing: null, key: null }

const entries = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => Chain.parse(Buffer.from(line)))

const bodies = (file: string) => entries(file).map((entry) => (typeof entry === "string" ? entry : entry.body))

it.effect("those who come while entries are written share the next write", () =>
  Effect.gen(function* () {
    const file = `${yield* temporary}/chain.ndjson`
    const log = DiskLog.make()
    yield* Effect.gen(function* () {
      const writer = yield* Writer.open({ ...options, disk: yield* Disk.make, file })
      yield* writer.begin({ command: "test" })
      const did = (what: DiskLog.Operation["did"]) =>
        log.operations.filter(({ did, path }) => did === what && path === file).length
      assert.deepStrictEqual([did("write"), did("sync")], [1, 1])
      yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) => n),
        (n) =>
          Effect.map(writer.append("fact", { n }), () => {
            DiskLog.assertAppended(log, file)
            assert.deepInclude(bodies(file), { n })
          }),
        { concurrency: "unbounded", discard: true }
      )
      // The first one alone, and then all others.
      assert.deepStrictEqual([did("write"), did("sync")], [3, 3])
      yield* writer.close(Exit.void)
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(log.layer, NodeServices.layer)))
    const written = entries(file)
    let prev = Chain.none
    for (const [seq, entry] of written.entries()) {
      if (typeof entry === "string") return assert.fail(entry)
      assert.deepStrictEqual([entry.seq, entry.prev], [seq, prev])
      prev = entry.hash
    }
    assert.deepInclude(bodies(file).at(-1), { entries: 101, outcome: "completed" })
  }).pipe(Effect.scoped)
)

it.effect("an entry that cannot be written fails with those after it, and those before it are kept", () =>
  Effect.gen(function* () {
    const file = `${yield* temporary}/chain.ndjson`
    const writer = yield* Writer.open({ ...options, disk: yield* Disk.make, file })
    const results = yield* Effect.forEach(
      [0, 1, 2, Number.NaN, 4, 5],
      (n) => Effect.result(writer.append("fact", { n })),
      { concurrency: "unbounded" }
    )
    assert.deepStrictEqual(results.map(Result.isSuccess), [true, true, true, false, false, false])
    assert.deepStrictEqual(bodies(file), [{ n: 0 }, { n: 1 }, { n: 2 }])
    assert.isTrue(Result.isFailure(yield* Effect.result(writer.append("fact", { n: 6 }))))
    assert.isTrue(Result.isFailure(yield* Effect.result(writer.close(Exit.void))))
    assert.strictEqual(bodies(file).length, 3)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)

it.effect("a write that fails fails for all who share it, and nothing is written after it", () =>
  Effect.gen(function* () {
    const file = `${yield* temporary}/chain.ndjson`
    // The file is opened, and nothing is written to it.
    const dead = Killed.after(1)
    yield* Effect.gen(function* () {
      const writer = yield* Writer.open({ ...options, disk: yield* Disk.make, file })
      const results = yield* Effect.forEach([0, 1, 2], (n) => Effect.result(writer.append("fact", { n })), {
        concurrency: "unbounded"
      })
      assert.isFalse(results.some(Result.isSuccess))
      assert.isTrue(Result.isFailure(yield* Effect.result(writer.append("fact", { n: 3 }))))
    }).pipe(Effect.scoped, Effect.provide(dead.layer))
    assert.strictEqual(readFileSync(file, "utf8"), "")
  }).pipe(Effect.scoped)
)
