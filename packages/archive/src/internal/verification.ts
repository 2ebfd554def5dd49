/** Whether an archive's chain, and the files that it speaks of, are as they should be. Of audio, `Verify` knows. */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import * as MerkleTree from "./merkleTree.ts"
import type { StoreError } from "../StoreError.ts"
import type { Anchored, Difference, Encrypted, Options, Progress, Verdict } from "./verificationModel.ts"
import * as Anchors from "./anchors.ts"
import * as Chain from "./chain.ts"
import { type Disk, failedAt } from "./disk.ts"
import type * as Event from "./event.ts"
import * as Form from "./form.ts"
import * as Migration from "./migrationPlaces.ts"
import * as Objects from "./objects.ts"
import * as Pending from "./pending.ts"
import * as Sealed from "./sealed.ts"
import * as Segments from "./segments.ts"
import * as State from "./state.ts"
import * as Timestamp from "./timestamp.ts"

export class Differs extends Data.TaggedError("Differs")<Difference> {}

export type Counts = {
  -readonly [K in keyof Omit<Verdict, "signers" | "difference" | "strays" | "anchors" | "encrypted">]: Verdict[K]
}

export interface Found {
  readonly counts: Counts
  readonly signers: Set<string>
  readonly strays: Array<string>
  readonly anchors: Array<Anchored>
  /** Entries of the chain that have a token, by their hash. */
  readonly anchored: Map<string, Pick<Anchored, "entry" | "at">>
  readonly state: State.State
  /** How many files are encrypted, by the id of their key. */
  readonly encrypted: Map<string | null, Encrypted>
  /** Whether the last run may not have written down all that it did, as in version 1. */
  isOpen: boolean
  /** Audio and files that a run that was killed was about to delete. */
  readonly finishing: Set<string>
}

export const found = (): Found => ({
  counts: {
    version: null,
    archive: null,
    entries: 0,
    runs: 0,
    unclosed: 0,
    isClosed: true,
    unfinished: 0,
    objects: 0,
    erased: 0,
    recordings: 0,
    audio: 0,
    bytes: 0,
    unread: 0,
    clear: 0,
    unlisted: 0,
    unsigned: 0,
    head: null
  },
  signers: new Set(),
  strays: [],
  anchors: [],
  anchored: new Map(),
  state: State.make(),
  encrypted: new Map(),
  isOpen: false,
  finishing: new Set()
})

export const tell = ({ onProgress }: Pick<Options, "onProgress">, { counts }: Found): Effect.Effect<void> =>
  onProgress === undefined ? Effect.void : onProgress({ ...counts } satisfies Progress)

/** Counts a file by its key. */
export const tally = ({ counts, encrypted }: Found, head: Form.Head | null, isRead: boolean): void => {
  if (head === null) return
  if (!head.isEncrypted) {
    counts.clear++
    return
  }
  const { files, unread } = encrypted.get(head.key) ?? { files: 0, unread: 0 }
  encrypted.set(head.key, { id: head.key, files: files + 1, unread: unread + (isRead ? 0 : 1) })
  if (!isRead) counts.unread++
}

/** Names that stray beside the archive's own: no more than these are told. */
const mostStrays = 20

export const stray = ({ strays }: Found, place: string) => {
  if (strays.length < mostStrays) strays.push(place)
}

// ---------------------------------------------------------------------------
// The chain
// ---------------------------------------------------------------------------

