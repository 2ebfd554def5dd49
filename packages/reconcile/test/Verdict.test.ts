import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, DateTime, Effect, Stream } from "effect"

import { Coverage, DuckDb, Policy, PolicyUse, Reconciliation, Verdict } from "../src/index.ts"
import * as Make from "./utils.ts"

/** Calls that had to be recorded, by class, and the bounds that the proofs leave: by default those of the classes alone. */
const facts = (
  [recorded, unusable, missing, undetermined]: readonly [number, number, number, number],
  rest: Partial<Omit<Verdict.Facts, "target" | "classes">> & { readonly target?: string } & Partial<
      Pick<Coverage.Classes, "excluded" | "excused">
    > = {}
): Verdict.Facts => {
  const unjudged = (rest.unjudged ?? []).reduce((sum, { calls }) => sum + calls, 0)
  const classes = {
    recorded,
    partly: 0,
    unusable,
    missing,
    undetermined,
    unjudged,
    excused: rest.excused ?? 0,
    excluded: rest.excluded ?? 0
  }
  return {
    classes,
    cdrs: Object.values(classes).reduce((sum, calls) => sum + calls, 0),
    coverage: Coverage.within(Coverage.none)(classes),
    unjudged: [],
    undetermined: { settling: undetermined, trunkChanged: 0, expired: 0, otherAccount: 0, inConference: 0 },
    prohibited: 0,
    prohibitable: 0,
    prohibits: false,
    misnamed: 0,
    unproved: [],
    ...rest,
    target: rest.target === undefined ? undefined : BigDecimal.fromStringUnsafe(rest.target)
  }
}

const share = (numerator: number, denominator: number) => ({ numerator, denominator })
const unbounded = { lower: null, upper: null }
const rule = (calls: number, name = "voice-api"): Verdict.Unjudged => ({ rule: name, calls, place: null })

