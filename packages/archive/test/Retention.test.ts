import { assert, describe, it } from "@vobiz-effect/test-support"
import { type ArchiveEvent, ArchiveIndex, AudioStore, Media, Retention } from "@vobiz-effect/archive"
import { Recording, Recordings, VobizError } from "@vobiz-effect/core"
import { DateTime, Duration, Effect, FileSystem, Layer, Schema, Stream } from "effect"

import { readFileSync } from "node:fs"

import { wav } from "./audio.ts"
import { folder, temporary } from "./utils.ts"

const asOf = DateTime.makeUnsafe("2026-08-15T06:00:00Z")
const daysAgo = (days: number) => DateTime.subtract(asOf, { days })

const stored = (recordingId: string, days: number, more: Partial<ArchiveEvent.Stored> = {}): ArchiveEvent.Stored => ({
  _tag: "Stored",
  recordingId,
  callUuid: `call-${recordingId}`,
  addTime: daysAgo(days),
  recordingType: "call",
  trunkId: "T1",
  from: "+918045670012",
  to: "+918045670099",
  format: "wav",
  duration: 1000,
  sha256: "",
  bytes: 0,
  container: "wav",
  contentType: null,
  host: "media.vobiz.ai",
  fetchedAt: asOf,
  ...more
})

const recording = (recordingId: string, duration: Duration.Duration | null) =>
  Recording.make({
    recordingId,
    callUuid: `call-${recordingId}`,
    recordingType: "call",
    recordingFormat: "wav",
    recordingUrl: "https://media.vobiz.ai/a.wav",
    addTime: asOf,
    startTime: null,
    endTime: null,
    duration,
    roundedDuration: null,
    conferenceName: null,
    from: null,
    to: null,
    storageDays: null,
    storageRate: null,
    monthlyStorageAmount: null,
    resourceUri: null
  })

/** Puts an entry into the archive, and its audio, which is its id or what is said. */
const keep = Effect.fnUntraced(function* (entry: ArchiveEvent.Stored, audio: string | Uint8Array = entry.recordingId) {
  const whole = typeof audio === "string" ? new TextEncoder().encode(audio) : audio
  const { bytes, sha256 } = yield* AudioStore.put(entry.recordingId, Stream.make(whole))
  const kept = { ...entry, sha256, bytes }
  yield* (yield* ArchiveIndex.ArchiveIndex).put(kept)
  return kept
})

const inArchive = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    return yield* test(directory).pipe(Effect.provide(folder({ directory })))
  }).pipe(Effect.scoped)

const rule = (afterDays: number, more: Partial<Retention.Rule> = {}): Retention.Rule => ({
  name: `${afterDays} days`,
  afterDays,
  ...more
})

const idsOf = (plan: Retention.Plan) => plan.deletions.map(({ entry }) => entry.recordingId).toSorted()

