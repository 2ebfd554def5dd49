/**
 * The calls and recordings of a window, in numbers.
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
 * The figures of a group of calls. A call here is a CDR: one leg.
 *
 * @category models
 * @since 0.1.0
 */
export const Calls = Schema.Struct({
  /** The number of CDRs. */
  calls: Schema.Finite,
  /** The number of CDRs with talk. */
  answered: Schema.Finite,
  /** The number of CDRs whose talk time is unknown. They are neither answered nor unanswered. */
  withoutTalk: Schema.Finite,
  /** The sum of `billsec`, in seconds. */
  talkSeconds: Schema.Finite,
  /** The sum of `duration`, which includes the ringing, in seconds. */
  seconds: Schema.Finite,
  /** What the provider charged, one amount per currency. */
  cost: Schema.Array(Money.Money),
  /** The number of CDRs without a cost or a currency. */
  withoutCost: Schema.Finite
})

/**
 * The figures of a group of recordings.
 *
 * @category models
 * @since 0.1.0
 */
export const RecordingTotals = Schema.Struct({
  /** The number of recordings. */
  recordings: Schema.Finite,
  /** The sum of the measured lengths, in seconds. */
  seconds: Schema.Finite,
  /** The sum of the rounded lengths that the provider charges, in seconds. */
  billedSeconds: Schema.Finite,
  /** The number of recordings whose measured length is unknown. */
  withoutSeconds: Schema.Finite,
  /** The number of recordings whose billed length is unknown. */
  withoutBilledSeconds: Schema.Finite,
  /** The number of recordings whose file does not exist yet. */
  withoutFile: Schema.Finite
})

const groups = <S extends Schema.Constraint>(totals: S) => Schema.Array(Schema.Struct({ key: Schema.String, totals }))

/**
 * A report.
 *
 * The groups of each list add up to the total above it. Rows without a group are in the group `unknown`, and calls without a trunk in
 * `no trunk named`.
 *
 * @category models
 * @since 0.1.0
 */
export class Report extends Schema.Class<Report>("@vobiz-effect/review/Report")({
  /** The start of the window, inclusive. */
  from: Schema.DateTimeUtc,
  /** The end of the window, exclusive. */
  to: Schema.DateTimeUtc,
  /** The zone of the days. */
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
      /** Whether the trunk's recording switch was on when the list was read. */
      recording: Schema.NullOr(Schema.Boolean)
    })
  ),
  /** How completely each list was read. Empty for a report of `fromStreams`. */
  proofs: Schema.Array(ExtractProof.ExtractProof)
}) {}

/**
 * The input of a report. `fromStreams` leaves out rows outside the window.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sources<E, R> {
  /** Calls belong to the window by their start. */
  readonly cdrs: Stream.Stream<CallDetailRecord.CallDetailRecord, E, R>
  /** Recordings belong to the window by the instant at which they were added. */
  readonly recordings: Stream.Stream<Recording.Recording, E, R>
  readonly trunks: Stream.Stream<Trunk.Trunk, E, R>
  readonly window: Kernel.Window
  readonly zone: Zone.Zone
}

// ---------------------------------------------------------------------------
// Tallies
// ---------------------------------------------------------------------------

/** Adds in whole milliseconds: sums of fractional seconds would depend on the order of rows. */
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

/** Adds up rows, over all and by some of their properties. Keeps totals only. */
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
 * The key of the group of rows that name none.
 *
 * @category constants
 * @since 0.1.0
 */
export const unknown = "unknown"

// ---------------------------------------------------------------------------
// Programs
// ---------------------------------------------------------------------------

/**
 * Makes a report from streams. Reads each stream once, and keeps totals only.
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
 * Makes a report of the account.
 *
 * The provider has no date filter for recordings, so their list is read from the newest down to the start of the window.
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
 * The zone of a report's days.
 *
 * @category getters
 * @since 0.1.0
 */
export const zoneOf = ({ zone }: Report): Zone.Zone => Zone.ofPolicy({ zone })

/**
 * The window in words, with its zone.
 *
 * @category rendering
 * @since 0.1.0
 */
export const span = (report: Report): string => `${Zone.span(report, zoneOf(report))} (${report.zone})`
