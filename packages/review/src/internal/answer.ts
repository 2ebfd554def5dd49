/** The answer and the findings of a reconciliation, as sections of a page. */
import { Account, Coverage, type DuckDbError, Finding, Verdict, Zone } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { count, counted } from "../Format.ts"
import * as ProofView from "../ProofView.ts"
import * as Sentences from "../Sentences.ts"
import type * as HtmlPage from "./htmlPage.ts"
import * as Urgency from "./urgency.ts"

/** A reconciliation with the time zone of its page. */
export interface ZonedResult extends Account.Result {
  /** The zone in which the page prints instants. */
  readonly zone: Zone.Zone
}

/** The tone of each verdict, and so its colour. */
const tones = { assured: "good", breached: "bad", unknown: "unknown" } as const

/** Reasons that the answer or the line on the target states already. */
const stated: ReadonlySet<Verdict.Reason["_tag"]> = new Set([
  "Missing",
  "Partly",
  "Unusable",
  "Prohibited",
  "Vanished",
  "BelowTarget",
  "AroundTarget"
])

/**
 * The first section of a page: the answer and its reasons.
 *
 * It also shows the calls that had to be recorded, by class, the target, and notes.
 */
export const answerSection = (result: ZonedResult): HtmlPage.Section => {
  const { classes, coverage, goal, verdict } = result
  const rest = verdict.reasons.filter(({ _tag }, n) => (verdict._tag === "breached" || n > 0) && !stated.has(_tag))
  const required = Coverage.required(classes)
  const target = Verdict.targetText(goal.target)
  return {
    title: "Was every call that had to be recorded, recorded?",
    answer: { text: Verdict.answer(verdict, { classes, ...goal }), tone: tones[verdict._tag] },
    bar: [
      { label: "Recorded", value: classes.recorded, tone: "good" },
      { label: "Recorded in part", value: classes.partly, tone: "part" },
      { label: "Recorded without usable audio", value: classes.unusable, tone: "poor" },
      { label: "No recording", value: classes.missing, tone: "bad" },
      { label: "Undetermined", value: classes.undetermined, tone: "unknown" },
      ...(classes.unjudged === 0 ? [] : [{ label: "Unjudged", value: classes.unjudged, tone: "unknown" } as const]),
      ...(classes.excused === 0 ? [] : [{ label: "Excused", value: classes.excused, tone: "unknown" } as const])
    ],
    notes: [
      ...(required === 0
        ? []
        : [
            `Of the ${counted(required, "call")} that had to be recorded, ${Sentences.bounds(coverage)} ${required === 1 ? "is" : "are"}. The target is ${target}%${goal.of === "talk" ? " of talk" : ""}.`,
            `Of their talk, ${Sentences.talk(result)} is recorded.`.replace(" of talk is", " is")
          ]),
      ...Sentences.excused(result, result.zone),
      ...rest.map(Verdict.sentence),
      ...Sentences.policyDoubts(result),
      ...Sentences.oddities(result),
      ...ProofView.sentences(result.proofs, result.zone)
    ]
  }
}

/** How many findings a page shows as a plain table. */
const shown = 200

/** The section of findings that need attention, least time left first. */
export const findingsSection = Effect.fnUntraced(function* (
  result: ZonedResult
): Effect.fn.Return<HtmlPage.Section, DuckDbError.DuckDbError> {
  const now = yield* DateTime.now
  const findings = yield* Urgency.first(result.asking, { now, most: shown })
  const all = Account.attention(result).reduce((sum, [, found]) => sum + found, 0)
  return {
    title: "Findings",
    intro: `Findings that need attention, least time left first, as of ${Zone.moment(now, result.zone)}. Telephone numbers are left out.`,
    tables: [
      {
        title: "By time left",
        columns: [
          { header: "Deleted at" },
          { header: "Finding" },
          { header: "Started" },
          { header: "CDR" },
          { header: "Recordings" },
          { header: "What it means, and what to do" }
        ],
        rows: findings.map((finding) => [
          finding.deadline === null ? "–" : Zone.moment(finding.deadline, result.zone),
          Finding.labels[finding.code],
          Zone.moment(finding.at, result.zone),
          finding.cdrs[0]?.uuid ?? "–",
          finding.recordings.map(({ recordingId }) => recordingId).join(" ") || "–",
          `${finding.explanation} ${finding.nextStep}`
        ]),
        deadlines: findings.map(({ deadline }) => deadline?.epochMilliseconds ?? null),
        ...(all > findings.length ? { more: `and ${count(all - findings.length)} more in findings.csv` } : {})
      }
    ]
  }
})
