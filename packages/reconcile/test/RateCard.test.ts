import { NodeServices } from "@effect/platform-node"
import { CallDetailRecord, Money, PhoneNumber } from "@vobiz-effect/core"
import { assert, describe, Effort, it, layer, Seed } from "@vobiz-effect/test-support"
import { BigDecimal, Duration, Effect, Exit, Stream } from "effect"

import { Billing, DuckDb, RateCard, RateCardError, Reconciliation } from "../src/index.ts"
import { asOf, cdr, money, window } from "./utils.ts"

type Call = CallDetailRecord.CallDetailRecord

const yaml = (rates: string, more = "") =>
  `version: 1\nname: voice\ncurrency: INR\nrounding: { decimals: 4, mode: half-up }\n${more}rates:\n${rates}`

const minute = 'pulse: { first: 60 seconds, next: 60 seconds }, price: "0.45", per: pulse'

const refused = (text: string) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(RateCard.parse(text, "r.yaml"))
    assert.instanceOf(error, RateCardError.RateCardError)
    return error.message.split("\n")
  })

const card = (rates: ReadonlyArray<Partial<RateCard.Rate>>, more: Partial<RateCard.RateCard> = {}): RateCard.RateCard =>
  ({
    version: 1,
    name: "voice",
    currency: "INR",
    rounding: { decimals: 4, mode: "half-up" },
    rates: rates.map((rate, n) => ({
      name: `rate ${n}`,
      pulse: { first: Duration.seconds(60), next: Duration.seconds(60) },
      price: "0.45",
      per: "pulse",
      ...rate
    })),
    ...more
  }) as RateCard.RateCard

const call = (row: Parameters<typeof cdr>[0], more: Partial<Call> = {}): Call =>
  CallDetailRecord.make({ ...cdr(row), ...more })

/** The charge in short, such as `0.9 for 120 s by rate 0`. */
const charged = (by: RateCard.RateCard, of: Call): string => {
  const charge = RateCard.charge(by, of)
  return charge._tag === "Unrated"
    ? charge.reason
    : `${BigDecimal.format(charge.amount)} for ${Duration.toSeconds(charge.billed)} s by ${charge.rate.name}`
}

