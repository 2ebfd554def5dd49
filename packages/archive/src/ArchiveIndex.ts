/**
 * Which recordings the archive has: one small file each, by the day they were added, encrypted where there is a key.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import { Erased, Stored, Tombstone } from "./ArchiveEvent.ts"
import type { Key, Keyring } from "./Encryption.ts"
import type { Record } from "./internal/audioModel.ts"
import * as Disk from "./internal/disk.ts"
import * as Event from "./internal/event.ts"
import * as Form from "./internal/form.ts"
import * as Pending from "./internal/pending.ts"
import * as Sealed from "./internal/sealed.ts"
import { StoreError } from "./StoreError.ts"

/**
 * What the index holds of a recording: that it is stored, or that it was and has been deleted, by a rule or with its person.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Entry = Schema.Union([Stored, Tombstone, Erased])

/**
 * @category models
 * @since 0.1.0
 */
export type Entry = typeof Entry.Type

/**
 * Whether the archive has the recording's audio, and has not deleted it.
 *
 * @category guards
 * @since 0.1.0
 */
export const isStored = (entry: Entry): entry is Stored => entry._tag === "Stored"

/**
 * What a recording is found by.
 *
 * @category models
 * @since 0.1.0
 */
export interface Identity {
  readonly recordingId: string
  readonly addTime: DateTime.Utc
}

export type { Record, Sealed } from "./internal/audioModel.ts"

/**
 * The entries of an archive.
 *
 * @category services
 * @since 0.1.0
 */
export class ArchiveIndex extends Context.Service<
  ArchiveIndex,
  {
    has(recording: Identity): Effect.Effect<boolean, StoreError>
    get(recording: Identity): Effect.Effect<Entry | null, StoreError>
    /**
     * Writes an entry, whole or not at all, in place of the recording's former one. `record` writes it down in the manifest: it is run
     * when the entry is on the disk, and before the entry counts, and told how the entry is stored.
     */
    put(entry: Entry, record?: Record): Effect.Effect<void, StoreError>
    /**
     * Keeps other processes from writing to the archive until the scope ends: `busy` where one is. A lock that was left by a
     * process of this machine that is not there any more is taken over, and what it was writing is removed.
     */
    readonly exclusive: Effect.Effect<void, StoreError, Scope.Scope>
    /** All entries, those of the oldest day first. */
    readonly list: Stream.Stream<Entry, StoreError>
    /** How many entries there are. None is read. */
    readonly size: Effect.Effect<number, StoreError>
    /** Those of recordings that were added in a span. Nothing is read of other days. */
    added(span: Span): Stream.Stream<Entry, StoreError>
    /**
     * The keys of the archive's folder, for all in it that is personal: the first one encrypts what is written, all of them read. None
     * where it is kept in clear.
     */
    readonly keys: ReadonlyArray<Key>
  }
>()("@vobiz-effect/archive/ArchiveIndex") {
  /** As JSON files `index/<year>/<month>/<day>/<name>.json` of a folder, by the day in UTC; encrypted where there is a key. */
  static readonly layerFolder = (options: {
    readonly directory: string
    readonly key?: Keyring | null | undefined
  }): Layer.Layer<ArchiveIndex, never, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(
      ArchiveIndex,
      Effect.suspend(() => makeFolder(options.directory, Form.keysOf(options.key)))
    )
}

/**
 * A span of time, without `until` itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface Span {
  readonly from: DateTime.Utc
  readonly until: DateTime.Utc
}

/**
 * Whether a recording was added in a span.
 *
 * @category getters
 * @since 0.1.0
 */
export const isWithin =
  ({ from, until }: Span) =>
  ({ addTime }: Identity): boolean =>
    DateTime.isGreaterThanOrEqualTo(addTime, from) && DateTime.isLessThan(addTime, until)

/**
 * Where a recording's entry is in the archive's folder; `addTime` is printed in ISO 8601 and UTC.
 *
 * @category getters
 * @since 0.1.0
 */
export const pathOf = (recording: { readonly addTime: string; readonly recordingId: string }): string =>
  Event.indexPath(recording)

const Json = Schema.fromJsonString(Entry)
const decode = Schema.decodeEffect(Json)
const encode = Schema.encodeSync(Entry)

const makeFolder = Effect.fnUntraced(function* (directory: string, keys: ReadonlyArray<Key>) {
  const disk = yield* Disk.make
  const form = Form.of(keys)
  const { path } = disk
  const root = path.join(directory, "index")
  const part = path.join(directory, "part")
  const placeOf = ({ addTime, recordingId }: Identity) => pathOf({ addTime: DateTime.formatIso(addTime), recordingId })
  const fileOf = (recording: Identity) => path.join(directory, ...placeOf(recording).split("/"))

  const read = (file: string, place: string) =>
    Effect.flatMap(disk.read(file), (bytes) =>
      bytes === null
        ? Effect.succeed(null)
        : Effect.flatMap(Sealed.content(form, file, place, bytes), (content) =>
            Effect.mapError(
              decode(Buffer.from(content.buffer, content.byteOffset, content.length).toString("utf8")),
              () => new StoreError({ kind: "damaged", place: file, detail: "it is not an entry of the index" })
            )
          )
    )

  /** The files of the days of which some part lies between two, such as `2026/05/10`; folders that are left out are not looked into. */
  const files = (first: string, last: string) => {
    const under = (folder: string) =>
      Effect.map(disk.list(path.join(root, folder)), (names) =>
        names
          // Others, as .DS_Store, are not the index's.
          .filter((name) => /^\d+$/.test(name))
          .map((name) => (folder === "" ? name : `${folder}/${name}`))
          .filter((place) => place >= first.slice(0, place.length) && place <= last.slice(0, place.length))
      )
    return Stream.fromIterableEffect(under("")).pipe(
      Stream.mapEffect(under),
      Stream.flattenIterable,
      Stream.mapEffect(under),
      Stream.flattenIterable,
      Stream.mapEffect((day) =>
        Effect.map(disk.list(path.join(root, day)), (names) => names.map((name) => [day, name] as const))
      ),
      Stream.flattenIterable,
      Stream.filter(([, name]) => name.endsWith(".json"))
    )
  }

  const entries = (first: string, last: string) =>
    files(first, last).pipe(
      Stream.mapEffect(([day, name]) => read(path.join(root, day, name), `index/${day}/${name}`), { concurrency: 8 }),
      Stream.filter((entry) => entry !== null)
    )

  const dayOf = (instant: DateTime.Utc) => DateTime.formatIsoDateUtc(instant).replaceAll("-", "/")

  return ArchiveIndex.of({
    has: (recording) => disk.exists(fileOf(recording)),
    get: (recording) => read(fileOf(recording), placeOf(recording)),
    exclusive: Effect.andThen(disk.lock(directory), disk.sweep(part)),
    put: (entry, record) => Pending.put(disk, form, directory, placeOf(entry), encode(entry) as Event.Fields, record),
    list: entries("0", "~"),
    size: Stream.runCount(files("0", "~")),
    added: (span) => Stream.filter(entries(dayOf(span.from), dayOf(span.until)), isWithin(span)),
    keys
  })
})
