import type { Benchmark } from "../Bench.ts"
import * as Account from "./account.ts"
import * as Archive from "./archive.ts"
import * as ColdStart from "./coldStart.ts"
import * as Daily from "./daily.ts"
import * as Findings from "./findings.ts"
import * as Ingest from "./ingest.ts"
import * as Lists from "./lists.ts"
import * as Page from "./page.ts"
import * as Reconcile from "./reconcile.ts"
import * as Scale from "./scale.ts"

export const benchmarks: ReadonlyArray<Benchmark> = [
  Lists.listStream,
  Lists.listLimit,
  Lists.latencyLoop,
  Lists.latencyPlivo,
  Lists.latencyTwilio,
  Lists.latencyCdrs,
  Lists.memory,
  Ingest.ingest,
  Ingest.cold,
  Ingest.limit,
  ...Reconcile.benchmarks,
  Account.reconcile,
  Findings.closed,
  ...Scale.benchmarks,
  Archive.small,
  Archive.smallLimit,
  Archive.large,
  Archive.largeLimit,
  ...Daily.benchmarks,
  Page.html,
  Page.paint,
  ColdStart.help
]
