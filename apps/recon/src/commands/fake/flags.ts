/** The flags of `recon fake`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { ranged, simulated, simulation, text, yes } from "../flags.ts"

export const command = Command.make(
  "fake",
  {
    ...simulation,
    port: ranged("port", [0, 65_535], "On 127.0.0.1, by default any free one").pipe(Flag.withDefault(0)),
    until: text("until", "TIME", "When the account ends: a day, an instant, or 'now'; by default 2026-11-20"),
    clock: yes("clock", "Let the provider's clock run from there; by default it stands still"),
    latency: ranged("latency", [0, 600_000], "Milliseconds before each response, by default none").pipe(
      Flag.withDefault(0)
    )
  },
  Effect.fn("recon.fake")(function* (input) {
    const { run } = yield* simulated(() => import("./run.ts"))
    return yield* run(input)
  })
).pipe(
  Command.withDescription("Serve a simulated provider with a made-up account on this machine, until interrupted"),
  Command.withExamples([
    { command: "recon fake --port 8080 --calls 500", description: "A small account" },
    {
      command: "recon fake --until now --clock",
      description: "An account of the last 33 days with a running clock: recon reconcile --days 3 finds calls"
    }
  ])
)
