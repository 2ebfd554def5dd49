/**
 * Fetches recordings into the archive before the provider deletes them.
 *
 * @since 0.1.0
 */
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type { Recording } from "@vobiz-effect/core/Recording"
import { Recordings } from "@vobiz-effect/core/Recordings"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

import * as ArchiveEvent from "./ArchiveEvent.ts"
import type { Gone, Quarantined, Stored } from "./ArchiveEvent.ts"
import { ArchiveIndex } from "./ArchiveIndex.ts"
import { AudioStore, type Intake, type Sealed, type SetAside } from "./AudioStore.ts"
import * as Disk from "./internal/disk.ts"
import * as Event from "./internal/event.ts"
import * as FetchWhole from "./internal/fetchWhole.ts"
import * as Inspector from "./internal/inspector.ts"
import { sorted } from "./internal/oldestFirst.ts"
import * as Recovery from "./internal/recovery.ts"
import type { Run } from "./Manifest.ts"
import * as Media from "./Media.ts"
import type { StoreError } from "./StoreError.ts"
import * as Whole from "./Whole.ts"

/**
 * What to fetch, and how.
 *
 * - `recordings`: in any order. They are read to the end first and wait in a file of `directory`, as the provider lists the
 *   newest first and deletes the oldest first; in memory each takes 24 bytes.
 * - `directory`: a local folder to work in.
 * - `concurrency`: how many are fetched at a time; by default 4. They share the rate limit of `VobizConfig`. Some more may be on
 *   their way to the disk meanwhile.
 * - `maxBytes`: the most that one file may have; by default 2 GiB.
 * - `attempts`: how often a body that breaks off, or is no audio, is asked for in all; by default 5. One that has grown by
 *   1 MiB since starts the count anew.
 * - `trunkOf`: the trunk of a recording, which the provider does not tell in its list.
 * - `settle`: how long after a recording was added its audio is fetched, so that a file that still grows is not taken for
 *   the final one; by default 5 minutes. Zero fetches at once.
 * - `manifest`: the run of the manifest that what happens is written down in; by default it is not written down.
 * - `reread`: whether audio that is held is read again, and fetched again if it is not whole. By default only what was
 *   measured before is looked at.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  readonly recordings: Stream.Stream<Recording, E, R>
  readonly directory: string
  readonly concurrency?: number | undefined
  readonly maxBytes?: number | undefined
  readonly attempts?: number | undefined
  readonly trunkOf?: ((recording: Recording) => string | null) | undefined
  readonly settle?: Duration.Input | undefined
  readonly manifest?: Run | undefined
  readonly reread?: boolean | undefined
}

/**
 * What became of one recording.
 *
 * - `Stored`, `Gone`, `Quarantined`: as in `ArchiveEvent`. `isNew` is false where the same audio was held already.
 * - `Flawed`: it was fetched and is held, and is known not to be whole, for the reason given. The next run fetches it again.
 *   `event` is of the best audio that is held.
 * - `Kept`: the index has it, from an earlier run. Nothing was fetched.
 * - `Removed`: it was deleted from the archive, by a rule or with its person, and is not fetched again.
 * - `NotReady`: the provider is still making the file, or it has not settled yet.
 * - `Failed`: it could not be fetched whole this time. What has arrived is resumed by the next run.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | { readonly _tag: "Stored"; readonly recording: Recording; readonly event: Stored; readonly isNew: boolean }
  | {
      readonly _tag: "Flawed"
      readonly recording: Recording
      readonly event: Stored
      readonly isNew: boolean
      readonly flaw: Whole.Flawed
    }
  | { readonly _tag: "Quarantined"; readonly recording: Recording; readonly event: Quarantined }
  | { readonly _tag: "Gone"; readonly recording: Recording; readonly event: Gone }
  | { readonly _tag: "Kept"; readonly recording: Recording }
  | { readonly _tag: "Removed"; readonly recording: Recording }
  | { readonly _tag: "NotReady"; readonly recording: Recording }
  | { readonly _tag: "Failed"; readonly recording: Recording; readonly error: VobizError }

/**
 * How many recordings came to what, and how many bytes were stored that had not been before.
 *
 * @category models
 * @since 0.1.0
 */
export type Summary = { readonly [Tag in Outcome["_tag"]]: number } & { readonly bytes: number }

