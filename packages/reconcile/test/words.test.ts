import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, DateTime, Duration } from "effect"

import { Coverage, DuckDbError, FileError, Finding, LedgerError, PolicyError, Verdict } from "../src/index.ts"

const at = DateTime.makeUnsafe("2026-08-01T10:00:00Z")
const s = Duration.seconds
const money = (amount: string) => ({ amount: BigDecimal.fromStringUnsafe(amount), currency: "INR" })

const cdr = (fields: Partial<Finding.CdrEvidence> = {}) =>
  new Finding.CdrEvidence({
    uuid: "u",
    id: null,
    account: "MA_1",
    start: at,
    end: null,
    direction: null,
    trunkId: null,
    from: null,
    to: null,
    talk: null,
    cost: null,
    ...fields
  })

const rec = (fields: Partial<Finding.RecordingEvidence> = {}) =>
  new Finding.RecordingEvidence({
    recordingId: "r",
    key: "uuid",
    callUuid: "u",
    type: "call",
    account: "MA_1",
    began: at,
    duration: s(60),
    isGuess: false,
    source: "provider",
    ...fields
  })

const gap = (from: number, to: number) => ({ from: s(from), to: s(to) })

const excuse = { name: "outage", reason: "upgrade", reference: "CHG-1", approver: "head", expires: at }

const findings: ReadonlyArray<
  readonly [
    Partial<Finding.Found> & Pick<Finding.Found, "code">,
    severity: Finding.Severity,
    explanation: string,
    nextStep: string
  ]
