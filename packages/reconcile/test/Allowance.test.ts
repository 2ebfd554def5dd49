import { assert, describe, it, once } from "@vobiz-effect/test-support"
import { Duration, Effect, Stream } from "effect"

import { Coverage, DuckDb, type Finding, type Policy, Reconciliation } from "../src/index.ts"
import * as Make from "./utils.ts"

const seconds = Duration.seconds

const pause = { reason: "card data", longest: seconds(90) } as const

/** Of a call of 300 s: the gaps allowed, what is recorded, without a place where `begin` is `null`, and what is found. */
type Case = readonly [
  what: string,
  gaps: Policy.Rule["allowedGaps"],
  parts: ReadonlyArray<readonly [begin: number | null, length: number]>,
  expected: string
]

const cases: ReadonlyArray<Case> = [
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
]

/** All of the calls, each on a trunk with a rule of its own, judged by one run. */
const judged = once(
  Effect.gen(function* () {
    const rules = cases.map(([, allowedGaps], nth) => ({
      name: `all of t${nth}`,
      verdict: "must" as const,
      retentionClass: `cards ${nth}`,
      when: { trunks: [`t${nth}`] as const },
      ...(allowedGaps === undefined ? {} : { allowedGaps })
    }))
    const { classes, findings, talk } = yield* Reconciliation.run({
      cdrs: Stream.fromIterable(
        cases.map((_, nth) =>
          Make.cdr({
            uuid: `a${nth}`,
            trunk: `t${nth}`,
            start: 36_000 + nth * 1000,
            end: 36_300 + nth * 1000,
            talk: 300
          })
        )
      ),
      recordings: Stream.fromIterable(
        cases.flatMap(([, , parts], nth) =>
          parts.map(([begin, length], n) =>
            Make.recording({
              id: `r${nth}-${n}`,
              call: `a${nth}`,
              start: begin === null ? null : 36_000 + nth * 1000 + begin,
              add: 36_061.2 + nth * 1000,
              length
            })
          )
        )
      ),
      trunks: Stream.empty,
      proofs: Effect.succeed(Coverage.declared),
      window: Make.window,
      asOf: Make.asOf,
      options: { policy: { version: 1, name: "test", rules, default: "may" } }
    })
    return { classes, talk, findings: yield* Stream.runCollect(findings) }
  }).pipe(Effect.scoped, Effect.provide(DuckDb.DuckDb.layer({ threads: 1 })))
)

/** What is found of a case's call. */
const found = (findings: ReadonlyArray<Finding.Finding>, nth: number): string => {
  const finding = findings.find(({ cdrs }) => cdrs[0]?.uuid === `a${nth}`)
  if (finding === undefined) return "nothing"
  const places = (gaps: ReadonlyArray<Finding.Gap>) =>
    gaps.map(({ from, to }) => `${Duration.toSeconds(from)}-${Duration.toSeconds(to)}`).join(" ")
  assert.strictEqual(finding.retentionClass, `cards ${nth}`)
  return [
    `${finding.code} of ${Duration.toSeconds(finding.base ?? 0)}`,
    ...(finding.gaps.length === 0 ? [] : [`lacks ${places(finding.gaps)}`]),
    ...(finding.allowed.length === 0 ? [] : [`allowed ${places(finding.allowed)}`])
  ].join(", ")
}

describe("allowed gaps", () => {
  for (const [nth, [what, , , expected]] of cases.entries()) {
    it.effect(what, () => Effect.map(judged, ({ findings }) => assert.strictEqual(found(findings, nth), expected)))
  }

  it.effect("leave the sums of what is found", () =>
    Effect.map(judged, ({ classes, findings, talk }) => {
      assert.lengthOf(findings, cases.length)
      assert.strictEqual(classes.recorded + classes.partly + classes.missing, cases.length)
      assert.strictEqual(
        talk.base,
        findings.reduce((sum, { base }) => sum + Duration.toMillis(base ?? 0), 0)
      )
    })
  )
})
