/**
 * The billing of a reconciliation, for people and programs.
 *
 * @since 0.1.0
 */
import { Money, PhoneNumber } from "@vobiz-effect/core"
import { Billing, CsvFile, type DuckDb, type DuckDbError, Finding, Zone } from "@vobiz-effect/reconcile"
import * as BigDecimal from "effect/BigDecimal"
import * as Duration from "effect/Duration"
import type * as Stream from "effect/Stream"
import { clock, count, counted, money, percent } from "./Format.ts"

const amounts = (billed: ReadonlyArray<Billing.Billed>): string => money(billed.map(({ amount }) => amount))

const cdrs = (billed: ReadonlyArray<Billing.Billed>): number => billed.reduce((sum, { cdrs }) => sum + cdrs, 0)

const rounding = ({ compared, nearest, unknown, up }: Billing.Recordings): ReadonlyArray<string> => {
  const without = unknown === 0 ? "" : ` The billed length of ${count(unknown)} more is unknown.`
  if (compared === 0) return unknown === 0 ? [] : [`The billed length of ${counted(unknown, "recording")} is unknown.`]
  return [
    `Recordings' billed length is the measured one up to the minute in ${percent(up.fits, compared)} of ${count(compared)}, and to the nearest minute in ${percent(nearest.fits, compared)}.${without}`
  ]
}

const currencies = ({ compared, disagreeing }: Billing.Currencies): ReadonlyArray<string> =>
  disagreeing === 0
    ? []
    : [
        `Of ${count(compared)} CDRs that were read more than once, ${count(disagreeing)} name another currency each time.`
      ]

const lacks: Readonly<Record<Billing.Lack, string>> = {
  "no-rate": "without a rate",
  unclear: "whose rate is unclear",
  "other-currency": "in another currency",
  "no-cost": "without a cost",
  "talk-unknown": "without a talk time"
}

/** How the charges compare with the rate card. */
const ratesInWords = (rates: Billing.Rated | null): ReadonlyArray<string> => {
  if (rates === null) return ["Charges not judged: no rate card. Name yours by --rates."]
  const { agreeing, card, differing, over, under } = rates
  const unjudged = Billing.Lack.literals.flatMap((lack) => {
    const found = rates.unjudged[lack] ?? 0
    return found === 0 ? [] : [`${count(found)} ${lacks[lack]}`]
  })
  const more = Object.values(rates.unjudged).reduce((sum, cdrs) => sum + cdrs, 0)
  const parts = [
    ...(over.cdrs === 0 ? [] : [`${money([over.amount])} too much for ${counted(over.cdrs, "CDR")}`]),
    ...(under.cdrs === 0 ? [] : [`${money([under.amount])} too little for ${counted(under.cdrs, "CDR")}`])
  ]
  const named = `rate card "${PhoneNumber.maskDigits(card.name)}"`
  const isJudged = Billing.hasJudged(rates)
  return [
    isJudged
      ? `By the ${named}, ${counted(agreeing, "charge")} ${agreeing === 1 ? "is" : "are"} right and ${count(differing)} differ${parts.length === 0 ? "" : `: ${parts.join(", ")}`}.`
      : `The ${named} judges no charge.`,
    ...(unjudged.length === 0
      ? []
      : [`It does not judge ${counted(more, isJudged ? "more CDR" : "CDR")}: ${unjudged.join(", ")}.`])
  ]
}

