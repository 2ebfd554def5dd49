import { assert, describe, Effort, it, layer } from "@vobiz-effect/test-support"
import { CallDetailRecord, PhoneNumber, Trunk } from "@vobiz-effect/core"
import { NodeServices } from "@effect/platform-node"
import { DateTime, Duration, Effect, FileSystem, Schema, Stream } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import * as Judgement from "../src/internal/judgement.ts"
import * as SameId from "../src/internal/sameId.ts"
import { Column, DuckDb, Policy, PolicyError, Relations } from "../src/index.ts"
import * as Make from "./utils.ts"

type Call = CallDetailRecord.CallDetailRecord

const cdr = (row: Partial<Call>): Call => CallDetailRecord.make({ ...Make.cdr({ uuid: "u" }), ...row })

const trunk = (row: Partial<Trunk.Trunk>): Trunk.Trunk => Trunk.make({ ...Make.trunk("t", null), ...row })

const yaml = (rules: string, more = "") => `version: 1\nname: test\n${more}rules:\n${rules}default: unknown\n`

const refused = (text: string) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Policy.parse(text, "p.yaml"))
    assert.instanceOf(error, PolicyError.PolicyError)
    return error.message.split("\n")
  })

const decided = (policy: Policy.Policy, row: Partial<Call>, of: Trunk.Trunk | null = null) => {
  const { rule, verdict } = Policy.decide(policy, cdr(row), of)
  return `${verdict} by ${rule}`
}

