/**
 * A verifier of archives by docs/evidence.md and docs/archive.md alone: no code of ours. It looks at all that the documents
 * speak of, and gives the first thing that differs, or null. What a killed run left to be finished differs, too, and so does what
 * is encrypted by a key that it does not have.
 */
import { createDecipheriv, createHash, createPublicKey, hkdfSync, verify as verifySignature } from "node:crypto"
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

const isEncrypted = (bytes) => /^VBZARC[12]\0/.test(bytes.toString("latin1", 0, 8))

/** What an encrypted file is decrypted to; null where it is not what was written at the place, "no key" where no key is at hand. */
const decrypted = (bytes, place, keys) => {
  const isTwo = bytes[6] === 50
  const header = bytes.subarray(0, isTwo ? 48 : 40)
  const idOf = (key) => sha256(Buffer.concat([Buffer.from("vobiz-effect archive key id v2"), key])).slice(0, 16)
  const known = keys.filter((key) => !isTwo || idOf(key) === header.toString("hex", 8, 16))
  if (known.length === 0) return "no key"
  for (const key of known) {
    const info = Buffer.from(`vobiz-effect archive file key v${isTwo ? 2 : 1}`)
    const salt = header.subarray(-32)
    const fileKey = isTwo
      ? hash(Buffer.of(0, 0, 0, 1), key, info, salt)
      : Buffer.from(hkdfSync("sha256", key, salt, info, 32))
    const content = []
    try {
      for (let at = header.length, n = 0; ; n++) {
        const chunk = bytes.subarray(at, at + 1 + 12 + 65536 + 16)
        const count = Buffer.alloc(8)
        count.writeBigUInt64BE(BigInt(n))
        const name = Buffer.from(isTwo && chunk[0] === 1 ? place : "")
        const decipher = createDecipheriv("aes-256-gcm", fileKey, chunk.subarray(1, 13))
        decipher.setAAD(Buffer.concat([header, count, chunk.subarray(0, 1), name])).setAuthTag(chunk.subarray(-16))
        content.push(decipher.update(chunk.subarray(13, -16)), decipher.final())
        at += chunk.length
        if (chunk[0] === 1) return at === bytes.length ? Buffer.concat(content) : null
      }
    } catch {
      // By another key.
    }
  }
  return null
}

/**
 * The content of the file of a place, by how it must be stored: sealed, in clear (null), or either (undefined), as audio of earlier versions.
 * A text says why there is none.
 */
const contentOf = (directory, place, sealed, keys, longest = Infinity) => {
  const size = sizeOf(join(directory, place))
  if (size === null || size > longest) return "its file"
  if (sealed && size !== sealed.bytes) return "its length"
  const bytes = readFileSync(join(directory, place))
  if (sealed && sha256(bytes) !== sealed.sha256) return "its bytes"
  if (sealed ? !isEncrypted(bytes) : sealed === null && isEncrypted(bytes)) return "whether it is encrypted"
  return isEncrypted(bytes) ? (decrypted(bytes, place, keys) ?? "its bytes") : bytes
}

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

/** The lines of bytes; null as the last where it has no end, or is longer than allowed. */
function* linesIn(bytes, longest) {
  let from = 0
  for (let end; (end = bytes.indexOf(10, from)) >= 0; from = end + 1) {
    if (end - from > longest) return yield null
    yield bytes.subarray(from, end)
  }
  if (from < bytes.length) yield null
}

