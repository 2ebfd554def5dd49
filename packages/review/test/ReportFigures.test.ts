import { assert, describe, it } from "@vobiz-effect/test-support"
import {
  CallDetailRecord,
  CallDetailRecords,
  Money,
  PhoneNumber,
  Recording,
  Recordings,
  Trunk,
  Trunks
} from "@vobiz-effect/core"
import { Zone } from "@vobiz-effect/reconcile"
import { BigDecimal, DateTime, Duration, Effect, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Report from "../src/Report.ts"
import * as ReportTables from "../src/ReportTables.ts"

const midnight = Date.parse("2026-05-10T00:00:00Z")
const at = (seconds: number) => DateTime.makeUnsafe(midnight + seconds * 1000)
const day = 86_400
const window = { from: at(0), to: at(3 * day) }

interface Call {
  readonly start?: number
  /** Seconds; `null` where the row does not say. */
  readonly talk?: number | null
  readonly direction?: string | null
  readonly context?: string | null
  readonly trunk?: string | null
  readonly cost?: readonly [amount: string, currency: string] | null
}

const call = ({ context, cost, direction, start, talk, trunk }: Call, n: number) => {
  const money =
    cost === undefined || cost === null
      ? null
      : Money.Money.make({ amount: BigDecimal.fromStringUnsafe(cost[0]), currency: cost[1] })
  return CallDetailRecord.make({
    id: String(n),
    uuid: `call-${n}`,
    accountId: null,
    direction: direction ?? null,
    callerIdName: null,
    from: PhoneNumber.fromRaw("+918045670011"),
    to: null,
    startTime: at(start ?? 0),
    zoneStated: true,
    progressTime: null,
    answerTime: null,
    endTime: null,
    createdAt: null,
    updatedAt: null,
    duration: Duration.seconds((talk ?? 0) + 5),
    billsec: talk === null ? null : Duration.seconds(talk ?? 0),
    ringTime: Duration.seconds(5),
    cost: money,
    totalCost: money,
    streamingCost: null,
    hangupCause: null,
    hangupCauseCode: null,
    hangupCauseName: null,
    hangupDisposition: null,
    hangupSource: null,
    failureCode: null,
    failureReason: null,
    bridgeUuid: null,
    sipCallId: null,
    sipUserAgent: null,
    trunkId: trunk ?? null,
    context: context ?? null,
    codec: null,
    mos: null,
    jitter: null,
    packetLoss: null,
    networkAddr: null,
    carrierIp: null,
    customerEndpoint: null,
    terminatedTo: null,
    campaignId: null,
    region: null,
    originationRegion: null
  })
}

interface Recorded {
  readonly added?: number
  readonly type?: string
  readonly format?: string | null
  /** Milliseconds. */
  readonly length?: number | null
  readonly billed?: number | null
  readonly url?: string | null
}

const recording = ({ added, billed, format, length, type, url }: Recorded, n: number) =>
  Recording.make({
    recordingId: `recording-${n}`,
    callUuid: `call-${n}`,
    recordingType: type ?? "call",
    recordingFormat: format ?? null,
    recordingUrl: url ?? null,
    addTime: at(added ?? 0),
    startTime: null,
    endTime: null,
    duration: length === undefined || length === null ? null : Duration.millis(length),
    roundedDuration: billed === undefined || billed === null ? null : Duration.seconds(billed),
    conferenceName: null,
    from: null,
    to: null,
    storageDays: null,
    storageRate: null,
    monthlyStorageAmount: null,
    resourceUri: null
  })

const trunk = (trunkId: string, name: string | null, recording: boolean | null) =>
  Trunk.make({
    trunkId,
    accountId: null,
    name,
    domain: null,
    status: null,
    direction: null,
    recording,
    recordingWebhookEnabled: null,
    createdAt: null,
    updatedAt: null
  })

const run = (
  options: {
    readonly calls?: ReadonlyArray<Call>
    readonly recordings?: ReadonlyArray<Recorded>
    readonly trunks?: ReadonlyArray<Trunk.Trunk>
  },
  zone?: Zone.Zone
) =>
  Report.run({ window, zone }).pipe(
    Effect.provide(
      Layer.mergeAll(
        CallDetailRecords.CallDetailRecords.layerTest({ records: (options.calls ?? []).map(call) }),
        Recordings.Recordings.layerTest({ recordings: (options.recordings ?? []).map(recording) }),
        Trunks.Trunks.layerTest({ trunks: options.trunks ?? [] })
      )
    )
  )

const keys = (groups: ReadonlyArray<{ readonly key: string }>) => groups.map(({ key }) => key)

const printed = (amounts: ReadonlyArray<Money.Money>) => amounts.map((amount) => Money.format(amount)).toSorted()

const encode = Schema.encodeSync(Schema.toCodecJson(Report.Report))

describe("Report", () => {
  it.effect("says in each table of how many rows a sum is not known", () =>
    Effect.gen(function* () {
      const cells = (tables: ReturnType<typeof ReportTables.calls>) => tables[0]?.rows.map((row) => row.slice(1, 4))
      const some = yield* run({
        calls: [{ talk: 60 }, { talk: null }],
        recordings: [
          { length: 60_000, billed: 60 },
          { length: null, billed: null }
        ]
      })
      assert.deepStrictEqual(cells(ReportTables.calls(some)), [["2", "1 (1 unknown)", "0:01:00 (1 unknown)"]])
      assert.deepStrictEqual(cells(ReportTables.recordings(some)), [
        ["2", "0:01:00 (1 unknown)", "0:01:00 (1 unknown)"]
      ])
      const none = yield* run({ calls: [{ talk: null }], recordings: [{ length: null, billed: null }] })
      assert.deepStrictEqual(cells(ReportTables.calls(none)), [["1", "unknown", "unknown"]])
      assert.deepStrictEqual(cells(ReportTables.recordings(none)), [["1", "unknown", "unknown"]])
    })
  )

  it.effect("counts calls, talk and recordings", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(midnight + 4 * day * 1000)
      const { calls, generatedAt, recordings, trunks } = yield* run({
        calls: [{ talk: 60 }, { talk: 0 }, { talk: 12 }, { talk: null }],
        recordings: [
          { length: 59_400, billed: 60, url: "https://media.vobiz.ai/1.mp3" },
          { length: null, billed: null, url: null }
        ],
        trunks: [trunk("T1", "sales", true)]
      })
      assert.strictEqual(calls.calls, 4)
      assert.strictEqual(calls.answered, 2)
      // Nobody can tell whether that one was answered.
      assert.strictEqual(calls.withoutTalk, 1)
      assert.strictEqual(calls.talkSeconds, 72)
      assert.strictEqual(calls.seconds, 92)
      assert.deepStrictEqual(recordings, {
        recordings: 2,
        seconds: 59.4,
        billedSeconds: 60,
        withoutSeconds: 1,
        withoutBilledSeconds: 1,
        withoutFile: 1
      })
      assert.deepStrictEqual(trunks, [{ trunkId: "T1", name: "sales", recording: true }])
      assert.strictEqual(DateTime.formatIso(generatedAt), "2026-05-14T00:00:00.000Z")
    })
  )

  it.effect("never adds amounts across currencies, and counts the calls without any", () =>
    Effect.gen(function* () {
      const { calls } = yield* run({
        calls: [{ cost: ["0.1", "INR"] }, { cost: ["0.2", "INR"] }, { cost: ["0.004", "USD"] }, { cost: null }]
      })
      assert.deepStrictEqual(printed(calls.cost), ["0.004 USD", "0.3 INR"])
      assert.strictEqual(calls.withoutCost, 1)
    })
  )

  it.effect("takes what lies in the window: its start is in it, its end is not", () =>
    Effect.gen(function* () {
      const times = [-0.001, 0, 3 * day - 0.001, 3 * day]
      const { calls, recordings } = yield* run({
        calls: times.map((start) => ({ start })),
        recordings: times.map((added) => ({ added }))
      })
      assert.strictEqual(calls.calls, 2)
      assert.strictEqual(recordings.recordings, 2)
    })
  )

  it.effect("takes days in the zone asked for", () =>
    Effect.gen(function* () {
      const evening = { calls: [{ start: 20 * 3600 }], recordings: [{ added: 20 * 3600 }] }
      const utc = yield* run(evening)
      assert.deepStrictEqual(keys(utc.callsByDay), ["2026-05-10"])
      const zone = yield* Effect.fromOption(Zone.parse("asia/kolkata"))
      const india = yield* run(evening, zone)
      assert.deepStrictEqual(keys(india.callsByDay), ["2026-05-11"])
      assert.deepStrictEqual(keys(india.recordingsByDay), ["2026-05-11"])
      assert.strictEqual(india.zone, "asia/kolkata")
    })
  )

  it.effect("counts what does not say its group as unknown", () =>
    Effect.gen(function* () {
      const report = yield* run({ calls: [{}], recordings: [{ type: "" }] })
      for (const groups of [report.callsByDirection, report.callsByContext]) {
        assert.deepStrictEqual(keys(groups), [Report.unknown])
      }
      for (const groups of [report.recordingsByType, report.recordingsByFormat]) {
        assert.deepStrictEqual(keys(groups), [Report.unknown])
      }
      assert.deepStrictEqual(keys(report.callsByTrunk), ["no trunk named"])
    })
  )

  const oneOf = Schema.Literals
  const Calls = Schema.Array(
    Schema.Struct({
      start: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 * day - 1 })),
      talk: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600 }))),
      direction: Schema.NullOr(oneOf(["inbound", "outbound"])),
      context: Schema.NullOr(oneOf(["kamailio", "voice-api"])),
      trunk: Schema.NullOr(oneOf(["T1", "T2"])),
      cost: Schema.NullOr(Schema.Tuple([oneOf(["0.1", "0.45", "1.3"]), oneOf(["INR", "USD"])]))
    })
  )
  const Recorded = Schema.Array(
    Schema.Struct({
      added: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 * day - 1 })),
      type: oneOf(["call", "trunk", "conference", "new"]),
      format: Schema.NullOr(oneOf(["mp3", "wav"])),
      length: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 }))),
      billed: Schema.NullOr(oneOf([60, 120])),
      url: Schema.NullOr(oneOf(["https://media.vobiz.ai/1.mp3"]))
    })
  )

  it.effect.prop("adds up to the total by whatever it is grouped", [Calls, Recorded], ([calls, recordings]) =>
    Effect.gen(function* () {
      const report = yield* run({ calls, recordings })
      assert.strictEqual(report.calls.calls, calls.length)
      assert.strictEqual(report.recordings.recordings, recordings.length)
      for (const groups of [report.callsByDay, report.callsByDirection, report.callsByContext, report.callsByTrunk]) {
        for (const measure of ["calls", "answered", "withoutTalk", "talkSeconds", "seconds", "withoutCost"] as const) {
          assert.strictEqual(
            groups.reduce((sum, { totals }) => sum + totals[measure], 0),
            report.calls[measure]
          )
        }
        assert.deepStrictEqual(
          printed(Money.sumByCurrency(groups.flatMap(({ totals }) => totals.cost))),
          printed(report.calls.cost)
        )
      }
      for (const groups of [report.recordingsByDay, report.recordingsByType, report.recordingsByFormat]) {
        for (const measure of [
          "recordings",
          "billedSeconds",
          "withoutSeconds",
          "withoutBilledSeconds",
          "withoutFile"
        ] as const) {
          assert.strictEqual(
            groups.reduce((sum, { totals }) => sum + totals[measure], 0),
            report.recordings[measure]
          )
        }
        // Lengths are in whole milliseconds, whatever way they were added.
        const milliseconds = groups.reduce((sum, { totals }) => sum + Math.round(totals.seconds * 1000), 0)
        assert.strictEqual(milliseconds / 1000, report.recordings.seconds)
        assert.strictEqual(
          milliseconds,
          recordings.reduce((sum, { length }) => sum + (length ?? 0), 0)
        )
      }
    })
  )

  it.effect("is made of any streams", () =>
    Effect.gen(function* () {
      const report = yield* Report.fromStreams({
        cdrs: Stream.range(1, 1000).pipe(Stream.map((n) => call({ talk: n, start: n }, n))),
        recordings: Stream.empty,
        trunks: Stream.empty,
        window,
        zone: Zone.utc
      })
      assert.strictEqual(report.calls.calls, 1000)
      assert.strictEqual(report.calls.talkSeconds, 500_500)
    })
  )

  it.effect("fails with the first error of a stream", () =>
    Effect.gen(function* () {
      const error = yield* Report.fromStreams({
        cdrs: Stream.never,
        recordings: Stream.fail("no recordings"),
        trunks: Stream.empty,
        window,
        zone: Zone.utc
      }).pipe(Effect.flip)
      assert.strictEqual(error, "no recordings")
    })
  )

  it.effect("comes back from its JSON as it was", () =>
    Effect.gen(function* () {
      const report = yield* run({
        calls: [{ talk: 60, cost: ["0.45", "INR"], direction: "inbound" }],
        recordings: [{ length: 59_400, format: "mp3" }],
        trunks: [trunk("T1", null, null)]
      })
      const text = JSON.stringify(encode(report))
      assert.deepStrictEqual(JSON.parse(text).calls.cost, [{ amount: "0.45", currency: "INR" }])
      const read = yield* Schema.decodeUnknownEffect(Schema.toCodecJson(Report.Report))(JSON.parse(text))
      assert.strictEqual(JSON.stringify(encode(read)), text)
    })
  )
})
