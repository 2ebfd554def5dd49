/**
 * Changes the sources a little, one place at a time, and looks whether a test fails:
 *
 *     pnpm mutants [package…] [--sample 100] [--seed 1] [--file name] [--lanes 2] [--patience 60] [--smoke] [--reasons]
 *
 * A sample of the mutants of each package is tried, in copies of the checkout, each by the tests of its package that reach it.
 * The scores and the mutants that survive are written to bench/MUTANTS.md and bench/mutants.json. With `--file`, all mutants of
 * the files whose path has this text are tried, and nothing is written. What the tests that reach a mutant do not kill
 * is tried by their whole files, with `--patience` for about so many seconds: the score is then the least that it can be.
 * `--smoke` tries three, and fails unless it tells those that are killed from one that survives. `--reasons` tries none: it writes the
 * report anew with what `mutants/known.ts` says of the survivors now.
 */
import { type ChildProcess, execFile, execFileSync, fork } from "node:child_process"
import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { parseArgs } from "node:util"
import * as Seed from "../test-support/src/Seed.ts"
import * as Copy from "./mutants/copy.ts"
import * as Find from "./mutants/find.ts"
import { type Known, known } from "./mutants/known.ts"
import type { Reply, Request, Tests } from "./mutants/lane.ts"

const root = join(import.meta.dirname, "..")

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    lanes: { type: "string", default: "2" },
    file: { type: "string" },
    patience: { type: "string", default: "Infinity" },
    smoke: { type: "boolean", default: false },
    reasons: { type: "boolean", default: false }
  }
})

/** Where each package stands. */
const folders: Readonly<Record<string, string>> = {
  files: "packages/files",
  core: "packages/core",
  testing: "packages/testing",
  reconcile: "packages/reconcile",
  archive: "packages/archive",
  review: "packages/review",
  cluster: "packages/cluster",
  recon: "apps/recon"
}

const texts = new Map<string, string>()

/** A file as it was when it was read first: what is written in the checkout meanwhile does not get into the copies. */
const read = (file: string) => {
  const known = texts.get(file)
  if (known !== undefined) return known
  const text = readFileSync(join(root, file), "utf8")
  texts.set(file, text)
  return text
}
const digest = (...texts: ReadonlyArray<string>) => createHash("sha256").update(JSON.stringify(texts)).digest("hex")
const say = (line: string) => process.stdout.write(`${line}\n`)

// ---------------------------------------------------------------------------
// Lanes: processes that run tests, each in a copy of its own
// ---------------------------------------------------------------------------

interface Lane {
  readonly copy: string
  /** Runs tests. `"timeout"` where that takes longer than so many milliseconds: the lane is started anew. */
  readonly run: (request: Request, limit: number) => Promise<Reply | "timeout">
  /** Type-checks a package and those below it. */
  readonly check: (folder: string) => Promise<Reply>
  readonly close: () => void
}

const lanes = new Set<Lane>()

