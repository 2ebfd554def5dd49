/**
 * Where archived audio is kept: each file once, under the SHA-256 of its bytes.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { Keyring } from "./Encryption.ts"
import type { Delivery, Intake } from "./internal/audioModel.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as IntakeFile from "./internal/intake.ts"
import { audioPath, isAddress } from "./internal/address.ts"
import * as Sealed from "./internal/sealed.ts"
import { StoreError } from "./StoreError.ts"

export type { Delivery, Intake, Note, Record, Sealed, SetAside, Source } from "./internal/audioModel.ts"

/**
 * A file of audio in the store.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredAudio {
  /** The audio's address: the SHA-256 of its bytes, as 64 hexadecimal digits. */
  readonly sha256: string
  /** The length of the stored file, in bytes: for encrypted audio, a little more than the audio's. */
  readonly stored: number
}

/**
 * Keeps audio by content address: the SHA-256 of the audio in 64 hexadecimal digits.
 *
 * @category services
 * @since 0.1.0
 */
export class AudioStore extends Context.Service<
  AudioStore,
  {
    /** Audio to be put in, resumed if there is a part of that name. One name is taken in by one at a time. */
    intake(name: string): Effect.Effect<Intake, StoreError, Scope.Scope>
    has(sha256: string): Effect.Effect<boolean, StoreError>
    /** The audio's bytes. Fails as `key` where they are encrypted, and the key is not at hand. */
    open(sha256: string): Stream.Stream<Uint8Array, StoreError>
    /** The bytes of the audio's file, as they are stored. */
    stored(sha256: string): Stream.Stream<Uint8Array, StoreError>
    /** All that is held, by address. */
    readonly list: Stream.Stream<StoredAudio, StoreError>
    /** Takes audio away, if it is there. */
    remove(sha256: string): Effect.Effect<void, StoreError>
  }
>()("@vobiz-effect/archive/AudioStore") {
  /**
   * In a folder: `audio/<first two digits>/<sha256>`, for the owner alone. A file gets its name when it is whole and on
   * the disk.
   */
  static readonly layerFolder = (
    options: FolderOptions
  ): Layer.Layer<AudioStore, StoreError, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(
      AudioStore,
      Effect.suspend(() => makeFolder(options))
    )
}

/**
 * - `directory`: the folder of the archive; it is made if need be.
 * - `key`: encrypts what is kept, parts included. Of several, the first one encrypts, and all of them read.
 * - `syncEvery`: how many bytes of a part may be lost by a crash; by default 8 MiB.
 *
 * @category models
 * @since 0.1.0
 */
export interface FolderOptions {
  readonly directory: string
  readonly key?: Keyring | null | undefined
  readonly syncEvery?: number | undefined
}

/**
 * Where audio is in an archive's folder, or below the prefix in a bucket: `audio/<first two digits>/<sha256>`, with `/`
 * everywhere. A page beside the archive can link to it.
 *
 * @category getters
 * @since 0.1.0
 */
export const pathOf = (sha256: string): string => audioPath(sha256)

/**
 * Puts a whole stream into the store. `name` is the intake's.
 *
 * @category combinators
 * @since 0.1.0
 */
export const put = <E, R>(
  name: string,
  bytes: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<Delivery, E | StoreError, R | AudioStore> =>
  Effect.gen(function* () {
    const intake = yield* (yield* AudioStore).intake(name)
    yield* intake.begin({ validator: null, total: null })
    yield* Stream.runForEach(bytes, intake.append)
    return yield* intake.finish
  }).pipe(Effect.scoped)

/**
 * Reads audio again from its first byte to its last, and tells its length if it is what its address says. Fails as
 * `missing` or `damaged` where it is not.
 *
 * @category combinators
 * @since 0.1.0
 */
export const verify = Effect.fn("AudioStore.verify")(function* (sha256: string) {
  const store = yield* AudioStore
  const found = yield* Digest.ofStream(store.open(sha256))
  return found.sha256 === sha256
    ? found.bytes
    : yield* new StoreError({ kind: "damaged", place: sha256, detail: `its SHA-256 is now ${found.sha256}` })
})

const defaultSyncEvery = 8 * 1024 * 1024

const makeFolder = Effect.fnUntraced(function* ({ directory, key, syncEvery = defaultSyncEvery }: FolderOptions) {
  const disk = yield* Disk.make
  const { fs, path } = disk
  const form = Form.of(key)
  const root = path.join(directory, "audio")

  const fileOf = (sha256: string): Effect.Effect<string, StoreError> =>
    isAddress(sha256)
      ? Effect.succeed(path.join(directory, ...pathOf(sha256).split("/")))
      : new StoreError({ kind: "missing", place: root, detail: "that is no SHA-256 in 64 hexadecimal digits" })

  // A pipe or a link is no audio, though it is there.
  const has = (sha256: string) => Effect.map(Effect.flatMap(fileOf(sha256), disk.kindOf), (kind) => kind === "file")

  /** A link leads elsewhere, and a pipe never ends. */
  const read = (file: string) =>
    Stream.unwrap(
      Effect.map(disk.kindOf(file), (kind) =>
        kind === "file" || kind === "none"
          ? Stream.mapError(fs.stream(file), Disk.failedAt(file))
          : Stream.fail(new StoreError({ kind: "damaged", place: file, detail: "it is no plain file" }))
      )
    )

  const deliver = Effect.fnUntraced(function* (part: string, whole: IntakeFile.Whole) {
    const file = yield* fileOf(whole.sha256)
    if (yield* disk.exists(file)) {
      // What was kept long ago may have been damaged since: now there is a copy that is whole.
      const held = yield* Effect.orElseSucceed(Sealed.held(form, whole.sha256, read(file)), () => null)
      if (held !== null) {
        yield* disk.discard(part)
        return { ...whole, ...held, isNew: false }
      }
    }
    yield* disk.settle(part, file)
    return { ...whole, isNew: true }
  })

  return AudioStore.of({
    intake: (name) => IntakeFile.open({ disk, directory, form, syncEvery, deliver }, name),
    has,
    open: (sha256) =>
      Stream.unwrap(Effect.map(fileOf(sha256), (file) => Sealed.decoded(read(file), form, file, pathOf(sha256)))),
    stored: (sha256) => Stream.unwrap(Effect.map(fileOf(sha256), read)),
    list: Stream.fromIterableEffect(disk.list(root)).pipe(
      // Others, as .DS_Store, are not the store's.
      Stream.filter((shard) => /^[0-9a-f]{2}$/.test(shard)),
      Stream.mapEffect((shard) =>
        Effect.map(disk.list(path.join(root, shard)), (names) =>
          names.filter((name) => isAddress(name) && name.startsWith(shard))
        )
      ),
      Stream.flattenIterable,
      Stream.mapEffect((sha256) =>
        Effect.flatMap(fileOf(sha256), (file) =>
          Effect.flatMap(disk.kindOf(file), (kind) =>
            kind === "file"
              ? Effect.map(Effect.mapError(fs.stat(file), Disk.failedAt(file)), ({ size }) => Number(size))
              : Effect.succeed(0)
          )
        ).pipe(Effect.map((stored) => ({ sha256, stored })))
      )
    ),
    remove: (sha256) => Effect.flatMap(fileOf(sha256), disk.remove)
  })
})
