/** Archives that were written by version 1 of the manifest: verified, read, and taken over. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { ArchiveIndex, Erase, EvidenceKey, Manifest, Verify } from "@vobiz-effect/archive"
import { Effect, Layer, Redacted, Stream } from "effect"
import { createPrivateKey, createPublicKey } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import * as Disk from "../src/internal/disk.ts"
import * as Migrating from "../src/internal/migration.ts"
import { verify as independent } from "./independentVerifier.mjs"
import * as Killed from "./killed.ts"
import { folder, temporary } from "./utils.ts"

const fixtures = new URL("fixtures/version1", import.meta.url).pathname
const pem = readFileSync(join(fixtures, "key.pem"), "utf8")
const publicPem = createPublicKey(createPrivateKey(pem)).export({ format: "pem", type: "spki" }).toString()
const signed = EvidenceKey.fromPem(Redacted.make(pem), "test")
const signer = EvidenceKey.publicFromPem(publicPem, "test")

const kinds = ["plain", "signed"] as const

const copyOf = (kind: (typeof kinds)[number]) =>
  Effect.map(temporary, (folder) => {
    const directory = `${folder}/archive`
    cpSync(join(fixtures, kind), directory, { recursive: true })
    return directory
  })

const archive = (directory: string, key: Manifest.FolderOptions["key"] = null) =>
  Manifest.Manifest.layerFolder({ directory, key }).pipe(Layer.provideMerge(folder({ directory })))

const touch = Effect.scoped(Effect.flatMap(Manifest.Manifest, ({ run }) => run("touch")))

const verdictOf = (directory: string, options: Partial<Verify.Options> = {}) =>
  Verify.run({ directory, ...options }).pipe(Effect.provide(folder({ directory })))

const chainOf = (directory: string) => join(directory, "manifest/chain.ndjson")

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()

describe("an archive of version 1", () => {
  it.live("verifies as it is, by both verifiers, and shows every file that was changed", () =>
    Effect.gen(function* () {
      for (const kind of kinds) {
        const directory = yield* copyOf(kind)
        const publicKey = kind === "signed" ? yield* signer : undefined
        const verdict = yield* verdictOf(directory, { publicKey })
        assert.isNull(verdict.difference)
        assert.deepInclude(verdict, { version: 1, runs: 3, isClosed: true, recordings: 4 })
        assert.isNull(independent(directory, publicKey))
        for (const file of files(directory).filter((file) => !/\/(media|part|known\.json)/.test(file))) {
          const before = readFileSync(file)
          const changed = Buffer.from(before)
          changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1
          writeFileSync(file, changed)
          assert.isNotNull((yield* verdictOf(directory)).difference, file)
          assert.isNotNull(independent(directory), file)
          writeFileSync(file, before)
        }
      }
    }).pipe(Effect.scoped)
  )

  it.live("is taken over by the first run, to a chain that names the head of the old one and has no number", () =>
    Effect.gen(function* () {
      for (const kind of kinds) {
        const directory = yield* copyOf(kind)
        const before = yield* verdictOf(directory)
        const old = readFileSync(chainOf(directory), "utf8")
        const entriesOf = Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ list }) => Stream.runCollect(list)).pipe(
          Effect.provide(folder({ directory }))
        )
        const index = yield* entriesOf
        yield* Effect.provide(touch, archive(directory, kind === "signed" ? yield* signed : null))
        const publicKey = kind === "signed" ? yield* signer : undefined
        const verdict = yield* verdictOf(directory, { publicKey })
        assert.isNull(verdict.difference)
        assert.isNull(independent(directory, publicKey))
        assert.deepInclude(verdict, { version: 2, recordings: before.recordings, audio: before.audio, strays: [] })
        assert.strictEqual(verdict.objects, before.objects + 1)
        const chain = readFileSync(chainOf(directory), "utf8")
        assert.include(chain, `"head":"${before.head}"`)
        const numbers = new Set(old.match(/\+91\d{10}/g))
        assert.isAbove(numbers.size, 0)
        for (const number of numbers) assert.notInclude(chain, number.slice(3))
        // The old chain is kept whole, as an object.
        const objects = files(join(directory, "objects")).map((file) =>
          readFileSync(file, "utf8")
            .trimEnd()
            .split("\n")
            .map((line) => String((JSON.parse(line) as { readonly text?: string }).text))
            .join("")
        )
        assert.include(objects, old)
        // The index has what it had, and salts.
        const salted = yield* entriesOf
        assert.deepStrictEqual(
          salted.map((entry) => Object.entries(entry).filter(([name]) => name !== "salt")),
          index.map((entry) => Object.entries(entry))
        )
        assert.isFalse(existsSync(join(directory, "manifest/migration")))
      }
    }).pipe(Effect.scoped)
  )

  it.live("is taken over wherever it is killed meanwhile", () =>
    Effect.gen(function* () {
      let kills = 0
      for (let changes = 0; ; changes += Effort.sized({ quick: 45, full: 3 })) {
        const directory = yield* copyOf("plain")
        const killed = Killed.after(changes)
        yield* Effect.exit(Effect.provide(touch, Killed.archive(directory, killed)))
        if (!killed.wasKilled()) break
        kills++
        // It is the one or the other, or is said not to be finished.
        const { difference } = yield* verdictOf(directory)
        const found = difference?.found ?? ""
        const isTold = difference === null || /migration|no whole line/.test(`${difference.place} ${found}`)
        assert.isTrue(isTold, `${changes}: ${JSON.stringify(difference)}`)
        yield* Effect.provide(touch, archive(directory))
        const verdict = yield* verdictOf(directory)
        assert.isNull(verdict.difference, `killed after ${changes}`)
        assert.strictEqual(verdict.version, 2)
        assert.isNull(independent(directory), `killed after ${changes}`)
      }
      assert.isAbove(kills, Effort.sized({ quick: 2, full: 20 }))
    }).pipe(Effect.scoped)
  )

  it.live("is put in place to its end, with nothing that is none of it", () =>
    Effect.gen(function* () {
      const root = "ab".repeat(32)
      const [kept, gone] = ["cd".repeat(32), "ef".repeat(32)]
      for (const [what, prepared, expected] of [
        ["nothing", [], [`objects/ab/${gone}`]],
        ["neither objects nor an index", ["manifest/migration/x"], []],
        [
          "all",
          [
            `manifest/migration/objects/${root}.ndjson`,
            `manifest/migration/objects/${root}.ndjson.tmp`,
            `manifest/migration/objects/x${root}.ndjson`,
            "manifest/migration/index/2026/05/10/r.json",
            "manifest/migration/index/2026/05/10/.r.json.part"
          ],
          [`objects/ab/${root}.ndjson`, "index/2026/05/10/r.json"]
        ]
      ] as const) {
        const directory = `${yield* temporary}/archive`
        const others = [
          `objects/ab/${kept}.ndjson`,
          `objects/ab/x${gone}`,
          `objects/ab/${gone}x`,
          `objects/abc/${gone}`
        ]
        for (const name of [...prepared, ...others, `objects/ab/${gone}`]) {
          mkdirSync(dirname(join(directory, name)), { recursive: true })
          writeFileSync(join(directory, name), name)
        }
        yield* Effect.flatMap(Disk.make, (disk) => Migrating.finish(disk, directory)).pipe(
          Effect.provide(NodeServices.layer)
        )
        const left = files(directory).map((file) => file.slice(directory.length + 1))
        assert.deepStrictEqual(left, [...others, ...expected].toSorted(), what)
        assert.isFalse(existsSync(join(directory, "manifest/migration")))
      }
    }).pipe(Effect.scoped)
  )

  it.live("is not taken over where it is not as its manifest says, or without its key", () =>
    Effect.gen(function* () {
      const attempts: ReadonlyArray<readonly [what: string, change: (directory: string) => void]> = [
        ["a file of the index that is gone", (directory) => rmSync(files(join(directory, "index"))[0] ?? "")],
        ["one that was changed", (directory) => writeFileSync(files(join(directory, "index"))[0] ?? "", "{}\n")],
        ["an object that was put in", (directory) => writeFileSync(join(directory, "objects/02/x"), "x")],
        [
          "a file of a run that was killed",
          (directory) => {
            const lines = readFileSync(chainOf(directory), "utf8").trimEnd().split("\n").slice(0, -2)
            writeFileSync(chainOf(directory), `${lines.join("\n")}\n`)
          }
        ]
      ]
      for (const [what, change] of attempts) {
        const directory = yield* copyOf("plain")
        change(directory)
        const before = readFileSync(chainOf(directory))
        const error = yield* Effect.flip(Effect.provide(touch, archive(directory)))
        assert.strictEqual(error.kind, "damaged", what)
        assert.isTrue(readFileSync(chainOf(directory)).equals(before), what)
      }
      const directory = yield* copyOf("signed")
      assert.strictEqual((yield* Effect.flip(Effect.provide(touch, archive(directory)))).kind, "key")
    }).pipe(Effect.scoped)
  )

  it.live("loses a person as any other: in the old chain, too", () =>
    Effect.gen(function* () {
      const directory = yield* copyOf("plain")
      const number = "+919821064829"
      const person = yield* Erase.person(number, null)
      const has = () => files(directory).filter((file) => readFileSync(file, "utf8").includes(number.slice(3)))
      assert.include(has(), chainOf(directory))
      const dry = yield* Effect.provide(Erase.plan(person, { directory, holds: [] }), archive(directory))
      const summary = yield* Effect.gen(function* () {
        const manifest = yield* (yield* Manifest.Manifest).run("erase")
        yield* Erase.begin(directory)
        const plan = yield* Erase.plan(person, { directory, holds: [] })
        const why = { reason: "asked for", reference: null, by: null }
        return yield* Erase.execute(plan, { person, directory, manifest, why })
      }).pipe(Effect.scoped, Effect.provide(archive(directory)))
      assert.deepStrictEqual(has(), [])
      assert.strictEqual(summary.recordings, dry.targets.length)
      // What is shown before it is done is what is done.
      assert.strictEqual(summary.segments, dry.objects.flatMap(({ segments }) => segments).length)
      assert.isAbove(summary.segments, 2)
      assert.isNull((yield* verdictOf(directory)).difference)
      assert.isNull(independent(directory))
    }).pipe(Effect.scoped)
  )
})
