/**
 * Where a list read was when it was stopped, so that it can go on there.
 *
 * @since 0.1.0
 */
import * as DurableFiles from "@vobiz-effect/files/DurableFiles"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"

/**
 * A checkpoint that cannot be read, written or used: damaged, or of another account or query. Nothing was overwritten.
 *
 * @category errors
 * @since 0.1.0
 */
export class CheckpointError extends Schema.TaggedError<CheckpointError>()("CheckpointError", {
  name: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `checkpoint ${this.name}: ${this.detail}`
  }
}

/**
 * Keeps checkpoints, each a text under a name.
 *
 * @category services
 * @since 0.1.0
 */
export class Checkpoint extends Context.Service<
  Checkpoint,
  {
    /** The checkpoint of that name, or `null`. */
    load(name: string): Effect.Effect<string | null, CheckpointError>
    /** Replaces the checkpoint, whole or not at all. */
    save(name: string, text: string): Effect.Effect<void, CheckpointError>
    /** Takes the checkpoint away, if there is one. */
    remove(name: string): Effect.Effect<void, CheckpointError>
  }
>()("@vobiz-effect/core/Checkpoint") {
  /** In memory: for one process, and for tests. */
  static readonly layerMemory: Layer.Layer<Checkpoint> = Layer.sync(Checkpoint, () => {
    const held = new Map<string, string>()
    return {
      load: (name) => Effect.sync(() => held.get(name) ?? null),
      save: (name, text) => Effect.sync(() => void held.set(name, text)),
      remove: (name) => Effect.sync(() => void held.delete(name))
    }
  })

  /**
   * As files of a folder, which is made if need be, for their owner alone. A process that is killed at any moment leaves the old
   * checkpoint or the new one; one that was saved survives a power cut.
   */
  static readonly layerFile = (directory: string): Layer.Layer<Checkpoint, never, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(
      Checkpoint,
      Effect.suspend(() => makeFile(directory))
    )
}

const makeFile = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const durable = yield* DurableFiles.make
  const fileOf = (name: string) => path.join(directory, `${encodeURIComponent(name)}.json`)
  const because = (name: string) => (error: PlatformError.PlatformError) =>
    new CheckpointError({ name, detail: `${fileOf(name)}: ${error.reason.message}` })

  return Checkpoint.of({
    load: (name) =>
      fs.readFileString(fileOf(name)).pipe(
        Effect.catchIf(
          ({ reason }) => reason._tag === "NotFound",
          () => Effect.succeed(null)
        ),
        Effect.mapError(because(name))
      ),
    save: (name, text) => Effect.mapError(durable.write(fileOf(name), text), because(name)),
    remove: (name) => fs.remove(fileOf(name), { force: true }).pipe(Effect.mapError(because(name)))
  })
})
