/**
 * Switches the parts of the walk off one at a time, in a copy, and runs the walk's tests and the simulation on each: one
 * of them must fail each time.
 *
 *     pnpm simulate:mutants [--seeds 3000]
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"

const { values } = parseArgs({ options: { seeds: { type: "string", default: "3000" } } })
const core = join(import.meta.dirname, "..")

interface Mutant {
  readonly name: string
  readonly from: string
  readonly to: string
}

const mutants: ReadonlyArray<Mutant> = [
  {
    name: "overlap off",
    from: "const shared = ({ overlap }: Rules, size: number) => Math.max(0, Math.min(overlap, size - 1))",
    to: "const shared = (_: Rules, _size: number) => 0"
  },
  { name: "dedupe off", from: "if (!endsKnown) fresh.push(row)", to: "fresh.push(row)" },
  {
    name: "step-back off",
    from: '  if (joint === "none") return',
    to: '  if (joint === "none" && walk.size < 0) return'
  },
  {
    name: "head re-read off",
    from: "    return walk.windows === 1\n      ? {",
    to: "    return walk.windows >= 1\n      ? {"
  },
  {
    name: "page past the end off",
    from: "if (!cutShort && rows.length > 0) {",
    to: "if (!cutShort && rows.length < 0) {"
  },
  {
    name: "total check off",
    from: "const missing = isCounted ? Math.max(0, walk.total - walk.rows) : 0",
    to: "const missing = 0"
  },
  { name: "short pages taken as they are", from: "const maxShortTries = 2", to: "const maxShortTries = -1" },
  {
    name: "a page cap that falls not learnt",
    from: "window.limit < Math.min(walk.size, window.asked)",
    to: "window.limit < 0"
  },
  { name: "look-back off", from: "oldest < newest - rules.lookBack", to: "oldest < Infinity" },
  {
    name: "page size learnt from a short page not doubted",
    from: "...(walk.learntShort\n",
    to: "...(walk.size < 0\n"
  },
  { name: "soft seams not doubted", from: "...(walk.softSeams > 0", to: "...(walk.softSeams > Infinity" }
]

// Outside any node_modules, where Node.js would not run TypeScript.
const folder = mkdtempSync(join(tmpdir(), "mutants-"))
/** The files of the walk, each with its text. */
const originals = ["src/internal/walk.ts", "src/internal/walkProof.ts"].map(
  (name) => [join(folder, name), readFileSync(join(core, name), "utf8")] as const
)

for (const part of ["src", "test/pagerSimulation.ts", "test/OffsetPager.test.ts", "scripts/simulate.ts"]) {
  cpSync(join(core, part), join(folder, part), { recursive: true })
}
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n')
symlinkSync(join(core, "node_modules"), join(folder, "node_modules"))

// One that walks forever is caught too.
const options = { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28, timeout: 120_000 } as const

/** What the walk's own tests say of the mutant, if they say anything. */
const tested = () => {
  const vitest = join(core, "node_modules/vitest/vitest.mjs")
  const args = [vitest, "run", "--root", folder, "--testTimeout", "10000", "--no-color"]
  const { status, stdout } = spawnSync(process.execPath, args, options)
  const [, failed = "all"] = /Tests\s+(\d+) failed/.exec(stdout) ?? []
  return status === 0 ? undefined : `${failed} of the tests`
}

/** What the simulation says of it. */
const simulated = () => {
  const args = [join(folder, "scripts/simulate.ts"), "--seeds", values.seeds]
  const { status, stdout } = spawnSync(process.execPath, args, options)
  const [how = "the simulation, which does not end"] =
    /seed \d+ (?:lost|invented|doubted a still list)/.exec(stdout) ?? []
  return status === 0 ? undefined : how
}

const caughtBy = () => [tested(), simulated()].filter((by) => by !== undefined)

let survivors = 0
// The walk as it is must pass, or the rest says nothing.
const sound = caughtBy()
if (sound.length > 0) {
  survivors++
  process.stdout.write(`the walk as it is: fails, by ${sound.join(" and ")}\n`)
}
for (const { from, name, to } of mutants) {
  let found = 0
  for (const [file, original] of originals) {
    const parts = original.split(from)
    found += parts.length - 1
    writeFileSync(file, parts.join(to))
  }
  const caught = found === 1 ? caughtBy() : []
  if (caught.length === 0) survivors++
  process.stdout.write(
    found !== 1
      ? `${name}: its text is not found once in the files of the walk; mend this script\n`
      : `${name}: ${caught.length === 0 ? "SURVIVED" : `caught by ${caught.join(" and ")}`}\n`
  )
}
rmSync(folder, { recursive: true, force: true })
process.stdout.write(survivors === 0 ? `all ${mutants.length} caught\n` : `${survivors} not caught\n`)
process.exitCode = survivors === 0 ? 0 : 1
