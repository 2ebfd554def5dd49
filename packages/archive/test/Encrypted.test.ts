/** An archive with a key: nothing personal is in clear, whatever was done to it, and whenever it was killed. */
import { assert, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import {
  Archive,
  ArchiveIndex,
  AudioStore,
  CanonicalJson,
  Encryption,
  Erase,
  Manifest,
  Retention,
  Verify
} from "@vobiz-effect/archive"
import { Recordings } from "@vobiz-effect/core"
import { DateTime, Effect, Layer, Redacted, Stream } from "effect"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { account, layerFake, until } from "./accounts.ts"
import { verify as independent } from "./independentVerifier.mjs"
import * as Killed from "./killed.ts"
import { folder, sha256, temporary } from "./utils.ts"

const few = account(14, 20, (n) => 100 + (n % 5))
const fake = layerFake([{ fault: { _tag: "WrongJson" }, on: ["recordings.audio"], first: 1, times: 2 }], {
  account: few
})

const keyOf = (seed: number) => Redacted.make(Uint8Array.from({ length: 32 }, (_, n) => (n * 37 + seed) % 256))
const [key, newer] = [keyOf(1), keyOf(2)]
const id = Encryption.idOf(key)

type Keyring = Encryption.Keyring | null
type Fields = { readonly [field: string]: CanonicalJson.Json }

const archive = (directory: string, keyring: Keyring) =>
  Manifest.Manifest.layerFolder({ directory }).pipe(Layer.provideMerge(folder({ directory, key: keyring })))

const verdictOf = (directory: string, keyring: Keyring) =>
  Verify.run({ directory, key: keyring }).pipe(Effect.provide(folder({ directory, key: keyring })))

/** Every number of the account, in E.164, without plus, and its last ten digits. */
const numbers = [...new Set(JSON.stringify(few).match(/\+\d{11,13}/g))]
const forms = numbers.flatMap((number) => [number, number.slice(1), number.slice(-10)])

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()

/** Files that have a number, in their bytes or their names. */
const inClear = (directory: string) =>
  files(directory).filter((file) => {
    const bytes = readFileSync(join(directory, file))
    return forms.some((form) => bytes.includes(form) || file.includes(form))
  })

/** Archives all, with answers and findings that have every number in every form. */
const fetch = (directory: string) =>
  Effect.gen(function* () {
    const run = yield* (yield* Manifest.Manifest).run("archive")
    const text = (content: string) => Stream.encodeText(Stream.make(content))
    yield* run.object({ what: "answer" }, text(JSON.stringify({ objects: forms.map((to) => ({ to })) })))
    yield* run.object({ what: "findings" }, text(forms.map((from) => `{"from":"${from}"}\n`).join("")))
    const { stream } = yield* Recordings.Recordings
    const options = { recordings: stream(), directory, manifest: run, concurrency: 1, attempts: 1, settle: 0 }
    return yield* Stream.runCollect(Archive.run(options))
  }).pipe(Effect.scoped)

const made = (directory: string, keyring: Keyring) =>
  fetch(directory).pipe(Effect.provide(Layer.mergeAll(archive(directory, keyring), fake)))

const erase = (directory: string, number: string) =>
  Effect.gen(function* () {
    const person = yield* Erase.person(number, null)
    const manifest = yield* (yield* Manifest.Manifest).run("erase")
    yield* Erase.begin(directory)
    const plan = yield* Erase.plan(person, { directory, holds: [] })
    const why = { reason: "asked for", reference: null, by: null }
    return yield* Erase.execute(plan, { person, directory, manifest, why })
  }).pipe(Effect.scoped)

const prune = (directory: string) =>
  Effect.gen(function* () {
    const manifest = yield* (yield* Manifest.Manifest).run("prune")
    const plan = yield* Retention.plan({ rules: [{ name: "old", afterDays: 1 }], holds: [] }, until)
    return yield* Stream.runCollect(Retention.execute(plan, directory, manifest))
  }).pipe(Effect.scoped)

const touch = Effect.scoped(Effect.flatMap(Manifest.Manifest, ({ run }) => run("touch")))

const entriesOf = (directory: string, keyring: Keyring) =>
  Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ list }) => Stream.runCollect(list)).pipe(
    Effect.provide(folder({ directory, key: keyring }))
  )

