/**
 * What a run of the archive came to: its verdict, the recordings that it could not keep, and which of these are news.
 *
 * @since 0.1.0
 */
import type { Archive } from "@vobiz-effect/archive"
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import { Kernel, type Verdict } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type { OutputError } from "./Failure.ts"
import * as Output from "./Output.ts"

/**
 * A recording that the archive does not hold whole after a run, though the provider lists it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Problem {
  readonly recordingId: string
  /** `NotReady`: the provider still makes the file, or it has not settled. It is a problem only when it is `urgent`. */
  readonly kind: "Failed" | "Flawed" | "Gone" | "Quarantined" | "NotReady"
  readonly detail: string
  /** When the provider deletes it; `null` of what is gone. */
  readonly deadline: DateTime.Utc | null
  /** Whether the provider deletes it within three days. */
  readonly urgent: boolean
}

/**
 * What became of one recording, where somebody should know; `null` where all is well.
 *
 * @category rendering
 * @since 0.1.0
 */
export const trouble = (outcome: Archive.Outcome): string | null => {
  const { recordingId } = outcome.recording
  switch (outcome._tag) {
    case "Failed":
      return `${recordingId}: ${outcome.error.message}`
    case "Flawed":
      return `${recordingId}: ${outcome.flaw.detail}; the next run fetches it again`
    case "Gone":
      return `${recordingId}: the provider does not have the audio any more`
    case "Quarantined":
      return `${recordingId}: ${outcome.event.reason}, ${outcome.event.detail}${outcome.event.file === null ? "" : `; kept in ${outcome.event.file}`}`
    case "Stored":
    case "Kept":
    case "Removed":
    case "NotReady":
      return null
  }
}

const soon = Duration.days(3)

/**
 * What is wrong with an outcome, at an instant; `null` where the archive holds the recording.
 *
 * @category constructors
 * @since 0.1.0
 */
export const problemOf = (outcome: Archive.Outcome, now: DateTime.Utc): Problem | null => {
  const { _tag: kind } = outcome
  if (kind === "Stored" || kind === "Kept" || kind === "Removed") return null
  const { addTime, recordingId } = outcome.recording
  const deadline = kind === "Gone" ? null : DateTime.addDuration(addTime, Kernel.defaults.retention)
  return {
    recordingId,
    kind,
    detail: trouble(outcome) ?? `${recordingId}: the provider still makes the file, or it has not settled yet`,
    deadline,
    urgent: deadline !== null && DateTime.isLessThan(deadline, DateTime.addDuration(now, soon))
  }
}

/**
 * What a run came to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result {
  readonly summary: Archive.Summary
  /** `null` where the recordings were named one by one. */
  readonly proof: ExtractProof | null
  readonly problems: ReadonlyArray<Problem>
  /**
   * Whether it is normal that the provider lists no recordings.
   *
   * @default false
   */
  readonly allowEmpty?: boolean | undefined
}

const isWrong = ({ kind, urgent }: Problem) => kind !== "NotReady" || urgent

/**
 * Whether no recordings were listed or named, though that is not normal: the type or the start of the list, or the file of findings,
 * may be wrong.
 *
 * @category getters
 * @since 0.1.0
 */
export const isEmpty = ({ allowEmpty, summary }: Result): boolean =>
  allowEmpty !== true && Object.values(summary).every((count) => count === 0)

/**
 * Whether every recording that the provider has is held whole: `breached` where one is not, `unknown` where the list is empty or not
 * proved complete.
 *
 * @category getters
 * @since 0.1.0
 */
export const stateOf = (result: Result): Verdict.Verdict["_tag"] => {
  const { problems, proof } = result
  if (problems.some(isWrong)) return "breached"
  return isEmpty(result) || (proof !== null && proof.verdict !== "complete") ? "unknown" : "assured"
}

/**
 * The earliest instant at which the provider deletes a recording that is not held; `null` where it deletes none.
 *
 * @category getters
 * @since 0.1.0
 */
export const firstDeadline = (problems: ReadonlyArray<Problem>): DateTime.Utc | null =>
  problems.reduce<DateTime.Utc | null>(
    (first, { deadline }) => (deadline === null ? first : first === null ? deadline : DateTime.min(first, deadline)),
    null
  )

// ---------------------------------------------------------------------------
// What was reported before
// ---------------------------------------------------------------------------

/** A problem that becomes urgent is another one. */
const keyOf = ({ kind, recordingId, urgent }: Problem) => `${kind}${urgent ? " urgent" : ""} ${recordingId}`

const File = Schema.fromJsonString(
  Schema.Struct({ version: Schema.Literal(1), state: Schema.String, problems: Schema.Array(Schema.String) })
)

const name = "known.json"

/**
 * Takes recordings out of what is known, as those of a person who is erased.
 *
 * @category combinators
 * @since 0.1.0
 */
export const forget = Effect.fnUntraced(function* (directory: string, recordingIds: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = yield* Effect.option(fs.readFileString(path.join(directory, name)))
  const before = Option.flatMap(text, Schema.decodeOption(File))
  if (Option.isNone(before)) return
  const isOf = (key: string) => recordingIds.some((recordingId) => key.endsWith(` ${recordingId}`))
  const problems = before.value.problems.filter((key) => !isOf(key))
  if (problems.length === before.value.problems.length) return
  const rest = yield* Effect.orDie(Schema.encodeEffect(File)({ version: 1, state: before.value.state, problems }))
  yield* Output.file(directory, name, `${rest}\n`)
})

/**
 * The changes since the previous run of an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  /** The problems that the previous run did not have. */
  readonly problems: ReadonlyArray<Problem>
  /** Whether the previous run had another verdict. */
  readonly changed: boolean
  /** Saves this run's verdict and problems, with which the next run is compared. */
  readonly remember: Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path>
}

/**
 * Compares a run with the previous one.
 *
 * `known.json` in the archive's folder has the verdict and the problems of the previous run. If it is missing or damaged, every problem
 * is new.
 *
 * @category constructors
 * @since 0.1.0
 */
export const changes = Effect.fnUntraced(function* (
  directory: string,
  result: Result
): Effect.fn.Return<Changes, never, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = yield* Effect.option(fs.readFileString(path.join(directory, name)))
  const before = Option.flatMap(text, Schema.decodeOption(File))
  const known = new Set(Option.match(before, { onNone: () => [], onSome: ({ problems }) => problems }))
  const state = stateOf(result)
  const wrong = result.problems.filter(isWrong)
  return {
    problems: wrong.filter((problem) => !known.has(keyOf(problem))),
    changed: !Option.exists(before, (run) => run.state === state),
    remember: Effect.flatMap(Schema.encodeEffect(File)({ version: 1, state, problems: wrong.map(keyOf) }), (text) =>
      Output.file(directory, name, `${text}\n`)
    ).pipe(Effect.catchTag("SchemaError", Effect.die))
  }
})
