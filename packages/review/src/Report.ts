/**
 * What was called and recorded in a window, in numbers.
 *
 * @since 0.1.0
 */
import {
  CallDetailRecord,
  CallDetailRecords,
  ExtractProof,
  Money,
  type Recording,
  Recordings,
  type Trunk,
  Trunks
} from "@vobiz-effect/core"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import { type Kernel, Zone } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/**
 * Calls in numbers. A call here is a CDR: one leg.
 *
 * @category models
 * @since 0.1.0
 */
export const Calls = Schema.Struct({
  calls: Schema.Finite,
  /** CDRs with talk. */
  answered: Schema.Finite,
  /** CDRs whose talk time is unknown: neither answered nor unanswered. */
  withoutTalk: Schema.Finite,
  /** The sum of `billsec`, in seconds. */
  talkSeconds: Schema.Finite,
  /** The sum of `duration`, which includes the ringing, in seconds. */
  seconds: Schema.Finite,
  /** What the provider charged, by currency. Never added across currencies. */
  cost: Schema.Array(Money.Money),
  /** CDRs that name no cost or no currency. */
  withoutCost: Schema.Finite
})

/**
 * Recordings in numbers.
 *
 * `seconds` is their measured length, `billedSeconds` the rounded one that is charged; recordings that tell none are
 * counted in `withoutSeconds` and `withoutBilledSeconds`. `withoutFile` counts those whose file is not there yet.
 *
 * @category models
 * @since 0.1.0
 */
export const RecordingTotals = Schema.Struct({
  recordings: Schema.Finite,
  seconds: Schema.Finite,
  billedSeconds: Schema.Finite,
  withoutSeconds: Schema.Finite,
  withoutBilledSeconds: Schema.Finite,
  withoutFile: Schema.Finite
})

const groups = <S extends Schema.Constraint>(totals: S) => Schema.Array(Schema.Struct({ key: Schema.String, totals }))

/**
 * A report. Each list of groups adds up to the total above it; what does not say which group it is of stands under
 * `unknown`. Days are those of `zone`. A trunk's `recording` is today's position of its switch. `proofs` say how sure it
 * is that the provider's lists were read whole; a report of streams of one's own has none.
 *
 * @category models
 * @since 0.1.0
 */
export class Report extends Schema.Class<Report>("@vobiz-effect/review/Report")({
  from: Schema.DateTimeUtc,
  to: Schema.DateTimeUtc,
  zone: Schema.String,
  generatedAt: Schema.DateTimeUtc,
  calls: Calls,
  callsByDay: groups(Calls),
  callsByDirection: groups(Calls),
  callsByContext: groups(Calls),
  callsByTrunk: groups(Calls),
  recordings: RecordingTotals,
  recordingsByDay: groups(RecordingTotals),
  recordingsByType: groups(RecordingTotals),
  recordingsByFormat: groups(RecordingTotals),
  trunks: Schema.Array(
    Schema.Struct({
      trunkId: Schema.String,
      name: Schema.NullOr(Schema.String),
      recording: Schema.NullOr(Schema.Boolean)
    })
  ),
  proofs: Schema.Array(ExtractProof.ExtractProof)
}) {}

/**
 * What goes into a report. Rows outside the window are left out: calls by their start, recordings by when they were
 * added.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sources<E, R> {
  readonly cdrs: Stream.Stream<CallDetailRecord.CallDetailRecord, E, R>
  readonly recordings: Stream.Stream<Recording.Recording, E, R>
  readonly trunks: Stream.Stream<Trunk.Trunk, E, R>
  readonly window: Kernel.Window
  readonly zone: Zone.Zone
}

// ---------------------------------------------------------------------------
// Tallies
// ---------------------------------------------------------------------------

/** Adds in whole milliseconds: fractions of seconds would leave a rest that depends on the order of the rows. */
const plus = (seconds: number, duration: Duration.Duration | null): number =>
  duration === null ? seconds : (Math.round(seconds * 1000) + Math.round(Duration.toMillis(duration))) / 1000

const noCalls: typeof Calls.Type = {
  calls: 0,
  answered: 0,
  withoutTalk: 0,
  talkSeconds: 0,
  seconds: 0,
  cost: [],
  withoutCost: 0
}

const addCall = (totals: typeof Calls.Type, cdr: CallDetailRecord.CallDetailRecord): typeof Calls.Type => ({
  calls: totals.calls + 1,
  answered: totals.answered + (CallDetailRecord.isAnswered(cdr) === true ? 1 : 0),
  withoutTalk: totals.withoutTalk + (cdr.billsec === null ? 1 : 0),
  talkSeconds: plus(totals.talkSeconds, cdr.billsec),
  seconds: plus(totals.seconds, cdr.duration),
  cost: cdr.totalCost === null ? totals.cost : Money.sumByCurrency([...totals.cost, cdr.totalCost]),
  withoutCost: totals.withoutCost + (cdr.totalCost === null ? 1 : 0)
})

const noRecordings: typeof RecordingTotals.Type = {
  recordings: 0,
  seconds: 0,
  billedSeconds: 0,
  withoutSeconds: 0,
  withoutBilledSeconds: 0,
  withoutFile: 0
}

const addRecording = (
  totals: typeof RecordingTotals.Type,
  { duration, recordingUrl, roundedDuration }: Recording.Recording
): typeof RecordingTotals.Type => ({
  recordings: totals.recordings + 1,
  seconds: plus(totals.seconds, duration),
  billedSeconds: plus(totals.billedSeconds, roundedDuration),
  withoutSeconds: totals.withoutSeconds + (duration === null ? 1 : 0),
  withoutBilledSeconds: totals.withoutBilledSeconds + (roundedDuration === null ? 1 : 0),
  withoutFile: totals.withoutFile + (recordingUrl === null ? 1 : 0)
})

