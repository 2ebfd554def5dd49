/** Encrypted files, read and written by docs/archive.md alone. */
import { assert, it } from "@vobiz-effect/test-support"
import { ArchiveIndex, AudioStore } from "@vobiz-effect/archive"
import { DateTime, Effect, Redacted, Stream } from "effect"
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

import { collect, folder, sha256, temporary } from "./utils.ts"

const chunkLength = 65_536

const numbered = (index: number) => {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(index))
  return number
}

const read = (file: Buffer, place: string, key: Uint8Array): Buffer => {
  assert.strictEqual(file.toString("latin1", 0, 8), "VBZARC2\0")
  const id = createHash("sha256").update("vobiz-effect archive key id v2").update(key).digest().subarray(0, 8)
  assert.isTrue(file.subarray(8, 16).equals(id))
  const header = file.subarray(0, 48)
  const info = Buffer.from("vobiz-effect archive file key v2")
  const input = Buffer.concat([Buffer.of(0, 0, 0, 1), key, info, header.subarray(16)])
  const fileKey = createHash("sha256").update(input).digest()
  const content: Array<Buffer> = []
  let last = 0
  for (let at = 48, index = 0; last === 0; index++) {
    const chunk = file.subarray(at, at + 1 + 12 + chunkLength + 16)
    last = chunk[0] ?? 0
    const bound = [header, numbered(index), chunk.subarray(0, 1), Buffer.from(last === 1 ? place : "")]
    const decipher = createDecipheriv("aes-256-gcm", fileKey, chunk.subarray(1, 13))
      .setAAD(Buffer.concat(bound))
      .setAuthTag(chunk.subarray(-16))
    content.push(decipher.update(chunk.subarray(13, -16)), decipher.final())
    at += chunk.length
    if (last === 1) assert.strictEqual(at, file.length)
  }
  return Buffer.concat(content)
}

/** A file of the first format. */
const first = (content: Uint8Array, key: Uint8Array): Buffer => {
  const header = Buffer.concat([Buffer.from("VBZARC1\0", "latin1"), randomBytes(32)])
  const fileKey = Buffer.from(hkdfSync("sha256", key, header.subarray(8), "vobiz-effect archive file key v1", 32))
  const count = Math.max(1, Math.ceil(content.length / chunkLength))
  const chunks = Array.from({ length: count }, (_, index) => {
    const last = Buffer.of(index === count - 1 ? 1 : 0)
    const nonce = randomBytes(12)
    const cipher = createCipheriv("aes-256-gcm", fileKey, nonce).setAAD(Buffer.concat([header, numbered(index), last]))
    const body = cipher.update(content.subarray(index * chunkLength, (index + 1) * chunkLength))
    return Buffer.concat([last, nonce, body, cipher.final(), cipher.getAuthTag()])
  })
  return Buffer.concat([header, ...chunks])
}

const key = Uint8Array.from({ length: 32 }, (_, n) => 255 - n)
const lengths = [0, 65_536, 200_000]
const audioOf = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, n) => n % 256))

it.effect("an encrypted file can be read by what the documentation says of it", () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const services = folder({ directory, key: Redacted.make(key) })
    for (const length of lengths) {
      const audio = audioOf(length)
      yield* Effect.provide(AudioStore.put("a", Stream.make(audio)), services)
      const place = AudioStore.pathOf(sha256(audio))
      assert.isTrue(read(readFileSync(`${directory}/${place}`), place, key).equals(audio))
    }
    const addTime = "2026-05-10T12:00:00.000Z"
    const place = ArchiveIndex.pathOf({ addTime, recordingId: "a" })
    const sum = { sha256: sha256(""), bytes: 0 }
    const tombstone = { _tag: "Tombstone", callUuid: "c", audioRemoved: true, rule: "r", ...sum } as const
    const at = DateTime.makeUnsafe(addTime)
    const entry = { ...tombstone, recordingId: "a", addTime: at, at }
    yield* Effect.provide(
      Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ put }) => put(entry)),
      services
    )
    assert.deepInclude(JSON.parse(read(readFileSync(`${directory}/${place}`), place, key).toString()), tombstone)
  }).pipe(Effect.scoped)
)

it.effect("a file of the first format is read by any of several keys, and no other is", () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const other = Redacted.make(new Uint8Array(32).fill(3))
    for (const length of lengths) {
      const audio = audioOf(length)
      const address = sha256(audio)
      const file = `${directory}/${AudioStore.pathOf(address)}`
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, first(audio, key))
      const opened = (keys: ReadonlyArray<Redacted.Redacted<Uint8Array>>) =>
        Effect.flatMap(AudioStore.AudioStore, ({ open }) => collect(open(address))).pipe(
          Effect.provide(folder({ directory, key: keys }))
        )
      assert.isTrue((yield* opened([other, Redacted.make(key)])).equals(audio))
      assert.strictEqual((yield* Effect.flip(opened([other]))).kind, "damaged")
      assert.strictEqual((yield* Effect.flip(opened([]))).kind, "key")
    }
  }).pipe(Effect.scoped)
)
