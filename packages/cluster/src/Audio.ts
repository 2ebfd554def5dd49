/**
 * Fetches the audio of a day's recordings into the account's archive, before the provider deletes it.
 *
 * The archive belongs to the account, not to a run, and needs no lock. docs/scale.md, "Audio", explains why.
 *
 * @since 0.1.0
 */
import { Archive, ArchiveEvent, ArchiveIndex, AudioStore, CanonicalJson, StoreError } from "@vobiz-effect/archive"
import { PhoneNumber, Recording, type Recordings, VobizError } from "@vobiz-effect/core"
import { Account, DuckDb, type DuckDbError } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type * as Extract from "./internal/extract.ts"
import * as Sql from "./internal/sql.ts"
import * as Lake from "./Lake.ts"
import * as LakeError from "./LakeError.ts"
import * as Spec from "./Spec.ts"

/**
 * How many of a day's recordings had each `Archive.Outcome`, and how many bytes were new.
 *
 * @category models
 * @since 0.1.0
 */
export const Summary = Schema.Struct({
  Stored: Schema.Int,
  Kept: Schema.Int,
  NotReady: Schema.Int,
  Gone: Schema.Int,
  Quarantined: Schema.Int,
  Failed: Schema.Int,
  // Summaries written by older versions lack these two counts.
  Removed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  Flawed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  /** Bytes of audio that the archive did not have before. */
  bytes: Schema.Int
}) satisfies Schema.ConstraintDecoder<Archive.Summary>

/**
 * A day in UTC, or the part of a day that lies within a span: `[from, to)`.
 *
 * @category models
 * @since 0.1.0
 */
export const Day = Schema.Struct({ from: Schema.DateTimeUtcFromString, to: Schema.DateTimeUtcFromString })

/**
 * @category models
 * @since 0.1.0
 */
export type Day = typeof Day.Type

/**
 * The days on which recordings of a run's calls may have been added.
 *
 * @category getters
 * @since 0.1.0
 */
export const daysOf = (spec: Spec.Spec): ReadonlyArray<Day> => {
  const { since, until } = Account.spans(spec, spec.settings).recordings
  const days: Array<Day> = []
  let begin = since
  while (DateTime.isLessThan(begin, until)) {
    const next = DateTime.min(DateTime.startOf(DateTime.add(begin, { days: 1 }), "day"), until)
    days.push({ from: begin, to: next })
    begin = next
  }
  return days
}

/**
 * The outcome of fetching a day's audio.
 *
 * @category models
 * @since 0.1.0
 */