describe("Policy", () => {
  describe("parse", () => {
    it.effect("reads YAML and JSON", () =>
      Effect.gen(function* () {
        const text = yaml(
          `  - name: night\n    verdict: must-not\n    when: { hours: { from: "22:00", to: "06:00" }, directions: [inbound] }\n`,
          "zone: Asia/Kolkata\nminimumTalk: 5 seconds\n"
        )
        const policy = yield* Policy.parse(text)
        assert.strictEqual(policy.rules[0]?.name, "night")
        assert.strictEqual(Duration.toSeconds(policy.minimumTalk ?? 0), 5)
        assert.deepStrictEqual(yield* Policy.parse(JSON.stringify(Policy.encode(policy))), policy)
      })
    )

    it.effect("says line, column and field of all that is wrong, at once", () =>
      Effect.gen(function* () {
        const lines = yield* refused(
          yaml(
            [
              "  - name: a",
              "    verdict: shall",
              "  - name: b",
              "    verdict: must",
              "    when:",
              "      direction: [inbound]",
              "      minimumTalk: soon",
              '      from: ["8045670012"]',
              ""
            ].join("\n")
          )
        )
        const at = (start: string) =>
          assert.isTrue(
            lines.some((line) => line.startsWith(start)),
            `${start} in\n${lines.join("\n")}`
          )
        at("p.yaml:5:5: rules[0].verdict: ")
        at('p.yaml:9:7: rules[1].when.direction: there is no such field; is "directions" meant?')
        at("p.yaml:10:7: rules[1].when.minimumTalk: ")
        at("p.yaml:11:14: rules[1].when.from[0]: ")
        assert.strictEqual(lines.length, 4)
      })
    )

    for (const [what, rules, expected] of [
      [
        "allows gaps where it asks for no recording",
        `  - { name: a, verdict: may, allowedGaps: [{ reason: card, longest: 9 seconds }] }\n`,
        "rules[0].allowedGaps: only a rule that says must"
      ],
      [
        "allows a gap without a reason",
        `  - { name: a, verdict: must, allowedGaps: [{ longest: 9 seconds }] }\n`,
        "rules[0].allowedGaps[0].reason: it is missing"
      ],
      [
        "allows a gap of no length",
        `  - { name: a, verdict: must, allowedGaps: [{ reason: card, longest: 90 }] }\n`,
        "write a number and its unit"
      ],
      [
        "misspells a field of a gap",
        `  - { name: a, verdict: must, allowedGaps: [{ reason: card, longst: 9 seconds, longest: 9 seconds }] }\n`,
        'is "longest" meant?'
      ],
      [
        "has a minimum for what must not be recorded",
        `  - { name: a, verdict: must-not, minimumTalk: 9 seconds }\n`,
        "rules[0].minimumTalk: must-not covers"
      ],
      [
        "excludes all that it is about",
        `  - { name: a, verdict: must, when: { directions: [inbound], campaigns: [x], not: { campaigns: [x, y] } } }\n`,
        "rules[0].when.not: it can never be met"
      ],
      [
        "names no day of the calendar",
        `  - { name: a, verdict: must, when: { not: { dates: ["2026-02-30"] } } }\n`,
        "rules[0].when.not.dates[0]: Expected a date"
      ],
      [
        "misspells a field under not",
        `  - { name: a, verdict: must, when: { not: { campaing: [x] } } }\n`,
        'rules[0].when.not.campaing: there is no such field; is "campaigns" meant?'
      ],
      [
        "contradicts itself",
        `  - { name: a, verdict: must, when: { minimumTalk: 10 seconds, maximumTalk: 5 seconds } }\n`,
        "maximumTalk"
      ],
      [
        "ends before it begins",
        `  - { name: a, verdict: must, when: { since: 2026-05-02T00:00:00Z, until: 2026-05-01T00:00:00Z } }\n`,
        "until"
      ],
      [
        "asks for a trunk of a call on none",
        `  - { name: a, verdict: must, when: { trunk: none, trunks: [x] } }\n`,
        "trunks"
      ],
      [
        "is decided by an earlier one",
        `  - { name: a, verdict: must, when: { numbers: ["+9180*"] } }\n  - { name: b, verdict: may, when: { from: ["+918045670012"], directions: [inbound] } }\n`,
        "rules[1]: unreachable"
      ],
      [
        "comes after one that always applies",
        `  - { name: a, verdict: must }\n  - { name: b, verdict: may, when: { directions: [inbound] } }\n`,
        "rules[1]: unreachable"
      ],
      [
        "has another's name",
        `  - { name: a, verdict: must, when: { directions: [inbound] } }\n  - { name: a, verdict: may }\n`,
        "rules[1].name"
      ],
      ["has a name that is taken", `  - { name: unanswered, verdict: must }\n`, "rules[0].name"],
      ["has an empty list", `  - { name: a, verdict: must, when: { trunks: [] } }\n`, "trunks"],
      ["has talk without an end", `  - { name: a, verdict: must, when: { minimumTalk: Infinity } }\n`, "minimumTalk"],
      [
        "has talk of less than nothing",
        `  - { name: a, verdict: must, when: { minimumTalk: -5 seconds } }\n`,
        "minimumTalk"
      ],
      ["is of an unknown zone", `  - { name: a, verdict: must }\nzone: Mars/Olympus\n`, "zone"]
    ] as const) {
      it.effect(`refuses a rule that ${what}`, () =>
        Effect.gen(function* () {
          const lines = yield* refused(yaml(rules))
          assert.strictEqual(lines.length, 1, lines.join("\n"))
          assert.include(lines[0], expected)
        })
      )
    }

    it.effect("refuses excuses that nobody could sign", () =>
      Effect.gen(function* () {
        const text = (more: string) => yaml("", `excuses:\n  - ${more}\n`).replace("rules:\n", "rules: []\n")
        const whole = "name: a, reason: r, reference: c, approver: p, expires: 2026-10-01T00:00:00Z"
        yield* Policy.parse(text(`{ ${whole}, when: { directions: [inbound] } }`))
        for (const [more, expected] of [
          [`{ ${whole}, when: {} }`, /^p\.yaml:4:\d+: excuses\[0\]\.when: it would excuse every call/],
          [`{ ${whole} }`, /^p\.yaml:4:\d+: excuses\[0\]\.when: it is missing/],
          [`{ ${whole}, when: { direction: [x] } }`, /excuses\[0\]\.when\.direction: .*"directions" meant/],
          [`{ ${whole}, approvr: x, when: { directions: [x] } }`, /excuses\[0\]\.approvr: .*"approver" meant/],
          [
            `{ ${whole.replace("approver: p, ", "")}, when: { directions: [x] } }`,
            /excuses\[0\]\.approver: it is missing/
          ],
          [
            `{ ${whole.replace("T00:00:00Z", "")}, when: { directions: [x] } }`,
            /excuses\[0\]\.expires: .*an instant with its zone/
          ],
          [`{ ${whole}, when: { trunk: none, trunks: [x] } }`, /excuses\[0\]\.when\.trunks: it can never be met/],
          [
            `{ ${whole}, when: { directions: [x] } }\n  - { ${whole}, when: { directions: [y] } }`,
            /excuses\[1\]\.name: excuse 1 has the name/
          ]
        ] as const) {
          const lines = yield* refused(text(more))
          assert.strictEqual(lines.length, 1, lines.join("\n"))
          assert.match(lines[0] ?? "", expected)
        }
      })
    )

    it.effect("refuses what is no YAML, no policy, or of another version", () =>
      Effect.gen(function* () {
        assert.match((yield* refused("version: 1\nname: [a\n"))[0] ?? "", /^p\.yaml:\d+:\d+: /)
        assert.isAbove((yield* refused("- a\n")).length, 0)
        assert.include((yield* refused("version: 2\nname: a\nrules: []\ndefault: may\n"))[0], "p.yaml:1:1: version")
        assert.include((yield* refused("version: 1\nname: a\nrules: []\n")).join(), "default: it is missing")
      })
    )

    it.effect("says what to write instead, and what makes no sense beside what is malformed", () =>
      Effect.gen(function* () {
        const lines = yield* refused(
          yaml(
            [
              "  - { name: a, verdict: must, when: { to: [+918045670012], minimumTalk: 5 } }",
              "  - { name: b, verdict: must, when: { directions: inbound } }",
              "  - { name: c, verdict: must, when: { minimumTalk: 9 seconds, maximumTalk: 9 seconds } }",
              "  - { name: d, verdict: must, when: { since: 2026-04-01T00:00:00 } }",
              ""
            ].join("\n")
          )
        )
        assert.deepStrictEqual(
          lines.map((line) => line.replace(/^p\.yaml:(\d+):\d+: .*?: (.*; )?/, "$1 ")),
          [
            "4 put it in quotes",
            "4 write a number and its unit, such as 5 seconds",
            "5 write a list, in brackets",
            "6 it can never be met: no call talks for at least 9s and less than 9s",
            "7 Expected an instant with its zone, such as 2026-04-01T00:00:00+05:30"
          ]
        )
      })
    )

    it.effect("refuses aliases of nothing, and those that would fill the memory", () =>
      Effect.gen(function* () {
        assert.match((yield* refused("version: 1\nname: *nobody\n"))[0] ?? "", /^p\.yaml:1:1: .*nobody/)
        const tenfold = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(10)}]`)
        assert.strictEqual((yield* refused(`a0: &a0 [x]\n${tenfold.join("\n")}\n`)).length, 1)
      })
    )

    it.effect("takes a policy built in code by the same rules", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Policy.check(Policy.byTrunks), Policy.byTrunks)
        const { message } = yield* Effect.flip(
          Policy.check({ ...Policy.byTrunks, rules: [...Policy.byTrunks.rules, ...Policy.byTrunks.rules] })
        )
        assert.include(message, "rules[4].name")
      })
    )

    it.effect("reads lists from files, relative to its own", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        const write = (name: string, text: string) => fs.writeFileString(`${folder}/${name}`, text)
        const policyOf = (when: string) =>
          Effect.andThen(
            write("p.yaml", yaml(`  - name: a\n    verdict: must\n    when:\n      ${when}\n`)),
            Policy.read(`${folder}/p.yaml`)
          )
        const refusal = (when: string) =>
          Effect.map(Effect.flip(policyOf(when)), ({ message }) => message.replaceAll(`${folder}/`, ""))
        yield* write("lines.txt", "\uFEFF# the card desk\n+918045670012 # Pune\r\n\n112\n")
        const policy = yield* policyOf("numbers: { file: lines.txt }")
        assert.deepStrictEqual(policy.rules[0]?.when, { numbers: ["+918045670012", "112"] })
        // What it says is what counts, and not where.
        assert.strictEqual(
          Policy.fingerprint(policy),
          Policy.fingerprint(yield* policyOf('numbers: ["+918045670012", "112"]'))
        )
        assert.deepStrictEqual((yield* policyOf("not: { to: { file: lines.txt } }")).rules[0]?.when?.not?.to, [
          "+918045670012",
          "112"
        ])
        yield* write("wrong.txt", "# none\n112\n\n8045670012x\n")
        assert.match(
          yield* refusal("numbers: { file: wrong.txt }"),
          /^wrong\.txt:4:1: rules\[0\]\.when\.numbers: Expected a number/
        )
        yield* write("empty.txt", "# none\n\n")
        assert.strictEqual(
          yield* refusal("numbers: { file: empty.txt }"),
          "empty.txt:1:1: rules[0].when.numbers: the list is empty: write at least one value, one per line"
        )
        assert.strictEqual(
          yield* refusal("numbers: { file: gone.txt }"),
          "p.yaml:7:18: rules[0].when.numbers.file: list gone.txt: there is no such file"
        )
        yield* fs.makeDirectory(`${folder}/folder.txt`)
        assert.strictEqual(
          yield* refusal("numbers: { file: folder.txt }"),
          "p.yaml:7:18: rules[0].when.numbers.file: list folder.txt: the file cannot be read (BadResource)"
        )
        assert.include(yield* refusal("numbers: { file: 7 }"), "p.yaml:7:18: rules[0].when.numbers.file: name the file")
        assert.include(
          yield* Effect.map(
            Effect.flip(Policy.parse(yaml("  - { name: a, verdict: must, when: { to: { file: x } } }\n"))),
            ({ message }) => message
          ),
          "only a policy that is read from a file"
        )
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
    )

    it.effect("takes the examples of the documentation", () =>
      Effect.gen(function* () {
        const doc = readFileSync(new URL("../../../docs/policy.md", import.meta.url), "utf8")
        const examples = [...doc.matchAll(/```yaml\n(.*?)```/gs)]
          .map(([, text = ""]) => text)
          // Some show a part.
          .filter((text) => text.startsWith("version:"))
        assert.isAbove(examples.length, 1)
        for (const example of examples) yield* Policy.parse(example, "docs/policy.md")
        const folder = new URL("../../../examples/", import.meta.url)
        const files = readdirSync(folder).filter((name) => name.startsWith("policy"))
        assert.isAbove(files.length, 0)
        for (const file of files) yield* Policy.parse(readFileSync(new URL(file, folder), "utf8"), file)
        // Every field is reported.
        for (const { fields } of [Policy.Policy, Policy.Rule, Policy.Conditions, Policy.AllowedGap, Policy.Excuse]) {
          for (const field of Object.keys(fields)) assert.include(doc, `\`${field}\``)
        }
      })
    )
  })

  it.effect("has one fingerprint however it is written, and another when anything in it is", () =>
    Effect.gen(function* () {
      const one = yield* Policy.parse("version: 1\nname: a\nminimumTalk: 5 seconds\nrules: []\ndefault: may\n")
      const same = yield* Policy.parse(
        '{"default":"may","rules":[],"name":"a","minimumTalk":"5000 millis","version":1}'
      )
      assert.match(Policy.fingerprint(one), /^[0-9a-f]{64}$/)
      assert.strictEqual(Policy.fingerprint(one), Policy.fingerprint(same))
      for (const other of [{ name: "b" }, { default: "must" as const }, { minimumTalk: Duration.seconds(6) }]) {
        assert.notStrictEqual(Policy.fingerprint({ ...one, ...other }), Policy.fingerprint(one))
      }
    })
  )

  describe("decide", () => {
    it("takes the first rule that applies, then the default, and names it", () => {
      const policy: Policy.Policy = {
        version: 1,
        name: "test",
        rules: [
          { name: "fax", verdict: "must-not", when: { trunks: ["fax"] } },
          { name: "long", verdict: "must", when: { minimumTalk: Duration.seconds(60) } }
        ],
        default: "may"
      }
      const fax = trunk({ trunkId: "t1", name: "fax" })
      assert.strictEqual(decided(policy, { trunkId: "t1", billsec: Duration.seconds(90) }, fax), "must-not by fax")
      assert.strictEqual(decided(policy, { billsec: Duration.seconds(90) }), "must by long")
      assert.strictEqual(decided(policy, { billsec: Duration.seconds(59) }), "may by default")
      assert.strictEqual(decided(policy, { billsec: Duration.zero }), "may by unanswered")
      assert.strictEqual(decided(policy, { billsec: Duration.seconds(2) }), "may by minimum-talk")
      // What is prohibited is so however short.
      assert.strictEqual(decided(policy, { trunkId: "t1", billsec: Duration.seconds(1) }, fax), "must-not by fax")
    })

    it("has a rule's own minimum of talk decide for its calls, and the least where two rules may", () => {
      const policy: Policy.Policy = {
        version: 1,
        name: "test",
        minimumTalk: Duration.seconds(10),
        rules: [
          { name: "cards", verdict: "must", minimumTalk: Duration.seconds(1), when: { campaigns: ["cards"] } },
          { name: "dialler", verdict: "must", minimumTalk: Duration.seconds(30), when: { campaigns: ["dialler"] } }
        ],
        default: "may"
      }
      const of = (campaignId: string | null, talk: number) =>
        decided(policy, { campaignId, billsec: Duration.seconds(talk) })
      assert.strictEqual(of("cards", 1), "must by cards")
      assert.strictEqual(of("cards", 0), "may by unanswered")
      assert.strictEqual(of("dialler", 29), "may by minimum-talk")
      assert.strictEqual(of("dialler", 30), "must by dialler")
      assert.strictEqual(of("other", 9), "may by minimum-talk")
      assert.strictEqual(of(null, 9), "unknown by cards")
    })

    it("counts hours in the policy's zone, past midnight too", () => {
      const policy: Policy.Policy = {
        version: 1,
        name: "test",
        zone: "Asia/Kolkata",
        rules: [{ name: "night", verdict: "must", when: { hours: { from: "22:00", to: "06:00" } } }],
        default: "unknown"
      }
      const at = (text: string) =>
        decided(policy, {
          startTime: DateTime.makeUnsafe(text),
          endTime: null,
          duration: Duration.seconds(9),
          billsec: Duration.seconds(9)
        })
      // Some of the talk is enough.
      assert.strictEqual(at("2026-05-10T16:29:51Z"), "unknown by default")
      assert.strictEqual(at("2026-05-10T16:29:52Z"), "must by night")
      assert.strictEqual(at("2026-05-10T16:30:00Z"), "must by night")
      assert.strictEqual(at("2026-05-11T00:29:59Z"), "must by night")
      assert.strictEqual(at("2026-05-11T00:30:00Z"), "unknown by default")
    })

    it("counts dates in the policy's zone, and holidays by not", () => {
      const policy: Policy.Policy = {
        version: 1,
        name: "test",
        zone: "Asia/Kolkata",
        rules: [{ name: "working", verdict: "must", when: { not: { dates: ["2026-08-15"] } } }],
        default: "may"
      }
      const at = (text: string, zoneStated = true) =>
        decided(policy, {
          startTime: DateTime.makeUnsafe(text),
          zoneStated,
          endTime: null,
          duration: Duration.seconds(9),
          billsec: Duration.seconds(9)
        })
      assert.strictEqual(at("2026-08-14T18:29:50Z"), "must by working")
      assert.strictEqual(at("2026-08-14T18:30:00Z"), "may by default")
      assert.strictEqual(at("2026-08-15T18:29:59Z"), "may by default")
      assert.strictEqual(at("2026-08-15T18:30:00Z"), "must by working")
      // Nobody knows of which day a call without a zone is.
      assert.strictEqual(at("2026-08-15T12:00:00Z", false), "unknown by working")
    })

    it("takes an empty field for unknown, also under not, unless the policy says that it names nothing", () => {
      const of = (when: Policy.Conditions, blankIsNone?: Policy.Policy["blankIsNone"]): Policy.Policy => ({
        version: 1,
        name: "test",
        ...(blankIsNone === undefined ? {} : { blankIsNone }),
        rules: [{ name: "cards", verdict: "must-not", when }],
        default: "must"
      })
      const call = { billsec: Duration.seconds(60), trunkId: null, context: null }
      for (const [when, row] of [
        [{ contexts: ["x"] }, { context: null }],
        [{ accounts: ["x"] }, { accountId: null }],
        [{ campaigns: ["x"] }, { campaignId: null }],
        [{ endpoints: ["x"] }, { customerEndpoint: "" }],
        [{ dispositions: ["x"] }, { hangupDisposition: null }],
        [{ hangupCauses: ["x"] }, { hangupCause: null }],
        [{ hangupSources: ["x"] }, { hangupSource: null }]
      ] as const) {
        const [field] = Object.keys(when) as [typeof Policy.Blank.Type]
        assert.strictEqual(decided(of(when), { ...call, ...row }), "unknown by cards", field)
        assert.strictEqual(decided(of({ not: when }), { ...call, ...row }), "unknown by cards", field)
        assert.strictEqual(decided(of(when, [field]), { ...call, ...row }), "must by default", field)
        assert.strictEqual(decided(of({ not: when }, [field]), { ...call, ...row }), "must-not by cards", field)
      }
      assert.strictEqual(decided(of({ trunks: ["x"] }), { ...call, context: "sip-trunking" }), "unknown by cards")
      assert.strictEqual(decided(of({ trunks: ["x"] }), call), "must by default")
    })

    it("does not know whether a trunk that nobody lists is the one that a rule names", () => {
      const of = (when: Policy.Conditions): Policy.Policy => ({
        version: 1,
        name: "test",
        rules: [{ name: "fax", verdict: "must-not", when }],
        default: "must"
      })
      const named = { trunks: ["fax"] } as const
      const listed = new Set(["t1", "fax"])
      const call = cdr({ billsec: Duration.seconds(60), trunkId: "gone" })
      const by = (when: Policy.Conditions, of_: Trunk.Trunk | null, all?: ReadonlySet<string>) =>
        Policy.decide(of(when), call, of_, all).verdict
      assert.strictEqual(by(named, null), "unknown")
      assert.strictEqual(by({ not: named }, null), "unknown")
      assert.strictEqual(by(named, null, listed), "must", "the trunk that the rule names is another one")
      assert.strictEqual(by({ trunks: ["gone"] }, null), "must-not")
      assert.strictEqual(by(named, trunk({ trunkId: "gone", name: null })), "must")
      // Of such a trunk nobody knows how its switch stands, unless a rule says so of all of these.
      assert.strictEqual(by({ trunkRecording: ["off"] }, null), "unknown")
      assert.strictEqual(by({ trunkRecording: ["off", "unknown"] }, null), "must-not")
    })

    it("goes by the clock of the place also while it is changed", () => {
      const of = (from: string, to: string): Policy.Policy => ({
        version: 1,
        name: "test",
        zone: "Europe/Berlin",
        rules: [{ name: "desk", verdict: "must", when: { hours: { from, to } } }],
        default: "may"
      })
      const call = (start: string, minutes: number) => ({
        startTime: DateTime.makeUnsafe(start),
        endTime: null,
        duration: Duration.minutes(minutes),
        billsec: Duration.minutes(minutes)
      })
      // Put forward from 2 to 3 o'clock at 01:00 UTC, and back from 3 to 2 o'clock.
      const [spring, autumn] = [call("2026-03-29T00:59:00Z", 2), call("2026-10-25T00:59:00Z", 2)]
      assert.strictEqual(decided(of("03:00", "04:00"), spring), "must by desk")
      assert.strictEqual(decided(of("02:00", "03:00"), spring), "may by default")
      assert.strictEqual(decided(of("02:00", "02:30"), autumn), "must by desk")
      assert.strictEqual(decided(of("03:00", "04:00"), autumn), "may by default")
    })
  })
})

