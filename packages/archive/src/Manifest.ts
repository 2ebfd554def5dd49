/**
 * The manifest of an archive: what was done and found, in a chain of entries, each of which has the hash of the one before.
 * docs/evidence.md says how it is built, so that anybody can verify it without this package.
 *
 * @since 0.1.0
 */
import type { KeyObject } from "node:crypto"
import { Digest } from "@vobiz-effect/files"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

import { ArchiveEvent, type Erasure } from "./ArchiveEvent.ts"
import { ArchiveIndex } from "./ArchiveIndex.ts"
import type * as CanonicalJson from "./CanonicalJson.ts"
import * as Chain from "./internal/chain.ts"
import * as Disk from "./internal/disk.ts"
import * as Event from "./internal/event.ts"
import * as Form from "./internal/form.ts"
import * as Migration from "./internal/migration.ts"
import * as Objects from "./internal/objects.ts"
import * as Pending from "./internal/pending.ts"
import * as Sealed from "./internal/sealed.ts"
import * as Segments from "./internal/segments.ts"
import * as State from "./internal/state.ts"
import * as Writer from "./internal/writer.ts"
import { StoreError } from "./StoreError.ts"

/**
 * An object that the manifest stores beside the chain, such as an answer of the provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredObject {
  /** The object's name: the Merkle root over its segments, as 64 hexadecimal digits. */
  readonly root: string
  /** The length of its content, in bytes. */
  readonly bytes: number
}

/**
 * A file of the quarantine: its place in the archive's folder, with `/`.
 *
 * @category models
 * @since 0.1.0
 */
