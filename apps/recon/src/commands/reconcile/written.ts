/** What a reconciliation writes. */
import { ArchiveIndex, AudioStore } from "@vobiz-effect/archive"
import { Billing, FindingFiles } from "@vobiz-effect/reconcile"
import * as BillingView from "@vobiz-effect/review/BillingView"
import * as FindingsPage from "@vobiz-effect/review/FindingsPage"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as CoverageView from "../../CoverageView.ts"
import * as Output from "../../Output.ts"
import type * as Reconcile from "../../Reconcile.ts"
import * as ReconcileView from "../../ReconcileView.ts"
import * as Archived from "../archived.ts"
import * as Json from "../json.ts"
import type { Prepared } from "./request.ts"

/** Writes the files of a reconciliation into a folder. */
export const write = Effect.fnUntraced(function* (
  folder: string,
  result: Reconcile.Result,
  { reveal = false, ...page }: FindingsPage.Options & { readonly reveal?: boolean | undefined } = {}
) {
  yield* Output.file(folder, "coverage.csv", CoverageView.csv(result, { reveal }))
  const { schema, zone } = result
  yield* Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FindingFiles.prepare(schema, { masked: !reveal })
      yield* Output.fill(folder, Json.files.csv, (path) => files.csv(path, { asking: true, zone: zone.zone }))
      yield* Output.fill(folder, Json.files.findings, (path) => files.ndjson(path))
    })
  )
  // Where no charge was judged an empty file would say that every charge is right, and one of a run before that some are not.
  yield* Billing.hasJudged(result.billing.rates)
    ? Output.file(folder, "charges.csv", BillingView.charges(schema, zone))
    : Output.remove(folder, "charges.csv")
  yield* Output.file(folder, "reconciliation.json", `${ReconcileView.json(result)}\n`)
  yield* Output.file(folder, "findings.html", Stream.encodeText(FindingsPage.render(result, { ...page, zone })))
})

/**
 * Where a recording's audio is, from the page on: in the archive's folder, if it is kept there as it is. What is encrypted or in
 * a bucket no page can play.
 */
export const audioOf = Effect.fnUntraced(function* ({ archive }: Prepared, out: string) {
  if (archive === undefined || !(yield* Archived.isPlain)) return {}
  const path = yield* Path.Path
  const { list } = yield* Effect.provide(ArchiveIndex.ArchiveIndex, Archived.index(archive))
  const places = new Map<string, string>()
  const relative = path.relative(path.resolve(out), path.resolve(archive)).split(path.sep).join("/")
  yield* Stream.runForEach(list, (entry) =>
    Effect.sync(() => {
      if (entry._tag === "Stored") places.set(entry.recordingId, `${relative}/${AudioStore.pathOf(entry.sha256)}`)
    })
  )
  return { audioOf: (recordingId: string) => places.get(recordingId) ?? null } satisfies FindingsPage.Options
})