> = [
  [{ code: "matched" }, "info", "The call's recording was found.", "None."],
  [{ code: "matched", recordings: [rec()] }, "info", "The call's recording was found by the CDR's uuid.", "None."],
  [{ code: "matched", recordings: [rec({ key: null })] }, "info", "The call's recording was found.", "None."],
  [
    { code: "matched", recordings: [rec({ key: "sip_call_id", type: "trunk" })] },
    "info",
    "The call's recording was found by the CDR's SIP call id.",
    "None."
  ],
  [
    { code: "matched", recordings: [rec({ key: "sip_call_id" })] },
    "info",
    "The call's recording was found by the CDR's SIP call id, although the provider documents the uuid.",
    "None."
  ],
  [
    { code: "matched", recordings: [rec({ key: "bridge_uuid", type: "trunk" })] },
    "info",
    "The call's recording was found by the CDR's bridge uuid, although the provider documents the uuid.",
    "None."
  ],
  [
    { code: "matched", recordings: [rec({ source: "archive" })] },
    "info",
    "The call's recording was found by the CDR's uuid. The provider no longer lists it; the archive holds the audio.",
    "None."
  ],
  [{ code: "several-recordings", recordings: [rec(), rec()] }, "info", "The call has 2 recordings.", "None."],
  [
    { code: "several-recordings", recordings: [rec({ key: "sip_call_id" }), rec(), rec({ source: "archive" })] },
    "info",
    "The call has 3 recordings. The provider documents the uuid; 1 of them names the call by another id. The provider no longer lists 1 of them; the archive holds the audio.",
    "None."
  ],
  [
    { code: "several-recordings", recordings: [rec({ source: "archive" }), rec({ source: "archive" })] },
    "info",
    "The call has 2 recordings. The provider no longer lists them; the archive holds the audio.",
    "None."
  ],
  [
    { code: "prohibited-recording", rule: "no card", talk: s(60), recorded: s(12.34), recordings: [rec()] },
    "critical",
    'The call must not be recorded (rule "no card"), but is: 12.3 s of its 60 s of talk.',
    "Find out what started the recording, and delete it if the law or the policy asks for that."
  ],
  [
    { code: "prohibited-recording", talk: null, recorded: s(12), cdrs: [cdr(), cdr()] },
    "critical",
    "The call must not be recorded, but is, in the recording of another leg.",
    "Find out what started the recording, and delete it if the law or the policy asks for that."
  ],
  [
    { code: "prohibited-recording", talk: s(60), recorded: null, recordings: [rec({ source: "archive" })] },
    "critical",
    "The call must not be recorded, but is. The provider no longer lists it; the archive holds the audio.",
    "Find out what started the recording, and delete it if the law or the policy asks for that."
  ],
  [
    { code: "may-be-prohibited", rule: "number", recordings: [rec({ source: "archive" })] },
    "warning",
    "The call must not be recorded (its number's setting). A recording of another leg does not say when it ran, and may contain some of this call's talk. The provider no longer lists it; the archive holds the audio.",
    "Listen to the recording. If the call is in it, delete it if the law or the policy asks for that."
  ],
  [
    {
      code: "partly-recorded",
      rule: "voice-api",
      talk: s(60),
      base: s(60),
      recorded: s(40),
      surely: s(40),
      gaps: [gap(40, 60)]
    },
    "critical",
    "The call had to be recorded (the setting for voice-API calls), but only part of it is: 40 s of 60 s, gap 0:40 to 1:00 from the start of talk.",
    "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
  ],
  [
    {
      code: "partly-recorded",
      talk: s(90),
      base: s(60),
      recorded: s(40),
      surely: s(30),
      gaps: [gap(0, 10), gap(65, 125), gap(3600, 3725)]
    },
    "critical",
    "The call had to be recorded, but only part of it is: 40 s of 60 s in which two parties talked, gaps 0:00 to 0:10, 1:05 to 2:05, 1:00:00 to 1:02:05 from the start of talk. A recording does not say when it began, so its place is a guess: at least 30 s are recorded.",
    "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
  ],
  [
    { code: "partly-recorded", talk: s(60), base: s(60), recorded: s(0), surely: s(0) },
    "critical",
    "The call had to be recorded, but only part of it is: 0 s of 60 s. Its recording lies outside its talk.",
    "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
  ],
  [
    { code: "partly-recorded", talk: null, base: s(60), recorded: s(40) },
    "critical",
    "The call had to be recorded, but only part of it is: 40 s of 60 s.",
    "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
  ],
  [
    { code: "partly-recorded", talk: s(60), base: s(50), recorded: s(40), allowed: [gap(0, 10)], inDoubt: true },
    "warning",
    "The call had to be recorded, but only part of it is: 40 s of 50 s in which two parties talked. The rule allows a gap of 10 s: 0:00 to 0:10 from the start of talk. In doubt: the list of recordings is not proved complete, and may contain it.",
    "Run again until the list is proved complete. Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
  ],
  [
    {
      code: "partly-recorded",
      talk: s(60),
      base: s(40),
      recorded: s(20),
      allowed: [gap(0, 10), gap(30, 40)],
      recordings: [rec({ source: "archive" })]
    },
    "critical",
    "The call had to be recorded, but only part of it is: 20 s of 40 s in which two parties talked. The provider no longer lists it; the archive holds the audio. The rule allows 2 gaps of 20 s: 0:00 to 0:10, 0:30 to 0:40 from the start of talk.",
    "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
  ],
  [
    { code: "missing", rule: "trunk-on", base: null },
    "critical",
    "The call had to be recorded (its trunk records every call, by its switch today), but no recording names it or one of its legs.",
    "Check whether the recording was deleted or belongs to another account. Then ask the provider, before the retention ends."
  ],
  [
    { code: "missing", rule: "default", base: s(59.96) },
    "critical",
    "The call had to be recorded (no rule of the policy says otherwise), but no recording names it or covers any of the 60 s that count.",
    "Check whether the recording was deleted or belongs to another account. Then ask the provider, before the retention ends."
  ],
  [
    { code: "missing", rule: "default", base: s(60), inDoubt: true },
    "warning",
    "The call had to be recorded (no rule of the policy says otherwise), but no recording names it or covers any of the 60 s that count. In doubt: the list of recordings is not proved complete, and may contain it.",
    "Run again until the list is proved complete. Check whether the recording was deleted or belongs to another account. Then ask the provider, before the retention ends."
  ],
  [
    { code: "missing", rule: "default", recordings: [rec({ source: "ledger" })] },
    "critical",
    "The call had to be recorded (no rule of the policy says otherwise). An earlier run saw its recording, which is gone now.",
    "See the finding about its deleted recording."
  ],
  [
    { code: "unusable", rule: "default", recordings: [rec()] },
    "critical",
    "The call had to be recorded (no rule of the policy says otherwise), but its recording has no usable audio.",
    "Listen to the recording. If its audio is lost, ask the provider for it before the retention ends, and find out what cut it off."
  ],
  [
    { code: "unusable", recordings: [rec(), rec({ source: "archive" })] },
    "critical",
    "The call had to be recorded, but its 2 recordings have no usable audio. The provider no longer lists 1 of them; the archive holds the audio.",
    "Listen to the recording. If its audio is lost, ask the provider for it before the retention ends, and find out what cut it off."
  ],
  [
    { code: "unusable", rule: "default", inDoubt: true },
    "warning",
    "The call had to be recorded (no rule of the policy says otherwise), but only another leg of the conversation has a recording, without usable audio. In doubt: the list of recordings is not proved complete, and may contain it.",
    "Run again until the list is proved complete. Listen to the recording. If its audio is lost, ask the provider for it before the retention ends, and find out what cut it off."
  ],
  [
    { code: "settling" },
    "info",
    "The recording has no CDR yet: its call may have ended too recently.",
    "Reconcile again when the call's CDR has arrived."
  ],
  [
    { code: "settling", rule: "trunk-on", cdrs: [cdr()], recordings: [rec()] },
    "info",
    "The call had to be recorded (its trunk records every call, by its switch today). It is not recorded in full, and ended too recently to tell whether another recording will arrive.",
    "Reconcile again after the settle window."
  ],
  [
    { code: "settling", rule: "trunk-on", cdrs: [cdr()] },
    "info",
    "The call had to be recorded (its trunk records every call, by its switch today). It ended too recently to tell whether its recording is missing or late.",
    "Reconcile again after the settle window."
  ],
  [
    { code: "trunk-changed" },
    "info",
    "The call's trunk was changed later, and nothing shows whether its recording switch was on before. The call is not recorded in full.",
    "Find out whether the trunk's switch was on. With a ledger (--ledger), later runs remember how it stood before a change."
  ],
  [
    { code: "other-account", recordings: [rec({ account: "SA_1" })] },
    "info",
    "The recording belongs to account SA_1, whose CDRs may not be among those given.",
    "Reconcile that account separately, with its own credentials."
  ],
  [
    { code: "other-account", recordings: [rec({ account: null })] },
    "info",
    "The recording belongs to account unknown, whose CDRs may not be among those given.",
    "Reconcile that account separately, with its own credentials."
  ],
  [
    { code: "other-account", rule: "default", cdrs: [cdr({ account: "SA_1" })] },
    "info",
    "The call had to be recorded (no rule of the policy says otherwise). It belongs to account SA_1, whose recordings may not be among those given.",
    "Reconcile that account separately, with its own credentials."
  ],
  [
    { code: "other-account", cdrs: [cdr({ account: null })] },
    "info",
    "The call had to be recorded. It belongs to account unknown, whose recordings may not be among those given.",
    "Reconcile that account separately, with its own credentials."
  ],
  [
    { code: "expired", rule: "default", base: s(60), recorded: s(40), talk: s(60), recordings: [rec()] },
    "info",
    "The call had to be recorded (no rule of the policy says otherwise), but only part of it is: 40 s of 60 s. It is so old that the provider may have deleted another recording of it.",
    "Look for the recording in your own archive."
  ],
  [
    { code: "expired", rule: "default" },
    "info",
    "The call had to be recorded (no rule of the policy says otherwise). It is older than the provider keeps recordings, and no given archive holds one, so nothing shows whether it was recorded.",
    "Look for the recording in your own archive."
  ],
  [
    { code: "not-expected", reason: "duplicate", cdrs: [cdr(), cdr({ account: "SA_1" })] },
    "info",
    "The call has no recording and needs none: another account has a row of the same leg, which is judged instead (a bill that is passed on).",
    "None."
  ],
  [
    { code: "not-expected", reason: "duplicate", cdrs: [cdr(), cdr()] },
    "info",
    "The call has no recording and needs none: the row repeats another CDR, which is judged instead.",
    "None."
  ],
  [
    { code: "not-expected", reason: "duplicate", cdrs: [cdr(), cdr({ account: null })] },
    "info",
    "The call has no recording and needs none: the row repeats another CDR, which is judged instead.",
    "None."
  ],
  [
    {
      code: "not-expected",
      reason: "duplicate",
      cdrs: [cdr({ account: null }), cdr()],
      recordings: [rec({ duration: s(0) })]
    },
    "info",
    "The call has no recording of any length and needs none: the row repeats another CDR, which is judged instead.",
    "None."
  ],
  [
    { code: "not-expected", reason: "duplicate", cdrs: [cdr()] },
    "info",
    "The call has no recording and needs none: the row repeats another CDR, which is judged instead.",
    "None."
  ],
  [
    { code: "not-expected", reason: "superseded" },
    "info",
    "The call has no recording and needs none: another row of the same leg corrects this one, and is judged instead.",
    "None."
  ],
  [
    { code: "not-expected", reason: "credit" },
    "info",
    "The call has no recording and needs none: the row is a credit, not a call.",
    "None."
  ],
  [
    { code: "not-expected", reason: "unanswered" },
    "info",
    "The call has no recording and needs none: it was not answered.",
    "None."
  ],
  [
    { code: "not-expected", reason: "too-short" },
    "info",
    "The call has no recording and needs none: it was shorter than the set minimum.",
    "None."
  ],
  [
    { code: "not-expected", reason: "other-leg", cdrs: [cdr(), cdr({ account: "SA_1" })] },
    "info",
    "The call has no recording and needs none: another leg of the conversation has the recording.",
    "None."
  ],
  [
    { code: "not-expected", reason: "met-nobody" },
    "info",
    "The call has no recording and needs none: it is the only leg of its conversation that was answered, so it talked with nobody.",
    "None."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "unknown", rule: null },
    "info",
    "The call has no recording, and nobody can tell whether it needed one: no rule of the policy covers it.",
    "Say in the policy whether such calls must be recorded."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "unknown", rule: "default" },
    "info",
    "The call has no recording, and nobody can tell whether it needed one: no rule of the policy covers it.",
    "Say in the policy whether such calls must be recorded."
  ],
  [
    {
      code: "not-expected",
      reason: "by-rule",
      verdict: "unknown",
      rule: "trunk-unknown",
      cdrs: [cdr({ trunkId: 'T"1' })]
    },
    "info",
    "The call has no recording, and nobody can tell whether it needed one: its trunk is no longer listed, or its recording switch is unknown.",
    'Find out whether the trunk recorded its calls, and add a rule to the policy (when: { trunks: ["T\\"1"] }). With a ledger (--ledger), later runs remember the switch of a trunk that was deleted.'
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "unknown", rule: "trunk-unknown", cdrs: [cdr()] },
    "info",
    "The call has no recording, and nobody can tell whether it needed one: its trunk is no longer listed, or its recording switch is unknown.",
    "Find out whether the trunk recorded its calls, and add a rule to the policy (of its trunk). With a ledger (--ledger), later runs remember the switch of a trunk that was deleted."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "unknown", rule: "trunk-unknown" },
    "info",
    "The call has no recording, and nobody can tell whether it needed one: its trunk is no longer listed, or its recording switch is unknown.",
    "Find out whether the trunk recorded its calls, and add a rule to the policy (of its trunk). With a ledger (--ledger), later runs remember the switch of a trunk that was deleted."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "unknown", rule: "talk-unread" },
    "info",
    "The call has no recording, and nobody can tell whether it needed one: its talk time is unknown: the row does not say it, or cannot be read.",
    "Ask the provider for the call's talk time."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "unknown", rule: "desk" },
    "info",
    'The call has no recording, and nobody can tell whether it needed one: rule "desk" leaves that open.',
    "Say in the policy whether such calls must be recorded."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "must-not", rule: "desk", recordings: [rec()] },
    "info",
    'The call has no recording of any length and needs none: it must not be recorded (rule "desk").',
    "None."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "must", rule: "desk" },
    "info",
    'The call has no recording and needs none: all of its talk is with legs that must not be recorded (rule "desk").',
    "None."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "may", rule: "minimum-talk" },
    "info",
    "The call has no recording and needs none: it may be recorded or not (it was shorter than the set minimum).",
    "None."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "may", rule: "trunk-off" },
    "info",
    "The call has no recording and needs none: it may be recorded or not (its trunk records no calls, by its switch today).",
    "None."
  ],
  [
    { code: "not-expected", reason: "by-rule", verdict: "may", rule: "unanswered" },
    "info",
    "The call has no recording and needs none: it may be recorded or not (it was not answered).",
    "None."
  ],
  [
    { code: "excused", rule: "default", excuse },
    "info",
    'The call had to be recorded (no rule of the policy says otherwise), but is not. It is excused by "outage": upgrade (CHG-1, approved by head until 2026-08-01T10:00:00.000Z).',
    "None until the excuse expires."
  ],
  [
    { code: "excused", rule: "default", talk: s(60), base: s(60), recorded: s(0), excuse },
    "info",
    'The call had to be recorded (no rule of the policy says otherwise), but is not. It is excused by "outage": upgrade (CHG-1, approved by head until 2026-08-01T10:00:00.000Z).',
    "None until the excuse expires."
  ],
  [
    { code: "excused", talk: s(60), base: s(60), recorded: s(20), gaps: [gap(20, 60)], excuse },
    "info",
    'The call had to be recorded, but is not in full: 20 s of 60 s, gap 0:20 to 1:00 from the start of talk. It is excused by "outage": upgrade (CHG-1, approved by head until 2026-08-01T10:00:00.000Z).',
    "None until the excuse expires."
  ],
  [
    { code: "excused" },
    "info",
    "The call had to be recorded, but is not. It is excused.",
    "None until the excuse expires."
  ],
  [
    { code: "duplicate-cdr" },
    "warning",
    "The leg already has a CDR. This row bills it again.",
    "Claim the amount back from the provider if both rows were charged."
  ],
  [
    { code: "duplicate-cdr", amount: money("0.45") },
    "warning",
    "The leg already has a CDR. This row bills it again, with 0.45 INR.",
    "Claim the amount back from the provider if both rows were charged."
  ],
  [
    { code: "duplicate-cdr", detail: "0.5 s later" },
    "warning",
    "The row has the same ids, numbers and talk time as another, 0.5 s later. It seems to be the same leg, billed twice.",
    "Ask the provider whether these are two calls; only one is counted."
  ],
  [
    { code: "charge-differs", amount: money("0.90"), detail: '0.45 INR for 60 s by rate "India"' },
    "warning",
    `The provider billed 0.9 INR for the call's talk; the rate card says 0.45 INR for 60 s by rate "India".`,
    "Ask the provider about the charge, or correct the rate card if the rate has changed."
  ],
  [
    { code: "charge-differs" },
    "warning",
    "The provider billed an unknown amount for the call's talk; the rate card says another.",
    "Ask the provider about the charge, or correct the rate card if the rate has changed."
  ],
  [
    { code: "recording-longer", talk: s(60), recorded: s(90) },
    "warning",
    "The call had 60 s of talk and a recording of 90 s, which is longer than the whole conversation.",
    "Listen to the recording to find out whether it is of this call or of one that followed."
  ],
  [
    { code: "recording-longer", talk: null, recorded: null },
    "warning",
    "The call had an unknown time of talk and a recording of unknown length, which is longer than the whole conversation.",
    "Listen to the recording to find out whether it is of this call or of one that followed."
  ],
  [
    { code: "in-conference", rule: "default" },
    "warning",
    "The call had to be recorded (no rule of the policy says otherwise), but no recording names it. The recording of a conference spans its talk and has one of its numbers. The lists do not tell whether the call was in that conference.",
    "Listen for the call in the conference's recording, and keep that recording before its retention ends."
  ],
  [
    { code: "candidate", cdrs: [cdr()] },
    "warning",
    "An unmatched recording has the same two numbers and overlaps this call, and nothing else fits. Likely, not proven.",
    "Listen to the recording to find out whether it is of this call, and keep it before its retention ends."
  ],
  [
    { code: "candidate", cdrs: [cdr(), cdr()] },
    "warning",
    "The recording of another call continues past the end of that call, spans this call and has one of its numbers. It may be of this call; nothing proves it.",
    "Listen to the recording to find out whether it is of this call, and keep it before its retention ends."
  ],
  [
    { code: "orphan", recordings: [rec()] },
    "warning",
    "The recording names a call without a CDR, although the given CDRs must include it.",
    "Look for the call in sub-accounts and in CDRs of other directions. Then ask the provider for its CDR."
  ],
  [
    { code: "orphan", recordings: [rec({ isGuess: true })], inDoubt: true },
    "warning",
    "The recording names a call without a CDR, although the given CDRs must include it. The recording does not say when it began: its time is a guess, from when it was added and its length. In doubt: the list of CDRs is not proved complete, and may contain it.",
    "Run again until the list is proved complete. Look for the call in sub-accounts and in CDRs of other directions. Then ask the provider for its CDR."
  ],
  [
    { code: "outside-window", recordings: [rec()] },
    "info",
    "The recording names a call without a CDR, which may lie outside the given CDRs.",
    "Reconcile a wider window, or add CDRs of earlier days."
  ],
  [
    { code: "outside-window", recordings: [rec({ isGuess: true })] },
    "info",
    "The recording names a call without a CDR, which may lie outside the given CDRs. The recording does not say when it began: its time is a guess, from when it was added and its length.",
    "Reconcile a wider window, or add CDRs of earlier days."
  ],
  [
    { code: "conference" },
    "info",
    "The recording is of a conference. It names the conference, and not necessarily a leg.",
    "Compare it with the conference's legs by hand."
  ],
  [
    { code: "deleted-since" },
    "critical",
    "The provider no longer lists the recording, although its retention has not ended.",
    "Find out who deleted it (the API and the console can), and ask the provider for it. If recon release deleted it, name its archive with --archive."
  ],
  [
    { code: "deleted-since", detail: "last listed then", inDoubt: true },
    "warning",
    "The provider no longer lists the recording, although its retention has not ended: last listed then. In doubt: the list of recordings is not proved complete, and may contain it.",
    "Run again until the list is proved complete. Find out who deleted it (the API and the console can), and ask the provider for it. If recon release deleted it, name its archive with --archive."
  ],
  [
    { code: "shortened-since", detail: "60 s before, 40 s now" },
    "critical",
    "The recording is shorter than when the provider listed it before: 60 s before, 40 s now.",
    "Find out what replaced it, and keep a longer copy if an archive holds one."
  ],
  [
    { code: "audio-unreadable" },
    "critical",
    "The recording's audio cannot be read.",
    "Download the recording again before its retention ends, and compare. If it is the same, ask the provider."
  ],
  [
    { code: "audio-truncated", detail: "at 3 s" },
    "critical",
    "The recording's audio ends before it should: at 3 s.",
    "Download the recording again before its retention ends, and compare. If it is the same, ask the provider."
  ],
  [
    { code: "audio-silent", detail: "all of it" },
    "critical",
    "The recording's audio is silent: all of it.",
    "Listen to it. If the call was not silent, ask the provider, and check how the call's media were routed."
  ],
  [
    { code: "audio-one-way", detail: "left" },
    "critical",
    "Only one side of the call is audible in the recording: left.",
    "Listen to it. If the call was not silent, ask the provider, and check how the call's media were routed."
  ],
  [
    { code: "audio-wrong-format", detail: "wav, not mp3" },
    "warning",
    "The recording's audio has another format than the provider says: wav, not mp3.",
    "None, if your programs read the format from the bytes and not from the file name."
  ],
  [
    { code: "audio-duration", detail: "60 s, not 40 s" },
    "warning",
    "The recording's audio has another length than the provider says: 60 s, not 40 s.",
    "Listen for a missing beginning or end. The provider bills by its own length."
  ],
  [
    { code: "audio-not-checked", detail: "ogg" },
    "warning",
    "The recording's audio cannot be decoded here, so it was not checked: ogg.",
    "Listen to it, and ask the provider why it is not MP3 or WAV."
  ]
]

