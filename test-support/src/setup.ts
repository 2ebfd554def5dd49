/** Runs before each test file: properties take their seed from `Seed`, and a failed test says by which seed it failed. */
import { Arbitrary } from "effect"
import { afterEach } from "vitest"
import { isFull } from "./Effort.ts"
import { seed } from "./Seed.ts"

Arbitrary.configureGlobal({ check: { seed } })

afterEach(({ task }) => {
  if (task.result?.state === "fail") {
    process.stderr.write(`${task.name}: failed with SEED=${seed} EFFORT=${isFull ? "full" : "quick"}\n`)
  }
})