const cases: ReadonlyArray<readonly [string, Verdict.Facts, Verdict.Verdict["_tag"], string]> = [
  ["every call recorded, lists proved", facts([100, 0, 0, 0]), "assured", ""],
  ["no call in the window", facts([0, 0, 0, 0]), "unknown", "NoCalls"],
  ["no call in the window, which is normal", facts([0, 0, 0, 0], { allowEmpty: true }), "assured", ""],
  ["no call had to be recorded", facts([0, 0, 0, 0], { excluded: 40 }), "unknown", "NothingRequired"],
  [
    "no call had to be recorded, which is normal",
    facts([0, 0, 0, 0], { excluded: 40, allowEmpty: true }),
    "assured",
    ""
  ],
  ["every other call excused", facts([0, 0, 0, 0], { excused: 2, excluded: 1 }), "unknown", "AllExcused"],
  // That no call had to be recorded may be normal; that all were excused is not.
  ["every call excused, empty allowed", facts([0, 0, 0, 0], { excused: 2, allowEmpty: true }), "unknown", "AllExcused"],
  ["one excused, the others recorded", facts([9, 0, 0, 0], { excused: 1 }), "assured", ""],
  ["one excused, one missing", facts([9, 0, 1, 0], { excused: 1 }), "breached", "Missing BelowTarget"],
  ["every call recorded, trunks not proved", facts([100, 0, 0, 0], { unproved: ["trunks"] }), "unknown", "Unproved"],
  [
    "one missing, trunks not proved",
    facts([99, 0, 1, 0], { unproved: ["trunks"] }),
    "breached",
    "Missing BelowTarget Unproved"
  ],
  [
    "no call had to be recorded, which is normal, but a rule names a trunk that there is not",
    facts([0, 0, 0, 0], { excluded: 40, allowEmpty: true, misnamed: 1 }),
    "unknown",
    "UnknownTrunk"
  ],
  [
    "no call in the window, which is normal, whatever the rules name",
    facts([0, 0, 0, 0], { allowEmpty: true, misnamed: 1 }),
    "assured",
    ""
  ],
  ["no call seen, CDRs not proved", facts([0, 0, 0, 0], { unproved: ["cdrs"] }), "unknown", "NoCalls Unproved"],
  [
    "no call seen, which is normal, CDRs not proved",
    facts([0, 0, 0, 0], { unproved: ["cdrs"], allowEmpty: true }),
    "unknown",
    "Unproved"
  ],
  ["all calls unjudged", facts([0, 0, 0, 0], { unjudged: [rule(67)] }), "unknown", "Unjudged"],
  [
    "all calls unjudged, where nothing required is normal",
    facts([0, 0, 0, 0], { unjudged: [rule(67)], allowEmpty: true }),
    "unknown",
    "Unjudged"
  ],
  ["one of a million missing", facts([999_999, 0, 1, 0]), "breached", "Missing BelowTarget"],
  ["one silent", facts([99, 1, 0, 0]), "breached", "Unusable BelowTarget"],
  ["one settling", facts([99, 0, 0, 1]), "unknown", "AroundTarget Undetermined"],
  ["none can be told", facts([0, 0, 0, 25]), "unknown", "AroundTarget Undetermined"],
  ["one missing, one settling", facts([98, 0, 1, 1]), "breached", "Missing BelowTarget"],
  [
    "one missing, but its recording may be unread",
    facts([99, 0, 1, 0], { unproved: ["recordings"], coverage: { lower: share(99, 100), upper: share(100, 100) } }),
    "unknown",
    "AroundTarget Unproved"
  ],
  [
    "surely too few recorded, some of the missing perhaps unread",
    facts([60, 0, 40, 0], { unproved: ["recordings"], coverage: { lower: share(60, 100), upper: share(80, 100) } }),
    "breached",
    "Missing BelowTarget Unproved"
  ],
  ["all recorded, recordings not proved", facts([100, 0, 0, 0], { unproved: ["recordings"] }), "assured", ""],
  [
    "all recorded, CDRs unread",
    facts([100, 0, 0, 0], { unproved: ["cdrs"], coverage: unbounded }),
    "unknown",
    "AroundTarget Unproved"
  ],
  ["no rule for two", facts([100, 0, 0, 0], { unjudged: [rule(2)] }), "unknown", "Unjudged"],
  ["a prohibited recording, all else well", facts([100, 0, 0, 0], { prohibited: 1 }), "breached", "Prohibited"],
  ["a recording deleted since, all else well", facts([100, 0, 0, 0], { vanished: 1 }), "breached", "Vanished"],
  [
    "recordings deleted since, whatever the target tolerates",
    facts([95, 0, 5, 0], { vanished: 2, target: "90" }),
    "breached",
    "Vanished"
  ],
  [
    "a prohibited recording, whatever the target tolerates",
    facts([95, 0, 5, 0], { prohibited: 2, target: "90" }),
    "breached",
    "Prohibited"
  ],
  [
    "only a prohibited recording",
    facts([0, 0, 0, 0], { excluded: 1, prohibited: 1 }),
    "breached",
    "Prohibited NothingRequired"
  ],
  [
    "calls that must not be recorded may be",
    facts([100, 0, 0, 0], { prohibitable: 3, maybeProhibited: 2 }),
    "unknown",
    "MaybeProhibited"
  ],
  [
    "a prohibited recording may be unseen",
    facts([100, 0, 0, 0], { prohibitable: 3, prohibits: true, unproved: ["recordings"] }),
    "unknown",
    "UnseenProhibited"
  ],
  [
    "a prohibited call may be unseen, the target met at worst",
    facts([100, 0, 0, 0], {
      prohibits: true,
      unproved: ["cdrs"],
      coverage: { lower: share(100, 101), upper: share(101, 101) },
      target: "90"
    }),
    "unknown",
    "UnseenProhibited"
  ],
  [
    "no call of the window is prohibited, and all are known",
    facts([100, 0, 0, 0], { prohibits: true, unproved: ["recordings"] }),
    "assured",
    ""
  ],
  ["target 99, one of 200 missing", facts([199, 0, 1, 0], { target: "99" }), "assured", ""],
  [
    "target 99, met at worst in spite of doubts",
    facts([199, 0, 0, 1], { target: "99", unproved: ["cdrs"] }),
    "assured",
    ""
  ],
  ["target 99, surely below", facts([90, 1, 9, 0], { target: "99" }), "breached", "Missing Unusable BelowTarget"],
  ["target 99, bounds on both sides", facts([98, 0, 0, 2], { target: "99" }), "unknown", "AroundTarget Undetermined"],
  ["target met to the last digit", facts([999, 0, 1, 0], { target: "99.9" }), "assured", ""],
  [
    "target missed by the last digit",
    facts([999, 0, 1, 0], { target: "99.9000000000000000001" }),
    "breached",
    "Missing BelowTarget"
  ]
]

