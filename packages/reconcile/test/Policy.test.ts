import { assert, describe, Effort, it, layer } from "@vobiz-effect/test-support"
import { CallDetailRecord, Trunk } from "@vobiz-effect/core"
import { DateTime, Duration, Effect, Schema, Stream } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import * as Judgement from "../src/internal/judgement.ts"
import { Column, DuckDb, Policy, PolicyError, Relations } from "../src/index.ts"
import * as Make from "./utils.ts"

type Call = CallDetailRecord.CallDetailRecord

const cdr = (row: Partial<Call>): Call => new CallDetailRecord.CallDetailRecord({ ...Make.cdr({ uuid: "u" }), ...row })

const trunk = (row: Partial<Trunk.Trunk>): Trunk.Trunk => new Trunk.Trunk({ ...Make.trunk("t", null), ...row })

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
        "rules[1]: it can never apply"
      ],
      [
        "comes after one that always applies",
        `  - { name: a, verdict: must }\n  - { name: b, verdict: may, when: { directions: [inbound] } }\n`,
        "rules[1]: it can never apply"
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

    it.effect("takes the examples of the documentation", () =>
      Effect.gen(function* () {
        const doc = readFileSync(new URL("../../../docs/policy.md", import.meta.url), "utf8")
        const examples = [...doc.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text)
        assert.isAbove(examples.length, 0)
        for (const example of examples) yield* Policy.parse(example, "docs/policy.md")
        const folder = new URL("../../../examples/", import.meta.url)
        const files = readdirSync(folder).filter((name) => name.startsWith("policy"))
        assert.isAbove(files.length, 0)
        for (const file of files) yield* Policy.parse(readFileSync(new URL(file, folder), "utf8"), file)
        // Every field is told of.
        for (const field of [...Object.keys(Policy.Policy.fields), ...Object.keys(Policy.Conditions.fields)]) {
          assert.include(doc, `\`${field}\``)
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
  talk: Schema.Literals([0, 1, 3, 30, 60, 61]),
  hangup: maybe(Schema.Literals(["NORMAL_CLEARING", "USER_BUSY"])),
  // Around the days on which clocks in New York and London are changed.
  minute: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 * 24 * 40 }))
})

const pattern = Schema.Literals(["+918045670012", "+91804*", "+1*", "+14155550100", "1001"])
const list = <S extends Schema.Constraint>(value: S) => Schema.optionalKey(Schema.NonEmptyArray(value))
const DrawnRule = Schema.Struct({
  verdict: Policy.Verdict,
  when: Schema.Struct({
    trunk: Schema.optionalKey(Schema.Literals(["any", "none"])),
    trunks: list(Schema.Literals(["t1", "it's", "fax"])),
    trunkRecording: list(Schema.Literals(["on", "off", "unknown"])),
    contexts: list(Schema.Literals(["sip-trunking", "voice-api"])),
    campaigns: list(Schema.Literals(["c1"])),
    directions: list(Schema.Literals(["inbound", "outbound"])),
    from: list(pattern),
    to: list(pattern),
    numbers: list(pattern),
    minimumTalk: Schema.optionalKey(Schema.Literals([1, 30])),
    maximumTalk: Schema.optionalKey(Schema.Literals([3, 61])),
    hangupCauses: list(Schema.Literals(["NORMAL_CLEARING", "it's"])),
    days: list(Schema.Literals(["monday", "sunday", "saturday"])),
    hours: Schema.optionalKey(
      Schema.Struct({
        from: Schema.Literals(["00:00", "02:15", "22:00"]),
        to: Schema.Literals(["03:00", "06:30", "23:59"])
      })
    ),
    since: Schema.optionalKey(Schema.Literals(["2026-03-05T00:00:00Z"])),
    until: Schema.optionalKey(Schema.Literals(["2026-04-02T12:00:00Z"]))
  })
})

const number = (raw: string | null) => (raw === null ? null : { raw, e164: raw.startsWith("+") ? raw : null })

layer(DuckDb.DuckDb.layer({}))("Judgement", (it) => {
  it.effect.prop(
    "decides in the database as Policy.decide does",
    [
      Schema.Array(DrawnCall).check(Schema.isMaxLength(40)),
      Schema.Array(DrawnRule).check(Schema.isMaxLength(5)),
      Policy.Verdict,
      Schema.Literals(["UTC", "America/New_York", "Europe/London", "Asia/Kathmandu"])
    ],
    ([calls, rules, fallback, zone]) =>
      Effect.gen(function* () {
        const policy: Policy.Policy = {
          version: 1,
          name: "drawn",
          zone,
          rules: rules.map(({ verdict, when: { maximumTalk, minimumTalk, since, until, ...when } }, n) => ({
            name: `it's ${n}`,
            verdict,
            when: {
              ...when,
              ...(minimumTalk === undefined ? {} : { minimumTalk: Duration.seconds(minimumTalk) }),
              ...(maximumTalk === undefined ? {} : { maximumTalk: Duration.seconds(maximumTalk) }),
              ...(since === undefined ? {} : { since: DateTime.makeUnsafe(since) }),
              ...(until === undefined ? {} : { until: DateTime.makeUnsafe(until) })
            }
          })) as ReadonlyArray<Policy.Rule>,
          default: fallback
        }
        const trunks = [
          trunk({ trunkId: "t1", name: "fax", recording: true }),
          trunk({ trunkId: "t2", name: "it's", recording: false }),
          trunk({ trunkId: "it's", name: null, recording: null })
        ]
        const rows = calls.map(({ campaign, context, direction, from, hangup, minute, talk, to, trunkId }, n) =>
          cdr({
            uuid: `u${n}`,
            id: n,
            trunkId,
            context,
            direction,
            campaignId: campaign,
            from: number(from) as Call["from"],
            to: number(to) as CallDetailRecord.CallDetailRecord["to"],
            hangupCause: hangup,
            billsec: Duration.seconds(talk),
            duration: Duration.seconds(talk + 5),
            startTime: DateTime.makeUnsafe(Date.UTC(2026, 2, 1) + minute * 60_000)
          })
        )
        const db = yield* DuckDb.DuckDb
        const schema = yield* db.scratch
        yield* db.run(Column.createTable(`${schema}.cdr`, Relations.cdr))
        yield* db.append(`${schema}.cdr`, Relations.cdr, Stream.fromIterable(rows))
        yield* db.run(Column.createTable(`${schema}.trunk`, Relations.trunk))
        yield* db.append(`${schema}.trunk`, Relations.trunk, Stream.fromIterable(trunks))
        yield* db.run(`CREATE TABLE ${schema}.parameter AS SELECT 1 AS n`)
        yield* Judgement.run(schema, policy, "arrival")
        const found = yield* db.query(
          `SELECT verdict, rule FROM ${schema}.leg ORDER BY arrival`,
          Schema.Struct({ verdict: Policy.Verdict, rule: Schema.String })
        )
        const expected = rows.map((row) =>
          Policy.decide(policy, row, trunks.find(({ trunkId }) => trunkId === row.trunkId) ?? null)
        )
        assert.deepStrictEqual(found, expected)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: Effort.sized({ quick: 40, full: 150 }) } }
  )
})
