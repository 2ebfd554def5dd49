/** What a policy is, and the policies that are made without a file. */
import { isArrayNonEmpty } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import * as Zones from "../Zone.ts"

/**
 * Whether a call has to be recorded.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Verdict = Schema.Literals(["must", "may", "must-not", "unknown"])
/**
 * @category models
 * @since 0.1.0
 */
export type Verdict = typeof Verdict.Type

const some = <S extends Schema.Constraint>(item: S) => Schema.optionalKey(Schema.NonEmptyArray(item))

/** A number in E.164, the beginning of some, ended by an asterisk, or a short code as it was dialled. */
const NumberPattern = Schema.String.check(
  Schema.isPattern(/^(\+[1-9]\d{0,14}\*?|\d{2,6})$/, {
    expected: "a number in E.164, such as +918045670012, or +9180*, or one as it was dialled, such as 112"
  })
)

const Weekday = Schema.Literals(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])

const TimeOfDay = Schema.String.check(
  Schema.isPattern(/^([01]\d|2[0-3]):[0-5]\d$/, { expected: "a time of day such as 09:00" })
)

const CalendarDate = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^\d{4}-\d\d-\d\d$/.test(text) &&
      Option.exists(DateTime.make(`${text}T00:00:00Z`), (date) => DateTime.formatIsoDateUtc(date) === text),
    { expected: "a date, such as 2026-08-15" }
  )
)

const Zone = Schema.String.check(
  Schema.makeFilter((text: string) => Option.isSome(Zones.parse(text)), {
    expected: "a time zone, such as Asia/Kolkata or +05:30"
  })
)

const Talk = Schema.DurationFromString.check(
  Schema.makeFilter((talk: Duration.Duration) => Duration.isFinite(talk) && !Duration.isNegative(talk), {
    expected: "a time of talk, such as 5 seconds"
  })
)

const Gap = Schema.DurationFromString.check(
  Schema.makeFilter((gap: Duration.Duration) => Duration.isFinite(gap) && !Duration.isNegative(gap), {
    expected: "a time, such as 10 seconds"
  })
)

const Percent = Schema.Finite.check(
  Schema.makeFilter((percent: number) => percent > 0 && percent <= 100, {
    expected: "a percentage up to 100, such as 95"
  })
)

/** Without its zone an instant would be another one on each machine. */
const Instant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/, {
    expected: "an instant with its zone, such as 2026-04-01T00:00:00+05:30"
  })
).pipe(Schema.decodeTo(Schema.DateTimeUtcFromString))

/** The conditions without `not`. */
const selectors = {
  trunk: Schema.optionalKey(Schema.Literals(["any", "none"])),
  trunks: some(Schema.NonEmptyString),
  trunkRecording: some(Schema.Literals(["on", "off", "unknown"])),
  contexts: some(Schema.NonEmptyString),
  accounts: some(Schema.NonEmptyString),
  campaigns: some(Schema.NonEmptyString),
  endpoints: some(Schema.NonEmptyString),
  dispositions: some(Schema.NonEmptyString),
  directions: some(Schema.NonEmptyString),
  from: some(NumberPattern),
  to: some(NumberPattern),
  numbers: some(NumberPattern),
  minimumTalk: Schema.optionalKey(Talk),
  maximumTalk: Schema.optionalKey(Talk),
  hangupCauses: some(Schema.NonEmptyString),
  hangupSources: some(Schema.NonEmptyString),
  dates: some(CalendarDate),
  days: some(Weekday),
  hours: Schema.optionalKey(Schema.Struct({ from: TimeOfDay, to: TimeOfDay })),
  since: Schema.optionalKey(Instant),
  until: Schema.optionalKey(Instant)
}

