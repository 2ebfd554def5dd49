/** The flags of `recon acknowledge`. Its program is loaded when it is called. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { ofAccount, text, theLedger, yes } from "../flags.ts"

export const command = Command.make(
  "acknowledge",
  {
    ...ofAccount,
    ledger: theLedger,
    key: Argument.String("key").pipe(Argument.withDescription("The finding's key, as recon findings shows it")),
    note: Flag.String("note").pipe(Flag.withMetavar("WORDS"), Flag.withDescription("The text of the note")),
    who: text("who", "NAME", "Who writes the note, by default the user's name"),
    reopen: yes("reopen", "Reopen the finding: it needs attention after all")
  },
  Effect.fn("recon.acknowledge")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription("Acknowledge a finding of a ledger, with a note"),
  Command.withExamples([
    {
      command: "recon acknowledge 'missing cdr 8b0f…' --ledger recon.ledger --note 'asked the provider, case 17'",
      description: "The finding stays acknowledged until a run clears it"
    }
  ])
)
