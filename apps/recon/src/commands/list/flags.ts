/** The flags of `recon list`. Its program is loaded when it is called. */
import { Argument, Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { connection, json, many, reveal, text, whole, window } from "../flags.ts"

export const command = Command.make(
  "list",
  {
    ...connection,
    ...window,
    json,
    reveal,
    what: Argument.Literals("what", ["recordings", "cdrs", "trunks"]).pipe(
      Argument.withDescription("What to list: recordings, cdrs or trunks")
    ),
    type: text("type", "TYPE", "Only recordings of this type: call, conference, trunk"),
    call: text("call", "UUID", "Only recordings of this call"),
    limit: whole("limit", [1, many], "At most this many rows")
  },
  Effect.fn("recon.list")(function* ({ what, type, call, limit, from, to, zone, json, reveal, ...rest }) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ what, type, call, limit, from, to, zone, json, reveal, commandInput: commandInput(rest) })
  })
).pipe(
  Command.withDescription("List recordings, call detail records (CDRs) or trunks, newest first"),
  Command.withExamples([
    { command: "recon list recordings --type trunk --limit 20", description: "The newest 20 recordings of trunks" },
    {
      command: "recon list cdrs --from 2026-05-10 --to 2026-05-11 --json",
      description: "A day's CDRs, one JSON object per line"
    }
  ])
)
