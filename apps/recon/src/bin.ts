#!/usr/bin/env node
import process from "node:process"

// Each write that waits for the disk takes a thread. With the usual 4, an archive of small files takes twice as long; the other commands
// write little, and 64 threads take 70 MB more of their memory.
if (process.argv.slice(2).some((word) => word === "archive" || word === "cluster")) {
  process.env["UV_THREADPOOL_SIZE"] ??= "64"
}

// Older versions of Node.js stop at the first import that they do not know, with a stack: this file has none.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major > 22 || (major === 22 && minor >= 19)) await import("./internal/start.ts")
else {
  process.stderr.write(`recon: needs Node.js 22.19 or newer; this is ${process.versions.node}\n`)
  process.exitCode = 2
}
