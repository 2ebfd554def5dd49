/**
 * The manifest of an archive: what was done and found, in a chain of entries, each of which has the hash of the one before.
 * docs/evidence.md says how it is built, so that anybody can verify it without this package.
 *
 * @since 0.1.0
 */
import { type KeyObject, sign } from "node:crypto"
import { Digest } from "@vobiz-effect/files"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

import { ArchiveEvent } from "./ArchiveEvent.ts"
import { ArchiveIndex, type Entry as Indexed } from "./ArchiveIndex.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import * as Disk from "./internal/disk.ts"
import * as Chain from "./internal/chain.ts"
import { fileName } from "./internal/fileName.ts"
import * as MerkleTree from "./MerkleTree.ts"
import { StoreError } from "./StoreError.ts"

/**
 * Something that was kept whole beside the chain, under the SHA-256 of its bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  readonly sha256: string
  readonly bytes: number
}

/**
 * A run that is being written down. What is added counts when the effect has ended; it is on the disk at the latest when the
 * run is closed.
 *
 * - `event`: what happened to a recording.
 * - `object`: bytes to be kept, such as an answer of the provider or a file of findings, and what they are.
 * - `fact`: a value, such as what a list proved.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  event(event: ArchiveEvent): Effect.Effect<void, StoreError>
  object<E, R>(
    about: CanonicalJson.Json,
    bytes: Stream.Stream<Uint8Array, E, R>
  ): Effect.Effect<Kept, StoreError | E, R>
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
     * Begins a run, which is closed with the scope: with a Merkle root over its entries. Each entry is signed if there is a key.
     * What a run before that was killed had done and not written down is added first, as `found`. `busy` while another is open.
     */
    run(command: string): Effect.Effect<Run, StoreError, Scope.Scope>
    /** The hash of the newest entry: kept elsewhere, it shows later that nothing was cut off. `null` without entries. */
    readonly head: Effect.Effect<string | null, StoreError>
  }