/**
 * Fetches what the index does not have, the one that the provider deletes first before the others, and tells what became
 * of each. It ends with an error when the store fails; what was begun by then is finished and told, as far as it can be, and the next run fetches the rest alone. Where
 * the list cannot be read to its end, what it had is fetched, and then the run ends with that error. A recording that cannot be fetched is an outcome and no error.
 *
 * @category programs
 * @since 0.1.0
 */
export const run = <E, R>(
  options: Options<E, R>
): Stream.Stream<
  Outcome,
  E | StoreError,
  R | Recordings | AudioStore | ArchiveIndex | FileSystem.FileSystem | Path.Path
> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const disk = yield* Disk.make
      yield* (yield* ArchiveIndex).exclusive
      if (options.manifest !== undefined) yield* Recovery.run(disk, options.directory)
      const { concurrency = 4 } = options
      const fetch = yield* fetcher(options, yield* Semaphore.make(concurrency))
      const queue = disk.path.join(options.directory, "part", "queue")
      let failure: StoreError | undefined
      return sorted(disk, queue, options.recordings).pipe(
        Stream.takeWhile(() => failure === undefined),
        Stream.mapEffect(
          (recording) =>
            Effect.catch(fetch(recording), (error) => {
              failure ??= error
              return Effect.succeed(null)
            }),
          // One at a time, they come in order.
          { concurrency: concurrency + landing, unordered: concurrency > 1 }
        ),
        Stream.filter((outcome) => outcome !== null),
        // What was on its way when the store failed is told before.
        Stream.concat(Stream.suspend(() => (failure === undefined ? Stream.empty : Stream.fail(failure))))
      )
    })
  ).pipe(Stream.withSpan("Archive.run"))

/**
 * Runs to the end and counts.
 *
 * @category combinators
 * @since 0.1.0
 */
export const summarize = <E, R>(outcomes: Stream.Stream<Outcome, E, R>): Effect.Effect<Summary, E, R> =>
  Stream.runFold(
    outcomes,
    (): Summary => ({
      Stored: 0,
      Flawed: 0,
      Quarantined: 0,
      Gone: 0,
      Kept: 0,
      Removed: 0,
      NotReady: 0,
      Failed: 0,
      bytes: 0
    }),
    (sum, outcome) => ({
      ...sum,
      [outcome._tag]: sum[outcome._tag] + 1,
      bytes: sum.bytes + ("isNew" in outcome && outcome.isNew ? outcome.event.bytes : 0)
    })
  )

// ---------------------------------------------------------------------------
// One recording
// ---------------------------------------------------------------------------

/** So many may be on their way to the disk while others are fetched: it takes long, and is hardly longer for many at once. */
const landing = 64

/** How many are decoded at a time: each takes a decoder's memory, and all of them one processor. */
const decoding = 2

const defaultSettle = Duration.minutes(5)

