/** What is seen of an object, and of the file of an event, in each form that it can be stored in. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Redacted, type Scope, Stream } from "effect"

import * as Disk from "../src/internal/disk.ts"
import * as Event from "../src/internal/event.ts"
import * as Form from "../src/internal/form.ts"
import * as Objects from "../src/internal/objects.ts"
import * as Sealed from "../src/internal/sealed.ts"
import * as Segments from "../src/internal/segments.ts"
import type { ExpectedObject } from "../src/internal/state.ts"
import { sha256, temporary } from "./utils.ts"

const key = Redacted.make(new Uint8Array(32).fill(7))
const [plain, locked] = [Form.of(null), Form.of(key)]
const keyId = locked.key

const written = Effect.fnUntraced(function* (form: Form.Form, texts: ReadonlyArray<string>) {
  const disk = yield* Disk.make
  const directory = yield* temporary
  const segments = texts.map((text, n): Segments.Segment =>
    text === ""
      ? { _tag: "Erased", leaf: new Uint8Array(32).fill(n) }
      : { _tag: "Kept", salt: new Uint8Array(32).fill(n), bytes: Buffer.from(text) }
  )
  const sum = yield* Objects.write(disk, form, directory, Stream.fromIterable(segments))
  const file = `${directory}/${Objects.pendingPath(sum.root)}`
  const expected: ExpectedObject = {
    entry: 1,
    bytes: sum.bytes,
    segments: sum.segments,
    erased: new Set(sum.erased),
    sealed: sum.sealed
  }
  return { disk, directory, file, sum, expected }
})

const inFolder = <A, E>(body: Effect.Effect<A, E, NodeServices.NodeServices | Scope.Scope>) =>
  body.pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("an object", () => {
  it.effect("is written as it is said to be stored", () =>
    inFolder(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const clear = yield* written(plain, ["one", "two", ""])
        assert.deepInclude(clear.sum, { bytes: 6, segments: 3, erased: [2], sealed: null })
        const secret = yield* written(locked, ["one", "two", ""])
        assert.strictEqual(secret.sum.root, clear.sum.root)
        const bytes = yield* fs.readFile(secret.file)
        assert.deepStrictEqual(secret.sum.sealed, { sha256: sha256(bytes), bytes: bytes.length })
        assert.deepStrictEqual(Objects.bodyOf(clear.sum), { root: clear.sum.root, bytes: 6, segments: 3 })
        assert.deepStrictEqual(Objects.bodyOf(secret.sum), {
          root: clear.sum.root,
          bytes: 6,
          segments: 3,
          sealed: { sha256: sha256(bytes), bytes: bytes.length }
        })
      })
    )
  )

  it.effect("is not taken for another one, in any form", () =>
    inFolder(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const clear = yield* written(plain, ["one", "two"])
        const secret = yield* written(locked, ["one", "two"])
        const { root } = clear.sum
        const look = (at: typeof clear, form: Form.Form, more: Partial<ExpectedObject> = {}, name = root) =>
          Objects.look(at.disk, form, at.file, name, { ...at.expected, ...more })
        const head = { isEncrypted: true, key: keyId }
        const open = { isEncrypted: false, key: null }
        assert.deepStrictEqual(yield* look(clear, plain), { wrong: null, head: open, isRead: true })
        assert.deepStrictEqual(yield* look(secret, locked), { wrong: null, head, isRead: true })
        // Without the key, only how it is stored is compared.
        assert.deepStrictEqual(yield* look(secret, plain), { wrong: null, head, isRead: false })
        const stored = secret.sum.sealed ?? { sha256: "", bytes: 0 }
        const other = "0".repeat(64)
        const wrong = Effect.fnUntraced(function* (seen: ReturnType<typeof look>) {
          return (yield* seen).wrong
        })
        assert.strictEqual(
          yield* wrong(look(secret, locked, { sealed: null })),
          "an encrypted file, and one in clear was written"
        )
        assert.strictEqual(
          yield* wrong(look(secret, locked, { sealed: null, segments: 1 })),
          "an encrypted file, and one in clear was written"
        )
        for (const form of [plain, locked]) {
          assert.strictEqual(
            yield* wrong(look(secret, form, { sealed: { ...stored, sha256: other } })),
            `an encrypted file with ${stored.sha256}, and one with ${other} was written`
          )
          assert.strictEqual(
            yield* wrong(look(secret, form, { sealed: { ...stored, bytes: stored.bytes + 1 } })),
            `an encrypted file of ${stored.bytes} bytes, and one of ${stored.bytes + 1} was written`
          )
        }
        const { size } = yield* fs.stat(clear.file)
        assert.strictEqual(
          yield* wrong(look(clear, locked, { sealed: { sha256: other, bytes: Number(size) } })),
          "a file in clear, and an encrypted one was written"
        )
        assert.strictEqual(
          yield* wrong(look(clear, locked, { sealed: { sha256: other, bytes: 1 } })),
          "a file in clear, and an encrypted one was written"
        )
        assert.strictEqual(yield* wrong(look(clear, plain, {}, other)), `one with the root ${root}`)
        assert.strictEqual(yield* wrong(look(clear, plain, { segments: 3 })), "2 segments")
        assert.strictEqual(yield* wrong(look(clear, plain, { bytes: 7 })), "6 bytes")
        assert.strictEqual(
          yield* wrong(look(clear, plain, { erased: new Set([1]) })),
          "segments that an entry says were erased"
        )
        const gone = yield* written(plain, ["one", ""])
        assert.isNull(yield* wrong(look(gone, plain, { bytes: 7 }, gone.sum.root)))
        assert.strictEqual(
          yield* wrong(look(gone, plain, { erased: new Set() }, gone.sum.root)),
          "segments that were erased, and no entry says so"
        )
        yield* fs.writeFileString(clear.file, "no segment\n")
        assert.strictEqual(yield* wrong(look(clear, plain)), "a file that is not of segments")
        const bytes = yield* fs.readFile(secret.file)
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
        yield* fs.writeFile(secret.file, bytes)
        assert.strictEqual(
          yield* wrong(look(secret, locked)),
          `an encrypted file with ${sha256(bytes)}, and one with ${stored.sha256} was written`
        )
        yield* fs.remove(clear.file)
        assert.deepStrictEqual(yield* look(clear, plain), { wrong: "no file", head: null, isRead: true })
      })
    )
  )

  it.effect("is read segment by segment, or not at all", () =>
    inFolder(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { directory, disk, sum } = yield* written(locked, ["one", "two"])
        const read = (form: Form.Form) => Stream.runCollect(Objects.read(disk, form, directory, sum.root))
        const place = `${directory}/${Segments.pathOf(sum.root)}`
        const missing = yield* Effect.flip(read(locked))
        assert.deepInclude(missing, { kind: "missing", place, detail: "there is no such object" })
        yield* Objects.settle(disk, directory, sum.root)
        assert.deepStrictEqual(
          (yield* read(locked)).map((one) => (one._tag === "Kept" ? Buffer.from(one.bytes).toString() : null)),
          ["one", "two"]
        )
        assert.deepInclude(yield* Effect.flip(read(plain)), { kind: "key", place })
        yield* fs.writeFileString(place, "no segment\n")
        assert.deepInclude(yield* Effect.flip(read(plain)), {
          kind: "damaged",
          place,
          detail: "it is no object of the manifest"
        })
        yield* fs.remove(place)
        yield* fs.makeDirectory(place)
        assert.deepInclude(yield* Effect.flip(read(plain)), { kind: "damaged", detail: "it is no plain file" })
      })
    )
  )
})

describe("the file of an event", () => {
  const place = "index/2026/05/10/r.json"
  const event = { _tag: "Stored", recordingId: "r" }
  const expected = { sha256: Event.digestOf(event), sealed: null }

  it.effect("is not taken for another one, in any form", () =>
    inFolder(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const disk = yield* Disk.make
        const file = `${yield* temporary}/event`
        const look = (form: Form.Form, more: { readonly sha256?: string; readonly sealed?: Form.Stored | null } = {}) =>
          Sealed.lookAtEvent(disk, form, file, place, { ...expected, ...more })
        const line = Event.lineOf(event)
        assert.deepStrictEqual(yield* look(plain), { wrong: "no file", head: null, isRead: true, event: null })
        yield* fs.writeFileString(file, line)
        const open = { isEncrypted: false, key: null }
        assert.deepStrictEqual(yield* look(plain), { wrong: null, head: open, isRead: true, event })
        assert.deepInclude(yield* look(plain, { sha256: "other" }), {
          wrong: `one with ${expected.sha256}`,
          event: null
        })
        assert.deepInclude(yield* look(locked, { sealed: { sha256: "", bytes: 0 } }), {
          wrong: "a file in clear, and an encrypted one was written"
        })
        yield* fs.writeFile(file, new Uint8Array(Sealed.longestEvent + 1))
        assert.deepInclude(yield* look(plain), { wrong: "a file that is longer than an entry" })
        yield* fs.writeFile(file, new Uint8Array(Sealed.longestEvent))
        assert.deepInclude(yield* look(plain), { wrong: "a file that is no entry, or longer than one" })

        const sealed = Form.seal(locked, place, Buffer.from(line))
        const stored = Form.storedOf(sealed)
        const head = { isEncrypted: true, key: keyId }
        yield* fs.writeFile(file, sealed)
        assert.deepStrictEqual(yield* look(locked, { sealed: stored }), { wrong: null, head, isRead: true, event })
        assert.deepStrictEqual(yield* look(plain, { sealed: stored }), {
          wrong: null,
          head,
          isRead: false,
          event: null
        })
        assert.deepInclude(yield* look(locked), { wrong: "an encrypted file, and one in clear was written" })
        // One that was encrypted for another place cannot be read at this one.
        const moved = Form.seal(locked, "index/2026/05/10/s.json", Buffer.from(line))
        yield* fs.writeFile(file, moved)
        const { wrong } = yield* look(locked, { sealed: Form.storedOf(moved) })
        assert.isTrue(wrong?.startsWith("a file that cannot be decrypted: "), String(wrong))
      })
    )
  )
})