describe("what a finding says", () => {
  for (const [given, severity, explanation, nextStep] of findings) {
    it(`${given.code}: ${explanation.slice(0, 100)}`, () => {
      const finding = Finding.explain({
        inDoubt: false,
        reason: null,
        verdict: null,
        rule: null,
        at,
        deadline: null,
        cdrs: [],
        recordings: [],
        talk: null,
        recorded: null,
        amount: null,
        ...given
      })
      assert.deepStrictEqual(
        [finding.severity, finding.explanation, finding.nextStep],
        [severity, explanation, nextStep]
      )
    })
  }

  it("of each code: a label, and how serious it is", () => {
    const codes = Finding.Code.literals
    assert.deepStrictEqual(Object.keys(Finding.labels).toSorted(), codes.toSorted())
    assert.strictEqual(new Set(Object.values(Finding.labels)).size, codes.length)
    const of = (severity: Finding.Severity) => codes.filter((code) => Finding.severities[code] === severity)
    assert.deepStrictEqual(of("critical"), [
      "prohibited-recording",
      "partly-recorded",
      "missing",
      "unusable",
      "deleted-since",
      "shortened-since",
      "audio-unreadable",
      "audio-truncated",
      "audio-silent",
      "audio-one-way"
    ])
    assert.deepStrictEqual(of("warning"), [
      "may-be-prohibited",
      "in-conference",
      "duplicate-cdr",
      "charge-differs",
      "recording-longer",
      "candidate",
      "orphan",
      "audio-wrong-format",
      "audio-duration",
      "audio-not-checked"
    ])
    assert.deepStrictEqual(Finding.labels["prohibited-recording"], "Prohibited recording")
    assert.deepStrictEqual(
      Finding.ofAudio,
      codes.filter((code) => code.startsWith("audio-"))
    )
    assert.deepStrictEqual(Finding.unusableAudio, ["audio-unreadable", "audio-truncated", "audio-silent"])
    assert.deepStrictEqual(Finding.recorded, ["matched", "several-recordings", "not-expected"])
    assert.deepStrictEqual(Finding.undetermined, [
      "settling",
      "trunk-changed",
      "expired",
      "other-account",
      "in-conference"
    ])
    assert.deepStrictEqual(Finding.attached, [
      "duplicate-cdr",
      "charge-differs",
      "recording-longer",
      "candidate",
      "deleted-since",
      "shortened-since",
      ...Finding.ofAudio
    ])
  })

  it("of gaps: the first five of a second or more, to the second", () => {
    assert.strictEqual(Finding.gapWords([]), "")
    assert.strictEqual(Finding.gapWords([{ from: s(1), to: Duration.millis(1999) }]), "")
    assert.strictEqual(Finding.gapWords([{ from: s(1), to: s(2) }]), "gap 0:01 to 0:02")
    assert.strictEqual(
      Finding.gapWords([{ from: Duration.millis(499), to: Duration.millis(59_500) }]),
      "gap 0:00 to 1:00"
    )
    assert.strictEqual(Finding.gapWords([gap(599, 3599), gap(3600, 36_061)]), "gaps 9:59 to 59:59, 1:00:00 to 10:01:01")
    const many = (count: number) => Array.from({ length: count }, (_, n) => gap(10 * n, 10 * n + 5))
    const five = "gaps 0:00 to 0:05, 0:10 to 0:15, 0:20 to 0:25, 0:30 to 0:35, 0:40 to 0:45"
    assert.strictEqual(Finding.gapWords(many(5)), five)
    assert.strictEqual(Finding.gapWords(many(7)), `${five} and 2 more`)
  })
})