// oxlint-disable-next-line max-lines-per-function -- the steps of one recording, which share the services and what is measured
const fetcher = Effect.fnUntraced(function* (options: Omit<Options, "recordings">, fetching: Semaphore.Semaphore) {
  const { manifest, trunkOf = () => null } = options
  const settle = Duration.fromInputUnsafe(options.settle ?? defaultSettle)
  const fetchWhole = FetchWhole.make(yield* Recordings, options)
  const store = yield* AudioStore
  const index = yield* ArchiveIndex
  const measured = yield* Media.measured(options.directory)
  const measuring = yield* Semaphore.make(decoding)

  /** What is known of audio that is held: read again, as it was measured before, or by what the provider said when it was fetched. */
  const known = Effect.fnUntraced(function* (entry: Stored, recording: Recording) {
    const { sha256 } = entry
    const duration = lengthOf(recording) ?? entry.duration
    if (options.reread === true) {
      return yield* Effect.provideService(Whole.check(sha256, duration), AudioStore, store).pipe(
        measuring.withPermits(1)
      )
    }
    if (!(yield* store.has(sha256))) return missing
    const media = yield* measured.known(sha256)
    if (media !== null) return Whole.judge(media, duration)
    const hasGrown = duration !== null && entry.duration !== null && duration > entry.duration
    return hasGrown && Media.isApart(entry.duration, duration) ? grown(entry.duration, duration) : null
  })

  /** Nothing is built on an entry that is damaged, and its audio is fetched anew. */
  const orNull = <A>(self: Effect.Effect<A, StoreError>): Effect.Effect<A | null, StoreError> =>
    Effect.catchIf(
      self,
      ({ kind }) => kind === "damaged",
      (error) => Effect.as(Effect.logError(error.message), null)
    )

  /** The entry of a recording, and whether its audio is not to be fetched again. An entry that is damaged is written anew. */
  const held = Effect.fnUntraced(function* (recording: Recording) {
    const entry = yield* orNull(index.get(recording))
    if (entry === null) return { former: null, settled: null }
    if (entry._tag !== "Stored") return { former: null, settled: "Removed" as const }
    const answer = yield* known(entry, recording)
    if (answer === null || !Whole.isIncomplete(answer)) return { former: entry, settled: "Kept" as const }
    // What the folder says of earlier audio is not written down again unless the manifest has it.
    const isWritten = manifest === undefined ? Effect.void : manifest.check(entry)
    return { former: yield* orNull(Effect.as(isWritten, entry)), settled: null }
  })

  const keep = Effect.fnUntraced(function* (
    recording: Recording,
    intake: Intake,
    contentType: string | null,
    former: Stored | null,
    seen: Media.Media | null
  ) {
    const { isNew, sealed, ...delivery } = yield* intake.finish
    const isSeen = isNew && seen !== null
    if (isSeen) yield* measured.keep(delivery.sha256, seen)
    const media = isSeen ? seen : yield* measuring.withPermits(1)(measured.of(delivery.sha256))
    const fresh: Stored = {
      _tag: "Stored",
      ...identityOf(recording),
      recordingType: recording.recordingType ?? "",
      trunkId: trunkOf(recording),
      ...numbersOf(recording),
      format: recording.recordingFormat,
      duration: lengthOf(recording),
      ...delivery,
      container: media.container,
      contentType,
      host: URL.parse(recording.recordingUrl ?? "")?.host ?? "",
      fetchedAt: yield* DateTime.now,
      salt: yield* Event.freshSalt
    }
    const before = former === null || former.sha256 === fresh.sha256 ? null : yield* measuredOf(former.sha256)
    const isBetter = before === null || isLess(before, media)
    const event = former === null ? fresh : joined(fresh, former, isBetter)
    const answer = Whole.judge(isBetter ? media : before, fresh.duration)
    const record = manifest && ((entry: Sealed | null) => manifest.event(event, { sealed: [sealed, entry] }))
    yield* index.put(event, record)
    return Whole.isIncomplete(answer)
      ? ({ _tag: "Flawed", recording, event, isNew, flaw: answer } satisfies Outcome)
      : ({ _tag: "Stored", recording, event, isNew } satisfies Outcome)
  })

  const noteOf = (eventOf: (file: string | null) => Quarantined | Gone) => (kept: SetAside | null) => {
    const event = eventOf(kept?.file ?? null)
    const files = kept === null ? [] : [kept]
    const record = manifest && ((note: Sealed | null) => manifest.event(event, { files, sealed: [note] }))
    return { event, record }
  }

  /** What was measured of audio that is held; `null` where it is not there any more, or damaged. */
  const measuredOf = (sha256: string) =>
    Effect.flatMap(store.has(sha256), (isThere) => (isThere ? measured.of(sha256) : Effect.succeed(null))).pipe(
      Effect.catchIf(
        ({ kind }) => kind === "missing" || kind === "damaged",
        () => Effect.succeed(null)
      ),
      measuring.withPermits(1)
    )

  const quarantine = Effect.fnUntraced(function* (
    recording: Recording,
    intake: Intake,
    { detail, reason }: FetchWhole.NotAudio
  ) {
    if (reason === "too-large") yield* intake.discard
    const salt = yield* Event.freshSalt
    const at = yield* DateTime.now
    const eventOf = (file: string | null): Quarantined => ({
      _tag: "Quarantined",
      ...identityOf(recording),
      reason,
      detail,
      ...numbersOf(recording),
      salt,
      file,
      at
    })
    const file = yield* intake.setAside(noteOf(eventOf))
    return { _tag: "Quarantined", recording, event: eventOf(file) } satisfies Outcome
  })

  /** A part of what is lost for good may be worth having. */
  const giveUp = Effect.fnUntraced(function* (recording: Recording, intake: Intake) {
    const salt = yield* Event.freshSalt
    const at = yield* DateTime.now
    const eventOf = (file: string | null): Gone => ({
      _tag: "Gone",
      ...identityOf(recording),
      ...numbersOf(recording),
      salt,
      file,
      at
    })
    const file = yield* intake.setAside(noteOf(eventOf))
    return { _tag: "Gone", recording, event: eventOf(file) } satisfies Outcome
  })

  /** Fetches it, and tells what is left to do: to bring it to the disk, for which the next need not wait. */
  const arrive = (recording: Recording, former: Stored | null): Effect.Effect<Rest, StoreError, Scope.Scope> => {
    const failed = (error: VobizError): Rest => Effect.succeed({ _tag: "Failed", recording, error })
    return Effect.flatMap(store.intake(recording.recordingId), (intake) =>
      Inspector.watch(intake).pipe(
        Effect.flatMap(({ intake, media }) => Effect.zip(fetchWhole(recording, intake), media)),
        Effect.scoped,
        Effect.map(([contentType, seen]): Rest => keep(recording, intake, contentType, former, seen)),
        Effect.catchTags({
          NotAudio: (error) => Effect.succeed<Rest>(quarantine(recording, intake, error)),
          BrokenOff: ({ error }) => Effect.succeed(failed(error)),
          VobizError: (error) => Effect.succeed(FetchWhole.isGone(error) ? giveUp(recording, intake) : failed(error))
        })
      )
    )
  }

  const arriveOnce = (recording: Recording) =>
    Effect.flatMap(held(recording), ({ former, settled }) =>
      settled === null ? arrive(recording, former) : Effect.succeed<Rest>(Effect.succeed({ _tag: settled, recording }))
    ).pipe(fetching.withPermits(1))

  const hasSettled = ({ addTime, endTime }: Recording) =>
    Effect.map(DateTime.now, (now) => {
      const last = endTime === null ? addTime : DateTime.max(addTime, endTime)
      return Duration.isZero(settle) || DateTime.isLessThanOrEqualTo(DateTime.addDuration(last, settle), now)
    })

  return Effect.fn("Archive.fetch")(function* (recording: Recording) {
    yield* Effect.annotateCurrentSpan({ recordingId: recording.recordingId })
    if (recording.recordingUrl === null || !(yield* hasSettled(recording))) {
      return { _tag: "NotReady", recording } satisfies Outcome
    }
    return yield* Effect.flatten(arriveOnce(recording))
  }, Effect.scoped)
})

