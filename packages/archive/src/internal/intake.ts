/**
 * Audio on its way into a store: a `.part` file that outlives a crash and is resumed, until it is whole and delivered
 * under its final name.
 */
import { createHash, type Hash } from "node:crypto"
import { Digest } from "@vobiz-effect/files"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"

import { Gone, Quarantined } from "../ArchiveEvent.ts"
import type { Delivery, Intake, Sealed, Source } from "./audioModel.ts"
import { StoreError } from "../StoreError.ts"
import { audioPath } from "./address.ts"
import { type Disk, failedAt, fileMode } from "./disk.ts"
import * as Event from "./event.ts"
import { fileName } from "./fileName.ts"
import type * as Form from "./form.ts"
import * as Pending from "./pending.ts"
import { unreadable } from "./sealed.ts"

/** Audio that has come whole, and how it is stored if it is kept. */
export type Whole = Omit<Delivery, "isNew">

export interface Options {
  readonly disk: Disk
  /** The folder of what is not whole yet, and of what was set aside. */
  readonly directory: string
  readonly form: Form.Form
  /** After how many bytes a part is brought to the disk. */
  readonly syncEvery: number
  /** Puts a whole, synced file in its place, and takes it from where it is. */
  readonly deliver: (file: string, whole: Whole) => Effect.Effect<Delivery, StoreError>
}

/** What is known of a part: its first `written` bytes are on the disk. */
const Progress = Schema.fromJsonString(
  Schema.Struct({
    validator: Schema.NullOr(Schema.String),
    total: Schema.NullOr(Schema.Finite),
    written: Schema.Finite
  })
)
const decodeProgress = Schema.decodeEffect(Progress)
const encodeProgress = Schema.encodeSync(Progress)

const encodeEvent = Schema.encodeSync(Schema.Union([Gone, Quarantined]))

const headLength = 512
/** So much is gathered before it is written: fewer writes, and a small file is written at once when it is whole. */
const gatherLength = 64 * 1024
const readLength = 256 * 1024

