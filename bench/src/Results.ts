/** Results: on the screen, and in the table of RESULTS.md. */
import { readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import duckdb from "@duckdb/node-api/package.json" with { type: "json" }
import effect from "effect/package.json" with { type: "json" }
import type { Benchmark } from "./Bench.ts"

/** How a way did: the median of its runs. */
interface Side {
  readonly way: string
  readonly figure: number
  /** The peak of the whole process, in MB. */
  readonly memory: number
}

export interface Result extends Pick<Benchmark, "name" | "about" | "by" | "target"> {
  readonly unit: Benchmark["figure"]
  readonly ours: Side
  readonly peer: Side | null
  readonly rows: number
  readonly runs: number
  /** The median of the pairs, and the least and the most of them. */
  readonly result: number
  readonly spread: readonly [number, number]
  readonly reached: boolean | null
}

export const machine = [
  `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
  `${Math.round(totalmem() / 2 ** 30)} GB`,
  `Node.js ${process.versions.node}`,
  `Effect ${effect.version}`,
  `DuckDB ${duckdb.version}`
].join(", ")

const today = new Date().toISOString().slice(0, 10)

const round = (value: number) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)))

const unitOf = ({ by, peer, unit }: Result) =>
  peer === null ? ` ${unit}` : by === "ratio" ? " times" : ` ${unit} more`

const targetOf = ({ target }: Result) =>
  target === null ? "" : "atLeast" in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`

const sides = ({ ours, peer }: Result) => (peer === null ? [ours] : [ours, peer])

export const print = (result: Result): string => {
  const { about, name, reached, rows, runs, spread, unit } = result
  const figures = sides(result).map(({ figure, memory, way }) => `${way} ${round(figure)} in ${round(memory)} MB`)
  const verdict = reached === null ? "" : `; to reach ${targetOf(result)}: ${reached ? "yes" : "NO"}`
  return `${name}: ${about}
  ${figures.join(", ")} (${unit}; ${round(rows)} rows)
  ${round(result.result)}${unitOf(result)}, ${runs} runs from ${round(spread[0])} to ${round(spread[1])}${verdict}`
}

const cells = (result: Result): ReadonlyArray<string> => [
  result.name,
  result.ours.way,
  result.peer?.way ?? "-",
  result.unit,
  sides(result)
    .map(({ figure }) => round(figure))
    .join(" / "),
  `${round(result.result)}${result.peer === null ? "" : result.by === "ratio" ? " times" : " more"}`,
  `${round(result.spread[0])} to ${round(result.spread[1])}`,
  String(result.runs),
  round(result.rows),
  sides(result)
    .map(({ memory }) => round(memory))
    .join(" / "),
  targetOf(result),
  result.reached === null ? "" : result.reached ? "yes" : "**no**",
  today
]

const head = [
  "| name | ours | against | unit | figures | result | spread | pairs | rows | peak MB | target | reached | measured |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
]

const [begin, end] = ["<!-- results -->", "<!-- /results -->"]

/** Puts a result into the table: in place of the last one of its name, or at its end. */
export const write = (path: string, result: Result): void => {
  const text = readFileSync(path, "utf8")
  const [before = "", rest = ""] = text.split(begin)
  const [table = "", after = ""] = rest.split(end)
  const line = `| ${cells(result).join(" | ")} |`
  const [, , ...lines] = table.split("\n").filter((line) => line.startsWith("| "))
  const named = (line: string) => line.split("|")[1]?.trim()
  const known = lines.some((line) => named(line) === result.name)
  const next = known ? lines.map((old) => (named(old) === result.name ? line : old)) : [...lines, line]
  writeFileSync(path, `${before}${begin}\n\n${machine}\n\n${[...head, ...next].join("\n")}\n\n${end}${after}`)
}
