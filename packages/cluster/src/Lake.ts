/**
 * The shared folder that all runners read and write: immutable Parquet files, and a receipt of each unit of work.
 *
 * A file is written beside its place, forced to the disk, and given its name by one rename: it is there whole or not at all, and
 * is never written again. So a unit of work that is done twice, even at the same time, does no harm. How the folder is laid
 * out is told in docs/scale.md, "The lake".
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"

import * as Digest from "./internal/digest.ts"
import { LakeError } from "./LakeError.ts"

/**
 * The shared folder. All paths are relative to it, as its place may differ from machine to machine.
 *
 * @category services
 * @since 0.1.0
 */
export class Lake extends Context.Service<
  Lake,
  {
    /** Where a path of the lake is on this machine. */
    absolute(path: string): string
    /**
     * Lets `fill` write a new file, gives it the name of its SHA-256 in `directory`, and tells its path. The ending says the
     * format.
     */
    file<E, R>(
      directory: string,
      ending: string,
      fill: (temporary: string) => Effect.Effect<unknown, E, R>
    ): Effect.Effect<Written, E | LakeError, R>
    /** Lets `fill` write the files of a new directory, and gives it its name. One that is there already is left as it is. */
    directory<E, R>(
      path: string,
      fill: (temporary: string) => Effect.Effect<unknown, E, R>
    ): Effect.Effect<void, E | LakeError, R>
    /**
     * The receipt of a unit of work, known by the digest of all that it depends on: what it was when the work was done, or the
     * outcome of `work`, kept.
     */
    once<A, I, E, R>(
      key: string,
      schema: Schema.Codec<A, I>,
      work: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | LakeError, R>
  }
>()("@vobiz-effect/cluster/Lake") {
  /** A folder of a file system that all runners share; it is made if it is not there. */
  static readonly layer = (root: string): Layer.Layer<Lake, LakeError, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(Lake, make(root))
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

const make = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const absolute = (relative: string) => path.join(root, relative)
  const because = (where: string) =>
    Effect.mapError(
      (error: PlatformError.PlatformError) =>
        new LakeError({
          path: where,
          detail: `cannot be read or written: ${error.reason._tag}`,
          advice: "See that the shared folder is mounted, has room, and that this user may write it; then submit again"
        })
    )
  const hidden = Effect.fnUntraced(function* (directory: string) {
    const mark = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
    return path.join(directory, `.${mark}.part`)
  })
  const sync = (file: string) => Effect.scoped(Effect.flatMap(fs.open(file, { flag: "r" }), (handle) => handle.sync))
  const removed =
    (temporary: string) =>
    <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.onError(work, () => Effect.ignore(fs.remove(temporary, { recursive: true, force: true })))

  const file = Effect.fn("Lake.file")(function* <E, R>(
    directory: string,
    ending: string,
    fill: (temporary: string) => Effect.Effect<unknown, E, R>
  ): Effect.fn.Return<Written, E | LakeError, R> {
    const or = because(directory)
    yield* or(fs.makeDirectory(absolute(directory), { recursive: true, mode: 0o700 }))
    const temporary = yield* hidden(absolute(directory))
    return yield* Effect.gen(function* () {
      yield* or(fs.writeFile(temporary, new Uint8Array(), { flag: "wx", mode: 0o600 }))
      yield* fill(temporary)
      yield* or(sync(temporary))
      const sha256 = yield* or(Effect.provideService(Digest.ofFile(temporary), FileSystem.FileSystem, fs))
      const written = { path: `${directory}/${sha256}.${ending}`, sha256 }
      yield* or(fs.rename(temporary, absolute(written.path)))
      yield* or(sync(absolute(directory)))
      return written
    }).pipe(removed(temporary))
  })

  const directory = Effect.fn("Lake.directory")(function* <E, R>(
    place: string,
    fill: (temporary: string) => Effect.Effect<unknown, E, R>
  ): Effect.fn.Return<void, E | LakeError, R> {
    const or = because(place)
    const parent = path.dirname(absolute(place))
    if (yield* or(fs.exists(absolute(place)))) return
    yield* or(fs.makeDirectory(parent, { recursive: true, mode: 0o700 }))
    const temporary = yield* hidden(parent)
    yield* Effect.gen(function* () {
      yield* or(fs.makeDirectory(temporary, { mode: 0o700 }))
      yield* fill(temporary)
      for (const name of yield* or(fs.readDirectory(temporary, { recursive: true }))) {
        yield* or(sync(path.join(temporary, name)))
      }
      yield* or(
        fs.rename(temporary, absolute(place)).pipe(
          // Another runner was faster: the same unit of the same inputs.
          Effect.catch((error) =>
            Effect.flatMap(fs.exists(absolute(place)), (isThere) =>
              isThere ? fs.remove(temporary, { recursive: true, force: true }) : Effect.fail(error)
            )
          )
        )
      )
      yield* or(sync(parent))
    }).pipe(removed(temporary))
  })

  const once = Effect.fn("Lake.once")(function* <A, I, E, R>(
    key: string,
    schema: Schema.Codec<A, I>,
    work: Effect.Effect<A, E, R>
  ): Effect.fn.Return<A, E | LakeError, R> {
    const place = `receipts/${key.slice(0, 2)}/${key}.json`
    const or = because(place)
    const codec = Schema.fromJsonString(Schema.toCodecJson(schema))
    if (yield* or(fs.exists(absolute(place)))) {
      const text = yield* or(fs.readFileString(absolute(place)))
      return yield* Effect.mapError(
        Schema.decodeEffect(codec)(text),
        () =>
          new LakeError({
            path: place,
            detail: "is damaged, or was written by another version",
            advice: "Remove it, and submit again"
          })
      )
    }
    const outcome = yield* work
    const text = yield* Effect.orDie(Schema.encodeEffect(codec)(outcome))
    const folder = path.dirname(absolute(place))
    yield* or(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }))
    const temporary = yield* hidden(folder)
    yield* or(
      fs
        .writeFileString(temporary, `${text}\n`, { flag: "wx", mode: 0o600 })
        .pipe(
          Effect.andThen(sync(temporary)),
          Effect.andThen(fs.rename(temporary, absolute(place))),
          Effect.andThen(sync(folder))
        )
    ).pipe(removed(temporary))
    return outcome
  })

  yield* because(root)(fs.makeDirectory(root, { recursive: true, mode: 0o700 }))
  return Lake.of({ absolute, file, directory, once })
})
