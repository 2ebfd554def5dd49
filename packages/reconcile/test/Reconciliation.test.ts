import { assert, describe, Effort, it, layer, Seed } from "@vobiz-effect/test-support"
import { assertEquals } from "@effect/vitest/utils"
import { CallDetailRecord, CallDetailRecords, Money, PhoneNumber, Recordings, Trunks } from "@vobiz-effect/core"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Duration, Effect, Inspectable, Layer, Schema, Stream } from "effect"

import { Coverage, DuckDb, Finding, FindingFiles, Kernel, Policy, Reconciliation } from "../src/index.ts"
import * as Judged from "./judged.ts"
import { type Account, reconcile, same } from "./reference.ts"
import * as Make from "./utils.ts"

const { cdr, money, recording, trunk } = Make

const { apart, brief, database, finds, run, runEach, sources } = Judged

const hour = 3600
const day = 24 * hour
/** Where the call that `cdr` makes by default ends. */
const end = 36_060

layer(database)("Reconciliation", (it) => {
  const { test, testEach } = Judged.together(it)

  describe("which CDR a recording belongs to", () => {
    testEach({
      "the one whose uuid it names, before the one whose SIP call id it names": [
        {
          cdrs: [cdr({ uuid: "a", sip: "x", to: "919812345671" }), cdr({ uuid: "b", sip: "a", to: "919812345672" })],
          recordings: [recording({ id: "r", call: "a" })]
        },
        ["a matched r:uuid", "b not-expected other-leg see a"]
      ],
      "the one whose SIP call id it names, as trunk recordings do": [
        {
          cdrs: [cdr({ uuid: "a", sip: "5Jns", trunk: "on" })],
          recordings: [recording({ id: "5Jns", call: "5Jns", type: "trunk" })],
          trunks: [trunk("on", true)]
        },
        ["a matched 5Jns:sip_call_id"]
      ],
      "the one whose bridge uuid it names": [
        { cdrs: [cdr({ uuid: "a", bridge: "b" })], recordings: [recording({ id: "r", call: "b" })] },
        ["a matched r:bridge_uuid"]
      ],
      "of several legs with one SIP call id, that with most talk": [
        {
          cdrs: [cdr({ uuid: "a", sip: "s", talk: 60 }), cdr({ uuid: "b", sip: "s", talk: 65 })],
          recordings: [recording({ id: "r", call: "s" })]
        },
        ["a not-expected other-leg see b", "b matched r:sip_call_id"]
      ],
      "none, where ids are empty": [
        { cdrs: [cdr({ uuid: "a", sip: "", bridge: "" })], recordings: [recording({ id: "r", call: "" })] },
        ["a missing", "- orphan r:null"]
      ]
    })

    const legs = (sip: string, many: number, apart = 0) =>
      Array.from({ length: many }, (_, nth) =>
        cdr({ uuid: `${sip}${nth}`, sip, to: `9198${10_000_000 + nth}`, start: 43_200 + nth * apart })
      )
    const bridged = Array.from({ length: 101 }, (_, nth) =>
      cdr({ uuid: `b${nth}`, bridge: "a", to: `9198${10_000_000 + nth}` })
    )
    const named = (call: string) => [recording({ id: "r", call, type: "trunk" })]

    test(
      "none, where the id means nothing: more legs have it than a conversation has, or further apart",
      [
        { cdrs: legs("0", 100), recordings: named("0") },
        { cdrs: legs("0", 101), recordings: named("0") },
        // Of one conversation, but not at one time: the recording is of one of them.
        { cdrs: legs("unknown", 2, 4 * hour), recordings: named("unknown") },
        { cdrs: legs("unknown", 2, 4 * hour + 1), recordings: named("unknown") },
        // A leg's own uuid names it, whoever else is bridged to it.
        { cdrs: [cdr({ uuid: "a" }), ...bridged], recordings: named("a") }
      ],
      (each) => {
        const codes = ["matched", "not-expected", "missing", "orphan"]
        assert.deepStrictEqual(
          each.map((findings) => codes.map((one) => findings.filter(({ code }) => code === one).length)),
          [
            [1, 99, 0, 0],
            [0, 0, 101, 1],
            [1, 0, 1, 0],
            [0, 0, 2, 1],
            [1, 0, 101, 0]
          ]
        )
      }
    )

    const call = { uuid: "a", from: "+918045670011", to: "919812345670" } as const
    const audio = { id: "r", call: "z", from: "08045670011", to: "+919812345670" } as const
    const agreeing: ReadonlyArray<
      readonly [cdrs: ReadonlyArray<Make.Cdr>, recordings: ReadonlyArray<Make.Rec>, isCandidate: boolean]
    > = [
      [[call], [audio], true],
      [[call], [{ ...audio, from: "+448045670011" }], false],
      [[call], [{ ...audio, to: "+919812345671" }], false],
      [[{ ...call, from: "1001" }], [{ ...audio, from: "1001" }], false],
      [[{ ...call, from: null }], [{ ...audio, from: null }], false],
      // The clocks may account for 5 s.
      [[call], [{ ...audio, start: end + 5 }], true],
      [[call], [{ ...audio, start: end + 6 }], false],
      [[{ ...call, zoneStated: false }], [audio], false],
      [[call, { ...call, uuid: "b", start: 36_030 }], [audio], false],
      [[call, { ...call, uuid: "b", start: 36_067 }], [audio], true],
      [[call], [audio, { ...audio, id: "s" }], false]
    ]
    // Each case has both numbers to itself: one of them might be another's.
    const own = (nth: number, to: string | null | undefined) => to?.replace(/1234(?=56)/, `${7000 + nth}`) ?? null

    test(
      "none, where only numbers and time agree: that is a candidate, and excuses nothing",
      agreeing.map(([cdrs, recordings], nth) => ({
        cdrs: cdrs.map((row) => cdr({ ...row, to: own(nth, row.to) })),
        recordings: recordings.map((row) => recording({ ...row, to: own(nth, row.to) }))
      })),
      (each) =>
        assert.deepStrictEqual(
          each.map((findings) => ({
            missing: findings.filter(({ code }) => code === "missing").length,
            orphan: findings.filter(({ code }) => code === "orphan").length,
            candidates: findings.filter(({ code }) => code === "candidate").map(brief)
          })),
          agreeing.map(([cdrs, recordings, isCandidate]) => ({
            missing: cdrs.length,
            orphan: recordings.length,
            candidates: isCandidate ? ["a candidate r:null"] : []
          }))
        )
    )
  })

  describe("CDRs", () => {
    testEach({
      "several recordings of one call are no fault": [
        {
          cdrs: [cdr({ uuid: "a" })],
          recordings: [recording({ id: "r2", call: "a", length: 30 }), recording({ id: "r1", call: "a", length: 30 })]
        },
        ["a several-recordings r1:uuid r2:uuid"]
      ],
      "a call that had to be recorded and is not is missing": [
        { cdrs: [cdr({ uuid: "a", trunk: "on" })], trunks: [trunk("on", true)] },
        ["a missing"]
      ],
      "a leg is not missing when another leg of its conversation has the recording": [
        {
          cdrs: [
            cdr({ uuid: "a", to: "919812345671" }),
            cdr({ uuid: "b", to: "919812345672", bridge: "a" }),
            cdr({ uuid: "c", to: "919812345673", sip: "s" }),
            cdr({ uuid: "d", to: "919812345674", bridge: "c", sip: "s" })
          ],
          recordings: [recording({ id: "r", call: "a" })]
        },
        ["a matched r:uuid", "b not-expected other-leg see a", "c missing", "d missing"]
      ],
      "a conversation goes on from leg to leg, by each of their ids": [
        {
          cdrs: [
            cdr({ uuid: "d", sip: "y", to: "919812345674" }),
            cdr({ uuid: "a", to: "919812345671" }),
            cdr({ uuid: "c", sip: "x", bridge: "y", to: "919812345673" }),
            cdr({ uuid: "b", sip: "x", bridge: "a", to: "919812345672" }),
            cdr({ uuid: "e", sip: "z", to: "919812345675" })
          ],
          recordings: [recording({ id: "r", call: "a" })]
        },
        [
          "a matched r:uuid",
          "b not-expected other-leg see a",
          "c not-expected other-leg see a",
          "d not-expected other-leg see a",
          "e missing"
        ]
      ],
      "keyed by the id that recordings of their type have are not told of": [
        {
          cdrs: ["a", "b", "c", "d"].map((uuid, nth) => cdr({ uuid, sip: `sip-${uuid}`, start: 36_000 + nth })),
          recordings: [
            recording({ id: "r1", call: "a", type: "trunk" }),
            recording({ id: "r2", call: "sip-b", type: "trunk" }),
            recording({ id: "r3", call: "sip-c", type: "call" }),
            recording({ id: "r4", call: "sip-d", type: "Stream", length: 30 }),
            recording({ id: "r5", call: "d", length: 30 })
          ]
        },
        [
          "a matched r1:uuid",
          "b matched r2:sip_call_id",
          "c matched r3:sip_call_id",
          "d several-recordings r4:sip_call_id r5:uuid"
        ]
      ],
      "only those that start in the window are judged, but all are matched": [
        {
          cdrs: [
            cdr({ uuid: "before", start: -1 }),
            cdr({ uuid: "first", start: 0 }),
            cdr({ uuid: "last", start: day - 1 }),
            cdr({ uuid: "after", start: day })
          ],
          recordings: [recording({ id: "r", call: "before", add: 60 })]
        },
        ["first missing", "last missing"]
      ]
    })

    it.effect("a recording of a call that must not be recorded is unexpected, answered or not", () =>
      finds(
        {
          cdrs: [cdr({ uuid: "a", trunk: "off" }), cdr({ uuid: "b", trunk: "off", start: 40_000, talk: 0 })],
          recordings: [recording({ id: "r1", call: "a" }), recording({ id: "r2", call: "b", length: 1 })],
          trunks: [trunk("off", false)]
        },
        ["a prohibited-recording r1:uuid", "b prohibited-recording r2:uuid"],
        { policy: Policy.short({ trunkOff: "must-not" }) }
      )
    )

    it.effect("until the settle window has passed it is too recent to tell, with a zone and without", () => {
      const called = (uuid: string, before: number, more?: Partial<Make.Cdr>) =>
        cdr({ uuid, start: 60_000 - before, ...more })
      return finds(
        {
          cdrs: [
            called("settled", 0),
            called("recent", -1),
            called("settled without an end", 0, { end: null }),
            called("recent without an end", -1, { end: null }),
            // Nobody knows in which of the zones of 26 hours it was.
            called("settled anywhere", 14 * hour, { zoneStated: false }),
            called("recent somewhere", 14 * hour - 1, { zoneStated: false })
          ]
        },
        [
          "settled anywhere missing",
          "recent somewhere settling",
          "settled missing",
          "settled without an end missing",
          "recent settling",
          "recent without an end settling"
        ],
        {},
        Make.at(60_060 + hour)
      )
    })

    it.effect("when its recording would have been deleted, absence proves nothing, with a zone and without", () =>
      finds(
        {
          cdrs: [
            cdr({ uuid: "expired", start: 30_000 }),
            cdr({ uuid: "kept", start: 30_001 }),
            cdr({ uuid: "expired somewhere", start: 30_000 + 14 * hour, zoneStated: false }),
            cdr({ uuid: "kept everywhere", start: 30_001 + 14 * hour, zoneStated: false })
          ]
        },
        ["expired expired", "kept missing", "expired somewhere expired", "kept everywhere missing"],
        {},
        Make.at(30_060 + 30 * day)
      )
    )

    it.effect("calls that need no recording say why", () =>
      finds(
        {
          cdrs: [
            cdr({ uuid: "a", talk: 0 }),
            cdr({ uuid: "b", talk: 2 }),
            cdr({ uuid: "c", trunk: "off" }),
            cdr({ uuid: "d", trunk: "gone" }),
            cdr({ uuid: "e", context: "sip-trunking" }),
            cdr({ uuid: "f", trunk: "mute" }),
            cdr({ uuid: "g", from: "+918045670091" }),
            cdr({ uuid: "h", from: "1001", to: "00918045670092" })
          ],
          trunks: [trunk("off", false), trunk("mute", null)]
        },
        [
          "a not-expected unanswered",
          "b not-expected too-short",
          "c not-expected by-rule may",
          "d not-expected by-rule unknown",
          "e not-expected by-rule unknown",
          "f not-expected by-rule unknown",
          "g not-expected by-rule may",
          "h not-expected by-rule must-not"
        ],
        { policy: Policy.short({ voiceApi: "must", numbers: { "+918045670091": "may", "+918045670092": "must-not" } }) }
      )
    )

    it.effect("of voice-API calls nothing is expected unless the caller says so", () =>
      finds({ cdrs: [cdr({ uuid: "a" })] }, ["a not-expected by-rule unknown"], { policy: Policy.byTrunks })
    )

    testEach({
      "of voice-API calls a recording is expected where the caller says so": [
        { cdrs: [cdr({ uuid: "a" })] },
        ["a missing"]
      ]
    })

    test(
      "a chain of legs that no conversation is so long as joins none of them",
      [100, 101, 3000].map((many) => ({
        cdrs: Array.from({ length: many }, (_, nth) =>
          cdr({ uuid: `${nth}`, bridge: `${nth + 1}`, to: `9198${10_000_000 + nth}` })
        ),
        recordings: [recording({ id: "r", call: "7" })]
      })),
      (each) => {
        const kinds = ["matched", "other-leg", "missing"]
        assert.deepStrictEqual(
          each.map((findings) =>
            kinds.map((kind) => findings.filter(({ code, reason }) => (reason ?? code) === kind).length)
          ),
          [
            [1, 99, 0],
            [1, 0, 100],
            [1, 0, 2999]
          ]
        )
      }
    )

    const ofTwo = {
      cdrs: [
        cdr({ uuid: "a", account: "SA_1" }),
        cdr({ uuid: "b", account: null, start: 36_001 }),
        cdr({ uuid: "c", account: "SA_1", start: 36_002 })
      ],
      recordings: [
        recording({ id: "r", call: "c" }),
        recording({ id: "s", call: "z", account: "SA_1" }),
        recording({ id: "t", call: "z", account: "MA_TEST" })
      ]
    }

    it.effect("of another account are not accused: its recordings may stand in that account's list", () =>
      finds(ofTwo, ["a other-account", "b missing", "- other-account s:null", "- orphan t:null", "c matched r:uuid"], {
        account: "MA_TEST"
      })
    )

    testEach({
      "are accused, whatever their account, where none is said to be the caller's": [
        ofTwo,
        ["a missing", "b missing", "- orphan s:null", "- orphan t:null", "c matched r:uuid"]
      ]
    })
  })

  const unread = (row: Make.Cdr) => CallDetailRecord.make({ ...cdr(row), billsec: null })

  test(
    "tells talk that nobody can read as unknown, and not as none",
    [
      {
        cdrs: [unread({ uuid: "a" }), unread({ uuid: "b", start: 40_000 })],
        recordings: [recording({ id: "r", call: "b", start: 40_000 })]
      }
    ],
    ([findings = []]) => {
      assert.deepStrictEqual(findings.map(brief), ["a not-expected by-rule unknown", "b matched r:uuid"])
      for (const { base, cdrs, explanation, recorded, surely, talk } of findings) {
        assert.deepStrictEqual([talk, base, recorded, surely, cdrs[0]?.talk], [null, null, null, null, null])
        assert.notInclude(explanation, "0 s")
      }
      assert.strictEqual(findings[0]?.nextStep, "Ask the provider for the call's talk time.")
    }
  )

  describe("rows that repeat one another", () => {
    // The provider's rows of a bridged call, of which the second leg was written twice.
    const first = {
      sip: "s",
      bridge: "4d1a",
      to: "919812345699",
      start: 36_000,
      talk: 127,
      cost: ["1.35", "INR"]
    } as const
    const legA = cdr({ uuid: "4d1a", id: 1, sip: "s", bridge: "d7e0", start: 36_000, talk: 115, cost: ["0.9", "INR"] })
    const legB = cdr({ ...first, uuid: "c505", id: 4 })
    const again = cdr({ ...first, uuid: "c5ff", id: 5 })
    const versions = [
      cdr({ uuid: "a", id: 1, talk: 120, updated: 50_000 }),
      cdr({ uuid: "a", id: 1, talk: 60, updated: 40_000 }),
      cdr({ uuid: "a", id: 1, talk: 30 })
    ]
    const minute = recording({ id: "r", call: "a", start: 36_000, length: 60 })

    testEach({
      "legs are no duplicates of one another; a leg written twice is flagged, and not accused": [
        { cdrs: [again, legB, legA], recordings: [recording({ id: "r", call: "4d1a", length: 115 })] },
        [
          "4d1a matched r:uuid",
          "c505 not-expected other-leg see 4d1a",
          "c5ff not-expected duplicate see c505",
          "c5ff duplicate-cdr see c505"
        ]
      ],
      "the recording of either row is the call's": [
        { cdrs: [legB, again], recordings: [recording({ id: "r", call: "c5ff", length: 127 })] },
        ["c505 not-expected duplicate see c5ff", "c5ff matched r:uuid", "c5ff duplicate-cdr see c505"]
      ],
      "a call without recording is accused once": [
        { cdrs: [legB, again] },
        ["c505 missing", "c5ff not-expected duplicate see c505", "c5ff duplicate-cdr see c505"]
      ],
      "a row read twice is one row, and as it was read last": [
        {
          cdrs: [cdr({ uuid: "a", id: 1, talk: 60 }), cdr({ uuid: "a", id: 1, talk: 0 })],
          recordings: [recording({ id: "r", call: "z" }), recording({ id: "r", call: "a", length: 0 })]
        },
        ["a not-expected unanswered r:uuid"]
      ],
      "the version of a row that was updated last stands": [
        { cdrs: versions, recordings: [minute] },
        ["a partly-recorded r:uuid"]
      ],
      "the version of a row that was updated last stands, read first or last": [
        { cdrs: versions.toReversed(), recordings: [minute] },
        ["a partly-recorded r:uuid"]
      ]
    })

    const twins = [1, 2].map((id) => cdr({ uuid: id === 1 ? "a" : "b", id, sip: "0", start: 36_000 }))
    const crowd = Array.from({ length: 101 }, (_, n) => cdr({ uuid: `x${n}`, sip: "0", start: 50_000 + n, talk: 0 }))
    const seconds = (id: string, length: number, after = 0) =>
      recording({ id, call: "b", start: 36_000 + after, end: 36_000 + after + length, length })

    test(
      "a short recording of a repeated row is partial although a shared id joins no legs",
      [[seconds("r", 10)], [seconds("r", 10), seconds("q", 5, 20)], [seconds("r", 60)]].map((recordings) => ({
        cdrs: [...twins, ...crowd],
        recordings
      })),
      (each) =>
        assert.deepStrictEqual(
          each.map((findings) => findings.map(brief).filter((text) => /^[ab] /.test(text))),
          ["b partly-recorded r:uuid", "b partly-recorded q:uuid r:uuid", "b matched r:uuid"].map((expected) => [
            "a not-expected duplicate see b",
            expected,
            "b duplicate-cdr see a"
          ])
        )
    )

    it.effect("what they were billed with is added up exactly, by currency", () =>
      Effect.gen(function* () {
        const twins = (sip: string, amounts: ReadonlyArray<readonly [string, string] | null>) =>
          amounts.map((cost, id) => cdr({ uuid: `${sip}${id}`, id, sip, cost }))
        const { findings, summary } = yield* run({
          cdrs: [
            ...twins("a", [
              ["9", "INR"],
              ["0.1", "INR"],
              ["0.2", "INR"]
            ]),
            ...twins("b", [
              ["9", "USD"],
              ["0.000000000000000001", "USD"],
              ["12345678901234567890", "USD"]
            ]),
            ...twins("c", [null, null])
          ]
        })
        assertEquals(summary.duplicateCost, [
          money("0.3", "INR"),
          money("12345678901234567890.000000000000000001", "USD")
        ])
        assert.strictEqual(summary.counts["duplicate-cdr"], 5)
        assertEquals(
          findings.filter(({ code }) => code === "duplicate-cdr").map(({ amount }) => amount),
          [
            money("0.1", "INR"),
            money("0.2", "INR"),
            money("0.000000000000000001", "USD"),
            money("12345678901234567890", "USD"),
            null
          ]
        )
      })
    )
  })

  describe("by time", () => {
    /** Seconds recorded, at least and at most, and that count, and the gaps, of each call. */
    const timesOf = (findings: ReadonlyArray<Finding.Finding>) =>
      findings.flatMap(({ base, cdrs, code, gaps, recorded, surely }) => {
        const seconds = (time: Duration.Duration | null) => (time === null ? "-" : Duration.toSeconds(time))
        const shown = gaps.map(({ from, to }) => ` gap ${seconds(from)}-${seconds(to)}`).join("")
        const uuid = cdrs[0]?.uuid.replace(/^\d+\|/, "")
        return base === null
          ? []
          : [`${uuid} ${code} ${seconds(surely)}..${seconds(recorded)}/${seconds(base)}${shown}`]
      })
    /** A call's seconds of talk, its one recording, and what is found of it. */
    type Timed = readonly [talk: number, recording: Partial<Make.Rec>, expected: string]
    const called = ([talk, rec]: Timed) => ({
      cdrs: [cdr({ uuid: "a", talk })],
      recordings: [recording({ id: "r", call: "a", ...rec })]
    })
    const testTimes = (name: string, cases: ReadonlyArray<Timed>) =>
      test(name, cases.map(called), (each) =>
        assert.deepStrictEqual(
          each.flatMap(timesOf),
          cases.map(([, , expected]) => `a ${expected}`)
        )
      )

    testTimes("a call is recorded if enough of its talk is, and no gap is too long", [
      // A second more or less is how CDRs count.
      [100, { start: 36_000, length: 94 }, "matched 94..94/100"],
      [100, { start: 36_000, length: 93.999 }, "partly-recorded 93.999..93.999/100 gap 93.999-100"],
      [1000, { start: 36_000, length: 990 }, "matched 990..990/1000"],
      [1000, { start: 36_000, length: 989.999 }, "partly-recorded 989.999..989.999/1000 gap 989.999-1000"],
      [12, { start: 36_005, length: 2 }, "partly-recorded 2..2/12 gap 0-5 gap 7-12"]
    ])

    testTimes("clocks may differ by the skew, but a recording is never longer than it is", [
      [60, { start: 36_005, length: 60 }, "matched 60..60/60"],
      [60, { start: 35_995, length: 60 }, "matched 60..60/60"],
      [60, { start: 36_005.001, length: 60 }, "partly-recorded 54.999..54.999/60 gap 0-5.001"],
      [60, { start: 36_005, length: 54 }, "partly-recorded 54..54/60 gap 0-5 gap 59-60"],
      // All of a short call may lie beside its recording by the clocks, and none of a long one.
      [4, { start: 36_004, length: 4 }, "matched 4..4/4"],
      [120, { start: 56_000, length: 120 }, "partly-recorded 0..0/120 gap 0-120"]
    ])

    testTimes("a recording that does not say when it began is placed by its length, between bounds", [
      [60, { length: 60 }, "matched 55..60/60"],
      [300, { length: 200 }, "partly-recorded 195..200/300 gap 200-300"],
      [60, { length: null }, "matched 0..60/60"],
      [60, { end: 36_060, length: 30 }, "partly-recorded 30..30/60 gap 0-30"]
    ])

    it.effect("how much is enough, how long a gap may be and how much clocks may differ can be set", () =>
      Effect.gen(function* () {
        const lax = { ...Policy.short({ voiceApi: "must" }), minimumShare: 50, maximumGap: Duration.minutes(1) }
        const cases: ReadonlyArray<Timed> = [
          [100, { start: 36_000, length: 50 }, "matched 50..50/100"],
          [100, { start: 36_000, length: 48.999 }, "partly-recorded 48.999..48.999/100 gap 48.999-100"],
          [4, { start: 36_004, length: 4 }, "partly-recorded 0..0/4 gap 0-4"]
        ]
        const each = yield* runEach(cases.map(called), { policy: lax, skew: Duration.seconds(3) })
        assert.deepStrictEqual(
          each.flatMap(timesOf),
          cases.map(([, , expected]) => `a ${expected}`)
        )
      })
    )

    test(
      "several recordings of the same half are one half",
      [36_000, 36_060, 36_058].map((second) => ({
        cdrs: [cdr({ uuid: "a", talk: 120 })],
        recordings: [
          recording({ id: "r1", call: "a", start: 36_000, length: 60 }),
          recording({ id: "r2", call: "a", start: second, length: 60 })
        ]
      })),
      (each) =>
        assert.deepStrictEqual(each.flatMap(timesOf), [
          "a partly-recorded 60..60/120 gap 60-120",
          "a several-recordings 120..120/120",
          "a several-recordings 118..118/120"
        ])
    )

    // Held for a minute between two agents; a pause of 5 s counts.
    const held = {
      cdrs: [
        cdr({ uuid: "a", talk: 300, to: "919812345671" }),
        cdr({ uuid: "b", talk: 100, to: "919812345672", bridge: "a" }),
        cdr({ uuid: "c", start: 36_105, talk: 55, to: "919812345673", bridge: "a" }),
        cdr({ uuid: "d", start: 36_220, talk: 80, to: "919812345674", bridge: "a" })
      ],
      recordings: [
        recording({ id: "r1", call: "b", start: 36_000, length: 160 }),
        recording({ id: "r2", call: "d", start: 36_220, length: 40 })
      ]
    }

    test("what counts is the time in which two parties talk", [held], (each) =>
      assert.deepStrictEqual(each.flatMap(timesOf), [
        "a partly-recorded 200..200/240 gap 260-300",
        "b matched 100..100/100",
        "c not-expected 55..55/55",
        "d partly-recorded 40..40/80 gap 40-80"
      ])
    )

    it.effect("what counts is all of each leg's talk, where each leg has to be recorded", () =>
      Effect.gen(function* () {
        const { rules, ...policy } = Policy.short({ voiceApi: "must" })
        const perLeg = { ...policy, rules: rules.map((rule) => Object.assign({ per: "leg" as const }, rule)) }
        const { findings } = yield* run(held, { policy: perLeg })
        assert.deepStrictEqual(timesOf(findings), [
          "a missing 0..0/300",
          "b matched 100..100/100",
          "c missing 0..0/55",
          "d partly-recorded 40..40/80 gap 40-80"
        ])
      })
    )

    it.effect("audio over a leg that must not be recorded is prohibited, whoever has it, and covers nothing", () =>
      Effect.gen(function* () {
        const a = { id: "r", call: "a", start: 36_000 }
        const payments: ReadonlyArray<readonly [recordings: ReadonlyArray<Make.Rec>, expected: ReadonlyArray<string>]> =
          [
            [[{ ...a, length: 300 }], ["a matched r:uuid 210", "p prohibited-recording r:null see a 90"]],
            // Within the skew the clocks may be to blame.
            [[{ ...a, length: 125 }], ["a partly-recorded r:uuid 120", "p not-expected by-rule must-not"]],
            [
              [{ ...a, length: 125.001 }],
              ["a partly-recorded r:uuid 120", "p prohibited-recording r:null see a 5.001"]
            ],
            // But not for audio in the middle of the talk, however short.
            [
              [
                { ...a, length: 120 },
                { ...a, id: "s", start: 36_160, length: 4 },
                { ...a, id: "t", start: 36_210, length: 90 }
              ],
              ["a several-recordings r:uuid s:uuid t:uuid 210", "p prohibited-recording s:null see a 4"]
            ],
            [[{ id: "r", call: "p", start: 36_120, length: 90 }], ["a missing 0", "p prohibited-recording r:uuid 90"]]
          ]
        const each = yield* runEach(
          payments.map(([recordings]) => ({
            cdrs: [
              cdr({ uuid: "a", talk: 300, to: "919812345671" }),
              cdr({ uuid: "p", start: 36_120, talk: 90, from: "1001", to: "919812345672", bridge: "a" })
            ],
            recordings: recordings.map(recording)
          })),
          { policy: Policy.short({ voiceApi: "must", numbers: { "+919812345672": "must-not" } }) }
        )
        assert.deepStrictEqual(
          each.map((findings) =>
            findings.map(
              (finding) =>
                `${brief(finding)}${finding.recorded === null ? "" : ` ${Duration.toSeconds(finding.recorded)}`}`
            )
          ),
          payments.map(([, expected]) => expected)
        )
      })
    )

    const others: ReadonlyArray<readonly [start: number, end: number, expected: string]> = [
      [36_001, 36_031, "a not-expected met-nobody"],
      [35_990, 35_999, "a missing"],
      [36_020, 36_030, "a missing"]
    ]

    test(
      "a leg that met nobody is not missing, one whose other attempts failed is",
      others.map(([start, end]) => ({
        cdrs: [
          cdr({ uuid: "a", sip: "s", talk: 35 }),
          cdr({ uuid: "b", sip: "s", to: "919812345671", talk: 0, start, end })
        ]
      })),
      (each) =>
        assert.deepStrictEqual(
          each.map((findings) => findings.map(brief).filter((text) => text.startsWith("a "))),
          others.map(([, , expected]) => [expected])
        )
    )

    const lasting = (talk: number, length: number, ...others: ReadonlyArray<Make.Cdr>) => ({
      cdrs: [cdr({ uuid: "a", sip: "s", start: 36_000, talk }), ...others.map(cdr)],
      recordings: [recording({ id: "r", call: "a", start: 36_000, length })]
    })
    const longerCounts = (each: ReadonlyArray<ReadonlyArray<Finding.Finding>>) =>
      each.map((findings) => findings.filter(({ code }) => code === "recording-longer").length)

    test(
      "a recording that is longer than its whole conversation may be of something else",
      [
        lasting(60, 65),
        lasting(60, 65.001),
        lasting(60, 300, { uuid: "b", sip: "s", start: 36_060, talk: 240, to: "919812345671" })
      ],
      (each) => assert.deepStrictEqual(longerCounts(each), [0, 1, 0])
    )

    test(
      "a recording is longer than its call by more than the skew, and by more than a twentieth",
      // The skew is 5 seconds.
      [lasting(60, 65), lasting(60, 65.001), lasting(1000, 1050), lasting(1000, 1050.001)],
      (each) => assert.deepStrictEqual(longerCounts(each), [0, 1, 0, 1])
    )
  })

  describe("recordings of no CDR", () => {
    it.effect("are orphans, when their call must lie in the CDRs given and be over", () =>
      Effect.gen(function* () {
        const listed = (...adds: ReadonlyArray<number>) => ({
          recordings: adds.map((add) => recording({ id: `r${add}`, call: `z${add}`, add }))
        })
        const noon = 12 * hour
        yield* finds(
          listed(noon, noon + 1),
          [`- orphan r${noon}:null`, `- settling r${noon + 1}:null`],
          { lookBack: Duration.zero },
          Make.at(noon - 60 + 5 * hour)
        )
        const edges = [4 * hour + 59, 4 * hour + 60, day - 1, day]
        yield* finds(
          listed(...edges),
          ["outside-window", "orphan", "orphan", "outside-window"].map((code, nth) => `- ${code} r${edges[nth]}:null`),
          { lookBack: Duration.zero }
        )
        yield* finds(listed(60), ["- orphan r60:null"], { lookBack: Duration.hours(4) })
      })
    )

    testEach({
      "are left out when they began outside the window": [
        {
          recordings: [recording({ id: "r1", call: "z", add: 59 }), recording({ id: "r2", call: "z", add: day + 60 })]
        },
        []
      ],
      "are no orphans when they are a conference's": [
        {
          recordings: [
            recording({ id: "r1", call: "room", type: "conference" }),
            recording({ id: "r2", call: "room", conference: "standup" })
          ]
        },
        ["- conference r1:null", "- conference r2:null"]
      ]
    })
  })

  describe("rows of one leg", () => {
    const leg = { uuid: "a", sip: "s" } as const
    const audio = recording({ id: "r", call: "a", start: 36_000, length: 120 })
    const newer = { ...leg, id: 2, talk: 120, updated: 2 }

    const older = cdr({ ...leg, id: 1, updated: 1 })
    const half = recording({ id: "r", call: "a", start: 36_000, length: 60 })

    test(
      "of which one was corrected under another id are one call, as it was corrected",
      [
        { cdrs: [older, cdr(newer)], recordings: [audio] },
        { cdrs: [cdr(newer), older], recordings: [audio] },
        // If it is unknown which is the correction, the longer one stands: all of its talk is judged.
        ...[2, null].map((updated) => ({
          cdrs: [cdr({ ...leg, id: 1, updated }), cdr({ ...newer, updated })],
          recordings: [half]
        })),
        // Nor is the longer one the call, where the shorter one is the correction.
        { cdrs: [cdr({ ...leg, id: 1, talk: 120, updated: 1 }), cdr({ ...leg, id: 2, talk: 60, updated: 2 })] }
      ],
      (each) => {
        const superseded = "a not-expected superseded see a"
        assert.deepStrictEqual(
          each.map((findings) => findings.map(brief)),
          [
            [superseded, "a matched r:uuid"],
            [superseded, "a matched r:uuid"],
            [superseded, "a partly-recorded r:uuid"],
            [superseded, "a partly-recorded r:uuid"],
            [superseded, "a missing"]
          ]
        )
        const stands = each.map(([, finding]) => [finding?.cdrs[0]?.id, Duration.toSeconds(finding?.talk ?? 0)])
        assert.deepStrictEqual(
          stands,
          [120, 120, 120, 120, 60].map((talk) => ["2", talk])
        )
      }
    )

    const differing: ReadonlyArray<readonly [more: Partial<Make.Cdr>, uuid: string]> = [
      [{ uuid: "b" }, "b"],
      [{ start: 36_001 }, "a"],
      [{ account: "SA_1" }, "a"],
      [{ to: "919812345671" }, "a"]
    ]

    test(
      "are not corrections of one another where anything else differs",
      differing.map(([more]) => ({ cdrs: [cdr({ ...leg, id: 1, updated: 1, ...more }), cdr(newer)] })),
      (each) =>
        assert.deepStrictEqual(
          each.map((findings) => findings.map(brief)),
          differing.map(([, uuid]) => ["a missing", `${uuid} missing`])
        )
    )

    type Row = readonly [id: number, amount: string, account?: string]
    const billed: ReadonlyArray<readonly [rows: ReadonlyArray<Row>, duplicates: ReadonlyArray<string>]> = [
      [
        [
          [1, "0.45"],
          [2, "-0.45"]
        ],
        []
      ],
      [
        [
          [1, "-0.45"],
          [2, "0.45"]
        ],
        []
      ],
      [
        [
          [1, "0.45"],
          [2, "0.45"],
          [3, "-0.45"]
        ],
        []
      ],
      [
        [
          [1, "0.45"],
          [2, "0.45"],
          [3, "0.45"],
          [4, "-0.45"]
        ],
        ["2 0.45 INR"]
      ],
      // A credit of another amount takes nothing back.
      [
        [
          [1, "0.45"],
          [2, "0.45"],
          [3, "-0.2"]
        ],
        ["2 0.45 INR"]
      ],
      // One bill that is passed on, and is billed again by the other account.
      [
        [
          [1, "0.45"],
          [2, "0.5", "SA_1"],
          [3, "0.5", "SA_1"]
        ],
        ["3 0.5 INR"]
      ],
      // Taken back and billed at another price, or free at first: the leg is billed once.
      [
        [
          [1, "0.45"],
          [2, "-0.45"],
          [3, "0.3"]
        ],
        []
      ],
      [
        [
          [1, "0"],
          [2, "0.45"]
        ],
        []
      ]
    ]

    test(
      "that cost less than nothing are credits, and take back what was billed twice",
      billed.map(([rows]) => ({
        cdrs: rows.map(([id, amount, account = "MA_TEST"]) => cdr({ ...leg, id, account, cost: [amount, "INR"] })),
        recordings: [audio]
      })),
      (each) =>
        assert.deepStrictEqual(
          each.map((findings) => ({
            duplicates: findings
              .filter(({ code }) => code === "duplicate-cdr")
              .map(({ amount, cdrs }) => `${cdrs[0]?.id} ${amount && Money.format(amount)}`),
            matched: findings.filter(({ code }) => code === "matched").length
          })),
          billed.map(([, duplicates]) => ({ duplicates, matched: 1 }))
        )
    )

    it.effect("that are credits are no calls, whatever else they say", () =>
      Effect.gen(function* () {
        const charge = cdr({ ...leg, id: 1, cost: ["0.45", "INR"] })
        const credit = { ...leg, id: 2, cost: ["-0.45", "INR"] } as const
        const accounts = [
          [cdr(credit)],
          [charge, cdr({ ...credit, start: 40_000 })],
          [charge, cdr({ ...credit, talk: 0, end: 36_060 })],
          // Nor is what was corrected a call of its own.
          [older, cdr(newer)]
        ].map((cdrs, nth) => apart({ cdrs }, nth).cdrs)
        const { findings, summary } = yield* run({ cdrs: accounts.flat() })
        assert.sameMembers(
          findings.map((finding) => `${finding.cdrs[0]?.uuid[0]} ${brief(finding)}`),
          [
            "0 a not-expected credit",
            "1 a missing",
            "1 a not-expected credit",
            "2 a missing",
            "2 a not-expected credit",
            "3 a not-expected superseded see a",
            "3 a missing"
          ]
        )
        assert.strictEqual(summary.cdrs, 6)
        assert.deepInclude(summary.classes, { missing: 3, excluded: 0 })
      })
    )

    test(
      "that are the same except for a second seem to be of one leg, and somebody should look",
      [{}, { start: 36_002 }, { uuid: "b" }, { talk: 61 }].map((more) => ({
        cdrs: [
          cdr({ ...leg, id: 1, cost: ["0.45", "INR"] }),
          cdr({ ...leg, id: 2, start: 36_001, cost: ["0.45", "INR"], ...more })
        ]
      })),
      ([findings = [], ...others]) => {
        assert.deepStrictEqual(findings.map(brief), [
          "a missing",
          "a not-expected duplicate see a",
          "a duplicate-cdr see a"
        ])
        assert.include(findings[2]?.explanation, "1.0 s apart")
        assert.isNull(findings[2]?.amount, "nobody knows that it is to be claimed back")
        assert.deepStrictEqual(
          others.map((findings) => findings.map(({ code }) => code)),
          others.map(() => ["missing", "missing"])
        )
        assert.lengthOf(others, 3)
      }
    )
  })

  describe("a trunk that was changed", () => {
    const noon = 12 * hour
    /** Calls on one trunk, by the second that each began at; those in `recorded` have a trunk recording. */
    const calls = (
      starts: ReadonlyArray<number>,
      recorded: ReadonlyArray<number>,
      more: Partial<Account>
    ): Partial<Account> => ({
      cdrs: starts.map((start) =>
        cdr({ uuid: `c${start}`, sip: `s${start}`, trunk: "t", start, to: `9198${start + 10_000_000}` })
      ),
      recordings: recorded.map((start) =>
        recording({ id: `s${start}`, call: `s${start}`, type: "trunk", add: start + 61 })
      ),
      ...more
    })
    const ofCalls = (findings: ReadonlyArray<Finding.Finding>) =>
      findings
        .filter(({ cdrs }) => cdrs.length > 0)
        .map(
          ({ cdrs, code, reason, verdict }) =>
            `${cdrs[0]?.uuid.split("|c")[1]} ${reason === "by-rule" ? verdict : code}`
        )
    /** A test of what is found of the calls of such accounts. */
    const testCalls = (name: string, cases: ReadonlyArray<Judged.Case>) =>
      test(
        name,
        cases.map(([account]) => account),
        (each) =>
          assert.deepStrictEqual(
            each.map(ofCalls),
            cases.map(([, expected]) => expected)
          )
      )
    const changed = (recordingNow: boolean | null, updated: number | null) => ({
      trunks: [trunk("t", recordingNow, updated)]
    })

    testCalls("leaves open how it stood before, and is as it is listed after", [
      [calls([noon - 1, noon], [], changed(true, noon)), [`${noon - 1} trunk-changed`, `${noon} missing`]],
      [calls([noon - 1, noon], [], changed(false, noon)), [`${noon - 1} trunk-changed`, `${noon} may`]],
      [calls([noon], [], changed(true, -1)), [`${noon} missing`]],
      [calls([noon], [], changed(true, null)), [`${noon} missing`]]
    ])

    testCalls("had its switch on between calls of a day that its recordings are of", [
      [
        calls([hour, 2 * hour, 3 * hour, 4 * hour, 5 * hour], [2 * hour, 4 * hour], changed(false, 2 * day)),
        [
          `${hour} trunk-changed`,
          `${2 * hour} matched`,
          `${3 * hour} missing`,
          `${4 * hour} matched`,
          `${5 * hour} trunk-changed`
        ]
      ]
    ])

    const seen = (recording: boolean, first: number, last: number, updated: number | null = null) => ({
      trunkHistory: [Make.trunkSeen("t", recording, { first, last, updated })]
    })
    const off = changed(false, 2 * day)

    testCalls("stood as runs saw it before and after, with no change between", [
      // It was on from before the window until after it, and then turned off.
      [calls([noon], [], { ...off, ...seen(true, -day, day) }), [`${noon} missing`]],
      // It was seen on before the call and after it, and so was on meanwhile.
      [
        calls([noon], [], {
          ...off,
          trunkHistory: [...seen(true, -day, -day).trunkHistory, ...seen(true, day, day).trunkHistory]
        }),
        [`${noon} missing`]
      ],
      // It was seen on before the call, and changed at an unknown time after.
      [calls([noon], [], { ...off, ...seen(true, -day, noon - 1) }), [`${noon} trunk-changed`]],
      // It was seen on after the call, and not changed since long before.
      [calls([noon], [], { ...off, ...seen(true, day, day, -day) }), [`${noon} missing`]],
      // It does not say when it changed, but was seen otherwise.
      [
        calls([noon, noon + 60], [], { ...changed(true, null), ...seen(false, -day, noon + 1) }),
        [`${noon} may`, `${noon + 60} trunk-changed`]
      ],
      // It is not listed any more, and was.
      [
        calls([noon, noon + 60], [], { trunks: [trunk("u", true)], ...seen(true, -day, noon) }),
        [`${noon} missing`, `${noon + 60} unknown`]
      ]
    ])

    it.effect("matters only where the rules go by its switch, and counts as having had to be recorded", () =>
      Effect.gen(function* () {
        const ofOne = (policy: Policy.Policy) =>
          Effect.map(runEach([calls([noon], [], off)], { policy }), (each) => each.map(ofCalls))
        assert.deepStrictEqual(yield* ofOne({ ...Policy.byTrunks, rules: [], default: "must" }), [[`${noon} missing`]])
        assert.deepStrictEqual(yield* ofOne(Policy.short({ trunkOff: "must-not" })), [[`${noon} unknown`]])
        const { classes, talk, unlisted, verdict } = yield* Reconciliation.run({
          ...sources({
            cdrs: [
              cdr({ uuid: "a", trunk: "t" }),
              cdr({ uuid: "b", trunk: "gone" }),
              cdr({ uuid: "c", trunk: "gone" })
            ],
            recordings: [],
            trunks: [trunk("t", false, 2 * day)]
          }),
          window: Make.window,
          asOf: Make.asOf
        })
        assert.deepInclude(classes, { undetermined: 1, unjudged: 2, missing: 0 })
        assert.deepStrictEqual(talk, { base: 60_000, least: 0, most: 60_000, excused: 0 })
        assert.deepStrictEqual(unlisted, [{ trunkId: "gone", calls: 2 }])
        assert.strictEqual(verdict._tag, "unknown")
      })
    )
  })

  test(
    "every finding says how serious it is, why it is, and what to do",
    [
      {
        cdrs: [cdr({ uuid: "a", trunk: "on" }), cdr({ uuid: "b", talk: 300 })],
        recordings: [recording({ id: "r", call: "b", start: 36_000 })],
        trunks: [trunk("on", true)]
      }
    ],
    ([findings = []]) => {
      assert.deepStrictEqual(
        findings.map(({ explanation, nextStep, rule, severity, verdict }) => ({
          severity,
          verdict,
          rule,
          explanation,
          nextStep
        })),
        [
          {
            severity: "critical",
            verdict: "must",
            rule: "trunk-on",
            explanation:
              "The call had to be recorded (its trunk records every call, by its switch today), but no recording names it or covers any of the 60 s that count.",
            nextStep:
              "Check whether the recording was deleted or belongs to another account. Then ask the provider, before the retention ends."
          },
          {
            severity: "critical",
            verdict: "must",
            rule: "voice-api",
            explanation:
              "The call had to be recorded (the setting for voice-API calls), but only part of it is: 60 s of 300 s, gap 1:00 to 5:00 from the start of talk.",
            nextStep:
              "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
          }
        ]
      )
      const encode = Schema.encodeSync(Schema.toCodecJson(Finding.Finding))
      const decode = Schema.decodeUnknownSync(Schema.toCodecJson(Finding.Finding))
      for (const finding of findings) {
        assertEquals(decode(JSON.parse(JSON.stringify(encode(finding)))), finding)
      }
    }
  )

  it.effect("a finding has the time until which what can be saved is kept, and comes in the order of it", () =>
    Effect.gen(function* () {
      const result = yield* Reconciliation.run({
        ...sources({
          cdrs: [
            cdr({ uuid: "missing", start: 50_000 }),
            cdr({ uuid: "recorded", start: 40_000 }),
            cdr({ uuid: "silent", start: 45_000, talk: 0 }),
            cdr({ uuid: "zoneless", start: 70_000, zoneStated: false })
          ],
          recordings: [
            recording({ id: "r1", call: "recorded", start: 40_030, end: 40_060, length: 30 }),
            recording({ id: "r2", call: "recorded", add: 40_031, length: 30 }),
            recording({ id: "r3", call: "z", start: 60_000, length: 30 })
          ]
        }),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: Policy.short({ voiceApi: "must" }) }
      })
      const deadlines = (reading: Kernel.Reading) =>
        Effect.map(Stream.runCollect(Kernel.findings(result.schema, reading)), (findings) =>
          findings.map(({ cdrs, deadline, recordings }) => [
            cdrs[0]?.uuid ?? recordings[0]?.recordingId,
            deadline === null ? null : (DateTime.toEpochMillis(deadline) - Make.start) / 1000 - 30 * day
          ])
        )
      // When the zone of its times is not known, a call may have ended 14 hours earlier.
      const expected = [
        ["recorded", 40_031],
        ["silent", null],
        ["missing", 50_060],
        ["r3", 60_030],
        ["zoneless", 70_060 - 14 * hour]
      ]
      assert.deepStrictEqual(yield* deadlines({}), expected)
      const order = { urgentAt: Make.at(30 * day + 70_060 - 14 * hour) }
      const urgent = ["missing", "recorded", "r3", "zoneless", "silent"]
      assert.deepStrictEqual(
        (yield* deadlines({ order })).map(([id]) => id),
        urgent
      )
      assert.deepStrictEqual(
        (yield* deadlines({ order, asking: true, most: 2 })).map(([id]) => id),
        ["missing", "r3"]
      )
    })
  )

  it.effect("a finding shows the rows that it rests on, and hides their numbers when asked to", () =>
    Effect.gen(function* () {
      const { findings } = yield* run({
        cdrs: [
          cdr({ uuid: "81", id: 7, sip: "s", bridge: "9812345670", trunk: "T", from: "080 4567 0011", to: "agent" })
        ],
        recordings: [recording({ id: "9812345670", call: "s", type: "trunk", account: "MA_1", start: 36_001 })]
      })
      const [finding] = findings
      assert.isDefined(finding)
      assertEquals(
        finding.cdrs[0],
        new Finding.CdrEvidence({
          uuid: "81",
          id: "7",
          account: "MA_TEST",
          start: Make.at(36_000),
          end: Make.at(36_060),
          direction: "outbound",
          trunkId: "T",
          from: PhoneNumber.of("080 4567 0011", null),
          to: PhoneNumber.of("agent", null),
          talk: Duration.seconds(60),
          cost: money("0.45", "INR")
        })
      )
      assertEquals(
        finding.recordings[0],
        new Finding.RecordingEvidence({
          recordingId: "9812345670",
          key: "sip_call_id",
          callUuid: "s",
          type: "trunk",
          account: "MA_1",
          began: Make.at(36_001),
          duration: Duration.seconds(60),
          isGuess: false,
          source: "provider"
        })
      )
      const explained = Finding.explain({ ...finding, code: "missing", rule: "our desk +91 98123 45670" })
      const masked = Finding.mask(explained)
      assert.strictEqual(masked.rule, "our desk +** ***** ***70")
      assert.include(explained.explanation, "98123")
      assert.include(masked.explanation, "+** ***** ***70")
      // Masked are also those that are to be revealed.
      const { from = null, to = null } = masked.cdrs[0] ?? {}
      assert.deepStrictEqual(
        [from, to].map((number) => number && PhoneNumber.reveal(number)),
        ["*** **** **11", "agent"]
      )
      const wide = Finding.mask(
        Finding.explain({
          ...finding,
          cdrs: finding.cdrs.map((cdr) => new Finding.CdrEvidence({ ...cdr, to: PhoneNumber.of("०८०/४५६७००११", null) }))
        })
      )
      assert.notMatch(JSON.stringify(FindingFiles.encode(wide)), /[०-९]{3}/)
      // Printed it is masked in any case, and told in full in files.
      for (const text of [JSON.stringify(finding), String(finding), Inspectable.toStringUnknown(finding)]) {
        assert.notInclude(text, "4567 0011")
      }
      assert.include(JSON.stringify(FindingFiles.encode(finding)), '"from":"080 4567 0011"')
      assert.strictEqual(masked.recordings[0]?.recordingId, "9812345670")
    })
  )

  it.effect("the summary counts calls that had to be recorded, were, and are in doubt", () =>
    Effect.gen(function* () {
      const { summary } = yield* run(
        {
          cdrs: [
            cdr({ uuid: "recorded" }),
            cdr({ uuid: "leg", bridge: "recorded", to: "919812345671" }),
            cdr({ uuid: "missing" }),
            cdr({ uuid: "recent", start: 86_000 }),
            cdr({ uuid: "silent", talk: 0 }),
            cdr({ uuid: "unknown", trunk: "gone" }),
            cdr({ uuid: "twin", sip: "s", id: 1 }),
            cdr({ uuid: "twin2", sip: "s", id: 2 }),
            cdr({ uuid: "context", start: -100 })
          ],
          recordings: [recording({ id: "r", call: "recorded" }), recording({ id: "o", call: "z" })]
        },
        {},
        Make.at(86_400)
      )
      assert.deepStrictEqual(summary.classes, {
        recorded: 2,
        partly: 0,
        unusable: 0,
        missing: 2,
        undetermined: 1,
        unjudged: 1,
        excused: 0,
        excluded: 1
      })
      assert.deepStrictEqual(summary.unjudged, { "trunk-unknown": 1 })
      assert.deepStrictEqual(summary.undetermined, {
        settling: 1,
        "trunk-changed": 0,
        expired: 0,
        "other-account": 0,
        "in-conference": 0
      })
      assert.deepStrictEqual(summary.rules, { "trunk-unknown": 1, unanswered: 1, "voice-api": 5 })
      assert.strictEqual(summary.cdrs, 8)
      assert.strictEqual(summary.recordings, 2)
      assert.deepStrictEqual(summary.notExpected, { "other-leg": 1, unanswered: 1, "by-rule": 1, duplicate: 1 })
      assert.strictEqual(summary.counts.missing, 2)
    })
  )

  it.effect(
    "what is wrong with a recording's audio is reported with its call, or with it alone, within the window, once",
    () =>
      Effect.gen(function* () {
        const faults = Finding.ofAudio.map((code) => ({ code, detail: "expected this, found that" }))
        const { findings, schema, summary } = yield* Reconciliation.run({
          ...sources({
            cdrs: [cdr({ uuid: "a" }), cdr({ uuid: "before", start: -100 })],
            recordings: [
              recording({ id: "r", call: "a" }),
              recording({ id: "orphan", call: "nobody", start: 40_000 }),
              recording({ id: "outside", call: "before", start: -100 })
            ]
          }),
          archive: Stream.fromIterable([
            Make.archived({ id: "r", call: "a", faults: [...faults, ...faults] }),
            Make.archived({
              id: "orphan",
              call: "nobody",
              faults: [{ code: "audio-silent", detail: "expected sound, found none" }]
            }),
            Make.archived({ id: "outside", call: "before", faults: [{ code: "audio-silent", detail: "" }] })
          ]),
          window: Make.window,
          asOf: Make.asOf
        })
        const found = (yield* Stream.runCollect(findings)).filter(({ code }) => Finding.ofAudio.includes(code))
        assert.deepStrictEqual(
          found.map(({ cdrs, code, recordings }) => [code, cdrs[0]?.uuid, recordings[0]?.recordingId]),
          [...Finding.ofAudio.toSorted().map((code) => [code, "a", "r"]), ["audio-silent", undefined, "orphan"]]
        )
        for (const finding of found) {
          const detail = finding.cdrs.length === 0 ? "expected sound, found none" : "expected this, found that"
          assert.isTrue(finding.explanation.endsWith(`: ${detail}.`), finding.explanation)
          assert.isNotNull(finding.deadline)
          assert.strictEqual(finding.severity, Finding.severities[finding.code])
          assert.isAbove(finding.nextStep.length, 10)
        }
        assert.deepStrictEqual([summary.cdrs, summary.recordings, Coverage.required(summary.classes)], [1, 2, 0])
        assert.strictEqual(summary.counts["audio-silent"], 2)
        assert.match(schema, /^scratch/)
      })
  )

  describe("at the edge of what counts:", () => {
    testEach({
      "a recording that ends when it begins is of no length, though it does not say how long it is": [
        {
          cdrs: [cdr({ uuid: "a" }), cdr({ uuid: "b", start: 40_000 })],
          recordings: [
            recording({ id: "r", call: "a", start: 36_000, end: 36_000, length: null }),
            recording({ id: "s", call: "b", start: 40_000, end: 40_001, length: null })
          ]
        },
        ["a unusable r:uuid", "b partly-recorded s:uuid"]
      ],
      "a call that costs nothing is no credit": [{ cdrs: [cdr({ uuid: "a", cost: ["0", "INR"] })] }, ["a missing"]]
    })

    it.effect("a trunk that is listed twice has the name of its last row", () =>
      Effect.gen(function* () {
        const policy: Policy.Policy = {
          ...Policy.short({}),
          rules: [{ name: "r", verdict: "must", when: { trunks: ["new"] } }],
          default: "may"
        }
        const trunks = ["old", "new"].map((name) => Object.assign({}, trunk("t", true), { name }))
        const { findings } = yield* run({ cdrs: [cdr({ uuid: "a", trunk: "t" })], trunks }, { policy })
        assert.deepStrictEqual(findings.map(brief), ["a missing"])
      }).pipe(Effect.provide(database))
    )
  })

  it.effect("what only the archive has of no call is a conference's where it says so, and else an orphan", () =>
    Effect.gen(function* () {
      const { findings } = yield* Reconciliation.run({
        ...sources({ cdrs: [], recordings: [] }),
        archive: Stream.make(
          Make.archived({ id: "a", call: "nobody", type: null }),
          Make.archived({ id: "b", call: "nobody", type: "conference" }),
          Make.archived({ id: "c", call: "nobody" })
        ),
        window: Make.window,
        asOf: Make.asOf
      })
      assert.deepStrictEqual(
        (yield* Stream.runCollect(findings))
          .map(({ code, recordings }) => [recordings[0]?.recordingId, code])
          .toSorted(),
        [
          ["a", "orphan"],
          ["b", "conference"],
          ["c", "orphan"]
        ]
      )
    })
  )

  const lengths = [
    [49.4, 50, "matched", 50_000],
    [48.9, 50, "matched", 48_900],
    [2, 12, "partly-recorded", 2000]
  ] as const

  test(
    "audio that is less than a second shorter than whole seconds of talk is all of it",
    lengths.map(([length, talk]) => ({
      cdrs: [cdr({ uuid: "a", start: 36_000, end: 36_000 + talk, talk })],
      recordings: [recording({ id: "r", call: "a", start: 36_000, length })]
    })),
    (each) =>
      assert.deepStrictEqual(
        each.map(([found]) => [
          found?.code,
          Duration.toMillis(found?.base ?? 0),
          Duration.toMillis(found?.recorded ?? 0)
        ]),
        lengths.map(([, talk, code, recorded]) => [code, talk * 1000, recorded])
      )
  )

  describe("against the reference", () => {
    it.effect("random accounts of every kind give the same findings", () =>
      Effect.gen(function* () {
        const seen = new Set<string>()
        // For little effort, more accounts are judged by each of fewer runs.
        const accounts = Effort.sized({ quick: 5, full: 2 })
        for (const seed of Seed.seeds(Effort.sized({ quick: 3, full: 220 }))) {
          const { account, options, parameters } = Judged.draw(seed, accounts)
          const { findings, summary } = yield* run(account, options, parameters.asOf, parameters.proved)
          assertEquals(findings, reconcile(account, parameters), `seed ${seed}`)
          for (const code of Finding.Code.literals) {
            assert.strictEqual(summary.counts[code], findings.filter((finding) => finding.code === code).length)
          }
          for (const { allowed, cdrs, code, inDoubt, reason, recordings, severity } of findings) {
            if (code === "candidate" && cdrs.length > 1) seen.add("candidate that runs on")
            seen.add(reason ?? code)
            if (allowed.length > 0) seen.add(`${code} with allowed gaps`)
            if (inDoubt) seen.add(`${code} in doubt`)
            if (recordings.some(({ source }) => source === "archive")) seen.add(`${code} archived`)
            assert.isFalse(inDoubt && severity === "critical")
          }
        }
        if (!Effort.isFull) return
        assert.includeMembers(
          [...seen],
          [
            "missing in doubt",
            "unusable in doubt",
            "orphan in doubt",
            "matched archived",
            "unusable archived",
            "candidate that runs on",
            "partly-recorded with allowed gaps",
            "several-recordings with allowed gaps"
          ]
        )
        // Else the accounts would be too tame to prove anything.
        const all: ReadonlyArray<string> = [...Finding.Code.literals, ...Finding.Reason.literals]
        assert.deepStrictEqual(
          all.filter((kind) => !seen.has(kind)),
          // The first has reasons, the second needs a rate card, which has a reference of its own, and one fault of audio is as good as another here.
          ["not-expected", "charge-differs", "audio-wrong-format", "audio-not-checked"]
        )
      })
    )

    it.effect("of several versions of a row the one stands that was updated last, in whatever order they come", () =>
      Effect.gen(function* () {
        for (const seed of Seed.seeds(Effort.sized({ quick: 1, full: 30 }))) {
          const { account, options, parameters } = Judged.draw(seed)
          const below = Seed.integers(seed)
          const shuffled = <A>(rows: ReadonlyArray<A>) =>
            rows
              .map((row) => [below(1_000_000_000), row] as const)
              .toSorted(([a], [b]) => a - b)
              .map(([, row]) => row)
          // Rows that were updated one after the other: then no order of reading counts.
          const cdrs = account.cdrs.map((row, nth) => CallDetailRecord.make({ ...row, updatedAt: Make.at(nth) }))
          const straight = reconcile({ ...account, cdrs }, parameters)
          for (const order of Effort.isFull ? [cdrs.toReversed(), shuffled(cdrs)] : [shuffled(cdrs)]) {
            const { findings } = yield* run({ ...account, cdrs: order }, options, parameters.asOf, parameters.proved)
            assertEquals(findings, straight, `seed ${seed}`)
          }
        }
      })
    )

    it.effect("the order in which rows come does not matter", () =>
      Effect.gen(function* () {
        for (const seed of Seed.seeds(Effort.sized({ quick: 1, full: 20 }))) {
          const { account, options, parameters } = Judged.draw(seed)
          const once = <A>(rows: ReadonlyArray<A>, key: (row: A) => string) =>
            Array.from(new Map(rows.map((row) => [key(row), row])).values())
          const cdrs = once(account.cdrs, ({ id, uuid }) => `${same(uuid)} ${id}`)
          const recordings = once(account.recordings, ({ recordingId }) => same(recordingId))
          const straight = reconcile({ ...account, cdrs, recordings }, parameters)
          const back = {
            ...account,
            cdrs: cdrs.toReversed(),
            recordings: recordings.toReversed(),
            archive: account.archive.toReversed()
          }
          const { findings } = yield* run(back, options, parameters.asOf, parameters.proved)
          assertEquals(findings, straight, `seed ${seed}`)
        }
      })
    )
  })

  describe("as a program", () => {
    it.effect("fails with the error of a stream, whichever fails", () =>
      Effect.gen(function* () {
        for (const side of ["cdrs", "recordings", "trunks"] as const) {
          const error = yield* Effect.flip(
            Effect.scoped(
              Reconciliation.run<string, string, string>({
                ...sources({ cdrs: [cdr({ uuid: "a" })] }),
                [side]: Stream.fail(`no ${side}`),
                window: Make.window,
                asOf: Make.asOf
              })
            )
          )
          assert.strictEqual(error, `no ${side}`)
        }
      })
    )

    it.effect("several run at once in one database, and leave nothing behind", () =>
      Effect.gen(function* () {
        const uuids = ["a", "b", "c"].slice(0, Effort.sized({ quick: 2, full: 3 }))
        const briefs = yield* Effect.forEach(
          uuids,
          (uuid) => Effect.map(run({ cdrs: [cdr({ uuid })] }), ({ findings }) => findings.map(brief)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          briefs,
          uuids.map((uuid) => [`${uuid} missing`])
        )
        const db = yield* DuckDb.DuckDb
        assert.deepStrictEqual(
          yield* db.query("SELECT table_name FROM duckdb_tables()", Schema.Struct({ table_name: Schema.String })),
          []
        )
      }).pipe(Effect.provide(Layer.fresh(database)))
    )

    it.effect("leaves its tables open to other questions while its scope is", () =>
      Effect.gen(function* () {
        const db = yield* DuckDb.DuckDb
        const { loaded, schema } = yield* Reconciliation.run({
          ...sources({ cdrs: [cdr({ uuid: "a" })], recordings: [recording({ id: "r", call: "a" })] }),
          window: Make.window,
          asOf: Make.asOf
        })
        assert.deepInclude(loaded, { cdrs: 1, recordings: 1, trunks: 0 })
        assert.deepStrictEqual(
          yield* db.query(
            `SELECT uuid, to_e164, talk_ms, cost FROM ${schema}.cdr`,
            Schema.Struct({
              uuid: Schema.String,
              to_e164: Schema.String,
              talk_ms: Schema.FiniteFromString,
              cost: Schema.String
            })
          ),
          [{ uuid: "a", to_e164: "+919812345670", talk_ms: 60_000, cost: "0.450000000000000000" }]
        )
      })
    )
  })
})

