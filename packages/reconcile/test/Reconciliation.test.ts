import { describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"

import { DuckDb, Reconciliation } from "../src/index.ts"
import * as Accounts from "./accounts.ts"
import { reconcile } from "./reference.ts"

const layer = DuckDb.DuckDb.layer({ threads: 1 })

describe("Reconciliation", () => {
  it.effect(
    "finds what the reference finds, on random accounts of every kind",
    () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= 250; seed++) {
          const { account, parameters, options } = Accounts.make(seed)
          const findings = yield* Effect.scoped(
            Effect.gen(function* () {
              const result = yield* Reconciliation.run({
                cdrs: Stream.fromIterable(account.cdrs),
                recordings: Stream.fromIterable(account.recordings),
                trunks: Stream.fromIterable(account.trunks),
                window: parameters.window,
                asOf: parameters.asOf,
                options
              })
              return yield* Stream.runCollect(result.findings)
            })
          )
          assertEquals(findings, reconcile(account, parameters), `seed ${seed}`)
        }
      }).pipe(Effect.provide(layer)),
    120_000
  )
})
