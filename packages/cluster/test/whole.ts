/** The same reconciliation as one run over all rows at once. */
import { Account, Coverage, FindingFiles } from "@vobiz-effect/reconcile"
import { Effect, Stream } from "effect"

import type { Spec } from "../src/index.ts"
import * as Reconcile from "../src/internal/reconcile.ts"
import * as Lists from "./accounts.ts"

const decoder = new TextDecoder()

export const run = Effect.fnUntraced(function* (lists: Lists.Lists, spec: Spec.Spec) {
  const { cdrs, recordings, trunks } = Lists.within(lists, spec)
  const result = yield* Account.reconcile({
    cdrs: Stream.fromIterable(cdrs),
    recordings: Stream.fromIterable(recordings),
    trunks: Stream.fromIterable(trunks),
    proofs: Effect.succeed(Coverage.declared),
    window: { from: spec.from, to: spec.to },
    asOf: spec.asOf ?? spec.to,
    options: Account.settings(spec.settings)
  })
  const bytes = yield* Stream.runCollect(FindingFiles.ndjson(result.findings))
  return { findings: bytes.map((some) => decoder.decode(some)).join(""), summary: Reconcile.figures(result) }
}, Effect.scoped)
