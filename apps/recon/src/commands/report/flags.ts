/** The flags of `recon report`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { connection, json, out, window } from "../flags.ts"

export const command = Command.make(
  "report",
  { ...connection, ...window, json, out },
  Effect.fn("recon.report")(function* ({ from, to, zone, json, out, ...rest }) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ from, to, zone, json, out, commandInput: commandInput(rest) })
  })
).pipe(
  Command.withDescription("Count calls and recordings: by day, type, format and trunk, their durations and cost"),
  Command.withExamples([
    { command: "recon report", description: "The last seven days" },
    {
      command: "recon report --from 2026-05-01 --to 2026-06-01 --zone Asia/Kolkata --out may",
      description: "A month, in Indian days, with may/report.html and may/report.csv"
    }
  ])
)
