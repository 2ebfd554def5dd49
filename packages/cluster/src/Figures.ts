/**
 * The figures of buckets, added up.
 *
 * @since 0.1.0
 */
import { Money } from "@vobiz-effect/core"
import { Finding, type Kernel } from "@vobiz-effect/reconcile"
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
  notExpected: Counts,
  coverage: Counts,
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
export const of = ({ counts, coverage, notExpected, ...summary }: Kernel.Summary): Figures => ({
  ...summary,
  counts: { ...counts },
  notExpected: { ...notExpected },
  coverage: { ...coverage }
})

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
  notExpected: total(all.map(({ notExpected }) => notExpected)),
  coverage: total([
    { required: 0, recorded: 0, inDoubt: 0, missing: 0, withoutRule: 0 },
    ...all.map(({ coverage }) => coverage)
  ]),
  duplicateCost: Money.sumByCurrency(all.flatMap(({ duplicateCost }) => duplicateCost))
})

/**
 * The figures as JSON: the same figures are always the same bytes.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = ({ cdrs, counts, coverage, duplicateCost, notExpected, recordings }: Figures): string => {
  const amounts = duplicateCost.map(({ amount, currency }) => [
    currency,
    BigDecimal.format(BigDecimal.normalize(amount))
  ])
  const figures = {
    cdrs,
    recordings,
    counts: sorted(counts),
    notExpected: sorted(notExpected),
    coverage: sorted(coverage),
    duplicateCost: Object.fromEntries(amounts.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)))
  }
  return `${JSON.stringify(figures, null, 2)}\n`
}
