import { Account } from "@vobiz-effect/reconcile"
import { assert, layer } from "@vobiz-effect/test-support"
import { Effect } from "effect"
import * as Report from "../src/Report.ts"
import * as ReportPage from "../src/ReportPage.ts"
import { reconcile, services, shown, window } from "./findingsPageExample.ts"

const headings = (html: string) => Array.from(html.matchAll(/<h2[^>]*>([^<]*)</g), ([, title]) => title)

layer(services, { concurrent: false })("the page of a report", (it) => {
  it.effect("tells the figures of the report", () =>
    Effect.gen(function* () {
      const report = yield* Report.run({ window })
      const html = yield* ReportPage.render(report, { links: [{ href: "findings.html", text: "All <findings>" }] })
      assert.deepStrictEqual(headings(html), ["Calls", "Recordings"])
      const calls = report.calls.calls.toLocaleString("en")
      assert.include(html, `<dt>Calls</dt><dd class="value">${calls}</dd>`)
      assert.include(html, `<p><a href="findings.html">All &lt;findings&gt;</a></p>`)
      assert.include(html, Report.span(report))
      assert.notInclude(html, "<script")
    })
  )

  it.effect("begins with the answer of a reconciliation, and ends with what was billed", () =>
    Effect.gen(function* () {
      const report = yield* Report.run({ window })
      const result = yield* reconcile
      const html = yield* ReportPage.render(report, { reconciliation: Account.masked(result) })
      assert.deepStrictEqual(headings(html), [
        "Was every call that had to be recorded, recorded?",
        "Findings",
        "Calls",
        "Recordings",
        "Billing"
      ])
      assert.include(html, `data-as-of="${result.asOf.epochMilliseconds}"`)
      assert.strictEqual(html.match(/<tr data-deadline=/g)?.length, (yield* shown(result)).length)
    }).pipe(Effect.scoped)
  )
})
