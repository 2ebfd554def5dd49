import { CallDetailRecord, PhoneNumber } from "@vobiz-effect/core"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration } from "effect"

import { decide, excuse } from "../src/internal/policyDecision.ts"
import type { Conditions, Policy, Rule } from "../src/internal/policyModel.ts"
import { trunk as listedTrunk } from "./utils.ts"

const s = Duration.seconds
const at = DateTime.makeUnsafe

/** A call of Thursday, 7 May 2026, from 10:00 to 10:01 in UTC. */
const call = (fields: Partial<CallDetailRecord.CallDetailRecord> = {}) =>
  CallDetailRecord.make({
    uuid: "c",
    startTime: at("2026-05-07T10:00:00Z"),
    endTime: at("2026-05-07T10:01:00Z"),
    billsec: s(60),
    direction: "inbound",
    from: PhoneNumber.fromRaw("+918045670012"),
    to: PhoneNumber.fromRaw("1001"),
    context: "default",
    accountId: "MA_1",
    campaignId: "k1",
    customerEndpoint: "agent7",
    hangupDisposition: "bye",
    hangupCause: "NORMAL",
    hangupSource: "caller",
    ...fields
  })

const policy = (rules: ReadonlyArray<Rule>, rest: Partial<Policy> = {}): Policy => ({
  version: 1,
  name: "test",
  rules,
  default: "may",
  ...rest
})

type Trunk = ReturnType<typeof listedTrunk>

/** Whether a call meets conditions: by the rule, not by it, or nobody knows. */
const met = (
  when: Conditions,
  cdr: CallDetailRecord.CallDetailRecord,
  { listed, rest, trunk = null }: { trunk?: Trunk | null; listed?: ReadonlySet<string>; rest?: Partial<Policy> } = {}
) => {
  const { verdict } = decide(policy([{ name: "rule", verdict: "must", when }], rest), cdr, trunk, listed)
  return verdict === "must" ? true : verdict === "may" ? false : null
}

