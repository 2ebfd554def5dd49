/**
 * Walks many lists that move while they are read, each by its seed, and counts what their proofs got wrong.
 *
 *     pnpm simulate --seeds 10000 [--from 1]
 *
 * Losses, rows given twice or never held, and doubts of lists that stood still must be none; each is printed with its
 * seed and its story. Exit code 1 if there is any.
 */
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { simulate } from "../test/pagerSimulation.ts"

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "10000" }, from: { type: "string", default: "1" } }
})
const seeds = Number(values.seeds)
const from = Number(values.from)

const verdicts: Record<string, number> = {}
let losses = 0
let inventions = 0
let falseDoubts = 0
let pages = 0

const program = Effect.gen(function* () {
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = yield* simulate(seed)
    verdicts[outcome.verdict] = (verdicts[outcome.verdict] ?? 0) + 1
    pages += outcome.pages
    losses += outcome.losses.length
    inventions += outcome.inventions.length
    falseDoubts += outcome.falseDoubt ? 1 : 0
    if (outcome.losses.length > 0) process.stdout.write(`seed ${seed} lost ${outcome.losses}: ${outcome.story}\n`)
    if (outcome.inventions.length > 0) {
      process.stdout.write(`seed ${seed} invented ${outcome.inventions}: ${outcome.story}\n`)
    }
    if (outcome.falseDoubt) process.stdout.write(`seed ${seed} doubted a still list: ${outcome.story}\n`)
    if ((seed - from + 1) % 5000 === 0) process.stderr.write(`${seed - from + 1} walks\n`)
  }
})

await Effect.runPromise(program)
process.stdout.write(
  `${seeds} walks from seed ${from}, ${pages} pages: ${Object.entries(verdicts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ")}\nlosses ${losses}, inventions ${inventions}, false doubts ${falseDoubts}\n`
)
process.exitCode = losses + inventions + falseDoubts === 0 ? 0 : 1
