/** The flags of `recon export`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { given } from "../../Settings.ts"
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
      Flag.withDescription("Where the files go; those that are there already stay")
    ),
    name: text(
      "name",
      "TEMPLATE",
      "The names, by default '{date}/{trunk}/{time}_{direction}_{number}_{id}'; there are also {call}, {type}, {from} and {to}"
    ),
    findings: text(
      "findings",
      "FILE",
      "Only recordings that these findings name, with the trunk, direction and start of their calls, as reconcile writes findings.ndjson"
    ),
    link: yes("link", "Link the archive's files instead of copying them; who changes one then changes the archive"),
    zone: window.zone
  },
  Effect.fn("recon.export")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Put archived recordings under names that people read, each checked against its digest. Exit code 0: all are there, 1: some are not, 3: there are none"
  ),
  Command.withExamples([
    {
      command: "recon export --archive /srv/recordings --findings out/findings.ndjson --to may",
      description: "The recordings of a reconciliation, by day and trunk"
    },
    {
      command: "recon export --archive /srv/recordings --to by-call --name '{call}/{id}' --link",
      description: "All that is there, by call, without taking more room"
    }
  ])
)
