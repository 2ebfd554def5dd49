/**
 * Which calls must, may or must not be recorded.
 *
 * A policy is a list of rules and a verdict for the rest. The first of these that applies decides a CDR's verdict, and is
 * named with it:
 *
 * | Rule            | Applies to                                                  | Verdict     |
 * | --------------- | ----------------------------------------------------------- | ----------- |
 * | the first of `rules` that applies, if it says `must-not` | calls that meet all of its conditions | `must-not` |
 * | `unanswered`    | nobody talked: `billsec` is 0                               | `may`       |
 * | `minimum-talk`  | less talk than `minimumTalk`                                | `may`       |
 * | the first of `rules` that applies | calls that meet all of its conditions     | the rule's  |
 * | `default`       | every other call                                            | `default`   |
 *
 * So a prohibited call is never excused by being short. Conditions have three answers: yes, no and unknown. A condition on a field
 * that the CDR leaves empty is unknown, and so is its `not`. Where it is unknown whether a rule applies, and the rule would decide
 * otherwise than those after it, the verdict is `unknown`, by that rule. A number in national form, such as `08045670012`, may be
 * each number in E.164 that ends like it.
 *
 * @since 0.1.0
 */
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import { isArrayNonEmpty } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CanonicalJson, Digest } from "@vobiz-effect/files"

import { lengthOf } from "./internal/lengthOf.ts"
import * as Check from "./internal/policyCheck.ts"
import * as Lists from "./internal/policyLists.ts"
import * as Text from "./internal/policyText.ts"
import * as SameId from "./internal/sameId.ts"
import { PolicyError } from "./PolicyError.ts"

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
  Schema.makeFilter((text: string) => Option.isSome(DateTime.zoneFromString(text)), {
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

// ---------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------

/**
 * Reads the text of a list that a policy names by `{ file: … }`. Fails with what is wrong, in words.
 *
 * @category reading
 * @since 0.1.0
 */
export type ReadList = (file: string) => Effect.Effect<string, string>

const noLists: ReadList = () => Effect.fail("only a policy that is read from a file can name another")

/**
 * Reads a policy in YAML, of which JSON is a part. `file` is its name in errors. All that is wrong with it is told at once,
 * each with line, column and field: fields that are misspelt or of a wrong form, rules that can never apply, and rules of
 * one name. Lists in files are read by `readList`; by default there are none.
 *
 * @example
 * ```ts
 * import { Policy } from "@vobiz-effect/reconcile"
 *
 * const policy = Policy.parse(`
 * version: 1
 * name: support line
 * zone: Asia/Kolkata
 * rules:
 *   - name: support
 *     verdict: must
 *     when: { to: ["+918045670012"], hours: { from: "09:00", to: "18:00" } }
 * default: unknown
 * `, "policy.yaml")
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (
  text: string,
  file = "policy",
  readList: ReadList = noLists
): Effect.Effect<Policy, PolicyError> =>
  Effect.gen(function* () {
    const plain = Text.read(text)
    if ("problems" in plain) return yield* new PolicyError({ file, problems: plain.problems })
    const { problems: unread, source } = yield* Lists.resolve(plain, readList)
    const decoded = Schema.decodeUnknownResult(Policy, strictly)(source.value)
    const malformed = Result.isFailure(decoded) ? Text.problemsOf(decoded.failure.issue, source, fields) : []
    const nonsense = [
      ...Check.problemsOf(listOf(source.value, "rules", Rule), builtIn),
      ...Check.excusesOf(listOf(source.value, "excuses", Excuse))
    ].map(({ detail, path }) => Text.at(source, path, detail))
    const problems = [...unread, ...(unread.length > 0 ? [] : [...malformed, ...nonsense])].toSorted(
      (a, b) => Number(a.file !== undefined) - Number(b.file !== undefined) || a.line - b.line || a.column - b.column
    )
    if (Result.isFailure(decoded) || problems.length > 0) return yield* new PolicyError({ file, problems })
    places.set(decoded.success, placesOf(file, source, decoded.success))
    return decoded.success
  })

/**
 * Reads a policy file, and the lists that it names, which are relative to its folder: one value per line, `#` begins a comment.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = Effect.fn("Policy.read")(function* (
  file: string
): Effect.fn.Return<Policy, PolicyError | PlatformError, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* parse(yield* fs.readFileString(file), file, (list) =>
    fs
      .readFileString(path.resolve(path.dirname(file), list))
      .pipe(
        Effect.mapError(({ reason }) =>
          reason._tag === "NotFound" ? "there is no such file" : `the file cannot be read (${reason._tag})`
        )
      )
  )
})

/** Where the rules and excuses of policies that were read are written. */
const places = new WeakMap<Policy, ReadonlyMap<string, Place>>()

const placesOf = (file: string, source: Text.Source, { excuses, rules }: Policy): ReadonlyMap<string, Place> =>
  new Map(
    [
      ...(excuses ?? []).map(({ name }, n) => [name, ["excuses", n, "name"]] as const),
      ...rules.map(({ name }, n) => [name, ["rules", n, "name"]] as const),
      ["default", ["default"]] as const
    ].map(([name, path]) => [name, { file, line: Text.at(source, path, "").line }])
  )

/**
 * Where a rule is written: the name that `parse` was given for the file, and the line, from 1.
 *
 * @category models
 * @since 0.1.0
 */
export interface Place {
  readonly file: string
  readonly line: number
}

/**
 * Where a rule of a policy, an excuse, or its `default`, is written; `null` where the policy was not read by `parse`.
 *
 * @category reading
 * @since 0.1.0
 */
export const placeOf = (policy: Policy, rule: string): Place | null => places.get(policy)?.get(rule) ?? null

const strictly = { errors: "all", onExcessProperty: "error" } as const

/** The rules or excuses of a policy that may be malformed, each if it is not itself. */
const listOf = <A>(value: unknown, field: string, item: Schema.Codec<A, unknown>): ReadonlyArray<A | null> => {
  const items = Predicate.hasProperty(value, field) ? value[field] : undefined
  const decode = Schema.decodeUnknownOption(item, strictly)
  return Array.isArray(items) ? items.map((one: unknown) => Option.getOrNull(decode(one))) : []
}

/** The fields that there are, to find out what a misspelt one should be. */
const fields = {
  policy: Object.keys(Policy.fields),
  rules: Object.keys(Rule.fields),
  excuses: Object.keys(Excuse.fields),
  allowedGaps: Object.keys(AllowedGap.fields),
  when: Object.keys(Conditions.fields)
}

/**
 * Refuses a policy that was built in code as `parse` refuses one that is read.
 *
 * @category reading
 * @since 0.1.0
 */
export const check = (policy: Policy): Effect.Effect<Policy, PolicyError> =>
  parse(JSON.stringify(encode(policy)), policy.name)

/**
 * A policy as JSON, as it is kept with what it decided.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode: (policy: Policy) => typeof Policy.Encoded = Schema.encodeSync(Policy)

/**
 * What tells policies apart: the SHA-256, in hexadecimal, of the policy as JSON with the fields of each object in order. It is
 * the same for each way to write the same policy, and another when anything in it is, its name too.
 *
 * @category encoding
 * @since 0.1.0
 */
export const fingerprint = (policy: Policy): string => Digest.of(CanonicalJson.stringify(encode(policy)))

// ---------------------------------------------------------------------------
// Deciding
// ---------------------------------------------------------------------------

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