type Rest = Effect.Effect<Outcome, StoreError>

const numbersOf = ({ from, to }: Recording) => ({
  from: from === null ? null : PhoneNumber.reveal(from),
  to: to === null ? null : PhoneNumber.reveal(to)
})

const identityOf = ({ addTime, callUuid, recordingId }: Recording) => ({
  recordingId,
  callUuid: callUuid ?? "",
  addTime
})

/** The provider's length of a recording, in milliseconds. */
const lengthOf = ({ duration }: Recording) => (duration === null ? null : Duration.toMillis(duration))

const missing: Whole.Flawed = { _tag: "Flawed", reason: "missing", detail: "the archive does not have the audio" }

const grown = (before: number, now: number): Whole.Flawed => ({
  _tag: "Flawed",
  reason: "shorter",
  detail: `the provider said ${Media.inSeconds(before)} when it was fetched, and says ${Media.inSeconds(now)}`
})

/** Whether there is less of the one audio than of the other. */
const isLess = (one: Media.Media, other: Media.Media) => {
  if (other.unreadable !== null) return false
  return one.unreadable !== null || one.duration === null || other.duration === null || one.duration <= other.duration
}

/** The entry of a recording of which two audios are held, the better one as the current one. */
const joined = (fresh: Stored, former: Stored, isBetter: boolean): Stored => {
  const [current, other] = isBetter ? [fresh, former] : [{ ...former, duration: fresh.duration }, fresh]
  const versions = [...ArchiveEvent.versionsOf(former), ...ArchiveEvent.versionsOf(other)]
  const earlier = new Map(versions.map((version) => [version.sha256, version]))
  earlier.delete(current.sha256)
  return earlier.size === 0 ? current : { ...current, earlier: [...earlier.values()] }
}
