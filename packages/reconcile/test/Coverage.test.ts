import { assert, describe, Effort, layer, once, Seed } from "@vobiz-effect/test-support"
import { ExtractProof } from "@vobiz-effect/core"
import { DateTime, Duration, Effect, Stream } from "effect"

import { Coverage, DuckDb, Finding, Kernel, Policy, Reconciliation } from "../src/index.ts"
import * as Accounts from "./accounts.ts"
import * as Judged from "./judged.ts"
import { type Account, same } from "./reference.ts"
import * as Make from "./utils.ts"

const { at, cdr, recording, trunk } = Make

const database = DuckDb.DuckDb.layer({ threads: 1 })

/** A proof that `rows` may be missing: none, so many, or nobody knows how many. */
const proof = (rows: number | null) =>
  new ExtractProof.ExtractProof({
    list: "list",
    verdict: rows === 0 ? "complete" : rows === null ? "not-provable" : "in-doubt",
    startedAt: at(0),
    asOf: null,
    since: null,
    doubts: [],
    rowsInDoubt: rows,
    rows: 0,
    total: null,
    gone: 0,
    pages: 1,
    repeats: 0,
    stepBacks: 0,
    pageSize: 20,
    order: "newest-first",
    firstId: null,
    lastId: null,
    digest: ""
  })

const proofs = (cdrs: number | null, recordings: number | null): Coverage.Proofs => ({
  cdrs: proof(cdrs),
  recordings: proof(recordings)
})

const whole = proofs(0, 0)

interface Questions {
  readonly options?: Reconciliation.Options
  readonly asOf?: DateTime.Utc
}

const reconciled = (account: Partial<Account>, { asOf = Make.asOf, options = {} }: Questions = {}) =>
  Effect.map(
    Reconciliation.run({
      cdrs: Stream.fromIterable(account.cdrs ?? []),
      recordings: Stream.fromIterable(account.recordings ?? []),
      trunks: Stream.fromIterable(account.trunks ?? []),
      archive: Stream.fromIterable(account.archive ?? []),
      window: Make.window,
      asOf,
      options: { policy: Policy.short({ voiceApi: "must" }), ...options }
    }),
    ({ schema }) => schema
  )

/** The coverage of an account whose lists are proved in these ways. */
const measuredBy = (account: Partial<Account>, by: ReadonlyArray<Coverage.Proofs>, questions?: Questions) =>
  Effect.scoped(
    Effect.gen(function* () {
      const schema = yield* reconciled(account, questions)
      const classes = yield* Coverage.total(schema)
      return yield* Effect.forEach(by, (proofs) =>
        Effect.map(Coverage.measure(schema, proofs), (coverage) => ({ ...coverage, classes }))
      )
    })
  )

const measured = (account: Partial<Account>, by: Coverage.Proofs, questions?: Questions) =>
  Effect.flatMap(measuredBy(account, [by], questions), ([one]) => Effect.fromNullishOr(one))

/** Four calls that had to be recorded: two were, one was not, one is too recent; one is not answered, one has no rule. */
const account = {
  cdrs: [
    cdr({ uuid: "a" }),
    cdr({ uuid: "b", start: 37_000 }),
    cdr({ uuid: "c", start: 38_000 }),
    cdr({ uuid: "d", start: 80_000 }),
    cdr({ uuid: "e", start: 39_000, talk: 0 }),
    cdr({ uuid: "f", start: 39_500, trunk: "gone" })
  ],
  recordings: [recording({ id: "1", call: "a" }), recording({ id: "2", call: "b" })]
}
const recently = { asOf: at(81_000) }
/** Its coverage by whole lists, by CDRs that lack one row, and by CDRs that lack an unknown number. */
const ofAccount = once(measuredBy(account, [whole, proofs(1, 0), proofs(null, 0)], recently))

const tokyo = DateTime.zoneMakeNamedUnsafe("Asia/Tokyo")
const kathmandu = DateTime.zoneMakeNamedUnsafe("Asia/Kathmandu")

const ratio = (numerator: number, denominator: number) => ({ numerator, denominator })

