/** The flags of `recon reconcile`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { connection, files, json, out, reveal, settings, text, watched, window } from "../flags.ts"

export const command = Command.make(
  "reconcile",
  {
    ...connection,
    ...window,
    json,
    reveal,
    out,
    ...settings(
      "days",
      "policy",
      "voiceApi",
      "recordedNumbers",
      "minimumTalk",
      "minimumShare",
      "maximumGap",
      "rates",
      "settle",
      "skew",
      "longestCall",
      "retention",
      "target",
      "allowEmpty",
      "complete",
      "cdrCount",
      "recordingCount",
      "map",
      "archive",
      "evidence",
      "keep",
      "ledger",
      "memory",
      "temp"
    ),
    cdrs: files("cdrs", "CDRs"),
    recordings: files("recordings", "recordings"),
    trunks: files("trunks", "trunks"),
    asOf: text(
      "as-of",
      "TIME",
      "When the files were read from the provider, by default now; with --ledger and no files: what was known then"
    ),
    ...watched
  },
  Effect.fn("recon.reconcile")(function* ({ cdrs, recordings, trunks, ...input }) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    const files = { cdrs, recordings, trunks }
    yield* run({ ...input, files, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Was every call that had to be recorded really recorded? Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon reconcile --from 2026-05-10 --to 2026-05-11", description: "One day" },
    {
      command: "recon reconcile --voice-api must --settle '2 hours' --out out",
      description: "Every answered voice-API call had to be recorded; with out/findings.csv and .ndjson"
    },
    {
      command: "recon reconcile --policy policy.yaml --target 99.9",
      description: "With your own policy; exit code 0 if at least 99.9% is surely recorded"
    },
    {
      command: "recon reconcile --rates rates.yaml --out out",
      description: "Also compare each charge with your rate card; with out/charges.csv"
    },
    {
      command:
        "recon reconcile --every '0 2 * * *' --zone Asia/Kolkata --days 3 --metrics-file /var/lib/recon/recon.prom",
      description: "The last three days, each night at two, until stopped"
    },
    {
      command: "recon reconcile --ledger recon.ledger --as-of 2026-05-12",
      description: "What was known on that day, without the provider"
    },
    {
      command: "recon reconcile --cdrs 'cdr-*.csv' --recordings kept/recordings --from 2026-05-10 --as-of 2026-05-12",
      description: "Files instead of the provider"
    }
  ])
)
