/**
 * A verifier of archives by docs/evidence.md alone: no code of ours. Of plain audio; it looks at all that the document
 * speaks of, and gives the first thing that differs, or null.
 */
import { createHash, createPublicKey, verify as verifySignature } from "node:crypto"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex")

/** RFC 8785. */
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  const keys = Object.keys(value).toSorted()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`
}

/** RFC 9162, by its own definition. */
const hash = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest()
const rootOf = (leaves) => {
  if (leaves.length === 0) return hash()
  if (leaves.length === 1) return hash(Buffer.of(0), leaves[0])
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return hash(Buffer.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)))
}

const isSigned = ({ key, value }, text) => {
  try {
    const x = Buffer.from(key, "base64").toString("base64url")
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
    const bytes = Buffer.from(value, "base64")
    return bytes.toString("base64") === value && verifySignature(null, Buffer.from(text), publicKey, bytes)
  } catch {
    return false
  }
}

/** Where the index has a recording: by the day it was added, and a hash of its id. */
const indexPath = ({ addTime, recordingId }) => {
  const start = recordingId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
  const name = `${start || "id"}-${sha256(Buffer.from(recordingId, "utf16le")).slice(0, 32)}`
  return `index/${addTime.slice(0, 10).replaceAll("-", "/")}/${name}.json`
}

const filesBelow = (directory, folder) =>
  existsSync(join(directory, folder))
    ? readdirSync(join(directory, folder))
        .toSorted()
        .map((name) => `${folder}/${name}`)
        .flatMap((place) => (statSync(join(directory, place)).isDirectory() ? filesBelow(directory, place) : [place]))
    : []

export const verify = (directory, publicKey = null) => {
  const chain = readFileSync(join(directory, "manifest/chain.ndjson"))
  const lines = []
  for (let from = 0; from < chain.length;) {
    const end = chain.indexOf(10, from)
    if (end < 0) return "the end of the chain"
    lines.push(chain.subarray(from, end))
    from = end + 1
  }
  const expected = new Map()
  const removed = new Set()
  let prev = "0".repeat(64)
  let run = null
  for (const [seq, line] of lines.entries()) {
    let entry
    try {
      entry = JSON.parse(line)
    } catch {
      return `entry ${seq}: no JSON`
    }
    if (!Buffer.from(canonical(entry)).equals(line)) return `entry ${seq}: not canonical`
    const { hash: own, ...unhashed } = entry
    if (sha256(canonical(unhashed)) !== own) return `entry ${seq}: its hash`
    if (entry.seq !== seq || entry.prev !== prev) return `entry ${seq}: its place`
    prev = own
    const { signature, ...unsigned } = unhashed
    if (signature && !isSigned(signature, canonical(unsigned))) return `entry ${seq}: its signature`
    if (publicKey && signature?.key !== publicKey) return `entry ${seq}: not signed by that key`
    const { body, kind } = entry
    if (kind === "begin") run = { begin: seq, leaves: [] }
    if (run === null) return `entry ${seq}: of no run`
    if (kind === "close") {
      if (body.begin !== run.begin || body.entries !== run.leaves.length) return `entry ${seq}: its run`
      if (body.root !== rootOf(run.leaves).toString("hex")) return `entry ${seq}: its root`
      run = null
      continue
    }
    run.leaves.push(line)
    if (kind === "object") expected.set(`objects/${body.sha256.slice(0, 2)}/${body.sha256}`, body.sha256)
    if (kind !== "event" && kind !== "found") continue
    for (const { path, sha256 } of body.files) expected.set(path, sha256)
    const { event } = body
    if (event === null) continue
    const audio = `audio/${event.sha256?.slice(0, 2)}/${event.sha256}`
    if (event._tag === "Stored" || event._tag === "Tombstone") {
      expected.set(indexPath(event), sha256(`${canonical(event)}\n`))
    }
    if (event._tag === "Stored") {
      for (const { sha256 } of [...(event.earlier ?? []), event]) {
        expected.set(`audio/${sha256.slice(0, 2)}/${sha256}`, sha256)
        removed.delete(`audio/${sha256.slice(0, 2)}/${sha256}`)
      }
    }
    if (event._tag === "Tombstone" && event.audioRemoved) {
      expected.delete(audio)
      removed.add(audio)
    }
  }
  for (const [place, digest] of expected) {
    if (!existsSync(join(directory, place))) return `${place}: not there`
    if (sha256(readFileSync(join(directory, place))) !== digest) return place
  }
  for (const place of ["objects", "index", "quarantine"].flatMap((folder) => filesBelow(directory, folder))) {
    if (!expected.has(place)) return `${place}: not in the chain`
  }
  for (const place of filesBelow(directory, "audio")) {
    if (expected.has(place)) continue
    if (removed.has(place)) return `${place}: was deleted`
    if (sha256(readFileSync(join(directory, place))) !== place.slice(-64)) return place
  }
  return null
}
