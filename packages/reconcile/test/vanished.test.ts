/** Recordings that runs before listed: which of them count as deleted or shortened since. */
import { assert, layer } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect } from "effect"

import { type Finding, Policy } from "../src/index.ts"
import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr, recording } = Make

const at = (millis: number) => DateTime.makeUnsafe(Make.start + millis)
const day = 86_400_000
const hour = 3_600_000

/** A recording as it was listed before, with instants in milliseconds from the window's start. */
const listed = (
  id: string,
  {
    add = 36_061_200,
    began = 36_000_000,
    call = "",
    ended = began + 60_000,
    first = 40_000_000,
    last = first,
    length = 60
  }: {
    readonly call?: string
    readonly began?: number
    readonly ended?: number
    readonly add?: number
    readonly first?: number
    readonly last?: number
    readonly length?: number | null
  } = {}
) => ({
  recordingId: id,
  callUuid: call,
  recordingType: "call",
  began: at(began),
  ended: at(ended),
  addTime: at(add),
  length: length === null ? null : Duration.seconds(length),
  firstSeen: at(first),
  lastSeen: at(last)
})

type Listed = ReturnType<typeof listed>

const since = ({ code }: Finding.Finding) => code === "deleted-since" || code === "shortened-since"

/** The ids of what was deleted or shortened. */
const changed = (account: Parameters<typeof Judged.run>[0]) =>
  Effect.map(Judged.run(account), ({ findings }) =>
    findings.filter(since).map(({ code, recordings }) => `${recordings[0]?.recordingId} ${code}`)
  )

layer(Judged.database)("recordings that were listed before", (it) => {
  /** Rows on either side of each bound: those that are in, and those that are out. */
  const bounds: Readonly<Record<string, readonly [inside: ReadonlyArray<Listed>, outside: ReadonlyArray<Listed>]>> = {
    "count where they began in the window": [
      [listed("began first", { began: 0, add: 0 }), listed("began last", { began: day - 1 })],
      [listed("began before", { began: -1, add: 0 }), listed("began after", { began: day })]
    ],
    "count where this list had to have them: from the window's start until the longest call has settled": [
      [listed("added first", { add: 0 }), listed("added last", { add: day + 5 * hour - 1 })],
      [listed("added before", { add: -1 }), listed("added after", { add: day + 5 * hour })]
    ],
    "count as long as the provider keeps them": [
      // The run is as of three days after the window's start.
      [listed("kept", { ended: -27 * day + 1 })],
      [listed("expired", { ended: -27 * day })]
    ],
    "count unless they had no length; one that is not known is one": [
      [listed("unknown", { length: null }), listed("short", { length: 0.001 })],
      [listed("none", { length: 0 })]
    ],
    "count where no later list has them": [
      [listed("seen now", { last: 3 * day })],
      [listed("seen later", { last: 3 * day + 1 })]
    ]
  }
  it.effect("count where they began in the window, had to be listed, are kept still, and were not seen later", () =>
    Effect.gen(function* () {
      const cases = Object.values(bounds)
      const found = yield* changed({ remembered: cases.flatMap(([inside, outside]) => [...inside, ...outside]) })
      assert.deepStrictEqual(
        found.toSorted(),
        cases.flatMap(([inside]) => inside.map(({ recordingId }) => `${recordingId} deleted-since`)).toSorted()
      )
    })
  )

  it.effect("are not missed where the archive has them whole", () =>
    Effect.gen(function* () {
      const faults = ["audio-unreadable", "audio-truncated", "audio-duration", "audio-silent"] as const
      const found = yield* changed({
        remembered: [...faults, "whole", "absent"].map((id) => listed(id)),
        archive: [
          ...faults.map((code) => Make.archived({ id: code, call: "", faults: [{ code, detail: "as it is" }] })),
          Make.archived({ id: "whole", call: "" })
        ]
      })
      assert.deepStrictEqual(found.toSorted(), [
        "absent deleted-since",
        "audio-duration deleted-since",
        "audio-truncated deleted-since",
        "audio-unreadable deleted-since"
      ])
    })
  )

  it.effect("are shorter by a second at least, whatever the archive has", () =>
    Effect.gen(function* () {
      const lengths = { same: 60, nearly: 59.001, shorter: 59, archived: 59, longer: 61, unknown: null }
      const found = yield* changed({
        remembered: Object.keys(lengths).map((id) => listed(id)),
        recordings: Object.entries(lengths).map(([id, length]) => recording({ id, call: "", length })),
        archive: [Make.archived({ id: "archived", call: "" })]
      })
      assert.deepStrictEqual(found.toSorted(), ["archived shortened-since", "shorter shortened-since"])
    })
  )

  it.effect("were listed from the first list to the last that had them, at their longest", () =>
    Effect.gen(function* () {
      const { findings } = yield* Judged.run({
        remembered: [
          listed("gone", { first: 41_000_000, last: 50_000_999, length: 30.04, began: 36_030_000, ended: 36_060_000 }),
          listed("gone", { first: 40_000_000, last: 45_000_000, length: 60.04, ended: 36_061_000 })
        ]
      })
      assert.deepStrictEqual(
        findings.filter(since).map(({ at, deadline, detail, recorded, recordings }) => ({
          at: DateTime.formatIso(at),
          deadline: deadline && DateTime.formatIso(deadline),
          detail,
          recorded: recorded && Duration.toMillis(recorded),
          recordings: recordings.map((one) => [one.recordingId, one.source, one.key, one.callUuid])
        })),
        [
          {
            at: "2026-08-01T10:00:00.000Z",
            deadline: "2026-08-31T10:01:01.000Z",
            detail: "60 s, listed from 2026-08-01T11:06:40Z to 2026-08-01T13:53:20Z",
            recorded: 60_040,
            recordings: [["gone", "ledger", null, null]]
          }
        ]
      )
    })
  )

  it.effect("are of the call that they named, of which a missing one shows the first", () =>
    Effect.gen(function* () {
      const policy = Policy.short({ voiceApi: "must", numbers: { "+919812345672": "must-not" } })
      const { findings } = yield* Judged.run(
        {
          cdrs: [
            cdr({ uuid: "a", sip: "s" }),
            cdr({ uuid: "b", start: 40_000 }),
            cdr({ uuid: "never", start: 50_000, to: "919812345672" })
          ],
          recordings: [recording({ id: "r", call: "b", add: 40_061, start: 40_000, length: 50 })],
          remembered: [
            listed("y", { call: "s" }),
            listed("x", { call: "a" }),
            listed("r", { call: "b", began: 40_000_000 }),
            // What must not be recorded may well be deleted.
            listed("z", { call: "never", began: 50_000_000 })
          ]
        },
        { policy }
      )
      assert.deepStrictEqual(findings.map(Judged.brief).toSorted(), [
        "a deleted-since x:uuid",
        "a deleted-since y:sip_call_id",
        "a missing x:uuid",
        "b partly-recorded r:uuid",
        "b shortened-since r:uuid",
        "never not-expected by-rule must-not"
      ])
      assert.deepStrictEqual(
        findings.filter(({ code }) => code === "shortened-since").map(({ detail, recorded }) => [detail, recorded]),
        [["60 s before, 50 s now", Duration.seconds(50)]]
      )
    })
  )
})