describe("Retention", () => {
  it.effect("plans by age, the first rule that applies deciding, and deletes nothing by it", () =>
    inArchive(() =>
      Effect.gen(function* () {
        for (const [id, days] of [
          ["a", 400],
          ["b", 90],
          ["c", 89.99],
          ["d", 1]
        ] as const) {
          yield* keep(stored(id, days))
        }
        const plan = yield* Retention.plan({ rules: [rule(365), rule(90)], holds: [] }, asOf)
        assert.deepStrictEqual(
          plan.deletions.map(({ entry, rule }) => [entry.recordingId, rule]),
          [
            ["a", "365 days"],
            ["b", "90 days"]
          ]
        )
        assert.strictEqual(plan.kept, 2)
        assert.strictEqual(yield* Stream.runCount((yield* AudioStore.AudioStore).list), 4)
        const text = yield* Schema.encodeEffect(Schema.fromJsonString(Retention.Plan))(plan)
        assert.deepStrictEqual(idsOf(yield* Schema.decodeEffect(Schema.fromJsonString(Retention.Plan))(text)), [
          "a",
          "b"
        ])
      })
    )
  )

  const holds: ReadonlyArray<readonly [string, Omit<Retention.Hold, "name">]> = [
    ["recording", { recordingIds: ["b"] }],
    ["call", { callUuids: ["call-b"] }],
    ["type", { recordingTypes: ["trunk"] }],
    ["number of either side, however it is written", { numbers: ["00918045671111"] }],
    ["trunk", { trunkIds: ["T2"] }],
    ["days", { addedFrom: daysAgo(101), addedBefore: daysAgo(99) }]
  ]
  for (const [what, hold] of holds) {
    it.effect(`holds by ${what}, whatever the rules say`, () =>
      inArchive(() =>
        Effect.gen(function* () {
          yield* keep(stored("a", 200))
          yield* keep(stored("b", 100, { recordingType: "trunk", to: "+918045671111", trunkId: "T2" }))
          const plan = yield* Retention.plan({ rules: [rule(0)], holds: [{ name: "case 7", ...hold }] }, asOf)
          assert.deepStrictEqual(idsOf(plan), ["a"])
          assert.deepStrictEqual(
            plan.held.map(({ entry, hold }) => [entry.recordingId, hold]),
            [["b", "case 7"]]
          )
        })
      )
    )
  }

  it.effect("takes what is not known for held, and for no reason to delete", () =>
    inArchive(() =>
      Effect.gen(function* () {
        yield* keep(stored("a", 200, { trunkId: null, from: "1001" }))
        const rules = [rule(0)]
        for (const hold of [{ trunkIds: ["T9"] }, { numbers: ["+918045671111"] }]) {
          const plan = yield* Retention.plan({ rules, holds: [{ name: "case 7", ...hold }] }, asOf)
          assert.deepStrictEqual([plan.deletions.length, plan.held.length], [0, 1])
        }
        // A plus sign does not make it a number that is known to be another one.
        for (const from of ["+0918045671111", "++918045671111", "+91 80 4567 1111 x12"]) {
          yield* keep(stored("a", 200, { trunkId: null, from }))
          const plan = yield* Retention.plan({ rules, holds: [{ name: "case 7", numbers: ["+918045671111"] }] }, asOf)
          assert.deepStrictEqual([plan.deletions.length, plan.held.length], [0, 1], from)
        }
        const byTrunk = yield* Retention.plan({ rules: [rule(0, { trunkIds: ["T1"] })], holds: [] }, asOf)
        assert.strictEqual(byTrunk.deletions.length, 0)
      })
    )
  )

  const parsed = (text: string, callingCode: string | null = "91") =>
    Retention.parse(text, { file: "retention.yaml", callingCode })
  const holding = (criterion: string) => `rules: []\nholds:\n  - name: case 7\n    ${criterion}\n`

  for (const written of [
    "+918045671111",
    "08045671111",
    "8045671111",
    "918045671111",
    "00918045671111",
    "080-4567-1111",
    "+91 (0) 80 4567 1111",
    "(080) 4567 1111",
    "tel:+91-80-4567-1111",
    "+918045671*",
    "08045671*"
  ]) {
    it.effect(`holds the number written as ${written}`, () =>
      inArchive(() =>
        Effect.gen(function* () {
          yield* keep(stored("a", 200))
          yield* keep(stored("b", 100, { to: "+918045671111" }))
          const { holds } = yield* parsed(holding(`numbers: ["${written}"]`))
          const plan = yield* Retention.plan({ rules: [rule(0)], holds }, asOf)
          assert.deepStrictEqual(idsOf(plan), ["a"])
          assert.deepStrictEqual(plan.holds, [{ name: "case 7", recordings: 1, undecided: 0, mayBeEmpty: false }])
        })
      )
    )
  }

  const wrong: ReadonlyArray<readonly [string, string]> = [
    ["numbers: []", "4: holds[0].numbers: write a list"],
    ["numbers: 8045671111", "4: holds[0].numbers: write a list"],
    ["numbers: [8045671111]", "4: holds[0].numbers[0]: write a list"],
    ['numbers: ["alice"]', "4: holds[0].numbers[0]: it is not a telephone number"],
    ['numbers: ["192.168.10.100"]', "4: holds[0].numbers[0]: it is not a telephone number"],
    ['numbers: ["918045671111.0"]', "4: holds[0].numbers[0]: it is not a telephone number"],
    ['numbers: ["18001234567"]', "4: holds[0].numbers[0]: its country is not known"],
    ['numbers: ["4567*"]', "4: holds[0].numbers[0]: its country is not known"],
    ['numbers: ["*"]', "4: holds[0].numbers[0]: it is not a telephone number"],
    ['numbers: ["+91"]', "4: holds[0].numbers[0]: no telephone number has so many digits"],
    ["number: [x]", "4: holds[0].number: there is no such field"],
    ["recordingIds: []", "4: holds[0].recordingIds: write a list"],
    ['callUuids: [""]', "4: holds[0].callUuids[0]: write a list"],
    ["trunkIds: T1", "4: holds[0].trunkIds: write a list"],
    ["recordingTypes: {}", "4: holds[0].recordingTypes: write a list"],
    ["addedFrom: 2026-04-01", "4: holds[0].addedFrom: write an instant with its zone"],
    [
      "addedFrom: 2026-04-01T00:00:00Z\n    addedBefore: 2026-04-01T00:00:00Z",
      "5: holds[0].addedBefore: it must be after addedFrom"
    ],
    ["addedBefore: 2026-04-01", "4: holds[0].addedBefore: write an instant with its zone"],
    ["mayBeEmpty: perhaps", "4: holds[0].mayBeEmpty: write true or false"],
    ["addedFrom: [", "it is not YAML"]
  ]
  for (const [criterion, message] of wrong) {
    it.effect(`refuses a hold with ${criterion.replace("\n", " ")}, and says where`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(parsed(holding(criterion)))
        assert.match(error.message, /^retention\.yaml:\d+: /)
        assert.include(error.message, message)
        assert.notMatch(error.message.replace(/\+918045670012|2026-04-01T00:00:00\+05:30/g, ""), /\d{7,}|alice|192/)
      })
    )
  }

  const advised: ReadonlyArray<readonly [string, string]> = [
    ["rules: 1\nholds: []\n", "1: rules: write a list of rules"],
    ["rules: []\nholds: 1\n", "2: holds: write a list of holds, or [] for none"],
    ["rules:\n  - name: 1\n    afterDays: 1\nholds: []\n", "2: rules[0].name: it must be a text; put it in quotes"],
    ["rules:\n  - name: a\n    afterDays: -1\nholds: []\n", "3: rules[0].afterDays: write a number of days, 0 or more"],
    ["rules:\n  - name: a\n    afterDays: x\nholds: []\n", "3: rules[0].afterDays: write a number of days, 0 or more"],
    ...["addedFrom", "addedBefore"].map((field): readonly [string, string] => [
      holding(`${field}: soon`),
      `4: holds[0].${field}: write an instant with its zone, such as 2026-04-01T00:00:00+05:30`
    ]),
    ...["numbers", "recordingIds", "callUuids", "recordingTypes", "trunkIds"].map(
      (field): readonly [string, string] => [
        holding(`${field}: 1`),
        `4: holds[0].${field}: write a list of texts in quotes, in brackets, with at least one`
      ]
    ),
    [holding("mayBeEmpty: 1"), "4: holds[0].mayBeEmpty: write true or false"],
    [holding("more: 1"), "4: holds[0].more: there is no such field"],
    ["rules: []\n", "1: holds: it is missing; add it"]
  ]
  for (const [text, advice] of advised) {
    it.effect(`advises: ${advice}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(parsed(text))).message, `retention.yaml:${advice}`)
      })
    )
  }

  it.effect("reads the example that ships", () =>
    Effect.gen(function* () {
      const text = readFileSync(new URL("../../../examples/retention.yaml", import.meta.url), "utf8")
      const { holds, rules } = yield* parsed(text)
      assert.isAbove(holds.length, 0)
      assert.isAbove(rules.length, 0)
    })
  )

  it.effect("refuses national numbers of no country, two of one name, and a rule without its age", () =>
    Effect.gen(function* () {
      const national = yield* Effect.flip(parsed(holding('numbers: ["08045671111"]'), null))
      assert.include(national.message, "set VOBIZ_CALLING_CODE")
      const twice = "rules: []\nholds:\n  - name: x\n  - name: x\n"
      assert.include((yield* Effect.flip(parsed(twice))).message, "4: holds[1].name: another one has the same name")
      const ageless = yield* Effect.flip(parsed("rules:\n  - name: x\nholds: []\n"))
      assert.include(ageless.message, "rules[0].afterDays: it is missing")
      assert.include((yield* Effect.flip(parsed("rules: []\n"))).message, "holds: it is missing")
    })
  )

  it.effect("names ids that the archive does not have, unless the hold may be empty", () =>
    inArchive(() =>
      Effect.gen(function* () {
        yield* keep(stored("a", 200))
        const named = { recordingIds: ["a", "zz"], callUuids: ["call-a"] }
        const unknown = Effect.fnUntraced(function* (hold: Partial<Retention.Hold>) {
          const plan = yield* Retention.plan({ rules: [], holds: [{ name: "case 7", ...hold }] }, asOf)
          return plan.unknown
        })
        assert.deepStrictEqual(yield* unknown(named), [{ name: "case 7", field: "recordingIds", id: "zz" }])
        assert.deepStrictEqual(yield* unknown({ ...named, mayBeEmpty: true }), [])
      })
    )
  )

  it.effect("executes a plan: the audio goes, a tombstone stays, and nothing is fetched in its place", () =>
    inArchive((directory) =>
      Effect.gen(function* () {
        const index = yield* ArchiveIndex.ArchiveIndex
        const store = yield* AudioStore.AudioStore
        const old = yield* keep(stored("a", 200))
        const young = yield* keep(stored("b", 1))
        // What is measured of audio has its waveform.
        const measured = yield* Media.measured(directory)
        yield* Effect.forEach([old, young], ({ sha256 }) => measured.of(sha256))
        const plan = yield* Retention.plan({ rules: [rule(90)], holds: [] }, asOf)
        const tombstones = yield* Stream.runCollect(Retention.execute(plan, directory))
        assert.deepStrictEqual(
          tombstones.map(({ audioRemoved, recordingId, rule, sha256 }) => [recordingId, rule, sha256, audioRemoved]),
          [["a", "90 days", old.sha256, true]]
        )
        assert.isFalse(yield* store.has(old.sha256))
        assert.isNull(yield* measured.known(old.sha256))
        assert.isNotNull(yield* measured.known(young.sha256))
        assert.strictEqual((yield* index.get(old))?._tag, "Tombstone")
        assert.isTrue(yield* index.has(old))
        assert.strictEqual(yield* Stream.runCount(store.list), 1)
        // Executed again it finds that nothing is left to do.
        assert.deepStrictEqual(yield* Stream.runCollect(Retention.execute(plan, directory)), [])
      })
    )
  )

  it.effect("keeps audio as long as a recording has it", () =>
    inArchive((directory) =>
      Effect.gen(function* () {
        const store = yield* AudioStore.AudioStore
        const { sha256 } = yield* keep(stored("a", 200), "the same")
        yield* keep(stored("b", 100), "the same")
        const deleted = Effect.fnUntraced(function* (afterDays: number) {
          const plan = yield* Retention.plan({ rules: [rule(afterDays)], holds: [] }, asOf)
          const tombstones = yield* Stream.runCollect(Retention.execute(plan, directory))
          return tombstones.map(({ audioRemoved, recordingId }) => [recordingId, audioRemoved])
        })
        assert.deepStrictEqual(yield* deleted(150), [["a", false]])
        assert.isTrue(yield* store.has(sha256))
        assert.deepStrictEqual(yield* deleted(50), [["b", true]])
        assert.isFalse(yield* store.has(sha256))
      })
    )
  )

  it.effect("does not delete what has changed since the plan was made", () =>
    inArchive((directory) =>
      Effect.gen(function* () {
        yield* keep(stored("a", 200))
        const plan = yield* Retention.plan({ rules: [rule(90)], holds: [] }, asOf)
        const other = yield* keep(stored("a", 200), "another audio")
        assert.deepStrictEqual(yield* Stream.runCollect(Retention.execute(plan, directory)), [])
        assert.isTrue(yield* (yield* AudioStore.AudioStore).has(other.sha256))
      })
    )
  )

  it.effect("deletes all audio of a recording, with one tombstone", () =>
    inArchive((directory) =>
      Effect.gen(function* () {
        const { bytes, sha256 } = yield* AudioStore.put("a", Stream.make(new TextEncoder().encode("the cut one")))
        yield* keep(stored("a", 200, { earlier: [{ sha256, bytes, fetchedAt: asOf }] }), "the whole one")
        yield* keep(stored("b", 1), "the cut one")
        const plan = yield* Retention.plan({ rules: [rule(90)], holds: [] }, asOf)
        const tombstones = yield* Stream.runCollect(Retention.execute(plan, directory))
        assert.deepStrictEqual(
          tombstones.map(({ audioRemoved, earlier }) => ({ audioRemoved, earlier })),
          [{ audioRemoved: true, earlier: [{ sha256, bytes, audioRemoved: false }] }]
        )
        const left = yield* Stream.runCollect((yield* AudioStore.AudioStore).list)
        assert.deepStrictEqual(
          left.map((audio) => audio.sha256),
          [sha256]
        )
        assert.strictEqual(
          yield* Effect.map(Stream.runCollect((yield* ArchiveIndex.ArchiveIndex).list), (all) =>
            all
              .map(({ _tag }) => _tag)
              .toSorted()
              .join()
          ),
          "Stored,Tombstone"
        )
      })
    )
  )

  describe("release", () => {
    const provider = (lengths: Readonly<Record<string, number | null>>, removed: Array<string>) =>
      Layer.mock(Recordings.Recordings, {
        get: (id) => {
          const length = lengths[id]
          return length === undefined
            ? Effect.fail(
                new VobizError.VobizError({
                  operation: "Recordings.get",
                  requestId: null,
                  reason: new VobizError.NotFound({ status: 404, code: null, detail: null })
                })
              )
            : Effect.succeed(recording(id, length === null ? null : Duration.seconds(length)))
        },
        remove: (id) => Effect.sync(() => void removed.push(id))
      })
    const stored_ = Stream.unwrap(Effect.map(ArchiveIndex.ArchiveIndex, ({ list }) => list)).pipe(
      Stream.filter((entry) => entry._tag === "Stored")
    )
    /** What became of each, with the reason where it was kept. */
    const released = (
      deleteAtProvider: boolean,
      lengths: Readonly<Record<string, number | null>>,
      removed: Array<string>
    ) =>
      Stream.runCollect(Retention.release(stored_, { deleteAtProvider })).pipe(
        Effect.map((outcomes): Readonly<Record<string, string>> =>
          Object.fromEntries(
            outcomes.map((outcome) => [
              outcome._tag === "Released" ? outcome.event.recordingId : outcome.entry.recordingId,
              outcome._tag === "Refused" ? outcome.answer.reason : outcome._tag
            ])
          )
        ),
        Effect.provide(provider(lengths, removed))
      )
    const seconds = (seconds: number, loud = 0.5) => wav({ channels: 1, rate: 8000, seconds, loud: [loud] })

    it.effect("deletes at the provider what is whole here, and only if told to", () =>
      inArchive((directory) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const removed: Array<string> = []
          const whole = seconds(30)
          yield* keep(stored("whole", 9), whole)
          yield* keep(stored("close", 9), seconds(31.9))
          yield* keep(stored("cut", 8), whole.subarray(0, whole.length / 3))
          yield* keep(stored("short", 7), seconds(10))
          yield* keep(stored("long", 7), seconds(40))
          yield* keep(stored("noise", 6), "no audio at all, though there are bytes of it")
          yield* keep(stored("ogg", 5), "OggS, and then what nothing here decodes")
          yield* keep(stored("untold", 4, { duration: null }), seconds(30, 0.25))
          yield* keep(stored("gone", 4), seconds(30, 0.1))
          const { sha256 } = yield* keep(stored("rotten", 3), seconds(30, 0.3))
          yield* fs.writeFileString(`${directory}/audio/${sha256.slice(0, 2)}/${sha256}`, "x")
          const lost = yield* keep(stored("lost", 3), seconds(30, 0.4))
          yield* fs.remove(`${directory}/audio/${lost.sha256.slice(0, 2)}/${lost.sha256}`)
          const told = ["whole", "close", "cut", "short", "long", "noise", "ogg", "rotten", "lost"]
          const lengths = { ...Object.fromEntries(told.map((id) => [id, 30])), untold: null }
          const kept: Record<string, string> = {
            cut: "cut",
            short: "shorter",
            long: "longer",
            noise: "unreadable",
            ogg: "undecoded",
            untold: "no-length",
            gone: "Absent",
            rotten: "damaged",
            lost: "missing"
          }
          assert.deepStrictEqual(yield* released(false, lengths, removed), {
            ...kept,
            whole: "Verified",
            close: "Verified"
          })
          assert.deepStrictEqual(removed, [])
          assert.deepStrictEqual(yield* released(true, lengths, removed), {
            ...kept,
            whole: "Released",
            close: "Released"
          })
          assert.deepStrictEqual(removed.toSorted(), ["close", "whole"])
        })
      )
    )
  })
})
