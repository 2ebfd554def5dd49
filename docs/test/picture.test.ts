import { readFileSync } from "node:fs"
import { assert, it } from "@vobiz-effect/test-support"
import { Finding } from "@vobiz-effect/reconcile"
import * as Png from "../../scripts/png.ts"

it("docs/report.png was taken with today's codes of findings (else take it again: pnpm demo && pnpm picture)", () => {
  const picture = readFileSync(new URL("../report.png", import.meta.url))
  assert.strictEqual(Png.textOf(picture), Png.codesOf(Finding.Code.literals))
})
