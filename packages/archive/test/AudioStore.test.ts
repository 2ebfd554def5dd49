import { createHash } from "node:crypto"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { ArchiveIndex, AudioStore, Encryption } from "@vobiz-effect/archive"
import { ConfigProvider, Effect, Exit, FileSystem, Layer, Redacted, Scope, Stream } from "effect"

import { fileName } from "../src/internal/fileName.ts"
import * as Killed from "./killed.ts"
import { collect, folder, sha256, temporary, tree } from "./utils.ts"

const bytes = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, index) => (index * 31 * seed + (index >> 8)) % 251)

const pieces = (whole: Uint8Array, length: number) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(whole.length / length) }, (_, n) => whole.subarray(n * length, (n + 1) * length))
  )

const key = Redacted.make(Uint8Array.from({ length: 32 }, (_, n) => n))
const source = { validator: '"v1"', total: null }

for (const [form, options] of [
  ["as it is", {}],
  ["encrypted", { key }]
] as const) {
  describe(`AudioStore.layerFolder, ${form}`, () => {
    const inFolder = <A, E>(
      test: (
        directory: string
      ) => Effect.Effect<A, E, AudioStore.AudioStore | ArchiveIndex.ArchiveIndex | FileSystem.FileSystem | Scope.Scope>
    ) =>
      Effect.gen(function* () {
        const directory = yield* temporary
        return yield* test(directory).pipe(Effect.provide(folder({ directory, syncEvery: 100_000, ...options })))
      }).pipe(Effect.scoped)

    it.effect("makes no folder to look at audio that is not there", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const { has, list } = yield* AudioStore.AudioStore
          assert.isFalse(yield* has(sha256(bytes(10))))
          assert.deepStrictEqual(yield* Stream.runCollect(list), [])
          const fs = yield* FileSystem.FileSystem
          assert.isFalse(yield* fs.exists(`${directory}/audio`))
        })
      )
    )

    it.effect("resumes nothing from a note that a power cut emptied", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          yield* fs.makeDirectory(`${directory}/part`, { recursive: true })
          yield* fs.writeFileString(`${directory}/part/${fileName("a")}.json`, '{"valid')
          const { sha256 } = yield* AudioStore.put("a", Stream.make(bytes(10)))
          assert.deepStrictEqual(yield* tree(directory), [AudioStore.pathOf(sha256)])
        })
      )
    )

    it.effect("leaves nothing of a process that was killed while it noted how far it had come", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          let kills = 0
          for (let changes = 0; ; changes++) {
            const dead = Killed.after(changes)
            yield* Effect.gen(function* () {
              const intake = yield* (yield* AudioStore.AudioStore).intake("a")
              yield* intake.begin(source)
              yield* intake.append(bytes(150_000))
            }).pipe(
              Effect.scoped,
              Effect.provide(
                Layer.provide(AudioStore.AudioStore.layerFolder({ directory, syncEvery: 1000, ...options }), dead.layer)
              ),
              Effect.ignore
            )
            yield* Effect.scoped(Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ exclusive }) => exclusive))
            const { sha256 } = yield* AudioStore.put("a", Stream.make(bytes(10)))
            assert.deepStrictEqual(yield* tree(directory), [AudioStore.pathOf(sha256)])
            if (!dead.wasKilled()) break
            kills++
          }
          // Where the part is opened and written, and its note opened, written and named, at least.
          assert.isAtLeast(kills, 5)
        })
      )
    )

    for (const length of [0, 1, 65_535, 65_536, 65_537, 300_000]) {
      it.effect(`keeps ${length} bytes under their SHA-256 and gives them back`, () =>
        inFolder((directory) =>
          Effect.gen(function* () {
            const store = yield* AudioStore.AudioStore
            const audio = bytes(length)
            const delivery = yield* AudioStore.put("a", pieces(audio, 10_000))
            assert.deepInclude(delivery, { sha256: sha256(audio), bytes: length, isNew: true })
            const stored = yield* collect(store.stored(delivery.sha256))
            const path = AudioStore.pathOf(delivery.sha256)
            const sealed = form === "as it is" ? null : { path, sha256: sha256(stored), bytes: stored.length }
            assert.deepStrictEqual(delivery.sealed, sealed)
            assert.isTrue(yield* store.has(delivery.sha256))
            assert.deepStrictEqual(yield* tree(directory), [AudioStore.pathOf(delivery.sha256)])
            assert.isTrue((yield* collect(store.open(delivery.sha256))).equals(audio))
            assert.strictEqual(yield* AudioStore.verify(delivery.sha256), length)
          })
        )
      )
    }

    it.effect("stores the same audio once, lists it, and removes it", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const store = yield* AudioStore.AudioStore
          const first = yield* AudioStore.put("a", pieces(bytes(5000), 900))
          const again = yield* AudioStore.put("b", pieces(bytes(5000), 900))
          assert.deepStrictEqual([first.isNew, again.isNew, again.sha256], [true, false, first.sha256])
          yield* AudioStore.put("c", pieces(bytes(5000, 2), 900))
          const fs = yield* FileSystem.FileSystem
          const strays = [".DS_Store", "Thumbs.db"].map((name) => `${directory}/audio/${name}`)
          for (const stray of strays) yield* fs.writeFileString(stray, "x")
          const listed = yield* Stream.runCollect(store.list)
          for (const stray of strays) yield* fs.remove(stray)
          assert.deepStrictEqual(
            listed.map(({ sha256 }) => sha256),
            [sha256(bytes(5000)), sha256(bytes(5000, 2))].toSorted()
          )
          yield* store.remove(first.sha256)
          assert.isFalse(yield* store.has(first.sha256))
          assert.strictEqual((yield* tree(directory)).length, 1)
        })
      )
    )

    it.effect("resumes a part that was left, as far as it had reached the disk", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const store = yield* AudioStore.AudioStore
          const audio = bytes(300_000)
          // No finalizer runs, as when the process is killed.
          const killed = yield* Scope.make()
          const before = yield* Scope.provide(killed)(store.intake("a"))
          yield* before.begin(source)
          yield* Stream.runForEach(pieces(audio.subarray(0, 270_000), 10_000), before.append)

          const after = yield* store.intake("a")
          assert.isAbove(after.length, 100_000)
          assert.isAtMost(after.length, 270_000)
          assert.deepStrictEqual(after.source, source)
          assert.deepStrictEqual(Buffer.from(after.head), Buffer.from(audio.subarray(0, 512)))
          yield* after.append(audio.subarray(after.length))
          assert.strictEqual((yield* after.finish).sha256, sha256(audio))
          assert.isTrue((yield* collect(store.open(sha256(audio)))).equals(audio))
          assert.strictEqual((yield* tree(directory)).length, 1)
          yield* Scope.close(killed, Exit.void)
        }).pipe(Effect.scoped)
      )
    )

    it.effect("resumes with all but what is in memory after an orderly end", () =>
      inFolder(() =>
        Effect.gen(function* () {
          const store = yield* AudioStore.AudioStore
          yield* Effect.scoped(
            Effect.gen(function* () {
              const intake = yield* store.intake("a")
              yield* intake.begin(source)
              yield* intake.append(bytes(70_000))
            })
          )
          assert.isAtLeast((yield* store.intake("a")).length, 65_536)
        }).pipe(Effect.scoped)
      )
    )

    it.effect("begins anew where a part is damaged, or its source cannot be told again", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const store = yield* AudioStore.AudioStore
          const leave = (from: AudioStore.Source) =>
            Effect.gen(function* () {
              const intake = yield* store.intake("a")
              yield* intake.begin(from)
              yield* intake.append(bytes(200_000))
            }).pipe(Effect.scoped)
          const length = Effect.scoped(Effect.map(store.intake("a"), (intake) => intake.length))

          yield* leave({ validator: null, total: 1_000_000 })
          assert.strictEqual(yield* length, 0)

          yield* leave(source)
          const part = (yield* tree(directory)).find((name) => name.endsWith(".part"))
          yield* fs.truncate(`${directory}/${part}`, 1000)
          assert.strictEqual(yield* length, 0)
        })
      )
    )

    it.effect("is for the owner alone", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          yield* AudioStore.put("a", pieces(bytes(1000), 100))
          for (const name of yield* fs.readDirectory(directory, { recursive: true })) {
            const { mode, type } = yield* fs.stat(`${directory}/${name}`)
            assert.strictEqual(mode & 0o777, type === "Directory" ? 0o700 : 0o600, name)
          }
        })
      )
    )

    it.effect("finds whatever was changed, cut or added in a file", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const { sha256: address } = yield* AudioStore.put("a", pieces(bytes(150_000), 10_000))
          const file = `${directory}/audio/${address.slice(0, 2)}/${address}`
          const whole = yield* fs.readFile(file)
          const damages = [
            ...[0, 10, 50, 65_600, whole.length - 1].map((at) => {
              const changed = Uint8Array.from(whole)
              changed[at] = (changed[at] ?? 0) ^ 1
              return changed
            }),
            ...[0, 30, 41, 65_605, 131_170, whole.length - 1].map((length) => whole.subarray(0, length)),
            Uint8Array.from([...whole, 0])
          ]
          // At the second of these places, an encrypted file has the id of its key.
          const isOfKey = (n: number) => form === "encrypted" && n === 1
          for (const [n, damaged] of damages.entries()) {
            yield* fs.writeFile(file, damaged)
            const error = yield* Effect.flip(AudioStore.verify(address))
            assert.strictEqual(error.kind, isOfKey(n) ? "key" : "damaged")
          }
        })
      )
    )

    it.effect("puts audio that is whole in place of the same that was damaged", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const { sha256: address } = yield* AudioStore.put("a", pieces(bytes(5000), 900))
          const file = `${directory}/audio/${address.slice(0, 2)}/${address}`
          const damaged = yield* fs.readFile(file)
          damaged[2000] = (damaged[2000] ?? 0) ^ 1
          yield* fs.writeFile(file, damaged)
          assert.isTrue((yield* AudioStore.put("b", pieces(bytes(5000), 900))).isNew)
          assert.strictEqual(yield* AudioStore.verify(address), 5000)
        })
      )
    )

    it.effect("has no audio where a link is in its place, and takes the audio there again", () =>
      inFolder((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const store = yield* AudioStore.AudioStore
          const whole = bytes(1000)
          const { sha256 } = yield* AudioStore.put("a", Stream.make(whole))
          const file = `${directory}/audio/${sha256.slice(0, 2)}/${sha256}`
          yield* fs.rename(file, `${directory}/elsewhere`)
          yield* fs.symlink(`${directory}/elsewhere`, file)
          assert.isFalse(yield* store.has(sha256))
          yield* AudioStore.put("a", Stream.make(whole))
          assert.isTrue(yield* store.has(sha256))
          assert.deepStrictEqual(yield* collect(store.open(sha256)), whole)
        })
      )
    )

    it.effect("takes nothing but a SHA-256 for an address", () =>
      inFolder(() =>
        Effect.gen(function* () {
          const store = yield* AudioStore.AudioStore
          for (const address of ["../../etc/passwd", "", "a".repeat(63), `${"a".repeat(63)}/`]) {
            assert.strictEqual((yield* Effect.flip(store.has(address))).kind, "missing")
            assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.open(address)))).kind, "missing")
          }
        })
      )
    )
  })
}

