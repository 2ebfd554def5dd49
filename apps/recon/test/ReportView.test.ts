import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Report } from "@vobiz-effect/review"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Schema, Stream } from "effect"
import * as ReportView from "../src/ReportView.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 500, days: 2, until, currency: { list: "USD" } })
const window = { from: account.from, to: account.until }

const overHttp = Layer.mergeAll(FakeVobiz.FakeVobiz.layerVobiz({ account }), NodeServices.layer)

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
})
