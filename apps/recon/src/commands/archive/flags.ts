/** The flags of `recon archive`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { connection, json, setting, text, watched, whole, window, yes } from "../flags.ts"

export const command = Command.make(
  "archive",
  {
    ...connection,
    json,
    archive: setting("archive", "The archive's folder; VOBIZ_ARCHIVE_KEY encrypts what is kept there"),
    from: text("from", "TIME", "Only recordings added since this day or instant"),
    to: text("to", "TIME", "Only recordings added before this day or instant"),
    zone: window.zone,
    type: text("type", "TYPE", "Only recordings of this type: call, conference, trunk"),
    findings: text(
      "findings",
      "FILE",
      "Only recordings named by the findings in this file, such as findings.ndjson of recon reconcile"
    ),
    archiveSettle: setting("archiveSettle"),
    maxBytes: whole("max-bytes", [1, Number.MAX_SAFE_INTEGER], "Size limit of one file in bytes, by default 2 GiB"),
    allowEmpty: setting("allowEmpty", "It is normal that no recording is listed"),
    adopt: yes(
      "adopt",
      "Make a manifest for the files in a folder that has none, such as an archive that recon cluster filled"
    ),
    anchor: setting("anchor"),
    ...watched
  },
  Effect.fn("recon.archive")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Fetch recordings before the provider deletes them, the oldest first. Exit code 0: all are held whole, 1: some are not, 3: cannot tell"
  ),
  Command.withExamples([
    {
      command: "recon archive --archive /srv/recordings",
      description: "Everything that the archive does not have yet"
    },
    {
      command: "recon archive --archive /srv/recordings --findings out/findings.ndjson",
      description: "Only the recordings that a reconciliation's findings name"
    }
  ])
)
