/**
 * Retention rules and holds: which recordings the archive deletes, and which it must keep.
 *
 * @since 0.1.0
 */
import { fromRaw, revealE164 } from "@vobiz-effect/core/PhoneNumber"
import { Recordings } from "@vobiz-effect/core/Recordings"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import * as ArchiveEvent from "./ArchiveEvent.ts"
import { type Released, Stored, Tombstone } from "./ArchiveEvent.ts"
import { ArchiveIndex, type Record } from "./ArchiveIndex.ts"
import type { AudioStore } from "./AudioStore.ts"
import * as Digits from "./internal/digits.ts"
import * as Disk from "./internal/disk.ts"
import * as Event from "./internal/event.ts"
import * as Recovery from "./internal/recovery.ts"
import * as Removal from "./internal/removal.ts"
import * as Text from "./internal/rulesText.ts"
import * as State from "./internal/state.ts"
import type { Run } from "./Manifest.ts"
import { StoreError } from "./StoreError.ts"
import * as Whole from "./Whole.ts"

const texts = Schema.optionalKey(Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1)))

/** Without its zone an instant would be another one on each machine. */
const Instant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/)
).pipe(Schema.decodeTo(Schema.DateTimeUtcFromString))

/**
 * Selects the recordings that meet all given criteria. Without criteria, it selects all recordings.
 *
 * Any value of a list meets its criterion.
 */
const criteria = {
  recordingIds: texts,
  callUuids: texts,
  /** Such as `call`, `trunk` or `conference`. */
  recordingTypes: texts,
  trunkIds: texts,
  /** Compared with both sides of the call: numbers in E.164, or prefixes such as `+9180*`. */
  numbers: texts,
  /** Recordings added at this instant or later. */
  addedFrom: Schema.optionalKey(Instant),
  /** Recordings added before this instant. */
  addedBefore: Schema.optionalKey(Instant)
}

/**
 * A hold. Its recordings are never deleted, whatever the rules say.
 *
 * It covers the recordings that meet all its criteria; without criteria, all recordings. A recording is also held if the archive cannot
 * tell whether it meets a criterion, because its trunk, type or numbers are unknown.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hold = Schema.Struct({
  name: Schema.NonEmptyString,
  /**
   * Whether the archive may have none of the hold's recordings yet.
   *
   * If so, `Plan.unknown` leaves out the hold's ids.
   *
   * @default false
   */
  mayBeEmpty: Schema.optionalKey(Schema.Boolean),
  ...criteria
})

/**
 * @category models
 * @since 0.1.0
 */
export type Hold = typeof Hold.Type

/**
 * A rule. It deletes the recordings that are old enough and meet all its criteria.
 *
 * If the archive cannot tell whether a recording meets a criterion, the rule does not apply to it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  name: Schema.NonEmptyString,
  /** The age from which recordings are deleted: days since they were added at the provider. */
  afterDays: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  ...criteria
})

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * Rules and holds. The first rule that applies to a recording decides. A hold overrides all rules.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rules = Schema.Struct({ rules: Schema.Array(Rule), holds: Schema.Array(Hold) })

/**
 * @category models
 * @since 0.1.0
 */
export type Rules = typeof Rules.Type

/**
 * The rules are invalid. No message repeats what the file says.
 *
 * @category errors
 * @since 0.1.0
 */
export class RulesError extends Schema.TaggedError<RulesError>()("RulesError", {
  file: Schema.String,
  /** Each problem with its line, counted from 1, and its field. */
  problems: Schema.Array(Schema.Struct({ line: Schema.Int, field: Schema.String, detail: Schema.String }))
}) {
  override get message(): string {
    return this.problems
      .map(({ detail, field, line }) => `${this.file}:${line}: ${field === "" ? "" : `${field}: `}${detail}`)
      .join("\n")
  }
}

const decodeRules = Schema.decodeUnknownResult(Rules, { errors: "all", onExcessProperty: "error" })

