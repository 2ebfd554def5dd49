/**
 * Changes the sources a little, one place at a time, and looks whether a test fails:
 *
 *     pnpm mutants [package…] [--sample 100] [--seed 1] [--file name] [--lanes 2] [--patience 60] [--smoke]
 *
 * A sample of the mutants of each package is tried, in copies of the checkout, each by the tests of its package that reach it.
 * The scores and the mutants that survive are written to bench/MUTANTS.md and bench/mutants.json. With `--file`, all mutants of
 * the files whose path has this text are tried, and nothing is written. With `--patience`, each mutant is tried by slow tests
 * for about so many seconds, and what they do not kill counts as surviving, though a test that was not tried may kill it: the
 * score is then the least that it can be. `--smoke` tries three, and fails unless it tells those that are killed from one that
 * survives.
 */
import { type ChildProcess, execFile, execFileSync, fork } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { parseArgs } from "node:util"
import * as Seed from "../test-support/src/Seed.ts"
import * as Copy from "./mutants/copy.ts"
import * as Find from "./mutants/find.ts"
import { known } from "./mutants/known.ts"
import type { Reply, Request } from "./mutants/lane.ts"

const root = join(import.meta.dirname, "..")

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    lanes: { type: "string", default: "2" },
    file: { type: "string" },
    patience: { type: "string", default: "Infinity" },
    smoke: { type: "boolean", default: false }
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
const seen = []
globalThis.mutantReached = (probe) => {
  if (seen[probe] === true) return
  const file = process.env.MUTANTS_REACHED
  if (file === undefined) return
  seen[probe] = true
  appendFileSync(file, probe + "\\n")
}
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

/** How long each file of tests takes, in milliseconds, and what it reaches, as long as it, what it uses and the sources stay the same. */
type Reach = Readonly<
  Record<string, { readonly digest: string; readonly millis: number; readonly places: ReadonlyArray<string> }>
>

const cacheOf = (name: string) => join(root, "node_modules/.cache/mutants", name)

const cached = <A>(name: string): A | undefined =>
  existsSync(cacheOf(name)) ? (JSON.parse(readFileSync(cacheOf(name), "utf8")) as A) : undefined

const cache = (name: string, value: unknown) => {
  mkdirSync(dirname(cacheOf(name)), { recursive: true })
  writeFileSync(cacheOf(name), JSON.stringify(value))
}

const reachOf = async (
  name: string,
  mutants: ReadonlyArray<Find.Mutant>,
  tests: ReadonlyArray<string>,
  state: string
): Promise<Reach> => {
  const before = cached<Reach>(`${name}.reach.json`) ?? {}
  const digestOf = (test: string) => digest(state, read(test))
  const known = Object.fromEntries(
    tests.flatMap((test) => {
      const one = before[test]
      return one?.digest === digestOf(test) ? [[test, one]] : []
    })
  )
  const unknown = tests.filter((test) => known[test] === undefined)
  if (unknown.length === 0) return known
  say(`${name}: running ${unknown.length} files of tests, to see what each reaches`)
  const places: Array<string> = []
  const byFile = new Map<string, Array<readonly [number, Find.Probe]>>()
  const numbered = new Set<string>()
  for (const { file, probe } of mutants) {
    if (probe === undefined || numbered.has(keyOf(file, probe))) continue
    numbered.add(keyOf(file, probe))
    const probes = byFile.get(file) ?? []
    probes.push([places.length, probe])
    byFile.set(file, probes)
    places.push(keyOf(file, probe))
  }
  for (const lane of lanes) {
    for (const [file, probes] of byFile) writeFileSync(join(lane.copy, file), withProbes(read(file), probes))
  }
  const found: Record<string, Reach[string]> = { ...known }
  await share(unknown, async (lane, test, index) => {
    const reached = join(lane.copy, `reached.${index}`)
    writeFileSync(reached, "")
    const start = performance.now()
    const reply = await lane.run({ tests: [test], reached }, 15 * 60_000)
    const millis = Math.round(performance.now() - start)
    if (reply === "timeout" || reply.failed !== null) {
      throw new Error(`${test} fails without a mutant: ${reply === "timeout" ? "it does not end" : reply.failed}`)
    }
    const numbers = readFileSync(reached, "utf8").split("\n").filter(Boolean).map(Number)
    found[test] = {
      digest: digestOf(test),
      millis,
      places: [...new Set(numbers)].map((number) => places[number] ?? "")
    }
  })
  for (const lane of lanes) {
    for (const file of byFile.keys()) writeFileSync(join(lane.copy, file), read(file))
    // The vitest of a lane remembers files as it read them.
    await lane.run({ tests: [] }, 60_000)
    for (const file of byFile.keys()) await lane.run({ file, text: read(file), tests: [] }, 60_000)
  }
  cache(`${name}.reach.json`, found)
  return found
}

// ---------------------------------------------------------------------------
// One package
// ---------------------------------------------------------------------------

type Fate = "killed" | "timeout" | "type" | "survived"

/** A result that counts as long as the mutated file and the tests that reach it stay the same. */
interface Result {
  readonly fate: Fate
  readonly by: string | null
  /** Files of tests that reach it and were not run: there was no patience left. */
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

/** A file of tests that takes longer than this is run by itself, after all else. */
const slowMillis = 5_000

/** The same choice for the same seed. */
const sampled = <A>(items: ReadonlyArray<A>, count: number, seed: number): ReadonlyArray<A> => {
  const pick = Seed.integers(seed)
  const rest = [...items]
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(pick(rest.length), 1)[0] as A)
}

const isOwn = (file: string, test: string) =>
  basename(test, ".test.ts").toLowerCase() === basename(file, ".ts").toLowerCase()

