/** The flags of `recon export`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { config, json, reveal, text, theArchive, window, yes } from "../flags.ts"

export const command = Command.make(
  "export",
  {
    config,
    json,
    reveal,
    archive: theArchive,
    to: Flag.String("to").pipe(
      Flag.withMetavar("FOLDER"),
      Flag.withDescription("Folder for the files; existing files stay")
    ),
    name: text(
      "name",
      "TEMPLATE",
      "File names, by default '{date}/{trunk}/{time}_{direction}_{number}_{id}'; there are also {call}, {type}, {from} and {to}"
    ),
    findings: text(
      "findings",
      "FILE",
      "Only recordings that these findings name, with the trunk, direction and start of their calls, such as findings.ndjson of recon reconcile"
    ),
    link: yes("link", "Link the archive's files instead of copying them; changing a linked file changes the archive"),
    zone: window.zone
  },
  Effect.fn("recon.export")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Copy archived recordings to readable file names, each checked against its digest. Exit code 0: all are there, 1: some are not, 3: there are none"
  ),
  Command.withExamples([
    {
      command: "recon export --archive /srv/recordings --findings out/findings.ndjson --to may",
      description: "The recordings of a reconciliation, by day and trunk"
    },
    {
      command: "recon export --archive /srv/recordings --to by-call --name '{call}/{id}' --link",
      description: "All recordings, by call, without using more disk space"
    }
  ])
)
