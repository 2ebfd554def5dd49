/** How an entry of the manifest is written and read (docs/evidence.md). */
import { createPublicKey, type KeyObject } from "node:crypto"
import { Digest } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import * as CanonicalJson from "../CanonicalJson.ts"
import type { StoreError } from "../StoreError.ts"
import { isAddress } from "./address.ts"
import { type Disk, failedAt } from "./disk.ts"

export const fileName = "chain.ndjson"

/** What the first entry has for the hash of the one before. */
export const none = "0".repeat(64)

export type Kind = "begin" | "event" | "found" | "object" | "fact" | "close"

export type Signature = { readonly key: string; readonly value: string }

/** An entry without its hash. */
export type Unsealed = {
  readonly seq: number
  readonly prev: string
  readonly at: string
  readonly kind: Kind
  readonly body: CanonicalJson.Json
  readonly signature?: Signature
}

export type Entry = Unsealed & { readonly hash: string }

/** The entry's line, without its end, and its hash: that of the entry without it. */
export const seal = (entry: Unsealed): { readonly hash: string; readonly line: string } => {
  const hash = Digest.of(CanonicalJson.encode(entry))
  return { hash, line: CanonicalJson.encode({ ...entry, hash }) }
}

const kinds: ReadonlyArray<string> = ["begin", "event", "found", "object", "fact", "close"] satisfies Array<Kind>

const isObject = (value: unknown): value is { readonly [key: string]: CanonicalJson.Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isEntry = (value: unknown): value is Entry =>
  isObject(value) &&
  Number.isSafeInteger(value["seq"]) &&
  ["prev", "at", "kind", "hash"].every((name) => typeof value[name] === "string") &&
  kinds.includes(String(value["kind"])) &&
  (value["signature"] === undefined ||
    (isObject(value["signature"]) &&
      typeof value["signature"]["key"] === "string" &&
      typeof value["signature"]["value"] === "string"))

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

/** The lines of the chain, without their ends; what follows the last end is left out. */
export const lines = (disk: Disk, file: string): Stream.Stream<Uint8Array, StoreError> =>
  Stream.unwrap(
    Effect.map(disk.exists(file), (isThere) =>
      isThere
        ? disk.fs.stream(file).pipe(
            Stream.mapError(failedAt(file)),
            Stream.mapAccum(
              () => Buffer.alloc(0),
              (rest, piece: Uint8Array) => {
                const whole: Array<Uint8Array> = []
                let bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece])
                for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
                  whole.push(bytes.subarray(0, end))
                  bytes = bytes.subarray(end + 1)
                }
                return [bytes, whole]
              }
            )
          )
        : Stream.empty
    )
  )

/** A file of the archive, by its place in the folder. */
export type KeptFile = { readonly path: string; readonly sha256: string; readonly bytes: number }

const isFile = (value: unknown): value is KeptFile =>
  isObject(value) && isQuarantinePath(value["path"]) && isDigest(value["sha256"])

/** Whoever wrote a manifest must not name files outside of its folder. */
const isQuarantinePath = (value: unknown): boolean =>
  typeof value === "string" && /^quarantine\/[^/\\\0]+$/.test(value) && !/\/\.\.?$/.test(value)

const isDigest = (value: unknown): boolean => typeof value === "string" && isAddress(value)

/** Whether it is the end of a run that wrote down all that it did: one that failed or was interrupted may not have. */
export const isCompleted = ({ body, kind }: Entry): boolean =>
  kind === "close" && isObject(body) && body["outcome"] === "completed"

/** Whether the index has an entry of what happened. */
export const isIndexed = ({ tag }: { readonly tag: string }): boolean => tag === "Stored" || tag === "Tombstone"

/** Whether the body is of its kind, as far as anything is looked up by it. */
export const isBody = ({ body, kind }: Entry): boolean => {
  if (!isObject(body)) return false
  if (kind === "object") return isDigest(body["sha256"])
  if (kind !== "event" && kind !== "found") return true
  const { event, files } = body
  if (!(Array.isArray(files) && files.every(isFile))) return false
  if (event === null) return true
  if (!isObject(event) || !["_tag", "recordingId", "addTime"].every((name) => typeof event[name] === "string")) {
    return false
  }
  return !isIndexed({ tag: String(event["_tag"]) }) || (beginsWithDay(event["addTime"]) && isDigest(event["sha256"]))
}

const beginsWithDay = (value: unknown): boolean => /^[-+\d]{10}/.test(String(value))

/** What a process that was killed leaves of a file that it was writing. */
export const isLeft = (place: string): boolean => /\.tmp$|\/\.[^/]*\.part$/.test(place)

/** What an entry says of a recording, and of files in the quarantine. */
export const eventOf = (
  entry: Entry
): {
  readonly event: { readonly tag: string; readonly recordingId: string; readonly value: CanonicalJson.Json } | null
  readonly kept: ReadonlyArray<KeptFile>
} => {
  const { body, kind } = entry
  if ((kind !== "event" && kind !== "found") || !isObject(body)) return { event: null, kept: [] }
  const { event, files } = body
  return {
    event: isObject(event)
      ? { tag: String(event["_tag"]), recordingId: String(event["recordingId"]), value: event }
      : null,
    kept: Array.isArray(files) ? files.filter(isFile) : []
  }
}

/** The addresses of other audio that is held of a recording. */
export const earlierOf = (event: CanonicalJson.Json): ReadonlyArray<string> => {
  const earlier = isObject(event) ? event["earlier"] : undefined
  if (!Array.isArray(earlier)) return []
  return earlier.flatMap((version) => {
    const sha256 = isObject(version) ? version["sha256"] : undefined
    return typeof sha256 === "string" && isAddress(sha256) ? [sha256] : []
  })
}

export const objectPath = (sha256: string): string => `objects/${sha256.slice(0, 2)}/${sha256}`

/** An Ed25519 key's public half, as its 32 bytes in base64. */
export const publicKeyOf = (key: KeyObject): string => {
  const half = key.type === "public" ? key : createPublicKey(key)
  return Buffer.from(half.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")
}