/** The same of a file. */
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
const closedDigest = (content) => {
  try {
    const text = content.toString("utf8")
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
const wrongObject = (directory, place, { bytes, erased, root, sealed, segments }, keys) => {
  const file = join(directory, place)
  if (sizeOf(file) === null) return "not there"
  const content = sealed === undefined ? null : contentOf(directory, place, sealed, keys)
  if (typeof content === "string") return content
  const longest = 6 * 256 * 1024 + 1024
  const leaves = []
  const gone = []
  let length = 0
  for (const line of content === null ? linesOf(file, longest) : linesIn(content, longest)) {
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

/** The file of an event's note in the quarantine. */
const notePath = ({ recordingId }) => `quarantine/${nameOf(recordingId)}.json`
/** Where the files of an event are. */
const placesOf = (event) => {
  const { _tag: tag, earlier = [] } = event
  const own = ["Stored", "Tombstone", "Erased"].includes(tag) ? indexPath(event) : notePath(event)
  return [own, ...(tag === "Stored" ? [...[earlier].flat(), event].map(({ sha256 }) => audioPath(String(sha256))) : [])]
}
/** Whether it says how files are stored. */
const isSealed = ({ event, sealed }) => {
  if (sealed === undefined) return true
  if (event === undefined) return isAudio([sealed])
  return isObject(event) && isAudio(sealed) && sealed.every(({ path }) => placesOf(event).includes(path))
}

/** Whether a body is of its kind, as far as anything is looked up by it. */
const isBody = ({ body, kind }, version) => {
  if (!isObject(body)) return false
  if (["begin", "close"].includes(kind) && body.key !== undefined && !/^[0-9a-f]{16}$/.test(body.key)) return false
  if (kind === "object")
    return version === 1
      ? isDigest(body.sha256) && isCount(body.bytes)
      : isDigest(body.root) && isCount(body.bytes) && isCount(body.segments) && isSealed({ sealed: body.sealed })
  if (kind === "erased")
    return (
      version === 2 &&
      isDigest(body.root) &&
      Array.isArray(body.segments) &&
      body.segments.every(isCount) &&
      isSealed({ sealed: body.sealed })
    )
  if (kind === "begin") return body.version === version
  if (kind !== "event" && kind !== "found") return kind === "fact" || kind === "close"
  const { event, files } = body
  if (
    !Array.isArray(files) ||
    !files.every((file) => isObject(file) && isQuarantine(file.path) && isDigest(file.sha256) && isCount(file.bytes))
  )
    return false
  if (event === null) return kind === "found" && body.sealed === undefined
  if (!isObject(event) || ![event._tag, event.recordingId, event.addTime].every((one) => typeof one === "string"))
    return false
  if (version === 2 && ("from" in event || "to" in event || "salt" in event)) return false
  if (event.personal !== undefined && !isDigest(event.personal)) return false
  if (!isSealed(body)) return false
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
      object.sealed = body.sealed
    }
    if (kind !== "event" && kind !== "found") continue
    for (const { bytes, path, sha256 } of body.files) told.files.set(path, { bytes, sha256 })
    const { event } = body
    if (event === null) continue
    const { _tag: tag, earlier = [] } = event
    const digest = sha256(`${canonical(event)}\n`)
    const note = notePath(event)
    const sealed = new Map((body.sealed ?? []).map((one) => [one.path, one]))
    if (["Stored", "Tombstone", "Erased"].includes(tag)) {
      told.events.set(indexPath(event), { digest, sealed: sealed.get(indexPath(event)) ?? null })
      told.needs.set(indexPath(event), tag === "Stored" ? [...earlier, event].map(({ sha256 }) => sha256) : [])
    } else if (tag !== "Released" && "personal" in event) {
      told.events.set(note, { digest, sealed: sealed.get(note) ?? null })
    }
    const gone =
      tag === "Tombstone"
        ? [...earlier, event].filter((one) => one.audioRemoved === true)
        : tag === "Erased"
          ? event.audio.filter((one) => one.removed === true)
          : []
    if (tag === "Stored") {
      for (const { bytes, sha256 } of [...earlier, event]) {
        const place = audioPath(sha256)
        told.audio.set(place, { bytes, sha256, sealed: sealed.get(place) ?? told.audio.get(place)?.sealed })
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

/** What is wrong with audio, or null; of a copy that was encrypted anew, what it is decrypted to counts. */
const wrongAudio = (directory, place, { bytes, sealed, sha256: digest }, keys) => {
  const content = contentOf(directory, place, undefined, keys, bytes + 48 + 29 * (1 + Math.ceil(bytes / 65536)))
  if (content === "no key") {
    const size = sizeOf(join(directory, place))
    const header = readFileSync(join(directory, place))[6] === 50 ? 48 : 40
    if (size !== header + bytes + 29 * Math.max(1, Math.ceil(bytes / 65536))) return "its length"
    return sealed ? contentOf(directory, place, sealed, []) : content
  }
  if (typeof content === "string") return content
  if (sealed && sizeOf(join(directory, place)) === bytes) return "whether it is encrypted"
  return content.length === bytes && sha256(content) === digest ? null : "its bytes"
}

/**
 * The first thing that differs, or null. `head` is the hash of an entry that must be in the chain, `keys` the keys that files are encrypted
 * by, 32 bytes each.
 */
export const verify = (directory, publicKey = null, head = null, keys = []) => {
  let unread = 0
  /** Counts what there is no key for; else what is wrong stays so. */
  const without = (wrong) => {
    if (wrong !== "no key") return wrong
    unread++
    return null
  }
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
        : without(wrongObject(directory, place, object, keys))
    if (wrong !== null) return `${place}: ${wrong}`
  }
  for (const [place, { digest, sealed }] of told.events) {
    const content = contentOf(directory, place, sealed, keys, mebibyte + 1024)
    const wrong = without(typeof content === "string" ? content : closedDigest(content) === digest ? null : "its event")
    if (wrong !== null) return `${place}: ${wrong}`
  }
  for (const [place, { bytes, sha256 }] of told.files) {
    if (digestOf(join(directory, place), bytes) !== sha256) return place
  }
  for (const [place, audio] of told.audio) {
    const wrong = without(wrongAudio(directory, place, audio, keys))
    if (wrong !== null) return `${place}: ${wrong}`
  }
  for (const place of ["objects", "index", "quarantine"].flatMap((folder) => below(directory, folder))) {
    const isOld = told.version === 1 && isLeft(place) && sizeOf(join(directory, place)) !== null
    if (!known.has(place) && !isOld) return `${place}: not in the chain`
  }
  for (const place of below(directory, "audio")) {
    if (/^audio\/[0-9a-f]{2}$/.test(place)) return `${place}: no folder`
    if (told.audio.has(place) || !/^audio\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/.test(place)) continue
    if (told.removed.has(place)) return `${place}: was deleted`
    const content = contentOf(directory, place, undefined, keys)
    const wrong = without(
      typeof content === "string" ? content : sha256(content) === place.slice(-64) ? null : "its bytes"
    )
    if (wrong !== null) return `${place}: ${wrong}`
  }
  if (!told.closed) return "the last run has no end"
  return unread === 0 ? null : `${unread} files were not read: no key`
}

// node independentVerifier.mjs <folder> [<public key, 32 bytes in base64>] [<head>] [<key in hexadecimal digits> …]
if (import.meta.main) {
  const [directory, publicKey, head, ...hex] = process.argv.slice(2)
  const keys = hex.map((key) => Buffer.from(key, "hex"))
  const wrong =
    directory === undefined ? "name the archive's folder" : verify(directory, publicKey || null, head || null, keys)
  process.stdout.write(wrong === null ? "as it was\n" : `differs: ${wrong}\n`)
  process.exitCode = directory === undefined ? 2 : wrong === null ? 0 : 1
}