/** Totals over all rows and by some of their properties, row by row: nothing but totals is kept. */
const tally = <Row, Totals, Key extends string>(
  none: Totals,
  add: (totals: Totals, row: Row) => Totals,
  keys: Readonly<Record<Key, (row: Row) => string | null>>
) => {
  let all = none
  const dimensions = Object.entries<(row: Row) => string | null>(keys)
  const maps = new Map(dimensions.map(([name]) => [name, new Map<string, Totals>()]))
  return {
    take: (row: Row) => {
      all = add(all, row)
      for (const [name, keyOf] of dimensions) {
        const map = maps.get(name)
        const key = keyOf(row) ?? unknown
        map?.set(key, add(map.get(key) ?? none, row))
      }
    },
    all: () => all,
    by: (name: Key) =>
      Array.from(maps.get(name) ?? [], ([key, totals]) => ({ key, totals })).toSorted((a, b) =>
        a.key < b.key ? -1 : a.key > b.key ? 1 : 0
      )
  }
}

/**
 * The group of what does not say which group it is of.
 *
 * @category constants
 * @since 0.1.0
 */
export const unknown = "unknown"

// ---------------------------------------------------------------------------
// Programs
// ---------------------------------------------------------------------------

/**
 * Makes a report of streams, reading each once and keeping nothing but totals.
 *
 * @category programs
 * @since 0.1.0
 */
export const fromStreams = Effect.fn("Report.fromStreams")(function* <E, R>({
  cdrs,
  recordings,
  trunks,
  window,
  zone
}: Sources<E, R>) {
  const dayOf = (instant: DateTime.Utc) => DateTime.formatIsoDate(DateTime.setZone(instant, zone.zone))
  const inWindow = (instant: DateTime.Utc) =>
    DateTime.isGreaterThanOrEqualTo(instant, window.from) && DateTime.isLessThan(instant, window.to)

  const calls = tally(noCalls, addCall, {
    day: ({ startTime }: CallDetailRecord.CallDetailRecord) => dayOf(startTime),
    direction: ({ direction }) => direction,
    context: ({ context }) => context,
    trunk: ({ trunkId }) => trunkId ?? "no trunk named"
  })
  const recorded = tally(noRecordings, addRecording, {
    day: ({ addTime }: Recording.Recording) => dayOf(addTime),
    type: ({ recordingType }) => (recordingType === "" ? null : recordingType),
    format: ({ recordingFormat }) => recordingFormat
  })

  const [, , allTrunks] = yield* Effect.all(
    [
      Stream.runForEach(cdrs, (cdr) => Effect.sync(() => (inWindow(cdr.startTime) ? calls.take(cdr) : undefined))),
      Stream.runForEach(recordings, (recording) =>
        Effect.sync(() => (inWindow(recording.addTime) ? recorded.take(recording) : undefined))
      ),
      Stream.runCollect(trunks)
    ],
    { concurrency: "unbounded" }
  )

  return new Report({
    ...window,
    zone: zone.name,
    generatedAt: yield* DateTime.now,
    calls: calls.all(),
    callsByDay: calls.by("day"),
    callsByDirection: calls.by("direction"),
    callsByContext: calls.by("context"),
    callsByTrunk: calls.by("trunk"),
    recordings: recorded.all(),
    recordingsByDay: recorded.by("day"),
    recordingsByType: recorded.by("type"),
    recordingsByFormat: recorded.by("format"),
    trunks: allTrunks.map(({ name, recording, trunkId }) => ({ trunkId, name, recording })),
    proofs: []
  })
})

/**
 * Makes a report of the account. The provider has no date filter for recordings, so their list is read from the newest
 * down to the window's start.
 *
 * @example
 * ```ts
 * import { DateTime, Effect } from "effect"
 * import { Zone } from "@vobiz-effect/reconcile"
 * import { Report } from "@vobiz-effect/review"
 *
 * const minutes = Effect.gen(function*() {
 *   const window = { from: DateTime.makeUnsafe("2026-05-01"), to: DateTime.makeUnsafe("2026-06-01") }
 *   const { calls } = yield* Report.run({ window, zone: yield* Effect.fromOption(Zone.parse("Asia/Kolkata")) })
 *   return calls.talkSeconds / 60
 * })
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export const run = (options: {
  readonly window: Kernel.Window
  readonly zone?: Zone.Zone | undefined
}): Effect.Effect<Report, VobizError, Recordings.Recordings | CallDetailRecords.CallDetailRecords | Trunks.Trunks> =>
  Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const cdrs = yield* CallDetailRecords.CallDetailRecords
    const trunks = yield* Trunks.Trunks
    const readCdrs = yield* cdrs.extract(options.window)
    const readRecordings = yield* recordings.extract({ since: options.window.from })
    const readTrunks = yield* trunks.extract
    const report = yield* fromStreams({
      cdrs: readCdrs.rows,
      recordings: readRecordings.rows,
      trunks: readTrunks.rows,
      window: options.window,
      zone: options.zone ?? Zone.utc
    })
    return new Report({
      ...report,
      proofs: [yield* readCdrs.proof, yield* readRecordings.proof, yield* readTrunks.proof]
    })
  })

// ---------------------------------------------------------------------------
// Getters
// ---------------------------------------------------------------------------

/**
 * The zone of a report's days, which was valid when it was made.
 *
 * @category getters
 * @since 0.1.0
 */
export const zoneOf = ({ zone }: Report): Zone.Zone => Zone.ofPolicy({ zone })

/**
 * The window in words, with the zone of all days and times.
 *
 * @category rendering
 * @since 0.1.0
 */
export const span = (report: Report): string => `${Zone.span(report, zoneOf(report))} (${report.zone})`
