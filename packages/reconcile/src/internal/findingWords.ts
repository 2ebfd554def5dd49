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
  return rule === "trunk-unknown" || rule === "talk-unread" ? ruleWords(rule) : `${ruleWords(rule)} leaves that open`
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

/** What to do about it. */
export const nextStep = ({ cdrs, code, detail, reason, recordings, rule, verdict }: Found): string => {
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
