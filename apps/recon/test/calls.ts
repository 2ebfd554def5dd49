/** What should be found in each folder of `fixtures/calls`. */

/** What should be found in one folder. */
export interface Expected {
  /** The exit code, with both files declared complete. */
  readonly exit: 0 | 1 | 3
  /**
   * All findings, one a line: what it is about, its code and reason; of calls that had to be recorded, and of those that must not be,
   * the seconds recorded, the seconds that count, and the gaps in seconds from the start of talk: those that are a fault, and those that the
   * policy allows.
   */
  readonly found: ReadonlyArray<string>
  /** Flags beside those of the folder's command. */
  readonly flags?: ReadonlyArray<string>
}

export const expected: Readonly<Record<string, Expected>> = {
  "answer-null-billsec-60": { exit: 1, found: ["A missing 0/60", "B missing 0/60", "C matched 60/60"] },
  "answer-null-billsec-60-alone": { exit: 1, found: ["A missing 0/60", "C matched 60/60"] },
  "attended-transfer-three-agents": {
    exit: 1,
    found: [
      "A partly-recorded 330/388 gap 102-160",
      "B matched 100/100",
      "C partly-recorded 42/100 gap 42-100",
      "D matched 230/230"
    ]
  },
  "blind-transfer-first-agent-only": {
    exit: 1,
    found: ["A partly-recorded 60/300 gap 60-300", "B matched 60/60", "C missing 0/238"]
  },
  "call-runs-into-hours": { exit: 1, found: ["A missing 0/7200"] },
  "call-id-reused-at-once": { exit: 1, found: ["a missing 0/60", "b matched 60/60"] },
  "call-id-reused-hours-later": { exit: 1, found: ["a missing 0/60", "b matched 60/60"] },
  "call-id-reused-overlaps-none": { exit: 1, found: ["S1 orphan", "a missing 0/60", "b missing 0/60"] },
  "call-id-reused-three-times": { exit: 1, found: ["a missing 0/60", "b matched 60/60", "c matched 90/90"] },
  "call-id-reused-without-answer": { exit: 1, found: ["a matched", "b missing 0/60"] },
  "call-uuid-reused": { exit: 1, found: ["a matched 60/60", "a missing 0/300"] },
  "click-to-call-connected": { exit: 0, found: ["A not-expected other-leg 104/104", "B matched 104/104"] },
  "click-to-call-customer-no-answer": {
    exit: 3,
    found: ["A not-expected met-nobody", "B not-expected unanswered"]
  },
  "clock-put-forward": { exit: 1, found: ["A missing 0/120", "B not-expected by-rule may"] },
  "conference-three-way": {
    exit: 3,
    found: ["A in-conference", "B in-conference", "C in-conference", "r1 conference"]
  },
  "corrected-row-new-id": { exit: 0, found: ["A matched 120/120", "A not-expected superseded"] },
  "corrected-row-order-unknown": {
    exit: 1,
    found: ["A not-expected superseded", "A partly-recorded 60/120 gap 60-120"]
  },
  "credit-without-its-charge": {
    exit: 0,
    found: ["A matched 60/60", "A not-expected credit", "B not-expected credit"]
  },
  "deadline-of-partial": { exit: 1, found: ["A partly-recorded 1860/7200 gap 60-5400"] },
  "deleted-by-api": { exit: 0, found: ["A matched 60/60", "B matched 60/60"] },
  "dialler-amd-and-abandoned": {
    exit: 0,
    found: ["A not-expected by-rule may", "B not-expected by-rule may", "C matched 90/90"]
  },
  "disjoint-legs-shared-bridge": { exit: 1, found: ["A matched 60/60", "B missing 0/600", "C missing 0/600"] },
  "early-media-billsec-0": { exit: 0, found: ["A matched", "B matched 60/60"] },
  "excused-by-a-prohibited-recording": { exit: 1, found: ["A missing 0/210", "P prohibited-recording 90/90"] },
  "extension-to-extension": { exit: 0, found: ["A not-expected by-rule may", "B matched 60/60"] },
  "failover-trunks": { exit: 0, found: ["A not-expected unanswered", "B matched 60/60"] },
  "forward-hairpin-two-trunks": { exit: 0, found: ["A not-expected other-leg 120/120", "B matched 120/120"] },
  "hours-by-answer": { exit: 1, found: ["A missing 0/600"] },
  // By talk, as in hours-by-answer: A talks from 09:00:04.999, C until 18:01:04.999 from 18:00:04.999.
  "ist-hours-edges": {
    exit: 1,
    found: ["A missing 0/60", "B missing 0/60", "C not-expected by-rule may", "D not-expected by-rule may"]
  },
  "ids-with-spaces-and-capitals": { exit: 0, found: ["A-1 matched 60/60", "b-2 matched 60/60"] },
  "ivr-queue-agent-segments": { exit: 0, found: ["A several-recordings 260/260 allowed 60-220"] },
  "late-api-recording-next-day": { exit: 0, found: ["B matched 60/60", "r1 outside-window"] },
  "maintenance-window": { exit: 0, found: ["A excused 0/60", "B matched 60/60"] },
  "length-unknown": { exit: 3, found: ["A matched 60/60"] },
  "maxlength-60s": { exit: 1, found: ["A partly-recorded 60/300 gap 60-300", "B matched 60/60"] },
  "minimum-talk-ms": { exit: 1, found: ["A not-expected too-short", "B missing 0/3", "C not-expected too-short"] },
  "must-not-leg-with-partner-after": { exit: 0, found: ["A matched 120/120", "P not-expected by-rule must-not"] },
  "must-not-leg-beside-unplaced": { exit: 3, found: ["A matched 120/120", "P may-be-prohibited"] },
  "must-not-leg-beside-unplaced-and-added-before": {
    exit: 0,
    found: ["A matched 120/120", "P not-expected by-rule must-not"]
  },
  "must-not-leg-beside-unplaced-and-no-room": {
    exit: 1,
    found: ["A matched 210/210", "P prohibited-recording 85/90"]
  },
  "must-not-leg-recorded-in-the-middle": {
    exit: 1,
    found: ["A several-recordings 120/120", "P prohibited-recording 4/90"]
  },
  "must-not-number-in-national-form": { exit: 3, found: ["P matched unknown"] },
  "pci-leg-recorded-through-other-leg": { exit: 1, found: ["A matched 210/210", "P prohibited-recording 90/90"] },
  "pci-paused": { exit: 0, found: ["A several-recordings 260/260 allowed 120-160"] },
  "recorded-half-of-many": {
    exit: 1,
    found: [0, 1, 2, 3, 4, 5].map((nth) => `A${nth} partly-recorded 60/600 gap 60-600`)
  },
  "recording-hours-from-its-call": { exit: 1, found: ["A partly-recorded 0/120 gap 0-120"] },
  "recording-of-no-length": { exit: 1, found: ["A unusable 0/60", "P not-expected by-rule must-not"] },
  "recording-spans-two-cdrs": { exit: 0, found: ["A matched 60/60", "B not-expected other-leg 240/240"] },
  "refer-new-call-id": {
    exit: 1,
    found: ["A matched 60/60", "A recording-longer", "B candidate", "B missing 0/240"]
  },
  "refund-row": {
    exit: 0,
    found: ["A matched 60/60", "A not-expected duplicate", "B matched 60/60", "C matched 60/60"]
  },
  "rewritten-cdr-newest-first": { exit: 0, found: ["A matched 120/120"] },
  "rewritten-cdr-oldest-first": { exit: 0, found: ["A matched 120/120"] },
  "ring-group": {
    exit: 0,
    found: [
      "A not-expected other-leg 100/100",
      "L1 not-expected unanswered",
      "L2 not-expected unanswered",
      "L3 matched 100/100",
      "L4 not-expected unanswered",
      "L5 not-expected unanswered"
    ]
  },
  "rows-one-second-apart": { exit: 1, found: ["A duplicate-cdr", "A missing 0/60", "A not-expected duplicate"] },
  "segment-rollover-overlap": { exit: 0, found: ["A several-recordings 300/300"] },
  "short-codes": { exit: 1, found: ["A not-expected by-rule may", "B missing 0/60"] },
  "six-hour-call-from-before": {
    exit: 0,
    found: ["B matched 60/60", "seg3 outside-window"],
    flags: ["--longest-call", "8 hours"]
  },
  "subaccount-policy": { exit: 1, found: ["A missing 0/60"] },
  "switch-turned-off-later": { exit: 3, found: ["A matched 60/60", "B trunk-changed", "C matched 60/60"] },
  "taken-back-and-billed-anew": {
    exit: 0,
    found: ["A matched 60/60", "A not-expected duplicate", "A not-expected duplicate"]
  },
  "target-60s-cap": { exit: 1, found: ["A partly-recorded 60/3600 gap 60-3600"] },
  "target-on-files": { exit: 0, found: ["A matched 60/60"] },
  "trunk-deleted-since": { exit: 3, found: ["A not-expected by-rule unknown", "C matched 60/60"] },
  "trunk-of-a-rule-not-listed": { exit: 3, found: ["A matched unknown", "B matched 60/60"] },
  "two-accounts-one-leg": { exit: 0, found: ["A matched 60/60", "A not-expected duplicate"] },
  "two-calls-one-number-candidate": { exit: 1, found: ["A candidate", "A missing 0/10", "x orphan"] },
  "two-recordings-of-the-same-half": { exit: 1, found: ["A partly-recorded 150/300 gap 150-300"] },
  // Where both legs talk counts: 58 s.
  "unanswered-must-not-voicemail": { exit: 0, found: ["A matched 58/58", "A2 matched 58/58"] },
  // Nobody can tell a greeting from a recording that began late, unless the policy allows the gap.
  voicemail: { exit: 0, found: ["A matched 25/25 allowed 0-15"] },
  "zoneless-hours-off": { exit: 3, found: ["A matched 60/60"] }
}

/** What is not found yet, and what will settle it. A folder that is found right must not be here. */
export const pending: Readonly<Record<string, string>> = {}
