import { assert, describe, Effort, layer, Seed } from "@vobiz-effect/test-support"
import { CallDetailRecord, Money, Recording } from "@vobiz-effect/core"
import { BigDecimal, DateTime, Duration, Effect, Stream } from "effect"

import { Billing, DuckDb, Reconciliation } from "../src/index.ts"
import * as Accounts from "./accounts.ts"
import { type Account, compared, standing } from "./reference.ts"
import { asOf, cdr, recording, trunk, window } from "./utils.ts"

const reconciled = (account: Partial<Account>, options: Reconciliation.Options = {}, now = asOf) =>
  Effect.map(
    Reconciliation.run({
      cdrs: Stream.fromIterable(account.cdrs ?? []),
      recordings: Stream.fromIterable(account.recordings ?? []),
      trunks: Stream.fromIterable(account.trunks ?? []),
      window,
      asOf: now,
      options
    }),
    ({ schema }) => schema
  )

const texts = (billed: ReadonlyArray<Billing.Billed>) =>
  billed.map(({ amount, cdrs }) => `${cdrs}: ${Money.format(amount)}`)

layer(DuckDb.DuckDb.layer({ threads: 1 }))("Billing", (it) => {
  describe("totals", () => {
    it.effect("adds up what was billed, twice, without talk and without recording, by currency", () =>
      Effect.gen(function* () {
        const schema = yield* reconciled({
          trunks: [trunk("on", true)],
          cdrs: [
            cdr({ uuid: "a", trunk: "on", cost: ["0.1", "INR"] }),
            cdr({ uuid: "b", trunk: "on", cost: ["0.2", "INR"], start: 37_000 }),
            cdr({ uuid: "c", trunk: "on", cost: ["0.7", "USD"], start: 38_000 }),
            // The row of b written again.
            cdr({ uuid: "d", trunk: "on", cost: ["0.25", "INR"], start: 50_000, sip: "s", id: 1 }),
            cdr({ uuid: "e", trunk: "on", cost: ["0.35", "INR"], start: 50_000, sip: "s", id: 2 }),
            // The row of e passed on by another account, and one that starts a second after b.
            cdr({ uuid: "e", trunk: "on", cost: ["0.6", "INR"], start: 50_000, sip: "s", id: 3, account: "SA_1" }),
            cdr({ uuid: "b", trunk: "on", cost: ["0.2", "INR"], start: 37_001, id: 9 }),
            cdr({ uuid: "f", cost: ["0.05", "INR"], talk: 0 }),
            cdr({ uuid: "g", cost: ["0", "INR"], talk: 5 }),
            cdr({ uuid: "h", cost: null }),
            cdr({ uuid: "k", cost: ["-0.3", "INR"], start: 39_000 }),
            cdr({ uuid: "before", cost: ["9", "INR"], start: -1 })
          ],
          recordings: [recording({ id: "r", call: "a" })]
        })
        const totals = yield* Billing.totals(schema)
        assert.deepStrictEqual(texts(totals.billed), ["8: 0.85 INR", "1: 0.7 USD"])
        assert.deepStrictEqual(texts(totals.passedOn), ["1: 0.6 INR"])
        assert.strictEqual(totals.unpriced, 1)
        assert.deepStrictEqual(texts(totals.unanswered), ["1: 0.05 INR"])
        assert.strictEqual(totals.free, 1)
        assert.deepStrictEqual(texts(totals.duplicates), ["1: 0.35 INR"])
        assert.deepStrictEqual(texts(totals.credits), ["1: -0.3 INR"])
        assert.deepStrictEqual(
          totals.gaps.map((gap) => `${gap.code} ${texts([gap]).join()}`),
          ["missing 2: 0.45 INR", "missing 1: 0.7 USD"]
        )
      })
    )

    it.effect("counts what nobody can tell as a gap of its own", () =>
      Effect.gen(function* () {
        const account = { trunks: [trunk("on", true)], cdrs: [cdr({ uuid: "a", trunk: "on", cost: ["0.1", "INR"] })] }
        const late = DateTime.addDuration(asOf, Duration.days(60))
        const { gaps } = yield* Billing.totals(yield* reconciled(account, {}, late))
        assert.deepStrictEqual(
          gaps.map(({ code }) => code),
          ["expired"]
        )
      })
    )

    it.effect("is exact, of accounts of every kind", () =>
      Effect.gen(function* () {
        for (const seed of Seed.seeds(Effort.sized({ quick: 2, full: 60 }))) {
          const { account, options, parameters } = Accounts.make(seed)
          // Amounts that no binary fraction is equal to.
          const cdrs = account.cdrs.map((row, n) => {
            const amount = BigDecimal.make(BigInt((n * 7_919 + seed) % 10_007), (n % 5) + 1)
            const cost = row.totalCost === null ? null : Money.Money.make({ amount, currency: row.totalCost.currency })
            return CallDetailRecord.make({ ...row, cost, totalCost: cost })
          })
          const schema = yield* reconciled({ ...account, cdrs }, options, parameters.asOf)
          const billed = standing(cdrs.map(compared)).cdrs.filter(({ startTime }) =>
            DateTime.between(startTime, {
              minimum: window.from,
              maximum: DateTime.subtractDuration(window.to, Duration.millis(1))
            })
          )
          const expected = Money.sumByCurrency(billed.flatMap(({ totalCost }) => totalCost ?? []))
          const totals = yield* Billing.totals(schema)
          // A bill that is passed on is a sum of its own.
          const told = Money.sumByCurrency([...totals.billed, ...totals.passedOn].map(({ amount }) => amount))
          const inOrder = (sums: ReadonlyArray<Money.Money>) =>
            sums.map((sum) => Money.format(sum)).toSorted((a, b) => (a.slice(-3) < b.slice(-3) ? -1 : 1))
          assert.deepStrictEqual(inOrder(told), inOrder(expected))
          assert.strictEqual(totals.unpriced, billed.filter(({ totalCost }) => totalCost === null).length)
        }
      })
    )
  })

  it.effect("currencies are compared where a CDR was read more than once", () =>
    Effect.gen(function* () {
      const schema = yield* reconciled({
        cdrs: [
          cdr({ uuid: "a", cost: ["0.45", "USD"] }),
          cdr({ uuid: "a", cost: ["0.45", "INR"] }),
          cdr({ uuid: "b", cost: ["0.45", "INR"], start: 40_000 }),
          cdr({ uuid: "b", cost: ["0.45", "INR"], start: 40_000 }),
          cdr({ uuid: "c", cost: ["0.45", "USD"], start: 41_000 }),
          cdr({ uuid: "d", cost: ["0.45", "USD"], start: 42_000 }),
          cdr({ uuid: "d", cost: null, start: 42_000 })
        ]
      })
      assert.deepStrictEqual(yield* Billing.currencies(schema), { compared: 2, disagreeing: 1 })
    })
  )

  it.effect("recordings' billed lengths are held against both roundings", () =>
    Effect.gen(function* () {
      const rounded = (id: string, length: number | null, billed: number | null, monthly: number | null = null) =>
        Recording.make({
          ...recording({ id, call: id, length }),
          roundedDuration: billed === null ? null : Duration.seconds(billed),
          monthlyStorageAmount: monthly
        })
      const schema = yield* reconciled({
        recordings: [
          // Fits both: up to the first minute, and both ways above the half.
          rounded("a", 7.88, 60, 0.1),
          rounded("b", 100, 120, 0.2),
          // 70 s: two minutes up, one to the nearest.
          rounded("c", 70, 120),
          rounded("d", 70, 60),
          rounded("e", 60, 180),
          rounded("f", null, 180),
          rounded("g", 60, null)
        ]
      })
      const found = yield* Billing.recordings(schema)
      assert.strictEqual(found.compared, 5)
      assert.strictEqual(found.unknown, 2)
      assert.strictEqual(Duration.toSeconds(found.measured), 307.88)
      assert.strictEqual(Duration.toSeconds(found.billed), 540)
      assert.deepStrictEqual(found.up, { fits: 3, deviation: 60_000 })
      assert.deepStrictEqual(found.nearest, { fits: 3, deviation: 180_000 })
      assert.strictEqual(found.monthlyAmount === null ? "" : BigDecimal.format(found.monthlyAmount), "0.3")
    })
  )

  it.effect("recordings of which no two lengths are known come to nothing", () =>
    Effect.gen(function* () {
      const schema = yield* reconciled({
        recordings: [
          recording({ id: "a", call: "a" }),
          Recording.make({ ...recording({ id: "b", call: "b", length: null }), roundedDuration: Duration.seconds(180) })
        ]
      })
      assert.deepStrictEqual(yield* Billing.recordings(schema), {
        compared: 0,
        unknown: 2,
        measured: Duration.zero,
        billed: Duration.zero,
        up: { fits: 0, deviation: 0 },
        nearest: { fits: 0, deviation: 0 },
        monthlyAmount: null
      })
    })
  )

  it.effect("recordings are rounded up at the first millisecond, and to the nearest at half a minute", () =>
    Effect.gen(function* () {
      // Milliseconds, and the seconds that they are up and to the nearest.
      const cases = [
        [1, 60, 60],
        [60_000, 60, 60],
        [60_001, 120, 60],
        [89_999, 120, 60],
        [90_000, 120, 120],
        [120_001, 180, 120],
        [150_000, 180, 180],
        [3_569_999, 3600, 3540],
        [3_570_000, 3600, 3600]
      ] as const
      const billed = Effect.fnUntraced(function* (rounding: 1 | 2) {
        const schema = yield* reconciled({
          recordings: cases.map((one) =>
            Recording.make({
              ...recording({ id: `r${one[0]}`, call: `r${one[0]}`, length: one[0] / 1000 }),
              roundedDuration: Duration.seconds(one[rounding])
            })
          )
        })
        return yield* Billing.recordings(schema)
      })
      assert.deepStrictEqual((yield* billed(1)).up, { fits: cases.length, deviation: 0 })
      assert.deepStrictEqual((yield* billed(2)).nearest, { fits: cases.length, deviation: 0 })
    })
  )

  it.effect("recordings are of the window that they began in", () =>
    Effect.gen(function* () {
      const of = (id: string, start: number, rounded: number) =>
        Recording.make({
          ...recording({ id, call: id, start, length: 60, add: start + 60 }),
          roundedDuration: Duration.minutes(rounded)
        })
      const schema = yield* reconciled({
        recordings: [of("before", -0.001, 1), of("first", 0, 2), of("last", 86_399.999, 4), of("after", 86_400, 8)]
      })
      const { billed, compared } = yield* Billing.recordings(schema)
      assert.deepStrictEqual([compared, billed], [2, Duration.minutes(6)])
    })
  )

  it.effect("of nothing, says nothing", () =>
    Effect.gen(function* () {
      const schema = yield* reconciled({})
      const totals = yield* Billing.totals(schema)
      assert.deepStrictEqual(totals, {
        billed: [],
        passedOn: [],
        unpriced: 0,
        unanswered: [],
        free: 0,
        duplicates: [],
        credits: [],
        gaps: []
      })
      assert.isNull((yield* Billing.measure(schema)).rates)
      assert.isNull((yield* Billing.recordings(schema)).monthlyAmount)
    })
  )
})
