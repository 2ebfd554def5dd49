/**
 * What audio really is: its container by its bytes, its length and loudness by decoding it, and whether that agrees with what
 * the provider says.
 *
 * | Code                 | Severity | The audio …                                                                                 |
 * | -------------------- | -------- | ------------------------------------------------------------------------------------------- |
 * | `audio-unreadable`   | critical | is nothing that can be read: no audio, or damaged from its beginning                          |
 * | `audio-truncated`    | critical | ends before its header says, or within a frame                                              |
 * | `audio-silent`       | critical | is silent on all channels for all but `1 - silent` of its length                             |
 * | `audio-one-way`      | critical | has two channels, of which one is silent so long, and the other is not                        |
 * | `audio-wrong-format` | warning  | is of another format than the provider says, as WAV under `.mp3`                              |
 * | `audio-duration`     | warning  | is longer or shorter than the provider says, by more than both tolerances                      |
 * | `audio-not-checked`  | warning  | is of a codec that cannot be decoded here: nobody has looked whether it is whole, or silent   |
 *
 * Of a codec that is not decoded, loudness is not known, nor is length where the header does not tell it.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { Stored } from "./ArchiveEvent.ts"
import { ArchiveIndex, type Span } from "./ArchiveIndex.ts"
import { AudioStore } from "./AudioStore.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as Inspector from "./internal/inspector.ts"
import * as Sealed from "./internal/sealed.ts"
import { StoreError } from "./StoreError.ts"

/**
 * How loud a channel is, without a steady offset (DC).
 *
 * - `peak` and `rms` (root mean square) are from 0 to 1, 1 being full scale.
 * - `silent`: the share of its stretches of 20 ms that are below -50 dB, from 0 to 1.
 * - `waveform`: the peaks of at most 400 parts of equal length, a byte each, 255 being full scale, in Base64.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Level = Schema.Struct({
  peak: Schema.Finite,
  rms: Schema.Finite,
  silent: Schema.Finite,
  waveform: Schema.String
})

/**
 * Audio, as it was found. What is `null` is not known.
 *
 * - `container`: by the bytes, as its files end: `wav`, `mp3`, `ogg`, `opus`, `amr`, `flac`, `aac`, `m4a`, `webm`, `au` or
 *   another. `codec`: as `pcm 16`, `mu-law`, `mp3`; known of WAV and MP3 alone, which are decoded.
 * - `duration`: what there is, in milliseconds; `claimed`: what the header says that there should be.
 * - `truncated`: whether something is missing at its end; not known where the header does not say how much there should be.
 * - `levels`: one for each channel. `unreadable`: why nothing can be said of it.
 *
 * @category models
 * @since 0.1.0
 */
