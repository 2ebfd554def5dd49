/** Runs one way of one benchmark, in this process alone, and prints how it did as JSON. */
import * as Effect from "effect/Effect"
import { benchmarks } from "./benches/index.ts"

const [name, way = "", size, folder = ""] = process.argv.slice(2)
const run = benchmarks.find((benchmark) => benchmark.name === name)?.ways[way]
if (run === undefined) throw new Error(`there is no way "${way}" of a benchmark "${name}"`)

Effect.runPromise(Effect.scoped(run({ size: Number(size), folder }))).then(
  (sample) => {
    // In kilobytes, by the operating system.
    const memory = process.resourceUsage().maxRSS / 1024
    process.stdout.write(`${JSON.stringify({ memory, ...sample })}\n`)
    process.exit()
  },
  (error) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  }
)
