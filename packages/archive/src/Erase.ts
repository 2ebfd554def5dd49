/**
 * Erases a person from the archive: the audio of their recordings, and their number everywhere.
 *
 * A tombstone per recording remains, and a manifest that still verifies (docs/evidence.md).
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import * as ArchiveEvent from "./ArchiveEvent.ts"
import type { Erased, Erasure } from "./ArchiveEvent.ts"
import { ArchiveIndex } from "./ArchiveIndex.ts"
import * as Chain from "./internal/chain.ts"
import * as Digits from "./internal/digits.ts"
import * as Disk from "./internal/disk.ts"
import * as Event from "./internal/event.ts"
import * as Form from "./internal/form.ts"
import * as ExportName from "./internal/exportName.ts"
import * as Objects from "./internal/objects.ts"
import * as Pending from "./internal/pending.ts"
import * as Recovery from "./internal/recovery.ts"
import * as Removal from "./internal/removal.ts"
import * as Text from "./internal/rulesText.ts"
import * as Sealed from "./internal/sealed.ts"
import * as Segments from "./internal/segments.ts"
import * as Sniff from "./internal/sniff.ts"
import * as State from "./internal/state.ts"
import type { Run } from "./Manifest.ts"
import * as Retention from "./Retention.ts"
import { StoreError } from "./StoreError.ts"

/**
 * The erasure was refused, and nothing was erased.
 *
 * The error contains no telephone number, unless the name of a hold does.
 *
 * @category errors
 * @since 0.1.0
 */
export class EraseRefused extends Schema.TaggedError<EraseRefused>()("EraseRefused", { detail: Schema.String }) {
  override get message(): string {
    return `nothing was erased: ${this.detail}`
  }
}

const refused = (detail: string) => Effect.fail(new EraseRefused({ detail }))

/**
 * A person's telephone number, in the two forms that are searched for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Person {
  /** In E.164. */
  readonly number: string
  /** The digits without the calling code. They match however the number is printed. */
  readonly national: string
}

/** A shorter number would be found in texts that have nothing to do with it. */
const fewestDigits = 7

/**
 * Reads a telephone number. A national one gets `callingCode`.
 *
 * Refuses prefixes (`+9180*`), and numbers with fewer than 7 digits after the calling code.
 *
 * @category constructors
 * @since 0.1.0
 */
export const person = (text: string, callingCode: string | null): Effect.Effect<Person, EraseRefused> => {
  const found = Text.numberOf(text, callingCode)
  if (typeof found === "string") return refused(found)
  const { number } = found
  const national = Digits.nationalOf(number)
  if (number.endsWith("*")) return refused("a person has one whole number")
  return national.length < fewestDigits
    ? refused(`the number has less than ${fewestDigits} digits`)
    : Effect.succeed({ number, national })
}

/**
 * A recording of the person.
 *
 * @category models
 * @since 0.1.0
 */
export interface Target {
  readonly recordingId: string
  readonly addTime: DateTime.Utc
  /** False if the archive never had its audio, or has only a file in the quarantine. */
  readonly isStored: boolean
  /** The name of the hold that covers the recording. */
  readonly hold: string | null
  /** Its audio; `removed` is false if recordings of others have the same audio. */
  readonly audio: Erased["audio"]
  /** Its files in the quarantine. */
  readonly files: ReadonlyArray<string>
}

/**
 * What `execute` would erase.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plan {
  /** The recordings of calls with the person. If one is on hold, `execute` erases nothing. */
  readonly targets: ReadonlyArray<Target>
  /** The manifest's objects that contain the number, with the segments that do, counted from 0. */
  readonly objects: ReadonlyArray<{ readonly root: string; readonly segments: ReadonlyArray<number> }>
  /** How many recordings have an unknown number, so that nobody can tell whose they are. */
  readonly undecided: number
}

/** Whether a side of a call is the person; `null` where it is not known, as of a caller who withholds their number. */
const isOf = ({ national, number }: Person, text: string | null | undefined): boolean | null => {
  if (text == null || !/\p{Nd}/u.test(text.normalize("NFKC"))) return null
  return Digits.isE164(text) ? text === number : Digits.isIn(national, text)
}

const either = (person: Person, { from, to }: { readonly from?: string | null; readonly to?: string | null }) => {
  const [one, other] = [isOf(person, from), isOf(person, to)]
  return one === true || other === true ? true : one === null || other === null ? null : false
}

