/** The flags of `recon prune`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { config, json, theArchive, wait, yes } from "../flags.ts"

export const command = Command.make(
  "prune",
  {
    config,
    json,
    archive: theArchive,
    rules: Flag.String("rules").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Rules in YAML or JSON: what to delete after how many days, and what is on hold")
    ),
    execute: yes("execute", "Delete; without it, only list what would be deleted"),
    wait
  },
  Effect.fn("recon.prune")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Delete from the archive the recordings that the rules no longer keep, unless they are on hold. Each leaves a tombstone"
  ),
  Command.withExamples([
    {
      command: "recon prune --archive /srv/recordings --rules retention.yaml",
      description: "List what would be deleted"
    },
    {
      command: "recon prune --archive /srv/recordings --rules retention.yaml --execute",
      description: "Delete it"
    }
  ])
)
