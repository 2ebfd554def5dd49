/**
 * The command line of `recon`. Each command's program is loaded when it is called, so that help is there at once.
 *
 * @since 0.1.0
 */
import { Command } from "effect/cli"
import * as Acknowledge from "./commands/acknowledge/flags.ts"
import * as Archive from "./commands/archive/flags.ts"
import * as Cluster from "./commands/cluster/flags.ts"
import * as Demo from "./commands/demo/flags.ts"
import * as Doctor from "./commands/doctor/flags.ts"
import * as Erase from "./commands/erase/flags.ts"
import * as Exporting from "./commands/export/flags.ts"
import * as Fake from "./commands/fake/flags.ts"
import * as Findings from "./commands/findings/flags.ts"
import * as List from "./commands/list/flags.ts"
import * as Media from "./commands/media/flags.ts"
import * as Prune from "./commands/prune/flags.ts"
import * as Reconcile from "./commands/reconcile/flags.ts"
import * as Release from "./commands/release/flags.ts"
import * as Report from "./commands/report/flags.ts"
import * as Verify from "./commands/verify/flags.ts"

/**
 * The whole command.
 *
 * @category commands
 * @since 0.1.0
 */
export const recon = Command.make("recon").pipe(
  Command.withDescription(
    "Was every call that had to be recorded really recorded, kept, intact, and billed right? Exit codes: 0 all is well, 1 something is wrong, 2 could not run, 3 cannot tell, 130 interrupted, 143 ended by SIGTERM"
  ),
  Command.withSubcommands([
    List.command,
    Report.command,
    Reconcile.command,
    Findings.command,
    Acknowledge.command,
    Archive.command,
    Prune.command,
    Erase.command,
    Release.command,
    Media.command,
    Exporting.command,
    Verify.command,
    Cluster.command,
    Doctor.command,
    Fake.command,
    Demo.command
  ])
)
