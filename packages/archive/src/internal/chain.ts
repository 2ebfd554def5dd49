/** How an entry of the manifest is written and read (docs/evidence.md). */
import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { Digest } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import * as CanonicalJson from "../CanonicalJson.ts"
import type { StoreError } from "../StoreError.ts"
import { audioPath, isAddress } from "./address.ts"
import { type Disk, failedAt } from "./disk.ts"
import * as Event from "./event.ts"
import type { Stored } from "./form.ts"
import * as Lines from "./lines.ts"

export const fileName = "chain.ndjson"

/** The format that is written. Version 1 is read. */
export const version = 2

/** What the first entry has for the hash of the one before. */
export const none = "0".repeat(64)

/** No line is longer; nothing that is written comes near. */
export const longestLine = 1024 * 1024

export type Kind = "begin" | "event" | "found" | "object" | "erased" | "fact" | "close"

export type Signature = { readonly key: string; readonly value: string }

/** An entry without its hash. Those of version 1 have neither `version` nor `archive`. */
export type Unsealed = {
  readonly seq: number
  readonly prev: string
  readonly at: string
  readonly kind: Kind
  readonly body: CanonicalJson.Json
  readonly archive?: string
  readonly version?: number
  readonly signature?: Signature
}

export type Entry = Unsealed & { readonly hash: string }

/** The entry's line, without its end, and its hash: that of the entry without it. */
export const seal = (entry: Unsealed): { readonly hash: string; readonly line: string } => {
  const hash = Digest.of(CanonicalJson.encode(entry))
  return { hash, line: CanonicalJson.encode({ ...entry, hash }) }
}

/** The version of an entry. */
export const versionOf = (entry: Unsealed): number => entry.version ?? 1

const kindsOfOne = new Set<string>(["begin", "event", "found", "object", "fact", "close"] satisfies Array<Kind>)
const kinds = new Set<string>([...kindsOfOne, "erased" satisfies Kind])

const fields = ["seq", "prev", "at", "kind", "body", "hash"]
const fieldsOfTwo = [...fields, "archive", "version"]

const isSignature = (value: unknown): boolean =>
  Event.isFields(value) &&
  Object.keys(value).length === 2 &&
  typeof value["key"] === "string" &&
  typeof value["value"] === "string"

/** Instants are written in one form. */
export const isInstant = (text: unknown): boolean =>
  typeof text === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text))

const isEntry = (value: unknown): value is Entry => {
  if (!Event.isFields(value)) return false
  const isTwo = "version" in value || "archive" in value
  const { signature, ...rest } = value
  const names = isTwo ? fieldsOfTwo : fields
  return (
    Object.keys(rest).length === names.length &&
    names.every((name) => name in rest) &&
    (signature === undefined || isSignature(signature)) &&
    Number.isSafeInteger(rest["seq"]) &&
    isAddress(String(rest["prev"])) &&
    isAddress(String(rest["hash"])) &&
    isInstant(rest["at"]) &&
    (isTwo ? kinds : kindsOfOne).has(String(rest["kind"])) &&
    (!isTwo || (rest["version"] === version && /^[0-9a-f]{32}$/.test(String(rest["archive"]))))
  )
}

/** The entry of a line, or what is wrong with it. */
export const parse = (line: Uint8Array): Entry | string => {
  try {
    const entry: unknown = JSON.parse(Buffer.from(line).toString("utf8"))
    if (!isEntry(entry)) return "is no entry"
    const { hash, ...unsealed } = entry
    const sealed = seal(unsealed)
    if (sealed.hash !== hash) return `has the hash ${hash}, and its content ${sealed.hash}`
    return Buffer.from(sealed.line).equals(line) ? entry : "is not in canonical form"
  } catch {
    return "is no JSON"
  }
}

/** The lines of the chain, without their ends; `null`, as the last, for one that is too long or has no end. */
export const lines = (disk: Disk, file: string): Stream.Stream<Uint8Array | null, StoreError> =>
  Stream.unwrap(
    Effect.map(disk.exists(file), (isThere) =>
      isThere ? Lines.bounded(Stream.mapError(disk.fs.stream(file), failedAt(file)), longestLine) : Stream.empty
    )
  )

