/**
 * Runs commands one after the other, under a umask that takes nothing away, and prints their exit codes in a line. The last
 * command is run as a process.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Main from "../../src/Main.ts"

process.umask(0)
const lines = JSON.parse(process.argv[2] ?? "[]") as Array<ReadonlyArray<string>>
const last = lines.pop() ?? []
const codes = await Effect.runPromise(Effect.provide(Effect.forEach(lines, Main.run), NodeServices.layer))
process.stdout.write(`\n${JSON.stringify(codes)}\n`)
process.argv.splice(2, 1, ...last)
await import("../../src/bin.ts")
