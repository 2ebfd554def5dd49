/**
 * A process that archives is killed when it has asked so often, and started again, until it comes to its end: against a server
 * that breaks off, closes, lies and gives parts or not.
 */
import { assert, Child, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import { ArchiveIndex, AudioStore, Verify } from "@vobiz-effect/archive"
import { FakeVobiz, type FaultPlan, Media } from "@vobiz-effect/testing"
import { Effect, Redacted, Stream } from "effect"

import { account } from "./accounts.ts"
import { archive } from "./programs/archive.ts"
import { folder, sha256, temporary, tree } from "./utils.ts"

const on = ["recordings.audio"] as const
const probability = 0.06
const faults: FaultPlan.FaultPlan["rules"] = [
  { fault: { _tag: "TruncatedBody" }, on, times: "always", probability: 0.4 },
  { fault: { _tag: "SlowBody", chunkBytes: 2500, pauseMillis: 6 }, on, times: "always", probability: 0.6 },
  { fault: { _tag: "Reset" }, on, times: "always", probability },
  { fault: { _tag: "WrongJson" }, on, times: "always", probability },
  { fault: { _tag: "EmptyBody" }, on, times: "always", probability },
  { fault: { _tag: "WrongRange" }, on, times: "always", probability },
  { fault: { _tag: "RangeRefused" }, on, times: "always", probability }
]

const program = new URL("programs/archive.ts", import.meta.url)

/** At most by which request the program is killed. */
const mostRequests = 6

for (const { key, quick, ranges, seed } of [
  { key: "", ranges: true, seed: 1, quick: 2 },
  { key: "5a".repeat(32), ranges: true, seed: 2, quick: 1 },
  { key: "", ranges: false, seed: 3, quick: 1 }
]) {
  /** How often the program is killed. */
  const kills = Effort.sized({ quick, full: 30 })
  describe(`a run that is killed (${key === "" ? "plain" : "encrypted"}, ${ranges ? "parts given" : "whole files only"})`, () => {
    const secret = key === "" ? null : Redacted.make(new Uint8Array(Buffer.from(key, "hex")))
    // Some of the audio is the same, and a file is some times longer than what is brought to the disk at once.
    const full = account(Effort.sized({ quick: 24, full: 90 }), 1500, (n) => 100 + (n % 50))
    it.live("leaves every recording archived once, whole, and nothing half there", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const parent = yield* temporary
        const below = Seed.integers(seed + Seed.seed)
        const argsOf = (directory: string) => [
          fake.url.href,
          fake.authId,
          Redacted.value(fake.authToken),
          directory,
          key
        ]

        /** Runs the program, and kills it when it has asked so often. Gives whether that was before its end. */
        const isKilled = Effect.fnUntraced(function* (directory: string, requests: number) {
          const before = (yield* fake.requests).length
          const child = yield* Child.start(program, argsOf(directory))
          const asked = Effect.map(fake.requests, ({ length }) => length - before >= requests)
          const end = yield* Child.killWhen(child, `${requests} requests are answered`, asked, below(3000))
          if (end.signal !== "SIGKILL") assert.deepStrictEqual(end, { code: 0, signal: null }, child.out())
          return end.signal === "SIGKILL"
        }, Effect.scoped)

        /** Brings an archive to its end in this process, and looks at all of it. Gives how many of its runs left the chain open. */
        const isWhole = Effect.fnUntraced(function* (directory: string, killed: number) {
          while ((yield* archive(argsOf(directory))).Kept !== full.recordings.length);
          return yield* look(directory, killed).pipe(Effect.provide(folder({ directory, key: secret })))
        })

        const look = Effect.fnUntraced(function* (directory: string, killed: number) {
          const index = yield* ArchiveIndex.ArchiveIndex
          const entries = yield* Stream.runCollect(Stream.filter(index.list, ArchiveIndex.isStored))
          assert.deepStrictEqual(
            entries.map(({ recordingId }) => recordingId).toSorted(),
            full.recordings.map(({ row }) => row.recording_id).toSorted()
          )
          const audio = new Map(
            full.recordings.map(({ media, row }) => [row.recording_id, Buffer.concat([...Media.chunks(media)])])
          )
          for (const entry of entries) {
            assert.strictEqual(entry.sha256, sha256(audio.get(entry.recordingId) ?? ""))
            assert.strictEqual(yield* AudioStore.verify(entry.sha256), entry.bytes)
          }
          const stored = yield* Stream.runCollect((yield* AudioStore.AudioStore).list)
          assert.strictEqual(stored.length, new Set(entries.map(({ sha256 }) => sha256)).size)
          // What came in place of audio five times in a row is in the quarantine, and the chain says so.
          const ours = /^(audio\/|index\/|quarantine\/|media\/.*\.json$|manifest\/chain\.ndjson$|part\/.*\.json$)/
          const files = yield* tree(directory)
          assert.deepStrictEqual(
            files.filter((name) => !ours.test(name)),
            []
          )
          const quarantined = files.filter((name) => name.startsWith("quarantine/")).length
          // What a run did and could not write down any more, the next one has found.
          const verdict = yield* Verify.run({ directory, key: secret })
          assert.isNull(verdict.difference)
          assert.deepStrictEqual(verdict.strays, [])
          assert.strictEqual(verdict.clear, secret === null ? verdict.recordings + verdict.audio + quarantined : 0)
          assert.strictEqual(verdict.recordings, entries.length)
          assert.strictEqual(verdict.audio, stored.length)
          // Each run opens the chain before it asks for anything. One may be killed when it has closed it already.
          assert.isAtMost(verdict.unclosed, killed)
          return verdict.unclosed
        })

        // A run may come to its end before it is killed, or close its chain: then another archive is begun.
        let killed = 0
        let unclosed = 0
        for (let number = 1; killed < kills || unclosed === 0; number++) {
          const directory = `${parent}/archive-${number}`
          let here = 0
          do {
            if (!(yield* isKilled(directory, 1 + below(mostRequests)))) break
            killed++
            here++
          } while (killed < kills)
          unclosed += yield* isWhole(directory, here)
        }

        const resumed = (yield* fake.requests).filter(
          ({ endpoint, headers }) => endpoint === "recordings.audio" && headers.includes("range")
        )
        // Encrypted files are resumed by the 64 KiB, and these are shorter.
        if (ranges && key === "") assert.isNotEmpty(resumed)
      }).pipe(
        Effect.scoped,
        Effect.provide(FakeVobiz.FakeVobiz.layer({ account: full, ranges, faults: { seed, rules: faults } }))
      )
    )
  })
}
