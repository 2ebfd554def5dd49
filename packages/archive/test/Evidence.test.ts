import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, once, Seed } from "@vobiz-effect/test-support"
import {
  Archive,
  ArchiveIndex,
  CanonicalJson,
  Encryption,
  EvidenceKey,
  Manifest,
  Retention,
  Verify
} from "@vobiz-effect/archive"
import * as MerkleTree from "../src/internal/merkleTree.ts"
import { Recording, Recordings } from "@vobiz-effect/core"
import { ConfigProvider, DateTime, Effect, Exit, FileSystem, Layer, Redacted, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { account, layerFake, until } from "./accounts.ts"
import { verify as independent } from "./independentVerifier.mjs"
import * as Killed from "./killed.ts"
import { folder, sha256, temporary } from "./utils.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

describe("MerkleTree", () => {
  const leaves = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f"
  ].map((text) => new Uint8Array(Buffer.from(text, "hex")))
  const treeOf = (some: ReadonlyArray<Uint8Array>) => some.reduce(MerkleTree.append, MerkleTree.empty)

  it("has the roots of RFC 6962's well-known leaves", () => {
    const roots = [0, 1, 2, 3, 8].map((n) => hex(MerkleTree.root(treeOf(leaves.slice(0, n)))))
    assert.deepStrictEqual(roots, [
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    ])
  })
})

// ---------------------------------------------------------------------------
// An archive
// ---------------------------------------------------------------------------

const few = account(12, 20, (n) => 100 + (n % 5))
const fake = layerFake([{ fault: { _tag: "WrongJson" }, on: ["recordings.audio"], first: 1, times: 2 }], {
  account: few
})

const archive = (directory: string, key: Manifest.FolderOptions["key"] = null) =>
  Manifest.Manifest.layerFolder({ directory, key }).pipe(Layer.provideMerge(folder({ directory })))

const fetch = (directory: string) =>
  Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const run = yield* (yield* Manifest.Manifest).run("archive")
    yield* run.object({ what: "answer" }, Stream.encodeText(Stream.make('{"objects":[]}')))
    yield* run.fact("policy", { fingerprint: "f" })
    return yield* Archive.run({
      recordings: recordings.stream(),
      directory,
      manifest: run,
      concurrency: 1,
      attempts: 1,
      settle: 0
    }).pipe(Archive.summarize)
  }).pipe(Effect.scoped)

const prune = (directory: string) =>
  Effect.gen(function* () {
    const rules = { rules: [{ name: "old", afterDays: 1 }], holds: [] }
    const plan = yield* Retention.plan(rules, DateTime.subtract(until, { days: 1 }))
    const run = yield* (yield* Manifest.Manifest).run("prune")
    return yield* Stream.runCount(Retention.execute(plan, directory, run))
  }).pipe(Effect.scoped)

/** An archive with all kinds of files: audio, of which some was deleted, and some is in the quarantine. */
const original = once(
  Effect.gen(function* () {
    const directory = `${yield* temporary}/archive`
    const [first, deleted] = yield* Effect.gen(function* () {
      const summary = yield* fetch(directory)
      return [summary, yield* prune(directory)] as const
    }).pipe(Effect.provide([archive(directory), fake]))
    assert.isAbove(first.Stored, 2)
    assert.isAbove(first.Quarantined, 0)
    assert.isAbove(deleted, 0)
    // Measurements can be made again, and are no evidence.
    rmSync(`${directory}/media`, { recursive: true })
    return directory
  })
)

/** A copy of it. */
const made = Effect.gen(function* () {
  const directory = `${yield* temporary}/archive`
  cpSync(yield* original, directory, { recursive: true })
  return directory
})

const verdictOf = (directory: string, options: Partial<Verify.Options> = {}) =>
  Verify.run({ directory, ...options }).pipe(Effect.provide(folder({ directory })))

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("/part/"))
    .toSorted()

/** All of these files, or by default two of each kind. */
const some = (all: ReadonlyArray<string>, directory: string) => {
  const seen = new Map<string, number>()
  return all.filter((file) => {
    const kind = file.slice(directory.length + 1).split("/")[0] ?? ""
    const nth = (seen.get(kind) ?? 0) + 1
    seen.set(kind, nth)
    return nth <= Effort.sized({ quick: 2, full: Infinity })
  })
}