/**
 * The conditions of a rule. All that are named must be met, a list by any of its values.
 *
 * - `trunk`: whether the call is on `any` trunk or on `none`. `trunks`: by id or name.
 * - `trunkRecording`: how the trunk's recording switch stands today; the provider keeps no history of it. `unknown` where the
 *   trunk is not listed, does not say, or is not named by a call marked `sip-trunking`.
 * - `contexts`, `accounts`, `campaigns` (`campaign_id`), `endpoints` (`customer_endpoint`), `dispositions`
 *   (`hangup_disposition`), `hangupCauses`, `hangupSources`: as the CDR says.
 * - `directions`: such as `inbound`, `outbound` or `internal`.
 * - `from`, `to`, `numbers` (either): in E.164, the beginning of some, such as `+9180*`, or as dialled, such as `112`.
 * - `minimumTalk`, `maximumTalk`: talk of at least, and of less than that.
 * - `dates`, `days`, `hours`: some of the talk falls into them, in the policy's zone. `hours.to` is not included, and may be after
 *   midnight.
 * - `since`, `until`: calls that started from the one instant on, and before the other.
 * - `not`: calls that do not meet all of these.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Conditions = Schema.Struct({ ...selectors, not: Schema.optionalKey(Schema.Struct(selectors)) })
/**
 * @category models
 * @since 0.1.0
 */
export type Conditions = typeof Conditions.Type

/**
 * A part of a call's talk that may go unrecorded, such as a pause while a card number is read out.
 *
 * - `reason`: what it is for, in words.
 * - `at`: where it may be: `start`, before the first audio; `end`, after the last; `within`, between audio (the default).
 * - `longest`: a longer gap is a fault as a whole.
 * - `most`: how many such gaps a leg may have, by default 1; the first ones are allowed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AllowedGap = Schema.Struct({
  reason: Schema.NonEmptyString,
  at: Schema.optionalKey(Schema.Literals(["start", "within", "end"])),
  longest: Gap,
  most: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })))
})
/**
 * @category models
 * @since 0.1.0
 */
export type AllowedGap = typeof AllowedGap.Type

/**
 * A rule: a name of one's own, a verdict, and when it applies; without conditions, always.
 *
 * - `per`: what must be recorded, the conversation (the default: audio on any leg counts for all who talk) or each leg by itself.
 * - `minimumTalk`: calls of the rule with less talk need no recording, by default the policy's.
 * - `allowedGaps`: gaps that are no fault. What of them is allowed is taken from the talk that counts.
 * - `retentionClass`: a name of one's own for how long the recordings of these calls are to be kept.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  name: Schema.NonEmptyString,
  verdict: Verdict,
  per: Schema.optionalKey(Schema.Literals(["conversation", "leg"])),
  minimumTalk: Schema.optionalKey(Talk),
  allowedGaps: some(AllowedGap),
  retentionClass: Schema.optionalKey(Schema.NonEmptyString),
  when: Schema.optionalKey(Conditions)
})
/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * An approval to leave calls unrecorded, such as those during an outage. It excuses the calls that surely meet its conditions, had to be
 * recorded, and are not, or only in part. They are counted apart. It never excuses a recording that must not be.
 *
 * - `name`: a name of one's own.
 * - `reason`: why, in words. `reference`: where that is written down, such as a change. `approver`: who approved it.
 * - `expires`: runs as of this instant or later are not bound by it: it then excuses nothing.
 * - `when`: the calls; at least one condition.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Excuse = Schema.Struct({
  name: Schema.NonEmptyString,
  reason: Schema.NonEmptyString,
  reference: Schema.NonEmptyString,
  approver: Schema.NonEmptyString,
  expires: Instant,
  when: Conditions
})
/**
 * @category models
 * @since 0.1.0
 */
export type Excuse = typeof Excuse.Type

/**
 * The conditions on fields that a CDR may leave empty because there is nothing to name.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Blank = Schema.Literals([
  "contexts",
  "accounts",
  "campaigns",
  "endpoints",
  "dispositions",
  "hangupCauses",
  "hangupSources"
])

/**
 * A policy. `zone` is that of `dates`, `days` and `hours`, by default UTC. `blankIsNone`: conditions that an empty field does not
 * meet; by default none, so that an empty field is unknown. Calls with less talk than `minimumTalk` (by default 3
 * seconds) need no recording. A call is recorded if at least `minimumShare` percent of its talk is (by default 95), and no gap is
 * longer than `maximumGap` (by default 10 seconds).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Policy = Schema.Struct({
  version: Schema.Literal(1),
  name: Schema.NonEmptyString,
  zone: Schema.optionalKey(Zone),
  blankIsNone: some(Blank),
  minimumTalk: Schema.optionalKey(Talk),
  minimumShare: Schema.optionalKey(Percent),
  maximumGap: Schema.optionalKey(Gap),
  rules: Schema.Array(Rule),
  excuses: some(Excuse),
  default: Verdict
})
/**
 * @category models
 * @since 0.1.0
 */