const Note = Schema.Union([ArchiveEvent.Quarantined, ArchiveEvent.Gone])
const decodeNote = Schema.decodeUnknownOption(Note)
const encode = Schema.encodeSync(ArchiveEvent.ArchiveEvent)

/** The segments of what the manifest keeps that have the person's number. */
const objectsOf = Effect.fnUntraced(function* (
  disk: Disk.Disk,
  form: Form.Form,
  directory: string,
  person: Person,
  state: State.State
) {
  const at = (place: string) => disk.path.join(directory, ...place.split("/"))
  const objects: Array<Plan["objects"][number]> = []
  const search = <E, R>(root: string, segments: Stream.Stream<Segments.Segment, E, R>) =>
    Effect.gen(function* () {
      const found = new Set<number>()
      const find = Digits.finder(person.national)
      let index = 0
      yield* Stream.runForEach(segments, (segment) =>
        Effect.sync(() => {
          const place = index++
          if (segment._tag === "Erased") return
          find(segment.bytes, place, (from, to) => {
            for (let n = from; n <= to; n++) found.add(n)
          })
        })
      )
      if (found.size > 0) objects.push({ root, segments: [...found].toSorted((a, b) => a - b) })
    })
  const whole = (place: string) =>
    Segments.ofBytes(Stream.mapError(disk.fs.stream(at(place)), Disk.failedAt(at(place))))
  let isOne = false
  for (const [name, { segments }] of state.objects) {
    if (segments === null) isOne = true
    yield* search(name, segments === null ? whole(Chain.objectPath(name)) : Objects.read(disk, form, directory, name))
  }
  // The chain of version 1 has numbers; it becomes an object when the archive is taken over to version 2.
  if (isOne) yield* search("chain", whole(`manifest/${Chain.fileName}`))
  return objects
})

/**
 * Finds everything that the archive has of a person. Erases nothing.
 *
 * It finds the number however it is printed, and may therefore find unrelated digits, which are erased, too. Fails with kind `damaged`
 * if the index differs from the manifest, because then nobody can tell whose recordings these are.
 *
 * @category programs
 * @since 0.1.0
 */
export const plan = Effect.fn("Erase.plan")(function* (
  person: Person,
  options: { readonly directory: string; readonly holds: ReadonlyArray<Retention.Hold> }
) {
  const { directory, holds } = options
  const disk = yield* Disk.make
  const at = (place: string) => disk.path.join(directory, ...place.split("/"))
  const index = yield* ArchiveIndex
  const form = Form.of(index.keys)
  const state = yield* State.read(disk, directory)
  const unfinished = new Set((yield* Pending.files(disk, directory)).map(({ sha256 }) => sha256))
  const damaged = (place: string) =>
    new StoreError({ kind: "damaged", place: at(place), detail: "it is not what the manifest says: see recon verify" })

  let undecided = 0
  const seen = new Set<string>()
  const theirs: Array<ArchiveEvent.Stored> = []
  const needed = new Set<string>()
  yield* Stream.runForEach(index.list, (entry) =>
    Effect.suspend(() => {
      const fields = encode(entry) as Event.Fields
      const place = Event.placeOf(fields) ?? ""
      const expected = state.events.get(place)?.sha256
      seen.add(place)
      if (expected !== Event.digestOf(fields)) {
        // One that is not finished is, before anything is erased.
        return expected !== undefined && unfinished.has(expected) ? Effect.void : Effect.fail(damaged(place))
      }
      if (entry._tag !== "Stored") return Effect.void
      const answer = either(person, entry)
      if (answer === true) theirs.push(entry)
      else for (const { sha256 } of ArchiveEvent.versionsOf(entry)) needed.add(sha256)
      if (answer === null) undecided++
      return Effect.void
    })
  )
  for (const [place, { sha256 }] of state.events) {
    if (place.startsWith("index/") && !seen.has(place) && !unfinished.has(sha256)) return yield* damaged(place)
  }

  const targets = new Map<string, Target>()
  const filesOf = (recordingId: string) => {
    const file = Event.quarantinePath(recordingId).replace(/\.json$/, "")
    return state.files.has(file) ? [file] : []
  }
  for (const entry of theirs) {
    const { addTime, recordingId } = entry
    const audio = ArchiveEvent.versionsOf(entry).map(({ bytes, sha256 }) => ({
      sha256,
      bytes,
      removed: !needed.has(sha256)
    }))
    const hold = Retention.heldBy(holds, entry)
    targets.set(recordingId, { recordingId, addTime, isStored: true, hold, audio, files: filesOf(recordingId) })
  }

  for (const name of yield* disk.list(at("quarantine"))) {
    const place = `quarantine/${name}`
    // Version 1 noted no numbers.
    if (state.files.has(place) && !state.events.has(`${place}.json`) && !name.endsWith(".json")) undecided++
    const expected = state.events.get(place)?.sha256
    if (expected === undefined) continue
    const fields = yield* Sealed.event(disk, form, at(place), place)
    if (fields === null || Event.digestOf(fields) !== expected) return yield* damaged(place)
    const note = decodeNote(fields)
    if (note._tag === "None") continue
    const { addTime, callUuid, from = null, recordingId, to = null } = note.value
    const answer = either(person, { from, to })
    if (answer === null) undecided++
    if (answer !== true || targets.has(recordingId)) continue
    const subject = { recordingId, callUuid, addTime, from, to, trunkId: null, recordingType: null }
    const hold = Retention.heldBy(holds, subject)
    targets.set(recordingId, { recordingId, addTime, isStored: false, hold, audio: [], files: filesOf(recordingId) })
  }

  const objects = yield* objectsOf(disk, form, directory, person, state)
  return { targets: [...targets.values()], objects, undecided } satisfies Plan
})

