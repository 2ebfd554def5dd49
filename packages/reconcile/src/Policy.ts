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
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CanonicalJson, Digest } from "@vobiz-effect/files"

import * as Check from "./internal/policyCheck.ts"
import * as Lists from "./internal/policyLists.ts"
import { AllowedGap, builtIn, Conditions, Excuse, Policy, Rule } from "./internal/policyModel.ts"
import * as Text from "./internal/policyText.ts"
import { PolicyError } from "./PolicyError.ts"

export { type Decision, decide, excuse } from "./internal/policyDecision.ts"
export {
  AllowedGap,
  Blank,
  builtIn,
  byTrunks,
  Conditions,
  defaultMaximumGap,
  defaultMinimumShare,
  defaultMinimumTalk,
  Excuse,
  Policy,
  Rule,
  says,
  type Short,
  short,
  Verdict
} from "./internal/policyModel.ts"

/**
 * Reads the text of a list that a policy names by `{ file: … }`. Fails with what is wrong, in words.
 *
 * @category reading
 * @since 0.1.0
 */
export type ReadList = (file: string) => Effect.Effect<string, string>

const noLists: ReadList = () => Effect.fail("only a policy that is read from a file can name another")

/**
 * Reads a policy in YAML, of which JSON is a part. `file` is its name in errors. All its faults are reported at once,
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
    locations.set(decoded.success, locationsOf(file, source, decoded.success))
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

/** The source locations of the rules and excuses of each policy that `parse` read. */
const locations = new WeakMap<Policy, ReadonlyMap<string, SourceLocation>>()

const locationsOf = (
  file: string,
  source: Text.Source,
  { excuses, rules }: Policy
): ReadonlyMap<string, SourceLocation> =>
  new Map(
    [
      ...(excuses ?? []).map(({ name }, n) => [name, ["excuses", n, "name"]] as const),
      ...rules.map(({ name }, n) => [name, ["rules", n, "name"]] as const),
      ["default", ["default"]] as const
    ].map(([name, path]) => [name, { file, line: Text.at(source, path, "").line }])
  )

/**
 * The location of a rule or an excuse in the text of its policy.
 *
 * @category models
 * @since 0.1.0
 */
export interface SourceLocation {
  /** The file, by the name that `parse` took. */
  readonly file: string
  /** The line in the file, from 1. */
  readonly line: number
}

/**
 * The source location of a rule, of an excuse, or of the `default`.
 *
 * It is `null` for a name that the policy does not have, and for a policy that `parse` did not read.
 *
 * @category reading
 * @since 0.1.0
 */
export const sourceOf = (policy: Policy, rule: string): SourceLocation | null =>
  locations.get(policy)?.get(rule) ?? null

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