// ---------------------------------------------------------------------------
// The verdict
// ---------------------------------------------------------------------------

const share = (numerator: number, denominator: number) => ({ numerator, denominator })
const half = { lower: share(1, 2), upper: share(1, 2) }
const causes = { settling: 0, trunkChanged: 0, expired: 0, otherAccount: 0, inConference: 0 }
const unjudged = (calls: number, rule: string, place: string | null = null) => ({ calls, rule, place })

/** Each reason: its sentence, the few words of the headline, and what the answer says of it. */
const reasons: ReadonlyArray<readonly [Verdict.Reason, sentence: string, phrase: string, wrong: string | null]> = [
  [
    { _tag: "Prohibited", calls: 1 },
    "1 call must not be recorded, and is.",
    "1 prohibited",
    "1 call is recorded that must not be"
  ],
  [
    { _tag: "Prohibited", calls: 1200 },
    "1,200 calls must not be recorded, and are.",
    "1,200 prohibited",
    "1,200 calls are recorded that must not be"
  ],
  [
    { _tag: "Vanished", recordings: 1 },
    "1 recording was there before, and is gone or shorter before its retention ends.",
    "1 deleted or shortened since",
    "1 recording was deleted or shortened since a run before"
  ],
  [
    { _tag: "Vanished", recordings: 2 },
    "2 recordings were there before, and are gone or shorter before their retention ends.",
    "2 deleted or shortened since",
    "2 recordings were deleted or shortened since a run before"
  ],
  [
    { _tag: "Missing", calls: 1 },
    "1 call had to be recorded, and is not.",
    "1 missing",
    "1 call that had to be recorded has no recording"
  ],
  [
    { _tag: "Missing", calls: 2 },
    "2 calls had to be recorded, and are not.",
    "2 missing",
    "2 calls that had to be recorded have no recording"
  ],
  [
    { _tag: "Partly", calls: 1 },
    "1 call had to be recorded, and is only in part.",
    "1 partly recorded",
    "1 call is recorded only in part"
  ],
  [
    { _tag: "Partly", calls: 2 },
    "2 calls had to be recorded, and are only in part.",
    "2 partly recorded",
    "2 calls are recorded only in part"
  ],
  [
    { _tag: "Unusable", calls: 1 },
    "1 call had to be recorded, and has no usable audio.",
    "1 unusable",
    "1 call has no usable audio"
  ],
  [
    { _tag: "Unusable", calls: 2 },
    "2 calls had to be recorded, and have no usable audio.",
    "2 unusable",
    "2 calls have no usable audio"
  ],
  [
    { _tag: "BelowTarget", coverage: half, target: "99" },
    "Coverage is 50.00%, below the target of 99%.",
    "coverage 50.00%, target 99%",
    null
  ],
  [
    { _tag: "BelowTarget", coverage: { lower: null, upper: share(1, 2) }, of: "talk", target: "99" },
    "Coverage of talk is at most 50.00%, below the target of 99%.",
    "coverage of talk at most 50.00%, target 99%",
    null
  ],
  [
    { _tag: "AroundTarget", coverage: { lower: share(1, 4), upper: share(1, 2) }, target: "50" },
    "Cannot tell whether coverage reaches 50%: it is between 25.00% and 50.00%.",
    "coverage between 25.00% and 50.00%, target 50%",
    null
  ],
  [
    { _tag: "AroundTarget", coverage: { lower: share(1, 4), upper: null }, of: "talk", target: "50" },
    "Cannot tell whether coverage of talk reaches 50%: it is at least 25.00%.",
    "coverage of talk at least 25.00%, target 50%",
    null
  ],
  [
    { _tag: "AroundTarget", coverage: { lower: null, upper: null }, target: "50" },
    "Cannot tell whether coverage reaches 50%: it is not known.",
    "coverage not known, target 50%",
    null
  ],
  [
    { _tag: "NoCalls" },
    "The window has no calls. Set --allow-empty if quiet windows are normal.",
    "no calls in the window",
    null
  ],
  [
    { _tag: "NothingRequired", calls: 1 },
    "The only call did not have to be recorded. Check the policy, or set --allow-empty if that is right.",
    "the only call did not have to be recorded",
    null
  ],
  [
    { _tag: "NothingRequired", calls: 2 },
    "None of the 2 calls had to be recorded. Check the policy, or set --allow-empty if that is right.",
    "none of 2 calls had to be recorded",
    null
  ],
  [
    { _tag: "AllExcused", calls: 1 },
    "The only call that had to be recorded is excused, so nothing shows that calls are recorded.",
    "no other call had to be recorded",
    null
  ],
  [
    { _tag: "AllExcused", calls: 2 },
    "All 2 calls that had to be recorded are excused, so nothing shows that calls are recorded.",
    "no other call had to be recorded",
    null
  ],
  [
    { _tag: "UnknownTrunk", rules: 1 },
    "1 rule of the policy names a trunk that the account does not have: correct its name.",
    "1 rule names an unknown trunk",
    null
  ],
  [
    { _tag: "UnknownTrunk", rules: 2 },
    "2 rules of the policy name trunks that the account does not have: correct their names.",
    "2 rules name unknown trunks",
    null
  ],
  [
    { _tag: "Undetermined", calls: 1, ...causes, settling: 1 },
    "Cannot tell whether 1 call is recorded: 1 ended too recently.",
    "1 undetermined",
    null
  ],
  [
    { _tag: "Undetermined", calls: 10, settling: 2, trunkChanged: 2, expired: 2, otherAccount: 2, inConference: 2 },
    "Cannot tell whether 10 calls are recorded: 2 ended too recently; 2 are on a trunk that was changed since; 2 are older than the provider keeps recordings, and not archived; 2 are of another account; 2 may be in a recorded conference.",
    "10 undetermined",
    null
  ],
  [
    { _tag: "Undetermined", calls: 4, settling: 0, trunkChanged: 1, expired: 1, otherAccount: 1, inConference: 1 },
    "Cannot tell whether 4 calls are recorded: 1 is on a trunk that was changed since; 1 is older than the provider keeps recordings, and not archived; 1 is of another account; 1 may be in a recorded conference.",
    "4 undetermined",
    null
  ],
  [{ _tag: "Unproved", list: "cdrs" }, "The list of CDRs is not proved complete.", "list of CDRs not proved", null],
  [
    { _tag: "Unproved", list: "trunks" },
    "The list of trunks is not proved complete.",
    "list of trunks not proved",
    null
  ],
  [
    { _tag: "MaybeProhibited", calls: 1 },
    "Cannot tell whether 1 call that must not be recorded is: a recording of the same conversation does not say when it ran.",
    "1 possibly prohibited",
    null
  ],
  [
    { _tag: "MaybeProhibited", calls: 2 },
    "Cannot tell whether 2 calls that must not be recorded are: a recording of the same conversation does not say when it ran.",
    "2 possibly prohibited",
    null
  ],
  [
    { _tag: "UnseenProhibited", list: "recordings" },
    "A prohibited recording may be unseen: the list of recordings is not proved complete.",
    "a prohibited recording may be unseen",
    null
  ],
  [
    {
      _tag: "Unjudged",
      calls: 1006,
      rules: [
        unjudged(1000, "voice-api"),
        unjudged(1, "trunk-unknown"),
        unjudged(1, "talk-unread"),
        unjudged(1, "default"),
        unjudged(1, "desk"),
        unjudged(1, "default", "p.yaml:9"),
        unjudged(1, "desk", "p.yaml:3")
      ]
    },
    'No rule judges 1,006 calls: 1,000 by rule "voice-api" (set --voice-api to must or may, or add a rule to the policy); 1 by rule "trunk-unknown" (add a rule for their trunk to the policy, such as when: { trunks: [ID] }; with files, list it by --trunks); 1 by rule "talk-unread" (their talk time cannot be read: ask the provider for it); 1 by the default (add a rule to the policy, or change its default); 1 by rule "desk" (change rule "desk"); 1 by the default (change p.yaml:9); 1 by rule "desk" (change rule "desk" in p.yaml:3).',
    "1,006 unjudged",
    null
  ]
]

