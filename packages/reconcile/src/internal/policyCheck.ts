/** Policies that are well formed and make no sense: rules that can never apply, and names that say two things. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { Conditions, Excuse, Rule } from "./policyModel.ts"
import type { Path } from "./policyText.ts"

export interface Found {
  readonly path: Path
  readonly detail: string
}

export const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(":").map(Number)
  return hours * 60 + minutes
}

/** A string of fewer digits is a short code or an extension, and no number in national form. */
export const shortest = 7

/** Whether a rule is about trunks whose switch is unknown. If none is, a rule about those that stand `on` or `off` may be about these. */
export const asksForUnknown = (rules: ReadonlyArray<Rule>): boolean =>
  rules.some(({ when }) => [when, when?.not].some((conditions) => conditions?.trunkRecording?.includes("unknown")))

/** By how much a time may be off that came without its zone, in milliseconds. */
export const widestZone = 14 * 3_600_000

/** How far the clock of a zone is from UTC, in milliseconds, and when it is changed next. */
export interface Clock {
  readonly offset: number
  readonly change: { readonly at: number; readonly offset: number } | null
}

/** The clock of a zone at an instant, and its change by another. */
export const clockOf = (zone: DateTime.TimeZone, from: number, to: number): Clock => {
  const offsetAt = (millis: number) => DateTime.zonedOffset(DateTime.makeZonedUnsafe(millis, { timeZone: zone }))
  const offset = offsetAt(from)
  if (offsetAt(to) === offset) return { offset, change: null }
  let [before, at] = [from, to]
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2)
    if (offsetAt(middle) === offset) before = middle
    else at = middle
  }
  return { offset, change: { at, offset: offsetAt(at) } }
}

/** Which day since 1970 a date is. */
export const dayOf = (date: string): number => Math.floor(Date.parse(`${date}T00:00:00Z`) / 86_400_000)

/** The days of a week as the calendar counts them. The first of January 1970 was a Thursday. */
export const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

/** The spans of a day that hours are, in minutes. Hours whose end is not after their beginning reach past midnight. */
export const spansOf = (hours: Conditions["hours"]): ReadonlyArray<{ readonly from: number; readonly to: number }> => {
  if (hours === undefined) return [{ from: 0, to: 1440 }]
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)]
  return from < to
    ? [{ from, to }]
    : [
        { from: 0, to },
        { from, to: 1440 }
      ]
}

/** What makes no sense in some rules; those that are malformed are `null`. */
export const problemsOf = (rules: ReadonlyArray<Rule | null>, reserved: ReadonlyArray<string>): ReadonlyArray<Found> =>
  rules.flatMap((rule, n) => {
    if (rule === null) return []
    const at = (...path: Path): Path => ["rules", n, ...path]
    const earlier = rules.slice(0, n)
    const namesake = earlier.findIndex((other) => other?.name === rule.name)
    const shadow = earlier.findIndex((other) => other !== null && covers(other.when ?? {}, rule.when ?? {}))
    return [
      ...(reserved.includes(rule.name)
        ? [{ path: at("name"), detail: `"${rule.name}" is the name of a built-in rule; choose another` }]
        : []),
      ...(namesake === -1
        ? []
        : [{ path: at("name"), detail: `rule ${namesake + 1} has the name "${rule.name}" too; choose another` }]),
      ...(shadow === -1
        ? []
        : [
            {
              path: at(),
              detail: `unreachable: rule ${shadow + 1} ("${rules[shadow]?.name}") already decides every call that this rule matches; move it up or remove it`
            }
          ]),
      ...(rule.allowedGaps !== undefined && rule.verdict !== "must"
        ? [{ path: at("allowedGaps"), detail: "only a rule that says must can allow gaps" }]
        : []),
      ...(rule.minimumTalk !== undefined && rule.verdict === "must-not"
        ? [
            {
              path: at("minimumTalk"),
              detail: "must-not covers calls of any length; remove it"
            }
          ]
        : []),
      ...contradictions(rule.when ?? {}).map(({ detail, path }) => ({ path: at("when", ...path), detail }))
    ]
  })

/** What makes no sense in some excuses; those that are malformed are `null`. */
export const excusesOf = (excuses: ReadonlyArray<Excuse | null>): ReadonlyArray<Found> =>
  excuses.flatMap((excuse, n) => {
    if (excuse === null) return []
    const at = (...path: Path): Path => ["excuses", n, ...path]
    const namesake = excuses.slice(0, n).findIndex((other) => other?.name === excuse.name)
    return [
      ...(namesake === -1
        ? []
        : [{ path: at("name"), detail: `excuse ${namesake + 1} has the name "${excuse.name}" too; choose another` }]),
      ...(Object.keys(excuse.when).length === 0
        ? [{ path: at("when"), detail: "it would excuse every call; add a condition" }]
        : []),
      ...contradictions(excuse.when).map(({ detail, path }) => ({ path: at("when", ...path), detail }))
    ]
  })

