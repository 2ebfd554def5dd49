/** Takes runs into a ledger until it is killed, and prints each that is in. `ledger.ts FILE hold` only holds it open. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ledger from "../../src/Ledger.ts"
import { finding, run } from "../ledgerCases.ts"

const [file = "", mode] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const ledger = yield* Ledger.Ledger
  yield* Console.log("open")
  if (mode === "hold") return yield* Effect.never
  for (let n = 0; ; n++) {
    const missing = Array.from({ length: 60 }, (_, k) => finding("missing", `call ${n % 7} ${k % 40}`))
    const { run: id } = yield* ledger.record(run(n % 3 === 2 ? [] : missing))
    yield* Console.log(`run ${id}`)
  }
}).pipe(Effect.provide(Ledger.Ledger.layer({ file }).pipe(Layer.provide(NodeServices.layer))))

NodeRuntime.runMain(program)