describe("RateCard", () => {
  describe("parse", () => {
    it.effect("takes 0 to 9 decimals, and a currency of three capitals", () =>
      Effect.gen(function* () {
        const of = (decimals: string, currency = "INR") =>
          yaml(`  - { name: a, ${minute} }\n`)
            .replace("decimals: 4", `decimals: ${decimals}`)
            .replace("currency: INR", `currency: ${currency}`)
        for (const decimals of ["0", "9"]) {
          assert.strictEqual((yield* RateCard.parse(of(decimals))).rounding.decimals, Number(decimals))
        }
        for (const decimals of ["-1", "10", "0.5", "two"]) {
          assert.match((yield* refused(of(decimals)))[0] ?? "", /^r\.yaml:4:13: rounding\.decimals: /)
        }
        for (const currency of ["inr", "XINR", "INRX", "IN"]) {
          assert.match(
            (yield* refused(of("2", currency)))[0] ?? "",
            /^r\.yaml:3:1: currency: .*a currency, such as INR/
          )
        }
      })
    )

    it.effect("reads YAML and JSON, and knows a card again", () =>
      Effect.gen(function* () {
        const text = yaml(
          `  - { name: India, direction: outbound, prefix: "+91", trunks: [a], from: 2026-08-01, ${minute} }\n`
        )
        const read = yield* RateCard.parse(text)
        assert.strictEqual(read.rates[0].price, "0.45")
        assert.strictEqual(Duration.toSeconds(read.rates[0].pulse.first), 60)
        const again = yield* RateCard.parse(JSON.stringify(RateCard.encode(read)))
        assert.strictEqual(RateCard.fingerprint(again), RateCard.fingerprint(read))
        const other = yield* RateCard.parse(text.replace("0.45", "0.46"))
        assert.notStrictEqual(RateCard.fingerprint(other), RateCard.fingerprint(read))
      })
    )

    it.effect("reads the example", () =>
      Effect.gen(function* () {
        const example = yield* RateCard.read(new URL("../../../examples/rates.yaml", import.meta.url).pathname)
        assert.isAbove(example.rates.length, 1)
      }).pipe(Effect.provide(NodeServices.layer))
    )

    it.effect("says line, column and field of all that is wrong, at once", () =>
      Effect.gen(function* () {
        const lines = yield* refused(
          yaml(
            [
              "  - name: a",
              "    pulse: { first: 60 seconds, nxt: 60 seconds }",
              "    price: 0.45",
              "    per: hour",
              "  - name: b",
              "    prefx: +91",
              '    prefix: "91"',
              "    pulse: { first: 0.5 seconds, next: 60 seconds }",
              '    price: "-1"',
              "    per: minute",
              ""
            ].join("\n")
          )
        )
        const at = (start: string) =>
          assert.isTrue(
            lines.some((line) => line.startsWith(start)),
            `${start} in\n${lines.join("\n")}`
          )
        at('r.yaml:7:33: rates[0].pulse.nxt: there is no such field; is "next" meant?')
        at("r.yaml:7:5: rates[0].pulse.next: it is missing; add it")
        at("r.yaml:8:5: rates[0].price: put it in quotes")
        at("r.yaml:9:5: rates[0].per: ")
        at('r.yaml:11:5: rates[1].prefx: there is no such field; is "prefix" meant?')
        at("r.yaml:12:5: rates[1].prefix: Expected the beginning of a number, such as +91")
        at("r.yaml:13:14: rates[1].pulse.first: ")
        at("r.yaml:14:5: rates[1].price: Expected a decimal")
        assert.strictEqual(lines.length, 8)
      })
    )

    it.effect("says where it is no YAML, and what a card must have", () =>
      Effect.gen(function* () {
        assert.match((yield* refused("rates: ["))[0] ?? "", /^r\.yaml:1:9: [^:]/)
        const lines = yield* refused(yaml("  []\n").replace("currency: INR\n", ""))
        assert.deepStrictEqual(lines, [
          "r.yaml:1:1: currency: it is missing; add it",
          "r.yaml:4:1: rates[0]: the list is empty; name something"
        ])
      })
    )

    const pulsed = (pulse: string, more = "") => `  - { name: a, pulse: ${pulse}, price: "1", per: pulse${more} }\n`
    for (const [rates, expected] of [
      [
        pulsed("60"),
        "6:16: rates[0].pulse: Expected object; write both lengths, such as { first: 60 seconds, next: 60 seconds }"
      ],
      [
        pulsed("{ first: soon, next: 60 seconds }"),
        "6:25: rates[0].pulse.first: Expected a valid Duration string; write a number and its unit, such as 60 seconds"
      ],
      [
        pulsed("{ first: 60 seconds, next: 5 minuets }"),
        "6:44: rates[0].pulse.next: Expected a valid Duration string; write a number and its unit, such as 60 seconds"
      ],
      [
        pulsed("{ first: 60 seconds, next: 60 seconds }", ", trunks: one"),
        "6:88: rates[0].trunks: Expected array; write a list of ids, in brackets"
      ],
      ["  3\n", "5:1: rates: Expected array; write a list of rates"]
    ] as const) {
      it.effect(`says what to write: ${expected}`, () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* refused(yaml(rates)), [`r.yaml:${expected}`])
        })
      )
    }

    const twice = `  - { name: a, prefix: "+91", ${minute} }\n`
    for (const [what, second, expected] of [
      ["one prefix", `  - { name: b, prefix: "+91", ${minute} }\n`, "a call could have this rate and that of line 6"],
      ["one prefix, on a trunk", `  - { name: b, prefix: "+91", trunks: [t], ${minute} }\n`, "and that of line 6"],
      ["one name", `  - { name: a, ${minute} }\n`, "another rate has the same name"],
      ["no day", `  - { name: b, from: 2026-08-02, until: 2026-08-02, ${minute} }\n`, "the rate holds on no day"],
      [
        "a price of pulses of two lengths",
        '  - { name: b, pulse: { first: 30 seconds, next: 6 seconds }, price: "1", per: pulse }\n',
        "give the price of a minute"
      ]
    ] as const) {
      it.effect(`refuses rates of ${what}`, () =>
        Effect.gen(function* () {
          const lines = yield* refused(yaml(twice + second))
          assert.strictEqual(lines.length, 1)
          assert.match(lines[0] ?? "", /^r\.yaml:7:\d+: rates\[1\]\./)
          assert.include(lines[0], expected)
        })
      )
    }

    it.effect("takes rates of one prefix whose trunks, directions or days differ", () =>
      Effect.gen(function* () {
        const read = yield* RateCard.parse(
          yaml(
            [
              `  - { name: a, trunks: [t], ${minute} }`,
              `  - { name: b, trunks: [u], direction: inbound, ${minute} }`,
              `  - { name: c, trunks: [u], direction: outbound, until: 2026-08-15, ${minute} }`,
              `  - { name: d, trunks: [u], direction: outbound, from: 2026-08-15, ${minute} }`,
              ""
            ].join("\n")
          )
        )
        assert.strictEqual(read.rates.length, 4)
      })
    )
  })

  describe("charge", () => {
    it("bills begun pulses, the first of its own length", () => {
      const by = card([
        { pulse: { first: Duration.seconds(30), next: Duration.seconds(6) }, price: "0.6", per: "minute" }
      ])
      assert.deepStrictEqual(
        [0, 1, 30, 31, 36, 37, 60].map((talk) => charged(by, call({ uuid: "a", talk }))),
        [
          "0 for 0 s",
          "0.3 for 30 s",
          "0.3 for 30 s",
          "0.36 for 36 s",
          "0.36 for 36 s",
          "0.42 for 42 s",
          "0.6 for 60 s"
        ].map((text) => `${text} by rate 0`)
      )
    })

    it("rounds the whole amount once, as the card says", () => {
      // A third of a cent a second.
      const by = (mode: RateCard.RateCard["rounding"]["mode"], decimals = 2) =>
        card([{ pulse: { first: Duration.seconds(1), next: Duration.seconds(1) }, price: "0.2", per: "minute" }], {
          rounding: { decimals, mode }
        })
      const amounts = (mode: "up" | "down" | "half-up") =>
        [1, 2, 3, 4].map((talk) => charged(by(mode), call({ uuid: "a", talk })).split(" ", 1)[0])
      assert.deepStrictEqual(amounts("up"), ["0.01", "0.01", "0.01", "0.02"])
      assert.deepStrictEqual(amounts("down"), ["0", "0", "0.01", "0.01"])
      assert.deepStrictEqual(amounts("half-up"), ["0", "0.01", "0.01", "0.01"])
      assert.match(charged(by("half-up", 9), call({ uuid: "a", talk: 1 })), /^0\.003333333 /)
    })

    it("takes the longest prefix, of those whose direction, trunk and day are the call's", () => {
      const by = card(
        [
          { name: "any" },
          { name: "India", prefix: "+91" },
          { name: "Delhi in", prefix: "+9111", direction: "inbound" },
          { name: "98 on t", prefix: "+9198", trunks: ["t", "u"] },
          { name: "98 later", prefix: "+91981", from: "2026-08-02" }
        ],
        { zone: "Asia/Kolkata" }
      )
      const of = (row: Parameters<typeof cdr>[0]) => charged(by, call(row)).replace(/^.* by /, "")
      assert.strictEqual(of({ uuid: "a", to: "+14155550100" }), "any")
      assert.strictEqual(of({ uuid: "a", to: "+911145670012" }), "India")
      assert.strictEqual(of({ uuid: "a", to: "+919812345670" }), "India")
      assert.strictEqual(of({ uuid: "a", to: "+919812345670", trunk: "u" }), "98 on t")
      // The second of August begins at 18:30 of the first in UTC.
      assert.strictEqual(of({ uuid: "a", to: "+919812345670", trunk: "u", start: 66_599 }), "98 on t")
      assert.strictEqual(of({ uuid: "a", to: "+919812345670", trunk: "u", start: 66_600 }), "98 later")
      // Its zone is not known, so neither is its day; what no day decides is not in doubt.
      assert.strictEqual(of({ uuid: "a", to: "+919812345670", start: 66_600, zoneStated: false }), "unclear")
      assert.strictEqual(of({ uuid: "a", to: "+14155550100", start: 66_600, zoneStated: false }), "any")
    })

    it("does not guess what the CDR leaves open", () => {
      const by = card([{ prefix: "+91" }, { prefix: "+44", direction: "inbound" }])
      assert.strictEqual(charged(by, call({ uuid: "a", to: null })), "unclear")
      assert.strictEqual(charged(by, call({ uuid: "a", to: "+14155550100" })), "no-rate")
      assert.strictEqual(charged(by, call({ uuid: "a", to: "+442055550100" }, { direction: null })), "unclear")
      assert.strictEqual(charged(by, call({ uuid: "a" }, { billsec: null })), "talk-unknown")
    })
  })
})