/**
 * The billing in sentences.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sentences = (billing: Billing.Billing): ReadonlyArray<string> => {
  const { billed, credits, duplicates, free, gaps, passedOn, unanswered, unpriced } = billing.totals
  return [
    `Billed: ${amounts(billed)} for ${counted(cdrs(billed), "CDR")}.`,
    ...(passedOn.length === 0
      ? []
      : [`Passed on between accounts, and not in that: ${amounts(passedOn)} for ${counted(cdrs(passedOn), "CDR")}.`]),
    ...(unpriced === 0 ? [] : [`${counted(unpriced, "CDR")} without a cost or a currency.`]),
    ...(duplicates.length === 0
      ? []
      : [`Billed twice: ${amounts(duplicates)} for ${counted(cdrs(duplicates), "CDR")}.`]),
    ...(credits.length === 0
      ? []
      : [`Taken back by credits, and in that: ${amounts(credits)} for ${counted(cdrs(credits), "CDR")}.`]),
    ...(unanswered.length === 0
      ? []
      : [`Billed although nobody talked: ${amounts(unanswered)} for ${counted(cdrs(unanswered), "CDR")}.`]),
    ...(free === 0 ? [] : [`${counted(free, "CDR")} with talk ${free === 1 ? "was" : "were"} billed nothing.`]),
    ...gaps.map(
      (gap) => `Cost under "${Finding.labels[gap.code]}": ${amounts([gap])} for ${counted(gap.cdrs, "CDR")}.`
    ),
    ...ratesInWords(billing.rates),
    ...rounding(billing.recordings),
    ...currencies(billing.currencies)
  ]
}

const plainAmount = ({ amount, cdrs }: Billing.Billed) => ({
  cdrs,
  amount: Money.digits(amount.amount),
  currency: amount.currency
})

/**
 * The billing as plain data: amounts as decimal strings, durations in seconds.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = ({ currencies, rates, recordings, totals }: Billing.Billing) => ({
  billed: totals.billed.map(plainAmount),
  passedOn: totals.passedOn.map(plainAmount),
  unpriced: totals.unpriced,
  unanswered: totals.unanswered.map(plainAmount),
  free: totals.free,
  duplicates: totals.duplicates.map(plainAmount),
  credits: totals.credits.map(plainAmount),
  gaps: totals.gaps.map((gap) => ({ code: gap.code, ...plainAmount(gap) })),
  rates:
    rates === null
      ? null
      : {
          ...rates,
          card: { ...rates.card, name: PhoneNumber.maskDigits(rates.card.name) },
          over: plainAmount(rates.over),
          under: plainAmount(rates.under),
          rates: rates.rates.map(({ billed, expected, ...rate }) => ({
            ...rate,
            billed: Money.digits(billed.amount),
            expected: Money.digits(expected.amount)
          }))
        },
  currencies,
  recordings: {
    ...recordings,
    measured: Duration.toSeconds(recordings.measured),
    billed: Duration.toSeconds(recordings.billed),
    up: { fits: recordings.up.fits, deviation: recordings.up.deviation / 1000 },
    nearest: { fits: recordings.nearest.fits, deviation: recordings.nearest.deviation / 1000 },
    monthlyAmount: recordings.monthlyAmount === null ? null : Money.digits(recordings.monthlyAmount)
  }
})

/**
 * The charges that differ from the rate card, as CSV, to raise with the provider.
 *
 * Instants have the offset of the zone.
 *
 * @category rendering
 * @since 0.1.0
 */
export const charges = (
  schema: string,
  zone: Zone.Zone
): Stream.Stream<Uint8Array, DuckDbError.DuckDbError, DuckDb.DuckDb> =>
  CsvFile.encode<Billing.Charge>([
    { header: "uuid", kind: "text", value: ({ uuid }) => uuid },
    { header: "id", kind: "number", value: ({ id }) => id },
    { header: "start", kind: "instant", value: ({ start }) => Zone.iso(start, zone) },
    { header: "talk", kind: "text", value: ({ talk }) => clock(Duration.toSeconds(talk)) },
    { header: "talk_seconds", kind: "number", value: ({ talk }) => Duration.toSeconds(talk) },
    { header: "billed", kind: "number", value: ({ billed }) => Money.digits(billed.amount) },
    { header: "expected", kind: "number", value: ({ expected }) => Money.digits(expected.amount) },
    {
      header: "difference",
      kind: "number",
      value: ({ billed, expected }) => Money.digits(BigDecimal.subtract(billed.amount, expected.amount))
    },
    { header: "currency", kind: "text", value: ({ billed }) => billed.currency },
    { header: "rate", kind: "text", value: ({ rate }) => rate }
  ])(Billing.differing(schema))