export const Media = Schema.Struct({
  bytes: Schema.Int,
  container: Schema.NullOr(Schema.String),
  codec: Schema.NullOr(Schema.String),
  sampleRate: Schema.NullOr(Schema.Finite),
  channels: Schema.NullOr(Schema.Int),
  duration: Schema.NullOr(Schema.Finite),
  claimed: Schema.NullOr(Schema.Finite),
  truncated: Schema.NullOr(Schema.Boolean),
  levels: Schema.NullOr(Schema.Array(Level)),
  unreadable: Schema.NullOr(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Media = typeof Media.Type

/**
 * Reads audio from its first byte to its last, in memory that does not grow with it, and says what it is. Whatever the bytes
 * are, they make no error.
 *
 * @category reading
 * @since 0.1.0
 */
export const inspect = Effect.fn("Media.inspect")(function* <E, R>(
  audio: Stream.Stream<Uint8Array, E, R>
): Effect.fn.Return<Media, E, R | Scope.Scope> {
  const inspector = Inspector.make(yield* Effect.scope)
  yield* Stream.runForEach(audio, inspector.push)
  return yield* inspector.end
}, Effect.scoped)

// ---------------------------------------------------------------------------
// Findings
// ---------------------------------------------------------------------------

/**
 * @category schemas
 * @since 0.1.0
 */
export const Code = Schema.Literals([
  "audio-unreadable",
  "audio-truncated",
  "audio-silent",
  "audio-one-way",
  "audio-wrong-format",
  "audio-duration",
  "audio-not-checked"
])
/**
 * @category models
 * @since 0.1.0
 */
export type Code = typeof Code.Type

/**
 * How serious each is.
 *
 * @category constants
 * @since 0.1.0
 */
export const severities: Readonly<Record<Code, "critical" | "warning">> = {
  "audio-unreadable": "critical",
  "audio-truncated": "critical",
  "audio-silent": "critical",
  "audio-one-way": "critical",
  "audio-wrong-format": "warning",
  "audio-duration": "warning",
  "audio-not-checked": "warning"
}

/**
 * Something that is not as it should be: what should be, and what is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finding {
  readonly code: Code
  readonly expected: string
  readonly found: string
}

/**
 * What the provider says of a recording. `null` is not known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Claim {
  /** As `mp3` or `wav`. */
  readonly format: string | null
  /** In milliseconds. */
  readonly duration: number | null
}

/**
 * - `silent`: the share of its length from which on a channel counts as silent; by default 0.99.
 * - `tolerance`: by how much durations may differ: the greater of `absolute`, by default 2 seconds, and `relative`, a share of the
 *   provider's, by default 0.02.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  readonly silent?: number | undefined
  readonly tolerance?: { readonly absolute: Duration.Duration; readonly relative: number } | undefined
}

/**
 * Milliseconds as seconds, such as `12.5 s`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const inSeconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`

/**
 * By how much the length of audio may differ from the provider's: the greater of `absolute` and `relative`, a share of the
 * provider's.
 *
 * @category constants
 * @since 0.1.0
 */
export const tolerance = { absolute: Duration.seconds(2), relative: 0.02 }

/**
 * Whether a length differs from the provider's by more than the tolerance. Both are in milliseconds.
 *
 * @category judging
 * @since 0.1.0
 */
export const isApart = (duration: number, claim: number, { absolute, relative } = tolerance): boolean =>
  Math.abs(duration - claim) > Math.max(Duration.toMillis(absolute), relative * claim)

/**
 * What is not as it should be.
 *
 * @category judging
 * @since 0.1.0
 */
export const judge = (
  media: Media,
  claim: Claim,
  { silent = 0.99, tolerance: allowed = tolerance }: Limits = {}
): ReadonlyArray<Finding> => {
  const { claimed, codec, container, duration, levels, truncated, unreadable } = media
  if (unreadable !== null) return [{ code: "audio-unreadable", expected: "audio", found: unreadable }]
  const findings: Array<Finding> = []
  const add = (code: Code, expected: string, found: string) => findings.push({ code, expected, found })
  if (truncated === true) {
    const rest = duration === null ? "less" : inSeconds(duration)
    add(
      "audio-truncated",
      claimed === null ? "a whole last frame" : inSeconds(claimed),
      claimed === null ? "a part" : rest
    )
  }
  const isSilent = (level: typeof Level.Type) => level.silent >= silent
  const share = (level: typeof Level.Type) => `${Math.floor(level.silent * 1000) / 10}% silence`
  const [first, second] = levels ?? []
  if (levels !== null && first !== undefined && levels.every(isSilent)) {
    add("audio-silent", "sound", share(first))
  } else if (
    levels?.length === 2 &&
    first !== undefined &&
    second !== undefined &&
    isSilent(first) !== isSilent(second)
  ) {
    const [name, level] = isSilent(first) ? ["left", first] : ["right", second]
    add("audio-one-way", "sound on both channels", `${share(level)} on the ${name} one`)
  }
  if (levels === null) add("audio-not-checked", "audio that can be decoded here", codec ?? container ?? "another codec")
  const format = claim.format?.toLowerCase() ?? null
  if (format !== null && format !== "" && container !== null && format !== container) {
    add("audio-wrong-format", format, container)
  }
  if (claim.duration !== null && duration !== null) {
    if (isApart(duration, claim.duration, allowed)) {
      add("audio-duration", inSeconds(claim.duration), inSeconds(duration))
    }
  }
  return findings
}

// ---------------------------------------------------------------------------
// An archive
// ---------------------------------------------------------------------------

/**
 * Reads stored audio from its first byte to its last, and says what it is. Fails as `missing` or `damaged` where the store does
 * not have it, or has other bytes than its address says.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = Effect.fn("Media.read")(function* (
  sha256: string
): Effect.fn.Return<Media, StoreError, AudioStore | Scope.Scope> {
  const store = yield* AudioStore
  const hash = createHash("sha256")
  const media = yield* inspect(Stream.tap(store.open(sha256), (piece) => Effect.sync(() => hash.update(piece))))
  const found = hash.digest("hex")
  if (found === sha256) return media
  return yield* new StoreError({ kind: "damaged", place: sha256, detail: `its SHA-256 is now ${found}` })
}, Effect.scoped)

/**
 * What was measured of an archive's audio, kept in `media/` of its folder so that no audio is decoded twice.
 *
 * - `known`: what was measured before; `null` where nothing was.
 * - `of`: what was measured before, or is measured now. Fails as `read` does.
 * - `keep`: keeps what was measured of audio as it came.
 * - `forget`: removes what was measured, of which the waveform says something of a talk.
 *
 * @category models
 * @since 0.1.0
 */
export interface Measured {
  known(sha256: string): Effect.Effect<Media | null, StoreError>
  of(sha256: string): Effect.Effect<Media, StoreError>
  keep(sha256: string, media: Media): Effect.Effect<void, StoreError>
  forget(sha256: string): Effect.Effect<void, StoreError>
}

const Json = Schema.fromJsonString(Media)
const decode = Schema.decodeEffect(Json)
const encode = Schema.encodeSync(Json)

/**
 * The measurements of the archive in a folder.
 *
 * @category constructors
 * @since 0.1.0
 */
export const measured = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<Measured, never, ArchiveIndex | AudioStore | FileSystem.FileSystem | Path.Path> {
  const disk = yield* Disk.make
  const store = yield* AudioStore
  const form = Form.of((yield* ArchiveIndex).keys)
  const placeOf = (sha256: string) => `media/${sha256.slice(0, 2)}/${sha256}.json`
  const fileOf = (sha256: string) => disk.path.join(directory, ...placeOf(sha256).split("/"))
  const known = Effect.fnUntraced(function* (sha256: string) {
    const kept = yield* disk.read(fileOf(sha256))
    if (kept === null) return null
    // What cannot be read is measured again.
    return yield* Sealed.content(form, fileOf(sha256), placeOf(sha256), kept).pipe(
      Effect.flatMap((content) => decode(Buffer.from(content).toString("utf8"))),
      Effect.orElseSucceed(() => null)
    )
  })
  const keep = Effect.fnUntraced(function* (sha256: string, media: Media) {
    const content = Form.seal(form, placeOf(sha256), Buffer.from(`${encode(media)}\n`))
    yield* disk.cache(fileOf(sha256), content, disk.path.join(directory, "part")).pipe(
      // A run of the archive that began meanwhile may have swept the temporary file away: it is measured again.
      Effect.catchIf(
        ({ kind }) => kind === "missing",
        () => Effect.void
      )
    )
  })
  const of = Effect.fnUntraced(function* (sha256: string) {
    const before = yield* known(sha256)
    if (before !== null) return before
    const media = yield* Effect.provideService(read(sha256), AudioStore, store)
    yield* keep(sha256, media)
    return media
  })
  return { known, of, keep, forget: (sha256) => disk.remove(fileOf(sha256)) }
})

/**
 * A recording of the archive, its audio, and what is not as it should be. `media` is `null` where the store has the audio no
 * more, or not whole: that is for `Verify`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Checked {
  readonly entry: Stored
  readonly media: Media | null
  readonly findings: ReadonlyArray<Finding>
}

/**
 * Inspects the audio of all recordings of an archive, or of those that were added in `span`. What was found of it is kept in `media/`
 * of the archive's folder, so that no audio is decoded twice. Audio that is damaged is a finding, and ends nothing; only a store that
 * cannot be read does.
 *
 * @category programs
 * @since 0.1.0
 */
export const check = (options: {
  readonly directory: string
  readonly span?: Span | undefined
  readonly concurrency?: number | undefined
  readonly limits?: Limits | undefined
}) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const index = yield* ArchiveIndex
      const store = yield* AudioStore
      const measurements = yield* measured(options.directory)

      const mediaOf = Effect.fnUntraced(function* (sha256: string): Effect.fn.Return<Media | null, StoreError> {
        // A measurement outlives the audio that it is of.
        if (!(yield* store.has(sha256))) return null
        return yield* measurements.of(sha256).pipe(
          Effect.catchIf(
            ({ kind }) => kind === "missing" || kind === "damaged",
            () => Effect.succeed(null)
          )
        )
      })

      const { span } = options
      return (span === undefined ? index.list : index.added(span)).pipe(
        Stream.filter((entry): entry is Stored => entry._tag === "Stored"),
        Stream.mapEffect(
          Effect.fnUntraced(function* (entry): Effect.fn.Return<Checked, StoreError> {
            const media = yield* mediaOf(entry.sha256)
            const findings = media === null ? [] : judge(media, entry, options.limits)
            return { entry, media, findings }
          }),
          { concurrency: options.concurrency ?? 1 }
        )
      )
    })
  ).pipe(Stream.withSpan("Media.check"))