describe("a condition", () => {
  const cases: ReadonlyArray<
    readonly [Conditions, Partial<CallDetailRecord.CallDetailRecord>, boolean | null, Partial<Policy>?]
  > = [
    [{}, {}, true],
    // Text fields: one of the values, another, or none, which leaves it open unless the policy says otherwise.
    ...(
      [
        ["contexts", "context", "default"],
        ["campaigns", "campaignId", "k1"],
        ["endpoints", "customerEndpoint", "agent7"],
        ["dispositions", "hangupDisposition", "bye"],
        ["hangupCauses", "hangupCause", "NORMAL"],
        ["hangupSources", "hangupSource", "caller"],
        ["accounts", "accountId", "MA_1"]
      ] as const
    ).flatMap(
      ([field, name, value]): ReadonlyArray<
        readonly [Conditions, Partial<CallDetailRecord.CallDetailRecord>, boolean | null, Partial<Policy>?]
      > => [
        [{ [field]: ["other", value] }, {}, true],
        [{ [field]: ["other"] }, {}, false],
        [{ [field]: [value] }, { [name]: null }, null],
        [{ [field]: [value] }, { [name]: "" }, null],
        [{ [field]: [value] }, { [name]: null }, false, { blankIsNone: [field] }],
        [{ not: { [field]: ["other"] } }, {}, true],
        [{ not: { [field]: [value] } }, {}, false],
        [{ not: { [field]: [value] } }, { [name]: null }, null],
        [{ not: { [field]: [value] } }, { [name]: null }, true, { blankIsNone: [field] }]
      ]
    ),
    [{ accounts: [" ma_1 "] }, {}, true],
    [{ directions: ["inbound"] }, {}, true],
    [{ directions: ["outbound"] }, {}, false],
    [{ directions: ["inbound"] }, { direction: null }, null],
    [{ campaigns: ["K1"] }, {}, false],
    // Numbers.
    [{ from: ["+918045670012"] }, {}, true],
    [{ from: ["+9180*"] }, {}, true],
    [{ from: ["+9181*"] }, {}, false],
    [{ from: ["+91804567001"] }, {}, false],
    [{ from: ["+44*", "+9180*"] }, {}, true],
    [{ from: ["+9180*"] }, { from: null }, null],
    [{ to: ["1001"] }, {}, true],
    [{ to: ["1002"] }, {}, false],
    [{ to: ["+91*"] }, {}, false],
    [{ numbers: ["1001"] }, {}, true],
    [{ numbers: ["+9180*"] }, {}, true],
    [{ numbers: ["1002"] }, {}, false],
    [{ numbers: ["1002"] }, { from: null }, null],
    [{ numbers: ["1001"] }, { from: null }, true],
    // A national number may be one of a country, if its digits agree.
    [{ to: ["+918045670012"] }, { to: PhoneNumber.fromRaw("08045670012") }, null],
    [{ to: ["+918045670013"] }, { to: PhoneNumber.fromRaw("08045670012") }, false],
    [{ to: ["+91*"] }, { to: PhoneNumber.fromRaw("080 4567 0012") }, null],
    [{ to: ["+918045670012"] }, { to: PhoneNumber.fromRaw("(080) 4567-0012") }, null],
    [{ to: ["+918045670012"] }, { to: PhoneNumber.fromRaw("(080) 4567-0013") }, false],
    [{ to: ["+91*"] }, { to: PhoneNumber.fromRaw("0-1-2-3-4-5-6") }, false],
    [{ to: ["+91*"] }, { to: PhoneNumber.fromRaw("0123456") }, false],
    [{ to: ["+91*"] }, { to: PhoneNumber.fromRaw("01234567") }, null],
    // Talk.
    [{ minimumTalk: s(60) }, {}, true],
    [{ minimumTalk: s(61) }, {}, false],
    [{ maximumTalk: s(61) }, {}, true],
    [{ maximumTalk: s(60) }, {}, false],
    // Days and hours, of some of the talk.
    [{ dates: ["2026-05-07"] }, {}, true],
    [{ dates: ["2026-05-08"] }, {}, false],
    [{ days: ["thursday"] }, {}, true],
    [{ days: ["wednesday", "friday"] }, {}, false],
    [{ days: ["monday"] }, { startTime: at("1969-12-29T10:00:00Z"), endTime: at("1969-12-29T10:01:00Z") }, true],
    [{ hours: { from: "10:00", to: "10:01" } }, {}, true],
    [{ hours: { from: "10:01", to: "11:00" } }, {}, false],
    [{ hours: { from: "09:00", to: "10:00" } }, {}, false],
    [{ hours: { from: "10:00", to: "10:01" } }, { endTime: null }, true],
    [{ hours: { from: "10:01", to: "10:02" } }, { endTime: at("2026-05-07T10:01:01Z") }, true],
    [{ hours: { from: "09:00", to: "10:00" } }, { endTime: at("2026-05-07T10:05:00Z") }, false],
    [{ hours: { from: "10:04", to: "10:05" } }, { endTime: at("2026-05-07T10:05:00Z") }, true],
    [{ hours: { from: "10:03", to: "10:04" } }, { endTime: at("2026-05-07T10:05:00Z") }, false],
    [
      { days: ["friday"], hours: { from: "22:00", to: "06:00" } },
      { startTime: at("2026-05-07T23:59:30Z"), endTime: at("2026-05-08T00:00:30Z") },
      true
    ],
    [{ days: ["friday"] }, { startTime: at("2026-05-07T23:59:00Z"), endTime: at("2026-05-08T00:00:00Z") }, false],
    [{ days: ["thursday"] }, { zoneStated: false }, null],
    [
      { days: ["friday"] },
      { startTime: at("2026-05-07T20:00:00Z"), endTime: at("2026-05-07T20:01:00Z") },
      true,
      { zone: "Asia/Kolkata" }
    ],
    // Instants.
    [{ since: at("2026-05-07T10:00:00Z") }, {}, true],
    [{ since: at("2026-05-07T10:00:00.001Z") }, {}, false],
    [{ until: at("2026-05-07T10:00:00.001Z") }, {}, true],
    [{ until: at("2026-05-07T10:00:00Z") }, {}, false],
    [{ since: at("2026-05-07T00:00:00Z") }, { zoneStated: false }, null],
    [{ until: at("2026-05-07T00:00:00Z") }, { zoneStated: false }, null],
    [{ since: at("2026-05-06T20:00:00Z") }, { zoneStated: false }, null],
    [{ since: at("2026-05-06T19:59:59.999Z") }, { zoneStated: false }, true],
    [{ until: at("2026-05-06T19:59:59.999Z") }, { zoneStated: false }, false],
    // Together: one that is not met decides, whatever is open.
    [{ campaigns: ["k1"], directions: ["outbound"] }, { campaignId: null }, false],
    [{ campaigns: ["k1"], directions: ["inbound"] }, { campaignId: null }, null],
    [{ directions: ["inbound"], not: { campaigns: ["k2"] } }, {}, true]
  ]
  for (const [when, fields, expected, rest] of cases) {
    it(`${JSON.stringify(when)} of ${JSON.stringify(fields)}${rest ? ` by ${JSON.stringify(rest)}` : ""}: ${expected ?? "open"}`, () => {
      assert.strictEqual(met(when, call(fields), rest === undefined ? {} : { rest }), expected)
    })
  }

  const none = { trunkId: null }
  const onTrunk = { trunkId: "t1" }
  const ofTrunks: ReadonlyArray<
    readonly [
      Conditions,
      Partial<CallDetailRecord.CallDetailRecord>,
      boolean | null,
      { trunk?: Trunk; listed?: ReadonlyArray<string>; asks?: boolean }?
    ]
  > = [
    [{ trunk: "any" }, onTrunk, true],
    [{ trunk: "any" }, { context: "sip-trunking" }, true],
    [{ trunk: "any" }, none, false],
    [{ trunk: "none" }, none, true],
    [{ trunk: "none" }, onTrunk, false],
    [{ trunk: "none" }, { trunkId: "" }, true],
    [{ trunks: ["t1"] }, onTrunk, true],
    [{ trunks: [" T1 "] }, onTrunk, true],
    [{ trunks: ["t1"] }, none, false],
    [{ trunks: ["Main"] }, onTrunk, true, { trunk: { ...listedTrunk("t1", true), name: "Main" } }],
    [{ trunks: ["t2"] }, onTrunk, false, { trunk: listedTrunk("t1", true) }],
    [{ trunks: ["t2"] }, onTrunk, false, { listed: ["t2"] }],
    [{ trunks: ["t2"] }, onTrunk, false, { listed: [" T2"] }],
    [{ trunks: ["t2", "t3"] }, onTrunk, null, { listed: ["t2"] }],
    [{ trunks: ["t2"] }, onTrunk, null],
    [{ trunks: ["t2"] }, { context: "sip-trunking" }, null, { listed: ["t2"] }],
    [{ trunkRecording: ["on"] }, onTrunk, true, { trunk: listedTrunk("t1", true) }],
    [{ trunkRecording: ["on"] }, onTrunk, false, { trunk: listedTrunk("t1", false) }],
    [{ trunkRecording: ["off"] }, onTrunk, true, { trunk: listedTrunk("t1", false) }],
    [{ trunkRecording: ["on"] }, onTrunk, null],
    [{ trunkRecording: ["on", "off"] }, onTrunk, null, { trunk: { ...listedTrunk("t1", true), recording: null } }],
    [{ trunkRecording: ["on"] }, none, false],
    [{ trunkRecording: ["unknown"] }, onTrunk, true],
    [{ trunkRecording: ["unknown"] }, onTrunk, false, { trunk: listedTrunk("t1", true) }]
  ]
  for (const [when, fields, expected, { listed = [], trunk } = {}] of ofTrunks) {
    it(`${JSON.stringify(when)} of ${JSON.stringify(fields)}: ${expected ?? "open"}`, () => {
      const found = met(when, call(fields), { trunk: trunk ?? null, listed: new Set(listed) })
      assert.strictEqual(found, expected)
    })
  }

  it("about a trunk's switch is not met by an unknown one, where another rule asks for those", () => {
    const rules: ReadonlyArray<Rule> = [
      { name: "on", verdict: "must", when: { trunkRecording: ["on"] } },
      { name: "unknown", verdict: "unknown", when: { trunkRecording: ["unknown"] } }
    ]
    assert.deepStrictEqual(decide(policy(rules), call(onTrunk), null), { verdict: "unknown", rule: "unknown" })
    assert.deepStrictEqual(decide(policy(rules.slice(0, 1)), call(onTrunk), null), { verdict: "unknown", rule: "on" })
  })
})

