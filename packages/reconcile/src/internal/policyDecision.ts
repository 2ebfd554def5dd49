/** How a policy decides a call, by the rules of a person: the kernel does the same in SQL. */
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

import { lengthOf } from "./lengthOf.ts"
import * as Check from "./policyCheck.ts"
import {
  type Blank,
  type Conditions,
  defaultMinimumTalk,
  type Excuse,
  type Policy,
  type Rule,
  type Verdict
} from "./policyModel.ts"
import * as SameId from "./sameId.ts"

/**
 * A verdict, and the rule that it is by.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decision {
  readonly verdict: Verdict
  readonly rule: string
}

/**
 * The verdict of a policy on a call; `trunk` is the one that the CDR names, if it is listed, and `listed` has the ids and names of all
 * that are: a rule that names one that is not may mean the call's, if that is not listed either. Reconciliations decide in the database,
 * and the same.
 *
 * @category deciding
 * @since 0.1.0
 */
export const decide = (
  policy: Policy,
  cdr: CallDetailRecord,
  trunk: Trunk | null,
  listed: ReadonlySet<string> = new Set()
): Decision => {
  const zone = Option.getOrThrow(DateTime.zoneFromString(policy.zone ?? "UTC"))
  const blanks = policy.blankIsNone ?? []
  const met = policy.rules.map(({ when = {} }) =>
    meets(when, { cdr, trunk, listed, zone, blanks, isSplit: Check.asksForUnknown(policy.rules) })
  )
  const first = met.indexOf(true)
  const certain: Rule = policy.rules[first] ?? { name: "default", verdict: policy.default }
  const doubtful = policy.rules.filter(
    ({ verdict }, n) => met[n] === null && (first === -1 || n < first) && verdict !== certain.verdict
  )
  const isBanned = [certain, ...doubtful].some(({ verdict }) => verdict === "must-not")
  if (!isBanned && cdr.billsec === null) return { verdict: "unknown", rule: "talk-unread" }
  const talk = cdr.billsec ?? Duration.zero
  if (!isBanned && Duration.isZero(talk)) return { verdict: "may", rule: "unanswered" }
  const minimumTalk = [certain, ...doubtful.slice(0, 1)]
    .map((rule) => rule.minimumTalk ?? policy.minimumTalk ?? defaultMinimumTalk)
    .reduce(Duration.min)
  if (!isBanned && Duration.isLessThan(talk, minimumTalk)) return { verdict: "may", rule: "minimum-talk" }
  return doubtful[0] === undefined
    ? { verdict: certain.verdict, rule: certain.name }
    : { verdict: "unknown", rule: doubtful[0].name }
}

/**
 * The excuse of a policy for a call, if it has to be recorded and is not; `null` for none. `asOf` is the instant that counts as now.
 *
 * @category deciding
 * @since 0.1.0
 */
export const excuse = (
  policy: Policy,
  cdr: CallDetailRecord,
  trunk: Trunk | null,
  asOf: DateTime.Utc,
  listed: ReadonlySet<string> = new Set()
): Excuse | null => {
  const zone = Option.getOrThrow(DateTime.zoneFromString(policy.zone ?? "UTC"))
  const asked = {
    cdr,
    trunk,
    listed,
    zone,
    blanks: policy.blankIsNone ?? [],
    isSplit: Check.asksForUnknown(policy.rules)
  }
  return (
    policy.excuses?.find(({ expires, when }) => DateTime.isLessThan(asOf, expires) && meets(when, asked) === true) ??
    null
  )
}

const dayMillis = 86_400_000

/** Whether an id is one of some. */
const isAmong = (ids: ReadonlyArray<string>, id: string) => ids.some((other) => SameId.of(other) === SameId.of(id))

/** Whether all hold; `null` where nobody knows. */
const all = (parts: ReadonlyArray<boolean | null>): boolean | null =>
  parts.includes(false) ? false : parts.includes(null) ? null : true

/** Whether one holds; `null` where nobody knows. */
const any = (parts: ReadonlyArray<boolean | null>): boolean | null =>
  parts.includes(true) ? true : parts.includes(null) ? null : false

/** Whether a number is of a pattern; `null` where nobody knows. */
const isOf = (number: CallDetailRecord["from"], pattern: string): boolean | null => {
  if (number === null) return null
  const [e164, raw] = [PhoneNumber.revealE164(number), PhoneNumber.revealRaw(number)]
  if (!pattern.startsWith("+")) return raw === pattern
  if (e164 !== null) return pattern.endsWith("*") ? e164.startsWith(pattern.slice(0, -1)) : e164 === pattern
  const digits = raw.replaceAll(/[^0-9]/g, "").replace(/^0+/, "")
  return digits.length < Check.shortest || (!pattern.endsWith("*") && !pattern.endsWith(digits)) ? false : null
}

