/**
 * The files that all runners share, in a folder or a bucket (`LakeS3`).
 *
 * A file whose name is its SHA-256 is whole or absent, and never changes. Two runners may therefore do one unit, even at once.
 * docs/scale.md, "The lake", describes the layout.
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
 * Reads and writes the files of the lake.
 *
 * All paths are relative to its root, which may be mounted elsewhere on each machine.
 *
 * @category services
 * @since 0.1.0
 */
export class Lake extends Context.Service<
  Lake,
  {
    /** Makes a file available on this machine, and returns its local path. It stays until the scope closes. */
    local(path: string): Effect.Effect<string, LakeError, Scope.Scope>
    /**
     * Makes all files below a directory available, like `local`, in the order of their names.
     *
     * A missing directory has no files.
     */
    below(directory: string): Effect.Effect<ReadonlyArray<string>, LakeError, Scope.Scope>
    /**
     * Stores the file that `fill` writes as `<directory>/<its SHA-256>.<ending>`.
     *
     * `fill` gets the local path of an empty file. If it fails, nothing is stored.
     */
    file<E, R>(
      directory: string,
      ending: string,
      fill: (temporary: string) => Effect.Effect<unknown, E, R>
    ): Effect.Effect<Written, E | LakeError, R>
    /** Reads a small text file. Returns `undefined` if it does not exist. */
    read(path: string): Effect.Effect<string | undefined, LakeError>
    /**
     * Stores a text in a small file, and returns the stored text.
     *
     * In a bucket with `If-None-Match`, an existing file stays, and its text is returned. Elsewhere, the new text replaces it.
     */
    keep(path: string, text: string): Effect.Effect<string, LakeError>
    /** Stores a text in a small file, in place of any earlier text. */
    replace(path: string, text: string): Effect.Effect<void, LakeError>
    /** Removes a directory and everything below it, and returns how many files it removed. */
    remove(directory: string): Effect.Effect<number, LakeError>
    /** Opens the audio store in a directory. */
    audio(directory: string): Effect.Effect<AudioStore.AudioStore["Service"], StoreError.StoreError, Scope.Scope>
    /** Creates a temporary folder on this machine, removed when the scope closes. */
    readonly scratch: Effect.Effect<string, LakeError, Scope.Scope>
  }
>()("@vobiz-effect/cluster/Lake") {
  /**
   * A lake in a folder of a file system that all runners share, created if it is missing.
   *
   * `audioKey` encrypts the audio, and nothing else.
   */
  static readonly layer = (
    root: string,
    options: AudioOptions = {}
  ): Layer.Layer<Lake, LakeError, FileSystem.FileSystem | Path.Path> => Layer.effect(Lake, make(root, options))
}

/**
 * How the lake stores audio.
 *
 * @category models
 * @since 0.1.0
 */
export interface AudioOptions {
  /**
   * The keys that encrypt audio before it touches a disk. Without keys, audio is not encrypted.
   *
   * @default null
   */
  readonly audioKey?: Encryption.Keyring | null | undefined
}

/**
 * A file that was stored in the lake.
 *
 * @category models
 * @since 0.1.0
 */
export const Written = Schema.Struct({
  /** Relative to the root of the lake. */
  path: Schema.String,
  /** In hexadecimal. */
  sha256: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type Written = typeof Written.Type

/**
 * Returns the receipt at `path`, or does the `work` and stores its outcome as the receipt.
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
          advice: "Check that the shared folder is mounted, has space and is writable by this user; then retry the run"
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