/** Starts a process of its own group, so that whatever its tests start ends with it. */
const startLane = (): Lane => {
  const copy = Copy.make(root)
  const probe = join(copy, "reached.mjs")
  writeFileSync(
    probe,
    `import { appendFileSync } from "node:fs"
// An array, as a probe may be asked for each byte.
let seen = []
// Processes that a test starts know of it too.
globalThis.mutantTest = (id) => {
  seen = []
  process.env.MUTANTS_TEST = id
}
globalThis.mutantReached = (probe) => {
  if (seen[probe] === true) return
  const file = process.env.MUTANTS_REACHED
  if (file === undefined) return
  seen[probe] = true
  appendFileSync(file, probe + " " + (process.env.MUTANTS_TEST ?? "") + "\\n")
}
`
  )
  // One after the other, so that it is known which test reaches a place.
  const config = join(copy, "vitest.workspace.ts")
  writeFileSync(config, readFileSync(config, "utf8").replace("concurrent: true", "concurrent: false"))
  appendFileSync(
    join(copy, "test-support/src/setup.ts"),
    `
import { beforeEach } from "vitest"
beforeEach(({ task }) => (globalThis as any).mutantTest?.(task.id))
`
  )
  let child: ChildProcess | undefined
  const kill = () => {
    try {
      if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    } catch {
      // It has ended.
    }
    child = undefined
  }
  const answer = (of: ChildProcess, limit: number) =>
    new Promise<Reply | "timeout">((resolve) => {
      const timer = setTimeout(() => end("timeout"), limit)
      const end = (reply: Reply | "timeout") => {
        clearTimeout(timer)
        of.removeAllListeners("message").removeAllListeners("exit")
        if (reply === "timeout") kill()
        resolve(reply)
      }
      of.once("message", (reply: Reply) => end(reply))
      of.once("exit", () => end({ failed: "the tests' process ended" }))
    })
  const start = async () => {
    const args = [copy]
    const env = { ...process.env, NODE_OPTIONS: `--import=file://${probe}` }
    // Standard error is the place to look when tests fail that should not.
    const stdio = [
      "ignore",
      "ignore",
      process.env["MUTANTS_DEBUG"] === undefined ? "ignore" : "inherit",
      "ipc"
    ] as const
    const started = fork(join(copy, "scripts/mutants/lane.ts"), args, {
      cwd: copy,
      detached: true,
      env,
      stdio: [...stdio]
    })
    child = started
    await answer(started, 120_000)
    return started
  }
  const lane: Lane = {
    copy,
    run: async (request, limit) => {
      const running = child?.exitCode === null && child.connected ? child : await start()
      const reply = answer(running, limit)
      running.send(request)
      return await reply
    },
    check: (folder) =>
      new Promise((resolve) => {
        const tsc = join(copy, "node_modules/typescript/bin/tsc")
        execFile(process.execPath, [tsc, "-b", join(folder, "tsconfig.json")], { cwd: copy }, (error, out) =>
          resolve({ failed: error === null ? null : `the type check: ${out.split("\n")[0]}` })
        )
      }),
    close: () => {
      kill()
      Copy.remove(copy)
      lanes.delete(lane)
    }
  }
  lanes.add(lane)
  return lane
}

const closeAll = () => {
  for (const lane of lanes) lane.close()
}
process.on("exit", closeAll)
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130))

/** Gives each lane the next of the items as soon as it is free. */
const share = async <A>(items: ReadonlyArray<A>, work: (lane: Lane, item: A, index: number) => Promise<void>) => {
  let next = 0
  const drain = async (lane: Lane) => {
    while (next < items.length) {
      const index = next++
      await work(lane, items[index] as A, index)
    }
  }
  await Promise.all([...lanes].map(drain))
}

// ---------------------------------------------------------------------------
// What each test reaches
// ---------------------------------------------------------------------------

/** A file with a call at each of the places: its number is told when it is reached. */
const withProbes = (text: string, probes: ReadonlyArray<readonly [number, Find.Probe]>): string => {
  const pieces = probes.flatMap(([number, { end, of, start }]) => {
    const call = `globalThis.mutantReached?.(${number})`
    return of === "statement"
      ? [{ at: start, size: end - start, opens: true, text: `${call};` }]
      : [
          { at: start, size: end - start, opens: true, text: `(${call}, ` },
          { at: end, size: end - start, opens: false, text: ")" }
        ]
  })
  // At one place what ends there comes first, the innermost before the others; then what begins, the outermost first.
  pieces.sort(
    (a, b) => a.at - b.at || Number(a.opens) - Number(b.opens) || (a.opens ? b.size - a.size : a.size - b.size)
  )
  let from = 0
  let result = ""
  for (const { at, text: piece } of pieces) {
    result += text.slice(from, at) + piece
    from = at
  }
  return result + text.slice(from)
}

const keyOf = (file: string, probe: Find.Probe) => `${file}:${probe.start}:${probe.end}`

/** How long tests take, in milliseconds, and which of the places they reach, by number. */
interface Reached {
  readonly millis: number
  readonly places: ReadonlyArray<number>
}

/**
 * What each file of tests reaches, outside of its tests too, and what each of its tests does, by its id. It holds as long as the
 * file, what it uses and the sources stay the same.
 */
