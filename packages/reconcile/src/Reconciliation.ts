/**
 * Reconciles CDRs and recordings, as streams.
 *
 * @since 0.1.0
 */
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import * as Coverage from "./Coverage.ts"
import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import { Code, type Finding, severities } from "./Finding.ts"
import * as Counted from "./internal/counted.ts"
import * as ForLedger from "./internal/forLedger.ts"
import type { FindingRows } from "./internal/ledgerModel.ts"
import * as Rating from "./internal/rating.ts"
import * as SetAside from "./internal/setAside.ts"
import * as TrunkSwitch from "./internal/trunkSwitch.ts"
import * as Kernel from "./Kernel.ts"
import * as Policy from "./Policy.ts"
import * as PolicyUse from "./PolicyUse.ts"
import type * as RateCard from "./RateCard.ts"
import * as Relations from "./Relations.ts"
import * as Verdict from "./Verdict.ts"

export type { Totals } from "./internal/counted.ts"
export type { Unlisted } from "./internal/trunkSwitch.ts"

/**
 * What differs from `Kernel.defaults`.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Partial<Kernel.Settings>

/**
 * What is reconciled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sources<E1, E2 = E1, E3 = E1, E4 = never, E5 = never, E6 = never> extends Relations.Sources<
  E1,
  E2,
  E3,
  E4,
  E5,
  E6
> {
  /**
   * The calls that are judged. `cdrs` should hold all CDRs of it, of both directions, best from `longestCall` before it on (then
   * set `options.lookBack`); `recordings` all added from its start until a settle window and the longest call after its end;
   * `trunks` all of the account.
   */
  readonly window: Kernel.Window
  /** The instant that the lists are as of; an effect is run when all rows are read. */
  readonly asOf: DateTime.Utc | Effect.Effect<DateTime.Utc>
  readonly options?: Options | undefined
  /**
   * How far the lists are proved complete; read when all rows are. Say `Effect.succeed(Coverage.declared)` where you know that
   * they are.
   *
   * @default nothing is proved: the verdict is `unknown`, and absence is in doubt
   */
  readonly proofs?: Effect.Effect<Coverage.Proofs> | undefined
  /**
   * How many different rows each list has, as the provider's summary states it: `totalCalls` of a list of CDRs, `total_count` of one of
   * recordings. A list that has as many is proved complete. One that has others is not, whatever `proofs` says of it.
   *
   * @default nothing is known of the number of rows
   */
  readonly totals?: Counted.Totals | undefined
  /** What the verdict is judged by. */
  readonly goal?: Verdict.Goal | undefined
  /**
   * What calls cost. A CDR with another cost is a finding, `charge-differs`.
   *
   * @default no charge is judged
   */
  readonly rates?: RateCard.RateCard | undefined
}

/**
 * A reconciliation, for as long as its scope is open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result {
  /** The answer. */
  readonly verdict: Verdict.Verdict
  /** What the verdict was judged by. */
  readonly goal: Verdict.Goal
  readonly classes: Coverage.Classes
  readonly coverage: Coverage.Coverage
  /** How far what the lists did not show may move the classes of any group of calls, for `Coverage.within`. */
  readonly margin: Coverage.Margin
  /** The coverage as it would be without the policy's excuses. */
  readonly unexcused: Coverage.Coverage
  /** The talk time of the calls that had to be recorded. */
  readonly talk: Coverage.Talk
  /** How much of it is recorded, between bounds. */
  readonly talkCoverage: Coverage.Coverage
  readonly proofs: Coverage.Proofs
  /** The instant that counts as now. */
  readonly asOf: DateTime.Utc
  readonly summary: Kernel.Summary
  /** Rules of the policy that somebody should look at. */
  readonly doubts: ReadonlyArray<PolicyUse.Doubt>
  /** CDRs with a field that makes no sense, by the field; it was read as empty. */
  readonly oddities: Readonly<Record<string, number>>
  /** How many CDRs name no zone, and were read as UTC. */
  readonly zoneless: number
  /**
   * Trunks of unjudged calls that the account does not list (any more), with most calls first. None where no trunk was listed at all.
   */
  readonly unlisted: ReadonlyArray<TrunkSwitch.Unlisted>
  readonly loaded: Relations.Loaded
  /** In a fixed order (see `Kernel.findings`), read from the database as they are asked for, as often as wanted. */
  readonly findings: Stream.Stream<Finding, DuckDbError>
  /** Those of them that ask for something to be done, in the same order: none of severity `info`. */
  readonly asking: Stream.Stream<Finding, DuckDbError>
  /** The findings, for `Ledger.record`. */
  readonly forLedger: FindingRows<DuckDbError>
  /** What it saw of the provider's lists, for `Ledger.record`. */
  readonly seen: Relations.Seen<DuckDbError>
  /**
   * The database's schema that holds them as `finding`, beside the relations `cdr`, `recording`, `trunk`, `archived`, `remembered` and
   * `trunk_seen`, for
   * your own queries.
   */
  readonly schema: string
}