/**
 * What was erased.
 *
 * @category models
 * @since 0.1.0
 */
export interface Summary {
  /** How many recordings now have a tombstone. */
  readonly recordings: number
  /** How many audio files were removed. */
  readonly audio: number
  /** The size of the removed audio, in bytes. */
  readonly bytes: number
  /** How many audio files remain because recordings of others have the same audio. */
  readonly shared: number
  /** How many segments of the manifest's objects were erased. */
  readonly segments: number
  /** How many files were removed from folders of exports. */
  readonly copies: number
}

/**
 * Erases what a plan found. The plan must come from the same run of the manifest.
 *
 * The manifest records each erasure in the archive before it happens, so that the next run finishes one that was killed. Refuses if one
 * of the recordings is on hold, or if a text of `why` contains the number.
 *
 * It also removes all unfinished audio (`part/`), of whatever person. It does not touch the provider's copy.
 *
 * @category programs
 * @since 0.1.0
 */
export const execute = Effect.fn("Erase.execute")(function* (
  plan: Plan,
  options: {
    readonly person: Person
    readonly directory: string
    readonly manifest: Run
    readonly why: Erasure
    /**
     * Folders that recordings were exported to. By default none.
     *
     * Removes files with the erased audio, and recordings whose path contains the number. Keeps other files and archives in there.
     */
    readonly exports?: ReadonlyArray<string> | undefined
  }
) {
  const { directory, exports = [], manifest, person, why } = options
  yield* allowed(plan, person, why)
  const disk = yield* Disk.make
  const index = yield* ArchiveIndex
  const carryOut = yield* Removal.of(disk, directory)
  const audio = plan.targets.flatMap(({ audio }) => audio)
  const gone = new Map(audio.filter(({ removed }) => removed).map(({ bytes, sha256 }) => [sha256, bytes]))

  // Recordings come last: as long as the index has them, the next plan finds all of this again.
  let copies = 0
  for (const folder of exports) copies += yield* removeCopies(disk, folder, gone, plan.targets, person)
  const parts = disk.path.join(directory, "part")
  for (const name of yield* disk.list(parts)) {
    const part = disk.path.join(parts, name)
    yield* Effect.mapError(disk.fs.remove(part, { recursive: true, force: true }), Disk.failedAt(part))
  }
  let segments = 0
  for (const object of plan.objects) {
    yield* manifest.erase(object.root, object.segments, why)
    segments += object.segments.length
  }
  for (const { addTime, audio, files, isStored, recordingId } of plan.targets) {
    if (isStored) {
      const entry = yield* index.get({ addTime, recordingId })
      if (entry !== null) yield* manifest.check(entry)
    }
    const at = yield* DateTime.now
    const event: Erased = { _tag: "Erased", recordingId, addTime, audio, files, ...why, at }
    yield* index.put(event, (sealed) =>
      Effect.andThen(manifest.event(event, { sealed: [sealed] }), carryOut(encode(event) as Event.Fields))
    )
  }
  return {
    recordings: plan.targets.length,
    audio: gone.size,
    bytes: [...gone.values()].reduce((sum, one) => sum + one, 0),
    shared: new Set(audio.filter(({ removed }) => !removed).map(({ sha256 }) => sha256)).size,
    segments,
    copies
  } satisfies Summary
})

