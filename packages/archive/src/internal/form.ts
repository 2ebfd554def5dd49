/** The form that content has in a file: as it is, or encrypted (docs/archive.md, "Encrypted files"). */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes
} from "node:crypto"
import * as Redacted from "effect/Redacted"

import { type Key, idOf, type Keyring } from "../Encryption.ts"

/** Turns content into what is written. A file is bound to its place in the archive, which need not be known before its end. */
export interface Encoder {
  push(content: Uint8Array): ReadonlyArray<Uint8Array>
  end(place: string): ReadonlyArray<Uint8Array>
}

/** Turns what was written into content. It throws a `Damaged` at the first thing that is wrong, and a `KeyMissing` where it has no key. */
export interface Decoder {
  push(written: Uint8Array): ReadonlyArray<Uint8Array>
  end(place: string): ReadonlyArray<Uint8Array>
  /** Goes on writing after what was read, instead of ending it. */
  encoder(): Encoder
}

export interface Form {
  /** The id of the key that new files are encrypted by; `null` where they are written as they are. */
  readonly key: string | null
  /** Whether the key of an id is at hand. */
  reads(id: string): boolean
  encoder(): Encoder
  /** Reads files in clear, and those that are encrypted by any of the keys. */
  decoder(): Decoder
}

export class Damaged extends Error {}

/** A file is encrypted by a key that is not at hand; files of the first format do not say by which. */
export class KeyMissing extends Error {
  readonly id: string | null
  constructor(id: string | null) {
    const which =
      id === null ? "it is encrypted, and no key is set" : `it is encrypted by the key ${id}, which is not set`
    super(`${which}: VOBIZ_ARCHIVE_KEY and VOBIZ_ARCHIVE_KEY_FILE take several keys`)
    this.id = id
  }
}

const asIs: Encoder = { push: (bytes) => [bytes], end: () => [] }

// ---------------------------------------------------------------------------
// The header
// ---------------------------------------------------------------------------

/** The formats: the second has the key's id in its header, and binds a file to its place. */
const formats = [
  {
    magic: Buffer.from("VBZARC1\0", "latin1"),
    header: 40,
    info: Buffer.from("vobiz-effect archive file key v1"),
    isBound: false
  },
  {
    magic: Buffer.from("VBZARC2\0", "latin1"),
    header: 48,
    info: Buffer.from("vobiz-effect archive file key v2"),
    isBound: true
  }
] as const
const [, current] = formats
type Format = (typeof formats)[number]

const magicLength = 8
const idLength = 8
const saltLength = 32
const chunkLength = 65_536
const nonceLength = 12
const tagLength = 16
const overhead = 1 + nonceLength + tagLength
const sealedLength = overhead + chunkLength
const algorithm = "aes-256-gcm"

/** How many bytes at the start of a file say how it is encrypted. */
export const headLength = magicLength + idLength

const formatOf = (head: Uint8Array): Format | undefined =>
  formats.find(({ magic }) => magic.equals(head.subarray(0, magicLength)))

/** How a file is encrypted: by which key, `null` where its format does not say; or not at all. */
export type Head = { readonly isEncrypted: boolean; readonly key: string | null }

export const headOf = (head: Uint8Array): Head => {
  const format = formatOf(head)
  const id = format?.isBound === true ? Buffer.from(head.subarray(magicLength, headLength)).toString("hex") : null
  return { isEncrypted: format !== undefined, key: id }
}

/** The length of the file for a content of this length: with `head`, the start of the file, exactly; without, at most. */
export const storedLength = (content: number, head?: Uint8Array): number => {
  const format = head === undefined ? current : formatOf(head)
  return format === undefined
    ? content
    : format.header + content + overhead * Math.max(1, Math.ceil(content / chunkLength))
}

// ---------------------------------------------------------------------------
// Chunks
// ---------------------------------------------------------------------------

/**
 * The key of one file, by what its header has of salt: by HKDF in the first format; in the second by the one-step derivation of NIST SP 800-56C
 * with SHA-256, in a tenth of the time, which counts where a file has a line. A key object is taken in a quarter of the time of bytes.
 */
const fileKey = (key: Key, { info, isBound }: Format, header: Uint8Array): KeyObject => {
  const salt = header.subarray(-saltLength)
  const bytes = Redacted.value(key)
  return createSecretKey(
    isBound
      ? hash("sha256", Buffer.concat([one, bytes, info, salt]), "buffer")
      : Buffer.from(hkdfSync("sha256", bytes, salt, info, 32))
  )
}

