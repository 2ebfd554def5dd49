/** The flags of `recon findings`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { json, ofAccount, optional, reveal, text, theLedger, window } from "../flags.ts"

export const command = Command.make(
  "findings",
  {
    ...ofAccount,
    ledger: theLedger,
    json,
    reveal,
    zone: window.zone,
    asOf: text("as-of", "TIME", "The findings as they were known at this time, by default now"),
    status: optional(
      Flag.Literals("status", ["open", "acknowledged", "cleared", "expired", "withdrawn", "all"]).pipe(
        Flag.withDescription("Only findings with this status; by default open and acknowledged ones")
      )
    )
  },
  Effect.fn("recon.findings")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "List the findings of a ledger, the one with the least time left first. Exit code 0: none is open, 1: some are, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon findings --ledger recon.ledger", description: "Open findings" },
    {
      command: "recon findings --ledger recon.ledger --status cleared --json",
      description: "Recordings that came late, and how late, one JSON object per line"
    }
  ])
)
