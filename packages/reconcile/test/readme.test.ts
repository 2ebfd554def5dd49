import { assert, it } from "@vobiz-effect/test-support"
import { readFileSync } from "node:fs"

import { Finding } from "../src/index.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

it("the README names every code with its severity", () => {
  const rows = readme.split("\n").map((line) => line.split("|").map((cell) => cell.trim()))
  for (const code of Finding.Code.literals) {
    assert.deepStrictEqual(
      rows.filter(([, name]) => name === `\`${code}\``).map(([, , severity]) => severity),
      [Finding.severities[code]]
    )
  }
})
