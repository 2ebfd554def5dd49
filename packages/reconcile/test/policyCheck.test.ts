import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Option } from "effect"

import * as Check from "../src/internal/policyCheck.ts"
import type { Conditions, Excuse, Rule } from "../src/internal/policyModel.ts"

const s = Duration.seconds
const at = DateTime.makeUnsafe
const day = (nth: number) => at(Date.UTC(2026, 4, nth))

const rule = (name: string, when?: Conditions, rest: Partial<Rule> = {}): Rule => ({
  name,
  verdict: "must",
  ...(when === undefined ? {} : { when }),
  ...rest
})

const told = (found: ReadonlyArray<Check.Found>) => found.map(({ detail, path }) => `${path.join(".")}: ${detail}`)

describe("a rule after another", () => {
  /** Calls of the first rule's conditions are all of the second's, or not. */
  const pairs: ReadonlyArray<readonly [earlier: Conditions, later: Conditions, never: boolean]> = [
    [{}, {}, true],
    [{}, { directions: ["inbound"] }, true],
    [{ directions: ["inbound"] }, {}, false],
    [{ trunk: "any" }, { trunk: "any" }, true],
    [{ trunk: "any" }, { trunk: "none" }, false],
    [{ trunk: "none" }, { trunk: "none" }, true],
    [{ trunk: "none" }, { trunks: ["a"] }, false],
    [{ trunk: "any" }, { trunks: ["a"] }, true],
    [{ trunk: "any" }, { trunkRecording: ["on"] }, true],
    [{ trunk: "any" }, { campaigns: ["a"] }, false],
    ...(
      [
        "trunks",
        "contexts",
        "accounts",
        "campaigns",
        "endpoints",
        "dispositions",
        "directions",
        "hangupCauses",
        "hangupSources"
      ] as const
    ).flatMap((field): ReadonlyArray<readonly [Conditions, Conditions, boolean]> => [
      [{ [field]: ["a", "b"] }, { [field]: ["b"] }, true],
      [{ [field]: ["a", "b"] }, { [field]: ["a", "b"] }, true],
      [{ [field]: ["a"] }, { [field]: ["a", "b"] }, false],
      [{ [field]: ["a"] }, {}, false]
    ]),
    [{ trunkRecording: ["on", "off"] }, { trunkRecording: ["off"] }, true],
    [{ trunkRecording: ["on"] }, { trunkRecording: ["off"] }, false],
    [{ days: ["monday", "friday"] }, { days: ["friday"] }, true],
    [{ days: ["monday"] }, { days: ["friday"] }, false],
    [{ dates: ["2026-05-01"] }, { dates: ["2026-05-01"] }, true],
    [{ dates: ["2026-05-01"] }, { dates: ["2026-05-01", "2026-05-02"] }, false],
    ...(["from", "to", "numbers"] as const).flatMap(
      (field): ReadonlyArray<readonly [Conditions, Conditions, boolean]> => [
        [{ [field]: ["+9180*"] }, { [field]: ["+918045670012"] }, true],
        [{ [field]: ["+9180*"] }, { [field]: ["+91804*", "+91805*"] }, true],
        [{ [field]: ["+9180*"] }, { [field]: ["+91*"] }, false],
        [{ [field]: ["+9180*"] }, { [field]: ["+918045670012", "+441"] }, false],
        [{ [field]: ["1001"] }, { [field]: ["1001"] }, true],
        [{ [field]: ["1001"] }, { [field]: ["10011"] }, false],
        [{ [field]: ["1001"] }, {}, false]
      ]
    ),
    [{ numbers: ["+91*"] }, { from: ["+9180*"] }, true],
    [{ numbers: ["+91*"] }, { to: ["+9180*"] }, true],
    [{ numbers: ["+91*"] }, { to: ["+4480*"] }, false],
    [{ from: ["+91*"] }, { numbers: ["+9180*"] }, false],
    [{ minimumTalk: s(5) }, { minimumTalk: s(5) }, true],
    [{ minimumTalk: s(5) }, { minimumTalk: s(4) }, false],
    [{ minimumTalk: s(5) }, {}, false],
    [{ maximumTalk: s(5) }, { maximumTalk: s(5) }, true],
    [{ maximumTalk: s(5) }, { maximumTalk: s(6) }, false],
    [{ maximumTalk: s(5) }, {}, false],
    [{ hours: { from: "09:00", to: "18:00" } }, { hours: { from: "09:00", to: "18:00" } }, true],
    [{ hours: { from: "09:00", to: "18:00" } }, { hours: { from: "10:00", to: "17:00" } }, false],
    [{ hours: { from: "09:00", to: "18:00" } }, {}, false],
    [{ since: day(1) }, { since: day(1) }, true],
    [{ since: day(1) }, { since: day(2) }, true],
    [{ since: day(2) }, { since: day(1) }, false],
    [{ since: day(1) }, {}, false],
    [{ until: day(2) }, { until: day(2) }, true],
    [{ until: day(2) }, { until: day(1) }, true],
    [{ until: day(1) }, { until: day(2) }, false],
    [{ until: day(1) }, {}, false],
    [{ not: { campaigns: ["a"] } }, { not: { campaigns: ["a"] } }, true],
    [{ not: { campaigns: ["a"] } }, { not: { campaigns: ["a", "b"] } }, true],
    [{ not: { campaigns: ["a", "b"] } }, { not: { campaigns: ["a"] } }, false],
    [{ not: { campaigns: ["a"] } }, {}, false]
  ]
  for (const [earlier, later, never] of pairs) {
    it(`${JSON.stringify(later)} ${never ? "never applies" : "may apply"} after ${JSON.stringify(earlier)}`, () => {
      assert.deepStrictEqual(
        told(Check.problemsOf([rule("one", earlier), rule("two", later)], [])),
        never
          ? [
              'rules.1: unreachable: rule 1 ("one") already decides every call that this rule matches; move it up or remove it'
            ]
          : []
      )
    })
  }

  it("may be malformed, or have the name of another", () => {
    const campaign = (name: string, ...campaigns: [string, ...Array<string>]) => rule(name, { campaigns })
    assert.deepStrictEqual(told(Check.problemsOf([null, campaign("a", "x"), null, campaign("a", "y")], [])), [
      'rules.3.name: rule 2 has the name "a" too; choose another'
    ])
    assert.deepStrictEqual(told(Check.problemsOf([rule("default", { campaigns: ["x"] })], ["default"])), [
      'rules.0.name: "default" is the name of a built-in rule; choose another'
    ])
  })

  it("has what its verdict allows", () => {
    const gaps = { allowedGaps: [{ reason: "card", longest: s(9) }] } as const
    const problems = (rest: Partial<Rule>) => told(Check.problemsOf([rule("a", {}, rest)], []))
    assert.deepStrictEqual(problems(gaps), [])
    assert.deepStrictEqual(problems({ ...gaps, verdict: "may" }), [
      "rules.0.allowedGaps: only a rule that says must can allow gaps"
    ])
    assert.deepStrictEqual(problems({ minimumTalk: s(9) }), [])
    assert.deepStrictEqual(problems({ minimumTalk: s(9), verdict: "must-not" }), [
      "rules.0.minimumTalk: must-not covers calls of any length; remove it"
    ])
  })
})

