/** `recon demo` */
import { FakeVobiz } from "@vobiz-effect/testing"
import { DuckDb } from "@vobiz-effect/reconcile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as BillingView from "../BillingView.ts"
import * as Output from "../Output.ts"
import { withProgress } from "../Progress.ts"
import * as Reconcile from "../Reconcile.ts"
import * as ReconcileView from "../ReconcileView.ts"
import * as Report from "../Report.ts"
import * as ReportView from "../ReportView.ts"
import * as ReconcileCommand from "./reconcile.ts"
import * as ReportCommand from "./report.ts"
import * as Session from "./session.ts"
import { makeAccount, policy, type Simulation, windowOf } from "./simulated.ts"

export const run = Effect.fnUntraced(function* (input: Simulation & { readonly out: string }) {
  yield* Output.folder(input.out)
  const account = makeAccount(input)
  const window = windowOf(account)
  const program = Effect.gen(function* () {
    const { url } = yield* FakeVobiz.FakeVobiz
    const terminal = yield* Session.terminal
    yield* Console.log(
      `A made-up account of ${account.truth.calls.length.toLocaleString("en")} calls is served at ${url.origin}, as the provider would.\n`
    )
    const report = yield* withProgress(Report.run({ window }))
    yield* Console.log(`${ReportView.text(report, terminal)}\n`)
    const result = yield* Reconcile.run({
      window,
      asOf: account.until,
      settings: { account: account.authId, policy: policy(account) }
    }).pipe(withProgress, Effect.map(Reconcile.masked))
    yield* Console.log(`${ReconcileView.text(result, terminal)}\n`)
    yield* ReportCommand.write(input.out, report, {
      first: [ReconcileView.summarySection(result), BillingView.section(result.billing)],
      last: [yield* ReconcileView.findingsSection(result)]
    })
    yield* ReconcileCommand.write(input.out, result)
    const path = yield* Path.Path
    yield* Console.log(
      `Written: ${["report.html", "report.csv", "findings.html", "findings.csv", "findings.ndjson", "charges.csv", "reconciliation.json"].map((name) => path.join(input.out, name)).join(", ")}`
    )
  })
  // The demo's findings are what it is there to show: it ends well.
  yield* program.pipe(
    Effect.scoped,
    Effect.provide([FakeVobiz.FakeVobiz.layerVobiz({ account, pageCap: input.pageCap }), DuckDb.DuckDb.layer({})])
  )
})
