/**
 * Whether an archive is what its manifest says: without the network, and without credentials.
 *
 * @since 0.1.0
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { Digest } from "@vobiz-effect/files"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import * as ArchiveIndex from "./ArchiveIndex.ts"
import { AudioStore } from "./AudioStore.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import * as Chain from "./internal/chain.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as MerkleTree from "./MerkleTree.ts"
import type { StoreError } from "./StoreError.ts"

/**
 * What to verify.
 *
 * - `directory`: the archive's folder. Its audio is read from the `AudioStore`.
 * - `manifest`: the chain's file, by default the folder's own.
 * - `hasKey`: whether the `AudioStore` has the key of encrypted audio. Without it such audio is counted as `unread`.
 * - `publicKey`: the Ed25519 key, as its 32 bytes in base64, that must have signed every entry.
 * - `head`: the hash of an entry that must be in the chain, as one that was kept elsewhere.
 * - `onProgress`: is told now and then how far it has come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly directory: string
  readonly manifest?: string | undefined
  readonly hasKey?: boolean | undefined
  readonly publicKey?: string | undefined
  readonly head?: string | undefined
  readonly onProgress?: ((far: Far) => Effect.Effect<void>) | undefined
}

/**
 * How far a verification has come: what was looked at until now.
 *
 * @category models
 * @since 0.1.0
 */
export type Far = Pick<Verdict, "entries" | "objects" | "recordings" | "audio" | "unread" | "bytes">

/**
 * The first thing that is not as it should be. `entry` is the number of the entry that says how it should be, if one does.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly place: string
  readonly entry: number | null
  readonly expected: string
  readonly found: string
}

/**
 * What was verified until the first difference, or all of it where there is none.
 *
 * - `entries`, `runs`: of the chain. `unclosed`: runs that did not come to their end.
 * - `objects`, `recordings`: kept objects, and entries of the index, that were compared.
 * - `audio`, `bytes`: files of audio that were read and found whole, and their bytes. `unread`: encrypted ones, without the key.
 * - `unlisted`: whole audio that no entry has, as a run leaves it that is killed.
 * - `signers`: the keys that signed entries, as 32 bytes in base64. `unsigned`: entries without a signature.
 * - `head`: the newest entry's hash.
 *
 * @category models
 * @since 0.1.0
 */
export interface Verdict {
  readonly entries: number
  readonly runs: number
  readonly unclosed: number
  readonly objects: number
  readonly recordings: number
  readonly audio: number
  readonly bytes: number
  readonly unread: number
  readonly unlisted: number
  readonly signers: ReadonlyArray<string>
  readonly unsigned: number
  readonly head: string | null
  readonly difference: Difference | null
}

class Differs extends Data.TaggedError("Differs")<Difference> {}

type Counts = { -readonly [K in keyof Omit<Verdict, "signers" | "difference">]: Verdict[K] }

/** How something must be, and which entry says so. */
interface Expected {
  readonly sha256: string
  readonly entry: number
}

/** What the chain says of the folder: of a recording 700 bytes or so are held in memory, and of its audio nothing. */
interface Told {
  readonly index: Map<string, Expected>
  readonly audio: Map<string, Expected>
  readonly removed: Map<string, number>
  readonly objects: Map<string, Expected>
  readonly quarantine: Map<string, Expected>
}

/**
 * Reads everything again that the manifest speaks of, and stops at the first thing that differs: the chain and its signatures
 * first, then objects, the index, the quarantine, and audio. Fails only where files cannot be read at all.
 *
 * @category programs
 * @since 0.1.0
 */
