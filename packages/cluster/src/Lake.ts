/**
 * What all runners read and write: immutable Parquet files, and a receipt of each unit of work. It is a folder that they share, or a
 * bucket (`LakeS3`).
 *
 * A file is there whole or not at all, under a name that tells its contents, and is never written again. So a unit of work that
 * is done twice, even at the same time, does no harm. How the lake is laid out is told in docs/scale.md, "The lake".
 *
 * @since 0.1.0
 */
import { AudioStore, type Encryption, type StoreError } from "@vobiz-effect/archive"
import { Digest, DurableFiles } from "@vobiz-effect/files"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

import * as Folder from "./internal/folder.ts"
import { LakeError } from "./LakeError.ts"

/**
 * The lake. All paths are relative to it, as its place may differ from machine to machine.
 *
 * @category services
 * @since 0.1.0
 */
export class Lake extends Context.Service<
  Lake,
  {
    /** A file of the lake as one of this machine, to be read until the scope ends. */
    local(path: string): Effect.Effect<string, LakeError, Scope.Scope>
    /** All files below a directory, likewise, in the order of their names. Without such a directory there are none. */
    below(directory: string): Effect.Effect<ReadonlyArray<string>, LakeError, Scope.Scope>
    /**
     * Lets `fill` write a new file, gives it the name of its SHA-256 in `directory`, and tells its path. The ending says the
     * format.
     */
    file<E, R>(
      directory: string,
      ending: string,
      fill: (temporary: string) => Effect.Effect<unknown, E, R>
    ): Effect.Effect<Written, E | LakeError, R>
    /** The text of a small file, if it is there. */
    read(path: string): Effect.Effect<string | undefined, LakeError>
    /** Keeps a text in a small file, and tells what is kept: it may be what another runner wrote at the same time. */
    keep(path: string, text: string): Effect.Effect<string, LakeError>
    /** Writes a text in place of the one that is kept. */
    replace(path: string, text: string): Effect.Effect<void, LakeError>
    /** Removes a directory and all below it, and tells how many files these were. */
    remove(directory: string): Effect.Effect<number, LakeError>
    /** The store of audio in a directory. */
    audio(directory: string): Effect.Effect<AudioStore.AudioStore["Service"], StoreError.StoreError, Scope.Scope>
    /** A folder of this machine alone, until the scope ends. */
    readonly scratch: Effect.Effect<string, LakeError, Scope.Scope>
  }
>()("@vobiz-effect/cluster/Lake") {
  /**
   * A folder of a file system that all runners share; it is made if it is not there. With a key, audio is encrypted by it; what
   * else is there is not.
   */
  static readonly layer = (
    root: string,
    options: AudioOptions = {}
  ): Layer.Layer<Lake, LakeError, FileSystem.FileSystem | Path.Path> => Layer.effect(Lake, make(root, options))
}

/**
 * How audio is kept. `audioKey` encrypts it before it touches a disk.
 *
 * @category models
 * @since 0.1.0
 */
export interface AudioOptions {
  readonly audioKey?: Encryption.Keyring | null | undefined
}

/**
 * A file of the lake.
 *
 * @category models
 * @since 0.1.0
 */
export const Written = Schema.Struct({ path: Schema.String, sha256: Schema.String })

/**
 * @category models
 * @since 0.1.0
 */
export type Written = typeof Written.Type

/**
 * The receipt at `path`: what it was when the work was done, or the outcome of `work`, kept.
 *
 * @category receipts
 * @since 0.1.0
 */
export const once = Effect.fn("Lake.once")(function* <A, I, E, R>(
  path: string,
  schema: Schema.Codec<A, I>,
  work: Effect.Effect<A, E, R>
): Effect.fn.Return<A, E | LakeError, R | Lake> {
  const lake = yield* Lake
  const codec = Schema.fromJsonString(Schema.toCodecJson(schema))
  const write = Effect.gen(function* () {
    const text = yield* Effect.orDie(Schema.encodeEffect(codec)(yield* work))
    return yield* lake.keep(path, `${text}\n`)
  })
  const text = (yield* lake.read(path)) ?? (yield* write)
  return yield* Effect.mapError(
    Schema.decodeEffect(codec)(text),
    () =>
      new LakeError({
        path,
        detail: "is damaged, or was written by another version",
        advice: "Remove it, and retry the run"
      })
  )
})

const make = Effect.fnUntraced(function* (root: string, { audioKey }: AudioOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const withFiles = Effect.provideService(FileSystem.FileSystem, fs)
  const absolute = (relative: string) => path.join(root, relative)
  const because = (where: string) =>
    DurableFiles.mapError(
      ({ reason }) =>
        new LakeError({
          path: where,
          detail: reason._tag === "NotFound" ? "is not there" : `cannot be read or written: ${reason._tag}`,
          advice: "See that the shared folder is mounted, has room, and that this user may write it; then retry the run"
        })
    )
  const durable = yield* DurableFiles.make

  const file = Effect.fn("Lake.file")(function* <E, R>(
    directory: string,
    ending: string,
    fill: (temporary: string) => Effect.Effect<unknown, E, R>
  ): Effect.fn.Return<Written, Exclude<E, PlatformError> | LakeError, R> {
    return yield* durable
      .fill(
        absolute(directory),
        Effect.fnUntraced(function* (temporary: string) {
          yield* fill(temporary)
          const { sha256 } = yield* withFiles(Digest.ofFile(temporary))
          return { path: `${directory}/${sha256}.${ending}`, sha256 }
        }),
        ({ path }) => absolute(path)
      )
      .pipe(because(directory))
  })

  const keep = Effect.fn("Lake.keep")(function* (place: string, text: string) {
    yield* because(place)(durable.write(absolute(place), text))
    return text
  })

  const below = Effect.fn("Lake.below")(function* (place: string) {
    const or = because(place)
    if (!(yield* or(fs.exists(absolute(place))))) return []
    const files = yield* or(withFiles(Folder.files(absolute(place))))
    return files.map((name) => path.join(absolute(place), name))
  })

  yield* because(root)(durable.folder(root))
  return Lake.of({
    local: (place) => because(place)(Effect.as(fs.access(absolute(place)), absolute(place))),
    below,
    file,
    read: (place) =>
      fs.readFileString(absolute(place)).pipe(
        Effect.catchIf(
          ({ reason }) => reason._tag === "NotFound",
          () => Effect.undefined
        ),
        because(place)
      ),
    keep,
    replace: (place, text) => Effect.asVoid(keep(place, text)),
    remove: Effect.fn("Lake.remove")(function* (place) {
      const { length } = yield* below(place)
      yield* because(place)(fs.remove(absolute(place), { recursive: true, force: true }))
      return length
    }),
    audio: (place) =>
      Layer.build(AudioStore.AudioStore.layerFolder({ directory: absolute(place), key: audioKey })).pipe(
        Effect.map(Context.get(AudioStore.AudioStore)),
        Effect.provideService(FileSystem.FileSystem, fs),
        Effect.provideService(Path.Path, path)
      ),
    scratch: because("the system's temporary folder")(fs.makeTempDirectoryScoped({ prefix: "recon-lake-" }))
  })
})
