/** The flags of `recon cluster`. Its program is loaded when it is called. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { commandInput } from "../../Settings.ts"
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
      Flag.withDescription("The address at which other runners reach this one, by default 127.0.0.1"),
      Flag.withDefault("127.0.0.1")
    ),
    port: ranged("port", [1, 65_535], "The port of that address, by default 34431").pipe(Flag.withDefault(34431))
  },
  Effect.fn("recon.cluster.runner")(function* (input) {
    const { runner } = yield* Effect.promise(() => import("./run.ts"))
    return yield* runner({ ...input, commandInput: commandInput(input) })
  })
).pipe(Command.withDescription("Run a worker of the cluster, whose PostgreSQL is RECON_DATABASE, until interrupted"))

const clusterSubmit = Command.make(
  "submit",
  {
    ...place,
    ...room,
    ...window,
    json,
    policy: setting("policy"),
    withAudio: yes("archive", "Then also fetch the audio of the window's recordings into the lake"),
    again: yes("again", "Start a new run that reads everything again, even if the same run was submitted before"),
    retry: text(
      "retry",
      "RUN",
      "Retry the units of this run that failed or were cancelled, or resume it if its process was killed"
    )
  },
  Effect.fn("recon.cluster.submit")(function* (input) {
    const { submit } = yield* Effect.promise(() => import("./run.ts"))
    yield* submit({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Reconcile accounts in the cluster; without RECON_DATABASE in this process, resuming a run whose process was killed"
  )
)

const clusterStatus = Command.make(
  "status",
  { ...place, json, watch: yes("watch", "Refresh every two seconds until no run is under way") },
  Effect.fn("recon.cluster.status")(function* (input) {
    const { status } = yield* Effect.promise(() => import("./run.ts"))
    yield* status({ ...input, commandInput: commandInput(input) })
  })
).pipe(Command.withDescription("Show the state of the runs, and what failed"))

const clusterCancel = Command.make(
  "cancel",
  { ...place, run: Argument.String("run") },
  Effect.fn("recon.cluster.cancel")(function* (input) {
    const { cancel } = yield* Effect.promise(() => import("./run.ts"))
    yield* cancel({ ...input, commandInput: commandInput(input) })
  })
).pipe(Command.withDescription("Stop a run"))

const someRun = Argument.map(Argument.optional(Argument.String("run")), Option.getOrUndefined)

const clusterStore = Command.make(
  "store",
  { ...place, run: someRun },
  Effect.fn("recon.cluster.store")(function* (input) {
    const { store } = yield* Effect.promise(() => import("./run.ts"))
    yield* store({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Write a run's findings to the PostgreSQL of RECON_FINDINGS_DATABASE or RECON_DATABASE; without a run, all findings that are not there yet"
  )
)

const clusterClean = Command.make(
  "clean",
  {
    ...place,
    run: someRun,
    olderThan: text(
      "older-than",
      "TIME",
      "Instead of one run: all runs that ended at least this long ago, such as '30 days'"
    )
  },
  Effect.fn("recon.cluster.clean")(function* (input) {
    const { clean } = yield* Effect.promise(() => import("./run.ts"))
    yield* clean({ ...input, commandInput: commandInput(input) })
  })
).pipe(Command.withDescription("Remove from the lake the rows that ended runs read from the provider; results stay"))

export const command = Command.make("cluster").pipe(
  Command.withDescription("Reconcile many accounts as durable jobs, on one machine or on many (docs/scale.md)"),
  Command.withSubcommands([clusterRunner, clusterSubmit, clusterStatus, clusterCancel, clusterStore, clusterClean])
)