export const run = Effect.fn("Verify.run")(function* (options: Options) {
  const disk = yield* Disk.make
  const counts: Counts = {
    entries: 0,
    runs: 0,
    unclosed: 0,
    objects: 0,
    recordings: 0,
    audio: 0,
    bytes: 0,
    unread: 0,
    unlisted: 0,
    unsigned: 0,
    head: null
  }
  const signers = new Set<string>()
  const difference = yield* Effect.gen(function* () {
    const told = yield* chain(disk, options, counts, signers)
    yield* objects(disk, options, told, counts)
    yield* files(disk, options, told, counts)
    yield* audio(options, told, counts)
    return null
  }).pipe(
    Effect.catchTag("Differs", ({ entry, expected, found, place }) =>
      Effect.succeed<Difference>({ entry, expected, found, place })
    )
  )
  return { ...counts, signers: Array.from(signers), difference } satisfies Verdict
})

// ---------------------------------------------------------------------------
// The chain
// ---------------------------------------------------------------------------

const tell = ({ onProgress }: Options, counts: Counts): Effect.Effect<void> =>
  onProgress === undefined ? Effect.void : onProgress({ ...counts })

const asFile = (value: CanonicalJson.Json) => value as { readonly [key: string]: CanonicalJson.Json }

const chain = Effect.fnUntraced(function* (disk: Disk.Disk, options: Options, counts: Counts, signers: Set<string>) {
  const { directory, head, manifest, publicKey } = options
  const place = manifest ?? disk.path.join(directory, "manifest", Chain.fileName)
  const told: Told = {
    index: new Map(),
    audio: new Map(),
    removed: new Map(),
    objects: new Map(),
    quarantine: new Map()
  }
  if (!(yield* disk.exists(place))) {
    return yield* new Differs({ place, entry: null, expected: "a manifest", found: "no file" })
  }
  let prev = Chain.none
  let begin: number | null = null
  let tree = MerkleTree.empty
  let length = 0
  /** Whether the last run may not have written down all that it did. */
  let isOpen = false
  let isHeadThere = head === undefined
  const publicKeyFor = publicKeys()

  const take = (line: Uint8Array): Difference | null => {
    const seq = counts.entries
    const differs = (expected: string, found: string): Difference => ({ place, entry: seq, expected, found })
    const entry = Chain.parse(line)
    if (typeof entry === "string") return differs("an entry as it was written", `line ${seq + 1} ${entry}`)
    if (entry.seq !== seq) return differs(`entry ${seq}`, `entry ${entry.seq}`)
    if (entry.prev !== prev) return differs(`the hash before to be ${prev}`, entry.prev)
    length += line.length + 1
    counts.entries++
    counts.head = prev = entry.hash
    if (entry.hash === head) isHeadThere = true
    isOpen = !Chain.isCompleted(entry)
    const unsigned = signed(entry, differs)
    if (unsigned !== null) return unsigned
    if (!Chain.isBody(entry)) return differs(`a body of the kind ${entry.kind}`, "another one")
    const body = asFile(entry.body)
    if (entry.kind === "begin") {
      if (begin !== null) counts.unclosed++
      counts.runs++
      begin = seq
      tree = MerkleTree.empty
    }
    if (begin === null) return differs("the begin of a run", entry.kind)
    if (entry.kind === "close") {
      const root = Buffer.from(MerkleTree.root(tree)).toString("hex")
      if (body["begin"] !== begin) return differs(`the end of the run of entry ${begin}`, String(body["begin"]))
      if (body["entries"] !== tree.size) return differs(`${tree.size} entries of the run`, String(body["entries"]))
      if (body["root"] !== root) return differs(`the Merkle root ${root}`, String(body["root"]))
      begin = null
      return null
    }
    tree = MerkleTree.append(tree, line)
    if (entry.kind === "object") {
      told.objects.set(String(body["sha256"]), { sha256: String(body["sha256"]), entry: seq })
    }
    const { event, kept } = Chain.eventOf(entry)
    for (const { path, sha256 } of kept) told.quarantine.set(path, { sha256, entry: seq })
    if (event === null) return null
    const fields = asFile(event.value)
    const sha256 = String(fields["sha256"])
    if (Chain.isIndexed(event)) {
      const at = ArchiveIndex.pathOf({ addTime: String(fields["addTime"]), recordingId: event.recordingId })
      told.index.set(at, { sha256: Digest.of(`${CanonicalJson.encode(event.value)}\n`), entry: seq })
    }
    if (event.tag === "Stored") {
      for (const held of [...Chain.earlierOf(event.value), sha256]) {
        told.audio.set(held, { sha256: held, entry: seq })
        told.removed.delete(held)
      }
    }
    if (event.tag === "Tombstone" && fields["audioRemoved"] === true) {
      told.audio.delete(sha256)
      told.removed.set(sha256, seq)
    }
    return null
  }

  const signed = (entry: Chain.Entry, differs: (expected: string, found: string) => Difference): Difference | null => {
    const { hash: _, signature, ...unsigned } = entry
    if (signature === undefined) {
      counts.unsigned++
      return publicKey === undefined ? null : differs(`the entry to be signed by ${publicKey}`, "no signature")
    }
    if (publicKey !== undefined && signature.key !== publicKey) {
      return differs(`the entry to be signed by ${publicKey}`, `a signature by ${signature.key}`)
    }
    if (!isSigned(signature, CanonicalJson.encode(unsigned), publicKeyFor)) {
      return differs(`a signature by ${signature.key} of this entry`, "another one")
    }
    signers.add(signature.key)
    return null
  }

  yield* Stream.runForEach(Chain.lines(disk, place), (line) =>
    Effect.suspend(() => {
      const difference = take(line)
      if (difference !== null) return Effect.fail(new Differs(difference))
      return counts.entries % 1000 === 0 ? tell(options, counts) : Effect.void
    })
  )
  const { size } = yield* Effect.mapError(disk.fs.stat(place), Disk.failedAt(place))
  if (Number(size) !== length) {
    const found = `${Number(size) - length} bytes that are no whole line, as a killed run leaves them; the next one takes them away`
    return yield* new Differs({ place, entry: null, expected: "the end of a line at its end", found })
  }
  if (begin !== null) counts.unclosed++
  if (!isHeadThere) {
    return yield* new Differs({ place, entry: null, expected: `an entry with the hash ${head}`, found: "none" })
  }
  return { ...told, isOpen }
})

