/** Erasing a person: what has their number goes, the rest stays, and the archive verifies at every step. */
import { assert, describe, Effort, it, once, Seed } from "@vobiz-effect/test-support"
import {
  Archive,
  type ArchiveEvent,
  ArchiveIndex,
  Erase,
  EvidenceKey,
  Export,
  Manifest,
  Verify
} from "@vobiz-effect/archive"
import { Recordings } from "@vobiz-effect/core"
import { Effect, Layer, Redacted, Stream } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { account, layerFake } from "./accounts.ts"
import { verify as independent } from "./independentVerifier.mjs"
import * as Killed from "./killed.ts"
import { folder, temporary } from "./utils.ts"

const few = account(16, 20, (n) => 100 + (n % 5))
const fake = layerFake([{ fault: { _tag: "WrongJson" }, on: ["recordings.audio"], first: 1, times: 2 }], {
  account: few
})

const archive = (directory: string, key: Manifest.FolderOptions["key"] = null) =>
  Manifest.Manifest.layerFolder({ directory, key }).pipe(Layer.provideMerge(folder({ directory })))

const text = (content: string) => Stream.encodeText(Stream.make(content))

/** A number as people and programs print it. */
const printed = (number: string): ReadonlyArray<string> => {
  const national = number.slice(3)
  const devanagari = Array.from(national, (digit) => String.fromCodePoint(0x0966 + Number(digit))).join("")
  return [
    number,
    national,
    `0${national}`,
    `00${number.slice(1)}`,
    `+91 ${national.slice(0, 5)}-${national.slice(5)}`,
    `(${national.slice(0, 3)}) ${national.slice(3)}`,
    encodeURIComponent(number),
    `\\u002b${number.slice(1)}`,
    Array.from(national, (digit) => `\\u003${digit}`).join(""),
    devanagari,
    Array.from(national, (digit) => `&#${48 + Number(digit)};`).join("")
  ]
}

const rows = (numbers: ReadonlyArray<string>) =>
  JSON.stringify({ objects: numbers.map((number, n) => ({ n, to: number })) })

/** Makes an archive with audio, a quarantine, and objects that have the numbers of its recordings in all forms. */
const make = (directory: string, key: Manifest.FolderOptions["key"] = null) =>
  Effect.gen(function* () {
    const run = yield* (yield* Manifest.Manifest).run("archive")
    const { stream } = yield* Recordings.Recordings
    const outcomes = yield* Stream.runCollect(
      Archive.run({ recordings: stream(), directory, manifest: run, concurrency: 1, attempts: 1, settle: 0 })
    )
    const events = outcomes.flatMap((outcome) => ("event" in outcome ? [outcome.event] : []))
    const numbers = [...new Set(events.flatMap(({ from, to }) => [from, to]))].filter((one) => one != null)
    const all = numbers.flatMap(printed)
    yield* run.object({ what: "json" }, text(rows(all)))
    yield* run.object({ what: "ndjson" }, text(all.map((number) => `{"to":"${number}"}\n`).join("")))
    yield* run.object({ what: "csv" }, text(`to\n${all.map((number) => `"${number}"\n`).join("")}`))
    yield* run.object({ what: "other" }, text("nobody is here"))
    return events
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(archive(directory, key), fake)))

const original = once(
  Effect.gen(function* () {
    const from = `${yield* temporary}/archive`
    return { from, events: yield* make(from) }
  })
)

/** Copies such an archive; its events. */
const made = (directory: string) =>
  Effect.map(original, ({ events, from }) => {
    cpSync(from, directory, { recursive: true })
    return events
  })

const why = { reason: "asked for by the person", reference: "case 17", by: "an officer" }

const erase = (
  directory: string,
  number: string,
  {
    exports = [],
    holds = []
  }: { readonly exports?: ReadonlyArray<string>; readonly holds?: ReadonlyArray<{ readonly name: string }> } = {}
) =>
  Effect.gen(function* () {
    const person = yield* Erase.person(number, null)
    const manifest = yield* (yield* Manifest.Manifest).run("erase")
    yield* Erase.begin(directory)
    const plan = yield* Erase.plan(person, { directory, holds })
    return yield* Erase.execute(plan, { person, directory, manifest, why, exports })
  }).pipe(Effect.scoped)

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Files that have a number in any of the forms. */
const filesWith = (directory: string, number: string) =>
  files(directory).filter((file) => {
    const content = readFileSync(file, "utf8")
    return printed(number).some((form) => content.includes(form) || content.includes(JSON.stringify(form).slice(1, -1)))
  })

const verdictOf = (directory: string, options: Partial<Verify.Options> = {}) =>
  Verify.run({ directory, ...options }).pipe(Effect.provide(folder({ directory })))