const reconciled = (cdrs: ReadonlyArray<Call>, rates: RateCard.RateCard) =>
  Reconciliation.run({
    cdrs: Stream.fromIterable(cdrs),
    recordings: Stream.empty,
    trunks: Stream.empty,
    window,
    asOf,
    rates
  })

/** Whether a card can be read. */
const isValid = (of: RateCard.RateCard) =>
  Effect.exit(RateCard.parse(JSON.stringify(RateCard.encode(of)))).pipe(Effect.map(Exit.isSuccess))

/** A card and calls, of few prefixes, trunks, days and lengths, so that they meet in every way. */
const drawn = Effect.fnUntraced(function* (seed: number) {
  const next = Seed.generator(seed)
  const pick = <A>(...options: ReadonlyArray<A>) => options[Math.floor(next() * options.length)] as A
  const seconds = () => Duration.seconds(pick(1, 6, 30, 60, 61))
  const rate = (n: number): Partial<RateCard.Rate> => {
    const first = seconds()
    const isPerPulse = next() < 0.4
    return {
      name: `rate ${n}`,
      ...(next() < 0.3 ? {} : { prefix: pick("+9", "+91", "+9198", "+44") }),
      ...(next() < 0.5 ? {} : { direction: pick("inbound", "outbound") }),
      ...(next() < 0.5 ? {} : { trunks: pick<readonly [string, ...Array<string>]>(["t"], ["u"], ["t", "u"]) }),
      ...(next() < 0.7 ? {} : { from: pick("2026-07-31", "2026-08-01", "2026-08-02") }),
      ...(next() < 0.7 ? {} : { until: pick("2026-08-03", "2026-08-02") }),
      pulse: { first, next: isPerPulse ? first : seconds() },
      price: pick("0", "0.45", "0.333333333", "1", "999999.999999999"),
      per: isPerPulse ? "pulse" : "minute"
    }
  }
  const more = {
    zone: pick("UTC", "Asia/Kolkata"),
    rounding: { decimals: pick(0, 2, 4, 9), mode: pick<"up" | "down" | "half-up">("up", "down", "half-up") }
  }
  // Rates that are refused beside those before them are left out.
  const rates: Array<Partial<RateCard.Rate>> = []
  for (let n = 0; n < 8; n++) {
    const one = rate(n)
    if (yield* isValid(card([...rates, one], more))) rates.push(one)
  }
  const of = card(rates, more)
  const cdrs = Array.from({ length: 40 }, (_, n) => {
    const row = call(
      {
        uuid: `c${n}`,
        id: n,
        sip: `s${n}`,
        to: pick<string | null>("+919812345670", "+911145670012", "+442055550100", "+14155550100", null),
        trunk: pick<string | null>("t", "u", null),
        start: Math.floor(next() * 86_400),
        zoneStated: next() < 0.9,
        talk: pick(0, 1, 29, 30, 31, 60, 61, 3600),
        cost: ["0.45", pick("INR", "INR", "INR", "USD")]
      },
      { direction: pick<string | null>("inbound", "outbound", "outbound", null) }
    )
    const charge = RateCard.charge(of, row)
    // Half of the calls cost what the card says, others a billionth more or less, or something else.
    const expected = charge._tag === "Rated" ? charge.amount : BigDecimal.fromStringUnsafe("0.45")
    const off = BigDecimal.make(BigInt(pick(0, 0, 0, 1, -1, 450_000_000)), 9)
    const amount = BigDecimal.max(BigDecimal.sum(expected, off), BigDecimal.fromBigInt(0n))
    const currency = row.cost?.currency ?? "INR"
    const cost = next() < 0.05 ? null : Money.make({ amount, currency })
    return CallDetailRecord.make({ ...row, cost, ...(next() < 0.05 ? { billsec: null } : {}) })
  })
  return { card: of, cdrs }
})