describe("a policy", () => {
  const inbound = (name: string, verdict: Rule["verdict"], rest: Partial<Rule> = {}): Rule => ({
    name,
    verdict,
    when: { directions: ["inbound"] },
    ...rest
  })
  /** Whether it applies is open. */
  const open = (name: string, verdict: Rule["verdict"], rest: Partial<Rule> = {}): Rule => ({
    name,
    verdict,
    when: { campaigns: ["k9"] },
    ...rest
  })
  const decided = (
    rules: ReadonlyArray<Rule>,
    fields: Partial<CallDetailRecord.CallDetailRecord> = {},
    rest: Partial<Policy> = {}
  ) => {
    const { rule, verdict } = decide(policy(rules, rest), call({ campaignId: null, ...fields }), null)
    return `${verdict} by ${rule}`
  }

  it("decides by its first rule that applies, else by its default", () => {
    assert.strictEqual(decided([]), "may by default")
    assert.strictEqual(decided([], {}, { default: "must" }), "must by default")
    assert.strictEqual(decided([inbound("a", "must"), inbound("b", "may")]), "must by a")
    assert.strictEqual(
      decided([{ name: "x", verdict: "may", when: { directions: ["outbound"] } }, inbound("b", "must")]),
      "must by b"
    )
  })

  it("leaves open what a rule that may apply before would decide otherwise", () => {
    assert.strictEqual(decided([open("a", "must"), inbound("b", "may")]), "unknown by a")
    assert.strictEqual(decided([open("a", "may"), inbound("b", "may")]), "may by b")
    assert.strictEqual(decided([inbound("b", "may"), open("a", "must")]), "may by b")
    assert.strictEqual(decided([open("a", "must")]), "unknown by a")
    assert.strictEqual(decided([open("a", "may")]), "may by default")
    assert.strictEqual(decided([open("a", "must"), open("b", "unknown"), inbound("c", "may")]), "unknown by a")
  })

  it("asks for no recording of a call without talk, unless that must not be recorded", () => {
    const silent = { billsec: s(0) }
    const unread = { billsec: null }
    assert.strictEqual(decided([inbound("a", "must")], silent), "may by unanswered")
    assert.strictEqual(decided([inbound("a", "must")], unread), "unknown by talk-unread")
    for (const fields of [silent, unread, { billsec: s(1) }]) {
      assert.strictEqual(decided([inbound("a", "must-not")], fields), "must-not by a")
      assert.strictEqual(decided([open("a", "must-not"), inbound("b", "must")], fields), "unknown by a")
    }
    assert.strictEqual(decided([inbound("a", "must"), inbound("b", "must-not")], silent), "may by unanswered")
  })

  it("asks for none of talk that is shorter than the least that counts", () => {
    const talk = (billsec: Duration.Duration, rules: ReadonlyArray<Rule>, rest: Partial<Policy> = {}) =>
      decided(rules, { billsec }, rest)
    const plain = [inbound("a", "must")]
    assert.strictEqual(talk(Duration.millis(2999), plain), "may by minimum-talk")
    assert.strictEqual(talk(s(3), plain), "must by a")
    assert.strictEqual(talk(s(9), plain, { minimumTalk: s(10) }), "may by minimum-talk")
    assert.strictEqual(talk(s(10), plain, { minimumTalk: s(10) }), "must by a")
    const own = [inbound("a", "must", { minimumTalk: s(20) })]
    assert.strictEqual(talk(s(19), own, { minimumTalk: s(10) }), "may by minimum-talk")
    assert.strictEqual(talk(s(20), own, { minimumTalk: s(10) }), "must by a")
    // Of two rules that may decide, the less strict minimum counts.
    const two = [open("o", "must", { minimumTalk: s(5) }), inbound("a", "may", { minimumTalk: s(20) })]
    assert.strictEqual(talk(s(5), two), "unknown by o")
    assert.strictEqual(talk(s(4), two), "may by minimum-talk")
  })

  it("excuses by the first excuse that is for the call and has not expired", () => {
    const expires = at("2026-06-01T00:00:00Z")
    const one = (name: string, when: Conditions) => ({
      name,
      reason: "r",
      reference: "f",
      approver: "a",
      expires,
      when
    })
    const excuses = [
      one("other", { directions: ["outbound"] }),
      one("a", { directions: ["inbound"] }),
      one("b", { directions: ["inbound"] })
    ] as const
    const excused = (asOf: DateTime.Utc, rest: Partial<Policy> = { excuses }) =>
      excuse(policy([], rest), call({ campaignId: null }), null, asOf)?.name ?? null
    assert.strictEqual(excused(at("2026-05-31T23:59:59.999Z")), "a")
    assert.isNull(excused(expires))
    assert.isNull(excused(at("2026-05-31T00:00:00Z"), {}))
    // Whether it is for the call is open: it excuses nothing.
    assert.isNull(excused(at("2026-05-31T00:00:00Z"), { excuses: [one("c", { campaigns: ["k9"] })] }))
  })
})
