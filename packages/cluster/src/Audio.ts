/**
 * Fetches the audio of a day's recordings into the account's archive, before the provider deletes it.
 *
 * The archive is in the lake, below the account and not below a run: what one run has fetched, no other fetches again. It needs no
 * lock, which a runner that is lost would leave behind: audio has its own SHA-256 for a name, an entry of the index is there whole or
 * not at all, and what is on its way is of one runner alone. So two runners that fetch the same day do no harm.
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
 * How many of a day's recordings came to what (`Archive.Outcome`), and how many bytes were stored that had not been before.
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
  // Runs of before these were counted do not tell them.
  Removed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  Flawed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  bytes: Schema.Int
}) satisfies Schema.ConstraintDecoder<Archive.Summary>

/**
 * A day in UTC, or what a span has of one: `[from, to)`.
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
 * The days on which the recordings of a run's calls were added.
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
 * What a day came to. `lost` are the events of audio that cannot be had, because it is gone at the provider or is no audio, and
 * those of audio that is held and not whole, as lines of NDJSON; `null` where there are none. To ask for it again is of no use, so it is a finding and no failure.
 *
 * @category models
 * @since 0.1.0
 */
export const Receipt = Schema.Struct({ day: Day, summary: Summary, lost: Schema.NullOr(Lake.Written) })

/**
 * @category models
 * @since 0.1.0
 */
export type Receipt = typeof Receipt.Type

/**
 * Some of a day's audio could not be fetched this time; `error` is that of the first. What was fetched is kept.
 *
 * @category errors
 * @since 0.1.0
 */
export class AudioNotFetched extends Schema.TaggedError<AudioNotFetched>()("AudioNotFetched", {
  summary: Summary,
  recordingId: Schema.String,
  error: VobizError.VobizError
}) {
  override get message(): string {
    const { bytes: _, ...counts } = this.summary
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return `${this.summary.Failed} of ${all} recordings were not fetched, the first for this: ${this.error.message}. To fetch what is not there, retry the run`
  }
}

/**
 * Where the lake has the audio of an account and its index, as `ArchiveIndex` and `AudioStore` lay them out.
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

/** The index as files of the lake. */
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
      // What another runner fetched at the same time is as good; an entry of before is bettered.
      const isNew = (yield* onStore(lake.read(file))) === undefined
      yield* onStore(isNew ? lake.keep(file, line(entry)) : lake.replace(file, line(entry)))
    }),
    exclusive: Effect.void,
    list,
    size: Stream.runCount(list),
    // Audio alone is encrypted here.
    keys: [],
    added: (span) => Stream.filter(list, ArchiveIndex.isWithin(span))
  })
})

/** The audio, of which nothing is left but what is whole: parts have names of their own, and go when they are not needed. */
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

/** What of a row the archive asks for. */
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
 * Fetches what of a day's recordings the archive does not have.
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
    // The list was read before: audio that is shorter than it says is found, and fetched again by the next run.
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
