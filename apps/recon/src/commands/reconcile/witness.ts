/** The evidence that a reconciliation keeps. */
import { Manifest } from "@vobiz-effect/archive"
import { Policy } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import type * as Reconcile from "../../Reconcile.ts"
import * as ReconcileView from "../../ReconcileView.ts"
import * as Evidence from "../evidence.ts"

/** A run in the manifest of a folder: it keeps what the provider answers, by which policy is judged, and what is found. */
export const open = Effect.fnUntraced(function* (directory: string) {
  const run = yield* Effect.flatMap(Manifest.Manifest, ({ run }) => run("reconcile")).pipe(
    Effect.provide(Evidence.layerAlone(directory))
  )
  return {
    withAnswers: Evidence.withAnswers(run),
    /** The lists' proofs stand in the report. */
    write: Effect.fnUntraced(function* (result: Reconcile.Result) {
      const policy = JSON.stringify(Policy.encode(result.settings.policy), null, 2)
      yield* run.object({ what: "policy" }, Evidence.text(policy))
      yield* run.object({ what: "findings", format: "ndjson" }, ReconcileView.ndjson(result))
      yield* run.object({ what: "report", format: "json" }, Evidence.text(ReconcileView.json(result)))
    })
  }
})
