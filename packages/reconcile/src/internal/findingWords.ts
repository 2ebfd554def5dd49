/** What a finding says, in words. */
import { format } from "@vobiz-effect/core/Money"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

import type { Found, Gap, Key, Reason, RecordingEvidence } from "./findingModel.ts"

const keys: Readonly<Record<Key, string>> = {
  uuid: "uuid",
  sip_call_id: "SIP call id",
  bridge_uuid: "bridge uuid"
}

const rules: ReadonlyMap<string, string> = new Map([
  ["default", "no rule of the policy says otherwise"],
  ["unanswered", "it was not answered"],
  ["talk-unread", "its talk time is unknown: the row does not say it, or cannot be read"],
  ["minimum-talk", "it was shorter than the set minimum"],
  ["trunk-on", "its trunk records every call, by its switch today"],
  ["trunk-off", "its trunk records no calls, by its switch today"],
  ["trunk-unknown", "its trunk is no longer listed, or its recording switch is unknown"],
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
      ? ` A recording does not say when it began, so its place is a guess: at least ${seconds(surely)} are recorded.`
      : ""
  return `${of}${counted}${words === "" ? "" : `, ${words} from the start of talk`}.${guess}`
}

/** The gaps that are no fault. */
export const allowedWords = ({ allowed = [] }: Found) => {
  const words = gapWords(allowed)
  if (words === "") return ""
  const all = allowed.reduce((sum, { from, to }) => Duration.sum(sum, Duration.subtract(to, from)), Duration.zero)
  return ` ${allowed.length === 1 ? "The rule allows a gap" : `The rule allows ${allowed.length} gaps`} of ${seconds(all)}: ${words.replace(/^gaps? /, "")} from the start of talk.`
}

/** What was found, in words. */
// oxlint-disable-next-line max-lines-per-function -- one case for each code, so that the compiler says which is missing
export const explanation = (found: Found): string => {
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
      return `The call's recording was found${key ? ` by the CDR's ${keys[key]}` : ""}${recordings.some(isUnusual) ? ", although the provider documents the uuid" : ""}.${onlyArchived(recordings)}`
    }
    case "several-recordings":
      return `The call has ${recordings.length} recordings.${unusual(recordings)}${onlyArchived(recordings)}`
    case "prohibited-recording":
      return `The call must not be recorded${why}, but is${
        recorded === null || talk === null ? "" : `: ${seconds(recorded)} of its ${seconds(talk)} of talk`
      }${cdrs.length > 1 ? ", in the recording of another leg" : ""}.${onlyArchived(recordings)}`
    case "may-be-prohibited":
      return `The call must not be recorded${why}. A recording of another leg does not say when it ran, and may contain some of this call's talk.${onlyArchived(recordings)}`
    case "partly-recorded":
      return `The call had to be recorded${why}, but only part of it is: ${shareOf(found)}${
        recorded !== null && Duration.isZero(recorded) ? " Its recording lies outside its talk." : ""
      }${onlyArchived(recordings)}`
    case "missing":
      return recordings.length > 0
        ? `The call had to be recorded${why}. An earlier run saw its recording, which is gone now.`
        : `The call had to be recorded${why}, but no recording names it${
            base === null ? " or one of its legs" : ` or covers any of the ${seconds(base)} that count`
          }.`
    case "unusable":
      return recordings.length > 0
        ? `The call had to be recorded${why}, but ${recordings.length === 1 ? "its recording has" : `its ${recordings.length} recordings have`} no usable audio.${onlyArchived(recordings)}`
        : `The call had to be recorded${why}, but only another leg of the conversation has a recording, without usable audio.`
    case "settling":
      return cdrs.length === 0
        ? "The recording has no CDR yet: its call may have ended too recently."
        : recordings.length > 0
          ? `The call had to be recorded${why}. It is not recorded in full, and ended too recently to tell whether another recording will arrive.`
          : `The call had to be recorded${why}. It ended too recently to tell whether its recording is missing or late.`
    case "trunk-changed":
      return "The call's trunk was changed later, and nothing shows whether its recording switch was on before. The call is not recorded in full."
    case "other-account":
      return cdrs.length === 0
        ? `The recording belongs to account ${recordings[0]?.account ?? "unknown"}, whose CDRs may not be among those given.`
        : `The call had to be recorded${why}. It belongs to account ${cdrs[0]?.account ?? "unknown"}, whose recordings may not be among those given.`
    case "expired":
      return recordings.length > 0
        ? `The call had to be recorded${why}, but only part of it is: ${shareOf(found)} It is so old that the provider may have deleted another recording of it.`
        : `The call had to be recorded${why}. It is older than the provider keeps recordings, and no given archive holds one, so nothing shows whether it was recorded.`
    case "not-expected":
      return reason === "duplicate" && isPassedOn(cdrs)
        ? `The call has ${no} and needs none: another account has a row of the same leg, which is judged instead (a bill that is passed on).`
        : reason !== "by-rule" && reason !== null
          ? `The call has ${no} and needs none: ${excuses[reason]}.`
          : verdict === "unknown"
            ? `The call has ${no}, and nobody can tell whether it needed one: ${leftOpen(rule)}.`
            : `The call has ${no} and needs none: ${ruled(verdict)}${why}.`
    case "excused":
      return `The call had to be recorded${why}, but is not${
        recorded !== null && !Duration.isZero(recorded) ? ` in full: ${shareOf(found).replace(/\.$/, "")}` : ""
      }. It is excused${excuse === null ? "" : ` by "${excuse.name}": ${excuse.reason} (${excuse.reference}, approved by ${excuse.approver} until ${DateTime.formatIso(excuse.expires)})`}.`
    case "duplicate-cdr":
      if (detail !== undefined)
        return `The row has the same ids, numbers and talk time as another, ${detail}. It seems to be the same leg, billed twice.`
      return `The leg already has a CDR. This row bills it again${amount === null ? "" : `, with ${format(amount)}`}.`
    case "charge-differs":
      return `The provider billed ${amount === null ? "an unknown amount" : format(amount)} for the call's talk; the rate card says ${detail ?? "another"}.`
    case "recording-longer":
      return `The call had ${talk === null ? "an unknown time" : seconds(talk)} of talk and a recording of ${
        recorded === null ? "unknown length" : seconds(recorded)
      }, which is longer than the whole conversation.`
    case "in-conference":
      return `The call had to be recorded${why}, but no recording names it. The recording of a conference spans its talk and has one of its numbers. The lists do not tell whether the call was in that conference.`
    case "candidate":
      if (cdrs.length > 1)
        return "The recording of another call continues past the end of that call, spans this call and has one of its numbers. It may be of this call; nothing proves it."
      return "An unmatched recording has the same two numbers and overlaps this call, and nothing else fits. Likely, not proven."
    case "orphan":
      return `The recording names a call without a CDR, although the given CDRs must include it.${guessed(recordings)}`
    case "outside-window":
      return `The recording names a call without a CDR, which may lie outside the given CDRs.${guessed(recordings)}`
    case "conference":
      return "The recording is of a conference. It names the conference, and not necessarily a leg."
    case "deleted-since":
      return `The provider no longer lists the recording, although its retention has not ended${told(detail)}.`
    case "shortened-since":
      return `The recording is shorter than when the provider listed it before${told(detail)}.`
    case "audio-unreadable":
      return `The recording's audio cannot be read${told(detail)}.`
    case "audio-truncated":
      return `The recording's audio ends before it should${told(detail)}.`
    case "audio-silent":
      return `The recording's audio is silent${told(detail)}.`
    case "audio-one-way":
      return `Only one side of the call is audible in the recording${told(detail)}.`
    case "audio-wrong-format":
      return `The recording's audio has another format than the provider says${told(detail)}.`
    case "audio-duration":
      return `The recording's audio has another length than the provider says${told(detail)}.`
    case "audio-not-checked":
      return `The recording's audio cannot be decoded here, so it was not checked${told(detail)}.`
  }
}