/** The keys of a chain, few of them, are taken in once. */
const publicKeys = () => {
  const known = new Map<string, KeyObject>()
  return (key: string): KeyObject => {
    const publicKey = known.get(key) ?? publicKeyOf(key)
    known.set(key, publicKey)
    return publicKey
  }
}

const publicKeyOf = (key: string): KeyObject => {
  const x = Buffer.from(key, "base64").toString("base64url")
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
}

const isSigned = ({ key, value }: Chain.Signature, text: string, publicKeyOf: (key: string) => KeyObject): boolean => {
  try {
    const publicKey = publicKeyOf(key)
    const bytes = Buffer.from(value, "base64")
    // Base64 that is not in its one form could be changed unseen.
    return bytes.toString("base64") === value && verify(null, Buffer.from(text), publicKey, bytes)
  } catch {
    return false
  }
}

type TellsAll = Effect.Success<ReturnType<typeof chain>>

// ---------------------------------------------------------------------------
// The folder
// ---------------------------------------------------------------------------

const compare = Effect.fnUntraced(function* (
  disk: Disk.Disk,
  directory: string,
  place: string,
  { entry, sha256 }: Expected
) {
  const file = disk.path.join(directory, ...place.split("/"))
  const expected = `a file with the SHA-256 ${sha256}`
  if (!(yield* disk.exists(file))) return yield* new Differs({ place, entry, expected, found: "no file" })
  const found = yield* Effect.mapError(Digest.ofStream(disk.fs.stream(file)), Disk.failedAt(file))
  if (found.sha256 !== sha256) {
    return yield* new Differs({ place, entry, expected, found: `one with ${found.sha256}` })
  }
})