describe("an archive", () => {
  it.live("is as its manifest says, by our verifier and by another", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const reports: Array<Verify.Progress> = []
      const verdict = yield* verdictOf(directory, {
        onProgress: (progress) => Effect.sync(() => void reports.push(progress))
      })
      assert.isNull(verdict.difference)
      assert.isNull(independent(directory))
      assert.deepStrictEqual(
        [...reports].toSorted((a, b) => a.bytes - b.bytes),
        reports
      )
      assert.isNotEmpty(reports)
      assert.deepInclude(verdict, reports.at(-1) ?? {})
      assert.deepInclude(verdict, {
        runs: 2,
        unclosed: 0,
        unread: 0,
        unlisted: 0,
        signers: [],
        unsigned: verdict.entries,
        objects: 1
      })
      assert.isAbove(verdict.recordings, verdict.audio)
      const kinds = new Set(files(directory).map((file) => file.slice(directory.length + 1).split("/")[0]))
      assert.deepStrictEqual(kinds, new Set(["audio", "index", "manifest", "objects", "quarantine"]))
    }).pipe(Effect.scoped)
  )

  it.live("shows any byte of any file that was changed", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const below = Seed.integers()
      const all = files(directory)
      let flips = 0
      for (const file of all) {
        const before = readFileSync(file)
        // Of the chain itself, many: each of its bytes means something else.
        const times = Effort.sized(file.endsWith("chain.ndjson") ? { quick: 12, full: 150 } : { quick: 1, full: 4 })
        for (let n = 0; n < times; n++) {
          const bytes = Uint8Array.from(before)
          const at = n === 0 ? bytes.length - 1 : n === 1 ? 0 : below(bytes.length)
          bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
          writeFileSync(file, bytes)
          const { difference } = yield* verdictOf(directory)
          assert.isNotNull(difference, `${file}, byte ${at}`)
          assert.isNotNull(independent(directory), `${file}, byte ${at}`)
          flips++
        }
        writeFileSync(file, before)
      }
      assert.isAbove(flips, Effort.sized({ quick: 25, full: 200 }))
      assert.isNull((yield* verdictOf(directory)).difference)
    }).pipe(Effect.scoped)
  )

  it.live("shows files that were removed, added, cut and swapped", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const copy = `${directory}-copy`
      const tampered = Effect.fnUntraced(function* (change: () => void, name: string) {
        rmSync(copy, { recursive: true, force: true })
        cpSync(directory, copy, { recursive: true })
        change()
        assert.isNotNull((yield* verdictOf(copy)).difference, name)
        assert.isNotNull(independent(copy), name)
      })
      const at = (file: string) => file.replace(directory, copy)
      const all = some(files(directory), directory)
      const others = all.filter((file) => !file.includes("/manifest/"))
      for (const file of others) yield* tampered(() => rmSync(at(file)), `without ${file}`)
      for (const file of all) {
        const { size } = statSync(file)
        if (size > 0) {
          yield* tampered(() => writeFileSync(at(file), readFileSync(file).subarray(0, size - 1)), `cut ${file}`)
        }
        yield* tampered(
          () => writeFileSync(at(file), Buffer.concat([readFileSync(file), Buffer.of(10)])),
          `long ${file}`
        )
      }
      const audio = others.filter((file) => file.includes("/audio/"))
      const [one = "", two = ""] = audio
      yield* tampered(() => {
        writeFileSync(at(one), readFileSync(two))
        writeFileSync(at(two), readFileSync(one))
      }, "swapped")
      const stray = "0".repeat(64)
      for (const place of [`objects/00/${stray}`, "index/2026/08/14/x.json", "quarantine/x", `audio/00/${stray}`]) {
        yield* tampered(() => {
          mkdirSync(dirname(join(copy, place)), { recursive: true })
          writeFileSync(join(copy, place), "x")
        }, `with ${place}`)
      }
    }).pipe(Effect.scoped)
  )

  it.live("lists names that are none of its own, and nothing that is", () =>
    Effect.gen(function* () {
      const directory = yield* made
      assert.deepStrictEqual((yield* verdictOf(directory)).strays, [])
      const one = files(directory).find((file) => file.includes("/audio/")) ?? ""
      const shard = basename(dirname(one))
      const rest = basename(one).slice(2)
      const strays = [
        `audio/${shard}/${shard}${rest}.part`,
        `audio/${shard}/${shard}${rest.slice(1)}`,
        `audio/${shard}/x${shard}${rest}`,
        `audio/${shard}/${shard === "00" ? "01" : "00"}${rest}`,
        `audio/${shard}0`,
        `audio/0${shard}`,
        "audio/0g",
        "audio/notes.txt",
        "manifest/anchored",
        "manifest/chain.ndjson.old",
        "notes.txt",
        "objects.old"
      ]
      for (const stray of strays) writeFileSync(join(directory, stray), "")
      const verdict = yield* verdictOf(directory)
      assert.isNull(verdict.difference)
      assert.deepStrictEqual(verdict.strays.toSorted(), strays.toSorted())
    }).pipe(Effect.scoped)
  )

  it.live("shows lines of the chain that were dropped, put in, or put elsewhere", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const chain = join(directory, "manifest/chain.ndjson")
      const lines = readFileSync(chain, "utf8").trimEnd().split("\n")
      const head = (yield* verdictOf(directory)).head ?? ""
      const changes: ReadonlyArray<ReadonlyArray<string>> = [
        ...lines.slice(0, -1).map((_, n) => lines.toSpliced(n, 1)),
        ...lines.map((line, n) => lines.toSpliced(n, 0, line)),
        lines.toReversed(),
        []
      ]
      for (const changed of changes) {
        writeFileSync(chain, changed.map((line) => `${line}\n`).join(""))
        assert.isNotNull((yield* verdictOf(directory)).difference)
        assert.isNotNull(independent(directory))
      }
      // Of a run that is cut off with all that it did, the chain alone knows nothing: a head that was kept elsewhere does.
      const end = lines.findLastIndex((line) => line.includes('"kind":"begin"'))
      writeFileSync(chain, `${lines.slice(0, end).join("\n")}\n`)
      const verdict = yield* verdictOf(directory, { head })
      assert.include(verdict.difference?.expected, head)
    }).pipe(Effect.scoped)
  )

  it.live("loses nothing when its last line is half there, as a killed run leaves it", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const chain = join(directory, "manifest/chain.ndjson")
      const whole = readFileSync(chain)
      writeFileSync(chain, Buffer.concat([whole, Buffer.from('{"archive":"')]))
      assert.include((yield* verdictOf(directory)).difference?.found, "no whole line")
      yield* Effect.provide(fetch(directory), Layer.mergeAll(archive(directory), fake))
      assert.isNull((yield* verdictOf(directory)).difference)
      assert.isNull(independent(directory))
      assert.isTrue(readFileSync(chain).subarray(0, whole.length).equals(whole))
    }).pipe(Effect.scoped)
  )

  it.live("never takes in what it did not do, wherever its chain was cut", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const chain = join(directory, "manifest/chain.ndjson")
      const lines = readFileSync(chain, "utf8").trimEnd().split("\n")
      const again = Effect.scoped(Effect.flatMap(Manifest.Manifest, ({ run }) => run("again")))
      for (const [n, line] of lines.entries()) {
        // By default every third place, and where a run begins or ends.
        const isEdge = /"kind":"(?:begin|close)"/.test(line)
        if (n === 0 || (n % Effort.sized({ quick: 3, full: 1 }) !== 0 && !isEdge)) continue
        const copy = `${directory}-cut`
        rmSync(copy, { recursive: true, force: true })
        cpSync(directory, copy, { recursive: true })
        writeFileSync(
          join(copy, "manifest/chain.ndjson"),
          lines
            .slice(0, n)
            .map((line) => `${line}\n`)
            .join("")
        )
        const isWithin = !lines[n - 1]?.includes('"kind":"close"')
        const first = yield* verdictOf(copy)
        // Only a run's begin and its end leave nothing in the folder.
        const isSeen = first.difference !== null || !first.isClosed
        assert.isTrue(isSeen, `cut before ${line.slice(0, 200)}`)
        assert.isNotNull(independent(copy))
        if (isWithin) assert.isFalse(first.difference === null && first.isClosed)
        yield* Effect.provide(again, archive(copy))
        const second = yield* verdictOf(copy)
        assert.strictEqual(second.difference?.place, first.difference?.place, `cut at ${n}`)
        assert.strictEqual(second.unclosed, isWithin ? 1 : 0)
      }
    }).pipe(Effect.scoped)
  )

  it.live("finishes what a run had written down that was killed at any step, and nothing else", () =>
    Effect.gen(function* () {
      const below = Seed.integers()
      const step = Effort.sized({ quick: 40, full: 3 })
      let kills = 0
      let unfinished = 0
      for (const [name, program] of [
        ["archive", (directory: string) => Effect.asVoid(fetch(directory))],
        ["prune", (directory: string) => Effect.asVoid(prune(directory))]
      ] as const) {
        const from = `${yield* temporary}/archive`
        // One that is empty, and one in which something is old.
        if (name === "prune") yield* Effect.provide(fetch(from), Layer.mergeAll(archive(from), fake))
        for (let changes = 0; ; changes += 1 + below(step)) {
          const directory = `${yield* temporary}/archive`
          if (name === "prune") cpSync(from, directory, { recursive: true })
          const killed = Killed.after(changes)
          yield* Effect.exit(
            Effect.provide(program(directory), Layer.mergeAll(Killed.archive(directory, killed), fake))
          )
          if (!killed.wasKilled()) break
          kills++
          if (existsSync(join(directory, "manifest/chain.ndjson"))) {
            const verdict = yield* verdictOf(directory)
            const { difference } = verdict
            const isHalf = difference?.found.includes("no whole line") === true
            assert.isTrue(difference === null || isHalf, `${name} ${changes}: ${JSON.stringify(difference)}`)
            assert.isFalse(difference === null && verdict.isClosed && verdict.entries > 0 && verdict.unfinished > 0)
            unfinished += verdict.unfinished
          }
          yield* Effect.provide(program(directory), Layer.mergeAll(archive(directory), fake))
          // What comes to an end after a kill is as if there had been none.
          const verdict = yield* verdictOf(directory)
          assert.isNull(verdict.difference, `${name} ${changes}`)
          assert.deepInclude(verdict, { unfinished: 0, isClosed: true })
          assert.isNull(independent(directory), `${name} ${changes}`)
          assert.isEmpty(files(directory).filter((file) => file.includes("/pending/")))
        }
      }
      assert.isAbove(kills, Effort.sized({ quick: 5, full: 20 }))
      assert.isAbove(unfinished, 0)
    }).pipe(Effect.scoped)
  )

  it.live("lets nothing be deleted because of an entry that is not in its manifest", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const removed: Array<string> = []
      const provider = Layer.mock(Recordings.Recordings, {
        get: (id) => Effect.succeed(Recording.Recording.make({ recordingId: id, callUuid: "c" })),
        remove: (id) => Effect.sync(() => void removed.push(id))
      })
      yield* Effect.gen(function* () {
        const index = yield* ArchiveIndex.ArchiveIndex
        const entries = yield* Stream.runCollect(Stream.filter(index.list, ArchiveIndex.isStored))
        const [entry] = entries
        const other = entries.find(({ sha256 }) => sha256 !== entry?.sha256)
        assert.isDefined(entry)
        assert.isDefined(other)
        // The entry names audio that is whole, of another recording.
        const { bytes, container, duration, sha256 } = other
        yield* index.put({ ...entry, bytes, container, duration, sha256 })
        const swapped = Stream.unwrap(Effect.map(ArchiveIndex.ArchiveIndex, ({ list }) => list)).pipe(
          Stream.filter(ArchiveIndex.isStored),
          Stream.filter(({ recordingId }) => recordingId === entry.recordingId)
        )
        const manifest = yield* (yield* Manifest.Manifest).run("release")
        const outcomes = yield* Stream.runCollect(Retention.release(swapped, { deleteAtProvider: true, manifest }))
        assert.deepStrictEqual(
          outcomes.map(({ _tag }) => _tag),
          ["Failed"]
        )
        assert.isEmpty(removed)
        const before = files(directory).filter((file) => file.includes("/audio/"))
        const rules = { rules: [{ name: "this", afterDays: 0, recordingIds: [entry.recordingId] }], holds: [] }
        const plan = yield* Retention.plan(rules, until)
        const error = yield* Effect.flip(Stream.runDrain(Retention.execute(plan, directory, manifest)))
        assert.strictEqual(error.kind, "damaged")
        assert.deepStrictEqual(
          files(directory).filter((file) => file.includes("/audio/")),
          before
        )
      }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(archive(directory), provider)))
      assert.isNotNull((yield* verdictOf(directory)).difference)
      assert.isNotNull(independent(directory))
    }).pipe(Effect.scoped)
  )

  it.live("keeps audio for a recording that the index has lost, and tells audio that was deleted in spite of one", () =>
    Effect.gen(function* () {
      const directory = yield* made
      yield* Effect.gen(function* () {
        const index = yield* ArchiveIndex.ArchiveIndex
        const [entry] = yield* Stream.runCollect(Stream.filter(index.list, ArchiveIndex.isStored))
        assert.isDefined(entry)
        const twin = { ...entry, recordingId: "twin" }
        const manifest = yield* (yield* Manifest.Manifest).run("archive")
        yield* index.put(twin, () => manifest.event(twin))
        const lost = files(join(directory, "index")).find((file) => /\/twin-[^/]*$/.test(file)) ?? ""
        const content = readFileSync(lost)
        rmSync(lost)
        const rules = { rules: [{ name: "this", afterDays: 0, recordingIds: [entry.recordingId] }], holds: [] }
        const plan = yield* Retention.plan(rules, until)
        const [tombstone] = yield* Stream.runCollect(Retention.execute(plan, directory, manifest))
        assert.isDefined(tombstone)
        assert.isFalse(tombstone.audioRemoved)
        writeFileSync(lost, content)
        // As it was done before: nobody but the tombstone says so.
        yield* manifest.event(Object.assign({}, tombstone, { audioRemoved: true }))
        rmSync(join(directory, "audio", entry.sha256.slice(0, 2), entry.sha256))
        const place = lost.slice(directory.length + 1)
        assert.deepInclude((yield* verdictOf(directory)).difference, { expected: `that ${place} still has it` })
        assert.strictEqual(independent(directory), `${place}: its audio was deleted`)
      }).pipe(Effect.scoped, Effect.provide(archive(directory)))
    }).pipe(Effect.scoped)
  )

  it.live("is verified by the independent verifier as a program, which says so and ends with 1 where it differs", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const program = fileURLToPath(new URL("independentVerifier.mjs", import.meta.url))
      const ended = (...flags: ReadonlyArray<string>) => {
        const { status, stdout } = spawnSync(process.execPath, [program, ...flags], { encoding: "utf8" })
        return [status, stdout.split(":")[0]?.trim()]
      }
      assert.deepStrictEqual(ended(directory), [0, "as it was"])
      assert.deepStrictEqual(ended(directory, "", "0".repeat(64)), [1, "differs"])
      rmSync(files(join(directory, "audio"))[0] ?? "")
      assert.deepStrictEqual(ended(directory), [1, "differs"])
      assert.strictEqual(ended()[0], 2)
    }).pipe(Effect.scoped)
  )

  it.live("is refused where there are files and no manifest", () =>
    Effect.gen(function* () {
      const directory = yield* made
      rmSync(join(directory, "manifest"), { recursive: true })
      assert.strictEqual((yield* verdictOf(directory)).difference?.found, "no file")
      const error = yield* Effect.flip(Effect.provide(fetch(directory), Layer.mergeAll(archive(directory), fake)))
      assert.deepInclude(error, { _tag: "StoreError", kind: "damaged" })
    }).pipe(Effect.scoped)
  )

  it.live("adopts what never had a manifest when it is told to, and nothing else that differs", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const { stream } = yield* Recordings.Recordings
      yield* Archive.summarize(Archive.run({ recordings: stream(), directory, attempts: 1, settle: 0 })).pipe(
        Effect.provide(archive(directory))
      )
      const adopt = Effect.scoped(Effect.flatMap(Manifest.Manifest, ({ run }) => run("archive", { adopt: true })))
      yield* Effect.provide(adopt, archive(directory))
      const verdict = yield* verdictOf(directory)
      assert.isNull(verdict.difference)
      assert.isAbove(verdict.recordings, 2)
      assert.isNull(independent(directory))
      assert.notMatch(readFileSync(join(directory, "manifest/chain.ndjson"), "utf8"), /\+91\d{10}/)
      // Only what is not known yet.
      const file = files(directory).find((file) => file.includes("/index/")) ?? ""
      writeFileSync(file, readFileSync(file, "utf8").replace('"host":"', '"host":"x'))
      yield* Effect.provide(adopt, archive(directory))
      assert.isNotNull((yield* verdictOf(directory)).difference)
      // A manifest that was deleted is not begun anew.
      const answered = Effect.flatMap(Manifest.Manifest, ({ run }) => run("archive")).pipe(
        Effect.flatMap((run) => run.object({ what: "answer" }, Stream.encodeText(Stream.make("{}")))),
        Effect.scoped
      )
      yield* Effect.provide(answered, archive(directory))
      rmSync(join(directory, "manifest"), { recursive: true })
      assert.strictEqual((yield* Effect.flip(Effect.provide(adopt, archive(directory)))).kind, "damaged")
    }).pipe(Effect.scoped, Effect.provide(fake))
  )

  it.live("is written to by one at a time, and refuses to go on after a damaged entry", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const begin = Effect.flatMap(Manifest.Manifest, ({ run }) => run("archive"))
      const twice = Effect.scoped(Effect.andThen(begin, begin))
      const error = yield* Effect.flip(Effect.provide(twice, archive(directory)))
      assert.strictEqual(error.kind, "busy")
      const chain = join(directory, "manifest/chain.ndjson")
      const before = readFileSync(chain)
      const damaged = Uint8Array.from(before)
      damaged[damaged.length - 20] = 33
      writeFileSync(chain, damaged)
      const refused = yield* Effect.flip(Effect.provide(Effect.scoped(begin), archive(directory)))
      assert.strictEqual(refused.kind, "damaged")
      assert.deepStrictEqual(readFileSync(chain), Buffer.from(damaged))
    }).pipe(Effect.scoped)
  )

  it.live("keeps what comes at once, each whole", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const texts = Array.from({ length: 50 }, (_, n) => `answer ${n % 40}`)
      yield* Effect.gen(function* () {
        const run = yield* (yield* Manifest.Manifest).run("test")
        yield* Effect.forEach(
          texts,
          (text) => run.object({ text }, Stream.encodeText(Stream.fromIterable(text).pipe(Stream.rechunk(1)))),
          { concurrency: 50 }
        )
      }).pipe(Effect.scoped, Effect.provide(archive(directory)))
      const { difference, objects } = yield* verdictOf(directory)
      assert.isNull(difference)
      // Each has a salt of its own, so that nobody can tell which are the same.
      assert.strictEqual(objects, 1 + 50)
    }).pipe(Effect.scoped)
  )

  it.live("writes nothing down again after a recording was released", () =>
    Effect.gen(function* () {
      const directory = yield* made
      yield* Effect.gen(function* () {
        const { list } = yield* ArchiveIndex.ArchiveIndex
        const [entry] = yield* Stream.runCollect(list.pipe(Stream.filter(ArchiveIndex.isStored), Stream.take(1)))
        assert.isDefined(entry)
        const { addTime, bytes, callUuid, recordingId, sha256 } = entry
        const run = yield* (yield* Manifest.Manifest).run("release")
        yield* run.event({ _tag: "Released", addTime, bytes, callUuid, recordingId, sha256, at: until })
      }).pipe(Effect.scoped, Effect.provide(archive(directory)))
      const chain = join(directory, "manifest/chain.ndjson")
      // As if it had been killed before its end.
      const lines = readFileSync(chain, "utf8").trimEnd().split("\n")
      writeFileSync(chain, lines.slice(0, -1).join("\n") + "\n")
      yield* Effect.provide(fetch(directory), Layer.mergeAll(archive(directory), fake))
      assert.notInclude(readFileSync(chain, "utf8"), '"kind":"found"')
      assert.isNull((yield* verdictOf(directory)).difference)
    }).pipe(Effect.scoped)
  )

  it.live("is not led out of its folder by a manifest of somebody else", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const chain = join(directory, "manifest/chain.ndjson")
      const stored = { _tag: "Stored", recordingId: "r", addTime: "2026-08-14T00:00:00.000Z", sha256: "0".repeat(64) }
      const bodies: ReadonlyArray<readonly [kind: string, body: CanonicalJson.Json]> = [
        ["object", { about: {}, bytes: 1, sha256: "../../../etc/passwd" }],
        ["found", { event: null, files: [{ path: "quarantine/../../secret", sha256: "0".repeat(64), bytes: 1 }] }],
        ["found", { event: null, files: [{ path: "/etc/passwd", sha256: "0".repeat(64), bytes: 1 }] }],
        ["event", { event: { ...stored, sha256: "../x" }, files: [] }],
        ["event", { event: { ...stored, addTime: "../../../.." }, files: [] }],
        ["event", { event: 7, files: [] }],
        ["event", 7]
      ]
      for (const [kind, body] of bodies) {
        rmSync(directory, { recursive: true, force: true })
        const at = "2026-08-14T00:00:00.000Z"
        const begin = { at, body: { command: "x", version: 1 }, kind: "begin", prev: "0".repeat(64), seq: 0 }
        const prev = sha256(CanonicalJson.encode(begin))
        const second = { at, body, kind, prev, seq: 1 }
        const entries = [
          { ...begin, hash: prev },
          { ...second, hash: sha256(CanonicalJson.encode(second)) }
        ]
        mkdirSync(dirname(chain), { recursive: true })
        writeFileSync(chain, entries.map((entry) => `${CanonicalJson.encode(entry)}\n`).join(""))
        assert.include((yield* verdictOf(directory)).difference?.expected, `a body of the kind ${kind}`)
      }
    }).pipe(Effect.scoped)
  )

  it.live("says how a run ended", () =>
    Effect.gen(function* () {
      const directory = yield* made
      const run = Effect.flatMap(Manifest.Manifest, ({ run }) => run("archive"))
      yield* Effect.exit(Effect.provide(Effect.scoped(Effect.andThen(run, Effect.fail("no"))), archive(directory)))
      const exit = yield* Effect.exit(
        Effect.provide(Effect.scoped(Effect.andThen(run, Effect.interrupt)), archive(directory))
      )
      assert.isTrue(Exit.hasInterrupts(exit))
      const outcomes = readFileSync(join(directory, "manifest/chain.ndjson"), "utf8").matchAll(/"outcome":"(\w+)"/g)
      assert.deepStrictEqual(
        Array.from(outcomes, ([, outcome]) => outcome),
        ["completed", "completed", "failed", "interrupted"]
      )
      assert.isNull((yield* verdictOf(directory)).difference)
    }).pipe(Effect.scoped)
  )
})

