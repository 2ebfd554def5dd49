/** `recon acknowledge` */
import { Ledger } from "@vobiz-effect/reconcile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { CommandInput } from "../../Settings.ts"
import { SettingError } from "../../Failure.ts"
import * as Ledgers from "../ledger.ts"
import * as Session from "../session.ts"

interface Input {
  readonly key: string
  readonly who: string | undefined
  readonly note: string
  readonly reopen: boolean
  readonly commandInput: CommandInput
}

const whoOf = Effect.fnUntraced(function* (flag: string | undefined) {
  const who = flag ?? (yield* Session.optional("LOGNAME")) ?? (yield* Session.optional("USER"))
  if (who !== undefined) return who
  return yield* new SettingError({ setting: "--who", detail: "say who has taken note of it" })
})

export const run = (input: Input) =>
  Effect.gen(function* () {
    const file = yield* Ledgers.existing
    const who = yield* whoOf(input.who)
    yield* Effect.gen(function* () {
      const ledger = yield* Ledger.Ledger
      const account = yield* Ledgers.account
      const kind = input.reopen ? "reopened" : "acknowledged"
      yield* ledger.note({ account, key: input.key, kind, who, words: input.note })
      yield* Console.log(`${input.key}: ${kind} by ${who}`)
    }).pipe(Effect.provide(Ledgers.layer(file)))
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