describe("Reconciliation of a simulated account, over HTTP", () => {
  const until = DateTime.makeUnsafe("2026-08-14T12:00:00Z")
  const account = Simulator.make({
    seed: 7,
    calls: 2000,
    days: 3,
    until,
    mix: { "conference-room": 1, unkeyed: 1, "sub-account": 1 }
  })

  it.live("finds what happened, call by call", () =>
    Effect.gen(function* () {
      const cdrs = yield* CallDetailRecords.CallDetailRecords
      const recordings = yield* Recordings.Recordings
      const trunks = yield* Trunks.Trunks
      const window = { from: account.from, to: until }
      const result = yield* Reconciliation.run({
        cdrs: cdrs.stream(window),
        recordings: recordings.stream(),
        trunks: trunks.stream,
        proofs: Effect.succeed(Coverage.declared),
        window,
        asOf: until,
        options: {
          // No call of the account is longer, and none started before it.
          longestCall: Duration.minutes(30),
          lookBack: Duration.minutes(30),
          account: account.authId,
          policy: Policy.short({
            trunkOff: "must-not",
            numbers: Object.fromEntries(
              account.numbers.map(({ number, recorded }) => [number, recorded ? "must" : "may"])
            )
          })
        }
      })
      const found = new Map<string, Array<string>>()
      yield* Stream.runForEach(result.findings, ({ cdrs, code, reason, recordings, verdict }) =>
        Effect.sync(() => {
          const subject = cdrs[0]?.uuid ?? recordings[0]?.recordingId ?? ""
          found.set(subject, [
            ...(found.get(subject) ?? []),
            reason === "by-rule" ? `${reason} ${verdict}` : (reason ?? code)
          ])
        })
      )
      for (const { cdrUuids, kind, recordingIds } of account.truth.calls) {
        const homeless = ["orphan", "unkeyed", "conference-room"].includes(kind) ? recordingIds : []
        const subjects = [...cdrUuids, ...homeless]
        const kinds = subjects.map((subject) => (found.get(subject) ?? ["nothing"]).join(" "))
        assert.match(kinds.toSorted().join(", "), truths[kind], `${kind} ${subjects.join(" ")}`)
        for (const subject of subjects) found.delete(subject)
      }
      assert.strictEqual(found.size, 0)
    }).pipe(Effect.scoped, Effect.provide([database, FakeVobiz.FakeVobiz.layerVobiz({ account })]))
  )
})

/** What is to be found of the CDRs, or of an orphan, by what happened to the call. */
const truths: Readonly<Record<Simulator.Scenario, RegExp>> = {
  "voice-recorded": /^matched$/,
  "voice-unrecorded": /^by-rule may$/,
  "trunk-recorded": /^matched$/,
  "trunk-unrecorded": /^by-rule must-not$/,
  unexpected: /^prohibited-recording$/,
  bridged: /^matched, other-leg$/,
  "bridge-keyed": /^matched$/,
  unanswered: /^(unanswered|by-rule must-not)$/,
  "very-short": /^too-short$/,
  "duplicate-cdr":
    /^(duplicate duplicate-cdr, matched|duplicate, matched duplicate-cdr|duplicate duplicate-cdr, matched, other-leg)$/,
  late: /^matched$/,
  pending: /^settling$/,
  missing: /^missing$/,
  orphan: /^orphan$/,
  several: /^several-recordings$/,
  "duration-mismatch": /^partly-recorded$/,
  conference: /^matched(, other-leg)+$/,
  "conference-room": /^by-rule may, conference$/,
  unkeyed: /^missing candidate, orphan$/,
  "sub-account": /^other-account$/,
  straddling: /^settling$/,
  "flawed-audio": /^matched$/
}