/** Nothing is in clear, and all is as the manifest says, by both verifiers. */
const isWhole = Effect.fnUntraced(function* (directory: string, what: string) {
  assert.deepStrictEqual(inClear(directory), [], what)
  const verdict = yield* verdictOf(directory, key)
  assert.isNull(verdict.difference, what)
  assert.deepInclude(verdict, { clear: 0, unread: 0, unfinished: 0, isClosed: true }, what)
  assert.isNull(independent(directory, null, null, [Redacted.value(key)]), what)
  return verdict
})

describe("an archive with a key", () => {
  it.live("has no number in clear: as it was filled, after an erasure, and after a deletion", () =>
    Effect.gen(function* () {
      assert.isAbove(numbers.length, 5)
      const directory = `${yield* temporary}/archive`
      const events = (yield* made(directory, key)).flatMap((outcome) => ("event" in outcome ? [outcome.event] : []))
      const folders = new Set(files(directory).map((file) => file.split("/")[0]))
      assert.includeMembers([...folders], ["audio", "index", "manifest", "media", "objects", "quarantine"])
      // The chain alone is in clear: what was measured of audio has no number, and says when somebody spoke.
      const clear = files(directory).filter(
        (file) => readFileSync(join(directory, file)).toString("latin1", 0, 8) !== "VBZARC2\0"
      )
      assert.deepStrictEqual(clear, ["manifest/chain.ndjson"])
      yield* isWhole(directory, "filled")
      const stored = events.find(({ _tag }) => _tag === "Stored")
      assert.isDefined(stored)
      const number = ("from" in stored ? stored.from : null) ?? ""
      const { recordings } = yield* Effect.provide(erase(directory, number), archive(directory, key))
      assert.isAbove(recordings, 0)
      assert.isAbove((yield* isWhole(directory, "erased")).erased, 0)
      assert.isAbove((yield* Effect.provide(prune(directory), archive(directory, key))).length, 0)
      yield* isWhole(directory, "pruned")
      // Without a key, the same archive is full of them.
      const plain = `${yield* temporary}/archive`
      yield* made(plain, null)
      const found = new Set(inClear(plain).map((file) => file.split("/")[0]))
      assert.sameMembers([...found], ["index", "objects", "quarantine"])
    }).pipe(Effect.scoped)
  )

  it.live("loses nothing and shows nothing where a run, an erasure or a deletion is killed", () =>
    Effect.gen(function* () {
      const below = Seed.integers()
      const filled = `${yield* temporary}/archive`
      const events = (yield* made(filled, key)).flatMap((outcome) => ("event" in outcome ? [outcome.event] : []))
      const stored = events.find((event) => event._tag === "Stored")
      const number = stored?.from ?? ""
      type Services = Layer.Success<ReturnType<typeof Killed.archive>>
      type Program = (directory: string) => Effect.Effect<unknown, unknown, Services>
      const programs: ReadonlyArray<readonly [name: string, from: string | null, program: Program]> = [
        ["archive", null, (directory) => Effect.provide(fetch(directory), fake)],
        ["erase", filled, (directory) => erase(directory, number)],
        ["prune", filled, (directory) => prune(directory)]
      ]
      for (const [name, from, program] of programs) {
        const fresh = Effect.map(temporary, (folder) => {
          if (from === null) mkdirSync(`${folder}/archive`)
          else cpSync(from, `${folder}/archive`, { recursive: true })
          return `${folder}/archive`
        })
        const whole = Killed.after(Number.POSITIVE_INFINITY)
        const undisturbed = yield* fresh
        yield* Effect.provide(program(undisturbed), Killed.archive(undisturbed, whole, null, key))
        const expected = yield* entriesOf(undisturbed, key)
        let kills = 0
        const attempts = Effort.sized({ quick: 3, full: 60 })
        for (let attempt = 0; attempt < attempts; attempt++) {
          const changes = below(whole.changes())
          const directory = yield* fresh
          const killed = Killed.after(changes)
          yield* Effect.exit(Effect.provide(program(directory), Killed.archive(directory, killed, null, key)))
          // How often a file is written to depends on how its bytes come.
          if (killed.wasKilled()) kills++
          const what = `${name}, killed after ${changes}`
          assert.deepStrictEqual(inClear(directory), [], what)
          yield* Effect.provide(program(directory), archive(directory, key))
          yield* isWhole(directory, what)
          const tags = (entries: ReadonlyArray<ArchiveIndex.Entry>) =>
            entries.map(({ _tag, recordingId }) => `${_tag} ${recordingId}`)
          const entries = yield* entriesOf(directory, key)
          if (name !== "archive") assert.sameMembers(tags(entries), tags(expected), what)
          // What was not audio the first time may be so the second time.
          else assert.includeMembers(tags(entries), tags(expected), what)
        }
        assert.isAbove(kills, attempts / 2)
      }
    }).pipe(Effect.scoped)
  )

  it.live("has no number in clear that a migration from version 1 leaves, wherever it is killed", () =>
    Effect.gen(function* () {
      const fixture = new URL("fixtures/version1/plain", import.meta.url).pathname
      const old = readFileSync(join(fixture, "manifest/chain.ndjson"), "utf8")
      const theirs = [...new Set(old.match(/\+91\d{10}/g))].map((number) => number.slice(-10))
      const shown = (directory: string) =>
        files(directory).filter((file) => theirs.some((form) => readFileSync(join(directory, file)).includes(form)))
      const below = Seed.integers()
      const whole = Killed.after(Number.POSITIVE_INFINITY)
      const attempts = [whole, ...Array.from({ length: Effort.sized({ quick: 3, full: 30 }) }, () => null)]
      for (const attempt of attempts) {
        const directory = `${yield* temporary}/archive`
        cpSync(fixture, directory, { recursive: true })
        assert.isAbove(shown(directory).length, 3)
        const killed = attempt ?? Killed.after(below(whole.changes()))
        yield* Effect.exit(Effect.provide(touch, Killed.archive(directory, killed, null, key)))
        // Until the new chain counts, the old files are the archive.
        const prepared = join(directory, "manifest/migration")
        if (existsSync(prepared)) assert.deepStrictEqual(shown(prepared), [])
        yield* Effect.provide(touch, archive(directory, key))
        assert.deepStrictEqual(shown(directory), [])
        const verdict = yield* verdictOf(directory, key)
        assert.isNull(verdict.difference)
        // Audio is as it was.
        assert.deepInclude(verdict, { version: 2, clear: verdict.audio, unread: 0 })
        assert.isNull(independent(directory, null, null, [Redacted.value(key)]))
      }
    }).pipe(Effect.scoped)
  )

  it.live("may begin in clear and change its key, and says how many files each key encrypted", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      yield* made(directory, null)
      const before = yield* verdictOf(directory, null)
      assert.deepInclude(before, { encrypted: [], unread: 0 })
      yield* made(directory, key)
      const both = yield* verdictOf(directory, key)
      assert.isNull(both.difference)
      const [first] = both.encrypted
      assert.deepInclude(first, { id, unread: 0 })
      // What was set aside was written anew, by the key.
      assert.isAtMost(both.clear, before.clear)
      assert.isAbove(both.clear, before.clear - 5)
      yield* made(directory, [newer, key])
      const rotated = yield* verdictOf(directory, [newer, key])
      assert.deepInclude(rotated, { difference: null, unread: 0 })
      const counts = new Map(rotated.encrypted.map((one) => [one.id, one.files]))
      assert.sameMembers([...counts.keys()], [id, Encryption.idOf(newer)])
      assert.isAtLeast(counts.get(id) ?? 0, 2)
      assert.strictEqual(rotated.clear, both.clear)
      const keys = [key, newer].map(Redacted.value)
      assert.isNull(independent(directory, null, null, keys))
      // With one of two, the other's files are said not to be read, and by which key they could be.
      const half = yield* verdictOf(directory, newer)
      assert.isNull(half.difference)
      const missing = half.encrypted.find((one) => one.id === id)
      assert.isAbove(missing?.unread ?? 0, 0)
      assert.deepInclude(half.encrypted, {
        id: Encryption.idOf(newer),
        files: counts.get(Encryption.idOf(newer)) ?? 0,
        unread: 0
      })
      assert.strictEqual(half.unread, missing?.unread)
    }).pipe(Effect.scoped)
  )

  it.live("is not written to without the key that its newest run had, nor read without the key of a file", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      yield* made(directory, key)
      const chain = join(directory, "manifest/chain.ndjson")
      const whole = readFileSync(chain)
      const killed = whole.subarray(0, whole.subarray(0, -1).lastIndexOf(10) + 1)
      // Whether the run has an end or not.
      for (const content of [whole, killed]) {
        writeFileSync(chain, content)
        for (const keyring of [null, newer]) {
          const error = yield* Effect.flip(Effect.provide(touch, archive(directory, keyring)))
          assert.deepInclude(error, { _tag: "StoreError", kind: "key" })
          assert.include(error.message, id)
          assert.isTrue(readFileSync(chain).equals(content))
          const read = yield* Effect.flip(entriesOf(directory, keyring))
          assert.deepInclude(read, { kind: "key" })
          assert.match(read.message, new RegExp(`encrypted by the key ${id}, which is not set`))
        }
      }
      yield* Effect.provide(touch, archive(directory, [newer, key]))
      assert.deepInclude(yield* verdictOf(directory, [newer, key]), { difference: null, unread: 0, clear: 0 })
      assert.isNotEmpty(yield* entriesOf(directory, [newer, key]))
      // The newest run had the new key: the old one alone is not enough any more.
      assert.include(
        (yield* Effect.flip(Effect.provide(touch, archive(directory, key)))).message,
        Encryption.idOf(newer)
      )
    }).pipe(Effect.scoped)
  )

  it.live("leaves what a killed run had pending, where its key is not there to read it", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      yield* made(directory, key)
      const entry = files(directory).find((file) => file.startsWith("index/"))
      assert.isDefined(entry)
      const chain = readFileSync(join(directory, "manifest/chain.ndjson"), "utf8").trimEnd().split("\n")
      const event = chain
        .map(
          (line) =>
            JSON.parse(line) as { readonly body: { readonly event?: Fields & { readonly recordingId: string } } }
        )
        .map(({ body }) => body.event)
        .findLast((event) => event !== undefined && entry.includes(event.recordingId.toLowerCase().slice(0, 36)))
      assert.isDefined(event)
      const digest = sha256(`${CanonicalJson.encode(event)}\n`)
      mkdirSync(join(directory, "pending"), { recursive: true })
      const pending = join(directory, "pending", `${digest}.json`)
      renameSync(join(directory, entry), pending)
      // Nobody needs the key to see that it is only to be finished.
      for (const keyring of [null, key]) {
        const verdict = yield* verdictOf(directory, keyring)
        assert.isNull(verdict.difference)
        assert.strictEqual(verdict.unfinished, 1)
      }
      const recover = (keyring: Keyring) =>
        Effect.provide(Effect.scoped(Erase.begin(directory)), archive(directory, keyring))
      assert.deepInclude(yield* Effect.flip(recover(newer)), { kind: "key" })
      assert.isTrue(existsSync(pending))
      yield* recover(key)
      assert.isTrue(existsSync(join(directory, entry)))
      yield* isWhole(directory, "recovered")
    }).pipe(Effect.scoped)
  )

  it.effect("opens a file at its place alone", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const at = DateTime.makeUnsafe("2026-05-10T12:00:00Z")
      const entry = (recordingId: string) => {
        const sum = { sha256: "0".repeat(64), bytes: 0, audioRemoved: true }
        return { _tag: "Tombstone", recordingId, callUuid: "c", addTime: at, ...sum, rule: "r", at } as const
      }
      const services = folder({ directory, key })
      const index = yield* Effect.provide(ArchiveIndex.ArchiveIndex, services)
      for (const name of ["a", "b"]) yield* index.put(entry(name))
      const [one = "", other = ""] = files(directory)
      cpSync(join(directory, one), join(directory, other))
      assert.strictEqual((yield* index.get(entry("a")))?.recordingId, "a")
      const error = yield* Effect.flip(index.get(entry("b")))
      assert.deepInclude(error, { kind: "damaged" })
      assert.include(error.message, "is not the file of this place")
      const audio = [Buffer.from("one"), Buffer.from("another")]
      const deliveries = yield* Effect.forEach(audio, (bytes) => AudioStore.put("a", Stream.make(bytes))).pipe(
        Effect.provide(services)
      )
      const [first = "", second = ""] = deliveries.map(({ sha256 }) => sha256)
      cpSync(join(directory, AudioStore.pathOf(first)), join(directory, AudioStore.pathOf(second)))
      const moved = yield* Effect.flip(Effect.provide(AudioStore.verify(second), services))
      assert.include(moved.message, "is not the file of this place")
    }).pipe(Effect.scoped)
  )
})