>()("@vobiz-effect/archive/Manifest") {
  /** In the archive's folder: `manifest/chain.ndjson`, and `objects/`. */
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

/** So many entries may be lost by a power cut; none by the end of a process. */
const syncEvery = 64

const encodeEvent = Schema.encodeSync(ArchiveEvent)

/** An event as it is written down. */
const plain = (event: ArchiveEvent | Indexed): CanonicalJson.Json => encodeEvent(event) as CanonicalJson.Json

/** Where the quarantine keeps what came of a recording, and why it is there. */
const quarantineOf = (event: ArchiveEvent): ReadonlyArray<string> => {
  if (event._tag !== "Quarantined" && event._tag !== "Gone") return []
  const at = `quarantine/${fileName(event.recordingId)}`
  return [at, `${at}.json`]
}

const make = Effect.fnUntraced(function* ({ directory, key }: FolderOptions) {
  const disk = yield* Disk.make
  const index = yield* ArchiveIndex
  const secret = key == null ? null : Redacted.value(key)
  const signing: Signing | null = secret === null ? null : { secret, key: Chain.publicKeyOf(secret) }
  const { fs, path } = disk
  const folder = path.join(directory, "manifest")
  const file = path.join(folder, Chain.fileName)
  const objectsFolder = path.join(directory, "objects")
  const failed = Effect.mapError(Disk.failedAt(file))

  const digest = Effect.fnUntraced(function* (at: string) {
    const found = yield* Digest.ofStream(fs.stream(path.join(directory, at))).pipe(Effect.mapError(Disk.failedAt(at)))
    return { path: at, ...found }
  })

  /** The newest entry. What follows it was never whole, and is taken away. */
  const last = Effect.gen(function* () {
    if (!(yield* disk.exists(file))) return null
    const { size } = yield* failed(fs.stat(file))
    const length = Number(size)
    for (let span = 65_536; ; span *= 4) {
      const from = Math.max(0, length - span)
      const tail = Buffer.concat(
        yield* Stream.runCollect(fs.stream(file, { offset: from })).pipe(Effect.mapError(Disk.failedAt(file)))
      )
      const end = tail.lastIndexOf(10)
      const start = end < 0 ? -1 : tail.lastIndexOf(10, end - 1)
      if (start < 0 && from > 0) continue
      if (end < tail.length - 1) yield* failed(fs.truncate(file, from + end + 1))
      if (end < 0) return null
      const read = Chain.parse(tail.subarray(start + 1, end))
      if (typeof read !== "string") return read
      const detail = `its last entry ${read}: what was changed is told by recon verify`
      return yield* new StoreError({ kind: "damaged", place: file, detail })
    }
  })

  /** What happened and is not in the chain, as after a run that was killed. */
  const unwritten = Effect.gen(function* () {
    const known = new Map<string, string>()
    const files = new Set<string>()
    yield* Stream.runForEach(Chain.lines(disk, file), (line) =>
      Effect.sync(() => {
        const read = Chain.parse(line)
        if (typeof read === "string") return
        if (read.kind === "object") files.add(Chain.objectPath(String((read.body as { sha256?: unknown }).sha256)))
        const { event, kept } = Chain.eventOf(read)
        if (event !== null && Chain.isIndexed(event)) {
          known.set(event.recordingId, Digest.of(CanonicalJson.encode(event.value)))
        }
        for (const { path } of kept) files.add(path)
      })
    )
    const events = index.list.pipe(
      Stream.map(plain),
      Stream.filter(
        (event) => known.get((event as { recordingId: string }).recordingId) !== Digest.of(CanonicalJson.encode(event))
      )
    )
    const unknownIn = (folder: string) =>
      Effect.map(disk.list(path.join(directory, ...folder.split("/"))), (names) =>
        names.map((name) => `${folder}/${name}`).filter((at) => !files.has(at) && !Chain.isLeft(at))
      )
    const quarantined = yield* unknownIn("quarantine")
    const folders = (yield* disk.list(path.join(directory, "objects"))).filter((name) => /^[0-9a-f]{2}$/.test(name))
    const objects = (yield* Effect.forEach(folders, (name) => unknownIn(`objects/${name}`))).flat()
    return { events, quarantined, objects }
  })

  const run = Effect.fn("Manifest.run")(function* (command: string) {
    yield* disk.folder(folder)
    yield* disk.lock(folder)
    yield* disk.sweep(objectsFolder)
    const before = yield* last
    const handle = yield* failed(fs.open(file, { flag: "a", mode: Disk.fileMode }))
    // A chain that was just begun must not lose its name.
    if (before === null) yield* disk.syncFolder(folder)
    const one = yield* Semaphore.make(1)
    let [seq, prev] = before === null ? [0, Chain.none] : [before.seq + 1, before.hash]
    const first = seq
    let tree = MerkleTree.empty
    let unsynced = 0

    const append = (kind: Chain.Kind, body: CanonicalJson.Json, isUrgent = false) =>
      Effect.gen(function* () {
        const at = DateTime.formatIso(yield* DateTime.now)
        const unsigned = { seq, prev, at, kind, body }
        const { hash, line } = yield* Effect.try({
          try: () => {
            const signature = signing === null ? {} : { signature: signatureOf(signing, unsigned) }
            return Chain.seal({ ...unsigned, ...signature })
          },
          catch: (cause) => new StoreError({ kind: "other", place: file, detail: String(cause) })
        })
        yield* failed(handle.writeAll(Buffer.from(`${line}\n`)))
        tree = MerkleTree.append(tree, Buffer.from(line))
        prev = hash
        seq++
        if (++unsynced >= syncEvery || isUrgent) {
          yield* failed(handle.sync)
          unsynced = 0
        }
      }).pipe(one.withPermits(1), Effect.uninterruptible)

    const event = Effect.fnUntraced(function* (happened: ArchiveEvent) {
      const files = yield* Effect.filter(quarantineOf(happened), (at) => disk.exists(path.join(directory, at)))
      const body = { event: plain(happened), files: yield* Effect.forEach(files, digest) }
      // What was deleted at the provider is told by nothing else.
      yield* append("event", body, happened._tag === "Released")
    })

    // On the disk before anything is done: by it, the next run knows that something may not have been written down.
    yield* append("begin", { command, version: 1 }, true)
    yield* Effect.addFinalizer((exit) =>
      Effect.suspend(() =>
        append(
          "close",
          {
            begin: first,
            entries: seq - first,
            root: Buffer.from(MerkleTree.root(tree)).toString("hex"),
            outcome: Exit.isSuccess(exit) ? "completed" : Exit.hasInterrupts(exit) ? "interrupted" : "failed"
          },
          true
        )
      ).pipe(Effect.catch((error) => Effect.logError(error.message)))
    )
    // After a run that was completed, nothing can be missing.
    if (before === null || !Chain.isCompleted(before)) {
      const { events, objects, quarantined } = yield* unwritten
      yield* Stream.runForEach(events, (event) => append("found", { event, files: [] }))
      for (const at of quarantined) yield* append("found", { event: null, files: [yield* digest(at)] })
      for (const at of objects) {
        const { bytes, sha256 } = yield* digest(at)
        // What is not what its name says is left for a verifier to tell.
        if (Chain.objectPath(sha256) === at) yield* append("object", { about: { what: "found" }, sha256, bytes })
      }
    }

    return {
      event,
      fact: (name, value) => append("fact", { name, value }),
      object: Effect.fnUntraced(function* <E, R>(about: CanonicalJson.Json, bytes: Stream.Stream<Uint8Array, E, R>) {
        const kept = yield* keep(bytes)
        yield* append("object", { about, ...kept })
        return kept
      })
    } satisfies Run
  })

  /** Keeps bytes under their hash, whole or not at all. */
  const keep = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
    disk.fill(
      objectsFolder,
      (temporary) =>
        fs.open(temporary, { flag: "r+" }).pipe(
          Effect.flatMap((handle) => Digest.ofStream(Stream.tap(bytes, (piece) => handle.writeAll(piece)))),
          Effect.scoped
        ),
      ({ sha256 }) => path.join(directory, ...Chain.objectPath(sha256).split("/"))
    )

  return Manifest.of({
    run,
    head: Effect.map(last, (entry) => entry?.hash ?? null)
  })
})

interface Signing {
  readonly secret: KeyObject
  readonly key: string
}

const signatureOf = ({ key, secret }: Signing, unsigned: Omit<Chain.Unsealed, "signature">): Chain.Signature => ({
  key,
  value: sign(null, Buffer.from(CanonicalJson.encode(unsigned)), secret).toString("base64")
})
