import { spawnSync } from "node:child_process"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Benchmark } from "../Bench.ts"
import { timed } from "../measure.ts"

const recon = join(import.meta.dirname, "../../../apps/recon/src/bin.ts")

const starts =
  (args: ReadonlyArray<string>) =>
  ({ size }: { readonly size: number }) =>
    timed(
      Effect.sync(() => {
        for (let n = 0; n < size; n++) spawnSync(process.execPath, args)
        return size
      })
    )

export const help: Benchmark = {
  name: "help",
  about: "how long a start of `recon --help` takes, against one of a Node.js that does nothing",
  size: { full: 10, smoke: 1 },
  figure: "seconds a row",
  by: "difference",
  target: { atMost: 0.25 },
  ours: "recon --help",
  peer: "node -e 0",
  ways: { "recon --help": starts([recon, "--help"]), "node -e 0": starts(["-e", "0"]) }
}
