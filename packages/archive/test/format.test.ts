/** An encrypted file, read by docs/archive.md alone. */
import { assert, it } from "@vobiz-effect/test-support"
import { AudioStore } from "@vobiz-effect/archive"
import { Effect, Redacted, Stream } from "effect"
import { createDecipheriv, hkdfSync } from "node:crypto"
import { readFileSync } from "node:fs"

import { folder, sha256, temporary } from "./utils.ts"

const read = (file: Buffer, key: Uint8Array): Buffer => {
  assert.strictEqual(file.toString("latin1", 0, 8), "VBZARC1\0")
  const header = file.subarray(0, 40)
  const fileKey = Buffer.from(hkdfSync("sha256", key, header.subarray(8), "vobiz-effect archive file key v1", 32))
  const audio: Array<Buffer> = []
  let last = 0
  for (let at = 40, index = 0; last === 0; index++) {
    const chunk = file.subarray(at, at + 1 + 12 + 65_536 + 16)
    last = chunk[0] ?? 0
    const number = Buffer.alloc(8)
    number.writeBigUInt64BE(BigInt(index))
    const decipher = createDecipheriv("aes-256-gcm", fileKey, chunk.subarray(1, 13))
      .setAAD(Buffer.concat([header, number, chunk.subarray(0, 1)]))
      .setAuthTag(chunk.subarray(-16))
    audio.push(decipher.update(chunk.subarray(13, -16)), decipher.final())
    at += chunk.length
    if (last === 1) assert.strictEqual(at, file.length)
  }
  return Buffer.concat(audio)
}

it.effect("an encrypted file can be read by what the documentation says of it", () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const key = Uint8Array.from({ length: 32 }, (_, n) => 255 - n)
    for (const length of [0, 65_536, 200_000]) {
      const audio = Buffer.from(Uint8Array.from({ length }, (_, n) => n % 256))
      yield* AudioStore.put("a", Stream.make(audio)).pipe(
        Effect.provide(folder({ directory, key: Redacted.make(key) }))
      )
      const address = sha256(audio)
      assert.isTrue(read(readFileSync(`${directory}/audio/${address.slice(0, 2)}/${address}`), key).equals(audio))
    }
  }).pipe(Effect.scoped)
)
