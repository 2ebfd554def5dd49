/** The form that audio has in a file: as it is, or encrypted (docs/archive.md, "Encrypted files"). */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import * as Redacted from "effect/Redacted"

import type { Key } from "../Encryption.ts"

/** Turns audio into what is written. */
export interface Encoder {
  push(audio: Uint8Array): ReadonlyArray<Uint8Array>
  end(): ReadonlyArray<Uint8Array>
}

/** Turns what was written into audio. It throws a `Damaged` at the first thing that is wrong. */
export interface Decoder {
  push(written: Uint8Array): ReadonlyArray<Uint8Array>
  end(): ReadonlyArray<Uint8Array>
  /** Goes on writing after what was read, instead of ending it. */
  encoder(): Encoder
}

export interface Form {
  encoder(): Encoder
  decoder(): Decoder
}

export class Damaged extends Error {}

const asIs: Encoder & Decoder = {
  push: (bytes) => [bytes],
  end: () => [],
  encoder: () => asIs
}

export const plain: Form = { encoder: () => asIs, decoder: () => asIs }

// ---------------------------------------------------------------------------
// Encrypted
// ---------------------------------------------------------------------------

const magic = Buffer.from("VBZARC1\0", "latin1")
const saltLength = 32
const headerLength = magic.length + saltLength
const chunkLength = 65_536
const nonceLength = 12
const tagLength = 16
const sealedLength = 1 + nonceLength + chunkLength + tagLength
const algorithm = "aes-256-gcm"

/** Whether a file begins as encrypted ones do. */
export const isEncrypted = (head: Uint8Array): boolean => magic.equals(head.subarray(0, magic.length))

const fileKey = (key: Key, header: Uint8Array): Uint8Array =>
  new Uint8Array(
    hkdfSync("sha256", Redacted.value(key), header.subarray(magic.length), "vobiz-effect archive file key v1", 32)
  )

/** What a chunk is bound to: its file, its place in it, and whether it is the last. */
const boundTo = (header: Uint8Array, index: number, last: number): Uint8Array => {
  const bound = Buffer.alloc(header.length + 9)
  bound.set(header)
  bound.writeBigUInt64BE(BigInt(index), header.length)
  bound[header.length + 8] = last
  return bound
}

const sealer = (key: Uint8Array, header: Uint8Array, from: number, start: ReadonlyArray<Uint8Array>): Encoder => {
  let index = from
  let pending = start
  let held = Buffer.alloc(0)
  const seal = (audio: Uint8Array, last: number): Uint8Array => {
    // A nonce of its own for each: a chunk that is written again after a crash does not share one with its first self.
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, key, nonce).setAAD(boundTo(header, index++, last))
    const body = cipher.update(audio)
    return Buffer.concat([Buffer.of(last), nonce, body, cipher.final(), cipher.getAuthTag()])
  }
  const flush = (sealed: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
    const all = [...pending, ...sealed]
    pending = []
    return all
  }
  return {
    push(audio) {
      held = Buffer.concat([held, audio])
      const sealed: Array<Uint8Array> = []
      while (held.length > chunkLength) {
        sealed.push(seal(held.subarray(0, chunkLength), 0))
        held = held.subarray(chunkLength)
      }
      return flush(sealed)
    },
    end: () => flush([seal(held, 1)])
  }
}

const opener = (master: Key): Decoder => {
  let header: Uint8Array | undefined
  let key: Uint8Array | undefined
  let index = 0
  let held = Buffer.alloc(0)
  const unseal = (sealed: Buffer, last: number): Uint8Array => {
    if (
      header === undefined ||
      key === undefined ||
      sealed.length < 1 + nonceLength + tagLength ||
      sealed[0] !== last
    ) {
      throw new Damaged("its end is missing")
    }
    try {
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(1, 1 + nonceLength))
        .setAAD(boundTo(header, index, last))
        .setAuthTag(sealed.subarray(-tagLength))
      const audio = Buffer.concat([decipher.update(sealed.subarray(1 + nonceLength, -tagLength)), decipher.final()])
      index++
      return audio
    } catch {
      // By another key, no chunk can be decrypted.
      throw new Damaged(
        index === 0
          ? "it cannot be decrypted: the key is another than it was encrypted by, or it was changed"
          : `its chunk ${index} is not what was written`
      )
    }
  }
  return {
    push(written) {
      held = Buffer.concat([held, written])
      if (header === undefined) {
        if (held.length < headerLength) return []
        header = Uint8Array.from(held.subarray(0, headerLength))
        if (!magic.equals(header.subarray(0, magic.length)))
          throw new Damaged("it is not an encrypted file of the archive")
        key = fileKey(master, header)
        held = held.subarray(headerLength)
      }
      const audio: Array<Uint8Array> = []
      // The last chunk is told by its mark, and nothing comes after it.
      while (held.length >= sealedLength && held[0] === 0) {
        audio.push(unseal(held.subarray(0, sealedLength), 0))
        held = held.subarray(sealedLength)
      }
      if (held.length > sealedLength) throw new Damaged(`its chunk ${index} is not what was written`)
      return audio
    },
    end: () => [unseal(held, 1)],
    encoder() {
      if (header === undefined || key === undefined || held.length > 0) throw new Damaged("it ends within a chunk")
      return sealer(key, header, index, [])
    }
  }
}

export const encrypted = (master: Key): Form => ({
  encoder() {
    const header = Buffer.concat([magic, randomBytes(saltLength)])
    return sealer(fileKey(master, header), header, 0, [header])
  },
  decoder: () => opener(master)
})

export const of = (key: Key | null | undefined): Form => (key === null || key === undefined ? plain : encrypted(key))
