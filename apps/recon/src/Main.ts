/**
 * The `recon` command: what it is called with, and how it ends (`ExitCode`).
 *
 * @since 0.1.0
 */
import type * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import { CliOutput, Command } from "effect/cli"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Cli from "./Cli.ts"
import * as ExitCode from "./ExitCode.ts"
import { oneLine, SettingError } from "./Failure.ts"
import * as Arguments from "./internal/arguments.ts"
import * as Help from "./internal/help.ts"
import * as Terminal from "./internal/terminal.ts"
import * as Settings from "./Settings.ts"

/**
 * The version that `recon --version` prints.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = "0.1.0"

/** Names of the user's files, and what systems say, are in it: a terminal obeys none of that. */
const say = (text: string) => Console.error(`recon: ${text.split("\n").map(Terminal.plain).join("\n")}`)

const fail = (line: string) => Effect.as(say(line), ExitCode.codes.couldNotRun)

/** Wrong flags are reported in one line; the whole help is printed only on request. */
const presenter: CliOutput.Presenter = {
  present: (event) => (event._tag === "InvalidInvocation" ? Effect.void : CliOutput.defaultPresenter.present(event))
}

/**
 * Runs the command with its arguments (without the program's own name), and gives the exit code. Never fails: what goes
 * wrong is reported on standard error.
 *
 * @category running
 * @since 0.1.0
 */
export const run = (args: ReadonlyArray<string>): Effect.Effect<number, never, NodeServices.NodeServices> =>
  Effect.suspend(() => {
    const flag = Arguments.emptyFlag(args)
    if (flag !== undefined) {
      return Effect.fail(
        new SettingError({ setting: flag, detail: "its value is empty: give one, or leave the flag out" })
      )
    }
    return Command.runWith(Cli.recon, { version })(Arguments.withNegatives(args))
  }).pipe(
    Effect.as<number>(ExitCode.codes.assured),
    Effect.catchTags({
      FindingsFound: () => Effect.succeed(ExitCode.codes.breached),
      CannotTell: ({ reasons }) => Effect.as(Effect.forEach(reasons, say), ExitCode.codes.unknown),
      PolicyError: ({ message }) => fail(`the policy cannot be used\n${message}`),
      RateCardError: ({ message }) => fail(`the rate card cannot be used\n${message}`),
      // The help has been shown. Nothing was looked at, so that it must not end as if all were well.
      ShowHelp: ({ commandPath, errors }) =>
        errors.length === 0
          ? fail(`no command is named: ${commandPath.join(" ")} needs one of those above`)
          : fail(`${errors.map((error) => oneLine(error)).join("; ")}. See ${commandPath.join(" ")} --help`)
    }),
    Effect.catch((error) => Effect.flatMap(Settings.sources(args), (nameOf) => fail(oneLine(error, nameOf)))),
    // A defect is a bug of ours: one line as well, and where it happened for whoever reports it.
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) => fail(`a bug: ${Cause.pretty(cause)}`)
    ),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provideService(CliOutput.Formatter, Help.formatter)
  )
