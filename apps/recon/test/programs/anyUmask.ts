/** Runs commands one after the other, under a umask that takes nothing away, and prints their exit codes in its last line. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Main from "../../src/Main.ts"

process.umask(0)
const lines = JSON.parse(process.argv[2] ?? "[]") as ReadonlyArray<ReadonlyArray<string>>
const codes = await Effect.runPromise(Effect.provide(Effect.forEach(lines, Main.run), NodeServices.layer))
process.stdout.write(`\n${JSON.stringify(codes)}\n`)
