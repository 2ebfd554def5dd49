/** Fetches a recording's file until it is whole: from where it broke off, with growing pauses. */
import type { Recording } from "@vobiz-effect/core/Recording"
import type { AudioFile, Recordings } from "@vobiz-effect/core/Recordings"
import { Transport, VobizError } from "@vobiz-effect/core/VobizError"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import type { Quarantined } from "../ArchiveEvent.ts"
import type { Intake } from "../AudioStore.ts"
import type { StoreError } from "../StoreError.ts"
import * as Sniff from "./sniff.ts"

/** What was served is not the audio, or not all of it. */
export class NotAudio extends Data.TaggedError("NotAudio")<{
  readonly reason: Quarantined["reason"]
  readonly detail: string
  readonly isFinal?: boolean
}> {}

/** The body broke off: what has arrived is good. */
export class BrokenOff extends Data.TaggedError("BrokenOff")<{ readonly error: VobizError }> {}

const defaultMaxBytes = 2 * 1024 ** 3
const progress = 1024 ** 2

/** How long is tried, and how much is taken. */
export interface Options {
  readonly attempts?: number | undefined
  readonly maxBytes?: number | undefined
}

const statusOf = ({ reason }: VobizError) => ("status" in reason ? reason.status : null)

const isRangeRefused = (error: VobizError) => statusOf(error) === 416

/** The provider does not have it any more. */
export const isGone = (error: VobizError) => statusOf(error) === 404 || statusOf(error) === 410

/** A failure under the status 200: JSON came in place of the file. */
const isPage = (error: VobizError) =>
  error.reason._tag === "DecodeFailure" || (error.reason._tag === "ServerFault" && error.reason.status < 300)

const endedEarly = (recording: Recording, length: number, total: number) =>
  new VobizError({
    operation: "Recordings.audio",
    requestId: null,
    reason: new Transport({
      host: URL.parse(recording.recordingUrl ?? "")?.host ?? "",
      detail: `the body ended after ${length} of ${total} bytes`
    })
  })

/** Whether what has come can be the audio. */
const check = ({ head, length, source: { total } }: Intake): Effect.Effect<void, NotAudio> => {
  const page = Sniff.errorPage(head)
  if (page !== null) {
    return Effect.fail(new NotAudio({ reason: "error-page", detail: `a page of ${page} came in place of the file` }))
  }
  if (length === 0) return Effect.fail(new NotAudio({ reason: "empty", detail: "not one byte came" }))
  return total === null || length === total
    ? Effect.void
    : Effect.fail(new NotAudio({ reason: "too-long", detail: `${length} bytes came where ${total} were announced` }))
}

const tooLarge = (bytes: number, most: number) =>
  Effect.fail(
    new NotAudio({ reason: "too-large", detail: `${bytes} bytes, and at most ${most} are taken`, isFinal: true })
  )

type Problem = NotAudio | BrokenOff | VobizError | StoreError

/** Fetches into an intake, and gives the file's type as the server names it. */
export const make = (recordings: Recordings["Service"], { attempts = 5, maxBytes = defaultMaxBytes }: Options) => {
  /**
   * Opens the file from where the intake is, or anew. A part is used only if it says that it begins there, of a file with the
   * same validator and length; whatever else comes, the file is asked for whole.
   */
  const open = Effect.fnUntraced(function* (recording: Recording, intake: Intake, scope: Scope.Scope) {
    const { total, validator } = intake.source
    if (intake.length > 0 && validator !== null) {
      const asked = yield* Scope.fork(scope)
      const part = yield* recordings.openAudio(recording, { from: intake.length, validator }).pipe(
        Scope.provide(asked),
        Effect.catchIf(isRangeRefused, () => Effect.succeed(null))
      )
      const isSame =
        part !== null &&
        part.from === intake.length &&
        part.validator === validator &&
        (total === null || part.total === total)
      if (isSame) return part
      if (part !== null && part.from === 0) return yield* anew(intake, part)
      // The part is not read: its connection is given back before another is asked for.
      yield* Scope.close(asked, Exit.void)
    }
    return yield* anew(intake, yield* Scope.provide(recordings.openAudio(recording), scope))
  })

  const anew = (intake: Intake, file: AudioFile) =>
    Effect.as(intake.begin({ validator: file.validator, total: file.total }), file)

  const take = Effect.fnUntraced(function* (recording: Recording, intake: Intake) {
    const { total: known } = intake.source
    if (known !== null && intake.length === known && known > 0) return null
    const file = yield* open(recording, intake, yield* Effect.scope)
    const { from, total } = file
    if (from !== intake.length) {
      const what = from === null ? "a part and did not say which" : `a part from byte ${from} on`
      return yield* new NotAudio({ reason: "wrong-part", detail: `the server sent ${what}; the whole was asked for` })
    }
    if (total !== null && total > maxBytes) return yield* tooLarge(total, maxBytes)
    const bytes = Stream.mapError(file.bytes, (error) => new BrokenOff({ error }))
    yield* Stream.runForEachArray(bytes, (pieces): Effect.Effect<void, NotAudio | StoreError> => {
      // What came together is taken together: fewer steps, and fewer writes.
      const [first] = pieces
      const piece = pieces.length === 1 ? first : Buffer.concat(pieces)
      const length = intake.length + piece.length
      return length > maxBytes ? tooLarge(length, maxBytes) : intake.append(piece)
    }).pipe(
      // What breaks after the last byte has done no harm.
      Effect.catchTag("BrokenOff", (error) => (intake.length === total ? Effect.void : Effect.fail(error)))
    )
    if (total !== null && intake.length < total) {
      return yield* new BrokenOff({ error: endedEarly(recording, intake.length, total) })
    }
    return file.contentType
  }, Effect.scoped)

  /** Asks until the file is whole, with growing pauses; a body that has come well forward starts the count anew. */
  const persist = (
    recording: Recording,
    intake: Intake,
    failures = 0,
    reached = intake.length
  ): Effect.Effect<string | null, Problem> =>
    take(recording, intake).pipe(
      Effect.tap(() => check(intake)),
      Effect.catchTag("VobizError", (error): Effect.Effect<never, Problem> =>
        Effect.fail(isPage(error) ? new NotAudio({ reason: "error-page", detail: error.reason.message }) : error)
      ),
      Effect.catchTags({
        NotAudio: (error): Effect.Effect<string | null, Problem> =>
          error.isFinal === true || failures + 1 >= attempts
            ? Effect.fail(error)
            : Effect.andThen(intake.begin({ validator: null, total: null }), again(recording, intake, failures, 0)),
        BrokenOff: (error): Effect.Effect<string | null, Problem> => {
          if (intake.length >= reached + progress) return again(recording, intake, 0, intake.length)
          return failures + 1 >= attempts ? Effect.fail(error) : again(recording, intake, failures, reached)
        }
      })
    )

  const again = Effect.fnUntraced(function* (
    recording: Recording,
    intake: Intake,
    failures: number,
    reached: number
  ): Effect.fn.Return<string | null, Problem> {
    const jitter = 0.8 + 0.4 * (yield* Random.next)
    yield* Effect.sleep(Duration.min(Duration.millis(250 * 2 ** failures * jitter), Duration.seconds(20)))
    return yield* persist(recording, intake, failures + 1, reached)
  })

  return (recording: Recording, intake: Intake) => persist(recording, intake)
}
