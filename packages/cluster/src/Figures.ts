/**
 * The figures of buckets, added up.
 *
 * @since 0.1.0
 */
import { Money } from "@vobiz-effect/core"
import { Coverage, Finding, type Kernel } from "@vobiz-effect/reconcile"
import * as BigDecimal from "effect/BigDecimal"
import * as Schema from "effect/Schema"

const Counts = Schema.Record(Schema.String, Schema.Finite)

/**
 * `Kernel.Summary` as it is kept.
 *
 * @category models
 * @since 0.1.0
 */
export const Figures = Schema.Struct({
  cdrs: Schema.Finite,
  recordings: Schema.Finite,
  counts: Counts,
  inDoubt: Counts,
  notExpected: Counts,
  classes: Schema.Struct({
    recorded: Schema.Finite,
    partly: Schema.Finite,
    unusable: Schema.Finite,
    missing: Schema.Finite,
    undetermined: Schema.Finite,
    unjudged: Schema.Finite,
    excused: Schema.Finite,
    excluded: Schema.Finite
  }),
  talk: Schema.Struct({ base: Schema.Finite, least: Schema.Finite, most: Schema.Finite, excused: Schema.Finite }),
  prohibitable: Schema.Finite,
  undetermined: Counts,
  unjudged: Counts,
  rules: Counts,
  excuses: Counts,
  duplicateCost: Schema.Array(Money.Money)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Figures = typeof Figures.Type

const sorted = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/**
 * The figures of one run of the kernel, without candidates, or of these alone.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (summary: Kernel.Summary): Figures => summary

/**
 * The candidates, counted among the figures.
 *
 * @category combining
 * @since 0.1.0
 */
export const withCandidates = (figures: Figures, candidates: number): Figures => ({
  ...figures,
  counts: { ...figures.counts, candidate: candidates }
})

const total = (all: ReadonlyArray<Readonly<Record<string, number>>>) => {
  const sum: Record<string, number> = {}
  for (const counts of all) {
    for (const [key, count] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + count
  }
  return sum
}

/**
 * The figures of all that were judged, of buckets that have no row in common.
 *
 * @category combining
 * @since 0.1.0
 */
export const add = (all: ReadonlyArray<Figures>): Figures => ({
  cdrs: all.reduce((sum, { cdrs }) => sum + cdrs, 0),
  recordings: all.reduce((sum, { recordings }) => sum + recordings, 0),
  counts: total([
    Object.fromEntries(Finding.Code.literals.map((code) => [code, 0])),
    ...all.map(({ counts }) => counts)
  ]),
  inDoubt: total(all.map(({ inDoubt }) => inDoubt)),
  notExpected: total(all.map(({ notExpected }) => notExpected)),
  classes: all.reduce((sum, { classes }) => Coverage.add(sum, classes), Coverage.empty),
  talk: all.reduce((sum, { talk }) => Coverage.addTalk(sum, talk), Coverage.silence),
  prohibitable: all.reduce((sum, { prohibitable }) => sum + prohibitable, 0),
  undetermined: total(all.map(({ undetermined }) => undetermined)),
  unjudged: total(all.map(({ unjudged }) => unjudged)),
  rules: total(all.map(({ rules }) => rules)),
  excuses: total(all.map(({ excuses }) => excuses)),
  duplicateCost: Money.sumByCurrency(all.flatMap(({ duplicateCost }) => duplicateCost))
})

/**
 * The figures as JSON: the same figures are always the same bytes.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (all: Figures): string => {
  const { cdrs, counts, excuses, inDoubt, notExpected, prohibitable, recordings, rules, undetermined, unjudged } = all
  const amounts = all.duplicateCost.map(({ amount, currency }) => [
    currency,
    BigDecimal.format(BigDecimal.normalize(amount))
  ])
  const figures = {
    cdrs,
    recordings,
    counts: sorted(counts),
    inDoubt: sorted(inDoubt),
    notExpected: sorted(notExpected),
    classes: sorted({ ...all.classes }),
    talk: sorted({ ...all.talk }),
    prohibitable,
    undetermined: sorted(undetermined),
    unjudged: sorted(unjudged),
    rules: sorted(rules),
    excuses: sorted(excuses),
    duplicateCost: Object.fromEntries(amounts.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)))
  }
  return `${JSON.stringify(figures, null, 2)}\n`
}
