/** The command as a process: what ends it, and its exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Main from "../Main.ts"

/** What a shell makes of a process that a signal ends: 128 and the signal's number. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const
const brokenPipe = 141

/** How long an interrupted program may take to clean up. All it keeps is written whole or not at all, so this loses nothing. */
const cleanUpMillis = 4000

// Calls are nobody else's business: what the command and its databases make is for its user alone (files 0600, folders 0700),
// but where a file is made for others.
process.umask(0o077)

let interrupted: number | undefined

const end = (code: number) => {
  if (interrupted !== undefined) return
  interrupted = code
  setTimeout(() => process.exit(code), cleanUpMillis).unref()
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(codes[signal]))

// Whoever reads has had enough, as `head` does: nothing is wrong, and nobody is left to be told.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  end(brokenPipe)
  process.emit("SIGTERM")
})

Effect.suspend(() => Main.run(process.argv.slice(2))).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? Number(exit.value) : (interrupted ?? codes.SIGINT))
  })
)