const contradictions = (when: Conditions): ReadonlyArray<Found> => {
  const { from, hours, maximumTalk, minimumTalk, not, numbers, since, to, trunk, trunkRecording, trunks, until } = when
  const never = (field: keyof Conditions, why: string) => [{ path: [field], detail: `it can never be met: ${why}` }]
  return [
    ...(maximumTalk !== undefined && Duration.isLessThanOrEqualTo(maximumTalk, minimumTalk ?? Duration.zero)
      ? never(
          "maximumTalk",
          `no call talks for at least ${Duration.format(minimumTalk ?? Duration.zero)} and less than ${Duration.format(maximumTalk)}`
        )
      : []),
    ...(since !== undefined && until !== undefined && !DateTime.isLessThan(since, until)
      ? never("until", "it is not after since")
      : []),
    ...(hours !== undefined && hours.from === hours.to
      ? never("hours", "from and to are equal; remove it to match the whole day")
      : []),
    ...(trunk === "none" && trunks !== undefined ? never("trunks", "trunk says none") : []),
    ...(trunk === "none" && trunkRecording !== undefined ? never("trunkRecording", "trunk says none") : []),
    ...(numbers !== undefined &&
    from !== undefined &&
    to !== undefined &&
    !overlap(numbers, from) &&
    !overlap(numbers, to)
      ? never("numbers", "neither from nor to can be one of them")
      : []),
    ...(not === undefined
      ? []
      : covers(not, when)
        ? never("not", "it excludes every call that the rule matches")
        : contradictions(not).map(({ detail, path }) => ({ path: ["not", ...path], detail })))
  ]
}

/** Whether some number is of both lists of patterns. */
const overlap = (a: ReadonlyArray<string>, b: ReadonlyArray<string>) =>
  a.some((one) => b.some((other) => includes(one, other) || includes(other, one)))

/** Whether all numbers of one pattern are of another. */
const includes = (wide: string, narrow: string): boolean =>
  wide.endsWith("*") ? narrow.replace(/\*$/, "").startsWith(wide.slice(0, -1)) : wide === narrow

/** Whether every call that meets `narrow` meets `wide`, as far as the conditions tell by themselves. */
const covers = (wide: Conditions, narrow: Conditions): boolean => {
  const values = (a: ReadonlyArray<string> | undefined, b: ReadonlyArray<string> | undefined) =>
    a === undefined || (b !== undefined && b.every((value) => a.includes(value)))
  const patterns = (a: ReadonlyArray<string> | undefined, b: ReadonlyArray<string> | undefined) =>
    a === undefined || (b !== undefined && b.every((one) => a.some((other) => includes(other, one))))
  const same = (a: unknown, b: unknown) => a === undefined || JSON.stringify(a) === JSON.stringify(b)
  const atMost = (a: Duration.Duration | undefined, b: Duration.Duration | undefined) =>
    a === undefined || (b !== undefined && Duration.isLessThanOrEqualTo(a, b))
  const isOnTrunk = narrow.trunk === "any" || narrow.trunks !== undefined || narrow.trunkRecording !== undefined
  return (
    (wide.trunk === undefined || wide.trunk === narrow.trunk || (wide.trunk === "any" && isOnTrunk)) &&
    values(wide.trunks, narrow.trunks) &&
    values(wide.trunkRecording, narrow.trunkRecording) &&
    values(wide.contexts, narrow.contexts) &&
    values(wide.accounts, narrow.accounts) &&
    values(wide.campaigns, narrow.campaigns) &&
    values(wide.endpoints, narrow.endpoints) &&
    values(wide.dispositions, narrow.dispositions) &&
    values(wide.directions, narrow.directions) &&
    patterns(wide.from, narrow.from) &&
    patterns(wide.to, narrow.to) &&
    (patterns(wide.numbers, narrow.numbers) ||
      (narrow.from !== undefined && patterns(wide.numbers, narrow.from)) ||
      (narrow.to !== undefined && patterns(wide.numbers, narrow.to))) &&
    atMost(wide.minimumTalk, narrow.minimumTalk) &&
    (wide.maximumTalk === undefined || atMost(narrow.maximumTalk ?? Duration.infinity, wide.maximumTalk)) &&
    values(wide.hangupCauses, narrow.hangupCauses) &&
    values(wide.hangupSources, narrow.hangupSources) &&
    values(wide.dates, narrow.dates) &&
    values(wide.days, narrow.days) &&
    same(wide.hours, narrow.hours) &&
    (wide.since === undefined ||
      (narrow.since !== undefined && DateTime.isLessThanOrEqualTo(wide.since, narrow.since))) &&
    (wide.until === undefined ||
      (narrow.until !== undefined && DateTime.isGreaterThanOrEqualTo(wide.until, narrow.until))) &&
    (wide.not === undefined || (narrow.not !== undefined && covers(narrow.not, wide.not)))
  )
}