/** Reads the chain to its end, and takes in what it says. */
// oxlint-disable-next-line max-lines-per-function -- one pass over the lines, each of which is held against all that was read before it
export const chain = Effect.fnUntraced(function* (disk: Disk, options: Options, result: Found) {
  const { directory, head, manifest, publicKey } = options
  const { counts, signers, state } = result
  const place = manifest ?? disk.path.join(directory, "manifest", Chain.fileName)
  const kind = yield* disk.kindOf(place)
  if (kind !== "file") {
    const found = kind === "none" ? "no file" : "something that is no plain file"
    return yield* new Differs({ place, entry: null, expected: "a manifest", found })
  }
  const isSigned = Chain.signatures()
  const anchored = new Set((yield* Anchors.list(disk, directory)).heads)
  let prev = Chain.none
  let begin: number | null = null
  let tree = MerkleTree.empty
  let length = 0
  let isHeadThere = head === undefined

  const signed = (entry: Chain.Entry): string | null => {
    const { hash: _, signature, ...unsigned } = entry
    if (signature === undefined) {
      counts.unsigned++
      if (publicKey !== undefined) return `the entry to be signed by ${publicKey}: no signature`
      // Whoever has no key could else resume a chain of somebody who has.
      return signers.size === 0 ? null : `the entry to be signed, as the ones before are: no signature`
    }
    if (publicKey !== undefined && signature.key !== publicKey) {
      return `the entry to be signed by ${publicKey}: a signature by ${signature.key}`
    }
    if (!isSigned(signature, unsigned)) return `a signature by ${signature.key} of this entry: another one`
    signers.add(signature.key)
    return null
  }

  const take = (line: Uint8Array): Difference | null => {
    const seq = counts.entries
    const differs = (expected: string, found: string): Difference => ({ place, entry: seq, expected, found })
    const entry = Chain.parse(line)
    if (typeof entry === "string") return differs("an entry as it was written", `line ${seq + 1} ${entry}`)
    if (entry.seq !== seq) return differs(`entry ${seq}`, `entry ${entry.seq}`)
    if (entry.prev !== prev) return differs(`the hash before to be ${prev}`, entry.prev)
    const version = Chain.versionOf(entry)
    if (seq === 0) {
      counts.version = version
      counts.archive = entry.archive ?? null
    }
    if (version !== counts.version) return differs(`an entry of version ${counts.version}`, `one of version ${version}`)
    if ((entry.archive ?? null) !== counts.archive)
      return differs(`an entry of the archive ${counts.archive}`, `one of ${entry.archive}`)
    length += line.length + 1
    counts.entries++
    counts.head = prev = entry.hash
    if (entry.hash === head) isHeadThere = true
    if (anchored.has(entry.hash)) result.anchored.set(entry.hash, { entry: seq, at: entry.at })
    result.isOpen = version === 1 && !Chain.isCompleted(entry)
    const unsigned = signed(entry)
    if (unsigned !== null) {
      const at = unsigned.lastIndexOf(": ")
      return differs(unsigned.slice(0, at), unsigned.slice(at + 2))
    }
    if (!Chain.isBody(entry)) return differs(`a body of the kind ${entry.kind}`, "another one")
    const body = entry.body as Event.Fields
    if (entry.kind === "begin") {
      if (body["version"] !== version) return differs(`a run of version ${version}`, "one of another version")
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
    const impossible = State.take(state, entry)
    return impossible === null ? null : differs("an entry of what was before", impossible)
  }

  yield* Stream.runForEach(Chain.lines(disk, place), (line) =>
    Effect.suspend(() => {
      if (line === null) return Effect.void
      const difference = take(line)
      if (difference !== null) return Effect.fail(new Differs(difference))
      return counts.entries % 1000 === 0 ? tell(options, result) : Effect.void
    })
  )
  const { size } = yield* Effect.mapError(disk.fs.stat(place), failedAt(place))
  if (Number(size) !== length) {
    const found = `${Number(size) - length} bytes that are no whole line, as a killed run leaves them; the next one takes them away`
    return yield* new Differs({ place, entry: null, expected: "the end of a line at its end", found })
  }
  if (begin !== null) counts.unclosed++
  counts.isClosed = begin === null
  for (const [of, { audio }] of state.events) {
    const gone = audio.find((sha256) => !state.audio.has(sha256))
    if (gone === undefined) continue
    const entry = state.removed.get(gone) ?? null
    return yield* new Differs({ place: `audio ${gone}`, entry, expected: `that ${of} still has it`, found: "deleted" })
  }
  if (!isHeadThere) {
    return yield* new Differs({ place, entry: null, expected: `an entry with the hash ${head}`, found: "none" })
  }
})

// ---------------------------------------------------------------------------
// The anchors
// ---------------------------------------------------------------------------

/** Holds the tokens that lie beside the chain against it. One of an entry that is not in it says that the chain was cut or made anew. */
export const anchors = Effect.fnUntraced(function* (disk: Disk, options: Options, result: Found) {
  const { directory, trusted } = options
  const { heads, strays } = yield* Anchors.list(disk, directory)
  for (const name of strays) stray(result, `${Anchors.folderName}/${name}`)
  const certificates = trusted === undefined ? null : yield* Effect.orDie(Timestamp.certificates(trusted.pem))
  for (const head of heads) {
    const place = Anchors.pathOf(head)
    const differs = (expected: string, found: string) =>
      new Differs({ place, entry: result.anchored.get(head)?.entry ?? null, expected, found })
    const bytes = yield* disk.bytes(fileAt(disk, directory, place), Anchors.longest)
    if (bytes === null) return yield* differs("a token of an anchor", "no plain file of its length")
    const refused = Effect.mapError(({ detail }: Timestamp.Wrong) => differs(`a token of the head ${head}`, detail))
    const time = DateTime.formatIso(yield* refused(Timestamp.read(bytes, head)))
    if (certificates !== null) yield* refused(Timestamp.check(bytes, head, certificates))
    const entry = result.anchored.get(head)
    if (entry === undefined) {
      return yield* differs("an entry with this hash in the chain, as it was anchored", `none, and a token of ${time}`)
    }
    result.anchors.push({ ...entry, head, time, isChecked: certificates !== null })
  }
  result.anchors.sort((one, other) => one.entry - other.entry)
})

// ---------------------------------------------------------------------------
// The files
// ---------------------------------------------------------------------------

const fileAt = (disk: Disk, directory: string, place: string) => disk.path.join(directory, ...place.split("/"))

/** Compares a plain file, as it is stored, with what it must be. */
const look = Effect.fnUntraced(function* (
  disk: Disk,
  file: string,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string }
): Effect.fn.Return<Sealed.Seen, StoreError> {
  const kind = yield* disk.kindOf(file)
  if (kind !== "file") return Sealed.unseen(kind)
  const seen = (wrong: string | null, head: Form.Head | null = null): Sealed.Seen => ({ wrong, head, isRead: true })
  const { size } = yield* Effect.mapError(disk.fs.stat(file), failedAt(file))
  // One of another length need not be read, however long it is.
  if (Number(size) !== bytes) return seen(`one of ${Number(size)} bytes`)
  const reading = Form.storing()
  yield* Stream.runForEach(disk.fs.stream(file), (piece) => Effect.sync(() => reading.push(piece))).pipe(
    Effect.mapError(failedAt(file))
  )
  const found = reading.stored()
  return seen(found.sha256 === sha256 ? null : `one with ${found.sha256}`, Form.headOf(reading.head))
})

