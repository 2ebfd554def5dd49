/**
 * Exports archived recordings under readable names.
 *
 * A template makes the names, such as `{date}/{trunk}/{time}_{direction}_{number}_{id}`:
 *
 * | Part                     | Value                                                                                   |
 * | ------------------------ | --------------------------------------------------------------------------------------- |
 * | `{date}`, `{time}`       | the start of the call (if unknown, when the recording was added), as `2026-05-10` and `143005` |
 * | `{id}`, `{call}`         | the ids of the recording and of its call                                                |
 * | `{type}`                 | `call`, `trunk` or `conference`                                                         |
 * | `{trunk}`, `{direction}` | the call's                                                                              |
 * | `{from}`, `{to}`         | the numbers, with `x` for all digits but the last two                                   |
 * | `{number}`               | the other party's number: `{from}` of an inbound call, otherwise `{to}`                 |
 *
 * Unknown values are `unknown`. The extension is the audio's container, or its format if the container is unknown.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import type { Stored } from "./ArchiveEvent.ts"
import { ArchiveIndex } from "./ArchiveIndex.ts"
import { AudioStore, pathOf } from "./AudioStore.ts"
import * as Disk from "./internal/disk.ts"
import { idInName, portable, safe } from "./internal/exportName.ts"
import * as Form from "./internal/form.ts"
import { StoreError } from "./StoreError.ts"

/** The parts of a name. */
const parts = ["date", "time", "id", "call", "type", "trunk", "direction", "from", "to", "number"] as const
type Part = (typeof parts)[number]

/**
 * The default template.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultName = "{date}/{trunk}/{time}_{direction}_{number}_{id}"

/**
 * The template is invalid. `detail` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class NameError extends Schema.TaggedError<NameError>()("NameError", { detail: Schema.String }) {
  override get message(): string {
    return this.detail
  }
}

/**
 * The properties of a recording's call, which the archive does not store. `null` means unknown.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly start: DateTime.Utc | null
  readonly trunk: string | null
  readonly direction: string | null
}

/**
 * The options of an export.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The folder to export to. If it is missing, it is created with mode 0700. */
  readonly to: string
  /**
   * The template of names. It must contain `{id}`.
   *
   * Without `{id}`, two recordings could have the same name.
   *
   * @default defaultName
   */
  readonly name?: string | undefined
  /**
   * The zone of `{date}` and `{time}`.
   *
   * @default UTC
   */
  readonly zone?: DateTime.TimeZone | undefined
  /**
   * Whether names contain telephone numbers in full. Otherwise all digits but the last two are `x`.
   *
   * @default false
   */
  readonly reveal?: boolean | undefined
  /**
   * The call of a recording, or `undefined` to leave the recording out.
   *
   * By default all recordings are exported, and their calls are unknown.
   */
  readonly callOf?: ((entry: Stored) => Call | undefined) | undefined
  /**
   * The archive's folder, to link its audio files instead of copying them.
   *
   * A linked file is the archive's own: changing it changes the archive. Encrypted audio cannot be linked. By default audio is copied.
   */
  readonly linkFrom?: string | undefined
}

/**
 * The outcome of one recording.
 *
 * - `Copied`, `Linked`: `file` now has the audio, and its SHA-256 was verified.
 * - `Present`: `file` had the same audio already.
 * - `Failed`: the audio is missing, damaged, encrypted without its key or not linkable, or `file` has other content.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | { readonly _tag: "Copied" | "Linked" | "Present"; readonly entry: Stored; readonly file: string }
  | { readonly _tag: "Failed"; readonly entry: Stored; readonly file: string; readonly error: StoreError }

/**
 * Parses a template, and returns a function that makes paths relative to the folder, separated by `/`.
 *
 * @category naming
 * @since 0.1.0
 */
export const naming = (
  template: string,
  options: Pick<Options, "reveal" | "zone"> = {}
): Effect.Effect<(entry: Stored, call?: Call) => string, NameError> => {
  const wrong = (detail: string) => Effect.fail(new NameError({ detail }))
  const named = Array.from(template.matchAll(/\{([^}]*)\}/g), ([, name = ""]) => name)
  const unknown = named.find((name) => !isPart(name))
  const list = parts.map((name) => `{${name}}`).join(", ")
  if (unknown !== undefined) return wrong(`there is no {${unknown}}. There are: ${list}`)
  if (!named.includes("id")) return wrong("the name must have {id}, or two recordings could have one name")
  if (/[{}]/.test(template.replaceAll(/\{[^}]*\}/g, ""))) return wrong(`a brace stands alone. Parts are: ${list}`)
  const segments = template.split("/")
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
    return wrong("the name must be a path below the folder, without empty parts, . and ..")
  }
  const { reveal = false, zone = DateTime.zoneMakeNamedUnsafe("UTC") } = options
  return Effect.succeed((entry, call) => {
    const at = DateTime.formatIsoZoned(DateTime.setZone(call?.start ?? entry.addTime, zone))
    const shown = (number: string | null) => (number === null || reveal ? number : hidden(number))
    const { callUuid, from, recordingId, recordingType, to } = entry
    const direction = call?.direction ?? null
    const values: Readonly<Record<Part, string>> = {
      date: at.slice(0, 10),
      time: at.slice(11, 19).replaceAll(":", ""),
      id: idInName(recordingId),
      call: safe(callUuid),
      type: safe(recordingType),
      trunk: safe(call?.trunk ?? entry.trunkId),
      direction: safe(direction),
      from: safe(shown(from)),
      to: safe(shown(to)),
      number: safe(shown(direction === "inbound" ? from : to))
    }
    const made = segments.map((segment) =>
      portable(segment.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => (isPart(name) ? values[name] : whole)))
    )
    const ending = entry.container ?? entry.format
    return `${made.join("/")}${ending === null ? "" : `.${safe(ending)}`}`
  })
}