describe("what a verdict says", () => {
  const goal = { classes: Coverage.empty }
  for (const [reason, sentence, phrase, wrong] of reasons) {
    it(`${reason._tag}: ${sentence.slice(0, 100)}`, () => {
      const verdict: Verdict.Verdict = { _tag: "breached", reasons: [reason] }
      assert.strictEqual(Verdict.sentence(reason), sentence)
      assert.strictEqual(Verdict.headline(verdict, goal), `Breached: ${phrase}`)
      assert.strictEqual(Verdict.answer(verdict, goal), wrong === null ? `No. ${sentence}` : `No. ${wrong}.`)
      const unknown: Verdict.Verdict = { _tag: "unknown", reasons: [reason] }
      assert.strictEqual(Verdict.headline(unknown, goal), `Unknown: ${phrase}`)
      assert.strictEqual(Verdict.answer(unknown, goal), `Cannot tell. ${sentence}`)
    })
  }

  it("of a target that is met: what it tolerates", () => {
    const assured: Verdict.Verdict = { _tag: "assured", reasons: [] }
    const target = BigDecimal.fromStringUnsafe("90.0")
    const told = (classes: Partial<Coverage.Classes>, of: Verdict.Measure = "calls") => {
      const given = { classes: { ...Coverage.empty, recorded: 90, ...classes }, target, of }
      return [Verdict.headline(assured, given), Verdict.answer(assured, given)]
    }
    assert.deepStrictEqual(told({ missing: 1 }), [
      "Assured: target 90% met; 1 missing",
      "Yes. The target of 90% is met, though 1 call has no recording."
    ])
    assert.deepStrictEqual(told({ missing: 2, partly: 2, unusable: 2, undetermined: 2 }, "talk"), [
      "Assured: target 90% of talk met; 2 missing, 2 partly recorded, 2 unusable, 2 undetermined",
      "Yes. The target of 90% of talk is met, though 2 calls have no recording, 2 calls are recorded only in part, 2 calls have no usable audio and 2 calls are undetermined."
    ])
    assert.deepStrictEqual(told({ partly: 1, unusable: 1, undetermined: 1 }), [
      "Assured: target 90% met; 1 partly recorded, 1 unusable, 1 undetermined",
      "Yes. The target of 90% is met, though 1 call is recorded only in part, 1 call has no usable audio and 1 call is undetermined."
    ])
    assert.deepStrictEqual(told({}), [
      "Assured: all 90 calls that had to be recorded are",
      "Yes. All 90 calls that had to be recorded are."
    ])
    assert.deepStrictEqual(told({ recorded: 1 }), [
      "Assured: the only call that had to be recorded is",
      "Yes. The only call that had to be recorded is."
    ])
    assert.deepStrictEqual(told({ recorded: 0, excused: 0 }), [
      "Assured: no call had to be recorded",
      "Yes. No call had to be recorded."
    ])
    assert.deepStrictEqual(told({ excused: 1 }), [
      "Assured: all 90 calls that had to be recorded are; 1 excused",
      "Yes. All 90 calls that had to be recorded are. The policy excuses 1 call more."
    ])
  })

  it("of several reasons: what was lost before what is too much", () => {
    const classes = { ...Coverage.empty, recorded: 5, missing: 2 }
    const verdict: Verdict.Verdict = {
      _tag: "breached",
      reasons: [
        { _tag: "Prohibited", calls: 1 },
        { _tag: "Missing", calls: 2 },
        { _tag: "Unproved", list: "trunks" },
        { _tag: "UnseenProhibited", list: "cdrs" },
        { _tag: "UnseenProhibited", list: "recordings" }
      ]
    }
    assert.strictEqual(
      Verdict.headline(verdict, { classes, target: BigDecimal.fromStringUnsafe("50") }),
      "Breached: 1 prohibited, 2 missing, list of trunks not proved, a prohibited recording may be unseen; target 50% met; 2 missing"
    )
    assert.strictEqual(
      Verdict.answer(verdict, { classes }),
      "No. 2 calls that had to be recorded have no recording and 1 call is recorded that must not be."
    )
    const excused: Verdict.Verdict = { _tag: "unknown", reasons: [{ _tag: "AllExcused", calls: 2 }] }
    assert.strictEqual(
      Verdict.answer(excused, { classes: { ...Coverage.empty, excused: 2 } }),
      "Cannot tell. All 2 calls that had to be recorded are excused, so nothing shows that calls are recorded."
    )
  })

  it("of a target: as people write it", () => {
    const text = (target: string) => Verdict.targetText(BigDecimal.fromStringUnsafe(target))
    assert.deepStrictEqual(["100", "99.90", "0.5", "1e2", "90", "0"].map(text), [
      "100",
      "99.9",
      "0.5",
      "100",
      "90",
      "0"
    ])
    assert.strictEqual(Verdict.targetText(undefined), "100")
    assert.deepStrictEqual(Verdict.states, ["assured", "breached", "unknown"])
  })
})