/** Somebody with stored recordings, and somebody whose recording came to the quarantine alone. */
const people = (events: ReadonlyArray<ArchiveEvent.ArchiveEvent>) => {
  const stored = events.find((event): event is ArchiveEvent.Stored => event._tag === "Stored")
  const aside = events.find((event): event is ArchiveEvent.Quarantined => event._tag === "Quarantined")
  assert.isDefined(stored?.from)
  assert.isDefined(aside?.from)
  return { stored: stored?.from ?? "", aside: aside?.from ?? "" }
}

const isTheirs = (number: string) => (event: ArchiveEvent.ArchiveEvent) =>
  ("from" in event && event.from === number) || ("to" in event && event.to === number)

describe("erasing a person", () => {
  it.live("removes their audio and their number everywhere, and nothing else", () =>
    Effect.gen(function* () {
      for (const who of ["stored", "aside"] as const) {
        const directory = `${yield* temporary}/archive`
        const events = yield* made(directory)
        const number = people(events)[who]
        const theirs = events.filter(isTheirs(number))
        const others = events.filter((event) => event._tag === "Stored" && !isTheirs(number)(event))
        assert.isNotEmpty(theirs)
        assert.isNotEmpty(others)
        assert.isNotEmpty(filesWith(directory, number))
        mkdirSync(join(directory, "part"), { recursive: true })
        writeFileSync(join(directory, "part/left.part"), number)
        const before = yield* verdictOf(directory)
        const copies = `${yield* temporary}/copies`
        yield* Stream.runDrain(Export.run({ to: copies, name: "{from}_{to}_{id}", reveal: true })).pipe(
          Effect.provide(folder({ directory }))
        )
        const summary = yield* Effect.provide(erase(directory, number, { exports: [copies] }), archive(directory))
        assert.strictEqual(summary.recordings, theirs.length)
        assert.strictEqual(summary.copies, theirs.filter(({ _tag }) => _tag === "Stored").length)
        assert.isAbove(summary.segments, printed(number).length)

        assert.deepStrictEqual(filesWith(directory, number), [])
        assert.isFalse(files(copies).some((file) => file.includes(number)))
        const verdict = yield* verdictOf(directory, { head: before.head ?? "" })
        assert.isNull(verdict.difference)
        assert.isNull(independent(directory, null, before.head))
        assert.strictEqual(verdict.erased, summary.segments)

        const entries = yield* Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ list }) => Stream.runCollect(list)).pipe(
          Effect.provide(folder({ directory }))
        )
        const erased = entries.filter(({ _tag }) => _tag === "Erased")
        assert.sameMembers(
          erased.map(({ recordingId }) => recordingId),
          theirs.map(({ recordingId }) => recordingId)
        )
        for (const one of erased) assert.deepInclude(one, why)
        assert.sameMembers(
          entries.filter(ArchiveIndex.isStored).map(({ recordingId }) => recordingId),
          others.map(({ recordingId }) => recordingId)
        )
        // Audio that others have, too, stays; theirs alone is gone.
        const kept = new Set(others.flatMap((event) => (event._tag === "Stored" ? [event.sha256] : [])))
        for (const event of theirs) {
          if (event._tag !== "Stored") continue
          const file = join(directory, "audio", event.sha256.slice(0, 2), event.sha256)
          assert.strictEqual(existsSync(file), kept.has(event.sha256))
        }
        // What is erased is not fetched again, and erased once.
        const again = Effect.gen(function* () {
          const run = yield* (yield* Manifest.Manifest).run("archive")
          const { stream } = yield* Recordings.Recordings
          return yield* Archive.summarize(Archive.run({ recordings: stream(), directory, manifest: run, settle: 0 }))
        })
        const { Kept, Removed } = yield* Effect.scoped(again).pipe(
          Effect.provide(Layer.mergeAll(archive(directory), fake))
        )
        assert.deepStrictEqual([Kept, Removed], [others.length, erased.length])
        const second = yield* Effect.provide(erase(directory, number), archive(directory))
        assert.deepInclude(second, { recordings: 0, audio: 0, segments: 0 })
        assert.isNull((yield* verdictOf(directory)).difference)
      }
    }).pipe(Effect.scoped)
  )

  it.live("finds a number that cannot be read as one, and says where a number is withheld", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const event = (yield* made(directory)).find(
        (event): event is ArchiveEvent.Stored => event._tag === "Stored" && event.salt !== undefined
      )
      assert.isDefined(event)
      const national = "7012345678"
      const froms = [`+091${national}`, `++91${national}`, `+91 ${national} x12`, "anonymous", `+44${national}`]
      const { plan } = yield* Effect.gen(function* () {
        const manifest = yield* (yield* Manifest.Manifest).run("archive")
        const index = yield* ArchiveIndex.ArchiveIndex
        for (const [n, from] of froms.entries()) {
          const one = Object.assign({}, event, { recordingId: `odd-${n}`, from })
          yield* index.put(one, () => manifest.event(one))
        }
        const person = yield* Erase.person(`+91${national}`, null)
        return { plan: yield* Erase.plan(person, { directory, holds: [] }) }
      }).pipe(Effect.scoped, Effect.provide(archive(directory)))
      assert.deepStrictEqual(plan.targets.map(({ recordingId }) => recordingId).toSorted(), ["odd-0", "odd-1", "odd-2"])
      assert.strictEqual(plan.undecided, 1)
    }).pipe(Effect.scoped)
  )

  it.live("removes exported copies alone, whatever they are called, and neither other archives nor other files", () =>
    Effect.gen(function* () {
      const root = yield* temporary
      const directory = `${root}/archive`
      const events = yield* made(directory)
      const stored = events.filter((event): event is ArchiveEvent.Stored => event._tag === "Stored")
      const number = people(events).stored
      const mine = stored.find(isTheirs(number))
      assert.isDefined(mine)
      // Somebody else has the same audio, so that it stays in the archive.
      const twin = Object.assign({}, mine, { recordingId: "twin", from: "+447700900123", to: "+447700900124" })
      yield* Effect.gen(function* () {
        const manifest = yield* (yield* Manifest.Manifest).run("archive")
        yield* (yield* ArchiveIndex.ArchiveIndex).put(twin, () => manifest.event(twin))
      }).pipe(Effect.scoped, Effect.provide(archive(directory)))
      cpSync(directory, `${root}/other`, { recursive: true })
      const other = files(`${root}/other`)
      writeFileSync(join(root, `contract of ${number}.txt`), "a contract")
      writeFileSync(join(root, `photo of ${number}.pdf`), "%PDF-1.7 a photo")
      for (const name of ["masked/{id}", "{from}/{id}", "{to}/{id}"]) {
        yield* Stream.runDrain(Export.run({ to: root, name, reveal: true })).pipe(Effect.provide(folder({ directory })))
      }
      yield* Effect.provide(erase(directory, number, { exports: [root] }), archive(directory))
      assert.deepStrictEqual(files(`${root}/other`), other)
      assert.isNull((yield* verdictOf(`${root}/other`)).difference)
      assert.isNull((yield* verdictOf(directory)).difference)
      const left = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
        (name) => !/^(archive|other)/.test(name)
      )
      assert.deepStrictEqual(left.filter((name) => name.includes(number)).toSorted(), [
        `contract of ${number}.txt`,
        `photo of ${number}.pdf`
      ])
      assert.isEmpty(left.filter((name) => name.includes(mine.recordingId)))
      assert.isNotEmpty(left.filter((name) => name.includes("masked/twin")))
    }).pipe(Effect.scoped)
  )

  it.live("leaves what was not erased as provable as it was", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const number = people(yield* made(directory)).stored
      yield* Effect.provide(erase(directory, number), archive(directory))
      const objects = files(join(directory, "objects"))
      let erased = 0
      for (const file of objects) {
        const before = readFileSync(file, "utf8")
        erased += before.split("\n").filter((line) => line.startsWith('{"erased"')).length
        const changes = [
          // A segment that was kept, changed, or erased by nobody's entry.
          before.replace('"text":"', '"text":"x'),
          before.replace(/\{"(salt|text)[^\n]*/, `{"erased":"${"0".repeat(64)}"}`),
          // One that was erased, brought back or changed.
          before.replace(/\{"erased":"[^\n]*/, `{"salt":"${"0".repeat(64)}","text":"x"}`),
          before.replace('{"erased":"', '{"erased":"0').replace(/0"\}/, '"}')
        ]
        for (const changed of changes.filter((change) => change !== before)) {
          writeFileSync(file, changed)
          assert.isNotNull((yield* verdictOf(directory)).difference)
          assert.isNotNull(independent(directory))
        }
        writeFileSync(file, before)
      }
      assert.isAbove(erased, 3)
      assert.isNull(independent(directory))
    }).pipe(Effect.scoped)
  )

  it.live("is refused, by name, where a recording is on hold, and changes nothing", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const events = yield* made(directory)
      const number = people(events).stored
      const theirs = events.find((event) => event._tag === "Stored" && isTheirs(number)(event))
      const holds = [{ name: "the court's", recordingIds: [theirs?.recordingId ?? ""] }]
      const before = files(directory).filter((file) => !file.endsWith("chain.ndjson"))
      const error = yield* Effect.flip(Effect.provide(erase(directory, number, { holds }), archive(directory)))
      assert.include(error.message, `${theirs?.recordingId} by "the court's"`)
      assert.notInclude(error.message, number.slice(3))
      assert.deepStrictEqual(
        files(directory).filter((file) => !file.endsWith("chain.ndjson")),
        before
      )
      assert.isNotEmpty(filesWith(directory, number))
      assert.isNull((yield* verdictOf(directory)).difference)
    }).pipe(Effect.scoped)
  )

  it.live("is refused where its own words would keep the number, or the index is not the manifest's", () =>
    Effect.gen(function* () {
      const directory = `${yield* temporary}/archive`
      const number = people(yield* made(directory)).stored
      const attempt = (reason: string) =>
        Effect.gen(function* () {
          const person = yield* Erase.person(number, null)
          const manifest = yield* (yield* Manifest.Manifest).run("erase")
          yield* Erase.begin(directory)
          const plan = yield* Erase.plan(person, { directory, holds: [] })
          return yield* Erase.execute(plan, { person, directory, manifest, why: Object.assign({}, why, { reason }) })
        }).pipe(Effect.scoped, Effect.provide(archive(directory)))
      const error = yield* Effect.flip(attempt(`asked by ${number.slice(3, 8)} ${number.slice(8)}`))
      assert.include(error.message, "the reason has the number")
      assert.isNotEmpty(filesWith(directory, number))
      // Somebody else's entry is given the number, so that their audio would go.
      const other = files(join(directory, "index")).find((file) => !readFileSync(file, "utf8").includes(number)) ?? ""
      writeFileSync(other, readFileSync(other, "utf8").replace(/"from":"[^"]*"/, `"from":"${number}"`))
      assert.deepInclude(yield* Effect.flip(attempt("a reason")), { _tag: "StoreError", kind: "damaged" })
      for (const bad of ["+91", "12345", "+9198*", "nobody"]) {
        assert.strictEqual((yield* Effect.flip(Erase.person(bad, null)))._tag, "EraseRefused")
      }
    }).pipe(Effect.scoped)
  )

  it.live("is finished by a later run, at whatever step it was killed", () =>
    Effect.gen(function* () {
      const pair = generateKeyPairSync("ed25519")
      const pem = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString()
      const publicPem = pair.publicKey.export({ format: "pem", type: "spki" }).toString()
      const key = yield* EvidenceKey.fromPem(Redacted.make(pem), "test")
      const publicKey = yield* EvidenceKey.publicFromPem(publicPem, "test")
      const from = `${yield* temporary}/archive`
      const number = people(yield* make(from, key)).stored
      const whole = Killed.after(Number.POSITIVE_INFINITY)
      const copy = `${yield* temporary}/archive`
      cpSync(from, copy, { recursive: true })
      yield* Effect.provide(erase(copy, number), Killed.archive(copy, whole, key))
      assert.deepStrictEqual(filesWith(copy, number), [])
      // Objects come first, and make up most of it; then the recordings, at each step.
      const below = Seed.integers()
      const [last, objects] = [Effort.sized({ quick: 5, full: 60 }), Effort.sized({ quick: 2, full: 60 })]
      const early = Array.from({ length: objects }, () => below(whole.changes() - last))
      const late = Array.from({ length: last }, (_, n) => whole.changes() - 1 - n)
      let kills = 0
      let unfinished = 0
      for (const changes of [...early, ...late]) {
        const directory = `${yield* temporary}/archive`
        cpSync(from, directory, { recursive: true })
        const killed = Killed.after(changes)
        yield* Effect.exit(Effect.provide(erase(directory, number), Killed.archive(directory, killed, key)))
        assert.isTrue(killed.wasKilled())
        kills++
        const half = yield* verdictOf(directory, { publicKey })
        const isTorn = half.difference?.found.includes("no whole line") === true
        assert.isTrue(half.difference === null || isTorn, `${changes}: ${JSON.stringify(half.difference)}`)
        unfinished += half.unfinished
        yield* Effect.provide(erase(directory, number), archive(directory, key))
        assert.deepStrictEqual(filesWith(directory, number), [], `killed after ${changes}`)
        const verdict = yield* verdictOf(directory, { publicKey })
        assert.isNull(verdict.difference, `killed after ${changes}`)
        assert.deepInclude(verdict, { unfinished: 0, isClosed: true })
        assert.isNull(independent(directory, publicKey), `killed after ${changes}`)
      }
      assert.strictEqual(kills, early.length + late.length)
      assert.isAbove(unfinished, 0)
    }).pipe(Effect.scoped)
  )
})