describe("Verdict.of", () => {
  for (const [name, given, tag, reasons] of cases) {
    it(`${name}: ${tag}`, () => {
      const verdict = Verdict.of(given)
      assert.strictEqual(verdict._tag, tag)
      assert.strictEqual(verdict.reasons.map(({ _tag }) => _tag).join(" "), reasons)
    })
  }
})

describe("in words", () => {
  const line = (given: Verdict.Facts) => Verdict.headline(Verdict.of(given), given)
  const sentences = (given: Verdict.Facts) => Verdict.of(given).reasons.map(Verdict.sentence)

  it("one line, which counts what a target tolerates", () => {
    assert.strictEqual(line(facts([1204, 0, 0, 0])), "Assured: all 1,204 calls that had to be recorded are")
    assert.strictEqual(line(facts([1, 0, 0, 0])), "Assured: the only call that had to be recorded is")
    assert.strictEqual(line(facts([0, 0, 0, 0], { allowEmpty: true })), "Assured: no call had to be recorded")
    assert.strictEqual(line(facts([96, 1, 3, 0], { target: "90" })), "Assured: target 90% met; 3 missing, 1 unusable")
    assert.strictEqual(
      line(facts([96, 1, 3, 0], { prohibited: 2 })),
      "Breached: 2 prohibited, 3 missing, 1 unusable, coverage 96.00%, target 100%"
    )
    assert.strictEqual(
      line(facts([95, 1, 4, 0], { prohibited: 2, target: "90" })),
      "Breached: 2 prohibited; target 90% met; 4 missing, 1 unusable"
    )
    assert.strictEqual(
      line(facts([96, 0, 1, 3], { unjudged: [rule(67)], target: "90" })),
      "Unknown: 67 unjudged; target 90% met; 1 missing, 3 undetermined"
    )
    assert.strictEqual(
      line(facts([98, 0, 0, 2], { unjudged: [rule(67)], target: "99.50" })),
      "Unknown: coverage between 98.00% and 100.00%, target 99.5%, 2 undetermined, 67 unjudged"
    )
    assert.strictEqual(line(facts([0, 0, 0, 0])), "Unknown: no calls in the window")
    assert.strictEqual(
      line(facts([0, 0, 0, 0], { excluded: 40, misnamed: 2 })),
      "Unknown: none of 40 calls had to be recorded, 2 rules name unknown trunks"
    )
    assert.strictEqual(
      line(facts([1, 0, 0, 0], { prohibits: true, prohibitable: 1, unproved: ["cdrs", "recordings"] })),
      "Unknown: a prohibited recording may be unseen"
    )
  })

  it("each reason is a sentence that says what settles it", () => {
    assert.deepStrictEqual(sentences(facts([97, 1, 2, 0], { prohibited: 1 })), [
      "1 call must not be recorded, and is.",
      "2 calls had to be recorded, and are not.",
      "1 call had to be recorded, and has no usable audio.",
      "Coverage is 97.00%, below the target of 100%."
    ])
    const undetermined = { settling: 1, trunkChanged: 1, expired: 1, otherAccount: 1, inConference: 0 }
    assert.deepStrictEqual(sentences(facts([96, 0, 0, 4], { undetermined, unproved: ["recordings"], target: "99" })), [
      "Cannot tell whether coverage reaches 99%: it is between 96.00% and 100.00%.",
      "Cannot tell whether 4 calls are recorded: 1 ended too recently; 1 is on a trunk that was changed since; 1 is older than the provider keeps recordings, and not archived; 1 is of another account.",
      "The list of recordings is not proved complete."
    ])
    assert.deepStrictEqual(
      sentences(
        facts([1, 0, 0, 0], {
          unjudged: [rule(60), rule(4, "default"), { rule: "desk", calls: 3, place: "policy.yaml:7" }],
          unproved: ["recordings"],
          prohibitable: 1
        })
      ),
      [
        "A prohibited recording may be unseen: the list of recordings is not proved complete.",
        'No rule judges 67 calls: 60 by rule "voice-api" (set --voice-api to must or may, or add a rule to the policy); 4 by the default (add a rule to the policy, or change its default); 3 by rule "desk" (change rule "desk" in policy.yaml:7).'
      ]
    )
    assert.deepStrictEqual(sentences(facts([1, 0, 0, 0], { maybeProhibited: 1, prohibitable: 1 })), [
      "Cannot tell whether 1 call that must not be recorded is: a recording of the same conversation does not say when it ran."
    ])
    assert.deepStrictEqual(sentences(facts([0, 0, 0, 0], { excluded: 1 })), [
      "The only call did not have to be recorded. Check the policy, or set --allow-empty if that is right."
    ])
    assert.deepStrictEqual(sentences(facts([1, 0, 0, 0], { unproved: ["cdrs"], coverage: unbounded })), [
      "Cannot tell whether coverage reaches 100%: it is not known.",
      "The list of CDRs is not proved complete."
    ])
  })

  it("is plain data", () => {
    const given = facts([98, 0, 2, 0], { target: "99.9" })
    const report = Verdict.report(Verdict.of(given), given)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(report)), report)
    assert.deepStrictEqual(report, {
      state: "breached",
      line: "Breached: 2 missing, coverage 98.00%, target 99.9%",
      reasons: [
        { _tag: "Missing", calls: 2, sentence: "2 calls had to be recorded, and are not." },
        {
          _tag: "BelowTarget",
          coverage: { lower: share(98, 100), upper: share(98, 100) },
          target: "99.9",
          sentence: "Coverage is 98.00%, below the target of 99.9%."
        }
      ]
    })
  })
})