// ---------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------

describe("what an error says", () => {
  const database = (operation: DuckDbError.Operation, statement: string, cause: unknown) =>
    new DuckDbError.DuckDbError({ operation, statement, cause })
  const memory =
    "Raise memoryLimit, use fewer threads, as each needs some, or set tempDirectory to a disk with room to spill to"
  const spill = "Raise tempLimit, and set tempDirectory to a disk with as much room"
  const disk = "Free space on the disk of this file, or use another disk"
  const locked = "Another process has this file open: wait for it, or use another file"
  const errors: ReadonlyArray<
    readonly [unknown, string, DuckDbError.DuckDbError["exhausted"], file: string | null, isLocked: boolean]
  > = [
    [new Error(" Binder Error: no\nmore "), "Binder Error: no", null, null, false],
    ["words", "words", null, null, false],
    [null, "null", null, null, false],
    [{ message: 7 }, "7", null, null, false],
    [{ code: 1 }, '{"code":1}', null, null, false],
    [new Error("Out of Memory Error: x"), `Out of Memory Error: x. ${memory}`, "memory", null, false],
    [new Error("could not allocate block"), `could not allocate block. ${memory}`, "memory", null, false],
    [new Error("Out of Memory: failed to offload"), `Out of Memory: failed to offload. ${spill}`, "spill", null, false],
    [
      new Error('could not write file "/tmp/duckdb_temp_storage-0.tmp": No space left on device'),
      `could not write file "/tmp/duckdb_temp_storage-0.tmp": No space left on device. ${spill}`,
      "spill",
      "/tmp/duckdb_temp_storage-0.tmp",
      false
    ],
    [
      new Error('could not write file "/data/x.duckdb": Disk quota exceeded'),
      `could not write file "/data/x.duckdb": Disk quota exceeded. ${disk}`,
      "disk",
      "/data/x.duckdb",
      false
    ],
    [new Error("no space left"), `no space left. ${disk}`, "disk", null, false],
    [
      new Error('Could not set lock on file "/x.db": held'),
      `Could not set lock on file "/x.db": held. ${locked}`,
      null,
      "/x.db",
      true
    ],
    [
      new Error("it is being used by another process"),
      `it is being used by another process. ${locked}`,
      null,
      null,
      true
    ]
  ]
  for (const [cause, message, exhausted, file, isLocked] of errors) {
    it(`of the database: ${message}`, () => {
      const error = database("run", "SELECT 1\nFROM x", cause)
      assert.strictEqual(error.message, `DuckDB could not run (SELECT 1): ${message}`)
      assert.deepStrictEqual([error.exhausted, error.file, error.isLocked], [exhausted, file, isLocked])
    })
  }

  it("of the database without a statement, of a file, a policy and a ledger", () => {
    assert.strictEqual(database("open", " ", "words").message, "DuckDB could not open: words")
    const inFile = (row: number | null, field: string | null) =>
      new FileError.FileError({ path: "a.csv", row, field, problem: "no number", advice: "Correct it" }).message
    assert.strictEqual(inFile(null, null), "a.csv: no number. Correct it")
    assert.strictEqual(inFile(3, null), "a.csv, row 3: no number. Correct it")
    assert.strictEqual(inFile(3, "uuid"), "a.csv, row 3, field uuid: no number. Correct it")
    const policy = new PolicyError.PolicyError({
      file: "p.yaml",
      problems: [
        { line: 1, column: 2, field: "", detail: "is empty" },
        { file: "list.csv", line: 3, column: 4, field: "rules[0]", detail: "is wrong" }
      ]
    })
    assert.strictEqual(policy.message, "p.yaml:1:2: is empty\nlist.csv:3:4: rules[0]: is wrong")
    const ledger = new LedgerError.LedgerError({ file: "l.duckdb", detail: "is busy" })
    assert.deepStrictEqual([ledger.message, ledger.isBusy], ["ledger l.duckdb: is busy", false])
  })
})