/**
 * Opens the archive for an erasure. Call it before `plan`.
 *
 * Locks out other runs until the scope closes, and finishes what a killed run had recorded.
 *
 * @category programs
 * @since 0.1.0
 */
export const begin = Effect.fn("Erase.begin")(function* (directory: string) {
  yield* (yield* ArchiveIndex).exclusive
  yield* Recovery.run(yield* Disk.make, directory)
})

/** Fails where a plan must not be carried out. */
const allowed = ({ targets }: Plan, { national }: Person, why: Erasure): Effect.Effect<void, EraseRefused> => {
  const held = targets.filter(({ hold }) => hold !== null)
  if (held.length > 0) {
    const names = held.map(({ hold, recordingId }) => `${recordingId} by "${hold}"`).join(", ")
    return refused(`on legal hold are ${names}`)
  }
  const texts = { reason: why.reason, reference: why.reference, by: why.by }
  const [bad] = Object.entries(texts).find(([, text]) => text !== null && Digits.isIn(national, text)) ?? []
  return bad === undefined ? Effect.void : refused(`the ${bad} has the number, which would stay in the tombstone`)
}

/** Whether the bytes may be a recording: they are no text, and of no kind of file in which sound cannot be. */
const maybeSound = Effect.fnUntraced(function* (disk: Disk.Disk, file: string) {
  const pieces = yield* Stream.runCollect(disk.fs.stream(file, { bytesToRead: Sniff.headLength }))
  const head = Buffer.concat(pieces)
  return (yield* Sniff.kindOf(Sniff.withoutZeros(head)))?.isAudio ?? Sniff.errorPage(head) === null
})

/**
 * Removes files of an export that have audio that is gone, audio of the person's recordings under their id, or a recording with the number in
 * its place; then folders that are named by the number. Archives that lie there are let be, and so is what is no recording.
 */
const removeCopies = Effect.fnUntraced(function* (
  disk: Disk.Disk,
  folder: string,
  gone: ReadonlyMap<string, number>,
  targets: Plan["targets"],
  { national }: Person
) {
  if ((yield* disk.kindOf(folder)) !== "folder") return 0
  const lengths = new Set(targets.flatMap(({ audio }) => audio.map(({ bytes }) => bytes)))
  const named = targets.map(({ audio, recordingId }) => ({
    id: ExportName.idInName(recordingId),
    audio: new Set(audio.map(({ sha256 }) => sha256))
  }))
  let copies = 0
  const isTheirs = Effect.fnUntraced(function* (file: string, place: string, isNumbered: boolean) {
    if (isNumbered && (yield* maybeSound(disk, file))) return true
    if (!lengths.has(Number((yield* disk.fs.stat(file)).size))) return false
    const { sha256 } = yield* Digest.ofStream(disk.fs.stream(file))
    return gone.has(sha256) || named.some(({ audio, id }) => audio.has(sha256) && place.includes(id))
  })
  const visit = (at: string, place: string, isNumbered: boolean): Effect.Effect<void, StoreError> =>
    Effect.gen(function* () {
      // Another archive, or this one.
      if ((yield* disk.kindOf(disk.path.join(at, "manifest", Chain.fileName))) !== "none") return
      for (const name of yield* disk.list(at)) {
        const one = disk.path.join(at, name)
        const here = `${place}/${name}`
        const hasNumber = isNumbered || Digits.isIn(national, name)
        const kind = yield* disk.kindOf(one)
        if (kind === "folder") yield* visit(one, here, hasNumber)
        if (kind !== "file") continue
        if (!(yield* Effect.mapError(isTheirs(one, here, hasNumber), Disk.failedAt(one)))) continue
        yield* disk.remove(one)
        copies++
      }
      const isEmpty = isNumbered && (yield* disk.list(at)).length === 0
      if (isEmpty) yield* Effect.mapError(disk.fs.remove(at, { recursive: true }), Disk.failedAt(at))
    })
  yield* visit(folder, "", false)
  return copies
})