describe("conditions that can never be met", () => {
  const conditions: ReadonlyArray<readonly [Conditions, ReadonlyArray<string>]> = [
    [{ maximumTalk: s(5), minimumTalk: s(4) }, []],
    [
      { maximumTalk: s(5), minimumTalk: s(5) },
      ["maximumTalk: it can never be met: no call talks for at least 5s and less than 5s"]
    ],
    [{ maximumTalk: s(0) }, ["maximumTalk: it can never be met: no call talks for at least 0 and less than 0"]],
    [{ since: day(1), until: at(Date.UTC(2026, 4, 1, 0, 0, 0, 1)) }, []],
    [{ since: day(1), until: day(1) }, ["until: it can never be met: it is not after since"]],
    [
      { hours: { from: "09:00", to: "09:00" } },
      ["hours: it can never be met: from and to are equal; remove it to match the whole day"]
    ],
    [{ hours: { from: "18:00", to: "09:00" } }, []],
    [{ trunk: "none", trunks: ["a"] }, ["trunks: it can never be met: trunk says none"]],
    [{ trunk: "none", trunkRecording: ["on"] }, ["trunkRecording: it can never be met: trunk says none"]],
    [{ trunk: "any", trunks: ["a"], trunkRecording: ["on"] }, []],
    [
      { numbers: ["+91*"], from: ["+44*"], to: ["+1*"] },
      ["numbers: it can never be met: neither from nor to can be one of them"]
    ],
    [{ numbers: ["+9180*"], from: ["+91*"], to: ["+1*"] }, []],
    [{ numbers: ["+91*"], from: ["+1*"], to: ["+9180*"] }, []],
    [{ numbers: ["+91*"], from: ["+44*"] }, []],
    [{ numbers: ["+91*"], to: ["+44*"] }, []],
    [
      { campaigns: ["a"], not: { campaigns: ["a", "b"] } },
      ["not: it can never be met: it excludes every call that the rule matches"]
    ],
    [{ campaigns: ["a", "b"], not: { campaigns: ["a"] } }, []],
    [
      { campaigns: ["a"], not: { directions: ["inbound"], since: day(2), until: day(1) } },
      ["not.until: it can never be met: it is not after since"]
    ]
  ]
  for (const [when, expected] of conditions) {
    it(JSON.stringify(when), () => {
      assert.deepStrictEqual(
        told(Check.problemsOf([rule("a", when)], [])),
        expected.map((line) => `rules.0.when.${line}`)
      )
    })
  }
})

