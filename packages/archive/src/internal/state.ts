/** What a chain says of the folder, entry after entry: of a recording 700 bytes or so are held in memory. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import type * as CanonicalJson from "../CanonicalJson.ts"
import { StoreError } from "../StoreError.ts"
import * as Chain from "./chain.ts"
import { audioPath } from "./address.ts"
import type { Disk } from "./disk.ts"
import * as Event from "./event.ts"
import type { Stored } from "./form.ts"

/** How a file must be, and which entry says so. */
export interface Expected {
  readonly sha256: string
  readonly entry: number
}

/**
 * The file of an event. `audio` is what a recording that is stored needs, its earlier audio included; `removed` are audio and files that are
 * gone by it. `sealed` is how the file is stored, `null` in clear.
 */
export interface ExpectedEvent extends Expected {
  readonly audio: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly sealed: Stored | null
}

export interface ExpectedFile extends Expected {
  readonly bytes: number
}

/** Audio. `sealed` is how its file is stored; `null` in clear, and where it is encrypted by a version that did not write that down. */
export interface ExpectedAudio {
  readonly entry: number
  readonly bytes: number
  readonly sealed: Stored | null
}

/** An object: `erased` are the segments of it that must be. One of version 1 has no segments. `sealed` is how it is stored, `null` in clear. */
export interface ExpectedObject {
  readonly entry: number
  readonly bytes: number
  readonly segments: number | null
  readonly erased: Set<number>
  readonly sealed: Stored | null
}

export interface State {
  /** Of files of events, in the index and the quarantine, the hash of the closed form. */
  readonly events: Map<string, ExpectedEvent>
  /** Files that were served, in the quarantine. */
  readonly files: Map<string, ExpectedFile>
  /** Audio by its address. */
  readonly audio: Map<string, ExpectedAudio>
  /** Audio that was deleted, and by which entry. */
  readonly removed: Map<string, number>
  readonly objects: Map<string, ExpectedObject>
  /** The id of the key that the newest run encrypts by; `null` where it keeps all in clear. */
  key: string | null
}

export const make = (): State => ({
  events: new Map(),
  files: new Map(),
  audio: new Map(),
  removed: new Map(),
  objects: new Map(),
  key: null
})

/** Takes in an entry whose body is of its kind. Tells what it speaks of that cannot be, or `null`. */
export const take = (state: State, entry: Chain.Entry): string | null => {
  const { seq } = entry
  const body = entry.body as Event.Fields
  const sealed = Chain.sealedOf(entry)
  if (entry.kind === "begin") state.key = Chain.encryptionOf(entry)
  if (entry.kind === "object") {
    const isOne = Chain.versionOf(entry) === 1
    const name = String(isOne ? body["sha256"] : body["root"])
    const segments = isOne ? null : Number(body["segments"])
    const erased = state.objects.get(name)?.erased ?? new Set()
    const stored = sealed.get(name) ?? null
    state.objects.set(name, { entry: seq, bytes: Number(body["bytes"]), segments, erased, sealed: stored })
    return null
  }
  if (entry.kind === "erased") {
    const root = String(body["root"])
    const object = state.objects.get(root)
    const segments = body["segments"] as ReadonlyArray<number>
    if (object?.segments == null) return "an object that no entry before has"
    const { segments: count } = object
    if (segments.some((segment) => segment >= count)) return "segments that the object does not have"
    for (const segment of segments) object.erased.add(segment)
    // It was written anew.
    state.objects.set(root, { ...object, sealed: sealed.get(root) ?? null })
    return null
  }
  const { event, quarantined } = Chain.eventOf(entry)
  for (const { bytes, path, sha256 } of quarantined) state.files.set(path, { sha256, bytes, entry: seq })
  if (event !== null) happened(state, event, seq, sealed)
  return null
}

const happened = (state: State, event: Event.Fields, seq: number, sealed: ReadonlyMap<string, Stored>) => {
  const { _tag: tag, recordingId, sha256 } = event
  const place = Event.placeOf(event)
  const stored =
    tag === "Stored" ? [...Chain.earlierOf(event), { sha256: String(sha256), bytes: Number(event["bytes"]) }] : []
  const audio = stored.map(({ sha256 }) => sha256)
  const removed = removedBy(event)
  if (place !== null) {
    const gone = [...removed.audio, ...removed.files]
    if (tag === "Erased") gone.push(Event.quarantinePath(String(recordingId)))
    state.events.set(place, {
      sha256: Event.digestOf(event),
      entry: seq,
      audio,
      removed: gone.length === 0 ? nothing : gone,
      sealed: sealed.get(place) ?? null
    })
  }
  for (const { bytes, sha256 } of stored) {
    const how = sealed.get(audioPath(sha256)) ?? state.audio.get(sha256)?.sealed ?? null
    state.audio.set(sha256, { bytes, entry: seq, sealed: how })
    state.removed.delete(sha256)
  }
  for (const audio of removed.audio) {
    state.audio.delete(audio)
    state.removed.set(audio, seq)
  }
  for (const file of removed.files) state.files.delete(file)
  if (tag === "Erased") state.events.delete(Event.quarantinePath(String(recordingId)))
}

const nothing: ReadonlyArray<string> = []

/** The audio, and the files of the quarantine, that are gone by an event. */
export const removedBy = (
  event: Event.Fields
): { readonly audio: ReadonlyArray<string>; readonly files: ReadonlyArray<string> } => {
  const { _tag: tag, audio, files, sha256 } = event
  const gone = (all: CanonicalJson.Json | undefined, name: string) =>
    Array.isArray(all)
      ? (all as ReadonlyArray<Event.Fields>).filter((one) => one[name] === true).map(({ sha256 }) => String(sha256))
      : []
  if (tag === "Tombstone") {
    const current = event["audioRemoved"] === true ? [String(sha256)] : []
    return { audio: [...gone(event["earlier"], "audioRemoved"), ...current], files: [] }
  }
  if (tag !== "Erased") return { audio: [], files: [] }
  return { audio: gone(audio, "removed"), files: files as ReadonlyArray<string> }
}

/** What the chain of an archive says. Fails as damaged at an entry that cannot be. */
export const read = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const file = disk.path.join(directory, "manifest", Chain.fileName)
  const state = make()
  const damaged = (what: string) =>
    Effect.fail(
      new StoreError({ kind: "damaged", place: file, detail: `one of its entries ${what}: see recon verify` })
    )
  yield* Stream.runForEach(Chain.lines(disk, file), (line) => {
    const entry = line === null ? "is no whole line" : Chain.parse(line)
    if (typeof entry === "string") return damaged(entry)
    if (!Chain.isBody(entry)) return damaged("is not of its kind")
    const impossible = take(state, entry)
    return impossible === null ? Effect.void : damaged(`is of ${impossible}`)
  })
  return state
})
