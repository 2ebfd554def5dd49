/** `recon findings` on a ledger with very many closed findings, against the same on one that never had any. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { DuckDb, Ledger, Policy } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { NodeServices } from "@effect/platform-node"
import type { Benchmark, Setting } from "../Bench.ts"
import * as Command from "../command.ts"
import { window } from "../parquet.ts"

/** A ledger of one run that closed this many findings. */
const ledger = Effect.fnUntraced(function* (file: string, closed: number) {
  if (existsSync(file)) return
  yield* Effect.flatMap(Ledger.Ledger, ({ record }) =>
    record({
      account: "MA_BENCH",
      window,
      asOf: DateTime.add(window.to, { hours: 6 }),
      proofs: { cdrs: "declared", recordings: "declared" },
      verdict: "assured",
      policy: Policy.short({}),
      settings: {},
      summary: {},
      findings: Stream.empty
    })
  ).pipe(Effect.provide(Ledger.Ledger.layer({ file })))
  const at = window.from.epochMilliseconds
  yield* Effect.flatMap(DuckDb.DuckDb, (db) =>
    db.run(`INSERT INTO episode SELECT 'MA_BENCH', 'missing cdr ' || i, 1, 1, 'cleared', 'matched', 0, 0 FROM range(${closed}) r(i);
INSERT INTO version SELECT 'MA_BENCH', 'missing cdr ' || i, 'cdr ' || i, 'missing', 'critical', ${at}, ${at}, NULL,
  repeat('{"code":"missing"}', 40), 1, 1, 3 FROM range(${closed}) r(i)`)
  ).pipe(Effect.provide(DuckDb.DuckDb.layer({ path: file })))
})

/** Lists the open findings, of which there are none, in a process of its own. */
const list =
  (closed: (size: number) => number) =>
  ({ folder, size }: Setting) =>
    Effect.gen(function* () {
      const file = join(folder, `${closed(size)}.ledger`)
      yield* ledger(file, closed(size))
      return yield* Command.run([Command.recon, "findings", "--ledger", file], { ends: [0], rows: 1 })
    }).pipe(Effect.provide(NodeServices.layer))

export const closed: Benchmark = {
  name: "findings-closed",
  about: "`recon findings` on a ledger of 500,000 closed findings, against the same on one without any",
  size: { full: 500_000, smoke: 2000 },
  figure: "CPU seconds",
  by: "ratio",
  target: { atMost: 1.5 },
  ours: "500,000 closed",
  peer: "none",
  ways: { "500,000 closed": list((size) => size), none: list(() => 0) }
}