describe("excuses", () => {
  const excuse = (name: string, when: Conditions): Excuse => ({
    name,
    reason: "r",
    reference: "r",
    approver: "a",
    expires: day(1),
    when
  })
  it("have names of their own, conditions, and none that can never be met", () => {
    assert.deepStrictEqual(
      told(
        Check.excusesOf([
          excuse("a", { campaigns: ["x"] }),
          null,
          excuse("a", {}),
          excuse("b", { since: day(1), until: day(1) })
        ])
      ),
      [
        'excuses.2.name: excuse 1 has the name "a" too; choose another',
        "excuses.2.when: it would excuse every call; add a condition",
        "excuses.3.when.until: it can never be met: it is not after since"
      ]
    )
  })
})

describe("times of a policy", () => {
  it("are minutes of a day, also past midnight", () => {
    assert.deepStrictEqual(["00:00", "09:30", "23:59"].map(Check.minutesOf), [0, 570, 1439])
    assert.deepStrictEqual(Check.spansOf(undefined), [{ from: 0, to: 1440 }])
    assert.deepStrictEqual(Check.spansOf({ from: "09:00", to: "18:30" }), [{ from: 540, to: 1110 }])
    assert.deepStrictEqual(Check.spansOf({ from: "22:00", to: "06:00" }), [
      { from: 0, to: 360 },
      { from: 1320, to: 1440 }
    ])
    assert.deepStrictEqual(Check.spansOf({ from: "09:00", to: "09:00" }), [
      { from: 0, to: 540 },
      { from: 540, to: 1440 }
    ])
    assert.deepStrictEqual(["1970-01-01", "1970-01-02", "1969-12-31"].map(Check.dayOf), [0, 1, -1])
    assert.deepStrictEqual(Check.weekdays.indexOf("thursday"), 4)
    assert.lengthOf(new Set(Check.weekdays), 7)
    assert.strictEqual(Check.widestZone, 50_400_000)
    assert.strictEqual(Check.shortest, 7)
  })

  it("go by a zone's clock, and know to the millisecond when that is changed", () => {
    const berlin = Option.getOrThrow(DateTime.zoneFromString("Europe/Berlin"))
    const hour = 3_600_000
    const change = Date.parse("2026-03-29T01:00:00Z")
    assert.deepStrictEqual(Check.clockOf(berlin, change - 5 * hour, change + 7 * hour), {
      offset: hour,
      change: { at: change, offset: 2 * hour }
    })
    assert.deepStrictEqual(Check.clockOf(berlin, change - 1, change), {
      offset: hour,
      change: { at: change, offset: 2 * hour }
    })
    assert.deepStrictEqual(Check.clockOf(berlin, change - 2, change - 1), { offset: hour, change: null })
    assert.deepStrictEqual(Check.clockOf(berlin, change, change + hour), { offset: 2 * hour, change: null })
  })

  it("ask for trunks whose switch is unknown, also under not", () => {
    const asks = (when?: Conditions) => Check.asksForUnknown([rule("a", {}), rule("b", when)])
    assert.isFalse(asks())
    assert.isFalse(asks({ trunkRecording: ["on", "off"] }))
    assert.isTrue(asks({ trunkRecording: ["on", "unknown"] }))
    assert.isTrue(asks({ not: { trunkRecording: ["unknown"] } }))
    assert.isFalse(Check.asksForUnknown([]))
  })
})
