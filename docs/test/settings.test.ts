import { readFileSync } from "node:fs"
import { assert, it } from "@vobiz-effect/test-support"

import { page, rendered } from "../../scripts/settings.ts"

it("the tables of settings are those of the command; write them by: node scripts/settings.ts", () => {
  const text = readFileSync(page, "utf8")
  assert.strictEqual(text, rendered(text))
  assert.isAbove(text.split("\n").filter((line) => line.startsWith("| `")).length, 50)
})
