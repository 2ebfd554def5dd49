/** The flags of `recon cluster`. Its program is loaded when it is called. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { given } from "../../Settings.ts"
import { connection, json, ranged, setting, settings, text, whole, window, yes } from "../flags.ts"

const place = { ...connection, ...settings("lake", "state", "accounts") }

const room = {
  units: whole("units", [1, 64], "Units of work at once, by default 2"),
  ...settings("memory", "temp")
}

const clusterRunner = Command.make(
  "runner",
  {
    ...place,
    ...room,
    host: Flag.String("host").pipe(
      Flag.withDescription("The address by which the other runners reach this one, by default 127.0.0.1"),
      Flag.withDefault("127.0.0.1")
    ),
    port: ranged("port", [1, 65_535], "By default 34431").pipe(Flag.withDefault(34431))
  },
  Effect.fn("recon.cluster.runner")(function* (input) {
    const { runner } = yield* Effect.promise(() => import("./run.ts"))
    return yield* runner({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("Work for the cluster of the PostgreSQL in RECON_DATABASE, until interrupted"))

const clusterSubmit = Command.make(
  "submit",
  {
    ...place,
    ...room,
    ...window,
    json,
    policy: setting("policy"),
    withAudio: yes("archive", "Then also fetch the audio of the window's recordings into the lake"),
    again: yes("again", "Read everything anew, as a run of its own, where the same was asked before"),
    retry: text(
      "retry",
      "RUN",
      "Begin again what failed or was cancelled of this run, or resume it where its process was killed"
    )
  },
  Effect.fn("recon.cluster.submit")(function* (input) {
    const { submit } = yield* Effect.promise(() => import("./run.ts"))
    yield* submit({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Reconcile accounts by the cluster; without RECON_DATABASE in this process, going on where one that was killed left off"
  )
)

const clusterStatus = Command.make(
  "status",
  { ...place, json, watch: yes("watch", "Show it again every two seconds, until no run is under way") },
  Effect.fn("recon.cluster.status")(function* (input) {
    const { status } = yield* Effect.promise(() => import("./run.ts"))
    yield* status({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("What becomes of the runs, and what failed"))

const clusterCancel = Command.make(
  "cancel",
  { ...place, run: Argument.String("run") },
  Effect.fn("recon.cluster.cancel")(function* (input) {
    const { cancel } = yield* Effect.promise(() => import("./run.ts"))
    yield* cancel({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("Stop a run"))

const someRun = Argument.map(Argument.optional(Argument.String("run")), Option.getOrUndefined)

const clusterStore = Command.make(
  "store",
  { ...place, run: someRun },
  Effect.fn("recon.cluster.store")(function* (input) {
    const { store } = yield* Effect.promise(() => import("./run.ts"))
    yield* store({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Put a run's findings into the PostgreSQL of RECON_FINDINGS_DATABASE or RECON_DATABASE; without a run, all that are not there yet"
  )
)

const clusterClean = Command.make(
  "clean",
  {
    ...place,
    run: someRun,
    olderThan: text("older-than", "TIME", "Instead of one run, all that ended so long ago, such as '30 days'")
  },
  Effect.fn("recon.cluster.clean")(function* (input) {
    const { clean } = yield* Effect.promise(() => import("./run.ts"))
    yield* clean({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("Remove from the lake the rows that ended runs read of the provider; results stay"))

export const command = Command.make("cluster").pipe(
  Command.withDescription("Reconcile many accounts as durable jobs, on one machine or on many (docs/scale.md)"),
  Command.withSubcommands([clusterRunner, clusterSubmit, clusterStatus, clusterCancel, clusterStore, clusterClean])
)