/** All that is below a folder, by its place with `/`, in order; a link, a pipe or a device is given as `other`, and not looked into. */
const below = (
  disk: Disk,
  directory: string,
  folder: string
): Stream.Stream<{ readonly place: string; readonly kind: "file" | "other" }, StoreError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const at = fileAt(disk, directory, folder)
      const kind = yield* disk.kindOf(at)
      if (kind === "none") return Stream.empty
      if (kind !== "folder") return Stream.make({ place: folder, kind: "other" as const })
      return Stream.fromIterable(yield* disk.list(at)).pipe(
        Stream.map((name) => `${folder}/${name}`),
        Stream.mapEffect((place) =>
          Effect.map(disk.kindOf(fileAt(disk, directory, place)), (kind) =>
            kind === "folder"
              ? below(disk, directory, place)
              : Stream.make({ place, kind: kind === "file" ? kind : ("other" as const) })
          )
        ),
        Stream.flatten
      )
    })
  )

const unlisted = (place: string, found = "one") =>
  new Differs({ place, entry: null, expected: "no file that the manifest does not know", found })

/** Fails at the first thing in a folder that the manifest does not know. */
const alone = (
  disk: Disk,
  { directory }: Options,
  result: Found,
  folder: string,
  isKnown: (place: string) => boolean
) =>
  Stream.runForEach(below(disk, directory, folder), ({ kind, place }) => {
    if (kind === "other") return Effect.fail(unlisted(place, "something that is no plain file"))
    if (isKnown(place) || (result.counts.version === 1 && Chain.isLeft(place))) return Effect.void
    if (result.finishing.has(place) || result.isOpen) {
      result.counts.unfinished++
      return Effect.void
    }
    return Effect.fail(unlisted(place))
  })

/** What a run that was killed had written down, and not put in its place yet: how the files of these events are, by their hash. */
const pending = Effect.fnUntraced(function* (
  disk: Disk,
  form: Form.Form,
  { directory }: Options,
  { finishing, state }: Found
) {
  const expected = new Map(Array.from(state.events, ([place, event]) => [event.sha256, { place, ...event }]))
  const seen = new Map<string, Sealed.Seen>()
  for (const { file, sha256 } of yield* Pending.files(disk, directory)) {
    const event = expected.get(sha256)
    const one = event === undefined ? null : yield* Sealed.lookAtEvent(disk, form, file, event.place, event)
    if (event === undefined || one?.wrong !== null) continue
    seen.set(sha256, one)
    for (const gone of event.removed) finishing.add(gone)
  }
  return seen
})

