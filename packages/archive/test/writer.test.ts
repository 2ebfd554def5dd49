/** How entries come to the end of a chain. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, DiskLog, it } from "@vobiz-effect/test-support"
import { DateTime, Effect, Exit, FileSystem } from "effect"
import { TestClock } from "effect/testing"

import * as Chain from "../src/internal/chain.ts"
import * as Disk from "../src/internal/disk.ts"
import * as Writer from "../src/internal/writer.ts"
import { temporary } from "./utils.ts"

const archive = "0123456789abcdef0123456789abcdef"

const writing = <A, E>(
  body: (at: {
    readonly writer: Writer.Writer
    readonly file: string
    readonly log: DiskLog.DiskLog
    readonly entries: Effect.Effect<ReadonlyArray<Chain.Entry>>
  }) => Effect.Effect<A, E>,
  options: Partial<Writer.Options> = {}
) => {
  const log = DiskLog.make()
  return Effect.gen(function* () {
    yield* TestClock.setTime(DateTime.makeUnsafe("2026-05-10T12:00:00Z").epochMilliseconds)
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* temporary}/chain.ndjson`
    const disk = yield* Disk.make
    const writer = yield* Writer.open({ disk, file, archive, before: null, signing: null, key: null, ...options })
    const entries = Effect.orDie(
      Effect.map(fs.readFileString(file), (text) =>
        text
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Chain.Entry)
      )
    )
    return yield* body({ writer, file, log, entries })
  }).pipe(Effect.provide(log.layer), Effect.scoped, Effect.provide(NodeServices.layer))
}

describe("a chain", () => {
  it.effect("has one entry after the other, each with the hash of the one before", () => {
    const told: Array<Chain.Entry> = []
    return writing(
      Effect.fnUntraced(function* ({ entries, writer }) {
        yield* writer.begin({ command: "test" })
        yield* writer.append("fact", { n: 1 })
        yield* writer.close(Exit.void)
        const all = yield* entries
        assert.deepStrictEqual(told, all)
        const base = { at: "2026-05-10T12:00:00.000Z", archive, version: 2 }
        const [first, second, third] = all
        const { root } = (third?.body ?? {}) as { readonly root?: string }
        assert.deepStrictEqual(
          all.map((entry) => {
            const { hash: _, ...unsealed } = entry
            return unsealed
          }),
          [
            { ...base, seq: 0, prev: Chain.none, kind: "begin", body: { command: "test", version: 2 } },
            { ...base, seq: 1, prev: first?.hash ?? "", kind: "fact", body: { n: 1 } },
            {
              ...base,
              seq: 2,
              prev: second?.hash ?? "",
              kind: "close",
              body: {
                begin: 0,
                entries: 2,
                root: root ?? "",
                outcome: "completed"
              }
            }
          ]
        )
      }),
      { onEntry: (entry) => told.push(entry) }
    )
  })

  it.effect("is resumed after its newest entry, and names the key and how it ended", () => {
    const before = { seq: 6, hash: "a".repeat(64) } as Chain.Entry
    const key = "0123456789abcdef"
    return writing(
      Effect.fnUntraced(function* ({ entries, writer }) {
        yield* writer.begin({})
        yield* writer.close(Exit.fail("no"))
        const [begin, close] = yield* entries
        assert.deepInclude(begin, { seq: 7, prev: before.hash, body: { version: 2, key } })
        assert.deepInclude(close?.body, { key, begin: 7, entries: 1, outcome: "failed" })
      }),
      { before, key }
    )
  })

  it.effect("tells a run that was interrupted from one that failed", () =>
    writing(
      Effect.fnUntraced(function* ({ entries, writer }) {
        yield* writer.close(Exit.interrupt(1))
        assert.deepInclude((yield* entries)[0]?.body, { outcome: "interrupted" })
      })
    )
  )

  it.effect("is on the disk when an entry was appended", () =>
    writing(
      Effect.fnUntraced(function* ({ file, log, writer }) {
        yield* writer.begin({})
        DiskLog.assertAppended(log, file)
        yield* writer.append("fact", {})
        DiskLog.assertAppended(log, file)
      })
    )
  )

  it.effect("takes no entry that is longer than a line may be, and nothing after it", () =>
    writing(
      Effect.fnUntraced(function* ({ entries, file, writer }) {
        yield* writer.begin({})
        const around = Chain.seal({
          seq: 1,
          prev: "a".repeat(64),
          at: "2026-05-10T12:00:00.000Z",
          kind: "fact",
          body: "",
          archive,
          version: 2
        }).line.length
        yield* writer.append("fact", "x".repeat(Chain.longestLine - around))
        const error = yield* Effect.flip(writer.append("fact", "x".repeat(Chain.longestLine - around + 1)))
        assert.deepInclude(error, {
          kind: "other",
          place: file,
          detail: `an entry would have ${Chain.longestLine + 1} bytes`
        })
        assert.strictEqual(yield* Effect.flip(writer.append("fact", {})), error)
        assert.strictEqual((yield* entries).length, 2)
      })
    )
  )
})
