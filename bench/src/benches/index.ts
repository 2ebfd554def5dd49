import type { Benchmark } from "../Bench.ts"
import * as Archive from "./archive.ts"
import * as ColdStart from "./coldStart.ts"
import * as Ingest from "./ingest.ts"
import * as Lists from "./lists.ts"
import * as Reconcile from "./reconcile.ts"

export const benchmarks: ReadonlyArray<Benchmark> = [
  Lists.listStream,
  Lists.latencyLoop,
  Lists.latencyPlivo,
  Lists.latencyTwilio,
  Lists.latencyCdrs,
  Lists.memory,
  Ingest.ingest,
  Reconcile.join,
  Reconcile.capped,
  Archive.small,
  Archive.large,
  ColdStart.help
]
