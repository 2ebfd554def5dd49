/**
 * Runs a program again and again, at the times of a cron expression.
 *
 * @since 0.1.0
 */
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Cron from "effect/Cron"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { oneLine } from "./Failure.ts"

/**
 * A cron expression that cannot be understood, or that no time ever meets.
 *
 * @category errors
 * @since 0.1.0
 */
export class CronError extends Schema.TaggedError<CronError>()("CronError", {
  text: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `"${this.text}" is no schedule: ${this.detail}. Write minute, hour, day of the month, month and day of the week, such as "0 2 * * *" for two o'clock each night`
  }
}

/**
 * Reads a cron expression: five fields, or six with seconds first, whose times are of `zone`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = Effect.fnUntraced(function* (
  text: string,
  { zone }: Zone.Zone
): Effect.fn.Return<Cron.Cron, CronError> {
  const parsed = Cron.parse(text.trim(), zone)
  if (Result.isFailure(parsed)) {
    const { input, message } = parsed.failure
    const where = input === undefined || input === text.trim() ? "" : `, not "${input}"`
    return yield* new CronError({ text, detail: `${lowerFirst(message)}${where}` })
  }
  const now = yield* DateTime.now
  return yield* Effect.try({
    try: () => Cron.next(parsed.success, now),
    catch: () => new CronError({ text, detail: "there is no such time, as on February 30" })
  }).pipe(Effect.as(parsed.success))
})

/** Of the parser's words, none but the first are kept in capitals. */
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

/**
 * Runs a program at every time of the schedule, until it is interrupted; `run` gets the time that it was due at.
 *
 * One run at a time: the times that pass while one is under way are left out, and logged. A run that fails is logged
 * in the log, and the next one comes all the same.
 *
 * @example
 * ```ts
 * import { Job, Window } from "@vobiz-effect/recon"
 * import { DateTime, Effect } from "effect"
 *
 * const nightly = Effect.gen(function*() {
 *   const cron = yield* Job.parse("0 2 * * *", yield* Window.zone("Asia/Kolkata"))
 *   return yield* Job.repeat(cron, (due) => Effect.log("the run of", DateTime.formatIso(due)))
 * })
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const repeat = <E, R>(
  cron: Cron.Cron,
  run: (due: DateTime.Utc) => Effect.Effect<unknown, E, R>
): Effect.Effect<never, never, R> =>
  Effect.gen(function* () {
    let after = yield* DateTime.now
    while (true) {
      const due = DateTime.fromDateUnsafe(Cron.next(cron, after))
      yield* Effect.logInfo("waiting for the next run").pipe(Effect.annotateLogs({ due: dueIn(cron, due) }))
      yield* sleepUntil(due)
      const started = yield* Clock.currentTimeMillis
      yield* attempt(run(due))
      const ended = yield* DateTime.now
      const missed = countBetween(cron, due, ended)
      if (missed > 0) {
        const took = Duration.format(Duration.millis(DateTime.toEpochMillis(ended) - started))
        yield* Effect.logWarning(
          "the run took longer than the time between two: those that came due meanwhile are left out"
        ).pipe(Effect.annotateLogs({ took, leftOut: missed }))
      }
      after = DateTime.max(due, ended)
    }
  })

/** The time that a run is due at, with the offset of the schedule's zone. */
const dueIn = ({ tz }: Cron.Cron, due: DateTime.Utc) =>
  Option.match(tz, {
    onNone: () => DateTime.formatIso(due),
    onSome: (zone) => Zone.iso(due, { name: DateTime.zoneToString(zone), zone })
  })

/**
 * Runs a program and logs its failure.
 *
 * @category running
 * @since 0.1.0
 */
export const attempt = <E, R>(program: Effect.Effect<unknown, E, R>): Effect.Effect<void, never, R> =>
  Effect.matchCauseEffect(program, {
    onSuccess: () => Effect.void,
    onFailure: (cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause as Cause.Cause<never>) : told(cause))
  })

/** A failure is logged by its kind and message; a defect is a bug of ours, and logged with where it happened. */
const told = <E>(cause: Cause.Cause<E>) => {
  const failure = Cause.findError(cause)
  return Result.isSuccess(failure)
    ? Effect.logError("the run failed").pipe(
        Effect.annotateLogs({ error: tagOf(failure.success), reason: oneLine(failure.success) })
      )
    : Effect.logError("the run failed by a bug", cause)
}

const tagOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Error"

const longestSleep = Duration.toMillis(Duration.minutes(1))

/** Looks at the clock once a minute: it can be set, and a machine can sleep. */
const sleepUntil = (due: DateTime.Utc): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const left = DateTime.toEpochMillis(due) - now
    return left <= 0
      ? Effect.void
      : Effect.andThen(
          Effect.sleep(Duration.millis(Math.min(left, longestSleep))),
          Effect.suspend(() => sleepUntil(due))
        )
  })

/** How many times of the schedule lie after one instant and not after another. */
const countBetween = (cron: Cron.Cron, after: DateTime.Utc, until: DateTime.Utc) => {
  let count = 0
  for (const time of Cron.sequence(cron, after)) {
    if (time.getTime() > DateTime.toEpochMillis(until)) return count
    count++
  }
  return count
}