/** All files below a folder, by their places with `/`, in order. */
const filesBelow = (disk: Disk.Disk, directory: string, folder: string): Stream.Stream<string, StoreError> =>
  Stream.fromIterableEffect(disk.list(disk.path.join(directory, ...folder.split("/")))).pipe(
    Stream.map((name) => `${folder}/${name}`),
    Stream.mapEffect((place) =>
      Effect.map(
        Effect.mapError(disk.fs.stat(disk.path.join(directory, ...place.split("/"))), Disk.failedAt(place)),
        ({ type }) => (type === "Directory" ? filesBelow(disk, directory, place) : Stream.make(place))
      )
    ),
    Stream.flatten
  )

const objects = Effect.fnUntraced(function* (
  disk: Disk.Disk,
  options: Options,
  { isOpen, objects }: TellsAll,
  counts: Counts
) {
  const { directory } = options
  for (const [sha256, expected] of objects) {
    yield* compare(disk, directory, Chain.objectPath(sha256), expected)
    counts.objects++
    yield* tell(options, counts)
  }
  yield* Stream.runForEach(filesBelow(disk, directory, "objects"), (place) => {
    const isKnown = objects.has(place.slice(place.lastIndexOf("/") + 1))
    return isKnown || Chain.isLeft(place) || isOpen ? Effect.void : Effect.fail(unlisted(place))
  })
})

const unlisted = (place: string) =>
  new Differs({ place, entry: null, expected: "no file that the manifest does not know", found: "one" })

const files = Effect.fnUntraced(function* (
  disk: Disk.Disk,
  options: Options,
  { index, isOpen, quarantine }: TellsAll,
  counts: Counts
) {
  const { directory } = options
  for (const [place, expected] of index) {
    yield* compare(disk, directory, place, expected)
    counts.recordings++
    yield* tell(options, counts)
  }
  for (const [place, expected] of quarantine) yield* compare(disk, directory, place, expected)
  for (const [folder, known] of [
    ["index", index],
    ["quarantine", quarantine]
  ] as const) {
    yield* Stream.runForEach(filesBelow(disk, directory, folder), (place) =>
      known.has(place) || Chain.isLeft(place) || isOpen ? Effect.void : Effect.fail(unlisted(place))
    )
  }
})

const audio = Effect.fnUntraced(function* (options: Options, { audio, removed }: TellsAll, counts: Counts) {
  const store = yield* AudioStore
  const check = Effect.fnUntraced(function* (sha256: string, entry: number | null) {
    const place = `audio ${sha256}`
    let head = new Uint8Array()
    const first = (piece: Uint8Array) =>
      Effect.sync(() => {
        if (head.length === 0) head = piece.slice(0, 8)
      })
    const found = yield* Digest.ofStream(Stream.tap(store.open(sha256), first)).pipe(
      Effect.catchIf(
        ({ kind }) => kind === "missing" || kind === "damaged",
        ({ detail, kind }) =>
          Effect.fail(
            new Differs({ place, entry, expected: "its bytes", found: kind === "missing" ? "no file" : detail })
          )
      )
    )
    if (found.sha256 === sha256) {
      counts.bytes += found.bytes
      return "whole" as const
    }
    if (options.hasKey !== true && Form.isEncrypted(head)) return "unread" as const
    return yield* new Differs({
      place,
      entry,
      expected: `bytes with the SHA-256 ${sha256}`,
      found: `others, with ${found.sha256}`
    })
  })
  for (const [sha256, { entry }] of audio) {
    counts[(yield* check(sha256, entry)) === "whole" ? "audio" : "unread"]++
    yield* tell(options, counts)
  }
  yield* Stream.runForEach(store.list, ({ sha256 }) =>
    Effect.gen(function* () {
      if (audio.has(sha256)) return
      const entry = removed.get(sha256)
      if (entry !== undefined) {
        return yield* new Differs({ place: `audio ${sha256}`, entry, expected: "that it was deleted", found: "a file" })
      }
      counts[(yield* check(sha256, null)) === "whole" ? "unlisted" : "unread"]++
    })
  )
})
