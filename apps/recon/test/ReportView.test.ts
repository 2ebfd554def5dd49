import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Money } from "@vobiz-effect/core"
import { Report } from "@vobiz-effect/review"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { BigDecimal, DateTime, Effect, Layer, Schema, Stream } from "effect"
import * as ReportView from "../src/ReportView.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 500, days: 2, until, currency: { list: "USD" } })
const window = { from: account.from, to: account.until }

const overHttp = Layer.mergeAll(FakeVobiz.FakeVobiz.layerVobiz({ account }), NodeServices.layer)

/** Every figure of it is another. */
const callsOf = (first: number, cost: ReadonlyArray<readonly [string, string]>) => ({
  calls: first,
  answered: first + 1,
  talkSeconds: first + 2,
  seconds: first + 3,
  cost: cost.map(([amount, currency]) => Money.make({ amount: BigDecimal.fromStringUnsafe(amount), currency })),
  withoutCost: first + 4,
  withoutTalk: first - 50
})
const recordingsOf = (first: number) => ({
  recordings: first,
  seconds: first + 1,
  billedSeconds: first + 2,
  withoutSeconds: first + 3,
  withoutBilledSeconds: first + 4,
  withoutFile: first + 5
})
const made = new Report.Report({
  from: window.from,
  to: window.to,
  zone: "UTC",
  generatedAt: until,
  calls: callsOf(100, [
    ["1.50", "INR"],
    ["0.25", "USD"]
  ]),
  callsByDay: [
    { key: "2026-11-18", totals: callsOf(200, []) },
    { key: "2026-11-19", totals: callsOf(210, []) }
  ],
  callsByDirection: [{ key: "inbound", totals: callsOf(300, []) }],
  callsByContext: [{ key: "trunk", totals: callsOf(400, []) }],
  callsByTrunk: [{ key: "=T1", totals: callsOf(500, []) }],
  recordings: recordingsOf(600),
  recordingsByDay: [{ key: "2026-11-18", totals: recordingsOf(700) }],
  recordingsByType: [{ key: "call", totals: recordingsOf(800) }],
  recordingsByFormat: [{ key: "mp3", totals: recordingsOf(900) }],
  trunks: [],
  proofs: []
})

describe("ReportView", () => {
  it.effect("tells the same figures as text, CSV and JSON", () =>
    Effect.gen(function* () {
      const report = yield* Report.run({ window })
      const calls = report.calls.calls
      assert.include(ReportView.text(report, { width: 100, color: false }), `Calls       ${calls} (`)
      const csv = yield* ReportView.csv(report).pipe(Stream.decodeText, Stream.mkString)
      assert.include(csv, `\r\ncalls,all,calls,${calls},calls\r\n`)
      const json = JSON.parse(ReportView.json(report))
      const read = yield* Schema.decodeUnknownEffect(Schema.toCodecJson(Report.Report))(json)
      assert.strictEqual(read.calls.calls, calls)
      assert.strictEqual(ReportView.json(read), ReportView.json(report))
    }).pipe(Effect.provide(overHttp))
  )

  it("tells a terminal what has no cost, no file and no length, where there is some", () => {
    const head = (report: Report.Report) =>
      ReportView.text(report, { width: 100, color: false }).split("\n").slice(2, 9)
    assert.deepStrictEqual(head(made), [
      // 101 of the 50 calls whose talk time is known.
      "Calls       100 (101 answered, 202.00%), 0:01:42 of talk",
      "            50 of them do not tell their talk time",
      "Cost        1.50 INR, 0.25 USD, and 104 calls without a cost",
      "Recordings  600, 0:10:01 long, billed 0:10:02",
      "            605 of them have no file yet",
      "            603 of them do not tell their length",
      "            604 of them do not tell their billed length"
    ])
    const whole = new Report.Report({
      ...made,
      calls: { ...made.calls, withoutCost: 0, withoutTalk: 0 },
      recordings: { ...made.recordings, withoutFile: 0, withoutSeconds: 0, withoutBilledSeconds: 0 }
    })
    assert.deepStrictEqual(head(whole).slice(1, 4), [
      "Cost        1.50 INR, 0.25 USD",
      "Recordings  600, 0:10:01 long, billed 0:10:02",
      ""
    ])
  })

  it.effect("has every figure in its CSV, by section, with its unit", () =>
    Effect.gen(function* () {
      const ofCalls = (section: string, key: string, first: number, cost: ReadonlyArray<string> = []) => [
        `${section},${key},calls,${first},calls`,
        `${section},${key},answered,${first + 1},calls`,
        `${section},${key},without talk,${first - 50},calls`,
        `${section},${key},talk,${first + 2},seconds`,
        `${section},${key},duration,${first + 3},seconds`,
        ...cost.map((cost) => `${section},${key},cost,${cost}`),
        `${section},${key},without cost,${first + 4},calls`
      ]
      const ofRecordings = (section: string, key: string, first: number) => [
        `${section},${key},recordings,${first},recordings`,
        `${section},${key},length,${first + 1},seconds`,
        `${section},${key},billed,${first + 2},seconds`,
        `${section},${key},without length,${first + 3},recordings`,
        `${section},${key},without billed length,${first + 4},recordings`,
        `${section},${key},without file,${first + 5},recordings`
      ]
      const csv = yield* ReportView.csv(made).pipe(Stream.decodeText, Stream.mkString)
      assert.deepStrictEqual(csv.split("\r\n"), [
        "section,key,measure,value,unit",
        ...ofCalls("calls", "all", 100, ["1.5,INR", "0.25,USD"]),
        ...ofCalls("calls by day", "2026-11-18", 200),
        ...ofCalls("calls by day", "2026-11-19", 210),
        ...ofCalls("calls by direction", "inbound", 300),
        ...ofCalls("calls by context", "trunk", 400),
        ...ofCalls("calls by trunk", "'=T1", 500),
        ...ofRecordings("recordings", "all", 600),
        ...ofRecordings("recordings by day", "2026-11-18", 700),
        ...ofRecordings("recordings by type", "call", 800),
        ...ofRecordings("recordings by format", "mp3", 900),
        ""
      ])
    })
  )
})