/**
 * Reads rules from YAML or JSON. National telephone numbers get `callingCode`.
 *
 * Refuses unknown fields, empty lists and unreadable values, because they would hold less or delete more than intended.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (
  text: string,
  options: { readonly file: string; readonly callingCode: string | null }
): Effect.Effect<Rules, RulesError> =>
  Effect.suspend(() => {
    const { callingCode, file } = options
    const source = Text.read(text)
    if ("problems" in source) return Effect.fail(new RulesError({ file, problems: source.problems }))
    const decoded = decodeRules(source.value)
    if (Result.isFailure(decoded)) {
      return Effect.fail(new RulesError({ file, problems: Text.problemsOf(decoded.failure.issue, source) }))
    }
    const problems: Array<Text.Problem> = []
    const { holds, rules } = decoded.success
    for (const { detail, path } of [...Text.contradictions("rules", rules), ...Text.contradictions("holds", holds)]) {
      problems.push(source.problem(path, detail))
    }
    const read = <A extends Omit<Hold, "mayBeEmpty">>(part: "rules" | "holds", all: ReadonlyArray<A>) =>
      all.map((one, n): A => {
        const numbers = one.numbers?.map((written, m) => {
          const found = Text.numberOf(written, callingCode)
          if (typeof found !== "string") return found.number
          problems.push(source.problem([part, n, "numbers", m], found))
          return written
        })
        return numbers === undefined ? one : Object.assign({}, one, { numbers })
      })
    const result: Rules = { rules: read("rules", rules), holds: read("holds", holds) }
    return problems.length === 0 ? Effect.succeed(result) : Effect.fail(new RulesError({ file, problems }))
  })

/**
 * What `execute` would delete, and what holds prevent. Review it before you execute it.
 *
 * It contains telephone numbers.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Plan = Schema.Struct({
  /** The instant that ages are measured at. */
  asOf: Schema.DateTimeUtcFromString,
  /** The recordings to delete, each with the rule that deletes it. */
  deletions: Schema.Array(Schema.Struct({ rule: Schema.String, entry: Stored })),
  /** The recordings that a rule would delete and a hold keeps. */
  held: Schema.Array(Schema.Struct({ rule: Schema.String, hold: Schema.String, entry: Stored })),
  /** How many recordings no rule applies to. */
  kept: Schema.Int,
  /** How many recordings each hold protects; `undecided` of them only because the archive cannot tell. */
  holds: Schema.Array(
    Schema.Struct({ name: Schema.String, recordings: Schema.Int, undecided: Schema.Int, mayBeEmpty: Schema.Boolean })
  ),
  /** Ids in rules and holds that no recording of the archive has. */
  unknown: Schema.Array(Schema.Struct({ name: Schema.String, field: Schema.String, id: Schema.String }))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Plan = typeof Plan.Type

const day = 86_400_000

/**
 * The properties of a recording that holds look at.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject extends Pick<Stored, "recordingId" | "callUuid" | "addTime" | "from" | "to" | "trunkId"> {
  /** `null` if unknown, such as for a recording whose audio the archive never had. */
  readonly recordingType: string | null
}

/**
 * The name of the first hold that covers a recording, or `null`. In doubt, a hold covers it.
 *
 * @category getters
 * @since 0.1.0
 */
export const heldBy = (holds: ReadonlyArray<Hold>, subject: Subject): string | null =>
  holds.find((hold) => meets(hold, subject) !== false)?.name ?? null

/** Whether an entry meets all criteria; `null` where it is not known. */
const meets = (which: Omit<Hold, "name">, entry: Subject): boolean | null => {
  const added = entry.addTime.epochMilliseconds
  const numbers = [entry.from, entry.to]
  const answers = new Set([
    which.recordingIds?.includes(entry.recordingId),
    which.callUuids?.includes(entry.callUuid),
    entry.recordingType === null && which.recordingTypes !== undefined
      ? null
      : which.recordingTypes?.includes(entry.recordingType ?? ""),
    entry.trunkId === null && which.trunkIds !== undefined ? null : which.trunkIds?.includes(entry.trunkId ?? ""),
    which.numbers === undefined ? undefined : isAmong(which.numbers, numbers),
    which.addedFrom === undefined ? undefined : added >= which.addedFrom.epochMilliseconds,
    which.addedBefore === undefined ? undefined : added < which.addedBefore.epochMilliseconds
  ])
  if (answers.has(false)) return false
  return answers.has(null) ? null : true
}

/** Whether one of a call's numbers is wanted; a number that is not in E.164 may be any. */
const isAmong = (wanted: ReadonlyArray<string>, numbers: ReadonlyArray<string | null>): boolean | null => {
  const patterns = wanted.map((number) => (number.endsWith("*") ? number : (revealE164(fromRaw(number)) ?? number)))
  const isOf = (number: string) =>
    patterns.some((one) => (one.endsWith("*") ? number.startsWith(one.slice(0, -1)) : number === one))
  if (numbers.some((number) => number !== null && isOf(number))) return true
  // What is wanted and is no number may be any, as is a side of the call that is not in E.164.
  const isClear = patterns.every((one) => one.startsWith("+"))
  return isClear && numbers.every((number) => number !== null && Digits.isE164(number)) ? false : null
}

/**
 * Plans which recordings `execute` would delete. Deletes nothing.
 *
 * @category programs
 * @since 0.1.0
 */
