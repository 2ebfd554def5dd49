/** Runners, each a process of its own or within this one, over one PostgreSQL and one lake. */
import { dirname } from "node:path"
import * as Child from "@vobiz-effect/test-support/Child"
import { type FakeVobiz } from "@vobiz-effect/testing"
import { Effect, Logger, Redacted, Scope } from "effect"

import { ClusterSecret } from "../src/index.ts"
import type * as Postgres from "./postgres.ts"
import * as Program from "./programs/runner.ts"

const program = new URL("./programs/runner.ts", import.meta.url)

export const secretText = "0123456789abcdef0123456789abcdef"

/** The secret of the runners. */
export const secret = Effect.runSync(ClusterSecret.fromText(Redacted.make(secretText), "the test"))

export interface Options {
  readonly postgres: Effect.Success<typeof Postgres.make>
  readonly servers: ReadonlyArray<FakeVobiz.FakeVobiz["Service"]>
  readonly lake: string
  readonly rateLimit: number
  readonly pageSize: number
  /** How long storage takes for a write on the runner of a port. */
  readonly slowMillis?: (port: number) => number
  /** By which port the runner of a port gets to the database, if not by the database's. */
  readonly databasePort?: (port: number) => number | undefined
  /** On which port the runner listens that others reach by a port, if not on this. */
  readonly listens?: (port: number) => number
}

/** Starts runners by the ports that others reach them by, and sends them signals; those that are left are killed in the end. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const children = new Map<number, Child.Child>()
  const scope = yield* Effect.scope
  const { lake, pageSize, postgres, rateLimit, servers } = options
  const accounts = servers.map(({ authId, authToken, url }) => ({
    authId,
    authToken: Redacted.value(authToken),
    baseUrl: url.href
  }))
  const setupOf = (port: number) => {
    const database = new URL(Redacted.value(postgres.url))
    database.port = String(options.databasePort?.(port) ?? database.port)
    return {
      port,
      listens: options.listens?.(port) ?? port,
      secret: secretText,
      database: database.href,
      lake,
      rateLimit,
      pageSize,
      units: 2,
      slowMillis: options.slowMillis?.(port) ?? 0,
      accounts
    }
  }
  return {
    /** Starts a runner in this process, which saves the processor time of starting another. */
    startHere: (port: number) =>
      Scope.provide(Program.run(setupOf(port)), scope).pipe(Effect.provide(Logger.layer([])), Effect.orDie),
    start: Effect.fnUntraced(function* (port: number) {
      // What a runner leaves that is killed goes with the test.
      const env = { TMPDIR: dirname(lake), SETUP: JSON.stringify(setupOf(port)) }
      children.set(port, yield* Child.start(program, [], { env }))
    }, Scope.provide(scope)),
    /** Waits for a state that a runner brings about. Dies when the runner ends before. */
    reaches: <E, R>(port: number, state: string, look: Effect.Effect<boolean, E, R>) =>
      children.get(port)?.reaches(state, look) ?? Effect.die(new Error(`there is no runner of port ${port}`)),
    /** What the runner of a port has printed. */
    out: (port: number) => children.get(port)?.out() ?? "",
    signal: (port: number, signal: NodeJS.Signals) => children.get(port)?.kill(signal) ?? Effect.void,
    /** Kills a runner, and waits until it is gone. */
    kill: (port: number) =>
      Effect.suspend(() => {
        const child = children.get(port)
        return child === undefined ? Effect.void : Effect.andThen(child.kill("SIGKILL"), child.end)
      })
  }
})
