/** The flags of `recon release`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { connection, json, text, theArchive, wait, window, yes } from "../flags.ts"

export const command = Command.make(
  "release",
  {
    ...connection,
    json,
    archive: theArchive,
    before: text("before", "TIME", "Only recordings added before this day or instant"),
    zone: window.zone,
    atProvider: yes(
      "delete-at-provider",
      "Delete them at the provider, permanently; without it they are only verified"
    ),
    wait
  },
  Effect.fn("recon.release")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Delete recordings at the provider that the archive holds whole. Each one's audio is read again here first: its digest agrees, it decodes to its end, and its length agrees with the provider's within 2 seconds or 2 percent. Lists what it kept and why. Exit code 1: some are not whole, 3: cannot tell"
  ),
  Command.withExamples([
    {
      command: "recon release --archive /srv/recordings --before 2026-05-01",
      description: "List the recordings that could be deleted"
    }
  ])
)
