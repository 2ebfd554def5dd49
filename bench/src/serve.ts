/** A server in a process of its own, for as long as the scope is open. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import * as Effect from "effect/Effect"

/** Starts a program of this folder, which prints its address. */
export const serveProgram = (program: string, args: ReadonlyArray<number>) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args.map(String)], {
        stdio: ["pipe", "pipe", "inherit"]
      })
      return once(child.stdout, "data").then(([url]) => ({ child, url: new URL(String(url).trim()) }))
    }),
    ({ child }) => Effect.sync(() => child.kill())
  ).pipe(Effect.map(({ url }) => url))

const may = Date.parse("2026-05-10T23:59:59Z")

/** The bare provider; `newest` is the instant of its newest row in epoch milliseconds, each row `step` older. */
export const serve = (options: {
  readonly rows: number
  readonly latency?: number
  readonly cap?: number
  readonly newest?: number
  readonly step?: number
}) =>
  serveProgram("provider.ts", [
    options.rows,
    options.latency ?? 0,
    options.cap ?? 100,
    options.newest ?? may,
    options.step ?? 1000
  ])
