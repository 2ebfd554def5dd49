/**
 * What a reconciliation finds: a closed set of codes, each with its evidence, an explanation, the next step, and the time until
 * which something can be done.
 *
 * **Precedence.** Every CDR of the window has one primary finding, the first of these that applies:
 *
 * | The CDR …                                                           | Code, reason                          |
 * | ------------------------------------------------------------------- | ------------------------------------- |
 * | must not be recorded, and has a recording, or audio of another leg spans more of its talk than the skew, or some that is further than that from its ends | `prohibited-recording` |
 * | must not be recorded, and a recording of its conversation that does not say when it ran may span as much of its talk | `may-be-prohibited` |
 * | has no recording, but a twin (see below) that has one, or that comes before it | `not-expected`, `duplicate` |
 * | has no recording, and is a credit                                  | `not-expected`, `credit`              |
 * | has no recording, and was not answered, or was too short            | `not-expected`, `unanswered`, `too-short` |
 * | had to be recorded, and is (see below), by audio of other legs      | `not-expected`, `other-leg`           |
 * | had to be recorded, and met nobody (see below)                      | `not-expected`, `met-nobody`          |
 * | had to be recorded, except talk that must not be and is all of it; need not be recorded, or must not be; or no rule tells | `not-expected`, `by-rule` (with `verdict` and `rule`) |
 * | has two or more recordings, and is recorded or need not be          | `several-recordings`                  |
 * | has one recording, and is recorded or need not be                   | `matched`                             |
 * | ended less than the settle window ago                               | `settling`                            |
 * | is on a trunk that was changed since (see below), and had to be recorded only as its switch stood | `trunk-changed` |
 * | is recorded in part, or has a recording that lies elsewhere         | `partly-recorded`, or `expired` when the first of its audio may have been deleted |
 * | has only recordings that are unusable (see below)                   | `unusable`                            |
 * | ended as long ago as the provider keeps recordings, or longer       | `expired`                             |
 * | is of another account than the lists are said to be of              | `other-account`                       |
 * | is spanned only by unusable audio of other legs                     | `unusable`                            |
 * | may be in a conference whose recording names no call (see below)    | `in-conference`                       |
| otherwise: had to be recorded, and is not                           | `missing`                             |
 *
 * A call that would be `partly-recorded`, `unusable` or `missing`, and that an excuse of the policy is for, is `excused`.
 *
 * **Recorded** is judged by time. What counts of a leg's talk, which is the `billsec` before its end, is the time in which another
 * leg of its conversation talks too; all of it where none does. Pauses of at most the skew between such times count, and the talk of legs that
 * must not be recorded does not. A leg is recorded if at least the policy's `minimumShare` of that is within usable audio of its
 * conversation (of its own, by a rule that says `per: leg`), give or take a second, and no gap is longer than `maximumGap`. A first or last gap of at most the
 * skew is put down to the clocks, as far as the audio is long enough, give or take a second. Recordings of legs that must not be recorded cover nothing.
 * A recording that does not say when it began is laid out from the start of its leg's talk on. Gaps that the rule allows (`allowedGaps`) are
 * taken from what counts, unless that is a guess.
 *
 * **Met nobody**: of a conversation's legs it alone was answered, and others were called when its talk began.
 *
 * **Changed trunks.** The provider keeps no history of a trunk's switch, but says when the trunk was last changed: before that, nobody knows
 * how the switch stood, unless a ledger saw it stand so before and after the call with no change between, or
 * recordings of the trunk show it: of calls before and after this one, no more than a day apart. A call that had to be recorded with the switch on
 * and need not be with it off, or the other way round, is taken to have had to; if it is not recorded, it is `trunk-changed`.
 *
 * **Unusable recordings** have a length of 0, or audio that is unreadable, truncated or silent (`unusableAudio`). One with a length of 0 is
 * no recording at all where the table says that a CDR has one: a call that need not be recorded is `not-expected`, and one that must not be is not prohibited.
 *
 * **The archive.** A recording whose audio the archive holds counts as the provider's do, also when the provider no longer lists
 * it: its evidence has `source: "archive"`.
 *
 * **In doubt.** `missing`, `partly-recorded`, `deleted-since`, `orphan`, and `unusable` of a call without recordings of its own rest on absence. Where the list is
 * not proved whole, such a finding is `inDoubt`, and a warning at most.
 *
 * A recording that does not say when it ran may lie anywhere in its conversation, and ended before it was added. If there is so little room
 * beside the talk of a leg that must not be recorded that it surely spans more of it than the skew, it is prohibited; if it may, nobody knows.
 *
 * A prohibited call is never excused: `must-not` is decided before `unanswered` and `minimum-talk` are looked at.
 * A time that came without its zone is taken to be up to 14 hours off either way where it decides between the last five.
 *
 * **In a conference**: a recording of a conference, that names no CDR, spans all of the call's talk, give or take the skew, and has one of
 * its numbers, by their last nine digits. Whether the call was in that conference, nobody can tell from that.
 *
 * To it may come, of the same CDR, any of these:
 *
 * | The CDR …                                                           | Code, reason                          |
 * | ------------------------------------------------------------------- | ------------------------------------- |
 * | is a twin, and not the first: billed twice, and with what           | `duplicate-cdr`                       |
 * | was billed with another cost of its talk than the rate card given says | `charge-differs`     |
 * | has a recording that is longer than its whole conversation, by more than the skew and by more than 5 % | `recording-longer` |
 * | is `missing`, and has the two numbers of an `orphan` that overlaps it in time; no other `missing` or `orphan` does so with either | `candidate` |
 * | is `missing`, and another call's only recording is longer than its conversation, runs on past that call, spans this one, and has its caller or its called number; just one does | `candidate` |
 *
 * Every recording whose audio was looked at, of a CDR of the window or by itself, may have any of these:
 *
 * | The audio …                                                      | Code                 |
 * | ---------------------------------------------------------------- | -------------------- |
 * | is nothing that can be read                                      | `audio-unreadable`   |
 * | ends before its header says, or within a frame                   | `audio-truncated`    |
 * | is silent                                                        | `audio-silent`       |
 * | has two channels, and one alone is silent                        | `audio-one-way`      |
 * | is of another format than the provider says                      | `audio-wrong-format` |
 * | is of another length than the provider says                      | `audio-duration`     |
 * | cannot be decoded here, so that nobody has checked it             | `audio-not-checked`  |
 *
 * A `candidate` is a place to look, and never a match: both stay what they are. Numbers agree by their last nine digits, of
 * seven at least, unless both are known in E.164 and differ. They overlap also where the skew lies between them. A CDR whose time came without its zone has none.
 *
 * Every recording that a ledger remembers (`Relations.Remembered`), and that began in the window, may have one of these, before its
 * retention ends:
 *
 * | The recording …                                                  | Code              |
 * | ---------------------------------------------------------------- | ----------------- |
 * | is no longer listed, and no archive holds it whole               | `deleted-since`   |
 * | is listed with at least a second less than before                | `shortened-since` |
 *
 * Neither is said of a call that must not be recorded. `recon release` deletes at the provider only what the archive holds whole, so what an
 * archive holds whole (none of its audio faults is `audio-unreadable`, `audio-truncated` or `audio-duration`) is not said to be deleted.
 * A `missing` call whose recording is gone shows it as evidence, with `source: "ledger"`.
 *
 * Every recording that belongs to no CDR, and began in the window, has one finding, the first of these that applies:
 *
 * | The recording …                                                     | Code             |
 * | ------------------------------------------------------------------- | ---------------- |
 * | is a conference's                                                   | `conference`     |
 * | is of another account than the lists are said to be of              | `other-account`  |
 * | may belong to a call that started before the CDRs given begin, or was added after the window | `outside-window` |
 * | may belong to a call whose CDR is not written yet                   | `settling`       |
 * | otherwise: its call must have a CDR, and has none                   | `orphan`         |
 *
 * **Which CDR a recording belongs to.** The one whose `uuid` is the recording's `callUuid`; else whose `sipCallId`; else
 * whose `bridgeUuid`. Of several, the one whose talk it overlaps most in time, give or take the skew; then the one whose leg it overlaps most, from the
 * first ring on; then the one with most talk, then the earliest, then the least `uuid`, then the least `id`. A recording that says neither when it began nor
 * when it ended is taken to have ended when it was added. Ids are compared without regard to case, and without spaces around them.
 * The provider documents the first; trunk recordings were observed to have the second (docs/vobiz-api.md, "Tying CDRs to
 * recordings").
 *
 * **Conversations.** CDRs that share an id (`uuid`, `sipCallId` or `bridgeUuid`) are of one conversation, and so are those
 * that share one with these, and so on. But at most 100, which start no further apart than the longest call lasts: an id that
 * more have, or further apart, means nothing (`0`, `unknown`) and joins no CDRs. It ties a recording to none of them unless as its
 * `uuid`, or where at most 100 have it and the recording overlaps one in time (a SIP call id that was used again a day later); and the CDRs of a chain that is longer stay by themselves. Of several recorded legs that excuse another, the evidence
 * shows the earliest.
 *
 * **Twins** are answered CDRs of the same SIP call id and bridge uuid (or, without either, of the same uuid), start,
 * numbers and talk time, that differ in `uuid` or `id`: one leg, billed more than once. Rows of one `uuid` that start no more than a second apart, and
 * are the same otherwise, count as one leg too; nobody knows that for sure, so their `duplicate-cdr` has a `detail` and no `amount`. The first is one that costs nothing less than 0, then
 * one of the account that the lists are of, then the one with the least `id`, then the least `uuid`. Legs of a bridged call differ in number or
 * talk time, and are no twins. A row that costs less than 0 is a credit, and no call: it takes back one of its twins of the same account,
 * amount and currency, the last first. What is taken back, and what costs nothing, bills nothing. Rows of two accounts are one bill that is passed on: only the second row of one account is a
 * `duplicate-cdr`.
 *
 * **Corrected rows.** A row with the `uuid`, account, SIP call id, bridge uuid, numbers and start of another, of another talk time and with another
 * `id`, was corrected by it if that was updated later (`superseded`). The one that was updated last stands; where that is open, the one with most
 * talk, so that none goes unasked for. A superseded row is no call, and not in the bill.
 *
 * A row with the same `uuid` and `id` as another is another version of the same row, and the one with the latest `updated_at` stands;
 * of those updated at one time, or never, the one that was read last.
 *
 * @since 0.1.0
 */
