/** The flags of `recon doctor`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { connection, json, setting } from "../flags.ts"

export const command = Command.make(
  "doctor",
  {
    ...connection,
    json,
    contract: setting("contract", "Where what is found is kept, and compared with; by default vobiz-contract.json")
  },
  Effect.fn("recon.doctor")(function* ({ json, ...rest }) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ json, commandInput: commandInput(rest) })
  })
).pipe(
  Command.withDescription(
    "How does the provider behave for this account? Reads only, at most 60 requests. Exit code 0: as in the last contract, even with concerns, 1: different from it, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon doctor", description: "Examine the account and save the contract" },
    { command: "recon doctor --contract prod.json --json", description: "With a contract of its own, for a program" }
  ])
)