const isPart = (name: string): name is Part => parts.some((part) => part === name)

/** All digits but the last two give way to a letter that may stand in a name everywhere. */
const hidden = (number: string) => number.replaceAll(/\d(?=(?:\D*\d){2})/g, "x")

/**
 * Exports the archive's recordings under the names that the template makes.
 *
 * A recording that cannot be exported is a `Failed` outcome. The stream fails if the folder cannot be written, or the store cannot be
 * read.
 *
 * @category programs
 * @since 0.1.0
 */
export const run = (
  options: Options
): Stream.Stream<Outcome, NameError | StoreError, ArchiveIndex | AudioStore | FileSystem.FileSystem | Path.Path> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { callOf = () => ({ start: null, trunk: null, direction: null }), linkFrom, to } = options
      const nameOf = yield* naming(options.name ?? defaultName, options)
      const disk = yield* Disk.make
      const store = yield* AudioStore
      const { list } = yield* ArchiveIndex

      const copy = Effect.fnUntraced(function* ({ sha256 }: Stored, file: string) {
        yield* disk.fill(
          disk.path.dirname(file),
          (temporary) =>
            disk.fs.open(temporary, { flag: "r+" }).pipe(
              Effect.flatMap((handle) =>
                verified(
                  sha256,
                  Stream.tap(store.open(sha256), (piece) => handle.writeAll(piece))
                )
              ),
              Effect.scoped
            ),
          () => file
        )
      })

      const link = Effect.fnUntraced(function* ({ sha256 }: Stored, file: string, archive: string) {
        yield* verified(sha256, store.open(sha256))
        const head = yield* Stream.runHead(store.stored(sha256))
        if (Option.isSome(head) && Form.headOf(head.value).isEncrypted) {
          const detail = "it is encrypted, and cannot be linked: without linkFrom it is copied"
          return yield* new StoreError({ kind: "other", place: sha256, detail })
        }
        const kept = disk.path.join(archive, ...pathOf(sha256).split("/"))
        yield* Effect.mapError(disk.fs.link(kept, file), Disk.failedAt(file))
        yield* disk.syncFolder(disk.path.dirname(file))
      })

      /** Whether the file is there already, with the same bytes. */
      const isPresent = Effect.fnUntraced(function* ({ sha256 }: Stored, file: string) {
        if (!(yield* disk.exists(file))) return false
        const found = yield* Digest.ofStream(Stream.mapError(disk.fs.stream(file), Disk.failedAt(file)))
        if (found.sha256 === sha256) return true
        const detail = "another file has the name of the recording: remove it, or name another folder"
        return yield* new StoreError({ kind: "other", place: file, detail })
      })

      const put = Effect.fnUntraced(function* (entry: Stored, file: string) {
        if (yield* isPresent(entry, file)) return "Present"
        yield* disk.folder(disk.path.dirname(file))
        if (linkFrom === undefined) {
          yield* copy(entry, file)
          return "Copied"
        }
        yield* link(entry, file, linkFrom)
        return "Linked"
      })

      yield* disk.folder(to)
      return list.pipe(
        Stream.filter((entry): entry is Stored => entry._tag === "Stored"),
        Stream.mapEffect((entry) => {
          const call = callOf(entry)
          if (call === undefined) return Effect.succeed([])
          const file = disk.path.join(to, ...nameOf(entry, call).split("/"))
          return put(entry, file).pipe(
            Effect.map((_tag): ReadonlyArray<Outcome> => [{ _tag, entry, file }]),
            Effect.catchIf(isOfRecording, (error) =>
              Effect.succeed<ReadonlyArray<Outcome>>([{ _tag: "Failed", entry, file, error }])
            )
          )
        }),
        Stream.flattenIterable
      )
    })
  ).pipe(Stream.withSpan("Export.run"))

/** What is wrong with one recording alone. */
const isOfRecording = ({ kind }: StoreError) =>
  kind === "missing" || kind === "damaged" || kind === "key" || kind === "other"

/** Reads audio to its end, and fails where it is not what its address says. */
const verified = Effect.fnUntraced(function* <E>(sha256: string, audio: Stream.Stream<Uint8Array, E>) {
  const found = yield* Digest.ofStream(audio)
  if (found.sha256 === sha256) return
  return yield* new StoreError({ kind: "damaged", place: sha256, detail: `its SHA-256 is now ${found.sha256}` })
})