import { format, Money } from "@vobiz-effect/core/Money"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import * as Phone from "./internal/phone.ts"
import * as Policy from "./Policy.ts"
import * as Trusted from "./internal/trusted.ts"

/**
 * The codes.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Code = Schema.Literals([
  "matched",
  "several-recordings",
  "prohibited-recording",
  "may-be-prohibited",
  "partly-recorded",
  "missing",
  "unusable",
  "settling",
  "trunk-changed",
  "expired",
  "other-account",
  "in-conference",
  "not-expected",
  "excused",
  "duplicate-cdr",
  "charge-differs",
  "recording-longer",
  "candidate",
  "orphan",
  "outside-window",
  "conference",
  "deleted-since",
  "shortened-since",
  "audio-unreadable",
  "audio-truncated",
  "audio-silent",
  "audio-one-way",
  "audio-wrong-format",
  "audio-duration",
  "audio-not-checked"
])
/**
 * @category models
 * @since 0.1.0
 */
export type Code = typeof Code.Type

/**
 * Why no recording was expected.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reason = Schema.Literals([
  "duplicate",
  "superseded",
  "credit",
  "unanswered",
  "too-short",
  "other-leg",
  "met-nobody",
  "by-rule"
])
/**
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * `critical` and `warning` ask for something to be done; `info` does not.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Severity = Schema.Literals(["critical", "warning", "info"])
/**
 * @category models
 * @since 0.1.0
 */