export const plan = Effect.fn("Retention.plan")(function* (rules: Rules, asOf: DateTime.Utc) {
  const deletions: Array<Plan["deletions"][number]> = []
  const held: Array<Plan["held"][number]> = []
  let kept = 0
  const use = rules.holds.map((hold) => ({ hold, recordings: 0, undecided: 0 }))
  const unseen = idsOf(rules)
  yield* Stream.runForEach((yield* ArchiveIndex).list, (entry) =>
    Effect.sync(() => {
      unseen.delete(`recordingIds ${entry.recordingId}`)
      if (entry._tag !== "Erased") unseen.delete(`callUuids ${entry.callUuid}`)
      if (entry._tag !== "Stored") return
      for (const one of use) {
        const answer = meets(one.hold, entry)
        if (answer === false) continue
        one.recordings++
        if (answer === null) one.undecided++
      }
      const age = asOf.epochMilliseconds - entry.addTime.epochMilliseconds
      const rule = rules.rules.find((rule) => age >= rule.afterDays * day && meets(rule, entry) === true)
      if (rule === undefined) {
        kept++
        return
      }
      const hold = heldBy(rules.holds, entry)
      if (hold === null) deletions.push({ rule: rule.name, entry })
      else held.push({ rule: rule.name, hold, entry })
    })
  )
  const holds = use.map(({ hold: { mayBeEmpty = false, name }, recordings, undecided }) => ({
    name,
    recordings,
    undecided,
    mayBeEmpty
  }))
  return { asOf, deletions, held, kept, holds, unknown: [...unseen.values()].flat() } satisfies Plan
})

/** The ids of rules, and of holds that may not be empty, each with where it is named. */
const idsOf = ({ holds, rules }: Rules) => {
  const ids = new Map<string, Array<Plan["unknown"][number]>>()
  for (const one of [...rules, ...holds.filter(({ mayBeEmpty }) => mayBeEmpty !== true)]) {
    for (const field of ["recordingIds", "callUuids"] as const) {
      for (const id of one[field] ?? []) {
        const key = `${field} ${id}`
        ids.set(key, [...(ids.get(key) ?? []), { name: one.name, field, id }])
      }
    }
  }
  return ids
}

/**
 * Deletes the recordings of a plan, and leaves a tombstone for each.
 *
 * Skips recordings that changed since the plan was made. Deletes audio, and its measurements in the archive's folder `directory`, only
 * if no remaining recording has the same audio, by the index or by the manifest.
 *
 * With a run of the manifest, the manifest records each tombstone before anything is deleted. An entry that the manifest does not have
 * ends the stream with kind `damaged`. Without a run, a killed process may leave entries without audio, which the next plan has again.
 *
 * @category programs
 * @since 0.1.0
 */
export const execute = (
  plan: Plan,
  directory: string,
  manifest?: Run
): Stream.Stream<Tombstone, StoreError, ArchiveIndex | AudioStore | FileSystem.FileSystem | Path.Path> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const disk = yield* Disk.make
      const index = yield* ArchiveIndex
      yield* index.exclusive
      if (manifest !== undefined) yield* Recovery.run(disk, directory)
      const carryOut = yield* Removal.of(disk, directory)
      const chosen = new Set(plan.deletions.map(({ entry }) => entry.recordingId))
      const inPlan = new Set(plan.deletions.flatMap(({ entry }) => shasOf(entry)))
      const needed = new Set<string>()
      yield* Stream.runForEach(index.list, (entry) =>
        Effect.sync(() => {
          if (entry._tag !== "Stored" || chosen.has(entry.recordingId)) return
          for (const sha256 of shasOf(entry)) if (inPlan.has(sha256)) needed.add(sha256)
        })
      )
      if (manifest !== undefined) {
        // A recording whose entry was lost from the index still needs its audio: the manifest has it.
        const places = new Set(plan.deletions.map(({ entry }) => Event.placeOf(encodeStored(entry) as Event.Fields)))
        for (const [place, { audio }] of (yield* State.read(disk, directory)).events) {
          if (!places.has(place)) for (const sha256 of audio) if (inPlan.has(sha256)) needed.add(sha256)
        }
      }
      return Stream.fromIterable(plan.deletions).pipe(
        Stream.mapEffect(({ entry, rule }) =>
          Effect.gen(function* () {
            const now = yield* index.get(entry)
            if (now?._tag !== "Stored" || now.sha256 !== entry.sha256) return []
            if (manifest !== undefined) yield* manifest.check(now)
            const { addTime, callUuid, recordingId } = now
            const removed = (sha256: string) => !needed.has(sha256)
            const earlier = (now.earlier ?? []).map(({ bytes, sha256 }) => ({
              sha256,
              bytes,
              audioRemoved: removed(sha256)
            }))
            const tombstone: Tombstone = {
              _tag: "Tombstone",
              recordingId,
              callUuid,
              addTime,
              sha256: now.sha256,
              bytes: now.bytes,
              audioRemoved: removed(now.sha256),
              ...(earlier.length === 0 ? {} : { earlier }),
              rule,
              at: yield* DateTime.now
            }
            const remove = carryOut(encodeTombstone(tombstone) as Event.Fields)
            // All audio goes before the entry does.
            if (manifest === undefined) yield* remove
            const record: Record | undefined =
              manifest && ((sealed) => Effect.andThen(manifest.event(tombstone, { sealed: [sealed] }), remove))
            yield* index.put(tombstone, record)
            return [tombstone]
          })
        ),
        Stream.flattenIterable
      )
    })
  ).pipe(Stream.withSpan("Retention.execute"))