describe("the answer", () => {
  const empty = Coverage.empty
  const ratio = (numerator: number, denominator: number) => ({ numerator, denominator })
  const coverage = { lower: ratio(9, 10), upper: ratio(9, 10) }
  const cases: ReadonlyArray<readonly [Verdict.Verdict, Partial<Coverage.Classes>, string]> = [
    [{ _tag: "assured", reasons: [] }, { recorded: 10 }, "Yes. All 10 calls that had to be recorded are."],
    [{ _tag: "assured", reasons: [] }, { recorded: 1 }, "Yes. The only call that had to be recorded is."],
    [{ _tag: "assured", reasons: [] }, {}, "Yes. No call had to be recorded."],
    [
      { _tag: "assured", reasons: [] },
      { recorded: 9, missing: 1, undetermined: 2 },
      "Yes. The target of 90% is met, though 1 call has no recording and 2 calls are undetermined."
    ],
    [
      {
        _tag: "breached",
        reasons: [
          { _tag: "Prohibited", calls: 1 },
          { _tag: "Missing", calls: 2 },
          { _tag: "Unusable", calls: 1 },
          { _tag: "BelowTarget", coverage, target: "100" }
        ]
      },
      { recorded: 9, missing: 2, unusable: 1 },
      "No. 2 calls that had to be recorded have no recording, 1 call has no usable audio and 1 call is recorded that must not be."
    ],
    [
      { _tag: "unknown", reasons: [{ _tag: "NoCalls" }] },
      {},
      "Cannot tell. The window has no calls. Set --allow-empty if quiet windows are normal."
    ]
  ]
  for (const [verdict, classes, words] of cases) {
    it(words, () => {
      const target = BigDecimal.fromStringUnsafe("90")
      assert.strictEqual(Verdict.answer(verdict, { classes: { ...empty, ...classes }, target }), words)
    })
  }
})

