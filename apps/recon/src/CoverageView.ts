/**
 * The coverage of a reconciliation, in parts: by day, trunk and number, with its bounds.
 *
 * @since 0.1.0
 */
import { PhoneNumber } from "@vobiz-effect/core"
import { Coverage, CsvFile, type DuckDb, type DuckDbError } from "@vobiz-effect/reconcile"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Result } from "./Reconcile.ts"

interface Row {
  readonly by: "all" | "day" | "trunk" | "number"
  readonly key: string | null
  readonly classes: Coverage.Classes
  readonly coverage: Coverage.Coverage
  readonly talk: Coverage.Talk
}

const percent = (ratio: Coverage.Ratio | null) => (ratio === null ? null : Number(Coverage.percent(ratio, 6)))

/**
 * The parts as CSV: the calls of each class, and the coverage between its bounds, in percent. Days are of the result's zone.
 * Numbers are masked unless they are to be revealed.
 *
 * @category rendering
 * @since 0.1.0
 */
export const csv = (
  { classes, coverage, margin, schema, talk, zone }: Result,
  { reveal }: { readonly reveal: boolean }
): Stream.Stream<Uint8Array, DuckDbError.DuckDbError, DuckDb.DuckDb> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const within = Coverage.within(margin)
      const rows =
        (by: Row["by"], shown: (key: string) => string = (key) => key) =>
        ({ classes, key, talk }: Coverage.Group): Row => ({
          by,
          key: key === null ? null : shown(key),
          classes,
          coverage: within(classes),
          talk
        })
      const all: ReadonlyArray<Row> = [
        { by: "all", key: null, classes, coverage, talk },
        ...(yield* Coverage.byDay(schema, zone.zone)).map(rows("day")),
        ...(yield* Coverage.byTrunk(schema)).map(rows("trunk")),
        ...(yield* Coverage.byNumber(schema)).map(rows("number", reveal ? undefined : PhoneNumber.maskDigits))
      ]
      return CsvFile.encode<Row>([
        { header: "by", kind: "text", value: ({ by }) => by },
        { header: "key", kind: "phone", value: ({ key }) => key },
        { header: "required", kind: "number", value: ({ classes }) => Coverage.required(classes) },
        ...(
          ["recorded", "partly", "unusable", "missing", "undetermined", "unjudged", "excused", "excluded"] as const
        ).map((name) => ({ header: name, kind: "number", value: ({ classes }: Row) => classes[name] }) as const),
        { header: "lower_percent", kind: "number", value: ({ coverage }) => percent(coverage.lower) },
        { header: "upper_percent", kind: "number", value: ({ coverage }) => percent(coverage.upper) },
        {
          header: "unexcused_lower_percent",
          kind: "number",
          value: ({ classes }) => percent(within(Coverage.unexcused(classes)).lower)
        },
        { header: "talk_seconds", kind: "number", value: ({ talk }) => talk.base / 1000 },
        { header: "recorded_seconds_least", kind: "number", value: ({ talk }) => talk.least / 1000 },
        { header: "recorded_seconds_most", kind: "number", value: ({ talk }) => talk.most / 1000 },
        { header: "excused_seconds", kind: "number", value: ({ talk }) => talk.excused / 1000 }
      ])(Stream.fromIterable(all))
    })
  )

const words = (duration: Duration.Duration | null) => {
  if (duration === null) return "unknown"
  const seconds = Math.round(Duration.toSeconds(duration))
  return seconds === 0 ? "0s" : Duration.format(Duration.seconds(seconds))
}

/**
 * How long recordings took to come, in a sentence; none where no call has one.
 *
 * @category rendering
 * @since 0.1.0
 */
export const lateness = ({ calls, longest, median, p90, p99 }: Coverage.Lateness): ReadonlyArray<string> =>
  calls === 0
    ? []
    : [
        `Recordings came within ${words(median)} of the call's end for half of the calls, ${words(p90)} for 90%, ${words(p99)} for 99%, and ${words(longest)} at most.`
      ]

/**
 * The same as plain data, in seconds.
 *
 * @category rendering
 * @since 0.1.0
 */
export const latenessReport = ({ calls, ...waited }: Coverage.Lateness) => ({
  calls,
  ...Object.fromEntries(
    Object.entries(waited).map(([name, duration]) => [name, duration === null ? null : Duration.toSeconds(duration)])
  )
})
