/** `recon demo` */
import { Archive, ArchiveIndex, AudioStore } from "@vobiz-effect/archive"
import { Recordings } from "@vobiz-effect/core"
import { FakeVobiz } from "@vobiz-effect/testing"
import { Account, DuckDb } from "@vobiz-effect/reconcile"
import * as Report from "@vobiz-effect/review/Report"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as ArchiveView from "../../ArchiveView.ts"
import * as ArchivedAudio from "../../ArchivedAudio.ts"
import * as Output from "../../Output.ts"
import { withProgress } from "../../Progress.ts"
import * as Reconcile from "../../Reconcile.ts"
import * as ReconcileView from "../../ReconcileView.ts"
import * as ReportView from "../../ReportView.ts"
import * as Archived from "../archived.ts"
import * as Pages from "../pages.ts"
import * as Closing from "../reconcile/closing.ts"
import * as Written from "../reconcile/written.ts"
import * as ReportCommand from "../report/run.ts"
import * as Session from "../session.ts"
import { makeAccount, policy, rates, type Simulation, startingAt, windowOf } from "../simulated.ts"

/** Audio shorter than this is archived. */
const shortest = Duration.seconds(8)

export const run = Effect.fnUntraced(function* (input: Simulation & { readonly out: string }) {
  yield* Output.folder(input.out)
  const account = makeAccount(input)
  const window = windowOf(account)
  const program = Effect.gen(function* () {
    const path = yield* Path.Path
    const { url } = yield* FakeVobiz.FakeVobiz
    const terminal = yield* Session.terminal
    yield* Console.log(
      `A made-up account of ${account.truth.calls.length.toLocaleString("en")} calls is served at ${url.origin}, as the provider would.\n`
    )
    const report = yield* withProgress(Report.run({ window }))
    yield* Console.log(`${ReportView.text(report, terminal)}\n`)
    const directory = path.join(input.out, "archive")
    const services = yield* Layer.build(Archived.folder(directory))
    // All of the account's audio would be gigabytes.
    const list = yield* (yield* Recordings.Recordings).extract()
    const recordings = Stream.filter(
      list.rows,
      ({ duration }) => duration !== null && Duration.isLessThan(duration, shortest)
    )
    const kept = yield* Archive.summarize(Archive.run({ recordings, directory, settle: 0 })).pipe(
      Effect.provideContext(services)
    )
    yield* Console.log(
      `Of the shortest recordings, the audio is archived in ${directory}:\n${ArchiveView.counts(kept)}\n`
    )
    const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const archive = (span: ArchiveIndex.Span) =>
      ArchivedAudio.stream(directory, span).pipe(Stream.provideContext(services), Stream.provideContext(files))
    const result = yield* Reconcile.run({
      archive,
      window,
      settings: { account: account.authId, policy: policy(account) },
      rates: rates(account)
    }).pipe(withProgress, Effect.map(Account.masked))
    yield* Console.log(`${ReconcileView.text(result, terminal)}\n`)
    yield* ReportCommand.write(input.out, report, {
      reconciliation: result,
      links: [Pages.findings]
    })
    const places = new Map<string, string>()
    yield* Context.get(services, ArchiveIndex.ArchiveIndex).list.pipe(
      Stream.filter(ArchiveIndex.isStored),
      Stream.runForEach((entry) =>
        Effect.sync(() => places.set(entry.recordingId, `archive/${AudioStore.pathOf(entry.sha256)}`))
      )
    )
    yield* Written.write(input.out, result, {
      audioOf: (id) => places.get(id) ?? null,
      links: [Pages.report]
    })
    yield* Console.log(
      `Written: ${["report.html", "report.csv", "findings.html", "findings.csv", "findings.ndjson", "charges.csv", "coverage.csv", "reconciliation.json"].map((name) => path.join(input.out, name)).join(", ")}`
    )
    yield* Closing.print(result, input.out)
  })
  // The demo's findings are what it is there to show: it ends well.
  yield* program.pipe(
    Effect.scoped,
    Effect.provide([FakeVobiz.FakeVobiz.layerVobiz({ account, pageCap: input.pageCap }), DuckDb.DuckDb.layer({})]),
    // Here it is the time that the provider has, or the lists would be proved as of another.
    startingAt(account.until)
  )
})
