/** The flags of `recon media`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { config, json, setting, theArchive } from "../flags.ts"

export const command = Command.make(
  "media",
  {
    config,
    json,
    archive: theArchive,
    ledger: setting("ledger", "Say of each finding since when this ledger of recon reconcile has it")
  },
  Effect.fn("recon.media")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Is the archived audio what it should be: whole, audible on both sides, of the format and length that the provider says? Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    {
      command: "recon media --archive /srv/recordings",
      description: "Check everything; files that were checked before are not decoded again"
    },
    {
      command: "recon media --archive /srv/recordings --ledger recon.ledger",
      description: "Also say which findings are new"
    }
  ])
)
