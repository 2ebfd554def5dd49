/**
 * Shows how far the reading of lists has come.
 *
 * @since 0.1.0
 */
import { VobizMetrics } from "@vobiz-effect/core"
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

interface Reading {
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
    return `${name} ${bar} ${Math.min(rows, total).toLocaleString("en")}/${total.toLocaleString("en")}`
  })
  return parts.join("   ").slice(0, Math.max(0, columns - 1))
}

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
 * Runs a program with a progress line on standard error while it runs, if that is a terminal; otherwise runs it as it
 * is. The line is taken away at the end.
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
    return yield* Effect.acquireUseRelease(
      Effect.forkChild(Effect.repeat(draw, Schedule.spaced(Duration.millis(100)))),
      () => program,
      (fiber) =>
        Effect.andThen(
          Effect.sync(() => fiber.interruptUnsafe()),
          write(clearLine)
        )
    )
  })
