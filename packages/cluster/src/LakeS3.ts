/**
 * The lake in a bucket of an S3-compatible store.
 *
 * @since 0.1.0
 */
import { AudioStore, AudioStoreS3, Bucket, StoreError } from "@vobiz-effect/archive"
import { Digest } from "@vobiz-effect/files"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import { type AudioOptions, Lake, type Written } from "./Lake.ts"
import { LakeError } from "./LakeError.ts"

/**
 * The bucket, and where in it and on this machine the files are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Bucket.Options, AudioOptions {
  /**
   * The key of a file is `<prefix><path>`.
   *
   * @default ""
   */
  readonly prefix?: string | undefined
  /**
   * A local folder for the files that units of work read and write.
   *
   * By default the system's temporary folder. It needs space for the rows of one account, times the units that run at once.
   */
  readonly scratch?: string | undefined
}

/**
 * A lake in a bucket.
 *
 * A unit of work copies its input to the scratch folder, and uploads its output when that is whole. A receipt never replaces
 * another if the store supports `If-None-Match`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Lake, LakeError, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Lake,
    Effect.suspend(() => make(options))
  )

/** How many objects each unit of work transfers at once. */
const abreast = 4

/** Turns an error of the store into a `LakeError` with advice. */
const onStore = Effect.mapError(
  ({ detail, kind, place }: StoreError.StoreError) =>
    new LakeError({
      path: place,
      detail: kind === "missing" ? "is not there" : `cannot be read or written: ${detail}`,
      advice: "Check that the bucket exists, and that these credentials may read and write it; then retry the run"
    })
)

/** The local folder for files in use. */
const scratchOf = (fs: FileSystem.FileSystem, scratch: string | undefined) => {
  /** Turns an error of the disk into a `LakeError` with advice. */
  const onDisk = Effect.mapError(
    ({ reason }: PlatformError.PlatformError) =>
      new LakeError({
        path: scratch ?? "the scratch folder",
        detail: `cannot be read or written: ${reason._tag}`,
        advice: "Check that it exists, has space and is writable by this user; then retry the run"
      })
  )
  const temporary = onDisk(
    fs.makeTempDirectoryScoped({
      ...(scratch === undefined ? {} : { directory: scratch }),
      prefix: "recon-lake-"
    })
  )
  return { onDisk, temporary }
}

type Scratch = ReturnType<typeof scratchOf>

/** Copies files between the bucket and the scratch folder. */
const transfers = (
  bucket: Bucket.Bucket,
  fs: FileSystem.FileSystem,
  path: Path.Path,
  { onDisk }: Pick<Scratch, "onDisk">
) => ({
  download: (key: string, to: string) =>
    Effect.gen(function* () {
      yield* onDisk(fs.makeDirectory(path.dirname(to), { recursive: true, mode: 0o700 }))
      const bytes = Stream.catch(bucket.open(key), (error) => Stream.fromEffect(onStore(Effect.fail(error))))
      yield* Stream.run(bytes, fs.sink(to, { mode: 0o600 })).pipe(
        Effect.catchTag("PlatformError", (error) => onDisk(Effect.fail(error)))
      )
      return to
    }),
  /** Uploads a file whose key contains its SHA-256: an object with the same key has the same contents. */
  upload: (key: string, file: string) =>
    onStore(Effect.flatMap(bucket.has(key), (isThere) => (isThere ? Effect.void : bucket.upload(key, file)))),
  /** Reads a text. Returns `undefined` if there is no object. */
  read: (key: string) =>
    bucket.open(key).pipe(
      Stream.decodeText,
      Stream.mkString,
      Effect.catchIf(
        ({ kind }) => kind === "missing",
        () => Effect.undefined
      ),
      onStore
    )
})

const make = Effect.fnUntraced(function* (options: Options) {
  const { prefix = "" } = options
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const bucket = yield* Effect.mapError(
    Bucket.make(options),
    ({ detail, place }) => new LakeError({ path: place, detail, advice: "Run again after that" })
  )
  const withFiles = Effect.provideService(FileSystem.FileSystem, fs)
  const keyOf = (place: string) => `${prefix}${place}`

  const { onDisk, temporary } = scratchOf(fs, options.scratch)
  const { download, read, upload } = transfers(bucket, fs, path, { onDisk })

  // Report an unreachable bucket before any work begins.
  yield* onStore(Stream.runDrain(Stream.take(bucket.list(keyOf("account=")), 1)))
  return Lake.of({
    local: Effect.fn("LakeS3.local")(function* (place) {
      return yield* download(keyOf(place), `${yield* temporary}/${path.basename(place)}`)
    }),
    below: Effect.fn("LakeS3.below")(function* (place) {
      const root = keyOf(`${place}/`)
      const folder = yield* temporary
      const objects = yield* onStore(Stream.runCollect(bucket.list(root)))
      return yield* Effect.forEach(objects, ({ key }) => download(key, `${folder}/${key.slice(root.length)}`), {
        concurrency: abreast
      })
    }),
    file: Effect.fn("LakeS3.file")(function* <E, R>(
      directory: string,
      ending: string,
      fill: (temporary: string) => Effect.Effect<unknown, E, R>
    ): Effect.fn.Return<Written, E | LakeError, R> {
      return yield* Effect.scopedWith((scope) =>
        Effect.gen(function* () {
          const file = `${yield* Scope.provide(temporary, scope)}/file`
          yield* onDisk(fs.writeFile(file, new Uint8Array(), { flag: "wx", mode: 0o600 }))
          yield* fill(file)
          const { sha256 } = yield* onDisk(withFiles(Digest.ofFile(file)))
          const written = { path: `${directory}/${sha256}.${ending}`, sha256 }
          yield* upload(keyOf(written.path), file)
          return written
        })
      )
    }),
    read: (place) => read(keyOf(place)),
    keep: Effect.fn("LakeS3.keep")(function* (place, text) {
      if (yield* onStore(bucket.putNew(keyOf(place), text))) return text
      return (yield* read(keyOf(place))) ?? text
    }),
    replace: Effect.fn("LakeS3.replace")(function* (place, text) {
      const file = `${yield* temporary}/file`
      yield* onDisk(fs.writeFileString(file, text, { flag: "wx", mode: 0o600 }))
      yield* onStore(bucket.upload(keyOf(place), file))
    }, Effect.scoped),
    remove: (place) =>
      onStore(
        Stream.runCount(
          Stream.mapEffect(bucket.list(keyOf(`${place}/`)), ({ key }) => bucket.remove(key), { concurrency: abreast })
        )
      ),
    audio: Effect.fn("LakeS3.audio")(function* (place) {
      const directory = yield* Effect.mapError(
        temporary,
        ({ detail, path }) => new StoreError.StoreError({ kind: "other", place: path, detail })
      )
      const { audioKey: key, bucket, client } = options
      return yield* Layer.build(
        AudioStoreS3.layer({ client, bucket, prefix: keyOf(`${place}/`), directory, key })
      ).pipe(
        Effect.map(Context.get(AudioStore.AudioStore)),
        Effect.provideService(FileSystem.FileSystem, fs),
        Effect.provideService(Path.Path, path)
      )
    }),
    scratch: temporary
  })
})