export interface File {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * An entry of the chain: its hash, its number, when it was written by this machine's clock, and the archive's id, which version 1 does not have.
 *
 * @category models
 * @since 0.1.0
 */
export interface Head {
  readonly hash: string
  readonly entry: number
  readonly at: string
  readonly archive: string | null
}

/**
 * A run that is being written down. What is added is on the disk when the effect has ended.
 *
 * - `event`: what happened to a recording, what came to the quarantine by it, and how its files are stored that are encrypted. Numbers are
 *   written down as a hash with the event's salt: one that has numbers and no salt is refused.
 * - `check`: fails as `damaged` where an entry of the index, or a note of the quarantine, is not the one that the manifest has. Whoever builds
 *   on an entry, or deletes something because of it, checks it first.
 * - `object`: bytes to be kept, such as an answer of the provider or a file of findings, and what they are.
 * - `erase`: replaces segments of an object, counted from 0, by their hashes.
 * - `fact`: a value, such as what a list proved. It must hold no number.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  event(
    event: ArchiveEvent,
    options?: { readonly files?: ReadonlyArray<File>; readonly sealed?: ReadonlyArray<File | null> }
  ): Effect.Effect<void, StoreError>
  check(event: ArchiveEvent): Effect.Effect<void, StoreError>
  object<E, R>(
    about: CanonicalJson.Json,
    bytes: Stream.Stream<Uint8Array, E, R>
  ): Effect.Effect<StoredObject, StoreError | E, R>
  erase(root: string, segments: ReadonlyArray<number>, why: Erasure): Effect.Effect<void, StoreError>
  fact(name: string, value: CanonicalJson.Json): Effect.Effect<void, StoreError>
}

/**
 * The manifest.
 *
 * @category services
 * @since 0.1.0
 */
export class Manifest extends Context.Service<
  Manifest,
  {
    /**
     * Begins a run, which is closed with the scope: with a Merkle root over its entries. Each entry is signed if there is a key;
     * a chain that is signed by another is refused as `key`. Nothing that lies in the folder is ever taken in: an archive that has files
     * and no manifest is `damaged`. Where the newest run encrypts, so does this one: without that run's key it is refused as `key`. A manifest of version 1 is verified, and taken over to version 2. `busy` while another run is open.
     *
     * `adopt` takes in, as they are, entries of the index and files of the quarantine that no entry of the manifest speaks of: of an archive
     * that was filled without one. Those that the manifest has, and that differ, stay as they are.
     */
    run(command: string, options?: { readonly adopt?: boolean }): Effect.Effect<Run, StoreError, Scope.Scope>
    /** The newest entry: its hash, kept elsewhere, shows later that nothing was cut off. `null` without entries. */
    readonly head: Effect.Effect<Head | null, StoreError>
  }
>()("@vobiz-effect/archive/Manifest") {
  /** In the archive's folder: `manifest/chain.ndjson`, and `objects/`, which are encrypted by the keys of the index. */
  static readonly layerFolder = (
    options: FolderOptions
  ): Layer.Layer<Manifest, never, ArchiveIndex | FileSystem.FileSystem | Path.Path> =>
    Layer.effect(
      Manifest,
      Effect.suspend(() => make(options))
    )
}

/**
 * - `directory`: the archive's folder.
 * - `key`: an Ed25519 private key, which signs each entry (`EvidenceKey`).
 *
 * @category models
 * @since 0.1.0
 */
export interface FolderOptions {
  readonly directory: string
  readonly key?: Redacted.Redacted<KeyObject> | null | undefined
}

const encodeEvent = Schema.encodeSync(ArchiveEvent)

/** An event as it is written down. */
const plain = (event: ArchiveEvent): Event.Fields => encodeEvent(event) as Event.Fields

// oxlint-disable-next-line max-lines-per-function -- the methods of one manifest, which share the chain that is open
const make = Effect.fnUntraced(function* ({ directory, key }: FolderOptions) {
  const disk = yield* Disk.make
  const index = yield* ArchiveIndex
  const form = Form.of(index.keys)
  const secret = key == null ? null : Redacted.value(key)
  const signing: Writer.Signing | null = secret === null ? null : { secret, key: Chain.publicKeyOf(secret) }
  const { fs, path } = disk
  const folder = path.join(directory, "manifest")
  const file = path.join(folder, Chain.fileName)
  const pendingFolder = path.join(directory, Pending.folderName)
  const failed = Effect.mapError(Disk.failedAt(file))
  const damaged = (detail: string) => new StoreError({ kind: "damaged", place: file, detail })

  /** The newest entry. What follows it was never whole, and is removed. */
  const last = Effect.gen(function* () {
    const kind = yield* disk.kindOf(file)
    if (kind === "none") return null
    if (kind !== "file") return yield* damaged("it is no plain file")
    const { size } = yield* failed(fs.stat(file))
    const length = Number(size)
    for (let span = 65_536; ; span *= 4) {
      const from = Math.max(0, length - span)
      const tail = Buffer.concat(
        yield* Stream.runCollect(fs.stream(file, { offset: from })).pipe(Effect.mapError(Disk.failedAt(file)))
      )
      const end = tail.lastIndexOf(10)
      const start = end < 0 ? -1 : tail.lastIndexOf(10, end - 1)
      if (start < 0 && from > 0) {
        if (span > 4 * Chain.longestLine) return yield* damaged("its last line is longer than any entry")
        continue
      }
      if (end < tail.length - 1) yield* failed(fs.truncate(file, from + end + 1))
      if (end < 0) return null
      const read = Chain.parse(tail.subarray(start + 1, end))
      if (typeof read !== "string") return read
      return yield* damaged(`its last entry ${read}: what was changed is told by recon verify`)
    }
  })

  /** Whether this run may resume a chain. Signing never ends unseen. */
  const isOurs = (before: Chain.Entry | null): Effect.Effect<void, StoreError> => {
    const signer = before?.signature?.key
    if (signer === undefined || signer === signing?.key) return Effect.void
    const detail =
      signing === null
        ? "its entries are signed, and no key is set: set VOBIZ_EVIDENCE_KEY or VOBIZ_EVIDENCE_KEY_FILE"
        : "its entries are signed by another key than the one that is set"
    return Effect.fail(new StoreError({ kind: "key", place: file, detail }))
  }

  /** Whether this run may go on writing: encryption never ends unseen, nor is a key exchanged by mistake. */
  const isReadable = Effect.fnUntraced(function* (before: Chain.Entry | null) {
    if (before === null || Chain.versionOf(before) === 1) return
    const isEnd = before.kind === "begin" || before.kind === "close"
    const key = isEnd ? Chain.encryptionOf(before) : (yield* State.read(disk, directory)).key
    if (key === null || form.reads(key)) return
    const detail =
      form.key === null
        ? `it is encrypted by the key ${key}, and no key is set: set VOBIZ_ARCHIVE_KEY or VOBIZ_ARCHIVE_KEY_FILE`
        : `it is encrypted by the key ${key}, which is none of those that are set: an old key stays behind the new one`
    return yield* new StoreError({ kind: "key", place: directory, detail })
  })

  /** A chain is begun where nothing is: what lies in the folder already, nobody wrote down. */
  const isNew = Effect.fnUntraced(function* (adopt: boolean) {
    const objects = yield* disk.list(path.join(directory, "objects"))
    const quarantined = yield* disk.list(path.join(directory, "quarantine"))
    // Objects come with a manifest alone.
    if ((adopt ? 0 : (yield* index.size) + quarantined.length) + objects.length === 0) return
    return yield* new StoreError({
      kind: "damaged",
      place: file,
      detail:
        "the archive has files, and its manifest is not there or has no entries (one that never had a manifest gets one by recon archive --adopt)"
    })
  })

  // oxlint-disable-next-line max-lines-per-function -- the methods of one run, which share what it has written
  const run = Effect.fn("Manifest.run")(function* (
    command: string,
    { adopt = false }: { readonly adopt?: boolean } = {}
  ) {
    yield* disk.folder(folder)
    yield* disk.lock(folder)
    const found = yield* last
    yield* isOurs(found)
    yield* isReadable(found)
    if (found === null) yield* isNew(adopt)
    if (found !== null && Chain.versionOf(found) === 1) {
      yield* Migration.run(disk, form, directory, { archive: yield* freshId, signing })
    } else {
      yield* Migration.finish(disk, directory)
    }
    const before = found !== null && Chain.versionOf(found) === 1 ? yield* last : found
    yield* disk.sweep(pendingFolder)

    let state: State.State | null = null
    const one = yield* Semaphore.make(1)
    const archive = before?.archive ?? (yield* freshId)
    const onEntry = (entry: Chain.Entry) => {
      if (state !== null) State.take(state, entry)
    }
    const writer = yield* Writer.open({ archive, before, disk, file, key: form.key, onEntry, signing })
    /** What the chain says: read when it is first asked for, and kept up to date from then on. */
    const known = Effect.suspend(() =>
      state === null
        ? Effect.tap(State.read(disk, directory), (now) =>
            Effect.sync(() => {
              state = now
            })
          )
        : Effect.succeed(state)
    ).pipe(one.withPermits(1))

    // On the disk before anything is done.
    yield* writer.begin({ command })
    yield* Effect.addFinalizer((exit) => Effect.catch(writer.close(exit), (error) => Effect.logError(error.message)))
    yield* recoverObjects(known)
    if (adopt) yield* takeIn(writer, yield* known)

    return {
      event: Effect.fnUntraced(function* (happened: ArchiveEvent, { files = [], sealed = [] } = {}) {
        const event = Event.close(plain(happened))
        if (Event.isOpen(event)) {
          const detail = `the event of ${happened.recordingId} has numbers and no salt to close them with`
          return yield* new StoreError({ kind: "other", place: file, detail })
        }
        yield* writer.append("event", { event, files: files.map(plainFile), ...sealedIn(sealed) })
      }),
      check: Effect.fnUntraced(function* (happened: ArchiveEvent) {
        const fields = plain(happened)
        const place = Event.placeOf(fields) ?? ""
        const expected = (yield* known).events.get(place)?.sha256
        if (expected === Event.digestOf(fields)) return
        const detail = "it is not what the manifest says: see recon verify"
        return yield* new StoreError({ kind: "damaged", place: path.join(directory, ...place.split("/")), detail })
      }),
      fact: (name, value) => writer.append("fact", { name, value }),
      object: Effect.fnUntraced(function* <E, R>(about: CanonicalJson.Json, content: Stream.Stream<Uint8Array, E, R>) {
        const made = yield* Objects.write(disk, form, directory, Segments.ofBytes(content))
        const { bytes, root } = made
        yield* writer.append("object", { about, ...Objects.bodyOf(made) })
        yield* Objects.settle(disk, directory, root)
        return { root, bytes }
      }),
      erase: Effect.fnUntraced(function* (root: string, segments: ReadonlyArray<number>, why: Erasure) {
        const erased = new Set(segments)
        let at = 0
        const rest = Objects.read(disk, form, directory, root).pipe(
          Stream.map((segment): Segments.Segment =>
            erased.has(at++) ? { _tag: "Erased", leaf: Segments.leafOf(segment) } : segment
          )
        )
        const made = yield* Objects.write(disk, form, directory, rest)
        if (made.root !== root) {
          yield* disk.discard(path.join(pendingFolder, `${made.root}.ndjson`))
          return yield* new StoreError({
            kind: "damaged",
            place: Segments.pathOf(root),
            detail: "it is not what its name says"
          })
        }
        const { sealed } = Objects.bodyOf(made)
        yield* writer.append("erased", {
          root,
          segments: [...erased].toSorted((a, b) => a - b),
          ...why,
          ...(sealed === undefined ? {} : { sealed })
        })
        yield* Objects.settle(disk, directory, root)
      })
    } satisfies Run
  })

  /** Writes down what lies in the index and the quarantine, and no entry speaks of. */
  const takeIn = Effect.fnUntraced(function* (writer: Writer.Writer, { events, files }: State.State) {
    const found = (
      event: Event.Fields | null,
      {
        files = [],
        sealed = []
      }: { readonly files?: ReadonlyArray<File>; readonly sealed?: ReadonlyArray<File | null> } = {}
    ) =>
      writer.append("found", {
        event: event === null ? null : Event.close(event),
        files: files.map(plainFile),
        ...sealedIn(sealed)
      })
    /** How a file is stored that lies at a place already. */
    const lying = Effect.fnUntraced(function* (place: string) {
      const bytes = yield* disk.bytes(path.join(directory, ...place.split("/")), Sealed.longestEvent)
      return bytes === null || !Form.headOf(bytes).isEncrypted ? null : { path: place, ...Form.storedOf(bytes) }
    })
    yield* Stream.runForEach(index.list, (entry) =>
      Effect.gen(function* () {
        const event = plain(entry)
        const place = Event.placeOf(event)
        if (place === null || events.has(place)) return
        if (!Event.isOpen(event) || "salt" in event) return yield* found(event, { sealed: [yield* lying(place)] })
        const salted = { ...event, salt: yield* Event.freshSalt }
        yield* Pending.put(disk, form, directory, place, salted, (sealed) => found(salted, { sealed: [sealed] }))
      })
    )
    for (const name of yield* disk.list(path.join(directory, "quarantine"))) {
      const place = `quarantine/${name}`
      const file = path.join(directory, "quarantine", name)
      if (events.has(place) || files.has(place) || (yield* disk.kindOf(file)) !== "file") continue
      const event = name.endsWith(".json") ? yield* Sealed.event(disk, form, file, place) : null
      if (event !== null && Event.placeOf(event) === place) {
        yield* found(event, { sealed: [yield* lying(place)] })
      } else {
        const kept = yield* Effect.mapError(Digest.ofStream(fs.stream(file)), Disk.failedAt(file))
        yield* found(null, { files: [{ path: place, ...kept }] })
      }
    }
  })

  /** Puts the objects in place that a run which was killed had written down. Others were never spoken of, and go. */
  const recoverObjects = Effect.fnUntraced(function* (known: Effect.Effect<State.State, StoreError>) {
    for (const name of yield* disk.list(pendingFolder)) {
      const root = /^([0-9a-f]{64})\.ndjson$/.exec(name)?.[1]
      if (root === undefined) continue
      const expected = (yield* known).objects.get(root)
      const waiting = path.join(pendingFolder, name)
      const isKnown =
        expected !== undefined && (yield* Objects.look(disk, form, waiting, root, expected)).wrong === null
      yield* isKnown ? Objects.settle(disk, directory, root) : disk.remove(waiting)
    }
  })

  return Manifest.of({
    run,
    head: Effect.map(last, (entry) =>
      entry === null ? null : { hash: entry.hash, entry: entry.seq, at: entry.at, archive: entry.archive ?? null }
    )
  })
})

/** A file as an entry names it. */
const plainFile = ({ bytes, path, sha256 }: File) => ({ bytes, path, sha256 })

/** How files are stored, as an entry says so: of those that are encrypted. */
const sealedIn = (sealed: ReadonlyArray<File | null>) => {
  const files = sealed.flatMap((file) => (file === null ? [] : [plainFile(file)]))
  return files.length === 0 ? {} : { sealed: files }
}

/** 16 random bytes in hexadecimal digits: the id of a chain. */
const freshId = Effect.map(Event.freshSalt, (salt) => salt.slice(0, 32))