/** A file of the quarantine that an entry of the chain lists, by its path in the archive's folder. */
export type ChainFile = { readonly path: string; readonly sha256: string; readonly bytes: number }

const isFile = (value: unknown): value is ChainFile =>
  Event.isFields(value) && isQuarantinePath(value["path"]) && isDigest(value["sha256"]) && isCount(value["bytes"])

/** Whoever wrote a manifest must not name files outside of its folder. */
const isQuarantinePath = (value: unknown): boolean =>
  typeof value === "string" && /^quarantine\/[^/\\\0]+$/.test(value) && !/\/\.\.?$/.test(value)

const isDigest = (value: unknown): boolean => typeof value === "string" && isAddress(value)

/** Whether it is the end of a run that wrote down all that it did: in version 1, one that failed may not have. */
export const isCompleted = ({ body, kind }: Entry): boolean =>
  kind === "close" && Event.isFields(body) && body["outcome"] === "completed"

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0

/** Whether the body is of its kind, as far as anything is looked up by it. */
export const isBody = (entry: Entry): boolean => {
  const { body, kind } = entry
  if (!Event.isFields(body)) return false
  const { key, sealed } = body
  if (kind === "object" && versionOf(entry) === 1) return isDigest(body["sha256"]) && isCount(body["bytes"])
  if (kind === "object") {
    return isDigest(body["root"]) && isCount(body["bytes"]) && isCount(body["segments"]) && isSealedObject(sealed)
  }
  if (kind === "erased") {
    const { root, segments } = body
    return isDigest(root) && Array.isArray(segments) && segments.every(isCount) && isSealedObject(sealed)
  }
  if (kind === "begin" || kind === "close") return key === undefined || isKeyId(key)
  if (kind !== "event" && kind !== "found") return true
  const { event, files } = body
  if (!(Array.isArray(files) && files.every(isFile))) return false
  if (event === null) return kind === "found" && sealed === undefined
  if (!(Event.isFields(event) && isEvent(event))) return false
  const places = placesOf(event)
  return (versionOf(entry) === 1 || !Event.isOpen(event)) && areSealed(sealed, (path) => places.includes(path))
}

/** Whether a value is the id of an encryption key. */
const isKeyId = (value: unknown): value is string => typeof value === "string" && /^[0-9a-f]{16}$/.test(value)

/** The id of the key that files of the run are encrypted by, as its first and its last entry say; `null` without one, and for other entries. */
export const encryptionOf = ({ body, kind }: Entry): string | null =>
  (kind === "begin" || kind === "close") && Event.isFields(body) && isKeyId(body["key"]) ? body["key"] : null

const isSealedObject = (value: unknown): boolean => value === undefined || isAudio(value)

/** Files that an event can be stored in: its own, and its audio. */
const placesOf = (event: Event.Fields): ReadonlyArray<string> => {
  const own = Event.placeOf(event)
  const audio =
    event["_tag"] === "Stored" ? [...earlierOf(event).map(({ sha256 }) => sha256), String(event["sha256"])] : []
  return [...(own === null ? [] : [own]), ...audio.map(audioPath)]
}

const areSealed = (value: unknown, isPlace: (path: string) => boolean): boolean =>
  value === undefined ||
  (Array.isArray(value) &&
    (value as ReadonlyArray<unknown>).every(
      (one) => Event.isFields(one) && typeof one["path"] === "string" && isPlace(one["path"]) && isAudio(one)
    ))

/** How the files that an entry speaks of are stored, where they are encrypted: by their place; that of an object by its root. */
export const sealedOf = ({ body }: Entry): ReadonlyMap<string, Stored> => {
  if (!Event.isFields(body) || body["sealed"] === undefined) return noneSealed
  const { root, sealed } = body
  const one = ({ bytes, sha256 }: Event.Fields): Stored => ({ sha256: String(sha256), bytes: Number(bytes) })
  return Array.isArray(sealed)
    ? new Map((sealed as ReadonlyArray<Event.Fields>).map((file) => [String(file["path"]), one(file)]))
    : new Map([[String(root), one(sealed as Event.Fields)]])
}