describe("of excused calls", () => {
  it("tells how many with every verdict", () => {
    const lines = [
      facts([9, 0, 0, 0], { excused: 1 }),
      facts([9, 0, 1, 0], { excused: 2 }),
      facts([0, 0, 0, 0], { excused: 3 })
    ]
    assert.deepStrictEqual(
      lines.map((given) => Verdict.headline(Verdict.of(given), given)),
      [
        "Assured: all 9 calls that had to be recorded are; 1 excused",
        "Breached: 1 missing, coverage 90.00%, target 100%; 2 excused",
        "Unknown: no other call had to be recorded; 3 excused"
      ]
    )
    assert.deepStrictEqual(
      lines.map((given) => Verdict.answer(Verdict.of(given), given)),
      [
        "Yes. All 9 calls that had to be recorded are. The policy excuses 1 call more.",
        "No. 1 call that had to be recorded has no recording. The policy excuses 2 calls more.",
        "Cannot tell. All 3 calls that had to be recorded are excused, so nothing shows that calls are recorded."
      ]
    )
  })

  const policyOf = (expires: string) => `version: 1
name: desk
rules: []
excuses:
  - name: outage
    reason: recorder upgrade
    reference: CHG-881
    approver: head of compliance
    expires: ${expires}
    when: { since: 2026-08-01T10:00:00Z, until: 2026-08-01T11:00:00Z }
  - name: fire drill
    reason: the office was empty
    reference: FAC-7
    approver: head of compliance
    expires: 2030-01-01T00:00:00Z
    when: { campaigns: [drill] }
default: must
`
  const excused = (expires: string) =>
    Effect.gen(function* () {
      const result = yield* Reconciliation.run({
        cdrs: Stream.make(
          Make.cdr({ uuid: "a", start: 36_000 }),
          Make.cdr({ uuid: "partly", start: 36_100 }),
          // What is recorded is recorded, also during the outage.
          Make.cdr({ uuid: "b", start: 36_200 }),
          Make.cdr({ uuid: "c", start: 40_000 })
        ),
        recordings: Stream.make(
          Make.recording({ id: "p", call: "partly", start: 36_100, length: 20 }),
          Make.recording({ id: "r", call: "b" }),
          Make.recording({ id: "s", call: "c" })
        ),
        trunks: Stream.empty,
        proofs: Effect.succeed(Coverage.declared),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: yield* Policy.parse(policyOf(expires), "policy.yaml") }
      })
      return { ...result, rows: yield* Stream.runCollect(result.findings) }
    }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))

  it.effect("counts them apart, and the coverage with and without", () =>
    Effect.gen(function* () {
      const { classes, coverage, doubts, rows, summary, talk, unexcused, verdict } =
        yield* excused("2026-10-01T00:00:00Z")
      assert.deepStrictEqual(classes, { ...Coverage.empty, recorded: 2, excused: 2 })
      assert.deepStrictEqual(coverage, { lower: share(2, 2), upper: share(2, 2) })
      assert.deepStrictEqual(unexcused, { lower: share(2, 4), upper: share(2, 4) })
      assert.deepStrictEqual(talk, { base: 120_000, least: 110_000, most: 120_000, excused: 120_000 })
      assert.strictEqual(verdict._tag, "assured")
      assert.deepStrictEqual(summary.excuses, { outage: 2 })
      assert.deepStrictEqual(
        rows.map(({ code }) => code),
        ["excused", "excused", "matched", "matched"]
      )
      assert.strictEqual(
        rows[1]?.explanation,
        'The call had to be recorded (no rule of the policy says otherwise), but is not in full: 20 s of 60 s, gap 0:20 to 1:00 from the start of talk. It is excused by "outage": recorder upgrade (CHG-881, approved by head of compliance until 2026-10-01T00:00:00.000Z).'
      )
      assert.deepStrictEqual(doubts.map(PolicyUse.sentence), [
        'policy.yaml:11: excuse "fire drill" excused no call of the window'
      ])
    })
  )

  it.effect("excuses nothing any more when the approval has expired, and says so", () =>
    Effect.gen(function* () {
      const expires = DateTime.formatIso(Make.asOf)
      const { classes, doubts, verdict } = yield* excused(expires)
      assert.deepStrictEqual(classes, { ...Coverage.empty, recorded: 2, missing: 1, partly: 1 })
      assert.strictEqual(verdict._tag, "breached")
      assert.include(
        doubts.map(PolicyUse.sentence),
        `policy.yaml:5: excuse "outage" expired at ${expires} and excuses nothing: renew it, or remove it`
      )
    })
  )
})

