/** `recon findings` */
import { Ledger } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import type { CommandInput } from "../../Settings.ts"
import * as Window from "../../Window.ts"
import * as Ledgers from "../ledger.ts"
import * as Session from "../session.ts"

interface Input {
  readonly asOf: string | undefined
  readonly zone: string | undefined
  readonly status: Ledger.Status | "all" | undefined
  readonly json: boolean
  readonly reveal: boolean
  readonly commandInput: CommandInput
}

const statusesOf = (status: Input["status"]): ReadonlyArray<Ledger.Status> => {
  if (status === "all") return Ledger.Status.literals
  return status === undefined ? ["open", "acknowledged"] : [status]
}

export const run = (input: Input) =>
  Effect.gen(function* () {
    const file = yield* Ledgers.existing
    const zone = yield* Session.zoneOf(input.zone)
    const asOf = input.asOf === undefined ? undefined : yield* Window.parseInstant("--as-of", input.asOf, zone)
    yield* Ledgers.print({ ...input, asOf, zone, statuses: statusesOf(input.status) }).pipe(
      Effect.provide(Ledgers.layer(file))
    )
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