/** What conditions are asked of. */
interface Asked {
  readonly cdr: CallDetailRecord
  readonly trunk: Trunk | null
  /** The ids and names of all trunks that are listed. */
  readonly listed: ReadonlySet<string>
  readonly zone: DateTime.TimeZone
  readonly blanks: ReadonlyArray<string>
  /** A rule is about trunks whose switch is unknown. */
  readonly isSplit: boolean
}

const meets = ({ not, ...when }: Conditions, asked: Asked): boolean | null => {
  const { blanks, cdr, isSplit, listed, trunk, zone } = asked
  const isOnTrunk = Boolean(cdr.trunkId) || cdr.context === "sip-trunking"
  const recording = trunk?.recording
  const position = !isOnTrunk ? null : recording === true ? "on" : recording === false ? "off" : "unknown"
  const among = (field: typeof Blank.Type | "directions", value: string | null) => {
    const values: ReadonlyArray<string> | undefined = when[field]
    if (values === undefined) return true
    if (!value) return blanks.includes(field) ? false : null
    return field === "accounts" ? isAmong(values, value) : values.includes(value)
  }
  const number = (patterns: ReadonlyArray<string> | undefined, ...numbers: ReadonlyArray<CallDetailRecord["from"]>) =>
    patterns === undefined || any(numbers.flatMap((number) => patterns.map((pattern) => isOf(number, pattern))))
  const { trunks } = when
  const talk = cdr.billsec ?? Duration.zero
  const excluded = not === undefined ? false : meets(not, asked)
  return all([
    when.trunk === undefined || (when.trunk === "any") === isOnTrunk,
    trunks === undefined ||
      (isOnTrunk && [cdr.trunkId, trunk?.name].some((name) => name && isAmong(trunks, name))) ||
      (!isOnTrunk
        ? false
        : cdr.trunkId &&
            (trunk !== null || trunks.every((name) => listed.has(name) || isAmong(Array.from(listed), name)))
          ? false
          : null),
    when.trunkRecording === undefined ||
      (position !== null && when.trunkRecording.includes(position)) ||
      (position === "unknown" && !isSplit ? null : false),
    among("contexts", cdr.context),
    among("accounts", cdr.accountId),
    among("campaigns", cdr.campaignId),
    among("endpoints", cdr.customerEndpoint),
    among("dispositions", cdr.hangupDisposition),
    among("directions", cdr.direction),
    number(when.from, cdr.from),
    number(when.to, cdr.to),
    number(when.numbers, cdr.from, cdr.to),
    when.minimumTalk === undefined || Duration.isGreaterThanOrEqualTo(talk, when.minimumTalk),
    when.maximumTalk === undefined || Duration.isLessThan(talk, when.maximumTalk),
    among("hangupCauses", cdr.hangupCause),
    among("hangupSources", cdr.hangupSource),
    isWhen(when, cdr, zone),
    when.since === undefined || hasStarted(cdr, when.since),
    when.until === undefined || opposite(hasStarted(cdr, when.until)),
    opposite(excluded)
  ])
}

const opposite = (answer: boolean | null) => (answer === null ? null : !answer)

/** Whether a call started at an instant or later; `null` where its zone leaves that open. */
const hasStarted = ({ startTime, zoneStated }: CallDetailRecord, instant: DateTime.Utc): boolean | null => {
  const after = DateTime.toEpochMillis(startTime) - DateTime.toEpochMillis(instant)
  return zoneStated || Math.abs(after) > Check.widestZone ? after >= 0 : null
}

/** Whether some of the talk falls into the dates, days and hours. */
const isWhen = (
  { dates, days, hours }: Pick<Conditions, "dates" | "days" | "hours">,
  cdr: CallDetailRecord,
  zone: DateTime.TimeZone
): boolean | null => {
  if (dates === undefined && days === undefined && hours === undefined) return true
  if (!cdr.zoneStated) return null
  const started = DateTime.toEpochMillis(cdr.startTime)
  const ended = cdr.endTime === null ? started + Duration.toMillis(lengthOf(cdr)) : DateTime.toEpochMillis(cdr.endTime)
  const talk = Duration.toMillis(cdr.billsec ?? Duration.zero)
  const begin = talk === 0 ? started : Math.max(started, ended - talk)
  const until = begin + Math.max(talk, 1)
  const { change, offset } = Check.clockOf(zone, begin, until)
  // By the clock of the place: a span, and another after the clock was changed.
  const spans = [
    { from: begin + offset, to: Math.min(until, change?.at ?? until) + offset },
    ...(change === null || change.at === until ? [] : [{ from: change.at + change.offset, to: until + change.offset }])
  ]
  return spans.some(({ from, to }) => {
    const first = Math.floor(from / dayMillis)
    return [first, first + 1].some(
      (day) =>
        (dates === undefined || dates.some((date) => Check.dayOf(date) === day)) &&
        (days === undefined || days.some((name) => Check.weekdays.indexOf(name) === (((day + 4) % 7) + 7) % 7)) &&
        Check.spansOf(hours).some(
          (span) => from < day * dayMillis + span.to * 60_000 && to > day * dayMillis + span.from * 60_000
        )
    )
  })
}
