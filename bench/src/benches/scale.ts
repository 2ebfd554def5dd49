/** What takes longer the more there is: its time for each entry, and its memory, against those of a tenth of the entries. */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Benchmark, Sample, Setting } from "../Bench.ts"
import * as Command from "../command.ts"
import * as Archive from "./archive.ts"
import { writing } from "./page.ts"
import { reconcile } from "./reconcile.ts"

type Way = (setting: Setting) => Effect.Effect<Sample, unknown, Scope.Scope>

const scale = (
  name: string,
  about: string,
  full: number,
  way: Way,
  /** What the memory is of, where that is not all of it. */
  part: { readonly about: string; readonly way: Way } = { about, way }
): ReadonlyArray<Benchmark> => {
  const ways = (all: Way) => ({ all, "a tenth": (setting: Setting) => all({ ...setting, size: setting.size / 10 }) })
  const time: Benchmark = {
    name: `${name}-time`,
    about: `processor time for an entry of ${about}, against the same of a tenth of them`,
    size: { full, smoke: full / 500 },
    figure: "CPU seconds a row",
    by: "ratio",
    target: { atMost: 1.2 },
    ours: "all",
    peer: "a tenth",
    ways: ways(way)
  }
  const memory: Benchmark = {
    ...time,
    name: `${name}-memory`,
    about: `the most memory of ${part.about}, against the same of a tenth of them`,
    figure: "MB",
    by: "difference",
    target: { atMost: 200 },
    ways: ways(part.way)
  }
  return [time, memory]
}

const ofArchive = (command: string) => (setting: Setting) =>
  Effect.flatMap(Archive.made(setting), (directory) =>
    Command.run([Command.recon, command, "--archive", directory], { ends: [0], rows: setting.size })
  )

/** Reconciles into a new ledger. One call in ten has an open finding. */
const record = (setting: Setting) => {
  const file = ledgerOf(setting)
  rmSync(file, { force: true })
  return reconcile("--ledger", file)(setting)
}

/** The memory that the ledger adds to a run without one, which `reconcile-memory` measures. */
const added: Way = (setting) =>
  Effect.gen(function* () {
    const { memory: bare = 0 } = yield* reconcile()(setting)
    const { memory: kept = 0, ...sample } = yield* record(setting)
    return { ...sample, memory: kept - bare }
  })

const ledgerOf = ({ folder, size }: Setting) => join(folder, `open-${size}.ledger`)

const ofLedger = (setting: Setting) =>
  Effect.gen(function* () {
    const file = ledgerOf(setting)
    if (!existsSync(file)) yield* record(setting)
    const rows = setting.size / 10
    return yield* Command.run([Command.recon, "findings", "--ledger", file], { ends: [1], rows })
  })

export const benchmarks: ReadonlyArray<Benchmark> = [
  ...scale("verify", "`recon verify` of an archive of 50,000 files", 50_000, ofArchive("verify")),
  ...scale("media", "`recon media` of an archive of 50,000 files", 50_000, ofArchive("media")),
  ...scale("ledger", "`recon reconcile --ledger` of 1,000,000 calls, which keeps 100,000 findings", 1_000_000, record, {
    about: "the ledger of `recon reconcile` of 1,000,000 calls, apart from the run",
    way: added
  }),
  ...scale("findings", "`recon findings` of that ledger", 1_000_000, ofLedger),
  ...scale("page", "the page of 1,000,000 findings", 1_000_000, writing)
]
