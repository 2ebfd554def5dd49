/**
 * Stores the rows that a run reads, so that an interrupted run can resume.
 *
 * A folder holds one run, and one process at a time uses it. `run.json` identifies the run. Each list has a file of its rows, as `Files`
 * of @vobiz-effect/reconcile reads them, a checkpoint of its walk and, once it is read, its proof. Rows reach the disk before the
 * checkpoint that counts them, so a process killed at any moment loses none.
 *
 * @since 0.1.0
 */
import { Checkpoint } from "@vobiz-effect/core"
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import type * as OffsetPager from "@vobiz-effect/core/OffsetPager"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import { DurableFiles } from "@vobiz-effect/files"
import type { Column, FileError, Relations } from "@vobiz-effect/reconcile"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { oneLine } from "./Failure.ts"
import * as Output from "./Output.ts"
import type { Window } from "./Window.ts"
import * as FileTrouble from "./internal/fileTrouble.ts"

/**
 * A folder that cannot be used to keep a run in. Nothing in it was overwritten.
 *
 * @category errors
 * @since 0.1.0
 */
export class KeepError extends Schema.TaggedError<KeepError>()("KeepError", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail}. Name another folder with --keep, or empty this one`
  }
}

/**
 * The run that is kept: its window, and when it began.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  readonly window: Window
  readonly asOf: DateTime.Utc
}

/**
 * A list to be read, and how its rows are stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface List<A> {
  readonly name: "cdrs" | "recordings"
  readonly columns: ReadonlyArray<Column.Column<A>>
  readonly walk: (
    named: OffsetPager.NamedCheckpoint
  ) => Effect.Effect<OffsetPager.Extract<A, VobizError | Checkpoint.CheckpointError>, Checkpoint.CheckpointError>
  readonly load: (file: string) => Relations.Filler<FileError.FileError>
}

/**
 * What can go wrong with reading a list that is kept.
 *
 * @category errors
 * @since 0.1.0
 */
export type ReadError = VobizError | Checkpoint.CheckpointError | FileError.FileError | KeepError

/**
 * A run in a folder, as `open` gives it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResumableRun {
  /** The run to do: the interrupted one that `open` resumes, or the one that it was asked for. */
  readonly run: Run
  /** Reads the rest of a list into its file, and fills a table from the file. `proof` is there once the table is filled. */
  readonly read: <A>(
    list: List<A>
  ) => Effect.Effect<{ readonly rows: Relations.Filler<ReadError>; readonly proof: Effect.Effect<ExtractProof> }>
  /** Deletes the run's files from the folder. */
  readonly clear: Effect.Effect<void, KeepError>
}

/**
 * A list that was read longer ago is not read on: what it held at its beginning says too little of now. A run that was stopped
 * one night is still there the next.
 */
const longest = Duration.days(2)

const RunFile = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    identity: Schema.String,
    from: Schema.DateTimeUtcFromString,
    to: Schema.DateTimeUtcFromString,
    asOf: Schema.DateTimeUtcFromString
  })
)
const ProofFile = Schema.fromJsonString(Schema.toCodecJson(ExtractProof))

const asError = (path: string) => (error: { readonly message: string }) =>
  new KeepError({
    path,
    detail: error instanceof PlatformError.PlatformError ? FileTrouble.toWrite(error) : oneLine(error)
  })

/** A text of a folder, if it is there. */
const textOf = Effect.fnUntraced(function* (folder: string, name: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* fs.readFileString(path.join(folder, name)).pipe(
    Effect.asSome,
    Effect.catch((error) =>
      error.reason._tag === "NotFound" ? Effect.succeedNone : Effect.fail(asError(folder)(error))
    )
  )
})

/** The run that is kept in a folder, whatever it is. */
const stored = Effect.fnUntraced(function* (folder: string) {
  const text = yield* textOf(folder, "run.json")
  if (Option.isNone(text)) return Option.none<typeof RunFile.Type>()
  const path = yield* Path.Path
  return yield* Schema.decodeEffect(RunFile)(text.value).pipe(
    Effect.asSome,
    Effect.mapError(
      () => new KeepError({ path: path.join(folder, "run.json"), detail: "is damaged, or not of this program" })
    )
  )
})

const isOpen = (run: typeof RunFile.Type, identity: string, now: DateTime.Utc) =>
  run.identity === identity && Duration.isLessThanOrEqualTo(Duration.abs(DateTime.distance(run.asOf, now)), longest)

/**
 * The run of an `identity` that was stopped in a folder at most two days ago, and can be finished by `open`.
 *
 * @category getters
 * @since 0.1.0
 */
export const interrupted = Effect.fn("ResumableRun.interrupted")(function* (
  folder: string,
  identity: string
): Effect.fn.Return<Run | null, KeepError, FileSystem.FileSystem | Path.Path> {
  const run = yield* stored(folder)
  if (Option.isNone(run) || !isOpen(run.value, identity, yield* DateTime.now)) return null
  const { asOf, from, to } = run.value
  return { window: { from, to }, asOf }
})

/** Reads the rest of a list into its file, and gives what that proves. */
const readOn = Effect.fnUntraced(function* <A>(
  folder: string,
  { columns, name, walk }: List<A>,
  {
    checkpoint,
    durable
  }: { readonly checkpoint: Checkpoint.Checkpoint["Service"]; readonly durable: DurableFiles.DurableFiles }
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const because = asError(folder)
  const file = path.join(folder, `${name}.ndjson`)
  const begun = (yield* checkpoint.load(name)) !== null
  yield* Effect.mapError(begun ? cutTornLine(file) : fs.remove(file, { force: true }), because)
  const { proof, rows } = yield* walk({ checkpoint, name })
  const handle = yield* Effect.mapError(fs.open(file, { flag: "a", mode: DurableFiles.fileMode }), because)
  // A file that was just made must not lose its name, or the checkpoint would count rows that are not there.
  yield* Effect.mapError(durable.syncFolder(folder), because)
  const encoder = new TextEncoder()
  yield* Stream.runForEachArray(rows, (page) =>
    handle
      .writeAll(encoder.encode(Arr.map(page, lineOf(columns)).join("")))
      .pipe(Effect.andThen(handle.sync), Effect.mapError(because))
  )
  const proved = yield* proof
  const written = yield* Effect.orDie(Schema.encodeEffect(ProofFile)(proved))
  yield* Effect.mapError(Output.file(folder, `${name}.proof.json`, written), because)
  return proved
}, Effect.scoped)

/**
 * Opens a folder for a run, and makes it if need be. If a run of the same `identity` was stopped there at most two days ago,
 * that one is resumed, and what was asked for stands back. Another one is forgotten.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = Effect.fn("ResumableRun.open")(function* (
  folder: string,
  identity: string,
  asked: Run
): Effect.fn.Return<ResumableRun, KeepError, FileSystem.FileSystem | Path.Path> {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const inFolder = (name: string) => path.join(folder, name)
  const because = asError(folder)
  const text = (name: string) => Effect.provideContext(textOf(folder, name), context)
  const damaged = (name: string) =>
    Effect.mapError(() => new KeepError({ path: inFolder(name), detail: "is damaged, or not of this program" }))

  const durable = yield* DurableFiles.make
  yield* Effect.mapError(durable.folder(folder), because)
  const checkpoint = yield* Checkpoint.Checkpoint.pipe(
    Effect.provide(
      Checkpoint.Checkpoint.layerFile(inFolder("checkpoints")).pipe(Layer.provide(Layer.succeedContext(context)))
    )
  )

  const clear = Effect.forEach(
    ["run.json", ...["cdrs", "recordings"].flatMap((name) => [`${name}.ndjson`, `${name}.proof.json`]), "checkpoints"],
    (name) => fs.remove(inFolder(name), { recursive: true, force: true }),
    { discard: true }
  ).pipe(Effect.mapError(because))

  const begin = Effect.gen(function* () {
    yield* clear
    const { asOf, window } = asked
    const run = yield* Effect.orDie(Schema.encodeEffect(RunFile)({ version: 1, identity, ...window, asOf }))
    yield* Effect.mapError(Output.file(folder, "run.json", run), because)
    return asked
  })

  const run = yield* Option.match(yield* stored(folder), {
    onNone: () => begin,
    onSome: Effect.fnUntraced(function* (former) {
      if (!isOpen(former, identity, asked.asOf)) {
        yield* Effect.logWarning("what was kept is of another run, or too old, and is forgotten")
        return yield* begin
      }
      yield* Effect.logInfo("resuming the run that was stopped").pipe(
        Effect.annotateLogs({ asOf: DateTime.formatIso(former.asOf) })
      )
      return { window: { from: former.from, to: former.to }, asOf: former.asOf }
    })
  })

  return {
    run,
    clear,
    read: Effect.fnUntraced(function* (list) {
      const name = `${list.name}.proof.json`
      const proof = yield* Deferred.make<ExtractProof>()
      return {
        proof: Deferred.await(proof),
        rows: {
          fill: (table) =>
            Effect.gen(function* () {
              const done = yield* text(name)
              const proved = Option.isSome(done)
                ? yield* Schema.decodeEffect(ProofFile)(done.value).pipe(damaged(name))
                : yield* readOn(folder, list, { checkpoint, durable })
              yield* Deferred.succeed(proof, proved)
              return yield* list.load(inFolder(`${list.name}.ndjson`)).fill(table)
            }).pipe(Effect.provideContext(context))
        }
      }
    })
  }
})

/** A row by its columns, each as text; the place that it came in is its place in the file. */
const lineOf = <A>(columns: ReadonlyArray<Column.Column<A>>) => {
  const stored = columns.filter(({ name }) => name !== "arrival")
  return (row: A) => {
    const cells = stored.flatMap(({ name, of }) => {
      const value = of(row, 0)
      return value === null ? [] : [[name, String(value)] as const]
    })
    return `${JSON.stringify(Object.fromEntries(cells))}\n`
  }
}

const longestLine = 65_536

/** A process that was killed may have written half a page: what comes after the last whole line comes again. */
const cutTornLine = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* fs.exists(path))) return
  const size = Number((yield* fs.stat(path)).size)
  const file = yield* fs.open(path, { flag: "r" })
  const start = Math.max(0, size - longestLine)
  yield* file.seek(BigInt(start), "start")
  const tail = yield* file.readAlloc(longestLine)
  const end = Option.match(tail, { onNone: () => 0, onSome: (bytes) => start + bytes.lastIndexOf(10) + 1 })
  if (end < size) yield* fs.truncate(path, end)
}, Effect.scoped)
