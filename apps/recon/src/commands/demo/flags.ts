/** The flags of `recon demo`. Its program is loaded when it is called. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { simulated, simulation } from "../flags.ts"

export const command = Command.make(
  "demo",
  {
    ...simulation,
    out: Flag.String("out").pipe(
      Flag.withMetavar("FOLDER"),
      Flag.withDescription("Where report.html and the findings go, by default out"),
      Flag.withDefault("out")
    )
  },
  Effect.fn("recon.demo")(function* (input) {
    const { run } = yield* simulated(() => import("./run.ts"))
    yield* run(input)
  })
).pipe(
  Command.withDescription(
    "Serve a made-up account, report on it, archive and reconcile it. Exit code 0, whatever the verdict"
  ),
  Command.withExamples([{ command: "recon demo --calls 1000 --out /tmp/demo", description: "A smaller account" }])
)