/** Whether a recording names its call by another id than the provider documents: the uuid, or of trunks the SIP call id. */
const isUnusual = ({ key, type }: RecordingEvidence) =>
  key === "bridge_uuid" || (key === "sip_call_id" && type !== "trunk")

/** How many of several recordings name the call by another id. */
const unusual = (recordings: Found["recordings"]) => {
  const some = recordings.filter(isUnusual).length
  return some === 0
    ? ""
    : ` The provider documents the uuid; ${some} of them ${some === 1 ? "names" : "name"} the call by another id.`
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
    ? " The recording does not say when it began: its time is a guess, from when it was added and its length."
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
  if (rule === null || rule === "default") return "no rule of the policy covers it"
  return rule === "trunk-unknown" || rule === "talk-unread" ? ruleWords(rule) : `${ruleWords(rule)} leaves that open`
}

/** What a rule says of a call that needs no recording. */
const ruled = (verdict: Found["verdict"]) => {
  if (verdict === "must-not") return "it must not be recorded"
  return verdict === "must" ? "all of its talk is with legs that must not be recorded" : "it may be recorded or not"
}

const excuses: Readonly<Record<Exclude<Reason, "by-rule">, string>> = {
  duplicate: "the row repeats another CDR, which is judged instead",
  superseded: "another row of the same leg corrects this one, and is judged instead",
  credit: "the row is a credit, not a call",
  unanswered: ruleWords("unanswered"),
  "too-short": ruleWords("minimum-talk"),
  "other-leg": "another leg of the conversation has the recording",
  "met-nobody": "it is the only leg of its conversation that was answered, so it talked with nobody"
}