describe("a signed archive", () => {
  const pair = () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519")
    return {
      pem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
      publicPem: publicKey.export({ format: "pem", type: "spki" }).toString()
    }
  }

  it.live("shows who signed, that all is signed, and what was not signed by that key", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const [ours, theirs] = [pair(), pair()]
      const key = yield* EvidenceKey.fromPem(Redacted.make(ours.pem), "test")
      const publicKey = yield* EvidenceKey.publicFromPem(ours.publicPem, "test")
      yield* Effect.provide(fetch(directory), Layer.mergeAll(archive(directory, key), fake))
      const verdict = yield* verdictOf(directory, { publicKey })
      assert.isNull(verdict.difference)
      assert.deepStrictEqual(verdict.signers, [publicKey])
      assert.isNull(independent(directory))
      assert.isNull(independent(directory, publicKey))
      const other = yield* EvidenceKey.publicFromPem(theirs.publicPem, "test")
      assert.isNotNull((yield* verdictOf(directory, { publicKey: other })).difference)
      assert.isNotNull(independent(directory, other))
    }).pipe(Effect.scoped)
  )

  it.live("is not resumed without its key, or with another", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const key = yield* EvidenceKey.fromPem(Redacted.make(pair().pem), "test")
      const other = yield* EvidenceKey.fromPem(Redacted.make(pair().pem), "test")
      yield* Effect.provide(fetch(directory), Layer.mergeAll(archive(directory, key), fake))
      const before = readFileSync(join(directory, "manifest/chain.ndjson"))
      for (const [wrong, words] of [
        [null, "no key is set"],
        [other, "another key"]
      ] as const) {
        const error = yield* Effect.flip(
          Effect.provide(fetch(directory), Layer.mergeAll(archive(directory, wrong), fake))
        )
        assert.deepInclude(error, { _tag: "StoreError", kind: "key" })
        assert.include(error.message, words)
      }
      assert.isTrue(readFileSync(join(directory, "manifest/chain.ndjson")).equals(before))
    }).pipe(Effect.scoped)
  )

  it.live("shows what somebody without the key put at its end, and is not resumed", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const { pem, publicPem } = pair()
      const key = yield* EvidenceKey.fromPem(Redacted.make(pem), "test")
      const publicKey = yield* EvidenceKey.publicFromPem(publicPem, "test")
      yield* Effect.provide(fetch(directory), Layer.mergeAll(archive(directory, key), fake))
      const { archive: id, entries, head } = yield* verdictOf(directory)
      const chain = join(directory, "manifest/chain.ndjson")
      const forged = {
        archive: id ?? "",
        at: "2026-08-14T00:00:00.000Z",
        body: { command: "prune", version: 2 },
        kind: "begin",
        prev: head ?? "",
        seq: entries,
        version: 2
      }
      const line = CanonicalJson.encode({ ...forged, hash: sha256(CanonicalJson.encode(forged)) })
      writeFileSync(chain, `${readFileSync(chain, "utf8")}${line}\n`)
      // With the key that must have signed it, and without: the entries before are signed.
      for (const options of [{ publicKey }, {}]) {
        assert.deepInclude((yield* verdictOf(directory, options)).difference, { entry: entries, found: "no signature" })
      }
      assert.isNotNull(independent(directory))
      assert.isNotNull(independent(directory, publicKey))
    }).pipe(Effect.scoped)
  )

  it.live("shows a signature that was altered, and one of another entry", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const key = yield* EvidenceKey.fromPem(Redacted.make(pair().pem), "test")
      yield* Effect.provide(fetch(directory), Layer.mergeAll(archive(directory, key), fake))
      const chain = join(directory, "manifest/chain.ndjson")
      const entries = readFileSync(chain, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { signature: { key: string; value: string }; hash: string })
      const foreign = entries[0]?.signature.value ?? ""
      const last = entries.at(-1)
      assert.isDefined(last)
      for (const value of [foreign, "", "AAAA", `${last.signature.value} `]) {
        const { hash: _, ...changed } = { ...last, signature: { ...last.signature, value } }
        // With its hash made anew, only the signature can tell.
        const hash = sha256(CanonicalJson.encode(changed as CanonicalJson.Json))
        const lines = [...entries.slice(0, -1), { ...changed, hash }].map((entry) =>
          CanonicalJson.encode(entry as unknown as CanonicalJson.Json)
        )
        writeFileSync(chain, lines.map((line) => `${line}\n`).join(""))
        assert.include((yield* verdictOf(directory)).difference?.expected, "a signature by")
        assert.isNotNull(independent(directory))
      }
    }).pipe(Effect.scoped)
  )

  it.live("takes its key from a file that is its owner's alone", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* temporary}/key.pem`
      const from = (env: Record<string, string>) =>
        Effect.provide(EvidenceKey.fromConfig, ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))
      assert.isNull(yield* from({}))
      yield* fs.writeFileString(file, pair().pem, { mode: 0o600 })
      assert.isNotNull(yield* from({ VOBIZ_EVIDENCE_KEY_FILE: file }))
      assert.isNotNull(yield* from({ VOBIZ_EVIDENCE_KEY: pair().pem }))
      yield* fs.chmod(file, 0o644)
      assert.include(String(yield* Effect.flip(from({ VOBIZ_EVIDENCE_KEY_FILE: file }))), "chmod 600")
      // A point of small order: every signature by it holds.
      const x = Buffer.from("0100000000000000000000000000000000000000000000000000000000000000", "hex")
      const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), x]).toString("base64")
      const weak = `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`
      assert.include(String(yield* Effect.flip(EvidenceKey.publicFromPem(weak, "test"))), "weak")
      const secret = "no key at all"
      const error = String(yield* Effect.flip(from({ VOBIZ_EVIDENCE_KEY: secret })))
      assert.include(error, "no private key")
      assert.notInclude(error, secret)
      const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
        format: "pem",
        type: "pkcs8"
      })
      assert.include(String(yield* Effect.flip(from({ VOBIZ_EVIDENCE_KEY: rsa.toString() }))), "Ed25519")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("an encrypted archive", () => {
  it.live("is read with the key, and said to be unread without it", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const key = Redacted.make(new Uint8Array(32).fill(7))
      const services = Manifest.Manifest.layerFolder({ directory }).pipe(Layer.provideMerge(folder({ directory, key })))
      yield* Effect.provide(fetch(directory), Layer.mergeAll(services, fake))
      const withKey = yield* Effect.provide(Verify.run({ directory, key }), services)
      assert.isNull(withKey.difference)
      assert.isAbove(withKey.audio, 0)
      assert.strictEqual(withKey.clear, 0)
      const id = Encryption.idOf(key)
      const [all] = withKey.encrypted
      assert.deepStrictEqual(withKey.encrypted, [{ id, files: all?.files ?? 0, unread: 0 }])
      assert.isNull(independent(directory, null, null, [Redacted.value(key)]))
      const without = yield* verdictOf(directory)
      assert.isNull(without.difference)
      // What was set aside is compared as it is stored, and need not be read; its note is.
      const { audio, objects, recordings } = withKey
      const notes = files(directory).filter((name) => name.includes("/quarantine/") && name.endsWith(".json")).length
      assert.isAbove(notes, 0)
      assert.deepInclude(without, { audio: 0, objects, recordings, unread: audio + objects + recordings + notes })
      assert.strictEqual(independent(directory), `${without.unread} files were not read: no key`)
      const file = files(directory).find((name) => name.includes("/audio/")) ?? ""
      const bytes = Uint8Array.from(readFileSync(file))
      bytes[60] = (bytes[60] ?? 0) ^ 1
      writeFileSync(file, bytes)
      assert.isNotNull((yield* Effect.provide(Verify.run({ directory, key }), services)).difference)
      // Nor does anybody need the key to see that.
      assert.isNotNull((yield* verdictOf(directory)).difference)
      assert.isNotNull(independent(directory))
      assert.isTrue(existsSync(file))
    }).pipe(Effect.scoped)
  )
})
