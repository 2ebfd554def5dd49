/** Processes of the tests. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, type Scope } from "effect"
import * as Wait from "./Wait.ts"

/** How a process ended: by itself with an exit code, or by a signal. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running process. What it printed so far is in `out` and `err`. */
export interface Child {
  readonly process: ChildProcess
  readonly out: () => string
  readonly err: () => string
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly end: Effect.Effect<End>
  /** Waits for a state that the process brings about. Dies when the process ends before. */
  readonly reaches: <E, R>(state: string, look: Effect.Effect<boolean, E, R>) => Effect.Effect<void, E, R>
}

/**
 * Starts a program of TypeScript. It is killed when the scope closes, so a test that is over leaves no process behind.
 *
 * - `node`: options of Node.js.
 * - `env`: what its environment has besides that of the test.
 * - `err`: whether its standard error is kept for the test, instead of shown. @default "shown"
 */
export const start = Effect.fnUntraced(function* (
  program: URL,
  args: ReadonlyArray<string>,
  options: {
    readonly node?: ReadonlyArray<string>
    readonly env?: Readonly<Record<string, string>>
    readonly err?: "shown" | "kept"
  } = {}
): Effect.fn.Return<Child, never, Scope.Scope> {
  const ended = yield* Deferred.make<End>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [...(options.node ?? []), fileURLToPath(program), ...args], {
        stdio: ["ignore", "pipe", options.err === "kept" ? "pipe" : "inherit"],
        env: { ...process.env, ...options.env }
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let out = ""
  let err = ""
  child.stdout?.on("data", (piece) => (out += String(piece)))
  child.stderr?.on("data", (piece) => (err += String(piece)))
  child.on("error", (error) => Deferred.doneUnsafe(ended, Effect.die(error)))
  child.on("close", (code, signal) => Deferred.doneUnsafe(ended, Effect.succeed({ code, signal })))
  return {
    process: child,
    out: () => out,
    err: () => err,
    kill: (signal) => Effect.sync(() => child.kill(signal)),
    end: Deferred.await(ended),
    reaches: (state, look) =>
      Effect.raceFirst(
        Wait.untilTrue(state, look),
        Effect.flatMap(Deferred.await(ended), ({ code, signal }) =>
          Effect.die(new Error(`the process ended (code ${code}, signal ${signal}) before ${state}:\n${out}${err}`))
        )
      )
  }
})

/** Lets other things happen: this many turns of the event loop. */
export const turns = (count: number): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
  })

/** Kills a process with `SIGKILL` when it has reached a state, unless it ends before. Gives how it ended. */
export const killWhen = <E, R>(child: Child, state: string, look: Effect.Effect<boolean, E, R>, afterTurns = 0) =>
  Effect.raceFirst(
    child.end,
    Wait.untilTrue(state, look).pipe(
      Effect.andThen(turns(afterTurns)),
      Effect.andThen(child.kill("SIGKILL")),
      Effect.andThen(child.end)
    )
  )
