import { NodeServices } from "@effect/platform-node"
import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import { Zone } from "@vobiz-effect/reconcile"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { BigDecimal, DateTime, Effect, Layer, Schema, Stream } from "effect"
import * as Report from "../src/Report.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 500, days: 2, until, currency: { list: "USD" } })
const window = { from: account.from, to: account.until }

const overHttp = Layer.mergeAll(FakeVobiz.FakeVobiz.layerVobiz({ account }), NodeServices.layer)

/** What the account shows, held in the in-memory doubles. */
const inMemory = Effect.gen(function* () {
  const records = yield* Effect.flatMap(CallDetailRecords.CallDetailRecords, (cdrs) =>
    Stream.runCollect(cdrs.stream(window))
  )
  const recordings = yield* Effect.flatMap(Recordings.Recordings, (service) => Stream.runCollect(service.stream()))
  const trunks = yield* Effect.flatMap(Trunks.Trunks, (service) => Stream.runCollect(service.stream))
  return Layer.mergeAll(
    CallDetailRecords.CallDetailRecords.layerTest({ records }),
    Recordings.Recordings.layerTest({ recordings }),
    Trunks.Trunks.layerTest({ trunks })
  )
}).pipe(Layer.unwrap, Layer.provide(overHttp))

const shown = <Entry extends { readonly availableAt: number }>(entries: ReadonlyArray<Entry>) =>
  entries.filter(({ availableAt }) => availableAt <= until.epochMilliseconds)

const encode = Schema.encodeSync(Schema.toCodecJson(Report.Report))

describe("Report.run", () => {
  it.effect("counts what the account holds", () =>
    Effect.gen(function* () {
      const report = yield* Report.run({ window })
      const cdrs = shown(account.cdrs)
      assert.strictEqual(report.calls.calls, cdrs.length)
      assert.strictEqual(report.calls.answered, cdrs.filter(({ row }) => row.billsec > 0).length)
      assert.strictEqual(
        report.calls.talkSeconds,
        cdrs.reduce((sum, { row }) => sum + row.billsec, 0)
      )
      const cents = cdrs.reduce((sum, { row }) => sum + Math.round(row.total_cost * 10_000), 0)
      assert.deepStrictEqual(
        report.calls.cost.map(({ amount, currency }) => [Number(BigDecimal.format(amount)) * 10_000, currency]),
        [[cents, "USD"]]
      )
      assert.strictEqual(report.recordings.recordings, shown(account.recordings).length)
    }).pipe(Effect.provide(overHttp))
  )

  it.effect("is the same over the in-memory doubles", () =>
    Effect.gen(function* () {
      const real = yield* Report.run({ window }).pipe(Effect.provide(overHttp))
      const double = yield* Report.run({ window }).pipe(Effect.provide(inMemory))
      const figures = (report: Report.Report) => encode(new Report.Report({ ...report, proofs: [] }))
      assert.deepStrictEqual(figures(double), figures(real))
      assert.deepStrictEqual(
        [...real.proofs, ...double.proofs].map(({ verdict }) => verdict),
        Array.from({ length: 6 }, () => "complete")
      )
    })
  )

  it.effect("adds up in every dimension", () =>
    Effect.gen(function* () {
      const report = yield* Report.run({ window, zone: yield* Effect.fromOption(Zone.parse("Asia/Kolkata")) })
      for (const groups of [report.callsByDay, report.callsByDirection, report.callsByContext, report.callsByTrunk]) {
        const sum = (of: (totals: typeof Report.Calls.Type) => number) =>
          groups.reduce((total, { totals }) => total + of(totals), 0)
        assert.strictEqual(
          sum(({ calls }) => calls),
          report.calls.calls
        )
        assert.strictEqual(
          sum(({ talkSeconds }) => talkSeconds),
          report.calls.talkSeconds
        )
      }
      for (const groups of [report.recordingsByDay, report.recordingsByType, report.recordingsByFormat]) {
        assert.strictEqual(
          groups.reduce((total, { totals }) => total + totals.billedSeconds, 0),
          report.recordings.billedSeconds
        )
      }
      // Two days of UTC touch three of India.
      assert.strictEqual(report.callsByDay.length, 3)
    }).pipe(Effect.provide(overHttp))
  )
})
