/**
 * A policy held against the account: rules that name a trunk that the account does not have, rules that decided no call, and excuses
 * that have expired or excused none.
 *
 * @since 0.1.0
 */
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import { nearest } from "./internal/distance.ts"
import * as SameId from "./internal/sameId.ts"
import * as Policy from "./Policy.ts"

/**
 * Something about a rule that somebody should look at. Telephone numbers in the rule's name are masked.
 *
 * @category models
 * @since 0.1.0
 */
export type Doubt =
  /** A rule names a trunk, by id or name, that the account does not have. `nearest` is the name that may be meant. */
  | {
      readonly _tag: "UnknownTrunk"
      readonly rule: string
      readonly place: Policy.SourceLocation | null
      readonly trunk: string
      readonly nearest: string | null
    }
  /** A rule decided no call of the window. */
  | { readonly _tag: "Unused"; readonly rule: string; readonly place: Policy.SourceLocation | null }
  /** An excuse has expired, and excuses nothing. */
  | {
      readonly _tag: "Expired"
      readonly excuse: string
      readonly place: Policy.SourceLocation | null
      readonly expires: DateTime.Utc
    }
  /** An excuse that holds excused no call of the window. */
  | { readonly _tag: "Idle"; readonly excuse: string; readonly place: Policy.SourceLocation | null }

const Name = Schema.Struct({ name: Schema.String })

/**
 * What to look at in a policy, in the order of its rules, then of its excuses. `decided` has the calls of the window by the rule that decided
 * them, `excused` those that an excuse excused, by its name.
 * Trunks are known by the account's list and by the CDRs; where no trunk was listed, their names are not checked.
 *
 * @category checking
 * @since 0.1.0
 */
export const check = Effect.fn("PolicyUse.check")(function* (
  schema: string,
  policy: Policy.Policy,
  {
    asOf,
    decided,
    excused
  }: {
    readonly asOf: DateTime.Utc
    readonly decided: Readonly<Record<string, number>>
    readonly excused: Readonly<Record<string, number>>
  }
): Effect.fn.Return<ReadonlyArray<Doubt>, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const listed = yield* db.query(
    `SELECT DISTINCT unnest([trunk_id, name]) AS name FROM ${schema}.trunk ORDER BY name`,
    Schema.Struct({ name: Schema.NullOr(Schema.String) })
  )
  const names = listed.flatMap(({ name }) => name ?? [])
  const named = policy.rules.flatMap(({ when }) => when?.trunks ?? [])
  // The CDRs are only looked at where the list does not have them all.
  const seen =
    names.length === 0 || named.every((trunk) => names.includes(trunk))
      ? []
      : yield* db.query(`SELECT DISTINCT trunk_id AS name FROM ${schema}.cdr WHERE trunk_id IS NOT NULL`, Name)
  const known = new Set([...names, ...seen.map(({ name }) => name)].map(SameId.of))
  const ofRules = policy.rules.flatMap(({ name, when }): ReadonlyArray<Doubt> => {
    const place = Policy.sourceOf(policy, name)
    const rule = PhoneNumber.maskDigits(name)
    const strangers = names.length === 0 ? [] : (when?.trunks ?? []).filter((trunk) => !known.has(SameId.of(trunk)))
    return [
      ...strangers.map(
        (trunk) => ({ _tag: "UnknownTrunk", rule, place, trunk, nearest: nearest(trunk, names) }) as const
      ),
      ...((decided[name] ?? 0) > 0 ? [] : [{ _tag: "Unused", rule, place } as const])
    ]
  })
  const ofExcuses = (policy.excuses ?? []).flatMap(({ expires, name }): ReadonlyArray<Doubt> => {
    const place = Policy.sourceOf(policy, name)
    const excuse = PhoneNumber.maskDigits(name)
    if (DateTime.isGreaterThanOrEqualTo(asOf, expires)) return [{ _tag: "Expired", excuse, place, expires }]
    return (excused[name] ?? 0) > 0 ? [] : [{ _tag: "Idle", excuse, place }]
  })
  return [...ofRules, ...ofExcuses]
})

const at = (doubt: Doubt) => {
  const { place } = doubt
  const name = "rule" in doubt ? `rule "${doubt.rule}"` : `excuse "${doubt.excuse}"`
  return `${place === null ? "" : `${place.file}:${place.line}: `}${name}`
}

/**
 * A doubt in one sentence, with the line of the policy.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sentence = (doubt: Doubt): string => {
  switch (doubt._tag) {
    case "UnknownTrunk":
      return `${at(doubt)} names trunk "${doubt.trunk}", which the account does not have${doubt.nearest === null ? "" : `; did you mean "${doubt.nearest}"?`}`
    case "Unused":
      return `${at(doubt)} decided no call of the window`
    case "Expired":
      return `${at(doubt)} expired at ${DateTime.formatIso(doubt.expires)} and excuses nothing: renew it, or remove it`
    case "Idle":
      return `${at(doubt)} excused no call of the window`
  }
}