// ---------------------------------------------------------------------------
// The database decides the same
// ---------------------------------------------------------------------------

const maybe = <S extends Schema.Constraint>(value: S) => Schema.NullOr(value)

const DrawnCall = Schema.Struct({
  trunkId: maybe(Schema.Literals(["t1", "t2", "t3", "it's"])),
  context: maybe(Schema.Literals(["sip-trunking", "voice-api"])),
  direction: maybe(Schema.Literals(["inbound", "outbound"])),
  from: maybe(Schema.Literals(["+918045670012", "+918045670013", "+14155550100", "anonymous", "080 4567 0012"])),
  to: maybe(Schema.Literals(["+918045670012", "+14155550100", "1001", "4155550100"])),
  campaign: maybe(Schema.Literals(["c1", "c2"])),
  talk: Schema.NullOr(Schema.Literals([0, 1, 3, 30, 60, 61, 7200])),
  hangup: maybe(Schema.Literals(["NORMAL_CLEARING", "USER_BUSY"])),
  source: maybe(Schema.Literals(["caller", "callee"])),
  account: maybe(Schema.Literals(["MA_1", "SA_7"])),
  endpoint: maybe(Schema.Literals(["agent1", "agent2"])),
  zoneStated: Schema.Literals([true, true, true, false]),
  // Around the days on which clocks in New York and London are changed.
  minute: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 * 24 * 40 }))
})