const noneSealed: ReadonlyMap<string, Stored> = new Map()

const isEvent = (event: Event.Fields): boolean => {
  const { _tag: tag, addTime, audio, earlier, files, personal, recordingId, sha256 } = event
  if (!(typeof tag === "string" && typeof recordingId === "string" && typeof addTime === "string")) return false
  if (personal !== undefined && !isDigest(personal)) return false
  if (tag === "Quarantined" || tag === "Gone" || tag === "Released") return true
  if (!/^\d{4}-\d\d-\d\d/.test(addTime)) return false
  if (tag === "Stored" || tag === "Tombstone") {
    return isDigest(sha256) && isCount(event["bytes"]) && (earlier === undefined || areAudio(earlier))
  }
  return tag === "Erased" && areAudio(audio) && Array.isArray(files) && files.every(isQuarantinePath)
}

const areAudio = (value: unknown): boolean => Array.isArray(value) && value.every(isAudio)

/** What a process that was killed leaves of a file that it was writing. */
export const isLeft = (place: string): boolean => /\.tmp$|\/\.[^/]*\.part$/.test(place)

/** What an entry says of a recording, and of files in the quarantine. */
export const eventOf = (
  entry: Entry
): { readonly event: Event.Fields | null; readonly quarantined: ReadonlyArray<ChainFile> } => {
  const { body, kind } = entry
  if ((kind !== "event" && kind !== "found") || !Event.isFields(body)) return { event: null, quarantined: [] }
  const { event, files } = body
  return {
    event: Event.isFields(event) ? event : null,
    quarantined: Array.isArray(files) ? (files as ReadonlyArray<unknown>).filter(isFile) : []
  }
}

/** The addresses of other audio that is held of a recording. */
export const earlierOf = ({ earlier }: Event.Fields): ReadonlyArray<ChainAudio> =>
  Array.isArray(earlier) ? (earlier as ReadonlyArray<unknown>).filter(isAudio) : []

/** Audio that an entry of the chain lists, by its address. */
export type ChainAudio = { readonly sha256: string; readonly bytes: number }

const isAudio = (value: unknown): value is ChainAudio =>
  Event.isFields(value) && isDigest(value["sha256"]) && isCount(value["bytes"])

/** Where an object of version 1 is. */
export const objectPath = (sha256: string): string => `objects/${sha256.slice(0, 2)}/${sha256}`

// ---------------------------------------------------------------------------
// Signatures
// ---------------------------------------------------------------------------

/** An Ed25519 key's public half, as its 32 bytes in base64. */
export const publicKeyOf = (key: KeyObject): string => {
  const half = key.type === "public" ? key : createPublicKey(key)
  return Buffer.from(half.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")
}

/** Points of small order, by which anybody can sign anything: y as 32 bytes, whatever the sign of x. */
const weak = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
])

/** Whether a public key, as 32 bytes in base64, proves nothing: anybody can make signatures by it. */
export const isWeak = (key: string): boolean => {
  const bytes = Buffer.from(key, "base64")
  if (bytes.length !== 32 || bytes.toString("base64") !== key) return true
  bytes[31] = (bytes[31] ?? 0) & 0x7f
  return weak.has(bytes.toString("hex"))
}

const keyOf = (key: string): KeyObject => {
  const x = Buffer.from(key, "base64").toString("base64url")
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
}

/** Says whether signatures are valid. The keys of a chain, few of them, are taken in once. */
export const signatures = () => {
  const known = new Map<string, KeyObject>()
  return ({ key, value }: Signature, signed: CanonicalJson.Json): boolean => {
    try {
      if (isWeak(key)) return false
      const publicKey = known.get(key) ?? keyOf(key)
      known.set(key, publicKey)
      const bytes = Buffer.from(value, "base64")
      // Base64 that is not in its one form could be changed unseen.
      const isOne = bytes.toString("base64") === value
      return isOne && verify(null, Buffer.from(CanonicalJson.encode(signed)), publicKey, bytes)
    } catch {
      return false
    }
  }
}
