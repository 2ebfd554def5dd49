/** The same reconciliation as one run over all rows at once. */
import { Coverage, FindingFiles, Reconciliation } from "@vobiz-effect/reconcile"
import { Effect, Stream } from "effect"

import { Figures, type Spec } from "../src/index.ts"
import type * as Lists from "./accounts.ts"

const decoder = new TextDecoder()

export const run = Effect.fnUntraced(function* ({ cdrs, recordings, trunks }: Lists.Lists, spec: Spec.Spec) {
  const result = yield* Reconciliation.run({
    cdrs: Stream.fromIterable(cdrs),
    recordings: Stream.fromIterable(recordings),
    trunks: Stream.fromIterable(trunks),
    proofs: Effect.succeed(Coverage.declared),
    window: { from: spec.from, to: spec.to },
    asOf: spec.asOf,
    options: spec.settings
  })
  const bytes = yield* Stream.runCollect(FindingFiles.ndjson(result.findings))
  return {
    findings: bytes.map((some) => decoder.decode(some)).join(""),
    summary: Figures.json(Figures.of(result.summary))
  }
}, Effect.scoped)
