/** What was billed, on a page. */
import type { Billing } from "@vobiz-effect/reconcile"
import * as Duration from "effect/Duration"
import * as BillingView from "../BillingView.ts"
import { count, money, percent } from "../Format.ts"
import type * as HtmlPage from "./htmlPage.ts"

const seconds = (pulse: Duration.Duration): string => `${Duration.toSeconds(pulse)} s`

/** What the calls of a tariff have in common. */
const group = ({ context, direction, trunkId }: Billing.Tariff): string =>
  [direction ?? "no direction", trunkId === null ? "no trunk" : `trunk ${trunkId}`, context ?? "no context"].join(", ")

/** What the data say of a tariff: the pulse that explains most of its calls, or that none can be told from the others. */
const pulse = ({ calls, hypotheses, pulse }: Billing.Tariff): string => {
  const [best] = hypotheses
  if (best === undefined || pulse === null) return "the costs do not tell its pulse"
  return `pulse of ${seconds(pulse)} at ${money([best.price])}, which explains ${percent(best.explained, calls)}`
}

/** What was billed, as a section of a page. */
export const section = (billing: Billing.Billing): HtmlPage.Section => ({
  title: "Billed against measured",
  intro: "Amounts are by currency, and none is converted. Pulses are hypotheses: no tariff is known.",
  notes: BillingView.sentences(billing),
  tables: [
    {
      title: "How calls seem to be billed",
      columns: [
        { header: "Calls of" },
        { header: "Currency" },
        { header: "CDRs", align: "right" },
        { header: "What explains their costs" }
      ],
      rows: billing.tariffs.map((tariff) => [group(tariff), tariff.currency, count(tariff.calls), pulse(tariff)])
    }
  ]
})