describe("of a reconciliation", () => {
  const text = `version: 1
name: desk
rules:
  - name: mumbai
    verdict: must
    when: { trunks: [Mumbay] }
  - name: pune
    verdict: must
    when: { trunks: [Pune] }
  - name: reception
    verdict: unknown
    when: { trunk: none }
default: may
`
  it.effect("names the rules and lines to look at, and the nearest trunk", () =>
    Effect.gen(function* () {
      const policy = yield* Policy.parse(text, "policy.yaml")
      const result = yield* Reconciliation.run({
        cdrs: Stream.make(Make.cdr({ uuid: "a", trunk: "Mumbai" }), Make.cdr({ uuid: "b", start: 37_000 })),
        recordings: Stream.empty,
        trunks: Stream.make(Make.trunk("Mumbai", true), Make.trunk("Pune", true)),
        proofs: Effect.succeed(Coverage.declared),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy }
      })
      assert.deepStrictEqual(result.verdict.reasons.map(Verdict.sentence), [
        "1 rule of the policy names a trunk that the account does not have: correct its name.",
        'No rule judges 1 call: 1 by rule "reception" (change rule "reception" in policy.yaml:10).'
      ])
      assert.deepStrictEqual(result.doubts.map(PolicyUse.sentence), [
        'policy.yaml:4: rule "mumbai" names trunk "Mumbay", which the account does not have; did you mean "Mumbai"?',
        'policy.yaml:4: rule "mumbai" decided no call of the window',
        'policy.yaml:7: rule "pune" decided no call of the window'
      ])
    }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))
  )

  it.effect("is unknown where nobody says that the lists are whole", () =>
    Effect.gen(function* () {
      const given = {
        cdrs: Stream.make(Make.cdr({ uuid: "a" })),
        recordings: Stream.make(Make.recording({ id: "r", call: "a" })),
        trunks: Stream.empty,
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: Policy.short({ voiceApi: "must" }) }
      }
      const { verdict } = yield* Reconciliation.run(given)
      assert.deepStrictEqual(
        verdict.reasons.map(({ _tag }) => _tag),
        ["AroundTarget", "Unproved", "Unproved"]
      )
      const proved = yield* Reconciliation.run({ ...given, proofs: Effect.succeed(Coverage.declared) })
      assert.strictEqual(proved.verdict._tag, "assured")
    }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))
  )
})