layer(database)("Coverage", (it) => {
  it.effect("counts calls that had to be recorded, and bounds their ratio by those in doubt", () =>
    Effect.gen(function* () {
      const [proved] = yield* ofAccount
      assert.deepStrictEqual(proved, {
        classes: {
          recorded: 2,
          partly: 0,
          unusable: 0,
          missing: 1,
          undetermined: 1,
          unjudged: 1,
          excused: 0,
          excluded: 1
        },
        lower: ratio(2, 4),
        upper: ratio(3, 4)
      })
    })
  )

  it.effect("a call with nothing but unusable recordings is not recorded, but one of a list in doubt may be", () =>
    Effect.gen(function* () {
      const silent = {
        ...account,
        cdrs: [
          ...account.cdrs,
          cdr({ uuid: "g", start: 41_000 }),
          cdr({ uuid: "leg of g", bridge: "g", start: 41_000, to: "919812345671" }),
          cdr({ uuid: "h", start: 42_000 })
        ],
        recordings: [
          ...account.recordings,
          recording({ id: "3", call: "g" }),
          recording({ id: "4", call: "h", length: 0 })
        ],
        archive: [Make.archived({ id: "3", call: "g", faults: [{ code: "audio-silent", detail: "" }] })]
      }
      const [proved, doubted] = yield* measuredBy(silent, [whole, proofs(0, 1)], recently)
      assert.deepStrictEqual(proved, {
        classes: {
          recorded: 2,
          partly: 0,
          unusable: 3,
          missing: 1,
          undetermined: 1,
          unjudged: 1,
          excused: 0,
          excluded: 1
        },
        lower: ratio(2, 7),
        upper: ratio(3, 7)
      })
      // The conversation of `g` has most: one recording not shown may cover both of its legs.
      assert.deepStrictEqual([doubted?.lower, doubted?.upper], [ratio(2, 7), ratio(5, 7)])
    })
  )

  it.effect("a call whose audio the archive holds is recorded, whatever the provider still lists", () =>
    Effect.gen(function* () {
      const old = {
        cdrs: [cdr({ uuid: "a" }), cdr({ uuid: "b", start: 37_000 }), cdr({ uuid: "c", start: 38_000 })],
        archive: [
          Make.archived({ id: "1", call: "a" }),
          Make.archived({ id: "2", call: "b", faults: [{ code: "audio-truncated", detail: "" }] })
        ]
      }
      const { classes } = yield* measured(old, whole, { asOf: at(32 * 86_400) })
      assert.deepStrictEqual(classes, { ...Coverage.empty, recorded: 1, unusable: 1, undetermined: 1 })
    })
  )

  it.effect("has the missing recorded after all where the list of recordings may lack theirs", () =>
    Effect.gen(function* () {
      const more = {
        ...account,
        cdrs: [...account.cdrs, cdr({ uuid: "g", start: 41_000 }), cdr({ uuid: "h", start: 42_000 })]
      }
      const rows = [1, 2, 3, 9, null]
      const bounds = yield* measuredBy(
        more,
        rows.map((count) => proofs(0, count)),
        recently
      )
      assert.deepStrictEqual(
        bounds.map(({ lower, upper }) => [lower, upper]),
        [4, 5, 6, 6, 6].map((most) => [ratio(2, 6), ratio(most, 6)])
      )
    })
  )

  it.effect("a recording that the list lacks speaks for all legs of its conversation", () =>
    Effect.gen(function* () {
      const legs = [
        cdr({ uuid: "a", bridge: "b", to: "919812345671" }),
        cdr({ uuid: "b", to: "919812345672" }),
        cdr({ uuid: "c", start: 50_000 })
      ]
      const { upper } = yield* measured({ cdrs: legs }, proofs(0, 1))
      assert.deepStrictEqual(upper, ratio(2, 3))
    })
  )

  it.effect("has CDRs not shown recorded or not, and tells no bounds where it is not known how many they are", () =>
    Effect.gen(function* () {
      const [, one, many] = yield* ofAccount
      // The list may lack the row that the missing one repeats, too.
      assert.deepStrictEqual([one?.lower, one?.upper], [ratio(1, 5), ratio(5, 5)])
      assert.deepStrictEqual([many?.lower, many?.upper], [null, null])
    })
  )

  it.effect(
    "calls that lean on another leg's recording may be lost to a CDR not shown, those with a usable one of their own not",
    () =>
      Effect.gen(function* () {
        const leg = (uuid: string, to: string) => cdr({ uuid, bridge: "a", to })
        const { classes, lower } = yield* measured(
          {
            cdrs: [
              leg("a", "919812345671"),
              leg("b", "919812345672"),
              leg("c", "919812345673"),
              cdr({ uuid: "d", start: 50_000 }),
              cdr({ uuid: "e", start: 60_000 })
            ],
            recordings: ["a", "c", "d", "e"].map((call) => recording({ id: call, call })),
            archive: [Make.archived({ id: "c", call: "c", faults: [{ code: "audio-silent", detail: "" }] })]
          },
          proofs(1, 0)
        )
        assert.deepStrictEqual(classes, { ...Coverage.empty, recorded: 5 })
        // Of `b` and `c`, and one that may only repeat the row not shown.
        assert.deepStrictEqual(lower, ratio(5 - 3, 6))
      })
  )

  it.effect("holds the ratio of the whole lists between the bounds of lists that lack rows", () =>
    Effect.gen(function* () {
      let narrower = 0
      // The bounds take an id for what it is in the rows shown. With more rows, one that was not shown might take its meaning.
      const seeds = Seed.seeds(Effort.sized({ quick: 30, full: 120 }))
      const small = seeds.flatMap((seed) => {
        const drawn = Accounts.make(seed)
        return drawn.account.cdrs.length > 90
          ? []
          : [{ ...drawn, seed, lacks: [[seed % 3, Math.floor(seed / 3) % 3] as const] }]
      })
      // For little effort, the first of them are judged as one: of more calls the bounds tell more.
      const [first, ...more] = small.slice(0, 10)
      assert.isDefined(first)
      const few = { ...first, ...Judged.merged(first, ...more), lacks: [[2, 1] as const, [12, 6] as const] }
      const tried = Effort.isFull ? small : [few]
      for (const { lacks, seed, ...drawn } of tried) {
        // A row that is read twice is one row of the list.
        const once = <A>(rows: ReadonlyArray<A>, id: (row: A) => string) =>
          Array.from(new Map(rows.map((row) => [id(row), row])).values())
        const cdrs = once(drawn.account.cdrs, ({ id, uuid }) => `${same(uuid)} ${id}`)
        const recordings = once(drawn.account.recordings, ({ recordingId }) => same(recordingId))
        const questions = {
          options: { ...drawn.options, policy: Policy.short({ ...drawn.policy, voiceApi: "must" }) },
          asOf: drawn.parameters.asOf
        }
        const shown = { trunks: drawn.account.trunks, cdrs, recordings, archive: drawn.account.archive ?? [] }
        const truth = yield* measured(shown, whole, questions)
        const cut = <A>(rows: ReadonlyArray<A>, count: number) =>
          rows.filter((_, index) => (index * 7 + seed) % Math.max(1, rows.length) >= count)
        for (const [unseen, unheard] of lacks) {
          const partial = yield* measured(
            { ...shown, cdrs: cut(cdrs, unseen), recordings: cut(recordings, unheard) },
            proofs(unseen, unheard),
            questions
          )
          if (truth.lower === null || truth.upper === null) continue
          assert.isNotNull(partial.lower, `seed ${seed}`)
          assert.isNotNull(partial.upper, `seed ${seed}`)
          const value = ({ denominator, numerator }: Coverage.Ratio) => numerator / denominator
          const message = `seed ${seed}: ${JSON.stringify({ truth, partial })}`
          assert.isAtMost(value(partial.lower), value(truth.lower), message)
          assert.isAtLeast(value(partial.upper), value(truth.upper), message)
          if (value(partial.upper) < 1 || value(partial.lower) > 0) narrower += 1
        }
      }
      // Bounds that say nothing would hold anything.
      assert.isAbove(narrower, Effort.sized({ quick: 0, full: seeds.length / 24 }))
    })
  )

  it.effect("counts what the findings say, each call once, and so do its groups together", () =>
    Effect.gen(function* () {
      for (const seed of Seed.seeds(Effort.sized({ quick: 1, full: 20 }))) {
        const { account, options, parameters } = Accounts.make(seed)
        const schema = yield* reconciled(account, { options, asOf: parameters.asOf })
        const findings = yield* Stream.runCollect(Kernel.findings(schema))
        const calls = findings.filter(
          ({ code, reason, verdict }) =>
            verdict !== null && !Finding.attached.includes(code) && reason !== "duplicate" && reason !== "credit"
        )
        const all = (...verdicts: ReadonlyArray<string>) =>
          calls.filter(({ verdict }) => verdicts.includes(verdict ?? ""))
        const counted = all("must").filter(({ reason }) => reason === null || reason === "other-leg")
        const required = counted.filter(({ code }) => code !== "excused")
        const excused = counted.filter(({ code }) => code === "excused")
        const of = (...codes: ReadonlyArray<string>) => required.filter(({ code }) => codes.includes(code)).length
        const summary = yield* Kernel.summary(schema)
        const sum = (time: (finding: Finding.Finding) => Duration.Duration | null) =>
          required.reduce((total, finding) => total + Duration.toMillis(time(finding) ?? Duration.zero), 0)
        assert.deepStrictEqual(summary.talk, {
          base: sum(({ base }) => base),
          least: sum(({ surely }) => surely),
          most: sum(({ base, code, recorded }) => (Finding.undetermined.includes(code) ? base : recorded)),
          excused: excused.reduce((total, { base }) => total + Duration.toMillis(base ?? Duration.zero), 0)
        })
        assert.deepStrictEqual(summary.classes, {
          recorded: of("matched", "several-recordings", "not-expected"),
          partly: of("partly-recorded"),
          unusable: of("unusable"),
          missing: of("missing"),
          undetermined: of(...Finding.undetermined),
          unjudged: all("unknown").length,
          excused: excused.length,
          excluded: all("may", "must-not").length + all("must").length - counted.length
        })
        for (const groups of [
          yield* Coverage.byDay(schema, tokyo),
          yield* Coverage.byTrunk(schema),
          yield* Coverage.byNumber(schema),
          yield* Coverage.gaps(schema, kathmandu)
        ]) {
          const sum = groups.reduce((all, { classes }) => Coverage.add(all, classes), Coverage.empty)
          assert.deepStrictEqual(sum, summary.classes)
        }
      }
    })
  )

  describe("in groups", () => {
    const calls = {
      cdrs: [
        // 1 August 2026 is a Saturday; 15:14 UTC is 20:59 in Kathmandu, and 15:15 is 21:00.
        cdr({ uuid: "a", start: 15 * 3600 + 14 * 60 + 59, trunk: "on", to: "919812345671" }),
        cdr({ uuid: "b", start: 15 * 3600 + 15 * 60, trunk: "on", to: "919812345672" }),
        cdr({ uuid: "c", start: 0, from: "1001" })
      ],
      recordings: [recording({ id: "1", call: "b", add: 15 * 3600 + 960 })],
      trunks: [trunk("on", true)]
    }
    const missed = { ...Coverage.empty, missing: 1 }
    const kept = { ...Coverage.empty, recorded: 1 }
    const minutes = (base: number, least: number, most: number) => ({
      base: base * 60_000,
      least: least * 60_000,
      most: most * 60_000,
      excused: 0
    })
    // The recording does not say when it began, so that the clocks may account for 5 s of it.
    const talk = minutes(2, 55 / 60, 1)
    const silent = minutes(1, 0, 0)
    const schemaOfCalls = once(reconciled(calls))

    it.effect("by day of a zone, trunk, and the account's own number", () =>
      Effect.gen(function* () {
        const schema = yield* schemaOfCalls
        assert.deepStrictEqual(yield* Coverage.byDay(schema, tokyo), [
          { key: "2026-08-01", classes: missed, talk: silent },
          { key: "2026-08-02", classes: { ...missed, recorded: 1 }, talk }
        ])
        assert.deepStrictEqual(yield* Coverage.byTrunk(schema), [
          { key: "on", classes: { ...missed, recorded: 1 }, talk },
          { key: null, classes: missed, talk: silent }
        ])
        assert.deepStrictEqual(yield* Coverage.byNumber(schema), [
          { key: "+918045670011", classes: { ...missed, recorded: 1 }, talk },
          { key: "1001", classes: missed, talk: silent }
        ])
      })
    )

    it.effect("by hour of the week and trunk", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Coverage.gaps(yield* schemaOfCalls, kathmandu), [
          { weekday: 6, hour: 5, trunkId: null, classes: missed },
          { weekday: 6, hour: 20, trunkId: "on", classes: missed },
          { weekday: 6, hour: 21, trunkId: "on", classes: kept }
        ])
      })
    )
  })

  it.effect("tells how long after their calls recordings came", () =>
    Effect.gen(function* () {
      // Each call ends a minute after its start; its recording is added so many seconds later.
      const waits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 3600]
      const account = {
        cdrs: [
          ...waits.map((_, nth) => cdr({ uuid: `call${nth}`, start: 40_000 + nth * 100 })),
          cdr({ uuid: "unclear", zoneStated: false }),
          cdr({ uuid: "unrecorded", start: 60_000 })
        ],
        recordings: [
          ...waits.map((wait, nth) => recording({ id: `r${nth}`, call: `call${nth}`, add: 40_060 + nth * 100 + wait })),
          recording({ id: "second", call: "call3", add: 80_000 }),
          recording({ id: "before", call: "call0", add: 40_030 }),
          recording({ id: "unclear", call: "unclear", add: 80_000 })
        ]
      }
      const late = yield* Coverage.lateness(yield* reconciled(account))
      const seconds = (value: Duration.Duration | null) => (value === null ? null : Duration.toSeconds(value))
      assert.deepStrictEqual(
        [late.calls, seconds(late.median), seconds(late.p90), seconds(late.p99), seconds(late.longest)],
        [10, 4, 8, 3600, 3600]
      )
      assert.deepStrictEqual(yield* Coverage.lateness(yield* reconciled({})), {
        calls: 0,
        median: null,
        p90: null,
        p99: null,
        longest: null
      })
    })
  )

  it("without excuses, the excused calls are missing", () => {
    const others = { recorded: 1, partly: 2, unusable: 3, undetermined: 5, unjudged: 6, excluded: 8 }
    assert.deepStrictEqual(Coverage.unexcused({ ...others, missing: 4, excused: 7 }), {
      ...others,
      missing: 11,
      excused: 0
    })
  })

  it("of talk is known where the CDRs are whole and there is talk, and what the recordings may lack may be of all", () => {
    const talk = { base: 100, least: 40, most: 60, excused: 0 }
    const none = { lower: null, upper: null }
    assert.deepStrictEqual(Coverage.ofTalk(talk, whole), { lower: ratio(40, 100), upper: ratio(60, 100) })
    assert.deepStrictEqual(Coverage.ofTalk(talk, proofs(0, 1)), { lower: ratio(40, 100), upper: ratio(100, 100) })
    assert.deepStrictEqual(Coverage.ofTalk(talk, proofs(1, 0)), none)
    assert.deepStrictEqual(Coverage.ofTalk({ ...talk, base: 0 }, whole), none)
  })

  it("only all is 100 percent", () => {
    assert.strictEqual(Coverage.percent(ratio(1, 1)), "100.00")
    assert.strictEqual(Coverage.percent(ratio(999_999, 1_000_000)), "99.99")
    assert.strictEqual(Coverage.percent(ratio(999_999_999, 1_000_000_000), 0), "99")
    assert.strictEqual(Coverage.percent(ratio(1, 3), 4), "33.3333")
    assert.strictEqual(Coverage.percent(ratio(1, 2000)), "0.05")
    assert.strictEqual(Coverage.percent(ratio(0, 7)), "0.00")
  })
})