const pattern = Schema.Literals(["+918045670012", "+91804*", "+1*", "+14155550100", "1001"])
const list = <S extends Schema.Constraint>(value: S) => Schema.optionalKey(Schema.NonEmptyArray(value))
const drawn = {
  trunk: Schema.optionalKey(Schema.Literals(["any", "none"])),
  trunks: list(Schema.Literals(["t1", "it's", "fax", "gone"])),
  trunkRecording: list(Schema.Literals(["on", "off", "unknown"])),
  contexts: list(Schema.Literals(["sip-trunking", "voice-api"])),
  accounts: list(Schema.Literals(["MA_1", "SA_7"])),
  campaigns: list(Schema.Literals(["c1"])),
  endpoints: list(Schema.Literals(["agent1"])),
  directions: list(Schema.Literals(["inbound", "outbound"])),
  from: list(pattern),
  to: list(pattern),
  numbers: list(pattern),
  minimumTalk: Schema.optionalKey(Schema.Literals([1, 30])),
  maximumTalk: Schema.optionalKey(Schema.Literals([3, 61])),
  hangupCauses: list(Schema.Literals(["NORMAL_CLEARING", "it's"])),
  hangupSources: list(Schema.Literals(["caller"])),
  dates: list(Schema.Literals(["2026-03-08", "2026-03-29", "2026-03-01"])),
  days: list(Schema.Literals(["monday", "sunday", "saturday"])),
  hours: Schema.optionalKey(
    Schema.Struct({
      from: Schema.Literals(["00:00", "02:15", "22:00"]),
      to: Schema.Literals(["03:00", "06:30", "23:59"])
    })
  ),
  since: Schema.optionalKey(Schema.Literals(["2026-03-05T00:00:00Z"])),
  until: Schema.optionalKey(Schema.Literals(["2026-04-02T12:00:00Z"]))
}
const DrawnConditions = Schema.Struct(drawn)
const DrawnRule = Schema.Struct({
  verdict: Policy.Verdict,
  when: DrawnConditions,
  not: Schema.optionalKey(DrawnConditions)
})