type Reach = Readonly<
  Record<string, Reached & { readonly digest: string; readonly tests: Readonly<Record<string, Reached>> }>
>

const cacheOf = (name: string) => join(root, "node_modules/.cache/mutants", name)

const cached = <A>(name: string): A | undefined =>
  existsSync(cacheOf(name)) ? (JSON.parse(readFileSync(cacheOf(name), "utf8")) as A) : undefined

const cache = (name: string, value: unknown) => {
  mkdirSync(dirname(cacheOf(name)), { recursive: true })
  writeFileSync(cacheOf(name), JSON.stringify(value))
}

/** What the tests reach, and the numbers of the places. */
const reachOf = async (
  name: string,
  mutants: ReadonlyArray<Find.Mutant>,
  tests: ReadonlyArray<string>,
  sources: string
): Promise<{ readonly reach: Reach; readonly numbers: ReadonlyMap<string, number> }> => {
  const numbers = new Map<string, number>()
  const byFile = new Map<string, Array<readonly [number, Find.Probe]>>()
  for (const { file, probe } of mutants) {
    if (probe === undefined || numbers.has(keyOf(file, probe))) continue
    byFile.set(file, [...(byFile.get(file) ?? []), [numbers.size, probe]])
    numbers.set(keyOf(file, probe), numbers.size)
  }
  const state = digest(sources, ...numbers.keys())
  const before = cached<Reach>(`${name}.reach.json`) ?? {}
  const digestOf = (test: string) => digest(state, read(test))
  const found: Record<string, Reach[string]> = Object.fromEntries(
    tests.flatMap((test) => {
      const one = before[test]
      return one?.digest === digestOf(test) ? [[test, one]] : []
    })
  )
  const unknown = tests.filter((test) => found[test] === undefined)
  if (unknown.length === 0) return { reach: found, numbers }
  say(`${name}: running ${unknown.length} files of tests, to see what each reaches`)
  for (const lane of lanes) {
    for (const [file, probes] of byFile) writeFileSync(join(lane.copy, file), withProbes(read(file), probes))
  }
  await share(unknown, async (lane, file, index) => {
    const reached = join(lane.copy, `reached.${index}`)
    writeFileSync(reached, "")
    const start = performance.now()
    const reply = await lane.run({ tests: [{ file }], reached }, 15 * 60_000)
    const millis = Math.round(performance.now() - start)
    if (reply === "timeout" || reply.failed !== null) {
      throw new Error(`${file} fails without a mutant: ${reply === "timeout" ? "it does not end" : reply.failed}`)
    }
    const places = new Map<string, Set<number>>()
    for (const line of readFileSync(reached, "utf8").split("\n").filter(Boolean)) {
      const [number, id = ""] = line.split(" ")
      places.set(id, (places.get(id) ?? new Set()).add(Number(number)))
    }
    const of = (id: string) => [...(places.get(id) ?? [])]
    const tests = Object.entries(reply.millis ?? {}).map(([id, millis]) => [id, { millis, places: of(id) }] as const)
    found[file] = { digest: digestOf(file), millis, places: of(""), tests: Object.fromEntries(tests) }
  })
  for (const lane of lanes) {
    for (const file of byFile.keys()) writeFileSync(join(lane.copy, file), read(file))
    // The vitest of a lane remembers files as it read them.
    await lane.run({ tests: [] }, 60_000)
    for (const file of byFile.keys()) await lane.run({ file, text: read(file), tests: [] }, 60_000)
  }
  cache(`${name}.reach.json`, found)
  return { reach: found, numbers }
}

// ---------------------------------------------------------------------------
// One package
// ---------------------------------------------------------------------------

type Fate = "killed" | "timeout" | "type" | "survived"

/** A result that counts as long as the mutated file and the tests that reach it stay the same. */
interface Result {
  readonly fate: Fate
  readonly by: string | null
  /** The test that killed it. */
  readonly id?: string | undefined
  /** Files of tests that reach it and were not run whole: there was no patience left. */
  readonly untried?: ReadonlyArray<string>
}