// oxlint-disable-next-line max-lines-per-function -- the methods of one intake, which share its file and how much of it is there
export const open = Effect.fnUntraced(function* (options: Options, name: string) {
  const { directory, disk, form } = options
  const { fs, path } = disk
  const safe = fileName(name)
  const folder = path.join(directory, "part")
  const part = path.join(folder, `${safe}.part`)
  const notes = path.join(folder, `${safe}.json`)
  const handles = yield* Scope.make()
  // Not every system renames or removes a file that is open.
  const closed = Scope.close(handles, Exit.void)

  let file: FileSystem.File | undefined
  let gathered: Array<Uint8Array> = []
  let gatheredLength = 0
  let encoder = form.encoder()
  let hash: Hash = createHash("sha256")
  /** Of what is written, where that is not the audio itself. */
  let sealedHash: Hash = createHash("sha256")
  let head: Uint8Array = new Uint8Array(0)
  let length = 0
  let written = 0
  let synced = 0
  let hasNotes = false
  let source: Source = { validator: null, total: null }
  let isBegun = false
  let isDone = false

  const gather = (pieces: ReadonlyArray<Uint8Array>) => {
    for (const piece of pieces) {
      gathered.push(piece)
      gatheredLength += piece.length
      if (form.key !== null) sealedHash.update(piece)
    }
  }

  /** The part's file, made if need be, with all in it that was gathered. */
  const flush = Effect.gen(function* () {
    file ??= yield* Scope.provide(handles)(disk.fresh(part))
    const [first = new Uint8Array(0), ...more] = gathered
    yield* file.writeAll(more.length === 0 ? first : Buffer.concat(gathered))
    written += gatheredLength
    gathered = []
    gatheredLength = 0
    return file
  }).pipe(Effect.catchTag("PlatformError", (error) => failedAt(part)(error)))

  const account = (audio: Uint8Array) => {
    hash.update(audio)
    length += audio.length
    if (head.length < headLength) head = Buffer.concat([head, audio.subarray(0, headLength - head.length)])
  }

  /** Brings the part to the disk, and notes how far it goes. Only what can be told again later is worth it. */
  const sync = Effect.suspend(() => {
    if (written + gatheredLength === synced || source.validator === null) return Effect.void
    return Effect.gen(function* () {
      const handle = yield* flush
      yield* handle.sync
      // No more than a hint: a note that a power cut takes away costs the part alone.
      yield* disk.cache(notes, Buffer.from(encodeProgress({ ...source, written })), folder)
      synced = written
      hasNotes = true
    }).pipe(Effect.catchTag("PlatformError", (error) => failedAt(part)(error)))
  })

  const attempt = <A>(f: () => A) => Effect.try({ try: f, catch: (error) => unreadable(part, error) })

  const resume = Effect.gen(function* () {
    const text = yield* disk.read(notes)
    if (text === null) return
    hasNotes = true
    const progress = yield* Effect.orElseSucceed(decodeProgress(Buffer.from(text).toString()), () => null)
    if (progress === null) return
    const handle = yield* fs.open(part, { flag: "r+", mode: fileMode })
    const { size } = yield* handle.stat
    if (size < progress.written) return
    yield* handle.truncate(progress.written)
    const decoder = form.decoder()
    for (let at = 0; at < progress.written;) {
      const buffer = new Uint8Array(Math.min(readLength, progress.written - at))
      const count = yield* handle.read(buffer)
      if (count === 0) return
      if (form.key !== null) sealedHash.update(buffer.subarray(0, count))
      for (const audio of yield* attempt(() => decoder.push(buffer.subarray(0, count)))) account(audio)
      at += count
    }
    encoder = yield* attempt(() => decoder.encoder())
    source = { validator: progress.validator, total: progress.total }
    written = synced = progress.written
    isBegun = true
    file = handle
  })

  const empty = () => {
    encoder = form.encoder()
    hash = createHash("sha256")
    sealedHash = createHash("sha256")
    head = new Uint8Array(0)
    gathered = []
    length = gatheredLength = written = synced = 0
    source = { validator: null, total: null }
  }

  const forgetNotes = Effect.suspend(() => {
    if (!hasNotes) return Effect.void
    hasNotes = false
    return disk.discard(notes)
  })

  // A part that cannot be resumed, whatever the reason, is begun anew.
  yield* Effect.addFinalizer((exit) =>
    Effect.andThen(isDone ? Effect.void : Effect.ignore(sync), () => Scope.close(handles, exit))
  )
  yield* Scope.provide(handles)(Effect.catch(resume, () => Effect.sync(empty)))
  if (file === undefined) empty()

  /** Brings all of it to the disk, as the file of a place. */
  const end = Effect.fnUntraced(function* (place: string) {
    gather(encoder.end(place))
    const handle = yield* flush
    yield* Effect.mapError(handle.sync, failedAt(part))
    yield* closed
  })

  const finish = Effect.gen(function* () {
    if (!isBegun) return yield* new StoreError({ kind: "other", place: part, detail: "nothing was written" })
    const sha256 = hash.digest("hex")
    const place = audioPath(sha256)
    yield* end(place)
    const sealed = form.key === null ? null : { path: place, sha256: sealedHash.digest("hex"), bytes: written }
    const delivery = yield* options.deliver(part, { sha256, bytes: length, sealed })
    isDone = true
    yield* forgetNotes
    return delivery
  })

  const intake: Intake = {
    get length() {
      return length
    },
    get head() {
      return head
    },
    get source() {
      return source
    },
    begin: (from) =>
      Effect.gen(function* () {
        yield* forgetNotes
        empty()
        source = from
        isBegun = true
        if (file === undefined) return
        yield* file.truncate(0)
        yield* file.seek(0n, "start")
      }).pipe(Effect.catchTag("PlatformError", (error) => failedAt(part)(error))),
    append: (audio) =>
      Effect.suspend(() => {
        if (!isBegun) return Effect.die("an intake is begun before anything is appended")
        account(audio)
        gather(encoder.push(audio))
        if (written + gatheredLength - synced >= options.syncEvery && source.validator !== null) return sync
        return gatheredLength < gatherLength ? Effect.void : Effect.asVoid(flush)
      }),
    finish,
    setAside: (noteOf) =>
      Effect.gen(function* () {
        const aside = path.join(directory, "quarantine")
        const kept = length > 0 ? path.join(aside, safe) : null
        if (kept === null) yield* Effect.andThen(closed, disk.discard(part))
        else yield* end(`quarantine/${safe}`)
        const digest = kept === null ? null : yield* Effect.mapError(Digest.ofStream(fs.stream(part)), failedAt(part))
        const { event, record } = noteOf(
          kept === null || digest === null ? null : { path: `quarantine/${safe}`, file: kept, ...digest }
        )
        const place = Event.quarantinePath(event.recordingId)
        const move = kept === null ? Effect.void : disk.settle(part, kept)
        const written =
          record === undefined ? undefined : (sealed: Sealed | null) => Effect.andThen(record(sealed), move)
        if (written === undefined) yield* move
        yield* Pending.put(disk, form, directory, place, encodeEvent(event) as Event.Fields, written)
        isDone = true
        yield* forgetNotes
        return kept
      }),
    discard: Effect.suspend(() => {
      isDone = true
      return Effect.andThen(closed, Effect.andThen(forgetNotes, disk.discard(part)))
    })
  }
  return intake
})
