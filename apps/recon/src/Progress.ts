/**
 * Shows how far the reading of lists has come, or the work on an archive.
 *
 * @since 0.1.0
 */
import { VobizMetrics } from "@vobiz-effect/core"
import { count } from "@vobiz-effect/review/Format"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"

const lists = [
  { operation: "CallDetailRecords.page", name: "call detail records" },
  { operation: "Recordings.page", name: "recordings" }
] as const

/**
 * How far a list is read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading {
  readonly name: string
  readonly rows: number
  readonly total: number
}

const barWidth = 24

/**
 * One line that tells how far each list has come, no wider than `columns`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const line = (readings: ReadonlyArray<Reading>, columns: number): string => {
  const parts = readings.map(({ name, rows, total }) => {
    // The list can grow while it is read, and rows on the seam of two pages count twice.
    const share = total === 0 ? 1 : Math.min(1, rows / total)
    const done = Math.round(share * barWidth)
    const bar = "█".repeat(done) + "░".repeat(barWidth - done)
    return `${name} ${bar} ${count(Math.min(rows, total))}/${count(total)}`
  })
  return fitted(parts, columns)
}

/**
 * Parts in one line narrower than `columns`. What has no room is left out whole: half a number is another number.
 *
 * @category rendering
 * @since 0.1.0
 */
export const fitted = (parts: ReadonlyArray<string>, columns: number): string =>
  parts.reduce((line, part) => {
    const longer = line === "" ? part : `${line}   ${part}`
    return longer.length < columns ? longer : line
  }, "")

/** What the metrics say of the lists: rows read since the program began, and the list's length. */
const read = Effect.map(Metric.snapshot, (metrics) => {
  const value = (id: string, operation: string) => {
    const metric = metrics.find((metric) => metric.id === id && metric.attributes?.["operation"] === operation)
    if (metric === undefined) return 0
    const { state } = metric
    return Number("count" in state ? state.count : "value" in state ? state.value : 0)
  }
  return lists.map(({ name, operation }) => ({
    name,
    rows: value(VobizMetrics.rows.id, operation),
    total: value(VobizMetrics.listRows.id, operation)
  }))
})

const since = (start: ReadonlyArray<Reading>, now: ReadonlyArray<Reading>): ReadonlyArray<Reading> =>
  now.map((reading, n) => ({ ...reading, rows: reading.rows - (start[n]?.rows ?? 0) })).filter(({ rows }) => rows > 0)

const clearLine = "\r\u001b[2K"

/**
 * The progress of one phase of some work.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhaseProgress {
  /** The name of the phase, such as `recordings archived`. */
  readonly phase: string
  /** When the phase began, in milliseconds since the epoch. */
  readonly since: number
  /** How many items are done. */
  readonly done: number
  /** How many items there are; `null` if unknown. */
  readonly total: number | null
  /** How many bytes were read or written for them. */
  readonly bytes: number
}

const size = (bytes: number): string =>
  bytes < 1e6
    ? `${count(Math.ceil(bytes / 1e3))} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e9).toFixed(2)} GB`

const left = (millis: number): string => {
  const seconds = Math.ceil(millis / 1000)
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.ceil(seconds / 60)} min`
      : `${Math.ceil(seconds / 3600)} h`
}

/**
 * Work as a line: phase, count of total, bytes, bytes a second, and the time that is left if it goes on so.
 *
 * @category rendering
 * @since 0.1.0
 */
export const work = ({ bytes, done, phase, since, total }: PhaseProgress, now: number, columns: number): string => {
  const millis = now - since
  const isUnderWay = done > 0 && millis >= 1000
  return fitted(
    [
      `${phase} ${count(done)}${total === null ? "" : `/${count(Math.max(done, total))}`}`,
      ...(bytes > 0 ? [size(bytes)] : []),
      ...(bytes > 0 && isUnderWay ? [`${size((bytes * 1000) / millis)}/s`] : []),
      ...(total !== null && isUnderWay && total > done ? [`about ${left((millis * (total - done)) / done)} left`] : [])
    ],
    columns
  )
}

/**
 * Counts work for a line on standard error.
 *
 * @category models
 * @since 0.1.0
 */
export interface Meter {
  /** Begins a phase. */
  begin(phase: string, total: number | null): Effect.Effect<void>
  /** One more is done, with so many bytes. */
  step(bytes?: number): Effect.Effect<void>
  /** Runs a program with the line, if standard error is a terminal. */
  shown<A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio | Terminal.Terminal>
}

/**
 * A meter before its first phase.
 *
 * @category constructors
 * @since 0.1.0
 */
export const meter: Effect.Effect<Meter> = Effect.sync(() => {
  let current: PhaseProgress | null = null
  return {
    begin: (phase, total) =>
      Effect.map(Clock.currentTimeMillis, (since) => {
        current = { phase, total, since, done: 0, bytes: 0 }
      }),
    step: (bytes = 0) =>
      Effect.sync(() => {
        if (current !== null) current = { ...current, done: current.done + 1, bytes: current.bytes + bytes }
      }),
    shown: (program) =>
      withLine(program, (columns) =>
        Effect.map(Clock.currentTimeMillis, (now) => (current === null ? "" : work(current, now, columns)))
      )
  }
})

/**
 * Runs a program with a progress line on standard error while it runs, if that is a terminal; otherwise runs it as it
 * is. The line is removed at the end.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withProgress = <A, E, R>(
  program: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Stdio.Stdio | Terminal.Terminal> =>
  Effect.flatMap(read, (start) =>
    withLine(program, (columns) => Effect.map(read, (now) => line(since(start, now), columns)))
  )

/**
 * The same with another line: it is given how wide it may be.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withLine = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  text: (columns: number) => Effect.Effect<string>
): Effect.Effect<A, E, R | Stdio.Stdio | Terminal.Terminal> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const terminal = yield* Terminal.Terminal
    if (!(yield* stdio.stderrIsTerminal)) return yield* program
    const write = (text: string) => Effect.ignore(Stream.run(Stream.make(text), stdio.stderr({ endOnDone: false })))
    const draw = Effect.gen(function* () {
      // A terminal that does not tell its width has the usual one.
      const columns = (yield* terminal.columns) || 80
      yield* write(clearLine + (yield* text(columns)))
    })
    const console = yield* Console.Console
    // What else is said there takes the line's place until it is drawn again.
    const error = (first: unknown, ...rest: ReadonlyArray<unknown>) => console.error(`${clearLine}${first}`, ...rest)
    return yield* Effect.acquireUseRelease(
      Effect.forkChild(Effect.repeat(draw, Schedule.spaced(Duration.millis(100)))),
      () =>
        Effect.provideService(
          program,
          Console.Console,
          Object.assign(Object.create(console) as Console.Console, { error })
        ),
      (fiber) =>
        Effect.andThen(
          Effect.sync(() => fiber.interruptUnsafe()),
          write(clearLine)
        )
    )
  })