export const Receipt = Schema.Struct({
  day: Day,
  summary: Summary,
  /**
   * An NDJSON file with the events of `Gone`, `Quarantined` and `Flawed` recordings.
   *
   * `null` if there are none. They do not fail the day, because asking the provider again would not bring the audio.
   */
  lost: Schema.NullOr(Lake.Written)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Receipt = typeof Receipt.Type

/**
 * Some of a day's audio could not be fetched. What was fetched stays in the archive.
 *
 * @category errors
 * @since 0.1.0
 */
export class AudioNotFetched extends Schema.TaggedError<AudioNotFetched>()("AudioNotFetched", {
  summary: Summary,
  /** The first recording that failed. */
  recordingId: Schema.String,
  /** Why the first recording failed. */
  error: VobizError.VobizError
}) {
  override get message(): string {
    const { bytes: _, ...counts } = this.summary
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return `${this.summary.Failed} of ${all} recordings could not be fetched. The first error: ${this.error.message}. Retry the run to fetch the missing audio`
  }
}

/**
 * The directory of an account's archive in the lake: the index and the audio.
 *
 * @category getters
 * @since 0.1.0
 */
export const placeOf = (account: string): string => `${Spec.accountOf(account)}/archive`

// ---------------------------------------------------------------------------
// The archive of an account
// ---------------------------------------------------------------------------

const decodeEntry = Schema.decodeEffect(Schema.fromJsonString(ArchiveIndex.Entry))
const encodeEvent = Schema.encodeSync(ArchiveEvent.ArchiveEvent)

const line = (event: ArchiveEvent.ArchiveEvent) => `${CanonicalJson.encode(encodeEvent(event) as CanonicalJson.Json)}\n`

const onStore = Effect.mapError(
  ({ detail, path }: LakeError.LakeError) => new StoreError.StoreError({ kind: "other", place: path, detail })
)

/** An `ArchiveIndex` whose entries are files of the lake. */
const index = Effect.fnUntraced(function* (account: string) {
  const lake = yield* Lake.Lake
  const fs = yield* FileSystem.FileSystem
  const root = `${placeOf(account)}/`
  const fileOf = ({ addTime, recordingId }: ArchiveIndex.Identity) =>
    root + ArchiveIndex.pathOf({ recordingId, addTime: DateTime.formatIso(addTime) })
  const decode = (place: string) => (text: string) =>
    Effect.mapError(
      decodeEntry(text),
      () => new StoreError.StoreError({ kind: "damaged", place, detail: "it is not an entry of the index" })
    )
  const get = Effect.fnUntraced(function* (recording: ArchiveIndex.Identity) {
    const file = fileOf(recording)
    const text = yield* onStore(lake.read(file))
    return text === undefined ? null : yield* decode(file)(text)
  })
  const list = Stream.fromIterableEffect(onStore(lake.below(`${root}index`))).pipe(
    Stream.scoped,
    Stream.mapEffect((file) =>
      fs.readFileString(file).pipe(
        Effect.mapError(({ reason }) => new StoreError.StoreError({ kind: "other", place: file, detail: reason._tag })),
        Effect.flatMap(decode(file))
      )
    )
  )
  return ArchiveIndex.ArchiveIndex.of({
    has: (recording) => Effect.map(onStore(lake.read(fileOf(recording))), (text) => text !== undefined),
    get,
    put: Effect.fnUntraced(function* (entry) {
      const file = fileOf(entry)
      // If another runner writes a new entry at the same time, either one will do. An existing entry is replaced.
      const isNew = (yield* onStore(lake.read(file))) === undefined
      yield* onStore(isNew ? lake.keep(file, line(entry)) : lake.replace(file, line(entry)))
    }),
    exclusive: Effect.void,
    list,
    size: Stream.runCount(list),
    // The lake encrypts audio only, not the index.
    keys: [],
    added: (span) => Stream.filter(list, ArchiveIndex.isWithin(span))
  })
})

/**
 * An `AudioStore` that keeps only whole audio.
 *
 * The names of parts are unique to this unit. They are discarded when the intake's scope closes, and so is what is not audio.
 */
const store = Effect.fnUntraced(function* (account: string) {
  const lake = yield* Lake.Lake
  const shared = yield* lake.audio(placeOf(account))
  const mark = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
  return AudioStore.AudioStore.of({
    ...shared,
    intake: Effect.fnUntraced(function* (name) {
      const intake = yield* shared.intake(`${mark} ${name}`)
      yield* Effect.addFinalizer(() => Effect.ignore(intake.discard))
      return Object.create(intake, { setAside: { value: () => Effect.as(intake.discard, null) } }) as AudioStore.Intake
    })
  })
})

// ---------------------------------------------------------------------------
// A day
// ---------------------------------------------------------------------------

const Text = Schema.NullOr(Schema.String)
const Millis = Schema.NullOr(Schema.FiniteFromString)

/** The columns that the archive needs. */
const Row = Schema.Struct({
  recording_id: Schema.String,
  call_uuid: Text,
  recording_type: Text,
  recording_format: Text,
  recording_url: Text,
  from_raw: Text,
  from_e164: Text,
  to_raw: Text,
  to_e164: Text,
  add_ms: Schema.FiniteFromString,
  duration_ms: Millis
})

const numberOf = (raw: string | null, e164: string | null) => (raw === null ? null : PhoneNumber.of(raw, e164))

const recordingOf = (row: typeof Row.Type): Recording.Recording =>
  Recording.make({
    recordingId: row.recording_id,
    callUuid: row.call_uuid,
    recordingType: row.recording_type,
    recordingFormat: row.recording_format,
    recordingUrl: row.recording_url,
    addTime: DateTime.makeUnsafe(row.add_ms),
    from: numberOf(row.from_raw, row.from_e164),
    to: numberOf(row.to_raw, row.to_e164),
    duration: row.duration_ms === null ? null : Duration.millis(row.duration_ms)
  })

const columns = Object.keys(Row.fields).join(", ")

/**
 * Fetches the audio of a day's recordings that the archive does not have.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Audio.run")(function* (
  spec: Spec.Spec,
  recordings: Extract.Receipt,
  day: Day
): Effect.fn.Return<
  Receipt,
  AudioNotFetched | StoreError.StoreError | DuckDbError.DuckDbError | LakeError.LakeError,
  Recordings.Recordings | DuckDb.DuckDb | Lake.Lake | FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const db = yield* DuckDb.DuckDb
  const lake = yield* Lake.Lake
  const files = yield* Effect.forEach(recordings.files, ({ path }) => lake.local(path), { concurrency: 4 })
  const rows = db.stream(
    `SELECT ${columns} FROM read_parquet(${Sql.texts(files)}, hive_partitioning = false)
WHERE add_ms >= ${day.from.epochMilliseconds} AND add_ms < ${day.to.epochMilliseconds} ORDER BY arrival`,
    Row
  )
  const lost: Array<ArchiveEvent.ArchiveEvent> = []
  const failed: Array<Archive.Outcome & { readonly _tag: "Failed" }> = []
  const summary = yield* Archive.run({
    recordings: files.length === 0 ? Stream.empty : Stream.map(rows, recordingOf),
    directory: yield* lake.scratch,
    // No wait: audio shorter than its row says is noticed, and the next run fetches it again.
    settle: 0
  }).pipe(
    Stream.tap((outcome) =>
      Effect.sync(() => {
        if (outcome._tag === "Gone" || outcome._tag === "Quarantined" || outcome._tag === "Flawed") {
          lost.push(outcome.event)
        }
        if (outcome._tag === "Failed" && failed.length === 0) failed.push(outcome)
      })
    ),
    Archive.summarize,
    Effect.provideServiceEffect(AudioStore.AudioStore, store(spec.account)),
    Effect.provideServiceEffect(ArchiveIndex.ArchiveIndex, index(spec.account))
  )
  const [first] = failed
  if (first !== undefined) {
    return yield* new AudioNotFetched({ summary, recordingId: first.recording.recordingId, error: first.error })
  }
  if (lost.length === 0) return { day, summary, lost: null }
  const fs = yield* FileSystem.FileSystem
  const place = `${Spec.placeOf(spec)}/lost`
  const text = lost.map(line).toSorted().join("")
  return {
    day,
    summary,
    lost: yield* lake.file(place, "ndjson", (temporary) =>
      Effect.mapError(fs.writeFileString(temporary, text), LakeError.cannotWrite(place))
    )
  }
}, Effect.scoped)