const one = Buffer.from([0, 0, 0, 1])

/** What a chunk is bound to: its file, its number, and whether it is the last; the last one to the file's place, too. */
const boundTo = ({ isBound }: Format, header: Uint8Array, index: number, place: string | null): Uint8Array => {
  const name = Buffer.from(isBound && place !== null ? place : "")
  const bound = Buffer.alloc(header.length + 9 + name.length)
  bound.set(header)
  bound.writeBigUInt64BE(BigInt(index), header.length)
  bound[header.length + 8] = place === null ? 0 : 1
  bound.set(name, header.length + 9)
  return bound
}

const sealer = (
  format: Format,
  key: KeyObject,
  header: Uint8Array,
  from: number,
  start: ReadonlyArray<Uint8Array>
): Encoder => {
  let index = from
  let pending = start
  let held: Array<Uint8Array> = []
  let length = 0
  const seal = (content: Uint8Array, place: string | null): Uint8Array => {
    // A nonce of its own for each: a chunk that is written again after a crash does not share one with its first self.
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, key, nonce).setAAD(boundTo(format, header, index++, place))
    const body = cipher.update(content)
    return Buffer.concat([Buffer.of(place === null ? 0 : 1), nonce, body, cipher.final(), cipher.getAuthTag()])
  }
  const flush = (sealed: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
    const all = [...pending, ...sealed]
    pending = []
    return all
  }
  return {
    push(content) {
      held.push(content)
      length += content.length
      if (length <= chunkLength) return flush([])
      let all = Buffer.concat(held, length)
      const sealed: Array<Uint8Array> = []
      while (all.length > chunkLength) {
        sealed.push(seal(all.subarray(0, chunkLength), null))
        all = all.subarray(chunkLength)
      }
      held = [all]
      length = all.length
      return flush(sealed)
    },
    end: (place) => flush([seal(Buffer.concat(held, length), place)])
  }
}

/** Reads the chunks that come after a header. */
const opener = (format: Format, header: Uint8Array, keys: ReadonlyArray<Key>): Decoder => {
  // Files of the first format do not name their key: the first chunk tells.
  let candidates = keys.map((key) => fileKey(key, format, header))
  let index = 0
  let held = Buffer.alloc(0)
  const tryBy = (key: KeyObject, sealed: Buffer, place: string | null): Uint8Array | null => {
    try {
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(1, 1 + nonceLength))
        .setAAD(boundTo(format, header, index, place))
        .setAuthTag(sealed.subarray(-tagLength))
      return Buffer.concat([decipher.update(sealed.subarray(1 + nonceLength, -tagLength)), decipher.final()])
    } catch {
      return null
    }
  }
  const unseal = (sealed: Buffer, place: string | null): Uint8Array => {
    if (sealed.length < overhead || sealed[0] !== (place === null ? 0 : 1)) throw new Damaged("its end is missing")
    for (const key of candidates) {
      const content = tryBy(key, sealed, place)
      if (content === null) continue
      candidates = [key]
      index++
      return content
    }
    // By another key, no chunk can be decrypted.
    throw new Damaged(
      index > 0
        ? `its chunk ${index} is not what was written`
        : format.isBound
          ? "it was changed, or is not the file of this place"
          : "it cannot be decrypted: the key is another than it was encrypted by, or it was changed"
    )
  }
  return {
    push(written) {
      held = held.length === 0 ? Buffer.from(written) : Buffer.concat([held, written])
      const content: Array<Uint8Array> = []
      // The last chunk is told by its mark, and nothing comes after it.
      while (held.length >= sealedLength && held[0] === 0) {
        content.push(unseal(held.subarray(0, sealedLength), null))
        held = held.subarray(sealedLength)
      }
      if (held.length > sealedLength) throw new Damaged(`its chunk ${index} is not what was written`)
      return content
    },
    end: (place) => [unseal(held, place)],
    encoder() {
      const [key] = candidates
      if (key === undefined || candidates.length > 1 || held.length > 0) throw new Damaged("it ends within a chunk")
      return sealer(format, key, header, index, [])
    }
  }
}

// ---------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------

export const keysOf = (keyring: Keyring | null | undefined): ReadonlyArray<Key> =>
  keyring === null || keyring === undefined ? [] : Redacted.isRedacted(keyring) ? [keyring] : keyring