/** What becomes of a charge, as `Billing` says it. */
const outcome = (of: RateCard.RateCard, row: Call): string => {
  const charge = RateCard.charge(of, row)
  if (charge._tag === "Unrated" && charge.reason === "talk-unknown") return charge.reason
  if (row.cost === null || row.totalCost === null) return "no-cost"
  if (row.cost.currency !== of.currency) return "other-currency"
  if (charge._tag === "Unrated") return charge.reason
  return BigDecimal.equals(charge.amount, row.cost.amount)
    ? "agrees"
    : `billed ${BigDecimal.format(row.cost.amount)}, expected ${BigDecimal.format(charge.amount)} by ${charge.rate.name}`
}

layer(DuckDb.DuckDb.layer({ threads: 1 }))("a reconciliation with a rate card", (it) => {
  it.effect("says of each charge what the card does, exactly", () =>
    Effect.gen(function* () {
      for (const seed of Seed.seeds(Effort.sized({ quick: 5, full: 200 }))) {
        const { card, cdrs } = yield* drawn(seed)
        const { findings, schema, summary } = yield* reconciled(cdrs, card)
        const outcomes = cdrs.map((row) => ({ uuid: row.uuid, outcome: outcome(card, row) }))
        const wrong = outcomes.filter(({ outcome }) => outcome.startsWith("billed"))
        const told = yield* Stream.runCollect(Billing.differing(schema))
        assert.deepStrictEqual(
          told
            .map(({ billed, expected, rate, uuid }) => ({
              uuid,
              outcome: `billed ${BigDecimal.format(billed.amount)}, expected ${BigDecimal.format(expected.amount)} by ${rate}`
            }))
            .toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1)),
          wrong.toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1)),
          `seed ${seed}`
        )
        const rated = yield* Billing.rated(schema, card)
        const of = (name: string) => outcomes.filter(({ outcome }) => outcome === name).length
        assert.deepStrictEqual([rated.agreeing, rated.differing], [of("agrees"), wrong.length])
        for (const lack of Billing.Lack.literals) assert.strictEqual(rated.unjudged[lack] ?? 0, of(lack), lack)
        assert.strictEqual(rated.over.cdrs + rated.under.cdrs, wrong.length)
        // What differs comes to the same, whether it is added up by rate or by what is too much and too little.
        const [billed, expected] = (["billed", "expected"] as const).map((side) =>
          rated.rates.reduce((sum, rate) => BigDecimal.sum(sum, rate[side].amount), BigDecimal.fromBigInt(0n))
        )
        assert.isTrue(
          BigDecimal.equals(
            BigDecimal.subtract(billed ?? BigDecimal.fromBigInt(0n), expected ?? BigDecimal.fromBigInt(0n)),
            BigDecimal.subtract(rated.over.amount.amount, rated.under.amount.amount)
          )
        )
        assert.strictEqual(summary.counts["charge-differs"], wrong.length)
        const found = yield* findings.pipe(
          Stream.filter(({ code }) => code === "charge-differs"),
          Stream.runCollect
        )
        assert.deepStrictEqual(
          found.map(({ cdrs }) => cdrs[0]?.uuid).toSorted(),
          wrong.map(({ uuid }) => uuid).toSorted()
        )
      }
    })
  )

  it.effect("says in a finding what was billed, what should have been, and by which rate", () =>
    Effect.gen(function* () {
      const by = card([{ name: "India to +919812345670", prefix: "+91" }])
      const { asking } = yield* reconciled([call({ uuid: "a", talk: 61, cost: ["1.2", "INR"] })], by)
      const finding = (yield* Stream.runCollect(asking)).find(({ code }) => code === "charge-differs")
      assert.strictEqual(
        finding?.explanation,
        `The provider billed 1.2 INR for the call's talk; the rate card says 0.9 INR for 120 s by rate "India to ${PhoneNumber.maskDigits("+919812345670")}".`
      )
      assert.strictEqual(
        finding?.amount === null || finding === undefined ? "" : Money.format(finding.amount),
        "1.2 INR"
      )
      assert.strictEqual(finding?.severity, "warning")
    })
  )

  it.effect("leaves to their own findings what bills a leg again, and credits", () =>
    Effect.gen(function* () {
      const twin = { start: 50_000, sip: "s" } as const
      const { schema, summary } = yield* reconciled(
        [
          call({ uuid: "d", cost: ["0.45", "INR"], id: 1, ...twin }),
          call({ uuid: "e", cost: ["0.35", "INR"], id: 2, ...twin }),
          call({ uuid: "k", cost: ["-0.3", "INR"] })
        ],
        card([{}])
      )
      const rated = yield* Billing.rated(schema, card([{}]))
      assert.deepStrictEqual([rated.agreeing, rated.differing, rated.unjudged], [1, 0, {}])
      assert.strictEqual(summary.counts["duplicate-cdr"], 1)
      assert.deepStrictEqual(
        summary.duplicateCost.map((amount) => Money.format(amount)),
        ["0.35 INR"]
      )
    })
  )

  it.effect("says of a call of which one cost is missing that it has none, and nothing of a credit by either", () =>
    Effect.gen(function* () {
      const zero = money("0", "INR")
      const { schema } = yield* reconciled(
        [
          call({ uuid: "a" }, { totalCost: null }),
          call({ uuid: "b", start: 41_000 }, { cost: null }),
          call({ uuid: "c", start: 42_000 }, { cost: zero }),
          call({ uuid: "d", start: 43_000, talk: 0 }, { cost: zero, totalCost: zero }),
          call({ uuid: "e", start: 44_000 }, { totalCost: money("-0.45", "INR") }),
          call({ uuid: "f", start: 45_000 }, { cost: money("-0.45", "INR") })
        ],
        card([{}])
      )
      const rated = yield* Billing.rated(schema, card([{}]))
      assert.deepStrictEqual([rated.agreeing, rated.differing, rated.unjudged], [1, 1, { "no-cost": 2 }])
    })
  )

  it.effect("counts rates apart whose names are the same when they are masked", () =>
    Effect.gen(function* () {
      const by = card([
        { name: "to +919812345671", prefix: "+91981" },
        { name: "to +918812345671", prefix: "+91982" }
      ])
      const { schema } = yield* reconciled(
        [
          call({ uuid: "a", to: "919812345670", cost: ["0.45", "INR"] }),
          call({ uuid: "b", to: "919822345670", cost: ["0.9", "INR"] })
        ],
        by
      )
      const { rates } = yield* Billing.rated(schema, by)
      assert.deepStrictEqual(
        rates.map(({ cdrs, differing, rate }) => [rate, cdrs, differing]),
        [
          [PhoneNumber.maskDigits("to +918812345671"), 1, 1],
          [PhoneNumber.maskDigits("to +919812345671"), 1, 0]
        ]
      )
    })
  )

  it.effect("judges the talk alone, and what was streamed by nobody's word", () =>
    Effect.gen(function* () {
      const streamed = call({ uuid: "a" }, { cost: money("0.45", "INR"), totalCost: money("0.65", "INR") })
      const { summary } = yield* reconciled([streamed], card([{}]))
      assert.strictEqual(summary.counts["charge-differs"], 0)
    })
  )
})