/** Compares the objects, the index and the quarantine with what the chain says. */
export const files = Effect.fnUntraced(function* (disk: Disk, options: Options, result: Found) {
  const { directory } = options
  const { counts, state } = result
  const differs = (place: string, entry: number, expected: string, found: string) =>
    new Differs({ place, entry, expected, found })

  const migrating = fileAt(disk, directory, Migration.folderName)
  if (counts.version === Chain.version && (yield* disk.kindOf(migrating)) !== "none") {
    return yield* new Differs({
      place: Migration.folderName,
      entry: 0,
      expected: "that the migration to version 2 was finished",
      found: "that it was not: the next run that writes to the archive finishes it"
    })
  }
  const form = Form.of(options.key)
  const waitingEvents = yield* pending(disk, form, options, result)

  for (const [name, expected] of state.objects) {
    const { entry, segments } = expected
    if (segments === null) {
      const place = Chain.objectPath(name)
      const seen = yield* look(disk, fileAt(disk, directory, place), { sha256: name, bytes: expected.bytes })
      if (seen.wrong !== null) return yield* differs(place, entry, `a file with the SHA-256 ${name}`, seen.wrong)
      tally(result, seen.head, seen.isRead)
    } else {
      const place = Segments.pathOf(name)
      let seen = yield* Objects.look(disk, form, fileAt(disk, directory, place), name, expected)
      if (seen.wrong !== null) {
        const waiting = fileAt(disk, directory, Objects.pendingPath(name))
        const instead = yield* Objects.look(disk, form, waiting, name, expected)
        if (instead.wrong !== null) return yield* differs(place, entry, `an object with the root ${name}`, seen.wrong)
        counts.unfinished++
        seen = instead
      }
      tally(result, seen.head, seen.isRead)
      counts.erased += expected.erased.size
    }
    counts.objects++
    yield* tell(options, result)
  }
  const pathOf = (name: string) => (counts.version === 1 ? Chain.objectPath(name) : Segments.pathOf(name))
  const isObject = (place: string) => {
    const name = place.slice("objects/xx/".length).replace(/\.ndjson$/, "")
    return state.objects.has(name) && pathOf(name) === place
  }
  yield* alone(disk, options, result, "objects", isObject)

  for (const [place, expected] of state.events) {
    const { entry, sha256 } = expected
    let seen: Sealed.Seen = yield* Sealed.lookAtEvent(disk, form, fileAt(disk, directory, place), place, expected)
    if (seen.wrong !== null) {
      const instead = waitingEvents.get(sha256)
      if (instead === undefined) return yield* differs(place, entry, `a file with the SHA-256 ${sha256}`, seen.wrong)
      counts.unfinished++
      seen = instead
    }
    tally(result, seen.head, seen.isRead)
    if (place.startsWith("index/")) counts.recordings++
    yield* tell(options, result)
  }
  for (const [place, expected] of state.files) {
    let seen = yield* look(disk, fileAt(disk, directory, place), expected)
    if (seen.wrong !== null) {
      const part = fileAt(disk, directory, Pending.partOf(place))
      const instead = waitingEvents.size > 0 ? yield* look(disk, part, expected) : seen
      if (instead.wrong !== null) {
        return yield* differs(place, expected.entry, `a file with the SHA-256 ${expected.sha256}`, seen.wrong)
      }
      counts.unfinished++
      seen = instead
    }
    tally(result, seen.head, seen.isRead)
  }
  const isKnown = (place: string) => state.events.has(place) || state.files.has(place)
  for (const folder of ["index", "quarantine"]) yield* alone(disk, options, result, folder, isKnown)
  yield* strays(disk, options, result)
})

/** What the archive has in its folder. */
const own = new Set([
  "audio",
  "index",
  "known.json",
  "exports.json",
  "lock",
  "manifest",
  "media",
  "objects",
  "part",
  "pending",
  "quarantine"
])
const ownOfManifest = new Set<string>([Chain.fileName, "lock", "anchors"])

/** Lists names that are none of the archive's: nothing in it looks at them. */
const strays = Effect.fnUntraced(function* (disk: Disk, { directory, manifest }: Options, result: Found) {
  for (const name of yield* disk.list(directory)) if (!own.has(name)) stray(result, name)
  if (manifest !== undefined) return
  for (const name of yield* disk.list(fileAt(disk, directory, "manifest"))) {
    if (!ownOfManifest.has(name)) stray(result, `manifest/${name}`)
  }
  for (const shard of yield* disk.list(fileAt(disk, directory, "audio"))) {
    const place = `audio/${shard}`
    if (!/^[0-9a-f]{2}$/.test(shard)) {
      stray(result, place)
      continue
    }
    if ((yield* disk.kindOf(fileAt(disk, directory, place))) !== "folder") {
      return yield* unlisted(place, "something that is no folder")
    }
    for (const name of yield* disk.list(fileAt(disk, directory, place))) {
      if (!(/^[0-9a-f]{64}$/.test(name) && name.startsWith(shard))) stray(result, `${place}/${name}`)
    }
  }
})