/** The form of files for a key, or for several: the first one writes, all read. */
export const of = (keyring: Keyring | null | undefined): Form => {
  const keys = new Map(keysOf(keyring).map((key) => [idOf(key), key]))
  const [first] = keys

  const decoder = (): Decoder => {
    let held = Buffer.alloc(0)
    let inner: Decoder | undefined
    /** By what the file begins with: another decoder reads on. */
    const begin = (): Decoder | undefined => {
      const format = formatOf(held)
      if (format === undefined) return { ...asIs, encoder: () => (first === undefined ? asIs : inClear()) }
      if (held.length < format.header) return undefined
      const { key: id } = headOf(held)
      const known = id === null ? [...keys.values()] : [...keys].flatMap(([one, key]) => (one === id ? [key] : []))
      if (known.length === 0) throw new KeyMissing(id)
      const header = Uint8Array.from(held.subarray(0, format.header))
      held = held.subarray(format.header)
      return opener(format, header, known)
    }
    const read = (written: Uint8Array): ReadonlyArray<Uint8Array> => {
      if (inner !== undefined) return inner.push(written)
      held = held.length === 0 ? Buffer.from(written) : Buffer.concat([held, written])
      if (held.length < magicLength) return []
      inner = begin()
      return inner === undefined ? [] : inner.push(held)
    }
    return {
      push: read,
      end(place) {
        if (inner !== undefined) return inner.end(place)
        if (formatOf(held) === undefined) return held.length === 0 ? [] : [held]
        throw new Damaged("its end is missing")
      },
      encoder() {
        if (inner === undefined) throw new Damaged("it ends within its header")
        return inner.encoder()
      }
    }
  }

  return {
    key: first?.[0] ?? null,
    reads: (id) => keys.has(id),
    decoder,
    encoder() {
      if (first === undefined) return asIs
      const [id, key] = first
      const header = Buffer.concat([current.magic, Buffer.from(id, "hex"), randomBytes(saltLength)])
      return sealer(current, fileKey(key, current, header), header, 0, [header])
    }
  }
}

const inClear = (): never => {
  throw new Damaged("it was begun in clear")
}

/** The bytes of a small file. */
export const seal = (form: Form, place: string, content: Uint8Array): Uint8Array => {
  const encoder = form.encoder()
  return joined([...encoder.push(content), ...encoder.end(place)])
}

/** The content of a small file. Throws as a decoder does. */
export const open = (form: Form, place: string, bytes: Uint8Array): Uint8Array => {
  const decoder = form.decoder()
  return joined([...decoder.push(bytes), ...decoder.end(place)])
}

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only] = pieces
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces)
}

/** A file as it is stored. */
export type Stored = { readonly sha256: string; readonly bytes: number }

export const storedOf = (bytes: Uint8Array): Stored => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
  bytes: bytes.length
})

/** Adds up what a file is as it is stored. */
export const storing = () => {
  const hash = createHash("sha256")
  let head: Uint8Array = new Uint8Array()
  let bytes = 0
  return {
    push(written: Uint8Array): void {
      hash.update(written)
      bytes += written.length
      if (head.length < headLength) head = Buffer.concat([head, written.subarray(0, headLength - head.length)])
    },
    /** Its first bytes, by which it can be told how it is encrypted. */
    get head(): Uint8Array {
      return head
    },
    get length(): number {
      return bytes
    },
    /** At the end. */
    stored: (): Stored => ({ sha256: hash.digest("hex"), bytes })
  }
}

/**
 * Reads a file to its end, whether its content can be had or not: `stored` says what its bytes are, and `trouble` why its content was not
 * read, or not to its end.
 */
export const reading = (form: Form, place: string) => {
  const decoder = form.decoder()
  const file = storing()
  let trouble: Damaged | KeyMissing | null = null
  const attempt = (step: () => ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
    if (trouble !== null) return []
    try {
      return step()
    } catch (error) {
      if (!(error instanceof Damaged || error instanceof KeyMissing)) throw error
      trouble = error
      return []
    }
  }
  return Object.assign(file, {
    read(written: Uint8Array): ReadonlyArray<Uint8Array> {
      file.push(written)
      return attempt(() => decoder.push(written))
    },
    end: (): ReadonlyArray<Uint8Array> => attempt(() => decoder.end(place)),
    trouble: (): Damaged | KeyMissing | null => trouble
  })
}