/**
 * Runs the quick tests, those of the file's own name first, then the type check, which is part of `pnpm test` too, then the
 * slow tests one by one, until something fails.
 */
const fateOf = async (
  lane: Lane,
  { file, kind }: Find.Mutant,
  text: string,
  tests: ReadonlyArray<string>,
  millisOf: (test: string) => number,
  untried?: ReadonlyArray<string>
): Promise<Result> => {
  const failing = async (batch: ReadonlyArray<string>): Promise<Result | undefined> => {
    if (batch.length === 0) return undefined
    const usual = batch.reduce((sum, test) => sum + millisOf(test), 0)
    const reply = await lane.run({ file, text, tests: batch }, 30_000 + 3 * usual)
    if (reply === "timeout") return { fate: "timeout", by: batch.join(", ") }
    return reply.failed === null ? undefined : { fate: "killed", by: reply.failed }
  }
  // What was tried before is not tried again; of the others the slowest is likely to assert most.
  if (untried !== undefined) return await fateBySlow(untried.toReversed(), failing, millisOf)
  const isSlow = (test: string) => millisOf(test) > slowMillis
  const quick = tests.filter((test) => !isSlow(test))
  for (const batch of [quick.filter((test) => isOwn(file, test)), quick.filter((test) => !isOwn(file, test))]) {
    const found = await failing(batch)
    if (found !== undefined) return found
  }
  const folder = file.slice(0, file.indexOf("/src/"))
  writeFileSync(join(lane.copy, file), text)
  // SQL is text to the type check.
  const { failed } = kind === "sql" ? { failed: null } : await lane.check(folder)
  if (failed !== null) {
    writeFileSync(join(lane.copy, file), read(file))
    const sound = await lane.check(folder)
    if (sound.failed !== null) throw new Error(`${folder} fails without a mutant: ${sound.failed}`)
    return { fate: "type", by: failed }
  }
  return await fateBySlow(tests.filter(isSlow), failing, millisOf)
}

/** Runs slow tests one by one, as long as there is patience, until something fails. */
const fateBySlow = async (
  slow: ReadonlyArray<string>,
  failing: (batch: ReadonlyArray<string>) => Promise<Result | undefined>,
  millisOf: (test: string) => number
): Promise<Result> => {
  let left = Number(values.patience) * 1000
  for (const [index, test] of slow.entries()) {
    left -= millisOf(test)
    if (left < 0) return { fate: "survived", by: null, untried: slow.slice(index) }
    const found = await failing([test])
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
    const reach = await reachOf(name, mutants, tests, state)
    const reaching = new Map<string, Set<string>>()
    for (const [test, { places }] of Object.entries(reach)) {
      for (const place of places) reaching.set(place, (reaching.get(place) ?? new Set()).add(test))
    }
    const millisOf = (test: string) => reach[test]?.millis ?? 0
    const chosen = pick(mutants)
    const before = cached<Record<string, Result>>(`${name}.results.json`) ?? {}
    const results: Record<string, Result> = { ...before }
    /** How many mutants a test may kill per second that it takes, as it did before. */
    const promise = (test: string) =>
      (1 + Object.values(results).filter(({ by }) => by?.startsWith(`${test}:`)).length) / millisOf(test)
    /** The tests that reach it, from the one that promises most on. */
    const testsOf = ({ file, probe }: Find.Mutant) =>
      (probe === undefined ? tests : [...(reaching.get(keyOf(file, probe)) ?? [])])
        .map((test) => [test, promise(test)] as const)
        .toSorted(([, a], [, b]) => b - a)
        .map(([test]) => test)

    const sourceOf = new Map(sources.map((file) => [file, read(file)]))
    const keys = chosen.map((mutant) =>
      digest(
        mutant.file,
        sourceOf.get(mutant.file) ?? "",
        `${mutant.start}:${mutant.end}:${mutant.after}`,
        ...testsOf(mutant).toSorted().map(read),
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
      const result = isKnown
        ? earlier
        : await fateOf(lane, mutant, changed, testsOf(mutant), millisOf, earlier?.untried)
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
      const why = known.find(
        ({ after, before, file }) => file === mutant.file && before === lines.before && after === lines.after
      )
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

const notTried = ({ untried = 0 }: { readonly untried?: number | undefined }) =>
  untried === 0 ? "" : ` (${untried} slow ${untried === 1 ? "file" : "files"} of tests not tried)`

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
- **Not tried**: slow tests reach the survivor that were not run on it, for want of time. They may kill it: the score is the least that it can be.
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
    const { by, fate } = await fateOf(lane, mutant, Find.apply(text, mutant), [test], () => 1_000)
    say(`${fate} ${file}:${mutant.line} ${mutant.kind} ${by ?? ""}`)
    fates.push(fate)
  }
  closeAll()
  if (fates.join() !== "killed,killed,survived") {
    say("the tool cannot tell mutants that are killed from one that changes nothing")
    process.exitCode = 1
  }
}

if (values.smoke) await smoke()
else {
  const names = positionals.length === 0 ? Object.keys(folders) : positionals
  for (const name of names) {
    const { file } = values
    const score = await measure(name, (all) =>
      file === undefined
        ? sampled(all, Number(values.sample), Number(values.seed))
        : all.filter((mutant) => mutant.file.includes(file))
    )
    if (file !== undefined) continue
    const scores = existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, "utf8")) as Record<string, Score>) : {}
    scores[name] = score
    writeFileSync(jsonFile, `${JSON.stringify(scores, null, 2)}\n`)
    writeFileSync(join(root, "bench/MUTANTS.md"), render(scores))
    execFileSync(join(root, "node_modules/.bin/oxfmt"), ["bench/MUTANTS.md", "bench/mutants.json"], { cwd: root })
  }
}
