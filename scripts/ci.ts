/**
 * What CI runs: the README's test command at full effort, the demo held against its account, the site of the docs, an audit
 * where the registry has one, the SBOM, and every benchmark and the mutation tests at a size that only shows that they work.
 * Prints at its end what failed, and as its last line how many tests and checks passed, failed and were skipped.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import * as Chromium from "./chromium.ts"

const root = join(import.meta.dirname, "..")
process.chdir(root)
process.env["PATH"] = `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`
process.env["EFFORT"] ??= "full"

const counts = { passed: 0, failed: 0, skipped: 0 }
/** What failed, to be said again at the end: what comes after a failure pushes it out of sight. */
const failures: Array<string> = []

const fail = (what: string, details = "") => {
  counts.failed += 1
  failures.push(details === "" ? what : `${what}\n${details.replaceAll(/^/gm, "    ")}`)
}

/** The last lines of a text. */
const tail = (text: string, lines: number) => text.trimEnd().split("\n").slice(-lines).join("\n")

/** Runs a program, shows what it prints, and gives that and its exit code. */
const run = (program: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    process.stdout.write(`\n> ${[relative(root, program) || program, ...args].join(" ")}\n`)
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    child.stdout.on("data", (bytes) => void ((output += String(bytes)), process.stdout.write(bytes)))
    child.stderr.on("data", (bytes) => void ((output += String(bytes)), process.stderr.write(bytes)))
    child.on("error", (error) => resolve({ code: 1, output: `${output}${error.message}\n` }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })

/** Runs a program that is one check. */
const check = async (name: string, program: string, ...args: ReadonlyArray<string>) => {
  const { code, output } = await run(program, ...args)
  if (code === 0) counts.passed += 1
  else fail(`${name}: exit code ${code}`, tail(output, 40))
}

const node = (...args: ReadonlyArray<string>) => [process.execPath, ...args] as const

// ---------------------------------------------------------------------------
// Chromium
// ---------------------------------------------------------------------------

const isInstallable = process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0
if (Chromium.find() === undefined && isInstallable) {
  process.env["DEBIAN_FRONTEND"] = "noninteractive"
  process.stdout.write("Installing Chromium for the tests of pages\n")
  const install = ["install", "-y", "-qq", "--no-install-recommends", "chromium"]
  for (const args of [["update", "-qq"], install]) {
    const { status, stderr } = spawnSync("apt-get", args, { encoding: "utf8" })
    if (status !== 0) fail(`Chromium cannot be installed: apt-get ${args[0]} failed`, tail(stderr, 5))
  }
}

// ---------------------------------------------------------------------------
// Tests
// ---------------------------------------------------------------------------

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly success: boolean
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

const testAll = async () => {
  const folder = mkdtempSync(join(tmpdir(), "vobiz-ci-"))
  const file = join(folder, "tests.json")
  try {
    process.env["TEST_REPORT"] = file
    const { code, output } = await run("npx", "-y", "pnpm@12.21.0", "test")
    // A check before the tests may have failed: format, lint or types.
    if (!existsSync(file)) return fail("the tests did not run to their end", tail(output, 40))
    const report = JSON.parse(readFileSync(file, "utf8")) as Report
    const before = counts.failed
    for (const { assertionResults, message, name, status } of report.testResults) {
      const path = relative(root, name)
      for (const test of assertionResults) {
        if (test.status === "passed") counts.passed += 1
        else if (test.status === "failed") fail(`${path} > ${test.fullName}`, test.failureMessages.join("\n"))
        else counts.skipped += 1
      }
      if (status === "failed" && assertionResults.every((test) => test.status !== "failed")) fail(path, message)
      if (name.includes(".browser.test.") && Chromium.find() !== undefined) {
        const skipped = assertionResults.filter((test) => test.status !== "passed" && test.status !== "failed")
        if (skipped.length > 0) fail(`${path}: ${skipped.length} tests were skipped, although there is Chromium`)
      }
    }
    if (report.testResults.length === 0) fail("no tests were found")
    // Errors beside the tests, such as a rejection that nobody handles.
    if (code !== 0 && counts.failed === before) fail(`the tests: exit code ${code}`, tail(output, 40))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// ---------------------------------------------------------------------------
// The demo
// ---------------------------------------------------------------------------

const demo = async () => {
  rmSync("out", { recursive: true, force: true })
  await check("demo", ...node("apps/recon/src/bin.ts", "demo"))
  const { code, output } = await run(...node("scripts/check-demo.ts", "out"))
  const [, passed = "0", failed = "0"] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? []
  counts.passed += Number(passed)
  if (code !== 0) fail("the demo's files do not agree with its account", tail(output, 40))
  counts.failed += Math.max(0, Number(failed) - 1)
}

// ---------------------------------------------------------------------------
// Supply
// ---------------------------------------------------------------------------

/** What a registry without advisories, or a machine without a network, makes of an audit: nothing is known then, good or bad. */
const isNoAudit = /ERR_PNPM_(?:AUDIT|FETCH|META_FETCH)|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/

/** Whether a vulnerability is known of what is installed with the packages. */
const audit = async () => {
  const { code, output } = await run("npx", "-y", "pnpm@12.21.0", "audit", "--prod", "--audit-level", "moderate")
  if (code === 0) counts.passed += 1
  else if (!isNoAudit.test(output)) fail("audit: a vulnerability is known", tail(output, 40))
  else {
    counts.skipped += 1
    process.stdout.write("There was no audit: the registry did not answer with advisories\n")
  }
}

/** Whether the packages can be installed and used; nothing is known where npm does not reach its registry. */
const install = async () => {
  const { code, output } = await run(...node("scripts/check-install.ts"))
  if (code === 0) counts.passed += 1
  else if (code === 75) counts.skipped += 1
  else fail(`installing the packages: exit code ${code}`, tail(output, 40))
}

await testAll()
await demo()
await install()
await check("docs", "npx", "-y", "pnpm@12.21.0", "run", "docs")
await audit()
await check("SBOM", "npx", "-y", "pnpm@12.21.0", "run", "bom")
await check("benchmarks", ...node("bench/src/main.ts", "--smoke"))
await check("mutants", ...node("scripts/mutants.ts", "--smoke"))

if (failures.length > 0) {
  process.stdout.write(`\nFailed (SEED=${process.env["SEED"] ?? 1} EFFORT=${process.env["EFFORT"]}):\n\n`)
  for (const failure of failures) process.stdout.write(`${failure}\n\n`)
}
if (Chromium.find() === undefined) process.stdout.write(`Pages were not tested in a browser. ${Chromium.advice}\n`)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
