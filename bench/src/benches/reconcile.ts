/** `recon reconcile` of Parquet files, as a user runs it, against a bare join of the same files. Each is a process from its start to its end. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Benchmark, Setting } from "../Bench.ts"
import * as Command from "../command.ts"
import * as Parquet from "../parquet.ts"

const bare = join(import.meta.dirname, "../bareJoin.ts")

type Files = Effect.Success<ReturnType<typeof Parquet.files>>

/** Runs a program on the files. */
const program =
  (ends: ReadonlyArray<number>, args: (files: Files, folder: string) => ReadonlyArray<string>) =>
  ({ folder, size }: Setting) =>
    Effect.flatMap(Parquet.files(folder, size), (files) => Command.run(args(files, folder), { ends, rows: size }))

/** One in ten calls has no recording, so the command ends with 1. */
export const reconcile = (...more: ReadonlyArray<string>) => judged(() => ["--voice-api", "must"], more)

const judged = (policy: (folder: string) => ReadonlyArray<string>, more: ReadonlyArray<string> = []) =>
  program([1], ({ cdrs, recordings, trunks }, folder) =>
    [Command.recon, "reconcile", "--cdrs", cdrs, "--recordings", recordings, "--trunks", trunks].concat(
      policy(folder),
      ["--complete", "--from", DateTime.formatIso(Parquet.window.from)],
      ["--to", DateTime.formatIso(Parquet.window.to), "--as-of", DateTime.formatIso(Parquet.asOf)],
      more.map((arg) => (arg === "--out" ? `--out=${join(folder, "out")}` : arg))
    )
  )

/** The command with a policy of `count` rules, each for the calls of one number within office hours. */
const byRules = (count: number) =>
  judged((folder) => {
    const file = join(folder, `policy-${count}.json`)
    const rules = Array.from({ length: count }, (_, n) => ({
      name: `line ${n}`,
      verdict: n % 2 === 0 ? "must" : "may",
      minimumTalk: `${n} seconds`,
      when: { from: [`+9180${String(n).padStart(8, "0")}`], hours: { from: "09:00", to: "18:00" } }
    }))
    const policy = { version: 1, name: "lines", zone: "Asia/Kolkata", rules, default: "must" }
    writeFileSync(file, JSON.stringify(policy))
    return ["--policy", file]
  })

const bareJoin = program([0], ({ cdrs, recordings }, folder) => [bare, cdrs, recordings, join(folder, "bare.parquet")])

const files: Benchmark = {
  name: "reconcile-out",
  about:
    "CDRs and four fifths as many recordings from Parquet to all files of findings, against a bare FULL OUTER JOIN to Parquet",
  size: { full: 200_000, smoke: 2000 },
  figure: "CPU seconds",
  by: "ratio",
  target: { atMost: 10 },
  ours: "recon reconcile --out",
  peer: "bare join",
  ways: { "recon reconcile --out": reconcile("--out"), "bare join": bareJoin }
}

const answer: Benchmark = {
  ...files,
  name: "reconcile",
  about: "the same without files: the answer on the terminal",
  size: { full: 1_000_000, smoke: 2000 },
  target: { atMost: 8 },
  ours: "recon reconcile",
  ways: { "recon reconcile": reconcile(), "bare join": bareJoin }
}

const memory: Benchmark = {
  ...answer,
  name: "reconcile-memory",
  about: "the most memory that the same takes",
  figure: "MB",
  target: { atMost: 800 },
  peer: null
}

const small: Benchmark = {
  ...answer,
  name: "reconcile-small",
  about: "a small run against a start of the command that does nothing",
  size: { full: 2000, smoke: 2000 },
  target: { atMost: 2.3 },
  peer: "recon --help",
  ways: { "recon reconcile": reconcile(), "recon --help": program([0], () => [Command.recon, "--help"]) }
}

const rules: Benchmark = {
  ...small,
  name: "reconcile-rules",
  about: "a small run by a policy of 40 rules against one of 4",
  target: { atMost: 2 },
  ours: "40 rules",
  peer: "4 rules",
  ways: { "40 rules": byRules(40), "4 rules": byRules(4) }
}

const scale: Benchmark = {
  ...answer,
  name: "reconcile-scale",
  about: "how the processor time per call of the answer grows from 1,000,000 calls to 10,000,000",
  size: { full: 10_000_000, smoke: 20_000 },
  figure: "CPU seconds a row",
  target: { atMost: 1 },
  ours: "all",
  peer: "a tenth",
  ways: { all: reconcile(), "a tenth": ({ folder, size }) => reconcile()({ folder, size: size / 10 }) }
}

export const benchmarks: ReadonlyArray<Benchmark> = [files, answer, memory, small, rules, scale]
