/**
 * What happened to a recording in the archive.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const identity = {
  recordingId: Schema.String,
  callUuid: Schema.String,
  addTime: Schema.DateTimeUtcFromString
}

/** 32 random bytes in hexadecimal digits: the manifest has `from` and `to` only as a hash with it. */
const salt = Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)))

const numbers = {
  from: Schema.optionalKey(Schema.NullOr(Schema.String)),
  to: Schema.optionalKey(Schema.NullOr(Schema.String)),
  salt
}

/**
 * Audio of a recording: its address, its length in bytes, and when it was fetched.
 *
 * @category models
 * @since 0.1.0
 */
export const Version = Schema.Struct({
  sha256: Schema.String,
  bytes: Schema.Int,
  fetchedAt: Schema.DateTimeUtcFromString
})

/**
 * @category models
 * @since 0.1.0
 */
export type Version = typeof Version.Type

/**
 * A recording is in the archive: its audio is held as it was served. `Whole` says whether that is all of it.
 *
 * - `sha256`, `bytes`: of the audio as it was served; the address in the `AudioStore`.
 * - `trunkId`: `null` where it was not known. `from`, `to`: E.164 where it could be had, or as the provider wrote it.
 * - `format`: as the provider lists it, such as `mp3`. `container`: by the first bytes; `null` for one that is not known.
 *   `contentType`: as the server said.
 * - `duration`: in milliseconds, as the provider lists it. `host`: that the audio was asked of.
 * - `earlier`: other audio that was served for the recording, held too, as cut audio that was fetched again.
 * - `salt`: 32 random bytes in hexadecimal digits; the manifest has `from` and `to` only as a hash with it. Entries that were
 *   written before version 2 of the manifest have none until it is migrated.
 *
 * @category models
 * @since 0.1.0
 */
export const Stored = Schema.TaggedStruct("Stored", {
  ...identity,
  recordingType: Schema.String,
  trunkId: Schema.NullOr(Schema.String),
  from: Schema.NullOr(Schema.String),
  to: Schema.NullOr(Schema.String),
  format: Schema.NullOr(Schema.String),
  duration: Schema.NullOr(Schema.Finite),
  sha256: Schema.String,
  bytes: Schema.Int,
  container: Schema.NullOr(Schema.String),
  contentType: Schema.NullOr(Schema.String),
  host: Schema.String,
  fetchedAt: Schema.DateTimeUtcFromString,
  earlier: Schema.optionalKey(Schema.Array(Version)),
  salt
})

/**
 * What was served was not taken as the audio:
 *
 * - `error-page`: it is a page of HTML, JSON or text. `empty`: it has no bytes.
 * - `too-long`: it is longer than the server announced. `wrong-part`: it is a part, where the whole was asked for.
 * - `too-large`: it has more bytes than `maxBytes` allows; it may well be audio.
 *
 * `file` is what came of it, in the quarantine; `null` where nothing was kept. `from`, `to` and `salt` are as in `Stored`.
 *
 * @category models
 * @since 0.1.0
 */
export const Quarantined = Schema.TaggedStruct("Quarantined", {
  ...identity,
  reason: Schema.Literals(["error-page", "empty", "too-long", "too-large", "wrong-part"]),
  detail: Schema.String,
  ...numbers,
  file: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtcFromString
})

/**
 * The provider does not have the audio any more. `file` is what had come of it before, in the quarantine; `null` where
 * nothing had. `from`, `to` and `salt` are as in `Stored`.
 *
 * @category models
 * @since 0.1.0
 */
export const Gone = Schema.TaggedStruct("Gone", {
  ...identity,
  ...numbers,
  file: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtcFromString
})

/**
 * A recording was deleted from the archive by `rule`. `audioRemoved` is false where another recording still has the same
 * audio. `earlier`: the same of other audio that was held of it.
 *
 * @category models
 * @since 0.1.0
 */
export const Tombstone = Schema.TaggedStruct("Tombstone", {
  ...identity,
  sha256: Schema.String,
  bytes: Schema.Int,
  audioRemoved: Schema.Boolean,
  earlier: Schema.optionalKey(
    Schema.Array(Schema.Struct({ sha256: Schema.String, bytes: Schema.Int, audioRemoved: Schema.Boolean }))
  ),
  rule: Schema.String,
  at: Schema.DateTimeUtcFromString
})

/**
 * A recording was deleted at the provider, after its audio here had been read again and found whole.
 *
 * @category models
 * @since 0.1.0
 */
export const Released = Schema.TaggedStruct("Released", {
  ...identity,
  sha256: Schema.String,
  bytes: Schema.Int,
  at: Schema.DateTimeUtcFromString
})

/**
 * Why a person is erased: who asked, and who did it. No text may hold the person's number.
 *
 * - `reason`: such as a data-protection request. `reference`: where the request is filed. `by`: who carried it out.
 *
 * @category models
 * @since 0.1.0
 */
export const Erasure = Schema.Struct({
  reason: Schema.NonEmptyString,
  reference: Schema.NullOr(Schema.String),
  by: Schema.NullOr(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Erasure = typeof Erasure.Type

/**
 * A recording of a person who was erased: a tombstone without number, call or salt.
 *
 * - `audio`: all that was held of it. `removed` is false where another recording, which stays, has the same audio.
 * - `files`: what was removed from the quarantine.
 *
 * @category models
 * @since 0.1.0
 */
export const Erased = Schema.TaggedStruct("Erased", {
  recordingId: identity.recordingId,
  addTime: identity.addTime,
  audio: Schema.Array(Schema.Struct({ sha256: Schema.String, bytes: Schema.Int, removed: Schema.Boolean })),
  files: Schema.Array(Schema.String),
  ...Erasure.fields,
  at: Schema.DateTimeUtcFromString
})

/**
 * @category models
 * @since 0.1.0
 */
export type Erased = typeof Erased.Type

/**
 * @category models
 * @since 0.1.0
 */
export const ArchiveEvent = Schema.Union([Stored, Quarantined, Gone, Tombstone, Released, Erased])

/**
 * @category models
 * @since 0.1.0
 */
export type ArchiveEvent = typeof ArchiveEvent.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Stored = typeof Stored.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Quarantined = typeof Quarantined.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Gone = typeof Gone.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Tombstone = typeof Tombstone.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Released = typeof Released.Type

/**
 * All audio that is held of a recording: the current one last.
 *
 * @category getters
 * @since 0.1.0
 */
export const versionsOf = ({ bytes, earlier = [], fetchedAt, sha256 }: Stored): ReadonlyArray<Version> => [
  ...earlier,
  { sha256, bytes, fetchedAt }
]