interface Survivor {
  readonly file: string
  readonly line: number
  readonly kind: string
  readonly before: string
  readonly after: string
  readonly reason: string | null
  readonly untried?: number
}

interface Score {
  readonly killed: number
  readonly valid: number
  readonly timeouts: number
  /** Killed by the type check, which comes after the quick tests and before the slow ones. */
  readonly types: number
  readonly equivalent: number
  readonly mutants: number
  readonly seed: number
  readonly date: string
  readonly survivors: ReadonlyArray<Survivor>
}

/** What type-checks the sources fails for mutants, and for marked places, that do not behave in another way. */
const excluded = new Set(["pack.test.ts"])

/** How long the tests take that are run before the type check, and those that are run at once after it, in milliseconds. */
const quickMillis = 5_000
const batchMillis = 15_000

/** A test, or all tests of a file that has none that is known to reach a place by itself. */
interface Test {
  readonly file: string
  readonly id: string
  readonly millis: number
}

/** The same choice for the same seed. */
const sampled = <A>(items: ReadonlyArray<A>, count: number, seed: number): ReadonlyArray<A> => {
  const pick = Seed.integers(seed)
  const rest = [...items]
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(pick(rest.length), 1)[0] as A)
}

const isOwn = (file: string, test: string) =>
  basename(test, ".test.ts").toLowerCase() === basename(file, ".ts").toLowerCase()

/** Tests in their order, as many at once as take so long. */
const batches = (tests: ReadonlyArray<Test>, most: number): ReadonlyArray<ReadonlyArray<Test>> => {
  const all: Array<Array<Test>> = []
  let left = 0
  for (const test of tests) {
    left -= test.millis
    if (left < 0) {
      all.push([])
      left = most - test.millis
    }
    all.at(-1)?.push(test)
  }
  return all
}

/**
 * Runs the tests that reach it: those of the file's own name and then quick ones, then the type check, which is part of `pnpm
 * test` too, then the others, until something fails. At last it runs the files that these tests are of as a whole, as long as there
 * is patience: what one test makes for all of its file reaches it in the name of the first.
 */
const fateOf = async (
  lane: Lane,
  { file, kind }: Find.Mutant,
  text: string,
  tests: ReadonlyArray<Test>,
  reach: Reach,
  untried?: ReadonlyArray<string>
): Promise<Result> => {
  const failing = async (asked: ReadonlyArray<Tests>): Promise<Result | undefined> => {
    const usual = asked.reduce((sum, { file, ids }) => {
      const { millis = 0, tests = {} } = reach[file] ?? {}
      const others = Object.entries(tests).filter(([id]) => ids !== undefined && !ids.includes(id))
      // What a file needs besides its tests it needs for one of them too.
      return sum + millis - others.reduce((sum, [, { millis }]) => sum + millis, 0)
    }, 0)
    const reply = await lane.run({ file, text, tests: asked }, 30_000 + 3 * usual)
    if (reply === "timeout") return { fate: "timeout", by: asked.map(({ file }) => file).join(", ") }
    return reply.failed === null ? undefined : { fate: "killed", by: reply.failed, id: reply.id }
  }
  const failingBatch = (batch: ReadonlyArray<Test>) =>
    failing(
      Array.from(
        Map.groupBy(batch, ({ file }) => file),
        ([file, own]) => ({ file, ids: own.map(({ id }) => id) })
      )
    )
  const files = [...new Set(tests.map(({ file }) => file))]
  // What was tried before is not tried again.
  if (untried === undefined) {
    const ordered = tests.toSorted((a, b) => Number(isOwn(file, b.file)) - Number(isOwn(file, a.file)))
    const [quick = [], ...slow] = batches(ordered, quickMillis)
    if (quick.length > 0) {
      const found = await failingBatch(quick)
      if (found !== undefined) return found
    }
    // SQL is text to the type check.
    const folder = file.slice(0, file.indexOf("/src/"))
    writeFileSync(join(lane.copy, file), text)
    const { failed } = kind === "sql" ? { failed: null } : await lane.check(folder)
    if (failed !== null) {
      writeFileSync(join(lane.copy, file), read(file))
      const sound = await lane.check(folder)
      if (sound.failed !== null) throw new Error(`${folder} fails without a mutant: ${sound.failed}`)
      return { fate: "type", by: failed }
    }
    for (const batch of batches(slow.flat(), batchMillis)) {
      const found = await failingBatch(batch)
      if (found !== undefined) return found
    }
  }
  const isWhole = (file: string) =>
    tests.filter((test) => test.file === file).length === Object.keys(reach[file]?.tests ?? {}).length
  const rest = untried ?? files.filter((file) => !isWhole(file))
  let left = Number(values.patience) * 1000
  for (const [index, file] of rest.entries()) {
    left -= reach[file]?.millis ?? 0
    if (left < 0) return { fate: "survived", by: null, untried: rest.slice(index) }
    const found = await failing([{ file }])
    if (found !== undefined) return found
  }
  return { fate: "survived", by: null }
}

