import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, Wait } from "@vobiz-effect/test-support"
import { DuckDb, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { RetryPolicy, Vobiz } from "@vobiz-effect/core"
import { DateTime, Duration, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Reconcile from "../src/Reconcile.ts"
import * as ReconcileView from "../src/ReconcileView.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 500, days: 2, until, currency: { list: "USD" } })
const window = { from: account.from, to: account.until }

const overHttp = Layer.mergeAll(FakeVobiz.FakeVobiz.layerVobiz({ account }), NodeServices.layer)

/** The same for a clock that runs ahead of the sockets: no attempt ends for that. */
const patient = Layer.unwrap(
  Effect.map(FakeVobiz.FakeVobiz, ({ settings }) =>
    Vobiz.layer({ ...settings, attemptTimeout: "30 days" }).pipe(
      Layer.provide(RetryPolicy.layer({ deadline: "30 days" }))
    )
  )
).pipe(Layer.provideMerge(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)))

describe("Reconcile.run", () => {
  it.effect("finds the account's truth, composed into a program of one's own", () =>
    Effect.gen(function* () {
      const { findings, summary } = yield* Reconcile.run({
        window,
        asOf: account.until,
        settings: {
          policy: Policy.short({
            numbers: Object.fromEntries(
              account.numbers.map(({ number, recorded }) => [number, recorded ? "must" : "may"])
            )
          })
        }
      })
      const missing = yield* findings.pipe(
        Stream.filter(({ code }) => code === "missing"),
        Stream.map(({ cdrs }) => cdrs[0]?.uuid),
        Stream.runCollect
      )
      const truth = account.truth.calls.filter(({ kind }) => kind === "missing").flatMap(({ cdrUuids }) => cdrUuids)
      assert.deepStrictEqual(missing.toSorted(), truth.toSorted())
      assert.strictEqual(summary.counts.orphan, account.truth.counts.orphan)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(overHttp, DuckDb.DuckDb.layer({}))))
  )

  it.effect("judges as of the instant that its lists are proved as of, and not of a request that was refused", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      yield* TestClock.setTime(account.until.epochMilliseconds)
      yield* server.setFaults(
        FaultPlan.one(
          { _tag: "RateLimited", seconds: 20, retryAfter: "header-seconds" },
          { on: ["recordings.list", "cdrs.list"], times: 2 }
        )
      )
      const running = yield* Effect.forkChild(Reconcile.run({ window, clockSkew: Duration.seconds(7) }))
      const { asOf, proofs } = yield* Wait.passing(running, "1 second")
      const instants = [proofs.cdrs, proofs.recordings].map((proof) =>
        proof === null || proof === "declared" ? 0 : (proof.asOf?.epochMilliseconds ?? 0)
      )
      const earliest = Math.min(...instants)
      assert.isAtLeast(earliest, account.until.epochMilliseconds + 20_000)
      // By the provider's clock.
      assert.strictEqual(asOf.epochMilliseconds, earliest + 7000)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(patient, DuckDb.DuckDb.layer({}))))
  )

  it.effect("says missing with no more confidence than the list's proof gives", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      yield* server.setFaults(
        FaultPlan.one({ _tag: "LyingTotal", delta: 7 }, { on: ["recordings.list"], times: "always" })
      )
      const result = yield* Reconcile.run({
        window,
        asOf: account.until,
        settings: { policy: Policy.short({ voiceApi: "must" }) }
      })
      const missing = yield* result.findings.pipe(
        Stream.filter(({ code }) => code === "missing"),
        Stream.runCollect
      )
      assert.isAbove(missing.length, 0)
      for (const { explanation, inDoubt, severity } of missing) {
        assert.deepStrictEqual([inDoubt, severity], [true, "warning"])
        assert.include(explanation, "not proved complete")
      }
      assert.match(ReconcileView.text(result, { width: 120, color: false }), /Missing recording +missing +in doubt/)
      assert.include(ReconcileView.json(result), '"verdict": "in-doubt"')
      // The trunks of calls that no rule judges, as a terminal shows them.
      const unlisted = (trunks: number, calls: number) =>
        ReconcileView.text(
          { ...result, unlisted: Array.from({ length: trunks }, (_, nth) => ({ trunkId: `t${nth}`, calls })) },
          { width: 300, color: false }
        )
      assert.include(
        unlisted(1, 1),
        '1 call is on a trunk that the account does not list (any more): "t0" (1)\n            Find out whether it recorded calls'
      )
      assert.include(
        unlisted(6, 2),
        '12 calls are on trunks that the account does not list (any more): "t0" (2), "t1" (2), "t2" (2), "t3" (2), "t4" (2) and 1 more\n            Find out whether they recorded calls'
      )
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(overHttp, DuckDb.DuckDb.layer({}))))
  )
})