/**
 * Loads the rows, of streams or of `Files`, into the database, all at once, matches them and judges the whole. Neither side is
 * held in memory. Fails with the first error of a source, or of the database.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Reconciliation.run")(function* <E1, E2, E3, E4 = never, E5 = never, E6 = never>(
  sources: Sources<E1, E2, E3, E4, E5, E6>
): Effect.fn.Return<Result, E1 | E2 | E3 | E4 | E5 | E6 | DuckDbError, DuckDb | Scope.Scope> {
  const db = yield* DuckDb
  const schema = yield* db.scratch
  const goal = sources.goal ?? {}
  const loaded = yield* Relations.load(schema, sources)
  const given = yield* sources.proofs ?? Effect.succeed(Coverage.unproved)
  const asOf = Effect.isEffect(sources.asOf) ? yield* sources.asOf : sources.asOf
  const counted = yield* Counted.proofs(schema, { totals: sources.totals ?? {}, given, loaded, asOf })
  const proofs = yield* SetAside.doubting(counted, loaded)
  const parameters: Kernel.Parameters = {
    window: sources.window,
    asOf,
    settings: settings(sources.options),
    proved: { cdrs: Coverage.isWhole(proofs.cdrs), recordings: Coverage.isWhole(proofs.recordings) }
  }
  const { policy } = parameters.settings
  yield* Kernel.run(schema, parameters)
  if (sources.rates !== undefined) yield* Rating.make(schema, sources.rates)
  const summary = yield* Kernel.summary(schema)
  const margin = yield* Coverage.margin(schema, proofs)
  const within = Coverage.within(margin)
  const coverage = within(summary.classes)
  const talkCoverage = Coverage.ofTalk(summary.talk, proofs)
  const doubts = yield* PolicyUse.check(schema, policy, { asOf, decided: summary.rules, excused: summary.excuses })
  return {
    verdict: judge(summary, { policy, doubts, coverage, talkCoverage, proofs, goal }),
    goal,
    classes: summary.classes,
    coverage,
    margin,
    unexcused: within(Coverage.unexcused(summary.classes)),
    talk: summary.talk,
    talkCoverage,
    proofs,
    asOf,
    summary,
    doubts,
    oddities: yield* odd(schema),
    zoneless: yield* zoneless(schema),
    unlisted:
      loaded.trunks === 0 || Object.keys(summary.unjudged).length === 0 ? [] : yield* TrunkSwitch.unlisted(schema),
    loaded,
    findings: Stream.provideService(Kernel.findings(schema), DuckDb, db),
    asking: asks(summary) ? Stream.provideService(Kernel.findings(schema, { asking: true }), DuckDb, db) : Stream.empty,
    forLedger: ForLedger.make(schema, db),
    seen: Relations.seen(schema, db),
    schema
  }
})

const asks = ({ counts }: Kernel.Summary) =>
  Code.literals.some((code) => severities[code] !== "info" && counts[code] > 0)

/** How many CDRs name no zone, and were read as UTC. */
const zoneless = Effect.fnUntraced(function* (schema: string) {
  const db = yield* DuckDb
  const [row] = yield* db.query(
    `SELECT count(*) AS rows FROM ${schema}.cdr WHERE NOT zone_stated`,
    Schema.Struct({ rows: Schema.FiniteFromString })
  )
  return row?.rows ?? 0
})

const Oddity = Schema.Struct({ field: Schema.String, rows: Schema.FiniteFromString })

/** How many CDRs have a field that makes no sense. */
const odd = Effect.fnUntraced(function* (schema: string) {
  const db = yield* DuckDb
  const rows = yield* db.query(
    `SELECT field, count(*) AS rows FROM (SELECT unnest(string_split(oddities, ' ')) AS field FROM ${schema}.cdr WHERE oddities IS NOT NULL)
GROUP BY field ORDER BY field`,
    Oddity
  )
  return Object.fromEntries(rows.map(({ field, rows }) => [field, rows]))
})

/** The verdict on what was found. */
const judge = (
  { cdrs, classes, counts, inDoubt, prohibitable, undetermined, unjudged }: Kernel.Summary,
  by: {
    readonly policy: Policy.Policy
    readonly doubts: ReadonlyArray<PolicyUse.Doubt>
    readonly coverage: Coverage.Coverage
    readonly talkCoverage: Coverage.Coverage
    readonly proofs: Coverage.Proofs
    readonly goal: Verdict.Goal
  }
): Verdict.Verdict =>
  Verdict.of({
    ...by.goal,
    cdrs,
    classes,
    coverage: by.coverage,
    talkCoverage: by.talkCoverage,
    prohibited: counts["prohibited-recording"],
    maybeProhibited: counts["may-be-prohibited"] ?? 0,
    prohibitable,
    prohibits: Policy.says(by.policy, "must-not"),
    vanished: (["deleted-since", "shortened-since"] as const).reduce(
      (sum, code) => sum + counts[code] - (inDoubt[code] ?? 0),
      0
    ),
    misnamed: new Set(by.doubts.flatMap((doubt) => (doubt._tag === "UnknownTrunk" ? [doubt.rule] : []))).size,
    unproved: (["cdrs", "recordings", "trunks"] as const).filter((list) => {
      const proof = by.proofs[list]
      return proof !== undefined && !Coverage.isWhole(proof)
    }),
    undetermined: causesOf({ undetermined }),
    unjudged: Object.entries(unjudged).map(([rule, calls]): Verdict.Unjudged => {
      const source = Policy.sourceOf(by.policy, rule)
      return {
        rule: PhoneNumber.maskDigits(rule),
        calls,
        place: source === null ? null : `${source.file}:${source.line}`
      }
    })
  })

/**
 * Why it cannot be told whether the undetermined calls are recorded.
 *
 * @category getters
 * @since 0.1.0
 */
export const causesOf = ({ undetermined }: Pick<Kernel.Summary, "undetermined">): Verdict.Undetermined => ({
  settling: undetermined.settling ?? 0,
  trunkChanged: undetermined["trunk-changed"] ?? 0,
  expired: undetermined.expired ?? 0,
  otherAccount: undetermined["other-account"] ?? 0,
  inConference: undetermined["in-conference"] ?? 0
})

/**
 * The settings in force: `Kernel.defaults` with what differs.
 *
 * @category constructors
 * @since 0.1.0
 */
export const settings = (options: Options = {}): Kernel.Settings => ({ ...Kernel.defaults, ...options })