const measure = async (name: string, pick: (all: ReadonlyArray<Find.Mutant>) => ReadonlyArray<Find.Mutant>) => {
  const folder = folders[name]
  if (folder === undefined)
    throw new Error(`no package is called ${name}: there are ${Object.keys(folders).join(", ")}`)
  const files = Copy.files(root)
  const sources = files.filter((file) => file.startsWith(`${folder}/src/`) && file.endsWith(".ts"))
  const tests = files.filter(
    (file) => file.startsWith(`${folder}/test/`) && file.endsWith(".test.ts") && !excluded.has(basename(file))
  )
  const mutants = sources.flatMap((file) => Find.find(file, read(file)))
  const support = files.filter((file) => file.startsWith("test-support/") || file.startsWith(`${folder}/test/`))
  const shared = support.filter((file) => !file.endsWith(".test.ts"))
  const state = digest(...sources.map(read), ...shared.map(read))

  for (let n = 0; n < Number(values.lanes); n++) startLane()
  try {
    const { numbers, reach } = await reachOf(name, mutants, tests, state)
    const everyTest = Object.entries(reach).flatMap(([file, { tests }]) =>
      Object.entries(tests).map(([id, { millis }]): Test => ({ file, id, millis }))
    )
    const reaching = new Map<number, Array<Test>>()
    for (const test of everyTest) {
      const { places = [], tests = {} } = reach[test.file] ?? {}
      for (const place of new Set([...places, ...(tests[test.id]?.places ?? [])])) {
        const own = reaching.get(place)
        if (own === undefined) reaching.set(place, [test])
        else own.push(test)
      }
    }

    const chosen = pick(mutants)
    const before = cached<Record<string, Result>>(`${name}.results.json`) ?? {}
    const results: Record<string, Result> = { ...before }
    /** How many mutants a test may kill in its time, as it did before. */
    const promises = () => {
      const kills = Map.groupBy(Object.values(results), ({ id }) => id)
      return ({ id, millis }: Test) => (1 + (kills.get(id)?.length ?? 0)) / (100 + millis)
    }
    /** The tests that reach it, from the one that promises most on. */
    const testsOf = ({ file, probe }: Find.Mutant): ReadonlyArray<Test> => {
      const promise = promises()
      return (probe === undefined ? everyTest : (reaching.get(numbers.get(keyOf(file, probe)) ?? -1) ?? [])).toSorted(
        (a, b) => promise(b) - promise(a)
      )
    }

    const sourceOf = new Map(sources.map((file) => [file, read(file)]))
    const keys = chosen.map((mutant) =>
      digest(
        mutant.file,
        sourceOf.get(mutant.file) ?? "",
        `${mutant.start}:${mutant.end}:${mutant.after}`,
        ...[...new Set(testsOf(mutant).map(({ file }) => file))].toSorted().map(read),
        ...shared.map(read)
      )
    )
    const clock = Date.now()
    let count = 0
    await share(chosen, async (lane, mutant, index) => {
      const key = keys[index] ?? ""
      const text = sourceOf.get(mutant.file) ?? ""
      const earlier = results[key]
      const isKnown = earlier !== undefined && earlier.untried === undefined
      const changed = Find.apply(text, mutant)
      const result = isKnown ? earlier : await fateOf(lane, mutant, changed, testsOf(mutant), reach, earlier?.untried)
      results[key] = result
      if (!isKnown) {
        await lane.run({ file: mutant.file, text, tests: [] }, 60_000)
        cache(`${name}.results.json`, results)
      }
      count++
      const { after, before } = Find.lines(text, mutant)
      if (result.fate === "survived" || process.env["MUTANTS_DEBUG"] !== undefined) {
        say(
          `${result.fate} ${mutant.file}:${mutant.line} ${mutant.kind} ${result.by ?? ""}${notTried({ untried: result.untried?.length })}\n  - ${before}\n  + ${after}`
        )
      }
      if (count % 20 === 0) say(`${name}: ${count} of ${chosen.length}, ${Math.round((Date.now() - clock) / 1000)} s`)
    })
    const fates = chosen.map((mutant, index) => {
      const lines = Find.lines(sourceOf.get(mutant.file) ?? "", mutant)
      const why = whyOf({ file: mutant.file, ...lines })
      const { fate = "survived", untried } = results[keys[index] ?? ""] ?? {}
      return { mutant, lines, why, fate, untried }
    })
    const valid = fates.filter(({ fate, why }) => fate !== "survived" || why?.equivalent !== true)
    const survivors = valid
      .filter(({ fate }) => fate === "survived")
      .map(({ lines, mutant: { file, kind, line }, untried, why }) => ({
        file,
        line,
        kind,
        before: lines.before,
        after: lines.after,
        reason: why?.reason ?? null,
        untried: untried?.length ?? 0
      }))
      .toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
    const score: Score = {
      killed: valid.length - survivors.length,
      valid: valid.length,
      timeouts: valid.filter(({ fate }) => fate === "timeout").length,
      types: valid.filter(({ fate }) => fate === "type").length,
      equivalent: fates.length - valid.length,
      mutants: mutants.length,
      seed: Number(values.seed),
      date: new Date().toISOString().slice(0, 10),
      survivors
    }
    say(`${name}: ${score.killed} of ${score.valid} killed (${percent(score)})`)
    return score
  } finally {
    closeAll()
  }
}