export type Severity = typeof Severity.Type

/**
 * The id of a CDR by which a recording was found to belong to it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Key = Schema.Literals(["uuid", "sip_call_id", "bridge_uuid"])
/**
 * @category models
 * @since 0.1.0
 */
export type Key = typeof Key.Type

/**
 * A CDR, as evidence: what the row says. `account` is the account that it is of; `from` and `to` are in E.164 where that is
 * known, else as the provider printed them, and print masked (`PhoneNumber.reveal` shows them); `talk` is `billsec`, `null` where nobody could read
 * that, and `cost` the total cost.
 *
 * @category models
 * @since 0.1.0
 */
export class CdrEvidence extends Schema.Class<CdrEvidence>("@vobiz-effect/reconcile/CdrEvidence")({
  uuid: Schema.String,
  id: Schema.NullOr(Schema.String),
  account: Schema.NullOr(Schema.String),
  start: Schema.DateTimeUtc,
  end: Schema.NullOr(Schema.DateTimeUtc),
  direction: Schema.NullOr(Schema.String),
  trunkId: Schema.NullOr(Schema.String),
  from: Schema.NullOr(Phone.Phone),
  to: Schema.NullOr(Phone.Phone),
  talk: Schema.NullOr(Schema.Duration),
  cost: Schema.NullOr(Money)
}) {}

/**
 * A recording, as evidence, and the key by which it belongs to the CDR; `null` where it belongs to none. `account` is the one
 * that its address names, `began` when it began, reckoned from its end where the row does not say; `isGuess` where the row says neither,
 * so that it is reckoned from when the recording was added. `source` is where it was found: in the provider's list, only in the archive,
 * or only in the ledger, which remembers that the provider listed it.
 *
 * @category models
 * @since 0.1.0
 */
export class RecordingEvidence extends Schema.Class<RecordingEvidence>("@vobiz-effect/reconcile/RecordingEvidence")({
  recordingId: Schema.String,
  key: Schema.NullOr(Key),
  callUuid: Schema.NullOr(Schema.String),
  type: Schema.NullOr(Schema.String),
  account: Schema.NullOr(Schema.String),
  began: Schema.DateTimeUtc,
  duration: Schema.NullOr(Schema.Duration),
  isGuess: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  source: Schema.Literals(["provider", "archive", "ledger"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("provider" as const))
  )
}) {}

/**
 * A part of a call's talk that is in no recording, from the start of talk on.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Gap = Schema.Struct({ from: Schema.Duration, to: Schema.Duration })
/**
 * @category models
 * @since 0.1.0
 */
export type Gap = typeof Gap.Type

