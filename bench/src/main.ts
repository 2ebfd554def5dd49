/**
 * Measures against what a user would pick instead: `pnpm bench [NAME ...] [--runs N] [--smoke] [--json] [--write]`.
 *
 * Each way runs in a process of its own, ours and the peer's in turns, so that whatever else the machine does falls on
 * both; a result is the median of the pairs' ratios. `--smoke` uses tiny sizes, to see that all of it works; `--write`
 * puts the results into RESULTS.md.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Benchmark, Sample } from "./Bench.ts"
import { benchmarks } from "./benches/index.ts"
import * as Results from "./Results.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    smoke: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false }
  }
})

/** A sample, and the peak of its process in MB. */
interface Measured extends Sample {
  readonly memory: number
}

const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `there is no benchmark ${unknown.join(", ")}: there are ${benchmarks.map(({ name }) => name).join(", ")}\n`
  )
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), "bench-"))

const measure = (benchmark: Benchmark, way: string): Measured => {
  const size = values.smoke ? benchmark.size.smoke : benchmark.size.full
  const heap =
    benchmark.heap === undefined ? [] : [`--max-old-space-size=${benchmark.heap}`, "--max-semi-space-size=16"]
  const args = [...heap, join(import.meta.dirname, "child.ts"), benchmark.name, way, String(size), folder]
  // As `recon archive` sets it (apps/recon/src/bin.ts). In the process itself it would come too late: its imports use the threads.
  const env = { ...(benchmark.name.startsWith("archive") ? { UV_THREADPOOL_SIZE: "64" } : {}), ...process.env }
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env, maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${benchmark.name}, ${way}: ${stderr}`)
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured
}

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]]
  return (low + high) / 2
}

const figures: Record<Benchmark["figure"], (measured: Measured) => number> = {
  "rows a second": ({ rows, seconds }) => rows / seconds,
  seconds: ({ seconds }) => seconds,
  "seconds a row": ({ rows, seconds }) => seconds / rows,
  "CPU seconds": ({ cpu }) => cpu,
  "CPU seconds a row": ({ cpu, rows }) => cpu / rows,
  requests: ({ requests = Number.NaN }) => requests,
  "MB read": ({ megabytes = Number.NaN }) => megabytes,
  MB: ({ memory }) => memory
}

/** Ways that did not do the same are not to be compared. */
const check = ({ figure, name }: Benchmark, ours: Measured, peer: Measured) => {
  if (figure === "rows a second" && ours.rows !== peer.rows) {
    throw new Error(`${name}: ours had ${ours.rows} rows, and the peer ${peer.rows}`)
  }
  if (
    ours.rows === peer.rows &&
    ours.outcome !== undefined &&
    peer.outcome !== undefined &&
    ours.outcome !== peer.outcome
  ) {
    throw new Error(`${name}: ours came to ${ours.outcome}, and the peer to ${peer.outcome}`)
  }
}

const pairOf = (benchmark: Benchmark, n: number) => {
  const { ours, peer } = benchmark
  if (peer === null) return { ours: measure(benchmark, ours), peer: null }
  // Who goes first changes from pair to pair.
  const order = n % 2 === 0 ? [ours, peer] : [peer, ours]
  const [first, second] = order.map((way) => measure(benchmark, way)) as [Measured, Measured]
  const pair = n % 2 === 0 ? { ours: first, peer: second } : { ours: second, peer: first }
  check(benchmark, pair.ours, pair.peer)
  return pair
}

const sideOf = (way: string, measured: ReadonlyArray<Measured>, of: (measured: Measured) => number) => ({
  way,
  figure: median(measured.map(of)),
  memory: median(measured.map(({ memory }) => memory))
})

const one = (benchmark: Benchmark): Results.Result => {
  const { about, by, figure, name, target } = benchmark
  const of = figures[figure]
  const runs = values.smoke ? 1 : (benchmark.runs ?? Number(values.runs))
  const pairs = Array.from({ length: runs }, (_, n) => pairOf(benchmark, n))
  const results = pairs.map(({ ours, peer }) =>
    peer === null ? of(ours) : by === "ratio" ? of(ours) / of(peer) : of(ours) - of(peer)
  )
  const result = median(results)
  const peers = pairs.flatMap(({ peer }) => peer ?? [])
  return {
    name,
    about,
    ours: sideOf(
      benchmark.ours,
      pairs.map(({ ours }) => ours),
      of
    ),
    peer: benchmark.peer === null ? null : sideOf(benchmark.peer, peers, of),
    unit: figure,
    by,
    rows: pairs[0]?.ours.rows ?? 0,
    runs,
    result,
    spread: [Math.min(...results), Math.max(...results)],
    target,
    reached: target === null ? null : "atLeast" in target ? result >= target.atLeast : result <= target.atMost
  }
}

try {
  const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  if (!values.json) process.stdout.write(`${Results.machine}\n\n`)
  const results = chosen.flatMap((benchmark) => {
    const lacking = benchmark.lacks?.()
    if (lacking !== undefined) {
      process.stderr.write(`*** NOT MEASURED: ${benchmark.name}, which needs ${lacking} ***\n\n`)
      return []
    }
    const result = one(benchmark)
    if (!values.json) process.stdout.write(`${Results.print(result)}\n\n`)
    if (values.write) Results.write(join(import.meta.dirname, "../RESULTS.md"), result)
    return [result]
  })
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: Results.machine, results }, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
