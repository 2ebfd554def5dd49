/** The billing section of a page. */
import { Billing } from "@vobiz-effect/reconcile"
import * as BillingView from "../BillingView.ts"
import { count, money } from "../Format.ts"
import type * as HtmlPage from "./htmlPage.ts"

/** How many rates are listed: those with the most differing charges. */
const most = 50

const table = ({ card, rates }: Billing.Rated): HtmlPage.PageTable => ({
  title: `Charges by rate, in ${card.currency}`,
  columns: [
    { header: "Rate" },
    { header: "CDRs", align: "right" },
    { header: "Differ", align: "right" },
    { header: "Billed", align: "right" },
    { header: "By the card", align: "right" }
  ],
  rows: rates
    .slice(0, most)
    .map(({ billed, cdrs, differing, expected, rate }) => [
      rate,
      count(cdrs),
      count(differing),
      money([billed]),
      money([expected])
    ]),
  ...(rates.length > most ? { more: `and ${count(rates.length - most)} more in reconciliation.json` } : {})
})

/** The billing as a section of a page. */
export const section = (billing: Billing.Billing): HtmlPage.Section => ({
  title: "Billing",
  intro:
    billing.rates === null
      ? "Not judged: no rate card says what calls cost. The sums below are what the provider billed, by currency; none is converted."
      : "Amounts are by currency, and none is converted. A charge is that of a call's talk, without streaming.",
  notes: BillingView.sentences(billing),
  tables: Billing.hasJudged(billing.rates) ? [table(billing.rates)] : []
})