/**
 * The excuse of an excused call, as the policy has it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Excuse = Schema.Struct({
  name: Schema.String,
  reason: Schema.String,
  reference: Schema.String,
  approver: Schema.String,
  expires: Schema.DateTimeUtc
})

/** What the kernel finds; the rest of a finding follows from it. */
const found = {
  code: Code,
  inDoubt: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  reason: Schema.NullOr(Reason),
  verdict: Schema.NullOr(Policy.Verdict),
  rule: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtc,
  deadline: Schema.NullOr(Schema.DateTimeUtc),
  cdrs: Schema.Array(CdrEvidence),
  recordings: Schema.Array(RecordingEvidence),
  talk: Schema.NullOr(Schema.Duration),
  base: Schema.NullOr(Schema.Duration).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  recorded: Schema.NullOr(Schema.Duration),
  surely: Schema.NullOr(Schema.Duration).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  gaps: Schema.Array(Gap).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  allowed: Schema.Array(Gap).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  excuse: Schema.NullOr(Excuse).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  retentionClass: Schema.NullOr(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  amount: Schema.NullOr(Money),
  detail: Schema.optionalKey(Schema.String)
}

/**
 * One finding.
 *
 * - `inDoubt`: it rests on absence from a list that is not proved whole, so it may not be so. Never `critical`.
 * - `verdict`, `rule`: whether the call had to be recorded, and the name of the rule that says so; `null` for recordings.
 * - `at`: when the call, or the recording, started.
 * - `deadline`: when the provider deletes what could still be saved: a retention after the end of the first of the recordings
 *   to end, or after that of the call that should have one. `null` where there is nothing to save.
 * - `cdrs`: the CDR that the finding is about; then the twin or the other leg that explains it.
 * - `talk`: the call's talk time; `null` where nobody could read it, and `base`, `recorded` and `surely` too. `base`: so much of it counts (see the module). `recorded`: so much of that is recorded, at most, and
 *   `surely` at least; they differ where a recording does not say when it began, and are `null` of a call that may be in a conference. Of a call that must not be recorded: so much of its
 *   talk is. Of a finding about a recording: its length, `null` where that is not known.
 * - `gaps`: which parts of the talk are not recorded, where a call is recorded in part.
 * - `allowed`: which parts are not recorded and need not be, by the rule. They are not in `base`.
 * - `excuse`: why an `excused` call may go unrecorded. `retentionClass`: that of the call's rule.
 * - `amount`: what a duplicate row, or one whose charge differs, was billed with, `null` where the row names no currency.
 * - `detail`: of audio, what it should be and is; of a charge that differs, what it should have been, and by which rate.
 *
 * @category models
 * @since 0.1.0
 */
export class Finding extends Schema.Class<Finding>("@vobiz-effect/reconcile/Finding")({
  ...found,
  severity: Severity,
  explanation: Schema.String,
  nextStep: Schema.String
}) {}

/**
 * What was found, before it is explained.
 *
 * @category models
 * @since 0.1.0
 */
export type Found = Omit<Finding, "severity" | "explanation" | "nextStep" | Times> & Partial<Pick<Finding, Times>>

/** What is only of calls. @inline */
type Times = "base" | "surely" | "gaps" | "allowed" | "excuse" | "retentionClass"

/**
 * How serious a code is. A finding that is in doubt is a `warning` at most.
 *
 * @category getters
 * @since 0.1.0
 */
export const severities: Readonly<Record<Code, Severity>> = {
  matched: "info",
  "several-recordings": "info",
  "prohibited-recording": "critical",
  "may-be-prohibited": "warning",
  "partly-recorded": "critical",
  missing: "critical",
  unusable: "critical",
  settling: "info",
  "trunk-changed": "info",
  expired: "info",
  "other-account": "info",
  "in-conference": "warning",
  "not-expected": "info",
  excused: "info",
  "duplicate-cdr": "warning",
  "charge-differs": "warning",
  "recording-longer": "warning",
  candidate: "warning",
  orphan: "warning",
  "outside-window": "info",
  conference: "info",
  "deleted-since": "critical",
  "shortened-since": "critical",
  "audio-unreadable": "critical",
  "audio-truncated": "critical",
  "audio-silent": "critical",
  "audio-one-way": "critical",
  "audio-wrong-format": "warning",
  "audio-duration": "warning",
  "audio-not-checked": "warning"
}

/**
 * What a code is called on pages and terminals.
 *
 * @category getters
 * @since 0.1.0
 */
export const labels: Readonly<Record<Code, string>> = {
  matched: "Recorded",
  "several-recordings": "Several recordings",
  "prohibited-recording": "Prohibited recording",
  "may-be-prohibited": "Possibly prohibited recording",
  "partly-recorded": "Partly recorded",
  missing: "Missing recording",
  unusable: "Unusable recording",
  settling: "Too recent to tell",
  "trunk-changed": "Trunk changed since",
  expired: "Too old to tell",
  "other-account": "Of another account",
  "in-conference": "In a recorded conference",
  "not-expected": "No recording of its own",
  excused: "Excused",
  "duplicate-cdr": "Repeated CDR",
  "charge-differs": "Charge differs from the rate card",
  "recording-longer": "Recording longer than the call",
  candidate: "Possible recording of a missing call",
  orphan: "Recording without a call",
  "outside-window": "Call outside the window",
  conference: "Conference recording",
  "deleted-since": "Deleted recording",
  "shortened-since": "Shortened recording",
  "audio-unreadable": "Unreadable audio",
  "audio-truncated": "Cut off audio",
  "audio-silent": "Silent audio",
  "audio-one-way": "One-way audio",
  "audio-wrong-format": "Other audio format",
  "audio-duration": "Other audio length",
  "audio-not-checked": "Unchecked audio"
}

/**
 * The codes of a recording whose audio is not as it should be.
 *
 * @category getters
 * @since 0.1.0
 */
export const ofAudio: ReadonlyArray<Code> = [
  "audio-unreadable",
  "audio-truncated",
  "audio-silent",
  "audio-one-way",
  "audio-wrong-format",
  "audio-duration",
  "audio-not-checked"
]

/**
 * The codes of audio that leaves nothing to listen to: the recording covers no call.
 *
 * @category getters
 * @since 0.1.0
 */
export const unusableAudio: ReadonlyArray<Code> = ["audio-unreadable", "audio-truncated", "audio-silent"]

/**
 * The codes that a CDR or a recording has besides the one that says what became of it.
 *
 * @category getters
 * @since 0.1.0
 */
export const attached: ReadonlyArray<Code> = [
  "duplicate-cdr",
  "charge-differs",
  "recording-longer",
  "candidate",
  "deleted-since",
  "shortened-since",
  ...ofAudio
]

/**
 * The codes of CDRs that had to be recorded, and were: by themselves, or on another leg (`not-expected`, `other-leg`).
 *
 * @category getters
 * @since 0.1.0
 */
export const recorded: ReadonlyArray<Code> = ["matched", "several-recordings", "not-expected"]

/**
 * The codes of CDRs that had to be recorded, and of which nobody can tell whether they were: yet, any more, or from these lists; or
 * whether they had to.
 *
 * @category getters
 * @since 0.1.0
 */
export const undetermined: ReadonlyArray<Code> = [
  "settling",
  "trunk-changed",
  "expired",
  "other-account",
  "in-conference"
]

/**
 * A finding, with its severity, explanation and next step.
 *
 * @category constructors
 * @since 0.1.0
 */
export const explain = (found: Found): Finding =>
  Trusted.instance(Finding, {
    base: null,
    surely: null,
    gaps: [],
    allowed: [],
    excuse: null,
    retentionClass: null,
    ...found,
    severity: severityOf(found),
    ...doubted(found, `${explanation(found)}${allowedWords(found)}`, nextStep(found))
  })

const severityOf = ({ code, inDoubt }: Found): Severity =>
  inDoubt && severities[code] === "critical" ? "warning" : severities[code]

/** What is absent from a list that is not proved whole may be absent from the list alone. */
const doubted = ({ code, inDoubt }: Found, explanation: string, nextStep: string) => {
  if (!inDoubt) return { explanation, nextStep }
  const list = code === "orphan" ? "CDRs" : "recordings"
  return {
    explanation: `${explanation} In doubt: the list of ${list} is not proved whole, so it may be there all the same.`,
    nextStep: `Run again until the list is proved whole. ${nextStep}`
  }
}

const keys: Readonly<Record<Key, string>> = {
  uuid: "uuid",
  sip_call_id: "SIP call id",
  bridge_uuid: "bridge uuid"
}

const rules: ReadonlyMap<string, string> = new Map([
  ["default", "no rule of the policy says otherwise"],
  ["unanswered", "it was not answered"],
  ["talk-unread", "how long it was talked is not known: the row does not say, or cannot be read"],
  ["minimum-talk", "it was shorter than the set minimum"],
  ["trunk-on", "its trunk records every call, as the trunk's switch stands today"],
  ["trunk-off", "its trunk records no calls, as the trunk's switch stands today"],
  ["trunk-unknown", "its trunk is not listed any more, or does not say whether it records"],
  ["number", "its number's setting"],
  ["voice-api", "the setting for voice-API calls"]
])

/**
 * What a rule says, in words that follow "because": for a policy's own rules, their name.
 *
 * @category rendering
 * @since 0.1.0
 */
export const ruleWords = (rule: string): string => rules.get(rule) ?? `rule "${rule}"`

const seconds = (duration: Duration.Duration) => `${Math.round(Duration.toSeconds(duration) * 10) / 10} s`

/** A place in a call's talk, such as `1:05`. */
const place = (duration: Duration.Duration) => {
  const whole = Math.round(Duration.toSeconds(duration))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, "0")
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** How many gaps are listed. */
const gapsTold = 5

/**
 * Gaps in words, such as `gap 1:00 to 5:00`, from the start of talk; those of less than a second are left out.
 *
 * @category rendering
 * @since 0.1.0
 */
export const gapWords = (gaps: ReadonlyArray<Gap>): string => {
  const some = gaps.filter(({ from, to }) => Duration.toMillis(to) - Duration.toMillis(from) >= 1000)
  const told = some.slice(0, gapsTold).map(({ from, to }) => `${place(from)} to ${place(to)}`)
  if (told.length === 0) return ""
  const more = some.length > told.length ? ` and ${some.length - told.length} more` : ""
  return `${some.length === 1 ? "gap" : "gaps"} ${told.join(", ")}${more}`
}

/** So much of what counts is recorded. */
const shareOf = ({ base = null, gaps = [], recorded, surely = null, talk }: Found) => {
  if (base === null || recorded === null) return ""
  const of = `${seconds(recorded)} of ${seconds(base)}`
  const counted = talk !== null && !Duration.equals(talk, base) ? ` in which two parties talked` : ""
  const words = gapWords(gaps)
  const guess =
    surely !== null && !Duration.equals(surely, recorded)
      ? ` A recording does not say when it began, so it is placed by its length: surely recorded are ${seconds(surely)}.`
      : ""
  return `${of}${counted}${words === "" ? "" : `, ${words} from the start of talk`}.${guess}`
}

/** The gaps that are no fault. */
const allowedWords = ({ allowed = [] }: Found) => {
  const words = gapWords(allowed)
  if (words === "") return ""
  const all = allowed.reduce((sum, { from, to }) => Duration.sum(sum, Duration.subtract(to, from)), Duration.zero)
  return ` ${allowed.length === 1 ? "The rule allows a gap" : `The rule allows ${allowed.length} gaps`} of ${seconds(all)}: ${words.replace(/^gaps? /, "")} from the start of talk.`
}

const explanation = (found: Found): string => {
  const {
    amount,
    base = null,
    cdrs,
    code,
    detail,
    excuse = null,
    reason,
    recorded,
    recordings,
    rule,
    talk,
    verdict
  } = found
  const why = rule === null ? "" : ` (${ruleWords(rule)})`
  const no = recordings.length > 0 ? "no recording of any length" : "no recording"
  switch (code) {
    case "matched": {
      const key = recordings[0]?.key
      return `The call's recording was found${key ? ` by the CDR's ${keys[key]}` : ""}${recordings.some(isUnusual) ? ", though the provider documents the uuid" : ""}.${onlyArchived(recordings)}`
    }
    case "several-recordings":
      return `The call has ${recordings.length} recordings.${unusual(recordings)}${onlyArchived(recordings)}`
    case "prohibited-recording":
      return `The call must not be recorded${why}, and is${
        recorded === null || talk === null ? "" : `: ${seconds(recorded)} of its ${seconds(talk)} of talk`
      }${cdrs.length > 1 ? ", by the recording of another leg" : ""}.${onlyArchived(recordings)}`
    case "may-be-prohibited":
      return `The call must not be recorded${why}; a recording of another leg does not say when it ran, and may span some of its talk.${onlyArchived(recordings)}`
    case "partly-recorded":
      return `The call had to be recorded${why}, and is in part: ${shareOf(found)}${
        recorded !== null && Duration.isZero(recorded) ? " Its recording lies outside its talk." : ""
      }${onlyArchived(recordings)}`
    case "missing":
      return recordings.length > 0
        ? `The call had to be recorded${why}, and was: its recording was listed before, and is gone.`
        : `The call had to be recorded${why}, and no recording names it${
            base === null ? " or a leg of it" : ` or spans any of the ${seconds(base)} that count`
          }.`
    case "unusable":
      return recordings.length > 0
        ? `The call had to be recorded${why}; ${recordings.length === 1 ? "its recording has" : `its ${recordings.length} recordings have`} no usable audio.${onlyArchived(recordings)}`
        : `The call had to be recorded${why}; only another leg of the conversation has a recording, and that has no usable audio.`
    case "settling":
      return cdrs.length === 0
        ? "No CDR is known for the recording, but its call may have ended too recently for one."
        : recordings.length > 0
          ? `The call had to be recorded${why}; it is not recorded in full, and it ended too recently to tell whether another recording will come.`
          : `The call had to be recorded${why}; it ended too recently to tell whether its recording is missing or late.`
    case "trunk-changed":
      return "The call is on a trunk that was changed since, and nothing shows whether its switch stood on then. It is not recorded in full."
    case "other-account":
      return cdrs.length === 0
        ? `The recording is of account ${recordings[0]?.account ?? "unknown"}, whose CDRs may not be among those given.`
        : `The call had to be recorded${why}; it is of account ${cdrs[0]?.account ?? "unknown"}, whose recordings may not be among those given.`
    case "expired":
      return recordings.length > 0
        ? `The call had to be recorded${why}, and is in part: ${shareOf(found)} It is so old that the provider may have deleted another recording of it.`
        : `The call had to be recorded${why}; it is older than the provider keeps recordings, and no archive given holds one, so absence proves nothing.`
    case "not-expected":
      return reason === "duplicate" && isPassedOn(cdrs)
        ? `The call has ${no} and needs none: another account has a row of the same leg, which is judged in its place (a bill that is passed on).`
        : reason !== "by-rule" && reason !== null
          ? `The call has ${no} and needs none: ${excuses[reason]}.`
          : verdict === "unknown"
            ? `The call has ${no}, and nobody can tell whether it had to have one: ${leftOpen(rule)}.`
            : `The call has ${no} and needs none: ${ruled(verdict)}${why}.`
    case "excused":
      return `The call had to be recorded${why}, and is not${
        recorded !== null && !Duration.isZero(recorded) ? ` in full: ${shareOf(found).replace(/\.$/, "")}` : ""
      }. It is excused${excuse === null ? "" : ` by "${excuse.name}": ${excuse.reason} (${excuse.reference}, approved by ${excuse.approver} until ${DateTime.formatIso(excuse.expires)})`}.`
    case "duplicate-cdr":
      if (detail !== undefined)
        return `The row has the ids, numbers and talk time of another, ${detail}: it seems to be of the same leg, which is then billed twice.`
      return `The leg has a CDR already; this row bills it again${amount === null ? "" : `, with ${format(amount)}`}.`
    case "charge-differs":
      return `The provider billed ${amount === null ? "an unknown amount" : format(amount)} for the call's talk; the rate card says ${detail ?? "another"}.`
    case "recording-longer":
      return `The call had ${talk === null ? "an unknown time" : seconds(talk)} of talk, and a recording of ${
        recorded === null ? "unknown length" : seconds(recorded)
      }, longer than the whole conversation.`
    case "in-conference":
      return `The call had to be recorded${why}, and no recording names it, but that of a conference spans its talk and has one of its numbers. Whether the call was in that conference cannot be told from the lists.`
    case "candidate":
      if (cdrs.length > 1)
        return "The recording of another call runs on past its end, spans this call, and has one of its numbers. That is no proof that it is of this call."
      return "A recording that names no CDR has the call's two numbers and overlaps it, and no other call or recording does. That is no proof that it is the call's."
    case "orphan":
      return `The recording names a call that has no CDR, though its call must lie within those given.${guessed(recordings)}`
    case "outside-window":
      return `No CDR is known for the recording, but its call may lie outside the CDRs given.${guessed(recordings)}`
    case "conference":
      return "The recording is a conference's, which names the conference and not necessarily a leg."
    case "deleted-since":
      return `The provider listed the recording, and no longer does, though its retention has not ended${told(detail)}.`
    case "shortened-since":
      return `The recording is shorter than the provider listed it before${told(detail)}.`
    case "audio-unreadable":
      return `The recording's audio cannot be read${told(detail)}.`
    case "audio-truncated":
      return `The recording's audio ends before it should${told(detail)}.`
    case "audio-silent":
      return `The recording's audio is silent${told(detail)}.`
    case "audio-one-way":
      return `Only one side of the call is to be heard in the recording${told(detail)}.`
    case "audio-wrong-format":
      return `The recording's audio is of another format than the provider says${told(detail)}.`
    case "audio-duration":
      return `The recording's audio is of another length than the provider says${told(detail)}.`
    case "audio-not-checked":
      return `Nothing here can decode the recording's audio, so that nobody has checked it${told(detail)}.`
  }
}

/** Whether a recording names its call by another id than the provider documents: the uuid, or of trunks the SIP call id. */
const isUnusual = ({ key, type }: RecordingEvidence) =>
  key === "bridge_uuid" || (key === "sip_call_id" && type !== "trunk")

/** How many of several recordings name the call by another id. */
const unusual = (recordings: Found["recordings"]) => {
  const some = recordings.filter(isUnusual).length
  return some === 0 ? "" : ` The provider documents the uuid; ${some} of them name the call by another id.`
}

/** What is to be said of recordings that the provider lists no more. */
const onlyArchived = (recordings: Found["recordings"]) => {
  const archived = recordings.filter(({ source }) => source === "archive").length
  if (archived === 0) return ""
  return archived === recordings.length
    ? ` The provider no longer lists ${archived === 1 ? "it" : "them"}; the archive holds the audio.`
    : ` The provider no longer lists ${archived} of them; the archive holds the audio.`
}

/** What is to be said of a recording whose row has no time but that at which it was added. */
const guessed = ([recording]: Found["recordings"]) =>
  recording?.isGuess === true
    ? " The recording does not say when it began: that is reckoned from when it was added and its length, and a guess."
    : ""

const told = (detail: string | undefined) => (detail === undefined ? "" : `: ${detail}`)

/** Whether a row and the one that it repeats are of two accounts. */
const isPassedOn = ([cdr, other]: Found["cdrs"]) =>
  cdr !== undefined &&
  other !== undefined &&
  cdr.account !== null &&
  other.account !== null &&
  cdr.account !== other.account

/** Why it is unknown whether a call had to be recorded. */
const leftOpen = (rule: string | null) => {
  if (rule === null || rule === "default") return "no rule of the policy is about it"
  return rule === "trunk-unknown" ? ruleWords(rule) : `${ruleWords(rule)} leaves that open`
}

/** What a rule says of a call that needs no recording. */
const ruled = (verdict: Found["verdict"]) => {
  if (verdict === "must-not") return "it must not be recorded"
  return verdict === "must" ? "all of its talk is of legs that must not be recorded" : "it may be recorded or not"
}

const excuses: Readonly<Record<Exclude<Reason, "by-rule">, string>> = {
  duplicate: "the row repeats another CDR, which is judged in its place",
  superseded: "the row was corrected by another of the same leg, which is judged in its place",
  credit: "the row is a credit, and no call",
  unanswered: ruleWords("unanswered"),
  "too-short": ruleWords("minimum-talk"),
  "other-leg": "another leg of the conversation has the recording",
  "met-nobody": "it is the only leg of its conversation that was answered, so nobody talked with it"
}

/** What settles whether a call had to be recorded. */
const settling = (rule: string | null, trunkId: string | null): string => {
  if (rule === "talk-unread") return "Ask the provider for the call's talk time."
  if (rule !== "trunk-unknown") return "Say in the policy whether such calls must be recorded."
  const trunks = trunkId === null ? "of its trunk" : `when: { trunks: [${JSON.stringify(trunkId)}] }`
  return `Find out whether the trunk recorded its calls, and add a rule to the policy (${trunks}). With a ledger (--ledger), later runs remember how a trunk stood before it was deleted.`
}

const nextStep = ({ cdrs, code, detail, reason, recordings, rule, verdict }: Found): string => {
  switch (code) {
    case "matched":
    case "several-recordings":
      return "None."
    case "prohibited-recording":
      return "Find out what started the recording, and delete it if the law or the policy asks for that."
    case "may-be-prohibited":
      return "Listen to whether the call is in the recording, and delete it if it is and the law or the policy asks for that."
    case "partly-recorded":
      return "Find out what cut the recording (its time limit is 60 s unless set, a transfer may need a recording of its own), and keep what there is before its retention ends."
    case "missing":
      if (recordings.length > 0) return "See the finding that its recording was deleted."
      return "Check whether the recording was deleted or belongs to another account; then ask the provider, before its retention ends."
    case "unusable":
      return "Listen to the recording; if its audio is lost, ask the provider for it before its retention ends, and find out what cut it off."
    case "settling":
      return cdrs.length === 0
        ? "Reconcile again when the call's CDR is written."
        : "Reconcile again after the settle window."
    case "trunk-changed":
      return "Find out how the trunk's switch stood. With a ledger (--ledger), runs before a change remember it."
    case "other-account":
      return "Reconcile that account by itself, with its own credentials."
    case "expired":
      return "Look for the recording in your own archive."
    case "not-expected":
      return reason === "by-rule" && verdict === "unknown" ? settling(rule, cdrs[0]?.trunkId ?? null) : "None."
    case "excused":
      return "None while the excuse holds."
    case "duplicate-cdr":
      return detail === undefined
        ? "Claim the amount back from the provider if both rows were charged."
        : "Ask the provider whether these are two calls; only one is counted."
    case "charge-differs":
      return "Ask the provider about the charge, or correct the rate card if the rate was changed."
    case "recording-longer":
      return "Listen to whether the recording is of this call, or of another one that followed it."
    case "in-conference":
      return "Listen to whether the call is in the conference's recording, and keep that before its retention ends."
    case "candidate":
      return "Listen to whether the recording is of this call, and keep it before its retention ends."
    case "orphan":
      return "Look for the call in sub-accounts and in CDRs of other directions; then ask the provider for its CDR."
    case "outside-window":
      return "Reconcile a wider window, or give CDRs from longer before it."
    case "conference":
      return "Compare it with the conference's legs by hand."
    case "deleted-since":
      return "Find out who deleted it (the API and the console can), and ask the provider for it. If recon release did, name its archive by --archive."
    case "shortened-since":
      return "Find out what replaced it, and keep a longer copy if an archive holds one."
    case "audio-unreadable":
    case "audio-truncated":
      return "Download the recording again before its retention ends, and compare; if it is the same, ask the provider."
    case "audio-silent":
    case "audio-one-way":
      return "Listen to it; if the call was not silent, ask the provider, and check how the call's media were routed."
    case "audio-wrong-format":
      return "None, if whatever plays or reads it goes by its bytes and not by its name."
    case "audio-duration":
      return "Listen to whether its beginning or its end is missing; what is billed goes by the provider's length."
    case "audio-not-checked":
      return "Listen to it; ask the provider why it is not MP3 or WAV."
  }
}

/**
 * The finding with its telephone numbers hidden except their last two digits, also from those who reveal them; and those that
 * are in the words of a rule or an excuse. Its explanation is written anew.
 *
 * @category rendering
 * @since 0.1.0
 */
export const mask = (finding: Finding): Finding => {
  const { cdrs, excuse, rule } = finding
  const hidden = (number: PhoneNumber.PhoneNumber | null) => (number === null ? null : Phone.masked(number))
  return explain({
    ...finding,
    rule: rule === null ? null : PhoneNumber.maskDigits(rule),
    excuse:
      excuse === null
        ? null
        : {
            ...excuse,
            name: PhoneNumber.maskDigits(excuse.name),
            reason: PhoneNumber.maskDigits(excuse.reason)
          },
    cdrs: cdrs.map((cdr) => new CdrEvidence({ ...cdr, from: hidden(cdr.from), to: hidden(cdr.to) }))
  })
}