export type Policy = typeof Policy.Type

/**
 * Whether any call can have this verdict by the policy.
 *
 * @category getters
 * @since 0.1.0
 */
export const says = (policy: Policy, verdict: Verdict): boolean =>
  policy.default === verdict || policy.rules.some((rule) => rule.verdict === verdict)

/**
 * The names of the rules that every policy has.
 *
 * @category constants
 * @since 0.1.0
 */
export const builtIn: ReadonlyArray<string> = ["unanswered", "minimum-talk", "talk-unread", "default"]

/**
 * The talk that a call must have to need a recording, where a policy does not say.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMinimumTalk = Duration.seconds(3)

/**
 * The percentage of a call's talk that must be recorded, where a policy does not say.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMinimumShare = 95

/**
 * The longest gap that a recorded call may have, where a policy does not say.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaximumGap = Duration.seconds(10)

/**
 * What is expected when nothing else is said: trunks by their switch; of voice-API calls nothing is known, as whether they are
 * recorded is decided by the application that runs the call, which the provider's API does not tell (docs/vobiz-api.md,
 * "Tying CDRs to recordings").
 *
 * @category constants
 * @since 0.1.0
 */
export const byTrunks: Policy = {
  version: 1,
  name: "by trunks",
  rules: [
    { name: "trunk-on", verdict: "must", when: { trunkRecording: ["on"] } },
    { name: "trunk-off", verdict: "may", when: { trunkRecording: ["off"] } },
    { name: "trunk-unknown", verdict: "unknown", when: { trunkRecording: ["unknown"] } },
    { name: "voice-api", verdict: "unknown", when: { trunk: "none" } }
  ],
  default: "unknown"
}

/**
 * A policy in short: `byTrunks`, with what differs.
 *
 * - `voiceApi`: the verdict on calls on no trunk, by default `unknown`.
 * - `numbers`: verdicts on calls on no trunk by number, in E.164: the one that called, else the one that was called. It
 *   wins over `voiceApi`.
 * - `trunkOff`: the verdict on calls on a trunk whose switch stands off, by default `may`.
 * - `minimumTalk`, `minimumShare`, `maximumGap`: as of a policy.
 *
 * @category models
 * @since 0.1.0
 */
export interface Short {
  readonly voiceApi?: Verdict
  readonly numbers?: Readonly<Record<string, Verdict>>
  readonly trunkOff?: Verdict
  readonly minimumTalk?: Duration.Duration
  readonly minimumShare?: number
  readonly maximumGap?: Duration.Duration
}

/**
 * The policy that is said in short. Its rules on numbers are named `number-from-<verdict>` and `number-to-<verdict>`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const short = ({ numbers = {}, trunkOff, voiceApi, ...tolerances }: Short): Policy => {
  const verdicts: Readonly<Record<string, Verdict | undefined>> = { "trunk-off": trunkOff, "voice-api": voiceApi }
  const byVerdict = Map.groupBy(Object.entries(numbers), ([, verdict]) => verdict)
  const ofNumbers = (["from", "to"] as const).flatMap((side) =>
    Array.from(byVerdict).flatMap(([verdict, entries]): ReadonlyArray<Rule> => {
      const all = entries.map(([number]) => number)
      return isArrayNonEmpty(all)
        ? [{ name: `number-${side}-${verdict}`, verdict, when: { trunk: "none", [side]: all } }]
        : []
    })
  )
  const ofTrunks = byTrunks.rules.map(({ name, verdict, when = {} }): Rule => {
    return { name, verdict: verdicts[name] ?? verdict, when }
  })
  return { ...byTrunks, ...tolerances, rules: [...ofNumbers, ...ofTrunks] }
}