/** What settles whether a call had to be recorded. */
const settling = (rule: string | null, trunkId: string | null): string => {
  if (rule === "talk-unread") return "Ask the provider for the call's talk time."
  if (rule !== "trunk-unknown") return "Say in the policy whether such calls must be recorded."
  const trunks = trunkId === null ? "of its trunk" : `when: { trunks: [${JSON.stringify(trunkId)}] }`
  return `Find out whether the trunk recorded its calls, and add a rule to the policy (${trunks}). With a ledger (--ledger), later runs remember the switch of a trunk that was deleted.`
}

/** What to do about it. */
export const nextStep = ({ cdrs, code, detail, reason, recordings, rule, verdict }: Found): string => {
  switch (code) {
    case "matched":
    case "several-recordings":
      return "None."
    case "prohibited-recording":
      return "Find out what started the recording, and delete it if the law or the policy asks for that."
    case "may-be-prohibited":
      return "Listen to the recording. If the call is in it, delete it if the law or the policy asks for that."
    case "partly-recorded":
      return "Find out what cut the recording short (its time limit is 60 s unless set; a transfer may need a recording of its own), and keep the recording before its retention ends."
    case "missing":
      if (recordings.length > 0) return "See the finding about its deleted recording."
      return "Check whether the recording was deleted or belongs to another account. Then ask the provider, before the retention ends."
    case "unusable":
      return "Listen to the recording. If its audio is lost, ask the provider for it before the retention ends, and find out what cut it off."
    case "settling":
      return cdrs.length === 0
        ? "Reconcile again when the call's CDR has arrived."
        : "Reconcile again after the settle window."
    case "trunk-changed":
      return "Find out whether the trunk's switch was on. With a ledger (--ledger), later runs remember how it stood before a change."
    case "other-account":
      return "Reconcile that account separately, with its own credentials."
    case "expired":
      return "Look for the recording in your own archive."
    case "not-expected":
      return reason === "by-rule" && verdict === "unknown" ? settling(rule, cdrs[0]?.trunkId ?? null) : "None."
    case "excused":
      return "None until the excuse expires."
    case "duplicate-cdr":
      return detail === undefined
        ? "Claim the amount back from the provider if both rows were charged."
        : "Ask the provider whether these are two calls; only one is counted."
    case "charge-differs":
      return "Ask the provider about the charge, or correct the rate card if the rate has changed."
    case "recording-longer":
      return "Listen to the recording to find out whether it is of this call or of one that followed."
    case "in-conference":
      return "Listen for the call in the conference's recording, and keep that recording before its retention ends."
    case "candidate":
      return "Listen to the recording to find out whether it is of this call, and keep it before its retention ends."
    case "orphan":
      return "Look for the call in sub-accounts and in CDRs of other directions. Then ask the provider for its CDR."
    case "outside-window":
      return "Reconcile a wider window, or add CDRs of earlier days."
    case "conference":
      return "Compare it with the conference's legs by hand."
    case "deleted-since":
      return "Find out who deleted it (the API and the console can), and ask the provider for it. If recon release deleted it, name its archive with --archive."
    case "shortened-since":
      return "Find out what replaced it, and keep a longer copy if an archive holds one."
    case "audio-unreadable":
    case "audio-truncated":
      return "Download the recording again before its retention ends, and compare. If it is the same, ask the provider."
    case "audio-silent":
    case "audio-one-way":
      return "Listen to it. If the call was not silent, ask the provider, and check how the call's media were routed."
    case "audio-wrong-format":
      return "None, if your programs read the format from the bytes and not from the file name."
    case "audio-duration":
      return "Listen for a missing beginning or end. The provider bills by its own length."
    case "audio-not-checked":
      return "Listen to it, and ask the provider why it is not MP3 or WAV."
  }
}
