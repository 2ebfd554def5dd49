/** What was heard of legs that have several recordings. */
import { assert, layer } from "@vobiz-effect/test-support"
import { Duration, Effect } from "effect"

import { Policy } from "../src/index.ts"
import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr, recording } = Make

layer(Judged.database)("of a leg with several recordings", (it) => {
  it.effect("talk that must not be recorded has the audio that somebody can hear", () =>
    Effect.gen(function* () {
      const { findings } = yield* Judged.run(
        {
          cdrs: [cdr({ uuid: "p", talk: 90, to: "919812345672" })],
          recordings: [
            recording({ id: "r1", call: "p", start: 36_000, length: 30 }),
            recording({ id: "r2", call: "p", start: 36_030, length: 20 }),
            recording({ id: "r3", call: "p", length: 25 })
          ],
          archive: [
            Make.archived({
              id: "r2",
              call: "p",
              length: 20,
              faults: [{ code: "audio-unreadable", detail: "it is not audio" }]
            })
          ]
        },
        { policy: Policy.short({ voiceApi: "must", numbers: { "+919812345672": "must-not" } }) }
      )
      assert.deepStrictEqual(
        findings
          .filter(({ code }) => code === "prohibited-recording")
          .map(({ recorded, recordings }) => [
            recordings.map(({ recordingId }) => recordingId),
            recorded && Duration.toSeconds(recorded)
          ]),
        [[["r1", "r2", "r3"], 30]]
      )
    })
  )

  it.effect("talk that costs nothing is talk, and that of a credit is none", () =>
    Effect.gen(function* () {
      const halves = (call: string, start: number) => [
        recording({ id: `${call}1`, call, start, length: 30, add: start + 61 }),
        recording({ id: `${call}2`, call, start: start + 30, length: 20, add: start + 61 })
      ]
      const { findings } = yield* Judged.run({
        cdrs: [
          cdr({ uuid: "a", cost: ["0", "INR"] }),
          cdr({ uuid: "b", start: 40_000, cost: null }),
          cdr({ uuid: "c", start: 50_000, cost: ["-0.45", "INR"] })
        ],
        recordings: [...halves("a", 36_000), ...halves("b", 40_000), ...halves("c", 50_000)]
      })
      assert.deepStrictEqual(
        findings.map(
          (finding) =>
            `${Judged.brief(finding)} ${finding.recorded === null ? "-" : Duration.toSeconds(finding.recorded)}`
        ),
        [
          "a partly-recorded a1:uuid a2:uuid 50",
          "b partly-recorded b1:uuid b2:uuid 50",
          "c several-recordings c1:uuid c2:uuid 0"
        ]
      )
    })
  )
})

layer(Judged.database)("of a leg without a recording", (it) => {
  it.effect(
    "talk over which another leg has audio that nobody can use is unusable, however short, and else missing",
    () =>
      Effect.gen(function* () {
        // The other leg begins when this one ends; its audio begins a millisecond before that, or then.
        const before = [0.001, 0]
        const start = (nth: number) => 36_000 + 10_000 * nth
        const { findings } = yield* Judged.run({
          cdrs: before.flatMap((_, nth) => [
            cdr({ uuid: `a${nth}`, sip: `s${nth}`, start: start(nth) }),
            cdr({ uuid: `b${nth}`, sip: `s${nth}`, start: start(nth) + 60, to: "919812345671" })
          ]),
          recordings: before.map((seconds, nth) =>
            recording({ id: `r${nth}`, call: `b${nth}`, start: start(nth) + 60 - seconds, add: start(nth) + 121 })
          ),
          archive: before.map((_, nth) =>
            Make.archived({
              id: `r${nth}`,
              call: `b${nth}`,
              faults: [{ code: "audio-unreadable", detail: "it is not audio" }]
            })
          )
        })
        assert.deepStrictEqual(
          findings.map(Judged.brief).filter((text) => text.startsWith("a")),
          ["a0 unusable see b0", "a1 missing"]
        )
      })
  )
})
