/**
 * A verifier of archives by docs/evidence.md alone: no code of ours. Of plain audio; it looks at all that the document
 * speaks of, and gives the first thing that differs, or null. What a killed run left to be finished differs, too.
 */
import { createHash, createPublicKey, verify as verifySignature } from "node:crypto"
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs"
import { join } from "node:path"

const hash = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest()
const sha256 = (bytes) => hash(Buffer.from(bytes)).toString("hex")
const isDigest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
const isCount = (value) => Number.isSafeInteger(value) && value >= 0
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)
const mebibyte = 1024 * 1024

/** RFC 8785. */
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  const keys = Object.keys(value).toSorted()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`
}

/** RFC 9162, by its own definition; of hashes of leaves. */
const rootOf = (hashes) => {
  if (hashes.length === 0) return hash()
  if (hashes.length === 1) return hashes[0]
  let half = 1
  while (half * 2 < hashes.length) half *= 2
  return hash(Buffer.of(1), rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)))
}
const leafOf = (...parts) => hash(Buffer.of(0), ...parts)

/** Keys by which anybody can sign: the points of small order. */
const weak = new RegExp(
  "^(0[01](00){31}|e[cde](ff){30}7f|26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05|" +
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a)$"
)
const isWeak = (bytes) => weak.test(Buffer.from([...bytes.subarray(0, 31), bytes[31] & 0x7f]).toString("hex"))

const isSigned = ({ key, value }, text) => {
  try {
    const raw = Buffer.from(key, "base64")
    if (raw.length !== 32 || raw.toString("base64") !== key || isWeak(raw)) return false
    const publicKey = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
      format: "jwk"
    })
    const bytes = Buffer.from(value, "base64")
    return bytes.toString("base64") === value && verifySignature(null, Buffer.from(text), publicKey, bytes)
  } catch {
    return false
  }
}

const nameOf = (id) => {
  const start = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
  return `${start || "id"}-${sha256(Buffer.from(id, "utf16le")).slice(0, 32)}`
}
const indexPath = ({ addTime, recordingId }) =>
  `index/${addTime.slice(0, 10).replaceAll("-", "/")}/${nameOf(recordingId)}.json`
const audioPath = (digest) => `audio/${digest.slice(0, 2)}/${digest}`

/** The size of a plain file; null where there is none, or something else has the name. */
const sizeOf = (file) => {
  try {
    const stat = lstatSync(file)
    return stat.isFile() ? stat.size : null
  } catch {
    return null
  }
}

/** The SHA-256 of a plain file of so many bytes; null for any other. */
const digestOf = (file, bytes) => (bytes !== null && sizeOf(file) === bytes ? sha256(readFileSync(file)) : null)

const below = (directory, folder) => {
  let names
  try {
    if (!lstatSync(join(directory, folder)).isDirectory()) return [folder]
    names = readdirSync(join(directory, folder)).toSorted()
  } catch {
    return []
  }
  return names.flatMap((name) => below(directory, `${folder}/${name}`))
}

/** Of version 1: what a killed process left of a file that it was writing. */
const isLeft = (place) => /\.tmp$|\/\.[^/]*\.part$/.test(place)

/** The lines of a file; null as the last where it has no end, or is longer than allowed. */
function* linesOf(file, longest) {
  const handle = openSync(file, "r")
  try {
    const piece = Buffer.alloc(65536)
    let parts = []
    let length = 0
    for (let count; (count = readSync(handle, piece)) > 0;) {
      let from = 0
      for (let end; (end = piece.subarray(0, count).indexOf(10, from)) >= 0; from = end + 1) {
        const line = Buffer.concat([...parts, piece.subarray(from, end)])
        if (line.length > longest) return yield null
        yield line
        parts = []
        length = 0
      }
      parts.push(Buffer.from(piece.subarray(from, count)))
      length += count - from
      if (length > longest) return yield null
    }
    if (length > 0) yield null
  } finally {
    closeSync(handle)
  }
}

/** A file of an event, closed: its hash as the chain has it; null for no such file. */
const closedDigest = (file) => {
  const size = sizeOf(file)
  if (size === null || size > mebibyte) return null
  try {
    const text = readFileSync(file, "utf8")
    const event = JSON.parse(text)
    if (!isObject(event) || "personal" in event || `${canonical(event)}\n` !== text) return null
    if (!("salt" in event)) return sha256(text)
    const { from, salt, to, ...rest } = event
    if (!isDigest(salt) || from === undefined || to === undefined) return null
    const personal = hash(Buffer.from(salt, "hex"), Buffer.from(canonical({ from, to }))).toString("hex")
    return sha256(`${canonical({ ...rest, personal })}\n`)
  } catch {
    return null
  }
}

/** What is wrong with an object of version 2, or null. */
const wrongObject = (file, { bytes, erased, root, segments }) => {
  if (sizeOf(file) === null) return "not there"
  const leaves = []
  const gone = []
  let length = 0
  for (const line of linesOf(file, 6 * 256 * 1024 + 1024)) {
    if (line === null || leaves.length === segments) return "its lines"
    let value
    try {
      value = JSON.parse(line)
    } catch {
      return "no JSON"
    }
    if (!isObject(value) || !Buffer.from(canonical(value)).equals(line)) return "not canonical"
    const names = Object.keys(value).toSorted().join()
    if (names === "erased" && isDigest(value.erased)) {
      gone.push(leaves.length)
      leaves.push(Buffer.from(value.erased, "hex"))
      continue
    }
    if ((names !== "salt,text" && names !== "base64,salt") || !isDigest(value.salt)) return "no segment"
    const content = Buffer.from(value.text ?? value.base64, value.text === undefined ? "base64" : "utf8")
    if (
      value.text === undefined &&
      (content.toString("base64") !== value.base64 || Buffer.from(content.toString()).equals(content))
    )
      return "no segment"
    length += content.length
    leaves.push(leafOf(Buffer.from(value.salt, "hex"), content))
  }
  if (leaves.length !== segments || rootOf(leaves).toString("hex") !== root) return "its root"
  if (gone.join() !== [...erased].toSorted((a, b) => a - b).join()) return "what is erased"
  return erased.size === 0 && length !== bytes ? "its length" : null
}

const isQuarantine = (path) =>
  typeof path === "string" && /^quarantine\/[^/\\\0]+$/.test(path) && !/\/\.\.?$/.test(path)
const isAudio = (list) =>
  Array.isArray(list) && list.every((one) => isObject(one) && isDigest(one.sha256) && isCount(one.bytes))

/** Whether a body is of its kind, as far as anything is looked up by it. */
const isBody = ({ body, kind }, version) => {
  if (!isObject(body)) return false
  if (kind === "object")
    return version === 1
      ? isDigest(body.sha256) && isCount(body.bytes)
      : isDigest(body.root) && isCount(body.bytes) && isCount(body.segments)
  if (kind === "erased")
    return version === 2 && isDigest(body.root) && Array.isArray(body.segments) && body.segments.every(isCount)
  if (kind === "begin") return body.version === version
  if (kind !== "event" && kind !== "found") return kind === "fact" || kind === "close"
  const { event, files } = body
  if (
    !Array.isArray(files) ||
    !files.every((file) => isObject(file) && isQuarantine(file.path) && isDigest(file.sha256) && isCount(file.bytes))
  )
    return false
  if (event === null) return kind === "found"
  if (!isObject(event) || ![event._tag, event.recordingId, event.addTime].every((one) => typeof one === "string"))
    return false
  if (version === 2 && ("from" in event || "to" in event || "salt" in event)) return false
  if (event.personal !== undefined && !isDigest(event.personal)) return false
  if (["Quarantined", "Gone", "Released"].includes(event._tag)) return true
  if (!/^\d{4}-\d\d-\d\d/.test(event.addTime)) return false
  if (event._tag === "Erased")
    return version === 2 && isAudio(event.audio) && Array.isArray(event.files) && event.files.every(isQuarantine)
  return (
    ["Stored", "Tombstone"].includes(event._tag) &&
    isAudio([event, ...(event.earlier === undefined ? [] : [event.earlier].flat())])
  )
}

/** Follows the chain. Gives what it says of the folder, or the first thing that is wrong. */
const follow = (directory, publicKey, head) => {
  const told = {
    version: 1,
    closed: true,
    events: new Map(),
    files: new Map(),
    audio: new Map(),
    removed: new Set(),
    needs: new Map(),
    objects: new Map()
  }
  const chain = join(directory, "manifest/chain.ndjson")
  if (sizeOf(chain) === null) return "no chain"
  let prev = "0".repeat(64)
  let run = null
  let archive
  let signer = false
  let isHeadThere = head === null
  let seq = 0
  for (const line of linesOf(chain, mebibyte)) {
    if (line === null) return "the end of the chain"
    let entry
    try {
      entry = JSON.parse(line)
    } catch {
      return `entry ${seq}: no JSON`
    }
    if (!isObject(entry) || !Buffer.from(canonical(entry)).equals(line)) return `entry ${seq}: not canonical`
    const { hash: own, ...unhashed } = entry
    if (sha256(canonical(unhashed)) !== own) return `entry ${seq}: its hash`
    const { signature, ...unsigned } = unhashed
    const names = Object.keys(unsigned).toSorted().join()
    const version =
      names === "at,body,kind,prev,seq" ? 1 : names === "archive,at,body,kind,prev,seq,version" ? entry.version : 0
    if (seq === 0) [told.version, archive] = [version, entry.archive]
    if (![1, 2].includes(version) || version !== told.version || entry.archive !== archive)
      return `entry ${seq}: its version`
    if (version === 2 && !/^[0-9a-f]{32}$/.test(archive)) return `entry ${seq}: its archive`
    if (entry.seq !== seq || entry.prev !== prev) return `entry ${seq}: its place`
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(entry.at) || Number.isNaN(Date.parse(entry.at)))
      return `entry ${seq}: its time`
    prev = own
    if (own === head) isHeadThere = true
    if (
      signature &&
      (Object.keys(signature).toSorted().join() !== "key,value" || !isSigned(signature, canonical(unsigned)))
    )
      return `entry ${seq}: its signature`
    if (signer && !signature) return `entry ${seq}: not signed`
    if (publicKey && signature?.key !== publicKey) return `entry ${seq}: not signed by that key`
    signer ||= signature !== undefined
    if (!isBody(entry, version)) return `entry ${seq}: its body`
    const { body, kind } = entry
    if (kind === "begin") run = { begin: seq, leaves: [] }
    if (run === null) return `entry ${seq}: of no run`
    seq++
    if (kind === "close") {
      if (body.begin !== run.begin || body.entries !== run.leaves.length) return `entry ${seq - 1}: its run`
      if (body.root !== rootOf(run.leaves).toString("hex")) return `entry ${seq - 1}: its root`
      run = null
      continue
    }
    run.leaves.push(leafOf(line))
    if (kind === "object") {
      const name = version === 1 ? body.sha256 : body.root
      told.objects.set(name, { ...body, erased: told.objects.get(name)?.erased ?? new Set() })
    }
    if (kind === "erased") {
      const object = told.objects.get(body.root)
      if (object === undefined || body.segments.some((segment) => segment >= object.segments))
        return `entry ${seq - 1}: of no segment`
      for (const segment of body.segments) object.erased.add(segment)
    }
    if (kind !== "event" && kind !== "found") continue
    for (const { bytes, path, sha256 } of body.files) told.files.set(path, { bytes, sha256 })
    const { event } = body
    if (event === null) continue
    const { _tag: tag, earlier = [] } = event
    const digest = sha256(`${canonical(event)}\n`)
    const note = `quarantine/${nameOf(event.recordingId)}.json`
    if (["Stored", "Tombstone", "Erased"].includes(tag)) {
      told.events.set(indexPath(event), digest)
      told.needs.set(indexPath(event), tag === "Stored" ? [...earlier, event].map(({ sha256 }) => sha256) : [])
    } else if (tag !== "Released" && "personal" in event) told.events.set(note, digest)
    const gone =
      tag === "Tombstone"
        ? [...earlier, event].filter((one) => one.audioRemoved === true)
        : tag === "Erased"
          ? event.audio.filter((one) => one.removed === true)
          : []
    if (tag === "Stored") {
      for (const { bytes, sha256 } of [...earlier, event]) {
        told.audio.set(audioPath(sha256), { bytes, sha256 })
        told.removed.delete(audioPath(sha256))
      }
    }
    for (const { sha256 } of gone) {
      told.audio.delete(audioPath(sha256))
      told.removed.add(audioPath(sha256))
    }
    if (tag === "Erased") {
      for (const file of event.files) told.files.delete(file)
      told.events.delete(note)
    }
  }
  told.closed = run === null
  for (const [place, needs] of told.needs) {
    if (needs.some((sha256) => !told.audio.has(audioPath(sha256)))) return `${place}: its audio was deleted`
  }
  return isHeadThere ? told : "the head is not in the chain"
}

/** The first thing that differs, or null. `head` is the hash of an entry that must be in the chain. */
export const verify = (directory, publicKey = null, head = null) => {
  const told = follow(directory, publicKey, head)
  if (typeof told === "string") return told
  const known = new Set([...told.files.keys(), ...told.events.keys()])
  for (const [name, object] of told.objects) {
    const place = `objects/${name.slice(0, 2)}/${name}${told.version === 1 ? "" : ".ndjson"}`
    known.add(place)
    const wrong =
      told.version === 1
        ? digestOf(join(directory, place), object.bytes) === name
          ? null
          : "its bytes"
        : wrongObject(join(directory, place), object)
    if (wrong !== null) return `${place}: ${wrong}`
  }
  for (const [place, digest] of told.events) if (closedDigest(join(directory, place)) !== digest) return place
  for (const [place, { bytes, sha256 }] of [...told.files, ...told.audio]) {
    if (digestOf(join(directory, place), bytes) !== sha256) return place
  }
  for (const place of ["objects", "index", "quarantine"].flatMap((folder) => below(directory, folder))) {
    const isOld = told.version === 1 && isLeft(place) && sizeOf(join(directory, place)) !== null
    if (!known.has(place) && !isOld) return `${place}: not in the chain`
  }
  for (const place of below(directory, "audio")) {
    if (/^audio\/[0-9a-f]{2}$/.test(place)) return `${place}: no folder`
    if (told.audio.has(place) || !/^audio\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/.test(place)) continue
    if (told.removed.has(place)) return `${place}: was deleted`
    if (digestOf(join(directory, place), sizeOf(join(directory, place))) !== place.slice(-64)) return place
  }
  return told.closed ? null : "the last run has no end"
}

// node independentVerifier.mjs <folder> [<public key, 32 bytes in base64>] [<head>]
if (import.meta.main) {
  const [directory, publicKey = null, head = null] = process.argv.slice(2)
  const wrong = directory === undefined ? "name the archive's folder" : verify(directory, publicKey || null, head)
  process.stdout.write(wrong === null ? "as it was\n" : `differs: ${wrong}\n`)
  process.exitCode = directory === undefined ? 2 : wrong === null ? 0 : 1
}
