/**
 * A process that archives is killed at random moments, and started again, until it comes to its end: against a server that
 * breaks off, closes, lies and gives parts or not. `CRASH_KILLS` says how many kills at least; some hundreds by hand.
 */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { ArchiveIndex, AudioStore, Verify } from "@vobiz-effect/archive"
import { FakeVobiz, type FaultPlan, Media } from "@vobiz-effect/testing"
import { Effect, Redacted, Stream } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"

import { account } from "./accounts.ts"
import { folder, sha256, temporary, tree } from "./utils.ts"

const on = ["recordings.audio"] as const
const probability = 0.06
const faults: FaultPlan.FaultPlan["rules"] = [
  { fault: { _tag: "TruncatedBody" }, on, times: "always", probability: 0.2 },
  { fault: { _tag: "SlowBody", chunkBytes: 2500, pauseMillis: 6 }, on, times: "always", probability: 0.6 },
  { fault: { _tag: "Reset" }, on, times: "always", probability },
  { fault: { _tag: "WrongJson" }, on, times: "always", probability },
  { fault: { _tag: "EmptyBody" }, on, times: "always", probability },
  { fault: { _tag: "WrongRange" }, on, times: "always", probability },
  { fault: { _tag: "RangeRefused" }, on, times: "always", probability }
]

const program = fileURLToPath(new URL("programs/archive.ts", import.meta.url))

// Compiled once, or starting it would take longer than what it does.
const env = { ...process.env, NODE_COMPILE_CACHE: `${tmpdir()}/vobiz-archive-compiled` }
spawnSync(process.execPath, [program], { env })

/** Numbers from 0 up to 1, the same by the same seed. */
const numbers = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

/** Runs the program and kills it so many milliseconds after it began; tells whether it came to its end by itself. */
const runAndKill = (args: ReadonlyArray<string>, after: number) =>
  Effect.callback<{ readonly isWhole: boolean; readonly output: string }, Error>((resume) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env
    })
    let output = ""
    let timer: NodeJS.Timeout | undefined
    child.stdout.on("data", (text: Buffer) => {
      if (output === "") timer = setTimeout(() => child.kill("SIGKILL"), after)
      output += text.toString()
    })
    child.on("error", (error) => resume(Effect.die(error)))
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      resume(
        code === 0 || signal === "SIGKILL"
          ? Effect.succeed({ isWhole: code === 0, output })
          : Effect.die(new Error(`the program ended with ${code}: ${output}`))
      )
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const wanted = Number(process.env.CRASH_KILLS ?? 90)

for (const { key, ranges, seed } of [
  { key: "", ranges: true, seed: 1 },
  { key: "5a".repeat(32), ranges: true, seed: 2 },
  { key: "", ranges: false, seed: 3 }
]) {
  describe(`a run that is killed (${key === "" ? "plain" : "encrypted"}, ${ranges ? "parts given" : "whole files only"})`, () => {
    // Some of the audio is the same, and a file is some times longer than what is brought to the disk at once.
    const full = account(90, 1500, (n) => 100 + (n % 50))
    it.live("leaves every recording archived once, whole, and nothing half there", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const directory = `${yield* temporary}/archive`
        const random = numbers(seed)
        const args = [fake.url.href, fake.authId, Redacted.value(fake.authToken), directory, key]
        let kills = 0
        let resumed = 0
        for (;;) {
          const { isWhole, output } = yield* runAndKill(args, kills < wanted / 3 ? random() * 400 : 60_000)
          if (isWhole) {
            if (kills >= wanted / 3 || JSON.parse(output.split("\n")[1] ?? "{}").Kept === full.recordings.length) break
            continue
          }
          kills++
        }
        for (const { endpoint, headers } of yield* fake.requests) {
          if (endpoint === "recordings.audio" && headers.includes("range")) resumed++
        }

        yield* Effect.gen(function* () {
          const index = yield* ArchiveIndex.ArchiveIndex
          const entries = yield* Stream.runCollect(index.list)
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
          const held = yield* Stream.runCollect((yield* AudioStore.AudioStore).list)
          assert.strictEqual(held.length, new Set(entries.map(({ sha256 }) => sha256)).size)
          const ours = /^(audio\/|index\/|manifest\/chain\.ndjson$|part\/.*\.json$)/
          assert.deepStrictEqual(
            (yield* tree(directory)).filter((name) => !ours.test(name)),
            []
          )
          // What a run did and could not write down any more, the next one has found.
          const verdict = yield* Verify.run({ directory, hasKey: key !== "" })
          assert.isNull(verdict.difference)
          assert.strictEqual(verdict.recordings, entries.length)
          assert.strictEqual(verdict.audio, held.length)
          assert.isAbove(verdict.unclosed, 0)
        }).pipe(Effect.provide(folder({ directory, key: key === "" ? null : Redacted.make(Buffer.from(key, "hex")) })))
        // Encrypted files are gone on with by the 64 KiB, and these are shorter.
        if (ranges && key === "") assert.isAbove(resumed, 0)
      }).pipe(
        Effect.scoped,
        Effect.provide(FakeVobiz.FakeVobiz.layer({ account: full, ranges, faults: { seed, rules: faults } }))
      )
    )
  })
}
