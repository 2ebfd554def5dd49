import { assert, describe, it } from "@vobiz-effect/test-support"
import { Duration, Effect, Stream } from "effect"

import { Coverage, DuckDb, type Finding, type Policy, Reconciliation } from "../src/index.ts"
import * as Make from "./utils.ts"

const seconds = Duration.seconds

/** What is found of a call of 300 s, of which these seconds are recorded; without a place where `begin` is `null`. */
const found = (
  allowedGaps: Policy.Rule["allowedGaps"],
  parts: ReadonlyArray<readonly [begin: number | null, length: number]>
): Effect.Effect<string, unknown> =>
  Effect.gen(function* () {
    const all = { name: "all", verdict: "must", retentionClass: "cards" } as const
    const { classes, findings, talk } = yield* Reconciliation.run({
      cdrs: Stream.make(Make.cdr({ uuid: "a", start: 36_000, end: 36_300, talk: 300 })),
      recordings: Stream.fromIterable(
        parts.map(([begin, length], n) =>
          Make.recording({ id: `r${n}`, call: "a", start: begin === null ? null : 36_000 + begin, length })
        )
      ),
      trunks: Stream.empty,
      proofs: Effect.succeed(Coverage.declared),
      window: Make.window,
      asOf: Make.asOf,
      options: {
        policy: {
          version: 1,
          name: "test",
          rules: [allowedGaps === undefined ? all : { ...all, allowedGaps }],
          default: "may"
        }
      }
    })
    const [finding] = yield* Stream.runCollect(findings)
    if (finding === undefined) return "nothing"
    const places = (gaps: ReadonlyArray<Finding.Gap>) =>
      gaps.map(({ from, to }) => `${Duration.toSeconds(from)}-${Duration.toSeconds(to)}`).join(" ")
    assert.strictEqual(finding.retentionClass, "cards")
    assert.strictEqual(classes.recorded + classes.partly + classes.missing, 1)
    assert.strictEqual(talk.base, Duration.toMillis(finding.base ?? 0))
    return [
      `${finding.code} of ${Duration.toSeconds(finding.base ?? 0)}`,
      ...(finding.gaps.length === 0 ? [] : [`lacks ${places(finding.gaps)}`]),
      ...(finding.allowed.length === 0 ? [] : [`allowed ${places(finding.allowed)}`])
    ].join(", ")
  }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))

const pause = { reason: "card data", longest: seconds(90) } as const

describe("allowed gaps", () => {
  for (const [what, gaps, parts, expected] of [
    [
      "takes a pause from what counts",
      [pause],
      [
        [0, 120],
        [160, 140]
      ],
      "several-recordings of 260, allowed 120-160"
    ],
    [
      "takes none that is too long, not even a part of it",
      [pause],
      [
        [0, 100],
        [191, 109]
      ],
      "partly-recorded of 300, lacks 100-191"
    ],
    [
      "takes the first of two, unless more are allowed",
      [pause],
      [
        [0, 100],
        [140, 60],
        [240, 60]
      ],
      "partly-recorded of 260, lacks 200-240, allowed 100-140"
    ],
    [
      "takes as many as are allowed",
      [{ ...pause, most: 2 }],
      [
        [0, 100],
        [140, 60],
        [240, 60]
      ],
      "several-recordings of 220, allowed 100-140 200-240"
    ],
    ["takes no late beginning for a pause", [pause], [[60, 240]], "partly-recorded of 300, lacks 0-60"],
    ["takes no early end for a pause", [pause], [[0, 240]], "partly-recorded of 300, lacks 240-300"],
    ["allows a late beginning", [{ ...pause, at: "start" }], [[60, 240]], "matched of 240, allowed 0-60"],
    ["allows an early end", [{ ...pause, at: "end" }], [[0, 240]], "matched of 240, allowed 240-300"],
    [
      "allows nothing of a call that is not recorded",
      [{ ...pause, at: "start", longest: seconds(900) }],
      [],
      "missing of 300"
    ],
    [
      "allows nothing of a recording that lies elsewhere",
      [{ ...pause, at: "start", longest: seconds(900) }],
      [[900, 60]],
      "partly-recorded of 300, lacks 0-300"
    ],
    [
      "allows nothing where the place of the audio is a guess",
      [{ ...pause, at: "end" }],
      [[null, 240]],
      "partly-recorded of 300, lacks 240-300"
    ],
    ["allows nothing by itself", undefined, [[60, 240]], "partly-recorded of 300, lacks 0-60"]
  ] as const) {
    it.effect(what, () => Effect.map(found(gaps, parts), (actual) => assert.strictEqual(actual, expected)))
  }
})