const conditions = ({ maximumTalk, minimumTalk, since, until, ...when }: typeof DrawnConditions.Type) => ({
  ...when,
  ...(minimumTalk === undefined ? {} : { minimumTalk: Duration.seconds(minimumTalk) }),
  ...(maximumTalk === undefined ? {} : { maximumTalk: Duration.seconds(maximumTalk) }),
  ...(since === undefined ? {} : { since: DateTime.makeUnsafe(since) }),
  ...(until === undefined ? {} : { until: DateTime.makeUnsafe(until) })
})

const number = (raw: string | null) => (raw === null ? null : PhoneNumber.of(raw, raw.startsWith("+") ? raw : null))

layer(DuckDb.DuckDb.layer({}))("Judgement", (it) => {
  it.effect.prop(
    "decides in the database as Policy.decide does",
    [
      // For little effort, each of fewer policies has several rules, and decides many calls.
      Schema.Array(DrawnCall).check(
        Schema.isMinLength(Effort.sized({ quick: 60, full: 0 })),
        Schema.isMaxLength(Effort.sized({ quick: 80, full: 40 }))
      ),
      Schema.Array(DrawnRule).check(Schema.isMinLength(Effort.sized({ quick: 2, full: 0 })), Schema.isMaxLength(5)),
      Policy.Verdict,
      Schema.Literals(["UTC", "America/New_York", "Europe/London", "Asia/Kathmandu"])
    ],
    ([calls, rules, fallback, zone]) =>
      Effect.gen(function* () {
        const policy: Policy.Policy = {
          version: 1,
          name: "drawn",
          zone,
          blankIsNone: ["campaigns", "hangupSources"],
          rules: rules.map(({ not, verdict, when }, n) => ({
            name: `it's ${n}`,
            verdict,
            when: { ...conditions(when), ...(not === undefined ? {} : { not: conditions(not) }) }
          })) as ReadonlyArray<Policy.Rule>,
          default: fallback
        }
        const trunks = [
          trunk({ trunkId: "t1", name: "fax", recording: true }),
          trunk({ trunkId: "t2", name: "it's", recording: false }),
          trunk({ trunkId: "it's", name: null, recording: null })
        ]
        const rows = calls.map(
          (
            {
              account,
              campaign,
              context,
              direction,
              endpoint,
              from,
              hangup,
              minute,
              source,
              talk,
              to,
              trunkId,
              zoneStated
            },
            n
          ) =>
            cdr({
              accountId: account,
              customerEndpoint: endpoint,
              hangupSource: source,
              zoneStated,
              uuid: `u${n}`,
              id: String(n),
              trunkId,
              context,
              direction,
              campaignId: campaign,
              from: number(from) as Call["from"],
              to: number(to) as CallDetailRecord.CallDetailRecord["to"],
              hangupCause: hangup,
              billsec: talk === null ? null : Duration.seconds(talk),
              duration: Duration.seconds((talk ?? 0) + 5),
              startTime: DateTime.makeUnsafe(Date.UTC(2026, 2, 1) + minute * 60_000)
            })
        )
        const db = yield* DuckDb.DuckDb
        const schema = yield* db.scratch
        yield* db.run(Column.createTable(`${schema}.cdr`, Relations.cdr))
        yield* db.append(`${schema}.cdr`, Relations.cdr, Stream.fromIterable(rows))
        yield* db.run(Column.createTable(`${schema}.trunk`, Relations.trunk))
        yield* db.append(`${schema}.trunk`, Relations.trunk, Stream.fromIterable(trunks))
        yield* db.run(Column.createTable(`${schema}.trunk_seen`, Relations.trunkSeen))
        yield* db.run(Column.createTable(`${schema}.recording`, Relations.recording))
        yield* db.run(Column.createTable(`${schema}.archived`, Relations.archived))
        yield* db.run(Column.createTable(`${schema}.remembered`, Relations.remembered))
        yield* db.run(
          `CREATE TABLE ${schema}.parameter AS SELECT 0::BIGINT AS from_ms, 0::BIGINT AS look_back_ms, 0::BIGINT AS as_of_ms, 0::BIGINT AS longest_call_ms`
        )
        yield* SameId.make(schema)
        yield* Judgement.run(schema, policy, "arrival")
        const found = yield* db.query(
          `SELECT verdict, rule FROM ${schema}.leg ORDER BY arrival`,
          Schema.Struct({ verdict: Policy.Verdict, rule: Schema.String })
        )
        const named = new Set(trunks.flatMap(({ name, trunkId }) => [trunkId, ...(name === null ? [] : [name])]))
        const expected = rows.map((row) =>
          Policy.decide(policy, row, trunks.find(({ trunkId }) => trunkId === row.trunkId) ?? null, named)
        )
        assert.deepStrictEqual(found, expected)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: Effort.sized({ quick: 15, full: 150 }) } }
  )
})