const encodeTombstone = Schema.encodeSync(Tombstone)
const encodeStored = Schema.encodeSync(Stored)

const shasOf = (entry: Stored) => ArchiveEvent.versionsOf(entry).map(({ sha256 }) => sha256)

/**
 * The outcome of releasing a recording, which means deleting it at the provider.
 *
 * - `Released`: it was deleted at the provider.
 * - `Verified`: it would be deleted with `deleteAtProvider`.
 * - `Refused`: its audio in the archive is not whole, or cannot be proved whole. `answer` says why.
 * - `Absent`: the provider no longer has it.
 * - `Failed`: the archive could not be read or does not have it, or the provider did not answer or delete it.
 *
 * @category models
 * @since 0.1.0
 */
export type Release =
  | { readonly _tag: "Released"; readonly event: Released }
  | { readonly _tag: "Verified"; readonly entry: Stored }
  | { readonly _tag: "Refused"; readonly entry: Stored; readonly answer: Exclude<Whole.Answer, { _tag: "Whole" }> }
  | { readonly _tag: "Absent"; readonly entry: Stored }
  | { readonly _tag: "Failed"; readonly entry: Stored; readonly error: StoreError | VobizError }

/**
 * Permanently deletes recordings at the provider whose audio in the archive is whole.
 *
 * Reads each recording's audio again from the first byte to the last, and compares its length with the provider's current value
 * (`Whole`). Deletes nothing unless `deleteAtProvider` is true. With a run of the manifest, it deletes only recordings whose entry the
 * manifest has; the caller records each deletion.
 *
 * @category programs
 * @since 0.1.0
 */
export const release = <E, R>(
  entries: Stream.Stream<Stored, E, R>,
  options: { readonly deleteAtProvider: boolean; readonly manifest?: Run | undefined }
): Stream.Stream<Release, E, R | ArchiveIndex | AudioStore | Recordings> =>
  Stream.mapEffect(entries, (entry) =>
    Effect.gen(function* () {
      const { addTime, bytes, callUuid, recordingId, sha256 } = entry
      const held = yield* (yield* ArchiveIndex).get(entry)
      if (held?._tag !== "Stored" || held.sha256 !== sha256) {
        return yield* new StoreError({ kind: "missing", place: recordingId, detail: "the index does not have it" })
      }
      if (options.manifest !== undefined) yield* options.manifest.check(held)
      const recordings = yield* Recordings
      const there = yield* Effect.catchIf(recordings.get(recordingId), isNotFound, () => Effect.succeed(null))
      if (there === null) return { _tag: "Absent", entry } satisfies Release
      const now = there.duration === null ? null : Duration.toMillis(there.duration)
      const answer = yield* Whole.check(sha256, now ?? entry.duration)
      if (answer._tag !== "Whole") return { _tag: "Refused", entry, answer } satisfies Release
      if (!options.deleteAtProvider) return { _tag: "Verified", entry } satisfies Release
      yield* recordings.remove(recordingId)
      const identity = { recordingId, callUuid, addTime, sha256, bytes }
      const event: Released = { _tag: "Released", ...identity, at: yield* DateTime.now }
      return { _tag: "Released", event } satisfies Release
    }).pipe(
      Effect.catchTags({
        StoreError: (error) => Effect.succeed<Release>({ _tag: "Failed", entry, error }),
        VobizError: (error) => Effect.succeed<Release>({ _tag: "Failed", entry, error })
      })
    )
  ).pipe(Stream.withSpan("Retention.release"))

const isNotFound = ({ reason }: VobizError) => reason._tag === "NotFound"
