/** `recon report` */
import * as Report from "@vobiz-effect/review/Report"
import * as ReportPage from "@vobiz-effect/review/ReportPage"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { CommandInput } from "../../Settings.ts"
import * as Output from "../../Output.ts"
import { withProgress } from "../../Progress.ts"
import * as SetAside from "../../SetAside.ts"
import * as ReportView from "../../ReportView.ts"
import * as Pages from "../pages.ts"
import * as Proved from "../proved.ts"
import * as Session from "../session.ts"

/** Writes a report's files into a folder. */
export const write = Effect.fnUntraced(function* (
  folder: string,
  report: Report.Report,
  page: ReportPage.Options = {}
) {
  yield* Output.file(folder, "report.html", yield* ReportPage.render(report, page))
  yield* Output.file(folder, "report.csv", ReportView.csv(report))
})

export const run = (input: {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
  readonly json: boolean
  readonly out: string | undefined
  readonly commandInput: CommandInput
}) =>
  Effect.gen(function* () {
    const span = yield* Session.span(input)
    const out = yield* Session.out(input.out)
    if (out !== undefined) yield* Output.folder(out)
    const reading = withProgress(Report.run(span)).pipe(Effect.provide(Session.services))
    const report = yield* out === undefined ? reading : SetAside.keeping(out, reading)
    yield* Console.log(input.json ? ReportView.json(report) : ReportView.text(report, yield* Session.terminal))
    if (out !== undefined) yield* write(out, report, { links: yield* Pages.inFolder(out, [Pages.findings]) })
    yield* Proved.demand(report.proofs)
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