/** What is known of a mutant. */
const whyOf = (mutant: Pick<Known, "file" | "before" | "after">) =>
  known.find(({ after, before, file }) => file === mutant.file && before === mutant.before && after === mutant.after)

/** A score with what is known of its survivors now. */
const reviewed = (score: Score): Score => {
  const told = score.survivors.map((survivor) => ({ survivor, why: whyOf(survivor) }))
  const survivors = told
    .filter(({ why }) => why?.equivalent !== true)
    .map(({ survivor, why }) => Object.assign({}, survivor, { reason: why?.reason ?? survivor.reason }))
  const equivalent = told.length - survivors.length
  return { ...score, valid: score.valid - equivalent, equivalent: score.equivalent + equivalent, survivors }
}

const notTried = ({ untried = 0 }: { readonly untried?: number | undefined }) =>
  untried === 0 ? "" : ` (${untried} ${untried === 1 ? "file" : "files"} of tests not tried whole)`

const percent = ({ killed, valid }: Pick<Score, "killed" | "valid">) =>
  valid === 0 ? "-" : `${((100 * killed) / valid).toFixed(1)}%`

// ---------------------------------------------------------------------------
// The report
// ---------------------------------------------------------------------------

const jsonFile = join(root, "bench/mutants.json")

const code = (text: string) => {
  const short = text.length > 240 ? `${text.slice(0, 240)}…` : text
  // A fence that is longer than any in the text.
  const longest = Math.max(0, ...(short.match(/`+/g) ?? []).map((fence) => fence.length))
  const fence = "`".repeat(longest + 1)
  return longest === 0 ? `\`${short}\`` : `${fence} ${short} ${fence}`
}

const render = (scores: Readonly<Record<string, Score>>): string => {
  const names = Object.keys(folders).filter((name) => scores[name] !== undefined)
  const rows = names.map((name) => {
    const { date, equivalent, killed, mutants, seed, survivors, timeouts, types, valid } = scores[name] as Score
    const isLeast = survivors.some(({ untried = 0 }) => untried > 0)
    const score = `${isLeast ? "at least " : ""}${percent({ killed, valid })}`
    return `| ${name} | ${score} | ${killed} | ${valid} | ${timeouts} | ${types} | ${equivalent} | ${mutants} | ${seed} | ${date} |`
  })
  const survivors = names.map((name) => {
    const { survivors } = scores[name] as Score
    const entries = survivors.map(
      ({ after, before, file, kind, line, reason, ...more }) =>
        `- ${file}:${line} (${kind})${notTried(more)}${reason === null ? "" : `: ${reason}`}\n  - before: ${code(before)}\n  - after: ${code(after)}`
    )
    return `### ${name}\n\n${entries.length === 0 ? "None." : entries.join("\n")}\n`
  })
  return `# Mutants

A mutant is a small change of the sources, such as \`<\` for \`<=\`, a removed statement or another number. The tests kill it when
one of them fails. This is a random sample of the mutants of each package, tried by the package's own tests and then by the type
check. Written by \`pnpm mutants\`.

| Package | Score | Killed | Valid | by timeout | by type check | Equivalent | Mutants in all | Seed | Date |
| ------- | ----- | ------ | ----- | ---------- | ------------- | ---------- | -------------- | ---- | ---- |
${rows.join("\n")}

- **Killed**: a test fails, or does not end within three times the time that the tests take with marks in the sources, and half a minute, or the type
  check fails, which is part of \`pnpm test\` like the tests are.
- **Not tried whole**: the tests that reach the survivor were run on it, and not all others of their files, for want of time. They may kill it: the score is the least that it can be.
- **Equivalent**: listed in \`scripts/mutants/known.ts\` with the reason why nobody can see a difference. They do not count.

## Survivors

${survivors.join("\n")}`
}

// ---------------------------------------------------------------------------
// The command
// ---------------------------------------------------------------------------

/** Three mutants whose fate is known, to see that the tool can tell: two that a test kills, and one that changes nothing. */
const smoke = async () => {
  const file = "packages/core/src/Money.ts"
  const test = "packages/core/test/Money.test.ts"
  const text = read(file)
  const killed = Find.find(file, text).filter(({ kind }) => kind === "text" || kind === "comparison")
  const inert = { ...killed[0], start: 0, end: 0, after: "// Nothing is changed.\n" } as Find.Mutant
  const lane = startLane()
  const fates: Array<string> = []
  for (const mutant of [killed[0], killed[1], inert]) {
    if (mutant === undefined) throw new Error(`${file} has no two mutants`)
    const { by, fate } = await fateOf(lane, mutant, Find.apply(text, mutant), [], {}, [test])
    say(`${fate} ${file}:${mutant.line} ${mutant.kind} ${by ?? ""}`)
    fates.push(fate)
  }
  closeAll()
  if (fates.join() !== "killed,killed,survived") {
    say("the tool cannot tell mutants that are killed from one that changes nothing")
    process.exitCode = 1
  }
}

const written = () =>
  existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, "utf8")) as Readonly<Record<string, Score>>) : {}

const write = (scores: Readonly<Record<string, Score>>) => {
  writeFileSync(jsonFile, `${JSON.stringify(scores, null, 2)}\n`)
  writeFileSync(join(root, "bench/MUTANTS.md"), render(scores))
  execFileSync(join(root, "node_modules/.bin/oxfmt"), ["bench/MUTANTS.md", "bench/mutants.json"], { cwd: root })
}

if (values.smoke) await smoke()
else if (values.reasons) {
  write(Object.fromEntries(Object.entries(written()).map(([name, score]) => [name, reviewed(score)])))
} else {
  const names = positionals.length === 0 ? Object.keys(folders) : positionals
  for (const name of names) {
    const { file } = values
    const score = await measure(name, (all) =>
      file === undefined
        ? sampled(all, Number(values.sample), Number(values.seed))
        : all.filter((mutant) => mutant.file.includes(file))
    )
    if (file !== undefined) continue
    write({ ...written(), [name]: score })
  }
}
