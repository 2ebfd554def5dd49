import { defineConfig } from "vitest/config"
import * as MemoryFolder from "./test-support/src/memoryFolder.ts"

MemoryFolder.use()

// Processes are compiled once: those that run the tests, and those that the tests start.
process.env["NODE_COMPILE_CACHE"] ??= new URL("node_modules/.cache/compiled", import.meta.url).pathname

// No test is a measure of time. This limit alone finds a test that hangs.
const limit = 15 * 60_000

/** Where the results go as JSON, for a script to read. */
const report = process.env["TEST_REPORT"]

export default defineConfig({
  test: {
    // The examples of the docs are tests, too.
    include: [
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "docs/test/**/*.test.ts",
      "docs/.examples/**/*.test.ts"
    ],
    globalSetup: ["docs/test/setup.ts", "test-support/src/runFolder.ts"].map(
      (file) => new URL(file, import.meta.url).pathname
    ),
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    // By default one core is left idle.
    maxWorkers: "100%",
    setupFiles: [new URL("test-support/src/setup.ts", import.meta.url).pathname],
    sequence: { concurrent: true },
    // Importing Effect and DuckDB takes a second: one process runs many files, of all packages.
    isolate: false,
    // There is a worker for each core: threads that help one to collect garbage take their time from the others.
    // With more room for what is young, they collect a third as often, and a heap that is large from the start is seldom collected whole.
    // By default, V8 also collects all after 64 MB of new buffers: counted with the heap, 8 whole collections in a run instead of 59. Node.js 22 lacks the flag.
    execArgv: [
      "--single-threaded-gc",
      "--initial-heap-size=1024",
      ...(Number.parseInt(process.versions.node) < 24 ? [] : ["--external-memory-accounted-in-global-limit"]),
      "--min-semi-space-size=64",
      "--max-semi-space-size=64"
    ],
    testTimeout: limit,
    hookTimeout: limit
  }
})
