/** Runs a program of Node.js as a user does, from its start to its end. */
import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Sample } from "./Bench.ts"
import { timed } from "./measure.ts"

/** The command. */
export const recon = join(import.meta.dirname, "../../apps/recon/src/bin.ts")

export interface Options {
  /** Its right exit codes. */
  readonly ends: ReadonlyArray<number>
  /** What the sample counts. */
  readonly rows: number
  readonly env?: Readonly<Record<string, string>>
}

/** Runs it with what it took of processor and memory; what it prints goes to a file. */
export const run = (args: ReadonlyArray<string>, { ends, env, rows }: Options): Effect.Effect<Sample> =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "bench-run-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
    const usage = join(folder, "usage.json")
    const output = openSync(join(folder, "output"), "w")
    yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(output)))
    const sample = yield* timed(
      Effect.sync(() => {
        const all = ["--import", join(import.meta.dirname, "usage.ts"), ...args]
        const { status, stderr } = spawnSync(process.execPath, all, {
          encoding: "utf8",
          env: { ...process.env, ...env, BENCH_USAGE: usage },
          stdio: ["ignore", output, "pipe"]
        })
        if (status === null || !ends.includes(status)) throw new Error(`it ended with ${status}: ${stderr}`)
        return rows
      })
    )
    return { ...sample, ...(JSON.parse(readFileSync(usage, "utf8")) as { cpu: number; memory: number }) }
  }).pipe(Effect.scoped)
