import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { Archive, ArchiveIndex, AudioStore, Manifest } from "@vobiz-effect/archive"
import { Recording, Vobiz } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Benchmark, Setting } from "../Bench.ts"
import { timed } from "../measure.ts"
import { serveProgram } from "../serve.ts"

/** How many are fetched at a time, by both. */
const concurrency = 8

const days = 20
const newest = DateTime.makeUnsafe("2026-05-10T23:00:00Z")

const urlOf = (server: URL, n: number) => `${server.origin}/media/${n}`

/** Over some days, as a list has them. */
const recording = (server: URL, files: number) => (n: number) => {
  const addTime = DateTime.subtract(newest, { seconds: Math.floor((n / files) * days * 86_400) })
  const id = `${String(n).padStart(8, "0")}-aaaa-4bbb-8ccc-dddddddddddd`
  return Recording.Recording.make({
    recordingId: id,
    callUuid: `c${id}`,
    recordingType: "call",
    recordingFormat: "mp3",
    recordingUrl: urlOf(server, n),
    addTime,
    startTime: null,
    endTime: addTime,
    duration: null,
    roundedDuration: null,
    conferenceName: null,
    from: null,
    to: null,
    storageDays: null,
    storageRate: null,
    monthlyStorageAmount: null,
    resourceUri: null
  })
}

/** As `recon archive` does it: hashed, brought to the disk, indexed, and written down in the manifest. */
const archived = (server: URL, files: number, directory: string) =>
  Effect.gen(function* () {
    const run = yield* (yield* Manifest.Manifest).run("archive")
    const recordings = Stream.map(Stream.range(0, files - 1), recording(server, files))
    const { Stored } = yield* Archive.run({ recordings, directory, concurrency }).pipe(
      Stream.tap((outcome) => ("event" in outcome ? run.event(outcome.event) : Effect.void)),
      Archive.summarize
    )
    return Stored
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(
        Vobiz.layer({ authId: "MA_BENCH", authToken: Redacted.make("bench"), baseUrl: server, rateLimit: 10_000 }),
        AudioStore.AudioStore.layerFolder({ directory }),
        Manifest.Manifest.layerFolder({ directory }).pipe(
          Layer.provideMerge(ArchiveIndex.ArchiveIndex.layerFolder({ directory }))
        )
      ).pipe(Layer.provideMerge(NodeServices.layer))
    )
  )

/** Neither hashed nor brought to the disk. */
const curled = (server: URL, files: number, directory: string) => {
  const lines = Array.from({ length: files }, (_, n) => `url = "${urlOf(server, n)}"\noutput = "${directory}/${n}"`)
  const config = `${directory}.curl`
  writeFileSync(config, `silent\nfail\n${lines.join("\n")}\n`)
  return Effect.promise(() => {
    const child = spawn("curl", ["--parallel", "--parallel-max", String(concurrency), "--config", config], {
      stdio: ["ignore", "inherit", "inherit"]
    })
    return once(child, "close").then(([code]) => {
      if (code !== 0) throw new Error(`curl ended with ${code}`)
      return readdirSync(directory).length
    })
  })
}

const over =
  (bytes: number, fetch: (server: URL, files: number, directory: string) => Effect.Effect<number, unknown>) =>
  ({ folder, size }: Setting) =>
    Effect.gen(function* () {
      const server = yield* serveProgram("media.ts", [bytes])
      const directory = mkdtempSync(join(folder, "fetched-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
      return yield* timed(fetch(server, size, directory))
    })

const against = (
  name: string,
  bytes: number,
  about: string,
  size: { readonly full: number; readonly smoke: number }
): Benchmark => ({
  name,
  about: `files of ${about}, 8 at a time, hashed, synced, indexed and written down, against curl that only fetches them`,
  size,
  figure: "rows a second",
  by: "ratio",
  target: { atLeast: 0.8 },
  ours: "Archive.run",
  peer: "curl --parallel",
  ways: { "Archive.run": over(bytes, archived), "curl --parallel": over(bytes, curled) },
  lacks: () => (spawnSync("curl", ["--version"]).error === undefined ? undefined : "curl (Debian's package curl)")
})

export const small = against("archive-small", 20_000, "20 kB", { full: 10_000, smoke: 20 })
export const large = against("archive-large", 50_000_000, "50 MB", { full: 20, smoke: 2 })
