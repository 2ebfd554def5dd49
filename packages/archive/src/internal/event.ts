/** The two forms of what happened to a recording: open, with its personal values, and closed, with a commitment to them. */
import { createHash, randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"

import type * as CanonicalJson from "../CanonicalJson.ts"
import { encode } from "../CanonicalJson.ts"
import { isAddress } from "./address.ts"
import { fileName } from "./fileName.ts"

export type Fields = { readonly [key: string]: CanonicalJson.Json }

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** 32 random bytes in hexadecimal digits, without which nobody can guess what a commitment is of. */
export const freshSalt: Effect.Effect<string> = Effect.sync(() => randomBytes(32).toString("hex"))

/** The SHA-256 of the salt and of the personal values in canonical form. */
export const commitment = (salt: string, from: CanonicalJson.Json, to: CanonicalJson.Json): string =>
  createHash("sha256").update(Buffer.from(salt, "hex")).update(encode({ from, to })).digest("hex")

/** Whether an event has personal values that are not closed yet. */
export const isOpen = (event: Fields): boolean => "from" in event || "to" in event || "salt" in event

/** The closed form, as the chain has it. One without a salt has no other form. */
export const close = (event: Fields): Fields => {
  const { from = null, salt, to = null, ...rest } = event
  return typeof salt === "string" && isAddress(salt) ? { ...rest, personal: commitment(salt, from, to) } : event
}

/** The open form as a file has it. */
export const lineOf = (event: Fields): string => `${encode(event)}\n`

/** The SHA-256 of the closed form and a line feed: for an event without personal values, that of its file. */
export const digestOf = (event: Fields): string =>
  createHash("sha256")
    .update(lineOf(close(event)))
    .digest("hex")

/**
 * The event of a file, if its bytes are exactly those that were written of one. A commitment stands in the chain alone: in a file it would
 * hide that the values are not there any more.
 */
export const parse = (bytes: Uint8Array): Fields | null => {
  try {
    const text = Buffer.from(bytes).toString("utf8")
    const event: unknown = JSON.parse(text)
    if (!isFields(event) || "personal" in event || !Buffer.from(lineOf(event)).equals(bytes)) return null
    return "salt" in event && !("from" in event && "to" in event) ? null : event
  } catch {
    return null
  }
}

/** The longest file of an event: what is longer is none. */
export const longest = 1024 * 1024

/** Where the quarantine keeps the event of a recording; what was served is beside it, without `.json`. */
export const quarantinePath = (recordingId: string): string => `quarantine/${fileName(recordingId)}.json`

/** Whether the index has what happened. */
export const isIndexed = (tag: string): boolean => tag === "Stored" || tag === "Tombstone" || tag === "Erased"

/** Where the file of an event is; `null` where it has none. `addTime` is printed in ISO 8601 and UTC. */
export const placeOf = (event: Fields): string | null => {
  const [tag, recordingId, addTime] = [event["_tag"], event["recordingId"], event["addTime"]]
  if (typeof recordingId !== "string" || typeof addTime !== "string") return null
  if (isIndexed(String(tag))) return indexPath({ addTime, recordingId })
  return tag !== "Released" && ("personal" in event || "salt" in event) ? quarantinePath(recordingId) : null
}

/** Where the index has a recording. */
export const indexPath = ({ addTime, recordingId }: { readonly addTime: string; readonly recordingId: string }) =>
  `index/${addTime.slice(0, 10).replaceAll("-", "/")}/${fileName(recordingId)}.json`