describe("Encryption", () => {
  it.effect("leaves no audio on the disk, and opens by its own key alone", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const audio = new TextEncoder().encode("RIFF in the clear ".repeat(10_000))
      const { sha256: address } = yield* AudioStore.put("a", Stream.make(audio)).pipe(
        Effect.provide(folder({ directory, key }))
      )
      const file = `${directory}/audio/${address.slice(0, 2)}/${address}`
      const written = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile(file)).pipe(
        Effect.provide(folder({ directory }))
      )
      assert.notInclude(Buffer.from(written).toString("latin1"), "RIFF")
      const other = Redacted.make(new Uint8Array(32))
      const error = yield* Effect.flip(Effect.provide(AudioStore.verify(address), folder({ directory, key: other })))
      assert.strictEqual(error.kind, "key")
      assert.include(error.message, Encryption.idOf(key))
      // An old key stays behind the new one.
      const both = folder({ directory, key: [other, key] })
      assert.strictEqual(yield* Effect.provide(AudioStore.verify(address), both), audio.length)
    }).pipe(Effect.scoped)
  )

  it.effect("has its key from the environment, or from a file that it names, or none", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/key`
      const bytes = Uint8Array.from({ length: 32 }, (_, n) => n)
      const text = Buffer.from(bytes).toString("hex")
      yield* fs.writeFileString(file, `${text}\n`, { mode: 0o600 })
      const keyOf = (environment: Readonly<Record<string, string>>) =>
        Encryption.keyFromConfig.pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))))
      const given = yield* keyOf({ VOBIZ_ARCHIVE_KEY: text })
      const read = yield* keyOf({ VOBIZ_ARCHIVE_KEY_FILE: file })
      assert.deepStrictEqual(given?.map(Redacted.value), [bytes])
      assert.deepStrictEqual(read?.map(Redacted.value), [bytes])
      const old = bytes.toReversed()
      const base64 = Buffer.from(old).toString("base64")
      const several = yield* keyOf({ VOBIZ_ARCHIVE_KEY: `${text}, ${base64}` })
      assert.deepStrictEqual(several?.map(Redacted.value), [bytes, old])
      yield* fs.writeFileString(file, `${text}\n\n${base64}\r\n`)
      const lines = yield* keyOf({ VOBIZ_ARCHIVE_KEY_FILE: file })
      assert.deepStrictEqual(lines?.map(Redacted.value), [bytes, old])
      const second = yield* Effect.flip(keyOf({ VOBIZ_ARCHIVE_KEY: `${text},hunter2` }))
      assert.include(second.message, "VOBIZ_ARCHIVE_KEY, its key 2: it is not 32 bytes")
      assert.notInclude(second.message, "hunter2")
      assert.include((yield* Effect.flip(keyOf({ VOBIZ_ARCHIVE_KEY: " , " }))).message, "it has no key")
      assert.isNull(yield* keyOf({}))
      // What is not there, or is read by others, may be the right key: no new one is suggested.
      const error = yield* Effect.flip(keyOf({ VOBIZ_ARCHIVE_KEY_FILE: `${file}s` }))
      assert.strictEqual(error.message, `the archive's key from ${file}s: it cannot be read (ENOENT)`)
      yield* fs.chmod(file, 0o640)
      assert.include((yield* Effect.flip(keyOf({ VOBIZ_ARCHIVE_KEY_FILE: file }))).message, "chmod 600")
      for (const weak of ["00".repeat(32), "0123".repeat(16)]) {
        assert.include((yield* Effect.flip(keyOf({ VOBIZ_ARCHIVE_KEY: weak }))).message, "weak")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("takes a key of 32 bytes, and never tells what was given for it", () =>
    Effect.gen(function* () {
      const hex = yield* Encryption.keyFromText(Redacted.make(`${"0f".repeat(32)}\n`), "a test")
      const base64 = yield* Encryption.keyFromText(Redacted.make(Buffer.alloc(32, 15).toString("base64")), "a test")
      assert.deepStrictEqual(Redacted.value(hex), Redacted.value(base64))
      const error = yield* Effect.flip(Encryption.keyFromText(Redacted.make("hunter2"), "a test"))
      assert.notInclude(JSON.stringify(error) + error.message, "hunter2")
      assert.include(error.message, "openssl rand -hex 32")
      // A key that was cut off while it was copied, or has what base64 has not, would be another key, without a word.
      const random = createHash("sha256").update("a key").digest()
      for (const wrong of [
        random.toString("hex").slice(0, 43),
        random.toString("base64").replace(/^..../, "$&!"),
        `"${random.toString("base64")}"`
      ]) {
        const refused = yield* Effect.flip(Encryption.keyFromText(Redacted.make(wrong), "a test"))
        assert.include(refused.message, "it is not 32 bytes")
      }
      for (const right of [random.toString("base64"), random.toString("base64url")]) {
        const taken = yield* Encryption.keyFromText(Redacted.make(right), "a test")
        assert.deepStrictEqual(Redacted.value(taken), new Uint8Array(random))
      }
    })
  )
})
