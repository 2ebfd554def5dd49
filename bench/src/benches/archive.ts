import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { open, rename } from "node:fs/promises"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { Archive, ArchiveIndex, AudioStore, Manifest } from "@vobiz-effect/archive"
import { Recording } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { request } from "undici"
import type { Benchmark, Setting } from "../Bench.ts"
import { services } from "../lists.ts"
import { timed } from "../measure.ts"
import { serveProgram } from "../serve.ts"

/** How many are fetched at a time, by both. */
const concurrency = 8

const days = 20

const script = "curl, sha256sum, sync"
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
    recordingFormat: "wav",
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

/** Over undici, and else as `recon archive` does it: hashed, brought to the disk, indexed, and written down in the manifest. */
const archived = (server: URL, files: number, directory: string) =>
  Effect.gen(function* () {
    const run = yield* (yield* Manifest.Manifest).run("archive")
    const recordings = Stream.map(Stream.range(0, files - 1), recording(server, files))
    const { Stored } = yield* Archive.run({ recordings, directory, manifest: run, concurrency }).pipe(Archive.summarize)
    return Stored
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(
        services(server, concurrency),
        AudioStore.AudioStore.layerFolder({ directory }),
        Manifest.Manifest.layerFolder({ directory }).pipe(
          Layer.provideMerge(ArchiveIndex.ArchiveIndex.layerFolder({ directory }))
        )
      ).pipe(Layer.provideMerge(NodeServices.layer))
    )
  )

/** An archive of `size` files of 2 kB. Each folder has one of each size. */
export const made = Effect.fnUntraced(function* ({ folder, size }: Setting) {
  const directory = join(folder, `archive-${size}`)
  if (existsSync(directory)) return directory
  const server = yield* serveProgram("media.ts", [2000])
  yield* archived(server, size, directory)
  return directory
})

/** As little as a file takes that is hashed, and brought to the disk under its hash with an entry beside it: a bare loop of the same calls. */
const looped = (server: URL, files: number, directory: string) => {
  const write = (path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) =>
    open(`${path}.part`, "w").then(async (file) => {
      const hash = createHash("sha256")
      for await (const chunk of chunks) {
        hash.update(chunk)
        await file.writev([chunk])
      }
      await file.sync()
      await file.close()
      return hash.digest("hex")
    })
  const one = async (n: number) => {
    const { body } = await request(urlOf(server, n))
    const sha256 = await write(`${directory}/${n}`, body)
    await rename(`${directory}/${n}.part`, `${directory}/${sha256}`)
    await write(`${directory}/${n}.json`, [Buffer.from(JSON.stringify({ n, sha256 }))])
    await rename(`${directory}/${n}.json.part`, `${directory}/${n}.json`)
  }
  let next = 0
  const worker = async () => {
    while (next < files) await one(next++)
  }
  return Effect.promise(() => Promise.all(Array.from({ length: concurrency }, worker)).then(() => files))
}

/** As a script does it: curl, a list of the SHA-256 of all files, and all of it brought to the disk. Nothing is decoded, and nobody signs. */
const scripted = (server: URL, files: number, directory: string) => {
  const lines = Array.from({ length: files }, (_, n) => `url = "${urlOf(server, n)}"\noutput = "${directory}/${n}"`)
  const config = `${directory}.curl`
  writeFileSync(config, `silent\nfail\n${lines.join("\n")}\n`)
  const script = `curl --parallel --parallel-max ${concurrency} --config "$1" 2> /dev/null &&
    find "$2" -type f -print0 | xargs -0 sha256sum > "$1.sums" && sync -f "$2"`
  return Effect.promise(() => {
    const child = spawn("bash", ["-o", "pipefail", "-c", script, "bash", config, directory], { stdio: "inherit" })
    return once(child, "close").then(([code]) => {
      if (code !== 0) throw new Error(`the script ended with ${code}`)
      return readdirSync(directory).length
    })
  })
}

/** Of files that are larger, there are few. */
const smallest = 1_000_000

const over =
  (bytes: number, fetch: (server: URL, files: number, directory: string) => Effect.Effect<number, unknown>) =>
  ({ folder, size }: Setting) =>
    Effect.gen(function* () {
      const server = yield* serveProgram("media.ts", [bytes])
      const directory = mkdtempSync(join(folder, "fetched-"))
      // Many small files stay until the end of the benchmark: ext4 does not give the inode of a file that was just deleted to another, and
      // goes through all of those for each new file, which takes up to ten times as long then.
      if (bytes > smallest) yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
      return yield* timed(fetch(server, size, directory))
    })

const against = (
  name: string,
  bytes: number,
  about: string,
  size: { readonly full: number; readonly smoke: number }
): Benchmark => ({
  name,
  about: `files of ${about}, 8 at a time, hashed, synced, indexed and written down, against a script of curl, sha256sum and sync`,
  size,
  figure: "rows a second",
  by: "ratio",
  target: { atLeast: 0.9 },
  ours: "Archive.run",
  peer: script,
  ways: { "Archive.run": over(bytes, archived), [script]: over(bytes, scripted) },
  lacks: () => (spawnSync("curl", ["--version"]).error === undefined ? undefined : "curl (Debian's package curl)")
})

/** How near to the script a bare loop comes that does the least of what the archive does. */
const limit = (name: string, archive: Benchmark, bytes: number): Benchmark => ({
  ...archive,
  name,
  about: "a bare loop of undici, SHA-256, fsync and rename, with no archive around it, against the script",
  target: null,
  ours: "undici loop",
  ways: { "undici loop": over(bytes, looped), [script]: over(bytes, scripted) }
})

export const small = against("archive-small", 20_000, "20 kB", { full: 10_000, smoke: 20 })
export const large = against("archive-large", 50_000_000, "50 MB", { full: 20, smoke: 2 })
export const smallLimit = limit("archive-small-limit", small, 20_000)
export const largeLimit = limit("archive-large-limit", large, 50_000_000)
