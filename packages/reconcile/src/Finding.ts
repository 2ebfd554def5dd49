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
 * not proved complete, such a finding is `inDoubt`, and a warning at most.
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
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"

import { CdrEvidence, type Code, Finding, type Found, type Severity } from "./internal/findingModel.ts"
import * as Words from "./internal/findingWords.ts"
import * as Phone from "./internal/phone.ts"
import * as Trusted from "./internal/trusted.ts"

export {
  CdrEvidence,
  Code,
  Excuse,
  Finding,
  type Found,
  Gap,
  Key,
  Reason,
  RecordingEvidence,
  Severity
} from "./internal/findingModel.ts"
export { gapWords, ruleWords } from "./internal/findingWords.ts"

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
    ...doubted(found, `${Words.explanation(found)}${Words.allowedWords(found)}`, Words.nextStep(found))
  })

const severityOf = ({ code, inDoubt }: Found): Severity =>
  inDoubt && severities[code] === "critical" ? "warning" : severities[code]

/** What is absent from a list that is not proved complete may be absent from the list alone. */
const doubted = ({ code, inDoubt }: Found, explanation: string, nextStep: string) => {
  if (!inDoubt) return { explanation, nextStep }
  const list = code === "orphan" ? "CDRs" : "recordings"
  return {
    explanation: `${explanation} In doubt: the list of ${list} is not proved complete, and may contain it.`,
    nextStep: `Run again until the list is proved complete. ${nextStep}`
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
