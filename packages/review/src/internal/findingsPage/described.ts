/**
 * Renders the detail of a finding: its meaning, the next step, and its evidence.
 *
 * `described` runs in the browser, so it must not refer to anything outside itself except its arguments.
 */
import type { Row } from "./columns.ts"
import type { Child, element as elementOf } from "./element.ts"
import type { Words } from "./words.ts"

/** The functions that `described` uses. */
export interface Tools {
  readonly element: typeof elementOf
  readonly words: Words
}

/** The detail of a finding at the instant `now`. */
export function described(row: Row, now: number, { element, words }: Tools): ReadonlyArray<HTMLElement> {
  const { clock, instant, left } = words
  const { amount, at, cdrs, code, deadline, explanation, nextStep, reason, recorded, recordings } = row
  const { rule, talk, verdict } = row
  const facts = (pairs: ReadonlyArray<readonly [name: string, value: Child | null]>) =>
    element(
      "dl",
      {},
      ...pairs.flatMap(([name, value]) =>
        value === null ? [] : [element("div", {}, element("dt", {}, name), element("dd", {}, value))]
      )
    )
  const verdicts: Readonly<Record<string, string>> = {
    must: "must be recorded",
    may: "may be recorded or not",
    "must-not": "must not be recorded",
    unknown: "unknown"
  }
  return [
    element("p", {}, explanation),
    element("p", {}, element("strong", {}, "Next step: "), nextStep),
    facts([
      ["The provider deletes at", deadline === null ? "nothing is left to save" : instant(deadline)],
      ["Time left", deadline === null ? null : left(deadline, now)],
      ["Code", code],
      ["Policy", verdict === null ? null : (verdicts[verdict] ?? verdict)],
      ["Rule", rule],
      ["Reason", reason],
      ["Started", instant(at)],
      ["Talk", talk === null ? null : clock(talk)],
      ["Recorded", recorded === null ? null : clock(recorded)],
      ["Amount", amount]
    ]),
    ...cdrs.flatMap((cdr, n) => [
      element("h4", {}, n === 0 ? "CDR" : "The CDR that explains it"),
      facts([
        ["UUID", cdr.uuid],
        ["Id", cdr.id],
        ["Account", cdr.account],
        ["Started", instant(cdr.start)],
        ["Ended", cdr.end === null ? null : instant(cdr.end)],
        ["Direction", cdr.direction],
        ["Trunk", cdr.trunkId],
        ["From", cdr.from],
        ["To", cdr.to],
        ["Talk", cdr.talk === null ? "unknown" : clock(cdr.talk)],
        ["Cost", cdr.cost]
      ])
    ]),
    ...recordings.flatMap((recording) => {
      const { audio, recordingId } = recording
      const told: Array<HTMLElement> = [
        element("h4", {}, "Recording"),
        facts([
          ["Id", recordingId],
          ["Belongs by", recording.key],
          ["Names the call", recording.callUuid],
          ["Type", recording.type],
          ["Account", recording.account],
          ["Began", instant(recording.began)],
          ["Length", recording.duration === null ? null : clock(recording.duration)]
        ])
      ]
      const name = `Recording ${recordingId}`
      if (audio !== null) told.push(element("audio", { controls: "", preload: "none", src: audio, "aria-label": name }))
      return told
    })
  ]
}
