/** The flags of `recon erase`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { config, json, text, theArchive, wait, yes } from "../flags.ts"

export const command = Command.make(
  "erase",
  {
    config,
    json,
    archive: theArchive,
    number: Flag.String("number").pipe(
      Flag.withMetavar("NUMBER"),
      Flag.withDescription(
        "The person's telephone number, such as +919812345678; a national number needs VOBIZ_CALLING_CODE"
      )
    ),
    rules: Flag.String("rules").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "The rules file of recon prune: nothing is erased while one of the person's recordings is on hold"
      )
    ),
    reason: Flag.String("reason").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("The reason, for the tombstones; leave the number out of it")
    ),
    reference: text("reference", "TEXT", "Where the request is filed, for the tombstones"),
    by: text("by", "NAME", "Who erases, for the tombstones, by default the user of the system"),
    execute: yes("execute", "Erase; without it, only list what would be erased"),
    wait
  },
  Effect.fn("recon.erase")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Erase a person from the archive: the audio of their recordings, and their number everywhere in it. recon verify still succeeds. The provider's copies, and ledgers and pages elsewhere, are not changed"
  ),
  Command.withExamples([
    {
      command:
        'recon erase --archive /srv/recordings --number +919812345678 --rules retention.yaml --reason "asked to"',
      description: "List what would be erased"
    },
    {
      command:
        'recon erase --archive /srv/recordings --number +919812345678 --rules retention.yaml --reason "asked to" --reference "DSR 17" --execute',
      description: "Erase it"
    }
  ])
)
